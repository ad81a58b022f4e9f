//! From options to steps: the fixed order of operations, as a literal list.
//!
//! Order (documented for callers): EXIF orientation, trim, flip, rotate, crop and resize, matte, canvas and background,
//! sharpen, blur, brightness, contrast, saturation, gamma, border, encode. What has no effect is not in the list.

use std::sync::Arc;

use tintype_jpeg::{Frame, decode::Coding, forward::Rounding, inverse::Scale};
use tintype_options::{Border, Refine, TransformOptions, Warning};
use tintype_pixels::{Depth, Gamut, ImageInfo, Layout, Orientation, Rect, Rgba, Size, SourceColor};
use tintype_wgsl::Texel;

use super::{Bits, Coders, Device, Geometry, Placement, PlanError, Shrink, optimize, picture::Picture, resolve};
use crate::{
    Space, Working,
    ops::{
        Background, Blur, ColorMatrix, Composite, Crop, Defringe, Fdct, Gamma, HuffmanEncode, Matte, Orient, Pack, Pad,
        Reach, Resize, Sharpen, Step, ToEncoded, ToLinear, Unpack,
        resize::{Axis, Filter, Stretch},
        unpack::{Bands, Components},
    },
};

/// Pixels of a photograph at quality 80 in a byte of its file.
const PIXELS_PER_BYTE: u64 = 5;

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
    /// Whether it is a texture on the device, in the working space, instead of samples.
    pub on_device: bool,
    /// The frame of a JPEG whose components are given instead of samples; only set by [`Source::as_components`].
    pub jpeg: Option<Arc<Frame>>,
}

impl Source {
    /// The same picture, given as the components of a JPEG with this frame, where `device` reads such; else as it was.
    pub fn as_components(mut self, frame: &Arc<Frame>, device: Device) -> Self {
        let components = Components::new(frame.clone(), Scale::Full, device.inverse, device.binding_bytes);
        // A table takes samples: its kernel is another one.
        let has_table = self.color.as_ref().is_some_and(|color| color.table.is_some());
        let is_same = self.size == frame.size && self.layout.depth == Depth::U8 && !self.on_device && !has_table;
        self.jpeg = components.filter(|_| is_same).map(|components| components.frame);
        self
    }
}

impl From<&ImageInfo> for Source {
    fn from(info: &ImageInfo) -> Self {
        Self {
            size: info.size,
            layout: info.layout,
            orientation: info.orientation,
            alpha: info.alpha,
            color: (info.layout.depth != Depth::F32).then(|| info.color.clone()),
            on_device: false,
            jpeg: None,
        }
    }
}

/// One thing that was asked for; they happen in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// All options of one transformation, in their fixed order.
    Transform(Box<TransformOptions>),
    /// The same, of which only the foreground is kept.
    Cutout {
        /// All options of the transformation.
        options: Box<TransformOptions>,
        /// Which of the plan's sources holds how much of every pixel is foreground: one channel of floats, 0 to 1, of any
        /// size, that covers what the transformation crops.
        matte: usize,
    },
    /// A layer on top.
    Draw(Draw),
}

/// A layer: its source, what happens to it, and where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// Which of the plan's sources.
    pub source: usize,
    /// What happens to it first.
    pub stages: Vec<Stage>,
    /// Where it goes and how.
    pub placement: Placement,
}

/// Everything a plan is made from, besides the sources.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// What was asked for.
    pub stages: &'a [Stage],
    /// The samples that the encoder wants; `None` leaves the result on the device.
    pub target: Option<Layout>,
    /// The transfer curve of working images.
    pub space: Space,
    /// The primaries of working images, and of what leaves in them.
    pub gamut: Gamut,
    /// The resampling kernel.
    pub filter: Filter,
    /// What the device can do.
    pub device: Device,
    /// Largest side and area of any image on the way, in pixels.
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
    /// What the packed samples become before they leave, where they are to be a JPEG's coefficients.
    pub fdct: Option<Fdct>,
    /// Who makes the bits of the coefficients, where it is the device.
    pub huffman: Option<HuffmanEncode>,
    /// Whether no pixel of the result can be transparent.
    pub is_opaque: bool,
    /// What was odd about the sizes that were asked for.
    pub warnings: Vec<Warning>,
}

