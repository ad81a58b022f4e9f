//! Entity tags of results: known before a result is computed, so that an unchanged one never is.
//!
//! A result's tag is `"cf-<how>:<which>"`: *how* is a hash of everything but the source that decides the result, *which* is
//! the source's own tag, or a hash of its bytes where it has none.

use std::fmt::Write;
use std::iter;

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use tintype_options::{OutputFormat, canonical};

use crate::config::Config;
use crate::engine::{Request, policy};
use crate::origin::{Fetched, Validator};

/// What decides every result of this version with one configuration: a hash that goes on with what one request decides.
#[derive(Clone, Debug)]
pub(crate) struct Rules(Sha256);

impl Rules {
    /// Those of `config`.
    pub(crate) fn of(config: &Config) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        Self(Sha256::new_with_prefix(format!("{version}\n{:?}\n", policy(config))))
    }
}

/// The part of a tag that does not depend on the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct How(String);

impl How {
    /// Of `request`, answered by `rules`.
    pub(crate) fn new(rules: &Rules, request: &Request) -> Self {
        let negotiated = match request.options.format {
            Some(OutputFormat::Auto) => (request.accepts.avif, request.accepts.webp),
            // What is too large for AVIF is WebP where the client knows that.
            Some(OutputFormat::Avif) => (false, request.accepts.webp),
            _ => (false, false),
        };
        let options = canonical::to_string(&request.options);
        let hash = rules.0.clone().chain_update(format!("{negotiated:?}\n{options}")).finalize();
        Self(hex(&hash[..16]))
    }

    /// The hash.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The result's tag for a source with this validator.
    pub(crate) fn tag(&self, source: &Validator) -> Validator {
        Validator { weak: source.weak, tag: format!("cf-{}:{}", self.0, source.tag) }
    }

    /// The result's tag for a source that was read.
    pub(crate) fn tag_of(&self, source: &Fetched) -> Validator {
        match &source.validator {
            Some(validator) => self.tag(validator),
            None => self.tag(&Validator { weak: false, tag: hash(&source.bytes) }),
        }
    }

    /// The result's tag for a source that was read, with layers on it.
    pub(crate) fn tag_with(&self, source: &Fetched, layers: &[Fetched]) -> Validator {
        if layers.is_empty() {
            return self.tag_of(source);
        }
        let tags: Vec<Validator> = iter::once(source).chain(layers).map(|source| self.tag_of(source)).collect();
        let text: String = tags.iter().map(|tag| format!("{tag}\n")).collect();
        self.tag(&Validator { weak: tags.iter().any(|tag| tag.weak), tag: hash(text.as_bytes()) })
    }

    /// The validator of the source that the client's copy was made of, when `If-None-Match` names one made this way.
    pub(crate) fn known(&self, headers: &HeaderMap) -> Option<Validator> {
        let prefix = format!("cf-{}:", self.0);
        let tags = if_none_match(headers);
        tags.into_iter().find_map(|Validator { weak, tag }| {
            let tag = tag.strip_prefix(&prefix)?.to_owned();
            Some(Validator { weak, tag })
        })
    }
}

/// Whether the client has the result with this tag. The comparison is the weak one (RFC 9110, 13.1.2).
pub(crate) fn client_has(headers: &HeaderMap, tag: &Validator) -> bool {
    if_none_match(headers).iter().any(|known| known.tag == tag.tag)
}

fn if_none_match(headers: &HeaderMap) -> Vec<Validator> {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // A comma may stand inside a tag, but none of ours holds one unless an origin's does; that one is then not known.
    values.flat_map(|value| value.split(',')).filter_map(Validator::parse).collect()
}

/// 128 bits of SHA-256, in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex(&hash128(bytes))
}

/// `bytes` in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}

/// 128 bits of SHA-256.
pub(crate) fn hash128(bytes: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(bytes);
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::engine::Accepts;
    use crate::origin::{Memory, Place, Received};

    fn how(options: &str, accepts: Accepts) -> How {
        How::new(&Rules::of(&Config::default()), &Request { options: options.parse().unwrap(), accepts })
    }

    #[test]
    fn what_decides_the_result_decides_the_tag() {
        let none = Accepts::default;
        let avif = || Accepts { avif: true, webp: true };
        assert_eq!(how("width=1,height=2", none()), how("h=2,w=1", none()));
        assert_ne!(how("width=1", none()), how("width=2", none()));
        assert_eq!(how("width=1", none()), how("width=1", avif()), "without format=auto, Accept decides nothing");
        assert_ne!(how("width=1,format=auto", none()), how("width=1,format=auto", avif()));
        assert_ne!(
            how("width=1,format=avif", none()),
            how("width=1,format=avif", avif()),
            "WebP where it is too large"
        );
    }

    #[test]
    fn tags_lead_back_to_the_source() {
        let how = how("width=1", Accepts::default());
        let mut headers = HeaderMap::new();
        assert_eq!(how.known(&headers), None);
        for source in ["\"abc\"", "W/\"a:b\""] {
            let source = Validator::parse(source).unwrap();
            let tag = how.tag(&source);
            assert_eq!(tag.weak, source.weak);
            headers.insert(header::IF_NONE_MATCH, format!("\"other\", {tag}").parse().unwrap());
            assert_eq!(how.known(&headers), Some(source));
            assert!(client_has(&headers, &tag));
            assert!(!client_has(&headers, &how.tag(&Validator::parse("\"x\"").unwrap())));
        }
    }

    #[test]
    fn without_a_validator_the_bytes_decide() {
        let how = how("width=1", Accepts::default());
        let source = |bytes| Fetched {
            bytes: Bytes::from_static(bytes),
            validator: None,
            cache_control: None,
            expires: None,
            place: Place::There,
            held: Arc::new(Memory::new(0).hold()),
            received: Received::now(),
        };
        assert_eq!(how.tag_of(&source(b"a")), how.tag_of(&source(b"a")));
        let with = |layer| how.tag_with(&source(b"a"), &[source(layer)]);
        assert_eq!(with(b"b"), with(b"b"));
        assert_ne!(with(b"b"), with(b"c"));
        assert_eq!(how.tag_with(&source(b"a"), &[]), how.tag_of(&source(b"a")));
        assert_ne!(how.tag_of(&source(b"a")), how.tag_of(&source(b"b")));
    }
}
