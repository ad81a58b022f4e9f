//! Recordings on their way through the device.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    Core, GpuError, Kept, Output, PassTime, Source,
    budget::Reservation,
    memory::{Left, Memory, give_back_mapped},
    pipelines::Variant,
    pool::{BufferUse, PooledBuffer, PooledTexture},
    profile::Timestamps,
};
use crate::{
    Recording,
    record::{Allocation, BufferRole, Grid, ImageId, LINE, Pass},
};

/// Workgroups along one dimension on every adapter.
const MAX_WORKGROUPS: u32 = 65_535;

type Reply = flume::Sender<Result<Finished, GpuError>>;

/// A recording with its inputs already in mapped memory.
#[derive(Debug)]
pub(super) struct Job {
    recording: Arc<Recording>,
    allocation: Allocation,
    /// One per upload of the recording, then uniforms, then tables.
    uploads: Vec<Upload>,
    /// Images of the recording that are the caller's textures.
    given: Vec<(ImageId, wgpu::TextureView)>,
    /// Buffers of the recording that an earlier one kept.
    given_buffers: Vec<Kept>,
    reservation: Arc<Reservation>,
    is_profiled: bool,
    reply: Reply,
}

/// What an upload is filled from.
#[derive(Debug)]
pub(super) enum Upload {
    /// Mapped and filled.
    Host(PooledBuffer),
    /// On the device already, from this byte on.
    Device(Kept, u64),
}

/// What the waiting caller collects.
#[derive(Debug)]
pub(super) struct Finished {
    readbacks: Vec<(PooledBuffer, u64)>,
    kept: Vec<Kept>,
    texture: Option<PooledTexture>,
    timestamps: Option<Timestamps>,
    nanoseconds: Vec<f64>,
    passes: Vec<(String, &'static str)>,
    gpu_time: Duration,
    _reservation: Arc<Reservation>,
}

impl Job {
    /// Leases upload memory and copies the inputs into it; runs on the caller's thread.
    pub(super) fn fill(
        core: &Core,
        recording: Arc<Recording>,
        allocation: Allocation,
        sources: &[Source<'_>],
        reservation: Arc<Reservation>,
        is_profiled: bool,
        reply: Reply,
    ) -> Result<Self, GpuError> {
        let mut uploads = Vec::new();
        let mut given_buffers = Vec::new();
        for buffer in &recording.buffers {
            if let BufferRole::Given { source } = buffer.role {
                let kept = sources.get(source).copied().and_then(Source::kept);
                let got = kept.map_or(0, Kept::bytes);
                let fits = kept.filter(|_| got >= buffer.bytes);
                let error = GpuError::Input { source_index: source, got, needed: buffer.bytes };
                given_buffers.push(fits.cloned().ok_or(error)?);
            }
            let BufferRole::Upload { source, plane, bytes } = &buffer.role else { continue };
            if let Some(kept) = sources.get(*source).copied().and_then(Source::kept) {
                if kept.bytes() < bytes.end {
                    return Err(GpuError::Input { source_index: *source, got: kept.bytes(), needed: bytes.end });
                }
                uploads.push(Upload::Device(kept.clone(), bytes.start));
                continue;
            }
            let input = sources.get(*source).and_then(|source| source.plane(*plane)).unwrap_or_default();
            let part = input.get(bytes.start as usize..bytes.end as usize);
            let error = GpuError::Input { source_index: *source, got: input.len() as u64, needed: bytes.end };
            uploads.push(Upload::Host(filled(core, part.ok_or(error)?)?));
        }
        uploads.push(Upload::Host(filled(core, &recording.uniforms)?));
        uploads.push(Upload::Host(filled(core, &recording.tables)?));
        let mut given = Vec::new();
        for (image, source) in &recording.given {
            let texture = sources.get(*source).copied().and_then(Source::texture);
            given.push((*image, view(&recording, *image, *source, texture)?));
        }
        Ok(Self { recording, allocation, uploads, given, given_buffers, reservation, is_profiled, reply })
    }

    /// Bytes of device memory that it needs.
    pub(super) fn bytes(&self) -> u64 {
        self.allocation.peak_bytes
    }

    /// Whether it reads memory that others may let go of at any time.
    pub(super) fn has_foreign_memory(&self) -> bool {
        !self.given.is_empty()
    }

    /// Leases memory and records; a job that cannot be recorded is answered at once.
    fn record(self, core: &Core) -> Option<(wgpu::CommandBuffer, Recorded)> {
        let Self { recording, allocation, uploads, given, given_buffers, reservation, is_profiled, reply } = self;
        let memory_scope = core.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation_scope = core.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let mut encoder = core.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("Job") });
        let memory = Memory::lease(core, &recording, &allocation, uploads, given, &given_buffers, &mut encoder);
        let n_passes = recording.passes.len() as u32;
        let timestamps = (is_profiled && core.caps.has_timestamps).then(|| Timestamps::new(&core.device, n_passes));
        let encoded = match &timestamps {
            None if is_profiled => encode_alone(core, &recording, &memory, &mut encoder),
            timestamps => encode(core, &recording, &memory, timestamps.as_ref(), &mut encoder).map(|()| Vec::new()),
        };
        memory.copy_back(&mut encoder);
        if let Some(timestamps) = &timestamps {
            timestamps.resolve(&mut encoder);
        }
        let commands = encoder.finish();
        let invalid = pollster::block_on(validation_scope.pop());
        let failed = pollster::block_on(memory_scope.pop()).or(invalid).map(GpuError::from);
        let (nanoseconds, failed) = match (encoded, failed) {
            (Ok(nanoseconds), failed) => (nanoseconds, failed),
            (Err(error), failed) => (Vec::new(), Some(failed.unwrap_or(error))),
        };

