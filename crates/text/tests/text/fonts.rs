//! Which font files are read, which are refused and how, and that hostile ones do no harm.

use crate::kit::{CJK_OTF, MIXED_TTF, MIXED_WOFF, MIXED_WOFF2, draw, font};
use tintype_pixels::Fault;
use tintype_text::{Font, Limits, TextError, TextStyle, render};

const ALL: [(&str, &[u8]); 4] = [("ttf", MIXED_TTF), ("woff", MIXED_WOFF), ("woff2", MIXED_WOFF2), ("otf", CJK_OTF)];

const TEXT: &str = "AVfi e\u{301} سلام של";

fn parse(bytes: &[u8]) -> Result<Font, TextError> {
    Font::parse(bytes.to_vec(), &Limits::default())
}

#[test]
fn packed_fonts_draw_as_the_unpacked_one() {
    let expected = draw(TEXT, 40.0, Some(&font(MIXED_TTF)));
    assert_ne!(expected.bytes(), draw("AVfi e\u{301}", 40.0, None).bytes());
    for packed in [MIXED_WOFF, MIXED_WOFF2] {
        assert_eq!(draw(TEXT, 40.0, Some(&font(packed))), expected);
    }
}

/// The tables of `sfnt` as the only face of a collection: OpenType's header of a TTC, then the font moved behind it.
fn collection(sfnt: &[u8]) -> Vec<u8> {
    const HEADER: u32 = 16;
    let mut ttc = [b"ttcf".as_slice(), &[0, 1, 0, 0], &1u32.to_be_bytes(), &HEADER.to_be_bytes(), sfnt].concat();
    let tables = u16::from_be_bytes([sfnt[4], sfnt[5]]);
    for table in 0..usize::from(tables) {
        let offset = &mut ttc[HEADER as usize + 12 + 16 * table + 8..][..4];
        let moved = u32::from_be_bytes(offset.try_into().unwrap()) + HEADER;
        offset.copy_from_slice(&moved.to_be_bytes());
    }
    ttc
}

#[test]
fn a_collection_gives_its_first_face() {
    assert_eq!(draw(TEXT, 40.0, Some(&font(&collection(MIXED_TTF)))), draw(TEXT, 40.0, Some(&font(MIXED_TTF))));
}

/// `sfnt` with a table's tag changed, so that the table is not found.
fn without(sfnt: &[u8], tag: &[u8; 4]) -> Vec<u8> {
    let at = sfnt.windows(4).position(|window| window == tag).unwrap();
    let mut changed = sfnt.to_vec();
    changed[at..at + 4].copy_from_slice(b"zzzz");
    changed
}

#[test]
fn what_is_no_usable_font_is_refused() {
    let cases: [(&[u8], &str); 8] = [
        (b"", "it begins with \"\""),
        (b"\x89PNG\r\n\x1a\n....", "it begins with \"\\x89PNG\\r\\n\\x1a\\n\""),
        (b"<!DOCTYPE html>", "it begins with \"<!DOCTYP\""),
        (b"\0\x01\0\0", "its table directory cannot be read"),
        (b"wOF2 and no more", "damaged woff2"),
        (b"wOFF and no more", "damaged woff"),
        (&without(MIXED_TTF, b"cmap"), "it maps no characters to glyphs"),
        (&without(MIXED_TTF, b"glyf"), "it has no outlines"),
    ];
    for (bytes, expected) in cases {
        let error = parse(bytes).unwrap_err();
        assert_eq!(error, TextError::NotAFont { detail: expected.to_owned() });
        assert_eq!(error.fault(), Fault::Source);
    }
}

#[test]
fn fonts_are_weighed_packed_and_unpacked() {
    let limits = Limits { font_bytes: 10_000, unpacked_font_bytes: 20_000, ..Limits::default() };
    let error = |bytes: &[u8], limits| Font::parse(bytes.to_vec(), &limits).unwrap_err();
    let packed = error(MIXED_WOFF, limits);
    assert_eq!(packed, TextError::FontTooLarge { bytes: MIXED_WOFF.len() as u64, limit: 10_000, unpacked: false });
    assert_eq!(packed.fault(), Fault::TooLarge);
    for bytes in [MIXED_WOFF, MIXED_WOFF2] {
        let unpacked = error(bytes, Limits { font_bytes: 1 << 20, ..limits });
        assert!(matches!(unpacked, TextError::FontTooLarge { limit: 20_000, unpacked: true, .. }), "{unpacked}");
    }
    // Within the same limit where there is nothing to unpack.
    assert!(Font::parse(CJK_OTF.to_vec(), &limits).is_ok());
}

