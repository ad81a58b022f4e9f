//! Profiles in files.

use image_webp::{ColorType, WebPEncoder};
use moxcms::ColorProfile;
use tintype_codecs::{Bound, CodecError, Encode, Limits, probe};
use tintype_pixels::Layout;

use crate::pictures::{file, picture, png_chunk, riff_chunk, webp_of, with_jpeg_segment};

fn png_with(profile: &[u8]) -> Vec<u8> {
    let mut info = png::Info::with_size(4, 4);
    info.color_type = png::ColorType::Rgb;
    info.bit_depth = png::BitDepth::Eight;
    info.icc_profile = Some(profile.to_vec().into());
    let mut out = Vec::new();
    let mut writer = png::Encoder::with_info(&mut out, info).unwrap().write_header().unwrap();
    writer.write_image_data(&[0; 48]).unwrap();
    drop(writer);
    out
}

fn jpeg_with(profile: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 80);
    encoder.add_icc_profile(profile).unwrap();
    encoder.encode(&[0; 48], 4, 4, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

fn webp_with(profile: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = WebPEncoder::new(&mut out);
    encoder.set_icc_profile(profile.to_vec());
    encoder.encode(&[0; 48], 4, 4, ColorType::Rgb8).unwrap();
    out
}

fn with_profile(profile: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    [("png", png_with(profile)), ("jpeg", jpeg_with(profile)), ("webp", webp_with(profile))]
}

#[test]
fn display_p3_is_found_in_every_format() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    for (name, bytes) in with_profile(&profile) {
        let color = probe(&bytes, &Limits::default()).unwrap().color;
        assert_eq!(&*color.name, "Display P3", "{name}");
        assert!((color.srgb_from_source[0][0] - 1.2249).abs() < 0.001, "{name}: {:?}", color.srgb_from_source);
    }
}

#[test]
fn a_profile_in_two_jpeg_segments_is_put_together_whatever_their_order() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let (first, second) = profile.split_at(300);
    let piece = |number: u8, data: &[u8]| [b"ICC_PROFILE\0".as_slice(), &[number, 2], data].concat();
    let plain = file(&picture(4, 4, Layout::RGB8), Encode::jpeg(80));
    let both = with_jpeg_segment(&with_jpeg_segment(&plain, 0xe2, &piece(1, first)), 0xe2, &piece(2, second));
    assert_eq!(&*probe(&both, &Limits::default()).unwrap().color.name, "Display P3");
    let one = with_jpeg_segment(&plain, 0xe2, &piece(2, second));
    assert!(probe(&one, &Limits::default()).unwrap().color.is_srgb(), "half a profile is none");
}

#[test]
fn profiles_past_the_limit_are_refused() {
    let limits = Limits { icc_bytes: 200, ..Limits::default() };
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    for (name, bytes) in with_profile(&profile) {
        let error = probe(&bytes, &limits).unwrap_err();
        assert!(matches!(error, CodecError::TooLarge { what: Bound::IccBytes, limit: 200, .. }), "{name}: {error}");
    }
}

