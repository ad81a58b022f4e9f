//! Another implementation's opinion: the `image` crate's Lanczos3, in linear light, judged by SSIMULACRA2.

use image::{ImageBuffer, Rgb, RgbImage, imageops};
use ssimulacra2::{ColorPrimaries, TransferCharacteristic, compute_frame_ssimulacra2};
use tintype::{Policy, engine::plan::Shrink};
use tintype_testkit::{engine, psnr};

use super::{decoded, pixels};

/// What a file's numbers mean: linear light with sRGB's primaries.
type Meaning = fn([u8; 3]) -> [f32; 3];

const PICTURES: [(&str, &[u8], Meaning); 3] = [
    ("astronaut", include_bytes!("../pictures/astronaut.jpg"), srgb),
    ("coffee", include_bytes!("../pictures/coffee.jpg"), srgb),
    // Its profile is Adobe RGB (1998).
    ("rocket", include_bytes!("../pictures/rocket.jpg"), adobe_rgb),
];

fn srgb(codes: [u8; 3]) -> [f32; 3] {
    codes.map(|code| {
        let v = f32::from(code) / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

/// Adobe RGB (1998), 4.3.4.2, then CSS Color 4's lin_a98rgb to XYZ times XYZ to lin_sRGB.
fn adobe_rgb(codes: [u8; 3]) -> [f32; 3] {
    let [r, g, b] = codes.map(|code| (f32::from(code) / 255.0).powf(563.0 / 256.0));
    [1.398_355_7 * r - 0.398_355_7 * g, g, 1.042_929 * b - 0.042_929 * g]
}

fn code(v: f32) -> u8 {
    let v = v.clamp(0.0, 1.0);
    let encoded = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
    (encoded * 255.0).round() as u8
}

/// Scaled in linear light, in single precision, by the `image` crate.
fn reference(picture: &RgbImage, meaning: Meaning, width: u32, height: u32) -> RgbImage {
    let light: ImageBuffer<Rgb<f32>, Vec<f32>> =
        ImageBuffer::from_fn(picture.width(), picture.height(), |x, y| Rgb(meaning(picture.get_pixel(x, y).0)));
    let scaled = imageops::resize(&light, width, height, imageops::FilterType::Lanczos3);
    RgbImage::from_fn(width, height, |x, y| Rgb(scaled.get_pixel(x, y).0.map(code)))
}

fn similarity(a: &RgbImage, b: &RgbImage) -> f64 {
    let frame = |image: &RgbImage| {
        let data = image.pixels().map(|pixel| pixel.0.map(|code| f32::from(code) / 255.0)).collect();
        let (width, height) = (image.width() as usize, image.height() as usize);
        ssimulacra2::Rgb::new(data, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709).unwrap()
    };
    compute_frame_ssimulacra2(frame(a), frame(b)).unwrap()
}

#[test]
fn downscaled_pictures_are_those_of_another_implementation() {
    // Every pixel goes through the filter, as it does there.
    compare(Shrink::Never, 90.0, 45.0);
}

/// What decoding smaller costs: half of the way is a mean of encoded values, not of light, which darkens fine detail a little.
/// libvips, which shrinks JPEGs as it loads them, does likewise. Measured: 78.4 (the rocket at 61 pixels) to 91.1, and 36.4 to
/// 42.2 dB; 97 and 60 dB where nothing is left out. The floors lie just below.
#[test]
fn pictures_that_are_decoded_smaller_stay_close() {
    compare(Shrink::TwiceLeft, 77.0, 36.0);
}

fn compare(shrink: Shrink, similar: f64, decibels: f64) {
    let Some(engine) = engine() else { return };
    let engine = engine.with_policy(Policy { shrink: Some(shrink), ..Policy::default() });
    for (name, file, meaning) in PICTURES {
        let picture = decoded(file).into_rgb8();
        for width in [300, 133, 61] {
            let ours = image::DynamicImage::from(pixels(&engine, file, &format!("width={width}"))).into_rgb8();
            let theirs = reference(&picture, meaning, ours.width(), ours.height());
            let (score, noise) = (similarity(&theirs, &ours), psnr(&theirs, &ours));
            let figures = format!("{name} at {width}, {shrink:?}: SSIMULACRA2 {score:.2}, PSNR {noise:.1} dB");
            println!("{figures}");
            assert!(score >= similar && noise >= decibels, "{figures}");
        }
    }
}

#[test]
fn the_judge_tells_light_from_codes() {
    // Scaled in encoded values, the usual mistake, the score must fall below what the test above asks for.
    let picture = decoded(PICTURES[1].1).into_rgb8();
    let right = reference(&picture, srgb, 133, 89);
    let wrong = imageops::resize(&picture, 133, 89, imageops::FilterType::Lanczos3);
    let shifted = imageops::resize(
        &imageops::crop_imm(&picture, 3, 3, 597, 397).to_image(),
        133,
        89,
        imageops::FilterType::Lanczos3,
    );
    assert!(psnr(&right, &wrong) < 45.0, "{}", psnr(&right, &wrong));
    assert!(similarity(&right, &shifted) < 90.0, "{}", similarity(&right, &shifted));
}
