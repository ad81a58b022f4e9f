//! Files that were cut off: an error wherever it would show.

use tintype_codecs::{CodecError, Encode, Subsampling};
use tintype_pixels::{Fault, Layout};

use crate::pictures::{every_kind, file, picture, read};

fn tall_jpeg(progressive: bool) -> Vec<u8> {
    let encode = Encode::Jpeg { quality: 90, progressive, subsampling: Subsampling::Full, tuning: Default::default() };
    file(&picture(32, 2048, Layout::RGB8), encode)
}

#[test]
fn a_jpeg_may_lack_its_end_marker() {
    let whole = tall_jpeg(false);
    let (_, expected) = read(&whole).unwrap();
    let (_, planes) = read(&whole[..whole.len() - 2]).unwrap();
    assert_eq!(planes, expected);
}

#[test]
fn a_baseline_jpeg_may_lack_a_small_tail_and_no_more() {
    let whole = tall_jpeg(false);
    // The rows cost about the same number of bytes each, so a share of the bytes is a share of the rows.
    for (kept, accepted) in [(0.985, true), (0.95, false), (0.5, false), (0.2, false)] {
        let cut = &whole[..(whole.len() as f64 * kept) as usize];
        match read(cut) {
            Ok(_) => assert!(accepted, "{kept}"),
            Err(error) => {
                assert!(!accepted && matches!(error, CodecError::Truncated { .. }), "{kept}: {error}");
                assert_eq!(error.fault(), Fault::Source);
            }
        }
    }
}

#[test]
fn a_small_jpeg_may_lack_nothing() {
    let whole = file(&picture(24, 17, Layout::RGB8), Encode::jpeg(80));
    // Up to four bytes are in the decoder already when it meets the end, and it fills up with zeros: one block at most.
    for cut in [10, 40, 200] {
        let error = read(&whole[..whole.len() - cut]).unwrap_err();
        assert!(matches!(error, CodecError::Truncated { .. }), "{cut}: {error}");
    }
}

#[test]
fn a_progressive_jpeg_may_lack_nothing() {
    let whole = tall_jpeg(true);
    for cut in [2, 100, whole.len() / 2] {
        let error = read(&whole[..whole.len() - cut]).unwrap_err();
        assert!(matches!(error, CodecError::Truncated { .. }), "{cut}: {error}");
    }
}

#[test]
fn bytes_after_the_end_do_not_matter() {
    for (name, whole) in every_kind() {
        let (_, expected) = read(&whole).unwrap();
        let longer = [whole.as_slice(), b"trailing", &[0xff, 0xda, 0, 0]].concat();
        let (_, planes) = read(&longer).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(planes, expected, "{name}");
    }
}

#[test]
fn every_prefix_is_an_error_or_a_picture() {
    for (name, whole) in every_kind() {
        let mut pictures = 0;
        for len in 0..whole.len() {
            match read(&whole[..len]) {
                Ok(_) => pictures += 1,
                Err(error) => assert!(!error.to_string().contains("panicked"), "{name} at {len}: {error}"),
            }
        }
        // An end marker, a trailer, a checksum, or a second frame: only what carries no pixels may be missing.
        assert!(pictures * 2 < whole.len(), "{name}: {pictures} of {} prefixes are pictures", whole.len());
    }
}
