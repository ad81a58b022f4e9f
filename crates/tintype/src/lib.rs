//! A GPU-compute-first image engine: a picture and options in, a picture out.
//!
//! Every pixel operation runs as a compute pass on one wgpu device; the codecs run on the host. This crate is the one
//! path that joins them, for servers, command lines and programs that embed the engine. It knows no files and no HTTP;
//! for pixels that never leave the GPU, without any codec, see [`engine`].
//!
//! ```
//! use tintype::{Output, Placement, Tintype};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # if std::env::var("ALLOW_NO_GPU").is_ok_and(|allowed| allowed == "1") { return Ok(()) }
//! # let photo = include_bytes!("../../../tests/pictures/rocket.jpg").as_slice();
//! # let logo = include_bytes!("../../../tests/pictures/logo.png").as_slice();
//! let tintype = Tintype::builder().build()?; // finds the adapter, builds the pipelines
//! let out = tintype
//!     .input(photo)
//!     .transform("width=400,height=400,fit=cover,gravity=top".parse()?)
//!     .draw(tintype.input(logo).transform("width=100".parse()?), Placement::bottom_right(10, 10).opacity(0.75))
//!     .output(Output::webp().quality(80))
//!     .run()?; // or `.await`
//! assert_eq!((out.size.width, out.size.height, out.content_type), (400, 400, "image/webp"));
//! # Ok(())
//! # }
//! ```
//!
//! Start with [`Tintype`]; [`Tintype::transform`] is what a server calls, [`Tintype::input`] what a program does.

#![forbid(unsafe_code)]

mod animation;
mod builder;
mod clock;
mod decide;
mod describe;
mod dominant;
mod draw;
mod error;
mod explain;
mod faces;
mod gain_map;
mod held;
mod huffman;
#[cfg(feature = "image")]
mod images;
mod input;
mod jpeg;
mod metadata;
mod output;
mod rendered;
mod run;
mod settle;
mod vector;

use std::{sync::Arc, time::Instant};

pub use tintype_codecs as codecs;
pub use tintype_codecs::{Limits, formats};
pub use tintype_engine as engine;
pub use tintype_engine::{Space, Vision, VisionError, gpu::Caps, ops::resize::Filter, plan::Placement};
pub use tintype_options as options;
pub use tintype_options::{TransformOptions, Warning};
pub use tintype_pixels::{Face, Fault, ImageFormat, ImageInfo, Layout, Planes, Size};
pub use tintype_text as text;

pub use builder::{Builder, Policy};
pub use draw::placement;
pub use error::TransformError;
pub use explain::explain;
pub use faces::Faces;
pub use input::{Input, Render};
pub use output::{Accepts, Effort, Output};
pub use rendered::{Rendered, Texture, Timings};
pub use run::Request;

/// The engine: a device, its pipelines and the rules it works by. Cheap to clone; `Send` and `Sync`.
#[derive(Clone, Debug)]
pub struct Tintype(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    gpu: engine::Gpu,
    policy: Policy,
    vision: Option<Arc<dyn Vision>>,
    /// When the result is of no use any more.
    until: Option<Instant>,
}

impl Tintype {
    /// Sets up an engine; [`Builder::build`] finds the adapter and builds the pipelines.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// What the adapter is and can do.
    pub fn caps(&self) -> &Caps {
        self.0.gpu.caps()
    }

    /// The rules it works by.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// What finds faces and foregrounds, if anything does.
    pub fn vision(&self) -> Option<&Arc<dyn Vision>> {
        self.0.vision.as_ref()
    }

    /// Whether nothing can be made any more, because the device is lost or what models run on is broken: build another engine, with
    /// models of its own.
    pub fn is_lost(&self) -> bool {
        self.0.gpu.is_lost() || self.0.vision.as_ref().is_some_and(|vision| vision.is_broken())
    }

    /// The same device by other rules.
    pub fn with_policy(&self, policy: Policy) -> Self {
        let Shared { gpu, vision, until, .. } = &*self.0;
        Self(Arc::new(Shared { gpu: gpu.clone(), policy, vision: vision.clone(), until: *until }))
    }

    /// The same engine for work that is of no use after `until`: then no stage is begun any more, nothing waits longer for device memory,
    /// and decoders and animations that read the clock stop. What runs on the device is not interrupted.
    pub fn until(&self, until: Instant) -> Self {
        let left = until.saturating_duration_since(Instant::now());
        let mut policy = self.0.policy.clone();
        policy.limits.decode_time = policy.limits.decode_time.min(left);
        policy.animation_time = policy.animation_time.min(left);
        let gpu = self.0.gpu.until(until);
        Self(Arc::new(Shared { gpu, policy, vision: self.0.vision.clone(), until: Some(until) }))
    }

    /// Whether it is worth beginning something.
    pub(crate) fn in_time(&self) -> Result<(), TransformError> {
        match self.0.until {
            Some(until) if Instant::now() >= until => Err(TransformError::Late),
            Some(_) | None => Ok(()),
        }
    }

    /// The device, for programs that work on its textures.
    pub fn gpu(&self) -> &engine::Gpu {
        &self.0.gpu
    }

    /// What a plan must know of the device, by these rules.
    pub(crate) fn plan_device(&self) -> engine::plan::Device {
        self.policy().device(self.gpu().plan_device())
    }

    /// What the header of an encoded picture says.
    ///
    /// # Errors
    /// When it is no picture that is read, or larger than the limits.
    pub fn probe(&self, bytes: &[u8]) -> Result<ImageInfo, TransformError> {
        Ok(codecs::probe(bytes, &self.0.policy.limits)?)
    }

    /// One encoded picture through one set of options, as a URL asks for it. Blocks: decodes, runs, encodes.
    ///
    /// # Errors
    /// See [`TransformError`].
    pub fn transform(&self, bytes: &[u8], request: &Request) -> Result<Rendered, TransformError> {
        run::transform(self, bytes, request)
    }
}
