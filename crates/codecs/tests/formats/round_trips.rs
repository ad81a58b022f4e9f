//! What goes in comes out: exactly where the format is lossless, within a stated error where it is not.

use jpeg_encoder::ColorType;
use tintype_codecs::{CodecError, Encode, Metadata, PngCompression, Subsampling, Tuning};
use tintype_pixels::{Channels, Depth, ImageFormat, Layout, Orientation, Planes, Size};

use crate::pictures::{file, gif, gif_frame, picture, png_chunk, png_of, read, with_jpeg_segment};

/// Sizes that fill no block, one block exactly, and a little more.
const SIZES: [(u32, u32); 4] = [(1, 1), (16, 16), (17, 13), (3, 50)];

fn mean_error(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
}

#[test]
fn png_is_exact_in_every_layout() {
    for (width, height) in SIZES {
        for channels in [Channels::Gray, Channels::GrayAlpha, Channels::Rgb, Channels::Rgba] {
            for depth in [Depth::U8, Depth::U16] {
                for compression in [PngCompression::Fast, PngCompression::Balanced, PngCompression::High] {
                    let planes = picture(width, height, Layout::new(channels, depth));
                    let (info, back) = read(&file(&planes, Encode::Png { compression })).unwrap();
                    assert_eq!(back, planes, "{compression:?} {planes:?}");
                    assert_eq!(info.alpha, planes.layout().has_alpha());
                    assert_eq!((info.format, info.frames), (ImageFormat::Png, 1));
                    assert!(info.color.is_srgb());
                }
            }
        }
    }
}

#[test]
fn lossless_webp_is_exact() {
    // Color at half resolution blurs what is only three pixels wide.
    for (width, height) in SIZES.into_iter().filter(|(width, _)| *width != 3) {
        for layout in [Layout::RGB8, Layout::RGBA8] {
            let planes = picture(width, height, layout);
            let (info, back) = read(&file(&planes, Encode::WebpLossless)).unwrap();
            assert_eq!(back, planes, "{planes:?}");
            assert_eq!((info.format, info.orientation), (ImageFormat::Webp, Orientation::Upright));
        }
        let gray = picture(width, height, Layout::GRAY8);
        let (_, back) = read(&file(&gray, Encode::WebpLossless)).unwrap();
        assert_eq!(back.bytes(), gray.bytes().iter().flat_map(|v| [*v; 3]).collect::<Vec<_>>());
    }
}

/// Few colors, and clear pixels: what a GIF holds exactly.
#[test]
fn gif_keeps_what_fits() {
    for (width, height) in SIZES {
        for clear in [false, true] {
            let layout = if clear { Layout::RGBA8 } else { Layout::RGB8 };
            let pixel = |n: u32| {
                let (x, y) = (n % width, n / width);
                let color = [(x % 6) as u8 * 50, (y % 6) as u8 * 50, (x % 7) as u8 * 40, 255];
                if clear && (x + y).is_multiple_of(3) { [0; 4] } else { color }
            };
            let bytes = (0..width * height).flat_map(|n| pixel(n)[..layout.pixel_bytes() as usize].to_vec()).collect();
            let planes = Planes::new(Size::new(width, height), layout, bytes).unwrap();
            let (info, back) = read(&file(&planes, Encode::Gif)).unwrap();
            assert_eq!(back, planes, "{planes:?}");
            assert_eq!((info.format, info.frames), (ImageFormat::Gif, 1));
        }
    }
    let half = |alpha| Planes::new(Size::new(1, 1), Layout::RGBA8, vec![9, 8, 7, alpha]).unwrap();
    for (alpha, seen) in [(127, [0; 4].as_slice()), (128, &[9, 8, 7])] {
        assert_eq!(read(&file(&half(alpha), Encode::Gif)).unwrap().1.bytes(), seen, "{alpha}");
    }
}

