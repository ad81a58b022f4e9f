//! Why a plan cannot be made.

use tintype_pixels::{Fault, Rect, Size};

use super::GeometryError;

/// Why a plan cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No picture is left.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// The result would have more pixels than allowed.
    #[error("result would be {size} ({:.1} MP); the limit is {limit_side} px per side and {:.0} MP", size.megapixels(), *limit_area as f64 / 1e6)]
    ResultTooLarge {
        /// Width and height of the result.
        size: Size,
        /// Largest side in pixels.
        limit_side: u32,
        /// Largest area in pixels.
        limit_area: u64,
    },
    /// The source, or an intermediate image, is wider or taller than the device's textures.
    #[error("{size} does not fit this device, whose images have at most {limit} px per side")]
    DeviceTooSmall {
        /// What does not fit.
        size: Size,
        /// Largest side in pixels.
        limit: u32,
    },
    /// A rectangle is not inside its image. The planner never asks for one.
    #[error("{rect} is not inside an image of {size}")]
    CropOutside {
        /// The rectangle.
        rect: Rect,
        /// The image.
        size: Size,
    },
}

impl PlanError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Geometry(error) => error.fault(),
            Self::ResultTooLarge { .. } | Self::DeviceTooSmall { .. } => Fault::TooLarge,
            Self::CropOutside { .. } => Fault::Internal,
        }
    }
}
