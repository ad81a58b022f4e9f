//! RetinaFace: boxes and five landmarks of faces, in one pass over the picture.
//!
//! - Paper: Deng et al., "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild", CVPR 2020.
//! - Upstream: biubug6/Pytorch_Retinaface (MIT), whose names the tensors have; yakhyo/retinaface-pytorch (MIT) is the same computation.
//! - Body: MobileNetV1 at a quarter of its width, or ResNet-50. [`body`] and [`neck`] are the network, [`anchors`] is what its numbers mean.
//! - Input: blue, green, red, 0..255 minus (104, 117, 123). Any size; this crate pads to multiples of 32, because that is what the
//!   three maps at 1/8, 1/16 and 1/32 divide evenly.
//!
//! A picture is looked at as large as it is given, never resized: faces of about 16 to 512 pixels are found, so the caller chooses with
//! the size what is small. 640 pixels on the long side finds faces of a fortieth of the picture.

pub mod anchors;
pub mod body;
pub mod neck;

use std::path::Path;

use burn::tensor::Tensor;
use tintype_pixels::{Face, Planes, Size};

use self::{
    anchors::{Level, Rules},
    body::{Body, BodyKind},
    neck::{Fpn, HeadMaps, Heads, Ssh},
};
use crate::{
    Device, MlError, Normalise, Weights,
    bridge::Bridge,
    nn::{Unwatched, Watch},
};

/// What the network wants of samples: blue, green and red without their means over faces.
pub const NORMALISE: Normalise =
    Normalise { from: [2, 1, 0], scale: 1.0, mean: [104.0, 117.0, 123.0], deviation: [1.0, 1.0, 1.0] };

/// What the sides of the network's input are multiples of: the stride of its coarsest map.
const COARSEST: u32 = 32;

/// The network that finds faces.
#[derive(Debug)]
pub struct RetinaFace {
    body: Body,
    fpn: Fpn,
    ssh: [Ssh; 3],
    heads: [Heads; 3],
    device: Device,
}

impl RetinaFace {
    /// The longest side that a picture may have; larger ones are to be made smaller first.
    pub const MAX_SIDE: u32 = 1024;

    /// Reads the weights of either body, told by the tensors' names.
    pub fn load(path: &Path, device: &Device) -> Result<Self, MlError> {
        let weights = Weights::open(path, device)?;
        let kind = if weights.has("body.conv1.weight") { BodyKind::ResNet50 } else { BodyKind::MobileNetQuarter };
        let inner = kind.inner_channels();
        let network = Self {
            body: Body::load(&weights, kind)?,
            fpn: Fpn::load(&weights, kind.channels(), inner)?,
            ssh: [
                Ssh::load(&weights, "ssh1", inner)?,
                Ssh::load(&weights, "ssh2", inner)?,
                Ssh::load(&weights, "ssh3", inner)?,
            ],
            heads: [
                Heads::load(&weights, 0, inner)?,
                Heads::load(&weights, 1, inner)?,
                Heads::load(&weights, 2, inner)?,
            ],
            device: device.clone(),
        };
        weights.finish(&[])?;
        Ok(network)
    }

    /// The faces in an upright 8-bit sRGB picture without alpha, the surest first; see [`Rules`] for which are kept.
    pub fn detect(&self, picture: &Planes) -> Result<Vec<Face>, MlError> {
        check(picture.size())?;
        let levels = self.levels(self.input(picture)?, &mut Unwatched)?;
        Ok(anchors::faces(&levels, &Rules::default()))
    }

    /// The faces in the first `size` of each working image on the GPU that this network is on. Of its pixels and of the network's
    /// answers nothing visits the host but the boxes that reach the score.
    pub fn detect_images(
        &self,
        bridge: &Bridge,
        images: &[wgpu::TextureView],
        size: Size,
    ) -> Result<Vec<Vec<Face>>, MlError> {
        let levels = self.heads(self.input_of_images(bridge, images, size)?, &mut Unwatched);
        (0..images.len()).map(|picture| self.faces_of(bridge, &levels, picture)).collect()
    }

    /// The network's input for the first `size` of each working image.
    pub fn input_of_images(
        &self,
        bridge: &Bridge,
        images: &[wgpu::TextureView],
        size: Size,
    ) -> Result<Tensor<4>, MlError> {
        check(size)?;
        bridge.tensor_from_images(images, size, &NORMALISE, padded(size), &self.device)
    }

    /// The faces that the heads see in `picture` of those they were shown.
    pub fn faces_of(&self, bridge: &Bridge, levels: &[HeadMaps; 3], picture: usize) -> Result<Vec<Face>, MlError> {
        let rules = Rules::default();
        Ok(anchors::chosen(bridge.proposals(levels, picture, &rules, &self.device)?, &rules))
    }

    /// The network's input for `picture`: normalised, padded with the mean on the right and below.
    pub fn input(&self, picture: &Planes) -> Result<Tensor<4>, MlError> {
        NORMALISE.tensor(picture, padded(picture.size()), &self.device)
    }

    /// What the heads say about `input`, finest map first. Waits for the device.
    pub fn levels(&self, input: Tensor<4>, watch: Watch<'_>) -> Result<[Level; 3], MlError> {
        // All is recorded before the first read: a GPU then works through it without waiting for the host.
        let [a, b, c] = self.heads(input, watch);
        let [fine, middle, coarse] = anchors::STRIDES;
        let level = |maps, stride| Level::read(maps, stride, &self.device);
        Ok([level(a, fine)?, level(b, middle)?, level(c, coarse)?])
    }

    /// The same where the network is.
    pub fn heads(&self, input: Tensor<4>, watch: Watch<'_>) -> [HeadMaps; 3] {
        let [a, b, c] = self.fpn.forward(self.body.forward(input, watch), watch);
        let features = [self.ssh[0].forward(a, watch), self.ssh[1].forward(b, watch), self.ssh[2].forward(c, watch)];
        let mut heads = self.heads.iter();
        features.map(|feature| heads.next().expect("three levels have three heads").forward(feature, watch))
    }
}

fn padded(size: Size) -> Size {
    Size::new(size.width.next_multiple_of(COARSEST), size.height.next_multiple_of(COARSEST))
}

fn check(size: Size) -> Result<(), MlError> {
    let longest = size.width.max(size.height);
    if size.is_empty() || longest > RetinaFace::MAX_SIDE {
        return Err(MlError::Sides { found: size, most: RetinaFace::MAX_SIDE });
    }
    Ok(())
}