impl Plan {
    /// Plans the transformation of the first of `sources`; the others are layers' sources.
    ///
    /// # Errors
    /// When nothing would be left of a source, or a size passes a limit.
    ///
    /// # Panics
    /// When a layer names a source that is not there.
    pub fn new(sources: &[Source], request: &Request<'_>) -> Result<Self, PlanError> {
        let mut outline = Outline::start(sources, 0, request);
        outline.stages(request.stages)?;
        outline.end(&sources[0])
    }

    /// The same plan, which leaves the coefficients of a JPEG with this frame instead of samples, where the device can make them;
    /// [`Plan::fdct`] says whether. The frame's size is the plan's.
    #[must_use]
    pub fn as_jpeg(self, frame: Frame) -> Self {
        self.as_rounded_jpeg(frame, Rounding::Nearest)
    }

    /// The same with a rounding of choice.
    #[must_use]
    pub fn as_rounded_jpeg(mut self, frame: Frame, rounding: Rounding) -> Self {
        let is_same = frame.size == self.size();
        let fdct = self.pack.as_ref().and_then(|pack| Fdct::new(frame, pack.layout, pack.binding_bytes));
        self.fdct = fdct.filter(|_| is_same).map(|fdct| fdct.rounded(rounding));
        self
    }

    /// The same plan of a JPEG, which leaves the bits of a baseline file instead of coefficients, where `coders` says that the device
    /// makes them; [`Plan::huffman`] says whether. It takes two submissions: [`Plan::record`] reads back the counts of
    /// symbols, for tables that fit, and [`Plan::record_bits`] the bits.
    #[must_use]
    pub fn as_jpeg_bits(mut self, coders: Coders) -> Self {
        let ending = self.fdct.as_ref().zip(self.pack.as_ref());
        self.huffman = ending.and_then(|(fdct, pack)| {
            let bytes = fdct.frame.size.area() / PIXELS_PER_BYTE;
            coders.encode(Bits { frame: &fdct.frame, coding: Coding::Sequential, bytes }).device?;
            HuffmanEncode::new(fdct.frame.clone(), pack.binding_bytes)
        });
        self
    }

    /// How source `index` is read where it is a JPEG's components.
    pub fn components(&self, index: usize) -> Option<&Components> {
        self.picture.unpack_of(index)?.components.as_ref()
    }

    /// Width and height of the result.
    pub fn size(&self) -> Size {
        self.picture.size()
    }
}

/// Width and height of source `index` after `stages`.
///
/// # Errors
/// As [`Plan::new`].
pub fn size_after(
    sources: &[Source],
    index: usize,
    stages: &[Stage],
    request: &Request<'_>,
) -> Result<Size, PlanError> {
    let mut outline = Outline::start(sources, index, request);
    outline.stages(stages)?;
    Ok(outline.size)
}

impl Plan {
    /// The copy that a model looks at to tell the foreground of a transformation by `options` of source `index`, after
    /// `before`: what the transformation crops, as large as `size`, as 8-bit sRGB on white, or as a working image where the
    /// request has no target.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn view(
        sources: &[Source],
        index: usize,
        before: &[Stage],
        options: &TransformOptions,
        size: Size,
        request: &Request<'_>,
    ) -> Result<Self, PlanError> {
        let mut outline = Outline::start(sources, index, request);
        outline.stages(before)?;
        let geometry = Geometry { scaled: size, ..resolve(outline.size, options, None)? };
        outline.cut_and_turn(&geometry)?;
        outline.resize(&geometry)?;
        outline.read_back(Layout::RGB8, |_| Vec::new())
    }
}

