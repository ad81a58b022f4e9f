//! What no file may do: panic, take more than the limits allow, or be called sound when it is not.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use tintype_jpeg::{
    decode::{self, Bound, DecodeError, Decoded, Header, Limits, Pool},
    inverse,
};

/// What `cjpeg` makes of a small picture.
fn jpeg(options: &str, width: u32, height: u32) -> Vec<u8> {
    let mut ppm = format!("P6\n{width} {height}\n255\n").into_bytes();
    ppm.extend((0..3 * width * height).map(|i| (i * i / 7 + i * 3) as u8));
    let child =
        Command::new("cjpeg").args(options.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("cjpeg: {error}; install libjpeg-turbo-progs"));
    child.stdin.take().expect("it is piped").write_all(&ppm).expect("cjpeg reads all");
    let output = child.wait_with_output().expect("it was started");
    assert!(output.status.success(), "cjpeg {options}");
    output.stdout
}

const KINDS: [&str; 5] =
    ["-sample 2x2", "-sample 2x1 -restart 2B", "-grayscale -progressive", "-progressive", "-progressive -restart 1"];

fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
    decode::decode(bytes, &Limits::default())
}

/// A picture of what came out, which must hold together.
fn draw(decoded: &Decoded) {
    let frame = &decoded.coefficients.frame;
    assert!(decoded.damage.sound_rows + decoded.damage.damaged_rows <= frame.size.height);
    for (component, plane) in frame.components.iter().zip(&decoded.coefficients.planes) {
        assert_eq!(plane.len() as u64, 64 * component.blocks.area());
        assert!(component.quantization.iter().all(|value| *value > 0));
    }
    assert_eq!(inverse::pixels(&decoded.coefficients).size(), frame.size);
}

/// Where the first scan's data begins.
fn scan_start(file: &[u8]) -> usize {
    let at = file.windows(2).position(|two| two == [0xff, 0xda]).expect("there is a scan");
    at + 2 + usize::from(file[at + 3])
}

#[test]
fn every_beginning_of_a_file() {
    for options in KINDS {
        let file = jpeg(options, 40, 33);
        let whole = decode(&file).unwrap();
        assert!(whole.damage.is_none(), "{options}: {:?}", whole.damage);
        let mut sound_rows = 0;
        for length in 0..file.len() {
            match decode(&file[..length]) {
                Ok(decoded) => {
                    draw(&decoded);
                    let damage = decoded.damage;
                    assert!(!damage.end_marker && !damage.is_none(), "{options}, {length}: {damage:?}");
                    assert!(length >= scan_start(&file), "{options}, {length}");
                    let progressive = options.contains("progressive");
                    if damage.damaged_rows == 0 && damage.complete {
                        assert_eq!(decoded.coefficients, whole.coefficients, "{options}, {length}: {damage:?}");
                    }
                    // More of the file is more of the picture.
                    assert!(progressive || damage.sound_rows >= sound_rows, "{options}, {length}: {damage:?}");
                    sound_rows = damage.sound_rows;
                    // Rows called sound are the rows of the whole picture.
                    if damage.complete {
                        let row_bytes = inverse::pixels(&whole.coefficients).row_bytes();
                        // Color is interpolated from the row of blocks below.
                        let bytes = row_bytes * damage.sound_rows.saturating_sub(1) as usize;
                        let (ours, all) =
                            (inverse::pixels(&decoded.coefficients), inverse::pixels(&whole.coefficients));
                        assert!(progressive || ours.bytes()[..bytes] == all.bytes()[..bytes], "{options}, {length}");
                    }
                }
                Err(error) => assert!(
                    matches!(error, DecodeError::Truncated | DecodeError::Damaged(_)) && length <= scan_start(&file),
                    "{options}, {length}: {error}"
                ),
            }
        }
    }
}

#[test]
fn memory_that_was_used_before_changes_nothing() {
    let pool = Pool::new(1 << 20);
    let options = ["-sample 2x2", "-sample 2x2 -restart 1", "-progressive", "-grayscale"];
    for (options, side) in options.into_iter().flat_map(|options| [(options, 64), (options, 41)]) {
        let file = jpeg(options, side, side);
        for length in (scan_start(&file)..=file.len()).step_by(37) {
            let decoded = decode::decode_in(&file[..length], &Limits::default(), &pool).unwrap();
            let fresh = decode(&file[..length]).unwrap();
            assert_eq!(decoded.damage, fresh.damage, "{options}, {length}");
            assert!(decoded.coefficients == fresh.coefficients, "{options}, {length}");
            let kept = pool.bytes();
            let mut coefficients = decoded.coefficients;
            coefficients.planes.iter_mut().for_each(|plane| plane.fill(0x5555));
            drop(pool.lend(coefficients));
            assert!(pool.bytes() > kept);
        }
    }
}

#[test]
fn any_byte_changed_or_put_in() {
    for options in KINDS {
        let file = jpeg(options, 40, 33);
        for at in 0..file.len() {
            for byte in [0, 0xff, 0xd0, file[at] ^ 0x10] {
                let mut changed = file.clone();
                changed[at] = byte;
                let mut longer = file.clone();
                longer.insert(at, byte);
                for bytes in [changed, longer] {
                    // A header that says 65,000 by 65,000 is in order, and not what this is about.
                    let limits = Limits { coefficient_bytes: 1 << 20, ..Limits::default() };
                    if let Ok(decoded) = decode::decode(&bytes, &limits) {
                        draw(&decoded);
                    }
                }
            }
        }
    }
}

