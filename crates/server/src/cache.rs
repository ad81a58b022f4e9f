//! Results that are kept in memory, so that asking for one again costs neither a codec nor the device.
//!
//! A result is kept under everything that decides it: its source, a hash of version, rules, options and negotiated formats
//! ([`How`]), and what of a client's request went to the origin. For how long it is answered without asking the origin is
//! what the origin said ([`Keeping::fresh`]); after that the origin is asked whether its source is still the one the result
//! was made of. Who has changed, and who may not be kept, is decided in `job`; here are the keys and the bound on bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use tintype::Timings;

use crate::engine::Rendered;
use crate::negotiate::Keeping;
use crate::origin::Validator;
use crate::purge::Purge;
use crate::tag::How;

/// Parts that the memory is divided into, each with its own lock. What is larger than one part is not kept.
const PARTS: usize = 4;

/// What a result takes besides its bytes and its names, about: the places in the tables.
const OVERHEAD_BYTES: u64 = 512;

/// A guess at a result's size, which the tables are laid out for.
const TYPICAL_BYTES: u64 = 32_000;

/// Everything that decides a result but the source's version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Where the source is.
    pub(crate) source: String,
    /// What is made of it.
    pub(crate) how: How,
    /// A hash of what the origin was told of the client's request, where it was told anything.
    pub(crate) forwarded: Option<String>,
}

/// An encoded picture, and how it came about.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// The file; clones share it.
    pub(crate) bytes: Bytes,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// What was odd about it.
    pub(crate) warnings: Vec<String>,
    /// Where the time went when it was made.
    pub(crate) timings: Timings,
}

/// A result as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The result.
    pub(crate) picture: Picture,
    /// Its entity tag.
    pub(crate) tag: Validator,
    /// What the origin said about keeping it.
    pub(crate) keeping: Keeping,
    /// Where what is drawn on it came from.
    pub(crate) drawn: Vec<String>,
    /// The source's own validator, where it has one and the result has no other sources.
    pub(crate) source: Option<Validator>,
    /// When the origin last said that the source is this one.
    pub(crate) checked: Instant,
}

/// Results, the bytes of all of them bounded.
#[derive(Debug)]
pub(crate) struct Results {
    /// None when nothing is to be kept.
    kept: Option<Cache<Key, Arc<Kept>, Weight>>,
    purges: AtomicU64,
}

/// A moment between two purges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(u64);

#[derive(Clone, Copy, Debug)]
struct Weight;

impl From<Rendered> for Picture {
    fn from(rendered: Rendered) -> Self {
        Self {
            bytes: rendered.bytes.into(),
            content_type: rendered.content_type,
            warnings: rendered.warnings.iter().map(ToString::to_string).collect(),
            timings: rendered.timings,
        }
    }
}

impl Kept {
    /// How long ago the origin was asked.
    pub(crate) fn age(&self) -> Duration {
        self.checked.elapsed()
    }

    /// Whether it may be answered without asking the origin.
    pub(crate) fn is_fresh(&self) -> bool {
        self.keeping.fresh.is_some_and(|fresh| self.age() < fresh)
    }
}

impl Weighter<Key, Arc<Kept>> for Weight {
    fn weight(&self, key: &Key, kept: &Arc<Kept>) -> u64 {
        let listed = kept.picture.warnings.iter().chain(&kept.drawn).map(String::len);
        let texts = key.source.len() + listed.sum::<usize>();
        (kept.picture.bytes.len() + texts) as u64 + OVERHEAD_BYTES
    }
}

impl Results {
    /// Room for `limit_bytes`; with 0 nothing is kept.
    pub(crate) fn new(limit_bytes: u64) -> Self {
        let options = OptionsBuilder::new()
            .shards(PARTS)
            .weight_capacity(limit_bytes)
            .estimated_items_capacity(usize::try_from(limit_bytes / TYPICAL_BYTES).unwrap_or(usize::MAX).min(1 << 20))
            .build();
        let kept = options.ok().filter(|_| limit_bytes > 0).map(|options| {
            Cache::with_options(options, Weight, DefaultHashBuilder::default(), DefaultLifecycle::default())
        });
        Self { kept, purges: AtomicU64::new(0) }
    }

    /// Whether anything is ever kept.
    pub(crate) fn is_on(&self) -> bool {
        self.kept.is_some()
    }