impl Plan {
    /// The plan of `map`, which covers all of an upright picture of size `base` in pixels of its own, as a gain map does: trims, turns,
    /// crops and sizes of the request's transformations at the map's scale, and nothing else of them.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn following(map: &Source, mut base: Size, request: &Request<'_>) -> Result<Self, PlanError> {
        let mut outline = Outline::start(std::slice::from_ref(map), 0, request);
        for stage in request.stages {
            let Stage::Transform(options) = stage else { continue };
            let geometry = resolve(base, options, None)?;
            let own = geometry.of_other(base, outline.size);
            outline.check_result(own.scaled)?;
            outline.cut_and_turn(&own)?;
            outline.resize(&own)?;
            base = geometry.scaled;
        }
        outline.end(map)
    }
}

/// The plan of an analysis: `stages` of source `index`, then `steps` on what they leave, read back in `layout`.
pub(super) fn analyse(
    sources: &[Source],
    index: usize,
    stages: &[Stage],
    request: &Request<'_>,
    steps: impl FnOnce(Size) -> Vec<Step>,
    layout: Layout,
) -> Result<Plan, PlanError> {
    let mut outline = Outline::start(sources, index, request);
    outline.stages(stages)?;
    outline.read_back(layout, steps)
}

/// Every image must fit a texture; a streamed source only in width, because it is never whole.
fn check_device(picture: &Picture, device: Device) -> Result<(), PlanError> {
    let limit = device.texture_side;
    let source = picture.unpack.rect.size;
    let streamed = picture.unpack.first.as_ref().map(|_| Size::new(source.width, 1));
    match picture.sizes().chain(streamed).find(|size| size.width.max(size.height) > limit) {
        Some(size) => Err(PlanError::DeviceTooSmall { size, limit }),
        None => Ok(()),
    }
}

/// Whether values between the codes of 8 bits were made that band when they are rounded.
fn has_gradients(source: &Source, picture: &Picture) -> bool {
    source.layout.depth != Depth::U8 || picture.steps.iter().any(|step| matches!(step, Step::Blur(_)))
}

/// What the numbers of `source` mean, as a way to the primaries of working images. Floats without a curve are linear light
/// with sRGB's.
fn in_gamut(source: &Source, gamut: Gamut) -> Option<SourceColor> {
    let color = source.color.clone().or_else(|| (!gamut.is_srgb()).then(SourceColor::srgb))?;
    // A table's colors are brought there behind it.
    let srgb_from_source =
        if color.table.is_some() { color.srgb_from_source } else { gamut.matrix(color.srgb_from_source) };
    Some(SourceColor { srgb_from_source, ..color })
}

/// The list while it grows, before any rewriting.
struct Outline<'a> {
    sources: &'a [Source],
    request: &'a Request<'a>,
    unpack: Unpack,
    steps: Vec<Step>,
    size: Size,
    is_opaque: bool,
    warnings: Vec<Warning>,
}

impl<'a> Outline<'a> {
    fn start(sources: &'a [Source], index: usize, request: &'a Request<'a>) -> Self {
        let source = &sources[index];
        let linear = request.space == Space::Linear;
        let same_curve = source.color.as_ref().is_some_and(SourceColor::is_srgb);
        let color = in_gamut(source, request.gamut);
        let same_curve = same_curve && color == source.color;
        let unpack = Unpack {
            orientation: source.orientation,
            color: if linear || !same_curve { color } else { None },
            encode: !linear && !same_curve,
            gamut: request.gamut,
            bands: Bands { binding_bytes: request.device.binding_bytes, band_bytes: request.device.band_bytes },
            is_given: source.on_device,
            components: source.jpeg.clone().map(|frame| Components {
                frame,
                scale: Scale::Full,
                inverse: request.device.inverse,
                share: request.device.share,
            }),
            ..Unpack::plain(index, source.size, source.layout)
        };
        Self {
            sources,
            request,
            size: unpack.output(),
            unpack,
            steps: Vec::new(),
            is_opaque: !source.alpha,
            warnings: Vec::new(),
        }
    }

