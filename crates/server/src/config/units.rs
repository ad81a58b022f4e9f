//! Values of the configuration that are written with a unit: `"30s"`, `"100MB"`; and those that hold what is not for everyone.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::tag::hash;

/// A length of time, written `250ms`, `30s`, `5m`, `4h` or `1d`; a bare number is seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval(
    /// The time itself.
    pub Duration,
);

/// A number of bytes, written `512`, `16KB`, `100MB`, `1GB` (powers of 1000) or `KiB`, `MiB`, `GiB` (powers of 1024).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(
    /// The bytes.
    pub u64,
);

/// An http or https URL that sources are below, or a [`StoreUrl`]. Its user name and password, if any, are sent to the
/// origin as basic authentication and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(
    /// The URL, with its credentials.
    pub Url,
);

/// The URL of a service other than a web server, such as a database or a bucket. Its user name and password are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceUrl(Url);

/// A place in an object store: `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreUrl {
    url: Url,
    scheme: Scheme,
}

/// Whose protocol an object store speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Amazon S3's, and of all that are compatible.
    S3,
    /// Google Cloud Storage's.
    Gs,
    /// Azure Blob Storage's.
    Az,
}

impl StoreUrl {
    /// The store that `url` names, if it names one.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let scheme = match url.scheme() {
            "s3" => Scheme::S3,
            "gs" => Scheme::Gs,
            "az" => Scheme::Az,
            _ => return None,
        };
        let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        let only_a_path = url.query().is_none() && url.fragment().is_none();
        let named = url.host_str().is_some_and(|bucket| !bucket.is_empty());
        (plain && only_a_path && named).then(|| Self { url: url.clone(), scheme })
    }

    /// Whose protocol it speaks.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The bucket, or container.
    pub fn bucket(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The URL, with its prefix.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The text may hold a password: it is not quoted.
        Url::parse(text).ok().as_ref().and_then(Self::of).ok_or_else(|| {
            "not the URL of an object store such as \"s3://bucket/prefix\", \"gs://bucket\" or \"az://container\""
                .to_owned()
        })
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.url, f)
    }
}

const TIMES_MS: &[(&str, u64)] = &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

const SIZES: &[(&str, u64)] = &[
    ("b", 1),
    ("kb", 1000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

/// A whole number and one of `units`, multiplied.
fn with_unit(text: &str, units: &[(&str, u64)], bare: u64) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let factor = match unit.as_str() {
        "" => bare,
        unit => units.iter().find(|(name, _)| *name == unit)?.1,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// The largest of `units` that divides `value` without a rest.
fn largest_unit(value: u64, units: &[(&'static str, u64)]) -> (u64, &'static str) {
    let dividing = units.iter().filter(|(_, factor)| value != 0 && value.is_multiple_of(*factor));
    dividing.max_by_key(|(_, factor)| *factor).map_or((value, units[0].0), |(name, factor)| (value / factor, name))
}

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ms = with_unit(text, TIMES_MS, 1000);
        let ms =
            ms.ok_or_else(|| format!("{text:?} is not a length of time such as \"250ms\", \"30s\", \"5m\" or \"4h\""))?;
        Ok(Self(Duration::from_millis(ms)))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = largest_unit(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), TIMES_MS);
        write!(f, "{number}{unit}")
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = with_unit(text, SIZES, 1);
        bytes.map(Self).ok_or_else(|| format!("{text:?} is not a number of bytes such as 4096, \"100MB\" or \"64MiB\""))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = largest_unit(self.0, SIZES);
        let unit = unit.to_uppercase().replace('I', "i");
        write!(f, "{number}{unit}")
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).ok();
        let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let url = url.filter(|url| is_http(url) || StoreUrl::of(url).is_some());
        let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
        // The text may hold a password: it is not quoted.
        url.map(Self).ok_or_else(|| {
            "not an http or https URL without a query, such as \"https://images.example.com/media\", nor one of an \
             object store, such as \"s3://bucket/prefix\""
                .to_owned()
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        if shown.password().is_some() {
            shown.set_password(Some("***")).expect("a URL with a password has a host");
        }
        fmt::Display::fmt(&shown, f)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ServiceUrl {
    /// The URL, with its credentials.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for ServiceUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The text may hold a password: it is not quoted.
        let url = Url::parse(text).ok().filter(|url| url.has_host() || url.scheme() == "file");
        url.map(Self).ok_or_else(|| {
            "not a URL such as \"s3://bucket/prefix\", \"file:///folder\" or \"postgres://user@host/name\"".to_owned()
        })
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        if shown.password().is_some() {
            shown.set_password(Some("***")).expect("a URL with a password has a host");
        }
        // Where passwords and keys may stand too.
        if shown.query().is_some() {
            shown.set_query(Some("***"));
        }
        fmt::Display::fmt(&shown, f)
    }
}

impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Accepts a string, or a whole number as its text.
struct TextOrNumber(&'static str);

impl Visitor<'_> for TextOrNumber {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

macro_rules! as_text {
    ($($type:ty, $expected:literal;)+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(TextOrNumber($expected))?.parse().map_err(D::Error::custom)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

/// What only those know who were told, such as a token; never shown. Empty is none.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it is, for those who are to know it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `given` is this one. None is never given.
    pub(crate) fn is(&self, given: &str) -> bool {
        // How long comparing takes says something about the hashes, and nothing about the secret.
        !self.is_empty() && hash(self.0.as_bytes()) == hash(given.as_bytes())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "none" } else { "***" })
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_empty() { "" } else { "***" })
    }
}

as_text! {
    Interval, "a length of time such as \"30s\"";
    ByteSize, "a number of bytes such as \"100MB\"";
    BaseUrl, "a URL";
    ServiceUrl, "a URL";
    StoreUrl, "the URL of an object store";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, ms) in
            [("250ms", 250), ("30s", 30_000), ("30", 30_000), ("5m", 300_000), ("4h", 14_400_000), ("0s", 0)]
        {
            let interval: Interval = text.parse().unwrap();
            assert_eq!(interval.0.as_millis(), ms, "{text}");
            assert_eq!(interval.to_string().parse::<Interval>().unwrap(), interval);
        }
        for text in ["", "s", "-1s", "1.5s", "1w", "99999999999999999999s", "9999999999999999999h"] {
            assert!(text.parse::<Interval>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes, shown) in [
            ("512", 512, "512B"),
            ("100MB", 100_000_000, "100MB"),
            ("64 MiB", 64 << 20, "64MiB"),
            ("1gb", 1_000_000_000, "1GB"),
            ("0", 0, "0B"),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!((size.0, size.to_string().as_str()), (bytes, shown));
        }
        for text in ["", "MB", "-1", "1.5MB", "1TBB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let base: BaseUrl = "https://user:hunter2@a.com/x".parse().unwrap();
        assert_eq!(base.to_string(), "https://user:***@a.com/x");
        assert_eq!(format!("{base:?}"), "https://user:***@a.com/x");
        assert_eq!(base.0.password(), Some("hunter2"));
        let database: ServiceUrl = "postgres://me:hunter2@a.com/x?sslpassword=hunter2".parse().unwrap();
        assert_eq!(format!("{database:?} {database}"), "postgres://me:***@a.com/x?*** postgres://me:***@a.com/x?***");
        assert!("hunter2".parse::<ServiceUrl>().is_err_and(|error| !error.contains("hunter2")));
        for text in ["a.com", "ftp://a.com", "https://u:hunter2@a.com/?x", "file:///etc"] {
            assert!(!text.parse::<BaseUrl>().unwrap_err().contains("hunter2"), "{text}");
        }
    }
}
