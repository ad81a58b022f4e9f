//! Faces and foregrounds, with a model whose answers are given: what is cropped, what becomes transparent.

use std::sync::Arc;

use tintype::{Fault, Placement, Tintype, TransformError, VisionError};
use tintype_pixels::Size;
use tintype_testkit::{FakeVision, engine, files};

use super::{Span, assert_shows, map, pixels, rendered};

/// Options, the size of the result, and the part of the source that it shows.
type Shown = (&'static str, (u32, u32), (Span, Span));

/// An engine whose model sees `fake`; skips as [`engine`] does.
fn seeing(fake: FakeVision) -> Option<Tintype> {
    engine()?;
    Some(Tintype::builder().vision(Arc::new(fake)).build().expect("the adapter was there a moment ago"))
}

#[test]
fn faces_decide_what_is_cropped() {
    let faces = vec![[0.7, 0.4, 0.05, 0.1], [0.75, 0.5, 0.05, 0.1]];
    let Some(engine) = seeing(FakeVision { faces, ..FakeVision::default() }) else { return };
    // The box around both is 0.7 to 0.8 across and 0.4 to 0.6 down of a picture of 2000x1000: 200x200 pixels.
    let table: &[Shown] = &[
        ("w=100,h=100,fit=cover,gravity=face", (100, 100), ((0.5, 1.0), (0.0, 1.0))),
        ("w=100,h=200,fit=cover,gravity=face", (100, 200), ((0.625, 0.875), (0.0, 1.0))),
        ("w=100,h=25,fit=aspect-crop,gravity=face", (100, 25), ((0.0, 1.0), (0.25, 0.75))),
        ("w=100,gravity=face", (100, 50), ((0.0, 1.0), (0.0, 1.0))),
        ("w=100,gravity=face,zoom=1", (100, 100), ((0.7, 0.8), (0.4, 0.6))),
        ("w=100,gravity=face,face-zoom=0.5", (100, 100), ((0.65, 0.85), (0.3, 0.7))),
        ("gravity=face,zoom=0.5", (400, 400), ((0.65, 0.85), (0.3, 0.7))),
        ("w=200,h=100,fit=cover,gravity=face,zoom=0.5", (200, 100), ((0.55, 0.95), (0.3, 0.7))),
        ("w=200,h=100,fit=contain,gravity=face,zoom=0.5", (100, 100), ((0.65, 0.85), (0.3, 0.7))),
        ("w=100,h=50,fit=squeeze,gravity=face,zoom=1", (100, 50), ((0.7, 0.8), (0.4, 0.6))),
        // The model sees what is left after trim: 0.7 to 0.8 of the right half is 0.85 to 0.9 of all.
        ("trim.left=1000,w=100,h=200,gravity=face,zoom=1", (100, 200), ((0.85, 0.9), (0.4, 0.6))),
        // And after flip: what it sees at 0.7 to 0.8 is mirrored there.
        ("flip=h,w=100,gravity=face,zoom=1", (100, 100), ((0.3, 0.2), (0.4, 0.6))),
        ("rotate=180,w=100,gravity=face,zoom=1", (100, 100), ((0.3, 0.2), (0.6, 0.4))),
        ("zoom=1,gravity=left,w=100,h=100,fit=cover", (100, 100), ((0.0, 0.5), (0.0, 1.0))),
    ];
    let source = map(Size::new(2000, 1000));
    for (options, size, shown) in table {
        let image = pixels(&engine, &source, options);
        assert_eq!(image.dimensions(), *size, "{options}");
        assert_shows(&image, (0, 0, size.0, size.1), *shown, 2.0, options);
    }
}

#[test]
fn without_a_face_the_middle_stays() {
    let Some(engine) = seeing(FakeVision::default()) else { return };
    let source = map(Size::new(200, 100));
    for zoom in ["", ",zoom=0.9"] {
        let options = format!("w=50,h=50,fit=cover,gravity=face{zoom}");
        assert_shows(&pixels(&engine, &source, &options), (0, 0, 50, 50), ((0.25, 0.75), (0.0, 1.0)), 2.0, &options);
    }
}

#[test]
fn only_the_foreground_stays() {
    let foreground = Some([0.25, 0.0, 0.5, 1.0]);
    let fake = FakeVision { foreground, matte_view: (64, 64), ..FakeVision::default() };
    let Some(engine) = seeing(fake) else { return };
    let gray = files::png(Size::new(256, 128), |_, _| [100, 150, 200, 255]);
    // Options; then a pixel of the foreground and one of the background, and what they are.
    let inside = [100, 150, 200, 255];
    let table: &[(&str, (u32, u32), [u8; 4])] = &[
        ("segment=foreground", (10, 60), [0; 4]),
        ("segment=foreground", (128, 60), inside),
        ("segment=foreground,w=64", (4, 16), [0; 4]),
        ("segment=foreground,w=64", (32, 16), inside),
        ("segment=foreground,background=white", (10, 60), [255; 4]),
        ("segment=foreground,background=white", (128, 60), inside),
        // The model sees the crop, not the picture; bars come after it.
        ("segment=foreground,w=64,h=64,fit=cover", (4, 32), [0; 4]),
        ("segment=foreground,w=64,h=64,fit=cover", (32, 32), inside),
        ("segment=foreground,w=64,h=64,fit=pad,background=red", (32, 4), [255, 0, 0, 255]),
        ("segment=foreground,w=64,h=64,fit=pad,background=red", (4, 32), [255, 0, 0, 255]),
        ("segment=foreground,w=64,h=64,fit=pad,background=red", (32, 32), inside),
        ("segment=foreground,rotate=90", (10, 10), [0; 4]),
        ("segment=foreground,rotate=90", (64, 10), inside),
        ("segment=foreground,border=lime;2", (0, 0), [0, 255, 0, 255]),
        ("segment=foreground,border=lime;2", (10, 60), [0; 4]),
    ];
    for (options, (x, y), expected) in table {
        let image = pixels(&engine, &gray, options);
        let got = image.get_pixel(*x, *y).0;
        let off = got.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(1), "{options}: pixel {x},{y} is {got:?} for {expected:?}");
    }
    // Between them the edge is soft, because the matte is smaller than the picture, and never brighter than either.
    let image = pixels(&engine, &gray, "segment=foreground");
    let alphas: Vec<u8> = (50..80).map(|x| image.get_pixel(x, 64).0[3]).collect();
    assert!(alphas.is_sorted() && alphas.iter().any(|a| (1..255).contains(a)), "{alphas:?}");
    // A format without alpha shows white.
    let jpeg = rendered(&engine, &gray, "segment=foreground,format=jpeg,quality=95");
    let jpeg = super::decoded(&jpeg.bytes).into_rgb8();
    assert!(jpeg.get_pixel(10, 60).0.iter().all(|v| *v >= 250), "{:?}", jpeg.get_pixel(10, 60));
}

