//! Colors of sources that are not sRGB, and of results that need not be: judged by ImageMagick, which asks littleCMS, and by
//! CIEDE2000.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
    sync::Arc,
    thread,
};

use tintype::Tintype;
use tintype_codecs::{Limits, probe};
use tintype_pixels::{Channels, Depth, Layout, Planes, Size};
use tintype_testkit::{engine, files, icc};

use super::{decoded, pixels, rendered};

/// Nobody sees a smaller difference side by side.
const UNSEEN: f64 = 1.0;

/// 17 steps of each of three numbers from 0 to 255.
const CHART: Size = Size::new(17 * 17, 17);

fn chart(x: u32, y: u32) -> [u8; 3] {
    [x / 17, x % 17, y].map(|step| (step * 255 / 16) as u8)
}

fn convert(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("convert");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("convert: {error}; install imagemagick"));
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "convert {arguments:?}");
    output.stdout
}

/// What littleCMS makes of a file's colors in sRGB, relative to white and with black as black, 16 bits for each of red, green
/// and blue.
fn littlecms(file: &[u8]) -> Vec<[u16; 3]> {
    let folder = tempfile::tempdir().unwrap();
    let srgb = folder.path().join("srgb.icc");
    fs::write(&srgb, icc::srgb()).unwrap();
    let srgb = srgb.to_str().unwrap();
    let arguments = ["-", "-intent", "Relative", "-black-point-compensation", "-profile", srgb];
    let ending = ["-depth", "16", "-endian", "MSB", "rgb:-"];
    let samples = convert(&[arguments.as_slice(), &ending].concat(), file);
    let pixels = samples.as_chunks::<6>().0.iter();
    pixels.map(|p| [0, 2, 4].map(|at| u16::from_be_bytes([p[at], p[at + 1]]))).collect()
}

/// Lab of an sRGB color, 0 to 1, by the primaries in the connection space that every sRGB profile has.
fn lab(rgb: [f64; 3]) -> [f64; 3] {
    const TO_XYZ: [[f64; 3]; 3] = [[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]];
    let linear = rgb.map(|v| if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) });
    icc::lab(TO_XYZ.map(|row| row.iter().zip(linear).map(|(factor, v)| factor * v).sum()))
}

/// The largest difference between our PNG of a file and littleCMS, and the mean of all.
fn differences(engine: &Tintype, file: &[u8]) -> (f64, f64) {
    let ours = pixels(engine, file, "");
    let theirs = littlecms(file);
    assert_eq!(theirs.len() as u64, u64::from(ours.width()) * u64::from(ours.height()));
    let each = ours.pixels().zip(&theirs).map(|(ours, theirs)| {
        let [r, g, b, _] = ours.0;
        let ours = [r, g, b].map(|code| f64::from(code) / 255.0);
        icc::delta_e(lab(ours), lab(theirs.map(|v| f64::from(v) / 65535.0)))
    });
    let each: Vec<f64> = each.collect();
    let at = (0..each.len()).max_by(|a, b| each[*a].total_cmp(&each[*b])).unwrap();
    let (x, y) = (at as u32 % ours.width(), at as u32 / ours.width());
    println!(
        "{} colors, worst at {x},{y}: {:?} for {:?}",
        each.len(),
        ours.get_pixel(x, y).0,
        theirs[at].map(|v| f32::from(v) / 257.0)
    );
    let (worst, sum) = (each[at], each.iter().sum::<f64>());
    (worst, sum / theirs.len() as f64)
}

#[test]
fn every_kind_of_profile_gives_the_colors_of_littlecms() {
    let Some(engine) = engine() else { return };
    let planes = files::planes(CHART, Layout::RGB8, chart);
    for (name, profile) in [
        ("Display P3", icc::display_p3()),
        ("Adobe RGB", icc::adobe_rgb()),
        ("ProPhoto", icc::prophoto()),
        ("a table of red, green and blue", icc::scanner()),
    ] {
        let (worst, mean) = differences(engine, &files::png_of(&planes, Some(&profile), None));
        println!("{name}: CIEDE2000 at most {worst:.2}, {mean:.3} in the mean");
        assert!(worst <= UNSEEN, "{name}: {worst:.2}, {mean:.3} in the mean");
    }
    // Otherwise this test shows nothing.
    let theirs = files::png_of(&planes, Some(&icc::display_p3()), None);
    let plain = pixels(engine, &files::png_of(&planes, None, None), "");
    assert!(plain.pixels().zip(littlecms(&theirs)).any(|(ours, theirs)| u16::from(ours.0[0]) * 257 != theirs[0]));
}

