//! Reading pictures from files and standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use anyhow::Context as _;
use tintype_batch::Kind;

/// The name of standard input and output.
pub(crate) const STDIO: &str = "-";

/// All bytes of `path`, or of standard input for `-`; no more than `limit`.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let name = path.display();
    let bytes = if path == Path::new(STDIO) {
        bounded(io::stdin().lock(), limit).context("standard input cannot be read")?
    } else {
        open(path).and_then(|file| bounded(file, limit)).with_context(|| format!("{name} cannot be read"))?
    };
    if bytes.len() as u64 > limit {
        anyhow::bail!("{name} has more than {limit} bytes, the limit");
    }
    Ok(bytes)
}

/// What `path` begins with. Its name says nothing.
pub(crate) fn kind(path: &Path) -> io::Result<Kind> {
    let mut start = Vec::new();
    File::open(path)?.take(Kind::START_BYTES as u64).read_to_end(&mut start)?;
    Ok(Kind::of(&start))
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    // Unix opens folders and fails when they are read, with a message that leaves one guessing.
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, and one file is needed"));
    }
    Ok(file)
}

/// At most one byte more than `limit`, which tells that there was more.
fn bounded(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
