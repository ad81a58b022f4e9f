//! The body: Swin Transformer, attention in windows that move by half of their size from block to block.
//!
//! Paper: Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", ICCV 2021.
//! Between blocks maps are `[1, height, width, channels]`.

use burn::tensor::{
    Tensor,
    activation::{gelu, softmax},
    module::{conv2d, layer_norm, linear},
    ops::{ConvOptions, PadMode},
};

use crate::{Device, MlError, Weights, host, nn::Watch};

/// How large a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwinShape {
    /// Channels after the first layer; they double from stage to stage.
    pub channels: usize,
    /// Blocks of each stage.
    pub blocks: [usize; 4],
    /// Heads of attention in each stage; they divide the stage's channels.
    pub heads: [usize; 4],
    /// Side of a window.
    pub window: usize,
}

impl SwinShape {
    /// Channels of the four maps, finest first.
    pub fn widths(self) -> [usize; 4] {
        [1, 2, 4, 8].map(|factor| factor * self.channels)
    }
}

/// Pixels from one point of the finest map to the next.
const PATCH: usize = 4;
const EPSILON: f64 = 1e-5;
/// Neurons between the two layers of a block's perceptron, per channel.
const GROWTH: usize = 4;

/// The body with its weights.
#[derive(Debug)]
pub struct Swin {
    first: (Tensor<4>, Tensor<1>),
    first_norm: Norm,
    stages: Vec<Stage>,
    window: usize,
    device: Device,
}

#[derive(Debug)]
struct Stage {
    name: String,
    blocks: Vec<Block>,
    answer: Norm,
    /// Of 2x2 points one with twice the channels; none after the last stage.
    merge: Option<(Norm, Tensor<2>)>,
}

impl Swin {
    /// Takes the tensors that start with `bb.`.
    pub fn load(weights: &Weights, shape: SwinShape) -> Result<Self, MlError> {
        let mut stages = Vec::with_capacity(4);
        for (index, width) in shape.widths().into_iter().enumerate() {
            let name = format!("bb.layers.{index}");
            let blocks = (0..shape.blocks[index]).map(|block| {
                Block::load(weights, &format!("{name}.blocks.{block}"), width, shape.heads[index], shape.window)
            });
            let blocks = blocks.collect::<Result<_, _>>()?;
            let merge = if index < 3 {
                let norm = Norm::load(weights, &format!("{name}.downsample.norm"), 4 * width)?;
                let reduce = weights.tensor(&format!("{name}.downsample.reduction.weight"), [2 * width, 4 * width])?;
                Some((norm, reduce.transpose()))
            } else {
                None
            };
            let answer = Norm::load(weights, &format!("bb.norm{index}"), width)?;
            stages.push(Stage { name, blocks, answer, merge });
        }
        let first = "bb.patch_embed.proj";
        Ok(Self {
            first: (
                weights.tensor(&format!("{first}.weight"), [shape.channels, 3, PATCH, PATCH])?,
                weights.tensor(&format!("{first}.bias"), [shape.channels])?,
            ),
            first_norm: Norm::load(weights, "bb.patch_embed.norm", shape.channels)?,
            stages,
            window: shape.window,
            device: weights.device().clone(),
        })
    }

    /// Four maps `[1, channels, height, width]` at 1/4, 1/8, 1/16 and 1/32 of `x`, whose sides are multiples of four.
    pub fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> [Tensor<4>; 4] {
        let (weight, bias) = self.first.clone();
        let x = conv2d(x, weight, Some(bias), ConvOptions::new([PATCH; 2], [0; 2], [1; 2], 1));
        let mut x = self.first_norm.forward(x.permute([0, 2, 3, 1]));
        let mut maps = Vec::with_capacity(4);
        for stage in &self.stages {
            let mask = Mask::new(&x, self.window, &self.device);
            for (index, block) in stage.blocks.iter().enumerate() {
                x = block.forward(x, if index % 2 == 0 { None } else { Some(&mask) });
                watch.see(&format!("{}.blocks.{index}", stage.name), &x);
            }
            maps.push(stage.answer.forward(x.clone()).permute([0, 3, 1, 2]));
            if let Some((norm, reduce)) = &stage.merge {
                x = linear(norm.forward(quartered(x)), reduce.clone(), None);
            }
        }
        let mut maps = maps.into_iter();
        std::array::from_fn(|_| maps.next().expect("four stages give four maps"))
    }
}

