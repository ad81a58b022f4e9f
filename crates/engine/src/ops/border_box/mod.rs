//! Where a border ends: the smallest rectangle that holds every pixel unlike the border's color.
//!
//! The result is an image of two texels: left and top in the first, right and bottom (one past the last pixel) in the
//! second, as numbers of pixels; left is beyond right where everything is border. Colors are compared as sRGB-encoded,
//! premultiplied values, alpha too. Needs a recording in single precision.

#[cfg(any(test, feature = "reference"))]
mod reference;

use tintype_pixels::{Rect, Rgba, Size};

use super::{Op, Reach};
use crate::{
    Space, kernels,
    record::{ImageId, Recording},
};

/// What counts as border.
#[derive(Clone, Debug, PartialEq)]
pub struct BorderBox {
    /// The border's color; `None` is that of the top left pixel.
    pub color: Option<Rgba>,
    /// Largest difference of a channel, 0 to 255, that still counts as border.
    pub tolerance: f32,
    /// The working space of the input.
    pub space: Space,
}

tintype_wgsl::params! {
    /// Uniform of `border_box.wgsl`.
    struct Params for kernels::BORDER_BOX {
        size: [u32; 2], tolerance: f32, corner: u32, linear: u32, _pad0: u32, _pad1: u32, _pad2: u32, color: [f32; 4],
    }
}

impl BorderBox {
    /// The rectangle in the result's floats (four per texel); `None` where everything is border.
    pub fn rect(result: &[f32]) -> Option<Rect> {
        let [left, top, _, _, right, bottom, ..] = result else { return None };
        (left < right && top < bottom).then(|| {
            let size = Size::new((right - left) as u32, (bottom - top) as u32);
            Rect::new(*left as u32, *top as u32, size)
        })
    }
}

impl Op for BorderBox {
    fn output(&self, _: Size) -> Size {
        Size::new(2, 1)
    }

    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let size = recording.size(input);
        let params = Params {
            size: size.into(),
            // Half a code of slack: stored values are not the codes' exactly.
            tolerance: (self.tolerance + 0.5) / 255.0,
            corner: u32::from(self.color.is_none()),
            linear: u32::from(self.space == Space::Linear),
            _pad0: 0,
            _pad1: 0,
            _pad2: 0,
            color: self.color.unwrap_or(Rgba::TRANSPARENT).encoded_premultiplied(),
        };
        let pass = recording.pass(params).set("AXIS", 0).grid(size.height, 1);
        let rows = pass.read(input).write(Size::new(1, size.height));
        recording.pass(params).set("AXIS", 1).grid(1, 1).read(rows).write(self.output(size))
    }

    fn describe(&self) -> String {
        format!("tolerance {}", self.tolerance)
    }
}
