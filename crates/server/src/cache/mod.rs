//! What is kept so that asking for it again costs less: results, and the sources that came from origins.
//!
//! A result is kept under everything that decides it: its source, a hash of version, rules, options and negotiated formats
//! ([`How`](crate::tag::How)), and what of a client's request went to the origin. For how long it is answered without asking the
//! origin is what the origin said ([`Keeping`](crate::negotiate::Keeping)); after that the origin is asked whether its source is
//! still the one the result was made of. A source is kept by the same rules, so that many results of one cost one fetch.
//! Who has changed, and who may not be kept, is decided in `job` and `fetch`; here are the keys and the places.
//!
//! Start with [`Tiers`]. An entry is a value with a description ([`Entry`]); a `record` is both as bytes. Purging is the
//! business of the [`PurgeLog`]: every entry carries a number, and what is purged is not good any more, wherever it is.

mod disk;
pub(crate) mod fetch;
mod memory;
mod record;
mod result;
mod shared;
mod source;
#[cfg(test)]
mod tests;
mod tiers;

use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

pub(crate) use memory::Known;
pub(crate) use result::{Kept, Key, Picture};
pub(crate) use source::{KeptSource, Said, SourceKey};
pub(crate) use tiers::{Entry, Tier, Tiers};

use crate::config::Config;
use crate::metrics::Metrics;
use crate::purge::{Database, Folder, Moment, Purge, PurgeLog, RecordError};
use crate::tag::hash;
pub(crate) use disk::MIN_BYTES as MIN_DISK_BYTES;
use disk::{Claim, Disk, DiskError};
use shared::Shared;
use tiers::Lower;

/// How far ahead another server's clock may be.
const SKEW: Duration = Duration::from_secs(60);

/// How long to wait for a folder that another process has, before looking again.
const TAKEN: Duration = Duration::from_secs(1);

/// How long to wait before trying to connect to the database again.
const RECONNECT: Duration = Duration::from_millis(200);

/// Results and sources, on all tiers.
#[derive(Debug)]
pub(crate) struct Cache {
    results: Tiers<Kept>,
    sources: Tiers<KeptSource>,
    lower: Arc<Lower>,
    log: Arc<PurgeLog>,
}

/// Why the configured cache cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// `cache.folder` cannot be made, or not be written.
    #[error("cache.folder: {folder:?} cannot be used: {message}")]
    Folder {
        /// As configured.
        folder: PathBuf,
        /// What the system says.
        message: String,
    },
    /// `cache.shared` is of no kind that is known, or its options are wrong.
    #[error("cache.shared: {message}")]
    Shared {
        /// What is wrong.
        message: String,
    },
    /// `hosted.database` cannot be understood.
    #[error("hosted.database: {message}")]
    Database {
        /// What is wrong.
        message: String,
    },
}

/// What can be read off now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    /// Results in memory: bytes and number.
    pub(crate) results: (u64, usize),
    /// Bytes of results that may be in memory.
    pub(crate) results_limit_bytes: u64,
    /// The same of sources.
    pub(crate) sources: (u64, usize),
    /// Bytes of sources that may be in memory.
    pub(crate) sources_limit_bytes: u64,
    /// Results and sources on disk: bytes and number.
    pub(crate) disk: (u64, usize),
    /// Bytes that there is room for on disk.
    pub(crate) disk_limit_bytes: u64,
}

impl Cache {
    /// A cache in memory; see [`Cache::open`] for the rest.
    pub(crate) fn new(config: &Config, metrics: &Metrics) -> Self {
        let log = Arc::<PurgeLog>::default();
        let origins = &config.origins;
        let scope = hash(format!("{:?}\n{:?}", origins.root, origins.base).as_bytes());
        let lower =
            Arc::new(Lower::new(Arc::clone(&log), scope, metrics.cache_dropped.clone(), metrics.disk_evictions()));
        let results = Tiers::new(config.cache.memory.0, Arc::clone(&lower), metrics.tiers("result"));
        let sources = Tiers::new(config.cache.source_memory.0, Arc::clone(&lower), metrics.tiers("source"));
        Self { results, sources, lower, log }
    }

    /// Opens what outlives the process: the disk, the shared store and the log of purges, and has others' purges heard from then on.
    /// While another process has the folder, it is waited for in the background.
    pub(crate) async fn open(self: &Arc<Self>, config: &Config) -> Result<(), CacheError> {
        let cache = &config.cache;
        if let Some(url) = config.hosted.purges() {
            let database = Database::new(url).map_err(|error| CacheError::Database { message: error.to_string() })?;
            self.log.keep_in_database(database.clone());
            let cache = Arc::downgrade(self);
            tokio::spawn(follow(cache, database));
        }
        if let Some(url) = &cache.shared {
            let limit_bytes = config.limits.source_bytes.0.max(64 << 20) + (1 << 20);
            let shared = Shared::new(url.url(), &cache.shared_options, cache.shared_timeout.0, limit_bytes)
                .map_err(|error| CacheError::Shared { message: error.to_string() })?;
            drop(self.lower.shared.set(shared));
        }
        if let Some(folder) = cache.folder.clone() {
            let limit_bytes = cache.disk.0;
            match self.open_folder(folder.clone(), limit_bytes).await {
                Ok(()) => {}
                Err(DiskError::Taken) => {
                    tracing::warn!(?folder, "another process has the cache's folder; it is used when that has ended");
                    tokio::spawn(wait_for(Arc::downgrade(self), folder, limit_bytes));
                }
                Err(error) => return Err(CacheError::Folder { folder, message: error.to_string() }),
            }
        }
        Ok(())
    }

