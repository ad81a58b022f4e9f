//! WebP to pixels.

use std::io::ErrorKind;

use image_webp::{DecodingError, WebPDecoder};
use tintype_pixels::{ImageFormat, ImageInfo, Layout, Size};

use crate::{
    Bound, CodecError, Limits,
    deadline::{Deadline, Timed},
    exif, icc,
};

pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    let mut decoder = open(bytes, limits)?;
    let icc_limit = usize::try_from(limits.icc_bytes).unwrap_or(usize::MAX);
    decoder.set_memory_limit(icc_limit);
    let profile = match decoder.icc_profile() {
        Ok(profile) => profile,
        Err(DecodingError::MemoryLimitExceeded) => {
            let limit = limits.icc_bytes;
            return Err(CodecError::TooLarge { what: Bound::IccBytes, value: limit.saturating_add(1), limit });
        }
        Err(error) => return Err(failed(error)),
    };
    let budget = |error| match error {
        DecodingError::MemoryLimitExceeded => {
            let limit = limits.icc_bytes;
            CodecError::TooLarge { what: Bound::MetadataBytes, value: limit.saturating_add(1), limit }
        }
        error => failed(error),
    };
    let exif = decoder.exif_metadata().map_err(budget)?.map(|block| {
        // The prefix belongs to JPEG, but some writers put it here too.
        block.strip_prefix(b"Exif\0\0").map(<[u8]>::to_vec).unwrap_or(block)
    });
    let xmp = decoder.xmp_metadata().map_err(budget)?;
    let layout = layout(&decoder);
    Ok(ImageInfo {
        format: ImageFormat::Webp,
        file_size: bytes.len() as u64,
        size: size(&decoder),
        orientation: exif.as_deref().map(exif::orientation).unwrap_or_default(),
        layout,
        alpha: layout.has_alpha(),
        frames: decoder.num_frames().max(1),
        color: icc::source_color(profile.as_deref()),
        exif,
        xmp,
        icc: profile,
        jpeg: None,
    })
}

pub(crate) fn decode(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    let mut decoder = open(bytes, limits)?;
    if size(&decoder) != info.size || layout(&decoder) != info.layout {
        return Err(CodecError::WrongInfo { format: ImageFormat::Webp });
    }
    check_lossy_frame(bytes, info.size)?;
    let memory = limits.decoded_bytes.saturating_mul(2);
    decoder.set_memory_limit(usize::try_from(memory).unwrap_or(usize::MAX));
    let mut pixels = vec![0; info.size.area() as usize * info.layout.pixel_bytes() as usize];
    decoder.read_image(&mut pixels).map_err(failed)?;
    Ok(pixels)
}

type Source<'a> = WebPDecoder<Timed<'a>>;

fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Source<'a>, CodecError> {
    WebPDecoder::new(Timed::new(bytes, Deadline::of(limits))).map_err(failed)
}

fn size(decoder: &Source<'_>) -> Size {
    let (width, height) = decoder.dimensions();
    Size::new(width, height)
}

fn layout(decoder: &Source<'_>) -> Layout {
    if decoder.has_alpha() { Layout::RGBA8 } else { Layout::RGB8 }
}

/// Refuses a file whose lossy frame is larger than its canvas. The decoder does too, but only once it has allocated and
/// decoded the frame, which may claim 16,383 by 16,383 pixels on a canvas of one.
pub(super) fn check_lossy_frame(bytes: &[u8], canvas: Size) -> Result<(), CodecError> {
    match bytes.get(12..).and_then(lossy_frame) {
        Some(frame) if frame.width > canvas.width || frame.height > canvas.height => {
            let detail = format_args!("a frame of {frame} on a canvas of {canvas}");
            Err(CodecError::damaged(ImageFormat::Webp, detail))
        }
        _ => Ok(()),
    }
}

/// The size of the first lossy frame among `chunks`, or in the first frame of an animation (RFC 9649, 2.5 to 2.7).
fn lossy_frame(mut chunks: &[u8]) -> Option<Size> {
    loop {
        let (kind, rest) = chunks.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        match kind {
            // Three bytes of frame tag, three of start code, then two sides of 14 bits (RFC 6386, 9.1).
            b"VP8 " => {
                let side =
                    |at: usize| Some(u32::from(u16::from_le_bytes([*rest.get(at)?, *rest.get(at + 1)?]) & 0x3fff));
                return Some(Size::new(side(6)?, side(8)?));
            }
            // Sixteen bytes about the frame, then chunks of its own.
            b"ANMF" => return lossy_frame(rest.get(16..)?),
            // Chunks are padded to an even length.
            _ => chunks = rest.get(length.checked_add(length & 1)?..)?,
        }
    }
}

pub(super) fn failed(error: DecodingError) -> CodecError {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            CodecError::truncated(ImageFormat::Webp, "the file ends inside the picture")
        }
        error => CodecError::damaged(ImageFormat::Webp, error),
    }
}
