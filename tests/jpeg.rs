//! The kernels of JPEG against its scalar arithmetic: whole numbers, so that not one may differ.

use std::sync::Arc;

use tintype_engine::{
    Gpu, Plan, Recording, Space, Texel,
    gpu::Source,
    ops::{
        self, Fdct, Inverse, Unpack, fdct,
        idct::{self, Share},
        resize::{Axis, Filter, Stretch},
        unpack::{self, Bands, Components},
    },
    plan::{self, Device, Picture, Shrink, Stage},
    record::Bound,
};
use tintype_jpeg::{
    Coefficients, ColorTransform, Component, Frame,
    forward::{self, Rounding, Sampling, Tables},
    inverse::{self, Scale},
};
use tintype_pixels::{Gamut, Layout, Orientation, Planes, Rect, Size, SourceColor};
use tintype_testkit::{gpu, pictures, run_picture, run_sources};

/// Every kind of sampling that is read, with the factors of luma.
const SAMPLINGS: [(u8, u8); 7] = [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (4, 2), (1, 4)];

fn frame(size: Size, color: ColorTransform, (h, v): (u8, u8), quality: u8) -> Frame {
    forward::frame(size, color, &Tables::from_quality(quality), Sampling::first(h, v)).unwrap()
}

/// A noisy picture, whose blocks have all frequencies and values out of range.
fn noisy(size: Size, color: ColorTransform, sampling: (u8, u8)) -> Coefficients {
    let layout = if color == ColorTransform::Gray { Layout::GRAY8 } else { Layout::RGB8 };
    let pixels = pictures::samples(size, layout);
    let mut coefficients = forward::coefficients(&pixels, frame(size, color, sampling, 70)).unwrap();
    for (index, plane) in coefficients.planes.iter_mut().enumerate() {
        for (at, value) in plane.iter_mut().enumerate().filter(|(at, _)| at % 5 == index) {
            *value = value.wrapping_add(pictures::hash(at as u32, index as u32) as i16 % 40);
        }
    }
    coefficients
}

fn sizes() -> impl Iterator<Item = Size> {
    (1..=40).map(|side| Size::new(side, 41 - side)).chain([Size::new(131, 70), Size::new(70, 131)])
}

/// What the device is given of `coefficients`.
struct Given(Vec<Vec<u8>>);

impl Given {
    fn new(coefficients: &Coefficients, scale: Scale, inverse: Inverse) -> Self {
        Self(match inverse {
            Inverse::Device => coefficients.planes.iter().map(|p| bytemuck::cast_slice(p).to_vec()).collect(),
            Inverse::Host => inverse::planes(coefficients, scale).into_iter().map(|plane| plane.samples).collect(),
        })
    }

    fn source(&self) -> Source<'_> {
        Source::Planes(std::array::from_fn(|i| self.0.get(i).map_or(&[][..], Vec::as_slice)))
    }
}

fn transformed(gpu: &Gpu, component: &Component, blocks: &[i16], side: u32, share: Share) -> Vec<u8> {
    let mut recording = Recording::new(Texel::F16);
    let coefficients = recording.upload(0, 0..blocks.len() as u64 * 2);
    let bytes = u64::from(idct::row_bytes(component, side) * component.blocks.height * side);
    let plane = recording.readback(bytes, bytes);
    let all = idct::Blocks { rows: component.blocks.height, columns: 0..component.blocks.width };
    idct::record(&mut recording, component, side, share, &all, &Bound::Buffer(coefficients), plane);
    gpu.run(recording, &[bytemuck::cast_slice::<i16, u8>(blocks).into()]).unwrap().bytes
}

/// The samples without what fills up a row to whole words.
fn without_padding(component: &Component, samples: &[u8], side: u32) -> Vec<u8> {
    let rows = samples.chunks_exact(idct::row_bytes(component, side) as usize);
    rows.flat_map(|row| &row[..(component.blocks.width * side) as usize]).copied().collect()
}

/// What blocks become, and every way there.
const SHARES: [(u32, Share); 5] =
    [(1, Share::Block), (2, Share::Block), (4, Share::Block), (8, Share::Block), (8, Share::Lanes)];

