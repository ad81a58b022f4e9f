//! The one path from pictures and stages to a result.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tintype_codecs::{self as codecs, icc::Kept};
use tintype_engine::{
    Plan, gpu,
    ops::{HuffmanDecode, Inverse},
    plan::{self, Source, Stage},
};
use tintype_jpeg::{decode::Pooled, inverse::Scale};
use tintype_options::{self as options, Gravity, OutputFormat, TransformOptions, Warning};
use tintype_pixels::{Depth, Fault, Gamut, ImageFormat, ImageInfo, Layout, Planes, Size};

use crate::{
    Accepts, Faces, Policy, Rendered, Texture, Timings, Tintype, TransformError, animation, describe, explain,
    huffman::{self, Made},
    jpeg, metadata,
    output::{self, Answer},
    settle::{self, Settle},
    vector,
};

/// What a URL asks for: options, and what its client can show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// What was asked for.
    pub options: TransformOptions,
    /// What the client can show, for `format=auto`.
    pub accepts: Accepts,
}

impl From<TransformOptions> for Request {
    fn from(options: TransformOptions) -> Self {
        Self { options, accepts: Accepts::default() }
    }
}

/// A picture that something is to be done with.
#[derive(Clone, Debug)]
pub(crate) enum Pixels<'a> {
    /// As a file that the caller keeps.
    Borrowed(&'a [u8]),
    /// As a file; clones share it.
    Encoded(Bytes),
    /// As no more than a header: to be planned.
    Header(ImageInfo),
    /// As samples, sRGB unless they are floats, which are linear light.
    Decoded(Planes),
}

impl Pixels<'_> {
    /// What can be run or planned, however it came.
    fn see(&self) -> Seen<'_> {
        match self {
            Self::Borrowed(bytes) => Seen::File(bytes),
            Self::Encoded(bytes) => Seen::File(bytes),
            Self::Header(info) => Seen::Header(info),
            Self::Decoded(planes) => Seen::Samples(planes),
        }
    }
}

/// [`Pixels`], whoever keeps them.
enum Seen<'a> {
    File(&'a [u8]),
    Header(&'a ImageInfo),
    Samples(&'a Planes),
}

/// One picture through one set of options.
pub(crate) fn transform(tintype: &Tintype, bytes: &[u8], request: &Request) -> Result<Rendered, TransformError> {
    let stages = [Stage::Transform(Box::new(request.options.clone()))];
    let work = Work { pixels: &[Pixels::Borrowed(bytes)], stages: &stages };
    work.encode(tintype, &request.options, request.accepts)
}

/// Pictures, the first of which is transformed and the others drawn, and what is to be done.
pub(crate) struct Work<'a> {
    pub(crate) pixels: &'a [Pixels<'a>],
    pub(crate) stages: &'a [Stage],
}

/// Headers and what follows from them.
pub(crate) struct Probed {
    pub(crate) infos: Vec<Option<ImageInfo>>,
    pub(crate) sources: Vec<Source>,
}

/// The pixels of a source, ready for the device or on it.
#[derive(Debug)]
pub(crate) enum Held<'a> {
    /// On the host.
    Samples(Cow<'a, Planes>),
    /// On the host, as a JPEG has them.
    Coefficients(Pooled<'static>),
    /// On the host, as a JPEG's file has them.
    Bits(Box<HuffmanDecode>),
    /// On the device.
    Texture(gpu::Lent),
    /// Nowhere yet: an animation's canvas, which takes its place frame by frame.
    Canvas,
}

/// What a plan's sources are, as it wants them.
pub(crate) struct Inputs<'a>(Vec<Input<'a>>);

enum Input<'a> {
    Held(&'a Held<'a>),
    Jpeg(jpeg::Given<'a>),
}

