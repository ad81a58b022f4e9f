//! Where a tensor lies in burn's memory.

use burn::{
    backend::Wgpu,
    cubecl::wgpu::{AutoCompiler, WgpuServer},
    tensor::Tensor,
};

use crate::MlError;

/// Where a tensor lies in a buffer of burn's, after everything recorded for it is on the queue.
pub(super) struct Memory {
    buffer: wgpu::Buffer,
    offset: u64,
    bytes: u64,
    /// Floats from picture to picture, channel to channel, row to row, column to column.
    strides: [u32; 4],
}

impl Memory {
    pub(super) fn of(tensor: Tensor<4>) -> Result<Self, MlError> {
        let run = |cause: String| MlError::Run { cause };
        let tensor = tensor
            .try_into_primitive::<Wgpu>()
            .map_err(|error| run(format!("the tensor is not on the GPU: {error:?}")))?;
        let resource = tensor
            .client
            .get_resource::<WgpuServer<AutoCompiler>>(tensor.handle.clone())
            .map_err(|error| run(error.to_string()))?;
        tensor.client.flush().map_err(|error| run(error.to_string()))?;
        let strides = tensor.meta.strides();
        let [picture, channel, row, column] = strides[..] else {
            return Err(run(format!("a tensor of four dimensions with the strides {strides:?}")));
        };
        let place = resource.resource();
        Ok(Self {
            buffer: place.buffer.clone(),
            offset: place.offset,
            bytes: place.size,
            strides: [picture, channel, row, column].map(|floats| floats as u32),
        })
    }

    /// Floats to the picture's first, from channel to channel, row to row, column to column. Inside burn channels come last, so an
    /// answer may be a view with strides of its own.
    pub(super) fn steps(&self, picture: usize) -> [u32; 4] {
        let [pictures, channel, row, column] = self.strides;
        [picture as u32 * pictures, channel, row, column]
    }

    pub(super) fn binding(&self) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.buffer,
            offset: self.offset,
            size: wgpu::BufferSize::new(self.bytes),
        })
    }
}
