//! Files of ours and of libjpeg-turbo's `cjpeg -dct int` for the same pixels, byte by byte.

use std::{
    fmt,
    io::Write,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use tintype_jpeg::{
    Coefficients, ColorTransform, NATURAL_FROM_ZIGZAG,
    encode::{self, Coding, EncodeError, Huffman, Options, Restart, Segment},
    forward::{self, Sampling, Tables},
};
use tintype_pixels::{Layout, Planes, Size};

/// One file: what `cjpeg` is told, and what we are.
#[derive(Clone, Copy, Debug)]
struct Case {
    size: Size,
    kind: Kind,
    color: ColorTransform,
    sampling: [(u8, u8); 3],
    coding: Coding,
    restart: Restart,
    quality: u8,
    baseline: bool,
}

/// What is in the picture.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Gradients with some noise, as a photograph.
    Soft,
    /// Noise alone: long codes, no zeros.
    Noise,
    /// Black, white and pure colors in stripes: the largest coefficients.
    Stripes,
    /// One color: runs of blocks with nothing in them.
    Flat,
}

/// SplitMix64.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn picture(size: Size, kind: Kind, state: &mut u64) -> Planes {
    let mut bytes = Vec::new();
    let [r, g, b, stripe] = random(state).to_le_bytes()[..4].try_into().expect("four of eight");
    for y in 0..size.height {
        for x in 0..size.width {
            let noise = random(state).to_le_bytes();
            let pixel = match kind {
                Kind::Soft => {
                    let near = |i: usize, at: u32| {
                        ((at * 2 + u32::from([r, g, b][i]) / 2) as u8 / 2).saturating_add(noise[i] % 13)
                    };
                    [near(0, x), near(1, y), near(2, x + y)]
                }
                Kind::Noise => [noise[0], noise[1], noise[2]],
                Kind::Stripes => {
                    let width = u32::from(stripe % 5) + 1;
                    let on = |bit: u32| if (x / width + y / (width + bit)) >> bit & 1 == 1 { 255 } else { 0 };
                    [on(0), on(1), on(2)]
                }
                Kind::Flat => [r, g, b],
            };
            bytes.extend(pixel);
        }
    }
    Planes::new(size, Layout::RGB8, bytes).expect("three bytes a pixel")
}

