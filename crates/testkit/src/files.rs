//! Encoded files made by code, byte for byte known: PNGs of any layout with a profile or EXIF, JPEGs with EXIF.
//!
//! Nothing here uses our own codecs, so a test that reads these files tests them too.

use png::{BitDepth, ColorType, Encoder, Info};
use tintype_pixels::{Channels, Depth, Layout, Planes, Size};

/// A PNG of 8 bits with alpha, pixel by pixel.
pub fn png(size: Size, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Vec<u8> {
    png_of(&planes(size, Layout::RGBA8, pixel), None, None)
}

/// A PNG of 8 bits without alpha, pixel by pixel.
pub fn png_rgb(size: Size, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    png_of(&planes(size, Layout::RGB8, pixel), None, None)
}

/// Samples, pixel by pixel.
///
/// # Panics
/// When the layout's pixels have another number of bytes.
pub fn planes<const N: usize>(size: Size, layout: Layout, pixel: impl Fn(u32, u32) -> [u8; N]) -> Planes {
    let pixels = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
    let bytes = pixels.flat_map(|(x, y)| pixel(x, y)).collect();
    Planes::new(size, layout, bytes).expect("as many bytes as the layout's pixels have")
}

/// A PNG of integer samples, with a color profile and an EXIF block where they are given.
///
/// # Panics
/// When the samples are floats.
pub fn png_of(planes: &Planes, icc: Option<&[u8]>, exif: Option<&[u8]>) -> Vec<u8> {
    let mut info = Info::with_size(planes.size().width, planes.size().height);
    info.color_type = match planes.layout().channels {
        Channels::Gray => ColorType::Grayscale,
        Channels::GrayAlpha => ColorType::GrayscaleAlpha,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
        Channels::Cmyk => panic!("a PNG has no ink"),
    };
    let mut samples = planes.bytes().to_vec();
    info.bit_depth = match planes.layout().depth {
        Depth::U8 => BitDepth::Eight,
        Depth::U16 => {
            for sample in samples.as_chunks_mut::<2>().0 {
                *sample = u16::from_ne_bytes(*sample).to_be_bytes();
            }
            BitDepth::Sixteen
        }
        Depth::F32 => panic!("a PNG has no floats"),
    };
    info.icc_profile = icc.map(|profile| profile.to_vec().into());
    info.exif_metadata = exif.map(|block| block.to_vec().into());
    let mut file = Vec::new();
    let mut encoder = Encoder::with_info(&mut file, info).expect("a still picture");
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("a vector takes everything");
    writer.write_image_data(&samples).expect("as many samples as the header says");
    writer.finish().expect("a vector takes everything");
    file
}

/// An EXIF block (TIFF 6.0, little endian) that holds nothing but an orientation, 1 to 8.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

/// The JPEG with an EXIF block in front of everything else.
///
/// # Panics
/// When it is no JPEG, or the block is longer than a segment.
pub fn jpeg_with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    assert!(jpeg.starts_with(&[0xff, 0xd8]), "a JPEG starts with SOI");
    let length = u16::try_from(2 + 6 + exif.len()).expect("a segment has at most 65,535 bytes");
    let mut file = vec![0xff, 0xd8, 0xff, 0xe1];
    file.extend(length.to_be_bytes());
    file.extend(b"Exif\0\0");
    file.extend(exif);
    file.extend(&jpeg[2..]);
    file
}

/// Where the pixel that is stored at (`x`, `y`) belongs in the upright picture of `upright` pixels, as EXIF 2.32 defines
/// orientation 1 to 8: by which edges the first row and the first column show.
pub fn upright_from_stored(orientation: u8, upright: Size, (x, y): (u32, u32)) -> (u32, u32) {
    let (right, bottom) = (upright.width - 1, upright.height - 1);
    match orientation {
        2 => (right - x, y),
        3 => (right - x, bottom - y),
        4 => (x, bottom - y),
        5 => (y, x),
        6 => (right - y, x),
        7 => (right - y, bottom - x),
        8 => (y, bottom - x),
        _ => (x, y),
    }
}

/// The size as stored of a picture of `upright` pixels.
pub fn stored_size(orientation: u8, upright: Size) -> Size {
    if orientation >= 5 { upright.transposed() } else { upright }
}
