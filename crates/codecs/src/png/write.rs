//! Pixels to PNG.

use std::borrow::Cow;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Info, chunk::ChunkType};
use tintype_pixels::{Channels, Depth, ImageFormat, Planes};

use super::palette::{self, Indexed};
use crate::{CodecError, Encode, Metadata, PngCompression};

/// What the chunk of an XMP packet is called.
pub(super) const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp\0";

/// Takes every layout of 8 and 16 bits.
pub(crate) fn encode(planes: &Planes, compression: PngCompression, meta: &Metadata) -> Result<Vec<u8>, CodecError> {
    let layout = planes.layout();
    // A guess that spares most reallocations: photographs shrink to about two thirds.
    let mut out = Vec::with_capacity(1024 + planes.bytes().len() / 3 * 2);
    let mut encoder = encoder(&mut out, planes, meta).map_err(failed)?;
    encoder.set_color(match layout.channels {
        Channels::Gray => ColorType::Grayscale,
        Channels::GrayAlpha => ColorType::GrayscaleAlpha,
        Channels::Rgb => ColorType::Rgb,
        // No encoder accepts ink.
        Channels::Rgba | Channels::Cmyk => ColorType::Rgba,
    });
    encoder.set_depth(if layout.depth == Depth::U16 { BitDepth::Sixteen } else { BitDepth::Eight });
    encoder.set_compression(level(compression));
    write(encoder, meta, &big_endian(planes)).map_err(failed)?;
    Ok(out)
}

/// Takes 8-bit RGB and RGBA. One, two or four bits per pixel where the colors are few enough.
pub(crate) fn encode_palette(
    planes: &Planes,
    quality: u8,
    compression: PngCompression,
    meta: &Metadata,
) -> Result<Vec<u8>, CodecError> {
    let colors = Encode::palette_colors(quality.clamp(1, 100));
    let Indexed { palette, indices } =
        palette::indexed(planes, colors).map_err(|detail| CodecError::encode(ImageFormat::Png, detail))?;
    let (depth, bits) = match palette.len() {
        0..=2 => (BitDepth::One, 1),
        3..=4 => (BitDepth::Two, 2),
        5..=16 => (BitDepth::Four, 4),
        _ => (BitDepth::Eight, 8),
    };
    let mut out = Vec::with_capacity(1024 + indices.len() / 2);
    let mut encoder = encoder(&mut out, planes, meta).map_err(failed)?;
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette(palette.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect::<Vec<u8>>());
    // Opaque colors stand last, and what tRNS does not list is opaque.
    let translucent = palette.iter().take_while(|[.., a]| *a < 255).count();
    if translucent > 0 {
        encoder.set_trns(palette[..translucent].iter().map(|[.., a]| *a).collect::<Vec<u8>>());
    }
    encoder.set_compression(level(compression));
    // Neighboring numbers of a palette have nothing to do with each other: PNG's own advice is not to filter (12.7).
    encoder.set_filter(png::Filter::NoFilter);
    write(encoder, meta, &packed(&indices, planes.size().width as usize, bits)).map_err(failed)?;
    Ok(out)
}

fn write<W: std::io::Write>(encoder: Encoder<'_, W>, meta: &Metadata, samples: &[u8]) -> Result<(), EncodingError> {
    let mut writer = encoder.write_header()?;
    if let Some(xmp) = &meta.xmp {
        // Not compressed, no language (XMP specification, part 3, 1.1.5).
        writer.write_chunk(ChunkType(*b"iTXt"), &[XMP_KEYWORD, &[0; 4], xmp].concat())?;
    }
    if let Some(block) = &meta.exif {
        writer.write_chunk(ChunkType(*b"eXIf"), block)?;
    }
    writer.write_image_data(samples)?;
    writer.finish()
}

/// An encoder of a picture as large as `planes`, with the profile of `meta` in its header: it stands in front of everything else.
fn encoder<'a>(
    out: &'a mut Vec<u8>,
    planes: &Planes,
    meta: &'a Metadata,
) -> Result<Encoder<'a, &'a mut Vec<u8>>, EncodingError> {
    let mut info = Info::with_size(planes.size().width, planes.size().height);
    info.icc_profile = meta.color.as_ref().map(|profile| Cow::Borrowed(profile.icc.as_slice()));
    Encoder::with_info(out, info)
}

fn level(compression: PngCompression) -> Compression {
    match compression {
        PngCompression::Fast => Compression::Fast,
        PngCompression::Balanced => Compression::Balanced,
        PngCompression::High => Compression::High,
    }
}

fn failed(error: EncodingError) -> CodecError {
    CodecError::encode(ImageFormat::Png, error)
}

/// Numbers of `bits` each, the leftmost in the highest bits; each row starts a byte (PNG 3rd edition, 7.2).
fn packed(indices: &[u8], width: usize, bits: usize) -> Cow<'_, [u8]> {
    if bits == 8 {
        return Cow::Borrowed(indices);
    }
    let byte = |numbers: &[u8]| numbers.iter().enumerate().fold(0, |byte, (i, n)| byte | n << (8 - bits * (i + 1)));
    indices.chunks_exact(width).flat_map(|row| row.chunks(8 / bits).map(byte)).collect::<Vec<u8>>().into()
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
