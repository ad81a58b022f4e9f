//! A rectangle of the picture.
//!
//! The planner folds it into [`unpack`](super::unpack) or [`resize`](super::resize) wherever one follows or precedes; as a
//! pass of its own it stands between operations that move pixels.

#[cfg(any(test, feature = "reference"))]
mod reference;

use tintype_pixels::{Rect, Size};

use super::{Op, Reach};
use crate::{
    kernels,
    plan::PlanError,
    record::{ImageId, Recording},
};

/// The rectangle that stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Crop {
    rect: Rect,
}

tintype_wgsl::params! {
    /// Uniform of `crop.wgsl`.
    struct Params for kernels::CROP { origin: [u32; 2], size: [u32; 2] }
}

impl Crop {
    /// `rect` of an image of `input`.
    ///
    /// # Errors
    /// When the rectangle is empty or not inside the image.
    pub fn new(input: Size, rect: Rect) -> Result<Self, PlanError> {
        if rect.size.is_empty() || !rect.fits(input) {
            return Err(PlanError::CropOutside { rect, size: input });
        }
        Ok(Self { rect })
    }

    /// The rectangle.
    pub fn rect(&self) -> Rect {
        self.rect
    }
}

impl Op for Crop {
    fn output(&self, _: Size) -> Size {
        self.rect.size
    }

    fn reach(&self) -> Reach {
        Reach::Map
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let Rect { x, y, size } = self.rect;
        recording.pass(Params { origin: [x, y], size: size.into() }).read(input).write(size)
    }

    fn describe(&self) -> String {
        format!("at {},{}", self.rect.x, self.rect.y)
    }
}
