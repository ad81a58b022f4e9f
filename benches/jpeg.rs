//! The ways of a JPEG through the device, in turn, from file to file: where the inverse DCT runs, at what size, and who decodes and
//! codes the bits. Then the same, stage by stage, with every kernel by its timestamps.
//!
//! Emulates one request at a time: everything is warm, nothing is cached. Processor time is that of all threads of the
//! process, which is what a software adapter takes from its neighbours; wall time is what a caller waits. Ignores HTTP,
//! concurrency, and everything that is not a JPEG. `TINTYPE_BENCH_PHOTO` names the photo.

use std::{
    collections::BTreeMap,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tintype::{
    Tintype, codecs,
    engine::{
        Gpu, Plan, Recording, Space,
        gpu::{Output, Source},
        ops::{
            HuffmanDecode, HuffmanEncode, Inverse, huffman_decode,
            huffman_encode::{Bits, Room},
            idct::Share,
            resize::Filter,
        },
        plan::{self, Coders, Device, Huffman, Shrink, Stage},
    },
};
use tintype_benches::{Spread, photo, rounds, save};
use tintype_jpeg::{
    Coefficients, ColorTransform, Frame, decode, encode,
    forward::{self, Sampling, Tables},
    inverse,
};
use tintype_pixels::{Gamut, Layout, Size};

/// What the device is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Pixels, decoded by `codecs`.
    Samples,
    /// Components after the host's inverse DCT.
    Planes,
    /// Coefficients; the answer's come back.
    Coefficients,
    /// The bits; the answer's come back.
    Bits,
}

