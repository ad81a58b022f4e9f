//! AVIF: read by `rav1d` behind the feature `avif-decode`, written by `ravif` (rav1e) behind `avif-encode`.
//!
//! Read: what [`heif`] reads of files, of 8, 10 and 12 bits, every subsampling, film grain applied. Layered pictures give
//! their best layer. `rav1d` is dav1d in Rust; without its assembler it needs no tool to build, and is some times slower.

#[cfg(feature = "avif-decode")]
mod apart;
#[cfg(feature = "avif-decode")]
mod av1;
#[cfg(feature = "avif-encode")]
mod container;
mod sequence_header;
mod write;

use tintype_pixels::{ImageFormat, ImageInfo};

use crate::{CodecError, Limits, deadline::Deadline, heif};

pub(crate) use write::encode;

/// A file with AVIF's brands, of a still picture or of a sequence. AVIF wins where a file claims HEIC's too.
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    heif::has_brand(bytes, &[b"avif", b"avis"])
}

pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    probe_as(ImageFormat::Avif, bytes, limits)
}

pub(crate) fn decode(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    decode_as(ImageFormat::Avif, bytes, info, limits)
}

/// For a file of either format's brands.
pub(crate) fn probe_as(format: ImageFormat, bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    let picture = heif::open(bytes, format, limits)?;
    let stream = picture.color.tiles.first().and_then(|tile| match tile.config.codec {
        heif::Coding::Av1 => sequence_header::color(&tile.data),
        heif::Coding::Hevc => None,
    });
    Ok(heif::info(&picture, format, bytes, stream))
}

/// For a file of either format's brands.
pub(crate) fn decode_as(
    format: ImageFormat,
    bytes: &[u8],
    info: &ImageInfo,
    limits: &Limits,
) -> Result<Vec<u8>, CodecError> {
    let (picture, deadline) = (heif::open(bytes, format, limits)?, Deadline::of(limits));
    heif::decode(&picture, format, info, |tile, size| {
        deadline.check()?;
        match tile.config.codec {
            heif::Coding::Av1 => decode_av1(tile, size, format),
            heif::Coding::Hevc => crate::heic::decode_hevc(tile, size, format),
        }
    })
}

#[cfg(feature = "avif-decode")]
use av1::decode as decode_av1;

/// Always [`CodecError::Unsupported`].
#[cfg(not(feature = "avif-decode"))]
fn decode_av1(_: &heif::Tile<'_>, _: tintype_pixels::Size, format: ImageFormat) -> Result<heif::Frame, CodecError> {
    Err(CodecError::Unsupported { format: format.name(), what: "in a build without the feature \"avif-decode\"" })
}
