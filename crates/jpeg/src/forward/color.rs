//! RGB to YCbCr in fixed point of 16 bits (jccolor.c), and the planes of a picture.

use tintype_pixels::{Channels, Planes};

use crate::ColorTransform;

/// Y, 0 to 255.
pub fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((19595 * i32::from(r) + 38470 * i32::from(g) + 7471 * i32::from(b) + 32768) >> 16) as u8
}

/// Cb, 0 to 255. Half is rounded down, or the largest blue would be 256.
pub fn blue_difference([r, g, b]: [u8; 3]) -> u8 {
    ((32768 * i32::from(b) - 11059 * i32::from(r) - 21709 * i32::from(g) + (128 << 16) + 32767) >> 16) as u8
}

/// Cr, 0 to 255. Half is rounded down, or the largest red would be 256.
pub fn red_difference([r, g, b]: [u8; 3]) -> u8 {
    ((32768 * i32::from(r) - 27439 * i32::from(g) - 5329 * i32::from(b) + (128 << 16) + 32767) >> 16) as u8
}

/// One plane of full size per component; `None` where `color` cannot be made of these pixels.
pub(super) fn split(planes: &Planes, color: ColorTransform) -> Option<Vec<Vec<u8>>> {
    let bytes = planes.bytes();
    let (pixels, _) = bytes.as_chunks::<3>();
    let each = |sample: fn([u8; 3]) -> u8| pixels.iter().map(|&pixel| sample(pixel)).collect::<Vec<u8>>();
    match (planes.layout().channels, color) {
        (Channels::Gray, ColorTransform::Gray) => Some(vec![bytes.to_vec()]),
        (Channels::Rgb, ColorTransform::Gray) => Some(vec![each(luma)]),
        (Channels::Rgb, ColorTransform::YCbCr) => Some(vec![each(luma), each(blue_difference), each(red_difference)]),
        (Channels::Rgb, ColorTransform::Rgb) => Some(vec![each(|p| p[0]), each(|p| p[1]), each(|p| p[2])]),
        _ => None,
    }
}