/// What `tool` makes of `input`, or what it says.
fn run(tool: &str, arguments: &[String], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(tool);
    let piped = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        piped.spawn().unwrap_or_else(|error| panic!("{tool}: {error}; it is in Debian's package libjpeg-turbo-progs"));
    let mut stdin = child.stdin.take().expect("piped");
    let output = std::thread::scope(|scope| {
        // It may well end before it has read everything.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().expect("it was started")
    });
    if output.status.success() { Ok(output.stdout) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn ppm(planes: &Planes) -> Vec<u8> {
    let size = planes.size();
    let kind = if planes.layout() == Layout::GRAY8 { 5 } else { 6 };
    [format!("P{kind} {} {} 255\n", size.width, size.height).as_bytes(), planes.bytes()].concat()
}

impl Case {
    fn arguments(&self) -> Vec<String> {
        let sampling: Vec<_> = self.sampling.iter().map(|(h, v)| format!("{h}x{v}")).collect();
        let mut arguments = vec!["-dct", "int", "-quality"].into_iter().map(String::from).collect::<Vec<_>>();
        arguments.push(self.quality.to_string());
        match self.color {
            ColorTransform::Gray => arguments.push("-grayscale".into()),
            ColorTransform::Rgb => arguments.push("-rgb".into()),
            _ => {}
        }
        arguments.extend(["-sample".into(), sampling.join(",")]);
        match self.coding {
            Coding::Baseline(Huffman::Standard) => {}
            Coding::Baseline(Huffman::Optimal) => arguments.push("-optimize".into()),
            Coding::Progressive => arguments.push("-progressive".into()),
        }
        match self.restart {
            Restart::Never => {}
            Restart::Rows(rows) => arguments.extend(["-restart".into(), rows.to_string()]),
            Restart::Mcus(mcus) => arguments.extend(["-restart".into(), format!("{mcus}B")]),
        }
        if self.baseline {
            arguments.push("-baseline".into());
        }
        arguments
    }

    fn ours(&self, planes: &Planes) -> Result<Vec<u8>, String> {
        fn text(error: impl fmt::Display) -> String {
            error.to_string()
        }
        let tables = if self.baseline {
            Tables::from_quality(self.quality)
        } else {
            Tables::extended_from_quality(self.quality)
        };
        let [a, b, c] = self.sampling;
        let frame = forward::frame(self.size, self.color, &tables, Sampling([a, b, c, (1, 1)])).map_err(text)?;
        let coefficients = forward::coefficients(planes, frame).map_err(text)?;
        let options = Options { coding: self.coding, restart: self.restart, segments: Vec::new() };
        encode::encode(&coefficients, &options).map_err(text)
    }

    /// True where there is a file, false where both refuse.
    fn check(&self, state: &mut u64) -> bool {
        let planes = picture(self.size, self.kind, state);
        let theirs = run("cjpeg", &self.arguments(), &ppm(&planes));
        match (self.ours(&planes), theirs) {
            (Ok(ours), Ok(theirs)) => {
                let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
                assert!(
                    ours == theirs,
                    "{self:?}: {} bytes against {} of cjpeg, the first {same} are equal",
                    ours.len(),
                    theirs.len()
                );
                true
            }
            (Err(_), Err(_)) => false,
            (Ok(_), Err(theirs)) => panic!("{self:?}: cjpeg refuses: {theirs}"),
            (Err(ours), Ok(_)) => panic!("{self:?}: only we refuse: {ours}"),
        }
    }
}

const CODINGS: [Coding; 3] =
    [Coding::Baseline(Huffman::Standard), Coding::Baseline(Huffman::Optimal), Coding::Progressive];

/// The usual ones, others that are allowed, one with fractions and two with too many blocks, which both refuse.
const SAMPLINGS: [[(u8, u8); 3]; 19] = [
    [(1, 1), (1, 1), (1, 1)],
    [(2, 1), (1, 1), (1, 1)],
    [(1, 2), (1, 1), (1, 1)],
    [(2, 2), (1, 1), (1, 1)],
    [(4, 1), (1, 1), (1, 1)],
    [(1, 4), (1, 1), (1, 1)],
    [(4, 2), (1, 1), (1, 1)],
    [(2, 4), (1, 1), (1, 1)],
    [(3, 1), (1, 1), (1, 1)],
    [(3, 2), (1, 1), (1, 1)],
    [(1, 3), (1, 1), (1, 1)],
    [(2, 2), (2, 1), (1, 2)],
    [(2, 2), (1, 1), (2, 2)],
    [(1, 1), (2, 2), (1, 1)],
    [(1, 2), (2, 1), (1, 1)],
    [(4, 1), (2, 1), (1, 1)],
    [(3, 1), (2, 1), (1, 1)],
    [(3, 3), (1, 1), (1, 1)],
    [(4, 4), (1, 1), (1, 1)],
];

#[test]
fn files_are_those_of_cjpeg() {
    let colors = [ColorTransform::YCbCr, ColorTransform::Gray, ColorTransform::Rgb];
    let restarts = [Restart::Never, Restart::Rows(1), Restart::Mcus(3)];
    let mut cases = Vec::new();
    let mut state = 7;
    for sampling in SAMPLINGS {
        for combination in 0..27 {
            let (color, coding) = (colors[combination % 3], CODINGS[combination / 3 % 3]);
            let restart = restarts[combination / 9];
            for kind in [Kind::Soft, Kind::Noise, Kind::Stripes, Kind::Flat] {
                let mut pick = |n: u64| random(&mut state) % n;
                let size = Size::new(1 + pick(40) as u32, 1 + pick(40) as u32);
                let quality = [3, 20, 50, 75, 92, 100][pick(6) as usize];
                let baseline = pick(2) == 0;
                cases.push(Case { size, kind, color, sampling, coding, restart, quality, baseline });
            }
        }
    }
    // Every size, in the sampling whose edges are hardest.
    for width in 1..=40 {
        for height in [width, 1 + random(&mut state) as u32 % 40] {
            let coding = CODINGS[width as usize % 3];
            let (sampling, color) = (SAMPLINGS[3], ColorTransform::YCbCr);
            let (size, restart) = (Size::new(width, height), Restart::Never);
            cases.push(Case { size, kind: Kind::Soft, color, sampling, coding, restart, quality: 80, baseline: true });
        }
    }
    // Runs of more than 32767 empty blocks, and more than 937 correction bits.
    for (coding, kind) in [(Coding::Progressive, Kind::Flat), (Coding::Progressive, Kind::Noise)] {
        let (size, restart, quality) = (Size::new(1500, 1600), Restart::Never, 40);
        let (sampling, color) = (SAMPLINGS[0], ColorTransform::YCbCr);
        cases.push(Case { size, kind, color, sampling, coding, restart, quality, baseline: true });
    }
    let (files, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut state = case.size.area() + u64::from(case.quality);
                    files.fetch_add(usize::from(case.check(&mut state)), Ordering::Relaxed);
                }
            });
        }
    });
    let files = files.into_inner();
    println!("{files} files equal to cjpeg's, {} refused by both", cases.len() - files);
    assert!(files > 1500, "only {files} of {} became files", cases.len());
}