#[test]
fn cloudflares_example_crops_to_the_face_then_isolates_then_fills() {
    let foreground = Some([0.0, 0.0, 1.0, 0.5]);
    let fake = FakeVision { faces: vec![[0.5, 0.25, 0.25, 0.5]], foreground, matte_view: (32, 32) };
    let Some(engine) = seeing(fake) else { return };
    let source = map(Size::new(800, 400));
    let image = pixels(&engine, &source, "gravity=face,zoom=0.5,segment=foreground,background=white");
    // The box is 200x200 at 400,100; half the zoom is 400x400 at 300,0. Of that the upper half is foreground.
    assert_eq!(image.dimensions(), (400, 400));
    assert_eq!(image.get_pixel(200, 350).0, [255; 4]);
    let top = image::imageops::crop_imm(&image, 0, 0, 400, 180).to_image();
    assert_shows(&top, (0, 0, 400, 180), ((0.375, 0.875), (0.0, 0.45)), 2.0, "the face");
}

#[test]
fn layers_are_looked_at_too() {
    let foreground = Some([0.0, 0.0, 0.5, 1.0]);
    let fake = FakeVision { faces: vec![[0.75, 0.0, 0.25, 1.0]], foreground, matte_view: (64, 64) };
    let Some(engine) = seeing(fake) else { return };
    let white = engine.input(files::png(Size::new(64, 64), |_, _| [255; 4]));
    let two = |x: u32| if x < 48 { [255, 0, 0, 255] } else { [0, 0, 255, 255] };
    let layer = engine.input(files::png(Size::new(64, 64), |x, _| two(x)));
    let faces = layer.clone().transform("gravity=face,zoom=1".parse().unwrap());
    let isolated = layer.transform("segment=foreground".parse().unwrap());
    let image = white
        .draw(isolated, Placement::top_left(0, 0))
        .draw(faces, Placement::bottom_right(0, 0))
        .to_image()
        .unwrap()
        .into_rgba8();
    assert_eq!(image.get_pixel(10, 10).0, [255, 0, 0, 255], "foreground of the layer");
    assert_eq!(image.get_pixel(40, 10).0, [255; 4], "its background");
    assert_eq!(image.get_pixel(60, 60).0, [0, 0, 255, 255], "the face of the layer, 16x64");
}

