//! What to cut off before anything else.

use std::fmt;

use tintype_pixels::Rgba;

use super::number;
use crate::error::Problem;

/// A length along one side of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Pixels.
    Px(u32),
    /// Part of the side, above 0 and below 1.
    Fraction(f64),
}

impl Length {
    /// 0 and whole numbers are pixels, what lies between 0 and 1 is a fraction.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let number = number::finite(text);
        if let Some(fraction) = number.filter(|n| 0.0 < *n && *n < 1.0) {
            return Ok(Self::Fraction(fraction));
        }
        let px = number.filter(|n| n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(n));
        px.map(|px| Self::Px(px as u32))
            .ok_or_else(|| Problem::number("a whole number of pixels or a fraction between 0 and 1"))
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Px(px) => px.fmt(f),
            Self::Fraction(fraction) => fraction.fmt(f),
        }
    }
}

/// What to cut off the upright source before anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trim {
    /// From the top.
    pub top: Option<Length>,
    /// From the right; without meaning where `width` is given.
    pub right: Option<Length>,
    /// From the bottom; without meaning where `height` is given.
    pub bottom: Option<Length>,
    /// From the left.
    pub left: Option<Length>,
    /// How much to keep, from the left cut on.
    pub width: Option<Length>,
    /// How much to keep, from the top cut on.
    pub height: Option<Length>,
    /// A border of one color to find and cut off.
    pub border: Option<TrimBorder>,
}

/// A border of one color, found by looking.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrimBorder {
    /// Its color; that of the corners where not given.
    pub color: Option<Rgba>,
    /// How far a color may be from it and still belong to the border, 0 to 255 a channel; larger cuts more.
    pub tolerance: Option<f64>,
    /// How many of its pixels to leave on each side.
    pub keep: Option<u32>,
}

impl Trim {
    /// `border`, or `TOP;RIGHT;BOTTOM;LEFT`, put over what is there already.
    pub(crate) fn refine(&mut self, text: &str) -> Result<(), Problem> {
        if text == "border" {
            self.border.get_or_insert_default();
            return Ok(());
        }
        let sides: Vec<_> = text.split(';').map(Length::parse).collect();
        let [Ok(top), Ok(right), Ok(bottom), Ok(left)] = sides[..] else {
            return Err(Problem::number("\"border\" or four lengths top;right;bottom;left"));
        };
        *self = Self { top: Some(top), right: Some(right), bottom: Some(bottom), left: Some(left), ..*self };
        Ok(())
    }
}
