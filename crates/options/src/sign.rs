//! Signed transform URLs: who has no key cannot ask for other options, another source or a later date.
//!
//! Three items are added to the options, in this order: `exp` (Unix seconds, the last at which the URL is good), `key` (the
//! name of the key), both optional, and `sig`, always last:
//!
//! ```text
//! /cdn-cgi/image/width=400,exp=1798761600,key=web,sig=HEX/photo.jpg?v=1
//! ```
//!
//! They stand among the options and not in the query, because everything behind the options belongs to the source, whose
//! own server may sign its URLs with parameters of the same names. In the query form, where the source is a parameter of
//! its own, they are parameters.
//!
//! `sig` is HMAC-SHA-256 in lower-case hexadecimal digits, keyed with the secret's bytes, of the URL from the prefix on
//! without the item `sig` and the separator in front of it: above of
//! `/cdn-cgi/image/width=400,exp=1798761600,key=web/photo.jpg?v=1`. Options count as they are written, so that a few lines
//! in any language can sign; the source counts as [`url::split`] reads it, so that a proxy that makes `https:/` of
//! `https://` breaks nothing. Where the prefix is mounted or rewritten to makes no difference: it is always the
//! documented one. The query form is signed from `/image?` on, without anything being decoded.
//!
//! Several keys can be good at a time, which is how one is replaced. Nothing here reads a clock.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tintype_pixels::Fault;

use crate::{OptionsError, url};

const EXPIRY: &str = "exp";
const KEY: &str = "key";
const SIGNATURE: &str = "sig";

/// How a request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What follows `/cdn-cgi/image/`, query included.
    Path,
    /// What follows `/image?`, not decoded.
    Query,
}

impl Form {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Path => "/cdn-cgi/image/",
            Self::Query => "/image?",
        }
    }

    const fn separator(self) -> &'static str {
        match self {
            Self::Path => ",",
            Self::Query => "&",
        }
    }

    /// The items, and the slash and source behind them.
    fn items(self, text: &str) -> (Vec<&str>, &str) {
        match self {
            Self::Path => {
                let (list, _) = url::divide(text);
                (url::items_of(list), &text[list.len()..])
            }
            Self::Query => (text.split('&').collect(), ""),
        }
    }

    /// What is signed.
    fn message(self, items: &[&str], behind: &str) -> Result<String, OptionsError> {
        let list = items.join(self.separator());
        Ok(match self {
            Self::Path => {
                let (_, source) = url::split(behind)?;
                format!("{}{list}/{}", self.prefix(), source.as_str())
            }
            Self::Query => format!("{}{list}", self.prefix()),
        })
    }
}

/// A secret, and the name that URLs call it by.
#[derive(Clone)]
pub struct Key {
    name: String,
    secret: Vec<u8>,
}

impl Key {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 32;
    /// The shortest secret, in bytes: one that nobody finds by trying.
    pub const MIN_SECRET: usize = 16;

    /// A key. Names have 1 to 32 letters, digits, hyphens and underscores.
    pub fn new(name: impl Into<String>, secret: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let (name, secret) = (name.into(), secret.into());
        let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        if !(1..=Self::MAX_NAME).contains(&name.len()) || !name.bytes().all(is_letter) {
            return Err(KeyError::Name { name });
        }
        if secret.len() < Self::MIN_SECRET {
            return Err(KeyError::Short { name, n_bytes: secret.len() });
        }
        Ok(Self { name, secret })
    }

    /// What URLs call it by.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn mac(&self, message: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret);
        mac.expect("hmac takes keys of any length").chain_update(message)
    }
}

/// Never shows the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a key was refused. The secret is not shown.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a name.
    #[error("key {name:?}: a name has 1 to {} letters, digits, hyphens and underscores", Key::MAX_NAME)]
    Name {
        /// What was given.
        name: String,
    },
    /// A secret that can be guessed.
    #[error("key {name:?}: the secret has {n_bytes} bytes; at least {} are needed", Key::MIN_SECRET)]
    Short {
        /// The key's name.
        name: String,
        /// What was given.
        n_bytes: usize,
    },
    /// Two keys of one name.
    #[error("key {name:?} is there twice")]
    Twice {
        /// The name.
        name: String,
    },
}