    fn push(&mut self, step: impl Into<Step>) {
        let step = step.into();
        self.size = step.op().output(self.size);
        self.steps.push(step);
    }

    fn stages(&mut self, stages: &[Stage]) -> Result<(), PlanError> {
        stages.iter().try_for_each(|stage| match stage {
            Stage::Transform(options) => self.transform(options, None),
            Stage::Cutout { options, matte } => self.transform(options, Some(*matte)),
            Stage::Draw(draw) => self.draw(draw),
        })
    }

    /// The fixed order of one transformation.
    fn transform(&mut self, options: &TransformOptions, matte: Option<usize>) -> Result<(), PlanError> {
        let geometry = resolve(self.size, options, None)?;
        for size in [geometry.filled(), geometry.output()] {
            self.check_result(size)?;
        }
        let space = self.request.space;
        self.cut_and_turn(&geometry)?;
        self.resize(&geometry)?;
        if let Some(matte) = matte {
            self.matte(matte, options.segment_refine.unwrap_or_default())?;
        }

        if let Some((canvas, (x, y))) = geometry.canvas {
            let bars = if options.background.is_some() { Rgba::TRANSPARENT } else { Rgba::WHITE };
            self.push(Pad::new(canvas, Rect::new(x, y, geometry.scaled), self.request.gamut.color(bars), space)?);
            self.is_opaque &= bars.a == 1.0;
        }
        if let Some(color) = options.background.filter(|color| !self.is_opaque && color.a > 0.0) {
            self.push(Background(self.request.gamut.color(color)));
            self.is_opaque = color.a == 1.0;
        }

        if let Some(strength) = unlike(options.sharpen, 0.0) {
            self.push(Sharpen::new(strength));
        }
        if let Some(radius) = unlike(options.blur, 0.0) {
            self.push(Blur::new(radius));
        }
        if let Some(factor) = unlike(options.brightness, 1.0) {
            self.push(ColorMatrix::brightness(factor));
        }
        if let Some(factor) = unlike(options.contrast, 1.0) {
            self.push(ColorMatrix::contrast(factor));
        }
        if let Some(factor) = unlike(options.saturation, 1.0) {
            self.push(ColorMatrix::saturation(factor));
        }
        if let Some(exponent) = unlike(options.gamma, 1.0) {
            self.push(Gamma(exponent));
        }

        let [top, right, bottom, left] = geometry.border;
        if [top, right, bottom, left] != [0; 4] {
            let color = options.border.and_then(|border| border.color).unwrap_or(Border::DEFAULT_COLOR);
            let inner = Rect::new(left, top, geometry.filled());
            self.push(Pad::new(geometry.output(), inner, self.request.gamut.color(color), space)?);
            self.is_opaque &= color.a == 1.0;
        }
        let without_segment =
            [("segment-model", options.segment_model.is_some()), ("segment-refine", options.segment_refine.is_some())];
        let idle = without_segment.into_iter().filter(|(_, is_given)| *is_given && options.segment.is_none());
        self.warnings.extend(idle.map(|(option, _)| Warning::Idle { option, needs: "segment=foreground" }));
        self.warnings.extend(geometry.warnings);
        Ok(())
    }

    fn cut_and_turn(&mut self, geometry: &Geometry) -> Result<(), PlanError> {
        if !geometry.trim.is_whole(self.size) {
            self.push(Crop::new(self.size, geometry.trim)?);
        }
        if geometry.turn != Orientation::Upright {
            self.push(Orient(geometry.turn));
        }
        Ok(())
    }

