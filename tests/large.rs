//! Large pictures: chunks, bands and long sides leave no seam, and the limits are where they are said to be.
//!
//! Each is a gradient, so every pixel's value is known; one test at a time, because each needs hundreds of megabytes.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use image::RgbaImage;
use tintype::{Fault, TransformError, codecs::Bound, codecs::CodecError};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::{engine, files};

use crate::facade::{assert_shows, decoded, map, pixels, rendered, request};

const WHOLE: ((f64, f64), (f64, f64)) = ((0.0, 1.0), (0.0, 1.0));

/// One at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asserts that neighbours hardly differ: a gradient has no step, a seam would be one.
fn assert_smooth(image: &RgbaImage, codes: u8, what: &str) {
    let (width, height) = image.dimensions();
    for y in 0..height {
        for x in 0..width {
            let here = image.get_pixel(x, y).0;
            for (nx, ny) in [(x + 1, y), (x, y + 1)] {
                if nx < width && ny < height {
                    let there = image.get_pixel(nx, ny).0;
                    let step = here.iter().zip(there).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                    assert!(step <= codes, "{what}: a step of {step} at {x},{y}: {here:?} and {there:?}");
                }
            }
        }
    }
}

#[test]
fn twelve_megapixels() {
    let Some(engine) = engine() else { return };
    let _alone = alone();
    let source = map(Size::new(4032, 3024));
    let started = Instant::now();
    for (options, size, shown) in [
        ("w=400", (400, 300), WHOLE),
        ("w=400,h=400,fit=cover,gravity=right", (400, 400), ((0.25, 1.0), (0.0, 1.0))),
        ("w=300,rotate=90", (300, 400), ((0.0, 1.0), (0.0, 1.0))),
        ("w=400,blur=20", (400, 300), WHOLE),
    ] {
        let image = pixels(engine, &source, options);
        assert_eq!(image.dimensions(), size, "{options}");
        let image = if options.contains("rotate") { image::imageops::rotate270(&image) } else { image };
        let (width, height) = image.dimensions();
        // A wide blur flattens the ends of a gradient.
        let codes = if options.contains("blur") { 8.0 } else { 2.0 };
        assert_shows(&image, (0, 0, width, height), shown, codes, options);
        assert_smooth(&image, 2, options);
    }
    println!("4 results of 12 megapixels in {:?}", started.elapsed());
    // Unscaled, every pixel is what it was: chunks in, chunks out.
    let image = pixels(engine, &source, "");
    let expected = decoded(&source).into_rgba8();
    assert!(image == expected, "12 megapixels came out as they went in");
}

#[test]
fn sides_of_16384_pixels() {
    let Some(engine) = engine() else { return };
    let _alone = alone();
    for (source, options, size) in [
        ((16_384, 64), "w=1024", (1024, 4)),
        ((64, 16_384), "h=1024", (4, 1024)),
        ((16_384, 64), "w=8000,h=64,fit=squeeze", (8000, 64)),
        ((64, 16_384), "w=64,h=8000,fit=squeeze", (64, 8000)),
        ((16_384, 64), "w=64,h=64,fit=squeeze,rotate=90", (64, 64)),
        ((16_384, 16), "w=12000,h=16,fit=squeeze", (12_000, 16)),
        ((16, 16_384), "w=16,h=12000,fit=squeeze", (16, 12_000)),
    ] {
        let file = map(Size::new(source.0, source.1));
        let image = pixels(engine, &file, options);
        let what = format!("{source:?} {options}");
        assert_eq!(image.dimensions(), size, "{what}");
        let upright = if options.contains("rotate") { image::imageops::rotate270(&image) } else { image };
        let (width, height) = upright.dimensions();
        if width > 8 && height > 8 {
            assert_shows(&upright, (0, 0, width, height), WHOLE, 3.0, &what);
        } else {
            // Too few pixels across for the edges to be told from the middle: along the long side only.
            for n in 8..width.max(height) - 8 {
                let (x, y, channel) = if width > height { (n, height / 2, 0) } else { (width / 2, n, 1) };
                let expected = 255.0 * (f64::from(n) + 0.5) / f64::from(width.max(height));
                let off = (f64::from(upright.get_pixel(x, y).0[channel]) - expected).abs();
                assert!(off <= 2.0, "{what}: off by {off} at {n}");
            }
        }
        if width.min(height) >= 64 {
            assert_smooth(&upright, 6, &what);
        }
    }
    // As they are: within the device's textures, beyond a result's longest side.
    let error = engine.transform(&map(Size::new(16_384, 64)), &request("")).unwrap_err();
    assert_eq!(error.fault(), Fault::TooLarge, "{error}");
    assert!(error.to_string().contains("16384x64"), "{error}");
}

