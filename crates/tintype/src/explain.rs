//! The plan of a request as text, without a device.

use tintype_engine::plan::{self, Source, Stage, Unknown};
use tintype_pixels::{Channels, Depth, ImageInfo, Layout, Orientation, Size};

use crate::{Policy, Request, TransformError, run};

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
    let mut sources = vec![Source::from(info)];
    let mut looks = String::new();
    let options = Box::new(request.options.clone());
    if let Some(unknown) = Unknown::of(&options, info.upright_size()).map_err(TransformError::from)? {
        looks += &format!("{:<9}for {unknown}; below, the middle stands for what is found\n", "look");
    }
    let stage = if options.segment.is_some() {
        // No model is asked here; mattes of this size are the commonest.
        let size = Size::new(1024, 1024);
        looks += &format!("{:<9}for the foreground, in a copy the model chooses; below, of {size}\n", "look");
        sources.push(Source {
            size,
            layout: Layout::new(Channels::Gray, Depth::F32),
            orientation: Orientation::Upright,
            alpha: false,
            color: None,
        });
        Stage::Cutout { options, matte: 1 }
    } else {
        Stage::Transform(options)
    };
    let decision = run::decide(&sources, &[stage], &request.options, request.accepts, policy, device)?;
    Ok(looks + &run::explained(Some(info), &sources[0], &decision.plan, decision.answer, decision.size))
}
