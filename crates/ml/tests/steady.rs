//! Networks keep nothing of the pictures they saw: after two hundred, memory is what it was after the first few.
//!
//! A binary of its own with one test, because the memory of a process is everybody's in it.

use std::{env, fs, path::PathBuf};

use burn::tensor::wgpu::{WgpuSetup, wgpu};
use tintype_ml::{
    Device, Matting, MattingKind, RetinaFace,
    bridge::{Bridge, Light},
    nn::Unwatched,
};
use tintype_pixels::{Layout, Planes, Size};
use tintype_wgsl::Texel;

/// What may come and go: an allocator's caches and a thread's stack. A kept tensor a picture would be ten times as much: the
/// smallest map of U²-Netp at 96x96 that is as large as its input has 16 channels, 0.6 MB.
const MAY_GROW_BYTES: u64 = 12 << 20;
/// Pictures after which everything that is made once has been made.
const WARM_UP: usize = 20;
const PICTURES: usize = 100;

/// The weights; `None` only with `ALLOW_NO_MODELS=1`.
fn weights(name: &str) -> Option<PathBuf> {
    match tintype_weights::installed(name) {
        Ok(path) => Some(path),
        Err(missing) if env::var("ALLOW_NO_MODELS").as_deref() == Ok("1") => {
            eprintln!("NOT TESTED, because ALLOW_NO_MODELS=1: {missing}");
            None
        }
        Err(missing) => panic!("{missing} (ALLOW_NO_MODELS=1 goes on without)"),
    }
}

/// Bytes of this process that are in memory; `None` where the system does not say.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn picture(side: u32, seed: usize) -> Planes {
    let n = (side * side * 3) as usize;
    let samples = (0..n).map(|at| ((at * 31 + seed * 7919) % 251) as u8).collect();
    Planes::new(Size::new(side, side), Layout::RGB8, samples).expect("three bytes a pixel")
}

/// Calls `look` for every picture; how much `measure` grew after the warm-up.
fn growth(measure: impl Fn() -> Option<u64>, mut look: impl FnMut(usize)) -> Option<u64> {
    (0..WARM_UP).for_each(&mut look);
    let before = measure()?;
    (WARM_UP..WARM_UP + PICTURES).for_each(&mut look);
    Some(measure()?.saturating_sub(before))
}

#[test]
fn memory_stays_flat() {
    let (Some(faces), Some(mattes)) = (weights("retinaface"), weights("u2netp")) else { return };
    // 240 pictures on the processor: both networks look at each.
    let device = Device::cpu();
    let network = RetinaFace::load(&faces, &device).expect("weights");
    let matting = Matting::load(MattingKind::U2Netp, &mattes, &device).expect("weights");
    let grown = growth(resident_bytes, |seed| {
        network.detect(&picture(320, seed)).expect("faces or none");
        let input = matting.input(&picture(96, seed)).expect("an input");
        let matte: Vec<f32> = matting.forward(input, &mut Unwatched).try_into_vec_as().expect("numbers");
        assert_eq!(matte.len(), 96 * 96);
    });
    match grown {
        Some(grown) => assert!(grown <= MAY_GROW_BYTES, "{grown} bytes more after {PICTURES} pictures"),
        None => eprintln!("NOT TESTED: there is no /proc/self/status"),
    }
    on_a_gpu(&faces, &mattes);
}

/// The same of device memory, by what wgpu's allocator says. A software adapter sees faces only: mattes take it half a minute.
fn on_a_gpu(faces: &std::path::Path, mattes: &std::path::Path) {
    let Some(setup) = setup() else {
        assert!(env::var("ALLOW_NO_GPU").as_deref() == Ok("1"), "there is no adapter (ALLOW_NO_GPU=1 goes on without)");
        return;
    };
    let device = Device::wgpu(setup.clone()).expect("the device can be shared");
    let bridge = Bridge::new(&setup.device, &setup.queue, Texel::F16, Light::Encoded);
    let network = RetinaFace::load(faces, &device).expect("weights");
    let is_software = setup.adapter.get_info().device_type == wgpu::DeviceType::Cpu;
    let matting = (!is_software).then(|| Matting::load(MattingKind::U2Netp, mattes, &device).expect("weights"));
    let allocated = || Some(setup.device.generate_allocator_report()?.total_allocated_bytes);
    let small = image(&setup, Size::new(64, 64));
    let (seen, matte) = (image(&setup, Size::new(320, 320)), image(&setup, Size::new(320, 320)));
    let grown = growth(allocated, |_| {
        network.detect_images(&bridge, &[view(&small)], Size::new(64, 64)).expect("faces or none");
        if let Some(matting) = &matting {
            matting.matte_images(&bridge, &[view(&seen)], &[view(&matte)]).expect("a matte");
        }
        setup.device.poll(wgpu::PollType::wait_indefinitely()).expect("the device is there");
    });
    match grown {
        Some(grown) => assert!(grown <= MAY_GROW_BYTES, "{grown} bytes of device memory more"),
        None => eprintln!("NOT TESTED: this adapter does not say what it has allocated"),
    }
}

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

/// A working image, all transparent.
fn image(setup: &WgpuSetup, size: Size) -> wgpu::Texture {
    setup.device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba16Float,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::STORAGE_BINDING,
        view_formats: &[],
    })
}

fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}
