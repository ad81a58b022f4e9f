//! HEIC as libheif's tools write and read it: made by `heif-enc`, read by `heif-convert`, both under other licences and
//! linked into nothing.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use tintype_codecs::{CodecError, Encode, Limits, decode, probe};
use tintype_pixels::{Fault, ImageFormat, Layout, Orientation, Planes, Rect, Size};

use crate::{
    avif::{Weight, difference},
    pictures::{file, picture, read},
};

/// Runs one of libheif's tools.
fn run(tool: &str, arguments: &[&str], paths: &[&Path]) {
    let output = Command::new(tool).args(arguments).args(paths).output().unwrap_or_else(|error| {
        panic!("{tool} cannot be run ({error}); install it: apt-get install libheif-examples");
    });
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A HEIC of `planes`, by heif-enc.
fn encoded(folder: &TempDir, planes: &Planes, arguments: &[&str]) -> Vec<u8> {
    let [source, heic] = ["source.png", "a.heic"].map(|name| folder.path().join(name));
    std::fs::write(&source, file(planes, Encode::png())).unwrap();
    run("heif-enc", &[arguments, &["-o", heic.to_str().unwrap()]].concat(), &[&source]);
    std::fs::read(&heic).unwrap()
}

/// What heif-convert makes of a HEIC, upright.
fn converted(folder: &TempDir, heic: &[u8]) -> Planes {
    let [source, result]: [PathBuf; 2] = ["b.heic", "result.png"].map(|name| folder.path().join(name));
    std::fs::write(&source, heic).unwrap();
    run("heif-convert", &[], &[&source, &result]);
    let file = std::fs::read(&result).unwrap();
    std::fs::remove_file(&result).unwrap();
    read(&file).unwrap().1
}

/// libheif repeats samples of color instead of interpolating them.
fn allowed_mean(chroma: &str) -> f64 {
    if chroma == "444" { 257.0 } else { 257.0 * 6.0 }
}

/// Depth by sampling by opacity by size, lossy and lossless, small and large blocks. Without the feature all are refused.
#[test]
fn headers_are_read_and_pixels_are_read_or_refused() {
    let folder = TempDir::new().unwrap();
    let (mut passed, mut all, mut worst) = (0, 0, 0.0f64);
    for (layout, depth) in [(Layout::RGB8, "8"), (Layout::RGBA8, "8"), (Layout::RGB16, "10"), (Layout::RGBA16, "10")] {
        for chroma in ["420", "422", "444"] {
            for (size, more) in [
                (Size::new(90, 62), ["-q", "80", "-p", "x265:ctu=64"]),
                (Size::new(64, 64), ["-q", "30", "-p", "x265:ctu=16"]),
                (Size::new(130, 71), ["-q", "100", "-t", "32"]),
            ] {
                let planes = picture(size.width, size.height, layout);
                let sampling = format!("chroma={chroma}");
                let arguments = [&["-b", depth, "-p", &sampling], more.as_slice()].concat();
                let bytes = encoded(&folder, &planes, &arguments);
                let info = probe(&bytes, &Limits::default()).unwrap();
                assert_eq!((info.format, info.size, info.layout), (ImageFormat::Heic, size, layout), "{arguments:?}");
                let ours = decode(&bytes, &info, &Limits::default());
                if !cfg!(feature = "heic") {
                    let error = ours.unwrap_err();
                    assert!(matches!(error, CodecError::Unsupported { .. }), "{error}");
                    assert_eq!(error.fault(), Fault::Unsupported);
                    continue;
                }
                let (largest, mean) = difference(&ours.unwrap(), &converted(&folder, &bytes), Weight::One);
                all += 1;
                let is_near = mean < allowed_mean(chroma);
                passed += u32::from(is_near);
                worst = worst.max(mean);
                if !is_near {
                    println!("{layout} {size} {arguments:?}: at most {largest}, on average {mean:.1} of 65535");
                }
            }
        }
    }
    println!("heic: {passed} of {all} as heif-convert has them; on average at most {worst:.1} of 65535 off");
    assert_eq!(passed, all);
}

/// A box.
fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
}

/// A box with a version.
fn full(kind: &[u8; 4], version: u8, body: &[u8]) -> Vec<u8> {
    boxed(kind, &[&[version, 0, 0, 0], body].concat())
}

/// What is in the first box of a kind, wherever it is.
fn inside<'a>(file: &'a [u8], kind: &[u8; 4]) -> &'a [u8] {
    let at = file.windows(4).position(|window| window == kind).unwrap();
    let length = u32::from_be_bytes(file[at - 4..at].try_into().unwrap()) as usize;
    &file[at + 4..at - 4 + length]
}

