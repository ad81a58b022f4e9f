//! BiRefNet: the foreground to the hair, by looking at the picture again at each step of the way up.
//!
//! - Paper: Zheng et al., "Bilateral Reference for High-Resolution Dichotomous Image Segmentation", CAAI AIR 2024.
//! - Upstream: ZhengPeng7/BiRefNet (MIT), whose names the tensors have. Layers that only training uses are not read.
//! - Body: Swin Transformer ([`swin`]), tiny or large, run on the picture and on half of it.
//! - Input: red, green, blue, squashed to 1024x1024; any multiple of 32 works. All resizing in it keeps the corners in place.
//!
//! Where upstream's way takes more memory than it must, the same is computed in another order: see the heads of `aspp.rs` and `last.rs`.

mod aspp;
mod last;
pub mod swin;

use burn::tensor::{Tensor, activation::sigmoid};

use self::{
    aspp::{DecoderBlock, INNER},
    last::Last,
    swin::{Swin, SwinShape},
};
use crate::{
    MlError, Weights,
    nn::{self, Activation, Conv, ConvShape, Watch},
};

/// The shape with the tiny body, upstream's "lite".
pub const LITE: SwinShape = SwinShape { channels: 96, blocks: [2, 2, 6, 2], heads: [3, 6, 12, 24], window: 7 };
/// The shape with the large body.
pub const FULL: SwinShape = SwinShape { channels: 192, blocks: [2, 2, 18, 2], heads: [6, 12, 24, 48], window: 12 };

/// Tensors that a file may have for training's sake.
pub(super) const UNNEEDED: &[&str] = &["decoder.conv_ms_spvn_", "decoder.gdt_convs_pred_"];

/// What the input's sides are multiples of.
pub const COARSEST: usize = 32;

/// The network, on tensors.
#[derive(Debug)]
pub struct BiRefNet {
    body: Swin,
    squeeze: DecoderBlock,
    /// From the coarsest to the finest, numbered 4 to 1 upstream.
    steps: Vec<Step>,
    last: Last,
}

/// One step of the way up.
#[derive(Debug)]
struct Step {
    look: Look,
    block: DecoderBlock,
    /// Attention to edges and what the way down knew at the next size; none at the last step.
    next: Option<Next>,
}

#[derive(Debug)]
struct Next {
    edges: Conv,
    attention: Conv,
    lateral: Conv,
}

impl BiRefNet {
    /// Takes all tensors of a network with this body.
    pub fn load(weights: &Weights, shape: SwinShape) -> Result<Self, MlError> {
        // The picture and half of it are seen together.
        let [c1, c2, c3, c4] = shape.widths().map(|width| 2 * width);
        let body = Swin::load(weights, shape)?;
        let squeeze = DecoderBlock::load(weights, "squeeze_module.0", c1 + c2 + c3 + c4, c4)?;
        let mut steps = Vec::with_capacity(4);
        for (number, from, seen, to) in [(4, c4, c4, c3), (3, c3, c4, c2), (2, c2, c3, c1), (1, c1, c2, c1 / 2)] {
            let conv = |part: &str, shape| Conv::load(weights, &format!("decoder.{part}"), shape);
            let next = if number == 1 {
                None
            } else {
                Some(Next {
                    edges: conv(&format!("gdt_convs_{number}.0"), ConvShape::new(to, 16, 3))?,
                    attention: conv(&format!("gdt_convs_attn_{number}.0"), ConvShape::new(16, 1, 1))?,
                    lateral: conv(&format!("lateral_block{number}.conv"), ConvShape::new(to, to, 1))?,
                })
            };
            // Tiles as large as the level's map: as many as the level is smaller than the picture.
            let tiles = COARSEST >> (4 - number);
            steps.push(Step {
                look: Look::load(weights, number + 1, 3 * tiles * tiles, seen / 8)?,
                block: DecoderBlock::load(weights, &format!("decoder.decoder_block{number}"), from + seen / 8, to)?,
                next,
            });
        }
        let last = Last::load(weights, c1 / 2, c1 / 8)?;
        Ok(Self { body, squeeze, steps, last })
    }

    /// The matte of `x`, `[1, 1, height, width]` from 0 to 1, at the size of `x`, whose sides are multiples of [`COARSEST`].
    pub fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let [height, width] = nn::size_of(&x);
        let whole = self.body.forward(x.clone(), watch);
        let half = self.body.forward(nn::bilinear_corners(x.clone(), [height / 2, width / 2]), &mut nn::Unwatched);
        let mut pairs = whole.into_iter().zip(half).map(|(whole, half)| {
            let half = nn::bilinear_corners(half, nn::size_of(&whole));
            Tensor::cat(vec![whole, half], 1)
        });
        let [x1, x2, x3, x4]: [Tensor<4>; 4] = std::array::from_fn(|_| pairs.next().expect("four maps of each"));
        let coarsest = nn::size_of(&x4);
        let mut context: Vec<_> = [&x1, &x2, &x3].map(|map| nn::bilinear_corners(map.clone(), coarsest)).into();
        context.push(x4);
        let mut p = self.squeeze.forward(context, watch);

        let mut finer = [x1, x2, x3].into_iter().rev();
        for step in &self.steps {
            let seen = step.look.forward(tiles(x.clone(), nn::size_of(&p)), watch);
            p = step.block.forward(vec![p, seen], watch);
            let (Some(next), Some(skip)) = (&step.next, finer.next()) else { break };
            let edges = next.edges.activated(p.clone(), Activation::Relu, watch);
            p = p * sigmoid(next.attention.forward(edges, watch));
            p = nn::bilinear_corners(p, nn::size_of(&skip)) + next.lateral.forward(skip, watch);
        }
        let answer = self.last.forward(p, x);
        watch.see("decoder.conv_out1.0", &answer);
        sigmoid(answer)
    }
}

/// The picture cut into tiles of `size` (height, width), which are stacked as channels: for each colour the tiles row by row.
fn tiles(x: Tensor<4>, [height, width]: [usize; 2]) -> Tensor<4> {
    let [_, colors, rows, columns] = x.dims();
    let (down, right) = (rows / height, columns / width);
    let x = x.reshape([colors, down, height, right, width]).permute([0, 1, 3, 2, 4]);
    x.reshape([1, colors * down * right, height, width])
}

/// Two convolutions without an activation between them.
#[derive(Debug)]
struct Look([Conv; 2]);

impl Look {
    fn load(weights: &Weights, number: usize, from: usize, to: usize) -> Result<Self, MlError> {
        let conv = |part: &str, shape| Conv::load(weights, &format!("decoder.ipt_blk{number}.{part}"), shape);
        Ok(Self([conv("conv1", ConvShape::new(from, INNER, 3))?, conv("conv_out", ConvShape::new(INNER, to, 3))?]))
    }

    fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let [first, second] = &self.0;
        second.forward(first.forward(x, watch), watch)
    }
}
