//! Other people's programs, as judges.

use std::{
    io::{ErrorKind, Write},
    process::{Command, Stdio},
};

use tintype_codecs::{CodecError, Limits};
use tintype_pixels::{Channels, Depth, ImageInfo, Planes, Size};

/// Programs, and Debian's packages that bring them.
const PACKAGES: &[(&str, &str)] =
    &[("convert", "imagemagick"), ("cwebp", "webp"), ("dwebp", "webp"), ("rsvg-convert", "librsvg2-bin")];

/// What `program` writes to its standard output when given `input`. Fails the test when the program does.
pub(crate) fn piped(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    try_piped(program, arguments, input).unwrap_or_else(|message| panic!("{program} {arguments:?}: {message}"))
}

/// As [`piped`]; what a program that fails has to say is the error.
pub(crate) fn try_piped(program: &str, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| {
        let package = PACKAGES.iter().find(|(name, _)| *name == program).map_or("?", |(_, package)| package);
        match error.kind() {
            ErrorKind::NotFound => panic!("{program} is missing; run: apt-get install {package}"),
            _ => panic!("{program}: {error}"),
        }
    });
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // From another thread: a program that writes before it has read everything must not wait for us.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// ImageMagick's opinion of many files, which it reads in one run; each must be as long as the one of `expected` beside it.
pub(crate) fn imagemagick_all(format: &str, files: &[(String, Vec<u8>, Vec<u16>)]) -> Vec<(String, u16)> {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = Vec::new();
    for (index, (_, bytes, _)) in files.iter().enumerate() {
        let path = folder.path().join(index.to_string());
        std::fs::write(&path, bytes).unwrap();
        arguments.push(format!("{format}:{}", path.display()));
    }
    arguments.extend(AS_STORED.map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let all = samples(&piped("convert", &arguments, &[]));
    let mut rest = all.as_slice();
    let differences = files.iter().map(|(name, _, expected)| {
        let (theirs, after) = rest.split_at_checked(expected.len()).unwrap_or_else(|| panic!("{name} is shorter"));
        rest = after;
        (name.clone(), largest_difference(expected, theirs))
    });
    let differences = differences.collect();
    assert!(rest.is_empty(), "{} samples more than expected", rest.len());
    differences
}

/// Straight RGBA of 16 bits, the numbers as stored: the color space is declared after reading, which changes no number, so that
/// gray of gamma 1 is not converted.
const AS_STORED: [&str; 8] = ["-set", "colorspace", "sRGB", "-depth", "16", "-endian", "MSB", "rgba:-"];

fn samples(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|sample| u16::from_be_bytes(*sample)).collect()
}

/// ImageMagick's opinion of a file in `format`, as [`AS_STORED`].
pub(crate) fn imagemagick(format: &str, file: &[u8]) -> Vec<u16> {
    let input = format!("{format}:-");
    samples(&piped("convert", &[&[input.as_str()], AS_STORED.as_slice()].concat(), file))
}

/// Our opinion.
pub(crate) fn ours(file: &[u8]) -> Result<(ImageInfo, Planes), CodecError> {
    let limits = Limits { extra_inputs: true, ..Limits::default() };
    let info = tintype_codecs::probe(file, &limits)?;
    let planes = tintype_codecs::decode(file, &info, &limits)?;
    Ok((info, planes))
}

/// Any picture as straight RGBA of 16 bits.
pub(crate) fn rgba16(planes: &Planes) -> Vec<u16> {
    let samples: Vec<u16> = match planes.layout().depth {
        Depth::U8 => planes.bytes().iter().map(|v| u16::from(*v) * 257).collect(),
        Depth::U16 => planes.bytes().as_chunks::<2>().0.iter().map(|v| u16::from_ne_bytes(*v)).collect(),
        Depth::F32 => panic!("no file is decoded to floats"),
    };
    let pixels = samples.chunks_exact(match planes.layout().channels {
        Channels::Gray => 1,
        Channels::GrayAlpha => 2,
        Channels::Rgb => 3,
        Channels::Rgba | Channels::Cmyk => 4,
    });
    let rgba = |pixel: &[u16]| match (planes.layout().channels, pixel) {
        (Channels::Gray, [v]) => [*v, *v, *v, u16::MAX],
        (Channels::GrayAlpha, [v, a]) => [*v, *v, *v, *a],
        (Channels::Rgb, [r, g, b]) => [*r, *g, *b, u16::MAX],
        (Channels::Rgba, [r, g, b, a]) => [*r, *g, *b, *a],
        _ => unreachable!("chunks are of one pixel"),
    };
    pixels.flat_map(rgba).collect()
}

/// The largest difference between two pictures in a sample that is seen: where both are transparent, colors are nobody's.
pub(crate) fn largest_difference(a: &[u16], b: &[u16]) -> u16 {
    assert_eq!(a.len(), b.len(), "the pictures are of one size");
    let differs = |(a, b): (&[u16; 4], &[u16; 4])| {
        if a[3] == 0 && b[3] == 0 {
            return 0;
        }
        a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
    };
    a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0).map(differs).max().unwrap_or(0)
}

/// The difference between two pictures on average, of 255. Colors count as far as they are seen: premultiplied.
pub(crate) fn mean_difference(a: &[u16], b: &[u16]) -> f64 {
    assert_eq!(a.len(), b.len(), "the pictures are of one size");
    let seen = |[r, g, b, a]: [u16; 4]| {
        let by_alpha = |v: u16| f64::from(v) * f64::from(a) / 65535.0;
        [by_alpha(r), by_alpha(g), by_alpha(b), f64::from(a)]
    };
    let pixels = a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0);
    let sum: f64 = pixels.flat_map(|(a, b)| seen(*a).into_iter().zip(seen(*b))).map(|(a, b)| (a - b).abs()).sum();
    sum / a.len() as f64 / 257.0
}

/// A picture that is smooth in parts and not in others, with every opacity where it has alpha.
pub(crate) fn picture(size: Size, alpha: Alpha) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).rotate_left(13) as u8;
        let wave = ((x * 3 + y * 5) as f32 / 11.0).sin() * 90.0 + 128.0;
        let (r, g) = ((x * 255 / size.width.max(2)) as u8, (y * 255 / size.height.max(2)) as u8);
        let a = match alpha {
            Alpha::None => 255,
            Alpha::Soft => r.wrapping_add(g),
            Alpha::Hard => {
                if (x / 3 + y / 5).is_multiple_of(2) {
                    255
                } else {
                    0
                }
            }
        };
        [r, g.wrapping_add(noise / 16), wave as u8, a]
    };
    (0..size.height).flat_map(|y| (0..size.width).flat_map(move |x| pixel(x, y))).collect()
}

/// What transparency a picture has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Alpha {
    None,
    Soft,
    Hard,
}
