//! The tier that servers share: records as objects in a bucket (or a folder) that all of them reach.
//!
//! Nothing waits for it longer than `cache.shared_timeout`, and after some failures in a row nothing asks for a while: to a request,
//! a store that is slow or gone is one that is empty. What has become useless is not removed here: give the bucket a rule that
//! lets objects expire.

use std::collections::BTreeMap;
use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, parse_url_opts};
use tokio::sync::Semaphore;
use url::Url;

use crate::config::{Secret, text_variables};

/// Failures in a row after which nobody asks for a while.
const PATIENCE: u64 = 3;

/// That while.
const REST: Duration = Duration::from_secs(10);

/// Writing has more time than reading: nobody waits.
const WRITING: Duration = Duration::from_secs(30);

/// Objects written at the same time.
const WRITERS: usize = 8;

/// An object store, and how it fares.
#[derive(Debug)]
pub(crate) struct Shared {
    store: Box<dyn ObjectStore>,
    prefix: Path,
    timeout: Duration,
    limit_bytes: u64,
    writers: Semaphore,
    failures: AtomicU64,
    began: Instant,
    /// Milliseconds since it began until which nobody asks.
    rests_until_ms: AtomicU64,
}

/// What asking gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Found(Bytes),
    Missing,
    /// Nothing is known, or it was not asked.
    Failed,
}

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
enum SharedError {
    #[error(transparent)]
    Store(#[from] object_store::Error),
    #[error("no answer in time")]
    Slow,
    #[error("an object of more than {limit_bytes} bytes")]
    TooLarge { limit_bytes: u64 },
}

impl Shared {
    /// The store at `url`, for objects of at most `limit_bytes`; `options` go before those of the environment. Nothing is asked yet.
    pub(crate) fn new(
        url: &Url,
        options: &BTreeMap<String, Secret>,
        timeout: Duration,
        limit_bytes: u64,
    ) -> Result<Self, object_store::Error> {
        let own = options.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned()));
        let (store, prefix) = parse_url_opts(url, text_variables(env::vars_os()).chain(own))?;
        Ok(Self {
            store,
            prefix,
            timeout,
            limit_bytes,
            writers: Semaphore::new(WRITERS),
            failures: AtomicU64::new(0),
            began: Instant::now(),
            rests_until_ms: AtomicU64::new(0),
        })
    }

    /// The object `name` of this kind.
    pub(super) async fn get(&self, kind: &str, name: &str) -> Asked {
        if self.rests() {
            return Asked::Failed;
        }
        let path = self.path(kind, name);
        let reading = tokio::time::timeout(self.timeout, self.read(&path));
        match reading.await.unwrap_or(Err(SharedError::Slow)) {
            Ok(bytes) => {
                self.failures.store(0, Ordering::Relaxed);
                Asked::Found(bytes)
            }
            Err(SharedError::Store(object_store::Error::NotFound { .. })) => {
                self.failures.store(0, Ordering::Relaxed);
                Asked::Missing
            }
            Err(error) => {
                self.failed("read", &error);
                Asked::Failed
            }
        }
    }

    /// Writes the object `name` of this kind; whether it is there now.
    pub(super) async fn put(&self, kind: &str, name: &str, record: Bytes) -> bool {
        let Ok(_one_of_few) = self.writers.acquire().await else { return false };
        if self.rests() {
            return false;
        }
        let path = self.path(kind, name);
        let written = match tokio::time::timeout(WRITING, self.store.put(&path, record.into())).await {
            Ok(written) => written.map_err(SharedError::from),
            Err(_elapsed) => Err(SharedError::Slow),
        };
        written.inspect_err(|error| self.failed("written", error)).is_ok()
    }

    async fn read(&self, path: &Path) -> Result<Bytes, SharedError> {
        let found = self.store.get(path).await?;
        let too_large = SharedError::TooLarge { limit_bytes: self.limit_bytes };
        if found.meta.size > self.limit_bytes {
            return Err(too_large);
        }
        let mut bytes = BytesMut::with_capacity(found.meta.size.min(1 << 20) as usize);
        let mut chunks = found.into_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            if (bytes.len() + chunk.len()) as u64 > self.limit_bytes {
                return Err(too_large);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// Many prefixes, since stores divide their work by them.
    fn path(&self, kind: &str, name: &str) -> Path {
        self.prefix.clone().join(kind).join(&name[..2.min(name.len())]).join(name)
    }

    fn rests(&self) -> bool {
        self.now_ms() < self.rests_until_ms.load(Ordering::Relaxed)
    }

    fn failed(&self, done: &str, error: &SharedError) {
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= PATIENCE {
            self.failures.store(0, Ordering::Relaxed);
            self.rests_until_ms.store(self.now_ms() + REST.as_millis() as u64, Ordering::Relaxed);
            tracing::warn!(%error, "the shared cache is left alone for {REST:?}");
        } else {
            tracing::warn!(%error, "the shared cache could not be {done}");
        }
    }

    fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}