/// A JPEG of inks, by ImageMagick: all that three inks can do, without black and with half of it.
fn ink_jpeg(profile: Option<&[u8]>) -> Vec<u8> {
    let size = Size::new(CHART.width, CHART.height * 2);
    let samples = files::planes(size, Layout::RGBA8, |x, y| {
        let [c, m, k] = chart(x, y % CHART.height);
        [c, m, (255 - c / 2).wrapping_sub(m / 3), if y < CHART.height { 0 } else { k }]
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ink.icc");
    fs::write(&path, profile.unwrap_or_default()).unwrap();
    let geometry = format!("{}x{}", size.width, size.height);
    let mut arguments = vec!["-size", &geometry, "-depth", "8", "cmyk:-", "-quality", "100"];
    arguments.extend(["-sampling-factor", "1x1"]);
    if profile.is_some() {
        arguments.extend(["-profile", path.to_str().unwrap()]);
    }
    arguments.push("jpeg:-");
    convert(&arguments, samples.bytes())
}

#[test]
fn inks_are_shown_as_their_profile_says() {
    let Some(engine) = engine() else { return };
    let file = ink_jpeg(Some(&icc::inks()));
    // Ghostscript's, of a real press, with its own idea of black, where that is installed.
    let press = fs::read("/usr/share/color/icc/ghostscript/default_cmyk.icc").ok().map(|icc| ink_jpeg(Some(&icc)));
    for (name, file) in [("inks", Some(&file)), ("a press", press.as_ref())] {
        let Some(file) = file else { continue };
        assert_eq!(probe(file, &Limits::default()).unwrap().layout, Layout::CMYK8);
        let (worst, mean) = differences(engine, file);
        println!("{name}: CIEDE2000 at most {worst:.2}, {mean:.3} in the mean");
        assert!(worst <= UNSEEN, "{name}: {worst:.2}, {mean:.3} in the mean");
    }
    // And through a resize, where light is averaged behind the table.
    let small = pixels(engine, &file, "width=100");
    assert_eq!(small.width(), 100);
    // Without a profile inks are multiplied, as browsers do; that is another picture.
    let plain = ink_jpeg(None);
    assert_eq!(probe(&plain, &Limits::default()).unwrap().layout, Layout::RGB8);
    let (plain, file) = (pixels(engine, &plain, ""), pixels(engine, &file, ""));
    assert!(plain.pixels().zip(file.pixels()).any(|(a, b)| a.0[1].abs_diff(b.0[1]) > 20));
}

/// Pixels of a file in the colors that it is in, and what it says those are.
fn stored(file: &[u8]) -> (Planes, tintype_pixels::ImageInfo) {
    let info = probe(file, &Limits::default()).unwrap();
    (tintype_codecs::decode(file, &info, &Limits::default()).unwrap(), info)
}

/// Red, green and blue of a pixel, 8 bits of each.
fn pixel(planes: &Planes, index: usize) -> [u8; 3] {
    let depth = planes.layout().depth as usize;
    let sample = |channel: usize| {
        let at = index * planes.layout().pixel_bytes() as usize + channel * depth;
        match planes.bytes()[at..at + depth] {
            [v] => v,
            [a, b] => (u16::from_ne_bytes([a, b]) / 257) as u8,
            _ => panic!("no file has floats"),
        }
    };
    [0, 1, 2].map(sample)
}

fn near(got: &[u8], expected: [u8; 3], codes: u8) -> bool {
    got.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= codes)
}

#[test]
fn kept_colors_are_the_sources_in_every_format() {
    let Some(engine) = engine() else { return };
    let p3 = icc::display_p3();
    // The reddest red of Display P3, which sRGB does not have.
    let red = files::planes(Size::new(64, 64), Layout::RGB8, |_, _| [255, 0, 0]);
    let source = files::png_of(&red, Some(&p3), None);
    for (options, codes) in [
        ("format=png-force", 0),
        ("format=png,quality=80", 0),
        ("format=jpeg,quality=95", 2),
        ("format=webp,quality=100", 0),
        ("format=webp", 4),
        ("format=avif", 4),
    ] {
        for size in ["", "width=17,", "width=200,fit=contain,", "width=40,height=40,fit=pad,blur=2,sharpen=1,"] {
            let all = format!("{size}{options},color=keep");
            let (planes, info) = stored(&rendered(engine, &source, &all).bytes);
            assert!(info.color.name.contains("Display P3"), "{all}: {:?}", info.color);
            let middle = planes.size().area() as usize / 2 + planes.size().width as usize / 2;
            let pixel = pixel(&planes, middle);
            assert!(near(&pixel, [255, 0, 0], codes), "{all}: {pixel:?}");
        }
        // Without it, sRGB, and not a word about color.
        let (_, info) = stored(&rendered(engine, &source, options).bytes);
        assert!(info.color.is_srgb() && info.icc.is_none(), "{options}: {:?}", info.color);
    }
    let (_, info) = stored(&rendered(engine, &source, "color=keep,format=gif").bytes);
    assert!(info.color.is_srgb());
}

#[test]
fn kept_colors_look_as_the_source_to_littlecms() {
    let Some(engine) = engine() else { return };
    let planes = files::planes(CHART, Layout::RGB8, chart);
    for (name, profile) in [("Display P3", icc::display_p3()), ("Adobe RGB", icc::adobe_rgb())] {
        let source = files::png_of(&planes, Some(&profile), None);
        let kept = rendered(engine, &source, "color=keep,format=png-force").bytes;
        let (before, after) = (littlecms(&source), littlecms(&kept));
        let lab = |color: &[u16; 3]| lab(color.map(|v| f64::from(v) / 65535.0));
        let worst = before.iter().zip(&after).map(|(a, b)| icc::delta_e(lab(a), lab(b))).fold(0.0, f64::max);
        println!("{name}: {worst:.2}");
        assert!(worst <= UNSEEN, "{name}: {worst:.2}");
        if name == "Display P3" {
            // Its curve is sRGB's: nothing is computed that is not undone.
            assert_eq!(stored(&kept).0.bytes(), planes.bytes());
        }
    }
}

/// What colors cost by being kept with sRGB's curve in 8 bits, in place of their own. Measured: at most 0.44 for Adobe RGB and 0.60 for
/// ProPhoto, and of 256 grays 243 and 235 stay apart; two neighbours that were 0.41 and 0.48 apart are then 0.78 and 0.73 at most.
#[test]
fn the_curve_of_srgb_holds_what_other_curves_hold() {
    let Some(engine) = engine() else { return };
    // Every step of gray, then the chart.
    let size = Size::new(256 + CHART.area() as u32, 1);
    let color = |x: u32| match x.checked_sub(256) {
        None => [x as u8; 3],
        Some(at) => chart(at % CHART.width, at / CHART.width),
    };
    let planes = files::planes(size, Layout::RGB8, |x, _| color(x));
    // Red, green and blue in the connection space (D50), and the exponent.
    let adobe = [[0.609_74, 0.205_28, 0.149_19], [0.311_11, 0.625_67, 0.063_22], [0.019_47, 0.060_87, 0.744_57]];
    let prophoto = [[0.797_68, 0.135_19, 0.031_35], [0.288_04, 0.711_87, 0.000_09], [0.0, 0.0, 0.825_1]];
    for (name, profile, to_xyz, exponent) in
        [("Adobe RGB", icc::adobe_rgb(), adobe, 563.0 / 256.0), ("ProPhoto", icc::prophoto(), prophoto, 1.8)]
    {
        let kept = rendered(engine, &files::png_of(&planes, Some(&profile), None), "color=keep,format=png-force").bytes;
        let (kept, _) = stored(&kept);
        let srgb = |v: f64| if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) };
        let lab = |codes: [u8; 3], curve: &dyn Fn(f64) -> f64| {
            let light = codes.map(|code| curve(f64::from(code) / 255.0));
            icc::lab(to_xyz.map(|row| row.iter().zip(light).map(|(factor, v)| factor * v).sum()))
        };
        let power = |v: f64| v.powf(exponent);
        let each = (0..size.width).map(|x| icc::delta_e(lab(color(x), &power), lab(pixel(&kept, x as usize), &srgb)));
        let each: Vec<f64> = each.collect();
        let grays: std::collections::BTreeSet<u8> = (0..256).map(|x| pixel(&kept, x)[1]).collect();
        // Twice the step of a code says that a gradient of neighbours shows one edge more.
        let steps = (1..256).map(|x| icc::delta_e(lab(pixel(&kept, x - 1), &srgb), lab(pixel(&kept, x), &srgb)));
        let (widest, own) = (
            steps.fold(0.0, f64::max),
            (1..256).map(|x| icc::delta_e(lab(color(x - 1), &power), lab(color(x), &power))).fold(0.0, f64::max),
        );
        let (worst, mean) = (each.iter().copied().fold(0.0, f64::max), each.iter().sum::<f64>() / each.len() as f64);
        let figures = format!(
            "{name}: {} colors, CIEDE2000 at most {worst:.2}, {mean:.3} in the mean; {} of 256 grays, widest step {widest:.2} for {own:.2}",
            each.len(),
            grays.len()
        );
        println!("{figures}");
        assert!(worst <= UNSEEN && widest <= UNSEEN, "{figures}");
    }
}

