//! U²-Net and its kin: which part of a picture is the thing it shows.
//!
//! - Papers: Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection", Pattern Recognition 2020;
//!   Qin et al., "Highly Accurate Dichotomous Image Segmentation" (IS-Net), ECCV 2022.
//! - Upstream: xuebinqin/U-2-Net and xuebinqin/DIS (Apache-2.0), whose names the tensors have.
//! - Three networks, one computation: a U of eleven blocks, each of which ([`rsu`]) is a U itself. [`Config`] is all that differs.
//!   U²-Net and U²-Netp say what they see at six sizes and weigh the six; IS-Net looks at a larger picture, starts by halving it, and only
//!   the finest of its answers counts, so the other five, made for training, are not computed.
//! - Input: red, green, blue, squashed to the network's size. Upstream divides by the picture's largest sample; here it is always 255,
//!   so that a dark picture stays dark. Nor is the answer stretched to 0 to 1, which would invent a foreground in a picture without one.

pub mod rsu;

use burn::tensor::{Tensor, activation::sigmoid};

use self::rsu::{
    Reach::{self, Dilating, Halving},
    Rsu, RsuShape,
};
use crate::{
    MlError, Weights,
    nn::{self, Conv, ConvShape, Watch},
};

/// What differs between the networks of the family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// Channels read, inner and written of `stage1` to `stage6`.
    down: [[usize; 3]; 6],
    /// The same of `stage1d` to `stage5d`.
    up: [[usize; 3]; 5],
    /// Channels of a 3x3 convolution that halves the picture before the first stage.
    entry: Option<usize>,
    /// Whether all six sides answer and are weighed, or the finest alone.
    fused: bool,
}

impl Config {
    /// U²-Netp.
    pub const U2NETP: Self = Self {
        down: [[3, 16, 64], [64, 16, 64], [64, 16, 64], [64, 16, 64], [64, 16, 64], [64, 16, 64]],
        up: [[128, 16, 64]; 5],
        entry: None,
        fused: true,
    };

    /// U²-Net.
    pub const U2NET: Self = Self {
        down: [[3, 32, 64], [64, 32, 128], [128, 64, 256], [256, 128, 512], [512, 256, 512], [512, 256, 512]],
        up: [[128, 16, 64], [256, 32, 64], [512, 64, 128], [1024, 128, 256], [1024, 256, 512]],
        ..Self::U2NETP
    };

    /// IS-Net.
    pub const ISNET: Self = Self {
        down: [[64, 32, 64], [64, 32, 128], [128, 64, 256], [256, 128, 512], [512, 256, 512], [512, 256, 512]],
        entry: Some(64),
        fused: false,
        ..Self::U2NET
    };

    /// Tensors that a file may have for training's sake.
    pub(super) fn unneeded(&self) -> &'static [&'static str] {
        if self.fused { &[] } else { &["side2.", "side3.", "side4.", "side5.", "side6."] }
    }
}

/// Levels and reach of the blocks of stages 1 to 6, the same on the way up.
const BLOCKS: [(usize, Reach); 6] =
    [(7, Halving), (6, Halving), (5, Halving), (4, Halving), (4, Dilating), (4, Dilating)];

/// One network of the family, on tensors.
#[derive(Debug)]
pub struct U2Net {
    entry: Option<Conv>,
    down: Vec<Rsu>,
    up: Vec<Rsu>,
    /// The finest first; one or six.
    sides: Vec<Conv>,
    fuse: Option<Conv>,
}

impl U2Net {
    /// Takes all tensors of a network of this shape.
    pub fn load(weights: &Weights, config: &Config) -> Result<Self, MlError> {
        let block = |name: String, stage: usize, [from, inner, to]: [usize; 3]| {
            let (levels, reach) = BLOCKS[stage];
            Rsu::load(weights, &name, RsuShape { levels, reach, from, inner, to })
        };
        let entry =
            config.entry.map(|to| Conv::load(weights, "conv_in", ConvShape::new(3, to, 3).stride(2))).transpose()?;
        let down = config.down.iter().enumerate().map(|(i, channels)| block(format!("stage{}", i + 1), i, *channels));
        let down = down.collect::<Result<_, _>>()?;
        let up = config.up.iter().enumerate().map(|(i, channels)| block(format!("stage{}d", i + 1), i, *channels));
        let up = up.collect::<Result<_, _>>()?;
        // A side reads what the way up wrote at its level; the coarsest, what the way down did.
        let written = config.up.iter().chain(config.down.last()).map(|[_, _, to]| *to);
        let sides = written.take(if config.fused { 6 } else { 1 }).enumerate();
        let sides = sides.map(|(i, from)| Conv::load(weights, &format!("side{}", i + 1), ConvShape::new(from, 1, 3)));
        let sides = sides.collect::<Result<_, _>>()?;
        let fuse = config.fused.then(|| Conv::load(weights, "outconv", ConvShape::new(6, 1, 1))).transpose()?;
        Ok(Self { entry, down, up, sides, fuse })
    }

    /// The matte of `x`, `[1, 1, height, width]` from 0 to 1, at the size of `x`.
    pub fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let size = nn::size_of(&x);
        let mut x = match &self.entry {
            Some(entry) => entry.forward(x, watch),
            None => x,
        };
        let mut maps = Vec::with_capacity(self.down.len());
        for (index, block) in self.down.iter().enumerate() {
            if index > 0 {
                x = nn::halve(x);
            }
            x = block.forward(vec![x], watch);
            maps.push(x.clone());
        }
        // On the way up each level's map takes the place of what the way down left there.
        for (level, block) in self.up.iter().enumerate().rev() {
            let below = nn::bilinear(x, nn::size_of(&maps[level]));
            x = block.forward(vec![below, maps[level].clone()], watch);
            maps[level] = x.clone();
        }
        let mut answers = Vec::with_capacity(self.sides.len());
        for (side, map) in self.sides.iter().zip(maps) {
            answers.push(nn::bilinear(side.forward(map, watch), size));
        }
        let answer = match &self.fuse {
            Some(fuse) => fuse.forward(Tensor::cat(answers, 1), watch),
            None => answers.swap_remove(0),
        };
        sigmoid(answer)
    }
}
