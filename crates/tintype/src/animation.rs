//! Moving pictures: every frame through the same plan.
//!
//! Three threads work on three frames: one decodes, this one has the device draw a frame on its canvas and run the plan on that, one
//! encodes. Between them wait at most [`WAITING`] frames, so memory does not grow with their number. The plan is recorded once and
//! run again for each frame; the canvas never leaves the device.
//!
//! What depends on pixels (`trim=border`, `gravity=auto` and its like) is looked up in the first frame and holds for all. Cut-outs
//! would have to be looked up in each: with `segment` the answer is the first frame, still.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use tintype_codecs::{AnimationReader, AnimationWriter, Blend, CodecError, Disposal, Encode, Frame};
use tintype_engine::{
    Gpu, GpuError, Plan, PlanError, Recording, gpu,
    ops::canvas::{self, Canvas, Under},
    plan::{self, Draw, Stage},
    record::size_class,
};
use tintype_options::{OutputFormat, TransformOptions, Warning};
use tintype_pixels::{ImageFormat, ImageInfo, Layout, Orientation, Planes, Rect, Size};

use crate::{
    Accepts, Policy, Rendered, Timings, Tintype, TransformError,
    clock::Clock,
    decide::plan_request,
    held::{Held, Inputs},
    huffman, metadata, output,
    run::{Probed, Settled, Work},
};

/// Frames that wait between two threads.
const WAITING: usize = 1;

/// The canvases that are on the device at once: the one that a frame was drawn on, the one that was made, and the same of the frame
/// before as long as its memory is not given back.
const CANVASES: u64 = 4;

/// Nothing is cleared.
const NONE: Rect = Rect::new(0, 0, Size::new(0, 0));

/// What `info` says of the first picture, where the answer moves: the source does, and neither `anim`, the format nor what has to
/// be looked up in each frame keeps the answer from it.
pub(crate) fn moving<'a>(
    info: Option<&'a ImageInfo>,
    stages: &[Stage],
    wanted: &TransformOptions,
) -> Option<&'a ImageInfo> {
    let is_open = matches!(wanted.format, None | Some(OutputFormat::Auto | OutputFormat::Gif | OutputFormat::Webp));
    let info = info.filter(|info| info.frames > 1 && is_open && wanted.anim != Some(false) && !is_cut_out(stages))?;
    matches!(info.format, ImageFormat::Gif | ImageFormat::Png | ImageFormat::Webp).then_some(info)
}

fn is_cut_out(stages: &[Stage]) -> bool {
    stages.iter().any(|stage| match stage {
        Stage::Transform(options) => options.segment.is_some(),
        Stage::Cutout { .. } => true,
        Stage::Draw(draw) => is_cut_out(&draw.stages),
    })
}

/// What will be done with an animation.
pub(crate) enum Decision {
    /// It is too large to be transformed.
    PassOn,
    /// Every frame goes through this plan.
    Transform(Box<Transform>),
}

pub(crate) struct Transform {
    plan: Plan,
    encode: Encode,
    warnings: Vec<Warning>,
    /// Pictures that are drawn on every frame and are made only once: which source, and how.
    layers: Layers,
}

/// What decides.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) info: &'a ImageInfo,
    pub(crate) wanted: &'a TransformOptions,
    pub(crate) accepts: Accepts,
    pub(crate) policy: &'a Policy,
    pub(crate) device: plan::Device,
}

/// Sources, and what each is made into before it is drawn.
type Layers = Vec<(usize, Plan)>;

