//! Between working images on a GPU and burn's tensors there, without the host: the only file that names cubecl.
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
//! always offset and size, and a dispatch never binds two tensors.

use burn::{
    backend::Wgpu,
    cubecl::wgpu::{AutoCompiler, WgpuServer},
    tensor::Tensor,
};
use bytemuck::{Pod, bytes_of};
use tintype_pixels::Size;
use tintype_wgsl::{Binding, Kernel, Params, Texel};

use crate::{Device, MlError, Normalise};

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
            _pad0: u32,
            _pad1: u32,
            _pad2: u32,
        }
    }
}

mod from_tensor {
    tintype_wgsl::params! {
        /// Uniform of `from_tensor.wgsl`.
        pub(super) struct Params for super::kernels::FROM_TENSOR { size: [u32; 2], stride: [u32; 2] }
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

/// Two pipelines and where they run.
#[derive(Debug)]
pub struct Bridge {
    device: wgpu::Device,
    queue: wgpu::Queue,
    to_tensor: Pass,
    from_tensor: Pass,
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
        }
    }

    /// The first `size` of `image` as a network's input of `padded` size, normalised.
    pub fn tensor_from_image(
        &self,
        image: &wgpu::TextureView,
        size: Size,
        normalise: &Normalise,
        padded: Size,
        device: &Device,
    ) -> Result<Tensor<4>, MlError> {
        let shape = [1, 3, padded.height as usize, padded.width as usize];
        let tensor = Tensor::<4>::empty(shape, device.burn());
        // A new tensor is dense, plane after plane; its strides need no look.
        let memory = Memory::of(tensor.clone())?;
        let four = |[a, b, c]: [f32; 3]| [a, b, c, 1.0];
        let [a, b, c] = normalise.from.map(|channel| channel as u32);
        let params = to_tensor::Params {
            size: size.into(),
            padded: padded.into(),
            channel: [a, b, c, 0],
            mean: four(normalise.mean),
            deviation: four(normalise.deviation),
            scale: normalise.scale,
            _pad0: 0,
            _pad1: 0,
            _pad2: 0,
        };
        let image = wgpu::BindingResource::TextureView(image);
        self.to_tensor.run(&self.device, &self.queue, &params, padded, [image, memory.binding()]);
        Ok(tensor)
    }

    /// Writes a matte `[1, 1, height, width]` into the first `width` by `height` of `image`, as premultiplied white.
    pub fn image_from_tensor(&self, matte: Tensor<4>, image: &wgpu::TextureView) -> Result<(), MlError> {
        let [_, _, height, width] = matte.dims();
        let size = Size::new(width as u32, height as u32);
        let memory = Memory::of(matte)?;
        // Inside burn channels come last, so an answer may be a view with strides of its own.
        let [_, _, row, column] = memory.strides[..] else {
            return Err(MlError::Run { cause: format!("a matte with the strides {:?}", memory.strides) });
        };
        let params = from_tensor::Params { size: size.into(), stride: [column as u32, row as u32] };
        let image = wgpu::BindingResource::TextureView(image);
        self.from_tensor.run(&self.device, &self.queue, &params, size, [memory.binding(), image]);
        Ok(())
    }
}

/// Where a tensor lies in a buffer of burn's, after everything recorded for it is on the queue.
struct Memory {
    buffer: wgpu::Buffer,
    offset: u64,
    bytes: u64,
    strides: Vec<usize>,
}

impl Memory {
    fn of(tensor: Tensor<4>) -> Result<Self, MlError> {
        let run = |cause: String| MlError::Run { cause };
        let tensor = tensor
            .try_into_primitive::<Wgpu>()
            .map_err(|error| run(format!("the tensor is not on the GPU: {error:?}")))?;
        let resource = tensor
            .client
            .get_resource::<WgpuServer<AutoCompiler>>(tensor.handle.clone())
            .map_err(|error| run(error.to_string()))?;
        tensor.client.flush().map_err(|error| run(error.to_string()))?;
        let place = resource.resource();
        Ok(Self {
            buffer: place.buffer.clone(),
            offset: place.offset,
            bytes: place.size,
            strides: tensor.meta.strides().to_vec(),
        })
    }

    fn binding(&self) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.buffer,
            offset: self.offset,
            size: wgpu::BufferSize::new(self.bytes),
        })
    }
}

/// One kernel, ready to run, with a uniform buffer that is written before each submission.
#[derive(Debug)]
struct Pass {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroupLayout,
    params: wgpu::Buffer,
}

/// Wide groups are the fastest on software adapters and none the slower on others.
const WORKGROUP: u32 = 64;

impl Pass {
    #[expect(clippy::disallowed_methods, reason = "the engine's pool knows the engine's kernels alone")]
    fn new(device: &wgpu::Device, kernel: &'static Kernel, texel: Texel, overrides: &[(&str, f64)]) -> Self {
        let label = Some(kernel.name);
        let entries: Vec<_> = (0..).zip(kernel.bindings).map(|(place, kind)| entry(place, *kind, texel)).collect();
        let group = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&group)],
            ..Default::default()
        });
        let source = wgpu::ShaderSource::Wgsl(kernel.source[texel as usize].into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
        let workgroup = [("WG_X", f64::from(WORKGROUP)), ("WG_Y", 1.0)];
        let constants: Vec<_> = workgroup.iter().chain(overrides).copied().collect();
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: Some(&layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &constants,
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        let params = device.create_buffer(&wgpu::BufferDescriptor {
            label,
            size: kernel.params_bytes as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { pipeline, group, params }
    }

    /// One invocation for each pixel of `size`; submitted when this returns.
    fn run<P: Params + Pod>(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        params: &P,
        size: Size,
        [first, second]: [wgpu::BindingResource<'_>; 2],
    ) {
        queue.write_buffer(&self.params, 0, bytes_of(params));
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(P::KERNEL.name),
            layout: &self.group,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: self.params.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: first },
                wgpu::BindGroupEntry { binding: 2, resource: second },
            ],
        });
        let mut encoder =
            device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some(P::KERNEL.name) });
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups(size.width.div_ceil(WORKGROUP), size.height, 1);
        drop(pass);
        queue.submit([encoder.finish()]);
    }
}

fn entry(binding: u32, kind: Binding, texel: Texel) -> wgpu::BindGroupLayoutEntry {
    let buffer = |ty| wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None };
    let ty = match kind {
        Binding::Params => buffer(wgpu::BufferBindingType::Uniform),
        Binding::Buffer => buffer(wgpu::BufferBindingType::Storage { read_only: true }),
        Binding::BufferOut => buffer(wgpu::BufferBindingType::Storage { read_only: false }),
        Binding::Image => wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: false },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        },
        Binding::ImageOut => wgpu::BindingType::StorageTexture {
            access: wgpu::StorageTextureAccess::WriteOnly,
            format: match texel {
                Texel::F16 => wgpu::TextureFormat::Rgba16Float,
                Texel::F32 => wgpu::TextureFormat::Rgba32Float,
            },
            view_dimension: wgpu::TextureViewDimension::D2,
        },
    };
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::COMPUTE, ty, count: None }
}
