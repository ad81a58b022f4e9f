//! JPEG to pixels.

use std::borrow::Cow;

use tintype_jpeg::ColorTransform;
use tintype_pixels::{ImageFormat, ImageInfo, JpegLayout, Layout};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{JpegDecoder, errors::DecodeErrors};

use super::header::{Header, Scans};
use crate::{Bound, CodecError, Limits, exif, icc};

pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    let header = Header::parse(bytes, limits)?;
    limits.check_picture(header.frame.size, Layout::GRAY8)?;
    check_scans(&header, bytes, limits)?;
    let exif = header.exif.clone().map(|range| bytes[range].to_vec());
    // Ink whose profile is missing or not read is converted plainly, and that is taken for sRGB.
    let profile = header.icc.as_deref();
    let ink = Some(profile).filter(|_| header.frame.components == 4 && header.interleaved).and_then(icc::ink_color);
    let layout = if ink.is_some() { Layout::CMYK8 } else { layout(&header) };
    Ok(ImageInfo {
        format: ImageFormat::Jpeg,
        file_size: bytes.len() as u64,
        size: header.frame.size,
        orientation: exif.as_deref().map(exif::orientation).unwrap_or_default(),
        layout,
        alpha: false,
        frames: 1,
        color: ink.unwrap_or_else(|| icc::source_color(profile)),
        exif,
        xmp: header.xmp.clone().map(|range| bytes[range].to_vec()),
        icc: header.icc,
        jpeg: components(bytes, limits),
    })
}

/// What the coefficients' own reader sees in the same header; `None` where it reads no such file.
fn components(bytes: &[u8], limits: &Limits) -> Option<JpegLayout> {
    let bounds = tintype_jpeg::decode::Limits { icc_bytes: limits.icc_bytes, ..Default::default() };
    tintype_jpeg::decode::Header::read(bytes, &bounds).ok().map(|header| header.frame.layout())
}

pub(crate) fn decode(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    let header = Header::parse(bytes, limits)?;
    let is_ink = info.layout == Layout::CMYK8 && header.frame.components == 4 && header.interleaved;
    if header.frame.size != info.size || !is_ink && layout(&header) != info.layout {
        return Err(CodecError::WrongInfo { format: ImageFormat::Jpeg });
    }
    let scans = check_scans(&header, bytes, limits)?;
    if !header.interleaved {
        return one_component_at_a_time(bytes, &header, info, scans.complete);
    }
    let (bytes, colorspace) =
        if is_ink { (Cow::Borrowed(bytes), stored_inks(&header)) } else { colorspace(bytes, &header) };
    let mut pixels = if scans.complete {
        pixels(&bytes, info, limits, colorspace, Mode::Lenient).map_err(damaged)?
    } else {
        cut_off(&bytes, &header, info, limits, colorspace)?
    };
    if is_ink {
        pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|stored| *stored = inks(*stored, colorspace));
    }
    Ok(pixels)
}

/// The file's scans, if they are not too many, and not too short for the picture that the header announces.
fn check_scans(header: &Header, bytes: &[u8], limits: &Limits) -> Result<Scans, CodecError> {
    let limit = limits.scans_of(header.frame.size);
    let scans = header.scans(bytes, limit);
    if scans.count > limit {
        let (value, limit) = (u64::from(scans.count), u64::from(limit));
        return Err(CodecError::TooLarge { what: Bound::JpegScans, value, limit });
    }
    // Each block of 64 samples of the first component takes a bit, in a sequential file two: the shortest code there is.
    let size = header.frame.size;
    let blocks = u64::from(size.width.div_ceil(8)) * u64::from(size.height.div_ceil(8));
    let least_bits = blocks / header.frame.first_scale * if header.frame.progressive { 1 } else { 2 };
    if bytes.len() as u64 * 8 < least_bits - least_bits / TOLERATED_SHARE {
        let detail = format_args!("{} bytes cannot hold a picture of {size}", bytes.len());
        return Err(CodecError::truncated(ImageFormat::Jpeg, detail));
    }
    Ok(scans)
}

/// What the decoder has to be asked for to hand out four components as they are stored.
fn stored_inks(header: &Header) -> ColorSpace {
    match header.adobe_transform {
        Some((_, 2)) => ColorSpace::YCCK,
        _ => ColorSpace::CMYK,
    }
}

/// Cyan, magenta, yellow and black, 0 for no ink. Files have them the other way round, as Photoshop does and as browsers take
/// them all; the first three may be stored as the YCbCr of their complements (Adobe technical note 5116).
fn inks(stored: [u8; 4], colorspace: ColorSpace) -> [u8; 4] {
    let [c, m, y, k] = stored;
    if colorspace == ColorSpace::YCCK {
        let [red, green, blue] = tintype_jpeg::inverse::rgb(ColorTransform::YCbCr, stored);
        return [red, green, blue, 255 - k];
    }
    [255 - c, 255 - m, 255 - y, 255 - k]
}