/// Decides, and has source 0 read from its canvas, and layers as what they are made into.
pub(crate) fn decide(
    sources: &mut [plan::Source],
    stages: &[Stage],
    asked: Asked<'_>,
) -> Result<Decision, TransformError> {
    let Asked { info, wanted, accepts, policy, device } = asked;
    let (frames, area_px) = (info.frames, info.size.area() * u64::from(info.frames));
    let limit_px = policy.limits.animation_area_px;
    if area_px > limit_px {
        return Err(TransformError::AnimationTooLarge { frames, size: info.size, limit_px });
    }
    if area_px > policy.animation_area_px {
        return Ok(Decision::PassOn);
    }
    let (needed, limit) = (Canvas::bytes(info.size), device.binding_bytes);
    if needed > limit {
        return Err(GpuError::TooLarge { needed, limit }.into());
    }
    sources[0] = plan::Source { layout: Layout::RGBA8, alpha: true, jpeg: None, ..sources[0].clone() };
    let (stages, layers) = layers(sources, stages, policy, device)?;
    // What one picture may have, all frames may have together, on each step of the way.
    let limit_px = policy.result_area_px;
    let mut request = plan_request(&stages, Some(Layout::RGBA8), policy, device);
    request.max_result.1 = limit_px / u64::from(frames.max(1));
    let plan = Plan::new(sources, &request).map_err(|error| match error {
        PlanError::ResultTooLarge { size, limit_side, .. }
            if size.area() <= limit_px && size.width.max(size.height) <= limit_side =>
        {
            TransformError::AnimationTooLarge { frames, size, limit_px }
        }
        error => error.into(),
    })?;
    let (encode, warning) = output::choose_moving(wanted, accepts, plan.size(), info.format, policy);
    let warnings = plan.warnings.iter().cloned().chain(warning).collect();
    Ok(Decision::Transform(Box::new(Transform { plan, encode, warnings, layers })))
}

/// `stages` with pictures that are drawn given as what they are made into, and how that is made. Left as they are, to be made again for
/// each frame: pictures on which others are drawn, and those that are drawn twice.
fn layers(
    sources: &mut [plan::Source],
    stages: &[Stage],
    policy: &Policy,
    device: plan::Device,
) -> Result<(Vec<Stage>, Layers), TransformError> {
    let is_plain = |draw: &Draw| draw.stages.iter().all(|stage| matches!(stage, Stage::Transform(_)));
    let times =
        |source| stages.iter().filter(|stage| matches!(stage, Stage::Draw(draw) if draw.source == source)).count();
    let mut plans = Vec::new();
    let mut settled = Vec::new();
    for stage in stages {
        settled.push(match stage {
            Stage::Draw(draw) if draw.source > 0 && is_plain(draw) && times(draw.source) == 1 => {
                let request = plan_request(&draw.stages, None, policy, device);
                let plan = Plan::new(&sources[draw.source..=draw.source], &request)?;
                sources[draw.source] = plan::Source {
                    size: plan.size(),
                    layout: Layout::RGBA32F,
                    orientation: Orientation::Upright,
                    alpha: !plan.is_opaque,
                    color: None,
                    on_device: true,
                    jpeg: None,
                };
                plans.push((draw.source, plan));
                Stage::Draw(Draw { stages: Vec::new(), ..draw.clone() })
            }
            stage => stage.clone(),
        });
    }
    Ok((settled, plans))
}

impl Decision {
    /// Line by line.
    pub(crate) fn explained(&self, info: &ImageInfo) -> String {
        let what = format!("{} {}, {} frames", info.format.name(), info.size, info.frames);
        match self {
            Self::PassOn => format!("{:<9}{what:<34}as it is\n", "pass"),
            Self::Transform(transform) => {
                let Transform { plan, encode, layers, .. } = &**transform;
                let samples = Layout::RGBA8;
                let mut text = format!("{:<9}{what:<34}{samples}, each frame on a canvas\n", "decode");
                for (_, layer) in layers {
                    text += &format!("{:<9}{:<34}once for all frames\n", "layer", layer.size().to_string());
                }
                text += &plan.explain();
                text + &format!("{:<9}{encode}, {} frames\n", "encode", info.frames)
            }
        }
    }
}

