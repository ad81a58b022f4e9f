//! `out = in ^ exponent` on straight, sRGB-encoded colour: below 1 lightens the middle, above 1 darkens it; black, white
//! and alpha stay.

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Op, Reach};
use crate::{
    kernels::opcode,
    record::{ImageId, Instruction, Recording},
};

/// The exponent; above 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Gamma(pub f32);

impl Op for Gamma {
    fn reach(&self) -> Reach {
        Reach::Point
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        recording.apply(input, self.instruction().as_slice())
    }

    fn instruction(&self) -> Option<Instruction> {
        Some(Instruction::new(opcode::GAMMA, [[self.0, 0.0, 0.0, 0.0], [0.0; 4], [0.0; 4]]))
    }

    fn describe(&self) -> String {
        self.0.to_string()
    }
}
