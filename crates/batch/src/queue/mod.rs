//! The ledger that many processes share: a run and its items in PostgreSQL, in a schema of their own, `tintype_batch`.
//!
//! Items are taken by `FOR UPDATE SKIP LOCKED`, some at a time, with a lease that is renewed while the process lives. What
//! is under an expired lease is taken over by whoever asks next. Every statement is harmless when it is run twice, so a
//! database that restarts in the middle only costs time. All times are the database's own.
//!
//! `joining.rs` finds or opens the run, `listing.rs` fills it, [`work`] empties it.

mod joining;
mod listing;
mod patience;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use sqlx::{PgPool, Row as _};
use tokio::{task::JoinSet, time};

use crate::{
    Batch, BatchError, Counts, Event, Failure, Failures, Stop, Summary,
    ledger::{Claim, Item, Ledger, Outcome},
    picture::Maker,
    work::{self, Events},
};

/// How often an item is begun before it is believed to end the processes that begin it.
const MOST_ATTEMPTS: i32 = 3;

/// How long to wait before asking again where nothing was to be had; less under short leases.
const IDLE: Duration = Duration::from_millis(500);

/// Progress is asked for no more often, and for no more than a twentieth of the time.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
const PROGRESS_SHARE: u32 = 20;

/// Where the queue is and how it is used.
#[derive(Clone)]
pub struct QueueOptions {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; what is left out comes from the environment, as for `psql`.
    pub url: String,
    /// How long a process is believed to live without a word from it; a third of that is how often it says one.
    pub lease: Duration,
    /// How long a database that is away is waited for.
    pub patience: Duration,
}

impl QueueOptions {
    /// With a lease of 30 s and a patience of 5 min.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), lease: Duration::from_secs(30), patience: Duration::from_secs(300) }
    }
}

/// Without the address, which may hold a password.
impl std::fmt::Debug for QueueOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { url: _, lease, patience } = self;
        f.debug_struct("QueueOptions").field("lease", lease).field("patience", patience).finish_non_exhaustive()
    }
}

/// One process's side of a run.
#[derive(Debug)]
pub(crate) struct Queue {
    pool: PgPool,
    run: i64,
    /// What nobody else is called.
    me: String,
    lease: Duration,
    patience: Duration,
    /// Items that are taken together.
    portion: i64,
    stop: Stop,
    /// Taken and not begun.
    waiting: tokio::sync::Mutex<VecDeque<Item>>,
    /// Keys of everything that is taken and not ended: their leases are renewed.
    held: Mutex<BTreeSet<String>>,
    has_failed: AtomicBool,
}

