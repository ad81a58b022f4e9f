//! The pictures that come with the program. Their notices are beside them.

use std::sync::LazyLock;

use crate::origin::Validator;
use crate::tag::hash;

/// A picture that comes with the program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Its file name.
    pub(crate) name: &'static str,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// The file.
    pub(crate) bytes: &'static [u8],
}

macro_rules! samples {
    ($($name:literal $content_type:literal,)+) => {
        /// All of them.
        pub(crate) static SAMPLES: &[Sample] = &[$(Sample {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("samples/", $name)),
        }),+];
    };
}

samples! {
    "astronaut.jpg" "image/jpeg",
    "coffee.jpg" "image/jpeg",
    "framed.jpg" "image/jpeg",
    "horse.png" "image/png",
    "logo.png" "image/png",
    "moving.gif" "image/gif",
}

impl Sample {
    /// Where they are, as a source without its leading slash.
    pub(crate) const FOLDER: &'static str = "docs/samples/";

    /// The picture of this file name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SAMPLES.iter().find(|sample| sample.name == name)
    }

    /// The picture that a relative source means, if it is one of these.
    pub(crate) fn of_source(source: &str) -> Option<&'static Self> {
        let path = source.split(['?', '#']).next().unwrap_or_default();
        Self::named(path.trim_start_matches('/').strip_prefix(Self::FOLDER)?)
    }

    /// What tells it from another version's picture of the same name.
    pub(crate) fn validator(&self) -> Validator {
        static TAGS: LazyLock<Vec<String>> =
            LazyLock::new(|| SAMPLES.iter().map(|sample| hash(sample.bytes)).collect());
        let at = SAMPLES.iter().position(|sample| sample.name == self.name);
        Validator { weak: false, tag: at.map_or_else(|| hash(self.bytes), |at| TAGS[at].clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_that_are_samples() {
        for source in ["docs/samples/coffee.jpg", "/docs/samples/coffee.jpg?v=1"] {
            assert_eq!(Sample::of_source(source).map(|sample| sample.name), Some("coffee.jpg"), "{source}");
        }
        for source in ["coffee.jpg", "docs/samples/", "docs/samples/../coffee.jpg", "docs/samples/missing.jpg"] {
            assert!(Sample::of_source(source).is_none(), "{source}");
        }
        let tags: Vec<_> = SAMPLES.iter().map(|sample| sample.validator().tag).collect();
        assert!(tags.iter().all(|tag| tags.iter().filter(|other| *other == tag).count() == 1), "{tags:?}");
    }
}
