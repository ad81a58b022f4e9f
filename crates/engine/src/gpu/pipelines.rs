//! Every pipeline, compiled ahead of time and in parallel.
//!
//! A kernel's variants follow from its overrides: the workgroup's size is the adapter's, and each of the others (`AXIS`,
//! `TAPE`, …) is a switch, 0 or 1. So the list of what to compile needs no upkeep, and no request ever compiles anything.
#![allow(unsafe_code, reason = "create_shader_module_trusted: see the invariant at `module`")]

use std::{
    collections::{HashMap, VecDeque},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use parking_lot::{Mutex, RwLock};
use tintype_wgsl::{Binding, Kernel, Texel};

use super::{Caps, GpuError};
use crate::{kernels, record::Recording};

/// A kernel's variant: its name, the texel format, and which of its switches are 1.
type Key = (&'static str, Texel, Variant);

/// A bit for each of a kernel's overrides, in their order: whether it is 1. The workgroup's size is not one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Variant(u32);

impl Variant {
    /// From a pass's overrides; what is not named is 0.
    pub(super) fn of(kernel: &Kernel, overrides: &[(&'static str, u32)]) -> Self {
        let is_set = |name: &str| overrides.iter().any(|(set, value)| *set == name && *value == 1);
        let bits = kernel.overrides.iter().enumerate().filter(|(_, name)| is_set(name));
        Self(bits.fold(0, |bits, (place, _)| bits | 1 << place))
    }

    /// All variants of a kernel: every switch off and on.
    fn all(kernel: &Kernel) -> impl Iterator<Item = Self> {
        let switches = kernel.overrides.iter().enumerate().filter(|(_, name)| !WORKGROUP.contains(name));
        let mask = switches.fold(0u32, |mask, (place, _)| mask | 1 << place);
        (0..=mask).filter(move |bits| bits & !mask == 0).map(Self)
    }

    /// Names and values of the pipeline's constants.
    fn constants(self, kernel: &Kernel, [x, y]: [u32; 2]) -> Vec<(&'static str, f64)> {
        let value = |place: usize, name: &str| match name {
            "WG_X" => x,
            "WG_Y" => y,
            _ => self.0 >> place & 1,
        };
        let named = kernel.overrides.iter().enumerate();
        named.map(|(place, name)| (*name, f64::from(value(place, name)))).collect()
    }
}

/// Overrides that every kernel has and the adapter decides.
const WORKGROUP: [&str; 2] = ["WG_X", "WG_Y"];

/// A pipeline and the layout of its group 0.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) group: wgpu::BindGroupLayout,
}

/// All pipelines of a device.
#[derive(Debug)]
pub(super) struct Pipelines {
    /// Group 1 of every kernel that carries a tape.
    pub(super) tape_group: wgpu::BindGroupLayout,
    ready: RwLock<HashMap<Key, Pipeline>>,
    preparing: Mutex<()>,
    created: AtomicU64,
}

impl Pipelines {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        // Not a uniform: Mesa's software driver compiles a kernel anew for every value of a uniform that a loop's length depends on,
        // at each dispatch, and never lets go of the code.
        let storage = wgpu::BufferBindingType::Storage { read_only: true };
        let entry = block_entry(storage, Recording::TAPE_BYTES);
        let tape_group = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("Pipelines::tape_group"),
            entries: &[entry],
        });
        Self { tape_group, ready: RwLock::default(), preparing: Mutex::new(()), created: AtomicU64::new(0) }
    }

    pub(super) fn created(&self) -> u64 {
        self.created.load(Ordering::Relaxed)
    }

    /// The pipeline, if it was prepared.
    pub(super) fn get(&self, kernel: &'static Kernel, texel: Texel, variant: Variant) -> Option<Pipeline> {
        self.ready.read().get(&(kernel.name, texel, variant)).cloned()
    }

    /// Compiles every variant of every kernel for `texel`, on all cores, unless that was done.
    pub(super) fn prepare(&self, device: &wgpu::Device, caps: &Caps, texel: Texel) -> Result<(), GpuError> {
        let _one_at_a_time = self.preparing.lock();
        if self.ready.read().keys().any(|(_, ready, _)| *ready == texel) {
            return Ok(());
        }
        let queue: Mutex<VecDeque<&'static Kernel>> = Mutex::new(kernels::ALL.iter().copied().collect());
        let workers = thread::available_parallelism().map_or(1, |n| n.get()).min(8);
        let work = || {
            let mut done: Vec<(Key, Pipeline)> = Vec::new();
            loop {
                let Some(kernel) = queue.lock().pop_front() else { return Ok(done) };
                let compiler = Compiler::new(device, &self.tape_group, kernel, texel);
                for variant in Variant::all(kernel) {
                    done.push(((kernel.name, texel, variant), compiler.compile(caps, variant)?));
                    self.created.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        let results: Vec<Result<Vec<_>, GpuError>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().expect("compiling does not panic")).collect()
        });
        let mut ready = self.ready.write();
        for result in results {
            ready.extend(result?);
        }
        Ok(())
    }
}

