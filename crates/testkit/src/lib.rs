//! What tests and benches share: synthetic pictures and files, comparers that print numbers, the adapter.
//!
//! Nothing here is used by the program. A comparer that cannot fail is worse than none, so each has a test in which it
//! must.

mod compare;
pub mod files;
mod gpu;
pub mod icc;
pub mod pictures;
#[cfg(feature = "services")]
mod postgres;
#[cfg(feature = "services")]
mod s3;
#[cfg(feature = "services")]
pub mod scale;
mod vision;

pub use compare::{Difference, compare, psnr};
pub use gpu::{engine, engine_seeing, gpu, run_case, run_picture, run_sources};
#[cfg(feature = "services")]
pub use postgres::Postgres;
#[cfg(feature = "services")]
pub use s3::S3;
pub use tintype::{Tintype, TransformOptions};
pub use vision::FakeVision;
