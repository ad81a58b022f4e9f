//! BMP and TIFF, damaged.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use tintype_codecs::{Bound, CodecError, Limits};

use crate::pictures::read_within;

fn files() -> [(&'static str, Vec<u8>); 2] {
    let image = DynamicImage::from(RgbImage::from_fn(19, 13, |x, y| Rgb([x as u8 * 9, y as u8 * 11, 77])));
    [("bmp", ImageFormat::Bmp), ("tiff", ImageFormat::Tiff)].map(|(name, format)| {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        (name, out.into_inner())
    })
}

fn limits() -> Limits {
    Limits { extra_inputs: true, area_px: 1_000_000, decoded_bytes: 4_000_000, ..Limits::default() }
}

#[test]
fn no_prefix_and_no_flipped_bit_panics() {
    for (name, whole) in files() {
        assert!(read_within(&whole, &limits()).is_ok(), "{name}");
        let prefixes = (0..whole.len()).map(|len| whole[..len].to_vec());
        let flipped = (0..whole.len().min(400) * 8).map(|bit| {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            damaged
        });
        for file in prefixes.chain(flipped) {
            match read_within(&file, &limits()) {
                Ok(_) => {}
                Err(CodecError::WrongInfo { .. }) => panic!("{name}: probe and decode disagree"),
                Err(error) => assert!(!error.to_string().contains("panicked"), "{name}: {error}"),
            }
        }
    }
}

#[test]
fn headers_that_claim_too_much_are_refused() {
    let [(_, mut bmp), (_, mut tiff)] = files();
    // Width and height as 32 bits from byte 18 on.
    bmp[18..26].copy_from_slice(&[0, 0x50, 0, 0, 0, 0x50, 0, 0]);
    // The entries for width and height (256, 257) have their value in the last four of twelve bytes.
    for tag in [256u16, 257] {
        let tag = [&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0]].concat();
        let short = [&tag[..2], &[3, 0, 1, 0, 0, 0]].concat();
        let at = tiff.windows(8).position(|w| w == tag || w == short).expect("little endian, as the encoder writes");
        tiff[at + 2] = 4;
        tiff[at + 8..at + 12].copy_from_slice(&20_480u32.to_le_bytes());
    }
    let error = read_within(&bmp, &limits()).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::AreaPx, .. }), "{error}");
    // The decoder sees first that the strips are too few for that.
    assert!(read_within(&tiff, &limits()).is_err());
}
