//! The library's own spelling: chains, layers, samples, textures, `.await`; and what an engine promises about itself.

use std::{sync::Arc, thread, time::Duration};

use image::{DynamicImage, RgbImage, Rgba, RgbaImage};
use tintype::{Output, Placement, Policy, Tintype, TransformError, engine::ops::composite::Repeat};
use tintype_pixels::Size;
use tintype_testkit::{engine, files};

use super::{assert_near, decoded, map, pixels, rendered, request};

const ASTRONAUT: &[u8] = include_bytes!("../pictures/astronaut.jpg");

#[test]
fn what_is_not_installed_is_said_wherever_it_is_asked_for() {
    let Some(engine) = engine() else { return };
    let generate = || engine.input(ASTRONAUT).transform("w=600,fit=contain,upscale=generate".parse().unwrap());
    let base = || engine.input(ASTRONAUT).transform("w=60".parse().unwrap());
    let errors = [
        engine.transform(ASTRONAUT, &request("w=20,upscale=generate")).unwrap_err(),
        engine.transform(ASTRONAUT, &request("w=20,upscale=generate,format=json")).unwrap_err(),
        base().draw(generate(), Placement::default()).output(Output::png()).run().unwrap_err(),
        generate().output(Output::rgb()).run().unwrap_err(),
        generate().to_samples().unwrap_err(),
        generate().output(Output::png()).explain().unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, TransformError::NotInstalled { asked: "upscale=generate", .. }), "{error}");
        assert!(error.to_string().contains("model"), "{error}");
    }
    let out = rendered(engine, ASTRONAUT, "w=600,fit=contain,upscale=interpolate");
    assert_eq!((out.size.width, out.warnings.len()), (600, 0));
}

#[test]
fn a_plan_shows_what_is_drawn() {
    let Some(engine) = engine() else { return };
    let info = engine.probe(ASTRONAUT).unwrap();
    let layer = || engine.input(ASTRONAUT).transform("w=50".parse().unwrap());
    let drawn = engine.header(info).transform("w=200".parse().unwrap()).draw(layer(), Placement::top_right(3, 4));
    let render = drawn.output(Output::jpeg());
    let plan = render.explain().unwrap();
    let whole = engine.input(ASTRONAUT).transform("w=200".parse().unwrap()).draw(layer(), Placement::top_right(3, 4));
    assert_eq!(plan, whole.output(Output::jpeg()).run().unwrap().plan, "as it is done");
    assert!(plan.contains("50x50"), "{plan}");
    assert!(matches!(render.run().unwrap_err(), TransformError::NoPixels));
}

#[test]
fn an_engine_goes_by_other_rules() {
    let Some(engine) = engine() else { return };
    let small = engine.with_policy(Policy { result_side_px: 100, ..Policy::default() });
    assert!(small.transform(ASTRONAUT, &request("w=101")).is_err());
    assert!(small.transform(ASTRONAUT, &request("w=100")).is_ok());
    assert!(engine.transform(ASTRONAUT, &request("w=101")).is_ok(), "the other one stays as it is");
}