#[test]
fn blocks_become_the_samples_of_libjpeg() {
    let Some(gpu) = gpu() else { return };
    for width in [1, 2, 3, 5, 8, 67] {
        let size = Size::new(width * 8, 24);
        let coefficients = noisy(size, ColorTransform::Gray, (1, 1));
        let (component, blocks) = (&coefficients.frame.components[0], &coefficients.planes[0]);
        for (side, share) in SHARES {
            let twin = idct::reference::plane(component, blocks, side);
            let got = transformed(gpu, component, blocks, side, share);
            assert!(
                without_padding(component, &got, side) == without_padding(component, &twin, side),
                "{width} blocks to {side}x{side}, {share:?}"
            );
            // A slightly wrong table is a wrong kernel.
            let mut wrong = component.clone();
            wrong.quantization[0] += 3;
            let differs = transformed(gpu, &wrong, blocks, side, share) != got;
            assert!(differs || width < 8, "{side}, {share:?}: the first step does not matter");
        }
        let mut extreme = blocks.clone();
        for (at, value) in extreme.iter_mut().enumerate() {
            *value = if pictures::hash(at as u32, 7).is_multiple_of(2) { i16::MIN } else { i16::MAX };
        }
        let component = Component { quantization: [u16::MAX; 64], ..component.clone() };
        for (side, share) in SHARES {
            let twin = idct::reference::plane(&component, &extreme, side);
            let got = transformed(gpu, &component, &extreme, side, share);
            let [got, twin] = [got, twin].map(|samples| without_padding(&component, &samples, side));
            assert!(got == twin, "overflow, {side}, {share:?}");
        }
    }
}

#[test]
fn both_ways_of_the_inverse_can_be_timed() {
    let Some(gpu) = gpu() else { return };
    let size = Size::new(640, 480);
    for share in [Share::Block, Share::Lanes] {
        let (one, many) = (size, Size::new(size.width * 4, size.height * 4));
        let [one, many] = [one, many].map(|size| gpu.idct_time(size, share, 5).unwrap());
        println!("{share:?}: {one:?}, sixteen times as much {many:?}");
        assert!(one < many, "{share:?}: {one:?} and {many:?}");
    }
}

fn check_unpack(gpu: &Gpu, op: &Unpack, coefficients: &Coefficients, texel: Texel) {
    let components = op.components.clone().unwrap();
    let pixels = unpack::reference::pixels(coefficients, components.scale).unwrap();
    assert_eq!(op.stored, pixels.size());
    let plain = Unpack { components: None, ..op.clone() };
    let expected = run_picture(gpu, &Picture { unpack: plain, steps: Vec::new() }, &[pixels], texel);
    let given = Given::new(coefficients, components.scale, components.inverse);
    let picture = Picture { unpack: op.clone(), steps: Vec::new() };
    let got = run_sources(gpu, &picture, &[given.source()], texel);
    let first = got.pixels().iter().zip(expected.pixels()).position(|(got, expected)| got != expected);
    assert_eq!(first, None, "{op:?} of {}", coefficients.frame.size);
}

fn op(coefficients: &Coefficients, scale: Scale, inverse: Inverse) -> Unpack {
    let frame = Arc::new(coefficients.frame.clone());
    let layout = if frame.color == ColorTransform::Gray { Layout::GRAY8 } else { Layout::RGB8 };
    Unpack {
        components: Some(Components::new(frame.clone(), scale, inverse, 1 << 27).expect("it is read")),
        color: Some(SourceColor::srgb()),
        ..Unpack::plain(0, scale.apply(frame.size), layout)
    }
}

