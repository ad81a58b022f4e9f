//! EXIF in and out.

use image_webp::{ColorType, WebPEncoder};
use tintype_codecs::{Encode, Limits, Metadata, PngCompression, exif, probe};
use tintype_pixels::{Layout, Orientation};

use crate::pictures::{file, picture, png_chunk, read, with_jpeg_segment};

/// A block that holds only an orientation.
fn block(orientation: Orientation) -> Vec<u8> {
    [b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation.exif(), 0, 0, 0], &[0; 4]].concat()
}

#[test]
fn all_eight_are_read_from_every_format() {
    let planes = picture(6, 4, Layout::RGB8);
    let (jpeg, png) = (file(&planes, Encode::jpeg(80)), file(&planes, Encode::png()));
    let mut count = 0;
    for expected in Orientation::ALL {
        let block = block(expected);
        let prefixed = [b"Exif\0\0".as_slice(), &block].concat();
        let early = [&png[..33], &png_chunk(b"eXIf", &block), &png[33..]].concat();
        let end = png.len() - 12;
        let late = [&png[..end], &png_chunk(b"eXIf", &block), &png[end..]].concat();
        let webp = |exif: &[u8]| {
            let mut out = Vec::new();
            let mut encoder = WebPEncoder::new(&mut out);
            encoder.set_exif_metadata(exif.to_vec());
            encoder.encode(planes.bytes(), 6, 4, ColorType::Rgb8).unwrap();
            out
        };
        for (name, bytes) in [
            ("jpeg", with_jpeg_segment(&jpeg, 0xe1, &prefixed)),
            ("png, before the pixels", early),
            ("png, after the pixels", late),
            ("webp", webp(&block)),
            ("webp with jpeg's prefix", webp(&prefixed)),
        ] {
            let (info, pixels) = read(&bytes).unwrap();
            assert_eq!(info.orientation, expected, "{name}");
            assert_eq!(info.exif.as_deref(), Some(block.as_slice()), "{name}");
            assert_eq!(info.upright_size(), expected.apply(planes.size()), "{name}");
            assert_eq!(pixels.size(), planes.size(), "{name}: decoding does not turn the picture");
            count += 1;
        }
    }
    println!("{count} of 40 orientations of JPEG, PNG and WebP are read");
    assert_eq!(count, 40);
}

#[test]
fn a_picture_without_exif_is_upright() {
    let info = probe(&file(&picture(6, 4, Layout::RGB8), Encode::jpeg(80)), &Limits::default()).unwrap();
    assert_eq!((info.orientation, info.exif), (Orientation::Upright, None));
}

#[test]
fn jpeg_png_and_webp_carry_the_block_they_are_given_and_gif_drops_it() {
    let kept = exif::kept(&block(Orientation::Rotate90)).unwrap();
    let meta = Metadata { exif: Some(kept.clone()), ..Metadata::default() };
    let png8 = Encode::Png8 { quality: 80, compression: PngCompression::Fast };
    let mut all = vec![Encode::jpeg(80), Encode::png(), png8, Encode::WebpLossless, Encode::Gif];
    all.extend(cfg!(feature = "webp-lossy").then_some(Encode::webp(80)));
    for (encode, layout) in all.into_iter().flat_map(|encode| [(encode, Layout::RGB8), (encode, Layout::RGBA8)]) {
        if !encode.accepts(layout) {
            continue;
        }
        let planes = picture(7, 4, layout);
        let bytes = tintype_codecs::encode(&planes, &encode, &meta).unwrap();
        let (info, pixels) = read(&bytes).unwrap();
        let expected = (encode != Encode::Gif).then(|| kept.clone());
        assert_eq!((info.exif, info.orientation), (expected, Orientation::Upright), "{encode}");
        let bare = tintype_codecs::encode(&planes, &encode, &Metadata::default()).unwrap();
        assert_eq!(read(&bare).unwrap().1, pixels, "{encode} {layout}: the block is no matter to the pixels");
    }
}

#[test]
fn a_block_too_long_for_a_segment_is_dropped() {
    let planes = picture(6, 4, Layout::RGB8);
    for (len, carried) in [(65_527, true), (65_528, false)] {
        let mut block = block(Orientation::Upright);
        block.resize(len, 0);
        let bytes =
            tintype_codecs::encode(&planes, &Encode::jpeg(80), &Metadata { exif: Some(block), ..Metadata::default() })
                .unwrap();
        let info = probe(&bytes, &Limits::default()).unwrap();
        assert_eq!(info.exif.is_some(), carried, "{len}");
    }
}
