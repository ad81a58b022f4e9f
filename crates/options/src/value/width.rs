//! The width, which alone of the sides can be left to the server.

use std::fmt;

use super::number;
use crate::error::Problem;

/// The width of the target box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// Chosen by the server from what the client says about itself.
    Auto,
    /// Pixels, at least 1.
    Px(u32),
}

impl Width {
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let px = number::whole(text, 1, u32::MAX);
        px.map(Self::Px).map_err(|_wrong| Problem::number("a whole number of pixels, 1 or more, or \"auto\""))
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Px(px) => px.fmt(f),
        }
    }
}
