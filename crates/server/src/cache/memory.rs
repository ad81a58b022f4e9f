//! The tier in memory: what is kept, bounded in bytes.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::Counter;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter};

use super::Entry;
use crate::purge::{Moment, PurgeLog};

/// Parts that the memory is divided into, each with its own lock. What is larger than one part is not kept.
const PARTS: usize = 4;

/// What an entry takes besides its bytes and its names, about: the places in the tables.
pub(super) const OVERHEAD_BYTES: u64 = 512;

/// A guess at an entry's size, which the tables are laid out for.
const TYPICAL_BYTES: u64 = 32_000;

/// Entries, the bytes of all of them bounded.
#[derive(Debug)]
pub(crate) struct Memory<E: Entry> {
    /// None when nothing is to be kept.
    kept: Option<Table<E>>,
}

type Table<E> = Cache<<E as Entry>::Key, Arc<E>, Weight, DefaultHashBuilder, Evictions>;

/// When what is kept was last known to be good, see [`PurgeLog::holds`].
#[derive(Debug)]
pub(crate) struct Known(AtomicU64);

#[derive(Clone, Copy, Debug)]
pub(super) struct Weight;

/// Counts what had to go because there was no room.
#[derive(Clone, Debug)]
pub(super) struct Evictions(Counter);

impl Known {
    /// Read at `since`.
    pub(crate) fn since(since: Moment) -> Self {
        Self(AtomicU64::new(since.bits()))
    }

    /// When it was last known.
    pub(crate) fn moment(&self) -> Moment {
        Moment::from_bits(self.0.load(Ordering::Relaxed))
    }
}

impl Clone for Known {
    fn clone(&self) -> Self {
        Self::since(self.moment())
    }
}

impl<E: Entry> Weighter<E::Key, Arc<E>> for Weight {
    fn weight(&self, key: &E::Key, entry: &Arc<E>) -> u64 {
        entry.bytes(key) + OVERHEAD_BYTES
    }
}

impl<K, V> Lifecycle<K, V> for Evictions {
    type RequestState = ();

    fn on_evict(&self, _state: &mut (), _key: K, _value: V) {
        self.0.inc();
    }
}

impl<E: Entry> Memory<E>
where
    E::Key: Clone + Eq + Hash,
{
    /// Room for `limit_bytes`; with 0 nothing is kept.
    pub(crate) fn new(limit_bytes: u64, evictions: Counter) -> Self {
        let options = OptionsBuilder::new()
            .shards(PARTS)
            .weight_capacity(limit_bytes)
            .estimated_items_capacity(usize::try_from(limit_bytes / TYPICAL_BYTES).unwrap_or(usize::MAX).min(1 << 20))
            .build();
        let kept = options
            .ok()
            .filter(|_| limit_bytes > 0)
            .map(|options| Cache::with_options(options, Weight, DefaultHashBuilder::default(), Evictions(evictions)));
        Self { kept }
    }

    /// Whether anything is ever kept.
    pub(crate) fn is_on(&self) -> bool {
        self.kept.is_some()
    }

    /// The entry of `key`, fresh or not, if nothing was purged that means it.
    pub(crate) fn get(&self, key: &E::Key, log: &PurgeLog) -> Option<Arc<E>> {
        let kept = self.kept.as_ref()?;
        let entry = kept.get(key)?;
        if is_good(log, key, entry.as_ref()) {
            return Some(entry);
        }
        kept.remove(key);
        None
    }

    /// Keeps `entry`, if there is room.
    pub(crate) fn put(&self, key: E::Key, entry: Arc<E>) {
        if let Some(kept) = &self.kept {
            kept.insert(key, entry);
        }
    }

    /// Forgets `key`.
    pub(crate) fn remove(&self, key: &E::Key) {
        if let Some(kept) = &self.kept {
            kept.remove(key);
        }
    }

    /// Forgets what was purged; how much that is.
    pub(crate) fn sweep(&self, log: &PurgeLog) -> usize {
        let Some(kept) = &self.kept else { return 0 };
        let purged = AtomicU64::new(0);
        kept.retain(|key, entry| {
            let stays = is_good(log, key, entry.as_ref());
            purged.fetch_add(u64::from(!stays), Ordering::Relaxed);
            stays
        });
        purged.into_inner() as usize
    }

    /// Bytes kept now, and entries.
    pub(crate) fn held(&self) -> (u64, usize) {
        self.kept.as_ref().map_or((0, 0), |kept| (kept.weight(), kept.len()))
    }

    /// Bytes that may be kept.
    pub(crate) fn limit_bytes(&self) -> u64 {
        self.kept.as_ref().map_or(0, Cache::capacity)
    }
}

