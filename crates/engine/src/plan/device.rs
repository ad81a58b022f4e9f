//! What a plan must know of the device: limits, and sizes that were measured to be good.

use super::Coders;
use crate::ops::{Inverse, idct::Share};

/// When a JPEG is decoded at a half, a quarter or an eighth of its size.
///
/// What is left out is the mean of squares of encoded samples, not of light, before the filter that was asked for sees anything;
/// it saves up to all of the work that the full size costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shrink {
    /// Never: every pixel goes through the filter.
    #[default]
    Never,
    /// Where the filter still reduces both sides to at most a half.
    TwiceLeft,
}

/// Limits and preferences of a device, as plain numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Largest side of a texture in pixels.
    pub texture_side: u32,
    /// Largest storage binding in bytes.
    pub binding_bytes: u64,
    /// Bytes of working image that a streamed band takes: small enough for a CPU's cache where the device is one, large
    /// enough to fill a GPU otherwise.
    pub band_bytes: u64,
    /// Where a JPEG's coefficients become samples.
    pub inverse: Inverse,
    /// How, where it is on the device.
    pub share: Share,
    /// When a JPEG is decoded smaller.
    pub shrink: Shrink,
    /// Where a JPEG's bits are coded.
    pub coders: Coders,
}

impl Device {
    /// Bands on a GPU: some million pixels keep every core busy.
    pub const BAND_BYTES_GPU: u64 = 64 << 20;
    /// Bands on a software adapter.
    pub const BAND_BYTES_SOFTWARE: u64 = 4 << 20;
}

impl Default for Device {
    /// What a plan is printed for where there is no device: WebGPU's guaranteed storage binding, and the texture side of
    /// every Vulkan, Metal and Direct3D 12 driver of the last ten years, Mesa's software one among them.
    fn default() -> Self {
        Self {
            texture_side: 16_384,
            binding_bytes: 128 << 20,
            band_bytes: Self::BAND_BYTES_GPU,
            inverse: Inverse::Device,
            share: Share::Block,
            shrink: Shrink::Never,
            coders: Coders::default(),
        }
    }
}
