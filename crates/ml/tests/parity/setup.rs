//! Devices, weights and pictures for the tests.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use burn::tensor::wgpu::{WgpuSetup, wgpu};
use tintype_ml::Device;
use tintype_pixels::{Layout, Planes, Size};

/// A file that `models/reference.py` wrote.
pub(crate) fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}

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
    let cache = || {
        let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let base = base.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
        base.unwrap_or_default().join("tintype/models")
    };
    let folder = env::var_os("TINTYPE_MODELS").map_or_else(cache, PathBuf::from);
    let path = folder.join(name).join(format!("{name}.safetensors"));
    if path.is_file() {
        return Some(path);
    }
    if env::var("ALLOW_NO_MODELS").as_deref() == Ok("1") {
        eprintln!("ALLOW_NO_MODELS=1: what needs {name} is skipped");
        return None;
    }
    panic!(
        "{} is missing: tintype models pull retinaface u2netp (ALLOW_NO_MODELS=1 skips what needs it)",
        path.display()
    );
}

/// The samples of an 8-bit PNG file without alpha, one or three a pixel.
pub(crate) fn png(path: &Path) -> Planes {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().expect("the file is a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("the picture is small")];
    let info = reader.next_frame(&mut bytes).expect("the PNG is whole");
    let layout = match info.color_type {
        png::ColorType::Rgb => Layout::RGB8,
        png::ColorType::Grayscale => Layout::GRAY8,
        other => panic!("{}: {other:?}", path.display()),
    };
    Planes::new(Size::new(info.width, info.height), layout, bytes).expect("one or three bytes a pixel")
}

/// The portrait that the references were computed from.
pub(crate) fn photograph() -> Planes {
    png(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/astronaut-256.png"))
}

/// A picture of `size` whose pixels `color` gives, by column and row.
pub(crate) fn picture(size: Size, color: impl Fn(usize, usize) -> [u8; 3]) -> Planes {
    let pixels = (0..size.height as usize).flat_map(|y| (0..size.width as usize).map(move |x| (x, y)));
    let bytes = pixels.flat_map(|(x, y)| color(x, y)).collect();
    Planes::new(size, Layout::RGB8, bytes).expect("three bytes a pixel")
}

/// Smooth ramps, edges and texture from integers alone; `pattern` of the script.
pub(crate) fn pattern(size: Size) -> Planes {
    picture(size, |x, y| [0, 1, 2].map(|c| (((3 * x + 5 * y + 70 * c) ^ ((x * y) >> 4)) & 255) as u8))
}

/// The pixel of an RGB picture.
pub(crate) fn pixel(picture: &Planes, x: usize, y: usize) -> [u8; 3] {
    let at = y * picture.row_bytes() + 3 * x;
    [picture.bytes()[at], picture.bytes()[at + 1], picture.bytes()[at + 2]]
}
