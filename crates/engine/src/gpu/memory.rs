//! The memory of one job: what a recording's images, buffers and tables stand for while it is on the device.

use super::{
    Core,
    execute::Upload,
    pool::{BufferUse, PooledBuffer, PooledTexture},
};
use crate::{
    Recording,
    record::{Allocation, Bound, BufferRole, ImageId},
};

/// What a recording's ids stand for.
pub(super) struct Memory {
    /// By slot.
    textures: Vec<PooledTexture>,
    slot_of_image: Vec<usize>,
    /// Images that are the caller's.
    given: Vec<(ImageId, wgpu::TextureView)>,
    /// By buffer of the recording, then uniforms, then tables: what kernels see.
    buffers: Vec<KernelBuffer>,
    is_unified: bool,
}

/// A buffer as kernels see it and, where memory is not shared, its twin that the host sees.
struct KernelBuffer {
    kernel: PooledBuffer,
    host: Option<PooledBuffer>,
    bytes: u64,
    /// Bytes that the caller gets, if any.
    used: Option<u64>,
    stay: Stay,
}

/// What becomes of a buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stay {
    /// The host writes or reads it.
    Host,
    /// Nobody needs it any more.
    Scratch,
    /// It waits for another recording.
    Kept,
    /// It is somebody else's.
    Given,
}

/// What is left of a job's memory when it has been recorded.
pub(super) struct Left {
    /// Uploads, to be mapped again.
    pub(super) uploads: Vec<PooledBuffer>,
    /// Read-backs, and how many of their bytes are of use.
    pub(super) readbacks: Vec<(PooledBuffer, u64)>,
    /// Buffers that wait for another recording.
    pub(super) kept: Vec<PooledBuffer>,
    /// The image that was asked for.
    pub(super) texture: Option<PooledTexture>,
}

impl Left {
    /// Gives everything back, of a job that is not submitted.
    pub(super) fn give_back(self, core: &Core) {
        let Self { uploads, readbacks, kept, texture } = self;
        uploads.into_iter().for_each(|upload| give_back_mapped(core, upload, || ()));
        readbacks.into_iter().for_each(|(buffer, _)| core.pool.return_buffer(buffer));
        kept.into_iter().for_each(|buffer| core.pool.return_buffer(buffer));
        if let Some(texture) = texture {
            core.pool.return_texture(texture);
        }
        // Nothing that was submitted need be waited for.
        let _ = core.device.poll(wgpu::PollType::Poll);
    }
}

/// Gives an upload back to the pool as soon as the host can write it again, and does `then` after.
pub(super) fn give_back_mapped(core: &Core, upload: PooledBuffer, then: impl FnOnce() + Send + 'static) {
    let pool = core.pool.clone();
    upload.buffer.clone().map_async(wgpu::MapMode::Write, .., move |mapped| {
        match mapped {
            Ok(()) => pool.return_buffer(upload),
            Err(_) => pool.forget(upload.buffer.size()),
        }
        then();
    });
}

impl KernelBuffer {
    fn binding(&self) -> wgpu::BindingResource<'_> {
        let bytes = self.bytes.next_multiple_of(4).max(16).min(self.kernel.buffer.size());
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.kernel.buffer,
            offset: 0,
            size: wgpu::BufferSize::new(bytes),
        })
    }
}