        let result_slot = recording.result.map(|image| allocation.slot_of_image[image.index()]);
        let left = memory.release(core, result_slot);
        if let Some(error) = failed {
            left.give_back(core);
            let _ = reply.send(Err(error));
            return None;
        }
        let names = |pass: &Pass| (pass.to_string(), pass.name());
        let passes = if is_profiled { recording.passes.iter().map(names).collect() } else { Vec::new() };
        Some((commands, Recorded { left, timestamps, nanoseconds, passes, reservation, reply }))
    }
}

/// Records `jobs` and submits them together; runs on the device's thread. Their callers are answered when the device is done with all
/// of them. One that cannot be recorded is left out.
pub(super) fn submit(core: &Arc<Core>, jobs: Vec<Job>) -> Option<wgpu::SubmissionIndex> {
    if let Err(error) = core.health.check() {
        for job in jobs {
            let _ = job.reply.send(Err(error.clone()));
        }
        return None;
    }
    // What a job has released may be leased by the next one of them, but by nobody who could submit before.
    let order = core.order.lock();
    let (commands, recorded): (Vec<_>, Vec<_>) = jobs.into_iter().filter_map(|job| job.record(core)).unzip();
    if commands.is_empty() {
        return None;
    }
    let memory_scope = core.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let validation_scope = core.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let started = Instant::now();
    let index = core.queue.submit(commands);
    drop(order);
    core.pool.count_submission();
    core.in_flight.lock().retain(|completion| completion.strong_count() > 0);
    let refused = pollster::block_on(validation_scope.pop());
    let failed = pollster::block_on(memory_scope.pop()).or(refused).map(GpuError::from);
    for job in recorded {
        let completion = job.complete(core, started);
        if let Some(error) = &failed {
            completion.fail(error.clone());
        }
    }
    Some(index)
}

