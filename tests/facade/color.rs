//! What colors become: profiles, linear light, transparency, the color options, blur and sharpen.

use image::RgbaImage;
use tintype::{Placement, Policy, Space, Tintype, engine::ops::composite::Mode};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::{engine, files};

use super::{decoded, pixels, rendered};

fn linear(v: f64) -> f64 {
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

fn encoded(v: f64) -> f64 {
    if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

/// Colors that meet the ends, the middle and neither.
const COLORS: [[u8; 3]; 6] =
    [[0, 0, 0], [255, 255, 255], [200, 100, 50], [12, 130, 240], [128, 128, 128], [255, 0, 64]];

#[test]
fn display_p3_is_shown_in_srgb() {
    let Some(engine) = engine() else { return };
    let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    // CSS Color 4, sample code: lin_P3 to XYZ times XYZ to lin_sRGB.
    let matrix = [
        [1.224_940_18, -0.224_940_18, 0.0],
        [-0.042_056_95, 1.042_056_95, 0.0],
        [-0.019_637_55, -0.078_636_05, 1.098_273_6],
    ];
    let colors =
        [[128, 128, 128], [180, 120, 90], [60, 140, 110], [90, 80, 200], [255, 255, 255], [255, 0, 0], [0, 255, 0]];
    let planes = files::planes(Size::new(colors.len() as u32, 1), Layout::RGB8, |x, _| colors[x as usize]);
    let plain = pixels(engine, &files::png_of(&planes, None, None), "");
    let image = pixels(engine, &files::png_of(&planes, Some(&icc), None), "");
    for (x, color) in colors.into_iter().enumerate() {
        assert_eq!(plain.get_pixel(x as u32, 0).0[..3], color, "without a profile nothing changes");
        let source = color.map(|code| linear(f64::from(code) / 255.0));
        let expected = matrix.map(|row| {
            let sum: f64 = row.iter().zip(source).map(|(factor, v)| factor * v).sum();
            (encoded(sum.clamp(0.0, 1.0)) * 255.0).round()
        });
        let got = image.get_pixel(x as u32, 0).0;
        for (got, expected) in got.iter().zip(expected) {
            assert!((f64::from(*got) - expected).abs() <= 1.0, "{color:?} became {got:?}, not {expected:?}");
        }
    }
    // Otherwise this test shows nothing.
    assert_ne!(plain.get_pixel(1, 0), image.get_pixel(1, 0));
}

#[test]
fn averages_are_of_light() {
    let Some(engine) = engine() else { return };
    let checker = files::png_rgb(Size::new(64, 64), |x, y| [if (x + y) % 2 == 0 { 255 } else { 0 }; 3]);
    let encoded_engine =
        Tintype::builder().policy(Policy { space: Space::Encoded, ..Policy::default() }).build().unwrap();
    for (engine, expected) in [(engine, 188), (&encoded_engine, 128)] {
        let image = pixels(engine, &checker, "w=32");
        for (x, y, pixel) in image.enumerate_pixels() {
            // Where the filter reaches over the edge it has no partner on the other side.
            let codes = if (3..29).contains(&x) && (3..29).contains(&y) { 1 } else { 4 };
            assert!(pixel.0[0].abs_diff(expected) <= codes, "{:?} at {x},{y}, not {expected}", pixel.0);
        }
    }
}

#[test]
fn transparency_has_no_halo() {
    let Some(engine) = engine() else { return };
    // Invisible green around red, invisible black around white: neither may be seen after scaling or blurring.
    let disc = |inside: [u8; 3], outside: [u8; 3]| {
        files::png(Size::new(120, 120), |x, y| {
            let (dx, dy) = (f64::from(x) - 59.5, f64::from(y) - 59.5);
            let is_inside = dx.hypot(dy) < 40.0;
            let [r, g, b] = if is_inside { inside } else { outside };
            [r, g, b, if is_inside { 255 } else { 0 }]
        })
    };
    for (inside, outside) in [([255, 0, 0], [0, 255, 0]), ([255; 3], [0; 3]), ([0; 3], [255; 3])] {
        for options in ["w=37", "w=300,fit=contain", "blur=5", "w=60,sharpen=2", "rotate=90,w=50"] {
            let image = pixels(engine, &disc(inside, outside), options);
            let mut n_soft = 0;
            for (x, y, pixel) in image.enumerate_pixels() {
                let [r, g, b, a] = pixel.0;
                n_soft += u32::from(a > 8 && a < 247);
                // What is nearly invisible has hardly any precision left.
                let codes = if a > 32 { 3 } else { 24 };
                let is_clean = [r, g, b].iter().zip(inside).all(|(got, wanted)| got.abs_diff(wanted) <= codes);
                assert!(a < 8 || is_clean, "{inside:?} {options}: {:?} at {x},{y}", pixel.0);
            }
            assert!(n_soft > 20, "{options}: the edge is soft");
        }
    }
}

#[test]
fn eight_bits_come_out_as_they_went_in() {
    let Some(engine) = engine() else { return };
    // Every code of every channel, beside several others.
    let size = Size::new(256, 24);
    let pixel = |x: u32, y: u32| {
        let other = (y * 37 + x * 3) as u8;
        match y % 3 {
            0 => [x as u8, other, 255 - other],
            1 => [other, x as u8, other],
            _ => [255 - other, other, x as u8],
        }
    };
    let source = files::png_rgb(size, pixel);
    for (x, y, got) in pixels(engine, &source, "").enumerate_pixels() {
        assert_eq!(got.0[..3], pixel(x, y), "{x},{y}");
    }
    // With alpha the engine keeps color times alpha, in half precision: alpha is exact, color as exact as its weight.
    let pixel = |x: u32, y: u32| [(y * 29) as u8, 255 - (y * 31) as u8, (x * 7) as u8, x as u8];
    let image = pixels(engine, &files::png(size, pixel), "");
    for (x, y, got) in image.enumerate_pixels() {
        let expected = pixel(x, y);
        assert_eq!(got.0[3], expected[3], "{x},{y}");
        let codes = if expected[3] == 0 { 255 } else { 1 };
        let off = got.0.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(off <= codes, "{x},{y}: {:?} for {expected:?}", got.0);
    }
}

#[test]
fn sixteen_bits_stay_sixteen() {
    let Some(engine) = engine() else { return };
    let size = Size::new(256, 256);
    let value = |x: u32, y: u32, c: u32| (y * 256 + x).wrapping_mul([1, 40_503, 257][c as usize]) as u16;
    let planes = files::planes(size, Layout::RGB16, |x, y| {
        let [r, g, b] = [0, 1, 2].map(|c| value(x, y, c).to_ne_bytes());
        [r[0], r[1], g[0], g[1], b[0], b[1]]
    });
    let out = rendered(engine, &files::png_of(&planes, None, None), "format=png-force");
    let image::DynamicImage::ImageRgb16(image) = decoded(&out.bytes) else { panic!("not 16 bits") };
    let mut worst = 0;
    for (x, y, pixel) in image.enumerate_pixels() {
        for c in 0..3 {
            worst = worst.max(pixel.0[c as usize].abs_diff(value(x, y, c)));
        }
    }
    assert!(worst <= 2, "off by up to {worst} of 65,535");
    // A gradient finer than 8 bits survives scaling.
    let ramp = files::planes(
        Size::new(512, 4),
        Layout::new(tintype_pixels::Channels::Gray, tintype_pixels::Depth::U16),
        |x, _| (30_000 + 2 * x as u16).to_ne_bytes(),
    );
    let out = rendered(engine, &files::png_of(&ramp, None, None), "w=256,format=png-force");
    let small = decoded(&out.bytes).into_rgb16();
    for x in 8..248 {
        let (got, expected) = (small.get_pixel(x, 0).0[0], 30_001 + 4 * x as u16);
        assert!(got.abs_diff(expected) <= 3, "{got} for {expected} at {x}");
    }
}

/// Rec. 709.
fn luma([r, g, b]: [f64; 3]) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// What one color becomes.
fn one(engine: &Tintype, color: [u8; 3], options: &str) -> [u8; 3] {
    let image = pixels(engine, &files::png_rgb(Size::new(3, 2), |_, _| color), options);
    let [r, g, b, a] = image.get_pixel(1, 1).0;
    assert!(image.pixels().all(|pixel| pixel == image.get_pixel(1, 1)), "{options} of {color:?} is one color");
    assert_eq!(a, 255);
    [r, g, b]
}

#[test]
fn color_options_follow_their_formulas() {
    let Some(engine) = engine() else { return };
    let brightness = |f: f64| move |c: [f64; 3]| c.map(|v| v * f);
    let contrast = |f: f64| move |c: [f64; 3]| c.map(|v| (v - 0.5) * f + 0.5);
    let saturation = |f: f64| move |c: [f64; 3]| c.map(|v| luma(c) + (v - luma(c)) * f);
    let gamma = |g: f64| move |c: [f64; 3]| c.map(|v| v.powf(g));
    type Formula = Box<dyn Fn([f64; 3]) -> [f64; 3]>;
    let cut = |c: [f64; 3]| c.map(|v| v.clamp(0.0, 1.0));
    let table: Vec<(&str, Formula)> = vec![
        ("brightness=0.5", Box::new(brightness(0.5))),
        ("brightness=1.7", Box::new(brightness(1.7))),
        ("contrast=0.4", Box::new(contrast(0.4))),
        ("contrast=2", Box::new(contrast(2.0))),
        ("saturation=0", Box::new(saturation(0.0))),
        ("saturation=0.5", Box::new(saturation(0.5))),
        ("saturation=1.5", Box::new(saturation(1.5))),
        ("gamma=0.5", Box::new(gamma(0.5))),
        ("gamma=2.2", Box::new(gamma(2.2))),
        ("brightness=1,contrast=1,saturation=1,gamma=1", Box::new(|c| c)),
        // In this order, whatever the order in the URL, and displayable in between.
        (
            "gamma=2,saturation=1.5,contrast=1.3,brightness=1.2",
            Box::new(move |c| gamma(2.0)(cut(saturation(1.5)(cut(contrast(1.3)(cut(brightness(1.2)(c)))))))),
        ),
    ];
    for (options, formula) in table {
        for color in COLORS {
            let expected = cut(formula(color.map(|code| f64::from(code) / 255.0))).map(|v| v * 255.0);
            let got = one(engine, color, options);
            for (got, expected) in got.iter().zip(expected) {
                assert!((f64::from(*got) - expected).abs() <= 1.0, "{options} of {color:?}: {got:?} for {expected:?}");
            }
        }
    }
}

#[test]
fn color_options_mean_the_color_that_is_seen() {
    let Some(engine) = engine() else { return };
    // Half transparent or not, the straight color goes by the same formula.
    let source = files::png(Size::new(2, 1), |x, _| [200, 100, 50, if x == 0 { 255 } else { 128 }]);
    for options in ["brightness=0.5", "contrast=1.4", "saturation=0.3", "gamma=1.8"] {
        let image = pixels(engine, &source, options);
        let [opaque, half] = [0, 1].map(|x| image.get_pixel(x, 0).0);
        assert_eq!((opaque[3], half[3]), (255, 128), "{options}");
        let off = opaque.iter().zip(half).take(3).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(off <= 1, "{options}: {opaque:?} and {half:?}");
    }
}

#[test]
fn one_color_stays_one_color() {
    let Some(engine) = engine() else { return };
    for color in COLORS {
        let source = files::png_rgb(Size::new(61, 47), |_, _| color);
        let table = [
            ("blur=1", 1),
            ("blur=20", 1),
            ("blur=250", 1),
            ("sharpen=1", 0),
            ("sharpen=10", 1),
            ("w=13", 0),
            ("w=400,fit=contain", 0),
            ("w=30,h=30,fit=cover,gravity=0.3x0.9", 0),
        ];
        for (options, codes) in table {
            let [r, g, b] = color;
            let expected = RgbaImage::from_pixel(1, 1, image::Rgba([r, g, b, 255]));
            for (x, y, pixel) in pixels(engine, &source, options).enumerate_pixels() {
                let off = pixel.0.iter().zip(expected.get_pixel(0, 0).0).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                assert!(off <= codes, "{options} of {color:?}: {:?} at {x},{y}", pixel.0);
            }
        }
    }
}

#[test]
fn sharpen_raises_edges_and_blur_lowers_them() {
    let Some(engine) = engine() else { return };
    let source = files::png_rgb(Size::new(40, 20), |x, _| [if x < 20 { 80 } else { 180 }; 3]);
    let step = |options: &str| {
        let image = pixels(engine, &source, options);
        [0, 19, 20, 39].map(|x| image.get_pixel(x, 10).0[0])
    };
    assert_eq!(step(""), [80, 80, 180, 180]);
    let [far, dark, light, end] = step("sharpen=1");
    assert!(far == 80 && end == 180 && dark < 70 && light > 184, "{dark} {light}");
    let [_, darker, lighter, _] = step("sharpen=3");
    assert!(darker < dark && lighter > light, "{darker} {lighter}");
    let [far, dark, light, end] = step("blur=4");
    assert!(far == 80 && end == 180 && dark > 110 && light < 165 && dark < light, "{dark} {light}");
}

#[test]
fn golden_vectors_seen_in_production() {
    let Some(engine) = engine() else { return };
    let red = files::png(Size::new(4, 2), |_, _| [255, 0, 0, 255]);
    let padded = engine.input(red).transform("w=8,h=8,fit=pad,background=transparent".parse().unwrap());
    let bars = |y: u32| !(2..6).contains(&y);
    let image = padded.to_image().unwrap().into_rgba8();
    for (x, y, pixel) in image.enumerate_pixels() {
        assert_eq!(pixel.0, if bars(y) { [0, 0, 0, 0] } else { [255, 0, 0, 255] }, "pad {x},{y}");
    }
    let black = engine.input(files::png(Size::new(8, 8), |_, _| [0, 0, 0, 255]));
    let image = padded.draw(black, Placement::default().mode(Mode::In)).to_image().unwrap().into_rgba8();
    for (x, y, pixel) in image.enumerate_pixels() {
        assert_eq!(pixel.0, if bars(y) { [0, 0, 0, 0] } else { [0, 0, 0, 255] }, "in {x},{y}");
    }

    let square = |x: u32, y: u32| (3..7).contains(&x) && (3..7).contains(&y);
    let source = files::png(Size::new(10, 10), |x, y| if square(x, y) { [255, 0, 0, 255] } else { [0; 4] });
    let image = pixels(engine, &source, "blur=3");
    assert!(image.pixels().all(|pixel| pixel.0[3] > 0), "blur reaches every pixel");
    for ((x, y), alpha) in [((4, 4), 137), ((5, 5), 137), ((2, 4), 75), ((7, 5), 75), ((0, 0), 1), ((9, 9), 1)] {
        let got = image.get_pixel(x, y).0;
        assert!(got[3].abs_diff(alpha) <= 1, "blur {x},{y}: alpha {} for {alpha}", got[3]);
        // The service stores color times alpha here; a PNG's color is straight, and the square is red.
        assert!(alpha < 8 || (got[0] >= 254 && got[1] <= 1 && got[2] <= 1), "blur {x},{y}: {got:?}");
    }

    let white = engine.input(files::png(Size::new(8, 8), |_, _| [255; 4]));
    let red = engine.input(files::png(Size::new(2, 2), |_, _| [255, 0, 0, 255]));
    let image = white.draw(red, Placement::top_left(2, 3).opacity(0.5)).to_image().unwrap().into_rgba8();
    for (x, y, pixel) in image.enumerate_pixels() {
        let is_red = (2..4).contains(&x) && (3..5).contains(&y);
        assert_eq!(pixel.0, if is_red { [255, 128, 128, 255] } else { [255; 4] }, "draw {x},{y}");
    }
}

#[test]
fn transparency_on_a_background_looks_as_in_a_browser() {
    let Some(engine) = engine() else { return };
    let source = files::png(Size::new(256, 1), |x, _| [200, 40, 0, x as u8]);
    for (options, under) in [("background=%233060f0", [0x30, 0x60, 0xf0]), ("format=jpeg,quality=100", [255, 255, 255])]
    {
        let image = if options.contains("jpeg") {
            decoded(&rendered(engine, &source, options).bytes).into_rgba8()
        } else {
            pixels(engine, &source, options)
        };
        let codes = if options.contains("jpeg") { 4.0 } else { 1.0 };
        for (x, _, pixel) in image.enumerate_pixels() {
            let alpha = f64::from(x) / 255.0;
            for (c, over) in [200.0, 40.0, 0.0].into_iter().enumerate() {
                let expected = over * alpha + f64::from(under[c]) * (1.0 - alpha);
                let off = (f64::from(pixel.0[c]) - expected).abs();
                assert!(off <= codes + 0.5, "{options} at alpha {x}: {:?}, {expected:.1} in channel {c}", pixel.0);
            }
            assert_eq!(pixel.0[3], 255);
        }
    }
}

#[test]
fn composite_modes_are_porter_and_duffs() {
    let Some(engine) = engine() else { return };
    // Picture: red on the left, nothing on the right. Layer: blue at the top, nothing below.
    let picture = files::png(Size::new(2, 2), |x, _| if x == 0 { [255, 0, 0, 255] } else { [0; 4] });
    let layer = files::png(Size::new(2, 2), |_, y| if y == 0 { [0, 0, 255, 255] } else { [0; 4] });
    let (red, blue, none) = ([255, 0, 0, 255], [0, 0, 255, 255], [0; 4]);
    // Both, layer only, picture only, neither.
    for (mode, expected) in [
        (Mode::Over, [blue, blue, red, none]),
        (Mode::In, [blue, none, none, none]),
        (Mode::Atop, [blue, none, red, none]),
        (Mode::Out, [none, blue, none, none]),
        (Mode::Xor, [none, blue, red, none]),
        (Mode::Lighter, [[255, 0, 255, 255], blue, red, none]),
    ] {
        let drawn = engine.input(picture.clone()).draw(engine.input(layer.clone()), Placement::default().mode(mode));
        let out = drawn.output(tintype::Output::png()).run().unwrap();
        let image = decoded(&out.bytes).into_rgba8();
        let got = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| image.get_pixel(x, y).0);
        assert_eq!(got, expected, "{mode}");
    }
}

#[test]
fn gray_sources_stay_gray() {
    let Some(engine) = engine() else { return };
    let gray = Planes::new(Size::new(256, 1), Layout::GRAY8, (0..=255).collect()).unwrap();
    let image = pixels(engine, &files::png_of(&gray, None, None), "");
    for (x, _, pixel) in image.enumerate_pixels() {
        assert_eq!(pixel.0, [x as u8, x as u8, x as u8, 255]);
    }
}
