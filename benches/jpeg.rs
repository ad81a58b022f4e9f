//! The ways of a JPEG through the device, in turn, from file to file: where the inverse DCT runs, and at what size.
//!
//! Emulates one request at a time: everything is warm, nothing is cached. Processor time is that of all threads of the
//! process, which is what a software adapter takes from its neighbours; wall time is what a caller waits. Ignores HTTP,
//! concurrency, and everything that is not a JPEG. `TINTYPE_BENCH_PHOTO` names the photo.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tintype::{
    Tintype, codecs,
    engine::{
        Plan, Space,
        gpu::Source,
        ops::{Inverse, resize::Filter},
        plan::{self, Device, Shrink, Stage},
    },
};
use tintype_benches::{Spread, photo, rounds, save};
use tintype_jpeg::{
    Coefficients, ColorTransform, Frame, decode, encode,
    forward::{self, Sampling, Tables},
    inverse,
};
use tintype_pixels::{Gamut, Layout};

/// How the pixels come to the device: by `codecs` as samples, or as coefficients whose inverse runs where it says.
type Way = (&'static str, Option<Inverse>, Shrink);

const WAYS: [Way; 5] = [
    ("samples", None, Shrink::Never),
    ("planes", Some(Inverse::Host), Shrink::Never),
    ("coefficients", Some(Inverse::Device), Shrink::Never),
    ("planes, shrunk", Some(Inverse::Host), Shrink::TwiceLeft),
    ("coefficients, shrunk", Some(Inverse::Device), Shrink::TwiceLeft),
];

fn main() {
    let tintype = match Tintype::builder().build() {
        Ok(tintype) => tintype,
        Err(error) => return println!("skipped: {error}"),
    };
    let (name, _, bytes) = photo();
    let n = rounds(9);
    println!("{}\n{name}, {n} rounds, medians in ms\n", tintype.caps());
    let mut results = Vec::new();
    for options in ["width=1024", "width=300"] {
        println!(
            "{options:<22}{:>8} {:>8} {:>8} {:>8} {:>10} {:>10}",
            "decode", "inverse", "device", "encode", "wall", "processor"
        );
        results.push(compare(&tintype, &bytes, options, n));
    }
    save("jpeg", &tintype.caps().name, json!({ "photo": name, "requests": results }));
}

/// Every way through the same request, in turn.
fn compare(tintype: &Tintype, bytes: &[u8], options: &str, n: usize) -> Value {
    let stages = [Stage::Transform(Box::new(options.parse().expect("options of ours")))];
    let mut laps: Vec<Vec<Laps>> = vec![Vec::new(); WAYS.len()];
    for round in 0..=n {
        for (way, laps) in WAYS.into_iter().zip(&mut laps) {
            let lap = run(tintype, bytes, &stages, way);
            // The first is to get warm.
            laps.extend((round > 0).then_some(lap));
        }
    }
    let mut ways = Vec::new();
    for ((name, ..), laps) in WAYS.into_iter().zip(&laps) {
        let stage = |f: fn(&Laps) -> Duration| Spread::of(&laps.iter().map(f).collect::<Vec<_>>());
        let [decode, inverse, device, encode] =
            [stage(|l| l.walls[0]), stage(|l| l.walls[1]), stage(|l| l.walls[2]), stage(|l| l.walls[3])];
        let (wall, processor) = (stage(|l| l.walls.iter().sum()), stage(|l| l.processor));
        println!(
            "{name:<22}{:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>10.1} {:>10.1}",
            decode.median, inverse.median, device.median, encode.median, wall.median, processor.median
        );
        ways.push(json!({
            "way": name, "decode": decode.json(), "inverse": inverse.json(), "device": device.json(),
            "encode": encode.json(), "wall": wall.json(), "processor": processor.json(),
        }));
    }
    println!();
    json!({ "options": options, "ways": ways })
}

/// What one request took.
#[derive(Clone)]
struct Laps {
    /// Decoding, the host's inverse DCT, the device, encoding.
    walls: [Duration; 4],
    /// Of all threads together.
    processor: Duration,
}

fn run(tintype: &Tintype, bytes: &[u8], stages: &[Stage], (_, inverse, shrink): Way) -> Laps {
    let limits = codecs::Limits::default();
    let before = processor();
    let mut clock = Instant::now();
    let mut lap = || std::mem::replace(&mut clock, Instant::now()).elapsed();

    let info = codecs::probe(bytes, &limits).expect("a photo");
    let mut device = Device { shrink, ..tintype.gpu().plan_device() };
    let mut source = plan::Source::from(&info);
    let (mut coefficients, mut pixels) = (None, None);
    if let Some(inverse) = inverse {
        device.inverse = inverse;
        let decoded = decode(bytes, &decode::Limits::default()).expect("a photo").coefficients;
        source = source.as_components(&Arc::new(decoded.frame.clone()), device);
        coefficients = Some(decoded);
    } else {
        pixels = Some(codecs::decode(bytes, &info, &limits).expect("a photo"));
    }
    let decoded = lap();

    let request = plan::Request {
        stages,
        target: Some(Layout::RGB8),
        space: Space::Linear,
        gamut: Gamut::SRGB,
        filter: Filter::Lanczos3,
        device,
        max_result: (16_384, 1 << 30),
    };
    let plan = Plan::new(&[source], &request).expect("a photo can be transformed");
    let tables = Tables::from_quality(80);
    let frame = forward::frame(plan.size(), ColorTransform::YCbCr, &tables, Sampling::HALF).expect("a small picture");
    let plan = plan.as_jpeg(frame);
    let planes = match (&coefficients, plan.components(0)) {
        (Some(coefficients), Some(to)) if to.inverse == Inverse::Host => inverse::planes(coefficients, to.scale),
        _ => Vec::new(),
    };
    let inverted = lap();

    let given = match (&coefficients, &pixels) {
        (_, Some(pixels)) => Source::Samples(pixels.bytes()),
        (Some(coefficients), None) if planes.is_empty() => {
            Source::Planes(std::array::from_fn(|i| bytemuck::cast_slice(&coefficients.planes[i])))
        }
        _ => Source::Planes(std::array::from_fn(|i| planes[i].samples.as_slice())),
    };
    let output = tintype.gpu().run(plan.record(), &[given]).expect("the device works");
    let ran = lap();

    let fdct = plan.fdct.expect("the answer is a JPEG");
    let planes = fdct.planes(&output.bytes).expect("as many coefficients as the frame has");
    let coefficients = Coefficients { frame: Frame::clone(&fdct.frame), planes };
    encode::encode(&coefficients, &encode::Options::default()).expect("a small picture");
    Laps { walls: [decoded, inverted, ran, lap()], processor: processor().saturating_sub(before) }
}

/// What all threads of this process have had of the processors; nothing where the system does not tell.
fn processor() -> Duration {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Duration::ZERO };
    let stats = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    Duration::from_nanos(stats.filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok()).sum())
}
