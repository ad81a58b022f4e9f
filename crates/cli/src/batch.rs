//! `tintype batch`: whole folders and buckets, with a bar, a count, and an end that can be asked for.

use std::{
    future,
    num::NonZeroUsize,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use indicatif::ProgressBar;
use serde_json::json;
use tintype_batch::{Batch, Event, Existing, Failures, Include, Place, QueueOptions, Stop, Summary};
use tokio::{runtime::Runtime, signal};

use crate::{args::BatchArgs, progress, show, transform};

/// Exit status of a program that Ctrl-C has ended.
pub(crate) const INTERRUPTED: u8 = 130;

pub(crate) fn run(args: &BatchArgs, adapter: Option<&str>, verbose: bool) -> anyhow::Result<ExitCode> {
    let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let batch = Batch {
        options: transform::options(&args.options)?,
        source: Place::source(&args.source)?,
        destination: Place::destination(&args.destination)?,
        include: Include::any_of(&args.include)?,
        existing: if args.overwrite { Existing::Replace } else { Existing::Keep },
        failures: if args.keep_going { Failures::Count } else { Failures::Stop },
        jobs: args.jobs.unwrap_or_else(cores),
    };
    let lease = Duration::from_secs(args.lease.into());
    let queue = args.queue.as_ref().map(|url| QueueOptions { lease, ..QueueOptions::at(url) });
    transform::warn_of_idle_options(&batch.options);
    let tintype = progress::waiting("building the pipelines", || transform::build(adapter))?;

    let started = Instant::now();
    let runtime = Runtime::new().context("the threads of the program cannot be started")?;
    let bar = progress::bar(0);
    let (stop, shown) = (Stop::default(), bar.clone());
    let signals = stop_on_signals(stop.clone(), bar.clone());
    let events = move |event: Event<'_>| show_event(&event, &shown, verbose);
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = tintype_batch::run(&tintype, &batch, queue.as_ref(), stop, events) => Some(ended),
            () = signals => None,
        }
    });
    bar.finish_and_clear();
    let Some(ended) = ended else {
        runtime.shutdown_background();
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let summary = ended?;
    if summary.counts.is_listed && summary.counts.listed == 0 {
        eprintln!("tintype: warning: nothing was found in {}", batch.source);
    }

    if args.json {
        show::json(&described(&summary, started.elapsed()))?;
    } else {
        eprintln!("{}", text(&summary, started.elapsed()));
    }
    Ok(if summary.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first signal lets end what has begun, the second ends this, and everything with it: results are whole or not there.
pub(crate) async fn stop_on_signals(stop: Stop, bar: ProgressBar) {
    if asked_to_end().await.is_err() {
        return future::pending().await;
    }
    stop.stop();
    bar.suspend(|| eprintln!("tintype: ending what has begun; once more ends at once"));
    if asked_to_end().await.is_err() {
        future::pending().await
    }
}

#[cfg(unix)]
async fn asked_to_end() -> std::io::Result<()> {
    let mut terminated = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_end() -> std::io::Result<()> {
    signal::ctrl_c().await
}

fn show_event(event: &Event<'_>, bar: &ProgressBar, verbose: bool) {
    match event {
        Event::Progress(counts) => {
            bar.set_length(counts.listed);
            bar.set_position(counts.listed - counts.open());
        }
        Event::Done { input, output, warnings } => {
            bar.set_message((*input).to_owned());
            for warning in *warnings {
                bar.suspend(|| eprintln!("tintype: warning: {input}: {warning}"));
            }
            if verbose {
                bar.suspend(|| eprintln!("{input}: {output}"));
            }
        }
        Event::Skipped { input, why } if verbose => bar.suspend(|| eprintln!("{input}: skipped: {why}")),
        Event::Skipped { .. } => {}
        Event::Failed { input, error } => bar.suspend(|| eprintln!("tintype: {input}: {error}")),
    }
}

fn text(summary: &Summary, took: Duration) -> String {
    let counts = &summary.counts;
    let done = show::count(usize::try_from(counts.done).unwrap_or(usize::MAX), "picture");
    let mut text = format!("{done} done, {} skipped, {} failed", counts.skipped, counts.failed);
    let open = counts.open();
    if open > 0 {
        text.push_str(&format!(", {open} not done"));
    }
    if counts.taken_over > 0 {
        text.push_str(&format!(", {} taken over", counts.taken_over));
    }
    if !counts.is_listed {
        text.push_str(", more not listed");
    }
    let (bytes_in, bytes_out) = (show::bytes(counts.bytes_in), show::bytes(counts.bytes_out));
    format!("{text}: {bytes_in} in, {bytes_out} out, {:.1} s", took.as_secs_f64())
}

fn described(summary: &Summary, took: Duration) -> serde_json::Value {
    let counts = &summary.counts;
    let failures: Vec<_> =
        summary.failures.iter().map(|failure| json!({ "input": failure.input, "error": failure.error })).collect();
    json!({
        "run": summary.run,
        "listed": counts.listed,
        "listed_all": counts.is_listed,
        "done": counts.done,
        "skipped": counts.skipped,
        "failed": counts.failed,
        "not_done": counts.open(),
        "taken_over": counts.taken_over,
        "bytes_in": counts.bytes_in,
        "bytes_out": counts.bytes_out,
        "seconds": took.as_secs_f64(),
        "failures": failures,
    })
}
