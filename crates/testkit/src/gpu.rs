//! The adapter under test, and running operations on it without any codec.

use std::{
    env, fmt,
    sync::{Arc, OnceLock},
};

use tintype::Tintype;
use tintype_engine::{
    Gpu, Plan, Recording, Space, Texel, Vision, Working,
    gpu::{self, Caps, GpuOptions},
    ops::{Case, Reach, Unpack},
    plan::Picture,
    reference::RefImage,
    wgpu,
};
use tintype_pixels::{Layout, Planes, Size};

/// The adapter all tests share; its name is printed once.
///
/// `None` only with `ALLOW_NO_GPU=1`, which says so.
///
/// # Panics
/// When there is no adapter and `ALLOW_NO_GPU` is not `1`.
pub fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    GPU.get_or_init(|| or_skip(Gpu::new(&GpuOptions::default()), Gpu::caps)).as_ref()
}

/// The whole engine all tests share, on a device of its own; skips and fails as [`gpu()`] does.
///
/// # Panics
/// When there is no adapter and `ALLOW_NO_GPU` is not `1`.
pub fn engine() -> Option<&'static Tintype> {
    static ENGINE: OnceLock<Option<Tintype>> = OnceLock::new();
    ENGINE.get_or_init(|| or_skip(Tintype::builder().build(), Tintype::caps)).as_ref()
}

/// A whole engine whose pictures `vision` looks at, on a device of its own; skips and fails as [`gpu()`] does.
///
/// # Panics
/// When there is no adapter and `ALLOW_NO_GPU` is not `1`.
pub fn engine_seeing(vision: Arc<dyn Vision>) -> Option<Tintype> {
    or_skip(Tintype::builder().vision(vision).build(), Tintype::caps)
}

fn or_skip<T, E: fmt::Display>(built: Result<T, E>, caps: impl Fn(&T) -> &Caps) -> Option<T> {
    match built {
        Ok(built) => {
            eprintln!("adapter: {}", caps(&built));
            Some(built)
        }
        Err(error) if env::var("ALLOW_NO_GPU").as_deref() == Ok("1") => {
            eprintln!("ALLOW_NO_GPU=1: everything that needs a GPU is skipped ({error})");
            None
        }
        Err(error) => panic!("{error} (ALLOW_NO_GPU=1 skips what needs one)"),
    }
}

/// What a case's operation makes of `input`: on the device, and by its twin.
pub fn run_case(gpu: &Gpu, case: &Case, input: &RefImage, texel: Texel) -> (RefImage, RefImage) {
    let planes = input.to_straight_f32();
    let mut inputs = vec![planes];
    inputs.extend(case.layers.iter().cloned());
    let unpack = Unpack::plain(0, input.size(), Layout::RGBA32F);
    let plain = Picture { unpack: unpack.clone(), steps: Vec::new() };
    let stepped = Picture { unpack, steps: vec![case.step.clone()] };
    // The twin starts from what the device stored of the input, so that only the operation is compared. A point
    // operation rides on the store of its input, which therefore was never rounded.
    let stored = match case.step.op().reach() {
        Reach::Point => RefImage::from_straight_f32(input.size(), inputs[0].bytes()),
        Reach::Window(_) | Reach::Map | Reach::Whole => run_picture(gpu, &plain, &inputs, texel),
    };
    (run_picture(gpu, &stepped, &inputs, texel), case.step.reference(&stored, &inputs))
}

/// What the device makes of a picture, read back texel by texel.
///
/// # Panics
/// When the device fails.
pub fn run_picture(gpu: &Gpu, picture: &Picture, inputs: &[Planes], texel: Texel) -> RefImage {
    let sources: Vec<gpu::Source<'_>> = inputs.iter().map(|planes| planes.bytes().into()).collect();
    run_sources(gpu, picture, &sources, texel)
}

/// [`run_picture`], of inputs of any kind.
///
/// # Panics
/// When the device fails.
pub fn run_sources(gpu: &Gpu, picture: &Picture, sources: &[gpu::Source<'_>], texel: Texel) -> RefImage {
    let plan = Plan {
        working: Working { space: Space::Linear, texel },
        picture: picture.clone(),
        pack: None,
        fdct: None,
        huffman: None,
        is_opaque: false,
        warnings: Vec::new(),
    };
    let recording: Recording = plan.record();
    let output = gpu.run(recording, sources).unwrap_or_else(|error| panic!("{error}"));
    download(gpu, &output.texture.expect("a plan without pack keeps its image"), picture.size(), texel)
}

/// The texels of a texture, of which `size` are the picture.
fn download(gpu: &Gpu, texture: &wgpu::Texture, size: Size, texel: Texel) -> RefImage {
    let row_bytes = (size.width * texel.bytes()).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let buffer = gpu.device().create_buffer(&wgpu::BufferDescriptor {
        label: Some("download"),
        size: u64::from(row_bytes) * u64::from(size.height),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    encoder.copy_texture_to_buffer(
        texture.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &buffer,
            layout: wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(row_bytes),
                rows_per_image: Some(size.height),
            },
        },
        wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 },
    );
    gpu.queue().submit([encoder.finish()]);
    buffer.map_async(wgpu::MapMode::Read, .., |mapped| mapped.expect("a buffer of ours can be mapped"));
    gpu.device().poll(wgpu::PollType::wait_indefinitely()).expect("the device answers");
    let view = buffer.get_mapped_range(..).expect("it was mapped");
    RefImage::from_fn(size, |x, y| {
        let start = (y * row_bytes + x * texel.bytes()) as usize;
        let texel_bytes = &view[start..start + texel.bytes() as usize];
        match texel {
            Texel::F16 => bytemuck::pod_read_unaligned::<[half::f16; 4]>(texel_bytes).map(half::f16::to_f32),
            Texel::F32 => bytemuck::pod_read_unaligned(texel_bytes),
        }
    })
}
