//! All sizing, in one place: what to cut, how to turn, what to crop, how large to make it.
//!
//! Pure arithmetic on sizes and options: it knows no pixels, no formats, no limits and no device. [`resolve`] is the way
//! in. The order is fixed: EXIF orientation (already applied to the size that comes in), trim, flip, rotate, crop and
//! resize, canvas, border.
//!
//! Conventions, which the worked numbers at the end hold on to:
//!
//! * A derived side is rounded half up and is at least 1.
//! * `width` and `height` are on the axes after rotation. `dpr` multiplies them, trims in pixels and the border.
//! * Crops keep the box's ratio exactly and so are fractional; one that is not scaled lies on whole pixels instead, so
//!   that it is a copy.
//! * Modes that fill a box scale like `contain` (or, if they never enlarge, like `scale-down`) with one side only, and
//!   warn.

use tintype_options::{Fit, Gravity, Length, PointMode, TransformOptions, Trim, Warning, Width};
use tintype_pixels::{Fault, Orientation, Rect, Size};

/// Every size between the upright source and the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// What is kept of the upright source, in its pixels; all of it without a trim.
    pub trim: Rect,
    /// Flip, then rotation.
    pub turn: Orientation,
    /// What is scaled, in pixels after trim and turn; all of it for modes that do not crop.
    pub crop: CropF,
    /// The size that the crop is scaled to.
    pub scaled: Size,
    /// With `fit=pad`, unless the picture fills it: the canvas, and where the picture's top left corner is on it.
    pub canvas: Option<(Size, (u32, u32))>,
    /// Pixels of the border at the top, right, bottom and left.
    pub border: [u32; 4],
    /// What was asked for and could not be meant.
    pub warnings: Vec<Warning>,
}

impl Geometry {
    /// The size after trim and turn, which [`crop`](Self::crop) is part of.
    pub fn turned(&self) -> Size {
        self.turn.apply(self.trim.size)
    }

    /// The size after resizing and padding, without the border.
    pub fn filled(&self) -> Size {
        self.canvas.map_or(self.scaled, |(size, _)| size)
    }

    /// The same part at the same scale, of a picture of size `other` that shows what one of size `of` does, for which this was
    /// resolved. The trim is part of the crop, which seldom lies on whole pixels; canvas and border are left out. Nothing is
    /// larger than here.
    pub fn of_other(&self, of: Size, other: Size) -> Self {
        let trim = self.turn.map_rect(of, self.trim);
        let (of, turned) = (self.turn.apply(of), self.turn.apply(other));
        // Multiplied first: whole sides stay whole.
        let across = |px: f64| px * f64::from(turned.width) / f64::from(of.width);
        let down = |px: f64| px * f64::from(turned.height) / f64::from(of.height);
        let crop = CropF {
            x: across(f64::from(trim.x) + self.crop.x),
            y: down(f64::from(trim.y) + self.crop.y),
            width: across(self.crop.width),
            height: down(self.crop.height),
        };
        let scaled = Size::new(
            rounded(across(f64::from(self.scaled.width))).clamp(1, self.scaled.width),
            rounded(down(f64::from(self.scaled.height))).clamp(1, self.scaled.height),
        );
        let trim = Rect::whole(other);
        Self { trim, turn: self.turn, crop, scaled, canvas: None, border: [0; 4], warnings: Vec::new() }
    }

    /// The size of the result.
    pub fn output(&self) -> Size {
        let Size { width, height } = self.filled();
        let [top, right, bottom, left] = self.border;
        Size::new(width.saturating_add(left).saturating_add(right), height.saturating_add(top).saturating_add(bottom))
    }
}

/// A rectangle that need not lie on whole pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CropF {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Pixels from left to right, above 0.
    pub width: f64,
    /// Pixels from top to bottom, above 0.
    pub height: f64,
}

impl CropF {
    /// All of an image.
    pub fn whole(size: Size) -> Self {
        Self { x: 0.0, y: 0.0, width: f64::from(size.width), height: f64::from(size.height) }
    }

    /// Whether this is all of an image of `size`.
    pub fn is_whole(self, size: Size) -> bool {
        self == Self::whole(size)
    }
}

