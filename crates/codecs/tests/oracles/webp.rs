//! WebPs of every kind that cwebp writes, as dwebp reads them, and ours beside cwebp's.

use std::{env, fs};

use tintype_codecs::{Encode, Metadata};
use tintype_pixels::{Layout, Planes, Size};

use crate::tool::{self, Alpha};

/// How far a lossy picture may be from dwebp's in any sample, of 255. Both decode the same numbers; they differ in how color
/// of half resolution is brought to full, and how it is rounded to RGB.
const LOSSY_TOLERANCE: u16 = 2;

/// The file as libwebp's own program sees it: straight RGBA, 16 bits.
fn dwebp(file: &[u8]) -> Result<Vec<u16>, String> {
    let pam = tool::try_piped("dwebp", &["-pam", "-o", "-", "--", "-"], file)?;
    let end = pam.windows(7).position(|w| w == b"ENDHDR\n").ok_or("no PAM")? + 7;
    Ok(pam[end..].iter().map(|v| u16::from(*v) * 257).collect())
}

fn cwebp(planes: &Planes, arguments: &[&str]) -> Vec<u8> {
    let png = tintype_codecs::encode(planes, &Encode::png(), &Metadata::default()).unwrap();
    tool::piped("cwebp", &[&["-quiet"], arguments, &["-o", "-", "--", "-"]].concat(), &png)
}

fn planes(size: Size, alpha: Alpha) -> Planes {
    let rgba = tool::picture(size, alpha);
    if alpha != Alpha::None {
        return Planes::new(size, Layout::RGBA8, rgba).unwrap();
    }
    let rgb = rgba.as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
    Planes::new(size, Layout::RGB8, rgb).unwrap()
}

/// Fails where we and dwebp disagree by more than `tolerance` of 255.
fn assert_agrees(what: &str, file: &[u8], tolerance: u16) {
    let (_, ours) = tool::ours(file).unwrap_or_else(|error| panic!("{what}: {error}"));
    let theirs = dwebp(file).unwrap();
    let difference = tool::largest_difference(&tool::rgba16(&ours), &theirs) / 257;
    assert!(difference <= tolerance, "{what}: {difference} of 255");
}

#[test]
fn what_cwebp_writes_is_read_as_dwebp_reads_it() {
    let lossy: [&[&str]; 9] = [
        &["-q", "5"],
        &["-q", "50", "-m", "0"],
        &["-q", "80", "-m", "6", "-pass", "3"],
        &["-q", "100"],
        &["-q", "60", "-f", "0"],
        &["-q", "20", "-f", "90", "-sharpness", "7"],
        &["-q", "20", "-nostrong", "-segments", "1"],
        &["-q", "40", "-partition_limit", "80", "-sns", "100"],
        &["-q", "70", "-sharp_yuv", "-low_memory"],
    ];
    let alphas: [&[&str]; 4] = [
        &["-alpha_filter", "none", "-alpha_method", "0"],
        &["-alpha_filter", "fast", "-alpha_method", "1"],
        &["-alpha_filter", "best"],
        &["-alpha_q", "30"],
    ];
    let lossless: [&[&str]; 5] = [
        &["-lossless", "-m", "0", "-q", "0"],
        &["-lossless", "-m", "6", "-q", "100"],
        &["-lossless", "-exact"],
        &["-lossless", "-near_lossless", "40"],
        &["-z", "9"],
    ];
    let sizes = [Size::new(1, 1), Size::new(17, 13), Size::new(131, 94)];
    let mut count = (0, 0);
    for size in sizes {
        for alpha in [Alpha::None, Alpha::Soft, Alpha::Hard] {
            let planes = planes(size, alpha);
            for (index, arguments) in lossy.iter().enumerate() {
                let more: &[&str] = if alpha == Alpha::None { &[] } else { alphas[index % alphas.len()] };
                let arguments = [arguments, more].concat();
                assert_agrees(&format!("{size} {alpha:?} {arguments:?}"), &cwebp(&planes, &arguments), LOSSY_TOLERANCE);
                count.0 += 1;
            }
            for arguments in lossless {
                assert_agrees(&format!("{size} {alpha:?} {arguments:?}"), &cwebp(&planes, arguments), 0);
                count.1 += 1;
            }
        }
    }
    // Few colors: palettes with one, two, four and eight bits per pixel.
    for colors in [1, 2, 3, 5, 17, 200] {
        let size = Size::new(61, 40);
        let bytes = (0..size.area() as u32).flat_map(|n| [(n * n % colors) as u8, (n % colors * 3) as u8, 7]).collect();
        let planes = Planes::new(size, Layout::RGB8, bytes).unwrap();
        assert_agrees(&format!("{colors} colors"), &cwebp(&planes, &["-lossless"]), 0);
        count.1 += 1;
    }
    println!(
        "{0} of {0} lossy WebPs within {LOSSY_TOLERANCE} of 255 of dwebp, {1} of {1} lossless ones exactly",
        count.0, count.1
    );
}

