//! Buffers that stay on the device between two recordings.

use std::sync::Arc;

use super::{
    GpuError,
    budget::Reservation,
    pool::{Pool, PooledBuffer},
};

/// A buffer that a recording has kept, for another one. Cheap to clone; the memory goes back to the pool with the last.
#[derive(Clone, Debug)]
pub struct Kept(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Always there, until it is dropped.
    buffer: Option<PooledBuffer>,
    pool: Arc<Pool>,
    /// All that the recording had asked for, so that the one after it need not ask.
    reservation: Arc<Reservation>,
}

impl Kept {
    pub(super) fn new(buffer: PooledBuffer, pool: Arc<Pool>, reservation: Arc<Reservation>) -> Self {
        Self(Arc::new(Inner { buffer: Some(buffer), pool, reservation }))
    }

    /// How many bytes it has, or a little more.
    pub fn bytes(&self) -> u64 {
        self.0.buffer.as_ref().map_or(0, |buffer| buffer.buffer.size())
    }

    pub(super) fn buffer(&self) -> &wgpu::Buffer {
        &self.0.buffer.as_ref().expect("it is there until it is dropped").buffer
    }

    pub(super) fn alias(&self) -> PooledBuffer {
        self.0.buffer.as_ref().expect("it is there until it is dropped").alias()
    }

    /// The memory that `bytes` more are part of.
    pub(super) fn reservation(&self, bytes: u64) -> Result<Arc<Reservation>, GpuError> {
        let limit = self.0.reservation.bytes();
        if bytes > limit { Err(GpuError::TooLarge { needed: bytes, limit }) } else { Ok(self.0.reservation.clone()) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What later work writes there comes after what reads it now: the queue runs in order.
        if let Some(buffer) = self.buffer.take() {
            self.pool.return_buffer(buffer);
        }
    }
}