/// Everything about one kernel that its variants share.
struct Compiler<'a> {
    device: &'a wgpu::Device,
    kernel: &'static Kernel,
    module: wgpu::ShaderModule,
    group: wgpu::BindGroupLayout,
    layout: wgpu::PipelineLayout,
}

impl<'a> Compiler<'a> {
    fn new(
        device: &'a wgpu::Device,
        tape_group: &wgpu::BindGroupLayout,
        kernel: &'static Kernel,
        texel: Texel,
    ) -> Self {
        let entries = group_entries(kernel, texel);
        let group = device
            .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(kernel.name), entries: &entries });
        let groups: &[_] = if kernel.tape { &[Some(&group), Some(tape_group)] } else { &[Some(&group)] };
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(kernel.name),
            bind_group_layouts: groups,
            ..Default::default()
        });
        let module = module(device, kernel, texel);
        Self { device, kernel, module, group, layout }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that creates pipelines")]
    fn compile(&self, caps: &Caps, variant: Variant) -> Result<Pipeline, GpuError> {
        let constants = variant.constants(self.kernel, caps.workgroup);
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(self.kernel.name),
            layout: Some(&self.layout),
            module: &self.module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &constants,
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        match pollster::block_on(scope.pop()) {
            None => Ok(Pipeline { pipeline, group: self.group.clone() }),
            Some(error) => Err(GpuError::Kernel {
                kernel: format!("{} {constants:?}", self.kernel.name),
                detail: error.to_string(),
            }),
        }
    }
}

/// The kernel's module, without naga's forced bounding of loops, which costs 1.4 to 1.9 times on software Vulkan.
/// Bounds checks stay on.
fn module(device: &wgpu::Device, kernel: &Kernel, texel: Texel) -> wgpu::ShaderModule {
    let source = kernel.source[texel as usize];
    let descriptor =
        wgpu::ShaderModuleDescriptor { label: Some(kernel.name), source: wgpu::ShaderSource::Wgsl(source.into()) };
    let mut checks = wgpu::ShaderRuntimeChecks::checked();
    checks.force_loop_bounding = false;
    // SAFETY: the text is ours, fixed at build time. Every loop in it counts an integer up to a number that comes from a
    // params block, a tape's length or a span of a weights table, all of which the engine computes and bounds, or that is at
    // most 64; none depends on pixels otherwise, or on the bits of a file. All other checks stay on.
    unsafe { device.create_shader_module_trusted(descriptor, checks) }
}

/// The layout of a kernel's group 0, for programs that run kernels of their own on a shared device: the params block has a
/// dynamic offset.
pub fn group_entries(kernel: &Kernel, texel: Texel) -> Vec<wgpu::BindGroupLayoutEntry> {
    (0..).zip(kernel.bindings).map(|(binding, kind)| entry(kernel, binding, *kind, texel)).collect()
}

fn entry(kernel: &Kernel, binding: u32, kind: Binding, texel: Texel) -> wgpu::BindGroupLayoutEntry {
    let storage = |read_only| wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Storage { read_only },
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    let ty = match kind {
        Binding::Params => return block_entry(wgpu::BufferBindingType::Uniform, kernel.params_bytes as u64),
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
        Binding::Buffer => storage(true),
        Binding::BufferOut => storage(false),
    };
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::COMPUTE, ty, count: None }
}

/// Binding 0: a block of `bytes` at a dynamic offset, uniform or storage.
fn block_entry(ty: wgpu::BufferBindingType, bytes: u64) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding: 0,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: true, min_binding_size: wgpu::BufferSize::new(bytes) },
        count: None,
    }
}
