//! All pictures: several at a time, with a bar, a count, and a stop at the first failure unless told otherwise.

use std::{
    num::NonZeroUsize,
    process::ExitCode,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    job::{Made, Rules},
    work::{Job, Work},
};
use crate::{args::TransformArgs, failure, progress, show};

/// How a picture ended, and which of the jobs it was.
type Outcome = (usize, anyhow::Result<Made>);

pub(super) fn run(rules: &Rules, work: &Work, args: &TransformArgs, verbose: bool) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    for skipped in &work.skipped {
        eprintln!("tintype: warning: {} skipped: {}", skipped.input.display(), skipped.why);
    }
    let mut outcomes = if let [job] = work.jobs.as_slice() {
        let outcome = progress::waiting("transforming", || rules.run(job));
        vec![(0, finished(outcome, job, work, verbose))]
    } else {
        all(rules, work, args, verbose)
    };
    outcomes.sort_by_key(|(index, _)| *index);
    let took = started.elapsed();

    let tally = Tally::of(&outcomes, work);
    if args.json {
        show::json(&tally.json(&outcomes, work, took))?;
    } else if work.is_batch {
        eprintln!("{}", tally.text(work, took));
    }
    match outcomes.pop() {
        // The only picture's error is the program's, status and all.
        Some((_, Err(error))) if !work.is_batch => Err(error),
        _ if tally.failed > 0 || tally.not_started > 0 => Ok(ExitCode::FAILURE),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Runs every job, `args.jobs` at a time.
fn all(rules: &Rules, work: &Work, args: &TransformArgs, verbose: bool) -> Vec<Outcome> {
    let n_threads = args.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let bar = progress::bar(work.jobs.len() as u64);
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, results) = mpsc::channel();
    let outcomes = thread::scope(|scope| {
        for _ in 0..n_threads.min(work.jobs.len()) {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = work.jobs.get(index) else { return };
                    let outcome = rules.run(job);
                    stop.fetch_or(outcome.is_err() && !args.keep_going, Ordering::Relaxed);
                    // The receiver stays until every thread is done.
                    let _ = sender.send((index, outcome));
                }
            });
        }
        drop(sender);
        let report = |(index, outcome): Outcome| {
            let job = &work.jobs[index];
            bar.set_message(job.input.file_name().unwrap_or_default().display().to_string());
            let outcome = bar.suspend(|| finished(outcome, job, work, verbose));
            bar.inc(1);
            (index, outcome)
        };
        results.into_iter().map(report).collect()
    });
    bar.finish_and_clear();
    outcomes
}

/// Says what is to be said of a picture, as soon as it is done.
fn finished(outcome: anyhow::Result<Made>, job: &Job, work: &Work, verbose: bool) -> anyhow::Result<Made> {
    let name = job.input.display();
    match outcome {
        Ok(made) => {
            for warning in &made.rendered.warnings {
                eprintln!("tintype: warning: {name}: {warning}");
            }
            if verbose {
                let times = made.rendered.timings;
                eprintln!(
                    "{name}\n{}decode {:.1?}, plan {:.1?}, gpu {:.1?}, encode {:.1?}, total {:.1?}",
                    made.rendered.plan, times.decode, times.plan, times.gpu, times.encode, times.total
                );
            }
            Ok(made)
        }
        Err(error) => {
            // The only picture's error is reported by main.
            if work.is_batch {
                failure::report(&error, verbose);
            }
            Err(error)
        }
    }
}

/// How many pictures ended how.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tally {
    done: usize,
    failed: usize,
    not_started: usize,
    bytes_in: u64,
    bytes_out: u64,
}

impl Tally {
    fn of(outcomes: &[Outcome], work: &Work) -> Self {
        let made = || outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok());
        let done = made().count();
        Self {
            done,
            failed: outcomes.len() - done,
            not_started: work.jobs.len() - outcomes.len(),
            bytes_in: made().map(|made| made.bytes_in).sum(),
            bytes_out: made().map(|made| made.bytes_out).sum(),
        }
    }

    fn text(&self, work: &Work, took: Duration) -> String {
        let mut text = format!("{} done, {} failed", show::count(self.done, "picture"), self.failed);
        for (n, what) in [(self.not_started, "not started"), (work.skipped.len(), "skipped")] {
            if n > 0 {
                text.push_str(&format!(", {n} {what}"));
            }
        }
        let (bytes_in, bytes_out) = (show::bytes(self.bytes_in), show::bytes(self.bytes_out));
        format!("{text}: {bytes_in} in, {bytes_out} out, {:.1} s", took.as_secs_f64())
    }

    fn json(&self, outcomes: &[Outcome], work: &Work, took: Duration) -> serde_json::Value {
        let pictures: Vec<_> = outcomes.iter().map(|(index, outcome)| described(&work.jobs[*index], outcome)).collect();
        let skipped: Vec<_> = work
            .skipped
            .iter()
            .map(|skipped| json!({ "input": skipped.input.display().to_string(), "why": skipped.why }))
            .collect();
        json!({
            "done": self.done,
            "failed": self.failed,
            "not_started": self.not_started,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "seconds": took.as_secs_f64(),
            "pictures": pictures,
            "skipped": skipped,
        })
    }
}

fn described(job: &Job, outcome: &anyhow::Result<Made>) -> serde_json::Value {
    let input = job.input.display().to_string();
    let made = match outcome {
        Ok(made) => made,
        Err(error) => return json!({ "input": input, "error": failure::line(error) }),
    };
    let rendered = &made.rendered;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    json!({
        "input": input,
        "output": made.output.as_ref().map(|output| output.display().to_string()),
        "content_type": rendered.content_type,
        "width": rendered.size.width,
        "height": rendered.size.height,
        "bytes_in": made.bytes_in,
        "bytes_out": made.bytes_out,
        "warnings": rendered.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "ms": {
            "decode": ms(rendered.timings.decode),
            "plan": ms(rendered.timings.plan),
            "gpu": ms(rendered.timings.gpu),
            "encode": ms(rendered.timings.encode),
            "total": ms(rendered.timings.total),
        },
    })
}
