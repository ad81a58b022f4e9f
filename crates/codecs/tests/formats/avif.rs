//! AVIF as libavif's tools write and read it: files are made by `avifenc` here, and `avifdec` says what is in them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use moxcms::ColorProfile;
use tintype_codecs::{Bound, CodecError, Encode, Limits, Metadata, encode, probe};
use tintype_pixels::{Channels, Depth, ImageFormat, Layout, Orientation, Planes, Size};

use crate::pictures::{file, picture, read, read_within};

/// Runs one of libavif's tools, which the tests need as they need a compiler.
fn run(tool: &str, arguments: &[&str], paths: &[&Path]) -> String {
    let output = Command::new(tool).args(arguments).args(paths).output().unwrap_or_else(|error| {
        panic!("{tool} cannot be run ({error}); install it: apt-get install libavif-bin");
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?}: {said}");
    said
}

/// A folder for one test's files, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tintype-avif-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The bytes of an AVIF file that `avifenc` makes of `planes`.
    fn encode(&self, planes: &Planes, arguments: &[&str]) -> Vec<u8> {
        let (source, result) = (self.0.join("source.png"), self.0.join("picture.avif"));
        std::fs::write(&source, file(planes, Encode::png())).unwrap();
        run("avifenc", &[&["-s", "10", "-j", "2"], arguments].concat(), &[&source, &result]);
        std::fs::read(result).unwrap()
    }

    /// What `avifdec` makes of an AVIF file, in 16 bits: for 8 it uses libyuv, whose blue is up to eleven codes off. It neither
    /// crops nor turns.
    fn decode(&self, avif: &[u8]) -> Planes {
        let (source, result) = (self.0.join("picture.avif"), self.0.join("result.png"));
        std::fs::write(&source, avif).unwrap();
        run("avifdec", &["-u", "best", "-d", "16", "--png-compress", "0"], &[&source, &result]);
        read(&std::fs::read(result).unwrap()).unwrap().1
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// All samples as 0 to 65535, gray as three.
fn samples(planes: &Planes) -> Vec<i32> {
    let layout = planes.layout();
    let samples: Vec<i32> = match layout.depth {
        Depth::U8 => planes.bytes().iter().map(|b| i32::from(*b) * 257).collect(),
        Depth::U16 => planes.bytes().as_chunks::<2>().0.iter().map(|b| i32::from(u16::from_ne_bytes(*b))).collect(),
        Depth::F32 => unreachable!("not a layout of these tests"),
    };
    match layout.channels {
        Channels::Gray => samples.iter().flat_map(|v| [*v; 3]).collect(),
        Channels::GrayAlpha => samples.as_chunks::<2>().0.iter().flat_map(|&[v, a]| [v, v, v, a]).collect(),
        Channels::Rgb | Channels::Rgba | Channels::Cmyk => samples,
    }
}

/// What a difference of color counts.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Weight {
    /// All of it.
    One,
    /// As much as it is seen: colors that were divided by opacity are only as exact as they are opaque.
    Opacity,
}

/// The largest difference, in codes of 16 bits, and the mean.
pub(crate) fn difference(ours: &Planes, theirs: &Planes, weight: Weight) -> (i32, f64) {
    assert_eq!(ours.size(), theirs.size());
    let channels = if ours.layout().has_alpha() { 4 } else { 3 };
    let (ours, theirs) = (samples(ours), samples(theirs));
    assert_eq!(ours.len(), theirs.len(), "one has opacity, the other has not");
    let pixels = ours.chunks(channels).zip(theirs.chunks(channels));
    let differences = pixels.flat_map(|(ours, theirs)| {
        let opacity = if weight == Weight::Opacity { i64::from(theirs[channels - 1]) } else { 65_535 };
        (0..channels).map(move |channel| {
            let difference = i64::from((ours[channel] - theirs[channel]).abs());
            (if channel < 3 { difference * opacity / 65_535 } else { difference }) as i32
        })
    });
    (differences.clone().max().unwrap_or(0), differences.map(f64::from).sum::<f64>() / ours.len() as f64)
}

/// How far from `avifdec` a sample may be: half a code of ours, and its own rounding.
fn tolerance(depth: Depth) -> i32 {
    if depth == Depth::U8 { 128 + 4 } else { 4 }
}

fn source(size: Size, depth: &str, alpha: bool) -> Planes {
    let channels = if alpha { Channels::Rgba } else { Channels::Rgb };
    picture(size.width, size.height, Layout::new(channels, if depth == "8" { Depth::U8 } else { Depth::U16 }))
}

/// Encodes, decodes both ways, compares; says what is wrong.
fn compare(folder: &Folder, planes: &Planes, arguments: &[&str]) -> Result<(i32, f64), String> {
    let avif = folder.encode(planes, arguments);
    let (info, ours) = read(&avif).map_err(|error| format!("{arguments:?}: {error}"))?;
    let theirs = folder.decode(&avif);
    let weight = if arguments.contains(&"-p") { Weight::Opacity } else { Weight::One };
    let found = difference(&ours, &theirs, weight);
    if info.format != ImageFormat::Avif || found.0 > tolerance(info.layout.depth) {
        return Err(format!("{arguments:?}: {} {} differs by {found:?}", info.size, info.layout));
    }
    Ok(found)
}

/// Runs all cases, prints how many pass and how near they are, and fails if any does not.
fn compare_all(name: &str, cases: Vec<(Planes, Vec<&str>)>) {
    let folder = Folder::new(name);
    let results: Vec<_> = cases.iter().map(|(planes, arguments)| compare(&folder, planes, arguments)).collect();
    let passed: Vec<_> = results.iter().flatten().collect();
    let worst = passed.iter().map(|(largest, _)| *largest).max().unwrap_or(0);
    let mean = passed.iter().map(|(_, mean)| mean).sum::<f64>() / passed.len().max(1) as f64;
    let (count, all) = (passed.len(), results.len());
    println!("avif {name}: {count} of {all} as avifdec has them; at most {worst}, on average {mean:.1} of 65535");
    let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn depths_samplings_ranges_and_opacity() {
    let mut cases = Vec::new();
    for depth in ["8", "10", "12"] {
        for sampling in ["444", "422", "420", "400"] {
            for range in ["full", "limited"] {
                for alpha in [None, Some(false), Some(true)] {
                    let mut arguments = vec!["-d", depth, "-y", sampling, "-r", range];
                    if alpha == Some(true) {
                        arguments.push("-p");
                    }
                    cases.push((source(Size::new(72, 45), depth, alpha.is_some()), arguments));
                }
            }
        }
    }
    compare_all("kinds", cases);
}

#[test]
fn matrices() {
    let mut cases = Vec::new();
    for depth in ["8", "10"] {
        for range in ["full", "limited"] {
            for cicp in ["1/13/1", "1/13/2", "1/13/4", "1/13/5", "1/13/6", "1/13/7", "9/14/9", "12/13/12", "1/13/8"] {
                // avifenc writes YCgCo in full range only.
                let is_written = cicp != "1/13/8" || range == "full";
                for sampling in ["444", "420"].into_iter().filter(|_| is_written) {
                    let arguments = vec!["-d", depth, "-y", sampling, "-r", range, "--cicp", cicp];
                    cases.push((source(Size::new(40, 33), depth, false), arguments));
                }
            }
            let arguments = vec!["-d", depth, "-y", "444", "-r", range, "--cicp", "1/13/0", "--min", "0", "--max", "0"];
            cases.push((source(Size::new(40, 33), depth, true), arguments));
        }
    }
    compare_all("matrices", cases);
}

#[test]
fn sizes_grids_and_grain() {
    let mut cases = Vec::new();
    for (width, height) in [(1, 1), (1, 9), (2, 2), (3, 1), (64, 64), (65, 63), (257, 3)] {
        for sampling in ["444", "422", "420"] {
            cases.push((source(Size::new(width, height), "8", true), vec!["-d", "8", "-y", sampling]));
        }
    }
    for (size, grid) in [((256, 192), "2x2"), ((384, 64), "3x1"), ((128, 256), "1x4"), ((260, 196), "2x2")] {
        for (depth, sampling, alpha) in
            [("8", "420", true), ("10", "420", false), ("8", "444", false), ("12", "422", true), ("8", "400", false)]
        {
            let arguments = vec!["-d", depth, "-y", sampling, "-g", grid];
            cases.push((source(Size::new(size.0, size.1), depth, alpha), arguments));
        }
    }
    for depth in ["8", "10"] {
        let arguments = vec!["-d", depth, "-y", "420", "-a", "film-grain-test=1"];
        cases.push((source(Size::new(200, 150), depth, false), arguments));
    }
    compare_all("sizes, grids, grain", cases);
}

#[test]
fn crops_rotations_and_mirrors() {
    let folder = Folder::new("turns");
    let planes = picture(90, 61, Layout::RGB8);
    let all = folder.decode(&folder.encode(&planes, &["-y", "444"]));
    let mut passed = 0;
    for (turn, rotation) in
        [Orientation::Upright, Orientation::Rotate270, Orientation::Rotate180, Orientation::Rotate90].iter().enumerate()
    {
        for (mirror, flip) in
            [(None, Orientation::Upright), (Some("0"), Orientation::FlipV), (Some("1"), Orientation::FlipH)]
        {
            for crop in [None, Some("2,4,40,20"), Some("0,0,89,60")] {
                let turn = turn.to_string();
                let mut arguments = vec!["-y", "444", "--irot", &turn];
                arguments.extend(mirror.iter().flat_map(|mode| ["--imir", mode]));
                arguments.extend(crop.iter().flat_map(|crop| ["--crop", crop]));
                let (info, ours) = read(&folder.encode(&planes, &arguments)).unwrap();
                assert_eq!(info.orientation, rotation.then(flip), "{arguments:?}");
                let part: Vec<u32> = crop.unwrap_or("0,0,90,61").split(',').map(|v| v.parse().unwrap()).collect();
                let mut cut = Vec::new();
                let pixel = all.layout().pixel_bytes() as usize;
                for y in part[1]..part[1] + part[3] {
                    let start = (y * 90 + part[0]) as usize * pixel;
                    cut.extend_from_slice(&all.bytes()[start..start + part[2] as usize * pixel]);
                }
                let cut = Planes::new(Size::new(part[2], part[3]), all.layout(), cut).unwrap();
                let found = difference(&ours, &cut, Weight::One);
                assert!(found.0 <= tolerance(Depth::U8), "{arguments:?}: {found:?}");
                passed += 1;
            }
        }
    }
    println!("avif turns: {passed} of 36 as asked of avifenc");
}

#[test]
fn profiles_code_points_and_exif() {
    let folder = Folder::new("color");
    let planes = picture(20, 20, Layout::RGB8);
    for (arguments, name) in [
        (vec!["--cicp", "12/13/6"], "Display P3, sRGB curve"),
        (vec!["--cicp", "9/16/9", "-d", "10"], "BT.2020, PQ"),
        (vec!["--cicp", "9/18/9", "-d", "10"], "BT.2020, HLG"),
        (vec!["--cicp", "1/8/6", "-d", "12"], "BT.709, linear"),
        (vec!["--cicp", "1/1/6"], "BT.709, BT.709 curve"),
        (vec!["--cicp", "1/13/6"], "sRGB"),
        (vec!["--cicp", "2/2/6"], "sRGB"),
    ] {
        let avif = folder.encode(&planes, &arguments);
        assert_eq!(&*read(&avif).unwrap().0.color.name, name, "{arguments:?}");
        // The same, told by the stream alone.
        let mut bare = avif.clone();
        let at = bare.windows(8).position(|w| w == b"colrnclx").unwrap();
        bare[at..at + 4].copy_from_slice(b"free");
        let (info, pixels) = read(&bare).unwrap();
        assert_eq!(&*info.color.name, name, "{arguments:?} without colr");
        assert_eq!(pixels, read(&avif).unwrap().1, "{arguments:?} without colr");
    }

    let profile = folder.0.join("p3.icc");
    std::fs::write(&profile, ColorProfile::new_display_p3().encode().unwrap()).unwrap();
    let exif = folder.0.join("exif");
    // Says that the picture lies on its side, which HEIF says is for information only.
    let block = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    std::fs::write(&exif, block).unwrap();
    let arguments = ["--icc", profile.to_str().unwrap(), "--exif", exif.to_str().unwrap()];
    let avif = folder.encode(&planes, &arguments);
    let info = probe(&avif, &Limits::default()).unwrap();
    assert_eq!(&*info.color.name, "Display P3");
    assert_eq!(info.exif.as_deref(), Some(block.as_slice()));
    // avifenc has said the same in a property, and that is what counts.
    assert_eq!(info.orientation, Orientation::Rotate90);
    let mut unturned = avif.clone();
    let at = unturned.windows(4).position(|w| w == b"irot").unwrap() + 4;
    unturned[at] = 0;
    assert_eq!(probe(&unturned, &Limits::default()).unwrap().orientation, Orientation::Upright);
    let limits = Limits { icc_bytes: 200, ..Limits::default() };
    let error = probe(&avif, &limits).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::IccBytes, limit: 200, .. }), "{error}");
}

