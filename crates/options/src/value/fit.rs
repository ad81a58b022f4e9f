//! How the picture meets the box.

use super::keyword::{keywords, none_of};
use crate::error::Problem;

keywords! {
    /// How the picture meets the box of `width` and `height`.
    #[derive(Default)]
    pub enum Fit {
        /// Inside the box, whole, never enlarged.
        #[default]
        ScaleDown = "scale-down",
        /// Inside the box, whole, as large as it gets.
        Contain = "contain",
        /// Like contain, but a picture that would shrink keeps its size.
        ScaleUp = "scale-up",
        /// Fills the box exactly; what overflows is cropped.
        Cover = "cover",
        /// Like cover, but never enlarged.
        Crop = "crop",
        /// Cropped to the box's ratio, never enlarged.
        AspectCrop = "aspect-crop",
        /// Like contain, on a canvas of exactly the box's size.
        Pad = "pad",
        /// Stretched to exactly the box's size.
        Squeeze = "squeeze",
    }
}

impl Fit {
    /// Whether the mode means something only with both sides of the box.
    pub const fn needs_both_sides(self) -> bool {
        matches!(self, Self::Cover | Self::Crop | Self::AspectCrop | Self::Pad | Self::Squeeze)
    }

    /// Whether the mode crops to the box's ratio.
    pub const fn crops(self) -> bool {
        matches!(self, Self::Cover | Self::Crop | Self::AspectCrop)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        Self::named(text).ok_or_else(|| none_of(Self::NAMES))
    }
}