/// Why a request was not signed, or its signature not accepted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Nothing is signed here.
    #[error("the url is not signed; sig=... has to be the last of its options")]
    Missing,
    /// An item of a signature that is not what it should be, is there twice, or behind the signature.
    #[error("{item:?} is not a part of a signature: exp=SECONDS, key=NAME, sig=HEX, each once, sig last")]
    Malformed {
        /// The item.
        item: String,
    },
    /// No key has this name.
    #[error("no key is named {name:?}")]
    UnknownKey {
        /// What was given.
        name: String,
    },
    /// Something was changed, or signed with another key.
    #[error("the signature does not fit the url")]
    Wrong,
    /// The signature was good once.
    #[error("the url expired at {expires_unix_s} (unix seconds)")]
    Expired {
        /// The last second at which it was good.
        expires_unix_s: u64,
    },
    /// There is no source, or none that can be read.
    #[error(transparent)]
    Options(#[from] OptionsError),
}

impl SignatureError {
    /// Whose problem it is: always the request's.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Missing
            | Self::Malformed { .. }
            | Self::UnknownKey { .. }
            | Self::Wrong
            | Self::Expired { .. }
            | Self::Options(_) => Fault::Request,
        }
    }
}

/// Keys that are good now. The first one signs where none is named.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

/// How to sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signing<'a> {
    /// The name of the key, which is then written into the URL; without one the first signs, and stays unnamed.
    pub key: Option<&'a str>,
    /// The last Unix second at which the URL is good; forever where not given.
    pub expires_unix_s: Option<u64>,
}

impl Keys {
    /// These keys.
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Result<Self, KeyError> {
        let keys: Vec<_> = keys.into_iter().collect();
        let twice = keys.iter().enumerate().find(|(at, key)| keys[..*at].iter().any(|other| other.name == key.name));
        match twice {
            Some((_, key)) => Err(KeyError::Twice { name: key.name.clone() }),
            None => Ok(Self(keys)),
        }
    }

    /// Whether there is no key, so that nothing can be signed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn named(&self, name: &str) -> Result<&Key, SignatureError> {
        self.0.iter().find(|key| key.name == name).ok_or_else(|| SignatureError::UnknownKey { name: name.into() })
    }

    /// `text` with a signature. What must not change afterwards is all of it.
    pub fn sign(&self, form: Form, text: &str, how: Signing<'_>) -> Result<String, SignatureError> {
        let key = match how.key {
            Some(name) => self.named(name)?,
            None => self.0.first().ok_or_else(|| SignatureError::UnknownKey { name: String::new() })?,
        };
        let (mut items, behind) = form.items(text);
        items.retain(|item| !item.is_empty());
        if let Some(item) = items.iter().find(|item| part(item).is_some()) {
            return Err(SignatureError::Malformed { item: (*item).into() });
        }
        let expires = how.expires_unix_s.map(|expires| format!("{EXPIRY}={expires}"));
        let name = how.key.map(|name| format!("{KEY}={name}"));
        items.extend(expires.as_deref().into_iter().chain(name.as_deref()));
        let mac = key.mac(&form.message(&items, behind)?).finalize().into_bytes();
        let signature = format!("{SIGNATURE}={}", hex(&mac));
        items.push(&signature);
        Ok(items.join(form.separator()) + behind)
    }

    /// `text` without what was added by [`Keys::sign`], if that fits and is not past at `now_unix_s`: what is left to be
    /// read.
    ///
    /// Signatures are compared in constant time, and before anything else that they contain is believed.
    pub fn verify(&self, form: Form, text: &str, now_unix_s: u64) -> Result<String, SignatureError> {
        let (mut items, behind) = form.items(text);
        let malformed = |item: &str| SignatureError::Malformed { item: item.into() };
        let last = items.pop().unwrap_or_default();
        let Some((SIGNATURE, signature)) = part(last) else {
            let earlier = items.iter().find(|item| matches!(part(item), Some((SIGNATURE, _))));
            return Err(earlier.map_or(SignatureError::Missing, |item| malformed(item)));
        };
        let signature = bytes(signature).ok_or_else(|| malformed(last))?;
        let message = form.message(&items, behind)?;
        let (mut expires, mut name) = (None, None);
        for item in &items {
            let (slot, value) = match part(item) {
                None => continue,
                Some((EXPIRY, value)) => (&mut expires, value),
                Some((KEY, value)) => (&mut name, value),
                Some(_) => return Err(malformed(item)),
            };
            if slot.replace(value).is_some() {
                return Err(malformed(item));
            }
        }
        let fits = |key: &Key| key.mac(&message).verify_slice(&signature).is_ok();
        let is_good = match name {
            Some(name) => fits(self.named(name)?),
            None => self.0.iter().any(fits),
        };
        if !is_good {
            return Err(SignatureError::Wrong);
        }
        if let Some(expires) = expires {
            let expires_unix_s = expires.parse().map_err(|_wrong| malformed(&format!("{EXPIRY}={expires}")))?;
            if now_unix_s > expires_unix_s {
                return Err(SignatureError::Expired { expires_unix_s });
            }
        }
        items.retain(|item| part(item).is_none());
        Ok(items.join(form.separator()) + behind)
    }
}