#[test]
fn the_first_frame_of_sequences() {
    let folder = Folder::new("sequence");
    for (alpha, arguments) in [(false, vec!["-y", "420"]), (true, vec!["-y", "444"]), (true, vec!["-p"])] {
        let planes = source(Size::new(64, 48), "8", alpha);
        let (first, second, result) = (folder.0.join("1.png"), folder.0.join("2.png"), folder.0.join("picture.avif"));
        std::fs::write(&first, file(&planes, Encode::png())).unwrap();
        let black = Planes::new(planes.size(), planes.layout(), vec![0; planes.bytes().len()]).unwrap();
        std::fs::write(&second, file(&black, Encode::png())).unwrap();
        let arguments = [&["-s", "10"], arguments.as_slice()].concat();
        run("avifenc", &[&arguments, ["-o", result.to_str().unwrap()].as_slice()].concat(), &[&first, &second]);
        let avif = std::fs::read(&result).unwrap();
        let theirs = folder.decode(&avif);
        // Once by its item, once by its track.
        let mut without_items = avif.clone();
        let at = without_items.windows(4).position(|w| w == b"meta").unwrap();
        without_items[at..at + 4].copy_from_slice(b"free");
        for bytes in [avif, without_items] {
            let (info, ours) = read(&bytes).unwrap();
            // avifenc gives every sequence opacity.
            assert_eq!((info.frames, info.alpha), (2, true));
            let weight = if arguments.contains(&"-p") { Weight::Opacity } else { Weight::One };
            let found = difference(&ours, &theirs, weight);
            assert!(found.0 <= tolerance(Depth::U8), "{arguments:?}: {found:?}");
        }
        let limits = Limits { frames: 1, ..Limits::default() };
        let error = probe(&std::fs::read(&result).unwrap(), &limits).unwrap_err();
        assert!(matches!(error, CodecError::TooLarge { what: Bound::Frames, .. }), "{error}");
    }
}

