//! JPEGs through the whole engine, byte by byte against libjpeg-turbo's `cjpeg`, `djpeg -dct int` and `jpegtran`, and against
//! the scalar arithmetic on which its kernels are modelled.

use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
};

use tintype::{
    Output, Policy, Tintype,
    engine::{
        gpu::Counters,
        ops::Inverse,
        plan::{self, Shrink},
    },
};
use tintype_jpeg::{
    ColorTransform,
    decode::{Bitstream, Limits},
    encode::{self, Coding, Huffman, Restart},
    forward::{self, Rounding, Sampling, Tables},
};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::{engine, pictures};

use super::{pixels, rendered, request};

const ASTRONAUT: &[u8] = include_bytes!("../pictures/astronaut.jpg");

/// What `tool` makes of `input`.
fn run(tool: &str, arguments: &str, input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(tool);
    command.args(arguments.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let child = command.spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{tool}: {error}; install libjpeg-turbo-progs"));
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{tool} {arguments}");
    output.stdout
}

/// A PNM's samples, and how many a pixel has.
fn samples(pnm: &[u8]) -> (&[u8], usize) {
    let samples = pnm.splitn(4, |byte| *byte == b'\n').nth(3).expect("a header of three lines");
    (samples, if pnm.starts_with(b"P5") { 1 } else { 3 })
}

fn noise(size: Size) -> Vec<u8> {
    let mut ppm = format!("P6\n{} {}\n255\n", size.width, size.height).into_bytes();
    ppm.extend_from_slice(pictures::samples(size, Layout::RGB8).bytes());
    ppm
}

fn engine_with(engine: &Tintype, inverse: Inverse) -> Tintype {
    engine.with_policy(Policy { inverse: Some(inverse), shrink: Some(Shrink::TwiceLeft), ..Policy::default() })
}

#[test]
fn without_operations_pixels_are_those_of_djpeg() {
    let Some(engine) = engine() else { return };
    let odd = noise(Size::new(131, 77));
    let arguments = [
        "-grayscale",
        "-sample 1x1",
        "-sample 2x1",
        "-sample 1x2",
        "-sample 2x2",
        "-sample 4x1",
        "-sample 2x2 -progressive",
        "-sample 2x2 -restart 3B -optimize",
        "-rgb",
    ];
    let mut files: Vec<(String, Vec<u8>)> =
        arguments.into_iter().map(|a| (a.to_owned(), run("cjpeg", &format!("-quality 83 {a}"), &odd))).collect();
    files.push(("one pixel".to_owned(), run("cjpeg", "-sample 2x2", &noise(Size::new(1, 1)))));
    files.push(("a photo".to_owned(), ASTRONAUT.to_vec()));
    files.push(("a photo, progressive".to_owned(), run("jpegtran", "-progressive", ASTRONAUT)));
    for (name, file) in &files {
        let theirs = run("djpeg", "-dct int -pnm", file);
        let (theirs, channels) = samples(&theirs);
        for inverse in [Inverse::Device, Inverse::Host] {
            let engine = engine_with(engine, inverse);
            let out = engine.input(file.clone()).output(Output::rgb()).run().unwrap();
            let ours: Vec<u8> = out.bytes.chunks_exact(3).flat_map(|pixel| &pixel[..channels]).copied().collect();
            let first = ours.iter().zip(theirs).position(|(a, b)| a != b);
            assert_eq!((first, ours.len()), (None, theirs.len()), "{name}, {inverse:?}");
            let png = pixels(&engine, file, "");
            assert!(png.pixels().flat_map(|pixel| &pixel.0[..3]).eq(&out.bytes), "{name}, {inverse:?}: PNG");
        }
    }
    // Files that are alike to the eye and not to the bit, to see that this test can fail.
    let theirs = run("djpeg", "-dct int -nosmooth -pnm", &files[4].1);
    let out = engine.input(files[4].1.clone()).output(Output::rgb()).run().unwrap();
    assert_ne!(out.bytes, samples(&theirs).0);
}

#[test]
fn an_answer_is_what_the_scalar_arithmetic_makes_of_its_pixels() {
    let Some(engine) = engine() else { return };
    let (standard, perceptual) = (Tables::from_quality, |quality| Tables::perceptual(quality, Sampling::HALF));
    let (nearest, sparing) = (Rounding::Nearest, Rounding::DeadZone);
    for (options, tables, sampling, rounding) in [
        ("width=131", standard(85), Sampling::HALF, nearest),
        ("width=64,height=64,fit=cover,quality=30,quality-mode=standard", standard(30), Sampling::HALF, nearest),
        ("width=77,rotate=90,blur=2,quality=95", standard(95), Sampling::FULL, nearest),
        ("width=131,quality-mode=perceptual", perceptual(85), Sampling::HALF, sparing),
        ("width=77,quality-mode=perceptual,quality=20", perceptual(20), Sampling::HALF, sparing),
    ] {
        let image = image::DynamicImage::from(pixels(engine, ASTRONAUT, options)).into_rgb8();
        let size = Size::new(image.width(), image.height());
        let planes = Planes::new(size, Layout::RGB8, image.into_raw()).unwrap();
        let frame = forward::frame(size, ColorTransform::YCbCr, &tables, sampling).unwrap();
        let coefficients = forward::coefficients_by(&planes, frame, rounding).unwrap();
        let coding = Coding::Baseline(Huffman::Optimal);
        let expected = encode::encode(&coefficients, &encode::Options { coding, ..Default::default() }).unwrap();
        let out = rendered(engine, ASTRONAUT, &format!("{options},metadata=none,format=jpeg"));
        assert_eq!(out.content_type, "image/jpeg");
        assert!(out.plan.contains("fdct "), "{}", out.plan);
        assert!(out.bytes == expected, "{options}: {} and {} bytes", out.bytes.len(), expected.len());
    }
}

/// The same engine with the bits of JPEGs on the device, and on the host.
fn both_ways(engine: &Tintype) -> [Tintype; 2] {
    [plan::Huffman::Device, plan::Huffman::Host]
        .map(|huffman| engine.with_policy(Policy { huffman, inverse: Some(Inverse::Device), ..Policy::default() }))
}

/// A JPEG of a picture of slopes with some noise, or of one color.
fn file(
    size: Size,
    color: ColorTransform,
    sampling: [(u8, u8); 4],
    flat: Option<u8>,
    options: &encode::Options,
) -> Vec<u8> {
    let sample = |x: u32, y: u32, channel: u32| {
        let slope = ((x * 2 + y * 3 + channel * 40) % 256) as u8 / 2;
        flat.unwrap_or(slope + pictures::hash(x, y * 3 + channel) as u8 % 9)
    };
    let samples =
        (0..size.height).flat_map(|y| (0..size.width).flat_map(move |x| (0..3).map(move |c| sample(x, y, c))));
    let planes = Planes::new(size, Layout::RGB8, samples.collect()).unwrap();
    let frame = forward::frame(size, color, &Tables::from_quality(85), Sampling(sampling)).unwrap();
    encode::encode(&forward::coefficients(&planes, frame).unwrap(), options).unwrap()
}

/// The last words of the plan's line about decoding.
fn form(plan: &str) -> &str {
    plan.lines().next().and_then(|line| line.split(' ').next_back()).unwrap_or_default()
}

#[test]
fn an_answer_does_not_depend_on_who_codes_its_bits() {
    let Some(engine) = engine() else { return };
    let [device, host] = both_ways(engine);
    let samplings = [[(1, 1); 4], [(2, 1), (1, 1), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1), (1, 1)], Sampling::HALF.0];
    let restarts = [Restart::Never, Restart::Rows(1), Restart::Mcus(3)];
    let requests = ["width=31,format=jpeg", "format=jpeg,quality=95", "width=40,height=40,fit=cover,format=png"];
    let mut turn = 0;
    for size in [Size::new(1, 1), Size::new(17, 13), Size::new(131, 77), Size::new(200, 320)] {
        for sampling in samplings {
            for restart in restarts {
                turn += 1;
                let color = if turn % 5 == 0 { ColorTransform::Gray } else { ColorTransform::YCbCr };
                let huffman = [Huffman::Optimal, Huffman::Standard][turn % 2];
                let options = encode::Options { coding: Coding::Baseline(huffman), restart, ..Default::default() };
                let file = file(size, color, sampling, None, &options);
                let asked = requests[turn % 3];
                let (there, here) = (rendered(&device, &file, asked), rendered(&host, &file, asked));
                let what = format!("{asked} of {size} {color:?} {sampling:?} {restart:?}");
                assert!(there.bytes == here.bytes, "{what}: {} and {}", there.bytes.len(), here.bytes.len());
                assert_eq!([form(&there.plan), form(&here.plan)], ["bits", "coefficients"], "{what}");
                let is_coded = [&there, &here].map(|made| made.plan.contains("\nhuffman "));
                assert_eq!(is_coded, [asked.contains("jpeg"), false], "{what}: {}", there.plan);
            }
        }
    }
    // Only the host reads and writes progressive files.
    let options = encode::Options { coding: Coding::Progressive, ..Default::default() };
    let file = file(Size::new(90, 60), ColorTransform::YCbCr, Sampling::HALF.0, None, &options);
    for asked in ["width=31,format=jpeg", "width=31,format=baseline-jpeg"] {
        let (there, here) = (rendered(&device, &file, asked), rendered(&host, &file, asked));
        assert_eq!((form(&there.plan), there.bytes == here.bytes), ("coefficients", true), "{asked}");
    }
}

