//! From the body's maps to the heads: a pyramid that brings coarse knowledge down, a wider view at each level, three 1x1 convolutions.

use burn::tensor::{Tensor, activation::relu};

use crate::{
    MlError, Weights,
    nn::{self, Activation, Conv, ConvShape, Watch},
};

/// Two boxes are proposed around each point of a map.
pub const ANCHORS: usize = 2;

/// Upstream leaks where the pyramid is narrow.
fn activation(inner: usize) -> Activation {
    if inner <= 64 { Activation::Leaky(0.1) } else { Activation::Relu }
}

/// The feature pyramid.
#[derive(Debug)]
pub struct Fpn {
    output: [Conv; 3],
    merge: [Conv; 2],
    activation: Activation,
}

impl Fpn {
    /// Takes the tensors that start with `fpn.`.
    pub fn load(weights: &Weights, from: [usize; 3], inner: usize) -> Result<Self, MlError> {
        let output = |level: usize| {
            Conv::load(weights, &format!("fpn.output{}.0", level + 1), ConvShape::new(from[level], inner, 1))
        };
        let merge =
            |level: usize| Conv::load(weights, &format!("fpn.merge{}.0", level + 1), ConvShape::new(inner, inner, 3));
        Ok(Self {
            output: [output(0)?, output(1)?, output(2)?],
            merge: [merge(0)?, merge(1)?],
            activation: activation(inner),
        })
    }

    /// Three maps with equal channels, each knowing what the coarser ones know.
    pub fn forward(&self, [a, b, c]: [Tensor<4>; 3], watch: Watch<'_>) -> [Tensor<4>; 3] {
        let a = self.output[0].activated(a, self.activation, watch);
        let b = self.output[1].activated(b, self.activation, watch);
        let c = self.output[2].activated(c, self.activation, watch);
        let b = b.clone() + nn::nearest(c.clone(), nn::size_of(&b));
        let b = self.merge[1].activated(b, self.activation, watch);
        let a = a.clone() + nn::nearest(b.clone(), nn::size_of(&a));
        let a = self.merge[0].activated(a, self.activation, watch);
        [a, b, c]
    }
}

/// Sees 3x3, 5x5 and 7x7 around each point, the larger windows as chains of 3x3.
#[derive(Debug)]
pub struct Ssh {
    three: Conv,
    five: [Conv; 2],
    seven: [Conv; 2],
    activation: Activation,
}

impl Ssh {
    /// Takes the tensors that start with `name`.
    pub fn load(weights: &Weights, name: &str, inner: usize) -> Result<Self, MlError> {
        let (half, quarter) = (inner / 2, inner / 4);
        let conv = |part: &str, from, to| Conv::load(weights, &format!("{name}.{part}.0"), ConvShape::new(from, to, 3));
        Ok(Self {
            three: conv("conv3X3", inner, half)?,
            five: [conv("conv5X5_1", inner, quarter)?, conv("conv5X5_2", quarter, quarter)?],
            // The small x is upstream's.
            seven: [conv("conv7X7_2", quarter, quarter)?, conv("conv7x7_3", quarter, quarter)?],
            activation: activation(inner),
        })
    }

    /// As many channels as came in.
    pub fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let three = self.three.forward(x.clone(), watch);
        let shared = self.five[0].activated(x, self.activation, watch);
        let five = self.five[1].forward(shared.clone(), watch);
        let seven = self.seven[0].activated(shared, self.activation, watch);
        let seven = self.seven[1].forward(seven, watch);
        relu(Tensor::cat(vec![three, five, seven], 1))
    }
}

/// What a head says about each point, `[pictures, anchors * n, height, width]` each.
#[derive(Debug)]
pub struct HeadMaps {
    /// Two logits an anchor: not a face, a face.
    pub class: Tensor<4>,
    /// Four numbers an anchor: shift of the centre and logarithms of the sides.
    pub boxes: Tensor<4>,
    /// Ten numbers an anchor: shifts of five points.
    pub landmarks: Tensor<4>,
}

/// The three heads of one level.
#[derive(Debug)]
pub struct Heads {
    class: Conv,
    boxes: Conv,
    landmarks: Conv,
}

impl Heads {
    /// Takes `ClassHead.LEVEL`, `BboxHead.LEVEL` and `LandmarkHead.LEVEL`.
    pub fn load(weights: &Weights, level: usize, inner: usize) -> Result<Self, MlError> {
        let conv = |head: &str, numbers: usize| {
            Conv::load(weights, &format!("{head}.{level}.conv1x1"), ConvShape::new(inner, ANCHORS * numbers, 1))
        };
        Ok(Self { class: conv("ClassHead", 2)?, boxes: conv("BboxHead", 4)?, landmarks: conv("LandmarkHead", 10)? })
    }

    /// What is at each point of `x`.
    pub fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> HeadMaps {
        HeadMaps {
            class: self.class.forward(x.clone(), watch),
            boxes: self.boxes.forward(x.clone(), watch),
            landmarks: self.landmarks.forward(x, watch),
        }
    }
}
