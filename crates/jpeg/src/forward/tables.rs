//! Quantisation tables from a quality (jcparam.c), and others of about the same quality.

use super::Sampling;

/// T.81, table K.1.
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// T.81, table K.2.
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99,
];

/// By how much of the first step the steps grow from a frequency to the next.
const SLOPE: f64 = 0.8;
/// Steps of chroma beside those of luma, where a chroma sample stands for four pixels, and where it stands for one.
const HALF_CHROMA: f64 = 1.0;
const FULL_CHROMA: f64 = 2.0;

/// Quantisation steps in natural order, 1 to 65535.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// For gray, Y, R, G, B, and the K of YCCK.
    pub luma: [u16; 64],
    /// For Cb and Cr.
    pub chroma: [u16; 64],
}

impl Tables {
    /// The tables of T.81's annex K, scaled to a quality of 1 to 100 and kept within the 1 to 255 of a baseline file.
    pub fn from_quality(quality: u8) -> Self {
        Self::scaled(scale_from_quality(quality), 255)
    }

    /// The same, but steps up to 32767, as `cjpeg` makes them unless told `-baseline`. Below a quality of 25 such
    /// files are not baseline, and many decoders refuse them.
    pub fn extended_from_quality(quality: u8) -> Self {
        Self::scaled(scale_from_quality(quality), 32767)
    }

    /// Tables whose steps grow with the frequency and with nothing else, for luma and chroma. Beside those of annex K, DC, chroma and
    /// the finest detail keep more, and luma's low and middle frequencies less, which are where most of the bytes are. Made to be as good by SSIMULACRA2 as [`Tables::from_quality`] of the same quality, and smaller; see
    /// `benches/results/jpeg-2026-11-22.md`. Meant for [`Rounding::DeadZone`](super::Rounding).
    ///
    /// The idea of such tables is jpegli's (github.com/google/jpegli); form and numbers were found anew.
    pub fn perceptual(quality: u8, sampling: Sampling) -> Self {
        let scale = perceptual_scale(quality.clamp(1, 100));
        let table = |scale: f64| {
            std::array::from_fn(|place| {
                let (x, y) = (place % 8, place / 8);
                let frequency = ((x * x + y * y) as f64).sqrt();
                (scale * (1.0 + SLOPE * frequency)).round().clamp(1.0, 255.0) as u16
            })
        };
        let chroma = if sampling == Sampling::FULL { FULL_CHROMA } else { HALF_CHROMA };
        Self { luma: table(scale), chroma: table(chroma * scale) }
    }

    fn scaled(percent: u32, largest: u32) -> Self {
        let scale = |step: u16| ((u32::from(step) * percent + 50) / 100).clamp(1, largest) as u16;
        Self { luma: LUMA.map(scale), chroma: CHROMA.map(scale) }
    }
}

/// By how many percent the tables of annex K are scaled for a quality of 1 to 100.
pub fn scale_from_quality(quality: u8) -> u32 {
    match u32::from(quality.clamp(1, 100)) {
        low @ ..50 => 5000 / low,
        high => 200 - 2 * high,
    }
}

/// The first step for a quality of 1 to 100: in proportion to that of the standard's tables, at every quality.
fn perceptual_scale(quality: u8) -> f64 {
    0.085 * f64::from(scale_from_quality(quality))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perceptual_tables_grow_with_frequency_and_fall_with_quality() {
        for sampling in [Sampling::HALF, Sampling::FULL] {
            let mut before = Tables { luma: [256; 64], chroma: [256; 64] };
            for quality in 1..=100 {
                let tables = Tables::perceptual(quality, sampling);
                for (table, before) in [(&tables.luma, &before.luma), (&tables.chroma, &before.chroma)] {
                    assert!(table.iter().all(|step| (1..=255).contains(step)), "{quality}");
                    assert!(table.iter().zip(before).all(|(step, before)| step <= before), "{quality}");
                    for place in 0..56 {
                        assert!(table[place] <= table[place + 8], "{quality}: {place} and below");
                        assert_eq!(table[place], table[place % 8 * 8 + place / 8], "{quality}: {place} turned over");
                    }
                }
                before = tables;
            }
            assert_eq!(before, Tables { luma: [1; 64], chroma: [1; 64] });
        }
        assert_eq!(Tables::perceptual(0, Sampling::FULL), Tables::perceptual(1, Sampling::FULL));
        assert_eq!(Tables::perceptual(255, Sampling::FULL), Tables::perceptual(100, Sampling::FULL));
        // The first row at quality 80: 0.085 times 40 per cent, and 0.8 of that more for each frequency.
        assert_eq!(Tables::perceptual(80, Sampling::HALF).luma[..8], [3, 6, 9, 12, 14, 17, 20, 22]);
    }
}
