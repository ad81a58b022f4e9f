//! Our convolution on the GPU against burn's on the processor, which onnxruntime agrees with.

use std::path::Path;

use burn::tensor::{
    Tensor, TensorData,
    activation::{leaky_relu, relu},
    module::conv2d,
    ops::ConvOptions,
};
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use tintype_ml::{
    Device, Matting, MattingKind,
    bridge::convolution::{Convolution, Precision, suits},
    nn::{Activation, ConvShape, Unwatched},
};
use tintype_pixels::Size;

use crate::setup;

/// Channels of each part that is read, channels written, kernel, stride, dilation, and height and width of what is read.
type Case = (&'static [usize], usize, usize, usize, usize, [usize; 2]);

const CASES: &[Case] = &[
    (&[4], 16, 3, 1, 1, [2, 4]),
    (&[16], 16, 3, 1, 1, [9, 11]),
    (&[8], 20, 3, 1, 1, [7, 5]),
    (&[12], 36, 3, 1, 2, [13, 10]),
    (&[16], 16, 3, 1, 4, [6, 33]),
    (&[20], 48, 3, 1, 8, [10, 9]),
    (&[64], 64, 3, 1, 1, [20, 20]),
    (&[16, 16], 16, 3, 1, 1, [11, 6]),
    (&[8, 4, 12], 28, 3, 1, 2, [5, 7]),
    (&[64, 64], 64, 3, 1, 1, [5, 5]),
    (&[16], 32, 3, 2, 1, [9, 12]),
    (&[8], 16, 3, 2, 1, [10, 13]),
    (&[24], 16, 1, 1, 1, [3, 17]),
    (&[8, 8], 64, 1, 1, 1, [8, 8]),
    (&[32], 64, 1, 2, 1, [7, 8]),
    (&[4], 16, 3, 1, 3, [1, 1]),
];

const ACTIVATIONS: [Activation; 3] = [Activation::None, Activation::Relu, Activation::Leaky(0.1)];

/// Numbers from -1 to 1 without a pattern that a mistake could hide in.
fn numbers(n: usize, seed: usize) -> Vec<f32> {
    let mut state = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device.burn())
}

/// How far off the worst value is, as a part of the largest.
fn off(found: Tensor<4>, expected: Tensor<4>) -> f32 {
    assert_eq!(found.dims(), expected.dims());
    let [found, expected] = [found, expected].map(|y| y.into_data().try_to_vec::<f32>().unwrap());
    let largest = expected.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    found
        .iter()
        .zip(&expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |worst: f32, d| if d > worst || d.is_nan() { d } else { worst })
        / largest.max(1e-6)
}

fn check(device: &Device, pictures: usize, precision: Precision, tolerance: f32) {
    let cpu = Device::cpu();
    for (index, (parts, to, kernel, stride, dilation, [height, width])) in CASES.iter().enumerate() {
        let from = parts.iter().sum::<usize>();
        let shape = ConvShape::new(from, *to, *kernel).stride(*stride).dilation(*dilation);
        assert!(suits(shape), "{shape:?}");
        let (weights, bias) = (numbers(to * from * kernel * kernel, index + 1), numbers(*to, index + 100));
        let activation = ACTIVATIONS[index % ACTIVATIONS.len()];
        let ours = Convolution::new(shape, &weights, bias.clone(), precision, device);
        let values: Vec<_> = parts
            .iter()
            .zip(200..)
            .map(|(channels, seed)| numbers(pictures * channels * height * width, seed))
            .collect();
        let maps = |device: &Device| -> Vec<Tensor<4>> {
            parts
                .iter()
                .zip(&values)
                .map(|(channels, values)| tensor(values, [pictures, *channels, *height, *width], device))
                .collect()
        };
        let padding = dilation * (kernel / 2);
        let options = ConvOptions::new([*stride; 2], [padding; 2], [*dilation; 2], 1);
        let weights = tensor(&weights, [*to, from, *kernel, *kernel], &cpu);
        let expected = conv2d(Tensor::cat(maps(&cpu), 1), weights, Some(tensor(&bias, [*to], &cpu)), options);
        let expected = match activation {
            Activation::None => expected,
            Activation::Relu => relu(expected),
            Activation::Leaky(slope) => leaky_relu(expected, slope),
        };
        let worst = off(ours.forward(maps(device), activation), expected);
        assert!(worst <= tolerance, "{:?} {activation:?}: {worst}", CASES[index]);
    }
}

