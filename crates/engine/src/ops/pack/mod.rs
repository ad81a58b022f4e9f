//! From a working image to packed samples in exactly the layout an encoder wants: un-premultiply, transfer curve, dither,
//! quantise.
//!
//! Pictures beyond one storage binding leave in chunks of whole rows, which the caller gets as one.

#[cfg(any(test, feature = "reference"))]
pub mod reference;

use tintype_pixels::{Depth, Layout};

use super::unpack::rows_by;
use crate::{
    kernels,
    record::{BufferId, ImageId, Recording},
};

/// Invocations per row of the dispatch; the picture is walked in reading order, whatever its width.
const STRIDE: u32 = 4096;

/// How samples are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    /// Their layout.
    pub layout: Layout,
    /// Whether the working space is linear and the samples are sRGB-encoded.
    pub encode: bool,
    /// Whether noise of half a code is added before rounding, so that gradients do not band.
    pub dither: bool,
    /// Largest storage binding in bytes.
    pub binding_bytes: u64,
}

tintype_wgsl::params! {
    /// Uniform of `pack.wgsl`.
    struct Params for kernels::PACK {
        size: [u32; 2], row: u32, stride: u32, channels: u32, dither: u32, _pad0: u32, _pad1: u32,
    }
}

mod wide {
    use crate::kernels;

    tintype_wgsl::params! {
        /// Uniform of `pack.wide.wgsl`.
        pub(super) struct Params for kernels::PACK_WIDE {
            size: [u32; 2], row: u32, stride: u32, channels: u32, depth: u32, _pad0: u32, _pad1: u32,
        }
    }
}

impl Pack {
    /// Appends the passes; the samples are what the recording reads back.
    pub fn record(&self, recording: &mut Recording, input: ImageId) {
        let size = recording.size(input);
        let row_bytes = u64::from(size.width) * u64::from(self.layout.pixel_bytes());
        // Four pixels leave together, so a chunk may need up to three pixels more than it has.
        let slack = 4 * u64::from(self.layout.pixel_bytes());
        let rows = (self.binding_bytes.saturating_sub(slack) / row_bytes).clamp(1, u64::from(size.height)) as u32;
        for (row, rows) in rows_by(size.height, rows) {
            let quads = (u64::from(size.width) * u64::from(rows)).div_ceil(4) as u32;
            let bytes = u64::from(quads) * slack;
            let samples = recording.readback(bytes, u64::from(rows) * row_bytes);
            self.pass(recording, input, (row, rows), samples);
        }
    }

    /// Appends the pass that leaves all samples in a buffer on the device, for a pass that reads them.
    pub(crate) fn record_on_device(&self, recording: &mut Recording, input: ImageId) -> BufferId {
        let size = recording.size(input);
        let samples = recording.scratch(size.area().div_ceil(4) * 4 * u64::from(self.layout.pixel_bytes()));
        self.pass(recording, input, (0, size.height), samples);
        samples
    }

    /// Some rows of `input`, into `samples`.
    fn pass(&self, recording: &mut Recording, input: ImageId, (row, rows): (u32, u32), samples: BufferId) {
        let width = recording.size(input).width;
        let quads = (u64::from(width) * u64::from(rows)).div_ceil(4) as u32;
        let stride = STRIDE.min(quads);
        let (size, channels) = ([width, rows], self.layout.channels as u32);
        let (_pad0, _pad1) = (0, 0);
        let pass = match self.layout.depth {
            Depth::U8 => {
                let dither = u32::from(self.dither);
                recording.pass(Params { size, row, stride, channels, dither, _pad0, _pad1 })
            }
            depth @ (Depth::U16 | Depth::F32) => {
                let depth = depth as u32;
                recording.pass(wide::Params { size, row, stride, channels, depth, _pad0, _pad1 })
            }
        };
        let pass = pass.set("ENCODE", u32::from(self.encode)).grid(stride, quads.div_ceil(stride));
        pass.read(input).write_buffer(samples);
    }
}
