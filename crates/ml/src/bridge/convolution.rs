//! Our own convolution on burn's tensors.
//!
//! burn's computes one pixel by four channels and reads five vectors for sixteen products, and brings its input into an order of its own
//! first. What ours keeps in registers instead is at the head of `shaders/lib/convolution.wgsl`; [`suits`] says where it is used.
//!
//! Maps lie with their channels last, as burn's own convolution, pooling and resizing leave them. Channels that come in several parts
//! are never put together: the parts go through one after the other, each onto what the last one wrote.

use burn::{
    backend::{Wgpu, wgpu::CubeTensor},
    tensor::Tensor,
};
use half::f16;

use super::launch::{WORKGROUP, launch};
use crate::{
    Device, host,
    nn::{Activation, ConvShape},
};

mod params {
    tintype_wgsl::params! {
        /// Uniform of `convolution.wgsl` and its variant.
        pub(super) struct Params for crate::bridge::kernels::CONVOLUTION {
            size: [u32; 2],
            out: [u32; 2],
            step: [u32; 4],
            from4: u32,
            all4: u32,
            first4: u32,
            to4: u32,
            kernel: u32,
            stride: u32,
            dilation: u32,
            adds: u32,
            across: u32,
            blocks: u32,
            slope: f32,
            _pad0: u32,
        }
    }
}

/// How weights are kept on the device. Sums are in single precision either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// f32.
    Single,
    /// f16, two in a word: for weights that are no more than that in their file.
    Half,
}

/// Side of the largest window that goes through it.
const MOST_KERNEL: usize = 3;

/// Whether a convolution on a GPU is ours rather than burn's, by its shape.
///
/// Milliseconds on software Vulkan by `examples/convolutions.rs`, on a busy machine (2026-11), with an activation after it:
///
/// | channels | window | map | burn | ours, f32 | ours, f16 |
/// |---|---|---|---|---|---|
/// | 16 to 16 | 3x3 | 160 | 183 | 47 | 34 |
/// | 64 to 16 | 3x3 | 160 | 916 | 156 | 88 |
/// | 32 to 64 | 3x3 | 160 | 1580 | 332 | 234 |
/// | 64 to 64 | 3x3 | 80 | 713 | 161 | 124 |
/// | 128 to 128 | 3x3 | 40 | 710 | 153 | 110 |
/// | 64 to 16 | 3x3 | 80 | 189 | 37 | 30 |
/// | 256 to 256 | 3x3 | 20 | 1035 | 221 | 183 |
/// | 512 to 256 | 3x3 | 20 | 2133 | 384 | 212 |
/// | 256 to 256 | 3x3, dilation 2 | 20 | 654 | 148 | 126 |
/// | 64 to 32 | 3x3 | 40 | 96 | 20 | 18 |
/// | 16 to 16 | 3x3, dilation 8 | 10 | 2.3 | 0.2 | 0.1 |
/// | 64 to 64 | 3x3, stride 2 | 80 | 191 | 40 | 39 |
/// | 16 to 32 | 1x1 | 160 | 181 | 25 | 23 |
/// | 64 to 64 | 1x1 | 80 | 174 | 30 | 24 |
/// | 256 to 256 | 1x1 | 20 | 148 | 22 | 17 |
/// | 1024 to 256 | 1x1 | 40 | 3820 | 271 | 205 |
/// | 256 to 1024 | 1x1 | 40 | 2353 | 308 | 228 |
///
/// None of it was timed on a GPU.
pub fn suits(shape: ConvShape) -> bool {
    let ConvShape { from, to, kernel, groups, .. } = shape;
    // Vectors of four channels are what is read and written; of fewer than sixteen written, most of an invocation would be wasted.
    groups == 1 && kernel <= MOST_KERNEL && from.is_multiple_of(4) && to.is_multiple_of(4) && to >= 16
}

/// Channels that an invocation writes.
const SIXTEEN: usize = 16;
/// Columns and rows of pixels that an invocation writes.
const BLOCK: [usize; 2] = [4, 2];

/// A convolution with its weights on the device, in the kernel's order.
#[derive(Debug)]
pub struct Convolution {
    shape: ConvShape,
    precision: Precision,
    weights: Tensor<1>,
    bias: Tensor<1>,
}

impl Convolution {
    /// Of weights `[to, from, kernel, kernel]` and a bias for each channel written, of a shape that [`suits`].
    pub fn new(shape: ConvShape, weights: &[f32], bias: Vec<f32>, precision: Precision, device: &Device) -> Self {
        let ordered = ordered(shape, weights);
        let words = match precision {
            Precision::Single => ordered,
            Precision::Half => pairs(&ordered),
        };
        let (n, to) = (words.len(), bias.len());
        Self {
            shape,
            precision,
            weights: host::from_values(words, [n], device),
            bias: host::from_values(bias, [to], device),
        }
    }

    /// Bytes on the device.
    pub fn bytes(&self) -> usize {
        4 * (self.weights.dims()[0] + self.bias.dims()[0])
    }

