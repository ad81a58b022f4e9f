//! The block of the decoder: between two convolutions, four windows whose taps go where the picture leads them.

use burn::tensor::{
    Tensor,
    activation::{relu, sigmoid},
    module::deform_conv2d,
    ops::DeformConvOptions,
};

use crate::{
    MlError, Weights,
    nn::{self, Conv, ConvShape, Watch},
};

/// Channels between a block's convolutions.
pub(super) const INNER: usize = 64;
/// Channels of each window's answer.
const BRANCH: usize = 256;
/// Sides of the windows after the first, whose side is 1 as well.
const WINDOWS: [usize; 3] = [1, 3, 7];

/// A block of the decoder.
#[derive(Debug)]
pub(super) struct DecoderBlock {
    entry: Conv,
    windows: Vec<Deformable>,
    /// What the whole picture is like.
    everywhere: Conv,
    join: Conv,
    exit: Conv,
}

impl DecoderBlock {
    pub(super) fn load(weights: &Weights, name: &str, from: usize, to: usize) -> Result<Self, MlError> {
        let conv = |part: &str, shape| Conv::load(weights, &format!("{name}.{part}"), shape);
        let mut windows = vec![Deformable::load(weights, &format!("{name}.dec_att.aspp1"), 1)?];
        for (index, side) in WINDOWS.into_iter().enumerate() {
            windows.push(Deformable::load(weights, &format!("{name}.dec_att.aspp_deforms.{index}"), side)?);
        }
        let branches = windows.len() + 1;
        Ok(Self {
            entry: conv("conv_in", ConvShape::new(from, INNER, 3))?,
            windows,
            everywhere: conv("dec_att.global_avg_pool.1", ConvShape::new(INNER, BRANCH, 1))?,
            join: conv("dec_att.conv1", ConvShape::new(branches * BRANCH, INNER, 1))?,
            exit: conv("conv_out", ConvShape::new(INNER, to, 3))?,
        })
    }

    pub(super) fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let x = relu(self.entry.forward(x, watch));
        let [height, width] = nn::size_of(&x);
        let mut branches = Vec::with_capacity(self.windows.len() + 1);
        for window in &self.windows {
            branches.push(relu(window.forward(x.clone(), watch)));
        }
        let everywhere = relu(self.everywhere.forward(x.mean_dims(&[2, 3]), watch));
        branches.push(everywhere.repeat_dim(2, height).repeat_dim(3, width));
        let x = relu(self.join.forward(Tensor::cat(branches, 1), watch));
        self.exit.forward(x, watch)
    }
}

/// A convolution whose taps are shifted and weighed by two others (version 2 of deformable convolutions, Zhu et al., CVPR 2019).
#[derive(Debug)]
struct Deformable {
    name: String,
    /// For each tap how far down and how far right.
    shifts: Conv,
    /// For each tap a weight, before it is brought to 0 to 2.
    amounts: Conv,
    weight: Tensor<4>,
    bias: Tensor<1>,
    options: DeformConvOptions<2>,
}

impl Deformable {
    fn load(weights: &Weights, name: &str, side: usize) -> Result<Self, MlError> {
        let taps = side * side;
        let conv = |part: &str, to| {
            Conv::load(weights, &format!("{name}.atrous_conv.{part}"), ConvShape::new(INNER, to, side))
        };
        let regular = format!("{name}.atrous_conv.regular_conv");
        Ok(Self {
            shifts: conv("offset_conv", 2 * taps)?,
            amounts: conv("modulator_conv", taps)?,
            weight: weights.tensor(&format!("{regular}.weight"), [BRANCH, INNER, side, side])?,
            bias: weights.tensor(&format!("{regular}.bias"), [BRANCH])?,
            name: regular,
            options: DeformConvOptions::new([1; 2], [side / 2; 2], [1; 2], 1, 1),
        })
    }

    fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let shifts = self.shifts.forward(x.clone(), watch);
        let amounts = sigmoid(self.amounts.forward(x.clone(), watch)) * 2.0;
        let (weight, bias) = (self.weight.clone(), Some(self.bias.clone()));
        let y = deform_conv2d(x, shifts, weight, Some(amounts), bias, self.options.clone());
        watch(&self.name, &y);
        y
    }
}
