//! Numbers as callers write them: decimal, finite, never `nan` or `inf`.

use crate::error::Problem;

/// A whole number from `min` to `max`.
pub(crate) fn whole(text: &str, min: u32, max: u32) -> Result<u32, Problem> {
    let accepted = || {
        Problem::number(match max {
            u32::MAX => format!("a whole number, {min} or more"),
            _ => format!("a whole number from {min} to {max}"),
        })
    };
    text.parse().ok().filter(|n| (min..=max).contains(n)).ok_or_else(accepted)
}

/// Any finite number.
pub(crate) fn finite(text: &str) -> Option<f64> {
    // `f64` also reads "inf" and "nan" and overflows to infinity. Adding zero turns -0 into 0.
    text.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| n + 0.0)
}

/// A number from `min` to `max`. Text that is no number is a [`Problem::Number`], a number outside is refused.
pub(crate) fn within(text: &str, min: f64, max: f64) -> Result<f64, Problem> {
    let accepted = || format!("a number from {min} to {max}");
    let number = finite(text).ok_or_else(|| Problem::number(accepted()))?;
    if (min..=max).contains(&number) { Ok(number) } else { Err(Problem::refused(accepted())) }
}

/// Pixels in either direction, up to `max` of them; a decimal is rounded, half away from zero.
pub(crate) fn pixels(text: &str, max: i32) -> Result<i32, Problem> {
    let px = finite(text).map(f64::round).filter(|px| px.abs() <= f64::from(max));
    px.map(|px| px as i32).ok_or_else(|| Problem::number(format!("a number of pixels from -{max} to {max}")))
}
