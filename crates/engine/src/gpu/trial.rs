//! Which of two kernels that do the same is faster here: hardware is asked, once per device.

use std::time::Duration;

use tintype_jpeg::{
    ColorTransform,
    forward::{self, Sampling, Tables},
};
use tintype_pixels::Size;
use tintype_wgsl::Texel;

use super::{Gpu, GpuError};
use crate::{
    Recording,
    ops::idct::{self, Blocks, Share},
    record::Bound,
};

/// Two million samples: more than any device does at once, and some milliseconds for a slow one.
const SIZE: Size = Size::new(2048, 1024);
/// The shortest counts, and the first may be slow for other reasons.
const ROUNDS: usize = 3;

impl Share {
    /// The faster one on `gpu`; the first where neither can be tried.
    pub(super) fn of(gpu: &Gpu) -> Self {
        let [block, lanes] = [Self::Block, Self::Lanes].map(|share| gpu.idct_time(SIZE, share, ROUNDS));
        match (block, lanes) {
            (Ok(block), Ok(lanes)) if lanes < block => Self::Lanes,
            _ => Self::Block,
        }
    }
}

impl Gpu {
    /// How long the inverse DCT of one component of `size` takes at best of some rounds.
    ///
    /// # Errors
    /// As [`Gpu::run`], and where `size` is no JPEG's.
    pub fn idct_time(&self, size: Size, share: Share, rounds: usize) -> Result<Duration, GpuError> {
        let frame = forward::frame(size, ColorTransform::Gray, &Tables::from_quality(80), Sampling::FULL);
        let frame = frame.map_err(|error| GpuError::Refused(error.to_string()))?;
        let component = &frame.components[0];
        let all = Blocks { rows: component.blocks.height, columns: 0..component.blocks.width };
        let mut best = Duration::MAX;
        for _ in 0..rounds {
            let mut recording = Recording::new(Texel::F16);
            // Whatever is in there: no number takes longer than another.
            let coefficients = recording.scratch(component.blocks.area() * 128);
            let plane = recording.scratch(component.blocks.area() * 64);
            idct::record(&mut recording, component, 8, share, &all, &Bound::Buffer(coefficients), plane);
            let made = self.run_profiled(recording, &[])?;
            let pass = made.passes.first().map(|pass| Duration::from_nanos(pass.nanoseconds as u64));
            best = best.min(pass.unwrap_or(made.gpu_time));
        }
        Ok(best)
    }
}
