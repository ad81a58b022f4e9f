//! Makes transparent what is not foreground, and takes the background's color out of what is half of it.
//!
//! Where a pixel shows both, its color is a mixture, and keeping it leaves a fringe of the old background. The foreground's own
//! color is estimated by blur fusion (Forte, "Approximate fast foreground colour estimation", ICIP 2021): the mean colors of
//! foreground and background around a pixel, weighted by the matte, and as much of what they do not explain as the matte says is
//! foreground; once over a wide neighborhood and once, with that result, over a narrow one. Wholly opaque pixels stay as they
//! are. Values are encoded ones, as the composites are that networks learned from.
//!
//! Some twenty passes more than [`super::Matte`] and a few images; the matte is as there.

#[cfg(any(test, feature = "reference"))]
mod reference;
mod share;

use tintype_pixels::Size;

use self::share::Share;
use super::{Blur, Op, Reach};
use crate::{
    kernels,
    plan::Picture,
    record::{ImageId, Recording},
};

/// Radii of both neighborhoods in pixels, those of the paper.
const RADII: [f32; 2] = [90.0, 6.0];

/// A weight of less than this in a neighborhood gives no mean; `defringe.wgsl` has the same number.
#[cfg(any(test, feature = "reference"))]
const LEAST: f32 = 1e-4;

/// How much of every pixel stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Defringe {
    /// Its first channel is the factor, 0 to 1; as large as the picture.
    pub matte: Box<Picture>,
}

tintype_wgsl::params! {
    /// Uniform of `defringe.wgsl`.
    struct Params for kernels::DEFRINGE { size: [u32; 2] }
}

impl Op for Defringe {
    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let matte = self.matte.record(recording);
        let size: Size = recording.size(input);
        let mut kept = Share::Foreground.record(recording, input, matte);
        let mut rest = Share::Background.record(recording, input, matte);
        for (round, radius) in RADII.into_iter().enumerate() {
            if round > 0 {
                rest = Share::BackgroundOfMeans.record(recording, rest, matte);
            }
            let blur = Blur::new(radius);
            let near = blur.record(recording, kept);
            rest = blur.record(recording, rest);
            let fused = recording.pass(Params { size: size.into() });
            kept = fused.read(input).read(matte).read(near).read(rest).write(size);
        }
        kept
    }

    fn describe(&self) -> String {
        format!("of {}", self.matte.unpack.stored)
    }
}