#[test]
fn sizes_that_lie_are_refused() {
    let folder = Folder::new("lies");
    let avif = folder.encode(&picture(64, 64, Layout::RGB8), &["-y", "444"]);
    let at = avif.windows(4).position(|w| w == b"ispe").unwrap() + 8;
    let with_size = |width: u32, height: u32| {
        let mut bytes = avif.clone();
        bytes[at..at + 4].copy_from_slice(&width.to_be_bytes());
        bytes[at + 4..at + 8].copy_from_slice(&height.to_be_bytes());
        read(&bytes).unwrap_err()
    };
    for (width, height) in [(32, 32), (65, 64), (128, 32), (0, 64)] {
        let error = with_size(width, height);
        assert!(matches!(error, CodecError::Damaged { .. }), "{width}x{height}: {error}");
    }
    let error = with_size(20_000, 20_000);
    assert!(matches!(error, CodecError::TooLarge { what: Bound::AreaPx, .. }), "{error}");
    let error = with_size(u32::MAX, 1);
    assert!(matches!(error, CodecError::TooLarge { what: Bound::SidePx, .. }), "{error}");
}

#[test]
fn no_cut_and_no_flipped_bits_panic() {
    let folder = Folder::new("flips");
    let kinds = [
        folder.encode(&picture(70, 50, Layout::RGBA8), &["-y", "420", "--irot", "1", "--crop", "2,4,40,20"]),
        folder.encode(&picture(128, 128, Layout::RGB16), &["-d", "10", "-y", "444", "-g", "2x2"]),
    ];
    let limits = Limits { area_px: 1_000_000, ..Limits::default() };
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for whole in kinds {
        for length in (0..whole.len()).step_by(7) {
            assert!(read_within(&whole[..length], &limits).is_err(), "cut at {length} of {}", whole.len());
        }
        let header = whole.windows(4).position(|w| w == b"mdat").unwrap();
        for round in 0..1500 {
            let mut damaged = whole.clone();
            // Mostly the container, sometimes the stream.
            let end = if round % 4 == 0 { damaged.len() } else { header };
            for _ in 0..=round % 4 {
                let at = next(end);
                damaged[at] ^= 1 << next(8);
            }
            match read_within(&damaged, &limits) {
                Ok(_) => {}
                Err(CodecError::WrongInfo { .. }) => panic!("round {round}: probe and decode disagree"),
                Err(error) => assert!(!error.to_string().contains("panicked"), "round {round}: {error}"),
            }
        }
    }
}

