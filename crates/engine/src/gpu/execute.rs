//! One recording on its way through the device.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    Core, GpuError, Kept, Output, PassTime, Source,
    budget::Reservation,
    memory::{Left, Memory},
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

    /// Records and submits; runs on the device's thread. The caller is answered when the device is done.
    pub(super) fn execute(self, core: &Arc<Core>) -> Option<wgpu::SubmissionIndex> {
        let reply = self.reply.clone();
        if let Err(error) = core.health.check() {
            let _ = reply.send(Err(error));
            return None;
        }
        let memory = core.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = core.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let submitted = self.submit(core);
        let validation = pollster::block_on(validation.pop());
        let memory = pollster::block_on(memory.pop());
        let (index, completion) = match submitted {
            Ok(submitted) => submitted,
            Err(error) => {
                let _ = reply.send(Err(error));
                return None;
            }
        };
        if let Some(error) = memory.or(validation) {
            completion.fail(error.into());
        }
        Some(index)
    }

    fn submit(self, core: &Arc<Core>) -> Result<(wgpu::SubmissionIndex, Arc<Completion>), GpuError> {
        let Self { recording, allocation, uploads, given, given_buffers, reservation, is_profiled, reply } = self;
        let mut encoder = core.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("Job") });
        let memory = Memory::lease(core, &recording, &allocation, uploads, given, &given_buffers, &mut encoder);
        let n_passes = recording.passes.len() as u32;
        let timestamps = (is_profiled && core.caps.has_timestamps).then(|| Timestamps::new(&core.device, n_passes));
        encode(core, &recording, &memory, timestamps.as_ref(), &mut encoder)?;
        memory.copy_back(&mut encoder);
        if let Some(timestamps) = &timestamps {
            timestamps.resolve(&mut encoder);
        }
        let started = Instant::now();
        let index = core.queue.submit([encoder.finish()]);

        let passes = recording.passes.iter().map(|pass| (pass.to_string(), pass.name())).collect();
        let result_slot = recording.result.map(|image| allocation.slot_of_image[image.index()]);
        let Left { uploads, readbacks, kept, texture } = memory.release(core, result_slot);
        let keep = |buffer| Kept::new(buffer, core.pool.clone(), reservation.clone());
        let kept = kept.into_iter().map(keep).collect();
        let to_map: Vec<wgpu::Buffer> = readbacks.iter().map(|(buffer, _)| buffer.buffer.clone()).collect();
        let timed = timestamps.as_ref().map(|timestamps| timestamps.readable.clone());
        let finished = Finished {
            readbacks,
            kept,
            texture,
            timestamps,
            passes: if is_profiled { passes } else { Vec::new() },
            gpu_time: Duration::ZERO,
            _reservation: reservation,
        };
        let completion = Arc::new(Completion { started, reply, result: Mutex::new(Some(Ok(finished))) });
        // The last of these callbacks lets go of the completion, whose drop answers the caller: then everything is back
        // in the pool, and the caller's next request finds it there.
        for upload in uploads {
            let (pool, completion) = (core.pool.clone(), completion.clone());
            let buffer = upload.buffer.clone();
            buffer.map_async(wgpu::MapMode::Write, .., move |mapped| {
                match mapped {
                    Ok(()) => pool.return_buffer(upload),
                    Err(_) => pool.forget(upload.buffer.size()),
                }
                drop(completion);
            });
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
        Ok((index, completion))
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
struct Completion {
    started: Instant,
    reply: Reply,
    result: Mutex<Option<Result<Finished, GpuError>>>,
}

impl Completion {
    fn fail(&self, error: GpuError) {
        *self.result.lock() = Some(Err(error));
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
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
    let tape_group = core.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("tape"),
        layout: &core.pipelines.tape_group,
        entries: &[uniform(memory.uniforms(), Recording::TAPE_BYTES)],
    });
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
        let nanoseconds = self.timestamps.map(|t| t.nanoseconds(core.queue.get_timestamp_period())).unwrap_or_default();
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
