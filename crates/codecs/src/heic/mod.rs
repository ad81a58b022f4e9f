//! HEIC: size, orientation, colors and EXIF are always read; pixels behind the feature `heic`, by `heifer-hevc-dec`.
//!
//! The feature is not a default one: HEVC is covered by patents, and whoever turns it on must know whether that concerns
//! them. The older decoders (libde265 with libheif, FFmpeg) are under the LGPL and are not linked.

#[cfg(feature = "heic")]
mod hevc;

use tintype_pixels::{ImageFormat, ImageInfo};

use crate::{CodecError, Limits, avif, heif};

/// A file with a brand of HEIC's, or with none but the container's.
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    let brands: [&[u8; 4]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
    heif::has_brand(bytes, &brands)
}

pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    avif::probe_as(ImageFormat::Heic, bytes, limits)
}

pub(crate) fn decode(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    avif::decode_as(ImageFormat::Heic, bytes, info, limits)
}

#[cfg(feature = "heic")]
pub(crate) use hevc::decode as decode_hevc;

/// Always [`CodecError::Unsupported`].
#[cfg(not(feature = "heic"))]
pub(crate) fn decode_hevc(
    _: &heif::Tile<'_>,
    _: tintype_pixels::Size,
    format: ImageFormat,
) -> Result<heif::Frame, CodecError> {
    Err(CodecError::Unsupported { format: format.name(), what: "pixels without the feature \"heic\"" })
}
