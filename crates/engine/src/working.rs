//! What the numbers of a working image mean.

use std::fmt;

use tintype_wgsl::Texel;

/// The transfer curve of working images. Alpha is always premultiplied and the primaries are always sRGB's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Space {
    /// Linear light: averages of pixels are averages of light. The default.
    #[default]
    Linear,
    /// sRGB-encoded, as many other tools average.
    Encoded,
}

/// Space and precision of working images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Working {
    /// The transfer curve.
    pub space: Space,
    /// The texel format.
    pub texel: Texel,
}

impl Default for Working {
    fn default() -> Self {
        Self { space: Space::Linear, texel: Texel::F16 }
    }
}

impl fmt::Display for Working {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = match self.space {
            Space::Linear => "linear",
            Space::Encoded => "srgb",
        };
        write!(f, "{space} {}", self.texel.name())
    }
}