/// HEICs of one size put together as a grid of two columns, which shows `size`, moved by `turns`: what telephones write and heif-enc
/// does not (ISO/IEC 23008-12, 6.6.2.3). One of them alone is shown as it is, but for the turns.
fn together(parts: &[Vec<u8>], part: Size, size: Size, turns: &[Vec<u8>]) -> Vec<u8> {
    let ids =
        |range: std::ops::RangeInclusive<usize>| range.flat_map(|id| (id as u16).to_be_bytes()).collect::<Vec<u8>>();
    let is_grid = parts.len() > 1;
    let primary = if is_grid { parts.len() + 1 } else { 1 };
    let number = |value: usize| (value as u16).to_be_bytes();
    let sides = |size: Size| [size.width.to_be_bytes(), size.height.to_be_bytes()].concat();
    let entry = |id: usize| {
        let kind = if is_grid && id == primary { b"grid" } else { b"hvc1" };
        // The parts are not shown by themselves.
        let hidden = u8::from(is_grid && id != primary);
        boxed(b"infe", &[&[2, 0, 0, hidden], &number(id)[..], &[0, 0], kind, &[0]].concat())
    };
    let entries: Vec<u8> = (1..=primary).flat_map(entry).collect();
    let references = boxed(b"dimg", &[&number(primary)[..], &number(parts.len()), &ids(1..=parts.len())].concat());
    let config = boxed(b"hvcC", inside(&parts[0], b"hvcC"));
    let properties = [config, full(b"ispe", 0, &sides(part)), full(b"ispe", 0, &sides(size)), turns.concat()].concat();
    // Properties 1 and 2 are the parts', 3 the whole's, the turns follow.
    let turning: Vec<u8> = (4..4 + turns.len() as u8).map(|index| 0x80 | index).collect();
    let of = |id: usize, own: &[u8]| {
        let all = if id == primary { [own, &turning].concat() } else { own.to_vec() };
        [&number(id)[..], &[all.len() as u8], &all].concat()
    };
    let own = |id: usize| if is_grid && id == primary { vec![3] } else { vec![0x81, 2] };
    let associated: Vec<u8> = (1..=primary).flat_map(|id| of(id, &own(id))).collect();
    let association = full(b"ipma", 0, &[&(primary as u32).to_be_bytes()[..], &associated].concat());
    let rows = parts.len().div_ceil(2) as u8;
    let grid = [&[0, 0, rows - 1, 1], &number(size.width as usize)[..], &number(size.height as usize)].concat();
    let data: Vec<&[u8]> = parts.iter().map(|part| inside(part, b"mdat")).collect();
    let places = |first: u32| -> Vec<u8> {
        let mut at = first;
        let place = |id: usize, method: u8, at: u32, length: usize| {
            let extent = [at.to_be_bytes(), (length as u32).to_be_bytes()].concat();
            [&number(id)[..], &[0, method, 0, 0, 0, 1], &extent].concat()
        };
        let mut all = Vec::new();
        for (index, data) in data.iter().enumerate() {
            all.extend(place(index + 1, 0, at, data.len()));
            at += data.len() as u32;
        }
        if is_grid {
            all.extend(place(primary, 1, 0, grid.len()));
        }
        full(b"iloc", 1, &[&[0x44, 0][..], &number(primary), &all].concat())
    };
    let head = |first: u32| {
        let meta = [
            full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat()),
            full(b"pitm", 0, &number(primary)),
            full(b"iinf", 0, &[&number(primary)[..], &entries].concat()),
            if is_grid { full(b"iref", 0, &references) } else { Vec::new() },
            boxed(b"iprp", &[boxed(b"ipco", &properties), association.clone()].concat()),
            places(first),
            boxed(b"idat", &grid),
        ];
        [boxed(b"ftyp", b"heic\0\0\0\0mif1heic"), full(b"meta", 0, &meta.concat())].concat()
    };
    let first = head(0).len() as u32 + 8;
    [head(first), boxed(b"mdat", &data.concat())].concat()
}

