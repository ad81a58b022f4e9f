//! What drawing an SVG costs, found out before it is drawn: the rasteriser cannot be stopped, and one shape can stand for minutes.
//!
//! Layers, tiles of patterns and the areas that filters work on are worked out as resvg does it (0.49: `render.rs`, `mask.rs`, `clip.rs`,
//! `path.rs`), so that the pixels counted are those that it will touch: a layer may reach beyond the picture, to 25 times its area. What
//! each pixel and each edge takes was measured, as nanoseconds of one core with resvg 0.49 in a release build, at 200x200 (blurs also at
//! 800x800), the least of four; figures beside the constants are what was measured, constants are rounded up.

use resvg::{
    tiny_skia::{IntRect, NonZeroRect, Path as Outline, PathSegment, Point, Rect, Transform},
    usvg::{
        BlendMode, ClipPath, Group, ImageKind, Node, Paint, Path, Pattern, Stroke, Tree,
        filter::{EdgeMode, Kind, Primitive},
    },
};
use tintype_pixels::Size;

use crate::{Bound, CodecError, Limits};

/// What any drawing may take, in nanoseconds.
const WORK: f64 = 1.2e8;

/// What it may take beyond for each pixel of the result: a large one may take what a small one may not. Some ten blurs over all of it.
const WORK_PER_PX: f64 = 1_000.0;

/// What it may take beyond for each byte of the document: a third of what as many bytes of small shapes take.
const WORK_PER_BYTE: f64 = 20.0;

/// What no drawing may take.
const MOST_WORK: f64 = 2.0e9;

/// What each shape takes whatever its size: a rectangle of one pixel 850 to 1,230.
const SHAPE: f64 = 1_000.0;

/// Edges that are filled. Lines: 240, and 30 for each pixel of length. Curves: 1,800 and 14.
const LINE_FILLED: (f64, f64) = (250.0, 30.0);
const CURVE_FILLED: (f64, f64) = (1_800.0, 14.0);

/// Edges with a stroke of at most a pixel. Lines: 140, and 75 for each pixel of length. Curves: 1,700 and 50.
const LINE_THIN: (f64, f64) = (200.0, 75.0);
const CURVE_THIN: (f64, f64) = (1_800.0, 50.0);

/// What an edge takes more for each pixel of its stroke's width, up to so many: an outline is made first and filled. Lines: 140 at 20
/// pixels and 60 at 100. Curves: 1,300 and 700.
const LINE_WIDTH: f64 = 150.0;
const CURVE_WIDTH: f64 = 1_300.0;
const MOST_WIDTH: f64 = 50.0;

/// Each dash of five pixels' width, along lines and along curves: 460 and 3,500.
const LINE_DASH: f64 = 500.0;
const CURVE_DASH: f64 = 3_500.0;

/// The rasteriser gives up beyond as many.
const MOST_DASHES: f64 = 1e6;

/// Each pixel that is filled. Alike everywhere: 0.5 where it is opaque, else 3.6. Gradients: 11. Patterns: 6.
const OPAQUE: f64 = 1.0;
const MIXED: f64 = 4.0;
const GRADIENT: f64 = 12.0;
const PATTERN: f64 = 8.0;

/// Each pixel of a picture that is drawn, and each of the file that it comes from.
const IMAGE: f64 = 20.0;
const DECODED: f64 = 8.0;

/// Each pixel of a layer of its own: 3.5, with how it is put onto what is below. Blended: 11.
const LAYER: f64 = 6.0;
const BLENDED_LAYER: f64 = 12.0;

/// A mask, without what is drawn into it: 10. A clip: 7.
const MASK: f64 = 11.0;
const CLIP: f64 = 8.0;

/// Refuses a drawing of `size` that would take too much time or memory. `transform` is from the document's units to pixels.
pub(super) fn check(
    tree: &Tree,
    bytes: usize,
    size: Size,
    transform: Transform,
    limits: &Limits,
) -> Result<(), CodecError> {
    let canvas = size.area() as f64;
    let work = (WORK + WORK_PER_PX * canvas + WORK_PER_BYTE * bytes as f64).min(MOST_WORK);
    let memory = limits.decoded_bytes as f64 / 4.0;
    let target = Target::picture(size, transform);
    let verdict = Cost { work }.nodes(tree.root(), target, memory - canvas);
    verdict.map_err(|what| {
        let limit = match what {
            Bound::DecodedBytes => limits.decoded_bytes,
            _ => work as u64,
        };
        CodecError::TooLarge { what, value: limit.saturating_add(1), limit }
    })
}

/// What is drawn on.
#[derive(Clone, Copy)]
struct Target {
    transform: Transform,
    width: f32,
    height: f32,
    /// What layers are cut to; nothing, where there are none.
    reach: Option<IntRect>,
}

