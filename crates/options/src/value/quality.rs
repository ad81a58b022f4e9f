//! How much a lossy format may lose.

use std::fmt;

use super::number;
use crate::error::Problem;

/// The quality of lossy formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// On the usual scale, 1 to 100.
    Number(u8),
    /// Hardly to be told from the source.
    High,
    /// Good.
    MediumHigh,
    /// Visibly reduced.
    MediumLow,
    /// As small as is bearable.
    Low,
}

impl Quality {
    /// What is used where nothing is asked for.
    pub const DEFAULT: Self = Self::Number(85);

    /// On the scale from 1 to 100. The words' numbers are those of Cloudflare's local stand-in for its service.
    pub const fn number(self) -> u8 {
        match self {
            Self::Number(n) => n,
            Self::High => 90,
            Self::MediumHigh => 70,
            Self::MediumLow => 50,
            Self::Low => 35,
        }
    }

    /// A word, or a number, which is rounded and moved into 1 to 100.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "high" => Self::High,
            "medium-high" => Self::MediumHigh,
            "medium-low" => Self::MediumLow,
            "low" => Self::Low,
            _ => {
                let accepted = "a number from 1 to 100, high, medium-high, medium-low or low";
                let number = number::finite(text).ok_or_else(|| Problem::number(accepted))?;
                Self::Number(number.round().clamp(1.0, 100.0) as u8)
            }
        })
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::High => f.pad("high"),
            Self::MediumHigh => f.pad("medium-high"),
            Self::MediumLow => f.pad("medium-low"),
            Self::Low => f.pad("low"),
        }
    }
}
