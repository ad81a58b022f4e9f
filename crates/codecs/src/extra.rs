//! BMP and TIFF by the `image` crate, for whoever allows them: [`Limits::extra_inputs`].
//!
//! Of a TIFF the first picture is read, its color profile and orientation too. Alpha is taken as straight whatever TIFF's
//! ExtraSamples says. Gray with alpha, and samples of floating point, are refused. Nothing is written.

use std::io::ErrorKind;

use image::{
    ColorType, ImageDecoder, ImageError,
    codecs::{bmp::BmpDecoder, tiff::TiffDecoder},
    error::LimitErrorKind,
};
use tintype_pixels::{Channels, Depth, ImageFormat, ImageInfo, Layout, Orientation, Size};

use crate::{
    Bound, CodecError, Limits,
    deadline::{Deadline, Timed},
    icc,
};

pub(crate) fn probe_bmp(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    probe(open_bmp(bytes, limits)?, ImageFormat::Bmp, bytes, limits)
}

pub(crate) fn decode_bmp(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    decode(open_bmp(bytes, limits)?, info, limits)
}

pub(crate) fn probe_tiff(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    probe(open_tiff(bytes, limits)?, ImageFormat::Tiff, bytes, limits)
}

pub(crate) fn decode_tiff(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    decode(open_tiff(bytes, limits)?, info, limits)
}

fn open_bmp<'a>(bytes: &'a [u8], limits: &Limits) -> Result<BmpDecoder<Timed<'a>>, CodecError> {
    BmpDecoder::new(Timed::new(bytes, Deadline::of(limits))).map_err(|error| failed(error, ImageFormat::Bmp))
}

fn open_tiff<'a>(bytes: &'a [u8], limits: &Limits) -> Result<TiffDecoder<Timed<'a>>, CodecError> {
    TiffDecoder::new(Timed::new(bytes, Deadline::of(limits))).map_err(|error| failed(error, ImageFormat::Tiff))
}

fn probe(
    mut decoder: impl ImageDecoder,
    format: ImageFormat,
    bytes: &[u8],
    limits: &Limits,
) -> Result<ImageInfo, CodecError> {
    let layout = layout(decoder.color_type(), format)?;
    let (width, height) = decoder.dimensions();
    limits.check_picture(Size::new(width, height), layout)?;
    // A profile or an orientation that cannot be read is no reason to refuse the pixels.
    let profile = decoder.icc_profile().ok().flatten();
    if let Some(profile) = &profile {
        limits.check_icc(profile.len() as u64)?;
    }
    let orientation = decoder.orientation().map(|orientation| u32::from(orientation.to_exif()));
    Ok(ImageInfo {
        format,
        file_size: bytes.len() as u64,
        size: Size::new(width, height),
        orientation: orientation.map(Orientation::from_exif).unwrap_or_default(),
        layout,
        alpha: layout.has_alpha(),
        frames: 1,
        color: icc::source_color(profile.as_deref()),
        exif: None,
        xmp: None,
        icc: profile,
        jpeg: None,
    })
}

fn decode(mut decoder: impl ImageDecoder, info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    let (width, height) = decoder.dimensions();
    if Size::new(width, height) != info.size || layout(decoder.color_type(), info.format)? != info.layout {
        return Err(CodecError::WrongInfo { format: info.format });
    }
    // The samples themselves, and what the decoder keeps beside them.
    let mut memory = image::Limits::default();
    memory.max_alloc = Some(limits.decoded_bytes.saturating_mul(2));
    decoder.set_limits(memory).map_err(|error| failed(error, info.format))?;
    let mut pixels = vec![0; info.size.area() as usize * info.layout.pixel_bytes() as usize];
    decoder.read_image(&mut pixels).map_err(|error| failed(error, info.format))?;
    Ok(pixels)
}

fn layout(color: ColorType, format: ImageFormat) -> Result<Layout, CodecError> {
    let (channels, depth) = match color {
        ColorType::L8 => (Channels::Gray, Depth::U8),
        ColorType::La8 => (Channels::GrayAlpha, Depth::U8),
        ColorType::Rgb8 => (Channels::Rgb, Depth::U8),
        ColorType::Rgba8 => (Channels::Rgba, Depth::U8),
        ColorType::L16 => (Channels::Gray, Depth::U16),
        ColorType::La16 => (Channels::GrayAlpha, Depth::U16),
        ColorType::Rgb16 => (Channels::Rgb, Depth::U16),
        ColorType::Rgba16 => (Channels::Rgba, Depth::U16),
        _ => return Err(CodecError::Unsupported { format: format.name(), what: "with floating-point samples" }),
    };
    Ok(Layout::new(channels, depth))
}

fn failed(error: ImageError, format: ImageFormat) -> CodecError {
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            CodecError::truncated(format, "the file ends inside the picture")
        }
        ImageError::Limits(error) if matches!(error.kind(), LimitErrorKind::InsufficientMemory) => {
            CodecError::TooLarge { what: Bound::DecodedBytes, value: u64::MAX, limit: u64::MAX }
        }
        ImageError::Unsupported(_) => CodecError::Unsupported { format: format.name(), what: "of this kind" },
        error => CodecError::damaged(format, error),
    }
}
