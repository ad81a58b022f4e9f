//! What the server asks of the image engine; the only file that builds the facade.
//!
//! Behind the trait [`Engine`] so that tests of HTTP need no device.

use std::{fmt, sync::Arc, time::Instant};

use tintype::engine::{
    Space,
    gpu::Counters,
    plan::{self, Shrink},
};
use tintype::{Limits, Policy, Tintype, Vision};
use tintype_pixels::ImageInfo;

pub(crate) use tintype::{Accepts, Rendered, Request, TransformError};

use crate::compose::{self, Composition};
use crate::config::{Config, Effort, Huffman, ShrinkOnLoad, Working};

/// Transforms pictures. Every method may block for as long as a picture takes.
pub(crate) trait Engine: fmt::Debug + Send + Sync {
    /// What pictures are transformed on.
    fn report(&self) -> Report;
    /// What was created and is held on the device.
    fn counters(&self) -> Counters;
    /// Whether nothing can be made any more, because the device or what runs on it is gone.
    fn is_lost(&self) -> bool;
    /// Gives the device up, as if it had been lost: for rehearsals.
    fn lose(&self);
    /// What the header of `bytes` says.
    fn probe(&self, bytes: &[u8]) -> Result<ImageInfo, TransformError>;
    /// What would be done to a picture with this header, as text.
    fn explain(&self, info: &ImageInfo, request: &Request) -> Result<String, TransformError>;
    /// What would be done to a picture with this header, part 0 of `composition`, as text.
    fn explain_composition(&self, info: &ImageInfo, composition: Composition) -> Result<String, TransformError>;
    /// Keeps the device busy for about so long, as if a dispatch hung: for rehearsals.
    fn stall(&self, seconds: f32);
    /// The picture that `request` asks to be made of `bytes`, of use until a certain moment.
    fn transform(&self, bytes: &[u8], request: &Request, until: Instant) -> Result<Rendered, TransformError>;
    /// The picture that is made of several, or of texts, of use until a certain moment.
    fn compose(&self, composition: Composition, until: Instant) -> Result<Rendered, TransformError>;
}

/// What pictures are transformed on.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The adapter's name.
    pub(crate) adapter: String,
    /// The API it is reached by.
    pub(crate) backend: String,
    /// Whether the "GPU" is the processor.
    pub(crate) software: bool,
}

impl Engine for Tintype {
    fn report(&self) -> Report {
        let caps = self.caps();
        Report { adapter: caps.name.clone(), backend: caps.backend.clone(), software: caps.is_software }
    }

    fn counters(&self) -> Counters {
        self.gpu().counters()
    }

    fn is_lost(&self) -> bool {
        Self::is_lost(self)
    }

    fn lose(&self) {
        self.gpu().destroy();
    }

    fn probe(&self, bytes: &[u8]) -> Result<ImageInfo, TransformError> {
        Self::probe(self, bytes)
    }

    fn explain(&self, info: &ImageInfo, request: &Request) -> Result<String, TransformError> {
        tintype::explain(info, request, self.policy(), self.caps().plan_device())
    }

    fn explain_composition(&self, info: &ImageInfo, composition: Composition) -> Result<String, TransformError> {
        compose::explain(self, info, composition)
    }

    fn stall(&self, seconds: f32) {
        self.gpu().stall(seconds);
    }

    fn transform(&self, bytes: &[u8], request: &Request, until: Instant) -> Result<Rendered, TransformError> {
        Self::transform(&self.until(until), bytes, request)
    }

    fn compose(&self, composition: Composition, until: Instant) -> Result<Rendered, TransformError> {
        compose::run(&self.until(until), composition)
    }
}

/// Builds the engine that `config` asks for on the device with a number, with all its pipelines. Blocks.
pub(crate) fn build(
    config: &Config,
    number: usize,
    vision: Option<Arc<dyn Vision>>,
) -> Result<Tintype, TransformError> {
    let (adapter, nth) = config.gpu.device(number);
    let mut builder = Tintype::builder().policy(policy(config)).nth_adapter(nth).watchdog(config.gpu.watchdog.0);
    if let Some(vision) = vision {
        builder = builder.vision(vision);
    }
    if !adapter.is_empty() {
        builder = builder.adapter(adapter);
    }
    if let Some(memory) = config.gpu.memory {
        builder = builder.gpu_memory_bytes(memory.0);
    }
    builder.build()
}

/// The engine's rules, from the configuration.
pub(crate) fn policy(config: &Config) -> Policy {
    let limits = &config.limits;
    Policy {
        space: match config.gpu.working {
            Working::Linear => Space::Linear,
            Working::Srgb => Space::Encoded,
        },
        shrink: match config.gpu.shrink_on_load {
            ShrinkOnLoad::Auto => None,
            ShrinkOnLoad::Never => Some(Shrink::Never),
            ShrinkOnLoad::Twice => Some(Shrink::TwiceLeft),
        },
        huffman: match config.gpu.huffman {
            Huffman::Auto => plan::Huffman::Auto,
            Huffman::Cpu => plan::Huffman::Host,
            Huffman::Gpu => plan::Huffman::Device,
        },
        limits: Limits {
            bytes: limits.source_bytes.0,
            area_px: limits.source_pixels,
            side_px: limits.source_side,
            animation_area_px: limits.animation_source_pixels,
            decode_time: limits.decode_time.0,
            extra_inputs: limits.extra_inputs,
            ..Limits::default()
        },
        effort: match config.server.effort {
            Effort::Fast => tintype::Effort::Fast,
            Effort::Balanced => tintype::Effort::Balanced,
            Effort::Small => tintype::Effort::Small,
        },
        result_side_px: limits.result_side,
        result_area_px: limits.result_pixels,
        avif_side_px: limits.avif_side,
        avif_auto_side_px: limits.avif_auto_side,
        animation_area_px: limits.animation_pixels,
        animation_time: limits.animation_time.0,
        ..Policy::default()
    }
}
