//! PNG to pixels.

use std::{
    borrow::Cow,
    io::{Cursor, ErrorKind},
};

use png::{BitDepth, ColorType, Decoder, DecodingError, Reader, Transformations};
use tintype_pixels::{Channels, Depth, ImageFormat, ImageInfo, Layout, Size};

use super::{color, write::XMP_KEYWORD};
use crate::{
    Bound, CodecError, Limits,
    deadline::{Deadline, Timed},
    exif,
};

pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    let sound = without_odd_cicp(bytes);
    let (file_size, bytes) = (bytes.len() as u64, sound.as_ref());
    // The size first, and by itself: the rest of the header is only read once it is known to be worth it.
    let mut decoder = Decoder::new(Cursor::new(bytes));
    let header = decoder.read_header_info().map_err(|error| failed(error, limits))?;
    limits.check_picture(Size::new(header.width, header.height), Layout::GRAY8)?;
    check_chunks(bytes)?;

    // A profile that does not inflate, or not within the budget, is passed over: no reason to refuse the pixels.
    let reader = open(bytes, limits, Profile::Read).map_err(|error| failed(error, limits))?;
    let info = reader.info();
    if let Some(profile) = &info.icc_profile {
        limits.check_icc(profile.len() as u64)?;
    }
    let exif = info.exif_metadata.as_deref().or_else(|| find_chunk(bytes, b"eXIf")).map(<[u8]>::to_vec);
    let icc = info.icc_profile.as_deref().map(<[u8]>::to_vec);
    let layout = layout(reader.output_color_type());
    Ok(ImageInfo {
        format: ImageFormat::Png,
        file_size,
        size: Size::new(info.width, info.height),
        orientation: exif.as_deref().map(exif::orientation).unwrap_or_default(),
        layout,
        alpha: layout.has_alpha(),
        frames: info.animation_control().map_or(1, |animation| animation.num_frames.max(1)),
        color: color::source_color(info),
        exif,
        xmp: xmp(bytes).map(<[u8]>::to_vec),
        icc,
        jpeg: None,
    })
}

pub(crate) fn decode(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    let sound = without_odd_cicp(bytes);
    let mut reader = open(&sound, limits, Profile::Skip).map_err(|error| failed(error, limits))?;
    let size = Size::new(reader.info().width, reader.info().height);
    if size != info.size || layout(reader.output_color_type()) != info.layout {
        return Err(CodecError::WrongInfo { format: ImageFormat::Png });
    }
    let mut pixels = vec![0; size.area() as usize * info.layout.pixel_bytes() as usize];
    reader.next_frame(&mut pixels).map_err(|error| failed(error, limits))?;
    if info.layout.depth == Depth::U16 {
        for sample in pixels.as_chunks_mut::<2>().0 {
            *sample = u16::from_be_bytes(*sample).to_ne_bytes();
        }
    }
    Ok(pixels)
}

/// What to do about an embedded profile.
#[derive(Clone, Copy)]
enum Profile {
    Read,
    Skip,
}

/// A decoder that has read everything in front of the pixels.
fn open<'a>(bytes: &'a [u8], limits: &Limits, profile: Profile) -> Result<Reader<Timed<'a>>, DecodingError> {
    let file = Timed::new(bytes, Deadline::of(limits));
    let mut decoder = Decoder::new_with_limits(file, png::Limits { bytes: metadata_budget(limits) });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(matches!(profile, Profile::Skip));
    decoder.read_info()
}

/// What the decoder may allocate besides the pixels: chunks as they are stored, the profile inflated, a few rows.
pub(super) fn metadata_budget(limits: &Limits) -> usize {
    let rows = u64::from(limits.side_px).saturating_mul(8 * 4);
    usize::try_from(limits.icc_bytes.saturating_mul(3).saturating_add(rows)).unwrap_or(usize::MAX)
}

fn layout((color, depth): (ColorType, BitDepth)) -> Layout {
    let channels = match color {
        ColorType::Grayscale => Channels::Gray,
        ColorType::GrayscaleAlpha => Channels::GrayAlpha,
        ColorType::Rgb | ColorType::Indexed => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
    };
    Layout::new(channels, if depth == BitDepth::Sixteen { Depth::U16 } else { Depth::U8 })
}

/// The data of the first chunk of a kind, wherever it is: EXIF may come after the pixels.
fn find_chunk<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    chunks(bytes).find(|chunk| chunk.kind == kind).map(|chunk| chunk.data)
}

/// The XMP packet, which is not compressed (XMP specification, part 3, 1.1.5).
fn xmp(bytes: &[u8]) -> Option<&[u8]> {
    chunks(bytes).filter(|chunk| chunk.kind == b"iTXt").find_map(|chunk| {
        let rest = chunk.data.strip_prefix(XMP_KEYWORD)?.strip_prefix(&[0, 0])?;
        // The language and the keyword in that language.
        let mut parts = rest.splitn(3, |b| *b == 0);
        parts.nth(2)
    })
}

/// `bytes` without code points of color that PNG does not allow (3rd edition, 11.3.2.6). The decoder would refuse the picture for
/// them; of the ways to tell colors, they are one that says nothing.
fn without_odd_cicp(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_odd = |chunk: &Chunk<'_>| chunk.kind == b"cICP" && !matches!(chunk.data, [_, _, 0, 0 | 1]);
    // It stands in front of the pixels, or nobody looks at it.
    let mut header = chunks(bytes).take_while(|chunk| chunk.kind != b"IDAT");
    match header.find(is_odd) {
        Some(chunk) => {
            let end = (chunk.start + chunk.data.len() + 12).min(bytes.len());
            Cow::Owned([&bytes[..chunk.start], &bytes[end..]].concat())
        }
        None => Cow::Borrowed(bytes),
    }
}

/// The most chunks of a file. The smallest pieces that pixels are written in, of 8 KiB, make 13,000 of the largest file.
const MAX_CHUNKS: usize = 250_000;

/// Refuses a file of many more chunks than pixels need: each costs the decoder some hundred nanoseconds in twelve bytes.
fn check_chunks(bytes: &[u8]) -> Result<(), CodecError> {
    match chunks(bytes).nth(MAX_CHUNKS) {
        Some(_) => {
            let limit = MAX_CHUNKS as u64;
            Err(CodecError::TooLarge { what: Bound::Items, value: limit + 1, limit })
        }
        None => Ok(()),
    }
}

/// A chunk of a file.
struct Chunk<'a> {
    kind: &'a [u8; 4],
    data: &'a [u8],
    /// Where it begins, with its length.
    start: usize,
}

/// The chunks as far as they are whole.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut start = 8usize;
    std::iter::from_fn(move || {
        let (length, after) = bytes.get(start..)?.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let data = after.get(..u32::from_be_bytes(*length) as usize)?;
        let chunk = Chunk { kind, data, start };
        // Length, kind, the data and its checksum.
        start += 12 + data.len();
        Some(chunk)
    })
}

pub(super) fn failed(error: DecodingError, limits: &Limits) -> CodecError {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            CodecError::truncated(ImageFormat::Png, "the file ends inside the picture")
        }
        DecodingError::LimitsExceeded => {
            let limit = metadata_budget(limits) as u64;
            CodecError::TooLarge { what: Bound::MetadataBytes, value: limit.saturating_add(1), limit }
        }
        error => CodecError::damaged(ImageFormat::Png, error),
    }
}
