//! Writing results so that a file is there whole or not at all, whatever stops the program.
//!
//! A result is written to a temporary file beside its place and renamed into it. A failure removes the temporary file;
//! Ctrl-C waits for the few milliseconds that a write takes ([`finish_writes_before_signals`]).

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    sync::{PoisonError, RwLock},
};

/// Held, shared, while a temporary file exists.
static WRITING: RwLock<()> = RwLock::new(());

/// Writes `bytes` to `path`, whose folder exists. What was there before stays until all of it is written; its permissions
/// are kept. A link is followed. A device or pipe is written to as it is.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let before = fs::metadata(path).ok();
    if before.as_ref().is_some_and(|before| !before.is_file() && !before.is_dir()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    if before.as_ref().is_some_and(|before| before.permissions().readonly()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file there is read only"));
    }
    let target = if before.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let message = format!("there is no folder {}", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }

    let mut builder = tempfile::Builder::new();
    builder.prefix(".tintype-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask, as for any new file
    let _writing = WRITING.read().unwrap_or_else(PoisonError::into_inner);
    let mut part = builder.tempfile_in(folder)?;
    part.write_all(bytes)?;
    if let Some(before) = before {
        part.as_file().set_permissions(before.permissions())?;
    }
    part.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// Whether both names lead to one file that is there.
pub(crate) fn are_same(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

/// From now on a signal that ends the program waits until no temporary file is there; then it does what it would have done.
#[cfg(unix)]
pub(crate) fn finish_writes_before_signals() -> io::Result<()> {
    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        iterator::Signals,
        low_level::emulate_default_handler,
    };
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("tintype-signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            let _no_writes = WRITING.write().unwrap_or_else(PoisonError::into_inner);
            // Ends the process. Should it not, the next signal tries again.
            let _ = emulate_default_handler(signal);
        }
    })?;
    Ok(())
}

/// Elsewhere there are no such signals to wait for.
#[cfg(not(unix))]
pub(crate) fn finish_writes_before_signals() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        for bytes in [b"one".as_slice(), b"two"] {
            write(&path, bytes).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), b"bytes").unwrap_err();
        write(&folder.path().join("none/a.jpg"), b"bytes").unwrap_err();
        let path = folder.path().join("a.jpg");
        fs::write(&path, "before").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        write(&path, b"after").unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_devices_are_written_to_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.jpg"), folder.path().join("link.jpg"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        write(&link, b"after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"after");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);

        write(Path::new("/dev/null"), b"bytes").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
