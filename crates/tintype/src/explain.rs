//! The plan of a request as text, without a device.

use tintype_engine::plan::{self, Source, Stage};
use tintype_pixels::ImageInfo;

use crate::{Policy, Request, TransformError, output::Answer, run};

/// What would be done to a picture with this header, line by line. `device` is [`plan::Device::default`] where there is
/// none: the limits every adapter has.
///
/// # Errors
/// When nothing would be left of the picture, or a size passes a limit.
pub fn explain(
    info: &ImageInfo,
    request: &Request,
    policy: &Policy,
    device: plan::Device,
) -> Result<String, TransformError> {
    let sources = [Source::from(info)];
    let stages = [Stage::Transform(Box::new(request.options.clone()))];
    let decision = run::decide(&sources, &stages, &request.options, request.accepts, policy, device)?;
    Ok(match decision.answer {
        Answer::Picture(encode) => run::explained(Some(info), &sources[0], &decision.plan, encode),
        Answer::Json => format!("json     {} → {}\n", info.upright_size(), decision.plan.size()),
    })
}
