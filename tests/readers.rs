//! Everything that is written, as others read it: every format and kind of file, opened by its own library's program and by
//! ImageMagick, and by Chromium what browsers show. Sizes, frames and colors must be those of the picture that was written.
//!
//! The programs come from Debian's packages; a test that misses one names it. Chromium is Debian's package of that name. Where it is
//! not, its test says that it was skipped, and passes; `TINTYPE_REQUIRE_CHROMIUM=1` makes that a failure.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use image::RgbaImage;
use serde_json::Value;
use tempfile::TempDir;
use tintype::{
    Tintype,
    codecs::{AnimationWriter, Encode, Metadata, Plays, PngCompression, Subsampling, Tuning, encode},
};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::{engine, files, icc};

use crate::facade::{decoded, pixels, rendered};
use crate::packages::or_skipped;

const SIZE: Size = Size::new(96, 64);

/// Frames of what moves.
const FRAMES: usize = 3;

/// A file of ours, and what it must show.
struct Written {
    name: &'static str,
    /// As in its media type.
    format: &'static str,
    file: Vec<u8>,
    shows: RgbaImage,
    frames: usize,
    /// How far a sample may be off, of 255, on average and at most.
    mean: f64,
    most: u8,
}

/// Programs other than ImageMagick and Chromium that read a format: name, Debian's package, and how it is told to write a picture.
type Reader = (&'static str, &'static str, fn(&Path, &Path) -> Vec<PathBuf>);

fn reader(format: &str) -> Option<Reader> {
    Some(match format {
        "jpeg" => ("djpeg", "libjpeg-turbo-progs", |from, to| {
            vec!["-bmp".into(), "-outfile".into(), to.with_extension("bmp"), from.into()]
        }),
        "webp" => ("dwebp", "webp", |from, to| vec![from.into(), "-o".into(), to.into()]),
        "avif" => ("avifdec", "libavif-bin", |from, to| vec![from.into(), to.into()]),
        "svg+xml" => ("rsvg-convert", "librsvg2-bin", |from, to| vec![from.into(), "-o".into(), to.into()]),
        _ => return None,
    })
}

/// Smooth, so that lossy encoders keep it; `index` moves it, `alpha` is from left to right.
fn shown(index: usize, alpha: fn(u32) -> u8) -> impl Fn(u32, u32) -> [u8; 4] {
    move |x, y| {
        let x_moved = (x + 20 * index as u32) % SIZE.width;
        [40 + (x_moved * 2) as u8, 60 + (y * 2) as u8, 150, alpha(x)]
    }
}

fn opaque(_: u32) -> u8 {
    255
}

fn soft(x: u32) -> u8 {
    (60 + x * 2) as u8
}

fn hard(x: u32) -> u8 {
    if x < 32 { 0 } else { 255 }
}

fn planes(layout: Layout, index: usize, alpha: fn(u32) -> u8) -> Planes {
    let pixel = shown(index, alpha);
    let bytes: Vec<u8> = (0..SIZE.height)
        .flat_map(|y| (0..SIZE.width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let [r, g, b, a] = pixel(x, y);
            match layout {
                Layout::GRAY8 => vec![g],
                Layout::RGB8 => vec![r, g, b],
                Layout::RGBA8 => vec![r, g, b, a],
                Layout::RGB16 => [r, g, b].map(|v| (u16::from(v) * 257).to_ne_bytes()).concat(),
                _ => [r, g, b, a].map(|v| (u16::from(v) * 257).to_ne_bytes()).concat(),
            }
        })
        .collect();
    Planes::new(SIZE, layout, bytes).unwrap()
}

/// What `planes` are to be seen as.
fn seen(layout: Layout, alpha: fn(u32) -> u8) -> RgbaImage {
    let pixel = shown(0, alpha);
    RgbaImage::from_fn(SIZE.width, SIZE.height, |x, y| {
        let [r, g, b, a] = pixel(x, y);
        image::Rgba(if layout == Layout::GRAY8 { [g, g, g, 255] } else { [r, g, b, a] })
    })
}

