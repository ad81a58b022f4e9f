//! The plan of a request as text, without a device.

use tintype_engine::{
    Plan,
    ops::{HuffmanDecode, Inverse},
    plan::{self, Draw, Request as PlanRequest, Source, Stage, Unknown},
};
use tintype_jpeg::inverse::Scale;
use tintype_pixels::{Channels, Depth, ImageInfo, Layout, Orientation, Size};

use crate::{
    Policy, Request, TransformError,
    output::Answer,
    run::{Pixels, Work},
};

/// What would be done to a picture with this header, line by line; layers of the options are not drawn, see
/// [`Render::explain`](crate::Render::explain). `device` is [`plan::Device::default`] where there is
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
    let stages = [Stage::Transform(Box::new(request.options.clone()))];
    let work = Work { pixels: &[Pixels::Header(info.clone())], stages: &stages };
    work.explain(policy, policy.device(device), &request.options, request.accepts)
}

/// Mattes of this size are the commonest; which there will be, only a model knows.
const MATTE_SIZE: Size = Size::new(1024, 1024);

/// `stages` of source `index` as they may be once somebody has looked at the pixels, and one line in `looks` for everything
/// that will be looked for. A matte takes the place of one that will be found, and so does the middle of what is cropped.
pub(crate) fn unseen(
    stages: &[Stage],
    index: usize,
    sources: &mut Vec<Source>,
    request: &PlanRequest<'_>,
    looks: &mut String,
) -> Result<Vec<Stage>, TransformError> {
    let mut planned: Vec<Stage> = Vec::new();
    for stage in stages {
        let stage = match stage {
            Stage::Transform(options) => {
                let size = plan::size_after(sources, index, &planned, request)?;
                if let Some(unknown) = Unknown::of(options, size)? {
                    *looks += &format!("{:<9}for {unknown}; below, the middle stands for what is found\n", "look");
                }
                if options.segment.is_none() {
                    stage.clone()
                } else {
                    *looks += &format!(
                        "{:<9}for the foreground, in a copy the model chooses; below, of {MATTE_SIZE}\n",
                        "look"
                    );
                    sources.push(Source {
                        size: MATTE_SIZE,
                        layout: Layout::new(Channels::Gray, Depth::F32),
                        orientation: Orientation::Upright,
                        alpha: false,
                        color: None,
                        on_device: false,
                        jpeg: None,
                    });
                    Stage::Cutout { options: options.clone(), matte: sources.len() - 1 }
                }
            }
            Stage::Cutout { .. } => stage.clone(),
            Stage::Draw(draw) => {
                let stages = unseen(&draw.stages, draw.source, sources, request, looks)?;
                Stage::Draw(Draw { stages, ..draw.clone() })
            }
        };
        planned.push(stage);
    }
    Ok(planned)
}

/// The plan with the codecs' lines around it; `size` is the result's.
pub(crate) fn explained(
    info: Option<&ImageInfo>,
    source: &Source,
    plan: &Plan,
    answer: Answer,
    size: Size,
    bits: &[(usize, &HuffmanDecode)],
) -> String {
    let format = info.map_or("samples", |info| info.format.name());
    let (mut what, mut samples) = (format!("{format} {}", source.size), source.layout.to_string());
    if let Some(components) = plan.components(0) {
        let form = match components.inverse {
            Inverse::Device if bits.iter().any(|(index, _)| *index == 0) => "bits",
            Inverse::Device => "coefficients",
            Inverse::Host => "planes",
        };
        samples = format!("{} {form}", components.frame);
        if components.scale != Scale::Full {
            what += &format!(" → {} ({})", components.scale.apply(source.size), components.scale);
        }
    }
    let decode = format!("{:<9}{what:<34}{samples}", "decode");
    let last = match answer {
        Answer::Picture(encode) => format!("{:<9}{encode}", "encode"),
        Answer::Json => format!("{:<9}{size}, described by the copy of {}", "json", plan.size()),
    };
    format!("{decode}\n{}{last}\n", plan.explain_decoding(bits))
}