/// A job whose commands are recorded, and what it leaves.
struct Recorded {
    left: Left,
    timestamps: Option<Timestamps>,
    /// Of each pass, where the host has timed them.
    nanoseconds: Vec<f64>,
    passes: Vec<(String, &'static str)>,
    reservation: Arc<Reservation>,
    reply: Reply,
}

impl Recorded {
    /// Has the caller answered once what was submitted at `started` is done.
    fn complete(self, core: &Arc<Core>, started: Instant) -> Arc<Completion> {
        let Self { left, timestamps, nanoseconds, passes, reservation, reply } = self;
        let Left { uploads, readbacks, kept, texture } = left;
        let keep = |buffer| Kept::new(buffer, core.pool.clone(), reservation.clone());
        let kept = kept.into_iter().map(keep).collect();
        let to_map: Vec<wgpu::Buffer> = readbacks.iter().map(|(buffer, _)| buffer.buffer.clone()).collect();
        let timed = timestamps.as_ref().map(|timestamps| timestamps.readable.clone());
        let gpu_time = Duration::ZERO;
        let finished =
            Finished { readbacks, kept, texture, timestamps, nanoseconds, passes, gpu_time, _reservation: reservation };
        let result = Mutex::new(Some(Ok(finished)));
        let completion = Arc::new(Completion { started, reply, core: Arc::downgrade(core), result });
        core.in_flight.lock().push(Arc::downgrade(&completion));
        // The last of these callbacks lets go of the completion, whose drop answers the caller: then everything is back
        // in the pool, and the caller's next request finds it there.
        for upload in uploads {
            let completion = completion.clone();
            give_back_mapped(core, upload, move || drop(completion));
        }
        for buffer in to_map.into_iter().chain(timed) {
            let completion = completion.clone();
            let health = core.health.clone();
            buffer.map_async(wgpu::MapMode::Read, .., move |mapped| {
                if mapped.is_err() {
                    completion.fail(health.lost());
                }
            });
        }
        completion
    }
}

/// A caller's texture as kernels see it.
fn view(
    recording: &Recording,
    image: ImageId,
    source: usize,
    texture: Option<&wgpu::Texture>,
) -> Result<wgpu::TextureView, GpuError> {
    let needed = recording.size(image);
    let fits = |texture: &&wgpu::Texture| {
        texture.width() >= needed.width
            && texture.height() >= needed.height
            && texture.usage().contains(wgpu::TextureUsages::TEXTURE_BINDING)
    };
    let texture = texture.filter(fits).ok_or(GpuError::Texture { source_index: source, needed })?;
    Ok(texture.create_view(&wgpu::TextureViewDescriptor::default()))
}

/// A mapped buffer with `bytes` in it.
fn filled(core: &Core, bytes: &[u8]) -> Result<PooledBuffer, GpuError> {
    let upload = core.pool.buffer(BufferUse::Upload, bytes.len() as u64);
    let whole = bytes.len() & !3;
    {
        let mut view = upload.buffer.get_mapped_range_mut(..).map_err(|error| GpuError::Refused(error.to_string()))?;
        view.slice(..whole).copy_from_slice(&bytes[..whole]);
        if whole < bytes.len() {
            let mut last = [0; 4];
            last[..bytes.len() - whole].copy_from_slice(&bytes[whole..]);
            view.slice(whole..whole + 4).copy_from_slice(&last);
        }
    }
    Ok(upload)
}

/// Answers the caller when the last callback of its submission is done.
#[derive(Debug)]
pub(super) struct Completion {
    started: Instant,
    reply: Reply,
    core: Weak<Core>,
    result: Mutex<Option<Result<Finished, GpuError>>>,
}

impl Completion {
    /// Whoever waits gets `error`, when what was submitted is done.
    fn fail(&self, error: GpuError) {
        let mut result = self.result.lock();
        if result.is_some() {
            *result = Some(Err(error));
        }
    }

    /// Whoever waits gets `error` now, and the memory that was reserved is free: nothing will ever be done.
    pub(super) fn give_up(&self, error: GpuError) {
        if let Some(never) = self.result.lock().take() {
            drop(never);
            let _ = self.reply.send(Err(error));
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            *core.progress.lock() = Instant::now();
        }
        if let Some(mut result) = self.result.get_mut().take() {
            if let Ok(finished) = &mut result {
                finished.gpu_time = self.started.elapsed();
            }
            let _ = self.reply.send(result);
        }
    }
}

fn encode(
    core: &Core,
    recording: &Recording,
    memory: &Memory,
    timestamps: Option<&Timestamps>,
    encoder: &mut wgpu::CommandEncoder,
) -> Result<(), GpuError> {
    let tape_group = tape_group(core, memory);
    let Some(timestamps) = timestamps else {
        let mut open = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        return recording
            .passes
            .iter()
            .try_for_each(|pass| dispatch(core, recording, memory, &tape_group, pass, &mut open));
    };
    for (index, pass) in recording.passes.iter().enumerate() {
        let mut open = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(pass.name()),
            timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                query_set: &timestamps.queries,
                beginning_of_pass_write_index: Some(index as u32 * 2),
                end_of_pass_write_index: Some(index as u32 * 2 + 1),
            }),
        });
        dispatch(core, recording, memory, &tape_group, pass, &mut open)?;
    }
    Ok(())
}

