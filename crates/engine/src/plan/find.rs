//! What must be looked up in the pixels before a transformation can be planned, and what follows from it.
//!
//! A finding is written back into the options: `trim=border` becomes a trim in fractions, `gravity=auto` a focal point. So
//! planning itself never sees pixels. [`Unknown::of`] says what is missing, [`Plan::analysis`] is the small plan that finds
//! it on the device (for faces: that makes the copy in which a model looks for them), [`Unknown::settle`] rewrites the
//! options with the result. For mattes, which are no options, [`Plan::view`] makes the copy that is looked at.

use std::fmt;

use tintype_options::{Gravity, Length, PointMode, TransformOptions, Trim, TrimBorder};
use tintype_pixels::{Channels, Depth, Face, Layout, Rect, Size};

use super::{CropF, PlanError, Source, Stage, faces, outline, resolve};
use crate::{
    Plan,
    ops::{BorderBox, Saliency, Step, ToEncoded, resize::Filter},
};

/// Longest side, in pixels, of the picture in which a focal point is looked for. The subject of a photo is seen at this
/// size, and the surround of every pixel is summed in microseconds.
const LOOK_SIDE_PX: u32 = 256;

/// `trim.border.tolerance` when it is not given: enough for JPEG's noise around a flat border.
pub const DEFAULT_TOLERANCE: f64 = 10.0;

/// Bins of the histogram whose entropy is compared.
const ENTROPY_BINS: usize = 64;

/// Something about the pixels that a transformation depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unknown {
    /// Where the border of `trim=border` ends.
    Border(TrimBorder),
    /// Which part of the picture draws the eye, for `gravity=auto`.
    Saliency,
    /// Which part of the picture holds the most information, for `gravity=entropy`.
    Entropy,
    /// Where faces are, for `gravity=face` and `zoom`.
    Faces,
}

/// What was found.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// The samples of the analysis.
    Samples(&'a [f32]),
    /// Faces, in pixels of the copy that the analysis is.
    Faces(&'a [Face]),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Border(_) => "border",
            Self::Saliency => "saliency",
            Self::Entropy => "entropy",
            Self::Faces => "faces",
        })
    }
}

impl Unknown {
    /// What `options` must know next of a picture of `size`, if anything. Ask again with the settled options.
    ///
    /// # Errors
    /// When nothing would be left of the picture.
    pub fn of(options: &TransformOptions, size: Size) -> Result<Option<Self>, PlanError> {
        if let Some(border) = options.trim.and_then(|trim| trim.border) {
            return Ok(Some(Self::Border(border)));
        }
        let unknown = match options.gravity {
            Some(Gravity::Auto) => Self::Saliency,
            Some(Gravity::Entropy) => Self::Entropy,
            Some(Gravity::Face) => Self::Faces,
            _ => return Ok(None),
        };
        let geometry = resolve(size, options, None)?;
        let zooms = unknown == Self::Faces && options.zoom.is_some_and(|zoom| zoom > 0.0);
        Ok((zooms || !geometry.crop.is_whole(geometry.turned())).then_some(unknown))
    }

    /// The steps of the analysis, after trim and turn where those come first.
    fn steps(self, size: Size, space: crate::Space) -> Vec<Step> {
        match self {
            Self::Border(border) => {
                let tolerance = border.tolerance.unwrap_or(DEFAULT_TOLERANCE) as f32;
                vec![BorderBox { color: border.color, tolerance, space }.into()]
            }
            Self::Saliency => small(size).into_iter().chain([Saliency.into()]).collect(),
            Self::Entropy if space == crate::Space::Linear => {
                small(size).into_iter().chain([ToEncoded.into()]).collect()
            }
            Self::Entropy => small(size),
            Self::Faces => outline::resized(size, faces::view_size(size), Filter::Lanczos3),
        }
    }

    /// The samples in which the analysis is read back.
    fn layout(self) -> Layout {
        match self {
            Self::Border(_) => Layout::RGBA32F,
            Self::Saliency | Self::Entropy => Layout::new(Channels::Gray, Depth::F32),
            Self::Faces => Layout::RGB8,
        }
    }

