//! CIE L\*a\*b\* (D65) from linear light, premultiplied; L\* is scaled to 0 … 1, and a\* and b\* likewise by 100.
//!
//! For analyses, where distances should be what people see. There is no way back, because nothing shown is made of it.

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Op, Reach};
use crate::{
    kernels::opcode,
    record::{ImageId, Instruction, Recording},
};

/// No parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Lab;

impl Op for Lab {
    fn reach(&self) -> Reach {
        Reach::Point
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        recording.apply(input, self.instruction().as_slice())
    }

    fn instruction(&self) -> Option<Instruction> {
        Some(Instruction::new(opcode::LAB, [[0.0; 4]; 3]))
    }
}
