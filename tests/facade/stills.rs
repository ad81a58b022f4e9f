//! What is particular to a format: PNG's depth and palettes, and SVG, which is passed on or drawn.

use tintype::{Output, TransformError};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::{engine, files};

use super::{decoded, pixels, rendered, request};

const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='20'><script>alert(1)</script>\
    <rect width='15' height='20' fill='#ff8000'/></svg>";

/// Samples of 16 bits, none of them a repeated byte.
fn deep(size: Size, layout: Layout) -> Planes {
    let count = size.area() as usize * layout.pixel_bytes() as usize / 2;
    let sample = |n: usize| (n as u32).wrapping_mul(2_654_435_761).rotate_left(9) as u16;
    // Colors of what is transparent do not survive premultiplication, and need not.
    let opaque = |n: usize| layout.has_alpha() && n % 4 == 3;
    let samples = (0..count).flat_map(|n| if opaque(n) { u16::MAX } else { sample(n) }.to_ne_bytes());
    Planes::new(size, layout, samples.collect()).unwrap()
}

#[test]
fn without_operations_a_png_keeps_its_pixels() {
    let Some(engine) = engine() else { return };
    let size = Size::new(64, 48);
    let eight = files::png(size, |x, y| [(x * 4) as u8, (y * 5) as u8, (x ^ y) as u8, 255]);
    assert_eq!(pixels(engine, &eight, "").into_raw(), decoded(&eight).into_rgba8().into_raw());

    let deep = deep(size, Layout::RGB16);
    let out = rendered(engine, &files::png_of(&deep, None, None), "format=png-force");
    let back = decoded(&out.bytes);
    assert_eq!(back.color(), image::ColorType::Rgb16, "16 bits stay 16 bits");
    let expected = deep.bytes().as_chunks::<2>().0.iter().map(|v| u16::from_ne_bytes(*v));
    let off = back.into_rgb16().into_raw().into_iter().zip(expected).map(|(got, wanted)| got.abs_diff(wanted)).max();
    assert_eq!(off, Some(0), "in codes of 65535");
}

#[test]
fn a_quality_gives_a_png_a_palette() {
    let Some(engine) = engine() else { return };
    let source = files::png(Size::new(120, 90), |x, y| [(x * 2) as u8, (y * 2) as u8, 90, (x + y) as u8]);
    for (options, color_type) in [
        ("format=png", 6),
        ("format=png,quality=70", 3),
        ("quality=70", 3),
        ("format=png,quality=100", 6),
        ("format=png-force,quality=70", 6),
        ("format=png,quality=70,compression=fast", 6),
    ] {
        let out = rendered(engine, &source, options);
        assert_eq!((out.content_type, out.bytes[25]), ("image/png", color_type), "{options}");
        assert_eq!(decoded(&out.bytes).width(), 120);
    }
}

#[test]
fn an_svg_is_passed_on_where_no_pixels_are_asked_for() {
    let Some(engine) = engine() else { return };
    for options in ["", "width=300", "format=auto", "format=svg", "quality=50,rotate=90"] {
        let out = rendered(engine, SVG.as_bytes(), options);
        let text = String::from_utf8(out.bytes).unwrap();
        assert_eq!((out.content_type, out.size), ("image/svg+xml", Size::new(30, 20)), "{options}");
        assert!(text.contains("<rect") && !text.contains("script"), "{options}: {text}");
        assert!(out.plan.starts_with("pass "), "{}", out.plan);
    }
}

#[test]
fn an_svg_is_drawn_at_the_size_that_is_asked_for() {
    let Some(engine) = engine() else { return };
    for (options, width, height) in [
        ("", 30, 20),
        ("width=600", 600, 400),
        ("width=9", 9, 6),
        ("width=200,height=200,fit=cover", 200, 200),
        ("width=200,height=200,fit=pad,background=white", 200, 200),
        ("width=60,rotate=90", 60, 90),
        ("trim=0;15;0;0", 15, 20),
    ] {
        let image = pixels(engine, SVG.as_bytes(), options);
        assert_eq!(image.dimensions(), (width, height), "{options}");
    }
    let image = pixels(engine, SVG.as_bytes(), "width=600");
    // Drawn large and not enlarged: the edge is sharp.
    assert_eq!([image.get_pixel(298, 200).0, image.get_pixel(301, 200).0], [[255, 128, 0, 255], [0, 0, 0, 0]]);
    for (format, content_type) in [("jpeg", "image/jpeg"), ("webp", "image/webp"), ("json", "application/json")] {
        assert_eq!(rendered(engine, SVG.as_bytes(), &format!("format={format}")).content_type, content_type);
    }
}

#[test]
fn an_svg_can_be_drawn_on_something_and_drawn_upon() {
    let Some(engine) = engine() else { return };
    let red = files::png(Size::new(60, 40), |_, _| [200, 0, 0, 255]);
    let layer = engine.input(SVG.as_bytes()).transform("width=60".parse().unwrap());
    let out = engine.input(red.clone()).draw(layer, tintype::Placement::default()).output(Output::png()).run().unwrap();
    let image = decoded(&out.bytes).into_rgba8();
    assert_eq!([image.get_pixel(5, 5).0, image.get_pixel(50, 5).0], [[255, 128, 0, 255], [200, 0, 0, 255]]);
    let base = engine.input(SVG.as_bytes()).transform("width=120".parse().unwrap());
    let out = base.draw(engine.input(red), tintype::Placement::default()).output(Output::auto()).run().unwrap();
    assert_eq!((out.content_type, out.size), ("image/png", Size::new(120, 80)), "not passed on: something is on it");
}

#[test]
fn svg_of_pixels_and_pixels_of_a_broken_svg_are_refused() {
    let Some(engine) = engine() else { return };
    let png = files::png(Size::new(4, 4), |_, _| [1, 2, 3, 255]);
    assert!(matches!(engine.transform(&png, &request("format=svg")), Err(TransformError::NotSvg)));
    for options in ["", "format=png"] {
        let result = engine.transform(&SVG.as_bytes()[..SVG.len() - 3], &request(options));
        assert!(matches!(result, Err(TransformError::Codec(_))), "{options}");
    }
}
