//! A larger canvas of one colour with the picture on it: the bars of `fit=pad`, and borders.
//!
//! It does not fill transparency inside the picture; that is [`background`](super::background).

#[cfg(any(test, feature = "reference"))]
mod reference;

use tintype_pixels::{Rect, Rgba, Size};

use super::{Op, Reach};
use crate::{
    Space, kernels,
    plan::PlanError,
    record::{ImageId, Recording},
};

/// The canvas, the place on it and the colour around, in the working space.
#[derive(Clone, Debug, PartialEq)]
pub struct Pad {
    canvas: Size,
    inner: Rect,
    color: [f32; 4],
}

tintype_wgsl::params! {
    /// Uniform of `pad.wgsl`.
    struct Params for kernels::PAD { size: [u32; 2], at: [u32; 2], inner: [u32; 2], _pad: [u32; 2], color: [f32; 4] }
}

impl Pad {
    /// A canvas of `canvas` pixels whose part `inner` is the picture.
    ///
    /// # Errors
    /// When `inner` is not inside the canvas.
    pub fn new(canvas: Size, inner: Rect, color: Rgba, space: Space) -> Result<Self, PlanError> {
        if !inner.fits(canvas) {
            return Err(PlanError::CropOutside { rect: inner, size: canvas });
        }
        let color = match space {
            Space::Linear => color.linear_premultiplied(),
            Space::Encoded => color.encoded_premultiplied(),
        };
        Ok(Self { canvas, inner, color })
    }
}

impl Op for Pad {
    fn output(&self, _: Size) -> Size {
        self.canvas
    }

    fn reach(&self) -> Reach {
        Reach::Map
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let params = Params {
            size: self.canvas.into(),
            at: [self.inner.x, self.inner.y],
            inner: self.inner.size.into(),
            _pad: [0; 2],
            color: self.color,
        };
        recording.pass(params).read(input).write(self.canvas)
    }

    fn describe(&self) -> String {
        format!("at {},{}", self.inner.x, self.inner.y)
    }
}