#[test]
fn gray_pixels_are_taken_too() {
    let mut state = 3;
    for side in 1..20 {
        let size = Size::new(side, 21 - side);
        let bytes = (0..size.area()).map(|_| random(&mut state) as u8).collect();
        let planes = Planes::new(size, Layout::GRAY8, bytes).expect("one byte a pixel");
        let case = Case {
            size,
            kind: Kind::Noise,
            color: ColorTransform::Gray,
            sampling: SAMPLINGS[0],
            coding: CODINGS[side as usize % 3],
            restart: Restart::Never,
            quality: 70,
            baseline: true,
        };
        let theirs = run("cjpeg", &["-dct", "int", "-quality", "70"].map(String::from), &ppm(&planes));
        let theirs = match case.coding {
            Coding::Baseline(Huffman::Standard) => theirs,
            _ => run("cjpeg", &case.arguments(), &ppm(&planes)),
        };
        assert!(case.ours(&planes) == theirs, "{size}");
    }
}

#[test]
fn segments_stand_where_readers_look_and_metadata_survives() {
    let mut state = 5;
    let planes = picture(Size::new(33, 17), Kind::Soft, &mut state);
    let frame = forward::frame(planes.size(), ColorTransform::YCbCr, &Tables::from_quality(80), Sampling::HALF);
    let coefficients = forward::coefficients(&planes, frame.expect("a frame")).expect("coefficients");
    let profile: Vec<u8> = (0..150_000).map(|_| random(&mut state) as u8).collect();
    let mut segments = vec![
        Segment::exif(b"II*\0\x08\0\0\0\0\0\0\0\0\0").expect("small"),
        Segment::xmp(b"<x:xmpmeta/>").expect("small"),
        Segment::comment(b"hello").expect("small"),
    ];
    segments.extend(Segment::icc(&profile).expect("three chunks"));
    for coding in CODINGS {
        let options = Options { coding, restart: Restart::Never, segments: segments.clone() };
        let file = encode::encode(&coefficients, &options).expect("a file");
        // jpegtran reads it all and writes the same again.
        let mut arguments = vec!["-copy".to_owned(), "all".to_owned()];
        match coding {
            Coding::Baseline(Huffman::Standard) => {}
            Coding::Baseline(Huffman::Optimal) => arguments.push("-optimize".into()),
            Coding::Progressive => arguments.push("-progressive".into()),
        }
        assert!(run("jpegtran", &arguments, &file).expect("a sound file") == file, "{coding:?}");
        let dir = std::env::temp_dir().join(format!("tintype-jpeg-{}-{coding:?}.icc", std::process::id()));
        let arguments = ["-icc".to_owned(), dir.display().to_string()];
        run("djpeg", &arguments, &file).expect("a sound file");
        let read = std::fs::read(&dir);
        std::fs::remove_file(&dir).expect("djpeg wrote it");
        assert!(read.expect("djpeg wrote it") == profile);
    }
    assert_eq!(Segment::app(3, vec![0; 65_534]), Err(EncodeError::Segment(65_534)));
    assert!(Segment::app(3, vec![0; 65_533]).is_ok());
    assert!(Segment::icc(&vec![0; 255 * 65_519]).is_ok());
    assert!(Segment::icc(&vec![0; 255 * 65_519 + 1]).is_err());
}

