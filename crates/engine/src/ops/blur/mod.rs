//! An approximate Gaussian: two box blurs per axis whose half-widths add up to the radius.
//!
//! Radius 3 is a box of 5 and a box of 3, which reproduces what Cloudflare's service was seen to do. Fractions of a pixel
//! weigh one more pixel to each side. Edges repeat. The cost per pixel hardly depends on the radius.

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Op, Reach};
use crate::{
    kernels,
    record::{ImageId, Recording},
};

/// Pixels along the axis that one invocation slides over; `blur.wgsl` has the same number.
const SEGMENT: u32 = 64;

/// The radius in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Blur {
    radius: f32,
}

tintype_wgsl::params! {
    /// Uniform of `blur.wgsl`.
    struct Params for kernels::BLUR { size: [u32; 2], half_width: u32, fraction: f32 }
}

/// One box: whole pixels to each side and the weight of one more.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Box1d {
    half_width: u32,
    fraction: f32,
}

impl Blur {
    /// `radius` in pixels, at least 0.
    pub fn new(radius: f32) -> Self {
        Self { radius: radius.max(0.0) }
    }

    /// The larger box has a whole half-width, the smaller one takes the rest; a box of one pixel is left out.
    fn boxes(&self) -> Vec<Box1d> {
        let first = (self.radius / 2.0).ceil().min(self.radius);
        [first, self.radius - first]
            .into_iter()
            .filter(|half| *half > 0.0)
            .map(|half| Box1d { half_width: half.floor() as u32, fraction: half.fract() })
            .collect()
    }
}

impl Op for Blur {
    fn reach(&self) -> Reach {
        Reach::Window(self.radius.ceil() as u32)
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let size = recording.size(input);
        let mut image = input;
        for axis in [0, 1] {
            for Box1d { half_width, fraction } in self.boxes() {
                let (along, grid) = match axis {
                    0 => ([size.width, size.height], [size.width.div_ceil(SEGMENT), size.height]),
                    _ => ([size.height, size.width], [size.width, size.height.div_ceil(SEGMENT)]),
                };
                image = recording
                    .pass(Params { size: along, half_width, fraction })
                    .set("AXIS", axis)
                    .set("FRACTION", u32::from(fraction > 0.0))
                    .grid(grid[0], grid[1])
                    .read(image)
                    .write(size);
            }
        }
        image
    }

    fn describe(&self) -> String {
        format!("radius {}", self.radius)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_widths_add_up_to_the_radius() {
        let boxes = |radius| Blur::new(radius).boxes();
        assert_eq!(boxes(3.0), [Box1d { half_width: 2, fraction: 0.0 }, Box1d { half_width: 1, fraction: 0.0 }]);
        assert_eq!(boxes(1.0), [Box1d { half_width: 1, fraction: 0.0 }]);
        assert_eq!(boxes(0.5), [Box1d { half_width: 0, fraction: 0.5 }]);
        assert_eq!(boxes(0.0), []);
        for radius in [1.25f32, 2.5, 7.75, 250.0] {
            let sum: f32 = boxes(radius).iter().map(|b| b.half_width as f32 + b.fraction).sum();
            assert_eq!(sum, radius);
        }
    }
}
