//! JPEGs through the whole engine, byte by byte against libjpeg-turbo's `cjpeg`, `djpeg -dct int` and `jpegtran`, and against
//! the scalar arithmetic on which its kernels are modelled.

use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
};

use tintype::{
    Output, Policy, Tintype,
    engine::{ops::Inverse, plan::Shrink},
};
use tintype_jpeg::{
    ColorTransform,
    encode::{self, Coding, Huffman},
    forward::{self, Rounding, Sampling, Tables},
};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::{engine, pictures};

use super::{pixels, rendered};

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
