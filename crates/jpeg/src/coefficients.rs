//! A picture as JPEG stores it: planes of blocks of quantised coefficients.

use std::fmt;

use tintype_pixels::Size;

/// A whole picture, entropy coding undone and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coefficients {
    /// What the coefficients belong to.
    pub frame: Frame,
    /// One plane per component, in the order of `frame.components`: `component.blocks.area()` blocks in reading order, 64 values each,
    /// quantised, in natural (row by row) order, the DC value absolute.
    pub planes: Vec<Vec<i16>>,
}

/// What the frame header and the segments around it say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Width and height of the picture in pixels.
    pub size: Size,
    /// What the components mean.
    pub color: ColorTransform,
    /// One to four, in the order of the frame header.
    pub components: Vec<Component>,
}

/// One component of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The name that scans use.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub h: u8,
    /// Vertical sampling factor, 1 to 4.
    pub v: u8,
    /// Width and height in samples that mean something (A.1.1): the picture's, divided by the sampling ratio, rounded up.
    pub samples: Size,
    /// Width and height in blocks as stored: padded to whole MCUs of an interleaved scan. What lies beyond `samples` is
    /// whatever the file said there, or a repetition of the DC value.
    pub blocks: Size,
    /// The quantisation table in natural order, each 1 to 65535.
    pub quantization: [u16; 64],
}

/// What the components mean, by the rules of libjpeg: Adobe's segment, JFIF's, the names of the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorTransform {
    /// One component: luma.
    Gray,
    /// Y, Cb, Cr as JFIF defines them.
    YCbCr,
    /// Red, green, blue.
    Rgb,
    /// Cyan, magenta, yellow, black. Inverted in Adobe's files, which are the only ones met.
    Cmyk,
    /// CMYK whose first three components went through the YCbCr matrix.
    Ycck,
}

impl Frame {
    /// The largest horizontal and vertical sampling factors.
    pub fn max_sampling(&self) -> (u8, u8) {
        let h = self.components.iter().map(|component| component.h).max().unwrap_or(1);
        let v = self.components.iter().map(|component| component.v).max().unwrap_or(1);
        (h, v)
    }

    /// Width and height in MCUs of an interleaved scan.
    pub fn mcus(&self) -> Size {
        let (h, v) = self.max_sampling();
        Size::new(self.size.width.div_ceil(8 * u32::from(h)), self.size.height.div_ceil(8 * u32::from(v)))
    }
}

impl fmt::Display for Frame {
    /// Color and sampling: `gray`, `ycbcr 4:2:0`, `ycbcr 2x2 1x2 1x2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.color {
            ColorTransform::Gray => return f.write_str("gray"),
            ColorTransform::YCbCr => "ycbcr",
            ColorTransform::Rgb => "rgb",
            ColorTransform::Cmyk => "cmyk",
            ColorTransform::Ycck => "ycck",
        };
        f.write_str(name)?;
        let factors: Vec<(u8, u8)> = self.components.iter().map(|component| (component.h, component.v)).collect();
        match factors.as_slice() {
            [(1, 1), (1, 1), (1, 1)] => f.write_str(" 4:4:4"),
            [(2, 1), (1, 1), (1, 1)] => f.write_str(" 4:2:2"),
            [(2, 2), (1, 1), (1, 1)] => f.write_str(" 4:2:0"),
            [(1, 2), (1, 1), (1, 1)] => f.write_str(" 4:4:0"),
            [(4, 1), (1, 1), (1, 1)] => f.write_str(" 4:1:1"),
            others => others.iter().try_for_each(|(h, v)| write!(f, " {h}x{v}")),
        }
    }
}

/// For each place in zig-zag order its place in natural order (T.81, figure A.6).
pub const NATURAL_FROM_ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];
