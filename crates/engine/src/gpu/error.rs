//! What can go wrong on a device, and the watch over it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use tintype_pixels::{Fault, Size};

/// What can go wrong on a device.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// There is no adapter, or none of the wanted name.
    #[error("no GPU adapter{}; found: {found}. A Vulkan driver is needed; without a GPU, Mesa's software driver will do", wanted.as_ref().map(|name| format!(" named {name:?}")).unwrap_or_default())]
    NoAdapter {
        /// The name that was asked for.
        wanted: Option<String>,
        /// What there is.
        found: String,
    },
    /// The adapter gives no device.
    #[error("{adapter} gives no device: {detail}")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// What it says.
        detail: String,
    },
    /// A kernel does not compile on this device.
    #[error("{kernel} does not compile on this device: {detail}")]
    Kernel {
        /// The kernel and its constants.
        kernel: String,
        /// What the driver says.
        detail: String,
    },
    /// One job would need more device memory than the engine may use.
    #[error("needs {:.0} MB of device memory; the limit is {:.0} MB", *needed as f64 / 1e6, *limit as f64 / 1e6)]
    TooLarge {
        /// Bytes the job needs.
        needed: u64,
        /// Bytes the engine may use.
        limit: u64,
    },
    /// The driver had no memory.
    #[error("the device is out of memory: {0}")]
    OutOfMemory(String),
    /// A recording names an input that was not given, or one of another size.
    #[error("input {source_index} has {got} bytes, the plan reads up to {needed}")]
    Input {
        /// Which input.
        source_index: usize,
        /// Bytes given.
        got: u64,
        /// Bytes that are read.
        needed: u64,
    },
    /// A recording names a texture that was not given, is too small, or may not be bound.
    #[error("input {source_index} is no texture of at least {needed} that kernels may read")]
    Texture {
        /// Which input.
        source_index: usize,
        /// The least size.
        needed: Size,
    },
    /// wgpu refused a command: a mistake of ours.
    #[error("the device refused a command: {0}")]
    Refused(String),
    /// The device is gone.
    #[error("the device was lost: {0}")]
    Lost(String),
    /// It could not begin by the time that it had.
    #[error("there was no device memory in time")]
    Late,
}

impl GpuError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::TooLarge { .. } => Fault::TooLarge,
            Self::OutOfMemory(_) | Self::Lost(_) | Self::Late => Fault::Busy,
            Self::NoAdapter { .. }
            | Self::NoDevice { .. }
            | Self::Kernel { .. }
            | Self::Input { .. }
            | Self::Texture { .. }
            | Self::Refused(_) => Fault::Internal,
        }
    }
}

impl From<wgpu::Error> for GpuError {
    fn from(error: wgpu::Error) -> Self {
        match error {
            wgpu::Error::OutOfMemory { source } => Self::OutOfMemory(source.to_string()),
            wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
                Self::Refused(description)
            }
        }
    }
}

/// Whether the device still is there, and what it complained of where nobody listened.
#[derive(Debug, Default)]
pub(super) struct Health {
    lost: OnceLock<String>,
    uncaptured: AtomicU64,
}

impl Health {
    /// Registers the callbacks, so that neither loss nor an uncaptured error is a panic.
    pub(super) fn watch(device: &wgpu::Device) -> Arc<Self> {
        let health = Arc::new(Self::default());
        health.listen(device);
        health
    }

    /// Takes the device's callbacks, whoever had them.
    pub(super) fn listen(self: &Arc<Self>, device: &wgpu::Device) {
        let on_loss = Arc::clone(self);
        device.set_device_lost_callback(move |_, message| on_loss.lose(message));
        let on_error = Arc::clone(self);
        device.on_uncaptured_error(Arc::new(move |_: wgpu::Error| {
            on_error.uncaptured.fetch_add(1, Ordering::Relaxed);
        }));
    }

    pub(super) fn lose(&self, message: String) {
        // Only the first reason counts.
        let _ = self.lost.set(message);
    }

    pub(super) fn check(&self) -> Result<(), GpuError> {
        if self.lost.get().is_some() { Err(self.lost()) } else { Ok(()) }
    }

    pub(super) fn lost(&self) -> GpuError {
        GpuError::Lost(self.lost.get().cloned().unwrap_or_else(|| "its thread ended".to_owned()))
    }
}
