//! A colour under the picture: `out = in + color · (1 − alpha)`, on premultiplied, sRGB-encoded values.
//!
//! Encoded, because that is how a browser puts a picture onto a page: flattening must not change what one saw.

#[cfg(any(test, feature = "reference"))]
mod reference;

use tintype_pixels::Rgba;

use super::{Op, Reach};
use crate::{
    kernels::opcode,
    record::{ImageId, Instruction, Recording},
};

/// The colour, straight and encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Background(pub Rgba);

impl Op for Background {
    fn reach(&self) -> Reach {
        Reach::Point
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        recording.apply(input, self.instruction().as_slice())
    }

    fn instruction(&self) -> Option<Instruction> {
        Some(Instruction::new(opcode::BACKGROUND, [self.0.encoded_premultiplied(), [0.0; 4], [0.0; 4]]))
    }

    fn describe(&self) -> String {
        let Rgba { r, g, b, a } = self.0;
        format!("rgba({:.0} {:.0} {:.0} / {a})", r * 255.0, g * 255.0, b * 255.0)
    }
}