    /// `options` with the finding in them. `size` is the picture's, `map` the size of the analysis. What was not looked for
    /// counts as nothing found.
    ///
    /// # Errors
    /// When nothing would be left of the picture.
    pub fn settle(
        self,
        options: &TransformOptions,
        size: Size,
        map: Size,
        found: Found<'_>,
    ) -> Result<TransformOptions, PlanError> {
        let mut settled = options.clone();
        let (found, faces) = match found {
            Found::Samples(samples) => (samples, &[][..]),
            Found::Faces(faces) => (&[][..], faces),
        };
        match self {
            Self::Faces => {
                let geometry = resolve(size, options, None)?;
                settled = faces::settle(options, size, &geometry, map, faces);
            }
            Self::Border(border) => {
                settled.trim =
                    BorderBox::rect(found).map(|inner| without_border(size, inner, border.keep.unwrap_or(0)));
            }
            Self::Saliency | Self::Entropy => {
                let geometry = resolve(size, options, None)?;
                let (x, y) = best_window(self, geometry.crop, geometry.turned(), map, found);
                settled.gravity = Some(Gravity::Point { x, y, mode: PointMode::BoxCenter });
            }
        }
        Ok(settled)
    }
}

impl Plan {
    /// The small plan that finds `unknown` for a transformation by `options` of source `index`, after `before`.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn analysis(
        unknown: Unknown,
        sources: &[Source],
        index: usize,
        before: &[Stage],
        options: &TransformOptions,
        request: &super::Request<'_>,
    ) -> Result<Self, PlanError> {
        // Trim and turn come before cropping, and so before looking for what to crop to.
        let first = TransformOptions {
            trim: options.trim.filter(|trim| trim.border.is_none()),
            flip: options.flip,
            rotate: options.rotate,
            dpr: options.dpr,
            ..TransformOptions::default()
        };
        let first = match unknown {
            Unknown::Border(_) => None,
            Unknown::Saliency | Unknown::Entropy | Unknown::Faces => Some(Stage::Transform(Box::new(first))),
        };
        let stages: Vec<Stage> = before.iter().cloned().chain(first).collect();
        let steps = |size| unknown.steps(size, request.space);
        outline::analyse(sources, index, &stages, request, steps, unknown.layout())
    }
}

/// Steps that make a picture of `size` at most [`LOOK_SIDE_PX`] large. Boxes are all that colors need.
fn small(size: Size) -> Vec<Step> {
    let longest = size.width.max(size.height);
    let side = |px: u32| (u64::from(px) * u64::from(LOOK_SIDE_PX)).div_ceil(u64::from(longest)).max(1) as u32;
    let small = Size::new(side(size.width), side(size.height));
    if longest <= LOOK_SIDE_PX { Vec::new() } else { outline::resized(size, small, Filter::Box) }
}

/// A trim that leaves `inner` and `keep` pixels around it.
fn without_border(size: Size, inner: Rect, keep: u32) -> Trim {
    let (x, y) = (inner.x.saturating_sub(keep), inner.y.saturating_sub(keep));
    let right = (inner.x + inner.size.width).saturating_add(keep).min(size.width);
    let bottom = (inner.y + inner.size.height).saturating_add(keep).min(size.height);
    trim_to(size, Rect::new(x, y, Size::new(right - x, bottom - y)))
}

/// A trim that leaves `inner`, to the pixel. In fractions, because those are not multiplied by `dpr`.
pub(super) fn trim_to(size: Size, inner: Rect) -> Trim {
    let fraction = |px: u32, side: u32| Some(Length::Fraction(f64::from(px) / f64::from(side)));
    Trim {
        left: fraction(inner.x, size.width),
        top: fraction(inner.y, size.height),
        width: fraction(inner.size.width, size.width),
        height: fraction(inner.size.height, size.height),
        ..Trim::default()
    }
}