fn written(engine: &Tintype) -> Vec<Written> {
    let jpeg = |progressive, subsampling, tuning| Encode::Jpeg { quality: 95, progressive, subsampling, tuning };
    let (auto, full) = (Subsampling::Auto, Subsampling::Full);
    let png = Encode::Png { compression: PngCompression::Balanced };
    let png8 = Encode::Png8 { quality: 90, compression: PngCompression::Balanced };
    let avif = Encode::Avif { quality: 95, speed: 10 };
    type Case = (&'static str, Encode, Layout, fn(u32) -> u8, f64, u8);
    let stills: [Case; 20] = [
        ("baseline", jpeg(false, auto, Tuning::Standard), Layout::RGB8, opaque, 1.5, 8),
        ("progressive", jpeg(true, auto, Tuning::Standard), Layout::RGB8, opaque, 1.5, 8),
        ("full color", jpeg(false, full, Tuning::Standard), Layout::RGB8, opaque, 1.5, 8),
        ("by eye", jpeg(false, auto, Tuning::Perceptual), Layout::RGB8, opaque, 1.5, 8),
        ("gray jpeg", jpeg(false, auto, Tuning::Standard), Layout::GRAY8, opaque, 1.5, 8),
        ("gray progressive", jpeg(true, auto, Tuning::Standard), Layout::GRAY8, opaque, 1.5, 8),
        ("png", png, Layout::RGB8, opaque, 0.0, 0),
        ("clear png", png, Layout::RGBA8, soft, 0.0, 0),
        ("gray png", png, Layout::GRAY8, opaque, 0.0, 0),
        ("png of 16 bits", png, Layout::RGB16, opaque, 0.0, 0),
        ("clear png of 16 bits", png, Layout::RGBA16, soft, 0.0, 0),
        ("palette", png8, Layout::RGB8, opaque, 4.0, 50),
        ("clear palette", png8, Layout::RGBA8, soft, 6.0, 60),
        ("webp", Encode::webp(95), Layout::RGB8, opaque, 1.5, 8),
        ("clear webp", Encode::webp(95), Layout::RGBA8, soft, 1.5, 8),
        ("lossless webp", Encode::WebpLossless, Layout::RGB8, opaque, 0.0, 0),
        ("clear lossless webp", Encode::WebpLossless, Layout::RGBA8, soft, 0.0, 0),
        ("avif", avif, Layout::RGB8, opaque, 1.5, 8),
        ("clear avif", avif, Layout::RGBA8, soft, 2.0, 12),
        ("gif", Encode::Gif, Layout::RGBA8, hard, 6.0, 40),
    ];
    let still = |(name, to, layout, alpha, mean, most): Case| {
        let file = encode(&planes(layout, 0, alpha), &to, &Metadata::default()).unwrap();
        let format = to.format().media_type().strip_prefix("image/").unwrap();
        Written { name, format, file, shows: seen(layout, alpha), frames: 1, mean, most }
    };
    let mut all: Vec<Written> = stills.into_iter().map(still).collect();

    let moving = [
        ("moving gif", Encode::Gif, hard as fn(u32) -> u8, 6.0, 40),
        ("moving webp", Encode::webp(95), soft, 1.5, 8),
        ("moving lossless webp", Encode::WebpLossless, soft, 0.0, 0),
    ];
    for (name, to, alpha, mean, most) in moving {
        let mut writer = AnimationWriter::new(SIZE, &to, Plays::Forever, &Metadata::default()).unwrap();
        for index in 0..FRAMES {
            writer.frame(&planes(Layout::RGBA8, index, alpha), Duration::from_secs(100)).unwrap();
        }
        let format = to.format().media_type().strip_prefix("image/").unwrap();
        let (file, shows) = (writer.finish().unwrap(), seen(Layout::RGBA8, alpha));
        all.push(Written { name, format, file, shows, frames: FRAMES, mean, most });
    }

    // In the colors of Display P3, kept; what they are in sRGB is what we make of them ourselves.
    let source = files::png_of(&planes(Layout::RGB8, 0, opaque), Some(&icc::display_p3()), None);
    let shows = pixels(engine, &source, "");
    for (name, options) in [
        ("jpeg in Display P3", "format=jpeg,quality=95,color=keep"),
        ("png in Display P3", "format=png-force,color=keep"),
        ("webp in Display P3", "format=webp,quality=100,color=keep"),
        ("avif in Display P3", "format=avif,quality=95,color=keep"),
    ] {
        let out = rendered(engine, &source, options);
        let format = out.content_type.strip_prefix("image/").unwrap();
        all.push(Written { name, format, file: out.bytes, shows: shows.clone(), frames: 1, mean: 2.0, most: 20 });
    }

    let drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='96' height='64'>\
        <rect width='96' height='64' fill='#28a03c'/><rect x='48' width='48' height='64' fill='#c81e50'/></svg>";
    let out = rendered(engine, drawing.as_bytes(), "");
    assert_eq!(out.content_type, "image/svg+xml");
    let halves = |x, _| image::Rgba(if x < 48 { [0x28, 0xa0, 0x3c, 255] } else { [0xc8, 0x1e, 0x50, 255] });
    let shows = RgbaImage::from_fn(SIZE.width, SIZE.height, halves);
    all.push(Written { name: "drawing", format: "svg+xml", file: out.bytes, shows, frames: 1, mean: 0.0, most: 0 });
    all
}

/// How far `got` is from what must be shown, on average and at most. Colors count as far as they are seen.
fn off(got: &RgbaImage, expected: &RgbaImage) -> (f64, u8) {
    assert_eq!(got.dimensions(), expected.dimensions());
    let (mut sum, mut most) = (0u64, 0);
    for (got, expected) in got.pixels().zip(expected.pixels()) {
        let premultiplied = |[r, g, b, a]: [u8; 4]| [r, g, b, 255].map(|v| (u32::from(v) * u32::from(a) / 255) as u8);
        for (got, expected) in premultiplied(got.0).into_iter().zip(premultiplied(expected.0)) {
            sum += u64::from(got.abs_diff(expected));
            most = most.max(got.abs_diff(expected));
        }
    }
    (sum as f64 / (expected.len() as f64), most)
}

fn run(program: &str, package: &str, arguments: &[PathBuf]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; apt-get install {package}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn check(by: &str, written: &Written, got: &RgbaImage) {
    let (mean, most) = off(got, &written.shows);
    let (name, allowed) = (written.name, (written.mean, written.most));
    assert!(mean <= allowed.0 && most <= allowed.1, "{by} sees {name} off by {mean:.2}, at most {most}: {allowed:?}");
}

#[test]
fn by_the_formats_own_programs_and_imagemagick() {
    let Some(engine) = engine() else { return };
    let folder = TempDir::new().unwrap();
    let (mut own, mut magick) = (0, 0);
    let all = written(engine);
    for (number, written) in all.iter().enumerate() {
        let end = written.format.split('+').next().unwrap();
        let from = folder.path().join(format!("{number}.{end}"));
        std::fs::write(&from, &written.file).unwrap();
        let name = written.name;
        // Those that know profiles apply none, so what is in other primaries is read by Chromium alone.
        let is_srgb = !name.contains("P3");
        if let Some((program, package, arguments)) = reader(written.format).filter(|_| is_srgb) {
            // dwebp reads no animations.
            if written.frames == 1 {
                let to = folder.path().join(format!("{number}-own.png"));
                run(program, package, &arguments(&from, &to));
                let to = [to.with_extension("bmp"), to].into_iter().find(|path| path.exists()).unwrap();
                check(program, written, &decoded(&std::fs::read(to).unwrap()).into_rgba8());
                own += 1;
            }
        }
        // Debian's reads AVIF where libheif was built for it, and draws SVG by what else is installed.
        if matches!(written.format, "avif" | "svg+xml") {
            continue;
        }
        let sizes = run("identify", "imagemagick", &["-format".into(), "%wx%h ".into(), from.clone()]);
        let sizes = String::from_utf8(sizes).unwrap();
        assert_eq!(sizes.split_whitespace().count(), written.frames, "{name}: {sizes}");
        if is_srgb {
            let first = PathBuf::from(format!("{}[0]", from.display()));
            let to = folder.path().join(format!("{number}-magick.png"));
            run("convert", "imagemagick", &[first, "-depth".into(), "8".into(), to.clone()]);
            check("convert", written, &decoded(&std::fs::read(to).unwrap()).into_rgba8());
        }
        magick += 1;
    }
    let all = all.len();
    println!("of {all} kinds of files {own} are read by their formats' programs and {magick} by ImageMagick");
    assert_eq!((all, own, magick), (28, 13, 24));
}

/// Once every picture is loaded, draws each on a canvas and writes what it finds there into the page.
const SCRIPT: &str = "addEventListener('load', () => {
  const found = Array.from(document.images, (image) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth || 1, image.naturalHeight || 1];
    const context = canvas.getContext('2d', { colorSpace: 'srgb' });
    if (image.naturalWidth) context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return { width: image.naturalWidth, height: image.naturalHeight, data: Array.from(data) };
  });
  document.body.textContent = 'FOUND' + JSON.stringify(found) + 'END';
});";