#[test]
fn layers_are_drawn_where_they_are_placed() {
    let Some(engine) = engine() else { return };
    let white = || engine.image(DynamicImage::ImageRgb8(RgbImage::from_pixel(20, 10, image::Rgb([255; 3]))));
    let dot = |color: [u8; 3]| engine.image(DynamicImage::ImageRgb8(RgbImage::from_pixel(4, 2, image::Rgb(color))));
    let out = white()
        .draw(dot([255, 0, 0]), Placement::top_left(1, 1))
        .draw(dot([0, 255, 0]), Placement::bottom_right(1, 1))
        .draw(dot([0, 0, 255]).transform("rotate=90".parse().unwrap()), Placement::default())
        .draw(dot([0, 0, 0]), Placement::top_right(-2, -1))
        .to_image()
        .unwrap();
    let image = out.into_rgba8();
    for (x, y, pixel) in image.enumerate_pixels() {
        let within = |left: i32, top: i32, width: i32, height: i32| {
            (left..left + width).contains(&(x as i32)) && (top..top + height).contains(&(y as i32))
        };
        let expected = if within(18, -1, 4, 2) {
            [0, 0, 0, 255]
        } else if within(9, 3, 2, 4) {
            [0, 0, 255, 255]
        } else if within(15, 7, 4, 2) {
            [0, 255, 0, 255]
        } else if within(1, 1, 4, 2) {
            [255, 0, 0, 255]
        } else {
            [255; 4]
        };
        assert_eq!(pixel.0, expected, "{x},{y}");
    }
    // A layer may have layers, and be scaled with them.
    let nested =
        dot([255, 0, 0]).draw(dot([0, 0, 255]).transform("trim=0;2;0;0".parse().unwrap()), Placement::top_left(0, 0));
    let layer = nested.transform("w=8,h=4,fit=squeeze".parse().unwrap());
    let image = white().draw(layer, Placement::top_left(0, 0)).to_image().unwrap().into_rgba8();
    // Enlarging two colors rings a little.
    let [left, right] = [(0, 0), (7, 3)].map(|(x, y)| image.get_pixel(x, y).0);
    assert!(left[2] > 240 && left[0] < 70 && right[0] > 240 && right[2] < 70, "{left:?} {right:?}");
    assert_eq!(image.get_pixel(8, 3).0, [255; 4]);
}

#[test]
fn layers_can_be_tiled() {
    let Some(engine) = engine() else { return };
    let white = engine.image(DynamicImage::ImageRgb8(RgbImage::from_pixel(9, 9, image::Rgb([255; 3]))));
    let dot = DynamicImage::ImageRgba8(RgbaImage::from_fn(3, 3, |x, y| {
        if (x, y) == (1, 1) { Rgba([0, 0, 0, 255]) } else { Rgba([0; 4]) }
    }));
    for (repeat, n) in [((false, false), 1), ((true, false), 3), ((false, true), 3), ((true, true), 9)] {
        let placement = Placement::top_left(3, 3).repeat(Repeat { x: repeat.0, y: repeat.1 });
        let image = white.clone().draw(engine.image(dot.clone()), placement).to_image().unwrap().into_rgba8();
        let dots: Vec<_> = image.enumerate_pixels().filter(|(_, _, p)| p.0[0] == 0).map(|(x, y, _)| (x, y)).collect();
        assert_eq!(dots.len(), n, "{repeat:?}: {dots:?}");
        assert!(dots.contains(&(4, 4)) && dots.iter().all(|(x, y)| x % 3 == 1 && y % 3 == 1), "{repeat:?}: {dots:?}");
    }
}

#[test]
fn images_go_in_and_come_out() {
    let Some(engine) = engine() else { return };
    let rgb = RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 99]));
    let DynamicImage::ImageRgb8(same) = engine.image(rgb.clone().into()).to_image().unwrap() else { panic!("8 bits") };
    assert_eq!(same, rgb);
    let rgba = RgbaImage::from_fn(40, 30, |x, y| Rgba([x as u8 * 6, y as u8 * 8, 99, 200]));
    let DynamicImage::ImageRgba8(out) = engine.image(rgba.clone().into()).to_image().unwrap() else { panic!("alpha") };
    assert_near(&out, &rgba, 1, "rgba");
    let wide = DynamicImage::ImageRgb8(rgb).into_rgb16();
    let out = engine.image(wide.clone().into()).transform("flip=h".parse().unwrap()).to_image().unwrap();
    let DynamicImage::ImageRgb16(out) = out else { panic!("16 bits") };
    assert_eq!(
        (out.get_pixel(39, 0).0[0], out.get_pixel(0, 0).0[0]),
        (wide.get_pixel(0, 0).0[0], wide.get_pixel(39, 0).0[0])
    );
    // The same as by way of a file.
    let size = Size::new(64, 48);
    let file = map(size);
    let by_file = pixels(engine, &file, "w=20");
    let by_image = engine.image(decoded(&file)).transform("w=20".parse().unwrap()).to_image().unwrap();
    assert_near(&by_image.into_rgba8(), &by_file, 0, "file and image");
}