    /// Of `parts`, `[pictures, channels, height, width]` each, as if their channels were put together, which are multiples of four.
    pub fn forward(&self, parts: Vec<Tensor<4>>, activation: Activation) -> Tensor<4> {
        let ConvShape { kernel, stride, dilation, .. } = self.shape;
        let last = parts.len().saturating_sub(1);
        let mut first = 0;
        let mut y = None;
        for (index, part) in parts.into_iter().enumerate() {
            let [pictures, from, height, width] = part.dims();
            // A window around each pixel, so the size is that of a stride of one, divided.
            let out = [height, width].map(|side| side.div_ceil(stride));
            let adds = y.is_some();
            let y =
                y.get_or_insert_with(|| Tensor::<4>::empty([pictures, out[0], out[1], self.shape.to], &part.device()));
            let x = channels_last(part);
            let [across, down] = [out[1].div_ceil(BLOCK[0]), out[0].div_ceil(BLOCK[1])];
            let blocks = (across * down) as u32;
            let params = params::Params {
                size: [width as u32, height as u32],
                out: [out[1] as u32, out[0] as u32],
                step: [height * width * from / 4, width * from / 4, from / 4, 0].map(|fours| fours as u32),
                from4: (from / 4) as u32,
                all4: (self.shape.from / 4) as u32,
                first4: (first / 4) as u32,
                to4: (self.shape.to / 4) as u32,
                kernel: kernel as u32,
                stride: stride as u32,
                dilation: dilation as u32,
                adds: u32::from(adds),
                across: across as u32,
                blocks,
                slope: if index == last { activation.slope() } else { 1.0 },
                _pad0: 0,
            };
            let kernel = match self.precision {
                Precision::Single => &super::kernels::CONVOLUTION,
                Precision::Half => &super::kernels::CONVOLUTION_HALF,
            };
            let groups = [blocks.div_ceil(WORKGROUP), self.shape.to.div_ceil(SIXTEEN) as u32, pictures as u32];
            let bound =
                [primitive(x), primitive(self.weights.clone()), primitive(self.bias.clone()), primitive(y.clone())];
            launch(kernel, &params, groups, &bound.each_ref());
            first += from;
        }
        y.expect("a convolution reads something").permute([0, 3, 1, 2])
    }
}

/// `x` with its channels last, dense.
fn channels_last(x: Tensor<4>) -> Tensor<4> {
    let x = x.permute([0, 2, 3, 1]);
    let dims = x.dims();
    // A view that is not dense is copied when its shape changes.
    x.reshape([dims.iter().product::<usize>()]).reshape(dims)
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> CubeTensor {
    tensor.try_into_primitive::<Wgpu>().expect("a network on the GPU is given tensors that are there")
}

/// Weights in the kernel's order: by sixteen channels written, tap, four channels read, four of the sixteen, one read, one written. Those
/// that are missing of the last sixteen are zero.
fn ordered(shape: ConvShape, weights: &[f32]) -> Vec<f32> {
    let ConvShape { from, to, kernel, .. } = shape;
    let taps = kernel * kernel;
    let mut ordered = vec![0.0; to.next_multiple_of(SIXTEEN) * from * taps];
    for (index, weight) in weights.iter().enumerate() {
        let (o, i, tap) = (index / (from * taps), index / taps % from, index % taps);
        let place = ((o / SIXTEEN * taps + tap) * (from / 4) + i / 4) * 4 + o % SIXTEEN / 4;
        ordered[(place * 4 + i % 4) * 4 + o % 4] = *weight;
    }
    ordered
}

/// Halves, two in the bits of a float, the first of them low.
fn pairs(values: &[f32]) -> Vec<f32> {
    let bits = |value: f32| u32::from(f16::from_f32(value).to_bits());
    values.chunks_exact(2).map(|pair| f32::from_bits(bits(pair[0]) | bits(pair[1]) << 16)).collect()
}

#[cfg(test)]
mod tests {
    use tintype_wgsl::Kernel;

    use super::*;
    use crate::bridge::kernels;

    #[test]
    fn both_kernels_have_the_same_params() {
        let fields = |kernel: &Kernel| (kernel.params, kernel.params_bytes);
        assert_eq!(fields(&kernels::CONVOLUTION), fields(&kernels::CONVOLUTION_HALF));
    }

    /// Channels 4 to 7 and 16 written of eight read, 3x3.
    #[test]
    fn weights_lie_as_the_kernel_reads_them() {
        let shape = ConvShape::new(8, 20, 3);
        let weights: Vec<f32> = (0..20 * 8 * 9).map(|n| n as f32).collect();
        let ordered = ordered(shape, &weights);
        assert_eq!(ordered.len(), 32 * 8 * 9);
        let of = |o: usize, i: usize, tap: usize| weights[(o * 8 + i) * 9 + tap];
        // The first matrix: a column for each channel read.
        assert_eq!(
            ordered[..8],
            [of(0, 0, 0), of(1, 0, 0), of(2, 0, 0), of(3, 0, 0), of(0, 1, 0), of(1, 1, 0), of(2, 1, 0), of(3, 1, 0)]
        );
        // Then channels 4 to 7, then the next four that are read, then the next tap, then the next sixteen.
        assert_eq!(ordered[16], of(4, 0, 0));
        assert_eq!(ordered[64], of(0, 4, 0));
        assert_eq!(ordered[128], of(0, 0, 1));
        assert_eq!(ordered[9 * 128], of(16, 0, 0));
        assert_eq!(ordered[9 * 128 + 16], 0.0, "there is no channel 20");
    }

    #[test]
    fn halves_are_exact_where_the_file_has_halves() {
        let values = [1.0, -2.5, 0.0, 65504.0, f16::MIN_POSITIVE_SUBNORMAL.to_f32(), -1.0 / 3.0];
        let found: Vec<f32> = pairs(&values)
            .into_iter()
            .flat_map(|pair| [pair.to_bits() & 0xffff, pair.to_bits() >> 16])
            .map(|bits| f16::from_bits(bits as u16).to_f32())
            .collect();
        assert_eq!(found[..5], values[..5]);
        assert!((found[5] - values[5]).abs() < 2e-4);
    }
}