/// Whether nothing was purged that means `entry`; remembers up to when that is known.
pub(super) fn is_good<E: Entry>(log: &PurgeLog, key: &E::Key, entry: &E) -> bool {
    let known = entry.known();
    let Some(now) = log.holds(known.moment(), |purge| entry.is_meant(key, purge)) else { return false };
    // Written only when it changes: many read it at once.
    if now != known.moment() {
        known.0.store(now.bits(), Ordering::Relaxed);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tintype::Timings;

    use super::*;
    use crate::cache::{Kept, Key, Picture};
    use crate::config::{CacheConfig, Config};
    use crate::engine::Request;
    use crate::negotiate::keeping;
    use crate::origin::{Place, Validator};
    use crate::purge::Purge;
    use crate::tag::{How, Rules};

    fn key(name: &str) -> Key {
        let request = Request::from(tintype_options::TransformOptions::default());
        Key { source: name.to_owned(), how: How::new(&Rules::of(&Config::default()), &request), forwarded: None }
    }

    fn result(length: usize, drawn: &[&str], since: Moment) -> Arc<Kept> {
        Arc::new(Kept {
            picture: Picture {
                bytes: vec![7; length].into(),
                content_type: "image/jpeg".into(),
                warnings: Vec::new(),
                timings: Timings::default(),
            },
            tag: Validator::parse("\"a\"").unwrap(),
            keeping: keeping(Some("max-age=7200"), None, Place::There, &CacheConfig::default()),
            drawn: drawn.iter().map(|&name| name.to_owned()).collect(),
            source: None,
            checked: SystemTime::now(),
            known: Known::since(since),
        })
    }

    #[test]
    fn the_bound_holds_whatever_comes() {
        let (limit_bytes, log) = (10_000_000, PurgeLog::default());
        let evictions = Counter::default();
        let results = Memory::new(limit_bytes, evictions.clone());
        for number in 0..500 {
            results.put(key(&format!("{number}.jpg")), result(1 + number * 3_701 % 400_000, &[], log.moment()));
            let (held, count) = results.held();
            assert!(held <= limit_bytes, "{held} bytes in {count} results");
        }
        let (held, count) = results.held();
        assert!(held > limit_bytes / 2 && count > 10, "{held} bytes in {count} results: hardly anything is kept");
        assert_eq!(evictions.get() as usize + count, 500);
        // Too large for its part of the memory: not kept, and the others stay.
        results.put(key("huge.jpg"), result(3_000_000, &[], log.moment()));
        assert!(results.get(&key("huge.jpg"), &log).is_none());
        assert!(results.held().1 + 2 > count);
    }

    #[tokio::test]
    async fn what_is_purged_is_gone() {
        let (results, log) = (Memory::new(1_000_000, Counter::default()), PurgeLog::default());
        let before = log.moment();
        for (name, drawn) in [("/a.jpg", &[] as &[&str]), ("/b.jpg", &["/logo.png"]), ("/c.jpg", &[])] {
            results.put(key(name), result(10, drawn, before));
        }
        let there = || ["/a.jpg", "/b.jpg", "/c.jpg"].map(|name| results.get(&key(name), &log).is_some());
        log.add(&Purge::Sources(vec!["/a.jpg".to_owned(), "/x.jpg".to_owned()])).await.unwrap();
        assert_eq!(results.sweep(&log), 1);
        assert_eq!(there(), [false, true, true]);
        log.add(&Purge::Sources(vec!["/logo.png".to_owned()])).await.unwrap();
        assert_eq!(there(), [false, false, true], "also where nobody has swept");
        log.add(&Purge::Everything).await.unwrap();
        assert_eq!((results.sweep(&log), there()), (1, [false, false, false]));
    }
}
