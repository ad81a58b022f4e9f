//! Packed 8-bit samples to the quantised coefficients of a JPEG, equal to libjpeg's `-dct int` but for a dead zone
//! where [`Fdct::rounding`] has one.
//!
//! Stands behind [`pack`](super::pack), whose samples it reads where they are. Per component one pass for color and resolution, one
//! for the DCT. The coefficients come back in the order of the components, two bytes each. No step of a plan.

#[cfg(any(test, feature = "reference"))]
pub mod reference;

use std::sync::Arc;

use tintype_jpeg::{
    ColorTransform, Component, Frame,
    forward::{Ratio, Reciprocal, Rounding, last_row, real_blocks},
};
use tintype_pixels::{Channels, Layout};

use crate::{
    kernels,
    record::{BufferId, Recording},
};

/// What the coefficients belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct Fdct {
    /// Gray of gray samples; gray, YCbCr or RGB of RGB samples. Sampling ratios are 1, 2 or 4.
    pub frame: Arc<Frame>,
    /// What becomes of values between two steps; as in libjpeg, unless [`Fdct::rounded`] says otherwise.
    pub rounding: Rounding,
}

tintype_wgsl::params! {
    /// Uniform of `fdct.wgsl`.
    struct Params for kernels::FDCT {
        real: [u32; 2], blocks: [u32; 2], mcu_mask: u32, _pad0: u32, _pad1: u32, _pad2: u32,
        multiplier: [[u32; 4]; 16], correction: [[u32; 4]; 16], shift: [[u32; 4]; 16],
        least: [[u32; 4]; 16],
    }
}

mod samples {
    use crate::kernels;

    tintype_wgsl::params! {
        /// Uniform of `fdct.samples.wgsl`.
        pub(super) struct Params for kernels::FDCT_SAMPLES {
            size: [u32; 2], plane: [u32; 2], ratio: [u32; 2], last_row: u32, channels: u32,
            weights: [i32; 4], bias: [u32; 2], _pad0: u32, _pad1: u32,
        }
    }
}

impl Fdct {
    /// `None` where the kernels cannot make `frame` of samples of `layout`, or a binding of so many bytes does not hold it.
    pub fn new(frame: Frame, layout: Layout, binding_bytes: u64) -> Option<Self> {
        let colors = match (layout, frame.color) {
            (Layout::GRAY8, ColorTransform::Gray) => 1,
            (Layout::RGB8, ColorTransform::Gray) => 1,
            (Layout::RGB8, ColorTransform::YCbCr | ColorTransform::Rgb) => 3,
            _ => return None,
        };
        let (max_h, max_v) = frame.max_sampling();
        let is_whole = |factor: u8, max: u8| [1, 2, 4].iter().any(|ratio| factor * ratio == max);
        let are_whole = frame.components.iter().all(|c| is_whole(c.h, max_h) && is_whole(c.v, max_v) && c.h != 3);
        let samples = (frame.size.area() + 4) * u64::from(layout.pixel_bytes());
        let fits = frame.components.iter().all(|c| coefficient_bytes(c) <= binding_bytes) && samples <= binding_bytes;
        (frame.components.len() == colors && are_whole && fits)
            .then(|| Self { frame: Arc::new(frame), rounding: Rounding::Nearest })
    }

    /// The same with other rounding.
    #[must_use]
    pub fn rounded(self, rounding: Rounding) -> Self {
        Self { rounding, ..self }
    }

    /// Appends the passes that read `samples` of `layout`; the coefficients are what the recording reads back.
    pub fn record(&self, recording: &mut Recording, samples: BufferId, layout: Layout) {
        self.record_to(recording, samples, layout, |recording, bytes| recording.readback(bytes, bytes));
    }

    /// The same, with the coefficients of each component in the buffer of so many bytes that `place` makes.
    pub(crate) fn record_to(
        &self,
        recording: &mut Recording,
        samples: BufferId,
        layout: Layout,
        place: impl Fn(&mut Recording, u64) -> BufferId,
    ) -> Vec<BufferId> {
        let mut planes = Vec::new();
        let frame = &self.frame;
        for (index, component) in frame.components.iter().enumerate() {
            let real = real_blocks(component);
            let plane = recording.scratch(real.area() * 64);
            let ratio = Ratio::of(component, frame.max_sampling());
            let params = samples::Params {
                size: frame.size.into(),
                plane: [real.width * 8, real.height * 8],
                ratio: [ratio.h.ilog2(), ratio.v.ilog2()],
                last_row: last_row(component, frame.size.height, frame.max_sampling()),
                channels: layout.channels as u32,
                weights: weights(layout, frame.color, index),
                bias: bias(ratio),
                _pad0: 0,
                _pad1: 0,
            };
            recording.pass(params).grid(real.width * 2, real.height * 8).buffer(samples).write_buffer(plane);

            let bytes = coefficient_bytes(component);
            let coefficients = place(recording, bytes);
            planes.push(coefficients);
            let reciprocals = Reciprocal::table(&component.quantization);
            let table = |part: fn(&Reciprocal) -> u32| {
                std::array::from_fn(|i| std::array::from_fn(|j| part(&reciprocals[4 * i + j])))
            };
            let least = self.rounding.least(&component.quantization);
            let params = Params {
                real: real.into(),
                blocks: component.blocks.into(),
                mcu_mask: u32::from(component.h) - 1,
                _pad0: 0,
                _pad1: 0,
                _pad2: 0,
                multiplier: table(|r| r.multiplier),
                correction: table(|r| r.correction),
                shift: table(|r| r.shift),
                least: std::array::from_fn(|i| std::array::from_fn(|j| u32::from(least[4 * i + j]))),
            };
            let (x, y) = (component.blocks.width, component.blocks.height);
            recording.pass(params).grid(x, y).buffer(plane).write_buffer(coefficients);
        }
        planes
    }

    /// What was read back, as planes of coefficients. `None` where it is not as many as the frame says.
    pub fn planes(&self, bytes: &[u8]) -> Option<Vec<Vec<i16>>> {
        let mut rest = bytes;
        let mut planes = Vec::new();
        for component in &self.frame.components {
            let (plane, others) = rest.split_at_checked(coefficient_bytes(component) as usize)?;
            planes.push(bytemuck::pod_collect_to_vec(plane));
            rest = others;
        }
        rest.is_empty().then_some(planes)
    }
}

fn coefficient_bytes(component: &Component) -> u64 {
    component.blocks.area() * 128
}

/// What red, green and blue weigh in a component, and what is added, with 16 bits after the point (jccolor.c).
fn weights(layout: Layout, color: ColorTransform, index: usize) -> [i32; 4] {
    const ONE: i32 = 1 << 16;
    if layout.channels == Channels::Gray {
        return [ONE, 0, 0, 0];
    }
    match (color, index) {
        (ColorTransform::Rgb, 0) => [ONE, 0, 0, 0],
        (ColorTransform::Rgb, 1) => [0, ONE, 0, 0],
        (ColorTransform::Rgb, _) => [0, 0, ONE, 0],
        (_, 0) => [19595, 38470, 7471, 32768],
        (_, 1) => [-11059, -21709, 32768, (128 << 16) + 32767],
        (_, _) => [32768, -27439, -5329, (128 << 16) + 32767],
    }
}

/// What is added to the sum of the pixels in even and in odd columns before it is divided (jcsample.c).
fn bias(ratio: Ratio) -> [u32; 2] {
    match (ratio.h, ratio.v) {
        (2, 1) => [0, 1],
        (2, 2) => [1, 2],
        (h, v) => [h * v / 2; 2],
    }
}
