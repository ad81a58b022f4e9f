//! Jobs that go to the device together: each gets what it would get alone, whatever becomes of the others.

use std::{sync::Barrier, thread, time::Duration};

use tintype::{Policy, Tintype, engine::ops::Inverse};
use tintype_engine::{
    Gpu, GpuError, Plan, Recording, Space, Texel,
    gpu::{GpuOptions, Pending},
    ops::{prefix_sum, resize::Filter},
    plan::{self, Stage},
    record::Bound,
};
use tintype_pixels::{Gamut, Layout, Orientation, Planes, Size, SourceColor};
use tintype_testkit::{engine, gpu, pictures};

use super::facade::rendered;

const ASTRONAUT: &[u8] = include_bytes!("pictures/astronaut.jpg");

/// A picture of this size through some options.
struct Work {
    pixels: Planes,
    plan: Plan,
}

impl Work {
    fn new(gpu: &Gpu, size: Size, options: &str) -> Self {
        let source = plan::Source {
            size,
            layout: Layout::RGB8,
            orientation: Orientation::Upright,
            alpha: false,
            color: Some(SourceColor::srgb()),
            on_device: false,
            jpeg: None,
        };
        let stages = [Stage::Transform(Box::new(options.parse().unwrap()))];
        let request = plan::Request {
            stages: &stages,
            target: Some(Layout::RGB8),
            space: Space::Linear,
            gamut: Gamut::SRGB,
            filter: Filter::Lanczos3,
            device: gpu.plan_device(),
            max_result: (16_384, 1 << 30),
        };
        Self { pixels: pictures::samples(size, Layout::RGB8), plan: Plan::new(&[source], &request).unwrap() }
    }

    fn submit(&self, gpu: &Gpu) -> Pending {
        gpu.submit(self.plan.record(), &[self.pixels.bytes().into()], false).unwrap()
    }
}

/// Keeps the device busy, so that what comes behind it has to wait.
fn long(gpu: &Gpu) -> Work {
    Work::new(gpu, Size::new(1500, 1000), "width=1400,blur=40")
}

/// Jobs that share sizes, and so textures, and some that do not.
fn short(gpu: &Gpu) -> Vec<Work> {
    let options = ["width=40", "width=41,blur=3", "rotate=90", "width=30,sharpen=2", "height=40,fit=contain"];
    let size = |i: u32| Size::new(90 + i / 5, 70);
    (0..15).map(|i| Work::new(gpu, size(i), options[i as usize % options.len()])).collect()
}

#[test]
fn jobs_that_wait_go_together() {
    let Some(_) = gpu() else { return };
    let submissions = |jobs_per_submission: Option<usize>| {
        let gpu = Gpu::new(&GpuOptions { jobs_per_submission, ..Default::default() }).unwrap();
        let (long, short) = (long(&gpu), short(&gpu));
        let alone: Vec<_> = short.iter().map(|work| work.submit(&gpu).wait().unwrap().bytes).collect();
        let before = gpu.submissions();
        let first = long.submit(&gpu);
        let pending: Vec<_> = short.iter().map(|work| work.submit(&gpu)).collect();
        for (index, (pending, alone)) in pending.into_iter().zip(alone).enumerate() {
            assert!(pending.wait().unwrap().bytes == alone, "job {index}");
        }
        first.wait().unwrap();
        gpu.submissions() - before
    };
    assert_eq!(submissions(Some(1)), 16);
    let together = submissions(None);
    assert!(together < 10, "{together} submissions");
}

#[test]
fn a_job_that_is_refused_hurts_nobody_else() {
    let Some(_) = gpu() else { return };
    let gpu = Gpu::new(&GpuOptions::default()).unwrap();
    let (long, short) = (long(&gpu), short(&gpu));
    let refused = || {
        let mut recording = Recording::new(Texel::F16);
        let numbers = recording.upload(0, 0..4096);
        let sums = recording.readback(prefix_sum::bytes(64), prefix_sum::bytes(64));
        // No adapter binds a buffer from its fifth byte on.
        prefix_sum::record(&mut recording, &Bound::Part(numbers, 4..260), 64, sums);
        gpu.submit(recording, &[[0; 4096].as_slice().into()], false).unwrap()
    };
    let alone: Vec<_> = short.iter().map(|work| work.submit(&gpu).wait().unwrap().bytes).collect();
    let round = || {
        let before = gpu.submissions();
        let first = long.submit(&gpu);
        let pending: Vec<_> = short.iter().map(|work| (work.submit(&gpu), refused())).collect();
        for ((good, bad), alone) in pending.into_iter().zip(&alone) {
            assert!(good.wait().unwrap().bytes == *alone);
            assert!(matches!(bad.wait(), Err(GpuError::Refused(_))));
        }
        first.wait().unwrap();
        gpu.submissions() - before
    };
    assert!(round() < 16);
    let one_by_one = || assert!(refused().wait().is_err() && short[0].submit(&gpu).wait().unwrap().bytes == alone[0]);
    one_by_one();
    let warm = gpu.counters();
    (0..5).for_each(|_| one_by_one());
    assert_eq!(gpu.counters(), warm, "what is refused gives back all it had");
}

#[test]
fn answers_at_once_are_those_of_one_after_the_other() {
    let Some(shared) = engine() else { return };
    let huffman = plan::Huffman::Device;
    let there = shared.with_policy(Policy { huffman, inverse: Some(Inverse::Device), ..Policy::default() });
    for engine in [shared.clone(), there] {
        let options: Vec<String> = (0..16).map(|i| format!("width={},quality={}", 60 + i / 4, 70 + i)).collect();
        let alone: Vec<_> = options.iter().map(|options| rendered(&engine, ASTRONAUT, options).bytes).collect();
        let start = Barrier::new(options.len());
        let ask = |engine: &Tintype, options: &str| {
            start.wait();
            rendered(engine, ASTRONAUT, options).bytes
        };
        thread::scope(|scope| {
            let asked: Vec<_> = options.iter().map(|options| scope.spawn(|| ask(&engine, options))).collect();
            for ((answer, alone), options) in asked.into_iter().zip(&alone).zip(&options) {
                assert!(answer.join().unwrap() == *alone, "{options}");
            }
        });
    }
}

#[test]
fn memory_that_nobody_uses_goes_back() {
    let Some(_) = gpu() else { return };
    let gpu = Gpu::new(&GpuOptions::default()).unwrap();
    let (long, short) = (long(&gpu), short(&gpu));
    let right = short[0].submit(&gpu).wait().unwrap().bytes;
    let small = gpu.counters().held_bytes;
    long.submit(&gpu).wait().unwrap();
    assert!(gpu.counters().held_bytes > small * 2);
    gpu.trim(Duration::from_secs(5));
    assert!(gpu.counters().held_bytes > small * 2, "it was used just now");
    thread::sleep(Duration::from_millis(30));
    assert!(short[0].submit(&gpu).wait().unwrap().bytes == right);
    gpu.trim(Duration::from_millis(20));
    assert!(gpu.counters().held_bytes <= small, "{:?} after {small} bytes", gpu.counters());
    assert!(short[0].submit(&gpu).wait().unwrap().bytes == right);
    gpu.trim(Duration::ZERO);
    assert_eq!(gpu.counters().held_bytes, 0);
    assert!(short[0].submit(&gpu).wait().unwrap().bytes == right);
}
