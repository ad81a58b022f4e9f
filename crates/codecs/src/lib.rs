//! Bytes to pixels and back.
//!
//! [`probe`] reads a header, [`decode`] turns a file into [`Planes`], [`encode()`] turns planes into a file; [`AnimationReader`] and
//! [`AnimationWriter`] do the same for what moves. Formats are
//! found by content, never by name, and everything a source may cost is bounded by [`Limits`] before it is paid. What
//! to do with a picture is not known here: no options, no engine, no files and no network.
//!
//! Start with [`formats`] and `registry.rs`, the table of formats; each has a folder of its own with a `probe`, a
//! `decode` and an `encode` as far as it has them. [`exif`], [`xmp`] and [`icc`] are shared by all formats, `heif` by AVIF and HEIC.
//!
//! Invariants:
//! - No input makes these functions panic: third-party codecs run behind `barrier`, which says what it cannot stop.
//! - Decoded pixels have the size and layout of the `ImageInfo` given, as stored: orientation is reported, not applied. That
//!   is what `probe` announced; only an SVG can be given another size.
//! - Results carry no orientation: pixels are upright by the time they are encoded. They are sRGB unless [`Metadata`] says what
//!   else they are.

mod animation;
mod barrier;
mod cicp;
mod deadline;
mod encode;
mod error;
mod limits;
mod registry;

pub mod exif;
pub mod icc;
pub mod xmp;

#[cfg_attr(not(feature = "avif-decode"), allow(dead_code, unused_imports, reason = "only headers are read"))]
mod avif;
#[cfg(feature = "extra-inputs")]
mod extra;
mod gif;
mod heic;
#[cfg_attr(not(feature = "avif-decode"), allow(dead_code, unused_imports, reason = "only headers are read"))]
mod heif;
pub mod jpeg;
mod png;
mod svg;
mod webp;

use deadline::Deadline;
use tintype_pixels::{ImageInfo, Planes};

pub use animation::{AnimationReader, AnimationWriter, Blend, Disposal, Frame, Plays};
pub use encode::{Encode, Metadata, PngCompression, Profile, Subsampling, Tuning};
pub use error::{Bound, CodecError};
pub use limits::Limits;
pub use registry::{FormatSupport, formats};
pub use svg::clean as clean_svg;

/// What the header of `bytes` says. Decodes no pixels; cost is a small part of decoding's, whatever the header claims.
///
/// # Errors
///
/// [`CodecError::UnknownFormat`] and [`CodecError::Unsupported`] for what is not read, [`CodecError::TooLarge`] where
/// `limits` would be passed, [`CodecError::Damaged`] and [`CodecError::Truncated`] for broken headers.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    let codec = registry::find(bytes, limits)?;
    limits.check_file(bytes)?;
    let info = barrier::guarded(|| (codec.probe)(bytes, limits), |detail| CodecError::damaged(codec.format, detail))?;
    if info.size.is_empty() {
        return Err(CodecError::damaged(codec.format, format_args!("the size is {}", info.size)));
    }
    limits.check_picture(info.size, info.layout)?;
    limits.check_frames(info.frames)?;
    Ok(info)
}

/// The pixels of the first frame, in `info.layout`, as stored (orientation not applied).
///
/// `info` is what [`probe`] said of the same `bytes`. A JPEG that lacks only a small tail is decoded as far as it goes,
/// see the table in [`formats`]; any other picture that is cut short is an error.
///
/// # Errors
///
/// As [`probe`], and [`CodecError::WrongInfo`] when `info` is of another file.
pub fn decode(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Planes, CodecError> {
    let codec = registry::find(bytes, limits)?;
    if codec.format != info.format {
        return Err(CodecError::WrongInfo { format: codec.format });
    }
    limits.check_file(bytes)?;
    limits.check_picture(info.size, info.layout)?;
    let deadline = Deadline::of(limits);
    let pixels =
        barrier::guarded(|| (codec.decode)(bytes, info, limits), |detail| CodecError::damaged(codec.format, detail));
    // Whatever a decoder that was stopped has said.
    deadline.check()?;
    let pixels = pixels?;
    Planes::new(info.size, info.layout, pixels).ok_or(CodecError::WrongInfo { format: codec.format })
}

/// Whether `bytes` begin as an SVG, in a build that reads them.
pub fn is_svg(bytes: &[u8]) -> bool {
    cfg!(feature = "svg") && svg::sniff(bytes)
}

/// `planes` as a file.
///
/// Takes the layouts that [`Encode::accepts`]; [`Encode::layout`] names the one to produce.
///
/// # Errors
///
/// [`CodecError::NotBuilt`] for formats this build lacks, [`CodecError::OutputTooLarge`] for sides the format cannot
/// hold, [`CodecError::WrongLayout`] and [`CodecError::Encode`] for what should not happen.
pub fn encode(planes: &Planes, encode: &Encode, meta: &Metadata) -> Result<Vec<u8>, CodecError> {
    let (encode, format, size) = (*encode, encode.format(), planes.size());
    if !encode.accepts(planes.layout()) {
        return Err(CodecError::WrongLayout { encode, layout: planes.layout() });
    }
    if size.is_empty() {
        return Err(CodecError::encode(format, format_args!("a picture of {size} has no pixels")));
    }
    let (value, limit) = (size.width.max(size.height), encode.max_side_px());
    if value > limit {
        return Err(CodecError::OutputTooLarge { format, value, limit });
    }
    barrier::guarded(
        || match encode {
            Encode::Jpeg { .. } => jpeg::encode(planes, encode, meta),
            Encode::Png { compression } => png::encode(planes, compression, meta),
            Encode::Png8 { quality, compression } => png::encode_palette(planes, quality, compression, meta),
            Encode::Webp { quality, method } => webp::encode_lossy(planes, quality, method, meta),
            Encode::WebpLossless => webp::encode_lossless(planes, meta),
            Encode::Gif => gif::encode(planes),
            Encode::Avif { quality, speed } => avif::encode(planes, quality, speed, meta),
        },
        |detail| CodecError::encode(format, detail),
    )
}