type Way = (&'static str, Form, Shrink);

const WAYS: [Way; 6] = [
    ("samples", Form::Samples, Shrink::Never),
    ("planes", Form::Planes, Shrink::Never),
    ("coefficients", Form::Coefficients, Shrink::Never),
    ("bits", Form::Bits, Shrink::Never),
    ("planes, shrunk", Form::Planes, Shrink::TwiceLeft),
    ("coefficients, shrunk", Form::Coefficients, Shrink::TwiceLeft),
];

fn main() {
    let tintype = match Tintype::builder().build() {
        Ok(tintype) => tintype,
        Err(error) => return println!("skipped: {error}"),
    };
    let (name, _, bytes) = photo();
    let n = rounds(9);
    println!("{}\n{name}, {n} rounds, medians in ms\n", tintype.caps());
    let idct = [Share::Block, Share::Lanes].map(|share| {
        let time = tintype.gpu().idct_time(Size::new(4032, 3024), share, n).expect("the device works");
        println!("inverse DCT of 12 MP, best of {n}, {share:?}: {:.1} ms", time.as_secs_f64() * 1e3);
        json!({ "share": format!("{share:?}"), "best_ms": time.as_secs_f64() * 1e3 })
    });
    println!();
    let mut results = Vec::new();
    for options in ["width=1024", "width=300"] {
        println!(
            "{options:<22}{:>8} {:>8} {:>8} {:>8} {:>10} {:>10}",
            "decode", "inverse", "device", "encode", "wall", "processor"
        );
        let ways = compare(&tintype, &bytes, options, n);
        let stages = stages(&tintype, &bytes, options, n);
        results.push(json!({ "options": options, "ways": ways, "stages": stages }));
    }
    save("jpeg", &tintype.caps().name, json!({ "photo": name, "inverse": idct, "requests": results }));
}

/// Every way through the same request, in turn.
fn compare(tintype: &Tintype, bytes: &[u8], options: &str, n: usize) -> Vec<Value> {
    let mut laps: Vec<Vec<Laps>> = vec![Vec::new(); WAYS.len()];
    for round in 0..=n {
        for (way, laps) in WAYS.into_iter().zip(&mut laps) {
            let lap = run(tintype, bytes, options, way, Gpu::run);
            // The first is to get warm.
            laps.extend((round > 0).then_some(lap));
        }
    }
    let mut ways = Vec::new();
    for ((name, ..), laps) in WAYS.into_iter().zip(&laps) {
        let [decode, inverse, device, encode] = [0, 1, 2, 3].map(|stage| spread(laps, |l| l.walls[stage]));
        let (wall, processor) = (spread(laps, |l| l.walls.iter().sum()), spread(laps, |l| l.processor));
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
    ways
}

/// The ways at full size, each stage for itself: passes stand alone, which costs some time between them.
fn stages(tintype: &Tintype, bytes: &[u8], options: &str, n: usize) -> Vec<Value> {
    let mut ways = Vec::new();
    for way in WAYS.into_iter().filter(|(_, _, shrink)| *shrink == Shrink::Never) {
        let laps: Vec<Laps> = (0..=n).map(|_| run(tintype, bytes, options, way, Gpu::run_profiled)).skip(1).collect();
        let [decode, inverse, device, encode] = [0, 1, 2, 3].map(|stage| spread(&laps, |l| l.walls[stage]));
        let [up, down] = laps[0].traffic;
        println!("{options}, {}", way.0);
        println!("  {:<34}{:>9.2} ms", "host: entropy decoding, or all of it", decode.median);
        println!("  {:<34}{:>9.2} ms", "host: inverse DCT", inverse.median);
        println!("  {:<34}{:>9.2} MB", "up", up as f64 / 1e6);
        let mut kernels = BTreeMap::new();
        for kernel in laps[0].kernels.keys() {
            let time = spread(&laps, |lap| lap.kernels.get(kernel).copied().unwrap_or_default());
            println!("  {:<34}{:>9.2} ms", format!("device: {kernel}"), time.median);
            kernels.insert(*kernel, time.json());
        }
        println!("  {:<34}{:>9.2} ms", "device: all, with copies and waits", device.median);
        println!("  {:<34}{:>9.3} MB", "down", down as f64 / 1e6);
        println!("  {:<34}{:>9.2} ms\n", "host: entropy coding", encode.median);
        ways.push(json!({
            "way": way.0, "decode": decode.json(), "inverse": inverse.json(), "up_bytes": up, "kernels": kernels,
            "device": device.json(), "down_bytes": down, "encode": encode.json(),
        }));
    }
    ways
}

fn spread(laps: &[Laps], stage: impl Fn(&Laps) -> Duration) -> Spread {
    Spread::of(&laps.iter().map(stage).collect::<Vec<_>>())
}

/// What one request took.
#[derive(Clone)]
struct Laps {
    /// Decoding, the host's inverse DCT, the device, encoding.
    walls: [Duration; 4],
    /// Of all threads together.
    processor: Duration,
    /// By timestamps; empty where nobody asked for them.
    kernels: BTreeMap<&'static str, Duration>,
    /// Bytes to the device and back.
    traffic: [u64; 2],
}

/// How a recording is run.
type Runner = fn(&Gpu, Recording, &[Source<'_>]) -> Result<Output, tintype::engine::GpuError>;

fn run(tintype: &Tintype, bytes: &[u8], options: &str, (_, form, shrink): Way, runner: Runner) -> Laps {
    let stages = [Stage::Transform(Box::new(options.parse().expect("options of ours")))];
    let limits = codecs::Limits::default();
    let gpu = tintype.gpu();
    let before = processor();
    let mut clock = Instant::now();
    let mut lap = || std::mem::replace(&mut clock, Instant::now()).elapsed();

    let info = codecs::probe(bytes, &limits).expect("a photo");
    let inverse = if form == Form::Planes { Inverse::Host } else { Inverse::Device };
    let device = Device { shrink, inverse, ..gpu.plan_device() };
    let mut source = plan::Source::from(&info);
    let (mut coefficients, mut pixels, mut bits) = (None, None, None);
    match form {
        Form::Samples => pixels = Some(codecs::decode(bytes, &info, &limits).expect("a photo")),
        Form::Planes | Form::Coefficients => {
            let decoded = decode(bytes, &decode::Limits::default()).expect("a photo").coefficients;
            source = source.as_components(&Arc::new(decoded.frame.clone()), device);
            coefficients = Some(decoded);
        }
        Form::Bits => {
            let stream = decode::Bitstream::read(bytes, &decode::Limits::default()).expect("a photo");
            let stream = stream.expect("a baseline JPEG");
            source = source.as_components(&Arc::new(stream.header.frame.clone()), device);
            let starts = huffman_decode::guessed(&stream.header.frame, bytes.len() as u64);
            bits = HuffmanDecode::new(vec![(stream, starts)], device.binding_bytes);
        }
    }
    let decoded = lap();

    let request = plan::Request {
        stages: &stages,
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
    let asked = if form == Form::Bits { Huffman::Device } else { Huffman::Host };
    let plan = plan.as_jpeg(frame).as_jpeg_bits(Coders { asked, ..device.coders });
    let planes = match (&coefficients, plan.components(0)) {
        (Some(coefficients), Some(to)) if to.inverse == Inverse::Host => inverse::planes(coefficients, to.scale),
        _ => Vec::new(),
    };
    let inverted = lap();

    let given = match (&coefficients, &pixels, &bits) {
        (_, _, Some(bits)) => Source::Samples(bits.bytes()),
        (_, Some(pixels), _) => Source::Samples(pixels.bytes()),
        (Some(coefficients), None, _) if planes.is_empty() => {
            Source::Planes(std::array::from_fn(|i| bytemuck::cast_slice(&coefficients.planes[i])))
        }
        _ => Source::Planes(std::array::from_fn(|i| planes[i].samples.as_slice())),
    };
    let decodings: Vec<_> = bits.iter().map(|bits| (0, bits)).collect();
    let recording = plan.record_decoding(&decodings);
    let (up, mut down) = recording.traffic_bytes();
    let mut outputs = vec![runner(gpu, recording, &[given]).expect("the device works")];
    let mut codes = None;
    if plan.huffman.is_some() {
        let (status, counts) = outputs[0].bytes.split_at(16);
        assert!(HuffmanDecode::status(status).is_some_and(|status| status.is_sound()), "the photo is damaged");
        let counts = HuffmanEncode::counts(counts).expect("as many counts as there are");
        let tables = counts.tables();
        let room = Room::Exact(counts.bits(&tables).div_ceil(8));
        let recording = plan.record_bits(&tables, room).expect("the device makes the bits");
        down += recording.traffic_bytes().1;
        let kept: Vec<Source<'_>> = outputs[0].kept.iter().map(Source::Kept).collect();
        let output = runner(gpu, recording, &kept).expect("the device works");
        outputs.push(output);
        codes = Some(tables);
    }
    let ran = lap();

    let fdct = plan.fdct.expect("the answer is a JPEG");
    let (options, last) = (encode::Options::default(), &outputs[outputs.len() - 1].bytes);
    match codes {
        Some(tables) => {
            let Some(Bits::All(bits)) = HuffmanEncode::bits(last) else { panic!("more bits than counted") };
            encode::baseline_file(&fdct.frame, &tables, &options, bits).expect("a small picture");
        }
        None => {
            let planes = fdct.planes(last).expect("as many coefficients as the frame has");
            let coefficients = Coefficients { frame: Frame::clone(&fdct.frame), planes };
            encode::encode(&coefficients, &options).expect("a small picture");
        }
    }
    let walls = [decoded, inverted, ran, lap()];
    let mut kernels = BTreeMap::new();
    for pass in outputs.iter().flat_map(|output| &output.passes) {
        *kernels.entry(pass.kernel).or_default() += Duration::from_nanos(pass.nanoseconds as u64);
    }
    Laps { walls, processor: processor().saturating_sub(before), kernels, traffic: [up, down] }
}

/// What all threads of this process have had of the processors; nothing where the system does not tell.
fn processor() -> Duration {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Duration::ZERO };
    let stats = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    Duration::from_nanos(stats.filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok()).sum())
}
