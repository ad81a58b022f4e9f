//! Luminance and color differences to red, green and blue (ITU-T H.273, 8.3).
//!
//! Color at half resolution is interpolated linearly between the centers of the pixels that share a sample (weights 3/4 and
//! 1/4 along each axis), as JPEG's decoders and libavif do, whatever position the stream names. All arithmetic is in
//! single precision and rounds once, at the end.

use tintype_pixels::{Channels, Depth, Layout, Rect, Size};

use super::{
    frame::{Samples, Subsampling},
    picture::Association,
    property::{Nclx, Range},
};

/// Planes to convert.
pub(super) struct Source<'a> {
    pub(super) size: Size,
    pub(super) depth: u8,
    pub(super) subsampling: Subsampling,
    /// Of a plane of opacity; colors have theirs from the file's code points.
    pub(super) range: Range,
    pub(super) samples: &'a dyn Samples,
}

/// How three planes become colors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conversion {
    matrix: Matrix,
    range: Range,
}

#[derive(Clone, Copy, Debug)]
enum Matrix {
    /// The planes are green, blue and red.
    Identity,
    /// Luminance with the weights of red and of blue.
    Luminance { red: f32, blue: f32 },
    /// Lifting with whole numbers.
    YCgCo,
}

impl Conversion {
    /// By code points; `None` for matrices that are not read: those of constant luminance and of HDR television. A gray
    /// picture needs none.
    pub(super) fn new(nclx: &Nclx, is_gray: bool) -> Option<Self> {
        let luminance = |red, blue| Some(Matrix::Luminance { red, blue });
        let matrix = match nclx.matrix {
            0 => Some(Matrix::Identity),
            1 => luminance(0.2126, 0.0722),
            4 => luminance(0.30, 0.11),
            // Unspecified is BT.601, for libavif and browsers too.
            2 | 5 | 6 => luminance(0.299, 0.114),
            7 => luminance(0.212, 0.087),
            8 => Some(Matrix::YCgCo),
            9 => luminance(0.2627, 0.0593),
            // Derived from the primaries.
            12 => super::nclx::luminance_weights(nclx.primaries).and_then(|(red, blue)| luminance(red, blue)),
            _ => None,
        };
        let matrix = if is_gray { matrix.or(Some(Matrix::Identity)) } else { matrix };
        Some(Self { matrix: matrix?, range: nclx.range })
    }

    /// The pixels inside of `crop`, interleaved.
    pub(super) fn samples(
        &self,
        color: &Source<'_>,
        alpha: Option<&Source<'_>>,
        association: Association,
        crop: Rect,
        layout: Layout,
    ) -> Vec<u8> {
        let row_bytes = crop.size.width as usize * layout.pixel_bytes() as usize;
        let mut out = vec![0; row_bytes * crop.size.height as usize];
        let mut rows = Rows::new(color.size);
        let part = crop.x as usize..(crop.x + crop.size.width) as usize;
        for (row, y) in out.chunks_exact_mut(row_bytes).zip(crop.y..) {
            rows.read_color(color, y, self);
            if let Some(alpha) = alpha {
                rows.read_alpha(alpha, y);
                if association.is_premultiplied() {
                    rows.unpremultiply(layout);
                }
            }
            rows.store(part.clone(), layout, row);
        }
        out
    }
}

/// Zero and full scale of a plane's codes.
#[derive(Clone, Copy)]
struct Scale {
    zero: f32,
    per_code: f32,
}

impl Scale {
    fn luminance(depth: u8, range: Range) -> Self {
        let step = f32::from(1u16 << (depth - 8));
        match range {
            Range::Full => Self { zero: 0.0, per_code: 1.0 / (256.0 * step - 1.0) },
            Range::Limited => Self { zero: 16.0 * step, per_code: 1.0 / (219.0 * step) },
        }
    }

    fn difference(depth: u8, range: Range) -> Self {
        let step = f32::from(1u16 << (depth - 8));
        match range {
            Range::Full => Self { zero: 128.0 * step, per_code: 1.0 / (256.0 * step - 1.0) },
            Range::Limited => Self { zero: 128.0 * step, per_code: 1.0 / (224.0 * step) },
        }
    }

    fn apply(self, codes: &[u16], out: &mut [f32]) {
        for (out, code) in out.iter_mut().zip(codes) {
            *out = (f32::from(*code) - self.zero) * self.per_code;
        }
    }
}

/// One row of the picture in all its stages, reused from row to row.
struct Rows {
    codes: Vec<u16>,
    /// Two rows of color differences, as stored.
    near: Vec<f32>,
    far: Vec<f32>,
    /// Luminance and differences, then green, blue and red.
    planes: [Vec<f32>; 3],
    alpha: Vec<f32>,
}

impl Rows {
    fn new(size: Size) -> Self {
        let row = || vec![0.0; size.width as usize];
        let codes = vec![0; size.width as usize];
        Self { codes, near: row(), far: row(), planes: [row(), row(), row()], alpha: vec![1.0; size.width as usize] }
    }

