//! JPEG to pixels.

use std::borrow::Cow;

use tintype_pixels::{ImageFormat, ImageInfo, JpegLayout, Layout};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{JpegDecoder, errors::DecodeErrors};

use super::header::Header;
use crate::{Bound, CodecError, Limits, exif, icc};

pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    let header = Header::parse(bytes, limits)?;
    let exif = header.exif.clone().map(|range| bytes[range].to_vec());
    // A CMYK profile is not read, so the plain conversion to RGB is taken for sRGB.
    let profile = header.icc.as_deref().filter(|_| header.frame.components != 4);
    Ok(ImageInfo {
        format: ImageFormat::Jpeg,
        file_size: bytes.len() as u64,
        size: header.frame.size,
        orientation: exif.as_deref().map(exif::orientation).unwrap_or_default(),
        layout: layout(&header),
        alpha: false,
        frames: 1,
        color: icc::source_color(profile),
        exif,
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
    if header.frame.size != info.size || layout(&header) != info.layout {
        return Err(CodecError::WrongInfo { format: ImageFormat::Jpeg });
    }
    let limit = limits.scans_of(header.frame.size);
    let scans = header.scans(bytes, limit);
    if scans.count > limit {
        let (value, limit) = (u64::from(scans.count), u64::from(limit));
        return Err(CodecError::TooLarge { what: Bound::JpegScans, value, limit });
    }
    if !header.interleaved {
        return one_component_at_a_time(bytes, &header, info, scans.complete);
    }
    let (bytes, colorspace) = colorspace(bytes, &header);
    if scans.complete {
        pixels(&bytes, info, limits, colorspace, Mode::Lenient).map_err(damaged)
    } else {
        cut_off(&bytes, &header, info, limits, colorspace)
    }
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