/// `stored`, moved to upright.
fn upright(stored: &Planes, orientation: Orientation) -> Planes {
    let (from, to) = (stored.size(), orientation.apply(stored.size()));
    let pixel_bytes = stored.layout().pixel_bytes() as usize;
    let pixels = (0..to.height).flat_map(|y| (0..to.width).map(move |x| Rect::new(x, y, Size::new(1, 1))));
    let bytes = pixels.flat_map(|pixel| {
        let Rect { x, y, .. } = orientation.inverse().map_rect(to, pixel);
        let start = (y * from.width + x) as usize * pixel_bytes;
        stored.bytes()[start..start + pixel_bytes].to_vec()
    });
    Planes::new(to, stored.layout(), bytes.collect()).unwrap()
}

#[test]
fn grids_crops_rotations_and_mirrors() {
    if !cfg!(feature = "heic") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let part = Size::new(128, 96);
    let arguments = ["-q", "90", "-p", "chroma=444"];
    let parts: Vec<Vec<u8>> = (0..4)
        .map(|index| {
            let whole = picture(300, 200, Layout::RGB8);
            let start = index * 30;
            let rows = whole.bytes().chunks_exact(300 * 3).skip(start).take(96);
            let cut = rows.flat_map(|row| row[start * 3..(start + 128) * 3].to_vec()).collect();
            encoded(&folder, &Planes::new(part, Layout::RGB8, cut).unwrap(), &arguments)
        })
        .collect();
    // The aperture of 80x50 whose center is 5 to the right and 3 above the picture's (ISO/IEC 14496-12, 12.1.4).
    let aperture = boxed(b"clap", &[80u32, 1, 50, 1, 5, 1, (-3i32) as u32, 1].map(u32::to_be_bytes).concat());
    let turn = |quarters: u8| boxed(b"irot", &[quarters]);
    let mirror = |axis: u8| boxed(b"imir", &[axis]);
    let turns: [Vec<Vec<u8>>; 9] = [
        vec![],
        vec![turn(1)],
        vec![turn(2)],
        vec![turn(3)],
        vec![mirror(0)],
        vec![mirror(1)],
        vec![turn(1), mirror(0)],
        vec![aperture.clone()],
        vec![aperture, turn(3), mirror(1)],
    ];
    let (mut passed, mut all) = (0, 0);
    for (parts, size) in [
        (&parts[..1], part),
        (&parts[..2], Size::new(256, 96)),
        (&parts[..], Size::new(256, 192)),
        (&parts[..], Size::new(200, 150)),
    ] {
        for turns in &turns {
            let bytes = together(parts, part, size, turns);
            let (info, ours) = read(&bytes).unwrap_or_else(|error| panic!("{} of {size}: {error}", parts.len()));
            let (ours, theirs) = (upright(&ours, info.orientation), converted(&folder, &bytes));
            all += 1;
            if ours.size() != theirs.size() {
                println!(
                    "{} parts as {size}, {} turns: {} for {}",
                    parts.len(),
                    turns.len(),
                    ours.size(),
                    theirs.size()
                );
                continue;
            }
            let (largest, mean) = difference(&ours, &theirs, Weight::One);
            passed += u32::from(mean < allowed_mean("444"));
            if mean >= allowed_mean("444") {
                println!("{} parts as {size}, {turns:?}: at most {largest}, on average {mean:.1}", parts.len());
            }
        }
    }
    println!("heic grids and turns: {passed} of {all} as heif-convert has them");
    assert_eq!(passed, all);
}

/// Cut short and with bits flipped: an error, or a picture of the size that was announced.
#[test]
fn broken_ones_are_errors() {
    let folder = TempDir::new().unwrap();
    let whole = encoded(&folder, &picture(90, 62, Layout::RGBA8), &["-q", "60"]);
    let limits = Limits { area_px: 1_000_000, ..Limits::default() };
    let try_one = |bytes: &[u8]| {
        let result = probe(bytes, &limits).and_then(|info| Ok((decode(bytes, &info, &limits)?, info)));
        match result {
            Ok((planes, info)) => assert_eq!((planes.size(), planes.layout()), (info.size, info.layout)),
            Err(error) => {
                assert_ne!(error.fault(), Fault::Internal, "{error}");
                assert!(!error.to_string().contains("panicked"), "{error}");
            }
        }
    };
    for length in (0..whole.len()).step_by(7) {
        assert!(
            probe(&whole[..length], &limits).is_err() || length == whole.len(),
            "{length} of {} bytes",
            whole.len()
        );
        try_one(&whole[..length]);
    }
    let mut state = 0x2545_f491u32;
    for _ in 0..1_500 {
        let mut damaged = whole.clone();
        for _ in 0..3 {
            // Xorshift (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let at = state as usize % damaged.len();
            damaged[at] ^= 1 << (state >> 28 & 7);
        }
        try_one(&damaged);
    }
}
