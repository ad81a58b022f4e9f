//! HEIF files: the container that AVIF and HEIC share (ISO/IEC 23008-12 on 14496-12).
//!
//! Read: the primary item, coded by itself or as a grid of tiles; its opacity; crop, rotation and mirroring; code points,
//! profile and EXIF; for sequences without items the first sample of the picture track. Not read: overlays, items made of
//! other items' bytes, depth and gain maps, thumbnails, XMP. The picture itself is the codecs' work: `avif` and `heic`
//! hand over a function that decodes one tile, and [`read`] puts tiles together and makes samples of them.
//!
//! Start with [`open`]. Every count is compared with a limit, or with the bytes that are there, before it is followed.

mod boxes;
mod frame;
mod meta;
mod nclx;
mod picture;
mod property;
mod read;
mod sequence;
#[cfg(test)]
mod tests;
mod yuv;

use tintype_pixels::ImageFormat;

use crate::{CodecError, Limits};
use boxes::Cursor;
use meta::Items;

pub(crate) use frame::{Frame, Samples, Subsampling};
pub(crate) use picture::{Picture, Tile};
pub(crate) use property::{Coding, Nclx, Range};
pub(crate) use read::{decode, info};

/// Whether one of `wanted` is among the brands of a file's `ftyp` box (ISO/IEC 14496-12, 4.3). The major brand of a HEIF
/// file may be the general `mif1`, so the compatible ones count too.
pub(crate) fn has_brand(bytes: &[u8], wanted: &[&[u8; 4]]) -> bool {
    let [a, b, c, d, b'f', b't', b'y', b'p', ..] = *bytes else { return false };
    let box_bytes = u32::from_be_bytes([a, b, c, d]) as usize;
    // An honest list of brands has a few dozen bytes.
    let end = box_bytes.clamp(12, 256).min(bytes.len());
    let brands = bytes.get(8..end).unwrap_or_default().chunks_exact(4);
    // The second four bytes are a version.
    let mut brands = brands.enumerate().filter(|(index, _)| *index != 1).map(|(_, brand)| brand);
    brands.any(|brand| wanted.iter().any(|wanted| wanted.as_slice() == brand))
}

/// The picture of a file: sizes are within `limits`, and all its coded bytes are there.
pub(crate) fn open<'a>(bytes: &'a [u8], format: ImageFormat, limits: &Limits) -> Result<Picture<'a>, CodecError> {
    let mut file = Cursor::new(bytes, format);
    let (mut meta, mut moov) = (None, None);
    while meta.is_none() || moov.is_none() {
        let Some(next) = file.next_box()? else { break };
        match &next.kind {
            b"meta" => meta = Some(next.whole()?.body),
            b"moov" => moov = Some(next.whole()?.body),
            _ => {}
        }
    }
    match (meta, moov) {
        (Some(meta), moov) => {
            let mut picture = Picture::of(&Items::read(meta, bytes)?, limits)?;
            // The picture does not depend on the track.
            picture.frames = moov.and_then(|moov| sequence::frames(moov).ok()).unwrap_or(1).max(1);
            Ok(picture)
        }
        (None, Some(moov)) => sequence::first_frame(moov, bytes, limits),
        (None, None) => Err(CodecError::truncated(format, "there is no meta box and no moov box")),
    }
}
