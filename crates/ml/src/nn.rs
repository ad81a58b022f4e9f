//! The few layers that the networks are made of, and a way to watch them.

use burn::tensor::{
    Tensor,
    module::{conv2d, interpolate, max_pool2d},
    ops::{ConvOptions, InterpolateMode, InterpolateOptions, MaxPoolOptions},
};

use crate::{MlError, Weights};

/// Is shown what each named layer answers, before any activation; how tests find the first layer that is wrong.
pub type Watch<'a> = &'a mut dyn FnMut(&str, &Tensor<4>);

/// Watches nothing.
pub fn unwatched(_: &str, _: &Tensor<4>) {}

/// The shape of a convolution: channels, a square kernel, and how it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Channels read.
    pub from: usize,
    /// Channels written.
    pub to: usize,
    /// Side of the kernel, odd.
    pub kernel: usize,
    /// Pixels from one output to the next.
    pub stride: usize,
    /// Pixels from one tap to the next.
    pub dilation: usize,
    /// Groups of channels that do not see each other; `from` of them make a depthwise convolution.
    pub groups: usize,
}

impl ConvShape {
    /// A convolution with a `kernel` by `kernel` window that moves by one.
    pub const fn new(from: usize, to: usize, kernel: usize) -> Self {
        Self { from, to, kernel, stride: 1, dilation: 1, groups: 1 }
    }

    /// A 3x3 convolution of each channel by itself.
    pub const fn depthwise(channels: usize) -> Self {
        Self { groups: channels, ..Self::new(channels, channels, 3) }
    }

    /// With `stride` pixels from one output to the next.
    pub const fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// With `dilation` pixels from one tap to the next.
    pub const fn dilation(self, dilation: usize) -> Self {
        Self { dilation, ..self }
    }
}

/// A convolution with bias. Edges are padded with zeros so that a stride of one keeps the size.
#[derive(Debug)]
pub struct Conv {
    name: String,
    weight: Tensor<4>,
    bias: Tensor<1>,
    options: ConvOptions<2>,
}

impl Conv {
    /// Takes `NAME.weight` and `NAME.bias`.
    pub fn load(weights: &Weights, name: &str, shape: ConvShape) -> Result<Self, MlError> {
        let ConvShape { from, to, kernel, stride, dilation, groups } = shape;
        let padding = dilation * (kernel / 2);
        Ok(Self {
            name: name.to_owned(),
            weight: weights.tensor(&format!("{name}.weight"), [to, from / groups, kernel, kernel])?,
            bias: weights.tensor(&format!("{name}.bias"), [to])?,
            options: ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], groups),
        })
    }

    /// The convolution of `x`.
    pub fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let y = conv2d(x, self.weight.clone(), Some(self.bias.clone()), self.options.clone());
        watch(&self.name, &y);
        y
    }
}

/// The largest of each 2x2 block; an odd last row or column makes blocks of its own, so sizes are halved upwards.
pub fn halve(x: Tensor<4>) -> Tensor<4> {
    max_pool2d(x, MaxPoolOptions::new([2, 2]).with_ceil_mode(true))
}

/// The largest of 3x3 around every second pixel; edges see what there is.
pub fn halve_wide(x: Tensor<4>) -> Tensor<4> {
    max_pool2d(x, MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]))
}

/// `x` at `size` (height, width), bilinear between pixel centres (`align_corners = false`).
pub fn bilinear(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    resized(x, InterpolateOptions::new(InterpolateMode::Bilinear).with_align_corners(false), size)
}

/// `x` at `size` (height, width), bilinear with the corners' centres in place (`align_corners = true`).
pub fn bilinear_corners(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    resized(x, InterpolateOptions::new(InterpolateMode::Bilinear).with_align_corners(true), size)
}

/// `x` at `size` (height, width): output `i` is input `floor(i * from / to)`.
pub fn nearest(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    resized(x, InterpolateOptions::new(InterpolateMode::Nearest).with_align_corners(false), size)
}

fn resized(x: Tensor<4>, how: InterpolateOptions, size: [usize; 2]) -> Tensor<4> {
    if size_of(&x) == size { x } else { interpolate(x, how.with_output_size(size)) }
}

/// Height and width.
pub fn size_of(x: &Tensor<4>) -> [usize; 2] {
    let [_, _, height, width] = x.dims();
    [height, width]
}