impl Target {
    fn picture(size: Size, transform: Transform) -> Self {
        let side = |px: u32| i32::try_from(px).unwrap_or(i32::MAX);
        let (across, down) = (side(size.width).saturating_mul(-2), side(size.height).saturating_mul(-2));
        let (width, height) = (size.width.saturating_mul(5), size.height.saturating_mul(5));
        let reach = IntRect::from_xywh(across, down, width, height);
        Self { transform, width: size.width as f32, height: size.height as f32, reach }
    }

    fn within(self, group: &Group) -> Self {
        Self { transform: self.transform.pre_concat(group.transform()), ..self }
    }

    /// The layer of `group`, whose transform is part of this one's already; none where nothing of it is drawn.
    fn layer(self, group: &Group) -> Option<Self> {
        let upright = if group.filters().is_empty() {
            Transform::identity()
        } else {
            // Filters work upright, and turned and skewed layers are drawn from that.
            let Transform { sx, kx, ky, sy, .. } = self.transform;
            let (across, down) = (sx.hypot(ky), kx.hypot(sy));
            Transform::from_row(sx / across, ky / across, kx / down, sy / down, 0.0, 0.0).invert()?
        };
        let reach = self.reach?.to_rect().transform(upright)?.round_out()?;
        let transform = upright.pre_concat(self.transform);
        let bounds = group.layer_bounding_box().transform(transform)?;
        let margin = if group.filters().is_empty() { 2.0 } else { 0.0 };
        let left = (bounds.left().floor() - margin).max(reach.left() as f32);
        let top = (bounds.top().floor() - margin).max(reach.top() as f32);
        let right = (bounds.right().ceil() + margin).min(reach.right() as f32);
        let bottom = (bounds.bottom().ceil() + margin).min(reach.bottom() as f32);
        let cut = NonZeroRect::from_ltrb(left, top, right, bottom)?;
        let transform = Transform::from_translate(-left, -top).pre_concat(transform);
        Some(Self { transform, width: cut.width(), height: cut.height(), reach: Some(reach) })
    }

    /// One tile of a pattern. It is drawn whole, however much of it is seen.
    fn tile(self, pattern: &Pattern) -> Self {
        let (across, down) = self.transform.pre_concat(pattern.transform()).get_scale();
        let (width, height) = (pattern.rect().width() * across, pattern.rect().height() * down);
        Self { transform: Transform::from_scale(across, down), width, height, reach: self.reach }
    }

    /// What a filter draws by itself, in the layer that it works on.
    fn inlaid(self, primitive: &Primitive) -> Self {
        let (across, down) = self.transform.get_scale();
        let corner = primitive.rect().transform(self.transform);
        let (left, top) = corner.map_or((0.0, 0.0), |bounds| (bounds.left().floor(), bounds.top().floor()));
        let reach = IntRect::from_xywh(0, 0, self.width as u32, self.height as u32);
        Self { transform: Transform::from_row(across, 0.0, 0.0, down, left, top), reach, ..self }
    }

    fn area(self) -> f64 {
        f64::from(self.width) * f64::from(self.height)
    }

    /// How many pixels one unit of length is, at most.
    fn scale(self) -> f64 {
        let (across, down) = self.transform.get_scale();
        f64::from(across.max(down))
    }

    /// How many of its pixels something in `bounds` may touch.
    fn covered(self, bounds: Rect) -> f64 {
        let Some(bounds) = bounds.transform(self.transform) else { return 0.0 };
        let across = bounds.right().min(self.width) - bounds.left().max(0.0);
        let down = bounds.bottom().min(self.height) - bounds.top().max(0.0);
        f64::from(across.ceil().max(0.0)) * f64::from(down.ceil().max(0.0))
    }
}

struct Cost {
    /// What is left.
    work: f64,
}

impl Cost {
    fn spend(&mut self, work: f64) -> Result<(), Bound> {
        self.work -= work;
        // Also where something is not a number.
        if self.work >= 0.0 { Ok(()) } else { Err(Bound::SvgWork) }
    }

