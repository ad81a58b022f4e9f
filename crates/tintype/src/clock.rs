//! How long each stage of a request takes, and the spans that stand for them in traces.

use std::time::{Duration, Instant};

use tracing::span::EnteredSpan;

/// Laps of a stopwatch.
pub(crate) struct Clock {
    started: Instant,
    lap: Instant,
    /// The stage that runs.
    stage: Option<EnteredSpan>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self { started: now, lap: now, stage: None }
    }

    /// From here on it is `stage`, until the lap ends.
    pub(crate) fn begin(&mut self, stage: &'static str) {
        // In this order: what is entered last is left first.
        self.stage = None;
        self.stage = Some(span(stage));
    }

    pub(crate) fn lap(&mut self) -> Duration {
        self.stage = None;
        let lap = self.lap.elapsed();
        self.lap = Instant::now();
        lap
    }

    pub(crate) fn total(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A span for a part of a request, until it is dropped.
pub(crate) fn span(name: &'static str) -> EnteredSpan {
    tracing::debug_span!("stage", otel.name = name).entered()
}
