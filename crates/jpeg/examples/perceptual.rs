//! `perceptual PHOTO…`: what `Tables::perceptual` with a dead zone saves, beside the standard's tables, as a table in Markdown.
//!
//! Of each photo and quality: bytes and SSIMULACRA2 of both files, and how many bytes fewer the perceptual one takes at equal
//! SSIMULACRA2, its bytes taken in between its qualities on a line through their logarithms. Large photos are scaled to 1024 pixels
//! first. Decoded by this crate, as libjpeg does.

use std::{env, error::Error, path::Path};

use image::{ImageReader, imageops::FilterType};
use ssimulacra2::{ColorPrimaries, TransferCharacteristic, compute_frame_ssimulacra2};
use tintype_jpeg::{
    ColorTransform,
    decode::{self, Limits},
    encode,
    forward::{self, Rounding, Sampling, Tables},
    inverse,
};
use tintype_pixels::{Layout, Planes, Size};

const QUALITIES: [u8; 4] = [50, 70, 80, 92];
/// What is tried on both sides of a quality.
const STEPS: [i32; 5] = [-12, -6, 0, 4, 7];

fn file(planes: &Planes, quality: u8, is_perceptual: bool) -> Result<Vec<u8>, Box<dyn Error>> {
    let sampling = if quality < 90 { Sampling::HALF } else { Sampling::FULL };
    let (tables, rounding) = match is_perceptual {
        true => (Tables::perceptual(quality, sampling), Rounding::DeadZone),
        false => (Tables::from_quality(quality), Rounding::Nearest),
    };
    let frame = forward::frame(planes.size(), ColorTransform::YCbCr, &tables, sampling)?;
    Ok(encode::encode(&forward::coefficients_by(planes, frame, rounding)?, &encode::Options::default())?)
}

fn frame(planes: &Planes) -> Result<ssimulacra2::Rgb, Box<dyn Error>> {
    let pixels = planes.bytes().as_chunks::<3>().0.iter().map(|pixel| pixel.map(|code| f32::from(code) / 255.0));
    let Size { width, height } = planes.size();
    let (curve, primaries) = (TransferCharacteristic::SRGB, ColorPrimaries::BT709);
    Ok(ssimulacra2::Rgb::new(pixels.collect(), width as usize, height as usize, curve, primaries)?)
}

/// Its length and its likeness.
fn measure(planes: &Planes, file: &[u8]) -> Result<(f64, f64), Box<dyn Error>> {
    let decoded = inverse::pixels(&decode::decode(file, &Limits::default())?.coefficients);
    Ok((file.len() as f64, compute_frame_ssimulacra2(frame(planes)?, frame(&decoded)?)?))
}

/// The bytes at `likeness` on the line through the two points about it.
fn bytes_at(curve: &[(f64, f64)], likeness: f64) -> f64 {
    let at = curve.iter().skip(1).position(|(_, more)| likeness <= *more).unwrap_or(curve.len() - 2);
    let ((a, from), (b, to)) = (curve[at], curve[at + 1]);
    (a.ln() + (b.ln() - a.ln()) * (likeness - from) / (to - from)).exp()
}

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "| photo | quality | standard | | perceptual | | bytes at equal SSIMULACRA2 |\n|---|---|---|---|---|---|---|"
    );
    let mut sums = [(0.0, 0.0); QUALITIES.len()];
    let paths: Vec<String> = env::args().skip(1).collect();
    for path in &paths {
        let mut photo = ImageReader::open(path)?.decode()?;
        if photo.width() > 1024 {
            photo = photo.resize(1024, 1024, FilterType::Lanczos3);
        }
        let size = Size::new(photo.width(), photo.height());
        let planes = Planes::new(size, Layout::RGB8, photo.into_rgb8().into_raw()).ok_or("three bytes a pixel")?;
        for (quality, sum) in QUALITIES.into_iter().zip(&mut sums) {
            let (bytes, likeness) = measure(&planes, &file(&planes, quality, false)?)?;
            // Where chroma is stored otherwise is another curve.
            let same = |other: &u8| (*other < 90) == (quality < 90) && *other <= 99;
            let tried = STEPS.map(|step| (i32::from(quality) + step) as u8);
            let curve = tried.into_iter().filter(same).map(|quality| measure(&planes, &file(&planes, quality, true)?));
            let curve = curve.collect::<Result<Vec<_>, _>>()?;
            let (ours, alike) = measure(&planes, &file(&planes, quality, true)?)?;
            let saved = bytes_at(&curve, likeness) / bytes - 1.0;
            (sum.0, sum.1) = (sum.0 + saved, sum.1 + alike - likeness);
            let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
            println!(
                "| {name} | {quality} | {bytes} | {likeness:.1} | {ours} | {alike:.1} | {:+.1} % |",
                100.0 * saved
            );
        }
    }
    println!();
    for (quality, (saved, alike)) in QUALITIES.into_iter().zip(sums) {
        let mean = |sum: f64| sum / paths.len() as f64;
        println!(
            "quality {quality}: {:+.1} % bytes, likeness {:+.2} at the same number",
            100.0 * mean(saved),
            mean(alike)
        );
    }
    Ok(())
}
