//! Working images to tensors and back, without the host in between.

use burn::tensor::{
    Tensor, TensorData,
    wgpu::{WgpuSetup, wgpu},
};
use half::f16;
use tintype_ml::{
    Matting, MattingKind, RetinaFace,
    bridge::{Bridge, Light},
    models::retinaface::{
        anchors::{self, Level, Rules},
        neck::{ANCHORS, HeadMaps},
    },
    nn::Unwatched,
};
use tintype_pixels::{Face, Planes, Size};
use tintype_wgsl::Texel;

use crate::setup::{self, Gpu, image, view};

fn bridge(gpu: &Gpu) -> Bridge {
    Bridge::new(&gpu.setup.device, &gpu.setup.queue, Texel::F16, Light::Encoded)
}

fn extent(size: Size) -> wgpu::Extent3d {
    wgpu::Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 }
}

/// Fills the image with opaque pixels of these codes.
fn write(setup: &WgpuSetup, image: &wgpu::Texture, picture: &Planes) {
    let half = |code: u8| f16::from_f32(f32::from(code) / 255.0).to_le_bytes();
    let texel = |pixel: &[u8]| [half(pixel[0]), half(pixel[1]), half(pixel[2]), half(255)].concat();
    let bytes: Vec<u8> = picture.bytes().chunks_exact(3).flat_map(texel).collect();
    let layout =
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(8 * picture.size().width), rows_per_image: None };
    setup.queue.write_texture(image.as_image_copy(), &bytes, layout, extent(picture.size()));
}

/// A buffer that images are copied to.
struct Readback(wgpu::Buffer);

impl Readback {
    fn new(setup: &WgpuSetup, bytes: u64) -> Self {
        Self(setup.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bytes,
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        }))
    }

    /// Copies the first `size` of `image` to `offset`. The width is a multiple of 32 pixels.
    fn copy(&self, setup: &WgpuSetup, image: &wgpu::Texture, size: Size, offset: u64) {
        let layout = wgpu::TexelCopyBufferLayout { offset, bytes_per_row: Some(8 * size.width), rows_per_image: None };
        let mut encoder = setup.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let target = wgpu::TexelCopyBufferInfo { buffer: &self.0, layout };
        encoder.copy_texture_to_buffer(image.as_image_copy(), target, extent(size));
        setup.queue.submit([encoder.finish()]);
    }

    /// The first channel of each pixel.
    fn values(&self, setup: &WgpuSetup) -> Vec<f32> {
        self.0.slice(..).map_async(wgpu::MapMode::Read, |mapped| mapped.unwrap());
        setup.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
        let bytes = self.0.slice(..).get_mapped_range().unwrap();
        bytes.chunks_exact(8).map(|texel| f16::from_le_bytes([texel[0], texel[1]]).to_f32()).collect()
    }
}

/// Ours writes, burn computes, ours reads, a thousand times without waiting: each answer is its own question's.
#[test]
fn a_thousand_alternations_keep_their_order() {
    const TURNS: u64 = 1000;
    let Some(gpu) = setup::gpu() else { return };
    let (setup, bridge) = (&gpu.setup, bridge(gpu));
    let size = Size::new(32, 4);
    let (from, to) = (image(setup, size), image(setup, size));
    let (from_view, to_view) = ([view(&from)], [view(&to)]);
    let bytes = 8 * size.area();
    let readback = Readback::new(setup, TURNS * bytes);
    let code = |turn: u64| (turn * 7 % 251) as u8;
    for turn in 0..TURNS {
        write(setup, &from, &setup::picture(size, |_, _| [code(turn), 0, 255]));
        let x = bridge.tensor_from_images(&from_view, size, &MattingKind::IsNet.normalise(), size, &gpu.device);
        let red: Tensor<4> = x.unwrap().narrow(1, 0, 1);
        // Several steps, so that burn's memory changes hands.
        let y = ((red + 0.5) * 0.25 + 0.25) * 2.0 - 0.5;
        bridge.images_from_tensor(y, &to_view).unwrap();
        readback.copy(setup, &to, size, turn * bytes);
    }
    let values = readback.values(setup);
    let wrong = values.chunks_exact(size.area() as usize).zip(0..TURNS).filter(|(values, turn)| {
        // Half of the code; steps are 1/510, and half precision may truncate by 1/2048.
        values.iter().any(|value| (value * 510.0).round() != f32::from(code(*turn)))
    });
    assert_eq!(wrong.count(), 0, "of {TURNS} turns");
}