#[test]
fn layers_come_as_bits_too() {
    let Some(engine) = engine() else { return };
    let [there, here] = both_ways(engine).map(|engine| {
        let logo = file(Size::new(60, 40), ColorTransform::YCbCr, [(1, 1); 4], None, &encode::Options::default());
        let logo = engine.input(logo).transform("width=50".parse().unwrap());
        let input = engine.input(ASTRONAUT).transform("width=200".parse().unwrap());
        input.draw(logo, tintype::Placement::bottom_right(5, 5)).output(Output::jpeg()).run().unwrap()
    });
    assert!(there.bytes == here.bytes);
    assert_eq!([form(&there.plan), form(&here.plan)], ["bits", "coefficients"]);
}

#[test]
fn damage_is_the_hosts_to_decode() {
    let Some(engine) = engine() else { return };
    let [device, host] = both_ways(engine);
    let options = encode::Options { restart: Restart::Mcus(7), ..Default::default() };
    let file = file(Size::new(120, 90), ColorTransform::YCbCr, Sampling::HALF.0, None, &options);
    let scan = file.len() / 3..file.len() - 2;
    let mut forms = [0, 0];
    for i in 0..60 {
        let mut file = file.clone();
        let at = scan.start + pictures::hash(i, 5) as usize % scan.len();
        match i % 4 {
            0 => file[at] ^= 1 << (i / 4 % 8),
            1 => drop(file.remove(at)),
            2 => file.insert(at, i as u8),
            _ => file.truncate(at),
        }
        let asked = request("width=50,format=jpeg");
        match (device.transform(&file, &asked), host.transform(&file, &asked)) {
            (Ok(there), Ok(here)) => {
                assert!(there.bytes == here.bytes, "change {i} at {at}");
                forms[usize::from(form(&there.plan) == "bits")] += 1;
                // Who fell back says so.
                assert!(form(&there.plan) == "bits" || there.plan == here.plan, "{}{}", there.plan, here.plan);
            }
            (there, here) => assert_eq!(there.unwrap_err().to_string(), here.unwrap_err().to_string()),
        }
    }
    println!("{forms:?} by host and device");
    assert!(forms[0] > 5 && forms[1] > 5, "the changes show nothing: {forms:?}");
}

