//! From options to steps: the fixed order of operations, as a literal list.
//!
//! Order (documented for callers): EXIF orientation, trim, flip, rotate, crop and resize, canvas and background, sharpen,
//! blur, brightness, contrast, saturation, gamma, border, encode. What has no effect is not in the list.

use tintype_options::{Border, TransformOptions, Warning};
use tintype_pixels::{Depth, ImageInfo, Layout, Orientation, Rect, Rgba, Size, SourceColor};
use tintype_wgsl::Texel;

use super::{Device, Geometry, PlanError, optimize, picture::Picture, resolve};
use crate::{
    Space, Working,
    ops::{
        Background, Blur, ColorMatrix, Crop, Gamma, Orient, Pack, Pad, Reach, Resize, Sharpen, Step, ToEncoded,
        ToLinear, Unpack,
        resize::{Axis, Filter, Stretch},
        unpack::Bands,
    },
};

/// What the planner must know of a source; the header tells all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Width and height as stored.
    pub size: Size,
    /// The samples that decoding gives.
    pub layout: Layout,
    /// How the stored picture must be moved to be upright.
    pub orientation: Orientation,
    /// Whether any pixel may be transparent.
    pub alpha: bool,
    /// What the numbers mean; `None` for samples that are linear light already.
    pub color: Option<SourceColor>,
}

impl From<&ImageInfo> for Source {
    fn from(info: &ImageInfo) -> Self {
        Self {
            size: info.size,
            layout: info.layout,
            orientation: info.orientation,
            alpha: info.alpha,
            color: (info.layout.depth != Depth::F32).then(|| info.color.clone()),
        }
    }
}

/// Everything a plan is made from, besides the source.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// What was asked for.
    pub options: &'a TransformOptions,
    /// The samples that the encoder wants; `None` leaves the result on the device.
    pub target: Option<Layout>,
    /// The transfer curve of working images.
    pub space: Space,
    /// The resampling kernel.
    pub filter: Filter,
    /// What the device can do.
    pub device: Device,
    /// Largest side and area of the result, in pixels.
    pub max_result: (u32, u64),
}

/// What will be done: nothing optional, every size known.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Space and precision in between.
    pub working: Working,
    /// The source and its steps.
    pub picture: Picture,
    /// How the result leaves the device; `None` leaves it there.
    pub pack: Option<Pack>,
    /// What was odd about the sizes that were asked for.
    pub warnings: Vec<Warning>,
}

impl Plan {
    /// Plans the transformation of `source`.
    ///
    /// # Errors
    /// When nothing would be left of the source, or a size passes a limit.
    pub fn new(source: &Source, request: &Request<'_>) -> Result<Self, PlanError> {
        let geometry = resolve(source.orientation.apply(source.size), request.options, None)?;
        let result = geometry.output();
        let (limit_side, limit_area) = request.max_result;
        if result.width.max(result.height) > limit_side || result.area() > limit_area {
            return Err(PlanError::ResultTooLarge { size: result, limit_side, limit_area });
        }
        let texel = match request.target.map(|layout| layout.depth) {
            Some(Depth::U16 | Depth::F32) => Texel::F32,
            Some(Depth::U8) | None => Texel::F16,
        };
        let working = Working { space: request.space, texel };
        let mut picture = outline(source, request, &geometry)?;
        let keeps_linear = optimize::optimize(&mut picture, working, request.target.is_some());
        for size in picture.sizes().chain([picture.unpack.rect.size]) {
            let limit = request.device.texture_side;
            // A streamed picture is never whole in a texture's height.
            if size.width > limit || (size.height > limit && picture.unpack.first.is_none()) {
                return Err(PlanError::DeviceTooSmall { size, limit });
            }
        }
        let pack = request.target.map(|layout| Pack {
            layout,
            encode: keeps_linear && layout.depth != Depth::F32,
            dither: layout.depth == Depth::U8 && has_gradients(source, &picture),
            binding_bytes: request.device.binding_bytes,
        });
        Ok(Self { working, picture, pack, warnings: geometry.warnings })
    }

    /// Width and height of the result.
    pub fn size(&self) -> Size {
        self.picture.size()
    }
}

/// Whether values between the codes of 8 bits were made that band when they are rounded.
fn has_gradients(source: &Source, picture: &Picture) -> bool {
    source.layout.depth != Depth::U8 || picture.steps.iter().any(|step| matches!(step, Step::Blur(_)))
}

