//! `likeness PHOTO SMALLER…`: SSIMULACRA2 of smaller pictures, one a line, beside the photo scaled to their size in linear light,
//! in single precision, by the `image` crate's Lanczos3. Of files in sRGB, color profiles are not looked at.

use std::{env, error::Error};

use image::{ImageBuffer, ImageReader, Rgb, RgbImage, imageops};
use ssimulacra2::{ColorPrimaries, TransferCharacteristic, compute_frame_ssimulacra2};

fn light(code: u8) -> f32 {
    let v = f32::from(code) / 255.0;
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

fn encoded(light: f32) -> f32 {
    let v = light.clamp(0.0, 1.0);
    let code = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
    (code * 255.0).round() / 255.0
}

fn frame(pixels: Vec<[f32; 3]>, width: u32, height: u32) -> Result<ssimulacra2::Rgb, Box<dyn Error>> {
    let (curve, primaries) = (TransferCharacteristic::SRGB, ColorPrimaries::BT709);
    Ok(ssimulacra2::Rgb::new(pixels, width as usize, height as usize, curve, primaries)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = env::args().skip(1);
    let open =
        |path: String| -> Result<RgbImage, Box<dyn Error>> { Ok(ImageReader::open(path)?.decode()?.into_rgb8()) };
    let photo = open(paths.next().ok_or("usage: likeness PHOTO SMALLER...")?)?;
    let photo = ImageBuffer::from_fn(photo.width(), photo.height(), |x, y| Rgb(photo.get_pixel(x, y).0.map(light)));
    let mut scaled = ImageBuffer::default();
    for path in paths {
        let small = open(path)?;
        let (width, height) = small.dimensions();
        if scaled.dimensions() != small.dimensions() {
            scaled = imageops::resize(&photo, width, height, imageops::FilterType::Lanczos3);
        }
        let reference = frame(scaled.pixels().map(|pixel| pixel.0.map(encoded)).collect(), width, height)?;
        let pixels = small.pixels().map(|pixel| pixel.0.map(|code| f32::from(code) / 255.0)).collect();
        println!("{:.3}", compute_frame_ssimulacra2(reference, frame(pixels, width, height)?)?);
    }
    Ok(())
}