/// Quality by alpha by size: what we write is what dwebp reads, no worse and not larger than cwebp's of the same settings.
#[test]
fn what_is_written_is_like_what_cwebp_writes() {
    let mut count = 0;
    for size in [Size::new(16, 16), Size::new(17, 13), Size::new(200, 150)] {
        for alpha in [Alpha::None, Alpha::Soft, Alpha::Hard] {
            let planes = planes(size, alpha);
            let original = tool::rgba16(&planes);
            for quality in [1, 25, 50, 75, 90, 100] {
                let file = tintype_codecs::encode(&planes, &Encode::webp(quality), &Metadata::default()).unwrap();
                assert_agrees(&format!("{size} {alpha:?} q{quality}"), &file, LOSSY_TOLERANCE);
                let theirs = cwebp(&planes, &["-q", &quality.to_string(), "-m", "2"]);
                let error = tool::mean_difference(&original, &dwebp(&file).unwrap());
                let their_error = tool::mean_difference(&original, &dwebp(&theirs).unwrap());
                let what = format!("{size} {alpha:?} q{quality}: {} bytes, error {error:.2}", file.len());
                assert!(error <= their_error * 1.05 + 0.1, "{what}, cwebp {their_error:.2}");
                assert!(file.len() <= theirs.len() * 21 / 20 + 64, "{what}, cwebp {} bytes", theirs.len());
                count += 1;
            }
            let file = tintype_codecs::encode(&planes, &Encode::WebpLossless, &Metadata::default()).unwrap();
            assert_eq!(tool::largest_difference(&original, &dwebp(&file).unwrap()), 0, "{size} {alpha:?} lossless");
            count += 1;
        }
    }
    println!("{count} of {count} WebPs of ours are as good as cwebp's");
}

/// libwebp's own vectors, from a folder: `TINTYPE_WEBP_VECTORS=… cargo test … -- --ignored`. They bear no licence that would let
/// them be kept here.
#[test]
#[ignore = "needs a copy of libwebp-test-data"]
fn libwebps_vectors() {
    let folder = env::var("TINTYPE_WEBP_VECTORS").expect("TINTYPE_WEBP_VECTORS names the folder");
    let mut count = [0; 3];
    let mut wrong = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let file = fs::read(&path).unwrap();
        if !file.starts_with(b"RIFF") {
            continue;
        }
        match (dwebp(&file), tool::ours(&file)) {
            (Ok(mut theirs), Ok((info, ours))) => {
                // A header may say that nothing is transparent where something is: it is believed.
                let opaque = theirs.as_chunks_mut::<4>().0.iter_mut().filter(|_| !info.alpha);
                opaque.for_each(|pixel| pixel[3] = u16::MAX);
                let difference = tool::largest_difference(&tool::rgba16(&ours), &theirs) / 257;
                count[usize::from(difference > 0)] += 1;
                if difference > LOSSY_TOLERANCE {
                    wrong.push(format!("{}: {difference} of 255", path.display()));
                }
            }
            (Err(_), Err(_)) => count[2] += 1,
            (theirs, ours) => {
                wrong.push(format!("{}: {:?}, dwebp {:?}", path.display(), ours.map(|_| ()), theirs.map(|_| ())))
            }
        }
    }
    println!("{} exactly, {} nearly as dwebp, {} refused by both; wrong: {wrong:#?}", count[0], count[1], count[2]);
    assert!(wrong.is_empty() && count[0] > 0);
}
