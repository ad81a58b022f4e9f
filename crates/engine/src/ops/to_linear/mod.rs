//! sRGB-encoded values to linear light, premultiplied on both sides.
//!
//! The planner puts it around operations that are defined on the other kind of value. Its inverse is [`to_encoded`](super::to_encoded).

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Op, Reach};
use crate::{
    kernels::opcode,
    record::{ImageId, Instruction, Recording},
};

/// No parameters: the curve is sRGB's (IEC 61966-2-1).
#[derive(Clone, Debug, PartialEq)]
pub struct ToLinear;

impl Op for ToLinear {
    fn reach(&self) -> Reach {
        Reach::Point
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        recording.apply(input, self.instruction().as_slice())
    }

    fn instruction(&self) -> Option<Instruction> {
        Some(Instruction::new(opcode::TO_LINEAR, [[0.0; 4]; 3]))
    }
}