/// Coefficients that no picture has, so that every case of refinement comes up: jpegtran codes them anew from our
/// baseline file.
#[test]
fn progressive_files_of_any_coefficients_are_those_of_jpegtran() {
    let mut state = 13;
    let mut bytes = 0;
    for round in 0..60u64 {
        let colors = [
            ColorTransform::YCbCr,
            ColorTransform::Gray,
            ColorTransform::Rgb,
            ColorTransform::Cmyk,
            ColorTransform::Ycck,
        ];
        let side = 8 + 8 * (round % 7) as u32 * (round % 7) as u32;
        let color = colors[round as usize % 5];
        // jpegtran makes gray 1x1.
        let sampling = if color == ColorTransform::Gray {
            Sampling::FULL
        } else {
            [Sampling::HALF, Sampling::FULL, Sampling::HALF_WIDTH][round as usize % 3]
        };
        let tables = Tables::from_quality(50);
        let frame = forward::frame(Size::new(side, side + 5), color, &tables, sampling);
        let frame = frame.expect("a frame");
        // How many are not zero, and how large they are: in some rounds none is one, so that bits pile up.
        let (rare, shift, least) = (1 + random(&mut state) % 40, 5 + random(&mut state) % 6, random(&mut state) % 3);
        let planes = frame.components.iter().map(|component| {
            let mut value = |place: u64| {
                let value =
                    ((random(&mut state) % 1024) >> if place.is_multiple_of(64) { 0 } else { shift }).max(least) as i16;
                let zero = !place.is_multiple_of(64) && !random(&mut state).is_multiple_of(rare);
                if zero {
                    0
                } else if random(&mut state).is_multiple_of(2) {
                    value
                } else {
                    -value
                }
            };
            let mut plane: Vec<i16> = (0..component.blocks.area() * 64).map(&mut value).collect();
            // jpegtran does so too, whatever stood there.
            forward::fill(&mut plane, component);
            plane
        });
        let coefficients = Coefficients { planes: planes.collect(), frame: frame.clone() };
        for restart in [Restart::Never, Restart::Rows(2)] {
            let of = |coding| Options { coding, restart, segments: Vec::new() };
            let baseline = encode::encode(&coefficients, &of(Coding::Baseline(Huffman::Optimal))).expect("a file");
            let progressive = encode::encode(&coefficients, &of(Coding::Progressive)).expect("a file");
            let mut arguments = vec!["-progressive".to_owned()];
            if restart != Restart::Never {
                arguments.extend(["-restart".to_owned(), "2".to_owned()]);
            }
            let theirs = run("jpegtran", &arguments, &baseline).expect("a sound file");
            assert!(progressive == theirs, "round {round}, {restart:?}: {} and {}", progressive.len(), theirs.len());
            bytes += theirs.len();
        }
    }
    println!("{bytes} bytes equal to jpegtran's");
}

