//! The few layers that the networks are made of, and a way to watch them.

use burn::tensor::{
    Tensor,
    activation::{leaky_relu, relu},
    module::{conv2d, interpolate, max_pool2d},
    ops::{ConvOptions, InterpolateMode, InterpolateOptions, MaxPoolOptions},
};

use crate::{
    MlError, Weights,
    bridge::convolution::{self, Convolution},
};

/// Is shown what each named layer answers, before any activation; how tests find the first layer that is wrong.
pub trait Watcher {
    /// Whether it looks at all. Where it does not, a layer and its activation may be one.
    fn looks(&self) -> bool {
        true
    }

    /// The answer of the layer called `name`.
    fn see(&mut self, name: &str, answer: &Tensor<4>);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn looks(&self) -> bool {
        false
    }

    fn see(&mut self, _: &str, _: &Tensor<4>) {}
}

/// Who is shown.
pub type Watch<'a> = &'a mut dyn Watcher;

/// What becomes of a layer's answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// It stays.
    None,
    /// Nothing below zero is left.
    Relu,
    /// Below zero this much of it is left, 0 to 1.
    Leaky(f64),
}

impl Activation {
    /// How much is left below zero.
    pub fn slope(self) -> f32 {
        match self {
            Self::None => 1.0,
            Self::Relu => 0.0,
            Self::Leaky(slope) => slope as f32,
        }
    }

    fn of(self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::None => x,
            Self::Relu => relu(x),
            Self::Leaky(slope) => leaky_relu(x, slope),
        }
    }
}

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
    kernel: Kernel,
}

/// Whose kernel computes it.
#[derive(Debug)]
enum Kernel {
    /// burn's: everything on the processor, and on a GPU the shapes that ours is not for.
    Burn { weight: Tensor<4>, bias: Tensor<1>, options: ConvOptions<2> },
    /// `shaders/ml/convolution.wgsl`.
    Own(Convolution),
}

impl Conv {
    /// Takes `NAME.weight` and `NAME.bias`.
    pub fn load(weights: &Weights, name: &str, shape: ConvShape) -> Result<Self, MlError> {
        let ConvShape { from, to, kernel, stride, dilation, groups } = shape;
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let of_weight = [to, from / groups, kernel, kernel];
        let device = weights.device();
        let kernel = if device.is_gpu() && convolution::suits(shape) {
            let (values, precision) = weights.values_and_precision(&weight, of_weight)?;
            Kernel::Own(Convolution::new(shape, &values, weights.values(&bias, [to])?, precision, device))
        } else {
            let padding = dilation * (kernel / 2);
            Kernel::Burn {
                weight: weights.tensor(&weight, of_weight)?,
                bias: weights.tensor(&bias, [to])?,
                options: ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], groups),
            }
        };
        Ok(Self { name: name.to_owned(), kernel })
    }

    /// The convolution of `x`.
    pub fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        self.activated(x, Activation::None, watch)
    }

    /// The convolution of `x` and what becomes of it.
    pub fn activated(&self, x: Tensor<4>, activation: Activation, watch: Watch<'_>) -> Tensor<4> {
        self.joined(vec![x], activation, watch)
    }

    /// The same of several maps of one size, as if their channels were one after the other.
    pub fn joined(&self, mut parts: Vec<Tensor<4>>, activation: Activation, watch: Watch<'_>) -> Tensor<4> {
        let y = match &self.kernel {
            Kernel::Own(own) => {
                if parts.iter().any(|part| !part.dims()[1].is_multiple_of(4)) {
                    parts = vec![Tensor::cat(parts, 1)];
                }
                if !watch.looks() {
                    return own.forward(parts, activation);
                }
                own.forward(parts, Activation::None)
            }
            Kernel::Burn { weight, bias, options } => {
                let x = if parts.len() == 1 { parts.swap_remove(0) } else { Tensor::cat(parts, 1) };
                conv2d(x, weight.clone(), Some(bias.clone()), options.clone())
            }
        };
        watch.see(&self.name, &y);
        activation.of(y)
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
