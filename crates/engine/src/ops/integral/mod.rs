//! A summed-area table: each texel is the sum of all texels up to and including it, left and above.
//!
//! Sums of means over any rectangle then cost four reads (Crow, "Summed-Area Tables for Texture Mapping", 1984). Needs a
//! recording in single precision, whose 24 bits suffice for images of some thousand pixels per side.

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Op, Reach};
use crate::{
    kernels,
    record::{ImageId, Recording},
};

/// No parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Integral;

tintype_wgsl::params! {
    /// Uniform of `integral.wgsl`.
    struct Params for kernels::INTEGRAL { size: [u32; 2] }
}

impl Op for Integral {
    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let size = recording.size(input);
        let mut along = |image, axis, size_along: [u32; 2]| {
            let pass = recording.pass(Params { size: size_along }).set("AXIS", axis);
            pass.grid(size_along[1], 1).read(image).write(size)
        };
        let rows = along(input, 0, [size.width, size.height]);
        along(rows, 1, [size.height, size.width])
    }
}
