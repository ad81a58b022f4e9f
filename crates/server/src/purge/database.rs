//! The log of servers that share a PostgreSQL: a table, and a notification for everyone who listens.
//!
//! The notification only says that there is something to read. What was missed while the connection was away is read when it
//! is back, so a purge may be late, and is never lost.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};

use super::{Moment, Page, Purge};

const CHANNEL: &str = "tintype_purges";

/// How many purges the table holds. What was read before the oldest of them is not used any more.
const MOST: i64 = 10_000;

/// How long the database may take for one question.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often to look although nothing was said: a connection may be gone without a word.
const INTERVAL: Duration = Duration::from_secs(10);

/// Made where it is not there. The one row of `tintype_purge_log` is locked by every purge until it is committed, so numbers
/// become visible in their order and without gaps.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS tintype_purge_log (
        one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
        name TEXT NOT NULL, floor BIGINT NOT NULL, last BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS tintype_purges (number BIGINT PRIMARY KEY, purge TEXT NOT NULL);
    INSERT INTO tintype_purge_log (name, floor, last) VALUES (gen_random_uuid()::text, 0, 0) ON CONFLICT DO NOTHING;";

/// Name, floor and last of the log; number and text of a purge, where there is one.
type Row = (String, i64, i64, Option<i64>, Option<String>);

/// A PostgreSQL database.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pool: PgPool,
}

impl Database {
    /// The database at `url`; nothing is connected yet. Needs a runtime.
    pub(crate) fn new(url: &str) -> Result<Self, sqlx::Error> {
        // One to listen, the others for questions.
        let pool = PgPoolOptions::new().max_connections(3).acquire_timeout(PATIENCE).connect_lazy(url)?;
        Ok(Self { pool })
    }

    /// Records `purge`, and tells everyone.
    pub(crate) async fn add(&self, purge: &Purge) -> Result<(), sqlx::Error> {
        let text = serde_json::to_string(purge).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let add = async {
            let mut change = self.pool.begin().await?;
            let last: i64 = sqlx::query_scalar("UPDATE tintype_purge_log SET last = last + 1 RETURNING last")
                .fetch_one(&mut *change)
                .await?;
            sqlx::query("INSERT INTO tintype_purges (number, purge) VALUES ($1, $2)")
                .bind(last)
                .bind(&text)
                .execute(&mut *change)
                .await?;
            let floor = if *purge == Purge::Everything { last } else { last - MOST };
            if floor > 0 {
                sqlx::query("DELETE FROM tintype_purges WHERE number <= $1 AND number < $2")
                    .bind(floor)
                    .bind(last)
                    .execute(&mut *change)
                    .await?;
                sqlx::query("UPDATE tintype_purge_log SET floor = GREATEST(floor, $1)")
                    .bind(floor)
                    .execute(&mut *change)
                    .await?;
            }
            sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut *change).await?;
            change.commit().await
        };
        in_time(add).await
    }

    /// What was purged since `since` of the log `name`, or from the beginning where the log has another name.
    pub(crate) async fn read(&self, name: &str, since: Moment) -> Result<Page, sqlx::Error> {
        let read = async {
            // One statement, so that the floor is the one that belongs to the purges.
            let log = "SELECT name, floor, last, number, purge FROM tintype_purge_log LEFT JOIN tintype_purges
                ON number > CASE WHEN name = $1 THEN $2 ELSE 0 END ORDER BY number";
            let since = i64::try_from(since.number()).unwrap_or(i64::MAX);
            let rows: Vec<Row> = sqlx::query_as(log).bind(name).bind(since).fetch_all(&self.pool).await?;
            let mut page = Page::default();
            for (name, floor, last, number, text) in rows {
                (page.name, page.floor, page.last) = (name, unsigned(floor), unsigned(last));
                if let (Some(number), Some(text)) = (number, text) {
                    // What cannot be read is a later version's, and may mean anything.
                    let purge = serde_json::from_str(&text).unwrap_or(Purge::Everything);
                    page.purges.push((unsigned(number), purge));
                }
            }
            if page.name.is_empty() {
                return Err(sqlx::Error::RowNotFound);
            }
            Ok(page)
        };
        in_time(read).await
    }

    /// Hears from now on when something is purged. Makes the tables, where they are not there.
    pub(crate) async fn listen(&self) -> Result<Listener, sqlx::Error> {
        in_time(async { sqlx::raw_sql(SCHEMA).execute(&self.pool).await }).await?;
        let mut listener = in_time(PgListener::connect_with(&self.pool)).await?;
        listener.eager_reconnect(false);
        in_time(listener.listen(CHANNEL)).await?;
        Ok(Listener(listener))
    }
}

/// A connection that is told when something is purged.
#[derive(Debug)]
pub(crate) struct Listener(PgListener);

impl Listener {
    /// Waits until there may be something to read. After an error, something may have been missed.
    pub(crate) async fn wait(&mut self) -> Result<(), sqlx::Error> {
        match tokio::time::timeout(INTERVAL, self.0.try_recv()).await {
            Ok(Ok(Some(_purged))) => {
                // One look is enough for all of them.
                while self.0.next_buffered().is_some() {}
                Ok(())
            }
            Ok(Ok(None)) => Err(sqlx::Error::WorkerCrashed),
            Ok(Err(error)) => Err(error),
            Err(_quiet) => Ok(()),
        }
    }
}

async fn in_time<T>(question: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(PATIENCE, question).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// The tables hold no negative numbers.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