    /// The result of `key`, fresh or not.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Kept>> {
        self.kept.as_ref()?.get(key)
    }

    /// Now, for what is made from now on.
    pub(crate) fn moment(&self) -> Moment {
        Moment(self.purges.load(Ordering::Acquire))
    }

    /// Keeps `result`, whose sources were read after `since`, if the origin allows it, there is room, and nothing was purged since;
    /// otherwise what was kept before is forgotten too.
    pub(crate) fn put(&self, key: Key, result: &Arc<Kept>, since: Moment) {
        let Some(kept) = &self.kept else { return };
        match result.keeping.fresh {
            Some(_) if since == self.moment() => kept.insert(key, Arc::clone(result)),
            _ => drop(kept.remove(&key)),
        }
    }

    /// Forgets what `purge` means, and what is being made now; how many results that were kept.
    pub(crate) fn purge(&self, purge: &Purge) -> usize {
        // First: what is put afterwards was read afterwards, or is not kept.
        self.purges.fetch_add(1, Ordering::AcqRel);
        let Some(kept) = &self.kept else { return 0 };
        let purged = AtomicU64::new(0);
        kept.retain(|key, result| {
            let is_meant = purge.means(&key.source) || result.drawn.iter().any(|drawn| purge.means(drawn));
            purged.fetch_add(u64::from(is_meant), Ordering::Relaxed);
            !is_meant
        });
        purged.into_inner() as usize
    }

    /// Bytes kept now, and results.
    pub(crate) fn held(&self) -> (u64, usize) {
        self.kept.as_ref().map_or((0, 0), |kept| (kept.weight(), kept.len()))
    }

    /// Bytes that may be kept.
    pub(crate) fn limit_bytes(&self) -> u64 {
        self.kept.as_ref().map_or(0, |kept| kept.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CacheConfig, Config};
    use crate::engine::Request;
    use crate::negotiate::keeping;
    use crate::origin::Place;

    fn key(name: &str) -> Key {
        let how = How::new(&Config::default(), &Request::from(tintype_options::TransformOptions::default()));
        Key { source: name.to_owned(), how, forwarded: None }
    }

    fn result(length: usize, cache_control: &str) -> Arc<Kept> {
        Arc::new(Kept {
            picture: Picture {
                bytes: vec![7; length].into(),
                content_type: "image/jpeg",
                warnings: Vec::new(),
                timings: Timings::default(),
            },
            tag: Validator::parse("\"a\"").unwrap(),
            keeping: keeping(Some(cache_control), None, Place::There, &CacheConfig::default()),
            drawn: Vec::new(),
            source: None,
            checked: Instant::now(),
        })
    }

    #[test]
    fn the_bound_holds_whatever_comes() {
        let limit_bytes = 10_000_000;
        let results = Results::new(limit_bytes);
        for number in 0..500 {
            results.put(
                key(&format!("{number}.jpg")),
                &result(1 + number * 3_701 % 400_000, "max-age=7200"),
                results.moment(),
            );
            let (held, count) = results.held();
            assert!(held <= limit_bytes, "{held} bytes in {count} results");
        }
        let (held, count) = results.held();
        assert!(held > limit_bytes / 2 && count > 10, "{held} bytes in {count} results: hardly anything is kept");
        // Too large for its part of the memory: not kept, and the others stay.
        results.put(key("huge.jpg"), &result(3_000_000, "max-age=7200"), results.moment());
        assert!(results.get(&key("huge.jpg")).is_none());
        assert!(results.held().1 + 2 > count);
    }

    #[test]
    fn what_may_not_be_kept_is_forgotten() {
        let results = Results::new(1_000_000);
        let key = key("a.jpg");
        for forbids in ["no-store", "private", "private=\"x\", max-age=9999"] {
            results.put(key.clone(), &result(10, "max-age=7200"), results.moment());
            assert!(results.get(&key).is_some_and(|kept| kept.is_fresh()), "{forbids}");
            results.put(key.clone(), &result(10, forbids), results.moment());
            assert!(results.get(&key).is_none(), "{forbids}");
        }
        results.put(key.clone(), &result(10, "no-cache"), results.moment());
        assert!(results.get(&key).is_some_and(|kept| !kept.is_fresh()), "kept, but to be asked about");
    }

    #[test]
    fn what_is_purged_is_gone_and_what_is_being_made_is_not_kept() {
        let results = Results::new(1_000_000);
        let kept = result(10, "max-age=7200");
        let over = Arc::new(Kept { drawn: vec!["/logo.png".to_owned()], ..Kept::clone(&kept) });
        let before = results.moment();
        for (name, result) in [("/a.jpg", &kept), ("/b.jpg", &over), ("/c.jpg", &kept)] {
            results.put(key(name), result, before);
        }
        let there = || ["/a.jpg", "/b.jpg", "/c.jpg"].map(|name| results.get(&key(name)).is_some());
        assert_eq!(results.purge(&Purge::Sources(vec!["/a.jpg".to_owned(), "/x.jpg".to_owned()])), 1);
        assert_eq!(there(), [false, true, true]);
        assert_eq!(results.purge(&Purge::Sources(vec!["/logo.png".to_owned()])), 1);
        assert_eq!(there(), [false, false, true]);
        results.put(key("/a.jpg"), &kept, before);
        assert_eq!(there(), [false, false, true], "it was read before the purge");
        results.put(key("/a.jpg"), &kept, results.moment());
        assert_eq!(there(), [true, false, true]);
        assert_eq!((results.purge(&Purge::Everything), results.held().1), (2, 0));
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let results = Results::new(0);
        results.put(key("a.jpg"), &result(0, "max-age=7200"), results.moment());
        assert!(!results.is_on() && results.get(&key("a.jpg")).is_none());
        assert_eq!((results.held(), results.limit_bytes()), ((0, 0), 0));
    }
}