/// Submits each pass by itself and waits for it, where the device cannot time them; gives nanoseconds.
fn encode_alone(
    core: &Core,
    recording: &Recording,
    memory: &Memory,
    encoder: &mut wgpu::CommandEncoder,
) -> Result<Vec<f64>, GpuError> {
    let tape_group = tape_group(core, memory);
    let submit = |encoder: &mut wgpu::CommandEncoder| {
        let next = core.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("Pass") });
        let commands = std::mem::replace(encoder, next).finish();
        let started = Instant::now();
        let submission_index = Some(core.queue.submit([commands]));
        let wait = wgpu::PollType::Wait { submission_index, timeout: Some(core.watchdog) };
        core.device.poll(wait).map_err(|error| GpuError::Lost(error.to_string()))?;
        Ok(started.elapsed().as_nanos() as f64)
    };
    // What is copied and cleared before the passes is none of theirs.
    submit(encoder)?;
    let timed = recording.passes.iter().map(|pass| {
        let mut open = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        dispatch(core, recording, memory, &tape_group, pass, &mut open)?;
        drop(open);
        submit(encoder)
    });
    timed.collect()
}

fn tape_group(core: &Core, memory: &Memory) -> wgpu::BindGroup {
    core.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("tape"),
        layout: &core.pipelines.tape_group,
        entries: &[uniform(memory.uniforms(), Recording::TAPE_BYTES)],
    })
}

fn dispatch(
    core: &Core,
    recording: &Recording,
    memory: &Memory,
    tape_group: &wgpu::BindGroup,
    pass: &Pass,
    open: &mut wgpu::ComputePass<'_>,
) -> Result<(), GpuError> {
    let variant = Variant::of(pass.kernel, &pass.overrides);
    let pipeline = match core.pipelines.get(pass.kernel, recording.texel, variant) {
        Some(pipeline) => pipeline,
        None => {
            // Only the first request of a texel format that was not prepared comes here.
            core.pipelines.prepare(&core.device, &core.caps, recording.texel)?;
            let pipeline = core.pipelines.get(pass.kernel, recording.texel, variant);
            pipeline
                .ok_or_else(|| GpuError::Kernel { kernel: pass.to_string(), detail: "no such variant".to_owned() })?
        }
    };
    let mut entries = vec![uniform(memory.uniforms(), pass.kernel.params_bytes as u64)];
    entries.extend(
        pass.bound
            .iter()
            .enumerate()
            .map(|(index, bound)| wgpu::BindGroupEntry { binding: index as u32 + 1, resource: memory.resource(bound) }),
    );
    let group = core.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(pass.name()),
        layout: &pipeline.group,
        entries: &entries,
    });
    open.set_pipeline(&pipeline.pipeline);
    open.set_bind_group(0, &group, &[pass.params]);
    if pass.kernel.tape {
        open.set_bind_group(1, tape_group, &[pass.tape]);
    }
    let [x, y] = core.caps.workgroup;
    let [across, down] = match pass.grid {
        Grid::Plane([width, height]) => [width.div_ceil(x), height.div_ceil(y)],
        Grid::Line(invocations) => {
            debug_assert_eq!(x * y, LINE, "line.wgsl counts by workgroups of this size");
            let workgroups = invocations.div_ceil(LINE);
            let down = workgroups.div_ceil(MAX_WORKGROUPS).max(1);
            [workgroups.div_ceil(down), down]
        }
    };
    open.dispatch_workgroups(across, down, 1);
    Ok(())
}

fn uniform(buffer: &wgpu::Buffer, bytes: u64) -> wgpu::BindGroupEntry<'_> {
    wgpu::BindGroupEntry {
        binding: 0,
        resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer,
            offset: 0,
            size: wgpu::BufferSize::new(bytes),
        }),
    }
}

impl Finished {
    /// Copies the results out of mapped memory and gives it back; runs on the caller's thread.
    pub(super) fn collect(self, core: &Core) -> Output {
        let mut bytes = Vec::with_capacity(self.readbacks.iter().map(|(_, used)| *used as usize).sum());
        for (buffer, used) in self.readbacks {
            if let Ok(view) = buffer.buffer.get_mapped_range(..) {
                bytes.extend_from_slice(&view[..used as usize]);
            }
            buffer.buffer.unmap();
            core.pool.return_buffer(buffer);
        }
        core.pool.count_read(bytes.len() as u64);
        let period = core.queue.get_timestamp_period();
        let nanoseconds = self.timestamps.map_or(self.nanoseconds, |timestamps| timestamps.nanoseconds(period));
        let passes = self
            .passes
            .into_iter()
            .zip(nanoseconds)
            .map(|((pass, kernel), nanoseconds)| PassTime { pass, kernel, nanoseconds })
            .collect();
        Output {
            bytes,
            texture: self.texture.map(|texture| core.pool.lend(texture)),
            kept: self.kept,
            gpu_time: self.gpu_time,
            passes,
        }
    }
}
