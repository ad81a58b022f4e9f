//! The database: SQLite or PostgreSQL, one text for both.
//!
//! Every query is written once, with `$1`, `$2`… for its values, which both understand; [`on!`] and [`transaction!`] compile
//! it for each. No query uses what only one of them has. Tables and what they mean are in `migrations/`.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::HostedError;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Connections of one process. PostgreSQL counts those of all processes.
const CONNECTIONS: u32 = 8;

/// How long a write waits for another process's.
const BUSY: Duration = Duration::from_secs(30);

/// How long is waited for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    /// Opens `text`, see [`Settings::database`](crate::Settings::database), and brings its tables up to date.
    pub(crate) async fn open(text: &str) -> Result<Self, HostedError> {
        let database = match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => {
                // What cannot be read may hold a password: it is not shown.
                let options = PgConnectOptions::from_str(text).map_err(|_unreadable| setting("postgres://…"))?;
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE);
                Self::Postgres(pool.connect_with(options).await?)
            }
            Some(("sqlite", path)) => Self::file(path).await?,
            Some((scheme, _)) => return Err(setting(scheme)),
            None => Self::file(text).await?,
        };
        match &database {
            Self::Sqlite(pool) => MIGRATIONS.run(pool).await?,
            Self::Postgres(pool) => MIGRATIONS.run(pool).await?,
        }
        Ok(database)
    }

    async fn file(path: &str) -> Result<Self, HostedError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What is acknowledged outlives the machine's power, not only the process.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(BUSY);
        Ok(Self::Sqlite(pool.connect_with(options).await?))
    }
}

fn setting(given: &str) -> HostedError {
    HostedError::Setting {
        key: "hosted.database",
        given: given.to_owned(),
        accepted: "the path of an SQLite file, or postgres://user:password@host/name",
    }
}

/// Runs a query on either database: `on!(database, pool => sqlx::query("…").execute(pool).await)`.
macro_rules! on {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            $crate::database::Database::Sqlite($pool) => $body,
            $crate::database::Database::Postgres($pool) => $body,
        }
    };
}

/// Runs queries that happen all or not at all, on either database; the body's error, given by `?`, undoes them.
///
/// SQLite's starts as a writing one: one that becomes so later fails where another has written in between.
macro_rules! transaction {
    ($database:expr, $connection:ident => $body:expr) => {
        match $database {
            $crate::database::Database::Sqlite(pool) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                let $connection = &mut *transaction;
                let done = $body;
                transaction.commit().await?;
                done
            }
            $crate::database::Database::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                let $connection = &mut *transaction;
                let done = $body;
                transaction.commit().await?;
                done
            }
        }
    };
}

pub(crate) use {on, transaction};