/// The file and its header.
pub(crate) struct Source<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) info: ImageInfo,
}

/// The result as a file that moves.
pub(crate) fn encode(
    work: &Work<'_>,
    tintype: &Tintype,
    source: Source<'_>,
    mut probed: Probed,
    wanted: &TransformOptions,
    accepts: Accepts,
) -> Result<Rendered, TransformError> {
    let mut clock = Clock::start();
    // Layers that are JPEGs are decoded before there is a plan.
    let (policy, device) = (tintype.policy(), huffman::on_host(tintype.plan_device()));
    let Source { bytes, info } = source;
    // Before anything is decoded: the size alone may say no.
    let asked = Asked { info: &info, wanted, accepts, policy, device };
    let decision = decide(&mut probed.sources.clone(), work.stages, asked)?;
    if matches!(decision, Decision::PassOn) {
        return Ok(passed_on(bytes, &info, &decision, &clock));
    }
    let decoded = work.decode(&mut probed, policy, device)?;
    let mut timings = Timings { decode: clock.lap(), ..Timings::default() };
    let Settled { stages, mut sources, mut decoded } = work.settled(tintype, &probed, decoded)?;
    decoded[0] = Held::Canvas;
    let decision = decide(&mut sources, &stages, asked)?;
    let text = decision.explained(&info);
    let Decision::Transform(transform) = decision else { return Ok(passed_on(bytes, &info, &decision, &clock)) };
    let Transform { plan, encode, warnings, layers } = *transform;
    for (index, layer) in layers {
        decoded[index] = Held::Texture(made(tintype, &layer, &decoded[index])?);
    }
    let inputs = Inputs::new(&decoded, &plan);
    // Frames are sRGB.
    let meta = metadata::of(wanted, encode, Some(&info), None);
    let reader = AnimationReader::new(bytes, &info, &policy.limits)?;
    let writer = AnimationWriter::new(plan.size(), &encode, reader.plays(), &meta)?;
    let recording = Arc::new(plan.record());
    let (sources, allowed) = (inputs.sources(), policy.animation_time);
    let show = Show { gpu: tintype.gpu(), canvas: info.size, size: plan.size(), recording, sources, allowed };
    timings.plan = clock.lap();

    let bytes = thread::scope(|scope| {
        let (decoded, frames) = sync_channel(WAITING);
        scope.spawn(move || read(reader, &decoded));
        let (pictures, drawn) = sync_channel(WAITING);
        let written = scope.spawn(move || write(writer, &drawn));
        let shown = show.all(&frames, &pictures, &mut clock, &mut timings);
        // Whoever waits for the other end goes on.
        drop((frames, pictures));
        let written = written.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        timings.encode += clock.lap();
        shown.and(written)
    })?;
    timings.total = clock.total();
    let content_type = encode.format().media_type();
    Ok(Rendered { bytes, content_type, size: plan.size(), original: Some(info), warnings, timings, plan: text })
}

/// What a layer is made into.
fn made(tintype: &Tintype, layer: &Plan, held: &Held<'_>) -> Result<gpu::Lent, TransformError> {
    let held = std::slice::from_ref(held);
    let texture = tintype.gpu().run(layer.record(), &Inputs::new(held, layer).sources())?.texture;
    texture.ok_or(TransformError::WrongResult { got: 0, expected: layer.size().area() * 8 })
}

fn passed_on(bytes: &[u8], info: &ImageInfo, decision: &Decision, clock: &Clock) -> Rendered {
    let total = clock.total();
    Rendered {
        bytes: bytes.to_vec(),
        content_type: info.format.media_type(),
        size: info.upright_size(),
        plan: decision.explained(info),
        original: Some(info.clone()),
        warnings: vec![Warning::AnimationTooLarge],
        timings: Timings { total, ..Timings::default() },
    }
}

type Decoded = Result<Frame, CodecError>;

