//! From the stored components of one pixel to RGB (JFIF 1.02, with the 16-bit fixed point of libjpeg's `jdcolor.c`).

use crate::ColorTransform;

const HALF: i32 = 1 << 15;

/// Red, green and blue of a pixel whose components, at full resolution, are `stored`. Components that the color transform
/// does not have are not read.
pub fn rgb(color: ColorTransform, stored: [u8; 4]) -> [u8; 3] {
    let [a, b, c, black] = stored;
    match color {
        ColorTransform::Gray => [a; 3],
        ColorTransform::Rgb => [a, b, c],
        ColorTransform::YCbCr => rgb_from_ycbcr([a, b, c]),
        ColorTransform::Cmyk => [a, b, c].map(|ink| times_black(ink, black)),
        // The matrix gives red, green, blue; cyan, magenta and yellow are their complements.
        ColorTransform::Ycck => rgb_from_ycbcr([a, b, c]).map(|light| times_black(255 - light, black)),
    }
}

fn rgb_from_ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    // 1.402, 0.34414, 0.71414 and 1.772, times 65536.
    [
        clamp(y + ((91_881 * cr + HALF) >> 16)),
        clamp(y + ((-22_554 * cb - 46_802 * cr + HALF) >> 16)),
        clamp(y + ((116_130 * cb + HALF) >> 16)),
    ]
}

/// Inverted ink times inverted black, over 255, rounded to nearest.
fn times_black(ink: u8, black: u8) -> u8 {
    ((2 * u32::from(ink) * u32::from(black) + 255) / 510) as u8
}

fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colors() {
        let cases = [
            (ColorTransform::Gray, [7, 0, 0, 0], [7, 7, 7]),
            (ColorTransform::Rgb, [1, 2, 3, 0], [1, 2, 3]),
            (ColorTransform::YCbCr, [128, 128, 128, 0], [128, 128, 128]),
            // JFIF's red, green and blue.
            (ColorTransform::YCbCr, [76, 85, 255, 0], [254, 0, 0]),
            (ColorTransform::YCbCr, [150, 44, 21, 0], [0, 255, 1]),
            (ColorTransform::YCbCr, [29, 255, 107, 0], [0, 0, 254]),
            // No ink at all, full black, half of one.
            (ColorTransform::Cmyk, [255, 255, 255, 255], [255, 255, 255]),
            (ColorTransform::Cmyk, [255, 255, 255, 0], [0, 0, 0]),
            (ColorTransform::Cmyk, [255, 0, 128, 128], [128, 0, 64]),
            (ColorTransform::Ycck, [0, 128, 128, 255], [255, 255, 255]),
            (ColorTransform::Ycck, [255, 128, 128, 255], [0, 0, 0]),
        ];
        for (color, stored, expected) in cases {
            assert_eq!(rgb(color, stored), expected, "{color:?} {stored:?}");
        }
    }
}
