//! How samples lie in memory: interleaved rows, top to bottom, no padding between rows.

use std::fmt;

/// Which samples a pixel has, in the order they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Channels {
    /// One sample: luminance.
    Gray = 1,
    /// Luminance and straight alpha.
    GrayAlpha = 2,
    /// Red, green, blue.
    Rgb = 3,
    /// Red, green, blue and straight alpha.
    Rgba = 4,
    /// Cyan, magenta, yellow and black; 0 is no ink. Only read, and only with a [`ColorTable`](crate::ColorTable).
    Cmyk = 5,
}

impl Channels {
    /// How many samples a pixel has.
    pub const fn count(self) -> u32 {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

/// What a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Depth {
    /// One byte; 255 is full scale.
    U8 = 1,
    /// Two bytes in the machine's order; 65535 is full scale.
    U16 = 2,
    /// A 32-bit float; 1.0 is full scale, values outside 0 to 1 are kept.
    F32 = 4,
}

/// Channels and depth together: the shape of one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Which samples.
    pub channels: Channels,
    /// Of which kind.
    pub depth: Depth,
}

impl Layout {
    /// 8-bit luminance.
    pub const GRAY8: Self = Self::new(Channels::Gray, Depth::U8);
    /// 8-bit luminance and alpha.
    pub const GRAY_ALPHA8: Self = Self::new(Channels::GrayAlpha, Depth::U8);
    /// 8-bit red, green, blue.
    pub const RGB8: Self = Self::new(Channels::Rgb, Depth::U8);
    /// 8-bit red, green, blue, alpha.
    pub const RGBA8: Self = Self::new(Channels::Rgba, Depth::U8);
    /// 8-bit inks.
    pub const CMYK8: Self = Self::new(Channels::Cmyk, Depth::U8);
    /// 16-bit red, green, blue.
    pub const RGB16: Self = Self::new(Channels::Rgb, Depth::U16);
    /// 16-bit red, green, blue, alpha.
    pub const RGBA16: Self = Self::new(Channels::Rgba, Depth::U16);
    /// Float red, green, blue, alpha.
    pub const RGBA32F: Self = Self::new(Channels::Rgba, Depth::F32);

    /// A layout of `channels` samples of `depth`.
    pub const fn new(channels: Channels, depth: Depth) -> Self {
        Self { channels, depth }
    }

    /// Bytes of one pixel.
    pub const fn pixel_bytes(self) -> u32 {
        self.channels.count() * self.depth as u32
    }

    /// Whether a pixel has an alpha sample.
    pub const fn has_alpha(self) -> bool {
        matches!(self.channels, Channels::GrayAlpha | Channels::Rgba)
    }

    /// Whether a pixel has colour samples.
    pub const fn has_color(self) -> bool {
        matches!(self.channels, Channels::Rgb | Channels::Rgba | Channels::Cmyk)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels = match self.channels {
            Channels::Gray => "gray",
            Channels::GrayAlpha => "graya",
            Channels::Rgb => "rgb",
            Channels::Rgba => "rgba",
            Channels::Cmyk => "cmyk",
        };
        let depth = match self.depth {
            Depth::U8 => "8",
            Depth::U16 => "16",
            Depth::F32 => "32f",
        };
        f.pad(&format!("{channels}{depth}"))
    }
}
