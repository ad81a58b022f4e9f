//! A device, weights and working images, for every binary of the tests.

use std::{env, path::PathBuf, sync::OnceLock};

use burn::tensor::wgpu::{WgpuSetup, wgpu};
use tintype_ml::Device;
use tintype_pixels::Size;

/// A wgpu device that is shared with burn as the engine's is.
pub(crate) struct Gpu {
    pub(crate) setup: WgpuSetup,
    pub(crate) device: Device,
}

/// The device all tests share; `None` only with `ALLOW_NO_GPU=1`.
pub(crate) fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    let made = GPU.get_or_init(|| match setup() {
        Some(setup) => {
            eprintln!("adapter: {:?}", setup.adapter.get_info());
            let device = Device::wgpu(setup.clone()).expect("the device can be shared");
            Some(Gpu { setup, device })
        }
        None if env::var("ALLOW_NO_GPU").as_deref() == Ok("1") => None,
        None => panic!("there is no wgpu adapter (ALLOW_NO_GPU=1 skips what needs one)"),
    });
    made.as_ref()
}

/// A device with what burn needs, on the first adapter.
fn setup() -> Option<WgpuSetup> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(descriptor);
    let adapter = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY)).into_iter().next()?;
    let request = wgpu::DeviceDescriptor {
        required_features: Device::features(&adapter),
        required_limits: adapter.limits(),
        ..Default::default()
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&request)).expect("the adapter gives a device");
    let backend = adapter.get_info().backend;
    Some(WgpuSetup { instance, adapter, device, queue, backend })
}

/// The weights of a model; `None` only with `ALLOW_NO_MODELS=1`.
pub(crate) fn weights(name: &str) -> Option<PathBuf> {
    match tintype_weights::installed(name) {
        Ok(path) => Some(path),
        Err(missing) if env::var("ALLOW_NO_MODELS").as_deref() == Ok("1") => {
            eprintln!("NOT TESTED, because ALLOW_NO_MODELS=1: {missing}");
            None
        }
        Err(missing) => panic!("{missing} (ALLOW_NO_MODELS=1 goes on without)"),
    }
}

/// A working image, all transparent.
pub(crate) fn image(setup: &WgpuSetup, size: Size) -> wgpu::Texture {
    setup.device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba16Float,
        usage: wgpu::TextureUsages::TEXTURE_BINDING
            | wgpu::TextureUsages::STORAGE_BINDING
            | wgpu::TextureUsages::COPY_SRC
            | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

pub(crate) fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}
