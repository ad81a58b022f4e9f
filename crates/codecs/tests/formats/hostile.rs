//! Files made to hurt: nothing panics, and nothing costs more than the limits say.

use std::time::Duration;

use tintype_codecs::{Bound, CodecError, Encode, Limits, probe};
use tintype_pixels::{Fault, ImageFormat, Layout};

use crate::pictures::{
    Stopwatch, every_kind, file, gif, gif_frame, picture, png_chunk, png_of, read, read_within, riff_chunk, webp_of,
};

#[test]
fn what_is_no_picture_is_unsupported() {
    for bytes in [b"".as_slice(), b"{\"error\": \"not found\"}", &[0; 100], b"\xff\xd8", b"RIFF\0\0\0\0WAVE", b"GIF8"] {
        assert_eq!(probe(bytes, &Limits::default()).unwrap_err().fault(), Fault::Unsupported, "{bytes:?}");
    }
}

#[test]
fn headers_that_claim_too_much_are_refused_by_area() {
    let sized_jpeg = {
        let mut bytes = file(&picture(8, 8, Layout::RGB8), Encode::jpeg(80));
        let frame = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0x4e, 0x20, 0x4e, 0x20]);
        bytes
    };
    let sized_gif = {
        let mut bytes = gif(&[gif_frame(2, 2)], 2, 2);
        bytes[6..10].copy_from_slice(&[0x20, 0x4e, 0x20, 0x4e]);
        bytes
    };
    // 14 bits of each side less one, after the signature: 16,383 by 16,383.
    let sized_webp = webp_of(&[riff_chunk(b"VP8L", &[0x2f, 0xfe, 0xbf, 0xff, 0x0f, 0, 0, 0])]);
    let png = png_of(20_000, 20_000, &[png_chunk(b"IDAT", &[0x78, 0x01, 0x03, 0x00])]);
    for (name, bytes) in [("jpeg", sized_jpeg), ("gif", sized_gif), ("webp", sized_webp), ("png", png)] {
        let error = read(&bytes).unwrap_err();
        assert!(matches!(error, CodecError::TooLarge { what: Bound::AreaPx, .. }), "{name}: {error}");
        assert_eq!(error.fault(), Fault::TooLarge);
    }
}

/// Found by fuzzing: rav1d ends the process over it, where debug assertions are on.
#[test]
fn an_avif_of_no_bytes_of_av1_is_damaged() {
    let file = &include_bytes!("../../../../tests/fuzz/seeds/heif/6")[1..];
    let error = read(file).unwrap_err();
    assert!(matches!(error, CodecError::Damaged { .. }), "{error}");
}

#[test]
fn pictures_without_pixels_are_damaged() {
    let mut gif = gif(&[gif_frame(2, 2)], 2, 2);
    gif[6] = 0;
    // The decoder wraps the largest side that VP8L can hold, 16,384, to zero.
    let webp = webp_of(&[riff_chunk(b"VP8L", &[0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0])]);
    for (name, bytes) in [("gif", gif), ("webp", webp), ("png", png_of(0, 5, &[png_chunk(b"IDAT", b"")]))] {
        let error = read(&bytes).unwrap_err();
        assert!(matches!(error, CodecError::Damaged { .. }), "{name}: {error}");
    }
}

#[test]
fn the_largest_canvas_and_the_largest_frame_of_a_gif_are_refused() {
    let mut canvas = gif(&[gif_frame(2, 2)], 2, 2);
    canvas[6..10].fill(0xff);
    let error = read(&canvas).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::SidePx, .. }), "{error}");

    let mut frame = gif(&[gif_frame(2, 2)], 2, 2);
    let descriptor = frame.iter().rposition(|b| *b == 0x2c).unwrap();
    frame[descriptor + 5..descriptor + 9].copy_from_slice(&[0x20, 0x4e, 0x20, 0x4e]);
    let error = read(&frame).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::AreaPx, .. }), "{error}");
}