/// Every color of a smooth picture is met on average, though no pixel has to have it; clear ones stay clear.
#[test]
fn gif_is_close() {
    let size = Size::new(96, 64);
    let code = |at: u32, side: u32| (at * 255 / (side - 1)) as u8;
    for clear in [false, true] {
        let pixel = |n: u32| {
            let (x, y) = (n % size.width, n / size.width);
            let color = [code(x, size.width), code(y, size.height), 255 - code(x, size.width), 255];
            if clear && x < 8 { [0; 4] } else { color }
        };
        let wanted: Vec<[u8; 4]> = (0..size.width * size.height).map(pixel).collect();
        let planes = Planes::new(size, Layout::RGBA8, wanted.concat()).unwrap();
        let (_, back) = read(&file(&planes, Encode::Gif)).unwrap();
        assert_eq!(back.layout().has_alpha(), clear);
        let step = back.layout().pixel_bytes() as usize;
        let got: Vec<&[u8]> = back.bytes().chunks(step).collect();
        assert!(wanted.iter().zip(&got).all(|(w, g)| w[3] == g.get(3).copied().unwrap_or(255)), "clear stays clear");
        for (x, y) in [(10, 2), (40, 30), (70, 50), (86, 20)] {
            // The mean of 8x8 pixels, in codes.
            let block = (0..64).map(|n| ((y + n / 8) * size.width + x + n % 8) as usize);
            for channel in 0..3 {
                let off = block.clone().map(|at| f64::from(got[at][channel]) - f64::from(wanted[at][channel]));
                let off = off.sum::<f64>() / 64.0;
                assert!(off.abs() < 4.0, "{clear} {x},{y} channel {channel}: {off}");
            }
        }
    }
}

#[test]
fn jpeg_is_close() {
    // Mean error in codes. Color at half resolution costs most in the narrow picture.
    let settings = [(95, Subsampling::Full, 1.5), (95, Subsampling::Half, 14.0), (60, Subsampling::Auto, 15.0)];
    for (width, height) in SIZES {
        for layout in [Layout::RGB8, Layout::GRAY8] {
            for progressive in [false, true] {
                for (quality, subsampling, tolerance) in settings {
                    let planes = picture(width, height, layout);
                    let tuning = if quality == 60 { Tuning::Perceptual } else { Tuning::Standard };
                    let encode = Encode::Jpeg { quality, progressive, subsampling, tuning };
                    let (info, back) = read(&file(&planes, encode)).unwrap();
                    assert_eq!((info.size, info.layout), (planes.size(), layout));
                    let error = mean_error(back.bytes(), planes.bytes());
                    assert!(error < tolerance, "{encode} {planes:?}: {error}");
                }
            }
        }
    }
}

#[test]
fn quality_and_subsampling_matter() {
    let planes = picture(64, 64, Layout::RGB8);
    let len = |encode| file(&planes, encode).len();
    let jpeg =
        |quality, subsampling| Encode::Jpeg { quality, progressive: false, subsampling, tuning: Tuning::Standard };
    assert!(len(Encode::jpeg(30)) < len(Encode::jpeg(80)));
    assert_eq!(len(Encode::jpeg(89)), len(jpeg(89, Subsampling::Half)));
    assert_eq!(len(Encode::jpeg(90)), len(jpeg(90, Subsampling::Full)));
    assert!(len(jpeg(80, Subsampling::Half)) < len(jpeg(80, Subsampling::Full)));
    // Out of range is clamped, not refused and not a panic.
    assert_eq!(len(Encode::jpeg(0)), len(Encode::jpeg(1)));
    assert_eq!(len(Encode::jpeg(255)), len(Encode::jpeg(100)));
}

#[test]
#[cfg(feature = "webp-lossy")]
fn lossy_webp_is_close_and_keeps_alpha() {
    // Color at half resolution blurs what is only three pixels wide.
    for (width, height) in SIZES.into_iter().filter(|(width, _)| *width != 3) {
        for layout in [Layout::RGB8, Layout::RGBA8] {
            let planes = picture(width, height, layout);
            let (info, back) = read(&file(&planes, Encode::webp(95))).unwrap();
            // libwebp drops an alpha channel that is opaque everywhere: none of these is.
            assert_eq!(info.layout, layout);
            let visible = |planes: &Planes| {
                let step = layout.pixel_bytes() as usize;
                let alpha = |pixel: &[u8]| if layout.has_alpha() { pixel[3] } else { 255 };
                // Colors count as much as they show.
                planes
                    .bytes()
                    .chunks(step)
                    .flat_map(|p| [0, 1, 2].map(|c| premultiply(p[c], alpha(p))))
                    .collect::<Vec<_>>()
            };
            let error = mean_error(&visible(&back), &visible(&planes));
            assert!(error < 4.0, "{planes:?}: {error}");
            if layout.has_alpha() {
                assert!(
                    back.bytes().iter().zip(planes.bytes()).skip(3).step_by(4).all(|(a, b)| a == b),
                    "alpha is lossless"
                );
            }
        }
    }
}

#[cfg(feature = "webp-lossy")]
fn premultiply(sample: u8, alpha: u8) -> u8 {
    (u16::from(sample) * u16::from(alpha) / 255) as u8
}

