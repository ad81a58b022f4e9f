//! Pixels to PNG.

use std::borrow::Cow;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};
use tintype_pixels::{Channels, Depth, ImageFormat, Planes};

use crate::{CodecError, PngCompression};

/// Takes every layout of 8 and 16 bits.
pub(crate) fn encode(planes: &Planes, compression: PngCompression) -> Result<Vec<u8>, CodecError> {
    let failed = |error: EncodingError| CodecError::encode(ImageFormat::Png, error);
    let layout = planes.layout();
    // A guess that spares most reallocations: photographs shrink to about two thirds.
    let mut out = Vec::with_capacity(1024 + planes.bytes().len() / 3 * 2);
    let mut encoder = Encoder::new(&mut out, planes.size().width, planes.size().height);
    encoder.set_color(match layout.channels {
        Channels::Gray => ColorType::Grayscale,
        Channels::GrayAlpha => ColorType::GrayscaleAlpha,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
    });
    encoder.set_depth(if layout.depth == Depth::U16 { BitDepth::Sixteen } else { BitDepth::Eight });
    encoder.set_compression(match compression {
        PngCompression::Fast => Compression::Fast,
        PngCompression::Balanced => Compression::Balanced,
    });
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&big_endian(planes)).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(out)
}

/// The samples in the order PNG stores them.
fn big_endian(planes: &Planes) -> Cow<'_, [u8]> {
    if planes.layout().depth != Depth::U16 || cfg!(target_endian = "big") {
        return Cow::Borrowed(planes.bytes());
    }
    let mut bytes = planes.bytes().to_vec();
    for sample in bytes.as_chunks_mut::<2>().0 {
        sample.reverse();
    }
    Cow::Owned(bytes)
}