#[test]
fn components_are_unpacked_as_their_pixels_are() {
    let Some(gpu) = gpu() else { return };
    for size in sizes() {
        for (index, sampling) in SAMPLINGS.into_iter().enumerate() {
            let coefficients = noisy(size, ColorTransform::YCbCr, sampling);
            for (place, inverse) in [Inverse::Device, Inverse::Host].into_iter().enumerate() {
                let at = size.width as usize + index + place;
                let scale = Scale::ALL[at % 4];
                for scale in [Scale::Full, scale] {
                    if Components::new(Arc::new(coefficients.frame.clone()), scale, inverse, 1 << 27).is_none() {
                        continue;
                    }
                    check_unpack(gpu, &op(&coefficients, scale, inverse), &coefficients, Texel::ALL[at % 2]);
                }
            }
        }
        for color in [ColorTransform::Gray, ColorTransform::Rgb] {
            let coefficients = noisy(size, color, (1, 1));
            check_unpack(gpu, &op(&coefficients, Scale::Full, Inverse::Device), &coefficients, Texel::F16);
            check_unpack(gpu, &op(&coefficients, Scale::Half, Inverse::Host), &coefficients, Texel::F16);
        }
    }
}

#[test]
fn parts_bands_and_orientations_of_components() {
    let Some(gpu) = gpu() else { return };
    let size = Size::new(150, 163);
    for sampling in [(1, 1), (2, 1), (1, 2), (2, 2)] {
        let coefficients = noisy(size, ColorTransform::YCbCr, sampling);
        for scale in [Scale::Full, Scale::Half] {
            for (inverse, share) in
                [(Inverse::Device, Share::Block), (Inverse::Device, Share::Lanes), (Inverse::Host, Share::Block)]
            {
                for (rect, orientation) in [
                    (Rect::new(0, 0, Size::new(75, 82)), Orientation::Upright),
                    (Rect::new(33, 17, Size::new(31, 64)), Orientation::Rotate90),
                    (Rect::new(7, 63, Size::new(1, 1)), Orientation::FlipH),
                    (Rect::new(66, 1, Size::new(9, 81)), Orientation::Rotate180),
                ] {
                    let (line, to) = (rect.size.width, rect.size.width.div_ceil(3));
                    let len = f64::from(line);
                    let stretch = Stretch { line, start: 0.0, len, to, filter: Filter::Lanczos3 };
                    let first = ops::Resize { axis: Axis::X, stretch, saturate: false };
                    let mut whole = op(&coefficients, scale, inverse);
                    whole.components = whole.components.map(|components| Components { share, ..components });
                    for first in [None, Some(first)] {
                        // Chunks of 32 rows where they are needed, bands of 5.
                        let binding_bytes = 128 * 20 * 96;
                        let bands = Bands { binding_bytes, band_bytes: u64::from(line) * 8 * 5 };
                        let op = Unpack { rect, orientation, first, bands, ..whole.clone() };
                        check_unpack(gpu, &op, &coefficients, Texel::F16);
                    }
                }
            }
        }
    }
}

#[test]
fn a_wrong_sampling_is_found() {
    let coefficients = noisy(Size::new(40, 40), ColorTransform::YCbCr, (2, 2));
    let right = unpack::reference::pixels(&coefficients, Scale::Full).unwrap();
    assert_eq!(right, inverse::pixels(&coefficients));
    let repeated =
        |x: u32, y: u32| inverse::planes(&coefficients, Scale::Full)[1].samples[(y / 2 * 20 + x / 2) as usize];
    let chroma = &inverse::planes(&coefficients, Scale::Full)[1];
    let differs = (0..40).any(|x| inverse::sample(chroma, inverse::Upsampling::H2v2, x, 9) != repeated(x, 9));
    assert!(differs, "the picture is too flat to tell upsampling from repetition");
}

#[test]
fn ink_and_odd_ratios_are_not_read() {
    let read = |color, sampling: Sampling| {
        let frame = forward::frame(Size::new(40, 40), color, &Tables::from_quality(80), sampling).unwrap();
        Components::new(Arc::new(frame), Scale::Full, Inverse::Device, 1 << 27).is_some()
    };
    assert!(read(ColorTransform::YCbCr, Sampling::HALF));
    for (color, sampling) in [
        (ColorTransform::Cmyk, Sampling::FULL),
        (ColorTransform::Ycck, Sampling::FULL),
        (ColorTransform::YCbCr, Sampling::first(3, 1)),
        (ColorTransform::YCbCr, Sampling([(1, 1), (2, 2), (2, 2), (1, 1)])),
        (ColorTransform::YCbCr, Sampling([(2, 2), (1, 1), (2, 1), (1, 1)])),
    ] {
        assert!(!read(color, sampling), "{color:?} {sampling:?}");
    }
    let small = frame(Size::new(4000, 10), ColorTransform::Gray, (1, 1), 80);
    assert!(
        Components::new(Arc::new(small), Scale::Full, Inverse::Device, 1 << 20).is_none(),
        "too wide for a binding"
    );
}

