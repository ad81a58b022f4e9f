//! Sources from a folder: read only, and nothing outside it.
//!
//! A source is a path below the root, percent-decoded once by the caller. Hidden files, `..`, backslashes and links that
//! lead out of the root do not exist here; every refusal looks like a file that is not there, so that an answer says
//! nothing about the machine. The folder is taken to be the operator's own: a file exchanged for a link between the
//! check and the open is not guarded against.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;

use super::{Fetched, Held, OriginError, Place, Received, Validator};

/// A folder that sources are read from.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    limit_bytes: u64,
}

/// A file of the folder, found and allowed.
#[derive(Debug)]
pub(crate) struct Found {
    path: PathBuf,
    len: u64,
    /// Changes when the file does: its length and the time it was written, to the nanosecond.
    pub(crate) validator: Validator,
}

/// Endings that [`Folder::pictures`] lists.
const PICTURES: &[&str] = &["avif", "gif", "heic", "jpeg", "jpg", "png", "svg", "webp"];

/// Entries that [`Folder::pictures`] looks at before it gives up on a large tree.
const MAX_VISITED: usize = 20_000;

impl Folder {
    /// The folder at `root`; an error when it is not a folder that can be read.
    pub(crate) fn open(root: &Path, limit_bytes: u64) -> io::Result<Self> {
        let root = root.canonicalize()?;
        fs::read_dir(&root)?;
        Ok(Self { root, limit_bytes })
    }

    /// Finds the file that `source`, already percent-decoded, names. Blocks.
    pub(crate) fn find(&self, source: &str) -> Result<Found, OriginError> {
        let relative = relative_path(source).ok_or(OriginError::NotFound)?;
        let path = self.root.join(relative).canonicalize().map_err(|_hidden| OriginError::NotFound)?;
        let inside = path.strip_prefix(&self.root).map_err(|_outside| OriginError::NotFound)?;
        if inside.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b".")) {
            return Err(OriginError::NotFound);
        }
        // Before opening: opening a pipe would block.
        let about = fs::metadata(&path).map_err(|_hidden| OriginError::NotFound)?;
        if !about.is_file() {
            return Err(OriginError::NotFound);
        }
        if about.len() > self.limit_bytes {
            return Err(OriginError::TooLarge { limit_bytes: self.limit_bytes });
        }
        let written = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let validator = Validator { weak: false, tag: format!("{:x}-{:x}", about.len(), written.as_nanos()) };
        Ok(Found { path, len: about.len(), validator })
    }

    /// Reads a file that was found. Blocks. A file that has changed since is not read.
    pub(crate) fn read(&self, found: Found, mut held: Held) -> Result<Fetched, OriginError> {
        held.grow(found.len)?;
        let file = fs::File::open(&found.path).map_err(|_hidden| OriginError::NotFound)?;
        let mut bytes = Vec::with_capacity(usize::try_from(found.len).unwrap_or(0));
        // One byte more than expected tells a file that grew.
        file.take(found.len + 1).read_to_end(&mut bytes).map_err(|_read| OriginError::Interrupted)?;
        if bytes.len() as u64 != found.len {
            return Err(OriginError::Interrupted);
        }
        Ok(Fetched {
            bytes: Bytes::from(bytes),
            validator: Some(found.validator),
            cache_control: None,
            expires: None,
            place: Place::Here,
            held: Arc::new(held),
            received: Received::now(),
        })
    }

    /// Names of pictures below the root, `/` between folders, sorted, at most `limit`. Blocks.
    pub(crate) fn pictures(&self, limit: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.root.clone()];
        let mut visited = 0;
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                visited += 1;
                if visited > MAX_VISITED {
                    break;
                }
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                // Links are not followed here, so a circle cannot be walked forever.
                let Ok(kind) = entry.file_type() else { continue };
                if hidden {
                    continue;
                } else if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() && is_picture(&entry.path()) {
                    names.extend(self.name(&entry.path()));
                }
            }
        }
        names.sort();
        names.truncate(limit);
        names
    }

    fn name(&self, path: &Path) -> Option<String> {
        let parts = path.strip_prefix(&self.root).ok()?.components().map(|part| part.as_os_str().to_str());
        Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
    }
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    PICTURES.contains(&ending.as_str())
}

