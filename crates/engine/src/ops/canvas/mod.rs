//! An animation's canvas: what is shown once a frame has been drawn, as samples that stay on the device.
//!
//! The canvas is a buffer of encoded RGBA8, straight, so that drawing on it is exact and a plan reads it as it would read the samples
//! of a still picture. No buffer is ever changed: each frame makes a new one from the one before it, which is how a frame that is
//! disposed of to what was there before finds that again. No step of a plan.

#[cfg(any(test, feature = "reference"))]
pub mod reference;

use tintype_pixels::{Rect, Size};
use tintype_wgsl::Texel;

use crate::{
    kernels,
    record::{BufferId, Recording},
};

tintype_wgsl::params! {
    /// Uniform of `canvas.wgsl`.
    struct Params for kernels::CANVAS {
        size: [u32; 2], origin: [u32; 2], frame: [u32; 2], clear_origin: [u32; 2], clear_size: [u32; 2],
        blend: u32, _pad0: u32,
    }
}

/// What a frame's pixels do to those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blend {
    /// They take their place.
    Source = 0,
    /// They are laid over them.
    Over = 1,
}

/// What is under a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// Nothing: all is transparent.
    Nothing,
    /// The canvas that is given, but for a part that becomes transparent before.
    Canvas {
        /// That part; empty for none.
        clear: Rect,
    },
}

/// One frame on its canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Canvas {
    /// Width and height of the canvas.
    pub size: Size,
    /// Where the frame is; what is outside of the canvas is not seen.
    pub rect: Rect,
    /// How it is drawn.
    pub blend: Blend,
    /// What is under it.
    pub under: Under,
}

impl Canvas {
    /// Which input the frame's samples are: RGBA8, straight, row by row.
    pub const FRAME: usize = 0;

    /// Which input the canvas before is.
    pub const BEFORE: usize = 1;

    /// Bytes of a canvas.
    pub fn bytes(size: Size) -> u64 {
        size.area() * 4
    }

    /// A recording that keeps the canvas.
    pub fn record(&self) -> Recording {
        let mut recording = Recording::new(Texel::F16);
        let bytes = Self::bytes(self.size);
        let samples = recording.upload(Self::FRAME, 0..Self::bytes(self.rect.size));
        let under = match self.under {
            Under::Nothing => {
                let under = recording.scratch(bytes);
                recording.zero(under);
                under
            }
            Under::Canvas { .. } => recording.given_buffer(Self::BEFORE, bytes),
        };
        let canvas = recording.kept(bytes);
        self.record_to(&mut recording, under, samples, canvas);
        recording
    }

    /// Appends the pass that writes `samples` on `under` to `canvas`. Where there is nothing under the frame, `under` is zeros.
    pub fn record_to(&self, recording: &mut Recording, under: BufferId, samples: BufferId, canvas: BufferId) {
        let clear = match self.under {
            Under::Nothing => Rect::new(0, 0, Size::new(0, 0)),
            Under::Canvas { clear } => clear,
        };
        let params = Params {
            size: self.size.into(),
            origin: [self.rect.x, self.rect.y],
            frame: self.rect.size.into(),
            clear_origin: [clear.x, clear.y],
            clear_size: clear.size.into(),
            blend: self.blend as u32,
            _pad0: 0,
        };
        let pass = recording.pass(params).grid(self.size.width, self.size.height);
        pass.buffer(under).buffer(samples).write_buffer(canvas);
    }
}
