//! Results: encoded pictures, under everything that decides them.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tintype::Timings;

use super::{Entry, Known, age};
use crate::engine::Rendered;
use crate::negotiate::Keeping;
use crate::origin::Validator;
use crate::purge::Purge;
use crate::tag::How;

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
    pub(crate) content_type: Cow<'static, str>,
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
    pub(crate) checked: SystemTime,
    /// Up to which purge it is known to be good.
    pub(crate) known: Known,
}

/// What a record says of a result.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Description {
    content_type: String,
    warnings: Vec<String>,
    tag: Validator,
    keeping: Keeping,
    drawn: Vec<String>,
    source: Option<Validator>,
    checked: SystemTime,
}

impl From<Rendered> for Picture {
    fn from(rendered: Rendered) -> Self {
        Self {
            bytes: rendered.bytes.into(),
            content_type: rendered.content_type.into(),
            warnings: rendered.warnings.iter().map(ToString::to_string).collect(),
            timings: rendered.timings,
        }
    }
}

impl Kept {
    /// How long ago the origin was asked.
    pub(crate) fn age(&self) -> Duration {
        age(self.checked)
    }

    /// Whether it may be answered without asking the origin.
    pub(crate) fn is_fresh(&self) -> bool {
        self.keeping.is_fresh(self.age())
    }

    /// Whether it may be answered with while its origin is asked in the background.
    pub(crate) fn serves_while_asked(&self) -> bool {
        self.keeping.serves_while_asked(self.age())
    }

    /// Whether it may be answered with when its origin, or the server, fails.
    pub(crate) fn serves_without_origin(&self) -> bool {
        self.keeping.serves_without_origin(self.age())
    }
}

impl Entry for Kept {
    const KIND: &str = "result";
    type Key = Key;
    type Description = Description;

    fn name(key: &Key) -> Option<String> {
        // What is for one client alone stays in memory.
        let Key { source, how, forwarded: None } = key else { return None };
        Some(format!("{}\n{source}", how.as_str()))
    }

    fn bytes(&self, key: &Key) -> u64 {
        let listed = self.picture.warnings.iter().chain(&self.drawn).map(String::len);
        (self.picture.bytes.len() + key.source.len() + listed.sum::<usize>()) as u64
    }

    fn known(&self) -> &Known {
        &self.known
    }

    fn is_meant(&self, key: &Key, purge: &Purge) -> bool {
        purge.means(&key.source) || self.drawn.iter().any(|drawn| purge.means(drawn))
    }

    fn to_parts(&self) -> (Description, Bytes) {
        let Self { picture, tag, keeping, drawn, source, checked, known: _ } = self.clone();
        let Picture { bytes, content_type, warnings, timings: _ } = picture;
        let content_type = content_type.into_owned();
        (Description { content_type, warnings, tag, keeping, drawn, source, checked }, bytes)
    }

    fn of_parts(description: Description, bytes: Bytes, known: Known) -> Self {
        let Description { content_type, warnings, tag, keeping, drawn, source, checked } = description;
        let timings = Timings::default();
        let picture = Picture { bytes, content_type: content_type.into(), warnings, timings };
        Self { picture, tag, keeping, drawn, source, checked, known }
    }
}
