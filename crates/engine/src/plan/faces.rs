//! `gravity=face` and `zoom`: from boxes to what is cropped.
//!
//! Pure arithmetic, as Cloudflare describes it: the smallest box around all faces; its center is the focal point; with a
//! zoom `z` the crop is the box's sides divided by `z`, each clamped to the picture's, all in pixels of the copy that was
//! looked at, then scaled back. What is not described, how that crop and the ratio of `width` and `height` go together, is
//! ours: modes that fill a box widen the crop to its ratio as far as the picture reaches; the others fit the crop.

use tintype_options::{Gravity, PointMode, TransformOptions, Width};
use tintype_pixels::{Face, Rect, Size};

use super::{Geometry, find::trim_to};

/// Longest side in pixels of the copy in which faces are looked for.
const LOOK_SIDE_PX: u32 = 1024;

/// The size of the copy of a picture of `size` in which faces are looked for: its own, unless a side is longer than 1,024
/// pixels; the ratio is kept.
pub(super) fn view_size(size: Size) -> Size {
    let longest = size.width.max(size.height);
    if longest <= LOOK_SIDE_PX {
        return size;
    }
    let [scale, side] = [u64::from(LOOK_SIDE_PX), u64::from(longest)];
    let scaled = |px: u32| ((2 * u64::from(px) * scale + side) / (2 * side)).max(1) as u32;
    Size::new(scaled(size.width), scaled(size.height))
}

/// `options` with gravity and zoom replaced by what the faces mean. `size` is the picture's, upright, `geometry` what the
/// options make of it, `view` the size of the copy that the faces are in.
pub(super) fn settle(
    options: &TransformOptions,
    size: Size,
    geometry: &Geometry,
    view: Size,
    faces: &[Face],
) -> TransformOptions {
    let mut settled = TransformOptions { zoom: None, ..options.clone() };
    let Some([left, top, right, bottom]) = outer_box(view, faces) else {
        settled.gravity = None;
        return settled;
    };
    let turned = geometry.turned();
    let [view_width, view_height] = [view.width, view.height].map(f64::from);
    let scale = (f64::from(turned.width) / view_width, f64::from(turned.height) / view_height);
    let center = ((left + right) / 2.0 * scale.0, (top + bottom) / 2.0 * scale.1);
    let mut crop = Rect::whole(turned);
    if let Some(zoom) = options.zoom.filter(|zoom| *zoom > 0.0) {
        let extent = |from: f64, to: f64, side: f64| ((to - from) / zoom).min(side);
        let mut sides = (extent(left, right, view_width) * scale.0, extent(top, bottom, view_height) * scale.1);
        if let Some(ratio) = filled_ratio(options) {
            sides = widened(sides, ratio, turned);
        }
        crop = around(center, sides, turned);
        let trimmed = geometry.turn.inverse().map_rect(turned, crop);
        settled.trim = Some(trim_to(size, geometry.trim.nested(trimmed)));
    }
    let fraction = |at: f64, from: u32, side: u32| ((at - f64::from(from)) / f64::from(side)).clamp(0.0, 1.0);
    settled.gravity = Some(Gravity::Point {
        x: fraction(center.0, crop.x, crop.size.width),
        y: fraction(center.1, crop.y, crop.size.height),
        mode: PointMode::BoxCenter,
    });
    settled
}

/// Left, top, right and bottom of the smallest box around all faces, inside the view; `None` without faces.
fn outer_box(view: Size, faces: &[Face]) -> Option<[f64; 4]> {
    let [width, height] = [view.width, view.height].map(f64::from);
    let edges = faces.iter().map(|face| [face.x, face.y, face.x + face.width, face.y + face.height].map(f64::from));
    let outer = edges.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])?;
    let inside = [
        outer[0].clamp(0.0, width),
        outer[1].clamp(0.0, height),
        outer[2].clamp(0.0, width),
        outer[3].clamp(0.0, height),
    ];
    // Also when a model answers with what is no number.
    (inside[0] < inside[2] && inside[1] < inside[3]).then_some(inside)
}

/// Width by height of the box that the result fills, for modes that crop.
fn filled_ratio(options: &TransformOptions) -> Option<f64> {
    match (options.width, options.height) {
        (Some(Width::Px(width)), Some(height))
            if options.fit.unwrap_or_default().crops() && width > 0 && height > 0 =>
        {
            Some(f64::from(width) / f64::from(height))
        }
        _ => None,
    }
}

