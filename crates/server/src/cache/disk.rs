//! The tier on disk: a record is a file, in a folder of our own.
//!
//! A file is written beside its place and moved there, so a process that is killed leaves no half of one; what a power cut leaves is
//! found by the record's hash. Which files there are, and how large, is known in memory, and read from the folder at the start:
//! so the bound on bytes holds without asking the disk, and what nobody asks for goes first. A disk that cannot be
//! written or read is an empty one.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter};

use crate::tag::hex;

/// The least that is worth having.
pub(crate) const MIN_BYTES: u64 = 8 << 20;

/// What files take space in, about.
const BLOCK_BYTES: u64 = 4096;

/// A guess at a file's size, which the table is laid out for.
const TYPICAL_BYTES: u64 = 64_000;

/// The file whose lock says that the folder is taken, the folder of records, and that of what is being written.
const LOCK: &str = "lock";
const RECORDS: &str = "records";
const UNFINISHED: &str = "unfinished";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiskError {
    #[error("another process has it")]
    Taken,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A folder that is this process's alone, until it is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    _lock: File,
}

/// Records in files.
#[derive(Debug)]
pub(crate) struct Disk {
    records: PathBuf,
    unfinished: PathBuf,
    /// Bytes of each file.
    known: Cache<Name, u64, Size, DefaultHashBuilder, Evicted>,
    evictions: Counter,
    written: AtomicU64,
    /// Whether the last write failed: one line in the log, not one for each.
    is_failing: AtomicBool,
}

/// A hash of an entry's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name(pub(super) [u8; 16]);

#[derive(Clone, Copy, Debug)]
struct Size;

/// Collects what has to go.
#[derive(Clone, Copy, Debug)]
struct Evicted;

impl Weighter<Name, u64> for Size {
    fn weight(&self, _name: &Name, bytes: &u64) -> u64 {
        // And its entry in a folder.
        bytes.next_multiple_of(BLOCK_BYTES) + BLOCK_BYTES / 8
    }
}

impl Lifecycle<Name, u64> for Evicted {
    type RequestState = Vec<Name>;

    fn on_evict(&self, evicted: &mut Vec<Name>, name: Name, _bytes: u64) {
        evicted.push(name);
    }
}

impl Claim {
    /// Makes `folder`, where it is not there, and takes it. Blocks.
    pub(crate) fn take(folder: &Path) -> Result<Self, DiskError> {
        fs::create_dir_all(folder)?;
        let lock = File::create(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DiskError::Taken),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

impl Disk {
    /// Opens what is in `folder`, which is claimed, with room for `limit_bytes`. Blocks.
    pub(crate) fn open(folder: &Path, limit_bytes: u64, evictions: Counter) -> io::Result<Self> {
        let (records, unfinished) = (folder.join(RECORDS), folder.join(UNFINISHED));
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => fs::create_dir_all(&unfinished)?,
        }
        for part in 0..=u8::MAX {
            fs::create_dir_all(records.join(hex(&[part])))?;
        }
        let options = OptionsBuilder::new()
            .shards(1)
            .weight_capacity(limit_bytes)
            .estimated_items_capacity(usize::try_from(limit_bytes / TYPICAL_BYTES).unwrap_or(usize::MAX).min(1 << 20))
            .build()
            .map_err(io::Error::other)?;
        let known = Cache::with_options(options, Size, DefaultHashBuilder::default(), Evicted);
        let (written, is_failing) = (AtomicU64::new(0), AtomicBool::new(false));
        let disk = Self { records, unfinished, known, evictions, written, is_failing };
        let mut found = disk.found()?;
        // What was written last is kept if there is no room for all.
        found.sort_unstable();
        for (_written, name, bytes) in found {
            disk.know(Name(name), bytes);
        }
        Ok(disk)
    }

    /// Whether there may be a record called `name`.
    pub(super) fn has(&self, name: Name) -> bool {
        self.known.get(&name).is_some()
    }

    /// The record called `name`, as it is. Blocks.
    pub(super) fn get(&self, name: Name) -> Option<Bytes> {
        let read = fs::read(self.path(name));
        if read.is_err() {
            self.known.remove(&name);
        }
        read.ok().map(Bytes::from)
    }

    /// Keeps `record` as `name`; whether it is there now. Blocks.
    pub(super) fn put(&self, name: Name, record: &[u8]) -> bool {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.unfinished.join(number.to_string());
        let written = fs::write(&unfinished, record).and_then(|()| fs::rename(&unfinished, self.path(name)));
        match written {
            Ok(()) => {
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the cache's disk can be written again");
                }
                self.know(name, record.len() as u64);
                self.has(name)
            }
            Err(error) => {
                drop(fs::remove_file(unfinished));
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the cache's disk cannot be written: what is made is not kept there");
                }
                false
            }
        }
    }

    /// Removes the record called `name`. Blocks.
    pub(super) fn remove(&self, name: Name) {
        self.known.remove(&name);
        drop(fs::remove_file(self.path(name)));
    }

    /// Bytes on disk, and records.
    pub(super) fn held(&self) -> (u64, usize) {
        (self.known.weight(), self.known.len())
    }

    /// Bytes that there is room for.
    pub(super) fn limit_bytes(&self) -> u64 {
        self.known.capacity()
    }

    /// A file is there. What there is no room for goes.
    fn know(&self, name: Name, bytes: u64) {
        let mut evicted = Vec::new();
        self.known.insert_with_lifecycle(name, bytes, &mut evicted);
        for name in evicted.into_iter().filter(|name| !self.known.contains_key(name)) {
            self.evictions.inc();
            drop(fs::remove_file(self.path(name)));
        }
        // Larger than all the room there is.
        if !self.known.contains_key(&name) {
            drop(fs::remove_file(self.path(name)));
        }
    }

    /// Every record, by when it was written.
    fn found(&self) -> io::Result<Vec<(SystemTime, [u8; 16], u64)>> {
        let mut found = Vec::new();
        for part in fs::read_dir(&self.records)? {
            for file in fs::read_dir(part?.path())? {
                let file = file?;
                let Some(name) = file.file_name().to_str().and_then(of_hex) else { continue };
                let about = file.metadata()?;
                found.push((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), name, about.len()));
            }
        }
        Ok(found)
    }

    /// In one of 256 folders.
    fn path(&self, name: Name) -> PathBuf {
        self.records.join(hex(&name.0[..1])).join(hex(&name.0))
    }
}

