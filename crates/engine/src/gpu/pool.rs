//! Device memory that is leased and comes back: textures by size and format, buffers by size class and use.
//!
//! A warm request finds everything here. What has been idle longest is given up when more is held than allowed, and what nobody has
//! used for a minute anyway: after a burst of large pictures their memory goes back.

use std::{
    collections::VecDeque,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tintype_pixels::Size;
use tintype_wgsl::Texel;

use crate::record::size_class;

/// How long memory is kept that nobody uses.
pub(super) const KEPT: Duration = Duration::from_secs(60);

/// What a buffer is used for; idle [`BufferUse::Upload`] buffers are mapped, all others are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BufferUse {
    /// Written by the host. With unified memory kernels read it directly, else it is copied from.
    Upload,
    /// Known to the device only.
    Device,
    /// Read by the host. With unified memory kernels write it directly, else it is copied to.
    Readback,
}

/// A texture that working images are put in.
#[derive(Debug)]
pub(super) struct PooledTexture {
    pub(super) texture: wgpu::Texture,
    pub(super) view: wgpu::TextureView,
    size: Size,
    texel: Texel,
}

/// A buffer of some size class.
#[derive(Debug)]
pub(super) struct PooledBuffer {
    pub(super) buffer: wgpu::Buffer,
    usage: BufferUse,
}

/// What was created and is held. Two equal values around a request prove that it allocated nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Pipelines compiled since the start.
    pub pipelines: u64,
    /// Textures created since the start.
    pub textures: u64,
    /// Buffers created since the start.
    pub buffers: u64,
    /// Bytes of device memory held now.
    pub held_bytes: u64,
    /// Bytes of device memory that work in progress has reserved.
    pub reserved_bytes: u64,
    /// Bytes of device memory that it may reserve together.
    pub limit_bytes: u64,
}

/// A texture of the pool's that somebody holds. When it is dropped, work that is submitted later may overwrite it: whoever
/// reads it has submitted that by then.
#[derive(Debug)]
pub struct Lent {
    /// There until the lent texture is kept or dropped.
    texture: Option<PooledTexture>,
    pool: Arc<Pool>,
}

impl Lent {
    /// The texture for good; the pool forgets it.
    pub fn keep(mut self) -> wgpu::Texture {
        let texture = self.texture.take().expect("a lent texture is kept once");
        self.pool.forget(texture.bytes());
        texture.texture
    }
}

impl Deref for Lent {
    type Target = wgpu::Texture;

    fn deref(&self) -> &wgpu::Texture {
        &self.texture.as_ref().expect("a lent texture is there until it is dropped").texture
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(texture) = self.texture.take() {
            self.pool.return_texture(texture);
        }
    }
}

impl PooledBuffer {
    /// The same buffer for somebody who only reads it, and does not give it back.
    pub(super) fn alias(&self) -> Self {
        Self { buffer: self.buffer.clone(), usage: self.usage }
    }
}

#[derive(Debug)]
enum Idle {
    Texture(PooledTexture),
    Buffer(PooledBuffer),
}

impl Idle {
    fn bytes(&self) -> u64 {
        match self {
            Self::Texture(texture) => texture.bytes(),
            Self::Buffer(buffer) => buffer.buffer.size(),
        }
    }
}

/// All idle memory, least recently used first.
#[derive(Debug)]
pub(super) struct Pool {
    device: wgpu::Device,
    is_unified: bool,
    limit: u64,
    idle: Mutex<VecDeque<(Instant, Idle)>>,
    textures: AtomicU64,
    buffers: AtomicU64,
    held_bytes: AtomicU64,
    read_bytes: AtomicU64,
    submissions: AtomicU64,
}

impl PooledTexture {
    fn bytes(&self) -> u64 {
        self.size.area() * u64::from(self.texel.bytes())
    }
}

impl Pool {
    pub(super) fn new(device: wgpu::Device, is_unified: bool, limit: u64) -> Self {
        Self {
            device,
            is_unified,
            limit,
            idle: Mutex::default(),
            textures: AtomicU64::new(0),
            buffers: AtomicU64::new(0),
            held_bytes: AtomicU64::new(0),
            read_bytes: AtomicU64::new(0),
            submissions: AtomicU64::new(0),
        }
    }

    pub(super) fn is_unified(&self) -> bool {
        self.is_unified
    }

    pub(super) fn counters(&self) -> Counters {
        Counters {
            textures: self.textures.load(Ordering::Relaxed),
            buffers: self.buffers.load(Ordering::Relaxed),
            held_bytes: self.held_bytes.load(Ordering::Relaxed),
            ..Counters::default()
        }
    }

