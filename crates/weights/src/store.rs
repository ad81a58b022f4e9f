//! The folder of installed models: where it is, how a file gets there whole or not at all, what a file says about itself.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Read as _, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    Model, NotInstalled, WeightsError,
    tensor::{self, Tensors},
};

/// The folder in which models are kept, one folder each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
}

/// What a file of converted weights says about itself, in the metadata of `.safetensors`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) model: String,
    /// Of the file it was made from.
    pub(crate) source_sha256: String,
    /// Text, as all metadata of the format.
    pub(crate) recipe: String,
    pub(crate) licence: String,
    pub(crate) content_sha256: String,
    /// `true`, or `false` where no manifest knows the source.
    pub(crate) verified: String,
}

/// A model that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Installed {
    /// The `.safetensors` file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Of the file it was made from.
    pub source_sha256: String,
    /// Of its names, types, shapes and numbers, when it was written.
    pub content_sha256: String,
    /// Whether the manifest knows the file it was made from.
    pub is_verified: bool,
}

/// The header is a few kilobytes for each hundred tensors; the format allows more, networks here do not need it.
const LONGEST_HEADER: u64 = 8 << 20;

impl Store {
    /// The user's: `$TINTYPE_MODELS`, or else `tintype/models` in `$XDG_CACHE_HOME` or `~/.cache`.
    pub fn of_user() -> Result<Self, NotInstalled> {
        choose(|name| env::var_os(name).filter(|value| !value.is_empty())).map(Self::at).ok_or(NotInstalled::NoFolder)
    }

    /// The one at `folder`, which need not be there.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the weights of `model` are, once they are there.
    pub fn path(&self, model: &Model) -> PathBuf {
        self.folder.join(&model.name).join(format!("{}.safetensors", model.name))
    }

    /// The installed model, by its header; [`Store::verify`](crate::Store::verify) looks at every byte.
    pub fn installed(&self, model: &'static Model) -> Result<Installed, NotInstalled> {
        let command = model.command();
        let name = model.name.as_str();
        let path = self.path(model);
        let unreadable = |why: String| NotInstalled::Unreadable { model: name, why, command: command.clone() };
        let (about, bytes) = match about(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(NotInstalled::Missing { model: name, command });
            }
            Err(error) => return Err(unreadable(format!("{}: {error}", path.display()))),
        };
        let recipe: u32 =
            about.recipe.parse().map_err(|_not_a_number| unreadable(format!("recipe {:?}", about.recipe)))?;
        if about.model != name {
            return Err(unreadable(format!("{} has the weights of {:?}", path.display(), about.model)));
        }
        if recipe != model.recipe {
            return Err(NotInstalled::Outdated { model: name, found: recipe, needed: model.recipe, command });
        }
        Ok(Installed {
            path,
            bytes,
            source_sha256: about.source_sha256,
            content_sha256: about.content_sha256,
            is_verified: about.verified == "true",
        })
    }

    /// Writes the weights of `model`; what was there before is replaced at once, or stays.
    pub(crate) fn write(
        &self,
        model: &Model,
        source_sha256: &str,
        is_verified: bool,
        tensors: &Tensors<'_>,
    ) -> Result<PathBuf, WeightsError> {
        let about = About {
            model: model.name.clone(),
            source_sha256: source_sha256.to_owned(),
            recipe: model.recipe.to_string(),
            licence: model.weights_licence(),
            content_sha256: tensor::content_sha256(tensors),
            verified: is_verified.to_string(),
        };
        let path = self.path(model);
        replace(&path, |file| write_tensors(file, &about, tensors)).map_err(WeightsError::file("write", &path))?;
        Ok(path)
    }
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(set) = variable("TINTYPE_MODELS") {
        return Some(PathBuf::from(set));
    }
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache")))?;
    Some(cache.join("tintype").join("models"))
}

/// Ending of files that are not whole yet.
pub(crate) const UNFINISHED: &str = ".part";

/// Makes the file at `path` by `write`, under another name beside it, and gives it its name when every byte is on the disk.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let mut temporary = tempfile::Builder::new();
    temporary.prefix(".").suffix(UNFINISHED);
    #[cfg(unix)]
    {
        // Others may read it as far as the umask allows; only unfinished files of tempfile are private without this.
        use std::os::unix::fs::PermissionsExt as _;
        temporary.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = temporary.tempfile_in(folder)?;
    let mut buffer = BufWriter::with_capacity(1 << 20, file.as_file());
    write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The name, too, is to survive a loss of power; where folders cannot be synced, it is as good as it gets.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Writes `.safetensors`: the length of a header, the header, and the tensors, the wider types first, then by name. The library of the
/// format would need all of it in memory, and leaves the order of the metadata to chance: here the same weights make the same file.
fn write_tensors(file: &mut dyn Write, about: &About, tensors: &Tensors<'_>) -> io::Result<()> {
    let mut sorted: Vec<_> = tensors.iter().collect();
    sorted.sort_by_key(|(name, tensor)| (std::cmp::Reverse(tensor.dtype().bytes()), *name));
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), serde_json::to_value(about)?);
    let mut end = 0;
    for (name, tensor) in &sorted {
        let start = end;
        end += tensor.data().len();
        let entry = json!({ "dtype": tensor.dtype().name(), "shape": tensor.shape(), "data_offsets": [start, end] });
        header.insert((*name).clone(), entry);
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(&header)?;
    sorted.iter().try_for_each(|(_, tensor)| file.write_all(tensor.data()))
}

