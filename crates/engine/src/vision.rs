//! What planning asks of models that look at pictures, without knowing any.
//!
//! [`Vision`] finds faces for `gravity=face` and mattes for `segment=foreground`. The engine makes the copies that are
//! looked at ([`Plan::analysis`](crate::Plan::analysis), [`Plan::view`](crate::Plan::view)) on the device and plans with
//! the answers; networks, weights and where they run are the implementation's.

use std::{error::Error, fmt};

pub use tintype_options::SegmentModel;
use tintype_pixels::{Face, Fault, Planes, Size};

use crate::{Gpu, Space, gpu::Lent};

/// What is looked at: a picture upright, without transparency, on white.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// 8-bit sRGB samples on the host.
    Samples(&'a Planes),
    /// The first `size` of a working image on the engine's device, in the engine's working space, half precision.
    Image {
        /// Read, never written.
        texture: &'a wgpu::Texture,
        /// Width and height of the picture; the texture may be larger.
        size: Size,
    },
}

impl View<'_> {
    /// Width and height of the picture.
    pub fn size(&self) -> Size {
        match self {
            Self::Samples(samples) => samples.size(),
            Self::Image { size, .. } => *size,
        }
    }
}

/// How much of every pixel belongs to the foreground, 0 to 1, for all of a view, at any size.
#[derive(Debug)]
pub enum MatteOf {
    /// One channel of floats on the host.
    Samples(Planes),
    /// The red channel of the first `size` of a texture on the engine's device. The work that writes it is submitted.
    Image {
        /// Of [`Gpu::lend`]. May be read by kernels.
        texture: Lent,
        /// Width and height of the matte; the texture may be larger.
        size: Size,
    },
}

/// Where models look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At samples, on the host.
    Host,
    /// At textures, on the engine's device.
    Device,
}

/// Something that looks at pictures. Asked from any thread, for several pictures at once.
pub trait Vision: fmt::Debug + Send + Sync {
    /// Whether the device is to have all that its adapter can do, because kernels of others may run on it.
    fn shares_device(&self) -> bool {
        false
    }

    /// Called once, before anything else, with the device that pictures are transformed on and the space of its working
    /// images.
    ///
    /// # Errors
    /// When models are to run on this device and cannot.
    fn attach(&self, _gpu: &Gpu, _space: Space) -> Result<(), VisionError> {
        Ok(())
    }

    /// Makes ready what is there, so that the first picture does not wait, and says what that is and where it runs, in a
    /// few words. Blocks.
    ///
    /// # Errors
    /// When something is there and cannot be used; that something is missing is no error.
    fn prepare(&self) -> Result<String, VisionError>;

    /// Whether what models run on has failed in a way that another picture would meet too: a panic in a runtime on the device.
    /// The device and the models are to be made anew then.
    fn is_broken(&self) -> bool {
        false
    }

    /// Where it looks.
    fn place(&self) -> Place {
        Place::Host
    }

    /// What finds faces, by name, for counters.
    fn detector(&self) -> &'static str {
        "faces"
    }

    /// What [`matte`](Self::matte) goes by for `model`, by name, for counters.
    fn matting(&self, model: Option<SegmentModel>) -> &'static str {
        model.map_or("matting", SegmentModel::name)
    }

    /// The faces of `view`, a copy with at most 1,024 pixels per side; boxes in its pixels.
    ///
    /// # Errors
    /// When there is no model for that, or it fails.
    fn faces(&self, view: View<'_>) -> Result<Vec<Face>, VisionError>;

    /// The size of the copy that [`matte`](Self::matte) wants of a picture of `size`, for `model` or for one of its own
    /// choice; the ratio need not be kept.
    ///
    /// # Errors
    /// When there is no such model.
    fn matte_view(&self, size: Size, model: Option<SegmentModel>) -> Result<Size, VisionError>;

    /// How much of every pixel of `view` belongs to the foreground, by `model` or by one of its own choice.
    ///
    /// # Errors
    /// When there is no such model, or it fails.
    fn matte(&self, view: View<'_>, model: Option<SegmentModel>) -> Result<MatteOf, VisionError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// The model is not there.
    #[error("{wanted} needs a model that is not installed: {remedy}")]
    NotInstalled {
        /// The option that was asked for.
        wanted: &'static str,
        /// What installs it.
        remedy: String,
    },
    /// Too many pictures are being looked at.
    #[error("too many pictures are being looked at")]
    Busy,
    /// The model failed, which is a mistake of ours.
    #[error("looking at the picture failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl VisionError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::NotInstalled { .. } => Fault::Unsupported,
            Self::Busy => Fault::Busy,
            Self::Failed(_) => Fault::Internal,
        }
    }
}