#[test]
fn garbage_between_segments_and_no_end_are_put_up_with() {
    let file = jpeg("-sample 2x2", 40, 33);
    let whole = decode(&file).unwrap();
    let frame_header = file.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    let mut garbage = file.clone();
    garbage.splice(frame_header..frame_header, [1, 2, 3, 0xff, 0xff, 0xff]);
    assert_eq!(decode(&garbage).unwrap().coefficients, whole.coefficients);

    let endless = decode(&file[..file.len() - 2]).unwrap();
    assert_eq!(endless.coefficients, whole.coefficients);
    let damage = endless.damage;
    assert!(!damage.end_marker && damage.complete && damage.damaged_rows == 0 && damage.sound_rows == 33, "{damage:?}");
}

#[test]
fn a_lost_restart_marker_costs_what_stood_there() {
    // 64x64 in MCUs of 16x16: four rows of four; a marker after each row.
    let file = jpeg("-sample 2x2 -restart 1", 64, 64);
    let whole = decode(&file).unwrap();
    let marker = file.windows(2).position(|two| two == [0xff, 0xd1]).unwrap();
    let mut lost = file.clone();
    lost.drain(marker..marker + 2);
    let decoded = decode(&lost).unwrap();
    let damage = decoded.damage;
    assert_eq!((damage.end_marker, damage.complete, damage.sound_rows), (true, true, 32), "{damage:?}");
    assert_eq!(damage.damaged_rows, 16, "{damage:?}");
    // The first two rows of MCUs and the last, of luma: 8 blocks wide, 2 rows of blocks each.
    let luma = |decoded: &Decoded, rows: std::ops::Range<usize>| {
        decoded.coefficients.planes[0][rows.start * 1024..rows.end * 1024].to_vec()
    };
    for rows in [0..2, 3..4] {
        assert_eq!(luma(&decoded, rows.clone()), luma(&whole, rows));
    }
}

#[test]
fn limits_hold() {
    let file = jpeg("-sample 2x2 -progressive", 40, 33);
    // 3x3 MCUs of six blocks.
    let bytes = 9 * 6 * 128;
    let limits = |limits: Limits| decode::decode(&file, &limits).map(|_| ());
    let defaults = Limits::default();
    let too_large = |what, value, limit| Err(DecodeError::TooLarge { what, value, limit });
    assert_eq!(limits(Limits { coefficient_bytes: bytes, ..defaults }), Ok(()));
    assert_eq!(
        limits(Limits { coefficient_bytes: bytes - 1, ..defaults }),
        too_large(Bound::CoefficientBytes, bytes, bytes - 1)
    );
    assert_eq!(limits(Limits { scans: 10, ..defaults }), Ok(()));
    assert_eq!(limits(Limits { scans: 9, ..defaults }), too_large(Bound::Scans, 10, 9));
    // Interleaved scans have all 54 blocks, the others of luma those 5x5 that are in the picture, and of color 3x3.
    let blocks = 2 * 54 + 4 * 25 + 4 * 9;
    assert_eq!(limits(Limits { coded_blocks: blocks, ..defaults }), Ok(()));
    assert_eq!(
        limits(Limits { coded_blocks: blocks - 1, ..defaults }),
        too_large(Bound::CodedBlocks, blocks, blocks - 1)
    );

    let mut profiled = file.clone();
    let mut segment = vec![0xff, 0xe2, 0, 116];
    segment.extend(b"ICC_PROFILE\0\x01\x01");
    segment.extend([7; 100]);
    profiled.splice(2..2, segment);
    let header = |icc_bytes| Header::read(&profiled, &Limits { icc_bytes, ..defaults });
    assert_eq!(header(100).unwrap().segments.icc, Some(vec![7; 100]));
    assert_eq!(header(99).unwrap_err(), DecodeError::TooLarge { what: Bound::IccBytes, value: 100, limit: 99 });
}

#[test]
fn segments_are_listed() {
    let mut file = jpeg("-grayscale", 8, 8);
    let segments = [&[0xff, 0xe1, 0, 10][..], b"Exif\0\0ab", &[0xff, 0xfe, 0, 5], b"hey"].concat();
    file.splice(2..2, segments);
    let segments = decode(&file).unwrap().segments;
    assert_eq!(segments.exif.map(|range| &file[range]), Some(&b"ab"[..]));
    assert!(segments.jfif && segments.icc.is_none() && segments.adobe_transform.is_none());
    let listed: Vec<_> = segments.all.iter().map(|segment| (segment.marker, segment.data.len())).collect();
    assert_eq!(listed, [(0xe1, 8), (0xfe, 3), (0xe0, 14)]);
}

#[test]
fn kinds_that_are_not_read() {
    let unsupported = |bytes: &[u8]| match decode(bytes) {
        Err(DecodeError::Unsupported(what)) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(unsupported(&jpeg("-arithmetic", 8, 8)), "with arithmetic coding");
    let file = jpeg("-sample 1x1", 8, 8);
    let frame = file.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    let with = |offset: usize, byte: u8| {
        let mut changed = file.clone();
        changed[frame + offset] = byte;
        changed
    };
    assert_eq!(unsupported(&with(1, 0xc3)), "with lossless coding");
    assert_eq!(unsupported(&with(1, 0xc6)), "with hierarchical coding");
    assert_eq!(unsupported(&with(4, 12)), "with other than 8 bits per sample");
    assert_eq!(unsupported(&with(6, 0)), "with its height after the first scan");
    assert_eq!(unsupported(&with(9, 2)), "with other than 1, 3 or 4 components");
}