/// Milliseconds of a profile that is a table, when it is seen first and when it is seen again.
#[test]
fn tables_are_baked_once() {
    for (name, mut profile, ink) in [("red, green and blue", icc::scanner(), false), ("inks", icc::inks(), true)] {
        // Another date of creation: nobody has baked this one.
        profile[24..36].copy_from_slice(&[7; 12]);
        let file = if ink {
            ink_jpeg(Some(&profile))
        } else {
            files::png_of(&files::planes(CHART, Layout::RGB8, chart), Some(&profile), None)
        };
        let [first, again] = [(); 2].map(|()| {
            let start = std::time::Instant::now();
            assert!(probe(&file, &Limits::default()).unwrap().color.table.is_some());
            start.elapsed().as_secs_f64() * 1e3
        });
        println!("{name}: header with baking {first:.2} ms, again {again:.3} ms");
        assert!(again < first / 2.0, "{name}: {again:.2} ms after {first:.2}");
    }
}

#[test]
fn given_colors_and_layers_are_srgb_whatever_is_kept() {
    let Some(engine) = engine() else { return };
    let p3 = icc::display_p3();
    let clear = files::planes(Size::new(8, 8), Layout::RGBA8, |_, _| [0, 0, 0, 0]);
    let source = files::png_of(&clear, Some(&p3), None);
    // CSS Color 4: color(srgb 1 0 0) is color(display-p3 0.9175 0.2003 0.1386).
    for options in ["background=red", "border=red;4", "width=20,height=30,fit=pad,background=red"] {
        let all = format!("{options},color=keep,format=png-force");
        let (planes, _) = stored(&rendered(engine, &source, &all).bytes);
        assert!(near(&planes.bytes()[..3], [234, 51, 35], 1), "{all}: {:?}", &planes.bytes()[..3]);
    }
    let options: tintype::TransformOptions = "color=keep".parse().unwrap();
    let red = engine.input(files::png_rgb(Size::new(8, 8), |_, _| [255, 0, 0]));
    let drawn = engine.input(source).draw(red, tintype::Placement::default()).transform(options);
    let (planes, info) = stored(&drawn.output(tintype::Output::png()).run().unwrap().bytes);
    assert!(near(&planes.bytes()[..3], [234, 51, 35], 1), "{:?} {:?}", &planes.bytes()[..3], info.color);
}