/// Decodes until the end, or until nobody listens.
fn read(mut reader: AnimationReader<'_>, to: &SyncSender<Decoded>) {
    while let Some(frame) = reader.next_frame().transpose() {
        let is_last = frame.is_err();
        if to.send(frame).is_err() || is_last {
            return;
        }
    }
}

/// Encodes what comes.
fn write(mut writer: AnimationWriter, pictures: &Receiver<(Planes, Duration)>) -> Result<Vec<u8>, TransformError> {
    while let Ok((picture, delay)) = pictures.recv() {
        writer.frame(&picture, delay)?;
    }
    Ok(writer.finish()?)
}

/// Everything that is the same for all frames.
struct Show<'a> {
    gpu: &'a Gpu,
    /// Width and height of the canvas, and of the result.
    canvas: Size,
    size: Size,
    recording: Arc<Recording>,
    /// The canvas takes the place of the first.
    sources: Vec<gpu::Source<'a>>,
    /// For all frames.
    allowed: Duration,
}

impl Show<'_> {
    /// Every frame, until nobody takes one any more: whoever does not will say why.
    fn all(
        &self,
        frames: &Receiver<Decoded>,
        pictures: &SyncSender<(Planes, Duration)>,
        clock: &mut Clock,
        timings: &mut Timings,
    ) -> Result<(), TransformError> {
        let mut under = None;
        let mut done = 0;
        while let Ok(frame) = frames.recv() {
            timings.decode += clock.lap();
            if clock.total() > self.allowed {
                return Err(TransformError::AnimationTooSlow { done, allowed: self.allowed });
            }
            let frame = frame?;
            let canvas = self.drawn(&mut under, &frame)?;
            let mut sources = self.sources.clone();
            sources[0] = gpu::Source::Kept(&canvas);
            let samples = self.gpu.run(self.recording.clone(), &sources)?.bytes;
            timings.gpu += clock.lap();
            let (got, expected) = (samples.len(), self.size.area() * u64::from(Layout::RGBA8.pixel_bytes()));
            let picture = Planes::new(self.size, Layout::RGBA8, samples);
            let picture = picture.ok_or(TransformError::WrongResult { got, expected })?;
            if pictures.send((picture, frame.delay)).is_err() {
                break;
            }
            done += 1;
            timings.encode += clock.lap();
        }
        Ok(())
    }

    /// The canvas with `frame` on it. `under` is what it is drawn on, then what the next one is.
    fn drawn(&self, under: &mut Option<(gpu::Kept, Rect)>, frame: &Frame) -> Result<gpu::Kept, TransformError> {
        let draw = Canvas {
            size: self.canvas,
            rect: frame.rect,
            blend: match frame.blend {
                Blend::Source => canvas::Blend::Source,
                Blend::Over => canvas::Blend::Over,
            },
            under: under.as_ref().map_or(Under::Nothing, |(_, clear)| Under::Canvas { clear: *clear }),
        };
        let mut recording = draw.record();
        // Everything that is on the device at once; what is given a canvas shares its reservation.
        let plan_bytes = self.recording.allocate(u32::MAX).peak_bytes;
        recording.reserve_bytes(plan_bytes + CANVASES * size_class(Canvas::bytes(self.canvas)));
        let samples = gpu::Source::Samples(&frame.samples);
        let sources: Vec<_> =
            [samples].into_iter().chain(under.iter().map(|(kept, _)| gpu::Source::Kept(kept))).collect();
        let kept = self.gpu.run(recording, &sources)?.kept.pop();
        let expected = Canvas::bytes(self.canvas);
        let shown = kept.ok_or(TransformError::WrongResult { got: 0, expected })?;
        match frame.disposal {
            Disposal::Keep => *under = Some((shown.clone(), NONE)),
            Disposal::Clear => *under = Some((shown.clone(), frame.rect)),
            Disposal::Previous => {}
        }
        Ok(shown)
    }
}
