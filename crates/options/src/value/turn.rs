//! Mirroring and rotating.

use std::fmt;

use tintype_pixels::Orientation;

use super::keyword::none_of;
use crate::error::Problem;

/// Rotation clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotate {
    /// Not at all.
    #[default]
    None,
    /// 90 degrees.
    Quarter,
    /// 180 degrees.
    Half,
    /// 270 degrees.
    ThreeQuarters,
}

impl Rotate {
    /// As a movement of the picture.
    pub const fn orientation(self) -> Orientation {
        match self {
            Self::None => Orientation::Upright,
            Self::Quarter => Orientation::Rotate90,
            Self::Half => Orientation::Rotate180,
            Self::ThreeQuarters => Orientation::Rotate270,
        }
    }

    /// Degrees; 360 is 0.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        match text {
            "0" | "360" => Ok(Self::None),
            "90" => Ok(Self::Quarter),
            "180" => Ok(Self::Half),
            "270" => Ok(Self::ThreeQuarters),
            _ => Err(none_of(&["0", "90", "180", "270", "360"])),
        }
    }
}

impl fmt::Display for Rotate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "0",
            Self::Quarter => "90",
            Self::Half => "180",
            Self::ThreeQuarters => "270",
        })
    }
}

/// Mirroring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flip {
    /// Left and right change places.
    pub horizontal: bool,
    /// Top and bottom change places.
    pub vertical: bool,
}

impl Flip {
    /// As a movement of the picture.
    pub const fn orientation(self) -> Orientation {
        match (self.horizontal, self.vertical) {
            (false, false) => Orientation::Upright,
            (true, false) => Orientation::FlipH,
            (false, true) => Orientation::FlipV,
            (true, true) => Orientation::Rotate180,
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let (horizontal, vertical) = match text {
            "h" => (true, false),
            "v" => (false, true),
            "hv" | "vh" => (true, true),
            _ => return Err(none_of(&["h", "v", "hv"])),
        };
        Ok(Self { horizontal, vertical })
    }
}

/// `h`, `v`, `hv`, and nothing for no mirroring.
impl fmt::Display for Flip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match (self.horizontal, self.vertical) {
            (false, false) => "",
            (true, false) => "h",
            (false, true) => "v",
            (true, true) => "hv",
        })
    }
}