    fn read_color(&mut self, source: &Source<'_>, y: u32, conversion: &Conversion) {
        source.samples.read_row(0, y, &mut self.codes);
        let luminance = Scale::luminance(source.depth, conversion.range);
        luminance.apply(&self.codes, &mut self.planes[0]);
        if source.subsampling == Subsampling::Gray {
            return;
        }
        let scale = match conversion.matrix {
            Matrix::Identity => luminance,
            _ => Scale::difference(source.depth, conversion.range),
        };
        for plane in [1, 2] {
            self.read_difference(source, plane, y, scale);
        }
        let [first, second, third] = &mut self.planes;
        match conversion.matrix {
            Matrix::Identity => {}
            Matrix::Luminance { red, blue } => {
                let (to_red, to_blue) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
                let green = 1.0 - red - blue;
                let (green_from_red, green_from_blue) = (red * to_red / green, blue * to_blue / green);
                for ((y, cb), cr) in first.iter_mut().zip(second).zip(third) {
                    let (luminance, difference_blue, difference_red) = (*y, *cb, *cr);
                    *y = luminance - green_from_red * difference_red - green_from_blue * difference_blue;
                    *cb = luminance + to_blue * difference_blue;
                    *cr = luminance + to_red * difference_red;
                }
            }
            Matrix::YCgCo => {
                for ((y, cg), co) in first.iter_mut().zip(second).zip(third) {
                    let (luminance, green, orange) = (*y, *cg, *co);
                    *y = luminance + green;
                    *cg = luminance - green - orange;
                    *co = luminance - green + orange;
                }
            }
        }
    }

    /// One plane of differences at the resolution of the picture.
    fn read_difference(&mut self, source: &Source<'_>, plane: usize, y: u32, scale: Scale) {
        let size = source.subsampling.chroma(source.size);
        let width = size.width as usize;
        let (near_y, far_y) = match source.subsampling {
            Subsampling::Both => {
                let near = y / 2;
                let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(size.height - 1) };
                (near, far)
            }
            _ => (y, y),
        };
        source.samples.read_row(plane, near_y, &mut self.codes[..width]);
        if source.subsampling == Subsampling::None {
            scale.apply(&self.codes, &mut self.planes[plane]);
            return;
        }
        scale.apply(&self.codes[..width], &mut self.near);
        if far_y != near_y {
            source.samples.read_row(plane, far_y, &mut self.codes[..width]);
            scale.apply(&self.codes[..width], &mut self.far);
            for (near, far) in self.near[..width].iter_mut().zip(&self.far) {
                *near = 0.75 * *near + 0.25 * far;
            }
        }
        let near = &self.near[..width];
        for (pair, x) in self.planes[plane].chunks_mut(2).zip(0..) {
            let here = 0.75 * near[x];
            pair[0] = here + 0.25 * near[x.saturating_sub(1)];
            if let Some(right) = pair.get_mut(1) {
                *right = here + 0.25 * near[(x + 1).min(width - 1)];
            }
        }
    }

    fn read_alpha(&mut self, source: &Source<'_>, y: u32) {
        source.samples.read_row(0, y, &mut self.codes);
        Scale::luminance(source.depth, source.range).apply(&self.codes, &mut self.alpha);
    }

    /// Divides colors by opacity. What has none keeps no color.
    fn unpremultiply(&mut self, layout: Layout) {
        let planes = if layout.has_color() { 3 } else { 1 };
        for plane in &mut self.planes[..planes] {
            for (value, alpha) in plane.iter_mut().zip(&self.alpha) {
                *value = if *alpha > 0.0 { *value / *alpha } else { 0.0 };
            }
        }
    }

    fn store(&self, part: std::ops::Range<usize>, layout: Layout, row: &mut [u8]) {
        let [green, blue, red] = self.planes.each_ref().map(|plane| &plane[part.clone()]);
        let alpha = &self.alpha[part];
        match layout.channels {
            Channels::Gray => store([green], layout.depth, row),
            Channels::GrayAlpha => store([green, alpha], layout.depth, row),
            Channels::Rgb => store([red, green, blue], layout.depth, row),
            // No file of this kind is read as ink.
            Channels::Rgba | Channels::Cmyk => store([red, green, blue, alpha], layout.depth, row),
        }
    }
}

/// Interleaves, cut to 0 to 1 and rounded to the nearest code.
fn store<const N: usize>(channels: [&[f32]; N], depth: Depth, row: &mut [u8]) {
    if depth == Depth::U8 {
        for (x, pixel) in row.as_chunks_mut::<N>().0.iter_mut().enumerate() {
            for (sample, channel) in pixel.iter_mut().zip(channels) {
                *sample = (channel[x].clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            }
        }
    } else {
        for (x, pixel) in row.chunks_exact_mut(2 * N).enumerate() {
            for (sample, channel) in pixel.as_chunks_mut::<2>().0.iter_mut().zip(channels) {
                *sample = ((channel[x].clamp(0.0, 1.0) * 65535.0 + 0.5) as u16).to_ne_bytes();
            }
        }
    }
}