/// Why there is no picture to be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GeometryError {
    /// The source has a side of no pixels.
    #[error("source is {0}, it has no pixels")]
    Empty(Size),
    /// Trim cuts everything off.
    #[error("trim leaves nothing of the source, which is {0}")]
    TrimmedAway(Size),
}

impl GeometryError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Empty(_) => Fault::Source,
            Self::TrimmedAway(_) => Fault::Request,
        }
    }
}

/// Works out every size for a source of `source` pixels, upright.
///
/// `focus` is the point that matters for `gravity=auto`, `face` and `entropy`, as fractions of the picture after trim and
/// turn; the crop is centered on it as far as the edges allow. Without one they mean the middle. `width=auto` counts as
/// absent and `trim.border` as no trim: who can decide them replaces them first.
pub fn resolve(source: Size, options: &TransformOptions, focus: Option<(f64, f64)>) -> Result<Geometry, GeometryError> {
    if source.is_empty() {
        return Err(GeometryError::Empty(source));
    }
    let dpr = options.dpr.filter(|dpr| dpr.is_finite() && *dpr > 0.0).unwrap_or(1.0);
    let trim = trimmed(source, options.trim.unwrap_or_default(), dpr).ok_or(GeometryError::TrimmedAway(source))?;
    let flip = options.flip.unwrap_or_default().orientation();
    let turn = flip.then(options.rotate.unwrap_or_default().orientation());

    let picture = turn.apply(trim.size);
    let fit = options.fit.unwrap_or_default();
    let width = match options.width {
        Some(Width::Px(px)) => Some(px),
        Some(Width::Auto) | None => None,
    };
    let side = |px: u32| rounded(f64::from(px) * dpr).max(1);
    let mut warnings = Vec::new();
    let mut canvas = None;
    let (crop, scaled) = match (width.map(side), options.height.map(side)) {
        (Some(width), Some(height)) => {
            let target = Size::new(width, height);
            let (crop, scaled) = fitted(picture, target, fit);
            if fit == Fit::Pad && scaled != target {
                let middle = ((target.width - scaled.width) / 2, (target.height - scaled.height) / 2);
                canvas = Some((target, middle));
            }
            (crop, scaled)
        }
        (None, None) => (None, picture),
        (width, height) => {
            if fit.needs_both_sides() {
                warnings.push(Warning::NeedsBothSides { fit });
            }
            (None, along_one_side(picture, width, height, fit))
        }
    };
    let gravity = options.gravity.unwrap_or_default();
    let crop = crop.map_or(CropF::whole(picture), |extent| placed(picture, extent, scaled, anchor(gravity, focus)));
    let border = options.border.map_or([0; 4], |border| border.sides().map(|px| rounded(f64::from(px) * dpr)));
    Ok(Geometry { trim, turn, crop, scaled, canvas, border, warnings })
}

/// Width and height of a crop, which has no place yet.
type Extent = (f64, f64);

/// What to crop (nothing for modes that do not) and the size to scale it to, for a box with both sides.
fn fitted(picture: Size, target: Size, fit: Fit) -> (Option<Extent>, Size) {
    let inside = inside(picture, target);
    let uncropped = |size: Size| (None, size);
    let copied = |size: Size| (Some((f64::from(size.width), f64::from(size.height))), size);
    let (extent, bound_by_width) = filling_extent(picture, target);
    match fit {
        Fit::ScaleDown => uncropped(if is_larger(inside, picture) { picture } else { inside }),
        Fit::Contain | Fit::Pad => uncropped(inside),
        Fit::ScaleUp => uncropped(if is_larger(picture, inside) { picture } else { inside }),
        Fit::Squeeze => uncropped(target),
        Fit::Cover => (Some(extent), target),
        // A source smaller than the box on one axis only is cropped on the other and scaled on neither, as sharp does it.
        Fit::Crop if is_larger(target, picture) => {
            copied(Size::new(target.width.min(picture.width), target.height.min(picture.height)))
        }
        Fit::Crop => (Some(extent), target),
        Fit::AspectCrop if bound_by_width && target.width > picture.width => {
            copied(Size::new(picture.width, derived(picture.width, target.height, target.width)))
        }
        Fit::AspectCrop if !bound_by_width && target.height > picture.height => {
            copied(Size::new(derived(picture.height, target.width, target.height), picture.height))
        }
        Fit::AspectCrop => (Some(extent), target),
    }
}

