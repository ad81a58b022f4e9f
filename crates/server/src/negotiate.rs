//! What a client's and an origin's headers mean for an answer: which formats, and how long to keep it.

use std::time::Duration;

use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use tintype_options::client::Hints;

use crate::config::{CacheConfig, Interval};
use crate::engine::Accepts;
use crate::origin::Place;

/// The formats that `Accept` names. Wildcards do not count: every client sends them, and not every client means AVIF.
pub(crate) fn accepts(headers: &HeaderMap) -> Accepts {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut accepts = Accepts::default();
    for item in values.flat_map(|value| value.split(',')) {
        let mut parts = item.split(';').map(|part| part.trim().to_ascii_lowercase());
        let media_type = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").map(|weight| weight.trim().parse::<f32>()));
        // A weight that cannot be read says nothing; one of zero says "not this".
        if matches!(weight, Some(Ok(weight)) if weight <= 0.0) {
            continue;
        }
        match media_type.as_str() {
            "image/avif" => accepts.avif = true,
            "image/webp" => accepts.webp = true,
            _ => {}
        }
    }
    accepts
}

/// What the client says about its screen and its connection.
pub(crate) fn hints(headers: &HeaderMap) -> Hints<'_> {
    Hints::from_headers(|name| headers.get(name)?.to_str().ok())
}

/// How long a result may be kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Keeping {
    /// The value of `Cache-Control`.
    pub(crate) value: String,
    /// Whether the origin asked for less.
    pub(crate) raised: bool,
    /// For how long it says so; none where it says something stricter.
    age: Duration,
    /// For how long the server itself may answer with it without asking the origin; `None` where it may not keep it.
    pub(crate) fresh: Option<Duration>,
    /// How much longer it may while it asks (RFC 5861, 3).
    while_asked: Duration,
    /// How much longer it may when it gets no answer (RFC 5861, 4).
    without_origin: Duration,
}

impl Keeping {
    /// What holds for a result of both sources: the stricter one.
    pub(crate) fn and(self, other: Self) -> Self {
        let raised = self.raised || other.raised;
        let fresh = self.fresh.zip(other.fresh).map(|(one, other)| one.min(other));
        let while_asked = self.while_asked.min(other.while_asked);
        let without_origin = self.without_origin.min(other.without_origin);
        let stricter = if other.age < self.age { other } else { self };
        Self { raised, fresh, while_asked, without_origin, ..stricter }
    }

    /// Whether it may be answered without asking the origin, which was asked `age` ago.
    pub(crate) fn is_fresh(&self, age: Duration) -> bool {
        self.fresh.is_some_and(|fresh| age < fresh)
    }

    /// Whether it may be answered while the origin is being asked.
    pub(crate) fn serves_while_asked(&self, age: Duration) -> bool {
        self.fresh.is_some_and(|fresh| age < fresh.saturating_add(self.while_asked))
    }

    /// Whether it may be answered when the origin does not answer.
    pub(crate) fn serves_without_origin(&self, age: Duration) -> bool {
        let longer = self.while_asked.max(self.without_origin);
        self.fresh.is_some_and(|fresh| age < fresh.saturating_add(longer))
    }

    /// What holds for an answer that, where it `varies`, may have been for nobody else: it is asked for each time.
    pub(crate) fn varying(self, varies: bool) -> Self {
        if !varies || self.fresh.is_none() {
            return self;
        }
        Self { fresh: Some(Duration::ZERO), while_asked: Duration::ZERO, without_origin: Duration::ZERO, ..self }
    }

    /// What holds for a source that was read with a client's credentials, to be shared all the same: without a word, caches
    /// keep no answer to a request that had any (RFC 9111, 3.5). What an origin forbids stays forbidden.
    pub(crate) fn shared(self) -> Self {
        let says_who = self.value.split(',').any(|directive| {
            let name = directive.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
            ["public", "private", "no-store"].contains(&name.as_str())
        });
        if says_who { self } else { Self { value: format!("public, {}", self.value), ..self } }
    }
}

