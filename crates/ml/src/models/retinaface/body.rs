//! The two bodies: what a picture looks like at an eighth, a sixteenth and a thirty-second of its size.

use burn::tensor::{Tensor, activation::relu};

use crate::{
    MlError, Weights,
    nn::{self, Activation, Conv, ConvShape, Watch},
};

/// Which body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// MobileNetV1, a quarter of its width.
    MobileNetQuarter,
    /// ResNet-50, with the stride of a stage in the 3x3 convolution of its first block.
    ResNet50,
}

impl BodyKind {
    /// Channels of the three maps, finest first.
    pub fn channels(self) -> [usize; 3] {
        match self {
            Self::MobileNetQuarter => [64, 128, 256],
            Self::ResNet50 => [512, 1024, 2048],
        }
    }

    /// Channels from the pyramid on.
    pub fn inner_channels(self) -> usize {
        match self {
            Self::MobileNetQuarter => 64,
            Self::ResNet50 => 256,
        }
    }
}

/// A body with its weights.
#[derive(Debug)]
pub struct Body(Kind);

#[derive(Debug)]
enum Kind {
    MobileNet { first: Conv, stages: [Vec<Separable>; 3] },
    ResNet { first: Conv, stages: [Vec<Bottleneck>; 4] },
}

/// Channels written and stride of each separable convolution, by stage; the first stage starts with a plain one of eight channels.
const MOBILENET: [&[(usize, usize)]; 3] = [
    &[(16, 1), (32, 2), (32, 1), (64, 2), (64, 1)],
    &[(128, 2), (128, 1), (128, 1), (128, 1), (128, 1), (128, 1)],
    &[(256, 2), (256, 1)],
];
const MOBILENET_FIRST: usize = 8;

/// The activation in MobileNet.
const LEAKY: Activation = Activation::Leaky(0.1);

/// Blocks and inner channels of each stage; each block answers with four times the inner channels.
const RESNET: [(usize, usize); 4] = [(3, 64), (4, 128), (6, 256), (3, 512)];
const RESNET_FIRST: usize = 64;

impl Body {
    /// Takes the tensors that start with `body.`.
    pub fn load(weights: &Weights, kind: BodyKind) -> Result<Self, MlError> {
        match kind {
            BodyKind::MobileNetQuarter => Self::load_mobilenet(weights),
            BodyKind::ResNet50 => Self::load_resnet(weights),
        }
    }

    fn load_mobilenet(weights: &Weights) -> Result<Self, MlError> {
        let first = Conv::load(weights, "body.stage1.0.0", ConvShape::new(3, MOBILENET_FIRST, 3).stride(2))?;
        let mut stages = [vec![], vec![], vec![]];
        let mut from = MOBILENET_FIRST;
        for (stage, layers) in MOBILENET.iter().enumerate() {
            // Upstream numbers the plain convolution as layer 0 of the first stage.
            let before = usize::from(stage == 0);
            for (layer, (to, stride)) in layers.iter().enumerate() {
                let name = format!("body.stage{}.{}", stage + 1, before + layer);
                stages[stage].push(Separable::load(weights, &name, from, *to, *stride)?);
                from = *to;
            }
        }
        Ok(Self(Kind::MobileNet { first, stages }))
    }

    fn load_resnet(weights: &Weights) -> Result<Self, MlError> {
        let first = Conv::load(weights, "body.conv1", ConvShape::new(3, RESNET_FIRST, 7).stride(2))?;
        let mut stages = [vec![], vec![], vec![], vec![]];
        let mut from = RESNET_FIRST;
        for (stage, (blocks, inner)) in RESNET.iter().enumerate() {
            for block in 0..*blocks {
                let stride = if block == 0 && stage > 0 { 2 } else { 1 };
                let name = format!("body.layer{}.{block}", stage + 1);
                stages[stage].push(Bottleneck::load(weights, &name, from, *inner, stride)?);
                from = 4 * inner;
            }
        }
        Ok(Self(Kind::ResNet { first, stages }))
    }

    /// The three maps, finest first.
    pub fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> [Tensor<4>; 3] {
        match &self.0 {
            Kind::MobileNet { first, stages } => {
                let x = first.activated(x, LEAKY, watch);
                let [a, b, c] = stages;
                let a = a.iter().fold(x, |x, layer| layer.forward(x, watch));
                let b = b.iter().fold(a.clone(), |x, layer| layer.forward(x, watch));
                let c = c.iter().fold(b.clone(), |x, layer| layer.forward(x, watch));
                [a, b, c]
            }
            Kind::ResNet { first, stages } => {
                let x = first.activated(x, Activation::Relu, watch);
                let x = nn::halve_wide(x);
                let [fine, a, b, c] = stages;
                let x = fine.iter().fold(x, |x, block| block.forward(x, watch));
                let a = a.iter().fold(x, |x, block| block.forward(x, watch));
                let b = b.iter().fold(a.clone(), |x, block| block.forward(x, watch));
                let c = c.iter().fold(b.clone(), |x, block| block.forward(x, watch));
                [a, b, c]
            }
        }
    }
}

/// Each channel by itself, then the channels of each pixel.
#[derive(Debug)]
struct Separable {
    depthwise: Conv,
    pointwise: Conv,
}

impl Separable {
    fn load(weights: &Weights, name: &str, from: usize, to: usize, stride: usize) -> Result<Self, MlError> {
        Ok(Self {
            depthwise: Conv::load(weights, &format!("{name}.0"), ConvShape::depthwise(from).stride(stride))?,
            pointwise: Conv::load(weights, &format!("{name}.3"), ConvShape::new(from, to, 1))?,
        })
    }

    fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let x = self.depthwise.activated(x, LEAKY, watch);
        self.pointwise.activated(x, LEAKY, watch)
    }
}

/// Fewer channels, a 3x3 convolution, more channels, and what came in added.
#[derive(Debug)]
struct Bottleneck {
    reduce: Conv,
    middle: Conv,
    expand: Conv,
    /// Where size or channels change, what came in is brought along by a 1x1 convolution.
    shortcut: Option<Conv>,
}

impl Bottleneck {
    fn load(weights: &Weights, name: &str, from: usize, inner: usize, stride: usize) -> Result<Self, MlError> {
        let to = 4 * inner;
        let conv = |part: &str, shape| Conv::load(weights, &format!("{name}.{part}"), shape);
        let changes = stride != 1 || from != to;
        Ok(Self {
            reduce: conv("conv1", ConvShape::new(from, inner, 1))?,
            middle: conv("conv2", ConvShape::new(inner, inner, 3).stride(stride))?,
            expand: conv("conv3", ConvShape::new(inner, to, 1))?,
            shortcut: changes.then(|| conv("downsample.0", ConvShape::new(from, to, 1).stride(stride))).transpose()?,
        })
    }

    fn forward(&self, x: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        let y = self.reduce.activated(x.clone(), Activation::Relu, watch);
        let y = self.middle.activated(y, Activation::Relu, watch);
        let y = self.expand.forward(y, watch);
        let x = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x, watch),
            None => x,
        };
        relu(x + y)
    }
}