/// Everything of a baseline file that a device would make, with what is public alone: symbols of each block, their
/// counts, bits by `HuffmanTables::packed`, zeros behind bytes of ones.
#[test]
fn the_parts_make_the_whole() {
    let mut state = 9;
    let planes = picture(Size::new(100, 75), Kind::Noise, &mut state);
    let frame = forward::frame(planes.size(), ColorTransform::YCbCr, &Tables::from_quality(80), Sampling::HALF);
    let coefficients = forward::coefficients(&planes, frame.expect("a frame")).expect("coefficients");
    let frame = &coefficients.frame;

    // Table and symbol as one number, then the bits behind it and how many.
    let mut symbols: Vec<(usize, u32, u32)> = Vec::new();
    let mut before = [0; 3];
    let magnitude = |value: i16| {
        let bits = 16 - value.unsigned_abs().leading_zeros();
        (if value < 0 { (value - 1) as u32 & ((1 << bits) - 1) } else { value as u32 }, bits)
    };
    for mcu in 0..frame.mcus().area() as usize {
        let (x, y) = (mcu % frame.mcus().width as usize, mcu / frame.mcus().width as usize);
        for (index, component) in frame.components.iter().enumerate() {
            let (h, v) = (usize::from(component.h), usize::from(component.v));
            let table = 512 * encode::table_pair(frame, index);
            for place in 0..h * v {
                let at = (y * v + place / h) * component.blocks.width as usize + x * h + place % h;
                let block = &coefficients.planes[index][at * 64..(at + 1) * 64];
                let (extra, bits) = magnitude(block[0] - std::mem::replace(&mut before[index], block[0]));
                symbols.push((table + bits as usize, extra, bits));
                let mut run = 0;
                for natural in &NATURAL_FROM_ZIGZAG[1..] {
                    let (extra, bits) = magnitude(block[usize::from(*natural)]);
                    if bits == 0 {
                        run += 1;
                        continue;
                    }
                    symbols.extend((0..run / 16).map(|_| (table + 256 + 0xf0, 0, 0)));
                    symbols.push((table + 256 + (run % 16 * 16 + bits) as usize, extra, bits));
                    run = 0;
                }
                symbols.extend((run > 0).then_some((table + 256, 0, 0)));
            }
        }
    }

    let counts = encode::statistics(&coefficients, Restart::Never).expect("in range");
    let mut counted = [0; 1024];
    symbols.iter().for_each(|symbol| counted[symbol.0] += 1);
    assert!(counts.0.as_flattened() == counted);

    let (tables, options) = (counts.tables(), Options::default());
    let codes = tables.packed();
    let mut bits = Vec::new();
    let mut push = |value: u32, count: u32| bits.extend((0..count).rev().map(|bit| (value >> bit & 1) as u8));
    for (symbol, extra, count) in symbols {
        push(codes[symbol] & 0xffff, codes[symbol] >> 16);
        push(extra, count);
    }
    bits.resize(bits.len().next_multiple_of(8), 1);
    let mut file = encode::baseline_header(frame, &tables, &options).expect("a header");
    for byte in bits.chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)) {
        file.extend([Some(byte), (byte == 255).then_some(0)].into_iter().flatten());
    }
    file.extend(encode::END_OF_IMAGE);
    assert!(file == encode::encode(&coefficients, &options).expect("a file"));
}

#[test]
fn what_cannot_be_written_is_said() {
    let mut state = 11;
    let planes = picture(Size::new(20, 20), Kind::Soft, &mut state);
    let frame = forward::frame(planes.size(), ColorTransform::YCbCr, &Tables::from_quality(80), Sampling::FULL);
    let good = forward::coefficients(&planes, frame.expect("a frame")).expect("coefficients");
    for coding in CODINGS {
        let options = Options { coding, ..Options::default() };
        for (place, value) in [(5, 1024), (5, -1024), (63, i16::MIN), (64, i16::MAX), (64, 1024), (0, -1025)] {
            let mut bad = good.clone();
            bad.planes[1][place] = value;
            let refused = Err(EncodeError::Coefficient(1, place / 64));
            assert_eq!(encode::encode(&bad, &options), refused, "{value} at {place}, {coding:?}");
        }
        let mut extreme = good.clone();
        extreme.planes[1][..64].fill(-1023);
        extreme.planes[1][0] = -1024;
        extreme.planes[1][64] = 1023;
        assert!(run("jpegtran", &[], &encode::encode(&extreme, &options).expect("in range")).is_ok());
        let mut bad = good.clone();
        bad.planes[2].truncate(64);
        assert_eq!(encode::encode(&bad, &options), Err(EncodeError::Coefficients(2, 64, 9 * 64)));
        let mut bad = good.clone();
        bad.frame.components[2].blocks.width = 2;
        let (found, needed) = (Size::new(2, 3), Size::new(3, 3));
        assert_eq!(encode::encode(&bad, &options), Err(EncodeError::Blocks(2, found, needed)));
        let mut bad = good.clone();
        bad.frame.components[0].quantization[9] = 0;
        assert_eq!(encode::encode(&bad, &options), Err(EncodeError::Quantization(0)));
        let mut bad = good.clone();
        bad.frame.components[0].h = 5;
        assert_eq!(encode::encode(&bad, &options), Err(EncodeError::Sampling(0, 5, 1)));
        let mut bad = good.clone();
        bad.frame.size.width = 0;
        assert_eq!(encode::encode(&bad, &options), Err(EncodeError::Size(Size::new(0, 20))));
        let mut bad = good.clone();
        bad.frame.components.pop();
        assert_eq!(encode::encode(&bad, &options), Err(EncodeError::Components(2)));
    }
}
