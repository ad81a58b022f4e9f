//! Where entries of one kind are looked for, and where they are put: memory, then disk, then what servers share.
//!
//! Memory is asked at once; the others take time, so whoever asks them does it once for everyone who wants the same (`flight`).
//! They are written in the background, and what does not fit into the queue is not written.

use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Semaphore;

use super::disk::{Claim, Disk, Name};
use super::memory::{Known, Memory, is_good};
use super::record::{self, Meta};
use super::shared::{Asked, Shared};
use crate::metrics::TierMeter;
use crate::purge::{Purge, PurgeLog};
use crate::tag::{hash128, hex};

/// Records that wait to be written or are being written, in units of a kilobyte: beyond, they are not.
const QUEUE_KB: u32 = 64 << 10;

/// What can be kept.
pub(crate) trait Entry: fmt::Debug + Send + Sync + Sized + 'static {
    /// What it is called in numbers and in stores.
    const KIND: &str;
    /// What decides it.
    type Key: fmt::Debug + Clone + Eq + Hash + Send + Sync + 'static;
    /// What there is to say besides the bytes.
    type Description: Serialize + DeserializeOwned + Send;

    /// The key in words, for what outlives the process; `None` for what must not.
    fn name(key: &Self::Key) -> Option<String>;
    /// Bytes it takes, about.
    fn bytes(&self, key: &Self::Key) -> u64;
    /// Up to which purge it is known to be good.
    fn known(&self) -> &Known;
    /// Whether `purge` means it.
    fn is_meant(&self, key: &Self::Key, purge: &Purge) -> bool;
    /// What it is made of.
    fn to_parts(&self) -> (Self::Description, Bytes);
    /// What [`Self::to_parts`] gave.
    fn of_parts(description: Self::Description, bytes: Bytes, known: Known) -> Self;
}

/// Where something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Tier {
    Memory,
    Disk,
    Shared,
}

impl Tier {
    /// As it is called in headers and numbers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Shared => "shared",
        }
    }
}

/// Who is to have what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Disk,
    Everyone,
}

/// Entries of one kind.
#[derive(Debug)]
pub(crate) struct Tiers<E: Entry> {
    memory: Memory<E>,
    lower: Arc<Lower>,
    meter: TierMeter,
}

/// What outlives the process, for entries of every kind.
#[derive(Debug)]
pub(super) struct Lower {
    pub(super) claim: OnceLock<Claim>,
    pub(super) disk: OnceLock<Disk>,
    pub(super) shared: OnceLock<Shared>,
    pub(super) log: Arc<PurgeLog>,
    /// What relative names mean here. Others must not take them for theirs.
    pub(super) scope: String,
    pub(super) queue: Arc<Semaphore>,
    pub(super) dropped: Counter,
    /// Of the disk.
    pub(super) evictions: Counter,
}

impl Lower {
    pub(super) fn new(log: Arc<PurgeLog>, scope: String, dropped: Counter, evictions: Counter) -> Self {
        let queue = Arc::new(Semaphore::new(QUEUE_KB as usize));
        Self {
            claim: OnceLock::new(),
            disk: OnceLock::new(),
            shared: OnceLock::new(),
            log,
            scope,
            queue,
            dropped,
            evictions,
        }
    }

    fn is_there(&self) -> bool {
        self.disk.get().is_some() || self.shared.get().is_some()
    }

    /// Waits until nothing waits to be written.
    pub(super) async fn settle(&self) {
        drop(self.queue.acquire_many(QUEUE_KB).await);
    }
}

impl<E: Entry> Tiers<E> {
    pub(super) fn new(limit_bytes: u64, lower: Arc<Lower>, meter: TierMeter) -> Self {
        Self { memory: Memory::new(limit_bytes, meter.evictions.clone()), lower, meter }
    }

    /// Whether anything is ever kept.
    pub(crate) fn is_on(&self) -> bool {
        self.memory.is_on() || self.lower.is_there()
    }

    /// What memory has of `key`, fresh or not.
    pub(crate) fn in_memory(&self, key: &E::Key) -> Option<Arc<E>> {
        self.memory.get(key, &self.lower.log)
    }

    /// What there is of `key` anywhere, fresh or not. What was not in memory is there afterwards.
    pub(crate) async fn find(&self, key: &E::Key) -> Option<(Arc<E>, Tier)> {
        if let Some(entry) = self.in_memory(key) {
            self.meter.hit(Tier::Memory);
            return Some((entry, Tier::Memory));
        }
        self.meter.miss(Tier::Memory);
        let name = E::name(key).filter(|_| self.lower.is_there())?;
        // As long as nobody knows what was purged, nothing below is good, and nothing is known to be bad either.
        self.lower.log.name()?;
        let (text, hash) = self.lower_name(&name);
        if let Some(disk) = self.lower.disk.get() {
            if disk.has(Name(hash)) {
                let lower = Arc::clone(&self.lower);
                let read = move || lower.disk.get()?.get(Name(hash));
                if let Some(entry) = self.checked(key, &text, read, Tier::Disk).await {
                    self.meter.hit(Tier::Disk);
                    self.memory.put(key.clone(), Arc::clone(&entry));
                    return Some((entry, Tier::Disk));
                }
                // Damaged, purged, or of another log: it is of no use to anyone.
                let lower = Arc::clone(&self.lower);
                let remove = move || lower.disk.get().map(|disk| disk.remove(Name(hash)));
                drop(tokio::task::spawn_blocking(remove).await);
            }
            self.meter.miss(Tier::Disk);
        }
        let shared = self.lower.shared.get()?;
        let found = match shared.get(E::KIND, &hex(&hash)).await {
            Asked::Found(record) => record,
            Asked::Missing => {
                self.meter.miss(Tier::Shared);
                return None;
            }
            Asked::Failed => {
                self.meter.failed(Tier::Shared);
                return None;
            }
        };
        let record = found.clone();
        let Some(entry) = self.checked(key, &text, move || Some(found), Tier::Shared).await else {
            self.meter.miss(Tier::Shared);
            return None;
        };
        self.meter.hit(Tier::Shared);
        self.memory.put(key.clone(), Arc::clone(&entry));
        self.write(record.len() as u64, move || Some(record), hash, Reach::Disk);
        Some((entry, Tier::Shared))
    }

