//! What each format reads and writes, and what hostile files do. Every file used here is made here.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod animations;
mod color;
#[cfg(feature = "extra-inputs")]
mod extra;
mod hostile;
mod orientation;
mod pictures;
mod round_trips;
#[cfg(feature = "svg")]
mod svg;
mod truncation;
