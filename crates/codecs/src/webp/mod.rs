//! WebP: read and losslessly written by `image-webp`; lossily written by libwebp behind the feature `webp-lossy`.
//!
//! Read: lossy, lossless, with and without alpha, and the first frame of an animation on a transparent canvas, or all frames by
//! [`Frames`]. Several are written by [`Moving`]. Reading stays with the safe decoder although libwebp's is twice as fast: sources come from strangers.

mod container;
mod frames;
#[cfg(feature = "webp-lossy")]
mod libwebp;
mod moving;
mod read;

use image_webp::{ColorType, WebPEncoder};
use tintype_pixels::{Channels, ImageFormat, Planes};

use crate::{CodecError, Metadata};

pub(crate) use frames::Frames;
pub(crate) use moving::Moving;
pub(crate) use read::{decode, probe};

/// A RIFF file of the form `WEBP` (RFC 9649, 2.4).
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

/// Takes every 8-bit layout.
pub(crate) fn encode_lossless(planes: &Planes, meta: &Metadata) -> Result<Vec<u8>, CodecError> {
    let color = match planes.layout().channels {
        Channels::Gray => ColorType::L8,
        Channels::GrayAlpha => ColorType::La8,
        Channels::Rgb => ColorType::Rgb8,
        // No encoder accepts ink.
        Channels::Rgba | Channels::Cmyk => ColorType::Rgba8,
    };
    let mut out = Vec::new();
    WebPEncoder::new(&mut out)
        .encode(planes.bytes(), planes.size().width, planes.size().height, color)
        .map_err(|error| CodecError::encode(ImageFormat::Webp, error))?;
    Ok(container::with_metadata(out, planes, meta))
}

/// Takes 8-bit RGB and RGBA.
#[cfg(feature = "webp-lossy")]
pub(crate) fn encode_lossy(planes: &Planes, quality: u8, method: u8, meta: &Metadata) -> Result<Vec<u8>, CodecError> {
    let file = libwebp::encode(planes, quality, method);
    let file = file.map_err(|detail| CodecError::encode(ImageFormat::Webp, detail))?;
    Ok(container::with_metadata(file, planes, meta))
}

/// Always [`CodecError::NotBuilt`].
#[cfg(not(feature = "webp-lossy"))]
pub(crate) fn encode_lossy(_: &Planes, _: u8, _: u8, _: &Metadata) -> Result<Vec<u8>, CodecError> {
    Err(CodecError::NotBuilt { what: "lossy webp", feature: "webp-lossy" })
}