#[test]
fn a_webp_frame_larger_than_its_canvas_is_refused_before_it_is_decoded() {
    let canvas = riff_chunk(b"VP8X", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let frame = riff_chunk(b"VP8 ", &[0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0, 0, 0, 0]);
    let error = read(&webp_of(&[canvas, frame])).unwrap_err();
    assert_eq!(error.to_string(), "damaged webp: a frame of 16383x16383 on a canvas of 1x1");
}

#[test]
fn decoded_bytes_and_file_bytes_are_limited() {
    let bytes = file(&picture(40, 40, Layout::RGBA16), Encode::png());
    let limits = Limits { decoded_bytes: 40 * 40 * 8 - 1, ..Limits::default() };
    let error = read_within(&bytes, &limits).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::DecodedBytes, value: 12_800, .. }), "{error}");
    let limits = Limits { bytes: bytes.len() as u64 - 1, ..Limits::default() };
    let error = read_within(&bytes, &limits).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::FileBytes, .. }), "{error}");
}

#[test]
fn time_is_limited() {
    let limits = Limits { decode_time: Duration::ZERO, ..Limits::default() };
    for (name, bytes) in every_kind() {
        let info = probe(&bytes, &limits).unwrap();
        let error = tintype_codecs::decode(&bytes, &info, &limits).unwrap_err();
        assert!(matches!(error, CodecError::TooLarge { what: Bound::DecodeTime, limit: 0, .. }), "{name}: {error}");
        assert_eq!(error.fault(), Fault::TooLarge);
    }
}

/// A decoder that reads on is stopped: here one that would inflate for seconds.
#[test]
fn what_takes_too_long_is_stopped() {
    let side = 9_000;
    let bytes = png_of(side, side, &[png_chunk(b"IDAT", &bomb(&[], 2_000_000))]);
    let within = |decode_time| {
        let started = Stopwatch::start();
        let error = read_within(&bytes, &Limits { decode_time, ..Limits::default() }).err();
        (error, started.elapsed())
    };
    let (error, stopped) = within(Duration::from_millis(1));
    assert!(matches!(error, Some(CodecError::TooLarge { what: Bound::DecodeTime, .. })), "{error:?}");
    let (error, whole) = within(Duration::MAX);
    assert!(!matches!(error, Some(CodecError::TooLarge { .. })), "{error:?}");
    assert!(stopped * 4 < whole, "stopped after {stopped:?}; the whole takes {whole:?}");
}

/// A few bytes that announce many pixels: nothing is allocated for them.
#[test]
fn a_jpeg_that_cannot_hold_its_picture_is_refused_by_its_header() {
    let mut bytes = file(&picture(8, 8, Layout::RGB8), Encode::jpeg(80));
    let frame = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0x1f, 0x40, 0x1f, 0x40]);
    let error = probe(&bytes, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("bytes cannot hold a picture of 8000x8000"), "{error}");
}

#[test]
fn scans_are_limited() {
    let encode =
        Encode::Jpeg { quality: 80, progressive: true, subsampling: Default::default(), tuning: Default::default() };
    let bytes = file(&picture(16, 16, Layout::RGB8), encode);
    let limits = Limits { jpeg_scans: 3, ..Limits::default() };
    let error = read_within(&bytes, &limits).unwrap_err();
    assert_eq!(error, CodecError::TooLarge { what: Bound::JpegScans, value: 4, limit: 3 });
    assert!(read(&bytes).is_ok());
}

/// A zlib stream of about `bytes` bytes that inflates to 158 times as many zeros, after `start`: each 13 bits repeat
/// the last byte 258 times (RFC 1951, fixed codes: length 285 is `11000101`, distance 1 is `00000`).
fn bomb(start: &[u8], bytes: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = vec![1, 1, 0]; // the last block, with fixed codes
    for byte in start.iter().chain(&[0]) {
        assert!(*byte < 144);
        bits.extend((0..8).rev().map(|bit| (0x30 + byte) >> bit & 1));
    }
    // From a byte boundary on the pattern repeats every 13 bytes.
    let repeat = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    while !bits.len().is_multiple_of(8) {
        bits.extend(repeat);
    }
    let pack =
        |bits: &[u8]| bits.chunks(8).map(|b| b.iter().rev().fold(0, |byte, bit| byte << 1 | bit)).collect::<Vec<u8>>();
    [vec![0x78, 0x01], pack(&bits), pack(&repeat.repeat(8)).repeat(bytes / 13)].concat()
}

