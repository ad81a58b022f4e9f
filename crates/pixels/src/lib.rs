//! What an image *is*, and nothing that can be done to it.
//!
//! Sizes, rectangles, byte layouts, colour descriptions and EXIF orientations, shared by every other crate of the
//! workspace, and [`Fault`], which says whose problem an error is. Nothing here reads a file, knows a format's syntax
//! or touches a device.
//!
//! Start with [`Planes`] (decoded pixels) and [`ImageInfo`] (what a header says before anything is decoded).

#![forbid(unsafe_code)]

mod color;
mod face;
mod fault;
mod gamut;
mod info;
mod jpeg;
mod layout;
mod orientation;
mod planes;
mod size;

pub use color::{ColorTable, Rgba, SourceColor, linear_from_srgb, srgb_from_linear};
pub use face::Face;
pub use fault::Fault;
pub use gamut::Gamut;
pub use info::{ImageFormat, ImageInfo};
pub use jpeg::{ColorTransform, JpegLayout};
pub use layout::{Channels, Depth, Layout};
pub use orientation::Orientation;
pub use planes::Planes;
pub use size::{Rect, Size};
