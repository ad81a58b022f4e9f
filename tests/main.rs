//! The integration tests: one binary, because linking it once is what takes time.
//!
//! Everything here needs the adapter except `plans` and `tidy`; a missing one fails unless `ALLOW_NO_GPU=1`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod animation;
mod conformance;
mod dashboard;
mod docs;
mod facade;
mod faces;
mod faults;
mod hosted;
mod hostile;
mod http;
mod jpeg;
mod jpeg_huffman;
mod large;
mod memory;
mod openapi;
mod ops;
mod origins;
mod packages;
mod plans;
mod readers;
mod scale;
mod sdk;
mod services;
mod submissions;
mod texts;
mod tidy;
mod workerd;