#[test]
fn without_a_model_the_answer_says_so_and_only_where_one_is_needed() {
    let Some(engine) = engine() else { return };
    let source = map(Size::new(200, 100));
    for options in ["w=50,h=50,fit=cover,gravity=face", "gravity=face,zoom=0.5", "segment=foreground"] {
        let error = engine.transform(&source, &super::request(options)).expect_err(options);
        assert!(matches!(error, TransformError::Vision(VisionError::NotInstalled { .. })), "{options}: {error}");
        assert_eq!(error.fault(), Fault::Unsupported);
    }
    for options in ["w=50,gravity=face", "w=50,h=50,fit=cover,zoom=0.5"] {
        pixels(engine, &source, options);
    }
}

#[test]
fn faces_are_told_in_pixels_of_the_upright_picture() {
    let faces = vec![[0.5, 0.25, 0.25, 0.5], [0.0, 0.0, 0.1, 0.1]];
    let Some(engine) = seeing(FakeVision { faces, ..FakeVision::default() }) else { return };
    let planes =
        files::planes(files::stored_size(6, Size::new(2000, 1000)), tintype_pixels::Layout::RGB8, |_, _| [9; 3]);
    let source = files::png_of(&planes, None, Some(&files::exif(6)));
    let found = engine.faces(&source).unwrap();
    assert_eq!(found.size, Size::new(2000, 1000));
    let boxes: Vec<_> = found.faces.iter().map(|face| [face.x, face.y, face.width, face.height]).collect();
    assert_eq!(boxes, [[1000.0, 250.0, 500.0, 500.0], [0.0, 0.0, 200.0, 100.0]]);
    assert_eq!(found.outer_box(), Some([0.0, 0.0, 1500.0, 750.0]));

    let json = |options: &str| {
        let out = rendered(&engine, &source, options);
        serde_json::from_slice::<serde_json::Value>(&out.bytes).unwrap()
    };
    let asked = json("w=100,h=100,fit=cover,gravity=face,format=json");
    assert_eq!((asked["width"].as_u64(), asked["faces"][0]["x"].as_f64()), (Some(100), Some(1000.0)), "{asked}");
    assert_eq!(json("w=100,format=json").get("faces"), None, "faces only where they are asked for");
}