/// The list, before any rewriting.
fn outline(source: &Source, request: &Request<'_>, geometry: &Geometry) -> Result<Picture, PlanError> {
    let options = request.options;
    let linear = request.space == Space::Linear;
    let same_curve = source.color.as_ref().is_some_and(SourceColor::is_srgb);
    let unpack = Unpack {
        orientation: source.orientation,
        color: if linear || !same_curve { source.color.clone() } else { None },
        encode: !linear && !same_curve,
        bands: Bands { binding_bytes: request.device.binding_bytes, band_bytes: request.device.band_bytes },
        ..Unpack::plain(0, source.size, source.layout)
    };
    let upright = unpack.output();
    let mut steps: Vec<Step> = Vec::new();
    let mut opaque = !source.alpha;

    if !geometry.trim.is_whole(upright) {
        steps.push(Crop::new(upright, geometry.trim)?.into());
    }
    if geometry.turn != Orientation::Upright {
        steps.push(Orient(geometry.turn).into());
    }
    resize(&mut steps, geometry, request.filter)?;

    let background = options.background;
    if let Some((canvas, (x, y))) = geometry.canvas {
        let bars = if background.is_some() { Rgba::TRANSPARENT } else { Rgba::WHITE };
        let inner = Rect::new(x, y, geometry.scaled);
        steps.push(Pad::new(canvas, inner, bars, request.space)?.into());
        opaque &= bars.a == 1.0;
    }
    if let Some(color) = background.filter(|color| !opaque && color.a > 0.0) {
        steps.push(Background(color).into());
        opaque = color.a == 1.0;
    }

    let asked = |value: Option<f64>, neutral: f64| value.map(|v| v as f32).filter(|v| *v != neutral as f32);
    steps.extend(asked(options.sharpen, 0.0).map(|v| Sharpen::new(v).into()));
    steps.extend(asked(options.blur, 0.0).map(|v| Blur::new(v).into()));
    let factor = |value: Option<f64>| asked(value, 1.0).filter(|v| *v > 0.0);
    steps.extend(factor(options.brightness).map(|v| ColorMatrix::brightness(v).into()));
    steps.extend(factor(options.contrast).map(|v| ColorMatrix::contrast(v).into()));
    steps.extend(asked(options.saturation, 1.0).map(|v| ColorMatrix::saturation(v).into()));
    steps.extend(factor(options.gamma).map(|v| Gamma(v).into()));

    let [top, right, bottom, left] = geometry.border;
    if [top, right, bottom, left] != [0; 4] {
        let color = options.border.and_then(|border| border.color).unwrap_or(Border::DEFAULT_COLOR);
        let inner = Rect::new(left, top, geometry.filled());
        steps.push(Pad::new(geometry.output(), inner, color, request.space)?.into());
        opaque &= color.a == 1.0;
    }
    if request.target.is_some_and(|layout| !layout.has_alpha()) && !opaque {
        steps.push(Background(Rgba::WHITE).into());
    }
    let steps = if linear { in_their_space(steps) } else { steps };
    Ok(Picture { unpack, steps })
}

/// Crop and both axes; the larger reduction first.
fn resize(steps: &mut Vec<Step>, geometry: &Geometry, filter: Filter) -> Result<(), PlanError> {
    let turned = geometry.turned();
    let crop = geometry.crop;
    let x = Stretch { line: turned.width, start: crop.x, len: crop.width, to: geometry.scaled.width, filter };
    let y = Stretch { line: turned.height, start: crop.y, len: crop.height, to: geometry.scaled.height, filter };
    if x.is_crop() && y.is_crop() {
        let rect = Rect::new(crop.x as u32, crop.y as u32, geometry.scaled);
        if !rect.is_whole(turned) {
            steps.push(Crop::new(turned, rect)?.into());
        }
        return Ok(());
    }
    let mut axes = [(Axis::X, x), (Axis::Y, y)];
    if y.reduction() > x.reduction() {
        axes.swap(0, 1);
    }
    let first = steps.len();
    let needed = axes.into_iter().filter(|(_, stretch)| !stretch.is_identity());
    steps.extend(needed.map(|(axis, stretch)| Resize { axis, stretch, saturate: false }.into()));
    if let Some(Step::Resize(last)) = steps[first..].last_mut() {
        last.saturate = true;
    }
    Ok(())
}

/// Color operations are defined on encoded values: a run of them is put between two transfers.
fn in_their_space(steps: Vec<Step>) -> Vec<Step> {
    let mut result: Vec<Step> = Vec::new();
    let mut encoded = false;
    for step in steps {
        let wants_encoded = step.op().reach() == Reach::Point;
        if wants_encoded != encoded {
            result.push(if wants_encoded { ToEncoded.into() } else { ToLinear.into() });
            encoded = wants_encoded;
        }
        result.push(step);
    }
    if encoded {
        result.push(ToLinear.into());
    }
    result
}