/// Name and value of an item, where it belongs to a signature.
fn part(item: &str) -> Option<(&'static str, &str)> {
    let (name, value) = item.split_once('=')?;
    let name = [EXPIRY, KEY, SIGNATURE].into_iter().find(|part| *part == name)?;
    Some((name, value))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a SHA-256 in lower-case digits.
fn bytes(hex: &str) -> Option<[u8; 32]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let digits = hex.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let key = |name, secret: &str| Key::new(name, secret).expect("a key");
        Keys::new([key("new", "0123456789abcdef"), key("old", "fedcba9876543210")]).expect("two keys")
    }

    const OLD: Signing<'_> = Signing { key: Some("old"), expires_unix_s: Some(1000) };

    /// RFC 4231, test case 1: the construction itself.
    #[test]
    fn known_answer() {
        let key = Key::new("rfc", [0x0b; 20]).expect("a key");
        let mac = key.mac("Hi There").finalize().into_bytes();
        assert_eq!(hex(&mac), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    }

    /// What another program has to compute, in full.
    #[test]
    fn the_message_is_the_url_without_the_signature() {
        let keys = keys();
        let signed = keys.sign(Form::Path, "w=400/photo.jpg?v=1", OLD).expect("signed");
        let message = "/cdn-cgi/image/w=400,exp=1000,key=old/photo.jpg?v=1";
        let mac = keys.named("old").expect("a key").mac(message).finalize().into_bytes();
        assert_eq!(signed, format!("w=400,exp=1000,key=old,sig={}/photo.jpg?v=1", hex(&mac)));

        let signed = keys.sign(Form::Query, "url=photo.jpg&w=400", Signing::default()).expect("signed");
        let mac = keys.0[0].mac("/image?url=photo.jpg&w=400").finalize().into_bytes();
        assert_eq!(signed, format!("url=photo.jpg&w=400&sig={}", hex(&mac)));
    }

    #[test]
    fn what_was_signed_is_good() {
        let table = [
            (Form::Path, "w=400/photo.jpg"),
            (Form::Path, "thumb/photo.jpg?sig=theirs&exp=1"),
            (Form::Path, "draw=(url=/a/b.png,text=exp=1)/https://h.example/p.jpg"),
            (Form::Path, "background=rgb(1,2,3),w=1/a/b.jpg"),
            (Form::Query, "url=a.jpg%3Fsig%3D1&w=400"),
        ];
        for (form, text) in table {
            for how in [OLD, Signing { key: None, ..OLD }, Signing { expires_unix_s: None, ..OLD }, Signing::default()]
            {
                let signed = keys().sign(form, text, how).unwrap_or_else(|error| panic!("{text}: {error}"));
                assert_eq!(keys().verify(form, &signed, 1000).as_deref(), Ok(text), "{signed}");
            }
        }
        // The key that signed may be any that is good.
        let other = Keys::new([keys().0.remove(1)]).expect("one key");
        let signed = other.sign(Form::Path, "w=1/a.jpg", Signing::default()).expect("signed");
        assert!(keys().verify(Form::Path, &signed, 0).is_ok());
    }

    #[test]
    fn proxies_may_merge_slashes() {
        let signed = keys().sign(Form::Path, "w=1/https://h.example/p.jpg", OLD).expect("signed");
        let merged = signed.replace("//", "/");
        assert_eq!(keys().verify(Form::Path, &merged, 0).as_deref(), Ok("w=1/https:/h.example/p.jpg"));
    }

    #[test]
    fn what_was_changed_is_not() {
        let signed = keys().sign(Form::Path, "w=400/photo.jpg?v=1", OLD).expect("signed");
        let wrong = [
            signed.replace("w=400", "w=401"),
            signed.replace("w=400", "w=400,h=1"),
            signed.replace("exp=1000", "exp=9999"),
            signed.replace("exp=1000,", ""),
            signed.replace("key=old,", ""),
            signed.replace("key=old", "key=new"),
            signed.replace("photo", "secret"),
            signed.replace("v=1", "v=2"),
            signed.replace("/photo.jpg", "/a/photo.jpg"),
            signed.replace("sig=", "sig=0").replace("/photo", "0/photo").replacen("sig=0", "sig=", 1),
        ];
        for text in wrong {
            let result = keys().verify(Form::Path, &text, 0);
            assert!(
                matches!(result, Err(SignatureError::Wrong | SignatureError::Malformed { .. })),
                "{text}: {result:?}"
            );
        }
        let (front, back) = signed.split_once("sig=").expect("signed");
        let flipped = match back.starts_with('0') {
            true => format!("{front}sig=1{}", &back[1..]),
            false => format!("{front}sig=0{}", &back[1..]),
        };
        assert_eq!(keys().verify(Form::Path, &flipped, 0), Err(SignatureError::Wrong));
        // A query's signature is none of a path.
        let query = keys().sign(Form::Query, "w=1/a.jpg", Signing::default()).expect("signed");
        let moved = query.replace("/a.jpg&sig=", ",sig=") + "/a.jpg";
        assert_eq!(keys().verify(Form::Path, &moved, 0), Err(SignatureError::Wrong));
    }

    #[test]
    fn refused() {
        let good = "0".repeat(64);
        let verify = |text: &str| keys().verify(Form::Path, text, 0).expect_err(text);
        assert_eq!(verify("w=1/a.jpg"), SignatureError::Missing);
        assert_eq!(verify("w=1/a.jpg?sig=1"), SignatureError::Missing);
        for list in ["sig=0,w=1", "w=1,sig=", "w=1,sig=xyz", &format!("w=1,sig={}", "A".repeat(64))] {
            assert!(matches!(verify(&format!("{list}/a.jpg")), SignatureError::Malformed { .. }), "{list}");
        }
        for list in ["exp=1,exp=2", "key=old,key=old", &format!("sig={good}")] {
            assert!(matches!(verify(&format!("{list},sig={good}/a.jpg")), SignatureError::Malformed { .. }), "{list}");
        }
        assert_eq!(verify(&format!("key=x,sig={good}/a")), SignatureError::UnknownKey { name: "x".into() });
        assert!(matches!(verify(&format!("w=1,sig={good}")), SignatureError::Options(_)), "no source");
        assert_eq!(Keys::default().verify(Form::Path, &format!("sig={good}/a"), 0), Err(SignatureError::Wrong));

        let sign = |text: &str, how| keys().sign(Form::Path, text, how);
        assert!(matches!(sign("w=1,exp=5/a.jpg", OLD), Err(SignatureError::Malformed { .. })));
        assert!(matches!(sign("w=1", OLD), Err(SignatureError::Options(_))));
        assert!(matches!(sign("w=1/a", Signing { key: Some("x"), ..OLD }), Err(SignatureError::UnknownKey { .. })));
        assert!(matches!(
            Keys::default().sign(Form::Path, "w=1/a", Signing::default()),
            Err(SignatureError::UnknownKey { .. })
        ));
    }

    #[test]
    fn dates() {
        let signed = keys().sign(Form::Path, "w=1/a.jpg", OLD).expect("signed");
        assert!(keys().verify(Form::Path, &signed, 1000).is_ok(), "the last second");
        assert_eq!(keys().verify(Form::Path, &signed, 1001), Err(SignatureError::Expired { expires_unix_s: 1000 }));
        // A wrong signature is wrong first: nothing in it is believed, its date neither.
        let changed = signed.replace("w=1", "w=2");
        assert_eq!(keys().verify(Form::Path, &changed, 1001), Err(SignatureError::Wrong));
    }

    #[test]
    fn keys_that_are_refused() {
        assert!(matches!(Key::new("", [0; 16]), Err(KeyError::Name { .. })));
        assert!(matches!(Key::new("a,b", [0; 16]), Err(KeyError::Name { .. })));
        assert_eq!(Key::new("a", "short").expect_err("short"), KeyError::Short { name: "a".into(), n_bytes: 5 });
        let key = Key::new("a", "a secret of 20 bytes").expect("a key");
        assert!(!format!("{key:?}").contains("secret"), "{key:?}");
        assert_eq!(Keys::new([key.clone(), key]).expect_err("twice"), KeyError::Twice { name: "a".into() });
    }
}