#[test]
fn pixels_that_inflate_forever_cost_only_what_the_header_announced() {
    let bytes = png_of(64, 64, &[png_chunk(b"IDAT", &bomb(&[], 10_000_000))]);
    assert!(bytes.len() > 10_000_000);
    // A picture or an error: what matters is that 1.6 GB are not written anywhere.
    if let Ok((_, planes)) = read(&bytes) {
        assert_eq!(planes.bytes().len(), 64 * 64 * 3);
    }
}

#[test]
fn metadata_that_inflates_forever_is_passed_over() {
    let bomb = bomb(&[], 200_000);
    let pixels = picture(4, 4, Layout::RGB8);
    let png = file(&pixels, Encode::png());
    for (kind, start) in [(b"iCCP", b"p\0\0"), (b"zTXt", b"t\0\0")] {
        let chunk = png_chunk(kind, &[start.as_slice(), &bomb].concat());
        let (info, planes) = read(&[&png[..33], &chunk, &png[33..]].concat()).unwrap();
        assert_eq!(planes, pixels);
        assert!(info.color.is_srgb());
    }
}

#[test]
fn texts_and_chunks_without_number_are_passed_over() {
    let pixels = picture(4, 4, Layout::RGB8);
    let png = file(&pixels, Encode::png());
    // International text is compressed where its flag, after the keyword's zero, says so.
    let inflating = png_chunk(b"iTXt", &[b"t\0\x01\0\0\0".as_slice(), &bomb(&[], 200_000)].concat());
    for (name, chunks) in [
        ("a text that inflates", inflating.clone()),
        ("many that do", inflating.repeat(20)),
        ("many texts", png_chunk(b"tEXt", b"k\0v").repeat(200_000)),
        ("many unknown", png_chunk(b"zzZz", b"").repeat(200_000)),
        ("many times", png_chunk(b"tIME", &[7, 226, 1, 1, 1, 1, 1]).repeat(100_000)),
    ] {
        let started = Stopwatch::start();
        match read(&[&png[..33], &chunks, &png[33..]].concat()) {
            Ok((_, planes)) => assert_eq!(planes, pixels, "{name}"),
            Err(error) => assert_eq!(error.fault(), Fault::Source, "{name}: {error}"),
        }
        assert!(started.elapsed().as_secs() < 2, "{name} took {:?}", started.elapsed());
    }
}

#[test]
fn metadata_past_the_budget_is_refused() {
    let pixels = picture(4, 4, Layout::RGB8);
    let png = file(&pixels, Encode::png());
    let chunk = png_chunk(b"eXIf", &vec![0; 16 << 20]);
    let error = read(&[&png[..33], &chunk, &png[33..]].concat()).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::MetadataBytes, .. }), "{error}");
}

#[test]
fn no_flipped_bits_panic() {
    // A fixed sequence (xorshift, Marsaglia 2003): the same files every time.
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let limits = Limits { area_px: 1_000_000, ..Limits::default() };
    for (name, whole) in every_kind() {
        for round in 0..300 {
            let mut damaged = whole.clone();
            for _ in 0..=round % 4 {
                let at = next(damaged.len());
                damaged[at] ^= 1 << next(8);
            }
            match read_within(&damaged, &limits) {
                Ok(_) => {}
                Err(CodecError::WrongInfo { .. }) => panic!("{name} in round {round}: probe and decode disagree"),
                // The barrier holds, but a panic is worth knowing about.
                Err(error) => assert!(!error.to_string().contains("panicked"), "{name} in round {round}: {error}"),
            }
        }
    }
}

#[test]
fn the_kinds_are_what_they_say() {
    // Without this a mistake in `every_kind` would let the tests above pass on nothing.
    let formats: Vec<_> = every_kind().iter().map(|(_, bytes)| read(bytes).unwrap().0.format).collect();
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Webp, ImageFormat::Gif] {
        assert!(formats.contains(&format), "{format}");
    }
}
