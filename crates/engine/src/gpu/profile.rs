//! The time of every pass, by timestamps on the device. Where it has none, the host times passes one by one (`execute.rs`).

/// How long one pass took.
#[derive(Clone, Debug, PartialEq)]
pub struct PassTime {
    /// The kernel, its variant and its grid.
    pub pass: String,
    /// The kernel's name.
    pub kernel: &'static str,
    /// Nanoseconds on the device.
    pub nanoseconds: f64,
}

/// Two timestamps per pass and the buffer they are resolved into.
#[derive(Debug)]
pub(super) struct Timestamps {
    pub(super) queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    pub(super) readable: wgpu::Buffer,
    n_passes: u32,
}

impl Timestamps {
    pub(super) fn new(device: &wgpu::Device, n_passes: u32) -> Self {
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("Timestamps"),
                size: u64::from(n_passes) * 16,
                usage,
                mapped_at_creation: false,
            })
        };
        Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("Timestamps::queries"),
                ty: wgpu::QueryType::Timestamp,
                count: n_passes * 2,
            }),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            readable: buffer(wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ),
            n_passes,
        }
    }

    pub(super) fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..self.n_passes * 2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.readable, 0, u64::from(self.n_passes) * 16);
    }

    /// Nanoseconds of each pass, once `readable` is mapped.
    pub(super) fn nanoseconds(&self, period: f32) -> Vec<f64> {
        let Ok(view) = self.readable.get_mapped_range(..) else { return Vec::new() };
        let times: Vec<u64> = view.chunks_exact(8).map(bytemuck::pod_read_unaligned).collect();
        times.chunks_exact(2).map(|pair| pair[1].saturating_sub(pair[0]) as f64 * f64::from(period)).collect()
    }
}
