//! The one path from pictures and stages to a result.

use std::borrow::Cow;

use bytes::Bytes;
use tintype_codecs::{self as codecs, jpeg::GainMap};
use tintype_engine::{
    Plan,
    ops::{HuffmanDecode, Inverse},
    plan::{self, Source, Stage},
};
use tintype_jpeg::inverse::Scale;
use tintype_options::{Gravity, TransformOptions, Warning};
use tintype_pixels::{Fault, ImageFormat, ImageInfo, Layout, Planes, Size};

use crate::{
    Accepts, Faces, Policy, Rendered, Texture, Timings, Tintype, TransformError, animation,
    clock::Clock,
    decide::{Decision, check_installed, layout, plan_request, source_of},
    describe, explain, gain_map,
    held::{Held, Inputs},
    huffman::{self, Made},
    jpeg, metadata,
    output::Answer,
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
        tintype.in_time()?;
        clock.begin("decode");
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
            clock.begin("decode");
            let decoded = self.decode(&mut probed, policy, on_host)?;
            timings.decode += clock.lap();
            clock.begin("plan");
            let settled = self.settled(tintype, &probed, decoded)?;
            (settled.stages, Some((settled.sources, settled.decoded)))
        } else {
            clock.begin("plan");
            (Cow::Borrowed(self.stages), None)
        };
        let sources = decoded.as_ref().map_or(&probed.sources, |(sources, _)| sources);

        let original = probed.infos[0].clone();
        let map = self.gain_map(original.as_ref(), wanted, policy);
        let asked = gain_map::Asked { info: original.as_ref(), map: map.as_ref(), wanted, accepts, policy, device };
        let mut decided = gain_map::decide(sources, &settled, &asked)?;
        timings.plan = clock.lap();

        tintype.in_time()?;
        clock.begin("decode");
        let (decoded, sources) = match decoded {
            Some((sources, decoded)) => (Ok(decoded), sources),
            None => {
                let planned = probed.sources.clone();
                let is_file = matches!(decided.decision.answer, Answer::Picture(_));
                let decoded = self.decode(&mut probed, policy, if is_file { device } else { on_host });
                // A JPEG that is not as its header says is given in another form than was planned for.
                if decoded.is_ok() && planned != probed.sources {
                    decided = gain_map::decide(&probed.sources, &settled, &asked)?;
                }
                (decoded, probed.sources.clone())
            }
        };
        let gain_map::Decided { decision, kept, following } = decided;
        let Decision { answer, size, plan, mut warnings } = decision;
        let map = map.as_ref().zip(following.as_ref());
        let bits = decoded.as_ref().map(|decoded| huffman::decodings(decoded)).unwrap_or_default();
        let mut text = explain::explained(original.as_ref(), &probed.sources[0], &plan, answer, size, &bits);
        text += &map.map(|(map, following)| gain_map::explained(map, following)).unwrap_or_default();
        let mut seen = describe::Seen::default();
        let made = match decoded {
            Ok(decoded) => {
                timings.decode += clock.lap();
                tintype.in_time()?;
                clock.begin("gpu");
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
        let map = match (map, answer, self.pixels.first().map(Pixels::see)) {
            (Some((map, following)), Answer::Picture(encode), Some(Seen::File(bytes))) if made.is_ok() => {
                let file = gain_map::file(tintype, bytes, map, following, encode)?;
                let is_damaged = file.is_none().then_some(Warning::GainMapDropped { why: "it cannot be read" });
                warnings.extend(is_damaged);
                file.map(|file| (map, file))
            }
            _ => None,
        };
        timings.gpu = clock.lap();

        tintype.in_time()?;
        clock.begin("encode");
        let planes = |made: Made| self.planes(plan.size(), layout(&plan), made.into_bytes());
        let (bytes, content_type) = match (answer, made) {
            (Answer::Picture(encode), made) => {
                let mut meta = metadata::of(wanted, encode, original.as_ref(), kept);
                if let Some((map, file)) = &map {
                    meta.xmp = map.primary_xmp(meta.xmp.take(), file.len());
                }
                let bytes = match &plan.fdct {
                    Some(fdct) => jpeg::file(fdct, &made?, encode, &meta)?,
                    None => codecs::encode(&planes(made?)?, &encode, &meta)?,
                };
                let bytes = match &map {
                    Some((map, file)) => map.join(&bytes, file)?,
                    None => bytes,
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
        let map = self.gain_map(infos[0].as_ref(), wanted, policy);
        let asked = gain_map::Asked { info: infos[0].as_ref(), map: map.as_ref(), wanted, accepts, policy, device };
        let gain_map::Decided { decision, following, .. } = gain_map::decide(&sources, &stages, &asked)?;
        let map = map.as_ref().zip(following.as_ref());
        let map = map.map(|(map, following)| gain_map::explained(map, following)).unwrap_or_default();
        let Decision { answer, size, plan, .. } = decision;
        let is_file = matches!(answer, Answer::Picture(_)) && !settle::is_needed(self.stages);
        let device = if is_file { device } else { huffman::on_host(device) };
        let decoded: Vec<(usize, HuffmanDecode)> = self.bits(&infos, &sources, policy, device);
        let bits: Vec<_> = decoded.iter().map(|(index, bits)| (*index, bits)).collect();
        Ok(looks + &explain::explained(infos[0].as_ref(), &sources[0], &plan, answer, size, &bits) + &map)
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

    /// The gain map of the first picture, where it is to be kept.
    fn gain_map(&self, info: Option<&ImageInfo>, wanted: &TransformOptions, policy: &Policy) -> Option<GainMap> {
        match self.pixels.first().map(Pixels::see) {
            Some(Seen::File(bytes)) => gain_map::find(bytes, info?, wanted, policy),
            Some(Seen::Header(_) | Seen::Samples(_)) | None => None,
        }
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