#[test]
fn what_has_no_gamut_of_its_own_is_kept_in_display_p3() {
    let Some(engine) = engine() else { return };
    for source in [ink_jpeg(Some(&icc::inks())), {
        files::png_of(&files::planes(CHART, Layout::RGB8, chart), Some(&icc::scanner()), None)
    }] {
        let kept = rendered(engine, &source, "color=keep,format=png-force").bytes;
        let (_, info) = stored(&kept);
        assert!(info.color.name.contains("Display P3"), "{:?}", info.color);
        let (before, after) = (littlecms(&source), littlecms(&kept));
        let lab = |color: &[u16; 3]| lab(color.map(|v| f64::from(v) / 65535.0));
        let worst = before.iter().zip(&after).map(|(a, b)| icc::delta_e(lab(a), lab(b))).fold(0.0, f64::max);
        // Of the table and of the rounding to 8 bits, which is coarser in a wider gamut; both at once in the worst case.
        assert!(worst <= 1.5 * UNSEEN, "{worst:.2}");
    }
}

#[test]
fn a_png_without_operations_is_the_same_to_the_last_bit() {
    let Some(engine) = engine() else { return };
    let size = Size::new(61, 47);
    for channels in [Channels::Gray, Channels::Rgb] {
        let layout = Layout::new(channels, Depth::U8);
        let planes = tintype_testkit::pictures::samples(size, layout);
        let (after, _) = stored(&rendered(engine, &files::png_of(&planes, None, None), "format=png-force").bytes);
        let before = planes.bytes().iter().flat_map(|v| match channels {
            Channels::Gray => vec![*v; 3],
            _ => vec![*v],
        });
        assert_eq!(after.bytes(), before.collect::<Vec<u8>>(), "{layout}");
    }
    let wide = files::planes(size, Layout::RGB16, |x, y| {
        let [a, b] = ((y * 61 + x) as u16).wrapping_mul(24).to_ne_bytes();
        [a, b, b, a, a, a]
    });
    let out = rendered(engine, &files::png_of(&wide, None, None), "format=png-force").bytes;
    assert!(matches!(decoded(&out), image::DynamicImage::ImageRgb16(_)), "16 bits stay 16");
}

#[test]
fn a_table_is_baked_once_however_many_come_first() {
    let mut profile = icc::inks();
    // The year, so that no other test has had it baked.
    profile[25] ^= 1;
    let bake = || tintype_codecs::icc::ink_color(Some(&profile)).unwrap().table.unwrap();
    let tables: Vec<_> = thread::scope(|scope| {
        let baking: Vec<_> = (0..4).map(|_| scope.spawn(bake)).collect();
        baking.into_iter().map(|baking| baking.join().unwrap()).collect()
    });
    assert!(tables.windows(2).all(|pair| Arc::ptr_eq(&pair[0], &pair[1])));
}