/// The `Cache-Control` of a result from that of its source.
///
/// An origin's header is passed on when it forbids keeping (`private`, `no-store`), asks for revalidation
/// (`must-revalidate`, `no-cache`), or allows at least `cache.min_age`. Less than that is raised to it. Without a
/// `max-age`, `Expires` counts, and without that too, `cache.default_age`. The server itself goes by `s-maxage` first, as
/// shared caches do, and asks about a source that is [`Place::Here`] each time.
pub(crate) fn keeping(origin: Option<&str>, expires: Option<Duration>, place: Place, cache: &CacheConfig) -> Keeping {
    let origin = origin.unwrap_or_default();
    let directives: Vec<String> = origin.split(',').map(|item| item.trim().to_ascii_lowercase()).collect();
    let says = |name: &str| directives.iter().any(|item| item.split('=').next() == Some(name));
    let seconds = |name: &str| {
        let value = directives.iter().find_map(|item| item.strip_prefix(name)?.strip_prefix('='))?;
        // Too many digits mean forever; what is no number means nothing.
        let digits = value.trim_matches('"');
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| Duration::from_secs(digits.parse().unwrap_or(u64::from(u32::MAX))))
    };
    let own = seconds("s-maxage").or_else(|| seconds("max-age")).or(expires);
    let fresh = if ["private", "no-store"].into_iter().any(says) {
        None
    } else if place == Place::Here || says("no-cache") {
        Some(Duration::ZERO)
    } else if ["must-revalidate", "proxy-revalidate"].into_iter().any(says) {
        Some(own.unwrap_or_default())
    } else {
        Some(own.map_or(cache.default_age.0, |age| age.max(cache.min_age.0)))
    };
    // Who is to ask first must not answer without an answer (RFC 9111, 4.2.4).
    let asks_first = place == Place::Here || ["no-cache", "must-revalidate", "proxy-revalidate"].into_iter().any(says);
    let longer = |name, default: Interval| match seconds(name) {
        _ if asks_first || fresh.is_none() => Duration::ZERO,
        Some(longer) => longer,
        // It means the same, but origins that say both mean both.
        None if says("s-maxage") => Duration::ZERO,
        None => default.0,
    };
    let while_asked = longer("stale-while-revalidate", cache.stale_while_revalidate);
    let without_origin = longer("stale-if-error", cache.stale_if_error);
    let keeping = |value, raised, age| Keeping { value, raised, age, fresh, while_asked, without_origin };
    if ["private", "no-store", "no-cache", "must-revalidate"].into_iter().any(says) {
        return keeping(origin.to_owned(), false, Duration::ZERO);
    }
    let (age, said) = match (seconds("max-age"), expires) {
        (Some(age), _) => (age, true),
        (None, Some(age)) => (age, true),
        (None, None) => (cache.default_age.0, false),
    };
    let raised = said && age < cache.min_age.0;
    if seconds("max-age").is_some() && !raised {
        return keeping(origin.to_owned(), raised, age);
    }
    let age = if raised { cache.min_age.0 } else { age };
    keeping(format!("public, max-age={}", age.as_secs()), raised, age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_accepted_by_name() {
        let table = [
            ("", false, false),
            ("*/*", false, false),
            ("image/*,*/*;q=0.8", false, false),
            ("image/avif,image/webp,image/apng,image/*,*/*;q=0.8", true, true),
            ("image/webp", false, true),
            ("IMAGE/WEBP ; Q=0.5", false, true),
            ("image/avif;q=0, image/webp;q=0.1", false, true),
            ("image/avif;q=0.000", false, false),
            ("image/avif;level=1;q=0", false, false),
            ("image/avif;q=x", true, false),
            ("image/avif-sequence", false, false),
            ("text/html, image/webp;q=1.0", false, true),
        ];
        for (value, avif, webp) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, value.parse().unwrap());
            let accepts = accepts(&headers);
            assert_eq!((accepts.avif, accepts.webp), (avif, webp), "{value}");
        }
    }

    #[test]
    fn the_stricter_source_decides() {
        let cache = CacheConfig::default();
        let of = |origin| keeping(origin, None, Place::There, &cache);
        let table = [
            (None, Some("max-age=3600"), "max-age=3600", false),
            (Some("max-age=7200"), Some("max-age=5"), "public, max-age=3600", true),
            (Some("no-store"), Some("max-age=5"), "no-store", true),
            (Some("max-age=99999"), Some("private"), "private", false),
        ];
        for (one, other, value, raised) in table {
            for keeping in [of(one).and(of(other)), of(other).and(of(one))] {
                assert_eq!((keeping.value.as_str(), keeping.raised), (value, raised), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn what_is_shared_says_so() {
        let table = [
            (None, "public, max-age=14400"),
            (Some("max-age=3600"), "public, max-age=3600"),
            (Some("max-age=60, must-revalidate"), "public, max-age=60, must-revalidate"),
            (Some("Public, max-age=3600"), "Public, max-age=3600"),
            (Some("private"), "private"),
            (Some("private=\"set-cookie\", max-age=3600"), "private=\"set-cookie\", max-age=3600"),
            (Some("no-store"), "no-store"),
        ];
        for (origin, expected) in table {
            let keeping = keeping(origin, None, Place::There, &CacheConfig::default());
            assert_eq!(keeping.shared().value, expected, "{origin:?}");
        }
    }

    #[test]
    fn results_are_kept_as_long_as_the_origin_says_but_an_hour() {
        let cache = CacheConfig::default();
        let table = [
            (None, None, "public, max-age=14400", false),
            (Some("public, max-age=31536000, immutable"), None, "public, max-age=31536000, immutable", false),
            (Some("max-age=3600"), None, "max-age=3600", false),
            (Some("max-age=60"), None, "public, max-age=3600", true),
            (Some("Max-Age=0"), None, "public, max-age=3600", true),
            (Some("max-age=60, must-revalidate"), None, "max-age=60, must-revalidate", false),
            (Some("no-store"), None, "no-store", false),
            (Some("private=\"x\", max-age=9"), None, "private=\"x\", max-age=9", false),
            (Some("public"), None, "public, max-age=14400", false),
            (Some("public"), Some(60), "public, max-age=3600", true),
            (None, Some(7200), "public, max-age=7200", false),
            (Some("max-age=99999999999999999999999"), None, "max-age=99999999999999999999999", false),
            (Some("max-age=never"), None, "public, max-age=14400", false),
        ];
        for (origin, expires, value, raised) in table {
            let keeping = keeping(origin, expires.map(Duration::from_secs), Place::There, &cache);
            assert_eq!((keeping.value.as_str(), keeping.raised), (value, raised), "{origin:?} {expires:?}");
        }
    }

    #[test]
    fn the_server_keeps_results_as_a_shared_cache_may() {
        let cache = CacheConfig::default();
        let table = [
            (None, None, Some(14_400)),
            (Some("public, max-age=7200"), None, Some(7200)),
            (Some("max-age=60"), None, Some(3600)),
            (Some("max-age=7200, s-maxage=9000"), None, Some(9000)),
            (Some("max-age=60, must-revalidate"), None, Some(60)),
            (Some("max-age=60, proxy-revalidate"), None, Some(60)),
            (Some("must-revalidate"), None, Some(0)),
            (Some("must-revalidate"), Some(30), Some(30)),
            (None, Some(7200), Some(7200)),
            (Some("no-cache, max-age=7200"), None, Some(0)),
            (Some("no-store"), None, None),
            (Some("Private, max-age=7200"), None, None),
            (Some("private=\"x\", max-age=7200"), None, None),
        ];
        for (origin, expires, fresh_s) in table {
            let expires = expires.map(Duration::from_secs);
            let fresh = keeping(origin, expires, Place::There, &cache).fresh;
            assert_eq!(fresh, fresh_s.map(Duration::from_secs), "{origin:?} {expires:?}");
        }
        assert_eq!(keeping(None, None, Place::Here, &cache).fresh, Some(Duration::ZERO));
        let of = |origin| keeping(Some(origin), None, Place::There, &cache);
        assert_eq!(of("max-age=7200").and(of("no-store")).fresh, None);
        assert_eq!(of("max-age=7200").and(of("max-age=9000")).fresh, Some(Duration::from_secs(7200)));
        assert_eq!(of("max-age=9000").and(of("must-revalidate, max-age=5")).fresh, Some(Duration::from_secs(5)));
    }

    #[test]
    fn what_is_old_may_be_good_for_longer() {
        let cache = CacheConfig {
            stale_while_revalidate: Interval(Duration::from_secs(7)),
            stale_if_error: Interval(Duration::from_secs(9)),
            ..CacheConfig::default()
        };
        let table = [
            ("max-age=7200, stale-while-revalidate=60, stale-if-error=90", (60, 90)),
            ("max-age=7200", (7, 9)),
            ("max-age=7200, stale-if-error=0", (7, 0)),
            // A cache that is shared may not, unless it is told.
            ("s-maxage=7200", (0, 0)),
            ("s-maxage=7200, stale-while-revalidate=60", (60, 0)),
            ("max-age=7200, must-revalidate, stale-while-revalidate=60", (0, 0)),
            ("no-cache, stale-if-error=60", (0, 0)),
            ("no-store, stale-if-error=60", (0, 0)),
        ];
        for (origin, (while_asked_s, without_s)) in table {
            let keeping = keeping(Some(origin), None, Place::There, &cache);
            let fresh = keeping.fresh.unwrap_or_default();
            let windows = [while_asked_s, without_s].map(Duration::from_secs);
            assert_eq!([keeping.while_asked, keeping.without_origin], windows, "{origin}");
            assert_eq!(keeping.is_fresh(fresh.saturating_sub(Duration::from_secs(1))), !fresh.is_zero(), "{origin}");
            assert!(!keeping.is_fresh(fresh) && !keeping.serves_while_asked(fresh + windows[0]), "{origin}");
            assert!(!keeping.serves_without_origin(fresh + windows[0].max(windows[1])), "{origin}");
        }
        let here = keeping(Some("max-age=9, stale-if-error=60"), None, Place::Here, &cache);
        assert!(!here.serves_while_asked(Duration::ZERO) && !here.serves_without_origin(Duration::ZERO));
        let varying = keeping(Some("max-age=7200, stale-if-error=60"), None, Place::There, &cache).varying(true);
        assert!(varying.fresh.is_some() && !varying.serves_without_origin(Duration::ZERO));
    }
}
