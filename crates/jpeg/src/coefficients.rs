//! A picture as JPEG stores it: planes of blocks of quantised coefficients.

use std::fmt;

use tintype_pixels::{ColorTransform, JpegLayout, Size};

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

impl Component {
    /// One of a frame of `size` pixels with factors `sampling`, where the frame's largest are `max`.
    pub(crate) fn new(id: u8, sampling: (u8, u8), max: (u8, u8), size: Size, quantization: [u16; 64]) -> Self {
        let ((h, v), (max_h, max_v)) = (sampling, (u32::from(max.0), u32::from(max.1)));
        let (width, height) = (size.width.div_ceil(8 * max_h), size.height.div_ceil(8 * max_v));
        let samples = |side: u32, factor: u8, max: u32| (side * u32::from(factor)).div_ceil(max);
        Self {
            id,
            h,
            v,
            samples: Size::new(samples(size.width, h, max_h), samples(size.height, v, max_v)),
            blocks: Size::new(width * u32::from(h), height * u32::from(v)),
            quantization,
        }
    }
}

impl Frame {
    /// A frame of which only the layout is known: all steps of quantisation are 1. `None` where no file can be so.
    pub fn of_layout(size: Size, layout: &JpegLayout) -> Option<Self> {
        let factors = || layout.sampling.iter().flat_map(|(h, v)| [*h, *v]);
        let is_side = |side: u32| (1..=65_535).contains(&side);
        if !(is_side(size.width) && is_side(size.height) && factors().all(|factor| (1..=4).contains(&factor))) {
            return None;
        }
        let max_h = layout.sampling.iter().map(|(h, _)| *h).max()?;
        let max_v = layout.sampling.iter().map(|(_, v)| *v).max()?;
        let component = |(id, sampling): (u8, &(u8, u8))| Component::new(id, *sampling, (max_h, max_v), size, [1; 64]);
        Some(Self { size, color: layout.color, components: (1..=4).zip(&layout.sampling).map(component).collect() })
    }

    /// What a plan must know of it.
    pub fn layout(&self) -> JpegLayout {
        let sampling = self.components.iter().map(|component| (component.h, component.v)).collect();
        JpegLayout { color: self.color, sampling }
    }

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
