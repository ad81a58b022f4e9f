//! A JPEG's gain map that is to be kept (`hdr=keep`): whether it can be, what becomes of it on the device, and its file.
//!
//! The map goes the way of the picture, by a plan of its own whose sizes follow from the picture's
//! ([`Plan::following`]). Its numbers are no colors: they are averaged as they are stored, which is by the logarithm of light.

use tintype_codecs::{self as codecs, Encode, icc, icc::Kept, jpeg::GainMap};
use tintype_engine::{
    Plan, Space, gpu,
    plan::{self, Source, Stage},
};
use tintype_options::{Color, Hdr, TransformOptions, Warning};
use tintype_pixels::{ImageFormat, ImageInfo, Planes, SourceColor};

use crate::{
    Accepts, Policy, Tintype, TransformError,
    decide::{self, Decision, layout, plan_request},
    metadata,
    output::Answer,
};

/// What was asked for, and of which picture.
pub(crate) struct Asked<'a> {
    pub(crate) info: Option<&'a ImageInfo>,
    /// Its gain map, where it is to be kept.
    pub(crate) map: Option<&'a GainMap>,
    pub(crate) wanted: &'a TransformOptions,
    pub(crate) accepts: Accepts,
    pub(crate) policy: &'a Policy,
    pub(crate) device: plan::Device,
}

/// A decision, and what follows from it.
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    /// The colors of the result where they are not sRGB's.
    pub(crate) kept: Option<Kept>,
    /// What becomes of the gain map.
    pub(crate) following: Option<Plan>,
}

/// The gain map of a file, where it is to be kept.
pub(crate) fn find(bytes: &[u8], info: &ImageInfo, wanted: &TransformOptions, policy: &Policy) -> Option<GainMap> {
    let is_asked = wanted.hdr == Some(Hdr::Keep) && info.format == ImageFormat::Jpeg;
    is_asked.then(|| GainMap::find(bytes, &policy.limits)).flatten()
}

/// As [`decide::decide`], and whether the gain map can come along.
pub(crate) fn decide(sources: &[Source], stages: &[Stage], asked: &Asked<'_>) -> Result<Decided, TransformError> {
    let Asked { info, map, wanted, accepts, policy, device } = *asked;
    let by = |kept: Option<&Kept>| decide::decide(sources, stages, wanted, accepts, policy, device, kept);
    let kept = metadata::kept_color(wanted, info);
    let Some(map) = map else { return Ok(Decided { decision: by(kept.as_ref())?, kept, following: None }) };
    // Gains are for the primaries that the picture came with.
    let own = info.and_then(icc::kept);
    let mut obstacle = obstacle(sources, stages, asked, own.is_some())?;
    if obstacle.is_none() {
        let decision = by(own.as_ref())?;
        match decision.answer {
            Answer::Picture(Encode::Jpeg { .. }) => {
                let following = Some(following(map, &sources[0], stages, asked)?);
                return Ok(Decided { decision, kept: own, following });
            }
            Answer::Picture(_) => obstacle = Some("the result is no JPEG"),
            Answer::Json => {}
        }
    }
    let mut decision = by(kept.as_ref())?;
    decision.warnings.extend(obstacle.map(|why| Warning::GainMapDropped { why }));
    Ok(Decided { decision, kept, following: None })
}

/// Why the map would no longer say what it said; `None` where it can follow.
fn obstacle(
    sources: &[Source],
    stages: &[Stage],
    asked: &Asked<'_>,
    is_wide: bool,
) -> Result<Option<&'static str>, TransformError> {
    if is_wide && asked.wanted.color == Some(Color::Srgb) {
        return Ok(Some("color=srgb changes the primaries that it is for"));
    }
    let request = plan_request(&[], None, asked.policy, asked.device);
    for (index, stage) in stages.iter().enumerate() {
        let options = match stage {
            Stage::Transform(options) => options,
            Stage::Cutout { .. } => return Ok(Some("segment leaves a part of the picture")),
            Stage::Draw(_) => return Ok(Some("draw covers the picture")),
        };
        let changes = |value: Option<f64>, neutral: f64| value.is_some_and(|value| value != neutral);
        let size = plan::size_after(sources, 0, &stages[..index], &request)?;
        let geometry = plan::resolve(size, options, None).map_err(plan::PlanError::from)?;
        let table = [
            (changes(options.blur, 0.0), "blur changes the picture alone"),
            (changes(options.brightness, 1.0), "brightness changes the picture alone"),
            (changes(options.contrast, 1.0), "contrast changes the picture alone"),
            (changes(options.saturation, 1.0), "saturation changes the picture alone"),
            (changes(options.gamma, 1.0), "gamma changes the picture alone"),
            (geometry.canvas.is_some(), "fit=pad adds to the picture"),
            (geometry.border != [0; 4], "border adds to the picture"),
        ];
        if let Some((_, why)) = table.into_iter().find(|(is_there, _)| *is_there) {
            return Ok(Some(why));
        }
    }
    Ok(None)
}

/// The plan of the map. Its own EXIF does not count: it lies as the picture does.
fn following(map: &GainMap, base: &Source, stages: &[Stage], asked: &Asked<'_>) -> Result<Plan, TransformError> {
    let source = Source { orientation: base.orientation, color: Some(SourceColor::srgb()), ..Source::from(&map.info) };
    let request = plan_request(stages, Some(map.info.layout), asked.policy, asked.device);
    let request = plan::Request { space: Space::Encoded, ..request };
    Ok(Plan::following(&source, base.orientation.apply(base.size), &request)?)
}

/// What is explained of it.
pub(crate) fn explained(map: &GainMap, following: &Plan) -> String {
    let sizes = format!("{} → {}", map.info.size, following.size());
    format!("{:<9}{sizes:<34}{} as stored, behind the picture\n", "gain map", map.info.layout)
}

/// The map's file in the result for the picture `bytes`; `None` where what is there cannot be decoded.
pub(crate) fn file(
    tintype: &Tintype,
    bytes: &[u8],
    map: &GainMap,
    following: &Plan,
    encode: Encode,
) -> Result<Option<Vec<u8>>, TransformError> {
    let Encode::Jpeg { quality, .. } = encode else { return Ok(None) };
    let stored = bytes.get(map.file.clone()).unwrap_or_default();
    let Ok(planes) = codecs::decode(stored, &map.info, &tintype.policy().limits) else { return Ok(None) };
    let samples = tintype.gpu().run(following.record(), &[gpu::Source::Samples(planes.bytes())])?.bytes;
    let (size, layout) = (following.size(), layout(following));
    let (got, expected) = (samples.len(), size.area() * u64::from(layout.pixel_bytes()));
    let planes = Planes::new(size, layout, samples).ok_or(TransformError::WrongResult { got, expected })?;
    Ok(Some(map.encode(&planes, quality)?))
}
