//! Samples to coefficients, in libjpeg's integer arithmetic.
//!
//! ```text
//! RGB ──color──► planes ──downsample──► planes padded to blocks ──dct──► ──quantize──► Coefficients
//! ```
//!
//! Every step is bit for bit what `cjpeg -dct int` of libjpeg-turbo does, with and without its SIMD code. Each is also
//! a function of one pixel, one sample or one block, which the engine's kernels repeat line by line; [`coefficients`]
//! puts them together for the CPU.
//!
//! Start with [`frame`], which says what is to be made, then [`coefficients`].

mod color;
mod dct;
mod downsample;
mod layout;
mod quantize;
mod tables;

pub use color::{blue_difference, luma, red_difference};
pub use dct::dct;
pub use downsample::{Ratio, average, last_row};
pub use layout::{FrameError, Sampling, frame};
use quantize::Reciprocals;
pub use quantize::{Reciprocal, Rounding, divide};
pub use tables::{Tables, scale_from_quality};

use tintype_pixels::{Depth, Planes, Size};

use crate::{Coefficients, Component, Frame};

/// Why pixels and a frame did not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    /// Neither gray nor RGB of eight bits, or gray for a frame of color.
    #[error("cannot make {0:?} from {1} pixels; accepted are gray8 for Gray, rgb8 for Gray, YCbCr and Rgb")]
    Pixels(crate::ColorTransform, tintype_pixels::Layout),
    /// The pixels are not as many as the frame says.
    #[error("the pixels are {0}, the frame is {1}")]
    Size(Size, Size),
}

/// The coefficients of `planes`, which are gray or RGB of eight bits, as libjpeg makes them.
pub fn coefficients(planes: &Planes, frame: Frame) -> Result<Coefficients, ForwardError> {
    coefficients_by(planes, frame, Rounding::Nearest)
}

/// The coefficients of `planes`, which are gray or RGB of eight bits.
///
/// What a block holds beyond the edge of the picture repeats the last column and the last row. Blocks that only fill up
/// an MCU hold a DC value alone, that of the block before them (jccoefct.c), which costs the fewest bits.
pub fn coefficients_by(planes: &Planes, frame: Frame, rounding: Rounding) -> Result<Coefficients, ForwardError> {
    if planes.size() != frame.size {
        return Err(ForwardError::Size(planes.size(), frame.size));
    }
    let refused = || ForwardError::Pixels(frame.color, planes.layout());
    if planes.layout().depth != Depth::U8 {
        return Err(refused());
    }
    let full = color::split(planes, frame.color).ok_or_else(refused)?;
    let max = frame.max_sampling();
    let planes = frame.components.iter().zip(&full);
    let planes = planes
        .map(|(component, full)| {
            let samples = downsample::plane(full, frame.size, component, max);
            blocks(&samples, component, rounding)
        })
        .collect();
    Ok(Coefficients { frame, planes })
}

/// Width and height in blocks that hold at least one sample of the picture; the rest of `component.blocks` is filling.
pub fn real_blocks(component: &Component) -> Size {
    Size::new(component.samples.width.div_ceil(8), component.samples.height.div_ceil(8))
}

/// The blocks of one component, from its samples padded to whole real blocks.
fn blocks(samples: &[u8], component: &Component, rounding: Rounding) -> Vec<i16> {
    let real = real_blocks(component);
    let (across, stride) = (component.blocks.width as usize, real.width as usize * 8);
    let reciprocals = Reciprocals::new(&component.quantization, rounding);
    let mut plane = vec![0; component.blocks.area() as usize * 64];
    for (y, row) in plane.chunks_exact_mut(across * 64).take(real.height as usize).enumerate() {
        for (x, block) in row.chunks_exact_mut(64).take(real.width as usize).enumerate() {
            let mut work = [0; 64];
            for (line, work) in work.chunks_exact_mut(8).enumerate() {
                let start = (y * 8 + line) * stride + x * 8;
                for (to, &sample) in work.iter_mut().zip(&samples[start..start + 8]) {
                    *to = i32::from(sample) - 128;
                }
            }
            dct(&mut work);
            block.copy_from_slice(&reciprocals.quantize(&work.map(|value| value as i16)));
        }
    }
    fill(&mut plane, component);
    plane
}

/// Gives the blocks beyond the real ones the DC value of the block before them: to the right in the same row, below
/// the last block of the same MCU in the row above.
pub fn fill(plane: &mut [i16], component: &Component) {
    let real = real_blocks(component);
    let (across, h) = (component.blocks.width as usize, usize::from(component.h));
    for y in 0..component.blocks.height as usize {
        let bottom = y >= real.height as usize;
        let start = if bottom { 0 } else { real.width as usize };
        for x in start..across {
            let from = if bottom { (y - 1) * across + x / h * h + h - 1 } else { y * across + x - 1 };
            let block = (y * across + x) * 64;
            plane[block..block + 64].fill(0);
            plane[block] = plane[from * 64];
        }
    }
}
