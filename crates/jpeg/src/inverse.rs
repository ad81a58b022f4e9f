//! From coefficients to samples in libjpeg's integer arithmetic, `-dct int`: inverse DCT, upsampling, color.
//!
//! Every step is a function of one block or of one output pixel, so that a kernel can follow it line by line. They say what
//! the result must be; they are not fast. Start with [`pixels`].

mod color;
mod dct;
mod scale;
mod upsample;

pub use color::rgb;
pub use dct::{block, eighth, half, quarter};
pub use scale::{Reduced, Scale, planes};
use tintype_pixels::{Layout, Planes, Size};
pub use upsample::{Upsampling, sample};

use crate::{Coefficients, ColorTransform, Component, Frame};

/// The samples of one component, at its own resolution and without the padding of its blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plane {
    /// Width and height in samples: `component.samples`.
    pub size: Size,
    /// Rows from top to bottom, without padding.
    pub samples: Vec<u8>,
}

/// Dequantises and transforms all blocks of one component. `blocks` is its plane of [`Coefficients`]; blocks that it lacks
/// are taken for mid gray.
pub fn plane(component: &Component, blocks: &[i16]) -> Plane {
    let (width, height) = (component.samples.width as usize, component.samples.height as usize);
    let mut samples = vec![128; width * height];
    let rows_of_blocks = blocks.as_chunks::<64>().0.chunks(component.blocks.width.max(1) as usize);
    for (band, blocks) in samples.chunks_mut(8 * width.max(1)).zip(rows_of_blocks) {
        for (x, coefficients) in (0..width).step_by(8).zip(blocks) {
            let pixels = block(coefficients, &component.quantization);
            let columns = x..width.min(x + 8);
            for (row, pixels) in band.chunks_mut(width).zip(pixels.as_chunks::<8>().0) {
                row[columns.clone()].copy_from_slice(&pixels[..columns.len()]);
            }
        }
    }
    Plane { size: component.samples, samples }
}

/// The whole picture, in gray or RGB: what `djpeg -dct int -pnm` writes, byte for byte.
///
/// CMYK and YCCK become RGB as there: each color times black, as though the inks were ideal.
pub fn pixels(coefficients: &Coefficients) -> Planes {
    let Frame { size, color, components } = &coefficients.frame;
    let planes: Vec<(Plane, Upsampling)> = components
        .iter()
        .zip(&coefficients.planes)
        .map(|(component, blocks)| (plane(component, blocks), Upsampling::of(&coefficients.frame, component)))
        .collect();
    let layout = if *color == ColorTransform::Gray { Layout::GRAY8 } else { Layout::RGB8 };
    let mut bytes = Vec::with_capacity(size.area() as usize * layout.pixel_bytes() as usize);
    for y in 0..size.height {
        for x in 0..size.width {
            let mut stored = [0; 4];
            for (stored, (plane, upsampling)) in stored.iter_mut().zip(&planes) {
                *stored = sample(plane, *upsampling, x, y);
            }
            match color {
                ColorTransform::Gray => bytes.push(stored[0]),
                color => bytes.extend_from_slice(&rgb(*color, stored)),
            }
        }
    }
    // Not reached: as many bytes were pushed as the size says.
    Planes::new(*size, layout, bytes).unwrap_or_else(|| unreachable!("one pixel was pushed for each"))
}
