//! Looking up in the pixels what planning must know, before it plans.
//!
//! `trim=border`, `gravity=auto` and `gravity=entropy` are found on the device by small plans of their own
//! ([`Plan::analysis`]); for `gravity=face` and `segment=foreground` such a plan makes the copy that a model looks at. What is
//! found is written into the options; a matte becomes one more source. Stages that ask for nothing cost nothing here.

use std::{borrow::Cow, sync::Arc};

use tintype_engine::{
    Plan, Vision, VisionError, gpu,
    plan::{self, Draw, Found, Source, Stage, Unknown},
    vision::{MatteOf, Place, View},
};
use tintype_options::TransformOptions;
use tintype_pixels::{Channels, Depth, Gamut, Layout, Orientation, Planes, Size};

use crate::{
    Tintype, TransformError, clock,
    decide::source_of,
    held::{Held, Inputs},
};

/// Whether any of `stages` may depend on pixels.
pub(crate) fn is_needed(stages: &[Stage]) -> bool {
    use tintype_options::Gravity;
    stages.iter().any(|stage| match stage {
        Stage::Transform(options) => {
            options.segment.is_some()
                || options.trim.is_some_and(|trim| trim.border.is_some())
                || matches!(options.gravity, Some(Gravity::Auto | Gravity::Entropy | Gravity::Face))
        }
        Stage::Cutout { .. } => false,
        Stage::Draw(draw) => is_needed(&draw.stages),
    })
}

/// Everything an analysis is made from.
pub(crate) struct Settle<'a> {
    pub(crate) tintype: &'a Tintype,
    /// Mattes that are found are added at the end of both.
    pub(crate) sources: Vec<Source>,
    pub(crate) decoded: Vec<Held<'a>>,
}

impl Settle<'_> {
    /// `stages` of source `index` with everything known.
    pub(crate) fn stages(&mut self, stages: &[Stage], index: usize) -> Result<Vec<Stage>, TransformError> {
        let mut settled: Vec<Stage> = Vec::new();
        for stage in stages {
            let stage = match stage {
                Stage::Transform(options) => {
                    let options = Box::new(self.options(options.as_ref().clone(), &settled, index)?);
                    match options.segment {
                        Some(_) => Stage::Cutout { matte: self.matte(&options, &settled, index)?, options },
                        None => Stage::Transform(options),
                    }
                }
                Stage::Cutout { .. } => stage.clone(),
                Stage::Draw(draw) => {
                    let stages = self.stages(&draw.stages, draw.source)?;
                    Stage::Draw(Draw { stages, ..draw.clone() })
                }
            };
            settled.push(stage);
        }
        Ok(settled)
    }

    fn options(
        &self,
        mut options: TransformOptions,
        before: &[Stage],
        index: usize,
    ) -> Result<TransformOptions, TransformError> {
        let request = self.request(before);
        let size = plan::size_after(&self.sources, index, before, &request)?;
        while let Some(unknown) = Unknown::of(&options, size)? {
            let plan = Plan::analysis(unknown, &self.sources, index, before, &options, &request)?;
            options = if unknown == Unknown::Faces {
                // Before the copy is made for nobody.
                let vision = self.vision("gravity=face")?;
                let view = self.viewed(&plan)?;
                self.tintype.in_time()?;
                let faces = {
                    let _span = clock::span("faces");
                    vision.faces(view.as_view())?
                };
                unknown.settle(&options, size, plan.size(), Found::Faces(&faces))?
            } else {
                let samples: Vec<f32> = bytemuck::pod_collect_to_vec(&self.run(&plan)?);
                unknown.settle(&options, size, plan.size(), Found::Samples(&samples))?
            };
        }
        Ok(options)
    }

    /// Which source now holds the matte of what `options` crop.
    fn matte(&mut self, options: &TransformOptions, before: &[Stage], index: usize) -> Result<usize, TransformError> {
        let vision = Arc::clone(self.vision("segment=foreground")?);
        let request = self.request(before);
        let size = plan::size_after(&self.sources, index, before, &request)?;
        let cropped = plan::resolve(size, options, None).map_err(plan::PlanError::from)?.crop;
        let cropped = Size::new(cropped.width.ceil() as u32, cropped.height.ceil() as u32);
        let view = vision.matte_view(cropped, options.segment_model)?;
        let plan = Plan::view(&self.sources, index, before, options, view, &request)?;
        let view = self.viewed(&plan)?;
        self.tintype.in_time()?;
        let matte = {
            let _span = clock::span("matte");
            vision.matte(view.as_view(), options.segment_model)?
        };
        let (source, held) = match matte {
            MatteOf::Samples(matte) => (source_of(&matte), Held::Samples(Cow::Owned(matte))),
            MatteOf::Image { texture, size } => (on_device(size), Held::Texture(texture)),
        };
        self.sources.push(source);
        self.decoded.push(held);
        Ok(self.sources.len() - 1)
    }

    pub(crate) fn request<'s>(&self, before: &'s [Stage]) -> plan::Request<'s> {
        let policy = self.tintype.policy();
        plan::Request {
            stages: before,
            // Only copies for models ask: in samples, or left on the device.
            target: match self.tintype.vision().map(|vision| vision.place()) {
                Some(Place::Device) => None,
                Some(Place::Host) | None => Some(Layout::RGB8),
            },
            space: policy.space,
            gamut: Gamut::SRGB,
            filter: policy.filter,
            device: self.tintype.plan_device(),
            max_result: (policy.result_side_px, policy.result_area_px),
        }
    }

    pub(crate) fn vision(&self, wanted: &'static str) -> Result<&Arc<dyn Vision>, VisionError> {
        let missing = || VisionError::NotInstalled { wanted, remedy: "no models are set up here".to_owned() };
        self.tintype.vision().ok_or_else(missing)
    }

    /// The copy that a model looks at, where it looks.
    pub(crate) fn viewed(&self, plan: &Plan) -> Result<Viewed, TransformError> {
        let size = plan.size();
        let made = self.tintype.gpu().run(plan.record(), &Inputs::new(&self.decoded, plan).sources())?;
        if let Some(texture) = made.texture {
            return Ok(Viewed::Image { texture, size });
        }
        let (got, expected) = (made.bytes.len(), size.area() * u64::from(Layout::RGB8.pixel_bytes()));
        let planes = Planes::new(size, Layout::RGB8, made.bytes);
        planes.map(Viewed::Samples).ok_or(TransformError::WrongResult { got, expected })
    }

    fn run(&self, plan: &Plan) -> Result<Vec<u8>, TransformError> {
        let inputs = Inputs::new(&self.decoded, plan);
        Ok(self.tintype.gpu().run(plan.record(), &inputs.sources())?.bytes)
    }
}

/// A copy that a model looks at.
pub(crate) enum Viewed {
    Samples(Planes),
    Image { texture: gpu::Lent, size: Size },
}

impl Viewed {
    pub(crate) fn as_view(&self) -> View<'_> {
        match self {
            Self::Samples(planes) => View::Samples(planes),
            Self::Image { texture, size } => View::Image { texture, size: *size },
        }
    }
}

/// A matte on the device.
fn on_device(size: Size) -> Source {
    Source {
        size,
        layout: Layout::new(Channels::Gray, Depth::F32),
        orientation: Orientation::Upright,
        alpha: false,
        color: None,
        on_device: true,
        jpeg: None,
    }
}