fn packed(gpu: &Gpu, fdct: &Fdct, pixels: &Planes) -> Vec<Vec<i16>> {
    let mut recording = Recording::new(Texel::F16);
    let samples = recording.upload(0, 0..pixels.bytes().len() as u64);
    fdct.record(&mut recording, samples, pixels.layout());
    fdct.planes(&gpu.run(recording, &[pixels.bytes().into()]).unwrap().bytes).unwrap()
}

#[test]
fn pixels_become_the_coefficients_of_libjpeg() {
    let Some(gpu) = gpu() else { return };
    for size in sizes() {
        for sampling in SAMPLINGS {
            let colors = [ColorTransform::YCbCr, ColorTransform::Rgb, ColorTransform::Gray];
            for (color, layout) in colors.into_iter().map(|c| (c, Layout::RGB8)).chain([(colors[2], Layout::GRAY8)]) {
                let pixels = pictures::samples(size, layout);
                for (quality, rounding) in [(30, Rounding::Nearest), (95, Rounding::Nearest), (90, Rounding::DeadZone)]
                {
                    let fdct = Fdct::new(frame(size, color, sampling, quality), layout, 1 << 27).expect("it is made");
                    let fdct = fdct.rounded(rounding);
                    let twin = fdct::reference::fdct(&fdct, &pixels).unwrap();
                    assert!(
                        packed(gpu, &fdct, &pixels) == twin,
                        "{size} {color:?} {sampling:?} of {layout} q{quality}"
                    );
                }
            }
        }
    }
    let pixels = pictures::samples(Size::new(40, 40), Layout::RGB8);
    let of = |quality| Fdct::new(frame(pixels.size(), ColorTransform::YCbCr, (2, 2), quality), Layout::RGB8, 1 << 27);
    let (fdct, wrong) = (of(80).unwrap(), of(81).unwrap());
    assert!(packed(gpu, &wrong, &pixels) != fdct::reference::fdct(&fdct, &pixels).unwrap());
    let sparing = fdct.clone().rounded(Rounding::DeadZone);
    assert!(packed(gpu, &sparing, &pixels) != packed(gpu, &fdct, &pixels), "a dead zone takes something");
}

fn request<'a>(stages: &'a [Stage], device: Device) -> plan::Request<'a> {
    plan::Request {
        stages,
        target: Some(Layout::RGB8),
        space: Space::Linear,
        gamut: Gamut::SRGB,
        filter: Filter::Lanczos3,
        device,
        max_result: (16_384, 1 << 30),
    }
}

fn source(frame: &Arc<Frame>, orientation: Orientation, device: Device) -> plan::Source {
    let source = plan::Source {
        size: frame.size,
        layout: Layout::RGB8,
        orientation,
        alpha: false,
        color: Some(SourceColor::srgb()),
        on_device: false,
        jpeg: None,
    };
    source.as_components(frame, device)
}

fn run(
    gpu: &Gpu,
    coefficients: &Coefficients,
    options: &str,
    orientation: Orientation,
    device: Device,
) -> (Plan, Vec<u8>) {
    let stages = [Stage::Transform(Box::new(options.parse().unwrap()))];
    let frame = Arc::new(coefficients.frame.clone());
    let plan = Plan::new(&[source(&frame, orientation, device)], &request(&stages, device)).unwrap();
    let components = plan.components(0).expect("it is read as components");
    let given = Given::new(coefficients, components.scale, components.inverse);
    let bytes = gpu.run(plan.record(), &[given.source()]).unwrap().bytes;
    (plan, bytes)
}

#[test]
fn without_operations_every_code_survives() {
    let Some(gpu) = gpu() else { return };
    for inverse in [Inverse::Device, Inverse::Host] {
        let coefficients = noisy(Size::new(77, 53), ColorTransform::YCbCr, (2, 2));
        let device = Device { inverse, shrink: Shrink::TwiceLeft, ..gpu.plan_device() };
        let (_, bytes) = run(gpu, &coefficients, "quality=80", Orientation::Upright, device);
        assert!(bytes == inverse::pixels(&coefficients).bytes(), "{inverse:?}");
    }
}

