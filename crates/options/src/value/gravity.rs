//! What survives cropping.

use std::fmt;

use super::number;
use crate::error::Problem;

/// What survives when a picture is cropped to a ratio.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Gravity {
    /// The middle.
    #[default]
    Center,
    /// The left edge, centered from top to bottom.
    Left,
    /// The right edge, centered from top to bottom.
    Right,
    /// The top edge, centered from left to right.
    Top,
    /// The bottom edge, centered from left to right.
    Bottom,
    /// What stands out.
    Auto,
    /// Faces; the middle where there are none.
    Face,
    /// The part with the most information.
    Entropy,
    /// A point.
    Point {
        /// Fraction of the width, 0 (left) to 1 (right).
        x: f64,
        /// Fraction of the height, 0 (top) to 1 (bottom).
        y: f64,
        /// How the point places the crop.
        mode: PointMode,
    },
}

/// How a point places the crop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PointMode {
    /// What is cut off is shared out in the proportion of the coordinate: at 0.25 a quarter goes on the left.
    #[default]
    Remainder,
    /// The crop's center is the point, as far as the picture's edges allow.
    BoxCenter,
}

const BOX_CENTER: &str = ";box-center";

impl Gravity {
    /// The words that are a gravity on their own.
    pub const NAMES: &'static [&'static str] = &["center", "left", "right", "top", "bottom", "auto", "face", "entropy"];

    /// A word, `XxY`, or (ours) `XxY;box-center`.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "center" => Self::Center,
            "left" => Self::Left,
            "right" => Self::Right,
            "top" => Self::Top,
            "bottom" => Self::Bottom,
            "auto" => Self::Auto,
            "face" => Self::Face,
            "entropy" => Self::Entropy,
            _ => Self::point(text).ok_or_else(|| {
                let names = Self::NAMES.join(", ");
                Problem::refused(format!("{names} or a point such as 0.5x0.33 with coordinates from 0 to 1"))
            })?,
        })
    }

    fn point(text: &str) -> Option<Self> {
        let (point, mode) = match text.strip_suffix(BOX_CENTER) {
            Some(point) => (point, PointMode::BoxCenter),
            None => (text, PointMode::Remainder),
        };
        let (x, y) = point.split_once('x')?;
        let coordinate = |text| number::within(text, 0.0, 1.0).ok();
        Some(Self::Point { x: coordinate(x)?, y: coordinate(y)?, mode })
    }
}

impl fmt::Display for Gravity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Center => "center",
            Self::Left => "left",
            Self::Right => "right",
            Self::Top => "top",
            Self::Bottom => "bottom",
            Self::Auto => "auto",
            Self::Face => "face",
            Self::Entropy => "entropy",
            Self::Point { x, y, mode: PointMode::Remainder } => return write!(f, "{x}x{y}"),
            Self::Point { x, y, mode: PointMode::BoxCenter } => return write!(f, "{x}x{y}{BOX_CENTER}"),
        };
        f.pad(word)
    }
}