#[test]
fn bits_that_do_not_come_into_step_are_the_hosts_to_decode() {
    let Some(engine) = engine() else { return };
    let [device, host] = both_ways(engine);
    // All codes of a picture of one color are alike: a decoder that has begun with the wrong block never learns of it.
    let flat =
        file(Size::new(1024, 1024), ColorTransform::YCbCr, Sampling::HALF.0, Some(77), &encode::Options::default());
    let (there, here) = (rendered(&device, &flat, "width=100"), rendered(&host, &flat, "width=100"));
    assert_eq!(form(&there.plan), "coefficients");
    assert!(there.bytes == here.bytes);
}

#[test]
fn of_an_answer_coded_on_the_device_only_its_bits_come_back() {
    let Some(_) = engine() else { return };
    // Others read from the shared one meanwhile.
    let [device, host] = both_ways(&Tintype::builder().build().unwrap());
    let read = |engine: &Tintype| {
        let before = engine.gpu().read_bytes();
        let out = rendered(engine, ASTRONAUT, "width=200,format=baseline-jpeg");
        (engine.gpu().read_bytes() - before, out.bytes)
    };
    let (bytes, answer) = read(&device);
    let stream = Bitstream::read(&answer, &Limits::default()).unwrap().unwrap();
    let bits = u64::from(stream.intervals[0].end_bit).div_ceil(32) * 4;
    let (status, counts, head) = (16, 4 * 256 * 4, 16);
    assert_eq!(bytes, status + counts + head + bits);
    let (coefficients, same) = read(&host);
    assert!(same == answer && coefficients > 5 * bits, "{coefficients} and {bits} bytes");

    // Kernels for 16 bits are still being built.
    let allocated = || Counters { pipelines: 0, ..device.gpu().counters() };
    let warm = allocated();
    for _ in 0..3 {
        read(&device);
    }
    assert_eq!(allocated(), warm, "a warm request allocates nothing");
}

#[test]
fn a_perceptual_quality_takes_fewer_bytes() {
    let Some(engine) = engine() else { return };
    for quality in [40, 60, 85, 95] {
        let bytes = |mode| {
            let options = format!("width=300,format=jpeg,quality={quality},quality-mode={mode}");
            rendered(engine, ASTRONAUT, &options).bytes.len() as f64
        };
        let ratio = bytes("perceptual") / bytes("standard");
        assert!((0.7..0.98).contains(&ratio), "quality {quality}: {ratio:.3} of the bytes");
    }
}
