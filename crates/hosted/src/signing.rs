//! Signed delivery URLs: `?exp=UNIX-SECONDS&sig=HEX`, as Cloudflare Images has them.
//!
//! What is signed is the path, `?`, and the query without `sig`, as they are written; `sig` is HMAC-SHA-256 in lower-case
//! hexadecimal digits, keyed with the key's text. `exp` is the last second at which the URL is good; without it, it is good for
//! ever. Where that leaves no query, the text may end with `?` or not. Below `/cdn-cgi/imagedelivery` the path may be signed
//! with that or without. Nothing here reads a clock.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::delivery::PREFIX;
use crate::{Key, random};

/// Why a URL is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsigned {
    /// There is no `sig`.
    #[error("the image is only for signed urls")]
    Missing,
    /// No key gives this `sig`, or `exp` is no number.
    #[error("the signature of the url is not valid")]
    Wrong,
    /// It was good once.
    #[error("the signed url has expired")]
    Expired,
}

/// Until when a URL is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// For ever.
    Endless,
    /// Up to this second.
    Until {
        /// Seconds since 1970.
        unix_s: i64,
    },
}

/// `path` with a query that proves who made it.
pub fn sign(key: &str, path: &str, life: Life) -> String {
    let (query, separator) = match life {
        Life::Endless => (String::new(), ""),
        Life::Until { unix_s } => (format!("exp={unix_s}"), "&"),
    };
    let message = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let sig = random::hexadecimal(&mac(key, &message).finalize().into_bytes());
    format!("{path}?{query}{separator}sig={sig}")
}

/// Until when the URL of `path` and `query` is good, if it is signed with one of `keys`.
pub fn verify(keys: &[Key], path: &str, query: Option<&str>, now_unix_s: i64) -> Result<Life, Unsigned> {
    let pairs: Vec<&str> = query.unwrap_or_default().split('&').collect();
    let (signatures, rest): (Vec<&str>, Vec<&str>) = pairs.into_iter().partition(|pair| name(pair) == "sig");
    let sig = match signatures[..] {
        [] => return Err(Unsigned::Missing),
        [one] => hexadecimal(one.split_once('=').map_or("", |(_, value)| value)).ok_or(Unsigned::Wrong)?,
        _ => return Err(Unsigned::Wrong),
    };
    let rest = rest.join("&");
    let paths = [Some(path), path.strip_prefix(PREFIX)];
    let mut messages = Vec::with_capacity(4);
    for path in paths.into_iter().flatten() {
        messages.push(format!("{path}?{rest}"));
        if rest.is_empty() {
            messages.push(path.to_owned());
        }
    }
    // All are tried, whichever it is: how long it takes says nothing.
    let good = keys.iter().flat_map(|key| messages.iter().map(move |message| (key, message)));
    let good = good.fold(false, |good, (key, message)| mac(&key.value, message).verify_slice(&sig).is_ok() | good);
    if !good {
        return Err(Unsigned::Wrong);
    }
    let Some(pair) = rest.split('&').find(|pair| name(pair) == "exp") else { return Ok(Life::Endless) };
    let digits = pair.split_once('=').map_or("", |(_, value)| value);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse() {
        Ok(unix_s) if is_number && now_unix_s <= unix_s => Ok(Life::Until { unix_s }),
        Ok(_) if is_number => Err(Unsigned::Expired),
        _ => Err(Unsigned::Wrong),
    }
}

fn name(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

fn mac(key: &str, message: &str) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    mac.expect("hmac takes keys of any length").chain_update(message)
}

