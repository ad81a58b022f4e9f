//! Where pixels land: every fit, gravity, orientation, trim, flip and turn.

use image::{ImageEncoder, Rgba, RgbaImage};
use tintype_pixels::{Layout, Size};
use tintype_testkit::{engine, files};

use super::{Span, assert_near, assert_shows, map, pixels, place, rendered};

const WHOLE: (Span, Span) = ((0.0, 1.0), (0.0, 1.0));

#[test]
fn every_fit_shows_what_the_documentation_says() {
    let Some(engine) = engine() else { return };
    let middle = ((1.0 / 6.0, 5.0 / 6.0), (0.0, 1.0));
    // Source, options, size of the result, what it shows of the source.
    let table = [
        ((1080, 720), "w=500,h=500", (500, 333), WHOLE),
        ((1080, 720), "w=500,h=500,fit=contain", (500, 333), WHOLE),
        ((1080, 720), "w=500,h=500,fit=scale-up", (1080, 720), WHOLE),
        ((540, 360), "w=700,h=700,fit=scale-up", (700, 467), WHOLE),
        ((540, 360), "w=700,h=700,fit=contain", (700, 467), WHOLE),
        ((1080, 720), "w=500,h=500,fit=cover", (500, 500), middle),
        ((108, 72), "w=144,h=144,fit=cover", (144, 144), middle),
        ((1080, 720), "w=500,h=500,fit=crop", (500, 500), middle),
        ((1080, 720), "w=1296,h=1296,fit=crop", (1080, 720), WHOLE),
        ((1000, 300), "w=500,h=500,fit=crop", (500, 300), ((0.25, 0.75), (0.0, 1.0))),
        ((612, 613), "w=1920,h=1120,fit=aspect-crop", (612, 357), ((0.0, 1.0), (128.0 / 613.0, 485.0 / 613.0))),
        ((1080, 720), "w=1080,h=540,fit=squeeze", (1080, 540), WHOLE),
        ((108, 72), "w=300,h=300,fit=squeeze", (300, 300), WHOLE),
        ((1080, 720), "w=2000,h=2000,fit=scale-down", (1080, 720), WHOLE),
        ((1080, 720), "w=540", (540, 360), WHOLE),
        ((1080, 720), "h=100,dpr=2", (300, 200), WHOLE),
    ];
    for ((width, height), options, size, shown) in table {
        let image = pixels(engine, &map(Size::new(width, height)), options);
        let what = format!("{width}x{height} {options}");
        assert_eq!(image.dimensions(), size, "{what}");
        assert_shows(&image, (0, 0, size.0, size.1), shown, 2.0, &what);
    }
}

#[test]
fn pad_puts_the_picture_in_the_middle_of_bars() {
    let Some(engine) = engine() else { return };
    let source = map(Size::new(1080, 720));
    for (background, bar) in [
        ("", [255, 255, 255, 255]),
        (",background=%23336699", [0x33, 0x66, 0x99, 255]),
        (",background=transparent", [0, 0, 0, 0]),
        (",background=rgb(0%20128%20255%20/%200.5)", [0, 128, 255, 128]),
    ] {
        let options = format!("w=1080,h=1080,fit=pad{background}");
        let image = pixels(engine, &source, &options);
        assert_eq!(image.dimensions(), (1080, 1080));
        assert_shows(&image, (0, 180, 1080, 720), WHOLE, 1.0, &options);
        for y in (0..180).chain(900..1080) {
            for x in [0, 1, 539, 1079] {
                assert_eq!(image.get_pixel(x, y).0, bar, "{options}: bar at {x},{y}");
            }
        }
    }
    let image = pixels(engine, &source, "w=300,h=100,fit=pad,background=red");
    assert_shows(&image, (75, 0, 150, 100), WHOLE, 2.0, "bars at the sides");
    assert_eq!(image.get_pixel(74, 50).0, [255, 0, 0, 255]);
    assert_eq!(image.get_pixel(225, 50).0, [255, 0, 0, 255]);
}

/// Gravities and, for each, the fraction of what is left over that goes to the left and to the top.
const GRAVITIES: [(&str, (f64, f64)); 8] = [
    ("center", (0.5, 0.5)),
    ("left", (0.0, 0.5)),
    ("right", (1.0, 0.5)),
    ("top", (0.5, 0.0)),
    ("bottom", (0.5, 1.0)),
    ("0x0", (0.0, 0.0)),
    ("1x1", (1.0, 1.0)),
    ("0.25x0.75", (0.25, 0.75)),
];