#[test]
fn an_image_becomes_the_tensor_that_its_samples_become() {
    let Some(gpu) = setup::gpu() else { return };
    let bridge = bridge(gpu);
    let size = Size::new(50, 31);
    let picture = setup::pattern(size);
    // Larger than what it holds, as pooled images are.
    let texture = image(&gpu.setup, Size::new(64, 40));
    write(&gpu.setup, &texture, &picture);
    for (normalise, padded) in [
        (tintype_ml::models::retinaface::NORMALISE, Size::new(64, 32)),
        (MattingKind::U2Netp.normalise(), size),
        (MattingKind::IsNet.normalise(), size),
    ] {
        let found = bridge.tensor_from_images(&[view(&texture)], size, &normalise, padded, &gpu.device).unwrap();
        let found = found.into_data().try_to_vec::<f32>().unwrap();
        let expected =
            normalise.tensor(&picture, padded, &gpu.device).unwrap().into_data().try_to_vec::<f32>().unwrap();
        let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs() - 1e-6 * b.abs()).fold(0.0, f32::max);
        assert!(off <= 1e-6 && found.len() == expected.len(), "{normalise:?}: {off}");
    }
}

/// What a detector might say about two pictures of 64x96, some of it faces.
fn heads(gpu: &Gpu) -> [HeadMaps; 3] {
    let map = |seed: usize, numbers: usize, stride: usize| {
        // Channels last, as convolutions leave them.
        let shape = [2, 96 / stride, 64 / stride, ANCHORS * numbers];
        let value = |at: usize| ((at * 7919 + seed * 104_729) % 4001) as f32 / 1000.0 - 2.0;
        let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
        Tensor::<4>::from_data(TensorData::new(values, shape), gpu.device.burn()).permute([0, 3, 1, 2])
    };
    anchors::STRIDES.map(|stride| HeadMaps {
        class: map(1, 2, stride),
        boxes: map(2, 4, stride),
        landmarks: map(3, 10, stride),
    })
}

#[test]
fn proposals_are_picked_out_as_their_twin_does() {
    let Some(gpu) = setup::gpu() else { return };
    let (bridge, heads) = (bridge(gpu), heads(gpu));
    let numbers = |face: &Face| [face.x, face.y, face.width, face.height, face.score];
    for (picture, score) in [(0, 0.5), (1, 0.5), (1, 0.97), (0, 1.0), (1, 0.0)] {
        let level = |n: usize| {
            let one = |map: &Tensor<4>| map.clone().narrow(0, picture, 1);
            let HeadMaps { class, boxes, landmarks } = &heads[n];
            let maps = HeadMaps { class: one(class), boxes: one(boxes), landmarks: one(landmarks) };
            Level::read(maps, anchors::STRIDES[n], &gpu.device).unwrap()
        };
        let expected = anchors::proposals(&[level(0), level(1), level(2)], score);
        let before = gpu.device.read_bytes();
        let rules = Rules { score, ..Rules::default() };
        let found = bridge.proposals(&heads, picture, &rules, &gpu.device).unwrap();
        let read = gpu.device.read_bytes() - before;
        assert_eq!(found.len(), expected.len(), "{picture}, {score}");
        assert_eq!(read, 4096.max(16 + 64 * found.len() as u64), "{picture}, {score}");
        for (face, expected) in found.iter().zip(&expected) {
            let pairs = numbers(face).into_iter().zip(numbers(expected));
            let points = face.landmarks.as_flattened().iter().zip(expected.landmarks.as_flattened());
            let pairs = pairs.chain(points.map(|(a, b)| (*a, *b)));
            let off = pairs.map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f32::max);
            // Exponentials are worked out in single precision, to some units in the last place.
            assert!(off <= 1e-5, "{picture}, {score}: {face:?}, expected {expected:?}");
        }
    }
}