#[test]
#[cfg(feature = "avif-encode")]
fn avif_is_written() {
    for layout in [Layout::RGB8, Layout::RGBA8] {
        let planes = picture(33, 21, layout);
        let small = file(&planes, Encode::Avif { quality: 40, speed: 10 });
        let large = file(&planes, Encode::Avif { quality: 95, speed: 10 });
        assert!(small.len() < large.len());
        assert_eq!(
            tintype_codecs::probe(&small, &tintype_codecs::Limits::default()).unwrap().layout.has_alpha(),
            layout.has_alpha()
        );
        // The image spatial extents property: version and flags, then the sides.
        let at = small.windows(4).position(|w| w == b"ispe").unwrap();
        assert_eq!(small[at + 8..at + 16], [0, 0, 0, 33, 0, 0, 0, 21]);
        let has_alpha = small.windows(10).any(|w| w == b":auxiliary" || w == b"auxid:alph")
            || small.windows(4).any(|w| w == b"auxC");
        assert_eq!(has_alpha, layout.has_alpha());
    }
}

#[test]
fn what_a_build_cannot_write_names_the_feature() {
    let planes = picture(4, 4, Layout::RGB8);
    let cases = [
        (Encode::webp(80), cfg!(feature = "webp-lossy"), "webp-lossy"),
        (Encode::avif(60), cfg!(feature = "avif-encode"), "avif-encode"),
    ];
    for (encode, built, feature) in cases {
        match tintype_codecs::encode(&planes, &encode, &Metadata::default()) {
            Ok(_) => assert!(built, "{encode}"),
            Err(error) => assert!(!built && error.to_string().contains(feature), "{encode}: {error}"),
        }
    }
}

#[test]
fn encoders_refuse_layouts_and_sides_that_they_cannot_hold() {
    let encode = |planes: &Planes, encode| tintype_codecs::encode(planes, &encode, &Metadata::default()).unwrap_err();
    for (layout, wrong) in [
        (Layout::RGBA8, Encode::jpeg(80)),
        (Layout::RGB16, Encode::jpeg(80)),
        (Layout::RGBA16, Encode::WebpLossless),
        (Layout::RGBA32F, Encode::png()),
        (Layout::GRAY8, Encode::avif(60)),
    ] {
        assert!(matches!(encode(&picture(4, 4, layout), wrong), CodecError::WrongLayout { .. }), "{wrong} {layout}");
    }
    let wide = Planes::new(Size::new(70_000, 1), Layout::GRAY8, vec![0; 70_000]).unwrap();
    for (wrong, limit) in [(Encode::jpeg(80), 65_535), (Encode::WebpLossless, 16_383)] {
        let format = wrong.format();
        assert_eq!(encode(&wide, wrong), CodecError::OutputTooLarge { format, value: 70_000, limit });
    }
    let empty = Planes::new(Size::new(0, 5), Layout::RGB8, vec![]).unwrap();
    assert!(matches!(encode(&empty, Encode::png()), CodecError::Encode { .. }));
}

#[test]
fn decode_refuses_the_information_of_another_file() {
    let (info, _) = read(&file(&picture(5, 5, Layout::RGB8), Encode::png())).unwrap();
    let limits = tintype_codecs::Limits::default();
    for other in [
        file(&picture(6, 5, Layout::RGB8), Encode::png()),
        file(&picture(5, 5, Layout::RGBA8), Encode::png()),
        file(&picture(5, 5, Layout::RGB8), Encode::jpeg(80)),
    ] {
        let error = tintype_codecs::decode(&other, &info, &limits).unwrap_err();
        assert!(matches!(error, CodecError::WrongInfo { .. }), "{error}");
    }
}

#[test]
fn jpegs_in_separate_scans_are_read_with_their_colors() {
    // zune-jpeg 0.5.15 gets these wrong; see `jpeg::read`.
    for (horizontal, vertical) in [(1, 1), (2, 1), (1, 2), (2, 2)] {
        for (width, height) in [(16, 16), (17, 13), (100, 75)] {
            let planes = picture(width, height, Layout::RGB8);
            let encode = |separate| {
                let mut out = Vec::new();
                let mut encoder = jpeg_encoder::Encoder::new(&mut out, 95);
                let factors = jpeg_encoder::SamplingFactor::from_factors(horizontal, vertical).unwrap();
                encoder.set_sampling_factor(factors);
                encoder.set_optimized_huffman_tables(separate);
                encoder.encode(planes.bytes(), width as u16, height as u16, ColorType::Rgb).unwrap();
                read(&out).unwrap().1
            };
            // The two decoders round and upsample differently.
            let error = mean_error(encode(true).bytes(), encode(false).bytes());
            assert!(error < 2.5, "{horizontal}x{vertical} {width}x{height}: {error}");
        }
    }
}