/// Of each 2x2 points one with all their channels: upper left, lower left, upper right, lower right. Odd sides are padded.
fn quartered(x: Tensor<4>) -> Tensor<4> {
    let [_, height, width, channels] = x.dims();
    let x = padded(x, height % 2, width % 2);
    let (rows, columns) = (height.div_ceil(2), width.div_ceil(2));
    // [row, y, column, x, channel] → [row, column, x, y, channel]
    let x = x.reshape([rows, 2, columns, 2, channels]).permute([0, 2, 3, 1, 4]);
    x.reshape([1, rows, columns, 4 * channels])
}

/// Zeros below and on the right.
fn padded(x: Tensor<4>, below: usize, right: usize) -> Tensor<4> {
    if below == 0 && right == 0 { x } else { x.pad([(0, 0), (0, below), (0, right), (0, 0)], PadMode::Constant(0.0)) }
}

/// Scale and shift after every point is brought to mean 0 and deviation 1 over its channels.
#[derive(Debug)]
struct Norm {
    scale: Tensor<1>,
    shift: Tensor<1>,
}

impl Norm {
    fn load(weights: &Weights, name: &str, width: usize) -> Result<Self, MlError> {
        Ok(Self {
            scale: weights.tensor(&format!("{name}.weight"), [width])?,
            shift: weights.tensor(&format!("{name}.bias"), [width])?,
        })
    }

    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        layer_norm(x, self.scale.clone(), Some(self.shift.clone()), EPSILON)
    }
}

/// Every point's channels by a matrix, and a bias.
#[derive(Debug)]
struct Linear {
    weight: Tensor<2>,
    bias: Tensor<1>,
}

impl Linear {
    fn load(weights: &Weights, name: &str, from: usize, to: usize) -> Result<Self, MlError> {
        Ok(Self {
            // Upstream keeps matrices by rows of outputs.
            weight: weights.tensor(&format!("{name}.weight"), [to, from])?.transpose(),
            bias: weights.tensor(&format!("{name}.bias"), [to])?,
        })
    }

    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        linear(x, self.weight.clone(), Some(self.bias.clone()))
    }
}

#[derive(Debug)]
struct Block {
    before: Norm,
    questions: Linear,
    /// `[1, heads, points, points]`: what their places in the window add to the attention of two points.
    places: Tensor<4>,
    answer: Linear,
    after: Norm,
    grow: Linear,
    shrink: Linear,
    heads: usize,
    window: usize,
}

impl Block {
    fn load(weights: &Weights, name: &str, width: usize, heads: usize, window: usize) -> Result<Self, MlError> {
        let linear = |part: &str, from, to| Linear::load(weights, &format!("{name}.{part}"), from, to);
        let span = 2 * window - 1;
        let table = weights.values(&format!("{name}.attn.relative_position_bias_table"), [span * span, heads])?;
        Ok(Self {
            before: Norm::load(weights, &format!("{name}.norm1"), width)?,
            questions: linear("attn.qkv", width, 3 * width)?,
            places: places(&table, heads, window, weights.device()),
            answer: linear("attn.proj", width, width)?,
            after: Norm::load(weights, &format!("{name}.norm2"), width)?,
            grow: linear("mlp.fc1", width, GROWTH * width)?,
            shrink: linear("mlp.fc2", GROWTH * width, width)?,
            heads,
            window,
        })
    }

