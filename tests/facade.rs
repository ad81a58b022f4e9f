//! The whole path from a file and options to a file, checked by looking at pixels.
//!
//! Sources are made by code, so that every expectation is a number from the documentation or a formula written out here,
//! never what the engine answered once. Start with `geometry`.

mod color;
mod describe;
pub(crate) mod gain_map;
mod gamut;
mod geometry;
mod jpeg;
mod library;
mod metadata;
mod oracle;
mod output;
mod saliency;
mod stills;
mod vision;

use image::{DynamicImage, RgbaImage};
use tintype::{Rendered, Request, Tintype, TransformOptions};
use tintype_pixels::Size;
use tintype_testkit::files;

/// The engine's answer to options, as a URL would be answered for a client that shows everything.
pub(crate) fn rendered(engine: &Tintype, source: &[u8], options: &str) -> Rendered {
    let request = Request { accepts: tintype::Accepts::ALL, ..request(options) };
    engine.transform(source, &request).unwrap_or_else(|error| panic!("{options}: {error}"))
}

pub(crate) fn request(options: &str) -> Request {
    if options.is_empty() {
        return Request::default();
    }
    let parsed: Result<TransformOptions, _> = options.parse();
    Request::from(parsed.unwrap_or_else(|error| panic!("{options}: {error}")))
}

/// Decoded by the `image` crate, not by us.
pub(crate) fn decoded(file: &[u8]) -> DynamicImage {
    image::load_from_memory(file).expect("the image crate reads what we write")
}

/// The pixels of a PNG made with these options.
pub(crate) fn pixels(engine: &Tintype, source: &[u8], options: &str) -> RgbaImage {
    let separator = if options.is_empty() { "" } else { "," };
    let out = rendered(engine, source, &format!("{options}{separator}format=png-force"));
    let image = decoded(&out.bytes).into_rgba8();
    assert_eq!(Size::new(image.width(), image.height()), out.size, "{options}");
    image
}

/// A color that says where it is: red grows to the right, green downwards.
pub(crate) fn place(size: Size, x: u32, y: u32) -> [u8; 3] {
    let code = |at: u32, side: u32| (255.0 * (f64::from(at) + 0.5) / f64::from(side)).round() as u8;
    [code(x, size.width), code(y, size.height), 128]
}

/// A picture of [`place`]s.
pub(crate) fn map(size: Size) -> Vec<u8> {
    files::png_rgb(size, |x, y| place(size, x, y))
}

/// Part of a side or of a picture: from, to.
pub(crate) type Span = (f64, f64);

/// Asserts that `image`, inside `inner` (x, y, width, height), shows the part `across` times `down` of a [`map`], given as
/// fractions of its sides. Colors may be off by `codes`, and by a little more in the outermost pixels.
pub(crate) fn assert_shows(
    image: &RgbaImage,
    inner: (u32, u32, u32, u32),
    (across, down): (Span, Span),
    codes: f64,
    what: &str,
) {
    let (left, top, width, height) = inner;
    for fy in [0.0, 0.1, 0.35, 0.5, 0.8, 1.0] {
        for fx in [0.0, 0.1, 0.35, 0.5, 0.8, 1.0] {
            let x = (fx * f64::from(width - 1)).round();
            let y = (fy * f64::from(height - 1)).round();
            let at = |(from, to): Span, i: f64, side: u32| 255.0 * (from + (to - from) * (i + 0.5) / f64::from(side));
            let expected = [at(across, x, width), at(down, y, height), 128.0];
            let got = image.get_pixel(left + x as u32, top + y as u32).0;
            let is_edge = [fx, fy].iter().any(|f| *f == 0.0 || *f == 1.0);
            let allowed = if is_edge { codes + 2.0 } else { codes };
            for (got, expected) in got.iter().zip(expected) {
                let off = (f64::from(*got) - expected).abs();
                assert!(
                    off <= allowed,
                    "{what}: pixel {x},{y} of {inner:?} is off by {off:.1}: {got} for {expected:.1}"
                );
            }
            assert_eq!(got[3], 255, "{what}: pixel {x},{y} is transparent");
        }
    }
}

/// Asserts that both pictures are the same but for `codes` in each sample.
pub(crate) fn assert_near(got: &RgbaImage, expected: &RgbaImage, codes: u8, what: &str) {
    assert_eq!(got.dimensions(), expected.dimensions(), "{what}");
    for (x, y, expected) in expected.enumerate_pixels() {
        let got = got.get_pixel(x, y);
        let off = got.0.iter().zip(expected.0).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(off <= codes, "{what}: pixel {x},{y} is {:?} for {:?}", got.0, expected.0);
    }
}
