//! Makes transparent what is not foreground: every pixel times how much of it is.
//!
//! The matte is a [`Picture`] of its own, one channel of floats in its source, resized to the picture's size by the
//! planner. Values are premultiplied, so that the same factor holds for colors and alpha, encoded or linear.

#[cfg(any(test, feature = "reference"))]
mod reference;

use tintype_pixels::Size;

use super::{Op, Reach};
use crate::{
    kernels,
    plan::Picture,
    record::{ImageId, Recording},
};

/// How much of every pixel stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Matte {
    /// Its first channel is the factor, 0 to 1; as large as the picture.
    pub matte: Box<Picture>,
}

tintype_wgsl::params! {
    /// Uniform of `matte.wgsl`.
    struct Params for kernels::MATTE { size: [u32; 2] }
}

impl Op for Matte {
    fn reach(&self) -> Reach {
        Reach::Map
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let matte = self.matte.record(recording);
        let size: Size = recording.size(input);
        recording.pass(Params { size: size.into() }).read(input).read(matte).write(size)
    }

    fn describe(&self) -> String {
        format!("of {}", self.matte.unpack.stored)
    }
}
