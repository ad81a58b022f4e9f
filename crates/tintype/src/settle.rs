//! Looking up in the pixels what planning must know, before it plans.
//!
//! `trim=border`, `gravity=auto` and `gravity=entropy` are found on the device by small plans of their own
//! ([`Plan::analysis`]); what is found is written into the options. Stages that ask for nothing cost nothing here.

use std::borrow::Cow;

use tintype_engine::{
    Plan,
    plan::{self, Draw, Source, Stage, Unknown},
};
use tintype_options::TransformOptions;
use tintype_pixels::Planes;

use crate::{Tintype, TransformError};

/// Whether any of `stages` may depend on pixels.
pub(crate) fn is_needed(stages: &[Stage]) -> bool {
    use tintype_options::Gravity;
    stages.iter().any(|stage| match stage {
        Stage::Transform(options) => {
            options.trim.is_some_and(|trim| trim.border.is_some())
                || matches!(options.gravity, Some(Gravity::Auto | Gravity::Entropy))
        }
        Stage::Draw(draw) => is_needed(&draw.stages),
    })
}

/// Everything an analysis is made from.
pub(crate) struct Settle<'a> {
    pub(crate) tintype: &'a Tintype,
    pub(crate) sources: &'a [Source],
    pub(crate) decoded: &'a [Cow<'a, Planes>],
}

impl Settle<'_> {
    /// `stages` of source `index` with everything known.
    pub(crate) fn stages(&self, stages: &[Stage], index: usize) -> Result<Vec<Stage>, TransformError> {
        let mut settled: Vec<Stage> = Vec::new();
        for stage in stages {
            let stage = match stage {
                Stage::Transform(options) => {
                    Stage::Transform(Box::new(self.options(options.as_ref().clone(), &settled, index)?))
                }
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
        let policy = self.tintype.policy();
        let request = plan::Request {
            stages: before,
            target: None,
            space: policy.space,
            filter: policy.filter,
            device: self.tintype.gpu().plan_device(),
            max_result: (policy.result_side_px, policy.result_area_px),
        };
        let size = plan::size_after(self.sources, index, before, &request)?;
        while let Some(unknown) = Unknown::of(&options, size)? {
            let plan = Plan::analysis(unknown, self.sources, index, before, &options, &request)?;
            let bytes: Vec<&[u8]> = self.decoded.iter().map(|planes| planes.bytes()).collect();
            let found = self.tintype.gpu().run(plan.record(), &bytes)?.bytes;
            let found: Vec<f32> = bytemuck::pod_collect_to_vec(&found);
            options = unknown.settle(&options, size, plan.size(), &found)?;
        }
        Ok(options)
    }
}
