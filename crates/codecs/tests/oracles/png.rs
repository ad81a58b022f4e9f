//! PNGs that we write, as ImageMagick reads them, and how good palettes are.

use std::time::Instant;

use tintype_codecs::{Encode, Metadata, PngCompression};
use tintype_pixels::{Channels, Depth, Layout, Planes, Size};

use crate::tool::{self, Alpha};

const SIZES: [Size; 3] = [Size::new(1, 1), Size::new(33, 17), Size::new(160, 120)];
const LEVELS: [PngCompression; 3] = [PngCompression::Fast, PngCompression::Balanced, PngCompression::High];

fn planes(size: Size, alpha: Alpha) -> Planes {
    Planes::new(size, Layout::RGBA8, tool::picture(size, alpha)).unwrap()
}

#[test]
fn what_is_written_is_what_imagemagick_reads() {
    let mut files = Vec::new();
    for size in SIZES {
        let eight = planes(size, Alpha::Soft);
        for (channels, depth) in [Channels::Gray, Channels::GrayAlpha, Channels::Rgb, Channels::Rgba]
            .into_iter()
            .flat_map(|channels| [(channels, Depth::U8), (channels, Depth::U16)])
        {
            let pixels = eight.bytes().as_chunks::<4>().0.iter().flat_map(|[r, g, b, a]| match channels {
                Channels::Gray => vec![*g],
                Channels::GrayAlpha => vec![*g, *a],
                Channels::Rgb => vec![*r, *g, *b],
                Channels::Rgba => vec![*r, *g, *b, *a],
                Channels::Cmyk => unreachable!("a PNG has no ink"),
            });
            // 16 bits with something in the lower eight.
            let bytes = match depth {
                Depth::U16 => pixels.flat_map(|v| (u16::from(v) * 256 + u16::from(v ^ 0x5a)).to_ne_bytes()).collect(),
                _ => pixels.collect(),
            };
            let planes = Planes::new(size, Layout::new(channels, depth), bytes).unwrap();
            for compression in LEVELS {
                let file = tintype_codecs::encode(&planes, &Encode::Png { compression }, &Metadata::default()).unwrap();
                files.push((format!("{size} {channels:?} {depth:?} {compression}"), file, tool::rgba16(&planes)));
            }
        }
    }
    let differences = tool::imagemagick_all("png", &files);
    let wrong: Vec<_> = differences.into_iter().filter(|(_, difference)| *difference > 0).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    println!("{} PNGs of ours are exactly what ImageMagick reads", files.len());
}

#[test]
fn palettes_are_read_by_others_and_as_good_as_theirs() {
    let mut files = Vec::new();
    for alpha in [Alpha::None, Alpha::Soft, Alpha::Hard] {
        let planes = planes(Size::new(160, 120), alpha);
        let original = tool::rgba16(&planes);
        for quality in [1, 40, 80] {
            let encode = Encode::Png8 { quality, compression: PngCompression::Balanced };
            let file = tintype_codecs::encode(&planes, &encode, &Metadata::default()).unwrap();
            let (_, ours) = tool::ours(&file).unwrap();
            let ours = tool::rgba16(&ours);
            let colors: std::collections::BTreeSet<&[u16; 4]> = ours.as_chunks::<4>().0.iter().collect();
            assert!(colors.len() <= Encode::palette_colors(quality), "{} colors, {encode}", colors.len());

            let whole = tintype_codecs::encode(&planes, &Encode::png(), &Metadata::default()).unwrap();
            let count = Encode::palette_colors(quality).to_string();
            let theirs = tool::piped("convert", &["png:-", "-colors", &count, "png32:-"], &whole);
            let (_, theirs) = tool::ours(&theirs).unwrap();
            let error = tool::mean_difference(&original, &ours);
            let their_error = tool::mean_difference(&original, &tool::rgba16(&theirs));
            println!("{alpha:?} {encode}: {error:.2} of 255 on average, ImageMagick {their_error:.2}");
            // ImageMagick gives opacity as many levels as the colors leave it, we as many as colors: worse with the fewest.
            let allowed = if alpha == Alpha::None { 1.1 } else { 1.3 };
            assert!(error <= their_error * allowed, "{alpha:?} {encode}: {error:.2}, ImageMagick {their_error:.2}");
            files.push((format!("{alpha:?} {encode}"), file, ours));
        }
    }
    let differences = tool::imagemagick_all("png", &files);
    let wrong: Vec<_> = differences.into_iter().filter(|(_, difference)| *difference > 0).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn few_colors_are_kept_exactly_in_few_bits() {
    // As many colors as fit into one, two, four and eight bits, one of them half transparent.
    for (colors, bits) in [(2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)] {
        let size = Size::new(37, 29);
        let color = |n: u32| [(n * 7) as u8, (n * 13) as u8, n as u8, if n == 1 { 100 } else { 255 }];
        let bytes: Vec<u8> = (0..size.area() as u32).flat_map(|n| color(n % colors)).collect();
        let planes = Planes::new(size, Layout::RGBA8, bytes).unwrap();
        let encode = Encode::Png8 { quality: 80, compression: PngCompression::Fast };
        let file = tintype_codecs::encode(&planes, &encode, &Metadata::default()).unwrap();
        assert_eq!(file[24], bits, "{colors} colors");
        assert_eq!(tool::largest_difference(&tool::rgba16(&planes), &tool::imagemagick("png", &file)), 0, "{colors}");
    }
}

/// Prints what the levels cost: `cargo test -p tintype-codecs --release --test oracles -- --ignored --nocapture efforts`.
#[test]
#[ignore = "a measurement, meant for a release build"]
fn efforts() {
    let photo = include_bytes!("../../../../tests/pictures/chelsea.png");
    let (_, planes) = tool::ours(photo).unwrap();
    let mut all: Vec<Encode> = LEVELS.map(|compression| Encode::Png { compression }).to_vec();
    all.extend(LEVELS.map(|compression| Encode::Png8 { quality: 80, compression }));
    all.extend((0..=6).map(|method| Encode::Webp { quality: 80, method }));
    all.push(Encode::WebpLossless);
    println!("{} {}", planes.size(), planes.layout());
    for encode in all {
        let mut best = f64::INFINITY;
        let mut bytes = 0;
        for _ in 0..5 {
            let started = Instant::now();
            let Ok(file) = tintype_codecs::encode(&planes, &encode, &Metadata::default()) else { break };
            best = best.min(started.elapsed().as_secs_f64() * 1e3);
            bytes = file.len();
        }
        println!("{encode:<28} {best:>8.1} ms {bytes:>8} bytes");
    }
}