impl<'a> Inputs<'a> {
    /// Brings what was decoded into the form that `plan` reads.
    pub(crate) fn new(decoded: &'a [Held<'_>], plan: &Plan) -> Self {
        let each = decoded.iter().enumerate().map(|(index, held)| match held {
            Held::Coefficients(coefficients) => Input::Jpeg(jpeg::Given::new(coefficients, plan, index)),
            Held::Samples(_) | Held::Bits(_) | Held::Texture(_) | Held::Canvas => Input::Held(held),
        });
        Self(each.collect())
    }

    pub(crate) fn sources(&self) -> Vec<gpu::Source<'_>> {
        let each = self.0.iter().map(|input| match input {
            Input::Jpeg(given) => given.source(),
            Input::Held(Held::Samples(planes)) => gpu::Source::Samples(planes.bytes()),
            Input::Held(Held::Bits(bits)) => gpu::Source::Samples(bits.bytes()),
            Input::Held(Held::Texture(texture)) => gpu::Source::Texture(texture),
            Input::Held(Held::Coefficients(_) | Held::Canvas) => gpu::Source::Samples(&[]),
        });
        each.collect()
    }
}

/// Stages that no longer depend on pixels, and what they are done to.
pub(crate) struct Settled<'s> {
    pub(crate) stages: Cow<'s, [Stage]>,
    pub(crate) sources: Vec<Source>,
    pub(crate) decoded: Vec<Held<'s>>,
}

