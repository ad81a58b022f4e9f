//! How long each stage of a request takes.

use std::time::{Duration, Instant};

/// Laps of a stopwatch.
pub(crate) struct Clock {
    started: Instant,
    lap: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self { started: now, lap: now }
    }

    pub(crate) fn lap(&mut self) -> Duration {
        let lap = self.lap.elapsed();
        self.lap = Instant::now();
        lap
    }

    pub(crate) fn total(&self) -> Duration {
        self.started.elapsed()
    }
}
