//! The device: the only module that knows wgpu, and the only one that submits.
//!
//! [`Gpu`] owns adapter, pipelines, pooled memory, one thread that records and submits, and one that waits. It may be given
//! a device that somebody else created. [`Gpu::run`] takes a [`Recording`] and the bytes it reads and gives back the bytes
//! or the texture it makes; on a warm path it creates no pipeline and allocates no device memory, which
//! [`Gpu::counters`] proves.

mod adapter;
mod budget;
mod caps;
mod error;
mod execute;
mod hang;
mod kept;
mod memory;
mod pipelines;
mod pool;
mod profile;
mod threads;
mod trial;

use std::{
    mem,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tintype_pixels::Size;
use tintype_wgsl::Texel;

pub use adapter::GpuOptions;
pub use caps::Caps;
pub use error::GpuError;
pub use kept::Kept;
pub use pipelines::group_entries;
pub use pool::{Counters, Lent};
pub use profile::PassTime;

use crate::{Recording, ops::idct::Share, plan, record::texture_class};
use budget::Budget;
use execute::{Completion, Finished};
use pipelines::Pipelines;
use pool::Pool;
use threads::Threads;

/// How often who waits for a result looks whether the device is still there.
const LOOK: Duration = Duration::from_millis(250);

/// Jobs that go to the device together when nobody says how many may.
const DEFAULT_JOBS_PER_SUBMISSION: usize = 8;

/// A device and everything that is kept on it. Cheap to clone; `Send` and `Sync`.
#[derive(Clone, Debug)]
pub struct Gpu {
    shared: Arc<Shared>,
    /// When work has to have begun.
    until: Option<Instant>,
}

/// What the threads and every clone share.
#[derive(Debug)]
struct Shared {
    core: Arc<Core>,
    threads: Threads,
    /// What was faster, where it was tried.
    share: OnceLock<Share>,
}

/// The device itself; the threads hold it too.
#[derive(Debug)]
struct Core {
    caps: Caps,
    instance: Option<wgpu::Instance>,
    adapter: wgpu::Adapter,
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipelines: Pipelines,
    pool: Arc<Pool>,
    budget: Arc<Budget>,
    health: Arc<error::Health>,
    /// Held while memory that was recorded with is idle and not submitted yet.
    order: Mutex<()>,
    /// Who waits for what was submitted.
    in_flight: Mutex<Vec<Weak<Completion>>>,
    jobs_per_submission: usize,
    /// How long what was submitted may take.
    watchdog: Duration,
    /// When something was done last.
    progress: Mutex<Instant>,
}

impl Core {
    /// The device does not answer: whoever waits for it hears that it is lost, and what they had reserved is free.
    fn hang(&self) {
        self.health.lose(format!("no answer within {} ms", self.watchdog.as_millis()));
        self.device.destroy();
        let in_flight = mem::take(&mut *self.in_flight.lock());
        for completion in in_flight.iter().filter_map(Weak::upgrade) {
            completion.give_up(self.health.lost());
        }
    }

    /// Gives memory back that nobody has used for so long.
    fn give_back(&self, idle: Duration) {
        self.pool.trim(idle);
        // What is dropped is freed when the device is looked at next.
        let _ = self.device.poll(wgpu::PollType::Poll);
    }
}

/// An input of a recording.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Samples, which are copied to the device.
    Samples(&'a [u8]),
    /// The components of a JPEG, each its coefficients or its samples, which are copied to the device; empty where there are less.
    Planes([&'a [u8]; 3]),
    /// A texture that is on the device already: premultiplied, in the recording's space, in any format that is read as
    /// floats. It stays the caller's.
    Texture(&'a wgpu::Texture),
    /// A buffer that an earlier recording kept. All of the memory that this recording needs is what that one asked for. Where the
    /// recording reads samples it is copied on the device.
    Kept(&'a Kept),
}

impl<'a> Source<'a> {
    fn plane(self, index: usize) -> Option<&'a [u8]> {
        match self {
            Self::Samples(samples) => (index == 0).then_some(samples),
            Self::Planes(planes) => planes.get(index).copied(),
            Self::Texture(_) | Self::Kept(_) => None,
        }
    }

    fn kept(self) -> Option<&'a Kept> {
        match self {
            Self::Kept(kept) => Some(kept),
            Self::Samples(_) | Self::Planes(_) | Self::Texture(_) => None,
        }
    }

    fn texture(self) -> Option<&'a wgpu::Texture> {
        match self {
            Self::Samples(_) | Self::Planes(_) | Self::Kept(_) => None,
            Self::Texture(texture) => Some(texture),
        }
    }
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(samples: &'a [u8]) -> Self {
        Self::Samples(samples)
    }
}

/// What a recording made.
#[derive(Debug)]
pub struct Output {
    /// Samples, if the recording packs; empty otherwise.
    pub bytes: Vec<u8>,
    /// The image that the recording kept, if it keeps one; it goes back to the pool when dropped, unless kept.
    pub texture: Option<Lent>,
    /// The buffers that the recording keeps, in its order.
    pub kept: Vec<Kept>,
    /// Time from submission to completion.
    pub gpu_time: Duration,
    /// Time of each pass on the device; empty unless asked for.
    pub passes: Vec<PassTime>,
}

impl Gpu {
    /// Finds an adapter, requests its limits, compiles the kernels for half precision.
    ///
    /// # Errors
    /// When there is no such adapter, it refuses, or a kernel does not compile on it.
    pub fn new(options: &GpuOptions) -> Result<Self, GpuError> {
        let (instance, adapter, device, queue) = adapter::open(options)?;
        Self::with(Some(instance), &adapter, device, queue, options)
    }

    /// On a device that somebody else created from `adapter`. Only what may be used is taken from `options`.
    ///
    /// # Errors
    /// When a kernel does not compile on it.
    pub fn from_device(
        adapter: &wgpu::Adapter,
        device: wgpu::Device,
        queue: wgpu::Queue,
        options: &GpuOptions,
    ) -> Result<Self, GpuError> {
        Self::with(None, adapter, device, queue, options)
    }

    fn with(
        instance: Option<wgpu::Instance>,
        adapter: &wgpu::Adapter,
        device: wgpu::Device,
        queue: wgpu::Queue,
        options: &GpuOptions,
    ) -> Result<Self, GpuError> {
        let caps = Caps::of(adapter, &device);
        let health = error::Health::watch(&device);
        let memory_bytes = options.memory_bytes.unwrap_or(caps.default_memory_bytes());
        let core = Arc::new(Core {
            pipelines: Pipelines::new(&device),
            pool: Arc::new(Pool::new(device.clone(), caps.is_unified, memory_bytes)),
            budget: Arc::new(Budget::new(memory_bytes)),
            caps,
            instance,
            adapter: adapter.clone(),
            device,
            queue,
            health,
            order: Mutex::new(()),
            in_flight: Mutex::default(),
            progress: Mutex::new(Instant::now()),
            watchdog: options.watchdog.unwrap_or(GpuOptions::WATCHDOG),
            jobs_per_submission: options.jobs_per_submission.unwrap_or(DEFAULT_JOBS_PER_SUBMISSION).max(1),
        });
        core.pipelines.prepare(&core.device, &core.caps, Texel::F16)?;
        let threads = Threads::start(&core);
        let gpu = Self { shared: Arc::new(Shared { core, threads, share: OnceLock::new() }), until: None };
        if !gpu.caps().is_software {
            let _ = gpu.shared.share.set(Share::of(&gpu));
        }
        Ok(gpu)
    }

    /// What the adapter is and can do.
    pub fn caps(&self) -> &Caps {
        &self.shared.core.caps
    }

    /// The device, for programs that work on its textures.
    pub fn device(&self) -> &wgpu::Device {
        &self.shared.core.device
    }

    /// The queue, for programs that work on its textures. Work submitted to it runs in order with the engine's.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.shared.core.queue
    }

    /// The adapter, for programs that share the device.
    pub fn adapter(&self) -> &wgpu::Adapter {
        &self.shared.core.adapter
    }

    /// The instance, unless somebody else created the device.
    pub fn instance(&self) -> Option<&wgpu::Instance> {
        self.shared.core.instance.as_ref()
    }

    /// Hears again of errors and of the device's loss, after somebody who shares it has taken its callbacks.
    pub fn listen(&self) {
        let core = &self.shared.core;
        core.health.listen(&core.device);
    }

    /// Whether the device is gone, so that nothing can be run any more.
    pub fn is_lost(&self) -> bool {
        self.shared.core.health.check().is_err()
    }

    /// Gives the device up, whatever runs on it: what is in flight fails, and so does all that comes after. To rehearse a loss,
    /// and for programs that want the device's memory back before the last clone is gone.
    pub fn destroy(&self) {
        let core = &self.shared.core;
        core.health.lose("it was given up".to_owned());
        core.device.destroy();
    }

    /// The same device, for work that has to have begun by `until`: what waits for memory longer is given up.
    pub fn until(&self, until: Instant) -> Self {
        Self { shared: Arc::clone(&self.shared), until: Some(until) }
    }

    /// What a plan must know of this device.
    pub fn plan_device(&self) -> plan::Device {
        let device = self.shared.core.caps.plan_device();
        plan::Device { share: self.shared.share.get().copied().unwrap_or(device.share), ..device }
    }

    /// Compiles all kernels for one more texel format; a second call does nothing.
    ///
    /// # Errors
    /// When a kernel does not compile on this device.
    pub fn prepare(&self, texel: Texel) -> Result<(), GpuError> {
        let core = &self.shared.core;
        core.pipelines.prepare(&core.device, &core.caps, texel)
    }

    /// What was created and is held so far.
    pub fn counters(&self) -> Counters {
        let core = &self.shared.core;
        let (reserved_bytes, limit_bytes) = core.budget.now();
        Counters { pipelines: core.pipelines.created(), reserved_bytes, limit_bytes, ..core.pool.counters() }
    }

    /// Gives back device memory that no work has used for `idle`. After a minute that happens by itself.
    pub fn trim(&self, idle: Duration) {
        self.shared.core.give_back(idle);
    }

    /// Bytes of results that were copied to the host since the start.
    pub fn read_bytes(&self) -> u64 {
        self.shared.core.pool.read_bytes()
    }

    /// Submissions since the start; jobs that waited together share one.
    pub fn submissions(&self) -> u64 {
        self.shared.core.pool.submissions()
    }

    /// A texture for a working image of `size`, at least that large, from the pool. What it holds is left over.
    pub fn lend(&self, size: Size, texel: Texel) -> Lent {
        let core = &self.shared.core;
        let _order = core.order.lock();
        core.pool.lend(core.pool.texture(texture_class(size, core.caps.texture_side), texel))
    }

    /// Runs a recording; `sources` are the inputs its uploads name. Blocks until the result is there. A shared recording can be run
    /// again.
    ///
    /// # Errors
    /// When the recording needs more memory than allowed, or does not get it in time ([`Gpu::until`]), or the device fails or is lost.
    pub fn run(&self, recording: impl Into<Arc<Recording>>, sources: &[Source<'_>]) -> Result<Output, GpuError> {
        self.submit(recording, sources, false)?.wait()
    }

    /// [`Gpu::run`], with the time of every pass: by the device's clock, or by the host's, submission and all, where the device has
    /// none. Slower: every pass stands alone.
    ///
    /// # Errors
    /// As [`Gpu::run`].
    pub fn run_profiled(
        &self,
        recording: impl Into<Arc<Recording>>,
        sources: &[Source<'_>],
    ) -> Result<Output, GpuError> {
        self.submit(recording, sources, true)?.wait()
    }

    /// Copies the inputs to the device and queues the work. Blocks while other work holds the memory that this needs.
    ///
    /// # Errors
    /// As [`Gpu::run`].
    pub fn submit(
        &self,
        recording: impl Into<Arc<Recording>>,
        sources: &[Source<'_>],
        profiled: bool,
    ) -> Result<Pending, GpuError> {
        let (core, recording) = (&self.shared.core, recording.into());
        core.health.check()?;
        let allocation = recording.allocate(core.caps.texture_side);
        let reservation = match sources.iter().find_map(|source| source.kept()) {
            // Whoever holds memory must not wait for more.
            Some(kept) => kept.reservation(allocation.peak_bytes)?,
            None => Arc::new(core.budget.reserve(allocation.peak_bytes, self.until)?),
        };
        let (reply, pending) = flume::bounded(1);
        let job = execute::Job::fill(core, recording, allocation, sources, reservation, profiled, reply)?;
        self.shared.threads.submit(job)?;
        Ok(Pending { core: core.clone(), reply: pending })
    }
}

/// Work that was queued.
#[derive(Debug)]
pub struct Pending {
    core: Arc<Core>,
    reply: flume::Receiver<Result<Finished, GpuError>>,
}

impl Pending {
    /// Blocks until the work is done.
    ///
    /// # Errors
    /// When the device failed or was lost.
    pub fn wait(self) -> Result<Output, GpuError> {
        let finished = self.watch()??;
        Ok(finished.collect(&self.core))
    }

    /// The answer, unless the device is lost, or does nothing at all for too long. The driver may be what does not come back, with the
    /// engine's own threads inside of it: so it is those who wait who watch.
    fn watch(&self) -> Result<Result<Finished, GpuError>, GpuError> {
        let core = &self.core;
        let began = Instant::now();
        loop {
            match self.reply.recv_timeout(LOOK.min(core.watchdog)) {
                Ok(answer) => return Ok(answer),
                Err(flume::RecvTimeoutError::Disconnected) => return Err(core.health.lost()),
                Err(flume::RecvTimeoutError::Timeout) => {}
            }
            core.health.check()?;
            let idle = began.elapsed().min(core.progress.lock().elapsed());
            if idle > core.watchdog {
                core.hang();
            }
        }
    }

    /// Waits without blocking the thread.
    ///
    /// # Errors
    /// When the device failed or was lost.
    pub async fn finish(self) -> Result<Output, GpuError> {
        let finished = self.reply.recv_async().await.map_err(|_closed| self.core.health.lost())??;
        Ok(finished.collect(&self.core))
    }
}
