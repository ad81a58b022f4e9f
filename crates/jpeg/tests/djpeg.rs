//! Files of libjpeg-turbo's `cjpeg` and `jpegtran`, decoded by us and by its `djpeg -dct int`, byte by byte.

use std::{
    fmt::Debug,
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use tintype_jpeg::{
    Coefficients, ColorTransform,
    decode::{self, DecodeError, Decoded, Limits},
    inverse, sparse,
};

/// What `tool` makes of `input`. Warnings are let pass: what it wrote counts.
fn run(tool: &str, arguments: &str, input: &[u8]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(tool);
    command.args(arguments.split_whitespace());
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{tool}: {error}; install libjpeg-turbo-progs"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = thread::scope(|scope| {
        // A tool that is content with less than all of it closes its end.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().expect("it was started")
    });
    // 2: with warnings.
    match output.status.code() {
        Some(0 | 2) => Ok(output.stdout),
        _ => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Runs `check` on all cases, on all cores. Prints how many there were, and panics with the first few that failed.
fn all<T: Debug + Sync>(name: &str, cases: &[T], check: impl Fn(&T) -> Result<(), String> + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut failures = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = check(case) {
                failures.push(format!("{case:?}: {error}"));
            }
        }
        failures
    };
    let failures: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..thread::available_parallelism().map_or(2, usize::from).max(2)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("checks do not panic")).collect()
    });
    println!("{name}: {} of {} files equal", cases.len() - failures.len(), cases.len());
    let first = failures.iter().take(20).map(String::as_str).collect::<Vec<_>>();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), first.join("\n"));
}

/// SplitMix64.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A picture with edges, slopes and noise, as a PPM.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut state = u64::from(width) << 32 | u64::from(height);
    let mut ppm = format!("P6\n{width} {height}\n255\n").into_bytes();
    for y in 0..height {
        for x in 0..width {
            let noise = random(&mut state).to_le_bytes();
            let edge = if (x / 7 + y / 5) % 2 == 0 { 90 } else { 0 };
            ppm.push((x * 5) as u8 / 2 + edge + noise[0] % 16);
            ppm.push((y * 7) as u8 / 2 + edge / 2 + noise[1] % 32);
            ppm.push(200 - edge - ((x + y) % 64) as u8 + noise[2] % 8);
        }
    }
    ppm
}

fn decoded(jpeg: &[u8]) -> Result<Decoded, String> {
    decode::decode(jpeg, &Limits::default()).map_err(|error| error.to_string())
}

/// The size in the header of a PNM, and its samples.
fn samples(pnm: &[u8]) -> Option<&[u8]> {
    let mut lines = pnm.splitn(4, |byte| *byte == b'\n');
    lines.nth(3)
}

/// Ours and `djpeg`'s pixels of a file must be the same.
fn same_pixels(jpeg: &[u8]) -> Result<Decoded, String> {
    let ours = decoded(jpeg)?;
    let theirs = run("djpeg", "-dct int -pnm", jpeg)?;
    let theirs = samples(&theirs).ok_or("djpeg wrote no PNM")?;
    let pixels = inverse::pixels(&ours.coefficients);
    if pixels.bytes().len() != theirs.len() {
        return Err(format!("{pixels:?}, but djpeg wrote {} bytes", theirs.len()));
    }
    match pixels.bytes().iter().zip(theirs).position(|(a, b)| a != b) {
        Some(at) => Err(format!("byte {at} is {}, with djpeg {}", pixels.bytes()[at], theirs[at])),
        None => Ok(ours),
    }
}

fn same_and_sound(jpeg: &[u8]) -> Result<(), String> {
    let decoded = same_pixels(jpeg)?;
    let height = decoded.coefficients.frame.size.height;
    if sparse(&decoded.coefficients).dense() != decoded.coefficients {
        return Err("packed and unpacked, it is another".to_owned());
    }
    let damage = decoded.damage;
    if damage.is_none() && damage.sound_rows == height { Ok(()) } else { Err(format!("sound, but {damage:?}")) }
}

const SAMPLINGS: &[&str] = &[
    "-grayscale",
    "-grayscale -sample 2x2",
    "-sample 1x1",
    "-sample 2x1",
    "-sample 1x2",
    "-sample 2x2",
    "-sample 4x1",
    "-sample 1x4",
    "-sample 4x2",
    "-sample 2x4",
    "-sample 3x1",
    "-sample 3x2",
    "-sample 2x2,2x1,2x1",
    "-sample 2x2,1x2,1x2",
    "-sample 2x2,2x1,1x2",
    "-sample 4x1,2x1,1x1",
    "-sample 1x4,1x2,1x1",
    "-sample 1x1,2x2,1x2",
    "-rgb",
];
const CODINGS: &[&str] = &["-baseline", "-optimize", "-progressive"];
const RESTARTS: &[&str] = &["", "-restart 1", "-restart 3B"];

