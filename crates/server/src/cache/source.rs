//! Sources that came from an origin: the bytes, and what it said about them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Entry, Known, age};
use crate::config::CacheConfig;
use crate::negotiate::{Keeping, keeping};
use crate::origin::{Fetch, Fetched, Held, Place, Received, Validator};
use crate::purge::Purge;

/// Where a source is, and a hash of what its origin was told of a client's request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SourceKey {
    /// Where the source is.
    pub(crate) source: String,
    /// As in a result's key.
    pub(crate) forwarded: Option<String>,
}

/// A source as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct KeptSource {
    /// The picture, still encoded; clones share it.
    pub(crate) bytes: Bytes,
    /// What the origin said.
    pub(crate) said: Said,
    /// Up to which purge it is known to be good.
    pub(crate) known: Known,
}

/// What an origin said about a source.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Said {
    /// What tells this version from another.
    pub(crate) validator: Option<Validator>,
    /// `Cache-Control`.
    pub(crate) cache_control: Option<String>,
    /// How far `Expires` lay behind `Date`.
    pub(crate) expires: Option<Duration>,
    /// When, and whether it depends on what nobody knows.
    pub(crate) received: Received,
}

impl Said {
    /// What it means for whoever keeps the source.
    pub(crate) fn keeping(&self, cache: &CacheConfig) -> Keeping {
        keeping(self.cache_control.as_deref(), self.expires, Place::There, cache).varying(self.received.varies)
    }

    /// How long ago it was said.
    pub(crate) fn age(&self) -> Duration {
        age(self.received.at)
    }
}

impl KeptSource {
    /// What a fetch from the origin would give to someone who knows the version `known`; `held` is the room for the bytes.
    pub(crate) fn fetch(&self, known: Option<&Validator>, held: Arc<Held>) -> Fetch {
        let Said { validator, cache_control, expires, received } = self.said.clone();
        let place = Place::There;
        if known.is_some() && known == validator.as_ref() {
            return Fetch::Unchanged { cache_control, expires, place, received };
        }
        let bytes = self.bytes.clone();
        Fetch::Fetched(Fetched { bytes, validator, cache_control, expires, place, held, received })
    }
}

impl Entry for KeptSource {
    const KIND: &str = "source";
    type Key = SourceKey;
    type Description = Said;

    fn name(key: &SourceKey) -> Option<String> {
        let SourceKey { source, forwarded: None } = key else { return None };
        Some(source.clone())
    }

    fn bytes(&self, key: &SourceKey) -> u64 {
        (self.bytes.len() + key.source.len()) as u64
    }

    fn known(&self) -> &Known {
        &self.known
    }

    fn is_meant(&self, key: &SourceKey, purge: &Purge) -> bool {
        purge.means(&key.source)
    }

    fn to_parts(&self) -> (Said, Bytes) {
        (self.said.clone(), self.bytes.clone())
    }

    fn of_parts(said: Said, bytes: Bytes, known: Known) -> Self {
        Self { bytes, said, known }
    }
}