/// The smallest sides of `ratio` that hold `sides`, or the largest that the picture has.
fn widened((width, height): (f64, f64), ratio: f64, picture: Size) -> (f64, f64) {
    let [most_width, most_height] = [picture.width, picture.height].map(f64::from);
    let width = width.max(height * ratio).min(most_width).min(most_height * ratio);
    (width, width / ratio)
}

/// Whole pixels of a picture, centered on a point as far as its edges allow.
fn around((x, y): (f64, f64), (width, height): (f64, f64), picture: Size) -> Rect {
    let span = |at: f64, extent: f64, side: u32| {
        let length = (extent.round() as u32).clamp(1, side);
        let start = (at - f64::from(length) / 2.0).round().clamp(0.0, f64::from(side - length));
        (start as u32, length)
    };
    let ((x, width), (y, height)) = (span(x, width, picture.width), span(y, height, picture.height));
    Rect::new(x, y, Size::new(width, height))
}

#[cfg(test)]
mod tests {
    use super::super::resolve;
    use super::*;

    fn face(x: f32, y: f32, width: f32, height: f32) -> Face {
        Face { x, y, width, height, score: 1.0, ..Face::default() }
    }

    fn size_of((width, height): (u32, u32)) -> Size {
        Size::new(width, height)
    }

    /// The geometry that `options` come to for a picture in whose copy these faces are.
    fn settled(size: (u32, u32), options: &str, faces: &[Face]) -> Geometry {
        let (size, options) = (Size::new(size.0, size.1), options.parse().expect("options of a test"));
        let geometry = resolve(size, &options, None).expect("geometry of a test");
        let settled = settle(&options, size, &geometry, view_size(geometry.turned()), faces);
        resolve(size, &settled, None).expect("something is left")
    }

    #[test]
    fn copies_have_at_most_1024_pixels_per_side() {
        let table = [
            // The documentation's.
            ((125, 2000), (64, 1024)),
            ((2048, 2048), (1024, 1024)),
            ((1024, 1024), (1024, 1024)),
            ((4000, 3000), (1024, 768)),
            ((100_000, 3), (1024, 1)),
        ];
        for ((width, height), expected) in table {
            assert_eq!(view_size(Size::new(width, height)), size_of(expected), "{width}x{height}");
        }
    }

    #[test]
    fn the_documentations_worked_example() {
        // 2048x2048, looked at as 1024x1024, a box of 100x500 around all faces.
        let faces = [face(462.0, 262.0, 100.0, 200.0), face(470.0, 400.0, 20.0, 362.0)];
        for (zoom, crop) in [("0.5", (400, 2000)), ("0.25", (800, 2048)), ("1", (200, 1000))] {
            let geometry = settled((2048, 2048), &format!("gravity=face,zoom={zoom}"), &faces);
            assert_eq!(geometry.trim.size, size_of(crop), "zoom={zoom}");
            assert_eq!(geometry.scaled, geometry.trim.size, "zoom={zoom}: nothing else was asked for");
        }
    }

    #[test]
    fn without_zoom_the_crop_is_centered_on_the_faces() {
        let faces = [face(700.0, 100.0, 100.0, 100.0), face(800.0, 200.0, 100.0, 100.0)];
        let geometry = settled((1000, 500), "width=100,height=100,fit=cover,gravity=face", &faces);
        assert_eq!((geometry.crop.x, geometry.crop.width), (500.0, 500.0), "as far as the edge allows");
        let faces = [face(500.0, 100.0, 100.0, 100.0)];
        let geometry = settled((1000, 500), "width=100,height=100,fit=cover,gravity=face", &faces);
        assert_eq!((geometry.crop.x, geometry.crop.width), (300.0, 500.0));
    }

    #[test]
    fn without_faces_it_is_the_middle() {
        let nan = face(f32::NAN, f32::NAN, f32::NAN, f32::NAN);
        for faces in [&[][..], &[face(0.0, 0.0, 0.0, 0.0)], &[face(-50.0, 0.0, 20.0, 20.0)], &[nan]] {
            for zoom in ["", ",zoom=0.9"] {
                let options = format!("width=100,height=100,fit=cover,gravity=face{zoom}");
                let geometry = settled((1000, 500), &options, faces);
                assert!(geometry.trim.is_whole(Size::new(1000, 500)), "{faces:?}");
                assert_eq!((geometry.crop.x, geometry.crop.width), (250.0, 500.0), "{faces:?}");
            }
        }
    }

