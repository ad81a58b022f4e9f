//! What will be done and what will be answered, without pixels and without a device.

use tintype_codecs::icc::Kept;
use tintype_engine::{
    Plan,
    plan::{self, Source, Stage},
};
use tintype_options::{self as options, OutputFormat, TransformOptions, Warning};
use tintype_pixels::{Depth, Gamut, Layout, Planes, Size};

use crate::{
    Accepts, Policy, TransformError, describe, huffman, jpeg,
    output::{self, Answer},
};

/// Refuses what needs a part that there is not. Whether or not this picture would be enlarged: who asks for it should learn
/// that with the first picture, not with the first small one.
pub(crate) fn check_installed(stages: &[Stage]) -> Result<(), TransformError> {
    stages.iter().try_for_each(|stage| match stage {
        Stage::Transform(options) | Stage::Cutout { options, .. }
            if options.upscale == Some(options::Upscale::Generate) =>
        {
            Err(TransformError::NotInstalled {
                asked: "upscale=generate",
                missing: "a model that enlarges pictures",
                instead: "upscale=interpolate",
            })
        }
        Stage::Transform(_) | Stage::Cutout { .. } => Ok(()),
        Stage::Draw(draw) => check_installed(&draw.stages),
    })
}

/// What will be done and what will be answered.
pub(crate) struct Decision {
    pub(crate) answer: Answer,
    /// The result's size.
    pub(crate) size: Size,
    /// Ends with what the answer is made of: the result, or a small copy of it to be described.
    pub(crate) plan: Plan,
    pub(crate) warnings: Vec<Warning>,
}

/// Decides everything, without pixels and without a device. The format depends on the result's size and opacity, and what
/// the plan ends with depends on the format: hence a draft first. `kept` are the colors of the result where they are not sRGB's.
pub(crate) fn decide(
    sources: &[Source],
    stages: &[Stage],
    wanted: &TransformOptions,
    accepts: Accepts,
    policy: &Policy,
    device: plan::Device,
    kept: Option<&Kept>,
) -> Result<Decision, TransformError> {
    if wanted.format == Some(OutputFormat::Svg) {
        return Err(TransformError::NotSvg);
    }
    let draft = Plan::new(sources, &plan_request(stages, None, policy, device))?;
    let (answer, warning) = output::choose(wanted, accepts, draft.size(), draft.is_opaque, policy);
    let (size, depth) = (draft.size(), sources[0].layout.depth);
    let plan = match answer {
        Answer::Json => {
            let stages: Vec<Stage> = stages.iter().cloned().chain([describe::small()]).collect();
            Plan::new(sources, &plan_request(&stages, Some(describe::LAYOUT), policy, device))?
        }
        Answer::Picture(encode) => {
            let target = encode.layout(!draft.is_opaque, depth);
            let gamut = kept.filter(|_| encode.has_profile()).map_or(Gamut::SRGB, |kept| kept.gamut);
            let request = plan::Request { gamut, ..plan_request(stages, Some(target), policy, device) };
            let plan = Plan::new(sources, &request)?;
            huffman::ending(jpeg::ending(plan, encode), encode, device.coders)
        }
    };
    let warnings = plan.warnings.iter().cloned().chain(warning).collect();
    Ok(Decision { answer, size, plan, warnings })
}

pub(crate) fn plan_request<'a>(
    stages: &'a [Stage],
    target: Option<Layout>,
    policy: &Policy,
    device: plan::Device,
) -> plan::Request<'a> {
    plan::Request {
        stages,
        target,
        space: policy.space,
        gamut: Gamut::SRGB,
        filter: policy.filter,
        device,
        max_result: (policy.result_side_px, policy.result_area_px),
    }
}

/// Samples without a header: upright, sRGB, or linear light if they are floats.
pub(crate) fn source_of(planes: &Planes) -> Source {
    let layout = planes.layout();
    Source {
        size: planes.size(),
        layout,
        orientation: tintype_pixels::Orientation::Upright,
        alpha: layout.has_alpha(),
        color: (layout.depth != Depth::F32).then(tintype_pixels::SourceColor::srgb),
        on_device: false,
        jpeg: None,
    }
}

pub(crate) fn layout(plan: &Plan) -> Layout {
    plan.pack.as_ref().map_or(Layout::RGBA8, |pack| pack.layout)
}
