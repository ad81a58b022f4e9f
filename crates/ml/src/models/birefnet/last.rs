//! The last convolution, to one channel: of what the decoder made and of a last look at the picture at full size.
//!
//! Two changes, exact in real numbers. Upstream enlarges the decoder's channels and puts the look's beside them; the convolution being
//! linear, it is applied to each where it is, and its one channel is enlarged instead of fifty. The look is two convolutions without
//! an activation between them, and this one is the third: together they are one of 5x5 from three channels to one, worked out when the
//! weights are loaded, instead of 64 channels at full size. Only at the picture's edge, where the second sees zeros around the first's
//! answer, are there two.

use burn::tensor::{Tensor, module::conv2d, ops::ConvOptions};

use super::aspp::INNER;
use crate::{MlError, Weights, host, nn};

/// Colours.
const SEEN: usize = 3;

#[derive(Debug)]
pub(super) struct Last {
    /// `[1, channels, 1, 1]`.
    decoder: Tensor<4>,
    /// `[1, 3, 5, 5]`.
    look: Plain,
    /// The first 3x3, and the second with the third.
    edge: [Plain; 2],
}

/// A convolution that is no layer of upstream's.
#[derive(Debug)]
struct Plain {
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl Plain {
    /// Keeps the size.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, side, _] = self.weight.dims();
        conv2d(x, self.weight.clone(), Some(self.bias.clone()), options(side / 2))
    }
}

fn options(padding: usize) -> ConvOptions<2> {
    ConvOptions::new([1; 2], [padding; 2], [1; 2], 1)
}

impl Last {
    /// `decoder` and `look` are the channels that the last convolution reads of each.
    pub(super) fn load(weights: &Weights, decoder: usize, look: usize) -> Result<Self, MlError> {
        let device = weights.device();
        let last = weights.values("decoder.conv_out1.0.weight", [1, decoder + look, 1, 1])?;
        let bias = weights.values("decoder.conv_out1.0.bias", [1])?;
        let (of_decoder, of_look) = last.split_at(decoder);
        let first = weights.values("decoder.ipt_blk1.conv1.weight", [INNER, SEEN, 3, 3])?;
        let first_bias = weights.values("decoder.ipt_blk1.conv1.bias", [INNER])?;
        let second = weights.values("decoder.ipt_blk1.conv_out.weight", [look, INNER, 3, 3])?;
        let second_bias = weights.values("decoder.ipt_blk1.conv_out.bias", [look])?;

        let second = weighted(&second, of_look);
        let second_bias = f64::from(bias[0]) + weighted(&second_bias, of_look)[0];
        let (merged, merged_bias) = merged(&first, &first_bias, &second);
        let single = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<_>>();
        let plain = |values: Vec<f32>, shape, bias: Vec<f32>| Plain {
            weight: host::from_values(values, shape, device),
            bias: {
                let channels = bias.len();
                host::from_values(bias, [channels], device)
            },
        };
        Ok(Self {
            decoder: host::from_values(of_decoder.to_vec(), [1, decoder, 1, 1], device),
            look: plain(single(&merged), [1, SEEN, 5, 5], single(&[merged_bias + second_bias])),
            edge: [
                plain(first, [INNER, SEEN, 3, 3], first_bias),
                plain(single(&second), [1, INNER, 3, 3], single(&[second_bias])),
            ],
        })
    }

    /// One channel at the size of the picture `x`, from the decoder's `coarse` map.
    pub(super) fn forward(&self, coarse: Tensor<4>, x: Tensor<4>) -> Tensor<4> {
        let size = nn::size_of(&x);
        let coarse = conv2d(coarse, self.decoder.clone(), None, options(0));
        nn::bilinear_corners(coarse, size) + self.look(x)
    }

    fn look(&self, x: Tensor<4>) -> Tensor<4> {
        let [height, width] = nn::size_of(&x);
        // Three rows or columns of the picture are what one of the edge sees.
        let edge = |dim: usize, start: usize, kept: usize| {
            let [first, second] = &self.edge;
            second.forward(first.forward(x.clone().narrow(dim, start, 3))).narrow(dim, kept, 1)
        };
        let (top, bottom) = (edge(2, 0, 0), edge(2, height - 3, 2));
        let side = |start, kept| edge(3, start, kept).narrow(2, 1, height - 2);
        let inside = self.look.forward(x.clone()).narrow(2, 1, height - 2).narrow(3, 1, width - 2);
        let middle = Tensor::cat(vec![side(0, 0), inside, side(width - 3, 2)], 3);
        Tensor::cat(vec![top, middle, bottom], 2)
    }
}

/// The sum of equally long rows, each times its factor.
fn weighted(rows: &[f32], factors: &[f32]) -> Vec<f64> {
    let mut sum = vec![0.0; rows.len() / factors.len()];
    for (row, factor) in rows.chunks_exact(sum.len()).zip(factors) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += f64::from(*value) * f64::from(*factor);
        }
    }
    sum
}

/// Of a 3x3 convolution `[n, 3, 3, 3]` and one `[1, n, 3, 3]` after it the 5x5 that does both, and what the first's bias becomes.
fn merged(first: &[f32], bias: &[f32], second: &[f64]) -> (Vec<f64>, f64) {
    let mut weight = vec![0.0; SEEN * 25];
    for (first, second) in first.chunks_exact(SEEN * 9).zip(second.chunks_exact(9)) {
        for (at_first, value) in first.iter().enumerate() {
            let (color, y, x) = (at_first / 9, at_first / 3 % 3, at_first % 3);
            for (at_second, factor) in second.iter().enumerate() {
                weight[(color * 5 + y + at_second / 3) * 5 + x + at_second % 3] += f64::from(*value) * factor;
            }
        }
    }
    let bias = bias.iter().zip(second.chunks_exact(9)).map(|(bias, taps)| f64::from(*bias) * taps.iter().sum::<f64>());
    (weight, bias.sum())
}
