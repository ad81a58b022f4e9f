//! Resampling kernels as functions of the distance from the output pixel's center.

use std::{f64::consts::PI, fmt};

/// A resampling kernel. Distances are in source pixels, or in output pixels when the picture shrinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The nearest pixel.
    Nearest,
    /// The mean of the pixels under the output pixel.
    Box,
    /// A triangle of half-width 1.
    Bilinear,
    /// The cubic of Catmull and Rom (Keys, a = -1/2).
    CatmullRom,
    /// The cubic of Mitchell and Netravali, B = C = 1/3.
    Mitchell,
    /// A sinc, windowed by a sinc of half-width 2.
    Lanczos2,
    /// A sinc, windowed by a sinc of half-width 3. The default.
    #[default]
    Lanczos3,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Nearest,
        Self::Box,
        Self::Bilinear,
        Self::CatmullRom,
        Self::Mitchell,
        Self::Lanczos2,
        Self::Lanczos3,
    ];

    /// Distance beyond which the kernel is zero; 0 for [`Filter::Nearest`], which is no kernel.
    pub fn support(self) -> f64 {
        match self {
            Self::Nearest => 0.0,
            Self::Box => 0.5,
            Self::Bilinear => 1.0,
            Self::CatmullRom | Self::Mitchell | Self::Lanczos2 => 2.0,
            Self::Lanczos3 => 3.0,
        }
    }

    /// The weight at distance `x`, not normalised.
    pub(super) fn weight(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Self::Nearest => 1.0,
            // Half open, so that a pixel on the border of two boxes counts in both by half.
            Self::Box if (x - 0.5).abs() < 1e-9 => 0.5,
            Self::Box => f64::from(u8::from(x < 0.5)),
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::CatmullRom => cubic(x, 0.0, 0.5),
            Self::Mitchell => cubic(x, 1.0 / 3.0, 1.0 / 3.0),
            Self::Lanczos2 => lanczos(x, 2.0),
            Self::Lanczos3 => lanczos(x, 3.0),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nearest => "nearest",
            Self::Box => "box",
            Self::Bilinear => "bilinear",
            Self::CatmullRom => "catmull-rom",
            Self::Mitchell => "mitchell",
            Self::Lanczos2 => "lanczos2",
            Self::Lanczos3 => "lanczos3",
        })
    }
}

/// Mitchell and Netravali, "Reconstruction Filters in Computer Graphics", SIGGRAPH 1988, equation 8.
fn cubic(x: f64, b: f64, c: f64) -> f64 {
    let (x2, x3) = (x * x, x * x * x);
    if x < 1.0 {
        ((12.0 - 9.0 * b - 6.0 * c) * x3 + (-18.0 + 12.0 * b + 6.0 * c) * x2 + (6.0 - 2.0 * b)) / 6.0
    } else if x < 2.0 {
        ((-b - 6.0 * c) * x3 + (6.0 * b + 30.0 * c) * x2 + (-12.0 * b - 48.0 * c) * x + (8.0 * b + 24.0 * c)) / 6.0
    } else {
        0.0
    }
}

fn lanczos(x: f64, lobes: f64) -> f64 {
    if x < lobes { sinc(x) * sinc(x / lobes) } else { 0.0 }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}
