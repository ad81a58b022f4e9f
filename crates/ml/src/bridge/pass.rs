//! One kernel of ours, ready to run between burn's.

use bytemuck::{Pod, bytes_of};
use tintype_engine::gpu::group_entries;
use tintype_pixels::Size;
use tintype_wgsl::{Kernel, Params, Texel};

/// A pipeline with a uniform buffer that is written before each submission.
#[derive(Debug)]
pub(super) struct Pass {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroupLayout,
    params: wgpu::Buffer,
}

/// Wide groups are the fastest on software adapters and none the slower on others.
const WORKGROUP: u32 = 64;

impl Pass {
    #[expect(clippy::disallowed_methods, reason = "the engine's pool knows the engine's kernels alone")]
    pub(super) fn new(device: &wgpu::Device, kernel: &'static Kernel, texel: Texel, overrides: &[(&str, f64)]) -> Self {
        let label = Some(kernel.name);
        let entries = group_entries(kernel, texel);
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

    /// One invocation for each pixel of `size`, with what the kernel binds after its params; submitted when this returns.
    pub(super) fn run<'a, P: Params + Pod>(
        &'a self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        params: &P,
        size: Size,
        bound: impl IntoIterator<Item = wgpu::BindingResource<'a>>,
    ) {
        let label = Some(P::KERNEL.name);
        queue.write_buffer(&self.params, 0, bytes_of(params));
        let bound = [self.params.as_entire_binding()].into_iter().chain(bound);
        let entries: Vec<_> =
            (0..).zip(bound).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
        let group =
            device.create_bind_group(&wgpu::BindGroupDescriptor { label, layout: &self.group, entries: &entries });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label });
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &group, &[0]);
        pass.dispatch_workgroups(size.width.div_ceil(WORKGROUP), size.height, 1);
        drop(pass);
        queue.submit([encoder.finish()]);
    }
}
