//! A frame around the result.

use tintype_pixels::Rgba;

use super::{color, number};
use crate::error::Problem;

/// A frame around the result, which grows by it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Border {
    /// Its color; [`Border::DEFAULT_COLOR`] where not given.
    pub color: Option<Rgba>,
    /// Pixels on each side that has no number of its own.
    pub width: Option<u32>,
    /// Pixels at the top.
    pub top: Option<u32>,
    /// Pixels on the right.
    pub right: Option<u32>,
    /// Pixels at the bottom.
    pub bottom: Option<u32>,
    /// Pixels on the left.
    pub left: Option<u32>,
}

impl Border {
    /// Black: a frame that is asked for should be seen.
    pub const DEFAULT_COLOR: Rgba = Rgba { r: 0.0, g: 0.0, b: 0.0, a: 1.0 };

    /// The widest side that is taken, in pixels before `dpr`.
    pub const MAX_WIDTH: u32 = 10_000;

    /// Pixels at the top, right, bottom and left, before `dpr`.
    pub fn sides(&self) -> [u32; 4] {
        [self.top, self.right, self.bottom, self.left].map(|side| side.or(self.width).unwrap_or(0))
    }

    pub(crate) fn side(text: &str) -> Result<u32, Problem> {
        number::whole(text, 0, Self::MAX_WIDTH)
    }

    /// `COLOR;WIDTH` or `COLOR;TOP;RIGHT;BOTTOM;LEFT`.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut items = text.split(';');
        let color = color::parse(items.next().unwrap_or_default())?;
        let sides: Vec<_> = items.map(Self::side).collect();
        let border = Self { color: Some(color), ..Self::default() };
        match sides[..] {
            [Ok(width)] => Ok(Self { width: Some(width), ..border }),
            [Ok(top), Ok(right), Ok(bottom), Ok(left)] => {
                Ok(Self { top: Some(top), right: Some(right), bottom: Some(bottom), left: Some(left), ..border })
            }
            _ => Err(Problem::number("a color and a width, or a color and four widths, separated by semicolons")),
        }
    }
}