    /// `memory` is how many pixels layers may still take.
    fn group(&mut self, group: &Group, target: Target, memory: f64) -> Result<(), Bound> {
        let target = target.within(group);
        if !group.should_isolate() {
            return self.nodes(group, target, memory);
        }
        let Some(layer) = target.layer(group) else { return Ok(()) };
        let area = layer.area();
        let primitives = || group.filters().iter().flat_map(|filter| filter.primitives());
        let mut held = area * (1.0 + primitives().count() as f64);
        self.spend(area * if group.blend_mode() == BlendMode::Normal { LAYER } else { BLENDED_LAYER })?;
        for primitive in primitives() {
            self.spend(area * filter_work(primitive, layer))?;
            if let Kind::Image(image) = primitive.kind() {
                self.nodes(image.root(), layer.inlaid(primitive), memory - held)?;
            }
        }
        let mut mask = group.mask();
        while let Some(next) = mask {
            held += area * 2.0;
            self.spend(area * MASK)?;
            self.nodes(next.root(), layer, memory - held)?;
            mask = next.mask();
        }
        if memory < held {
            return Err(Bound::DecodedBytes);
        }
        if let Some(clip) = group.clip_path() {
            self.clip(clip, layer, memory - held)?;
        }
        self.nodes(group, layer, memory - held)
    }

    fn nodes(&mut self, group: &Group, target: Target, memory: f64) -> Result<(), Bound> {
        for node in group.children() {
            self.spend(SHAPE)?;
            match node {
                Node::Group(inner) => self.group(inner, target, memory)?,
                Node::Path(path) => self.path(path, target, memory)?,
                Node::Image(image) => {
                    let stored = f64::from(image.size().width()) * f64::from(image.size().height());
                    // Decoded each time it is drawn.
                    self.spend(target.covered(image.bounding_box()) * IMAGE + stored * DECODED)?;
                    if let ImageKind::SVG(_) = image.kind() {
                        return Err(Bound::SvgWork);
                    }
                }
                Node::Text(_) => {}
            }
        }
        Ok(())
    }

    fn clip(&mut self, clip: &ClipPath, target: Target, memory: f64) -> Result<(), Bound> {
        let memory = memory - target.area();
        if memory < 0.0 {
            return Err(Bound::DecodedBytes);
        }
        self.spend(target.area() * CLIP)?;
        let transform = target.transform.pre_concat(clip.transform());
        self.clip_nodes(clip.root(), Target { transform, ..target }, memory)?;
        clip.clip_path().map_or(Ok(()), |clip| self.clip(clip, target, memory))
    }

    fn clip_nodes(&mut self, group: &Group, target: Target, memory: f64) -> Result<(), Bound> {
        for node in group.children() {
            self.spend(SHAPE)?;
            match node {
                Node::Group(inner) => {
                    let target = target.within(inner);
                    if let Some(clip) = inner.clip_path() {
                        self.clip(clip, target, memory - target.area())?;
                    }
                    self.clip_nodes(inner, target, memory)?;
                }
                Node::Path(path) => self.path(path, target, memory)?,
                Node::Image(_) | Node::Text(_) => {}
            }
        }
        Ok(())
    }

    fn path(&mut self, path: &Path, target: Target, memory: f64) -> Result<(), Bound> {
        if !path.is_visible() {
            return Ok(());
        }
        let edges = Edges::of(path.data(), target);
        if let Some(fill) = path.fill() {
            self.spend(edges.filled())?;
            self.paint(fill.paint(), fill.opacity().get(), target.covered(path.bounding_box()), target, memory)?;
        }
        if let Some(stroke) = path.stroke() {
            self.spend(edges.stroked(stroke, target.scale()))?;
            let covered = target.covered(path.stroke_bounding_box());
            self.paint(stroke.paint(), stroke.opacity().get(), covered, target, memory)?;
        }
        Ok(())
    }

    fn paint(&mut self, paint: &Paint, opacity: f32, covered: f64, on: Target, memory: f64) -> Result<(), Bound> {
        match paint {
            Paint::Color(_) if opacity >= 1.0 => self.spend(covered * OPAQUE),
            Paint::Color(_) => self.spend(covered * MIXED),
            Paint::LinearGradient(_) | Paint::RadialGradient(_) => self.spend(covered * GRADIENT),
            Paint::Pattern(pattern) => {
                let tile = on.tile(pattern);
                if memory < tile.area() {
                    return Err(Bound::DecodedBytes);
                }
                self.spend(covered * PATTERN + tile.area())?;
                self.nodes(pattern.root(), tile, memory - tile.area())
            }
        }
    }
}

/// The edges of a path: how many, how many pixels long together, and how many of the path's own units.
#[derive(Default)]
struct Edges {
    lines: f64,
    curves: f64,
    lines_px: f64,
    curves_px: f64,
    lines_units: f64,
    curves_units: f64,
}

