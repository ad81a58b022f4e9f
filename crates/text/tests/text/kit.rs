//! What the tests of this crate share: fonts, and questions to a picture.

use tintype_pixels::{Planes, Rgba};
use tintype_text::{Font, Limits, TextStyle, render};

/// Latin, Arabic and Hebrew; TrueType outlines.
pub(crate) const MIXED_TTF: &[u8] = include_bytes!("../data/mixed.ttf");
pub(crate) const MIXED_WOFF: &[u8] = include_bytes!("../data/mixed.woff");
pub(crate) const MIXED_WOFF2: &[u8] = include_bytes!("../data/mixed.woff2");
/// `日本語漢字 A`; CFF outlines.
pub(crate) const CJK_OTF: &[u8] = include_bytes!("../data/cjk.otf");

pub(crate) fn font(bytes: &[u8]) -> Font {
    Font::parse(bytes.to_vec(), &Limits::default()).unwrap()
}

/// `text` in black with the fonts and limits that are usual.
pub(crate) fn draw(text: &str, size_px: f32, font: Option<&Font>) -> Planes {
    render(&TextStyle { size_px, font, ..TextStyle::new(text) }, &Limits::default()).unwrap()
}

pub(crate) fn red(alpha: f32) -> Rgba {
    Rgba { r: 1.0, g: 0.0, b: 0.0, a: alpha }
}

pub(crate) fn alpha(planes: &Planes, x: u32, y: u32) -> u8 {
    planes.bytes()[(y * planes.size().width + x) as usize * 4 + 3]
}

/// The sum of alpha in each column.
pub(crate) fn columns(planes: &Planes) -> Vec<u32> {
    let size = planes.size();
    (0..size.width).map(|x| (0..size.height).map(|y| u32::from(alpha(planes, x, y))).sum()).collect()
}

/// The sum of alpha in each row.
pub(crate) fn rows(planes: &Planes) -> Vec<u32> {
    let size = planes.size();
    (0..size.height).map(|y| (0..size.width).map(|x| u32::from(alpha(planes, x, y))).sum()).collect()
}

/// First and last index with ink.
pub(crate) fn extent(sums: &[u32]) -> (usize, usize) {
    let inked = |sum: &u32| *sum > 0;
    (sums.iter().position(inked).unwrap(), sums.iter().rposition(inked).unwrap())
}