#[test]
fn a_result_leaves_as_the_coefficients_of_its_pixels() {
    let Some(gpu) = gpu() else { return };
    let coefficients = noisy(Size::new(77, 53), ColorTransform::YCbCr, (2, 2));
    let stages = [Stage::Transform(Box::new("width=41,blur=2".parse().unwrap()))];
    let device = gpu.plan_device();
    let source = source(&Arc::new(coefficients.frame.clone()), Orientation::Upright, device);
    let plan = Plan::new(&[source], &request(&stages, device)).unwrap();
    let components = plan.components(0).unwrap();
    let given = Given::new(&coefficients, components.scale, components.inverse);
    let bytes = gpu.run(plan.record(), &[given.source()]).unwrap().bytes;
    let pixels = Planes::new(plan.size(), Layout::RGB8, bytes).unwrap();
    let plan = plan.as_jpeg(frame(pixels.size(), ColorTransform::YCbCr, (2, 2), 80));
    let fdct = plan.fdct.clone().expect("it is made");
    let bytes = gpu.run(plan.record(), &[given.source()]).unwrap().bytes;
    assert!(fdct.planes(&bytes).unwrap() == fdct::reference::fdct(&fdct, &pixels).unwrap());
    assert!(plan.explain().contains("fdct     41x28                             ycbcr 4:2:0"), "{}", plan.explain());
}

/// A picture without fine detail, which looks alike however it is made smaller.
fn smooth(size: Size) -> Coefficients {
    let wave = |v: u32, n: u32, turns: f32| (127.5 + 110.0 * (v as f32 / n as f32 * turns).sin()) as u8;
    let pixel =
        |x, y| [wave(x, size.width, 7.0), wave(y, size.height, 5.0), wave(x + y, size.width + size.height, 9.0)];
    let bytes = (0..size.height).flat_map(|y| (0..size.width).flat_map(move |x| pixel(x, y))).collect();
    let pixels = Planes::new(size, Layout::RGB8, bytes).unwrap();
    forward::coefficients(&pixels, frame(size, ColorTransform::YCbCr, (2, 2), 95)).unwrap()
}

#[test]
fn decoding_smaller_moves_nothing() {
    let Some(gpu) = gpu() else { return };
    // Neither side is a multiple of the blocks: the last squares are filled only in part.
    let coefficients = smooth(Size::new(403, 301));
    for orientation in Orientation::ALL {
        for (options, expected) in [
            ("width=95,height=95,fit=scale-down", Scale::Half),
            ("width=48,height=48,fit=scale-down", Scale::Quarter),
            ("width=24,height=24,fit=cover,gravity=left", Scale::Quarter),
            ("width=20,height=20,fit=squeeze", Scale::Quarter),
            ("width=12,height=12,fit=scale-down", Scale::Eighth),
            ("trim=8;0;0;16,width=40,height=40,fit=squeeze", Scale::Half),
            ("width=202", Scale::Full),
        ] {
            let device = Device { shrink: Shrink::TwiceLeft, ..gpu.plan_device() };
            let (plan, smaller) = run(gpu, &coefficients, options, orientation, device);
            let scale = plan.components(0).unwrap().scale;
            if orientation == Orientation::Upright {
                assert_eq!(scale, expected, "{options}\n{}", plan.explain());
            }
            let device = Device { shrink: Shrink::Never, ..device };
            let (plan, full) = run(gpu, &coefficients, options, orientation, device);
            assert_eq!(plan.components(0).unwrap().scale, Scale::Full);
            let off = smaller.iter().zip(&full).map(|(a, b)| a.abs_diff(*b));
            assert!(off.clone().max() <= Some(14), "{options} {orientation:?} {scale}: off by {:?}", off.max());
            let mean = off.clone().map(f64::from).sum::<f64>() / off.len() as f64;
            assert!(mean < 1.2, "{options} {orientation:?} {scale}: off by {mean} on average");
        }
    }
}
