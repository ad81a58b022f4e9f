//! How a JPEG stores its pixels, as far as a header tells and a plan must know.

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

/// The components of a JPEG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JpegLayout {
    /// What they mean.
    pub color: ColorTransform,
    /// Horizontal and vertical sampling factors, each 1 to 4, in the order of the file.
    pub sampling: Vec<(u8, u8)>,
}

impl JpegLayout {
    /// What most files are: luma, and chroma at half its width and height (4:2:0).
    pub fn usual() -> Self {
        Self { color: ColorTransform::YCbCr, sampling: vec![(2, 2), (1, 1), (1, 1)] }
    }
}
