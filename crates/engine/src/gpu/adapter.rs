//! Choosing an adapter and asking it for a device.

use std::{sync::LazyLock, time::Duration};

use super::GpuError;

/// What to look for and how much to use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GpuOptions {
    /// Part of the adapter's name, case ignored; `None` takes the most capable one, a software adapter last.
    pub adapter: Option<String>,
    /// Which of several adapters of that name, counted from 0 and around: of two cards of one name, 0 and 1 are different ones, and
    /// where there is one, every number is that one.
    pub nth: usize,
    /// Device memory that jobs in flight may use together, in bytes; `None` is the adapter's default.
    pub memory_bytes: Option<u64>,
    /// Jobs that may go to the device together, where they wait for it together; `None` is the engine's default, 1 sends each alone.
    pub jobs_per_submission: Option<usize>,
    /// How long what was submitted may take until its device is taken to hang; `None` is [`GpuOptions::WATCHDOG`].
    pub watchdog: Option<Duration>,
    /// Whether the device is to have all features of its adapter, for kernels that are not the engine's.
    pub is_shared: bool,
}

impl GpuOptions {
    /// How long what was submitted may take when nobody says.
    pub const WATCHDOG: Duration = Duration::from_secs(120);
}

/// One for the process, never let go. With the last instance the loader unmaps the drivers, and Mesa's software driver may
/// still have code to run when the process ends: a program that was done was once seen to end by a fault.
static INSTANCE: LazyLock<wgpu::Instance> = LazyLock::new(|| {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    wgpu::Instance::new(descriptor)
});

/// The best adapter, and a device with all of its limits.
pub(super) fn open(
    options: &GpuOptions,
) -> Result<(wgpu::Instance, wgpu::Adapter, wgpu::Device, wgpu::Queue), GpuError> {
    let instance = INSTANCE.clone();
    let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
    let found = names(&adapters);
    let wanted = options.adapter.as_ref().map(|name| name.to_lowercase());
    let matches = |adapter: &wgpu::Adapter| {
        wanted.as_ref().is_some_and(|wanted| adapter.get_info().name.to_lowercase().contains(wanted))
    };
    // Without a name the best ones alone: two of `nth` are no reason to take a software adapter next to a GPU.
    let best = adapters.first().map(|adapter| rank(adapter.get_info().device_type));
    adapters.retain(|adapter| match &wanted {
        Some(_) => matches(adapter),
        None => Some(rank(adapter.get_info().device_type)) == best,
    });
    if adapters.is_empty() {
        return Err(GpuError::NoAdapter { wanted: options.adapter.clone(), found });
    }
    let adapter = adapters.swap_remove(options.nth % adapters.len());

    let request = adapter.request_device(&wgpu::DeviceDescriptor {
        label: Some("tintype"),
        required_features: features(&adapter, options.is_shared),
        required_limits: adapter.limits(),
        ..Default::default()
    });
    let (device, queue) = pollster::block_on(request)
        .map_err(|error| GpuError::NoDevice { adapter: adapter.get_info().name, detail: error.to_string() })?;
    Ok((instance, adapter, device, queue))
}

/// Timestamps where there are any; mappable buffers where host and device share memory, which saves a copy each way.
/// Kernels get no feature: they must run on every adapter. A shared device gets everything but what is experimental.
fn features(adapter: &wgpu::Adapter, is_shared: bool) -> wgpu::Features {
    let shares_memory =
        matches!(adapter.get_info().device_type, wgpu::DeviceType::Cpu | wgpu::DeviceType::IntegratedGpu);
    let mut wanted = wgpu::Features::TIMESTAMP_QUERY;
    wanted.set(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS, shares_memory);
    if is_shared {
        let others = wgpu::Features::all_experimental_mask() | wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
        wanted |= adapter.features() - others;
    }
    wanted & adapter.features()
}

fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

fn names(adapters: &[wgpu::Adapter]) -> String {
    let names: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
