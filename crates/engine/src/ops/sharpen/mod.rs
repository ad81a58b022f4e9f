//! Unsharp mask: `out = in + amount · (in − gauss(in))`, cut to what can be shown, in the working space.
//!
//! The Gaussian has a standard deviation of [`SIGMA_PX`] and five taps per axis: it repairs what downscaling softened. It is
//! not a deconvolution and knows nothing of edges.

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Op, Reach};
use crate::{
    kernels,
    record::{ImageId, Recording},
};

/// Standard deviation of the Gaussian in pixels; five taps hold 99 % of it.
pub const SIGMA_PX: f32 = 0.8;

/// How much of the removed detail one unit of the option `sharpen` (0 to 10) adds. At 1, the strength recommended after
/// downscaling, half of the detail comes back.
pub const AMOUNT_PER_UNIT: f32 = 0.5;

/// How much of the removed detail is added.
#[derive(Clone, Debug, PartialEq)]
pub struct Sharpen {
    amount: f32,
}

tintype_wgsl::params! {
    /// Uniform of `sharpen.wgsl`.
    struct Params for kernels::SHARPEN {
        size: [u32; 2], amount: f32, center: f32, near: f32, far: f32, _pad: [u32; 2],
    }
}

impl Sharpen {
    /// `strength` is the option's value, 0 to 10.
    pub fn new(strength: f32) -> Self {
        Self { amount: strength * AMOUNT_PER_UNIT }
    }

    /// Weights of the pixel itself, its neighbours, and theirs; together 1 along an axis.
    fn weights() -> [f32; 3] {
        let gauss = |x: f32| (-x * x / (2.0 * SIGMA_PX * SIGMA_PX)).exp();
        let sum = gauss(0.0) + 2.0 * (gauss(1.0) + gauss(2.0));
        [gauss(0.0) / sum, gauss(1.0) / sum, gauss(2.0) / sum]
    }
}

impl Op for Sharpen {
    fn reach(&self) -> Reach {
        Reach::Window(2)
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let size = recording.size(input);
        let [center, near, far] = Self::weights();
        let params = Params { size: size.into(), amount: self.amount, center, near, far, _pad: [0; 2] };
        recording.pass(params).read(input).write(size)
    }

    fn describe(&self) -> String {
        format!("amount {} sigma {SIGMA_PX}", self.amount)
    }
}
