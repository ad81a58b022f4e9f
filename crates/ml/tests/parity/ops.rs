//! Layers by themselves, with random numbers.

use burn::tensor::Tensor;
use tintype_ml::{
    Device, Weights,
    nn::{self, Conv, ConvShape, Unwatched},
};

use crate::setup;

const CONVOLUTIONS: &[(&str, ConvShape, [usize; 2])] = &[
    ("conv3", ConvShape::new(5, 6, 3), [9, 11]),
    ("conv1", ConvShape::new(6, 7, 1), [5, 6]),
    ("dilated2", ConvShape::new(4, 5, 3).dilation(2), [9, 8]),
    ("dilated8", ConvShape::new(3, 4, 3).dilation(8), [7, 20]),
    ("strided_even", ConvShape::new(3, 8, 3).stride(2), [10, 12]),
    ("strided_odd", ConvShape::new(3, 8, 3).stride(2), [9, 13]),
    ("depthwise", ConvShape::depthwise(8), [9, 10]),
    ("depthwise_strided", ConvShape::depthwise(8).stride(2), [9, 10]),
    ("conv7_strided", ConvShape::new(3, 4, 7).stride(2), [15, 14]),
    ("conv1_strided", ConvShape::new(4, 6, 1).stride(2), [7, 8]),
];

type Function = fn(Tensor<4>) -> Tensor<4>;

/// Channels, height and width of what comes in.
const FUNCTIONS: &[(&str, [usize; 3], Function)] = &[
    ("halve_even", [3, 6, 8], nn::halve),
    ("halve_odd", [3, 7, 9], nn::halve),
    ("halve_one", [3, 1, 5], nn::halve),
    ("pool3", [3, 9, 10], nn::halve_wide),
    ("bilinear_up", [2, 5, 6], |x| nn::bilinear(x, [9, 12])),
    ("bilinear_one", [2, 1, 2], |x| nn::bilinear(x, [3, 7])),
    ("bilinear_down", [2, 9, 8], |x| nn::bilinear(x, [5, 3])),
    ("corners_up", [2, 5, 6], |x| nn::bilinear_corners(x, [9, 12])),
    ("corners_down", [2, 9, 8], |x| nn::bilinear_corners(x, [5, 3])),
    ("nearest_up", [2, 3, 4], |x| nn::nearest(x, [7, 8])),
];

#[test]
fn on_the_cpu() {
    check(&Device::cpu());
}

#[test]
fn on_the_gpu() {
    if let Some(gpu) = setup::gpu() {
        check(&gpu.device);
    }
}

fn check(device: &Device) {
    let file = Weights::open(&setup::reference("ops.safetensors"), device).unwrap();
    let mut wrong = Vec::new();
    for (name, shape, [height, width]) in CONVOLUTIONS {
        let conv = Conv::load(&file, name, *shape).unwrap();
        let x = file.tensor(&format!("{name}.x"), [1, shape.from, *height, *width]).unwrap();
        wrong.extend(difference(&file, name, conv.forward(x, &mut Unwatched)));
    }
    for (name, [channels, height, width], function) in FUNCTIONS {
        let x = file.tensor(&format!("{name}.x"), [1, *channels, *height, *width]).unwrap();
        wrong.extend(difference(&file, name, function(x)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Every case of the script was looked at.
    file.finish(&[]).unwrap();
}

/// What is wrong with `y`, in a line. Sums are in another order than the reference's, hence some units in the last place.
fn difference(file: &Weights, name: &str, y: Tensor<4>) -> Option<String> {
    let expected = file.tensor(&format!("{name}.y"), y.dims()).map_err(|error| error.to_string());
    let expected = match expected {
        Ok(expected) => expected.into_data().try_to_vec::<f32>().unwrap(),
        Err(error) => return Some(error),
    };
    let found = y.into_data().try_to_vec::<f32>().unwrap();
    let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs() - 1e-5 * b.abs()).fold(0.0, f32::max);
    let finite = found.iter().all(|v| v.is_finite());
    (worst > 1e-5 || !finite).then(|| format!("{name}: off by {worst}, finite: {finite}"))
}