#[test]
fn every_sampling_coding_restart_and_size() {
    let mut state = 1;
    let mut sizes: Vec<(u32, u32)> = (1..=40).map(|side| (side, side)).collect();
    sizes.extend((0..40).map(|_| (random(&mut state) as u32 % 40 + 1, random(&mut state) as u32 % 40 + 1)));
    sizes.extend([(1, 40), (40, 1), (2, 33), (33, 2), (3, 17), (97, 50)]);
    let mut cases = Vec::new();
    for (i, size) in sizes.into_iter().enumerate() {
        for (j, sampling) in SAMPLINGS.iter().enumerate() {
            // Each size and sampling with three of the nine; over all of them, each many times.
            for (coding, of) in CODINGS.iter().enumerate() {
                let turn = i + j + coding;
                let quality = [75, 95, 30, 100, 1][turn % 5];
                cases.push((size, *sampling, *of, RESTARTS[turn % 3], quality));
            }
        }
    }
    for size in [(37, 29), (16, 16)] {
        for sampling in SAMPLINGS {
            for (coding, restart) in CODINGS.iter().flat_map(|coding| RESTARTS.iter().map(move |r| (coding, r))) {
                cases.push((size, *sampling, *coding, *restart, 80));
            }
        }
    }
    all("matrix", &cases, |((width, height), sampling, coding, restart, quality)| {
        let options = format!("-dct int -quality {quality} {sampling} {coding} {restart}");
        same_and_sound(&run("cjpeg", &options, &picture(*width, *height))?)
    });
}

/// A file for `cjpeg -scans`.
fn script(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("the target folder can be written to");
    path
}

#[test]
fn scans_in_any_order() {
    let scripts = [
        "0; 1; 2;",
        "2; 0; 1;",
        "0 1; 2;",
        "2; 0 1;",
        // Progressive: bands, bits, components in turn.
        "0 1 2: 0-0, 0, 0; 1: 1-63, 0, 0; 0: 1-63, 0, 0; 2: 1-63, 0, 0;",
        "2: 0-0, 0, 3; 1: 0-0, 0, 2; 0: 0-0, 0, 1; 0: 0-0, 1, 0; 1: 0-0, 2, 1; 2: 0-0, 3, 2; 1: 0-0, 1, 0; \
         2: 0-0, 2, 1; 2: 0-0, 1, 0; 0: 1-9, 0, 3; 0: 10-63, 0, 2; 0: 1-9, 3, 2; 0: 1-63, 2, 1; 0: 1-63, 1, 0; \
         1: 1-63, 0, 0; 2: 1-1, 0, 0; 2: 2-63, 0, 0;",
    ];
    let samplings = ["1x1", "2x1", "1x2", "2x2", "4x4", "4x2,2x2,1x1", "3x3"];
    let mut cases = Vec::new();
    for (i, text) in scripts.into_iter().enumerate() {
        let path = script(&format!("djpeg-scans-{i}"), text);
        for sampling in samplings {
            // 4x4 and two more are too many blocks for one scan.
            if ["4x4", "3x3", "4x2,2x2,1x1"].contains(&sampling) && i > 1 {
                continue;
            }
            for size in [(1, 1), (8, 9), (17, 31), (40, 40), (50, 33)] {
                for restart in RESTARTS {
                    cases.push((path.clone(), sampling, size, *restart));
                }
            }
        }
    }
    all("scripts", &cases, |(path, sampling, (width, height), restart)| {
        let options = format!("-sample {sampling} {restart} -scans {}", path.display());
        same_and_sound(&run("cjpeg", &options, &picture(*width, *height))?)
    });
}

#[test]
fn photographs() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures");
    let mut cases = Vec::new();
    for name in ["astronaut.jpg", "coffee.jpg", "rocket.jpg"] {
        for change in ["", "-progressive", "-optimize -restart 1", "-grayscale", "-transverse -arithmetic"] {
            cases.push((folder.join(name), change));
        }
    }
    all("photographs", &cases, |(path, change)| {
        let file = fs::read(path).map_err(|error| error.to_string())?;
        match *change {
            "" => same_and_sound(&file),
            "-transverse -arithmetic" => match decode::decode(&run("jpegtran", change, &file)?, &Limits::default()) {
                Err(DecodeError::Unsupported("with arithmetic coding")) => Ok(()),
                other => Err(format!("{other:?}")),
            },
            change => same_and_sound(&run("jpegtran", change, &file)?),
        }
    });
}

