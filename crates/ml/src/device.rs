//! Where a network runs.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use burn::tensor::wgpu::WgpuSetup;
use tintype_engine::Gpu;

use crate::MlError;

/// The processor that a network's weights live on and that computes it: the CPU, or a wgpu device that the caller shares.
///
/// On a software adapter the CPU is the better choice: burn's native kernels are some twenty times faster than its shaders are on
/// a software driver, and the pixels are in host memory anyway.
#[derive(Clone)]
pub struct Device {
    burn: burn::tensor::Device,
    is_gpu: bool,
    read_bytes: Arc<AtomicU64>,
}

impl Device {
    /// burn's native kernels, on all cores.
    pub fn cpu() -> Self {
        Self { burn: burn::tensor::Device::flex(), is_gpu: false, read_bytes: Arc::default() }
    }

    /// The caller's wgpu device. Register a device once and clone the result: each call makes a runtime of its own.
    ///
    /// The device must have been requested with [`Self::features`] at least and with its adapter's limits.
    /// Registering replaces the device's handlers of lost devices and uncaptured errors; install others afterwards.
    pub fn wgpu(setup: WgpuSetup) -> Result<Self, MlError> {
        burn::tensor::Device::wgpu_options()
            .setup(setup)
            .init()
            .map(|burn| Self { burn, is_gpu: true, read_bytes: Arc::default() })
            .map_err(|cause| MlError::Device { cause: cause.to_string() })
    }

    /// The engine's device, which the engine must have made itself and for sharing.
    pub fn of_engine(gpu: &Gpu) -> Result<Self, MlError> {
        let instance = gpu.instance().ok_or_else(|| MlError::Device {
            cause: "models run on the GPU only where the engine created its device".into(),
        })?;
        let device = Self::wgpu(WgpuSetup {
            instance: instance.clone(),
            adapter: gpu.adapter().clone(),
            device: gpu.device().clone(),
            queue: gpu.queue().clone(),
            backend: gpu.adapter().get_info().backend,
        });
        // burn has taken the device's callbacks, of which one panics.
        gpu.listen();
        device
    }

    /// What a device that is to be shared must be requested with: burn chooses its kernels by what the *adapter* can do, and a device
    /// with less refuses them. Experimental features are left out; no kernel of the WGSL compiler's uses one.
    pub fn features(adapter: &wgpu::Adapter) -> wgpu::Features {
        adapter.features() - wgpu::Features::MAPPABLE_PRIMARY_BUFFERS - wgpu::Features::all_experimental_mask()
    }

    /// What burn calls it.
    pub fn burn(&self) -> &burn::tensor::Device {
        &self.burn
    }

    /// Whether it is a wgpu device, of hardware or software.
    pub fn is_gpu(&self) -> bool {
        self.is_gpu
    }

    /// Bytes of tensors that were read into host memory through this device and its clones.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn count_read(&self, bytes: u64) {
        self.read_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({:?})", self.burn)
    }
}