#[test]
fn a_broken_profile_does_not_cost_the_picture() {
    let png = file(&picture(4, 4, Layout::RGB8), Encode::png());
    let garbage = png_chunk(b"iCCP", b"broken\0\0not a zlib stream");
    let png = [&png[..33], &garbage, &png[33..]].concat();
    let vp8l = webp_with(b"")[12..].to_vec();
    let vp8x = riff_chunk(b"VP8X", &[0x20, 0, 0, 0, 3, 0, 0, 3, 0, 0]);
    let webp = webp_of(&[vp8x, riff_chunk(b"ICCP", b"no profile"), vp8l]);
    for (name, bytes) in [("png", png), ("jpeg", jpeg_with(b"no profile")), ("webp", webp)] {
        let info = probe(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(info.color.is_srgb(), "{name}");
        assert!(tintype_codecs::decode(&bytes, &info, &Limits::default()).is_ok(), "{name}");
    }
}

#[test]
fn of_several_ways_to_tell_a_pngs_colors_the_first_in_order_counts() {
    let big = |values: &[u32]| values.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
    let p3 = ColorProfile::new_display_p3().encode().unwrap();
    let png = png_with(&p3);
    let at = png.windows(4).position(|w| w == b"iCCP").unwrap() - 4;
    let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    let iccp = &png[at..at + 12 + length];
    let plain = file(&picture(4, 4, Layout::RGB8), Encode::png());

    let cicp = png_chunk(b"cICP", &[9, 16, 0, 1]);
    let unknown_cicp = png_chunk(b"cICP", &[2, 2, 0, 1]);
    let srgb = png_chunk(b"sRGB", &[0]);
    let gamma = png_chunk(b"gAMA", &big(&[100_000]));
    let usual_gamma = png_chunk(b"gAMA", &big(&[45_455]));
    let adobe = png_chunk(b"cHRM", &big(&[31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000]));
    let table: [(&str, Vec<&[u8]>, &str); 9] = [
        ("nothing", vec![], "sRGB"),
        ("gamma", vec![&gamma], "gamma 1.00"),
        ("the usual gamma", vec![&usual_gamma], "sRGB"),
        ("primaries", vec![&adobe, &usual_gamma], "sRGB curve"),
        ("sRGB over gamma", vec![&gamma, &srgb, &adobe], "sRGB"),
        ("a profile over gamma", vec![&gamma, iccp], "Display P3"),
        ("cICP over gamma and sRGB", vec![&gamma, &srgb, &cicp], "BT.2020 PQ"),
        ("cICP over a profile", vec![iccp, &cicp], "BT.2020 PQ"),
        ("a cICP that says nothing", vec![&unknown_cicp, &gamma], "gamma 1.00"),
    ];
    for (name, chunks, expected) in table {
        let bytes = [&plain[..33], &chunks.concat(), &plain[33..]].concat();
        let color = probe(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}")).color;
        assert_eq!(&*color.name, expected, "{name}");
        assert_eq!(color.is_srgb(), expected == "sRGB", "{name}");
    }
}

#[test]
fn code_points_that_png_does_not_allow_cost_neither_the_picture_nor_its_colors() {
    let planes = picture(5, 3, Layout::RGB8);
    let plain = file(&planes, Encode::png());
    let gamma = png_chunk(b"gAMA", &100_000u32.to_be_bytes());
    // A matrix, a flag that is none, too few and too many bytes.
    for odd in [&[9, 16, 1, 1][..], &[9, 16, 0, 2], &[9, 16, 0], &[9, 16, 0, 1, 0]] {
        let bytes = [&plain[..33], &png_chunk(b"cICP", odd), &gamma, &plain[33..]].concat();
        let info = probe(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{odd:?}: {error}"));
        assert_eq!((&*info.color.name, info.file_size), ("gamma 1.00", bytes.len() as u64), "{odd:?}");
        let decoded = tintype_codecs::decode(&bytes, &info, &Limits::default()).unwrap();
        assert_eq!(decoded.bytes(), planes.bytes(), "{odd:?}");
    }
}

#[test]
fn what_is_written_beside_the_pixels_is_read_again() {
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let xmp = b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">odd</x:xmpmeta>".to_vec();
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    let color = tintype_codecs::Profile { icc: icc.clone(), coded: None };
    let mut encoders = vec![
        Encode::jpeg(80),
        Encode::png(),
        Encode::Png8 { quality: 80, compression: tintype_codecs::PngCompression::Fast },
        Encode::WebpLossless,
    ];
    if cfg!(feature = "webp-lossy") {
        encoders.push(Encode::webp(80));
    }
    for layout in [Layout::RGB8, Layout::RGBA8] {
        let planes = picture(9, 7, layout);
        for encode in encoders.iter().filter(|encode| encode.accepts(layout)) {
            for mask in 0..8 {
                let meta = tintype_codecs::Metadata {
                    exif: (mask & 1 > 0).then(|| exif.clone()),
                    xmp: (mask & 2 > 0).then(|| xmp.clone()),
                    color: (mask & 4 > 0).then(|| color.clone()),
                };
                let bytes = tintype_codecs::encode(&planes, encode, &meta).unwrap();
                let info = probe(&bytes, &Limits::default()).unwrap();
                assert_eq!((&info.exif, &info.xmp), (&meta.exif, &meta.xmp), "{encode} {layout} {mask}");
                assert_eq!(info.icc.as_ref(), meta.color.as_ref().map(|c| &c.icc), "{encode} {layout} {mask}");
                assert_eq!(info.alpha, layout.has_alpha(), "{encode}");
                assert!(tintype_codecs::decode(&bytes, &info, &Limits::default()).is_ok(), "{encode} {mask}");
            }
        }
    }
}

#[cfg(feature = "avif-encode")]
#[test]
fn an_avif_says_which_colors_it_has() {
    let icc = ColorProfile::new_adobe_rgb().encode().unwrap();
    let exif = Some(b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0".to_vec());
    for layout in [Layout::RGB8, Layout::RGBA8] {
        for (coded, expected) in [(Some([12, 13]), "Display P3"), (Some([9, 13]), "BT.2020"), (None, "Adobe RGB")] {
            for exif in [None, exif.clone()] {
                let color = Some(tintype_codecs::Profile { icc: icc.clone(), coded });
                let meta = tintype_codecs::Metadata { exif: exif.clone(), xmp: None, color };
                let bytes = tintype_codecs::encode(&picture(66, 64, layout), &Encode::avif(60), &meta).unwrap();
                let info = probe(&bytes, &Limits::default()).unwrap();
                assert!(info.color.name.contains(expected), "{:?} is not {expected}", info.color);
                assert_eq!(info.exif, exif);
                #[cfg(feature = "avif-decode")]
                tintype_codecs::decode(&bytes, &info, &Limits::default()).unwrap();
            }
        }
    }
}
