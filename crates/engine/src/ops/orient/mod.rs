//! Flips and quarter turns.
//!
//! The planner folds them into [`unpack`](super::unpack) wherever it can; as a pass of its own it stands between operations
//! that were asked for in another order.

#[cfg(any(test, feature = "reference"))]
mod reference;

use tintype_pixels::{Orientation, Size};

use super::{Op, Reach};
use crate::{
    kernels,
    record::{ImageId, Recording},
};

/// The movement.
#[derive(Clone, Debug, PartialEq)]
pub struct Orient(pub Orientation);

tintype_wgsl::params! {
    /// Uniform of `orient.wgsl`.
    struct Params for kernels::ORIENT { size: [u32; 2], orient: u32, _pad: u32 }
}

/// The flags of `lib/orient.wgsl`.
pub(crate) fn flags(orientation: Orientation) -> u32 {
    let (transpose, flip_x, flip_y) = orientation.steps();
    u32::from(transpose) | u32::from(flip_x) << 1 | u32::from(flip_y) << 2
}

impl Op for Orient {
    fn output(&self, input: Size) -> Size {
        self.0.apply(input)
    }

    fn reach(&self) -> Reach {
        Reach::Map
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let size = recording.size(input);
        recording
            .pass(Params { size: size.into(), orient: flags(self.0), _pad: 0 })
            .read(input)
            .grid(size.width, size.height)
            .write(self.0.apply(size))
    }

    fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}