/// A picture whose components come one after the other. `zune-jpeg` 0.5.15 decodes such files, where color is stored at
/// lower resolution, to wrong colors without an error (etemesi254/zune-image#422 and #430): the older and slower
/// `jpeg-decoder` has them right. To be dropped with the first release that has both fixes.
fn one_component_at_a_time(
    bytes: &[u8],
    header: &Header,
    info: &ImageInfo,
    complete: bool,
) -> Result<Vec<u8>, CodecError> {
    if header.frame.components != 3 {
        return Err(CodecError::Unsupported { format: ImageFormat::Jpeg.name(), what: "with CMYK in separate scans" });
    }
    if !complete {
        return Err(CodecError::truncated(ImageFormat::Jpeg, "in separate scans, and the end marker is missing"));
    }
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(info.size.area() as usize * info.layout.pixel_bytes() as usize);
    decoder.decode().map_err(|error| CodecError::damaged(ImageFormat::Jpeg, error))
}

/// A file without an end marker: whole but for the marker, nearly whole, or cut off.
fn cut_off(
    bytes: &[u8],
    header: &Header,
    info: &ImageInfo,
    limits: &Limits,
    colorspace: ColorSpace,
) -> Result<Vec<u8>, CodecError> {
    // Of a progressive picture a late scan is missing everywhere, and nobody can say how much that is.
    if header.frame.progressive {
        return Err(CodecError::truncated(ImageFormat::Jpeg, "progressive, and the end marker is missing"));
    }
    if let Ok(pixels) = pixels(bytes, info, limits, colorspace, Mode::Strict) {
        return Ok(pixels);
    }
    let pixels = pixels(bytes, info, limits, colorspace, Mode::Lenient).map_err(damaged)?;
    // The decoder fills what it has no data for with mid gray, from the row of blocks after the one in which the data
    // ended. That one is broken too.
    let row_bytes = info.size.width as usize * info.layout.pixel_bytes() as usize;
    let gray_rows = pixels.rchunks_exact(row_bytes).take_while(|row| row.iter().all(|b| *b == 128)).count() as u64;
    let missing = gray_rows + u64::from(header.frame.mcu_rows);
    let height = u64::from(info.size.height);
    if missing * TOLERATED_SHARE > height {
        let missing = missing.min(height);
        return Err(CodecError::truncated(
            ImageFormat::Jpeg,
            format_args!("the last {missing} of {height} rows are missing"),
        ));
    }
    Ok(pixels)
}

/// One part in this many of the rows may be missing: a strip that is hard to see.
const TOLERATED_SHARE: u64 = 32;

fn layout(header: &Header) -> Layout {
    if header.frame.components == 1 { Layout::GRAY8 } else { Layout::RGB8 }
}

/// What to ask the decoder for, and of which bytes.
///
/// Three components that Adobe's segment calls untransformed are RGB. The decoder takes them for a CMYK picture that
/// lacks a component, unless they are named so; told that they are YCbCr, and asked for YCbCr, it hands them out as
/// they are.
fn colorspace<'a>(bytes: &'a [u8], header: &Header) -> (Cow<'a, [u8]>, ColorSpace) {
    match (header.frame.components, header.adobe_transform) {
        (1, _) => (Cow::Borrowed(bytes), ColorSpace::Luma),
        (3, Some((at, 0))) if !header.frame.named_rgb => {
            let mut patched = bytes.to_vec();
            patched[at] = 1;
            (Cow::Owned(patched), ColorSpace::YCbCr)
        }
        _ => (Cow::Borrowed(bytes), ColorSpace::RGB),
    }
}

/// How the decoder takes what is not as it should be.
enum Mode {
    /// Every irregularity is an error.
    Strict,
    /// As viewers do: decode as far as possible.
    Lenient,
}

fn pixels(
    bytes: &[u8],
    info: &ImageInfo,
    limits: &Limits,
    colorspace: ColorSpace,
    mode: Mode,
) -> Result<Vec<u8>, DecodeErrors> {
    let options = DecoderOptions::default()
        .set_max_width(info.size.width as usize)
        .set_max_height(info.size.height as usize)
        .set_strict_mode(matches!(mode, Mode::Strict))
        .jpeg_set_max_scans(limits.jpeg_scans as usize)
        .jpeg_set_out_colorspace(colorspace);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let mut pixels = vec![0; info.size.area() as usize * info.layout.pixel_bytes() as usize];
    decoder.decode_into(&mut pixels)?;
    Ok(pixels)
}

fn damaged(error: DecodeErrors) -> CodecError {
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => {
            CodecError::truncated(ImageFormat::Jpeg, "the file ends inside the picture")
        }
        // Only its `Debug` is for people.
        error => CodecError::damaged(ImageFormat::Jpeg, format!("{error:?}").trim_matches('"')),
    }
}
