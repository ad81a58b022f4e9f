//! Finding the run that others have begun, or beginning it.

use std::{
    collections::{BTreeSet, VecDeque, hash_map::RandomState},
    hash::BuildHasher as _,
    process,
    str::FromStr as _,
    sync::atomic::AtomicBool,
    time::Duration,
};

use parking_lot::Mutex;
use sqlx::{
    PgPool,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tintype::options::canonical;

use super::{Queue, QueueOptions, patience};
use crate::{Batch, BatchError, Stop};

/// Questions are short, so a few connections are enough for any number of workers.
const MOST_CONNECTIONS: u32 = 4;

/// At the beginning somebody looks on: a wrong address is told soon.
const FIRST_PATIENCE: Duration = Duration::from_secs(10);

impl Queue {
    /// Joins the open run of `batch`, or opens one.
    pub(crate) async fn join(options: &QueueOptions, batch: &Batch, stop: Stop) -> Result<Self, BatchError> {
        let address = address(&options.url).map_err(BatchError::NoQueue)?;
        let first = FIRST_PATIENCE.min(options.patience);
        let pool = PgPoolOptions::new()
            .max_connections(MOST_CONNECTIONS)
            .acquire_timeout(first)
            .connect_lazy_with(address.application_name("tintype batch"));
        patience::ask("connecting", first, || sqlx::query("SELECT 1").execute(&pool)).await?;
        set_up(&pool).await?;
        let run = patience::ask("joining the run", first, || open(&pool, batch)).await?;
        Ok(Self {
            pool,
            run,
            me: format!("{}-{:016x}", process::id(), RandomState::new().hash_one(run)),
            lease: options.lease,
            patience: options.patience,
            portion: i64::try_from(batch.jobs.get()).unwrap_or(i64::MAX),
            stop,
            waiting: tokio::sync::Mutex::new(VecDeque::new()),
            held: Mutex::new(BTreeSet::new()),
            has_failed: AtomicBool::new(false),
        })
    }
}

/// sqlx itself takes any scheme.
fn address(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(sqlx::Error::Configuration("it does not begin with postgres://".into()));
    }
    PgConnectOptions::from_str(url)
}

/// Makes the tables, or brings them up to date; in a schema of their own, so that a database can be shared.
async fn set_up(pool: &PgPool) -> Result<(), BatchError> {
    let mut migrator = sqlx::migrate!();
    migrator.dangerous_set_table_name("tintype_batch.migrations");
    migrator.create_schema("tintype_batch");
    let mut tries = 1..=3;
    loop {
        match migrator.run(pool).await {
            Ok(()) => return Ok(()),
            // Two that make the same schema at the same moment: one of them is refused, and finds it next time.
            Err(MigrateError::Execute(sqlx::Error::Database(error)))
                if error.is_unique_violation() && tries.next().is_some() => {}
            Err(error) => return Err(BatchError::Tables(error)),
        }
    }
}

/// The number of the open run.
async fn open(pool: &PgPool, batch: &Batch) -> Result<i64, sqlx::Error> {
    // What ended long ago is nobody's any more; its items go with it.
    sqlx::query("DELETE FROM tintype_batch.runs WHERE finished_at < now() - INTERVAL '7 days'").execute(pool).await?;
    let identity = batch.to_string();
    loop {
        let opened = sqlx::query(
            "INSERT INTO tintype_batch.runs (identity, source, destination, options) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
        );
        let opened = opened.bind(&identity).bind(batch.source.to_string()).bind(batch.destination.to_string());
        opened.bind(canonical::to_string(&batch.options)).execute(pool).await?;
        let run = sqlx::query_scalar(
            "SELECT id FROM tintype_batch.runs WHERE md5(identity) = md5($1) AND identity = $1 AND finished_at IS NULL",
        );
        // None where it ended just now.
        if let Some(run) = run.bind(&identity).fetch_optional(pool).await? {
            return Ok(run);
        }
    }
}
