//! Tokens that clients send to show who they are.

use http::{HeaderMap, header};

/// The token of `Authorization: Bearer …` (RFC 6750); the word in any case (RFC 9110, 11.1).
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        for (value, expected) in [
            ("Bearer sesame", Some("sesame")),
            ("bearer  sesame ", Some("sesame")),
            ("BEARER a b", Some("a b")),
            ("Bearer", None),
            ("Bearersesame", None),
            ("Basic c2VzYW1l", None),
            ("sesame", None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(token(&headers), expected, "{value:?}");
        }
        assert_eq!(token(&HeaderMap::new()), None);
    }
}
