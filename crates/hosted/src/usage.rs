//! Usage: how many images an account's URLs delivered, in which variant, on which day.
//!
//! Deliveries are counted in memory and written down now and then, many at once, so that delivering writes nothing. What a process
//! had counted and not written when it was killed is lost: these are figures to look at, not an account to be paid.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, TimeDelta};
use sqlx::QueryBuilder;

use crate::database::on;
use crate::{AccountId, Hosted, HostedError, Timestamp};

/// The most days that are told at once: a leap year.
pub const MAX_DAYS: i64 = 366;

/// Rows of one statement, each of five values: SQLite takes 32,766 values, PostgreSQL 65,535.
const ROWS: usize = 1000;

/// A day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The day of `time`.
    pub const fn of(time: Timestamp) -> Self {
        Self(time.0.div_euclid(86_400_000))
    }

    /// Reads `2026-09-01`.
    pub fn parse(text: &str) -> Option<Self> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Self((date - NaiveDate::default()).num_days()))
    }

    /// So many days earlier.
    #[must_use]
    pub const fn before(self, days: i64) -> Self {
        Self(self.0.saturating_sub(days))
    }

    /// How many days there are from this one to `last`, both counted; none where `last` is earlier.
    pub const fn days_to(self, last: Self) -> i64 {
        let days = last.0.saturating_sub(self.0).saturating_add(1);
        if days > 0 { days } else { 0 }
    }
}

impl fmt::Display for Day {
    /// `2026-09-01`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = TimeDelta::try_days(self.0).and_then(|days| DateTime::UNIX_EPOCH.checked_add_signed(days));
        since.unwrap_or_default().format("%Y-%m-%d").fmt(f)
    }
}

/// What was delivered of an account in one variant on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// When.
    pub day: Day,
    /// The variant; none where options stood in its place.
    pub variant: Option<String>,
    /// How many images.
    pub images: u64,
    /// How many bytes, without headers.
    pub bytes: u64,
}

/// An account, a day and a variant's name, in the order of the table's key.
type Slot = (String, i64, String);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    images: i64,
    bytes: i64,
}

/// What was counted and is not written yet. There are as many slots as variants, times the days since the database was last there.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    counts: Mutex<BTreeMap<Slot, Count>>,
    /// Held while some of it is being written, which is in neither place then.
    writing: tokio::sync::Mutex<()>,
}

impl Counted {
    /// Nothing that is done under it can leave it half done.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Slot, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, slot: Slot, more: Count) {
        let mut counts = self.lock();
        let count = counts.entry(slot).or_default();
        count.images = count.images.saturating_add(more.images);
        count.bytes = count.bytes.saturating_add(more.bytes);
    }

    /// Some of them, in the order of their keys: processes that write at the same time then wait for each other, not in a circle.
    fn take(&self) -> Vec<(Slot, Count)> {
        let mut counts = self.lock();
        std::iter::from_fn(|| counts.pop_first()).take(ROWS).collect()
    }
}

impl Hosted {
    /// Counts one image of `n_bytes` as delivered in `variant`, or by options where there is none. Touches memory only.
    pub fn count_delivery(&self, account: &AccountId, variant: Option<&str>, n_bytes: u64) {
        let slot = (account.as_str().to_owned(), Day::of(self.now()).0, variant.unwrap_or_default().to_owned());
        let bytes = i64::try_from(n_bytes).unwrap_or(i64::MAX);
        self.inner.counted.add(slot, Count { images: 1, bytes });
    }

    /// Writes down what was counted. What cannot be written is kept for the next time. Goes on where nobody waits for it any more.
    pub async fn write_deliveries(&self) -> Result<(), HostedError> {
        let hosted = self.clone();
        let writing = tokio::spawn(async move { hosted.write_counted().await });
        writing.await.map_err(|_gone| HostedError::Worker)?
    }

    async fn write_counted(&self) -> Result<(), HostedError> {
        let _one_by_one = self.inner.counted.writing.lock().await;
        loop {
            let rows = self.inner.counted.take();
            if rows.is_empty() {
                return Ok(());
            }
            if let Err(error) = self.insert_deliveries(&rows).await {
                for (slot, count) in rows {
                    self.inner.counted.add(slot, count);
                }
                return Err(error);
            }
        }
    }

    async fn insert_deliveries(&self, rows: &[(Slot, Count)]) -> Result<(), HostedError> {
        on!(self.database(), pool => {
            let mut sql = QueryBuilder::new("INSERT INTO deliveries (account, day, variant, images, bytes) ");
            sql.push_values(rows, |mut row, ((account, day, variant), count)| {
                row.push_bind(account).push_bind(*day).push_bind(variant).push_bind(count.images).push_bind(count.bytes);
            });
            sql.push(" ON CONFLICT (account, day, variant) DO UPDATE SET ");
            sql.push("images = deliveries.images + excluded.images, bytes = deliveries.bytes + excluded.bytes");
            sql.build().execute(pool).await.map(|_done| ())
        })?;
        Ok(())
    }

    /// What was delivered from `first` to `last`, both counted, by day and variant; days without deliveries are left out. All that
    /// this process has counted is among it, of others what they have written. At most [`MAX_DAYS`], the last of them.
    pub async fn deliveries(&self, account: &AccountId, first: Day, last: Day) -> Result<Vec<Delivered>, HostedError> {
        self.write_deliveries().await?;
        let first = first.max(last.before(MAX_DAYS - 1));
        let select = "SELECT day, variant, images, bytes FROM deliveries \
            WHERE account = $1 AND day >= $2 AND day <= $3 ORDER BY day, variant";
        let rows: Vec<(i64, String, i64, i64)> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(account.as_str()).bind(first.0).bind(last.0).fetch_all(pool).await
        })?;
        let natural = |count: i64| u64::try_from(count).unwrap_or_default();
        let delivered = rows.into_iter().map(|(day, variant, images, bytes)| Delivered {
            day: Day(day),
            variant: Some(variant).filter(|name| !name.is_empty()),
            images: natural(images),
            bytes: natural(bytes),
        });
        Ok(delivered.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_and_read() {
        for (text, ms) in [("1970-01-01", 0), ("1969-12-31", -1), ("2026-09-01", 1_788_264_000_250)] {
            let day = Day::parse(text).unwrap();
            assert_eq!((day, day.to_string().as_str()), (Day::of(Timestamp(ms)), text));
        }
        for text in ["", "yesterday", "2026-02-30", "2026-09-01T12:00:00Z"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        let day = Day::parse("2026-03-01").unwrap();
        assert_eq!((day.before(1).to_string(), day.before(1).days_to(day)), ("2026-02-28".to_owned(), 2));
        assert_eq!((day.days_to(day), day.days_to(day.before(5))), (1, 0));
    }
}