#[test]
fn pictures_that_go_through_together_are_answered_as_alone() {
    let (Some(gpu), Some(mattes), Some(faces)) = (setup::gpu(), setup::weights("u2netp"), setup::weights("retinaface"))
    else {
        return;
    };
    let bridge = bridge(gpu);
    let photograph = setup::photograph();
    let size = Size::new(64, 64);
    let images: Vec<_> = [(0, 0), (100, 30), (60, 120)]
        .map(|(left, top)| {
            let texture = image(&gpu.setup, size);
            let part = setup::picture(size, |x, y| setup::pixel(&photograph, x + left, y + top));
            write(&gpu.setup, &texture, &part);
            view(&texture)
        })
        .into();

    let network = RetinaFace::load(&faces, &gpu.device).unwrap();
    let together = network.detect_images(&bridge, &images, size).unwrap();
    assert!(together.iter().any(|faces| !faces.is_empty()) && together.iter().any(Vec::is_empty), "{together:?}");
    for (image, together) in images.iter().zip(&together) {
        let alone = network.detect_images(&bridge, std::slice::from_ref(image), size).unwrap();
        assert_eq!(&alone[0], together);
    }

    let network = Matting::load(MattingKind::U2Netp, &mattes, &gpu.device).unwrap();
    let matte = |images: &[wgpu::TextureView]| {
        let normalise = MattingKind::U2Netp.normalise();
        let x = bridge.tensor_from_images(images, size, &normalise, size, &gpu.device).unwrap();
        network.forward(x, &mut Unwatched)
    };
    let together = matte(&images);
    let outs = [0, 1, 2].map(|_| image(&gpu.setup, size));
    bridge.images_from_tensor(together, &outs.each_ref().map(view)).unwrap();
    let bytes = 8 * size.area();
    let readback = Readback::new(&gpu.setup, 4 * bytes);
    for (place, out) in (0..).zip(&outs) {
        readback.copy(&gpu.setup, out, size, place * bytes);
    }
    // The last alone, behind the three.
    let alone = image(&gpu.setup, size);
    bridge.images_from_tensor(matte(&images[2..]), &[view(&alone)]).unwrap();
    readback.copy(&gpu.setup, &alone, size, 3 * bytes);
    let values = readback.values(&gpu.setup);
    let pictures: Vec<_> = values.chunks_exact(size.area() as usize).collect();
    assert!(pictures[2] == pictures[3] && pictures[0] != pictures[2]);
}

#[test]
fn networks_answer_on_the_gpu_as_on_the_cpu() {
    let (Some(gpu), Some(faces), Some(mattes)) = (setup::gpu(), setup::weights("retinaface"), setup::weights("u2netp"))
    else {
        return;
    };
    let bridge = bridge(gpu);
    let photograph = setup::photograph();
    let texture = image(&gpu.setup, photograph.size());
    write(&gpu.setup, &texture, &photograph);

    let expected = RetinaFace::load(&faces, &tintype_ml::Device::cpu()).unwrap().detect(&photograph).unwrap();
    let network = RetinaFace::load(&faces, &gpu.device).unwrap();
    let before = gpu.device.read_bytes();
    let found = network.detect_images(&bridge, &[view(&texture)], photograph.size()).unwrap().remove(0);
    // A few boxes: the heads say 344 kB.
    assert_eq!(gpu.device.read_bytes() - before, 4096);
    assert_eq!(found.len(), expected.len());
    for (face, expected) in found.iter().zip(&expected) {
        let off = (face.x - expected.x).abs().max((face.y - expected.y).abs()).max((face.width - expected.width).abs());
        assert!(off <= 0.1, "{face:?}, expected {expected:?}");
    }

    // A matte of a small part: the whole takes a software adapter half a minute.
    let size = Size::new(64, 64);
    let matting = Matting::load(MattingKind::U2Netp, &mattes, &gpu.device).unwrap();
    let x = bridge.tensor_from_images(&[view(&texture)], size, &MattingKind::U2Netp.normalise(), size, &gpu.device);
    let y = matting.forward(x.unwrap(), &mut Unwatched);
    let expected = y.clone().into_data().try_to_vec::<f32>().unwrap();
    let out = image(&gpu.setup, size);
    bridge.images_from_tensor(y, &[view(&out)]).unwrap();
    let readback = Readback::new(&gpu.setup, 8 * size.area());
    readback.copy(&gpu.setup, &out, size, 0);
    let off = readback.values(&gpu.setup).iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    // A step of half precision below one.
    assert!(off <= 1.0 / 1024.0, "{off}");
}