#[test]
fn reduced_blocks_are_those_of_djpeg() {
    type Reduced = fn(&[i16; 64], &[u16; 64]) -> Vec<u8>;
    let scales: [(&str, usize, Reduced); 3] = [
        ("1/2", 4, |c, q| inverse::half(c, q).to_vec()),
        ("1/4", 2, |c, q| inverse::quarter(c, q).to_vec()),
        ("1/8", 1, |c, q| vec![inverse::eighth(c, q)]),
    ];
    let cases: Vec<_> =
        scales.into_iter().flat_map(|scale| [40, 75, 95].map(|quality| (scale.0, scale.1, scale.2, quality))).collect();
    all("reduced", &cases, |(scale, side, reduced, quality)| {
        let jpeg = run("cjpeg", &format!("-grayscale -quality {quality}"), &picture(256, 192))?;
        let Coefficients { frame, planes } = decoded(&jpeg)?.coefficients;
        let theirs = run("djpeg", &format!("-dct int -scale {scale} -pnm"), &jpeg)?;
        let theirs = samples(&theirs).ok_or("djpeg wrote no PNM")?;
        for (i, block) in planes[0].as_chunks::<64>().0.iter().enumerate() {
            let (x, y) = (i % 32 * side, i / 32 * side);
            for (j, sample) in reduced(block, &frame.components[0].quantization).into_iter().enumerate() {
                let other = theirs[(y + j / side) * 32 * side + x + j % side];
                if sample != other {
                    return Err(format!("sample {j} of block {i} is {sample}, with djpeg {other}"));
                }
            }
        }
        Ok(())
    });
}

/// The segments of a file up to its first scan, and the data of that scan without the end marker.
fn parts(jpeg: &[u8]) -> (Vec<(u8, &[u8])>, &[u8]) {
    let (mut segments, mut at) = (Vec::new(), 2);
    loop {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        segments.push((jpeg[at + 1], &jpeg[at + 4..at + 2 + length]));
        at += 2 + length;
        if segments.last().is_some_and(|(marker, _)| *marker == 0xda) {
            return (segments, &jpeg[at..jpeg.len() - 2]);
        }
    }
}

/// Frames of Motion JPEG have no Huffman tables; the standard's are meant, which `cjpeg` writes.
#[test]
fn without_huffman_tables() {
    all("no tables", &["-sample 2x2", "-grayscale", "-restart 1"], |options| {
        let file = run("cjpeg", options, &picture(50, 40))?;
        let (segments, data) = parts(&file);
        let mut bare = vec![0xff, 0xd8];
        for (marker, segment) in segments.into_iter().filter(|(marker, _)| *marker != 0xc4) {
            bare.extend([0xff, marker]);
            bare.extend((segment.len() as u16 + 2).to_be_bytes());
            bare.extend(segment);
        }
        bare.extend(data);
        bare.extend([0xff, 0xd9]);
        if decoded(&bare)?.coefficients != decoded(&file)?.coefficients {
            return Err("other coefficients without tables".to_owned());
        }
        same_and_sound(&bare)
    });
}

/// Four gray pictures as the components of one, one scan each: `cjpeg` writes no CMYK.
fn four_components(adobe_transform: Option<u8>, width: u32, height: u32) -> Result<Vec<u8>, String> {
    let mut file = vec![0xff, 0xd8];
    let mut put = |marker: u8, data: &[u8]| {
        file.extend([0xff, marker]);
        file.extend((data.len() as u16 + 2).to_be_bytes());
        file.extend(data);
    };
    if let Some(transform) = adobe_transform {
        put(0xee, &[b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, transform]);
    }
    let grays: Result<Vec<_>, _> = (0..4)
        .map(|i| {
            let mut ppm = picture(width, height);
            let header = ppm.len() - (3 * width * height) as usize;
            ppm[header..].iter_mut().for_each(|byte| *byte = byte.rotate_left(i));
            run("cjpeg", "-grayscale", &ppm)
        })
        .collect();
    let grays = grays?;
    let (segments, _) = parts(&grays[0]);
    for (marker, data) in &segments {
        match marker {
            0xc0 => {
                let mut frame = data[..5].to_vec();
                frame.push(4);
                frame.extend((1..=4).flat_map(|id| [id, 0x11, 0]));
                put(0xc0, &frame);
            }
            0xe0 | 0xda => {}
            marker => put(*marker, data),
        }
    }
    for (id, gray) in (1..).zip(&grays) {
        file.extend([0xff, 0xda, 0, 8, 1, id, 0, 0, 63, 0]);
        file.extend(parts(gray).1);
    }
    file.extend([0xff, 0xd9]);
    Ok(file)
}