#[test]
fn tables_that_share_bytes_do_not_multiply() {
    // 60,000 tables, each of them the whole file: 72 GB if they were copied.
    let tables = 60_000u16;
    let length = 44 + 20 * u32::from(tables);
    let mut bomb = [b"wOFF".as_slice(), &[0, 1, 0, 0], &length.to_be_bytes(), &tables.to_be_bytes(), &[0; 30]].concat();
    for table in 0..u32::from(tables) {
        for field in [table, 0, length, length, 0] {
            bomb.extend_from_slice(&field.to_be_bytes());
        }
    }
    assert!(matches!(parse(&bomb).unwrap_err(), TextError::FontTooLarge { unpacked: true, .. }));
}

#[test]
fn requests_that_cannot_be_met_say_why() {
    let style = TextStyle::new("text");
    let long = "x".repeat(1001);
    let lines = "x\n".repeat(400);
    let cases = [
        (TextStyle { text: "", ..style }, Fault::Request, "the text is empty"),
        (TextStyle { text: &long, ..style }, Fault::TooLarge, "the text has more than 1000 characters"),
        (
            TextStyle { size_px: 0.0, ..style },
            Fault::Request,
            "font size 0 is not a number of pixels above 0 and up to 4096",
        ),
        (
            TextStyle { size_px: f32::NAN, ..style },
            Fault::Request,
            "font size NaN is not a number of pixels above 0 and up to 4096",
        ),
        (
            TextStyle { size_px: 4097.0, ..style },
            Fault::Request,
            "font size 4097 is not a number of pixels above 0 and up to 4096",
        ),
        (
            TextStyle { text: "a語", ..style },
            Fault::Request,
            "no glyph for '語' (U+8A9E); neither the font nor the embedded one (Latin, Greek, Cyrillic) has one",
        ),
        (
            TextStyle { text: "____", size_px: 4096.0, ..style },
            Fault::TooLarge,
            "the text needs a picture of 7392x4800 pixels; the limit is 4096x4096",
        ),
        (
            TextStyle { text: &lines, ..style },
            Fault::TooLarge,
            "the text needs a picture of 6x5640 pixels; the limit is 4096x4096",
        ),
    ];
    for (style, fault, message) in cases {
        let error = render(&style, &Limits::default()).unwrap_err();
        assert_eq!((error.fault(), error.to_string().as_str()), (fault, message));
    }
    // The most that is accepted is accepted.
    assert!(render(&TextStyle { text: &long[1..], size_px: 7.0, ..style }, &Limits::default()).is_ok());
}

/// Parses and draws; whatever comes of it, it must come, and be no mistake of ours.
fn survive(bytes: Vec<u8>, what: &str) {
    let drawn = Font::parse(bytes, &Limits::default()).and_then(|font| {
        render(
            &TextStyle { size_px: 24.0, font: Some(&font), ..TextStyle::new("AVfi e\u{301} ffi") },
            &Limits::default(),
        )
    });
    if let Err(error) = drawn {
        assert!(!matches!(error.fault(), Fault::Internal), "{what}: {error}");
    }
}

#[test]
fn fonts_cut_short_are_errors_at_worst() {
    for (name, bytes) in ALL {
        for length in (0..bytes.len()).step_by(97) {
            survive(bytes[..length].to_vec(), &format!("{name} of {length} bytes"));
        }
    }
}

#[test]
fn garbled_fonts_are_errors_at_worst() {
    for (name, bytes) in ALL {
        for seed in 1..=150u64 {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            // Marsaglia's xorshift64.
            let mut random = move |below: usize| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state % below as u64) as usize
            };
            let mut garbled = bytes.to_vec();
            // Half of them near the start, where the directories are.
            let span = if seed % 2 == 0 { garbled.len() } else { garbled.len().min(600) };
            for _ in 0..=random(8) {
                let at = random(span);
                garbled[at] = [0, 255, garbled[at] ^ (1 << random(8)), random(256) as u8][random(4)];
            }
            survive(garbled, &format!("{name}, seed {seed}"));
        }
    }
}