#[test]
fn longer_than_any_texture() {
    let Some(engine) = engine() else { return };
    let _alone = alone();
    // The longest side that is taken, along rows and along columns; larger than what the device has must be said so.
    for source in [Size::new(65_500, 3), Size::new(3, 65_500)] {
        let file = map(source);
        let side = if source.width > source.height { "w=655,h=3" } else { "w=3,h=655" };
        match engine.transform(&file, &request(&format!("{side},fit=squeeze,format=png-force"))) {
            Ok(out) => {
                let image = decoded(&out.bytes).into_rgba8();
                for n in [10, 100, 327, 600, 645] {
                    let along = if source.width > source.height {
                        image.get_pixel(n, 1).0[0]
                    } else {
                        image.get_pixel(1, n).0[1]
                    };
                    let expected = 255.0 * (f64::from(n) + 0.5) / 655.0;
                    assert!((f64::from(along) - expected).abs() <= 2.0, "{source}: {along} for {expected} at {n}");
                }
            }
            Err(error) => assert_eq!(error.fault(), Fault::TooLarge, "{source}: {error}"),
        }
    }
}

/// The side of 100 megapixels.
const SIDE: u32 = 10_000;

/// A row's place in 100 megapixels, three bindings' worth: red grows to the right, or to the left in every other tenth of
/// the height; green grows downwards; of every 200 rows the first 20 are blue.
fn hundred(x: u32, y: u32) -> [u8; 3] {
    let along = if (y / 1_000).is_multiple_of(2) { x } else { SIDE - 1 - x };
    [(255 * along / (SIDE - 1)) as u8, (255 * y / (SIDE - 1)) as u8, if y % 200 < 20 { 255 } else { 0 }]
}

#[test]
fn a_hundred_megapixels() {
    let Some(engine) = engine() else { return };
    let _alone = alone();
    let started = Instant::now();
    let source = files::png_rgb(Size::new(SIDE, SIDE), hundred);
    println!("100 megapixels made in {:?}", started.elapsed());
    let started = Instant::now();
    let image = pixels(engine, &source, "w=500");
    println!("100 megapixels to 500x500 in {:?}", started.elapsed());
    assert_eq!(image.dimensions(), (500, 500));
    for y in 4..486 {
        for x in 4..496 {
            let [red, green, blue, alpha] = image.get_pixel(x, y).0;
            let along = if y / 50 % 2 == 0 { x } else { 499 - x };
            let code = |at: u32| 255.0 * (f64::from(at) + 0.5) / 500.0;
            // Rows near a change of direction are mixed.
            let is_mixed = (y % 50).min(49 - y % 50) < 4;
            assert!(is_mixed || (f64::from(red) - code(along)).abs() <= 2.0, "red {red} at {x},{y}");
            assert!((f64::from(green) - code(y)).abs() <= 2.0, "green {green} at {x},{y}");
            // Ten rows are two hundred: every stripe is like every other, wherever a chunk or a band ends.
            let next = image.get_pixel(x, y + 10).0[2];
            assert!(blue.abs_diff(next) <= 2, "blue {blue} at {x},{y}, and {next} ten rows on");
            assert_eq!(alpha, 255);
        }
    }
    assert!(image.get_pixel(250, 250).0[2] > 200 && image.get_pixel(250, 255).0[2] < 60, "there are stripes");

    let started = Instant::now();
    let out = rendered(engine, &source, "trim=9000;0;0;9000,format=png-force");
    println!("its corner in {:?}", started.elapsed());
    let corner = decoded(&out.bytes).into_rgb8();
    assert_eq!(corner.dimensions(), (1000, 1000));
    for (x, y, pixel) in corner.enumerate_pixels() {
        assert_eq!(pixel.0, hundred(9_000 + x, 9_000 + y), "{x},{y}");
    }
}

#[test]
fn one_row_more_than_a_hundred_megapixels() {
    let Some(engine) = engine() else { return };
    let _alone = alone();
    let planes = Planes::new(Size::new(10_001, 10_000), Layout::GRAY8, vec![7; 100_010_000]).unwrap();
    let file = files::png_of(&planes, None, None);
    drop(planes);
    let error = engine.transform(&file, &request("w=10")).unwrap_err();
    let TransformError::Codec(CodecError::TooLarge { what, value, limit }) = error else { panic!("{error}") };
    assert_eq!((what, value, limit), (Bound::AreaPx, 100_010_000, 100_000_000));
    // Results have the same limit, and one for their sides.
    let small = map(Size::new(100, 100));
    for (options, message) in [("w=12001,fit=contain", "12001x12001"), ("w=10001,h=10000,fit=squeeze", "10001x10000")] {
        let error = engine.transform(&small, &request(options)).unwrap_err();
        assert_eq!(error.fault(), Fault::TooLarge, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}