#[test]
#[cfg(feature = "avif-encode")]
fn what_is_written_reads_back_here_and_there() {
    use tintype_codecs::{Metadata, exif};

    let folder = Folder::new("written");
    let block = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let kept = exif::kept(block).unwrap();
    for layout in [Layout::RGB8, Layout::RGBA8] {
        let planes = picture(66, 41, layout);
        for exif in [None, Some(kept.clone())] {
            let encode = Encode::Avif { quality: 95, speed: 10 };
            let avif =
                tintype_codecs::encode(&planes, &encode, &Metadata { exif: exif.clone(), ..Metadata::default() })
                    .unwrap();
            let (info, ours) = read(&avif).unwrap();
            // Encoded with 10 bits, so 16 come back.
            assert_eq!(info.layout, Layout::new(layout.channels, Depth::U16));
            assert_eq!((info.exif, info.orientation), (exif, Orientation::Upright));
            assert!(info.color.is_srgb(), "{}", info.color.name);
            let theirs = folder.decode(&avif);
            assert!(difference(&ours, &theirs, Weight::One).0 <= tolerance(Depth::U16));
            // Quality 95 is near the picture where it is not transparent.
            if layout == Layout::RGB8 {
                let (_, mean) = difference(&ours, &planes, Weight::One);
                assert!(mean < 4.0 * 257.0, "{mean}");
            }
            let said = run("avifdec", &["--info"], &[&folder.0.join("picture.avif")]);
            for line in ["Range          : Full", "Color Primaries: 1", "Transfer Char. : 13", "Matrix Coeffs. : 6"] {
                assert!(said.contains(line), "{line} is not in\n{said}");
            }
        }
    }
}

