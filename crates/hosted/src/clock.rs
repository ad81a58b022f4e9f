//! The time: milliseconds since 1970, and as text (RFC 3339).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment, in milliseconds since 1970-01-01 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads `2026-09-01T12:00:00Z`, with any offset and fractions.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|time| Self(time.timestamp_millis()))
    }

    /// Whole seconds since 1970.
    pub const fn unix_s(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// `2026-09-01T12:00:00.000Z`.
    pub fn to_rfc3339(self) -> String {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        time.to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// So much later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// So much earlier.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// What tells the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's.
    System,
    /// The system's, so many milliseconds ahead: to see what will happen later.
    Ahead(Arc<AtomicI64>),
}

impl Clock {
    /// Now.
    pub fn now(&self) -> Timestamp {
        let now = Utc::now().timestamp_millis();
        match self {
            Self::System => Timestamp(now),
            Self::Ahead(ms) => Timestamp(now.saturating_add(ms.load(Ordering::Relaxed))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        for (text, ms, written) in [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z"),
            ("2026-09-01T14:00:00.25+02:00", 1_788_264_000_250, "2026-09-01T12:00:00.250Z"),
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!((time.0, time.to_rfc3339().as_str()), (ms, written));
        }
        for text in ["", "2026-09-01", "soon", "1788264000"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
