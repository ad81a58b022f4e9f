//! Origins whose sources only signed URLs may name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::{AllowRule, Target};

/// Whether a request's options and source are signed, and by a key that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// They are.
    Yes,
    /// They are not, or cannot be.
    No,
}

/// One entry of `signing.origins`: `host[:port]`, `*.host`, or `/` for relative sources.
///
/// Only whole origins, because what is below a path is the origin's to say: it may decode, fold or rewrite what we compared.
/// For the same reason a host without a port means all its ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedOrigin {
    /// Sources without a host, from wherever they are read.
    Relative,
    /// Sources of this host.
    Host(AllowRule),
}

/// Why an entry cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an origin for signed urls: write host[:port] or *.host, without a path, or \"/\" for relative sources"
)]
pub struct SignedOriginError {
    text: String,
}

impl SignedOrigin {
    /// Whether `target` is of this origin; relative sources may be read below `bases`.
    pub(super) fn covers(&self, target: &Target, bases: &[&Url]) -> bool {
        match (self, target) {
            (Self::Relative, Target::Relative { .. }) => true,
            // Samples are ours, and everybody may see them. Stored images have keys of their own.
            (Self::Relative, Target::Absolute(_)) | (_, Target::Sample(_) | Target::Stored(_)) => false,
            (Self::Host(rule), Target::Absolute(url)) => rule.covers_host(url),
            (Self::Host(rule), Target::Relative { .. }) => bases.iter().any(|base| rule.covers_host(base)),
        }
    }
}

impl FromStr for SignedOrigin {
    type Err = SignedOriginError;

    fn from_str(text: &str) -> Result<Self, SignedOriginError> {
        if text == "/" {
            return Ok(Self::Relative);
        }
        let rule: Option<AllowRule> = if text.contains('/') { None } else { text.parse().ok() };
        rule.map(Self::Host).ok_or_else(|| SignedOriginError { text: text.to_owned() })
    }
}

impl fmt::Display for SignedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relative => f.write_str("/"),
            Self::Host(rule) => rule.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for SignedOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for SignedOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_cover_hosts_whatever_the_path() {
        let base = Url::parse("https://base.test/media").unwrap();
        let relative = Target::Relative { source: "a.jpg".to_owned() };
        let absolute = |url: &str| Target::Absolute(Url::parse(url).unwrap());
        let table = [
            ("/", relative.clone(), true),
            ("/", absolute("https://a.com/"), false),
            ("a.com", absolute("https://A.com/x.jpg"), true),
            ("a.com", absolute("http://a.com:8080/..%2fx.jpg"), true),
            ("a.com", absolute("https://b.a.com/x.jpg"), false),
            ("a.com:8080", absolute("http://a.com:8080/x.jpg"), true),
            ("a.com:443", absolute("https://a.com/x.jpg"), true),
            ("a.com:443", absolute("http://a.com/x.jpg"), false),
            ("*.a.com", absolute("https://b.a.com/x.jpg"), true),
            ("*.a.com", absolute("https://a.com/x.jpg"), false),
            ("127.0.0.1", absolute("http://0x7f.1:9000/x"), true),
            ("base.test", relative.clone(), true),
            ("other.test", relative, false),
        ];
        for (text, target, expected) in table {
            let origin: SignedOrigin = text.parse().unwrap();
            assert_eq!(origin.to_string(), text);
            assert_eq!(origin.covers(&target, &[&base]), expected, "{text} {target:?}");
        }
        for text in ["", "//", "/private", "a.com/private", "https://a.com", "*"] {
            assert!(text.parse::<SignedOrigin>().is_err(), "{text:?}");
        }
    }
}