/// Debian's name, and others'.
const CHROMIUMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Chromium, if it is there; without it a test may be skipped or must not be, see above.
pub(crate) fn chromium() -> Option<&'static str> {
    let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
    let found = CHROMIUMS.into_iter().find(is_there);
    let found = found.ok_or_else(|| "it is missing; apt-get install chromium".to_owned());
    or_skipped("chromium", "TINTYPE_REQUIRE_CHROMIUM", found)
}

#[test]
fn by_chromium() {
    let Some(engine) = engine() else { return };
    let Some(chromium) = chromium() else { return };
    let all = written(engine);
    let image = |written: &Written| {
        format!("<img src='data:image/{};base64,{}'>", written.format, STANDARD.encode(&written.file))
    };
    let mut images: String = all.iter().map(image).collect();
    let folder = TempDir::new().unwrap();
    let clear = seen(Layout::RGBA8, soft);
    let file = avifenc_lossless(&clear, folder.path());
    let avifencs = Written { name: "avifenc's", format: "avif", file, shows: clear, frames: 1, mean: 0.0, most: 0 };
    images += &image(&avifencs);
    let page = folder.path().join("page.html");
    let html = format!("<!doctype html><head><script>{SCRIPT}</script></head><body>{images}");
    std::fs::write(&page, html).unwrap();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"])
        .args(["--virtual-time-budget=60000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let found = dom.split_once("<body>FOUND").and_then(|(_, rest)| rest.split_once("END"));
    let (found, _) = found.unwrap_or_else(|| panic!("{dom}\n{}", String::from_utf8_lossy(&output.stderr)));
    let found: Vec<Value> = serde_json::from_str(found).unwrap();
    assert_eq!(found.len(), all.len() + 1);
    let mut pictures: Vec<RgbaImage> = found.iter().zip(all.iter().chain([&avifencs])).map(picture_of).collect();
    let avifencs = pictures.pop().unwrap();
    for (got, written) in pictures.iter().zip(&all) {
        // Chromium 156 as Debian builds it stretches the opacity of every AVIF as if its range were limited, from 60..250 to 51..255: 8.6 codes
        // on average and 20 at most in a lossless file of 8 bits by avifenc, 9.0 and 21 in ours, whatever a `colr` box says. So ours is
        // held against that file, as Chromium shows it.
        let shows = if written.name == "clear avif" { &avifencs } else { &written.shows };
        let (mean, most) = off(got, shows);
        // A canvas is premultiplied, which rounds once more.
        let (allowed_mean, allowed_most) = (written.mean.max(0.5), written.most.max(2));
        let name = written.name;
        assert!(mean <= allowed_mean && most <= allowed_most, "Chromium sees {name} off by {mean:.2}, at most {most}");
    }
    println!("{} of {} kinds of files are shown by Chromium as they were written", all.len(), all.len());
}

/// What the page's script found of a file.
fn picture_of((found, written): (&Value, &Written)) -> RgbaImage {
    let size = ["width", "height"].map(|side| found[side].as_u64().unwrap() as u32);
    assert_eq!(size, [SIZE.width, SIZE.height], "{}", written.name);
    let data = found["data"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u8).collect();
    RgbaImage::from_vec(SIZE.width, SIZE.height, data).unwrap()
}

/// `picture` as another encoder writes it, with nothing lost.
fn avifenc_lossless(picture: &RgbaImage, folder: &Path) -> Vec<u8> {
    let (from, to) = (folder.join("clear.png"), folder.join("clear.avif"));
    picture.save(&from).unwrap();
    let ran = Command::new("avifenc").arg("--lossless").args([&from, &to]).output();
    let ran = ran.expect("avifenc is missing; apt-get install libavif-bin");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    std::fs::read(to).unwrap()
}