/// The size for a box with one side.
fn along_one_side(picture: Size, width: Option<u32>, height: Option<u32>, fit: Fit) -> Size {
    let scaled = match (width, height) {
        (Some(width), _) => Size::new(width, derived(picture.height, width, picture.width)),
        (None, Some(height)) => Size::new(derived(picture.width, height, picture.height), height),
        (None, None) => picture,
    };
    let is_allowed = match fit {
        Fit::ScaleDown | Fit::Crop | Fit::AspectCrop => !is_larger(scaled, picture),
        Fit::ScaleUp => !is_larger(picture, scaled),
        Fit::Contain | Fit::Cover | Fit::Pad | Fit::Squeeze => true,
    };
    if is_allowed { scaled } else { picture }
}

/// The largest size of the picture's ratio inside `target`.
fn inside(picture: Size, target: Size) -> Size {
    if is_wider(target, picture) {
        Size::new(derived(picture.width, target.height, picture.height), target.height)
    } else {
        Size::new(target.width, derived(picture.height, target.width, picture.width))
    }
}

/// The largest part of the picture with the ratio of `target`, and whether it is as wide as the picture.
fn filling_extent(picture: Size, target: Size) -> (Extent, bool) {
    let [width, height] = [picture.width, picture.height].map(f64::from);
    let ratio = f64::from(target.width) / f64::from(target.height);
    if is_wider(picture, target) { ((height * ratio, height), false) } else { ((width, width / ratio), true) }
}

/// Whether `a` is wider than `b` for its height.
fn is_wider(a: Size, b: Size) -> bool {
    u64::from(a.width) * u64::from(b.height) > u64::from(b.width) * u64::from(a.height)
}

/// Whether `a` reaches beyond `b` on some axis.
fn is_larger(a: Size, b: Size) -> bool {
    a.width > b.width || a.height > b.height
}

/// `side * numerator / denominator`, rounded half up, at least 1.
fn derived(side: u32, numerator: u32, denominator: u32) -> u32 {
    let [side, numerator, denominator] = [side, numerator, denominator].map(u128::from);
    let rounded = (2 * side * numerator + denominator) / (2 * denominator);
    u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
}

/// Rounded half up; what no `u32` can hold goes to the nearest that it can.
fn rounded(value: f64) -> u32 {
    (value + 0.5).floor() as u32
}

/// How a crop finds its place: a fraction of each side.
#[derive(Clone, Copy)]
enum Anchor {
    /// What is left over is shared out in this proportion.
    Share(f64, f64),
    /// The crop's center, as far as the edges allow.
    Center(f64, f64),
}

fn anchor(gravity: Gravity, focus: Option<(f64, f64)>) -> Anchor {
    const MIDDLE: Anchor = Anchor::Share(0.5, 0.5);
    match gravity {
        Gravity::Center => MIDDLE,
        Gravity::Left => Anchor::Share(0.0, 0.5),
        Gravity::Right => Anchor::Share(1.0, 0.5),
        Gravity::Top => Anchor::Share(0.5, 0.0),
        Gravity::Bottom => Anchor::Share(0.5, 1.0),
        Gravity::Point { x, y, mode: PointMode::Remainder } => Anchor::Share(x, y),
        Gravity::Point { x, y, mode: PointMode::BoxCenter } => Anchor::Center(x, y),
        Gravity::Auto | Gravity::Face | Gravity::Entropy => focus.map_or(MIDDLE, |(x, y)| Anchor::Center(x, y)),
    }
}

fn placed(picture: Size, (width, height): Extent, scaled: Size, anchor: Anchor) -> CropF {
    let is_copy = width == f64::from(scaled.width) && height == f64::from(scaled.height);
    let place = |side: u32, extent: f64, fraction: f64, is_center: bool| {
        // Not a number where a caller's arithmetic went wrong: the middle.
        let fraction = if fraction.is_nan() { 0.5 } else { fraction };
        let (side, free) = (f64::from(side), (f64::from(side) - extent).max(0.0));
        let start = if is_center { fraction * side - extent / 2.0 } else { fraction * free };
        let start = if is_copy { (start + 0.5).floor() } else { start };
        start.clamp(0.0, free)
    };
    let (x, y, is_center) = match anchor {
        Anchor::Share(x, y) => (x, y, false),
        Anchor::Center(x, y) => (x, y, true),
    };
    CropF {
        x: place(picture.width, width, x, is_center),
        y: place(picture.height, height, y, is_center),
        width,
        height,
    }
}