/// `file` with `from` as `to`, wherever it stands.
fn renamed(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut out = file.to_vec();
    let places: Vec<usize> = (0..=file.len() - from.len()).filter(|at| file[*at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "{}", String::from_utf8_lossy(from));
    places.into_iter().for_each(|at| out[at..at + to.len()].copy_from_slice(to));
    out
}

/// Gain maps beside a picture: a picture that is auxiliary to it, as Apple's phones write it, and a derived one that is made of both
/// (`tmap`, ISO 21496-1). The picture is shown as it is, and neither is taken for its opacity.
#[test]
fn gain_maps_are_passed_over() {
    let clear = picture(64, 48, Layout::RGBA8);
    let clear = file(&clear, Encode::Avif { quality: 90, speed: 10 });
    let (info, planes) = read(&clear).unwrap();
    assert!(info.alpha);
    // Names of as many bytes; the zeros end one.
    let apples = b"urn:com:apple:photo:2020:aux:hdrgainmap\0\0\0\0\0";
    let aux = renamed(&clear, &b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"[..], apples);
    let (info, opaque) = read(&aux).unwrap();
    assert!(!info.alpha && info.layout.channels == Channels::Rgb, "{:?}", info.layout);
    let colors = |planes: &Planes, bytes: usize| -> Vec<u8> {
        planes.bytes().chunks(bytes).flat_map(|pixel| pixel[..pixel.len() / 4 * 3].to_vec()).collect()
    };
    let (with, without) = (u64::from(planes.layout().pixel_bytes()), u64::from(opaque.layout().pixel_bytes()));
    assert_eq!((with, without), (8, 6));
    assert_eq!(colors(&planes, 8), opaque.bytes());

    let meta = Metadata { xmp: Some(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>".to_vec()), ..Metadata::default() };
    let plain = picture(64, 48, Layout::RGB8);
    let described = encode(&plain, &Encode::Avif { quality: 90, speed: 10 }, &meta).unwrap();
    let before = read(&described).unwrap();
    assert!(before.0.xmp.is_some());
    let derived = renamed(&renamed(&described, b"mime\0", b"tmap\0"), b"cdsc", b"dimg");
    let (info, after) = read(&derived).unwrap();
    assert_eq!((info.xmp, info.layout), (None, before.0.layout));
    assert_eq!(after, before.1);
}
