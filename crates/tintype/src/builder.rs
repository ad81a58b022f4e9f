//! Setting up an engine.

use std::{sync::Arc, thread, time::Duration};

use tintype_codecs::Limits;
use tintype_engine::{
    Gpu, Space, Texel, Vision,
    gpu::GpuOptions,
    ops::{Inverse, resize::Filter},
    plan::{Coders, Device, Huffman, Shrink},
    wgpu,
};

use crate::{Effort, Shared, Tintype, TransformError};

/// The rules an engine works by.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The transfer curve of working images. Default: linear light.
    pub space: Space,
    /// The resampling kernel. Default: Lanczos3.
    pub filter: Filter,
    /// How hard encoders try. Default: fast.
    pub effort: Effort,
    /// When a JPEG is decoded smaller than it is, which saves most of the work and averages encoded values before the filter sees
    /// them. Default: as suits the adapter; never on a GPU, where at least a half is left on a software adapter.
    pub shrink: Option<Shrink>,
    /// Where a JPEG's coefficients become samples; the result is the same to the bit. Default: as suits the adapter; on a software
    /// adapter the host, and only of what is decoded smaller: other JPEGs are decoded to samples at once.
    pub inverse: Option<Inverse>,
    /// Who decodes and codes the bits of baseline JPEGs; the result is the same to the bit. The device needs the inverse on the
    /// device, which is the default then. Default: who is thought to be faster, on a software adapter the host.
    pub huffman: Huffman,
    /// What a source may cost. Default: Cloudflare's figures.
    pub limits: Limits,
    /// Largest side of a result in pixels. Default: 12,000, as Cloudflare's.
    pub result_side_px: u32,
    /// Largest area of a result in pixels. Default: 100 million, as Cloudflare's.
    pub result_area_px: u64,
    /// Largest side of an AVIF in pixels when `format=avif` is asked for; larger results become WebP or JPEG, with a
    /// warning. Default: 1,600, as Cloudflare's.
    pub avif_side_px: u32,
    /// The same for `format=auto`. Default: 1,200, as Cloudflare's.
    pub avif_auto_side_px: u32,
    /// Most pixels of an animation, all frames of its canvas together, that is transformed; a larger one is passed on as it is, with
    /// a warning, up to what [`limits`](Self::limits) allow. Default: 50 million, as Cloudflare's.
    pub animation_area_px: u64,
    /// How long an animation may take, from its first frame being decoded to its last being encoded. Default: 60 s.
    pub animation_time: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            space: Space::Linear,
            filter: Filter::Lanczos3,
            effort: Effort::Fast,
            shrink: None,
            inverse: None,
            huffman: Huffman::Auto,
            limits: Limits::default(),
            result_side_px: 12_000,
            result_area_px: 100_000_000,
            avif_side_px: 1_600,
            avif_auto_side_px: 1_200,
            animation_area_px: 50_000_000,
            animation_time: Duration::from_secs(60),
        }
    }
}

impl Policy {
    /// `device`, as these rules want it used.
    pub(crate) fn device(&self, device: Device) -> Device {
        let by_adapter = if self.huffman == Huffman::Device { Inverse::Device } else { device.inverse };
        let (shrink, inverse) = (self.shrink.unwrap_or(device.shrink), self.inverse.unwrap_or(by_adapter));
        let coders = Coders { asked: self.huffman, ..device.coders };
        Device { shrink, inverse, coders, ..device }
    }
}

/// What an engine is made from.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    gpu: GpuOptions,
    policy: Policy,
    vision: Option<Arc<dyn Vision>>,
}

impl Builder {
    /// The rules to work by.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// What finds faces and foregrounds. Without it, what needs one (`gravity=face` where something is cropped,
    /// `segment=foreground`) is an error.
    pub fn vision(mut self, vision: Arc<dyn Vision>) -> Self {
        self.vision = Some(vision);
        self
    }

    /// Part of the wanted adapter's name, case ignored. Without it the most capable one is taken, a software adapter last.
    pub fn adapter(mut self, name: impl Into<String>) -> Self {
        self.gpu.adapter = Some(name.into());
        self
    }

    /// Which of several adapters of that name, counted from 0 and around; without a name, which of the most capable ones. Where there is
    /// one, every number is that one.
    pub fn nth_adapter(mut self, nth: usize) -> Self {
        self.gpu.nth = nth;
        self
    }

    /// How long the device may take for what it was given until it is taken to hang, and is lost. Default: 2 minutes.
    pub fn watchdog(mut self, watchdog: Duration) -> Self {
        self.gpu.watchdog = Some(watchdog);
        self
    }

    /// Device memory that work in flight may use together, in bytes.
    pub fn gpu_memory_bytes(mut self, bytes: u64) -> Self {
        self.gpu.memory_bytes = Some(bytes);
        self
    }

    /// Requests that may go to the device together where they wait for it together, at least 1. Default: 8.
    pub fn jobs_per_submission(mut self, jobs: usize) -> Self {
        self.gpu.jobs_per_submission = Some(jobs);
        self
    }

    /// Finds the adapter and builds the pipelines. Takes up to some seconds.
    ///
    /// # Errors
    /// When there is no such adapter, or a kernel does not compile on it.
    pub fn build(self) -> Result<Tintype, TransformError> {
        let is_shared = self.vision.as_ref().is_some_and(|vision| vision.shares_device());
        let gpu = Gpu::new(&GpuOptions { is_shared, ..self.gpu.clone() })?;
        self.with(gpu)
    }

    /// On a device that the program owns already; `adapter` is the one it was created from. Models that are to run on it need
    /// all of the adapter's features that are not experimental.
    ///
    /// # Errors
    /// When a kernel does not compile on it.
    pub fn build_on(
        self,
        adapter: &wgpu::Adapter,
        device: wgpu::Device,
        queue: wgpu::Queue,
    ) -> Result<Tintype, TransformError> {
        let gpu = Gpu::from_device(adapter, device, queue, &self.gpu)?;
        self.with(gpu)
    }

    fn with(self, gpu: Gpu) -> Result<Tintype, TransformError> {
        if let Some(vision) = &self.vision {
            vision.attach(&gpu, self.policy.space)?;
        }
        // 16-bit pictures need kernels of their own: built while the first requests, which seldom are such, run.
        let later = gpu.clone();
        let prepared =
            thread::Builder::new().name("tintype-prepare".to_owned()).spawn(move || later.prepare(Texel::F32));
        // Without the thread, or should it fail, the first such request builds them and answers with the error.
        drop(prepared);
        Ok(Tintype(Arc::new(Shared { gpu, policy: self.policy, vision: self.vision, until: None })))
    }
}