/// What the file at `path` says about itself, and its size.
fn about(path: &Path) -> io::Result<(About, u64)> {
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "__metadata__")]
        about: About,
        #[serde(flatten)]
        _tensors: BTreeMap<String, serde::de::IgnoredAny>,
    }
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER || length + 8 > bytes {
        return Err(invalid(format!("a header of {length} bytes in a file of {bytes}")));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header)?;
    let header: Header = serde_json::from_slice(&header).map_err(|error| invalid(error.to_string()))?;
    Ok((header.about, bytes))
}

/// Where the weights of the model called `name` are.
///
/// The error names the command that installs them. Only the header is looked at, so it is cheap, and a damaged file is found by whoever
/// reads it; `tintype models verify` looks at every byte.
pub fn installed(name: &str) -> Result<PathBuf, NotInstalled> {
    Ok(Store::of_user()?.installed(Model::find(name)?)?.path)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{Dtype, read::safetensors, tensor::Tensor};

    fn tensors() -> Tensors<'static> {
        let half = Tensor::owned(Dtype::F16, vec![3], &[1.0, 2.0, 3.0]);
        let single = Tensor::owned(Dtype::F32, vec![1, 2], &[4.0, 5.0]);
        Tensors::from([("a".to_owned(), half), ("b".to_owned(), single)])
    }

    fn store() -> (Store, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (Store::at(folder.path().join("models")), folder)
    }

    #[test]
    fn the_folder_follows_the_environment() {
        for (variables, expected) in [
            (&[("TINTYPE_MODELS", "/m"), ("XDG_CACHE_HOME", "/c"), ("HOME", "/h")][..], Some("/m")),
            (&[("TINTYPE_MODELS", "relative"), ("HOME", "/h")], Some("relative")),
            (&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], Some("/c/tintype/models")),
            (&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")], Some("/h/.cache/tintype/models")),
            (&[("HOME", "/h")], Some("/h/.cache/tintype/models")),
            (&[], None),
        ] {
            let of = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).into());
            assert_eq!(choose(of).as_deref(), expected.map(Path::new), "{variables:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_by_the_formats_own_library() {
        let (store, _folder) = store();
        let model = Model::find("u2netp").unwrap();
        let path = store.write(model, "5ource", true, &tensors()).unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(safetensors::read(&bytes).unwrap(), tensors());
        assert_eq!(bytes, fs::read(store.write(model, "5ource", true, &tensors()).unwrap()).unwrap(), "same again");
        let installed = store.installed(model).unwrap();
        assert_eq!((installed.path, installed.bytes), (path, bytes.len() as u64));
        assert_eq!(installed.source_sha256, "5ource");
        assert_eq!(installed.content_sha256, tensor::content_sha256(&tensors()));
        assert!(installed.is_verified);
    }

    #[test]
    fn what_is_not_usable_names_the_command() {
        let (store, _folder) = store();
        let model = Model::find("u2netp").unwrap();
        let missing = store.installed(model).unwrap_err().to_string();
        assert_eq!(missing, "the model u2netp is not installed; run: tintype models pull u2netp");
        let path = store.write(model, "s", true, &tensors()).unwrap();
        let whole = fs::read(&path).unwrap();

        let old = String::from_utf8_lossy(&whole).replace("\"recipe\":\"1\"", "\"recipe\":\"0\"");
        fs::write(&path, old).unwrap();
        let outdated = store.installed(model).unwrap_err();
        assert!(matches!(outdated, NotInstalled::Outdated { found: 0, needed: 1, .. }), "{outdated}");

        for bytes in [&b""[..], b"1234567", &whole[..40], &[0xff; 64], b"\x02\0\0\0\0\0\0\0{}", b"\x02\0\0\0\0\0\0\0[]"]
        {
            fs::write(&path, bytes).unwrap();
            let unreadable = store.installed(model).unwrap_err();
            assert!(matches!(unreadable, NotInstalled::Unreadable { .. }), "{unreadable}");
            assert!(unreadable.to_string().ends_with("run: tintype models pull u2netp"), "{unreadable}");
        }

        let other = Model::find("u2net").unwrap();
        fs::create_dir_all(store.path(other).parent().unwrap()).unwrap();
        fs::write(store.path(other), &whole).unwrap();
        assert!(store.installed(other).unwrap_err().to_string().contains("weights of \"u2netp\""));
        assert!(installed("u3net").unwrap_err().to_string().contains("\"u3net\" is not a model"));
    }

    #[test]
    fn a_failing_write_leaves_the_old_file_and_nothing_else() {
        let (store, _folder) = store();
        let model = Model::find("u2netp").unwrap();
        let path = store.write(model, "s", true, &tensors()).unwrap();
        let before = fs::read(&path).unwrap();
        let failed = replace(&path, |file| {
            file.write_all(&[7; 3 << 20])?;
            Err(io::Error::other("disk full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "disk full");
        assert_eq!(fs::read(&path).unwrap(), before);
        let folder = path.parent().unwrap();
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "the unfinished file is gone");
        // A folder in the way of the name: the file was written, and cannot take its place.
        let blocked = folder.join("folder");
        fs::create_dir_all(blocked.join("x")).unwrap();
        assert!(replace(&blocked, |file| file.write_all(b"x")).is_err());
        assert_eq!(fs::read_dir(folder).unwrap().count(), 2);
    }

    #[test]
    fn tensors_are_aligned_in_the_file() {
        let odd = Tensor::new(Dtype::F16, vec![1], Cow::Borrowed(&[0, 0])).unwrap();
        let mut tensors = tensors();
        tensors.insert("0".to_owned(), odd);
        let (store, _folder) = store();
        let path = store.write(Model::find("u2netp").unwrap(), "s", false, &tensors).unwrap();
        let bytes = fs::read(path).unwrap();
        let file = ::safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let at = file.tensor("b").unwrap().data().as_ptr() as usize - bytes.as_ptr() as usize;
        assert_eq!(at % 8, 0);
    }
}