    /// Keeps the foreground by the matte in a source, which is stretched over the picture; `refine` takes the background out
    /// of its colors. A matte's values are no colors: they have no curve.
    fn matte(&mut self, source: usize, refine: Refine) -> Result<(), PlanError> {
        let Source { size, layout, on_device, .. } = self.sources[source];
        let unpack = Unpack { bands: self.unpack.bands, is_given: on_device, ..Unpack::plain(source, size, layout) };
        let mut matte = Picture { unpack, steps: resized(size, self.size, Filter::CatmullRom) };
        optimize::optimize(&mut matte, Working { space: Space::Encoded, texel: Texel::F16 }, false, Shrink::Never);
        check_device(&matte, self.request.device)?;
        let matte = Box::new(matte);
        match refine {
            Refine::Colors => self.push(Defringe { matte }),
            Refine::Off => self.push(Matte { matte }),
        }
        self.is_opaque = false;
        Ok(())
    }

    /// The plan that gives back, in `layout`, what `steps` make of everything so far.
    fn read_back(mut self, layout: Layout, steps: impl FnOnce(Size) -> Vec<Step>) -> Result<Plan, PlanError> {
        let is_picture = layout.depth == Depth::U8;
        let texel = if is_picture { Texel::F16 } else { Texel::F32 };
        let working = Working { space: self.request.space, texel };
        let steps = steps(self.size);
        let (request, is_opaque) = (self.request, self.is_opaque);
        let mut picture = if is_picture {
            self.steps.extend(steps);
            if !is_opaque {
                self.steps.push(Background(Rgba::WHITE).into());
            }
            self.finish(Ending::Working)
        } else {
            // An analysis says itself in which space it looks.
            let mut picture = self.finish(Ending::Working);
            picture.steps.extend(steps);
            picture
        };
        // A picture that stays on the device stays in the working space.
        let is_packed = request.target.is_some() || !is_picture;
        let ends_linear = optimize::optimize(&mut picture, working, is_picture && is_packed, request.device.shrink);
        check_device(&picture, request.device)?;
        let encode = is_picture && ends_linear;
        let binding_bytes = request.device.binding_bytes;
        let pack = is_packed.then_some(Pack { layout, encode, dither: false, binding_bytes });
        Ok(Plan { working, picture, pack, fdct: None, huffman: None, is_opaque, warnings: Vec::new() })
    }

    /// The plan whose result leaves as the request's target says. `source` is what this began with.
    fn end(mut self, source: &Source) -> Result<Plan, PlanError> {
        let request = self.request;
        if request.target.is_some_and(|layout| !layout.has_alpha()) && !self.is_opaque {
            self.steps.push(Background(Rgba::WHITE).into());
            self.is_opaque = true;
        }
        let texel = match request.target.map(|layout| layout.depth) {
            Some(Depth::U16 | Depth::F32) => Texel::F32,
            Some(Depth::U8) | None => Texel::F16,
        };
        let working = Working { space: request.space, texel };
        let (is_opaque, warnings) = (self.is_opaque, std::mem::take(&mut self.warnings));
        let mut picture = self.finish(Ending::Working);
        // What leaves as floats, or stays on the device, is in the working space to the end.
        let is_encoded = request.target.is_some_and(|layout| layout.depth != Depth::F32);
        let ends_linear = optimize::optimize(&mut picture, working, is_encoded, request.device.shrink);
        check_device(&picture, request.device)?;
        let pack = request.target.map(|layout| Pack {
            layout,
            encode: ends_linear && is_encoded,
            dither: layout.depth == Depth::U8 && has_gradients(source, &picture),
            binding_bytes: request.device.binding_bytes,
        });
        Ok(Plan { working, picture, pack, fdct: None, huffman: None, is_opaque, warnings })
    }

