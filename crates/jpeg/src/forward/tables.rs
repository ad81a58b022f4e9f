//! Quantisation tables from a quality (jcparam.c).

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
