//! What the adapter is and what of it matters here.

use std::fmt;

use crate::{ops::Inverse, plan};

/// The adapter's name and limits, and what follows from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Caps {
    /// The adapter's name.
    pub name: String,
    /// The API it is reached by, for example `Vulkan`.
    pub backend: String,
    /// The driver and its version.
    pub driver: String,
    /// Whether the "GPU" is the CPU.
    pub is_software: bool,
    /// Whether device and host share memory, so that buffers are mapped instead of copied.
    pub is_unified: bool,
    /// Whether the device can tell how long a pass takes. Mesa's software driver says so and cannot: of passes that took 800 ms together it
    /// accounted for 150.
    pub has_timestamps: bool,
    /// Largest side of a texture in pixels.
    pub texture_side: u32,
    /// Largest storage binding in bytes.
    pub binding_bytes: u64,
    /// Invocations of a workgroup in x and y.
    pub workgroup: [u32; 2],
}

impl Caps {
    pub(super) fn of(adapter: &wgpu::Adapter, device: &wgpu::Device) -> Self {
        let info = adapter.get_info();
        let limits = device.limits();
        let is_software = info.device_type == wgpu::DeviceType::Cpu;
        Self {
            name: info.name,
            backend: info.backend.to_string(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            is_software,
            is_unified: device.features().contains(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS),
            has_timestamps: device.features().contains(wgpu::Features::TIMESTAMP_QUERY) && !is_software,
            texture_side: limits.max_texture_dimension_2d,
            binding_bytes: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
            // A software adapter's lanes lie along x and share a row's cache lines; a GPU's share a square of texels.
            workgroup: if is_software { [64, 1] } else { [8, 8] },
        }
    }

    /// What a plan must know.
    pub fn plan_device(&self) -> plan::Device {
        let (texture_side, binding_bytes) = (self.texture_side, self.binding_bytes);
        if self.is_software {
            let default = plan::Device::default();
            let (band_bytes, shrink) = (plan::Device::BAND_BYTES_SOFTWARE, plan::Shrink::TwiceLeft);
            let coders = plan::Coders { is_software: true, ..plan::Coders::default() };
            let inverse = Inverse::Host;
            return plan::Device { texture_side, binding_bytes, band_bytes, inverse, shrink, coders, ..default };
        }
        plan::Device { texture_side, binding_bytes, ..plan::Device::default() }
    }

    /// How much device memory the engine uses at most when nobody says: wgpu does not tell how much there is.
    pub fn default_memory_bytes(&self) -> u64 {
        if self.is_software { 2 << 30 } else { 4 << 30 }
    }
}

impl fmt::Display for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_software { ", software" } else { "" };
        write!(f, "{} ({}, {}{kind})", self.name, self.backend, self.driver)
    }
}
