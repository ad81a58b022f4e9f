//! Some things at a time, of many: with a bar, a count, and an end that can be asked for.

use std::{
    num::NonZeroUsize,
    process::ExitCode,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use serde_json::json;
use tintype_batch::Stop;
use tokio::task::JoinSet;

use crate::{batch, progress, show};

/// Failures that are told in JSON.
const MOST_FAILURES: usize = 100;

/// What became of one.
pub(super) enum Outcome {
    /// Done, with so many bytes.
    Done(u64),
    /// Left out, and why.
    Skipped(&'static str),
    /// Failed, and why.
    Failed(String),
}

/// What became of all.
#[derive(Default)]
pub(super) struct Tally {
    done: u64,
    bytes: u64,
    skipped: u64,
    failed: u64,
    open: u64,
    failures: Vec<(String, String)>,
    took: Duration,
}

/// Does `work` for each of `items`, which have names, `jobs` of them at a time. The first signal lets end what has begun, the second
/// gives nothing back.
pub(super) async fn all<T, F>(
    items: Vec<(String, T)>,
    jobs: NonZeroUsize,
    verbose: bool,
    work: impl Fn(String, T) -> F,
) -> Option<Tally>
where
    T: Send + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    let (stop, bar) = (Stop::default(), progress::bar(items.len() as u64));
    let done = tokio::select! {
        tally = each(items, jobs, verbose, work, &stop, &bar) => Some(tally),
        () = batch::stop_on_signals(stop.clone(), bar.clone()) => None,
    };
    bar.finish_and_clear();
    done
}

async fn each<T, F>(
    items: Vec<(String, T)>,
    jobs: NonZeroUsize,
    verbose: bool,
    work: impl Fn(String, T) -> F,
    stop: &Stop,
    bar: &ProgressBar,
) -> Tally
where
    T: Send + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    let started = Instant::now();
    let mut tally = Tally { open: items.len() as u64, ..Tally::default() };
    let (mut items, mut tasks) = (items.into_iter(), JoinSet::new());
    loop {
        while tasks.len() < jobs.get() && !stop.is_stopped() {
            let Some((name, item)) = items.next() else { break };
            let task = work(name.clone(), item);
            tasks.spawn(async move { (name, task.await) });
        }
        let Some(ended) = tasks.join_next().await else { break };
        // The panic has been told; which one it was is not known any more.
        let (name, outcome) = ended.unwrap_or_else(|panic| (String::new(), Outcome::Failed(panic.to_string())));
        tally.open -= 1;
        bar.inc(1);
        bar.set_message(name.clone());
        match outcome {
            Outcome::Done(bytes) => {
                tally.done += 1;
                tally.bytes += bytes;
            }
            Outcome::Skipped(why) => {
                tally.skipped += 1;
                if verbose {
                    bar.suspend(|| eprintln!("{name}: skipped: {why}"));
                }
            }
            Outcome::Failed(why) => {
                tally.failed += 1;
                bar.suspend(|| eprintln!("tintype: {name}: {why}"));
                if tally.failures.len() < MOST_FAILURES {
                    tally.failures.push((name, why));
                }
            }
        }
    }
    tally.took = started.elapsed();
    tally
}

impl Tally {
    /// Tells what was done; the exit status is that of a failure unless all is well.
    pub(super) fn tell(&self, as_json: bool) -> anyhow::Result<ExitCode> {
        let seconds = self.took.as_secs_f64();
        if as_json {
            let failures: Vec<_> =
                self.failures.iter().map(|(name, error)| json!({ "name": name, "error": error })).collect();
            show::json(&json!({
                "done": self.done,
                "skipped": self.skipped,
                "failed": self.failed,
                "not_done": self.open,
                "bytes": self.bytes,
                "seconds": seconds,
                "failures": failures,
            }))?;
        } else {
            let done = show::count(usize::try_from(self.done).unwrap_or(usize::MAX), "image");
            let open = if self.open > 0 { format!(", {} not done", self.open) } else { String::new() };
            let (skipped, failed, bytes) = (self.skipped, self.failed, show::bytes(self.bytes));
            eprintln!("{done} done, {skipped} skipped, {failed} failed{open}: {bytes}, {seconds:.1} s");
        }
        Ok(if self.failed + self.open == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