/// A JPEG of these interleaved samples, made without color conversion.
fn raw_jpeg(samples: &[u8], color: ColorType) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 98);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    encoder.encode(samples, 8, 8, color).unwrap();
    out
}

#[test]
fn rgb_jpegs_are_not_taken_for_ycbcr() {
    let pixel = [200, 40, 90];
    let adobe = b"Adobe\0\x64\0\0\0\0\0";
    let unnamed = raw_jpeg(&pixel.repeat(64), ColorType::Ycbcr);
    let mut named = unnamed.clone();
    for (marker, first, step) in [(0xc0, 10, 3), (0xda, 5, 2)] {
        let at = named.windows(2).position(|w| w == [0xff, marker]).unwrap() + first;
        for (i, name) in b"RGB".iter().enumerate() {
            named[at + i * step] = *name;
        }
    }
    for (what, file) in [
        ("Adobe's segment", with_jpeg_segment(&unnamed, 0xee, adobe)),
        ("names", named.clone()),
        ("both", with_jpeg_segment(&named, 0xee, adobe)),
    ] {
        let (_, planes) = read(&file).unwrap();
        assert!(mean_error(planes.bytes(), &pixel.repeat(64)) < 1.5, "{what}: {:?}", &planes.bytes()[..3]);
    }
}

#[test]
fn cmyk_jpegs_are_converted_plainly() {
    for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        // Half cyan, no magenta, full yellow, a quarter of black.
        let (_, planes) = read(&raw_jpeg(&[128, 0, 255, 64].repeat(64), color)).unwrap();
        assert_eq!(planes.layout(), Layout::RGB8);
        let expected = [95, 191, 0];
        assert!(mean_error(planes.bytes(), &expected.repeat(64)) < 3.0, "{:?}", &planes.bytes()[..3]);
    }
}

#[test]
fn png_palettes_low_depths_and_transparent_colors_are_expanded() {
    // (color type, depth, extra chunks, rows with their filter byte, layout, pixels) of a 2x1 picture.
    type Case<'a> = (u8, u8, Vec<Vec<u8>>, &'a [u8], Layout, &'a [u8]);
    let palette = png_chunk(b"PLTE", &[10, 20, 30, 40, 50, 60]);
    let cases: [Case<'_>; 5] = [
        (3, 1, vec![palette.clone()], &[0, 0b0100_0000], Layout::RGB8, &[10, 20, 30, 40, 50, 60]),
        (3, 8, vec![palette, png_chunk(b"tRNS", &[7])], &[0, 0, 1], Layout::RGBA8, &[10, 20, 30, 7, 40, 50, 60, 255]),
        (0, 2, vec![], &[0, 0b0111_0000], Layout::GRAY8, &[85, 255]),
        (0, 8, vec![png_chunk(b"tRNS", &[0, 9])], &[0, 9, 8], Layout::GRAY_ALPHA8, &[9, 0, 8, 255]),
        (
            2,
            8,
            vec![png_chunk(b"tRNS", &[0, 1, 0, 2, 0, 3])],
            &[0, 1, 2, 3, 1, 2, 4],
            Layout::RGBA8,
            &[1, 2, 3, 0, 1, 2, 4, 255],
        ),
    ];
    for (color, depth, mut chunks, rows, layout, expected) in cases {
        chunks.push(png_chunk(b"IDAT", &stored_zlib(rows)));
        let mut bytes = png_of(2, 1, &chunks);
        let header = [&[0, 0, 0, 2, 0, 0, 0, 1][..], &[depth, color, 0, 0, 0]].concat();
        bytes.splice(8..8 + 25, png_chunk(b"IHDR", &header));
        let (info, planes) = read(&bytes).unwrap();
        assert_eq!((info.layout, planes.bytes()), (layout, expected), "color type {color}, depth {depth}");
    }
}

/// A zlib stream of one stored block. Its checksum is left zero: the decoder does not check it.
fn stored_zlib(data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len()).unwrap();
    [&[0x78, 0x01, 0x01][..], &len.to_le_bytes(), &(!len).to_le_bytes(), data, &[0; 4]].concat()
}

#[test]
fn gif_colors_are_exact() {
    let (info, planes) = read(&gif(&[gif_frame(5, 4)], 5, 4)).unwrap();
    assert_eq!((info.layout, info.alpha, info.frames), (Layout::RGB8, false, 1));
    let colors = [[255, 0, 0], [0, 255, 0], [0, 0, 255]];
    let expected: Vec<u8> = (0..4).flat_map(|y| (0..5).flat_map(move |x| colors[(x + y) % 3])).collect();
    assert_eq!(planes.bytes(), expected);
}