/// The path below the root, or `None` when a part of it is not a plain visible name.
fn relative_path(source: &str) -> Option<PathBuf> {
    if source.contains(['\0', '\\']) {
        return None;
    }
    let mut path = PathBuf::new();
    for name in source.split('/').filter(|name| !name.is_empty()) {
        // On systems with drives or streams, a colon is not part of a name.
        if name.starts_with('.') || (cfg!(windows) && name.contains(':')) {
            return None;
        }
        let mut parts = Path::new(name).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(part)), None) => path.push(part),
            _ => return None,
        }
    }
    (!path.as_os_str().is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Memory;

    fn folder() -> (tempfile::TempDir, Folder) {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("root");
        fs::create_dir_all(root.join("sub/deep")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(outside.path().join("secret.jpg"), "secret").unwrap();
        for name in ["a.jpg", "sub/b c.png", "sub/deep/ü.webp", ".hidden.jpg", ".git/config", "notes.txt", "..jpg"] {
            fs::write(root.join(name), name).unwrap();
        }
        fs::write(root.join("big.jpg"), [0; 200]).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("a.jpg", root.join("link.jpg")).unwrap();
            symlink("../secret.jpg", root.join("escape.jpg")).unwrap();
            symlink(".hidden.jpg", root.join("shown.jpg")).unwrap();
            symlink("..", root.join("up")).unwrap();
            symlink(".", root.join("self")).unwrap();
        }
        let folder = Folder::open(&root, 100).unwrap();
        (outside, folder)
    }

    fn read(folder: &Folder, source: &str) -> Result<Bytes, OriginError> {
        Ok(folder.read(folder.find(source)?, Memory::new(1000).hold())?.bytes)
    }

    #[test]
    fn files_inside_are_read() {
        let (_keep, folder) = folder();
        for (source, content) in [
            ("a.jpg", "a.jpg"),
            ("/a.jpg", "a.jpg"),
            ("//sub//b c.png", "sub/b c.png"),
            ("sub/deep/ü.webp", "sub/deep/ü.webp"),
        ] {
            assert_eq!(read(&folder, source).unwrap(), content, "{source}");
        }
        #[cfg(unix)]
        assert_eq!(read(&folder, "link.jpg").unwrap(), "a.jpg");
    }

    #[test]
    fn nothing_else_exists() {
        let (keep, folder) = folder();
        let absolute = keep.path().join("secret.jpg");
        for source in [
            "",
            "/",
            "sub",
            "sub/",
            "missing.jpg",
            "../secret.jpg",
            "sub/../a.jpg",
            "sub/../../secret.jpg",
            "./a.jpg",
            ".hidden.jpg",
            ".git/config",
            "..jpg",
            "..\\secret.jpg",
            "sub\\b c.png",
            "a.jpg\0",
            "a.jpg\0.png",
            "escape.jpg",
            "up/secret.jpg",
            "shown.jpg",
            "a.jpg/",
            "a.jpg/b",
            absolute.to_str().unwrap(),
            "/etc/passwd",
            "%2e%2e/secret.jpg",
        ] {
            // A trailing slash after a file is dropped like any other empty part.
            let expected = source == "a.jpg/";
            assert_eq!(read(&folder, source).is_ok(), expected, "{source:?}");
            if !expected {
                assert_eq!(read(&folder, source).unwrap_err(), OriginError::NotFound, "{source:?}");
            }
        }
    }

    #[test]
    fn size_is_checked_before_reading() {
        let (_keep, folder) = folder();
        assert_eq!(folder.find("big.jpg").unwrap_err(), OriginError::TooLarge { limit_bytes: 100 });
        let none = Memory::new(3).hold();
        assert_eq!(folder.read(folder.find("a.jpg").unwrap(), none).unwrap_err(), OriginError::NoMemory);
    }

    #[test]
    fn a_file_that_changed_is_not_read() {
        let (keep, folder) = folder();
        let found = folder.find("a.jpg").unwrap();
        fs::write(keep.path().join("root/a.jpg"), "longer than before").unwrap();
        assert_eq!(folder.read(found, Memory::new(1000).hold()).unwrap_err(), OriginError::Interrupted);
    }

    #[test]
    fn pictures_are_listed_without_links_and_hidden_files() {
        let (_keep, folder) = folder();
        assert_eq!(folder.pictures(200), ["a.jpg", "big.jpg", "sub/b c.png", "sub/deep/ü.webp"]);
        assert_eq!(folder.pictures(1), ["a.jpg"]);
    }
}
