//! What cannot be written, and the checks that find it before anything is.

use tintype_pixels::Size;

use super::scan::Scan;
use crate::{Coefficients, Frame};

/// Why coefficients did not become a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Neither side may be zero or more than 65535.
    #[error("{0} is not a size of a JPEG; sides are 1 to 65535")]
    Size(Size),
    /// The writer knows one to four components, as many as the color has.
    #[error("{0} components; accepted are 1 for gray, 3 for YCbCr and RGB, 4 for CMYK and YCCK")]
    Components(usize),
    /// T.81 (B.2.2): factors are 1 to 4.
    #[error("component {0} has sampling factors {1}x{2}; accepted are 1 to 4")]
    Sampling(usize, u8, u8),
    /// T.81 (B.2.3): an MCU has at most ten blocks.
    #[error("{0} blocks in an MCU; accepted are 10 at most")]
    Mcu(u32),
    /// The blocks are not those that size and sampling make.
    #[error("component {0} has {1} blocks; size and sampling make {2}")]
    Blocks(usize, Size, Size),
    /// A plane has not 64 coefficients for each of its component's blocks.
    #[error("component {0} has {1} coefficients; its blocks make {2}")]
    Coefficients(usize, u64, u64),
    /// A step is zero.
    #[error("component {0} has a quantisation step of zero")]
    Quantization(usize),
    /// T.81 (F.1.2): differences of DC values have 11 bits at most, AC values 10.
    #[error("block {1} of component {0} is out of the range of 8-bit JPEG: -1024 to 1023 for DC, -1023 to 1023 for AC")]
    Coefficient(usize, usize),
    /// A segment's length has 16 bits.
    #[error("a segment of {0} bytes; accepted are 65533 at most")]
    Segment(usize),
}

/// Everything that can be seen without coding.
pub(super) fn check(coefficients: &Coefficients) -> Result<(), EncodeError> {
    let frame = &coefficients.frame;
    check_frame(frame)?;
    if coefficients.planes.len() != frame.components.len() {
        return Err(EncodeError::Components(coefficients.planes.len()));
    }
    for (index, (component, plane)) in frame.components.iter().zip(&coefficients.planes).enumerate() {
        let (found, needed) = (plane.len() as u64, component.blocks.area() * 64);
        if found != needed {
            return Err(EncodeError::Coefficients(index, found, needed));
        }
        if let Some(block) = plane.as_chunks::<64>().0.iter().position(|block| !in_range(block)) {
            return Err(EncodeError::Coefficient(index, block));
        }
    }
    Ok(())
}

/// Every symbol of these has a code in the standard tables.
fn in_range(block: &[i16; 64]) -> bool {
    // Quick, and right for all blocks of a picture but the blackest.
    block.iter().fold(0, |all, value| all | value.unsigned_abs()) < 1024
        || ((-1024..1024).contains(&block[0]) && block[1..].iter().all(|value| value.unsigned_abs() < 1024))
}

pub(super) fn check_frame(frame: &Frame) -> Result<(), EncodeError> {
    if frame.size.is_empty() || frame.size.width > 65535 || frame.size.height > 65535 {
        return Err(EncodeError::Size(frame.size));
    }
    if frame.components.len() != super::header::components(frame.color) {
        return Err(EncodeError::Components(frame.components.len()));
    }
    let factor = 1..=4;
    for (index, component) in frame.components.iter().enumerate() {
        if !factor.contains(&component.h) || !factor.contains(&component.v) {
            return Err(EncodeError::Sampling(index, component.h, component.v));
        }
        if component.quantization.contains(&0) {
            return Err(EncodeError::Quantization(index));
        }
    }
    let mcus = frame.mcus();
    let (max_h, max_v) = frame.max_sampling();
    for (index, component) in frame.components.iter().enumerate() {
        let (h, v) = (u32::from(component.h), u32::from(component.v));
        let blocks = Size::new(mcus.width * h, mcus.height * v);
        let samples = Size::new(
            (frame.size.width * h).div_ceil(u32::from(max_h)),
            (frame.size.height * v).div_ceil(u32::from(max_v)),
        );
        if component.blocks != blocks || component.samples != samples {
            return Err(EncodeError::Blocks(index, component.blocks, blocks));
        }
    }
    let blocks = Scan::sequential(frame).mcu_blocks(frame);
    if blocks > 10 {
        return Err(EncodeError::Mcu(blocks));
    }
    Ok(())
}
