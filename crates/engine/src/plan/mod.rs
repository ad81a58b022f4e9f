//! What will be done: a pure, printable value between what was asked for and what the device executes.
//!
//! [`Plan::new`] takes what the headers say, what was asked for, what the encoder wants and what the device can do.
//! It draws an outline (`outline.rs`: the order of steps, all sizes from `geometry.rs`) and rewrites it
//! (`optimize.rs`: one rule per function). Nothing here knows wgpu, reads a clock or does I/O.

mod device;
mod error;
mod explain;
mod faces;
mod find;
mod geometry;
mod huffman;
mod optimize;
mod outline;
mod picture;
mod placement;

pub use device::{Device, Shrink};
pub use error::PlanError;
pub use find::{DEFAULT_TOLERANCE, Found, Unknown};
pub use geometry::{CropF, Geometry, GeometryError, resolve};
pub use huffman::{Bits, Choice, Coders, Huffman, Reason};
pub use outline::{Draw, Plan, Request, Source, Stage, size_after};
pub use picture::Picture;
pub use placement::Placement;
