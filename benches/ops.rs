//! Every operation of the registry on the device: megapixels per second, and bytes moved against a plain copy.
//!
//! Emulates one step in the middle of a plan, on an image that is already in device memory. Measured as the difference
//! between a recording with the operation and one without, in turn, because a software driver's timestamps say when work
//! was queued, not how long it took. Ignores codecs, uploads and read-backs; `pipeline` has those.

use std::time::{Duration, Instant};

use serde_json::json;
use tintype_benches::{Spread, rounds, save};
use tintype_engine::{
    Gpu, Plan, Space, Texel, Working,
    ops::{
        self, Background, Blur, ColorMatrix, Copy, Crop, Defringe, Gamma, Lab, Matte, Orient, Pad, Resize, Sharpen,
        Step, ToEncoded, ToLinear, Unpack,
        resize::{Axis, Filter, Stretch},
    },
    plan::Picture,
};
use tintype_pixels::{Layout, Orientation, Planes, Rect, Rgba, Size};
use tintype_testkit::{gpu, pictures};

const SIZE: Size = Size::new(2048, 1536);

fn main() {
    let Some(gpu) = gpu() else { return };
    let n = rounds(7);
    println!("{}\n{SIZE} ({:.1} MP), half precision, {n} rounds, medians\n", gpu.caps(), SIZE.megapixels());
    println!(
        "{:<14}{:<34}{:>9} {:>9} {:>9} {:>9} {:>10}",
        "operation", "parameters", "record µs", "ms", "MP/s", "GB/s", "of copy"
    );
    let planes = pictures::samples(SIZE, Layout::RGBA8);
    let mut results = Vec::new();
    let copy = measure(gpu, &planes, &Copy.into(), n);
    let copy_bandwidth = bandwidth(SIZE, SIZE, copy.gpu.median);
    let mut missing: Vec<&str> = ops::NAMES.to_vec();
    for step in steps() {
        missing.retain(|name| *name != step.name());
        let output = step.op().output(SIZE);
        let measured = if step == Copy.into() { copy } else { measure(gpu, &planes, &step, n) };
        let ms = measured.gpu.median;
        let (mp_per_s, gb_per_s) = (SIZE.megapixels() / ms * 1e3, bandwidth(SIZE, output, ms));
        let share = gb_per_s / copy_bandwidth * 100.0;
        println!(
            "{:<14}{:<34}{:>9.1} {ms:>9.2} {mp_per_s:>9.1} {gb_per_s:>9.2} {share:>9.0}%",
            step.name(),
            step.op().describe(),
            measured.record_us,
        );
        results.push(json!({
            "operation": step.name(), "parameters": step.op().describe(), "input": SIZE.to_string(),
            "output": output.to_string(), "record_us": measured.record_us, "gpu": measured.gpu.json(),
            "megapixels_per_s": mp_per_s, "gigabytes_per_s": gb_per_s, "share_of_copy_percent": share,
        }));
    }
    assert_eq!(
        missing,
        ["border_box", "composite", "integral", "saliency"],
        "every operation has a line but those that need a second picture or single precision"
    );
    save("ops", &gpu.caps().name, json!(results));
}

fn steps() -> Vec<Step> {
    let color = Rgba { r: 0.9, g: 0.2, b: 0.1, a: 1.0 };
    let half = Size::new(SIZE.width / 2, SIZE.height / 2);
    let resize = |axis, line: u32, to, filter| -> Step {
        let stretch = Stretch { line, start: 0.0, len: f64::from(line), to, filter };
        Resize { axis, stretch, saturate: true }.into()
    };
    // Unpacked by the operation: that is part of what is measured.
    let matte = Box::new(Picture { unpack: Unpack::plain(0, SIZE, Layout::RGBA8), steps: Vec::new() });
    let canvas = Size::new(SIZE.width + 64, SIZE.height + 64);
    vec![
        Copy.into(),
        Crop::new(SIZE, Rect::new(100, 100, half)).expect("inside").into(),
        Orient(Orientation::FlipH).into(),
        Orient(Orientation::Rotate90).into(),
        Pad::new(canvas, Rect::new(32, 32, SIZE), color, Space::Linear).expect("inside").into(),
        resize(Axis::X, SIZE.width, half.width, Filter::Lanczos3),
        resize(Axis::Y, SIZE.height, half.height, Filter::Lanczos3),
        resize(Axis::X, SIZE.width, 300, Filter::Lanczos3),
        resize(Axis::X, SIZE.width, half.width, Filter::Bilinear),
        resize(Axis::X, SIZE.width, SIZE.width * 2, Filter::CatmullRom),
        Sharpen::new(1.0).into(),
        Blur::new(3.0).into(),
        Blur::new(250.0).into(),
        Background(color).into(),
        ColorMatrix::brightness(1.2).into(),
        Gamma(1.5).into(),
        ToEncoded.into(),
        ToLinear.into(),
        Lab.into(),
        Matte { matte: matte.clone() }.into(),
        Defringe { matte }.into(),
    ]
}

#[derive(Clone, Copy)]
struct Measured {
    record_us: f64,
    gpu: Spread,
}

/// With and without the operation, in turn. Point operations ride on a store; here each gets a copy to ride on, so that
/// what is measured is the copy and the tape.
fn measure(gpu: &Gpu, planes: &Planes, step: &Step, n: usize) -> Measured {
    let unpack = Unpack::plain(0, SIZE, Layout::RGBA8);
    let steps = if step.op().instruction().is_some() { vec![Copy.into(), step.clone()] } else { vec![step.clone()] };
    let without = plan(Picture { unpack: unpack.clone(), steps: Vec::new() });
    let with = plan(Picture { unpack, steps });
    let run = |plan: &Plan| {
        let output = gpu.run(plan.record(), &[planes.bytes().into()]).expect("the device answers");
        output.gpu_time
    };
    let (mut times, mut record) = (Vec::new(), Duration::ZERO);
    run(&without);
    run(&with);
    for _ in 0..n {
        let base = run(&without);
        times.push(run(&with).saturating_sub(base));
        let started = Instant::now();
        std::hint::black_box(with.record());
        record += started.elapsed();
    }
    Measured { record_us: record.as_secs_f64() * 1e6 / n as f64, gpu: Spread::of(&times) }
}

fn plan(picture: Picture) -> Plan {
    Plan {
        working: Working { space: Space::Linear, texel: Texel::F16 },
        picture,
        pack: None,
        is_opaque: false,
        fdct: None,
        huffman: None,
        warnings: Vec::new(),
    }
}

/// Gigabytes per second if every input texel is read once and every output texel written once.
fn bandwidth(input: Size, output: Size, ms: f64) -> f64 {
    (input.area() + output.area()) as f64 * 8.0 / 1e6 / ms.max(1e-6)
}