    #[test]
    fn a_zoomed_crop_takes_the_ratio_that_is_filled() {
        // A box of 100x100 in the middle of the right half of 1000x500; the copy is the picture.
        let faces = [face(700.0, 200.0, 100.0, 100.0)];
        let table = [
            // Modes that fit: the crop is the box over zoom.
            ("width=50,height=100,fit=contain,zoom=0.5", Rect::new(650, 150, Size::new(200, 200)), (50, 50)),
            ("width=50,height=100,fit=pad,zoom=0.5", Rect::new(650, 150, Size::new(200, 200)), (50, 50)),
            ("width=50,height=100,fit=squeeze,zoom=0.5", Rect::new(650, 150, Size::new(200, 200)), (50, 100)),
            ("width=50,zoom=0.5", Rect::new(650, 150, Size::new(200, 200)), (50, 50)),
            // Modes that fill: widened to the ratio.
            ("width=50,height=100,fit=cover,zoom=0.5", Rect::new(650, 50, Size::new(200, 400)), (50, 100)),
            ("width=100,height=50,fit=crop,zoom=0.5", Rect::new(550, 150, Size::new(400, 200)), (100, 50)),
            ("width=100,height=50,fit=aspect-crop,zoom=0.5", Rect::new(550, 150, Size::new(400, 200)), (100, 50)),
            // As far as the picture reaches: 250x500 is all of its height.
            ("width=50,height=100,fit=cover,zoom=0.2", Rect::new(625, 0, Size::new(250, 500)), (50, 100)),
            // At the edge the crop moves inside.
            ("width=100,height=50,fit=cover,zoom=0.25", Rect::new(200, 50, Size::new(800, 400)), (100, 50)),
        ];
        for (options, trim, scaled) in table {
            let geometry = settled((1000, 500), &format!("gravity=face,{options}"), &faces);
            assert_eq!((geometry.trim, geometry.scaled), (trim, size_of(scaled)), "{options}");
        }
    }

    #[test]
    fn faces_are_found_after_trim_flip_and_rotate() {
        // Trimmed to 800x500 at 200,0; rotated to 500x800; the face is at 100,600 to 200,700 of that.
        let faces = [face(100.0, 600.0, 100.0, 100.0)];
        let geometry = settled((1000, 500), "trim.left=200,rotate=90,gravity=face,zoom=1", &faces);
        // A quarter clockwise takes (x, y) of the trimmed picture to (499 - y, x).
        assert_eq!(geometry.trim, Rect::new(800, 300, Size::new(100, 100)));
        let geometry = settled((1000, 500), "flip=h,dpr=2,gravity=face,zoom=1", &[face(0.0, 0.0, 100.0, 50.0)]);
        assert_eq!(geometry.trim, Rect::new(900, 0, Size::new(100, 50)));
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn every_crop_holds_the_faces_center_and_lies_inside(
                (width, height) in (1..5000_u32, 1..5000_u32),
                (x, y, w, h) in (0.0..0.9_f32, 0.0..0.9_f32, 0.01..0.5_f32, 0.01..0.5_f32),
                zoom in 0.0..=1.0_f64,
                fit in proptest::sample::select(tintype_options::Fit::ALL),
                target in proptest::option::of((1..3000_u32, 1..3000_u32)),
                turn in proptest::sample::select(vec!["", ",rotate=90", ",rotate=180,flip=h", ",rotate=270,flip=v"]),
            ) {
                let size = Size::new(width, height);
                let sides = target.map(|(w, h)| format!(",width={w},height={h}")).unwrap_or_default();
                let options: TransformOptions =
                    format!("gravity=face,zoom={zoom},fit={fit}{sides}{turn}").parse().expect("options");
                let geometry = resolve(size, &options, None).expect("geometry");
                let view = view_size(geometry.turned());
                let [vw, vh] = [view.width, view.height].map(|side| side as f32);
                let face = face(x * vw, y * vh, w * vw, h * vh);
                let settled = settle(&options, size, &geometry, view, &[face]);
                prop_assert_eq!(settled.zoom, None);
                let after = resolve(size, &settled, None).expect("something is left");
                prop_assert!(after.trim.fits(size) && !after.trim.size.is_empty());
                let Some(Gravity::Point { x, y, mode: PointMode::BoxCenter }) = settled.gravity else {
                    return Err(TestCaseError::fail(format!("{:?}", settled.gravity)));
                };
                let picture = after.turned();
                let at = (x * f64::from(picture.width), y * f64::from(picture.height));
                let crop = after.crop;
                // A crop of whole pixels may miss a point that lies on the picture's edge by less than one.
                prop_assert!(at.0 >= crop.x - 1.0 && at.0 <= crop.x + crop.width + 1.0, "{:?} {:?}", at, crop);
                prop_assert!(at.1 >= crop.y - 1.0 && at.1 <= crop.y + crop.height + 1.0, "{:?} {:?}", at, crop);
            }
        }
    }
}
