//! The block that the family is made of: a small U-shaped network, its answer added to what it started from.

use burn::tensor::Tensor;

use crate::{
    MlError, Weights,
    nn::{self, Activation, Conv, ConvShape, Watch},
};

/// How a block sees far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By halving the map from level to level, and doubling the taps' distance at the last one.
    Halving,
    /// By doubling the taps' distance from level to level; the map keeps its size. For maps that are small already.
    Dilating,
}

/// A block's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RsuShape {
    /// How many levels: 7 in "RSU-7".
    pub levels: usize,
    /// How it sees far.
    pub reach: Reach,
    /// Channels read.
    pub from: usize,
    /// Channels of the levels below the first.
    pub inner: usize,
    /// Channels written.
    pub to: usize,
}

impl RsuShape {
    /// The distance of the taps on the way down, `level` from 1.
    fn dilation_down(self, level: usize) -> usize {
        match self.reach {
            Reach::Halving => 1 + usize::from(level == self.levels),
            Reach::Dilating => 1 << (level - 1),
        }
    }

    /// The distance of the taps on the way up, `level` from 1.
    fn dilation_up(self, level: usize) -> usize {
        match self.reach {
            Reach::Halving => 1,
            Reach::Dilating => 1 << (level - 1),
        }
    }

    /// Whether the map is halved on the way down from `level` to the next.
    fn halves_below(self, level: usize) -> bool {
        self.reach == Reach::Halving && level + 2 <= self.levels
    }
}

/// A block with its weights.
#[derive(Debug)]
pub struct Rsu {
    shape: RsuShape,
    entry: Conv,
    /// From the first level to the last.
    down: Vec<Conv>,
    /// From the first level to the last but one.
    up: Vec<Conv>,
}

impl Rsu {
    /// Takes the tensors that start with `name`.
    pub fn load(weights: &Weights, name: &str, shape: RsuShape) -> Result<Self, MlError> {
        let RsuShape { levels, from, inner, to, .. } = shape;
        let conv = |part: String, from, to, dilation| {
            Conv::load(weights, &format!("{name}.{part}.conv_s1"), ConvShape::new(from, to, 3).dilation(dilation))
        };
        let entry = conv("rebnconvin".to_owned(), from, to, 1)?;
        let down = (1..=levels).map(|level| {
            let from = if level == 1 { to } else { inner };
            conv(format!("rebnconv{level}"), from, inner, shape.dilation_down(level))
        });
        let down = down.collect::<Result<_, _>>()?;
        let up = (1..levels).map(|level| {
            let to = if level == 1 { to } else { inner };
            conv(format!("rebnconv{level}d"), 2 * inner, to, shape.dilation_up(level))
        });
        Ok(Self { shape, entry, down, up: up.collect::<Result<_, _>>()? })
    }

    /// The map, at its size, of several whose channels are as if one after the other.
    pub fn forward(&self, parts: Vec<Tensor<4>>, watch: Watch<'_>) -> Tensor<4> {
        let start = self.entry.joined(parts, Activation::Relu, watch);
        let mut skips = Vec::with_capacity(self.down.len());
        let mut x = start.clone();
        for (index, conv) in self.down.iter().enumerate() {
            x = conv.activated(x, Activation::Relu, watch);
            if index + 1 < self.down.len() {
                skips.push(x.clone());
                if self.shape.halves_below(index + 1) {
                    x = nn::halve(x);
                }
            }
        }
        for (conv, skip) in self.up.iter().zip(skips).rev() {
            let below = nn::bilinear(x, nn::size_of(&skip));
            x = conv.joined(vec![below, skip], Activation::Relu, watch);
        }
        x + start
    }
}
