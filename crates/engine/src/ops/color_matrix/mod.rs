//! An affine map of colour, `out = M · in + offset`, on sRGB-encoded values; brightness, contrast and saturation are
//! three ways to make one.
//!
//! Values are premultiplied, so the offset is scaled by alpha. Results are cut to 0 … alpha, because the options
//! are defined one after the other on displayable colours.

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Op, Reach};
use crate::{
    kernels::opcode,
    record::{ImageId, Instruction, Recording},
};

/// Rec. 709 weights of red, green and blue, as CSS's `saturate()` uses them on encoded values.
const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// Rows for red, green and blue: three factors and an offset each.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorMatrix {
    rows: [[f32; 4]; 3],
    what: String,
}

impl ColorMatrix {
    fn from_fn(what: String, entry: impl Fn(usize, usize) -> f32) -> Self {
        Self { rows: std::array::from_fn(|row| std::array::from_fn(|column| entry(row, column))), what }
    }

    /// Multiplies every channel: 1 changes nothing, 0.5 halves, 2 doubles.
    pub fn brightness(factor: f32) -> Self {
        Self::from_fn(format!("brightness {factor}"), |row, column| if row == column { factor } else { 0.0 })
    }

    /// Stretches every channel about mid-gray (0.5): 1 changes nothing.
    pub fn contrast(factor: f32) -> Self {
        Self::from_fn(format!("contrast {factor}"), |row, column| match column {
            3 => 0.5 - 0.5 * factor,
            _ if row == column => factor,
            _ => 0.0,
        })
    }

    /// Moves every color away from, or towards, its luma: 0 is gray, 1 changes nothing.
    pub fn saturation(factor: f32) -> Self {
        Self::from_fn(format!("saturation {factor}"), |row, column| match column {
            3 => 0.0,
            _ => LUMA[column] * (1.0 - factor) + if row == column { factor } else { 0.0 },
        })
    }
}

impl Op for ColorMatrix {
    fn reach(&self) -> Reach {
        Reach::Point
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        recording.apply(input, self.instruction().as_slice())
    }

    fn instruction(&self) -> Option<Instruction> {
        Some(Instruction::new(opcode::COLOR_MATRIX, self.rows))
    }

    fn describe(&self) -> String {
        self.what.clone()
    }
}
