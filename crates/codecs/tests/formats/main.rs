//! What each format reads and writes, and what hostile files do. Every file used here is made here.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod animations;
#[cfg(feature = "avif-decode")]
mod avif;
mod color;
#[cfg(feature = "extra-inputs")]
mod extra;
#[cfg(all(feature = "avif-decode", feature = "heic"))]
mod heic;
mod hostile;
mod moving;
mod orientation;
mod pictures;
mod round_trips;
#[cfg(feature = "svg")]
mod svg;
mod truncation;