#[test]
fn gravity_decides_in_every_orientation() {
    let Some(engine) = engine() else { return };
    let upright = Size::new(240, 160);
    for orientation in 1..=8 {
        let stored = files::stored_size(orientation, upright);
        let planes = files::planes(stored, Layout::RGB8, |x, y| {
            let (x, y) = files::upright_from_stored(orientation, upright, (x, y));
            place(upright, x, y)
        });
        let source = files::png_of(&planes, None, Some(&files::exif(orientation)));
        for (gravity, (x, y)) in GRAVITIES {
            for (side, extent) in [((80, 80), (2.0 / 3.0, 1.0)), ((120, 40), (1.0, 0.5)), ((40, 80), (1.0 / 3.0, 1.0))]
            {
                let options = format!("w={},h={},fit=cover,gravity={gravity}", side.0, side.1);
                let what = format!("orientation {orientation}: {options}");
                let image = pixels(engine, &source, &options);
                assert_eq!(image.dimensions(), side, "{what}");
                let span = |fraction: f64, extent: f64| (fraction * (1.0 - extent), fraction * (1.0 - extent) + extent);
                assert_shows(&image, (0, 0, side.0, side.1), (span(x, extent.0), span(y, extent.1)), 2.0, &what);
            }
        }
    }
}

#[test]
fn a_point_can_be_the_middle_of_the_crop() {
    let Some(engine) = engine() else { return };
    let source = map(Size::new(900, 300));
    for (x, from) in [(0.33, 0.33 - 1.0 / 6.0), (0.01, 0.0), (1.0, 2.0 / 3.0)] {
        let options = format!("w=150,h=150,fit=cover,gravity={x}x0.5;box-center");
        let image = pixels(engine, &source, &options);
        assert_shows(&image, (0, 0, 150, 150), ((from, from + 1.0 / 3.0), (0.0, 1.0)), 2.0, &options);
    }
}

#[test]
fn every_orientation_is_the_same_picture() {
    let Some(engine) = engine() else { return };
    // Nothing about it is symmetric, and no side is a multiple of a block.
    let upright = Size::new(45, 29);
    let pixel = |x: u32, y: u32| {
        let h = tintype_testkit::pictures::hash(x / 4, y / 4);
        [h as u8, (h >> 8) as u8, (h >> 16) as u8]
    };
    let expected = pixels(engine, &files::png_rgb(upright, pixel), "");
    let smaller = pixels(engine, &files::png_rgb(upright, pixel), "w=20");
    for (x, y, got) in expected.enumerate_pixels() {
        assert_eq!(got.0[..3], pixel(x, y));
    }
    for orientation in 1..=8 {
        let stored = files::planes(files::stored_size(orientation, upright), Layout::RGB8, |x, y| {
            let (x, y) = files::upright_from_stored(orientation, upright, (x, y));
            pixel(x, y)
        });
        let exif = files::exif(orientation);
        let png = files::png_of(&stored, None, Some(&exif));
        assert_near(&pixels(engine, &png, ""), &expected, 0, &format!("png {orientation}"));
        assert_near(&pixels(engine, &png, "w=20"), &smaller, 1, &format!("png {orientation}, scaled"));

        let mut jpeg = Vec::new();
        let Size { width, height } = stored.size();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 100)
            .write_image(stored.bytes(), width, height, image::ExtendedColorType::Rgb8)
            .unwrap();
        let jpeg = files::jpeg_with_exif(&jpeg, &exif);
        let info = engine.probe(&jpeg).unwrap();
        assert_eq!((info.size, info.upright_size()), (stored.size(), upright), "jpeg {orientation}");
        assert_near(&pixels(engine, &jpeg, ""), &expected, 6, &format!("jpeg {orientation}"));
        assert_near(&pixels(engine, &jpeg, "w=20"), &smaller, 6, &format!("jpeg {orientation}, scaled"));

        // The answer is upright and does not ask to be turned again.
        let kept = rendered(engine, &jpeg, "metadata=keep,format=jpeg,quality=100");
        let again = engine.probe(&kept.bytes).unwrap();
        assert_eq!((again.size, again.upright_size()), (upright, upright), "jpeg {orientation}, metadata kept");
    }
}

/// Six pixels that are all different.
fn six() -> (Vec<u8>, RgbaImage) {
    let pixel = |x: u32, y: u32| [40 * x as u8 + 10, 100 * y as u8 + 20, 30, 255];
    (files::png(Size::new(3, 2), pixel), RgbaImage::from_fn(3, 2, |x, y| Rgba(pixel(x, y))))
}