#[test]
fn a_texture_stays_on_the_device() {
    let Some(engine) = engine() else { return };
    let source = engine.input(files::png_rgb(Size::new(100, 60), |_, _| [188, 188, 188]));
    let out = source.transform("w=50".parse().unwrap()).to_texture().unwrap();
    assert_eq!(out.size, Size::new(50, 30));
    assert!(out.texture.width() >= 50 && out.texture.height() >= 30);
    assert_eq!(out.texture.format(), tintype::engine::wgpu::TextureFormat::Rgba16Float);
}

#[test]
fn a_chain_can_be_awaited() {
    let Some(engine) = engine() else { return };
    let chain = || {
        let logo = engine.input(files::png(Size::new(20, 20), |_, _| [255, 0, 0, 255]));
        engine
            .input(ASTRONAUT)
            .transform("width=80,height=60,fit=cover,gravity=top".parse().unwrap())
            .draw(logo.transform("width=10".parse().unwrap()), Placement::bottom_right(5, 5).opacity(0.75))
            .output(Output::webp().quality(80))
    };
    let awaited = pollster::block_on(async { chain().await.unwrap() });
    let out = chain().run().unwrap();
    assert_eq!(awaited.bytes, out.bytes);
    assert_eq!((out.content_type, out.size), ("image/webp", Size::new(80, 60)));
    assert!(out.timings.total >= out.timings.gpu && !out.timings.gpu.is_zero(), "{:?}", out.timings);
    assert!(out.plan.contains("decode") && out.plan.contains("composite"), "{}", out.plan);
    let corner = decoded(&out.bytes).into_rgba8().get_pixel(70, 50).0;
    assert!(corner[0] > 150 && corner[1] < 120, "{corner:?}");
}

#[test]
fn a_warm_request_allocates_nothing() {
    if engine().is_none() {
        return;
    }
    // An engine of its own: other tests work on the shared one meanwhile.
    let engine = Tintype::builder().build().unwrap();
    // Kernels for 16 bits are built behind the first requests; they are not what is counted here.
    let mut before = engine.gpu().counters();
    for _ in 0..60 {
        thread::sleep(Duration::from_millis(500));
        let now = engine.gpu().counters();
        if now == before {
            break;
        }
        before = now;
    }
    let request = request("width=120,height=90,fit=cover,gravity=top,sharpen=1,blur=2,saturation=1.2,format=webp");
    let first = engine.transform(ASTRONAUT, &request).unwrap().bytes;
    let warm = engine.gpu().counters();
    for _ in 0..10 {
        assert_eq!(engine.transform(ASTRONAUT, &request).unwrap().bytes, first);
    }
    assert_eq!(engine.gpu().counters(), warm);
    assert!(warm.pipelines > 0 && warm.textures > 0 && warm.buffers > 0, "{warm:?}");
}

#[test]
fn equal_requests_give_equal_bytes_from_many_threads() {
    let Some(engine) = engine() else { return };
    let jobs: Arc<Vec<(&str, Vec<u8>)>> = Arc::new(
        [
            "width=90,format=webp",
            "width=64,height=64,fit=cover,blur=3,format=png-force",
            "height=77,sharpen=2,rotate=90",
        ]
        .into_iter()
        .map(|options| (options, engine.transform(ASTRONAUT, &request(options)).unwrap().bytes))
        .collect(),
    );
    let threads: Vec<_> = (0..8)
        .map(|index| {
            let (engine, jobs) = (engine.clone(), Arc::clone(&jobs));
            thread::spawn(move || {
                for round in 0..4 {
                    let (options, expected) = &jobs[(index + round) % jobs.len()];
                    let out = engine.transform(ASTRONAUT, &request(options)).unwrap();
                    assert!(out.bytes == *expected, "{options} in thread {index}");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn errors_say_whose_they_are() {
    use tintype::Fault;
    let Some(engine) = engine() else { return };
    let source = map(Size::new(30, 20));
    let fault = |bytes: &[u8], options: &str| engine.transform(bytes, &request(options)).unwrap_err().fault();
    assert_eq!(fault(b"hello", "w=1"), Fault::Unsupported);
    assert_eq!(fault(&source[..source.len() / 2], "w=1"), Fault::Source);
    assert_eq!(fault(&source, "w=20000,fit=contain"), Fault::TooLarge);
    assert_eq!(fault(&source, "trim=20;0;0;0"), Fault::Request);
}