#[test]
fn ours_is_burn_s() {
    let Some(gpu) = setup::gpu() else { return };
    check(&gpu.device, 1, Precision::Single, 2e-6);
    check(&gpu.device, 3, Precision::Single, 2e-6);
}

/// A weight is right to a part in 2048, and what is off is added up over all taps and channels, some above and some below.
#[test]
fn of_weights_in_half_precision_little_is_lost() {
    let Some(gpu) = setup::gpu() else { return };
    check(&gpu.device, 2, Precision::Half, 1e-3);
}

#[test]
fn half_the_precision_is_half_the_bytes() {
    let Some(gpu) = setup::gpu() else { return };
    let shape = ConvShape::new(16, 32, 3);
    let bytes =
        |precision| Convolution::new(shape, &numbers(16 * 32 * 9, 1), numbers(32, 2), precision, &gpu.device).bytes();
    assert_eq!((bytes(Precision::Single), bytes(Precision::Half)), (4 * (16 * 32 * 9 + 32), 2 * 16 * 32 * 9 + 4 * 32));
}

/// What is not for it: groups, large windows, channels that make no vectors, and too few of them.
#[test]
fn the_rule_goes_by_the_shape() {
    for (shape, ours) in [
        (ConvShape::new(64, 16, 3), true),
        (ConvShape::new(64, 16, 3).dilation(8), true),
        (ConvShape::new(3, 16, 3), false),
        (ConvShape::new(64, 1, 3), false),
        (ConvShape::new(64, 8, 1), false),
        (ConvShape::new(64, 18, 3), false),
        (ConvShape::new(64, 64, 7), false),
        (ConvShape::depthwise(64), false),
    ] {
        assert_eq!(suits(shape), ours, "{shape:?}");
    }
}

/// A whole network whose file has halves, on the GPU, where they stay halves, and on the processor, which computes with them in single
/// precision: a matte of the photograph's middle. What rounding the file did is more, and why nothing else is rounded.
#[test]
fn weights_that_are_halves_lose_nothing_by_staying_so() {
    let (Some(gpu), Some(path)) = (setup::gpu(), setup::weights("u2netp")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let rounded = folder.path().join("u2netp.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let half = |view: &TensorView<'_>| -> Vec<u8> {
        let floats = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        floats.flat_map(|value| f16::from_f32(value).to_le_bytes()).collect()
    };
    let halves: Vec<_> =
        file.tensors().iter().map(|(name, view)| (name.clone(), view.shape().to_vec(), half(view))).collect();
    let views =
        halves.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F16, shape.clone(), bytes).unwrap()));
    std::fs::write(&rounded, safetensors::serialize(views, None).unwrap()).unwrap();

    let photograph = setup::photograph();
    let part = setup::picture(Size::new(96, 96), |x, y| setup::pixel(&photograph, x + 80, y + 20));
    let matte = |path: &Path, device: &Device| {
        let network = Matting::load(MattingKind::U2Netp, path, device).unwrap();
        let matte = network.forward(network.input(&part).unwrap(), &mut Unwatched);
        matte.into_data().try_to_vec::<f32>().unwrap()
    };
    let codes_off = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs() * 255.0).fold(0.0, f32::max);
    let there = matte(&rounded, &gpu.device);
    let [here, exact] = [&rounded, &path].map(|path| matte(path, &Device::cpu()));
    let off = codes_off(&there, &here);
    let by_rounding = codes_off(&here, &exact);
    assert!(off <= 0.05, "{off} of 255");
    assert!(by_rounding > 0.5, "the file was rounded: {by_rounding}");
}