/// What trim keeps; `None` when that is nothing.
fn trimmed(source: Size, trim: Trim, dpr: f64) -> Option<Rect> {
    let (x, width) = kept(source.width, trim.left, trim.right, trim.width, dpr)?;
    let (y, height) = kept(source.height, trim.top, trim.bottom, trim.height, dpr)?;
    Some(Rect::new(x, y, Size::new(width, height)))
}

/// Start and length of what is kept of a side. A length to keep overrides the cut at the far end.
fn kept(
    side: u32,
    before: Option<Length>,
    after: Option<Length>,
    keep: Option<Length>,
    dpr: f64,
) -> Option<(u32, u32)> {
    let px = |length| match length {
        Length::Px(px) => rounded(f64::from(px) * dpr),
        Length::Fraction(fraction) => rounded(f64::from(side) * fraction),
    };
    let start = before.map_or(0, px);
    let rest = side.saturating_sub(start);
    let length = match (keep, after) {
        (Some(keep), _) => px(keep).min(rest),
        (None, Some(after)) => rest.saturating_sub(px(after)),
        (None, None) => rest,
    };
    (length > 0).then_some((start, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: u32, height: u32, options: &str) -> Geometry {
        let options = tintype_options::url::parse(options).expect("options of a test").options;
        resolve(Size::new(width, height), &options, None).expect("geometry of a test")
    }

    fn crop(x: f64, y: f64, width: f64, height: f64) -> CropF {
        CropF { x, y, width, height }
    }

    #[test]
    fn worked_numbers() {
        // (source, options, size of the result)
        let table = [
            // The documentation's own.
            ((1080, 720), "w=500,h=500", (500, 333)),
            ((1080, 720), "w=500,h=500,fit=cover", (500, 500)),
            ((1080, 720), "w=1296,h=1296,fit=crop", (1080, 720)),
            ((612, 613), "w=1920,h=1120,fit=aspect-crop", (612, 357)),
            ((1080, 720), "w=1080,h=1080,fit=pad", (1080, 1080)),
            ((1080, 720), "w=1080,h=540,fit=squeeze", (1080, 540)),
            ((1080, 720), "w=2000,h=2000,fit=scale-down", (1080, 720)),
            // All modes, a smaller and a larger box.
            ((1080, 720), "w=500,h=500,fit=contain", (500, 333)),
            ((1080, 720), "w=2160,h=2160,fit=contain", (2160, 1440)),
            ((1080, 720), "w=500,h=500,fit=scale-up", (1080, 720)),
            ((1080, 720), "w=2160,h=2160,fit=scale-up", (2160, 1440)),
            ((100, 100), "w=400,h=300,fit=cover", (400, 300)),
            ((1080, 720), "w=500,h=500,fit=crop", (500, 500)),
            ((1000, 300), "w=500,h=500,fit=crop", (500, 300)),
            ((300, 1000), "w=500,h=500,fit=crop", (300, 500)),
            ((1080, 720), "w=100,h=50,fit=aspect-crop", (100, 50)),
            ((300, 1000), "w=500,h=500,fit=aspect-crop", (300, 300)),
            ((4, 2), "w=8,h=8,fit=pad", (8, 8)),
            ((4, 2), "w=8,h=8,fit=squeeze", (8, 8)),
            // One side.
            ((1080, 720), "w=540", (540, 360)),
            ((1080, 720), "h=360", (540, 360)),
            ((1080, 720), "w=2160", (1080, 720)),
            ((1080, 720), "w=2160,fit=contain", (2160, 1440)),
            ((1080, 720), "w=540,fit=scale-up", (1080, 720)),
            ((1080, 720), "w=540,fit=cover", (540, 360)),
            ((1080, 720), "w=2160,fit=cover", (2160, 1440)),
            ((1080, 720), "w=2160,fit=crop", (1080, 720)),
            ((1080, 720), "h=1440,fit=pad", (2160, 1440)),
            // None.
            ((1080, 720), "fit=cover", (1080, 720)),
            ((1080, 720), "w=auto,fit=pad", (1080, 720)),
            // Rounding: half up, at least one.
            ((3, 1), "w=2", (2, 1)),
            ((4, 3), "w=2", (2, 2)),
            ((20000, 1), "w=10", (10, 1)),
            // dpr multiplies the box, and alone does nothing.
            ((1080, 720), "w=100,dpr=2", (200, 133)),
            ((1080, 720), "w=100,h=100,dpr=1.5,fit=cover", (150, 150)),
            ((1080, 720), "w=5,h=5,dpr=0.01,fit=cover", (1, 1)),
            ((1080, 720), "dpr=2", (1080, 720)),
            // Turned before it is fitted.
            ((1080, 720), "rotate=90", (720, 1080)),
            ((1080, 720), "rotate=90,w=360", (360, 540)),
            ((1080, 720), "rotate=180,w=540", (540, 360)),
            // Trimmed before it is turned.
            ((1080, 720), "trim=10;20;30;40", (1020, 680)),
            ((1080, 720), "trim=10;20;30;40,rotate=270", (680, 1020)),
            ((1080, 720), "trim=0.25;0;0.25;0", (1080, 360)),
            ((1080, 720), "trim=10;20;30;40,dpr=2", (960, 640)),
            ((1080, 720), "trim.left=0.5,dpr=2", (540, 720)),
            ((1080, 720), "trim.left=100,trim.width=300,trim.height=0.5", (300, 360)),
            ((1080, 720), "trim.left=1000,trim.width=300", (80, 720)),
            ((1080, 720), "trim.right=1080,trim.width=300", (300, 720)),
            // Framed after everything.
            ((4, 2), "border=black;3", (10, 8)),
            ((4, 2), "border=black;1;2;3;4,dpr=2", (16, 10)),
            ((4, 2), "w=8,h=8,fit=pad,border=black;1", (10, 10)),
        ];
        for ((width, height), options, (out_width, out_height)) in table {
            let geometry = at(width, height, options);
            assert_eq!(geometry.output(), Size::new(out_width, out_height), "{width}x{height} {options}");
        }
    }

    #[test]
    fn where_crops_lie() {
        let table = [
            // The middle, exactly: 1080x720 is scaled by 500/720 to 750x500, of which 500x500 are kept.
            ((1080, 720), "w=500,h=500,fit=cover", crop(180.0, 0.0, 720.0, 720.0)),
            ((1080, 720), "w=500,h=500,fit=cover,g=left", crop(0.0, 0.0, 720.0, 720.0)),
            ((1080, 720), "w=500,h=500,fit=cover,g=right", crop(360.0, 0.0, 720.0, 720.0)),
            ((1080, 720), "w=500,h=500,fit=cover,g=top", crop(180.0, 0.0, 720.0, 720.0)),
            ((720, 1080), "w=500,h=500,fit=cover,g=top", crop(0.0, 0.0, 720.0, 720.0)),
            ((720, 1080), "w=500,h=500,fit=cover,g=bottom", crop(0.0, 360.0, 720.0, 720.0)),
            // The documentation's: 0.33 of the 600 left over.
            ((900, 900), "w=300,h=900,fit=cover,g=0.33x0.5", crop(198.0, 0.0, 300.0, 900.0)),
            ((900, 900), "w=300,h=900,fit=cover,g=0.33x0.5;box-center", crop(147.0, 0.0, 300.0, 900.0)),
            ((900, 900), "w=300,h=900,fit=cover,g=0.01x0.5;box-center", crop(0.0, 0.0, 300.0, 900.0)),
            ((900, 900), "w=300,h=900,fit=cover,g=1x1;box-center", crop(600.0, 0.0, 300.0, 900.0)),
            // Without a focus, what looks at the picture means its middle.
            ((1080, 720), "w=500,h=500,fit=cover,g=face", crop(180.0, 0.0, 720.0, 720.0)),
            // The ratio is exact even where that is no whole number.
            ((100, 100), "w=3,h=7,fit=cover", crop(28.571428571428573, 0.0, 42.857142857142854, 100.0)),
            // What is not scaled is copied from whole pixels.
            ((1000, 301), "w=501,h=500,fit=crop", crop(250.0, 0.0, 501.0, 301.0)),
            ((612, 613), "w=1920,h=1120,fit=aspect-crop", crop(0.0, 128.0, 612.0, 357.0)),
            ((1001, 500), "w=500,h=500,fit=cover", crop(251.0, 0.0, 500.0, 500.0)),
            // Gravity is on the axes after rotation.
            ((720, 1080), "rotate=90,w=500,h=500,fit=cover,g=left", crop(0.0, 0.0, 720.0, 720.0)),
        ];
        for ((width, height), options, expected) in table {
            let crop = at(width, height, options).crop;
            let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
            assert!(
                near(crop.x, expected.x)
                    && near(crop.y, expected.y)
                    && near(crop.width, expected.width)
                    && near(crop.height, expected.height),
                "{width}x{height} {options}: {crop:?}, expected {expected:?}"
            );
        }
    }

    #[test]
    fn a_focus_centers_the_crop_as_far_as_it_can() {
        let options = "w=500,h=500,fit=cover,g=face".parse().expect("options");
        for (focus, x) in [((0.5, 0.5), 180.0), ((0.6, 0.0), 288.0), ((0.0, 0.0), 0.0), ((1.0, 1.0), 360.0)] {
            let geometry = resolve(Size::new(1080, 720), &options, Some(focus)).expect("geometry");
            assert_eq!(geometry.crop.x, x, "{focus:?}");
        }
        let geometry = resolve(Size::new(1080, 720), &options, Some((f64::NAN, f64::INFINITY))).expect("geometry");
        assert_eq!(geometry.crop, crop(180.0, 0.0, 720.0, 720.0));
        let geometry =
            resolve(Size::new(1080, 720), &"w=500,h=500,fit=cover".parse().expect("options"), Some((0.0, 0.0)));
        assert_eq!(geometry.expect("geometry").crop.x, 180.0, "only gravity that looks at the picture has a focus");
    }

    #[test]
    fn pad_centers_on_the_canvas() {
        assert_eq!(at(4, 2, "w=8,h=8,fit=pad").canvas, Some((Size::new(8, 8), (0, 2))));
        assert_eq!(at(2, 4, "w=9,h=8,fit=pad").canvas, Some((Size::new(9, 8), (2, 0))));
        assert_eq!(at(4, 2, "w=8,h=4,fit=pad").canvas, None);
        assert_eq!(at(4, 2, "w=8,h=8,fit=pad").scaled, Size::new(8, 4));
    }

    #[test]
    fn trims_and_turns() {
        let geometry = at(1080, 720, "trim=10;20;30;40,flip=h,rotate=90");
        assert_eq!(geometry.trim, Rect::new(40, 10, Size::new(1020, 680)));
        assert_eq!(geometry.turn, Orientation::FlipH.then(Orientation::Rotate90));
        assert_eq!(geometry.turned(), Size::new(680, 1020));
        assert!(at(10, 10, "w=5").trim.is_whole(Size::new(10, 10)));
    }

    #[test]
    fn another_picture_of_the_same_is_cut_alike() {
        let (base, other) = (Size::new(1080, 720), Size::new(270, 180));
        let table = [
            ("fit=cover", crop(0.0, 0.0, 270.0, 180.0), (270, 180)),
            ("w=540", crop(0.0, 0.0, 270.0, 180.0), (135, 90)),
            ("w=500,h=500,fit=cover", crop(45.0, 0.0, 180.0, 180.0), (125, 125)),
            ("trim=10;20;30;40", crop(10.0, 2.5, 255.0, 170.0), (255, 170)),
            // Turned to the right, the bottom is on the left.
            ("trim=10;20;30;40,rotate=90", crop(7.5, 10.0, 170.0, 255.0), (170, 255)),
            ("trim=10;20;30;40,flip=h", crop(5.0, 2.5, 255.0, 170.0), (255, 170)),
            ("rotate=90,w=500,h=500,fit=cover,g=top", crop(0.0, 0.0, 180.0, 180.0), (125, 125)),
            ("w=2160,fit=contain", crop(0.0, 0.0, 270.0, 180.0), (540, 360)),
            ("w=1,h=1,fit=squeeze", crop(0.0, 0.0, 270.0, 180.0), (1, 1)),
        ];
        for (options, expected, (width, height)) in table {
            let here = at(1080, 720, options);
            let there = here.of_other(base, other);
            assert_eq!((there.crop, there.scaled), (expected, Size::new(width, height)), "{options}");
            assert_eq!(here.of_other(base, base).scaled, here.scaled, "{options}");
        }
        let larger = at(1080, 720, "w=540").of_other(base, Size::new(2160, 1440));
        assert_eq!((larger.crop, larger.scaled), (crop(0.0, 0.0, 2160.0, 1440.0), Size::new(540, 360)));
    }

    #[test]
    fn modes_that_need_both_sides_say_so() {
        for &fit in Fit::ALL {
            let expected = if fit.needs_both_sides() { vec![Warning::NeedsBothSides { fit }] } else { vec![] };
            assert_eq!(at(100, 50, &format!("w=20,fit={fit}")).warnings, expected);
            assert_eq!(at(100, 50, &format!("h=20,fit={fit}")).warnings, expected);
            assert_eq!(at(100, 50, &format!("h=20,w=20,fit={fit}")).warnings, []);
            assert_eq!(at(100, 50, &format!("fit={fit}")).warnings, []);
        }
    }

    #[test]
    fn nothing_left_is_an_error() {
        for options in ["trim=5;0;5;0", "trim=0.5;0;0.5;0,trim.left=10", "trim.left=10", "trim.width=0", "trim.top=99"]
        {
            let options = options.parse().expect("options");
            let error = resolve(Size::new(10, 10), &options, None).expect_err("nothing is left");
            assert_eq!(error, GeometryError::TrimmedAway(Size::new(10, 10)));
            assert_eq!(error.fault(), Fault::Request);
        }
        let error = resolve(Size::new(0, 10), &TransformOptions::default(), None).expect_err("no pixels");
        assert_eq!(error.to_string(), "source is 0x10, it has no pixels");
    }

    mod properties {
        use proptest::prelude::*;
        use tintype_options::{Border, Flip, Rotate};

        use super::*;

        fn length() -> impl Strategy<Value = Option<Length>> {
            proptest::option::weighted(
                0.2,
                prop_oneof![(0..30_000_u32).prop_map(Length::Px), any::<f64>().prop_map(Length::Fraction)],
            )
        }

        fn fraction() -> impl Strategy<Value = f64> {
            prop_oneof![8 => 0.0..=1.0, 1 => any::<f64>(), 1 => Just(f64::NAN)]
        }

        fn gravity() -> impl Strategy<Value = Gravity> {
            let mode = prop_oneof![Just(PointMode::Remainder), Just(PointMode::BoxCenter)];
            prop_oneof![
                proptest::sample::select(vec![
                    Gravity::Center,
                    Gravity::Left,
                    Gravity::Right,
                    Gravity::Top,
                    Gravity::Bottom,
                    Gravity::Auto,
                    Gravity::Face,
                    Gravity::Entropy,
                ]),
                (fraction(), fraction(), mode).prop_map(|(x, y, mode)| Gravity::Point { x, y, mode }),
            ]
        }

        fn side() -> impl Strategy<Value = u32> {
            prop_oneof![8 => 1..=20_000_u32, 1 => 1..=8_u32, 1 => any::<u32>()]
        }

        prop_compose! {
            fn options()(
                width in proptest::option::of(side()),
                height in proptest::option::of(side()),
                dpr in proptest::option::of(prop_oneof![0.1..3.0, any::<f64>()]),
                fit in proptest::option::of(proptest::sample::select(Fit::ALL)),
                gravity in proptest::option::of(gravity()),
                (top, right, bottom, left) in (length(), length(), length(), length()),
                (keep_width, keep_height) in (length(), length()),
                flip in (any::<bool>(), any::<bool>()),
                rotate in proptest::sample::select(vec![Rotate::None, Rotate::Quarter, Rotate::Half, Rotate::ThreeQuarters]),
                border in proptest::option::of(any::<u32>()),
            ) -> TransformOptions {
                let trim = Trim { top, right, bottom, left, width: keep_width, height: keep_height, border: None };
                TransformOptions {
                    width: width.map(Width::Px),
                    height,
                    dpr,
                    fit,
                    gravity,
                    trim: Some(trim),
                    flip: Some(Flip { horizontal: flip.0, vertical: flip.1 }),
                    rotate: Some(rotate),
                    border: border.map(|width| Border { width: Some(width), ..Border::default() }),
                    ..TransformOptions::default()
                }
            }
        }

        fn size() -> impl Strategy<Value = Size> {
            (1..=20_000_u32, 1..=20_000_u32).prop_map(|(width, height)| Size::new(width, height))
        }

        /// How far a side may be from what the other and the ratio say: half a pixel, unless it is the least there is.
        fn keeps_ratio(crop: CropF, scaled: Size) -> bool {
            let [width, height] = [scaled.width, scaled.height].map(f64::from);
            let half = 0.5 + 1e-6;
            (width - height * crop.width / crop.height).abs() <= half
                || (height - width * crop.height / crop.width).abs() <= half
                || scaled.width == 1
                || scaled.height == 1
        }

        proptest! {
            #[test]
            fn whatever_is_asked_for(source in size(), options in options(), focus in proptest::option::of((fraction(), fraction()))) {
                let Ok(geometry) = resolve(source, &options, focus) else { return Ok(()) };
                prop_assert!(!geometry.output().is_empty());
                prop_assert!(!geometry.scaled.is_empty());
                prop_assert!(!geometry.trim.size.is_empty() && geometry.trim.fits(source));
                let (crop, turned) = (geometry.crop, geometry.turned());
                prop_assert!(crop.x >= 0.0 && crop.y >= 0.0 && crop.width > 0.0 && crop.height > 0.0);
                prop_assert!(crop.x + crop.width <= f64::from(turned.width) + 1e-6, "{:?} in {}", crop, turned);
                prop_assert!(crop.y + crop.height <= f64::from(turned.height) + 1e-6, "{:?} in {}", crop, turned);
                if let Some((canvas, (x, y))) = geometry.canvas {
                    prop_assert!(Rect::new(x, y, geometry.scaled).fits(canvas));
                }
                let enlarges = is_larger(geometry.scaled, turned);
                match options.fit.unwrap_or_default() {
                    Fit::ScaleDown | Fit::Crop | Fit::AspectCrop => prop_assert!(!enlarges),
                    Fit::ScaleUp => prop_assert!(!is_larger(turned, geometry.scaled)),
                    Fit::Contain | Fit::Cover | Fit::Pad | Fit::Squeeze => {}
                }
            }

            #[test]
            fn boxes_and_ratios(source in size(), width in 1..=20_000_u32, height in 1..=20_000_u32, fit in proptest::sample::select(Fit::ALL)) {
                let options = TransformOptions {
                    width: Some(Width::Px(width)), height: Some(height), fit: Some(fit), ..TransformOptions::default()
                };
                let geometry = resolve(source, &options, None).expect("a picture and a box");
                let target = Size::new(width, height);
                match fit {
                    Fit::Cover | Fit::Squeeze => prop_assert_eq!(geometry.scaled, target),
                    Fit::Pad => prop_assert_eq!(geometry.filled(), target),
                    Fit::ScaleDown | Fit::Contain | Fit::Crop | Fit::AspectCrop => {
                        prop_assert!(!is_larger(geometry.scaled, target));
                    }
                    Fit::ScaleUp => prop_assert!(geometry.scaled == source || !is_larger(geometry.scaled, target)),
                }
                if fit != Fit::Squeeze {
                    prop_assert!(keeps_ratio(geometry.crop, geometry.scaled), "{:?}", geometry);
                }
                if fit == Fit::AspectCrop {
                    prop_assert!(keeps_ratio(CropF::whole(target), geometry.scaled), "{:?}", geometry);
                }
                if geometry.crop.width == f64::from(geometry.scaled.width) && geometry.crop.height == f64::from(geometry.scaled.height) {
                    prop_assert_eq!(geometry.crop.x.fract() + geometry.crop.y.fract(), 0.0, "a copy lies on whole pixels");
                }
            }
        }
    }
}