impl Work<'_> {
    /// The result as a file; `wanted` gives format, quality and metadata.
    pub(crate) fn encode(
        &self,
        tintype: &Tintype,
        wanted: &TransformOptions,
        accepts: Accepts,
    ) -> Result<Rendered, TransformError> {
        self.encode_on(tintype, tintype.plan_device(), wanted, accepts, Clock::start())
    }

    fn encode_on(
        &self,
        tintype: &Tintype,
        device: plan::Device,
        wanted: &TransformOptions,
        accepts: Accepts,
        mut clock: Clock,
    ) -> Result<Rendered, TransformError> {
        let policy = tintype.policy();
        if let Some(Seen::File(bytes)) = self.pixels.first().map(Pixels::see)
            && vector::is_passed_on(bytes, self.stages, wanted)
        {
            return passed_on(bytes, policy, &clock);
        }
        let on_host = huffman::on_host(device);
        let mut probed = self.probe(policy, device)?;
        if let Some(Seen::File(bytes)) = self.pixels.first().map(Pixels::see)
            && let Some(info) = animation::moving(probed.infos[0].as_ref(), self.stages, wanted)
        {
            return animation::encode(
                self,
                tintype,
                animation::Source { bytes, info: info.clone() },
                probed,
                wanted,
                accepts,
            );
        }
        self.prefer_samples(&mut probed.sources, policy, device)?;
        let mut timings = Timings { decode: clock.lap(), ..Timings::default() };

        // What must be seen before it can be planned is decoded first; looking is part of planning.
        let (settled, decoded) = if settle::is_needed(self.stages) {
            let decoded = self.decode(&mut probed, policy, on_host)?;
            timings.decode += clock.lap();
            let settled = self.settled(tintype, &probed, decoded)?;
            (settled.stages, Some((settled.sources, settled.decoded)))
        } else {
            (Cow::Borrowed(self.stages), None)
        };
        let sources = decoded.as_ref().map_or(&probed.sources, |(sources, _)| sources);

        let original = probed.infos[0].clone();
        let kept = metadata::kept_color(wanted, original.as_ref());
        let mut decision = decide(sources, &settled, wanted, accepts, policy, device, kept.as_ref())?;
        timings.plan = clock.lap();

        let (decoded, sources) = match decoded {
            Some((sources, decoded)) => (Ok(decoded), sources),
            None => {
                let planned = probed.sources.clone();
                let is_file = matches!(decision.answer, Answer::Picture(_));
                let decoded = self.decode(&mut probed, policy, if is_file { device } else { on_host });
                // A JPEG that is not as its header says is given in another form than was planned for.
                if decoded.is_ok() && planned != probed.sources {
                    decision = decide(&probed.sources, &settled, wanted, accepts, policy, device, kept.as_ref())?;
                }
                (decoded, probed.sources.clone())
            }
        };
        let Decision { answer, size, plan, warnings } = decision;
        let original = probed.infos[0].clone();
        let bits = decoded.as_ref().map(|decoded| huffman::decodings(decoded)).unwrap_or_default();
        let text = explained(original.as_ref(), &probed.sources[0], &plan, answer, size, &bits);
        let mut seen = describe::Seen::default();
        let made = match decoded {
            Ok(decoded) => {
                timings.decode += clock.lap();
                let Some(made) = huffman::run(tintype.gpu(), &plan, &decoded)? else {
                    return self.encode_on(tintype, on_host, wanted, accepts, clock);
                };
                if matches!(answer, Answer::Json) && wanted.segment.is_some() {
                    let stages = describe::mask(&settled);
                    let mask = Plan::new(&sources, &plan_request(&stages, Some(describe::LAYOUT), policy, device))?;
                    let samples = tintype.gpu().run(mask.record(), &Inputs::new(&decoded, &mask).sources())?.bytes;
                    seen.mask = Some(describe::mask_url(&self.planes(mask.size(), describe::LAYOUT, samples)?)?);
                }
                if matches!(answer, Answer::Json) && wanted.gravity == Some(Gravity::Face) {
                    seen.faces = Some(Settle { tintype, sources: probed.sources, decoded }.faces(0)?);
                }
                Ok(made)
            }
            Err(error) => Err(error),
        };
        timings.gpu = clock.lap();

        let planes = |made: Made| self.planes(plan.size(), layout(&plan), made.into_bytes());
        let (bytes, content_type) = match (answer, made) {
            (Answer::Picture(encode), made) => {
                let meta = metadata::of(wanted, encode, original.as_ref(), kept);
                let bytes = match &plan.fdct {
                    Some(fdct) => jpeg::file(fdct, &made?, encode, &meta)?,
                    None => codecs::encode(&planes(made?)?, &encode, &meta)?,
                };
                (bytes, encode.format().media_type())
            }
            // What is damaged, or of a codec that is not read (HEIC), has a header all the same.
            (Answer::Json, Err(error)) if !matches!(error.fault(), Fault::Source | Fault::Unsupported) => {
                return Err(error);
            }
            (Answer::Json, made) => {
                let copy = made.ok().map(planes).transpose()?;
                let anim = wanted.anim.unwrap_or(true);
                (describe::json(original.as_ref(), size, anim, copy.as_ref(), seen), "application/json")
            }
        };
        timings.encode = clock.lap();
        timings.total = clock.total();
        Ok(Rendered { bytes, content_type, size, original, warnings, timings, plan: text })
    }

    /// The result as bare samples of `layout`.
    pub(crate) fn raw(&self, tintype: &Tintype, layout: Layout) -> Result<Rendered, TransformError> {
        let mut clock = Clock::start();
        let policy = tintype.policy();
        let device = huffman::on_host(tintype.plan_device());
        let mut probed = self.probe(policy, device)?;
        let decoded = self.decode(&mut probed, policy, device)?;
        let decode = clock.lap();
        let Settled { stages, sources, decoded } = self.settled(tintype, &probed, decoded)?;
        let request = plan_request(&stages, Some(layout), policy, device);
        let plan = Plan::new(&sources, &request)?;
        let recording = plan.record();
        let planned = clock.lap();
        let samples = tintype.gpu().run(recording, &Inputs::new(&decoded, &plan).sources())?.bytes;
        let planes = self.planes(plan.size(), layout, samples)?;
        let gpu = clock.lap();
        Ok(Rendered {
            bytes: planes.into_bytes(),
            content_type: if layout.has_alpha() { "rgba" } else { "rgb" },
            size: plan.size(),
            original: probed.infos[0].clone(),
            timings: Timings { decode, plan: planned, gpu, total: clock.total(), ..Timings::default() },
            plan: plan.explain(),
            warnings: plan.warnings,
        })
    }

    /// The faces of the first picture.
    pub(crate) fn faces(&self, tintype: &Tintype) -> Result<Faces, TransformError> {
        let device = huffman::on_host(tintype.plan_device());
        let mut probed = self.probe(tintype.policy(), device)?;
        let decoded = self.decode(&mut probed, tintype.policy(), device)?;
        Settle { tintype, sources: probed.sources, decoded }.faces(0)
    }

    /// What would be done, line by line, as far as headers tell.
    pub(crate) fn explain(
        &self,
        policy: &Policy,
        device: plan::Device,
        wanted: &TransformOptions,
        accepts: Accepts,
    ) -> Result<String, TransformError> {
        let Probed { infos, mut sources } = self.probe(policy, device)?;
        if vector::would_be_passed_on(infos[0].as_ref(), self.stages, wanted) {
            return Ok(passed_on_as_text(sources[0].size));
        }
        let moving = animation::moving(infos[0].as_ref(), self.stages, wanted);
        if let Some(info) = moving {
            let (mut looks, request) = (String::new(), plan_request(self.stages, None, policy, device));
            let stages = explain::unseen(self.stages, 0, &mut sources, &request, &mut looks)?;
            let asked = animation::Asked { info, wanted, accepts, policy, device };
            return Ok(looks + &animation::decide(&mut sources, &stages, asked)?.explained(info));
        }
        self.prefer_samples(&mut sources, policy, device)?;
        let (mut looks, request) = (String::new(), plan_request(self.stages, None, policy, device));
        let stages = explain::unseen(self.stages, 0, &mut sources, &request, &mut looks)?;
        let kept = metadata::kept_color(wanted, infos[0].as_ref());
        let decision = decide(&sources, &stages, wanted, accepts, policy, device, kept.as_ref())?;
        let Decision { answer, size, plan, .. } = decision;
        let is_file = matches!(answer, Answer::Picture(_)) && !settle::is_needed(self.stages);
        let device = if is_file { device } else { huffman::on_host(device) };
        let decoded: Vec<(usize, HuffmanDecode)> = self.bits(&infos, &sources, policy, device);
        let bits: Vec<_> = decoded.iter().map(|(index, bits)| (*index, bits)).collect();
        Ok(looks + &explained(infos[0].as_ref(), &sources[0], &plan, answer, size, &bits))
    }

    /// Width and height of the result, as far as headers tell.
    pub(crate) fn size(&self, policy: &Policy, device: plan::Device) -> Result<Size, TransformError> {
        let probed = self.probe(policy, device)?;
        Ok(plan::size_after(&probed.sources, 0, self.stages, &plan_request(self.stages, None, policy, device))?)
    }

    /// The result as samples: 8 bits, 16 where the source has more, alpha where something is transparent.
    pub(crate) fn samples(&self, tintype: &Tintype) -> Result<Planes, TransformError> {
        let policy = tintype.policy();
        let device = huffman::on_host(tintype.plan_device());
        let mut probed = self.probe(policy, device)?;
        let decoded = self.decode(&mut probed, policy, device)?;
        let Settled { stages, sources, decoded } = self.settled(tintype, &probed, decoded)?;
        let draft = Plan::new(&sources, &plan_request(&stages, None, policy, device))?;
        let channels = if draft.is_opaque { Layout::RGB8.channels } else { Layout::RGBA8.channels };
        let target = Layout::new(channels, sources[0].layout.depth);
        let plan = Plan::new(&sources, &plan_request(&stages, Some(target), policy, device))?;
        let samples = tintype.gpu().run(plan.record(), &Inputs::new(&decoded, &plan).sources())?.bytes;
        self.planes(plan.size(), target, samples)
    }

    /// The result as a texture.
    pub(crate) fn texture(&self, tintype: &Tintype) -> Result<Texture, TransformError> {
        let policy = tintype.policy();
        let device = huffman::on_host(tintype.plan_device());
        let mut probed = self.probe(policy, device)?;
        let decoded = self.decode(&mut probed, policy, device)?;
        let Settled { stages, sources, decoded } = self.settled(tintype, &probed, decoded)?;
        let request = plan_request(&stages, None, policy, device);
        let plan = Plan::new(&sources, &request)?;
        let texture = tintype.gpu().run(plan.record(), &Inputs::new(&decoded, &plan).sources())?.texture;
        let missing = TransformError::WrongResult { got: 0, expected: plan.size().area() * 8 };
        Ok(Texture { texture: texture.ok_or(missing)?.keep(), size: plan.size() })
    }

    /// The stages with everything looked up.
    pub(crate) fn settled<'s>(
        &'s self,
        tintype: &'s Tintype,
        probed: &Probed,
        decoded: Vec<Held<'s>>,
    ) -> Result<Settled<'s>, TransformError> {
        let sources = probed.sources.clone();
        if !settle::is_needed(self.stages) {
            return Ok(Settled { stages: Cow::Borrowed(self.stages), sources, decoded });
        }
        let mut settle = Settle { tintype, sources, decoded };
        let stages = Cow::Owned(settle.stages(self.stages, 0)?);
        Ok(Settled { stages, sources: settle.sources, decoded: settle.decoded })
    }

    fn probe(&self, policy: &Policy, device: plan::Device) -> Result<Probed, TransformError> {
        check_installed(self.stages)?;
        let mut probed = Probed { infos: Vec::new(), sources: Vec::new() };
        for (index, pixels) in self.pixels.iter().enumerate() {
            let sized = |info: &ImageInfo, source: Source| {
                let size = vector::size_to_read(info, index, self.stages, policy);
                Source { size, ..source }
            };
            let (info, source) = match pixels.see() {
                Seen::File(bytes) => {
                    let info = codecs::probe(bytes, &policy.limits)?;
                    let source = sized(&info, jpeg::source(bytes, &info, &policy.limits, device));
                    (Some(info), source)
                }
                Seen::Header(info) => (Some(info.clone()), sized(info, jpeg::source_of_header(info, device))),
                Seen::Samples(planes) => (None, source_of(planes)),
            };
            probed.infos.push(info);
            probed.sources.push(source);
        }
        Ok(probed)
    }

    /// On a software adapter JPEGs that are decoded at full size are left to [`codecs`], whose vector code is faster than planes
    /// (`benches/results/jpeg-2026-11-22.md`). What must be seen before it can be planned is given in one form to all plans.
    fn prefer_samples(
        &self,
        sources: &mut [Source],
        policy: &Policy,
        device: plan::Device,
    ) -> Result<(), TransformError> {
        let is_chosen = policy.inverse.is_some() || device.inverse == Inverse::Device;
        if is_chosen || settle::is_needed(self.stages) || sources.iter().all(|source| source.jpeg.is_none()) {
            return Ok(());
        }
        let plan = Plan::new(sources, &plan_request(self.stages, None, policy, device))?;
        for (index, source) in sources.iter_mut().enumerate() {
            if plan.components(index).is_some_and(|components| components.scale == Scale::Full) {
                source.jpeg = None;
            }
        }
        Ok(())
    }

    /// The files whose bits the device would decode, with their places.
    fn bits(
        &self,
        infos: &[Option<ImageInfo>],
        sources: &[Source],
        policy: &Policy,
        device: plan::Device,
    ) -> Vec<(usize, HuffmanDecode)> {
        let each =
            self.pixels.iter().zip(infos).zip(sources).enumerate().filter_map(|(index, ((pixels, info), source))| {
                let Seen::File(bytes) = pixels.see() else { return None };
                let (bits, _) = huffman::bits(bytes, info.as_ref()?, source, &policy.limits, device)?;
                Some((index, bits))
            });
        each.collect()
    }

    /// Decodes every picture, and says in `probed` in which form the device gets those that are JPEGs.
    pub(crate) fn decode(
        &self,
        probed: &mut Probed,
        policy: &Policy,
        device: plan::Device,
    ) -> Result<Vec<Held<'_>>, TransformError> {
        let Probed { infos, sources } = probed;
        let each =
            self.pixels.iter().zip(infos).zip(sources).map(|((pixels, info), source)| match (pixels.see(), info) {
                (Seen::File(bytes), Some(info)) => {
                    if let Some((bits, frame)) = huffman::bits(bytes, info, source, &policy.limits, device) {
                        jpeg::follow(source, &frame, device);
                        if source.jpeg.is_some() {
                            return Ok(Held::Bits(Box::new(bits)));
                        }
                    }
                    if source.jpeg.is_some()
                        && let Some(coefficients) = jpeg::coefficients(bytes, info, &policy.limits)
                    {
                        jpeg::follow(source, &coefficients.frame, device);
                        if source.jpeg.is_some() {
                            return Ok(Held::Coefficients(coefficients));
                        }
                    }
                    source.jpeg = None;
                    let info = ImageInfo { size: source.size, ..info.clone() };
                    Ok(Held::Samples(Cow::Owned(codecs::decode(bytes, &info, &policy.limits)?)))
                }
                (Seen::Header(_), _) => Err(TransformError::NoPixels),
                (Seen::Samples(planes), _) => Ok(Held::Samples(Cow::Borrowed(planes))),
                (Seen::File(_), None) => unreachable!("probe() gives every file its info"),
            });
        each.collect()
    }

    pub(crate) fn planes(&self, size: Size, layout: Layout, samples: Vec<u8>) -> Result<Planes, TransformError> {
        let (got, expected) = (samples.len(), size.area() * u64::from(layout.pixel_bytes()));
        Planes::new(size, layout, samples).ok_or(TransformError::WrongResult { got, expected })
    }
}