/// The center, as fractions, of the window with the crop's size that scores best; of equals, the one nearest to the middle.
fn best_window(unknown: Unknown, crop: CropF, picture: Size, map: Size, found: &[f32]) -> (f64, f64) {
    let window =
        Size::new(scaled(crop.width, picture.width, map.width), scaled(crop.height, picture.height, map.height));
    // Squared: what stands out most wins over large parts that stand out a little.
    let squared: Vec<f32> = found.iter().map(|value| value * value).collect();
    let sums = sums(map, &squared);
    let mut best = (f64::NEG_INFINITY, f64::INFINITY, (0.5, 0.5));
    for y in 0..=map.height - window.height {
        for x in 0..=map.width - window.width {
            let at = Rect::new(x, y, window);
            let score = match unknown {
                Unknown::Entropy => entropy(map, found, at),
                Unknown::Border(_) | Unknown::Saliency | Unknown::Faces => sum(map, &sums, at),
            };
            let center = (
                (f64::from(x) + f64::from(window.width) / 2.0) / f64::from(map.width),
                (f64::from(y) + f64::from(window.height) / 2.0) / f64::from(map.height),
            );
            let off = (center.0 - 0.5).abs() + (center.1 - 0.5).abs();
            // Scores that differ by rounding only are equal.
            let margin = best.0.abs() * 1e-6;
            if score > best.0 + margin || (score >= best.0 - margin && off < best.1) {
                best = (score, off, center);
            }
        }
    }
    best.2
}

fn scaled(extent: f64, picture: u32, map: u32) -> u32 {
    ((extent / f64::from(picture) * f64::from(map)).round() as u32).clamp(1, map)
}

/// The summed-area table of a small map: row and column 0 are zero.
fn sums(map: Size, found: &[f32]) -> Vec<f64> {
    let width = map.width as usize + 1;
    let mut sums = vec![0.0; width * (map.height as usize + 1)];
    for (row, values) in found.chunks_exact(map.width as usize).enumerate() {
        let mut along = 0.0;
        for (column, value) in values.iter().enumerate() {
            along += f64::from(*value);
            sums[(row + 1) * width + column + 1] = sums[row * width + column + 1] + along;
        }
    }
    sums
}

fn sum(map: Size, sums: &[f64], at: Rect) -> f64 {
    let place = |x: u32, y: u32| sums[y as usize * (map.width as usize + 1) + x as usize];
    let (right, bottom) = (at.x + at.size.width, at.y + at.size.height);
    place(right, bottom) - place(at.x, bottom) - place(right, at.y) + place(at.x, at.y)
}

