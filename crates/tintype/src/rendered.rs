//! What comes out.

use std::time::Duration;

use tintype_engine::wgpu;
use tintype_options::Warning;
use tintype_pixels::{ImageInfo, Size};

/// An encoded result and how it came about.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its media type, for example `image/webp`.
    pub content_type: &'static str,
    /// Width and height of the result.
    pub size: Size,
    /// What the source's header says; `None` for a source that was not encoded.
    pub original: Option<ImageInfo>,
    /// What was odd about the request.
    pub warnings: Vec<Warning>,
    /// Where the time went.
    pub timings: Timings,
    /// What was done, line by line.
    pub plan: String,
}

/// Where the time of one transformation went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Reading headers and decoding.
    pub decode: Duration,
    /// Planning and recording.
    pub plan: Duration,
    /// Copying to the device, waiting for it, its work, and copying back.
    pub gpu: Duration,
    /// Encoding.
    pub encode: Duration,
    /// Everything.
    pub total: Duration,
}

/// A result that stayed on the device: sRGB primaries, premultiplied, in the engine's working space.
#[derive(Clone, Debug)]
pub struct Texture {
    /// `Rgba16Float`; it may be larger than the picture.
    pub texture: wgpu::Texture,
    /// The part of it, from the top left corner, that is the picture.
    pub size: Size,
}