/// 32 bytes from lower-case digits.
fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/ZWd9g1K7eljCn_KDTu_MWA/a/b%20c/mobile";

    fn keys() -> Vec<Key> {
        ["first", "second"].map(|value| Key { name: value.to_owned(), value: value.to_owned() }).to_vec()
    }

    /// HMAC-SHA-256 of the message, by OpenSSL.
    #[test]
    fn signatures_are_those_of_other_programs() {
        let signed = sign("first", "/hash/id/mobile", Life::Until { unix_s: 1_631_289_275 });
        let expected = "6f3d927d88f1b5bb7be81773e2f900f444dc1ec062e62c534535303d0cb81b40";
        assert_eq!(signed, format!("/hash/id/mobile?exp=1631289275&sig={expected}"));
    }

    #[test]
    fn what_is_signed_is_good_until_it_expires() {
        for (life, now, expected) in [
            (Life::Endless, i64::MAX, Ok(Life::Endless)),
            (Life::Until { unix_s: 1000 }, 1000, Ok(Life::Until { unix_s: 1000 })),
            (Life::Until { unix_s: 1000 }, 1001, Err(Unsigned::Expired)),
        ] {
            for key in ["first", "second"] {
                let url = sign(key, PATH, life);
                let (path, query) = url.split_once('?').unwrap();
                assert_eq!(verify(&keys(), path, Some(query), now), expected, "{url}");
                let below = format!("{PREFIX}{path}");
                assert_eq!(verify(&keys(), &below, Some(query), now), expected, "{below}");
                assert_eq!(verify(&keys()[..0], path, Some(query), now), Err(Unsigned::Wrong));
            }
            let other = sign("third", PATH, life);
            assert_eq!(verify(&keys(), PATH, other.split_once('?').map(|(_, q)| q), now), Err(Unsigned::Wrong));
        }
    }

    #[test]
    fn every_part_of_the_url_is_signed() {
        let url = sign("first", PATH, Life::Until { unix_s: 1000 });
        let query = url.split_once('?').unwrap().1;
        let sig = query.split_once("sig=").unwrap().1;
        let upper = query.replace(sig, &sig.to_uppercase());
        let table = [
            (PATH, "", Unsigned::Missing),
            (PATH, "exp=1000", Unsigned::Missing),
            (PATH, "exp=1001&sig=00", Unsigned::Wrong),
            (PATH, &query.replace("1000", "1001"), Unsigned::Wrong),
            (PATH, &query.replace("exp=1000&", ""), Unsigned::Wrong),
            (PATH, &format!("{query}&w=1"), Unsigned::Wrong),
            (PATH, &format!("{query}&sig={sig}"), Unsigned::Wrong),
            (PATH, &upper, Unsigned::Wrong),
            ("/ZWd9g1K7eljCn_KDTu_MWA/a/b c/mobile", query, Unsigned::Wrong),
            ("/ZWd9g1K7eljCn_KDTu_MWA/a/b%20c/large", query, Unsigned::Wrong),
        ];
        for (path, query, expected) in table {
            assert_eq!(verify(&keys(), path, Some(query), 0), Err(expected), "{path}?{query}");
        }
        assert_eq!(verify(&keys(), PATH, None, 0), Err(Unsigned::Missing));
    }

    #[test]
    fn without_a_query_the_mark_may_be_signed_or_not() {
        for message in [PATH.to_owned(), format!("{PATH}?")] {
            let sig = random::hexadecimal(&mac("first", &message).finalize().into_bytes());
            assert_eq!(verify(&keys(), PATH, Some(&format!("sig={sig}")), 0), Ok(Life::Endless));
        }
        // What stands beside is signed with it, where it stands.
        let sig = random::hexadecimal(&mac("first", &format!("{PATH}?a=1&exp=9")).finalize().into_bytes());
        let good = Ok(Life::Until { unix_s: 9 });
        for query in [format!("a=1&exp=9&sig={sig}"), format!("a=1&sig={sig}&exp=9")] {
            assert_eq!(verify(&keys(), PATH, Some(&query), 0), good);
        }
        assert_eq!(verify(&keys(), PATH, Some(&format!("exp=9&a=1&sig={sig}")), 0), Err(Unsigned::Wrong));
    }
}
