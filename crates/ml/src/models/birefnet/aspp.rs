//! The block of the decoder: between two convolutions, four windows whose taps go where the picture leads them.
//!
//! Upstream puts the answers of the windows side by side and brings them down to few channels. Here each is brought down by its part of
//! that convolution as it comes, and the parts are added: the same in real numbers, and of five answers one is there at a time.

use burn::tensor::{
    Tensor,
    activation::{relu, sigmoid},
    module::{conv2d, deform_conv2d},
    ops::{ConvOptions, DeformConvOptions},
};

use crate::{
    Device, MlError, Weights, host,
    nn::{self, Activation, Conv, ConvShape, Watch},
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
    join: Join,
    exit: Conv,
}

impl DecoderBlock {
    pub(super) fn load(weights: &Weights, name: &str, from: usize, to: usize) -> Result<Self, MlError> {
        let conv = |part: &str, shape| Conv::load(weights, &format!("{name}.{part}"), shape);
        let mut windows = vec![Deformable::load(weights, &format!("{name}.dec_att.aspp1"), 1)?];
        for (index, side) in WINDOWS.into_iter().enumerate() {
            windows.push(Deformable::load(weights, &format!("{name}.dec_att.aspp_deforms.{index}"), side)?);
        }
        Ok(Self {
            entry: conv("conv_in", ConvShape::new(from, INNER, 3))?,
            windows,
            everywhere: conv("dec_att.global_avg_pool.1", ConvShape::new(INNER, BRANCH, 1))?,
            join: Join::load(weights, format!("{name}.dec_att.conv1"), WINDOWS.len() + 2)?,
            exit: conv("conv_out", ConvShape::new(INNER, to, 3))?,
        })
    }

    /// Of several maps of one size, as if their channels were one after the other.
    pub(super) fn forward(&self, parts: Vec<Tensor<4>>, watch: Watch<'_>) -> Tensor<4> {
        let x = self.entry.joined(parts, Activation::Relu, watch);
        let everywhere = relu(self.everywhere.forward(x.clone().mean_dims(&[2, 3]), watch));
        // One number a channel for the whole picture, last of upstream's order: it starts the sum, and spreads when added to.
        let mut sum = self.join.part(self.windows.len(), everywhere) + self.join.bias.clone();
        for (index, window) in self.windows.iter().enumerate() {
            sum = sum + self.join.part(index, relu(window.forward(x.clone(), watch)));
        }
        watch.see(&self.join.name, &sum);
        let x = relu(sum);
        self.exit.forward(x, watch)
    }
}

/// A 1x1 convolution of several answers side by side, answer by answer.
#[derive(Debug)]
struct Join {
    name: String,
    parts: Vec<Tensor<4>>,
    bias: Tensor<4>,
}

impl Join {
    fn load(weights: &Weights, name: String, parts: usize) -> Result<Self, MlError> {
        let weight = weights.tensor(&format!("{name}.weight"), [INNER, parts * BRANCH, 1, 1])?;
        Ok(Self {
            parts: (0..parts).map(|part| weight.clone().narrow(1, part * BRANCH, BRANCH)).collect(),
            bias: weights.tensor(&format!("{name}.bias"), [INNER])?.reshape([1, INNER, 1, 1]),
            name,
        })
    }

    /// What an answer adds to the sum.
    fn part(&self, index: usize, answer: Tensor<4>) -> Tensor<4> {
        conv2d(answer, self.parts[index].clone(), None, ConvOptions::new([1; 2], [0; 2], [1; 2], 1))
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
    side: usize,
    device: Device,
}

/// Floats that the taps may take of all pixels that are computed at once: 64 MB.
const TAPS_AT_ONCE: usize = 16_000_000;

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
            side,
            device: weights.device().clone(),
        })
    }

    fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let shifts = self.shifts.forward(x.clone(), watch);
        let amounts = sigmoid(self.amounts.forward(x.clone(), watch)) * 2.0;
        let [height, width] = nn::size_of(&x);
        let passes = passes(height, width, self.side);
        let y =
            if passes == 1 { self.gathered(x, shifts, amounts, 1) } else { self.in_passes(x, shifts, amounts, passes) };
        watch.see(&self.name, &y);
        y
    }

    /// Row `passes * i + n` in the `n`th pass. burn copies each pixel's taps before it multiplies: a 7x7 window at 256x256 would take
    /// 0.8 GB. Rows that are `passes` apart are a convolution with that stride; that it starts `n` rows lower is added to the shifts.
    fn in_passes(&self, x: Tensor<4>, shifts: Tensor<4>, amounts: Tensor<4>, passes: usize) -> Tensor<4> {
        let [height, width] = nn::size_of(&x);
        let taps = self.side * self.side;
        let rows = |map: Tensor<4>, channels: usize, n: usize| {
            let map = map.reshape([channels, height / passes, passes, width]).narrow(2, n, 1);
            map.reshape([1, channels, height / passes, width])
        };
        let down = |n: usize| {
            let each = [n as f32, 0.0].repeat(taps);
            host::from_values(each, [1, 2 * taps, 1, 1], &self.device)
        };
        let answers = (0..passes).map(|n| {
            let shifts = rows(shifts.clone(), 2 * taps, n) + down(n);
            let y = self.gathered(x.clone(), shifts, rows(amounts.clone(), taps, n), passes);
            y.reshape([BRANCH, height / passes, 1, width])
        });
        Tensor::cat(answers.collect(), 2).reshape([1, BRANCH, height, width])
    }

    /// Every `stride`th row, from the first.
    fn gathered(&self, x: Tensor<4>, shifts: Tensor<4>, amounts: Tensor<4>, stride: usize) -> Tensor<4> {
        let options = DeformConvOptions::new([stride, 1], [self.side / 2; 2], [1; 2], 1, 1);
        deform_conv2d(x, shifts, self.weight.clone(), Some(amounts), Some(self.bias.clone()), options)
    }
}

/// In how many passes a window's taps are copied: the fewest that divide the rows and keep within [`TAPS_AT_ONCE`].
fn passes(height: usize, width: usize, side: usize) -> usize {
    let floats = INNER * side * side * width * height;
    (1..height).find(|passes| height.is_multiple_of(*passes) && floats / passes <= TAPS_AT_ONCE).unwrap_or(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_are_copied_in_as_few_passes_as_fit() {
        for ((height, width, side), expected) in
            [((256, 256, 7), 16), ((256, 256, 3), 4), ((256, 256, 1), 1), ((64, 64, 7), 1), ((7, 100_000, 7), 7)]
        {
            assert_eq!(passes(height, width, side), expected, "{height}x{width}, {side}");
        }
    }
}
