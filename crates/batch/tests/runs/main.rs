//! Whole runs: folders and buckets, one process and several, ends in the middle.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod alone;
mod pictures;
mod together;
mod worker;

use std::num::NonZeroUsize;

use tintype::TransformOptions;
use tintype_batch::{Batch, Existing, Failures, Include, Place};

/// Everything of `source` to `destination`, going on after failures.
fn batch(source: &str, destination: &str, options: &str) -> Batch {
    let options: TransformOptions = options.parse().unwrap();
    Batch {
        source: Place::source(source).unwrap(),
        destination: Place::destination(destination).unwrap(),
        options,
        include: Include::default(),
        existing: Existing::Keep,
        failures: Failures::Count,
        jobs: NonZeroUsize::new(2).unwrap(),
    }
}