    /// Crop and both axes; the larger reduction first.
    fn resize(&mut self, geometry: &Geometry) -> Result<(), PlanError> {
        let (crop, to, filter) = (geometry.crop, geometry.scaled, self.request.filter);
        let x = Stretch { line: self.size.width, start: crop.x, len: crop.width, to: to.width, filter };
        let y = Stretch { line: self.size.height, start: crop.y, len: crop.height, to: to.height, filter };
        if x.is_crop() && y.is_crop() {
            let rect = Rect::new(crop.x as u32, crop.y as u32, to);
            if !rect.is_whole(self.size) {
                self.push(Crop::new(self.size, rect)?);
            }
            return Ok(());
        }
        let mut axes = vec![(Axis::X, x), (Axis::Y, y)];
        if y.reduction() > x.reduction() {
            axes.swap(0, 1);
        }
        axes.retain(|(_, stretch)| !stretch.is_identity());
        let last = axes.len() - 1;
        for (index, (axis, stretch)) in axes.into_iter().enumerate() {
            self.push(Resize { axis, stretch, saturate: index == last });
        }
        Ok(())
    }

    fn draw(&mut self, draw: &Draw) -> Result<(), PlanError> {
        let mut layer = Outline::start(self.sources, draw.source, self.request);
        layer.stages(&draw.stages)?;
        let is_opaque = layer.is_opaque && draw.placement.opacity >= 1.0;
        self.is_opaque = draw.placement.mode.keeps_opaque(self.is_opaque, is_opaque);
        let (size, warnings) = (layer.size, std::mem::take(&mut layer.warnings));
        self.warnings.extend(warnings);
        let mut picture = layer.finish(Ending::Encoded);
        let working = Working { space: self.request.space, texel: Texel::F16 };
        optimize::optimize(&mut picture, working, false, self.request.device.shrink);
        check_device(&picture, self.request.device)?;
        self.push(Composite {
            layer: Box::new(picture),
            at: draw.placement.at(self.size, size),
            mode: draw.placement.mode,
            opacity: draw.placement.opacity,
            repeat: draw.placement.repeat,
        });
        Ok(())
    }

    fn check_result(&self, size: Size) -> Result<(), PlanError> {
        let (limit_side, limit_area) = self.request.max_result;
        if size.width.max(size.height) > limit_side || size.area() > limit_area {
            return Err(PlanError::ResultTooLarge { size, limit_side, limit_area });
        }
        Ok(())
    }

    fn finish(self, ending: Ending) -> Picture {
        let linear = self.request.space == Space::Linear;
        let steps = if linear { in_their_space(self.steps, ending) } else { self.steps };
        Picture { unpack: self.unpack, steps }
    }
}

/// Steps that make a picture of `size` as large as `to`.
pub(super) fn resized(size: Size, to: Size, filter: Filter) -> Vec<Step> {
    [(Axis::X, size.width, to.width), (Axis::Y, size.height, to.height)]
        .into_iter()
        .filter(|(_, line, to)| line != to)
        .map(|(axis, line, to)| {
            let stretch = Stretch { line, start: 0.0, len: f64::from(line), to, filter };
            Resize { axis, stretch, saturate: true }.into()
        })
        .collect()
}

/// The value, unless it is absent or changes nothing.
fn unlike(value: Option<f64>, neutral: f32) -> Option<f32> {
    value.map(|value| value as f32).filter(|value| *value != neutral)
}

/// What the last step of a picture leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Values in the working space.
    Working,
    /// sRGB-encoded values, as a layer's must be.
    Encoded,
}

/// Color operations and layers are defined on encoded values: a run of them is put between two transfers.
fn in_their_space(steps: Vec<Step>, ending: Ending) -> Vec<Step> {
    let mut result: Vec<Step> = Vec::new();
    let mut encoded = false;
    for step in steps {
        let wants_encoded = step.op().reach() == Reach::Point || matches!(step, Step::Composite(_) | Step::Defringe(_));
        if wants_encoded != encoded {
            result.push(if wants_encoded { ToEncoded.into() } else { ToLinear.into() });
            encoded = wants_encoded;
        }
        result.push(step);
    }
    match (encoded, ending) {
        (true, Ending::Working) => result.push(ToLinear.into()),
        (false, Ending::Encoded) => result.push(ToEncoded.into()),
        (true, Ending::Encoded) | (false, Ending::Working) => {}
    }
    result
}