#[test]
fn flip_comes_before_rotate() {
    use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270};
    let Some(engine) = engine() else { return };
    let (source, picture) = six();
    let table = [
        ("rotate=90", rotate90(&picture)),
        ("rotate=180", rotate180(&picture)),
        ("rotate=270", rotate270(&picture)),
        ("rotate=360", picture.clone()),
        ("flip=h", flip_horizontal(&picture)),
        ("flip=v", flip_vertical(&picture)),
        ("flip=hv", rotate180(&picture)),
        ("flip=h,rotate=90", rotate90(&flip_horizontal(&picture))),
        ("rotate=90,flip=h", rotate90(&flip_horizontal(&picture))),
        ("flip=v,rotate=270", rotate270(&flip_vertical(&picture))),
    ];
    for (options, expected) in table {
        assert_near(&pixels(engine, &source, options), &expected, 0, options);
    }
    // Called one after the other, they happen one after the other.
    let turned = engine.input(source).transform("rotate=90".parse().unwrap()).transform("flip=h".parse().unwrap());
    let image = turned.to_image().unwrap().into_rgba8();
    assert_near(&image, &flip_horizontal(&rotate90(&picture)), 0, "rotate, then flip");
}

#[test]
fn a_second_resize_works_on_all_of_what_the_first_made() {
    let Some(engine) = engine() else { return };
    let source = map(Size::new(400, 200));
    for (first, second, size) in [
        ("w=200", "w=50", (50, 25)),
        ("w=200", "w=60,h=60,fit=cover", (60, 60)),
        ("w=40", "w=200,fit=contain", (200, 100)),
        ("w=100,h=200,fit=squeeze", "w=50,h=50,fit=squeeze", (50, 50)),
        ("w=400,h=50,fit=squeeze", "w=100,h=50,fit=squeeze", (100, 50)),
    ] {
        let twice = engine.input(source.clone()).transform(first.parse().unwrap()).transform(second.parse().unwrap());
        let image = twice.to_image().unwrap().into_rgba8();
        assert_eq!(image.dimensions(), size, "{first}, then {second}");
        let across = if second.contains("cover") { (0.25, 0.75) } else { (0.0, 1.0) };
        assert_shows(&image, (0, 0, size.0, size.1), (across, (0.0, 1.0)), 6.0, &format!("{first}, then {second}"));
    }
}

#[test]
fn trim_cuts_before_anything_else() {
    let Some(engine) = engine() else { return };
    let source = map(Size::new(200, 100));
    // Whole pixels of a copy are exact; fractions are of the side they are on.
    let table = [
        ("trim=10;20;30;40", (140, 60), ((0.2, 0.9), (0.1, 0.7))),
        ("trim=0.25;0;0.25;0", (200, 50), ((0.0, 1.0), (0.25, 0.75))),
        ("trim.left=100,trim.width=50,trim.height=0.5", (50, 50), ((0.5, 0.75), (0.0, 0.5))),
        ("trim=10;20;30;40,w=70", (70, 30), ((0.2, 0.9), (0.1, 0.7))),
        ("trim=0;100;0;0,w=50,h=50,fit=cover,gravity=right", (50, 50), ((0.0, 0.5), (0.0, 1.0))),
    ];
    for (options, size, shown) in table {
        let image = pixels(engine, &source, options);
        assert_eq!(image.dimensions(), size, "{options}");
        assert_shows(&image, (0, 0, size.0, size.1), shown, 2.0, options);
    }
    let (source, picture) = six();
    let turned = pixels(engine, &source, "trim=0;1;0;0,rotate=90");
    let cut = image::imageops::crop_imm(&picture, 0, 0, 2, 2).to_image();
    assert_near(&turned, &image::imageops::rotate90(&cut), 0, "trim, then rotate");
}

#[test]
fn borders_lie_around_the_picture() {
    let Some(engine) = engine() else { return };
    let red = files::png(Size::new(4, 2), |_, _| [255, 0, 0, 255]);
    for (options, size, color, inner) in [
        ("border=transparent;3", (10, 8), [0, 0, 0, 0], (3..7, 3..5)),
        ("border=rgba(0,0,0,0);3", (10, 8), [0, 0, 0, 0], (3..7, 3..5)),
        ("border=%23123456;1;2;3;4", (10, 6), [0x12, 0x34, 0x56, 255], (4..8, 1..3)),
        ("border=blue;1,dpr=2", (8, 6), [0, 0, 255, 255], (2..6, 2..4)),
        ("w=8,h=8,fit=pad,background=lime,border=blue;1", (10, 10), [0, 0, 255, 255], (1..9, 3..7)),
    ] {
        let image = pixels(engine, &red, options);
        assert_eq!(image.dimensions(), size, "{options}");
        for (x, y, pixel) in image.enumerate_pixels() {
            let is_picture = inner.0.contains(&x) && inner.1.contains(&y);
            let is_bar = options.contains("pad") && (1..9).contains(&x) && (1..9).contains(&y);
            let expected = match (is_picture, is_bar) {
                (true, _) => [255, 0, 0, 255],
                (false, true) => [0, 255, 0, 255],
                (false, false) => color,
            };
            assert_eq!(pixel.0, expected, "{options}: {x},{y}");
        }
    }
}
