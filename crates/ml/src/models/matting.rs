//! The networks that make mattes, behind one door.

use std::path::Path;

use burn::tensor::Tensor;
use tintype_pixels::{Channels, Depth, Layout, Planes, Size};

use super::{
    birefnet::{self, BiRefNet},
    u2net::{Config, U2Net},
};
use crate::{
    Device, MlError, Normalise, Weights,
    bridge::Bridge,
    host,
    nn::{Unwatched, Watch},
};

/// Which network makes mattes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MattingKind {
    /// U²-Net with few channels: 4.6 MB of weights, looks at 320x320.
    U2Netp,
    /// U²-Net: 176 MB, looks at 320x320.
    U2Net,
    /// IS-Net: 176 MB, looks at 1024x1024.
    IsNet,
    /// BiRefNet with the tiny body: 178 MB, looks at 1024x1024.
    BiRefNetLite,
    /// BiRefNet with the large body: 885 MB, looks at 1024x1024.
    BiRefNet,
}

/// Of red, green and blue, over the pictures of ImageNet.
const IMAGENET: Normalise =
    Normalise { from: [0, 1, 2], scale: 1.0 / 255.0, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

impl MattingKind {
    /// All, by rising quality.
    pub const ALL: [Self; 5] = [Self::U2Netp, Self::U2Net, Self::IsNet, Self::BiRefNetLite, Self::BiRefNet];

    /// The name of the model in commands and of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::U2Netp => "u2netp",
            Self::U2Net => "u2net",
            Self::IsNet => "isnet",
            Self::BiRefNetLite => "birefnet-lite",
            Self::BiRefNet => "birefnet",
        }
    }

    /// What the network wants of samples.
    pub fn normalise(self) -> Normalise {
        match self {
            Self::IsNet => Normalise { mean: [0.5; 3], deviation: [1.0; 3], ..IMAGENET },
            Self::U2Netp | Self::U2Net | Self::BiRefNetLite | Self::BiRefNet => IMAGENET,
        }
    }

    /// The size of the picture that the network was trained on.
    pub fn input_size(self) -> Size {
        match self {
            Self::U2Netp | Self::U2Net => Size::new(320, 320),
            Self::IsNet | Self::BiRefNetLite | Self::BiRefNet => Size::new(1024, 1024),
        }
    }

    /// How many pictures go through the network together where several wait. A large one keeps a GPU busy by itself, and many of
    /// them would need gigabytes.
    pub fn batch(self) -> usize {
        match self {
            Self::U2Netp | Self::U2Net => 4,
            Self::IsNet | Self::BiRefNetLite | Self::BiRefNet => 1,
        }
    }
}

/// A network that makes mattes of pictures.
#[derive(Debug)]
pub struct Matting {
    kind: MattingKind,
    network: Network,
    device: Device,
}

#[derive(Debug)]
enum Network {
    U2Net(Box<U2Net>),
    BiRefNet(Box<BiRefNet>),
}

impl Matting {
    /// Reads the weights of `kind`.
    pub fn load(kind: MattingKind, path: &Path, device: &Device) -> Result<Self, MlError> {
        let weights = Weights::open(path, device)?;
        let (network, unneeded) = match kind {
            MattingKind::U2Netp => u2net(&weights, &Config::U2NETP)?,
            MattingKind::U2Net => u2net(&weights, &Config::U2NET)?,
            MattingKind::IsNet => u2net(&weights, &Config::ISNET)?,
            MattingKind::BiRefNetLite => birefnet(&weights, birefnet::LITE)?,
            MattingKind::BiRefNet => birefnet(&weights, birefnet::FULL)?,
        };
        weights.finish(unneeded)?;
        Ok(Self { kind, network, device: device.clone() })
    }

    /// Which network it is.
    pub fn kind(&self) -> MattingKind {
        self.kind
    }

    /// The size that pictures must have; whoever calls squashes them to it.
    pub fn input_size(&self) -> Size {
        self.kind.input_size()
    }

    /// How much each pixel of an upright 8-bit sRGB picture belongs to the foreground: one float a pixel, 0 to 1, at the picture's size.
    pub fn matte(&self, picture: &Planes) -> Result<Planes, MlError> {
        let size = picture.size();
        if size != self.input_size() {
            return Err(MlError::Size { found: size, needed: self.input_size() });
        }
        let values = host::to_values(self.forward(self.input(picture)?, &mut Unwatched), &self.device)?;
        let bytes = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
        let layout = Layout::new(Channels::Gray, Depth::F32);
        Ok(Planes::new(size, layout, bytes).expect("the matte has the picture's size"))
    }

    /// The same for working images on the GPU that this network is on, of each of which the first [`Self::input_size`] is looked at; the
    /// mattes are written to `mattes` as premultiplied white. No pixel visits the host, and nothing waits for the GPU.
    pub fn matte_images(
        &self,
        bridge: &Bridge,
        images: &[wgpu::TextureView],
        mattes: &[wgpu::TextureView],
    ) -> Result<(), MlError> {
        let input = self.input_of_images(bridge, images)?;
        bridge.images_from_tensor(self.forward(input, &mut Unwatched), mattes)
    }

    /// The network's input for the first [`Self::input_size`] of each working image.
    pub fn input_of_images(&self, bridge: &Bridge, images: &[wgpu::TextureView]) -> Result<Tensor<4>, MlError> {
        let size = self.input_size();
        bridge.tensor_from_images(images, size, &self.kind.normalise(), size, &self.device)
    }

    /// The network's input for a picture of any size.
    pub fn input(&self, picture: &Planes) -> Result<Tensor<4>, MlError> {
        self.kind.normalise().tensor(picture, picture.size(), &self.device)
    }

    /// The mattes `[pictures, 1, height, width]` of an input of as many pictures as [`MattingKind::batch`] allows, which may have another size than [`Self::input_size`]: any for U²-Net and
    /// IS-Net, multiples of [`birefnet::COARSEST`] for BiRefNet.
    pub fn forward(&self, input: Tensor<4>, watch: Watch<'_>) -> Tensor<4> {
        match &self.network {
            Network::U2Net(network) => network.forward(input, watch),
            Network::BiRefNet(network) => network.forward(input, watch),
        }
    }
}

type Loaded = (Network, &'static [&'static str]);

fn u2net(weights: &Weights, config: &Config) -> Result<Loaded, MlError> {
    Ok((Network::U2Net(Box::new(U2Net::load(weights, config)?)), config.unneeded()))
}

fn birefnet(weights: &Weights, shape: birefnet::swin::SwinShape) -> Result<Loaded, MlError> {
    Ok((Network::BiRefNet(Box::new(BiRefNet::load(weights, shape)?)), birefnet::UNNEEDED))
}