    /// Keeps `entry` in memory alone, if nothing was purged that means it since its sources were read.
    pub(crate) fn put_in_memory(&self, key: &E::Key, entry: &Arc<E>) {
        match is_good(&self.lower.log, key, entry.as_ref()) {
            true => self.memory.put(key.clone(), Arc::clone(entry)),
            false => self.memory.remove(key),
        }
    }

    /// Keeps `entry` everywhere, if nothing was purged that means it since its sources were read.
    pub(crate) fn put(&self, key: &E::Key, entry: &Arc<E>) {
        self.put_in_memory(key, entry);
        let Some(name) = E::name(key).filter(|_| self.lower.is_there()) else { return };
        let Some(log) = self.lower.log.name() else { return };
        // Its number is one of the log that has this name: were it another's, this would not hold.
        if !is_good(&self.lower.log, key, entry.as_ref()) {
            return;
        }
        let (key_text, hash) = self.lower_name(&name);
        let since = entry.known().moment().number();
        let (bytes, entry) = (entry.bytes(key), Arc::clone(entry));
        let record = move || {
            let (description, bytes) = entry.to_parts();
            record::write(&Meta { key: key_text, log, since, entry: description }, &bytes)
        };
        self.write(bytes, record, hash, Reach::Everyone);
    }

    /// Writes a record of about so many bytes, if there is room in the queue.
    fn write(&self, bytes: u64, record: impl FnOnce() -> Option<Bytes> + Send + 'static, hash: [u8; 16], reach: Reach) {
        let kb = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.lower.queue).try_acquire_many_owned(kb) else {
            self.lower.dropped.inc();
            return;
        };
        let (lower, meter) = (Arc::clone(&self.lower), self.meter.clone());
        tokio::spawn(async move {
            let _room = room;
            let (to_disk, of_disk) = (Arc::clone(&lower), meter.clone());
            let write = move || {
                let record = record()?;
                match to_disk.disk.get().map(|disk| disk.put(Name(hash), &record)) {
                    Some(true) => of_disk.written(Tier::Disk, record.len() as u64),
                    Some(false) => of_disk.failed(Tier::Disk),
                    None => {}
                }
                Some(record)
            };
            let Ok(Some(record)) = tokio::task::spawn_blocking(write).await else { return };
            let Some(shared) = lower.shared.get().filter(|_| reach == Reach::Everyone) else { return };
            let length = record.len() as u64;
            match shared.put(E::KIND, &hex(&hash), record).await {
                true => meter.written(Tier::Shared, length),
                false => meter.failed(Tier::Shared),
            }
        });
    }

    /// Forgets `key`, as far as memory goes.
    pub(crate) fn remove(&self, key: &E::Key) {
        self.memory.remove(key);
    }

    /// Forgets in memory what was purged; how much that is.
    pub(super) fn sweep(&self) -> usize {
        self.memory.sweep(&self.lower.log)
    }

    /// Bytes in memory now, and entries.
    pub(crate) fn held(&self) -> (u64, usize) {
        self.memory.held()
    }

    /// Bytes that may be in memory.
    pub(crate) fn limit_bytes(&self) -> u64 {
        self.memory.limit_bytes()
    }

    /// The entry in what `record` gives, if it is whole, that of `key`, and not purged.
    async fn checked(
        &self,
        key: &E::Key,
        text: &str,
        record: impl FnOnce() -> Option<Bytes> + Send + 'static,
        tier: Tier,
    ) -> Option<Arc<E>> {
        // In this order: of a log that takes the place of this one, the moment would not be.
        let moment = self.lower.log.moment();
        let log = self.lower.log.name()?;
        let read = move || {
            let record = record()?;
            Some((record.len() as u64, record::read::<E::Description>(&record)?))
        };
        let (length, (meta, bytes)) = tokio::task::spawn_blocking(read).await.ok()??;
        self.meter.read(tier, length);
        if meta.key != text || meta.log != log {
            return None;
        }
        let entry = E::of_parts(meta.entry, bytes, Known::since(moment.at(meta.since)));
        is_good(&self.lower.log, key, &entry).then(|| Arc::new(entry))
    }

    fn lower_name(&self, name: &str) -> (String, [u8; 16]) {
        let text = format!("{}\n{}\n{name}", E::KIND, self.lower.scope);
        let hash = hash128(text.as_bytes());
        (text, hash)
    }
}