    /// Results.
    pub(crate) fn results(&self) -> &Tiers<Kept> {
        &self.results
    }

    /// Sources that came from origins.
    pub(crate) fn sources(&self) -> &Tiers<KeptSource> {
        &self.sources
    }

    /// Now, for what is read from now on.
    pub(crate) fn moment(&self) -> Moment {
        self.log.moment()
    }

    /// Forgets what `purge` means, here and wherever the log is read; how many results that were in memory here.
    pub(crate) async fn purge(&self, purge: &Purge) -> Result<usize, RecordError> {
        self.log.add(purge).await?;
        Ok(self.sweep())
    }

    /// What can be read off now.
    pub(crate) fn held(&self) -> Held {
        let disk = self.lower.disk.get();
        Held {
            results: self.results.held(),
            results_limit_bytes: self.results.limit_bytes(),
            sources: self.sources.held(),
            sources_limit_bytes: self.sources.limit_bytes(),
            disk: disk.map_or((0, 0), Disk::held),
            disk_limit_bytes: disk.map_or(0, Disk::limit_bytes),
        }
    }

    /// Writes what is on its way.
    pub(crate) async fn close(&self) {
        self.lower.settle().await;
    }

    fn sweep(&self) -> usize {
        self.sources.sweep();
        self.results.sweep()
    }

    async fn open_folder(&self, folder: PathBuf, limit_bytes: u64) -> Result<(), DiskError> {
        let has_log = self.log.database().is_none();
        let place = folder.clone();
        let claim = move || {
            let claim = Claim::take(&place)?;
            let log = has_log.then(|| Folder::open(&place)).transpose()?;
            Ok::<_, DiskError>((claim, log))
        };
        let claimed = tokio::task::spawn_blocking(claim).await;
        let (claim, log) = claimed.unwrap_or_else(|panic| Err(std::io::Error::other(panic).into()))?;
        drop(self.lower.claim.set(claim));
        if let Some((log, page)) = log {
            self.log.keep_in_folder(log, page);
        }
        if limit_bytes > 0 {
            let evictions = self.lower.evictions.clone();
            let open = move || Disk::open(&folder, limit_bytes, evictions);
            let opened = tokio::task::spawn_blocking(open).await;
            let disk = opened.unwrap_or_else(|panic| Err(std::io::Error::other(panic)))?;
            drop(self.lower.disk.set(disk));
        }
        Ok(())
    }
}

/// Hears what others purge, as long as there is a cache.
async fn follow(cache: Weak<Cache>, database: Database) {
    let mut was_told = false;
    while let Err(error) = listen(&cache, &database, &mut was_told).await {
        // One line, not one for each try.
        if !was_told {
            tracing::warn!(error = &error as &dyn std::error::Error, "purges of other servers are not heard");
            was_told = true;
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen(cache: &Weak<Cache>, database: &Database, was_told: &mut bool) -> Result<(), RecordError> {
    let mut listener = database.listen().await?;
    while let Some(cache) = cache.upgrade() {
        // Also before anything is heard: what was missed is read now.
        cache.log.catch_up(database).await?;
        let purged = cache.sweep();
        if mem::take(was_told) {
            tracing::info!(purged, "purges of other servers are heard again");
        } else if purged > 0 {
            tracing::info!(purged, "results purged, as another server was told");
        }
        drop(cache);
        listener.wait().await?;
    }
    Ok(())
}

/// Opens a folder when the process that has it has ended, if there is still a cache then.
async fn wait_for(cache: Weak<Cache>, folder: PathBuf, limit_bytes: u64) {
    loop {
        tokio::time::sleep(TAKEN).await;
        let Some(cache) = cache.upgrade() else { return };
        match cache.open_folder(folder.clone(), limit_bytes).await {
            Ok(()) => return tracing::info!(?folder, "the cache's folder is used"),
            Err(DiskError::Taken) => {}
            Err(error) => return tracing::error!(%error, "the cache's folder cannot be used"),
        }
    }
}

/// How long ago `then` was, by a clock that may have been set since, or another server's.
fn age(then: SystemTime) -> Duration {
    match then.elapsed() {
        Ok(age) => age,
        Err(ahead) if ahead.duration() <= SKEW => Duration::ZERO,
        Err(_nonsense) => Duration::MAX,
    }
}
