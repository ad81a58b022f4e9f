//! Where the eye goes: how much each pixel's color differs from the mean of its maximum symmetric surround.
//!
//! Achanta and Süsstrunk, "Saliency Detection using Maximum Symmetric Surround", ICIP 2010: the squared distance in
//! CIE L\*a\*b\* between the slightly smoothed picture and the mean over the largest rectangle centered on the pixel that the
//! picture holds. Meant for pictures of a few hundred pixels; knows no meaning, only colors. The result is the same number in
//! all three channels. Needs a recording in single precision.

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Blur, Integral, Lab, Op, Reach};
use crate::{
    kernels,
    record::{ImageId, Recording},
};

/// Smoothing against noise and fine texture: two boxes of three pixels, the paper's small binomial kernel.
const SMOOTHING_PX: f32 = 2.0;

/// No parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Saliency;

tintype_wgsl::params! {
    /// Uniform of `saliency.wgsl`.
    struct Params for kernels::SALIENCY { size: [u32; 2] }
}

impl Op for Saliency {
    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let size = recording.size(input);
        let lab = super::copy::record(recording, input);
        let lab = Lab.record(recording, lab);
        let smooth = Blur::new(SMOOTHING_PX).record(recording, lab);
        let sums = Integral.record(recording, smooth);
        recording.pass(Params { size: size.into() }).read(smooth).read(sums).write(size)
    }
}