/// Half of every pixel of a strip is red foreground, half of it green background: off keeps the mixture, colors finds the red.
#[test]
fn soft_edges_lose_the_old_backgrounds_color() {
    let foreground = Some([0.0, 0.0, 0.5, 1.0]);
    let Some(engine) = seeing(FakeVision { foreground, matte_view: (16, 16), ..FakeVision::default() }) else { return };
    // The matte has 16 columns and the picture 160: its edge is a ramp around the middle, which the picture's mixture follows.
    let matte = |x: u32| ((84.5 - x as f32) / 10.0).clamp(0.0, 1.0);
    let source = files::png(Size::new(160, 32), |x, _| {
        let red = (matte(x) * 255.0).round() as u8;
        [red, 255 - red, 0, 255]
    });
    let most_green = |options: &str| {
        let image = pixels(&engine, &source, options);
        let seen = image.pixels().filter(|pixel| (26..230).contains(&pixel.0[3]));
        let greens: Vec<u8> = seen.map(|pixel| pixel.0[1]).collect();
        assert!(greens.len() > 100, "{options}: a soft edge of {} pixels", greens.len());
        greens.into_iter().max().expect("some")
    };
    let (off, colors) = (most_green("segment=foreground,segment-refine=off"), most_green("segment=foreground"));
    assert!(off > 150, "the mixture stays: {off}");
    assert!(colors < 60, "no green is left of {off}: {colors}");
}

#[test]
fn json_has_the_mask_of_the_result() {
    use base64::Engine as _;
    let foreground = Some([0.0, 0.0, 0.5, 1.0]);
    let Some(engine) = seeing(FakeVision { foreground, matte_view: (64, 64), ..FakeVision::default() }) else { return };
    let source = map(Size::new(400, 200));
    let json = |options: &str| {
        let out = rendered(&engine, &source, &format!("{options},format=json"));
        serde_json::from_slice::<serde_json::Value>(&out.bytes).unwrap()
    };
    assert_eq!(json("w=100").get("mask"), None, "only where it is asked for");
    // What fills, frames or blurs the result leaves its mask alone.
    for (options, size, inside, outside) in [
        ("w=100,segment=foreground", (100, 50), (10, 25), (90, 25)),
        ("w=100,segment=foreground,background=red,blur=20,brightness=2", (100, 50), (10, 25), (90, 25)),
        ("w=100,segment=foreground,border=red;5", (110, 60), (15, 30), (2, 2)),
        ("w=100,h=100,fit=pad,segment=foreground", (100, 100), (10, 50), (10, 5)),
        ("w=50,segment=foreground,draw=(text=x)", (50, 25), (5, 12), (45, 12)),
    ] {
        let told = json(options);
        let url = told["mask"].as_str().unwrap_or_else(|| panic!("{options}: {told}"));
        let png = base64::prelude::BASE64_STANDARD.decode(url.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mask = super::decoded(&png);
        assert_eq!(mask.color(), image::ColorType::L8, "{options}");
        let mask = mask.into_luma8();
        assert_eq!((mask.dimensions(), told["width"].as_u64()), (size, Some(size.0.into())), "{options}");
        let at = |(x, y): (u32, u32)| mask.get_pixel(x, y).0[0];
        assert_eq!((at(inside), at(outside)), (255, 0), "{options}");
    }
}

#[test]
fn a_model_that_is_named_is_asked_and_options_without_segment_are_said() {
    let foreground = Some([0.25, 0.0, 0.5, 1.0]);
    let Some(engine) = seeing(FakeVision { foreground, matte_view: (64, 64), ..FakeVision::default() }) else { return };
    let source = map(Size::new(200, 100));
    pixels(&engine, &source, "segment=foreground,segment-model=u2netp");
    let error = engine.transform(&source, &super::request("segment=foreground,segment-model=isnet")).unwrap_err();
    assert!(error.to_string().contains("tintype models pull isnet"), "{error}");
    for (options, warning) in [
        ("segment-model=isnet", "segment-model has no effect without segment=foreground"),
        ("segment-refine=off", "segment-refine has no effect without segment=foreground"),
    ] {
        let warnings: Vec<_> = rendered(&engine, &source, options).warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings, [warning], "{options}");
    }
}
