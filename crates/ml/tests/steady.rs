//! Networks keep nothing of the pictures they saw: after two hundred, memory is what it was after the first few.
//!
//! A binary of its own with one test, because the memory of a process is everybody's in it.

mod setup;

use std::{fs, path::Path};

use burn::tensor::wgpu::wgpu;
use tintype_ml::{
    Device, Matting, MattingKind, RetinaFace,
    bridge::{Bridge, Light},
    nn::Unwatched,
};
use tintype_pixels::{Layout, Planes, Size};
use tintype_wgsl::Texel;

use self::setup::{Gpu, gpu, image, view, weights};

/// What may come and go: an allocator's caches and a thread's stack. A kept tensor a picture would be ten times as much: the
/// smallest map of U²-Netp at 96x96 that is as large as its input has 16 channels, 0.6 MB.
const MAY_GROW_BYTES: u64 = 12 << 20;
/// Pictures after which everything that is made once has been made.
const WARM_UP: usize = 20;
const PICTURES: usize = 100;
/// The same of what looks on a GPU.
const GPU_PICTURES: usize = 200;
/// A page of burn's memory may be made late. A kept map a picture of 32x32 with 64 channels would be 52 MB.
const MAY_GROW_ON_GPU_BYTES: u64 = 4 << 20;

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
fn growth(measure: impl Fn() -> Option<u64>, pictures: usize, mut look: impl FnMut(usize)) -> Option<u64> {
    (0..WARM_UP).for_each(&mut look);
    let before = measure()?;
    (WARM_UP..WARM_UP + pictures).for_each(&mut look);
    Some(measure()?.saturating_sub(before))
}

#[test]
fn memory_stays_flat() {
    let (Some(faces), Some(mattes)) = (weights("retinaface"), weights("u2netp")) else { return };
    // 240 pictures on the processor: both networks look at each.
    let device = Device::cpu();
    let network = RetinaFace::load(&faces, &device).expect("weights");
    let matting = Matting::load(MattingKind::U2Netp, &mattes, &device).expect("weights");
    let grown = growth(resident_bytes, PICTURES, |seed| {
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

/// The same of device memory, by what wgpu's allocator says: two hundred pictures that both networks look at, so small that a software
/// adapter is done in a minute.
fn on_a_gpu(faces: &Path, mattes: &Path) {
    let Some(Gpu { setup, device }) = gpu() else { return };
    let bridge = Bridge::new(&setup.device, &setup.queue, Texel::F16, Light::Encoded);
    let network = RetinaFace::load(faces, device).expect("weights");
    let matting = Matting::load(MattingKind::U2Netp, mattes, device).expect("weights");
    let allocated = || Some(setup.device.generate_allocator_report()?.total_allocated_bytes);
    let size = Size::new(32, 32);
    let (seen, matte) = (image(setup, size), image(setup, size));
    let grown = growth(allocated, GPU_PICTURES, |_| {
        network.detect_images(&bridge, &[view(&seen)], size).expect("faces or none");
        let normalise = matting.kind().normalise();
        let input = bridge.tensor_from_images(&[view(&seen)], size, &normalise, size, device).expect("an input");
        let answer = matting.forward(input, &mut Unwatched);
        bridge.images_from_tensor(answer, &[view(&matte)]).expect("a matte");
        setup.device.poll(wgpu::PollType::wait_indefinitely()).expect("the device is there");
    });
    match grown {
        Some(grown) => assert!(grown <= MAY_GROW_ON_GPU_BYTES, "{grown} bytes of device memory more"),
        None => eprintln!("NOT TESTED: this adapter does not say what it has allocated"),
    }
}
