//! A layer onto the picture, by a Porter-Duff operator.
//!
//! Colours are combined as sRGB-encoded, premultiplied values (half-opaque red on white is 255, 128, 128, as observed on
//! Cloudflare's service), and only inside the layer's box: the picture outside is untouched. Both come encoded, and the
//! result is: the planner sees to it. The layer is a [`Picture`] of its own, with its own source and steps.

#[cfg(any(test, feature = "reference"))]
mod reference;

use std::fmt;

use tintype_pixels::Size;

use super::{Op, Reach};
use crate::{
    kernels,
    plan::Picture,
    record::{ImageId, Recording},
};

/// How layer and picture are combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Mode {
    /// The layer covers the picture.
    #[default]
    Over = 0,
    /// The layer, where the picture is opaque; nothing elsewhere.
    In = 1,
    /// The layer where the picture is opaque, the picture elsewhere.
    Atop = 2,
    /// The layer, where the picture is transparent; nothing elsewhere.
    Out = 3,
    /// Each where the other is not.
    Xor = 4,
    /// The sum.
    Lighter = 5,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Over, Self::In, Self::Atop, Self::Out, Self::Xor, Self::Lighter];

    /// Whether no pixel can be transparent afterwards, given whether that held for picture and layer.
    pub fn keeps_opaque(self, picture: bool, layer: bool) -> bool {
        match self {
            Self::Over | Self::Atop | Self::Lighter => picture,
            Self::In => picture && layer,
            Self::Out | Self::Xor => false,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Over => "over",
            Self::In => "in",
            Self::Atop => "atop",
            Self::Out => "out",
            Self::Xor => "xor",
            Self::Lighter => "lighter",
        })
    }
}

/// Along which axes the layer is repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Repeat {
    /// In a row.
    pub x: bool,
    /// In a column.
    pub y: bool,
}

/// A layer and how it is put on.
#[derive(Clone, Debug, PartialEq)]
pub struct Composite {
    /// The layer, planned to end encoded.
    pub layer: Box<Picture>,
    /// Where its corner is, in pixels of the picture; may be outside.
    pub at: (i32, i32),
    /// How it is combined.
    pub mode: Mode,
    /// 0 to 1.
    pub opacity: f32,
    /// Whether it is tiled.
    pub repeat: Repeat,
}

tintype_wgsl::params! {
    /// Uniform of `composite.wgsl`.
    struct Params for kernels::COMPOSITE {
        size: [u32; 2], inner: [u32; 2], at: [i32; 2], mode: u32, repeat: u32, opacity: f32, _pad: u32,
    }
}

impl Op for Composite {
    fn reach(&self) -> Reach {
        Reach::Map
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let layer = self.layer.record(recording);
        let size: Size = recording.size(input);
        let params = Params {
            size: size.into(),
            inner: recording.size(layer).into(),
            at: self.at.into(),
            mode: self.mode as u32,
            repeat: u32::from(self.repeat.x) | u32::from(self.repeat.y) << 1,
            opacity: self.opacity,
            _pad: 0,
        };
        recording.pass(params).read(input).read(layer).write(size)
    }

    fn describe(&self) -> String {
        format!("{} at {},{} opacity {}", self.mode, self.at.0, self.at.1, self.opacity)
    }
}