    /// A texture of exactly this (already rounded) size.
    pub(super) fn texture(&self, size: Size, texel: Texel) -> PooledTexture {
        let found = self.take(|idle| matches!(idle, Idle::Texture(t) if t.size == size && t.texel == texel));
        if let Some(Idle::Texture(texture)) = found {
            return texture;
        }
        let texture = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("Pool::texture"),
            size: wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: match texel {
                Texel::F16 => wgpu::TextureFormat::Rgba16Float,
                Texel::F32 => wgpu::TextureFormat::Rgba32Float,
            },
            usage: wgpu::TextureUsages::TEXTURE_BINDING
                | wgpu::TextureUsages::STORAGE_BINDING
                | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let pooled = PooledTexture { texture, view, size, texel };
        self.textures.fetch_add(1, Ordering::Relaxed);
        self.hold(pooled.bytes());
        pooled
    }

    /// A buffer of at least `bytes`; mapped for writing if it is for uploads.
    pub(super) fn buffer(&self, usage: BufferUse, bytes: u64) -> PooledBuffer {
        let bytes = size_class(bytes);
        let found = self.take(|idle| matches!(idle, Idle::Buffer(b) if b.usage == usage && b.buffer.size() == bytes));
        if let Some(Idle::Buffer(buffer)) = found {
            return buffer;
        }
        use wgpu::BufferUsages as Usage;
        let on_device = Usage::STORAGE | Usage::UNIFORM;
        let usages = match (usage, self.is_unified) {
            (BufferUse::Upload, true) => Usage::MAP_WRITE | on_device,
            (BufferUse::Upload, false) => Usage::MAP_WRITE | Usage::COPY_SRC,
            (BufferUse::Device, _) => on_device | Usage::COPY_DST | Usage::COPY_SRC,
            (BufferUse::Readback, true) => Usage::MAP_READ | on_device | Usage::COPY_DST,
            (BufferUse::Readback, false) => Usage::MAP_READ | Usage::COPY_DST,
        };
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("Pool::buffer"),
            size: bytes,
            usage: usages,
            mapped_at_creation: usage == BufferUse::Upload,
        });
        self.buffers.fetch_add(1, Ordering::Relaxed);
        self.hold(bytes);
        PooledBuffer { buffer, usage }
    }

    /// Takes a texture back; later work may overwrite it, because the queue runs in order.
    pub(super) fn return_texture(&self, texture: PooledTexture) {
        self.put(Idle::Texture(texture));
    }

    /// Takes a buffer back: mapped if it is for uploads, unmapped otherwise.
    pub(super) fn return_buffer(&self, buffer: PooledBuffer) {
        self.put(Idle::Buffer(buffer));
    }

    /// The texture is somebody's until the answer is dropped.
    pub(super) fn lend(self: &Arc<Self>, texture: PooledTexture) -> Lent {
        Lent { texture: Some(texture), pool: Arc::clone(self) }
    }

    /// Bytes of results that were copied to the host since the start.
    pub(super) fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }

    /// So much of a result was copied to the host.
    pub(super) fn count_read(&self, bytes: u64) {
        self.read_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Submissions since the start.
    pub(super) fn submissions(&self) -> u64 {
        self.submissions.load(Ordering::Relaxed)
    }

    /// Something was submitted.
    pub(super) fn count_submission(&self) {
        self.submissions.fetch_add(1, Ordering::Relaxed);
    }

    /// Something will not come back.
    pub(super) fn forget(&self, bytes: u64) {
        self.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn hold(&self, bytes: u64) {
        self.held_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn take(&self, wanted: impl Fn(&Idle) -> bool) -> Option<Idle> {
        let mut idle = self.idle.lock();
        let index = idle.iter().rposition(|(_, idle)| wanted(idle))?;
        idle.remove(index).map(|(_, idle)| idle)
    }

    fn put(&self, item: Idle) {
        let mut idle = self.idle.lock();
        let now = Instant::now();
        idle.push_back((now, item));
        let is_too_much = || self.held_bytes.load(Ordering::Relaxed) > self.limit;
        while let Some((_, oldest)) =
            idle.pop_front_if(|(since, _)| is_too_much() || now.duration_since(*since) >= KEPT)
        {
            self.forget(oldest.bytes());
        }
    }

    /// Gives up what has been idle for so long.
    pub(super) fn trim(&self, kept: Duration) {
        let mut idle = self.idle.lock();
        while let Some((_, oldest)) = idle.pop_front_if(|(since, _)| since.elapsed() >= kept) {
            self.forget(oldest.bytes());
        }
    }
}