/// Shannon entropy, in bits, of the values in a window.
fn entropy(map: Size, found: &[f32], at: Rect) -> f64 {
    let mut bins = [0u32; ENTROPY_BINS];
    for row in found.chunks_exact(map.width as usize).skip(at.y as usize).take(at.size.height as usize) {
        for value in &row[at.x as usize..][..at.size.width as usize] {
            bins[((value * ENTROPY_BINS as f32) as usize).min(ENTROPY_BINS - 1)] += 1;
        }
    }
    let total = at.size.area() as f64;
    let share = bins.iter().filter(|n| **n > 0).map(|n| f64::from(*n) / total);
    share.map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> TransformOptions {
        text.parse().expect("options of a test")
    }

    #[test]
    fn only_what_matters_is_looked_up() {
        let of = |text: &str| Unknown::of(&options(text), Size::new(400, 200)).expect("something is left");
        assert_eq!(of("width=100,height=100,fit=cover,gravity=auto"), Some(Unknown::Saliency));
        assert_eq!(of("width=100,height=100,fit=cover,gravity=entropy"), Some(Unknown::Entropy));
        assert_eq!(of("width=100,height=50,fit=cover,gravity=auto"), None, "nothing is cropped");
        assert_eq!(of("width=100,gravity=auto"), None, "nothing is cropped");
        assert_eq!(of("width=100,height=100,fit=cover,gravity=top"), None);
        assert_eq!(of("width=100,height=100,fit=cover,gravity=face"), Some(Unknown::Faces));
        assert_eq!(of("width=100,gravity=face"), None, "nothing is cropped");
        assert_eq!(of("width=100,gravity=face,zoom=0"), None, "nothing is cropped");
        assert_eq!(of("width=100,gravity=face,zoom=0.5"), Some(Unknown::Faces), "the zoom crops");
        assert!(matches!(of("trim=border,width=100,height=100,fit=cover,gravity=auto"), Some(Unknown::Border(_))));
    }

    #[test]
    fn the_window_goes_where_the_map_is_bright() {
        let map = Size::new(40, 20);
        let bright = |bx: u32| -> Vec<f32> {
            (0..20).flat_map(|y| (0..40).map(move |x| f32::from(x >= bx && x < bx + 5 && y > 5 && y < 15))).collect()
        };
        let asked = options("width=100,height=100,fit=cover,gravity=auto");
        for (bx, expected) in [(0, 0.25), (30, 0.75)] {
            let settled =
                Unknown::Saliency.settle(&asked, Size::new(400, 200), map, Found::Samples(&bright(bx))).expect("fits");
            let Some(Gravity::Point { x, y, mode: PointMode::BoxCenter }) = settled.gravity else {
                panic!("{settled:?}")
            };
            // Several windows hold all of it; the one nearest to the middle wins.
            assert!((x - expected).abs() <= 0.126 && (x < 0.5) == (expected < 0.5), "{bx}: {x}");
            assert_eq!(y, 0.5);
        }
    }

    #[test]
    fn a_flat_map_means_the_middle() {
        let asked = options("width=100,height=100,fit=cover,gravity=auto");
        let settled = Unknown::Saliency
            .settle(&asked, Size::new(400, 200), Size::new(40, 20), Found::Samples(&[0.0; 800]))
            .expect("fits");
        assert_eq!(settled.gravity, Some(Gravity::Point { x: 0.5, y: 0.5, mode: PointMode::BoxCenter }));
    }

    #[test]
    fn a_border_becomes_a_trim_of_exactly_its_pixels_whatever_dpr_is() {
        let size = Size::new(333, 77);
        let asked = options("trim=border,dpr=2");
        let unknown = Unknown::of(&asked, size).expect("something is left").expect("a border");
        for (rect, keep) in [(Rect::new(10, 7, Size::new(301, 50)), 0), (Rect::new(0, 0, Size::new(333, 76)), 3)] {
            let mut asked = asked.clone();
            asked.trim = asked.trim.map(|mut trim| {
                trim.border = trim.border.map(|mut border| {
                    border.keep = Some(keep);
                    border
                });
                trim
            });
            let unknown = Unknown::of(&asked, size).expect("something is left").unwrap_or(unknown);
            let end = [rect.x + rect.size.width, rect.y + rect.size.height].map(|v| v as f32);
            let found = [rect.x as f32, rect.y as f32, 0.0, 1.0, end[0], end[1], 0.0, 1.0];
            let settled = unknown.settle(&asked, size, Size::new(2, 1), Found::Samples(&found)).expect("fits");
            let geometry = resolve(size, &settled, None).expect("something is left");
            let right = (rect.x + rect.size.width + keep).min(size.width);
            let bottom = (rect.y + rect.size.height + keep).min(size.height);
            let (x, y) = (rect.x.saturating_sub(keep), rect.y.saturating_sub(keep));
            assert_eq!(geometry.trim, Rect::new(x, y, Size::new(right - x, bottom - y)));
        }
    }

    #[test]
    fn nothing_but_border_is_left_alone() {
        let asked = options("trim=border");
        let unknown = Unknown::of(&asked, Size::new(10, 10)).expect("something is left").expect("a border");
        let found = Found::Samples(&[1e7, 1e7, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        let settled = unknown.settle(&asked, Size::new(10, 10), Size::new(2, 1), found);
        assert_eq!(settled.expect("something is left").trim, None);
    }
}
