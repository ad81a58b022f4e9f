//! What a load came to: counts, waiting, and the server's memory.

use std::fmt;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, Kind};

/// The resident memory of a process, looked at each second.
#[derive(Debug)]
pub(crate) struct Resident {
    is_over: Arc<AtomicBool>,
    watcher: JoinHandle<Vec<(f64, f64)>>,
}

impl Resident {
    pub(crate) fn watch(process: u32) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&is_over);
        let watcher = thread::spawn(move || {
            let started = Instant::now();
            let mut seen = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                seen.extend(resident_mb(process).map(|mb| (started.elapsed().as_secs_f64(), mb)));
                thread::sleep(Duration::from_secs(1));
            }
            seen
        });
        Self { is_over, watcher }
    }

    /// Seconds and megabytes.
    pub(crate) fn end(self) -> Vec<(f64, f64)> {
        self.is_over.store(true, Ordering::Relaxed);
        self.watcher.join().expect("the watcher does not panic")
    }
}

fn resident_mb(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// One load.
#[derive(Debug)]
pub(crate) struct Phase {
    load: f64,
    offered_per_second: f64,
    answered_per_second: f64,
    asked: usize,
    right: usize,
    shed: usize,
    wrong: usize,
    broken: usize,
    other: Vec<u16>,
    p50_ms: f64,
    p99_ms: f64,
    shed_p99_ms: f64,
    resident_mb: (f64, f64),
    resident_mb_per_hour: f64,
}

impl Phase {
    pub(crate) fn of(load: f64, offered: f64, seconds: u64, answers: &[Answer], resident: Vec<(f64, f64)>) -> Self {
        let count = |kind: Kind| answers.iter().filter(|answer| answer.kind == kind).count();
        let waited = |kind: Kind| {
            let mut ms: Vec<f64> = answers
                .iter()
                .filter(|answer| answer.kind == kind)
                .map(|answer| answer.waited.as_secs_f64() * 1e3)
                .collect();
            ms.sort_by(f64::total_cmp);
            ms
        };
        let (right, shed) = (waited(Kind::Right), waited(Kind::Shed));
        let mut other: Vec<u16> = answers
            .iter()
            .filter_map(|answer| if let Kind::Other(status) = answer.kind { Some(status) } else { None })
            .collect();
        other.sort_unstable();
        // The first tenth grows to what the load needs.
        let steady = &resident[resident.len() / 10..];
        Self {
            load,
            offered_per_second: offered,
            answered_per_second: right.len() as f64 / seconds as f64,
            asked: answers.len(),
            right: right.len(),
            shed: shed.len(),
            wrong: count(Kind::Wrong),
            broken: count(Kind::Broken),
            other,
            p50_ms: quantile(&right, 0.5),
            p99_ms: quantile(&right, 0.99),
            shed_p99_ms: quantile(&shed, 0.99),
            resident_mb: (steady.first().map_or(0.0, |at| at.1), steady.last().map_or(0.0, |at| at.1)),
            resident_mb_per_hour: slope(steady) * 3600.0,
        }
    }

    pub(crate) fn heading() -> String {
        format!(
            "{:>5} {:>9} {:>10} {:>8} {:>6} {:>6} {:>7} {:>6} {:>9} {:>9} {:>12} {:>14} {:>10}",
            "load",
            "offered/s",
            "answered/s",
            "asked",
            "shed %",
            "wrong",
            "broken",
            "other",
            "p50 ms",
            "p99 ms",
            "shed p99 ms",
            "resident MB",
            "MB/hour"
        )
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "load": self.load, "offered_per_second": self.offered_per_second, "answered_per_second": self.answered_per_second,
            "asked": self.asked, "right": self.right, "shed": self.shed, "wrong": self.wrong, "broken": self.broken,
            "other": self.other.len(), "p50_ms": self.p50_ms, "p99_ms": self.p99_ms, "shed_p99_ms": self.shed_p99_ms,
            "resident_mb": [self.resident_mb.0, self.resident_mb.1], "resident_mb_per_hour": self.resident_mb_per_hour,
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>5} {:>9.1} {:>10.1} {:>8} {:>6.1} {:>6} {:>7} {:>6} {:>9.1} {:>9.1} {:>12.2} {:>14} {:>10.1}",
            self.load,
            self.offered_per_second,
            self.answered_per_second,
            self.asked,
            self.shed as f64 * 100.0 / self.asked.max(1) as f64,
            self.wrong,
            self.broken,
            self.other.len(),
            self.p50_ms,
            self.p99_ms,
            self.shed_p99_ms,
            format!("{:.0} to {:.0}", self.resident_mb.0, self.resident_mb.1),
            self.resident_mb_per_hour,
        )?;
        let mut statuses = self.other.clone();
        statuses.dedup();
        if statuses.is_empty() { Ok(()) } else { write!(f, "  {statuses:?}") }
    }
}

/// Of sorted values; not a number where there are none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// Of the line of least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (x, y) = (mean(|at| at.0), mean(|at| at.1));
    let spread: f64 = points.iter().map(|at| (at.0 - x).powi(2)).sum();
    if spread > 0.0 { points.iter().map(|at| (at.0 - x) * (at.1 - y)).sum::<f64>() / spread } else { 0.0 }
}