fn of_hex(text: &str) -> Option<[u8; 16]> {
    let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: u8) -> Name {
        Name(std::array::from_fn(|at| number.wrapping_mul(at as u8 + 1)))
    }

    fn open(folder: &Path) -> Disk {
        Disk::open(folder, MIN_BYTES, Counter::default()).unwrap()
    }

    /// Bytes of files below `folder`.
    fn on_disk(folder: &Path) -> u64 {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { on_disk(&path) } else { fs::metadata(path).unwrap().len() }).sum()
    }

    #[test]
    fn the_bound_holds_and_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let disk = open(folder.path());
        for number in 0..200 {
            assert!(disk.put(name(number), &vec![number; 100_000]));
            assert!(on_disk(folder.path()) <= MIN_BYTES, "{number}");
        }
        let (held, count) = disk.held();
        assert!(held > MIN_BYTES / 2 && count > 40 && disk.evictions.get() as usize == 200 - count, "{held} {count}");
        assert!(!disk.put(name(201), &vec![0; 9 << 20]), "larger than the disk");
        drop(disk);
        let disk = open(folder.path());
        assert!(disk.held().1 > 40);
        for number in (0..200).filter(|&number| disk.has(name(number))) {
            assert_eq!(disk.get(name(number)).unwrap(), vec![number; 100_000]);
        }
        let half = Disk::open(folder.path(), MIN_BYTES / 2, Counter::default()).unwrap();
        assert!(half.held().0 <= MIN_BYTES / 2 && on_disk(folder.path()) <= MIN_BYTES / 2);
    }

    #[test]
    fn what_is_unfinished_or_foreign_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()));
        fs::write(folder.path().join(UNFINISHED).join("7"), "half").unwrap();
        fs::write(folder.path().join(RECORDS).join("00/notes.txt"), "mine").unwrap();
        let disk = open(folder.path());
        assert_eq!(disk.held(), (0, 0));
        assert!(fs::read_dir(folder.path().join(UNFINISHED)).unwrap().next().is_none());
        disk.put(name(1), b"one");
        fs::remove_file(disk.path(name(1))).unwrap();
        assert!(disk.has(name(1)) && disk.get(name(1)).is_none() && !disk.has(name(1)));
        disk.put(name(1), b"one");
        disk.remove(name(1));
        assert!(!disk.has(name(1)) && disk.get(name(1)).is_none());
    }
}
