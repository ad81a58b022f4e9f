//! A dispatch that takes long, to see that the watchdog and those behind it find out.

use super::Gpu;

/// One number after the other, each from the one before, so that no compiler finds a short cut; the first is from memory, so that none
/// computes them beforehand.
const KERNEL: &str = "
@group(0) @binding(0) var<storage, read_write> words: array<u32>;

@compute @workgroup_size(1)
fn main() {
    var state = words[0];
    let rounds = words[1];
    for (var round = 0u; round < rounds; round++) {
        state = state * 1664525u + 1013904223u;
        state ^= state >> 13u;
    }
    words[0] = state;
}
";

/// Of one dispatch: Mesa's software driver ends loops after 65,535 rounds.
const ROUNDS: u32 = 50_000;

/// One after the other, because each reads what the one before wrote; 150 microseconds or so each, on any device.
const DISPATCHES_PER_SECOND: f32 = 6_000.0;

impl Gpu {
    /// Keeps the device busy for very roughly `seconds`, so that all that is submitted later waits: to rehearse a dispatch that hangs.
    /// Returns at once. What cannot be submitted is not.
    #[expect(clippy::disallowed_methods, reason = "a rehearsal: no picture needs this pipeline, so none waits for it")]
    pub fn stall(&self, seconds: f32) {
        let core = &self.shared.core;
        let module = core.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("Gpu::stall"),
            source: wgpu::ShaderSource::Wgsl(KERNEL.into()),
        });
        let pipeline = core.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("Gpu::stall"),
            layout: None,
            module: &module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        let words = core.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("Gpu::stall"),
            size: 8,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut bytes = 7u32.to_le_bytes().to_vec();
        bytes.extend(ROUNDS.to_le_bytes());
        core.queue.write_buffer(&words, 0, &bytes);
        let group = core.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("Gpu::stall"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: words.as_entire_binding() }],
        });
        let mut encoder = core.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            for _ in 0..(seconds * DISPATCHES_PER_SECOND) as u32 {
                pass.dispatch_workgroups(1, 1, 1);
            }
        }
        core.queue.submit([encoder.finish()]);
    }
}