/// Refuses what needs a part that there is not. Whether or not this picture would be enlarged: who asks for it should learn
/// that with the first picture, not with the first small one.
fn check_installed(stages: &[Stage]) -> Result<(), TransformError> {
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

fn layout(plan: &Plan) -> Layout {
    plan.pack.as_ref().map_or(Layout::RGBA8, |pack| pack.layout)
}

/// The plan with the codecs' lines around it; `size` is the result's.
fn explained(
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

/// An SVG as the answer, which no option changes.
fn passed_on(bytes: &[u8], policy: &Policy, clock: &Clock) -> Result<Rendered, TransformError> {
    let (bytes, original) = vector::passed_on(bytes, policy)?;
    let size = original.as_ref().map_or(Size::new(0, 0), |info| info.size);
    let total = clock.total();
    Ok(Rendered {
        bytes,
        content_type: ImageFormat::Svg.media_type(),
        size,
        original,
        warnings: Vec::new(),
        timings: Timings { encode: total, total, ..Timings::default() },
        plan: passed_on_as_text(size),
    })
}

fn passed_on_as_text(size: Size) -> String {
    format!("{:<9}{:<34}cleaned, otherwise as it is\n", "pass", format!("svg {size}"))
}

/// Laps of a stopwatch.
pub(crate) struct Clock {
    started: Instant,
    lap: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self { started: now, lap: now }
    }

    pub(crate) fn lap(&mut self) -> Duration {
        let lap = self.lap.elapsed();
        self.lap = Instant::now();
        lap
    }

    pub(crate) fn total(&self) -> Duration {
        self.started.elapsed()
    }
}
