//! Looking up in the pixels what planning must know, before it plans.
//!
//! `trim=border`, `gravity=auto` and `gravity=entropy` are found on the device by small plans of their own
//! ([`Plan::analysis`]); for `gravity=face` and `segment=foreground` such a plan makes the copy that a model looks at. What is
//! found is written into the options; a matte becomes one more source. Stages that ask for nothing cost nothing here.

use std::{borrow::Cow, sync::Arc};

use tintype_engine::{
    Plan, Vision, VisionError, gpu,
    plan::{self, Draw, Found, Source, Stage, Unknown},
};
use tintype_options::TransformOptions;
use tintype_pixels::{Layout, Planes};

use crate::{Tintype, TransformError, run::source_of};

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
    pub(crate) decoded: Vec<Cow<'a, Planes>>,
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
                let vision = self.vision("gravity=face")?;
                let faces = vision.faces(&self.view(&plan)?)?;
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
        let cropped = tintype_pixels::Size::new(cropped.width.ceil() as u32, cropped.height.ceil() as u32);
        let view = vision.matte_view(cropped)?;
        let plan = Plan::view(&self.sources, index, before, options, view, &request)?;
        let matte = vision.matte(&self.view(&plan)?)?;
        self.sources.push(source_of(&matte));
        self.decoded.push(Cow::Owned(matte));
        Ok(self.sources.len() - 1)
    }

    pub(crate) fn request<'s>(&self, before: &'s [Stage]) -> plan::Request<'s> {
        let policy = self.tintype.policy();
        plan::Request {
            stages: before,
            target: None,
            space: policy.space,
            filter: policy.filter,
            device: self.tintype.gpu().plan_device(),
            max_result: (policy.result_side_px, policy.result_area_px),
        }
    }

    pub(crate) fn vision(&self, wanted: &'static str) -> Result<&Arc<dyn Vision>, VisionError> {
        let missing = || VisionError::NotInstalled { wanted, remedy: "no models are set up here".to_owned() };
        self.tintype.vision().ok_or_else(missing)
    }

    /// The copy that a model looks at.
    pub(crate) fn view(&self, plan: &Plan) -> Result<Planes, TransformError> {
        let bytes = self.run(plan)?;
        let (got, expected) = (bytes.len(), plan.size().area() * u64::from(Layout::RGB8.pixel_bytes()));
        Planes::new(plan.size(), Layout::RGB8, bytes).ok_or(TransformError::WrongResult { got, expected })
    }

    fn run(&self, plan: &Plan) -> Result<Vec<u8>, TransformError> {
        let inputs: Vec<gpu::Source<'_>> = self.decoded.iter().map(|planes| planes.bytes().into()).collect();
        Ok(self.tintype.gpu().run(plan.record(), &inputs)?.bytes)
    }
}