impl Edges {
    fn of(path: &Outline, target: Target) -> Self {
        let (scale, longest) = (target.scale(), f64::from(target.width + target.height));
        let mut edges = Self::default();
        let (mut start, mut last) = (Point::zero(), Point::zero());
        let length =
            |points: &[Point]| -> f64 { points.windows(2).map(|ends| f64::from((ends[1] - ends[0]).length())).sum() };
        for segment in path.segments() {
            let (units, end) = match segment {
                PathSegment::MoveTo(to) => {
                    (start, last) = (to, to);
                    continue;
                }
                PathSegment::LineTo(to) => (length(&[last, to]), to),
                PathSegment::Close => (length(&[last, start]), start),
                PathSegment::QuadTo(by, to) => (length(&[last, by, to]), to),
                PathSegment::CubicTo(by, and, to) => (length(&[last, by, and, to]), to),
            };
            last = end;
            // What is far outside is cut off before it is followed.
            let px = (units * scale).min(longest);
            let (count, sum_px, sum_units) = match segment {
                PathSegment::QuadTo(..) | PathSegment::CubicTo(..) => {
                    (&mut edges.curves, &mut edges.curves_px, &mut edges.curves_units)
                }
                _ => (&mut edges.lines, &mut edges.lines_px, &mut edges.lines_units),
            };
            *count += 1.0;
            *sum_px += px;
            *sum_units += units;
        }
        edges
    }

    fn with(&self, line: (f64, f64), curve: (f64, f64)) -> f64 {
        self.lines * line.0 + self.lines_px * line.1 + self.curves * curve.0 + self.curves_px * curve.1
    }

    fn filled(&self) -> f64 {
        self.with(LINE_FILLED, CURVE_FILLED)
    }

    fn stroked(&self, stroke: &Stroke, scale: f64) -> f64 {
        let width = (f64::from(stroke.width().get()) * scale).min(MOST_WIDTH);
        let mut work = self.with(LINE_THIN, CURVE_THIN);
        if width > 1.0 {
            work += (self.lines * LINE_WIDTH + self.curves * CURVE_WIDTH) * width;
        }
        if let Some(dashes) = stroke.dasharray() {
            let period: f32 = dashes.iter().sum();
            let dashes = |units: f64| (units / f64::from(period) * dashes.len() as f64 / 2.0).min(MOST_DASHES);
            work += dashes(self.lines_units) * LINE_DASH + dashes(self.curves_units) * CURVE_DASH;
        }
        work
    }
}

/// Of each pixel of the layer that a filter works on. Each takes its input in the colors that it computes with, which is 20 to 30 of it.
fn filter_work(primitive: &Primitive, layer: Target) -> f64 {
    let (across, down) = layer.transform.get_scale();
    // Narrow blurs are recursive, wide ones boxes: 290 and 69, at 800x800 with 260 and 80.
    let blur = |x: f32, y: f32| if x * across < 2.0 && y * down < 2.0 { 300.0 } else { 80.0 };
    match primitive.kind() {
        // For one octave 115, for five 320; where tiles are stitched 440.
        Kind::Turbulence(turbulence) => 40.0 + 80.0 * f64::from(turbulence.num_octaves().max(1)),
        // For 3x3 68, for 9x9 290, where it wraps around 460; that goes around more than once where a layer is small.
        Kind::ConvolveMatrix(convolve) => {
            let (columns, rows) = (convolve.matrix().columns() as f32, convolve.matrix().rows() as f32);
            let around = match convolve.edge_mode() {
                EdgeMode::Wrap => 2.0 + columns / layer.width + rows / layer.height,
                EdgeMode::None | EdgeMode::Duplicate => 1.0,
            };
            30.0 + 3.5 * f64::from(columns * rows * around)
        }
        // A radius of 3 takes 50, one of 10 takes 250.
        Kind::Morphology(morphology) => {
            let reach = |radius: f32, scale: f32, side: f32| f64::from((2.0 * radius * scale + 2.0).min(side));
            let across = reach(morphology.radius_x().get(), across, layer.width);
            let down = reach(morphology.radius_y().get(), down, layer.height);
            30.0 + 0.7 * across * down
        }
        Kind::GaussianBlur(gauss) => blur(gauss.std_dev_x().get(), gauss.std_dev_y().get()),
        // 145 with a wide blur.
        Kind::DropShadow(shadow) => 70.0 + blur(shadow.std_dev_x().get(), shadow.std_dev_y().get()),
        // 33 to 78.
        Kind::DiffuseLighting(_) | Kind::SpecularLighting(_) => 80.0,
        // Of two 42, of 22 315.
        Kind::Merge(merge) => 20.0 + 20.0 * merge.inputs().len() as f64,
        // 64, 43, 41 and 58.
        Kind::Blend(_) | Kind::Composite(_) | Kind::DisplacementMap(_) | Kind::ComponentTransfer(_) => 65.0,
        // At most 35.
        Kind::ColorMatrix(_) | Kind::Flood(_) | Kind::Image(_) | Kind::Offset(_) | Kind::Tile(_) => 35.0,
    }
}