impl Memory {
    pub(super) fn lease(
        core: &Core,
        recording: &Recording,
        allocation: &Allocation,
        uploads: Vec<Upload>,
        given: Vec<(ImageId, wgpu::TextureView)>,
        given_buffers: &[super::Kept],
        encoder: &mut wgpu::CommandEncoder,
    ) -> Self {
        let pool = &core.pool;
        let is_unified = pool.is_unified();
        let textures = allocation.slots.iter().map(|size| pool.texture(*size, recording.texel)).collect();
        let mut uploads = uploads.into_iter();
        let mut from_host = |bytes: u64, encoder: &mut wgpu::CommandEncoder| {
            let upload = match uploads.next().expect("fill() made one per upload and two more") {
                Upload::Host(upload) => upload,
                Upload::Device(kept, start) => {
                    let kernel = pool.buffer(BufferUse::Device, bytes);
                    let len = bytes.next_multiple_of(4).min(kept.bytes() - start);
                    encoder.copy_buffer_to_buffer(kept.buffer(), start, &kernel.buffer, 0, len);
                    return KernelBuffer { kernel, host: None, bytes, used: None, stay: Stay::Scratch };
                }
            };
            upload.buffer.unmap();
            if is_unified {
                return KernelBuffer { kernel: upload, host: None, bytes, used: None, stay: Stay::Host };
            }
            let kernel = pool.buffer(BufferUse::Device, bytes);
            encoder.copy_buffer_to_buffer(&upload.buffer, 0, &kernel.buffer, 0, upload.buffer.size());
            KernelBuffer { kernel, host: Some(upload), bytes, used: None, stay: Stay::Host }
        };
        let mut given_buffers = given_buffers.iter();
        let mut buffers = Vec::new();
        for buffer in &recording.buffers {
            buffers.push(match buffer.role {
                BufferRole::Upload { .. } => from_host(buffer.bytes, encoder),
                BufferRole::Readback { used } => {
                    let (kernel, host) = if is_unified {
                        (pool.buffer(BufferUse::Readback, buffer.bytes), None)
                    } else {
                        // Only what is of use is copied and comes back.
                        let host = pool.buffer(BufferUse::Readback, used);
                        (pool.buffer(BufferUse::Device, buffer.bytes), Some(host))
                    };
                    KernelBuffer { kernel, host, bytes: buffer.bytes, used: Some(used), stay: Stay::Host }
                }
                BufferRole::Scratch | BufferRole::Kept => {
                    let kernel = pool.buffer(BufferUse::Device, buffer.bytes);
                    let stay = if buffer.role == BufferRole::Kept { Stay::Kept } else { Stay::Scratch };
                    KernelBuffer { kernel, host: None, bytes: buffer.bytes, used: None, stay }
                }
                BufferRole::Given { .. } => {
                    let kernel = given_buffers.next().expect("fill() found one for each").alias();
                    KernelBuffer { kernel, host: None, bytes: buffer.bytes, used: None, stay: Stay::Given }
                }
            });
        }
        for (memory, buffer) in buffers.iter().zip(&recording.buffers).filter(|(_, buffer)| buffer.is_zeroed) {
            encoder.clear_buffer(&memory.kernel.buffer, 0, Some(buffer.bytes.next_multiple_of(4)));
        }
        buffers.push(from_host(recording.uniforms.len() as u64, encoder));
        buffers.push(from_host(recording.tables.len() as u64, encoder));
        Self { textures, slot_of_image: allocation.slot_of_image.clone(), given, buffers, is_unified }
    }

    pub(super) fn uniforms(&self) -> &wgpu::Buffer {
        &self.buffers[self.buffers.len() - 2].kernel.buffer
    }

    fn tables(&self) -> &wgpu::Buffer {
        &self.buffers[self.buffers.len() - 1].kernel.buffer
    }

    pub(super) fn resource(&self, bound: &Bound) -> wgpu::BindingResource<'_> {
        match bound {
            Bound::Image(image) => {
                let given = self.given.iter().find(|(given, _)| given == image).map(|(_, view)| view);
                let view = given.unwrap_or_else(|| &self.textures[self.slot_of_image[image.index()]].view);
                wgpu::BindingResource::TextureView(view)
            }
            Bound::Buffer(buffer) => self.buffers[buffer.index()].binding(),
            Bound::Part(buffer, range) => wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &self.buffers[buffer.index()].kernel.buffer,
                offset: range.start,
                size: wgpu::BufferSize::new(range.end - range.start),
            }),
            Bound::Table(range) => wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: self.tables(),
                offset: range.start,
                size: wgpu::BufferSize::new(range.end - range.start),
            }),
        }
    }

    /// Where memory is not shared, results are copied to what the host can map.
    pub(super) fn copy_back(&self, encoder: &mut wgpu::CommandEncoder) {
        for buffer in self.buffers.iter().filter(|buffer| buffer.used.is_some()) {
            if let Some(host) = &buffer.host {
                encoder.copy_buffer_to_buffer(&buffer.kernel.buffer, 0, &host.buffer, 0, host.buffer.size());
            }
        }
    }

    /// Gives back what later submissions may overwrite. What is left is handed out, with the texture in `result_slot`.
    pub(super) fn release(self, core: &Core, result_slot: Option<usize>) -> Left {
        let mut left = Left { uploads: Vec::new(), readbacks: Vec::new(), kept: Vec::new(), texture: None };
        for (slot, texture) in self.textures.into_iter().enumerate() {
            if Some(slot) == result_slot {
                left.texture = Some(texture);
            } else {
                core.pool.return_texture(texture);
            }
        }
        for KernelBuffer { kernel, host, used, stay, .. } in self.buffers {
            match stay {
                Stay::Host => {}
                Stay::Scratch => {
                    core.pool.return_buffer(kernel);
                    continue;
                }
                Stay::Kept => {
                    left.kept.push(kernel);
                    continue;
                }
                Stay::Given => continue,
            }
            let mapped = match host {
                Some(host) => {
                    core.pool.return_buffer(kernel);
                    host
                }
                None => {
                    debug_assert!(self.is_unified);
                    kernel
                }
            };
            match used {
                Some(used) => left.readbacks.push((mapped, used)),
                None => left.uploads.push(mapped),
            }
        }
        left
    }
}