    /// Windows are moved where there is a mask.
    fn forward(&self, x: Tensor<4>, moved: Option<&Mask>) -> Tensor<4> {
        let [_, height, width, channels] = x.dims();
        let side = self.window;
        let (rows, columns) = (height.div_ceil(side), width.div_ceil(side));
        let y = padded(self.before.forward(x.clone()), rows * side - height, columns * side - width);
        let shift = side / 2;
        let y = if moved.is_some() { rolled(y, shift, shift) } else { y };
        // [row, y, column, x, channel] → [window, point, channel]
        let y = y.reshape([rows, side, columns, side, channels]).permute([0, 2, 1, 3, 4]);
        let y = self.attend(y.reshape([rows * columns, side * side, channels]), moved.map(|mask| mask.0.clone()));
        let y = y.reshape([rows, columns, side, side, channels]).permute([0, 2, 1, 3, 4]);
        let y = y.reshape([1, rows * side, columns * side, channels]);
        let y = if moved.is_some() { rolled(y, rows * side - shift, columns * side - shift) } else { y };
        let x = x + y.narrow(1, 0, height).narrow(2, 0, width);
        let y = self.shrink.forward(gelu(self.grow.forward(self.after.forward(x.clone()))));
        x + y
    }

    /// Attention within each window, `[windows, points, channels]`.
    fn attend(&self, x: Tensor<3>, mask: Option<Tensor<4>>) -> Tensor<3> {
        let [windows, points, channels] = x.dims();
        let (heads, depth) = (self.heads, channels / self.heads);
        // [window, point, question|key|value, head, depth] → three of [window, head, point, depth]
        let x = self.questions.forward(x).reshape([windows, points, 3, heads, depth]).permute([2, 0, 3, 1, 4]);
        let part = |n: usize| x.clone().narrow(0, n, 1).reshape([windows, heads, points, depth]);
        let scores = (part(0) * (depth as f64).powf(-0.5)).matmul(part(1).swap_dims(2, 3)) + self.places.clone();
        let scores = match mask {
            Some(mask) => scores + mask,
            None => scores,
        };
        let y = softmax(scores, 3).matmul(part(2));
        self.answer.forward(y.permute([0, 2, 1, 3]).reshape([windows, points, channels]))
    }
}

/// The map with its first `down` rows and `right` columns brought to the ends.
fn rolled(x: Tensor<4>, down: usize, right: usize) -> Tensor<4> {
    let turn = |x: Tensor<4>, dim: usize, by: usize| {
        let length = x.dims()[dim];
        let start = x.clone().narrow(dim, 0, by);
        Tensor::cat(vec![x.narrow(dim, by, length - by), start], dim)
    };
    turn(turn(x, 1, down), 2, right)
}

/// Looks up the table's row for each two points of a window: it depends on the way from one to the other alone.
fn places(table: &[f32], heads: usize, window: usize, device: &Device) -> Tensor<4> {
    let span = 2 * window - 1;
    let points = window * window;
    let mut values = Vec::with_capacity(heads * points * points);
    for head in 0..heads {
        for a in 0..points {
            for b in 0..points {
                let rows = a / window + window - 1 - b / window;
                let columns = a % window + window - 1 - b % window;
                values.push(table[(rows * span + columns) * heads + head]);
            }
        }
    }
    host::from_values(values, [1, heads, points, points], device)
}

/// Keeps points apart that only the moving of windows over the edge brought together, `[windows, 1, points, points]`.
#[derive(Debug)]
struct Mask(Tensor<4>);

/// What the softmax leaves nothing of.
const APART: f32 = -100.0;

impl Mask {
    fn new(x: &Tensor<4>, window: usize, device: &Device) -> Self {
        let [_, height, width, _] = x.dims();
        let (rows, columns) = (height.div_ceil(window), width.div_ceil(window));
        // After the moving, the last window of a row holds what was left and right of the cut; all before it are whole.
        let region = |at: usize, windows: usize| match at {
            at if at < (windows - 1) * window => 0,
            at if at < windows * window - window / 2 => 1,
            _ => 2,
        };
        let points = window * window;
        let mut values = Vec::with_capacity(rows * columns * points * points);
        for at in 0..rows * columns {
            let of = |point: usize| {
                let y = at / columns * window + point / window;
                let x = at % columns * window + point % window;
                (region(y, rows), region(x, columns))
            };
            for a in 0..points {
                values.extend((0..points).map(|b| if of(a) == of(b) { 0.0 } else { APART }));
            }
        }
        Self(host::from_values(values, [rows * columns, 1, points, points], device))
    }
}
