//! Between working images on a GPU and burn's tensors there, without the host.
//!
//! burn records its kernels in an encoder of its own and submits when it likes; ours are submitted at once. All go to one queue, so what
//! is submitted first runs first, and the rule is:
//!
//! 1. **Before ours writes a tensor, burn flushes.** The new tensor's memory may have been another's a moment ago, and a kernel that
//!    still reads that one may be recorded but not submitted.
//! 2. Ours is submitted; burn's kernels that read the tensor are recorded after it, hence submitted after it.
//! 3. **Before ours reads a tensor, burn flushes**, so that the kernels that write it are on the queue.
//! 4. After ours is submitted the tensor may go: whoever gets its memory next is submitted later.
//!
//! cubecl 0.11.3 submits whenever it hands a buffer out, which is before each of ours; the flush is what burn promises, and costs nothing
//! where there is nothing left to submit.
//!
//! burn keeps an encoder for each thread, and a flush is the calling thread's: all inference and the bridge stay on one thread.
//!
//! burn has no way to take a foreign buffer as a tensor, so a tensor is made empty and written into. Tensors share buffers: a binding is
//! always offset and size, and a dispatch that writes a tensor binds no other.
//! `memory.rs` and `launch.rs` alone name cubecl. What the latter starts is burn's to record, and none of these rules is for it.

pub mod convolution;
mod launch;
mod memory;
mod pass;
mod proposals;

use burn::tensor::Tensor;
use tintype_pixels::{Face, Size};
use tintype_wgsl::Texel;

use self::{memory::Memory, pass::Pass, proposals::Proposals};
use crate::{
    Device, MlError, Normalise,
    models::retinaface::{anchors::Rules, neck::HeadMaps},
};

/// The kernels below `shaders/ml/`, linked, validated and reflected by the build script.
#[allow(unreachable_pub, dead_code, reason = "generated: the build script does not know where it is included")]
mod kernels {
    use tintype_wgsl::{Binding, Field, Kernel};

    include!(concat!(env!("OUT_DIR"), "/kernels.rs"));
}

mod to_tensor {
    tintype_wgsl::params! {
        /// Uniform of `to_tensor.wgsl`.
        pub(super) struct Params for super::kernels::TO_TENSOR {
            size: [u32; 2],
            padded: [u32; 2],
            channel: [u32; 4],
            mean: [f32; 4],
            deviation: [f32; 4],
            scale: f32,
            start: u32,
            _pad0: u32,
            _pad1: u32,
        }
    }
}

mod from_tensor {
    tintype_wgsl::params! {
        /// Uniform of `from_tensor.wgsl`.
        pub(super) struct Params for super::kernels::FROM_TENSOR {
            size: [u32; 2],
            stride: [u32; 2],
            start: u32,
            _pad0: u32,
        }
    }
}

/// Whether working images hold linear light or encoded values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Linear: samples are encoded for the network.
    Linear,
    /// Already encoded as sRGB is.
    Encoded,
}

/// Three pipelines and where they run.
#[derive(Debug)]
pub struct Bridge {
    device: wgpu::Device,
    queue: wgpu::Queue,
    to_tensor: Pass,
    from_tensor: Pass,
    proposals: Proposals,
}

impl Bridge {
    /// Compiles the kernels for images of `texel`. `device` and `queue` are the ones that [`Device::wgpu`] was given.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, texel: Texel, light: Light) -> Self {
        let encode = ("ENCODE", f64::from(u8::from(light == Light::Linear)));
        Self {
            device: device.clone(),
            queue: queue.clone(),
            to_tensor: Pass::new(device, &kernels::TO_TENSOR, texel, &[encode]),
            from_tensor: Pass::new(device, &kernels::FROM_TENSOR, texel, &[]),
            proposals: Proposals::new(device, texel),
        }
    }

    /// The first `size` of each image as a network's input of `padded` size, normalised: `[images, 3, height, width]`.
    pub fn tensor_from_images(
        &self,
        images: &[wgpu::TextureView],
        size: Size,
        normalise: &Normalise,
        padded: Size,
        device: &Device,
    ) -> Result<Tensor<4>, MlError> {
        let shape = [images.len(), 3, padded.height as usize, padded.width as usize];
        let tensor = Tensor::<4>::empty(shape, device.burn());
        let memory = Memory::of(tensor.clone())?;
        let four = |[a, b, c]: [f32; 3]| [a, b, c, 1.0];
        let [a, b, c] = normalise.from.map(|channel| channel as u32);
        for (place, image) in images.iter().enumerate() {
            let params = to_tensor::Params {
                size: size.into(),
                padded: padded.into(),
                channel: [a, b, c, 0],
                mean: four(normalise.mean),
                deviation: four(normalise.deviation),
                scale: normalise.scale,
                // A new tensor is dense, plane after plane; its other strides need no look.
                start: memory.steps(place)[0],
                _pad0: 0,
                _pad1: 0,
            };
            let image = wgpu::BindingResource::TextureView(image);
            self.to_tensor.run(&self.device, &self.queue, &params, padded, [image, memory.binding()]);
        }
        Ok(tensor)
    }

    /// Writes each matte of `[images, 1, height, width]` into the first `width` by `height` of its image, as premultiplied white.
    pub fn images_from_tensor(&self, mattes: Tensor<4>, images: &[wgpu::TextureView]) -> Result<(), MlError> {
        let [_, _, height, width] = mattes.dims();
        let size = Size::new(width as u32, height as u32);
        let memory = Memory::of(mattes)?;
        for (place, image) in images.iter().enumerate() {
            let [start, _, row, column] = memory.steps(place);
            let params = from_tensor::Params { size: size.into(), stride: [column, row], start, _pad0: 0 };
            let image = wgpu::BindingResource::TextureView(image);
            self.from_tensor.run(&self.device, &self.queue, &params, size, [memory.binding(), image]);
        }
        Ok(())
    }

    /// What a detector proposes for `picture` of those it was shown, if that reaches the rules' score, in the order of the anchors.
    /// Nothing else comes back. Waits for the device.
    pub fn proposals(
        &self,
        levels: &[HeadMaps; 3],
        picture: usize,
        rules: &Rules,
        device: &Device,
    ) -> Result<Vec<Face>, MlError> {
        self.proposals.read((&self.device, &self.queue), levels, picture, rules, device)
    }
}