#[test]
fn cmyk_and_ycck() {
    let cases = [(None, ColorTransform::Cmyk), (Some(0), ColorTransform::Cmyk), (Some(2), ColorTransform::Ycck)];
    all("four components", &cases, |(transform, color)| {
        let file = four_components(*transform, 45, 31)?;
        same_and_sound(&file)?;
        let ours = decoded(&file)?.coefficients.frame.color;
        if ours == *color { Ok(()) } else { Err(format!("{ours:?}")) }
    });
}

/// Damaged in some way, by a number.
fn damaged(file: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed;
    let scan = file.len() - parts(file).1.len() - 2;
    let mut at = |from: usize| from + random(&mut state) as usize % (file.len() - from);
    let mut bytes = file.to_vec();
    match seed % 4 {
        0 => bytes.truncate(at(scan)),
        1 => bytes[at(scan)] ^= 1 << (seed / 4 % 8),
        2 => {
            let place = at(scan);
            bytes.drain(place..file.len().min(place + 1 + seed as usize / 4 % 40));
        }
        _ => {
            let place = at(scan);
            let garbage = (0..1 + seed / 4 % 20).map(|i| (i * seed) as u8 | 1);
            bytes.splice(place..place, garbage);
        }
    }
    bytes
}

/// `jpegtran` reads coefficients by libjpeg, and writes them anew: what we read from what it wrote must be what we read from
/// the file itself. Returns whether both of us took it for a picture.
fn same_coefficients(file: &[u8]) -> Result<bool, String> {
    let (Ok(theirs), Ok(ours)) = (run("jpegtran", "-copy none -optimize", file), decoded(file)) else {
        return Ok(false);
    };
    let (ours, theirs) = (ours.coefficients, decoded(&theirs)?.coefficients);
    for (i, component) in ours.frame.components.iter().enumerate() {
        let blocks = ours.planes[i].as_chunks::<64>().0.iter().zip(theirs.planes[i].as_chunks::<64>().0);
        for (at, (ours, theirs)) in blocks.enumerate() {
            let (x, y) = (at as u32 % component.blocks.width, at as u32 / component.blocks.width);
            // What pads the picture is made anew by `jpegtran`.
            let inside = 8 * x < component.samples.width && 8 * y < component.samples.height;
            if inside && ours != theirs {
                return Err(format!("component {i}, block {x}, {y}: {ours:?}, with libjpeg {theirs:?}"));
            }
        }
    }
    Ok(true)
}

#[test]
fn damaged_files_are_taken_as_by_libjpeg() {
    let mut cases = Vec::new();
    for options in [
        "-sample 2x2",
        "-sample 2x2 -restart 1",
        "-sample 2x1 -restart 2B",
        "-grayscale -restart 3B",
        "-sample 1x1 -optimize -restart 5B",
        "-sample 2x2 -progressive",
        "-sample 1x2 -progressive -restart 4B",
    ] {
        cases.extend((0..80).map(|seed| (options, seed)));
    }
    let compared = AtomicUsize::new(0);
    all("damaged", &cases, |(options, seed)| {
        let file = damaged(&run("cjpeg", options, &picture(70, 60))?, *seed);
        compared.fetch_add(usize::from(same_coefficients(&file)?), Ordering::Relaxed);
        Ok(())
    });
    let compared = compared.into_inner();
    println!("damaged: {compared} files were read by both");
    assert!(compared * 10 > cases.len() * 8, "only {compared}");
}

/// Bits that are there already stay as they are.
#[test]
fn the_last_scan_twice() {
    all("twice", &["-progressive", "-progressive -restart 1", "-grayscale -progressive"], |options| {
        let file = run("cjpeg", options, &picture(70, 60))?;
        let table = file.windows(2).rposition(|two| two == [0xff, 0xc4]).ok_or("no table")?;
        let twice = [&file[..file.len() - 2], &file[table..]].concat();
        if same_coefficients(&twice)? { Ok(()) } else { Err("not taken for a picture".to_owned()) }
    });
}