/// Works on a run until it is over or `stop` is turned, and says how it stands.
pub(crate) async fn work(
    queue: &Arc<Queue>,
    maker: &Arc<Maker>,
    batch: &Batch,
    stop: &Stop,
    events: &Events,
) -> Result<Summary, BatchError> {
    let mut beside: JoinSet<Result<(), BatchError>> = JoinSet::new();
    let (lister, what, stopping) = (queue.clone(), batch.clone(), stop.clone());
    beside.spawn(async move { listing::run(&lister, &what).await.inspect_err(|_| stopping.stop()) });
    let (heart, stopping) = (queue.clone(), stop.clone());
    beside.spawn(async move { heart.beat().await.inspect_err(|_| stopping.stop()) });
    let (watcher, told) = (queue.clone(), events.clone());
    beside.spawn(async move { watcher.watch(&told).await });

    let mut ended = work::run(queue, maker, batch, stop, events).await;

    beside.abort_all();
    while let Some(task) = beside.join_next().await {
        match task {
            Ok(result) => ended = ended.and(result),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    // Given back even if something has failed; the first error is the one to tell.
    let given = queue.give_back().await;
    ended.and(given)?;
    if batch.failures == Failures::Stop && queue.has_failed.load(Ordering::Relaxed) {
        queue.close().await?;
    }
    let summary = queue.summary().await?;
    events(Event::Progress(summary.counts));
    Ok(summary)
}

impl Ledger for Queue {
    async fn next(&self) -> Result<Option<Item>, BatchError> {
        while !self.stop.is_stopped() {
            {
                // One asks for all.
                let mut waiting = self.waiting.lock().await;
                if waiting.is_empty() {
                    waiting.extend(self.take().await?);
                }
                if let Some(item) = waiting.pop_front() {
                    return Ok(Some(item));
                }
                if self.is_over().await? {
                    return Ok(None);
                }
            }
            tokio::select! {
                () = time::sleep(IDLE.min(self.lease / 4)) => {}
                () = self.stop.stopped() => {}
            }
        }
        Ok(None)
    }

    async fn claim(&self, item: &Item, output: &str) -> Result<Claim, BatchError> {
        let claim = || async {
            let claimed = sqlx::query(
                "UPDATE tintype_batch.items SET output = $4
                 WHERE run = $1 AND key = $2 AND owner = $3 AND state = 'working'",
            );
            match claimed.bind(self.run).bind(&item.key).bind(&self.me).bind(output).execute(&self.pool).await {
                Ok(done) if done.rows_affected() == 0 => Ok(Claim::Lost),
                Ok(_) => Ok(Claim::Ours),
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(Claim::Taken),
                Err(error) => Err(error),
            }
        };
        patience::ask("taking a result's key", self.patience, claim).await
    }

    async fn finish(&self, item: &Item, outcome: &Outcome) -> Result<(), BatchError> {
        let (state, why, bytes) = match outcome {
            Outcome::Done(made) => ("done", None, [made.bytes_in, made.bytes_out]),
            Outcome::Skipped(why) => ("skipped", Some(why), [0; 2]),
            Outcome::Failed(why) => ("failed", Some(why), [0; 2]),
            Outcome::Lost => {
                self.held.lock().remove(&item.key);
                return Ok(());
            }
        };
        let bytes = bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let finish = || {
            let finished = sqlx::query(
                "UPDATE tintype_batch.items
                 SET state = $4, why = $5, bytes_in = $6, bytes_out = $7, owner = NULL, lease_until = NULL,
                     output = CASE WHEN $4 = 'failed' THEN NULL ELSE output END
                 WHERE run = $1 AND key = $2 AND owner = $3 AND state = 'working'",
            );
            let finished = finished.bind(self.run).bind(&item.key).bind(&self.me).bind(state).bind(why);
            finished.bind(bytes[0]).bind(bytes[1]).execute(&self.pool)
        };
        // No row where somebody else has it by now, or where this is the second try: then all is well, too.
        patience::ask("writing down what was done", self.patience, finish).await?;
        self.has_failed.fetch_or(matches!(outcome, Outcome::Failed(_)), Ordering::Relaxed);
        self.held.lock().remove(&item.key);
        Ok(())
    }
}

impl Queue {
    /// Takes some items that wait, or whose owner is gone.
    async fn take(&self) -> Result<Vec<Item>, BatchError> {
        let take = || {
            sqlx::query_as::<_, (String, Option<String>)>(
                "SELECT taken_key, taken_output FROM tintype_batch.take($1, $2, $3, $4, $5)",
            )
            .bind(self.run)
            .bind(&self.me)
            .bind(self.portion)
            .bind(self.lease.as_secs_f64())
            .bind(MOST_ATTEMPTS)
            .fetch_all(&self.pool)
        };
        let taken = patience::ask("taking items", self.patience, take).await?;
        self.held.lock().extend(taken.iter().map(|(key, _)| key.clone()));
        Ok(taken.into_iter().map(|(key, output)| Item { key, output }).collect())
    }

    /// Whether nothing is left, or the run was ended. Who finds nothing left closes it.
    async fn is_over(&self) -> Result<bool, BatchError> {
        let look = || async {
            let given_up = sqlx::query(
                "UPDATE tintype_batch.items
                 SET state = 'failed', owner = NULL, lease_until = NULL, output = NULL,
                     why = 'each of the ' || attempts || ' processes that have begun it ended before it was done'
                 WHERE run = $1 AND state = 'working' AND lease_until < now() AND attempts >= $2",
            );
            given_up.bind(self.run).bind(MOST_ATTEMPTS).execute(&self.pool).await?;
            let over = sqlx::query_as::<_, (bool, bool)>(
                "SELECT finished_at IS NOT NULL, listed AND NOT EXISTS (
                     SELECT FROM tintype_batch.items WHERE run = $1 AND state IN ('waiting', 'working')
                 )
                 FROM tintype_batch.runs WHERE id = $1",
            );
            over.bind(self.run).fetch_optional(&self.pool).await
        };
        match patience::ask("looking for what is left", self.patience, look).await? {
            Some((false, true)) => self.close().await.map(|()| true),
            Some((is_finished, _)) => Ok(is_finished),
            // Removed, long after its end.
            None => Ok(true),
        }
    }

    async fn close(&self) -> Result<(), BatchError> {
        let close = || {
            sqlx::query("UPDATE tintype_batch.runs SET finished_at = now() WHERE id = $1 AND finished_at IS NULL")
                .bind(self.run)
                .execute(&self.pool)
        };
        patience::ask("ending the run", self.patience, close).await?;
        Ok(())
    }

    /// Renews leases until it is aborted.
    async fn beat(&self) -> Result<(), BatchError> {
        loop {
            time::sleep(self.lease / 3).await;
            // Only what we know to hold: an answer that was lost must not be held forever.
            let held: Vec<String> = self.held.lock().iter().cloned().collect();
            let renew = || async {
                let items = sqlx::query(
                    "UPDATE tintype_batch.items SET lease_until = now() + make_interval(secs => $4)
                     WHERE run = $1 AND owner = $2 AND state = 'working' AND key = ANY($3)",
                );
                let lease = self.lease.as_secs_f64();
                items.bind(self.run).bind(&self.me).bind(&held).bind(lease).execute(&self.pool).await?;
                let listing = sqlx::query(
                    "UPDATE tintype_batch.runs SET listing_until = now() + make_interval(secs => $3)
                     WHERE id = $1 AND lister = $2",
                );
                listing.bind(self.run).bind(&self.me).bind(lease).execute(&self.pool).await
            };
            patience::ask("renewing leases", self.patience, renew).await?;
        }
    }

    /// Tells how far all nodes are until it is aborted.
    async fn watch(&self, events: &Events) -> Result<(), BatchError> {
        loop {
            let started = Instant::now();
            events(Event::Progress(self.counts().await?));
            time::sleep(PROGRESS_EVERY.max(started.elapsed() * PROGRESS_SHARE)).await;
        }
    }

    /// Gives back what is held, so that others need not wait for the end of its leases.
    async fn give_back(&self) -> Result<(), BatchError> {
        self.waiting.lock().await.clear();
        let held: Vec<String> = std::mem::take(&mut *self.held.lock()).into_iter().collect();
        let give = || async {
            let items = sqlx::query(
                "UPDATE tintype_batch.items
                 SET state = 'waiting', owner = NULL, lease_until = NULL, attempts = greatest(attempts - 1, 0)
                 WHERE run = $1 AND owner = $2 AND state = 'working' AND key = ANY($3)",
            );
            items.bind(self.run).bind(&self.me).bind(&held).execute(&self.pool).await?;
            let listing = sqlx::query(
                "UPDATE tintype_batch.runs SET lister = NULL, listing_until = NULL WHERE id = $1 AND lister = $2",
            );
            listing.bind(self.run).bind(&self.me).execute(&self.pool).await
        };
        patience::ask("giving leases back", self.patience, give).await?;
        Ok(())
    }

    async fn counts(&self) -> Result<Counts, BatchError> {
        let count = || {
            sqlx::query(
                "SELECT count(*) AS listed,
                        count(*) FILTER (WHERE state = 'done') AS done,
                        count(*) FILTER (WHERE state = 'skipped') AS skipped,
                        count(*) FILTER (WHERE state = 'failed') AS failed,
                        coalesce(sum(takeovers), 0)::bigint AS taken_over,
                        coalesce(sum(bytes_in), 0)::bigint AS bytes_in,
                        coalesce(sum(bytes_out), 0)::bigint AS bytes_out,
                        coalesce((SELECT listed FROM tintype_batch.runs WHERE id = $1), FALSE) AS is_listed
                 FROM tintype_batch.items WHERE run = $1",
            )
            .bind(self.run)
            .fetch_one(&self.pool)
        };
        let row = patience::ask("counting", self.patience, count).await?;
        let number = |name| u64::try_from(row.get::<i64, &str>(name)).unwrap_or_default();
        Ok(Counts {
            listed: number("listed"),
            is_listed: row.get("is_listed"),
            done: number("done"),
            skipped: number("skipped"),
            failed: number("failed"),
            taken_over: number("taken_over"),
            bytes_in: number("bytes_in"),
            bytes_out: number("bytes_out"),
        })
    }

    async fn summary(&self) -> Result<Summary, BatchError> {
        let fail = || {
            sqlx::query_as::<_, (String, String)>(
                "SELECT key, coalesce(why, '') FROM tintype_batch.items WHERE run = $1 AND state = 'failed'
                 ORDER BY key LIMIT $2",
            )
            .bind(self.run)
            .bind(Summary::MOST_FAILURES as i64)
            .fetch_all(&self.pool)
        };
        let failures = patience::ask("reading failures", self.patience, fail).await?;
        let failures = failures.into_iter().map(|(input, error)| Failure { input, error }).collect();
        Ok(Summary { counts: self.counts().await?, failures, run: Some(self.run) })
    }
}
