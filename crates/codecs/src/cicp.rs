//! Color told by numbers instead of a profile: H.273 code points (PNG's cICP, AVIF's nclx), or gamma and chromaticities.
//!
//! What comes out is the same [`SourceColor`] that a profile gives. Light beyond reference white (PQ, HLG) is above 1, and
//! cut by whoever packs 8 or 16 bits: there is no tone mapping here.

use std::sync::Arc;

use moxcms::{Chromaticity, CicpColorPrimaries as Primaries, CicpProfile, ColorProfile, MatrixCoefficients, XyY};
use moxcms::{ColorPrimaries, TransferCharacteristics as Transfer};
use tintype_pixels::{SourceColor, linear_from_srgb};

use crate::icc;

/// Reference white of PQ, in candela per square meter, and its peak (ITU-R BT.2408 and BT.2100).
const PQ_WHITE_OF_PEAK: f64 = 203.0 / 10_000.0;

/// The code value of reference white in HLG (ITU-R BT.2408).
const HLG_WHITE_CODE: f64 = 0.75;

/// Which part of the codes is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// All of it.
    Full,
    /// From 16 to 235 of 255.
    Narrow,
}

/// What RGB of these code points of H.273 means; `None` for reserved and unspecified ones.
pub(crate) fn source_color(primaries: u8, transfer: u8, range: Range) -> Option<SourceColor> {
    let primaries = Primaries::try_from(primaries).ok()?;
    let transfer = Transfer::try_from(transfer).ok()?;
    if matches!(transfer, Transfer::Reserved | Transfer::Unspecified) {
        return None;
    }
    let mut profile = ColorProfile::new_srgb();
    if !matches!(primaries, Primaries::Bt709) {
        let description = CicpProfile {
            color_primaries: primaries,
            transfer_characteristics: Transfer::Srgb,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        };
        profile.update_rgb_colorimetry_from_cicp(description);
        // The function's own answer says nothing; what it did, does.
        profile.cicp.filter(|cicp| cicp.color_primaries == primaries)?;
    }
    let linear = |code: f64| match transfer {
        Transfer::Srgb => f64::from(linear_from_srgb(code as f32)),
        Transfer::Smpte2084 => transfer.linearize(code) / PQ_WHITE_OF_PEAK,
        Transfer::Hlg => transfer.linearize(code) / transfer.linearize(HLG_WHITE_CODE),
        _ => transfer.linearize(code),
    };
    let code = |v: f64| match range {
        Range::Full => v,
        Range::Narrow => ((v * 255.0 - 16.0) / 219.0).clamp(0.0, 1.0),
    };
    described(format!("{} {}", name_of_primaries(primaries), name_of_transfer(transfer)), &profile, |v| linear(code(v)))
}

/// Chromaticities of white, red, green and blue, each x and y.
pub(crate) type Chromaticities = [(f32, f32); 4];

/// What codes mean of which the encoding exponent is known (0.45455 for a display's 2.2), the primaries, or both;
/// what is not known is sRGB's. `None` for numbers that are none of colors.
pub(crate) fn from_gamma(exponent: Option<f32>, chromaticities: Option<Chromaticities>) -> Option<SourceColor> {
    let mut profile = ColorProfile::new_srgb();
    if let Some([white, red, green, blue]) = chromaticities {
        let sane = |(x, y): (f32, f32)| x >= 0.0 && y >= 0.0 && x + y <= 1.0;
        // Twice the area of the triangle: one that is nearly flat spans no colors.
        let area = (green.0 - red.0) * (blue.1 - red.1) - (blue.0 - red.0) * (green.1 - red.1);
        if ![white, red, green, blue].into_iter().all(sane) || white.1 < 0.01 || area.abs() < 0.01 {
            return None;
        }
        let of = |(x, y): (f32, f32)| Chromaticity::new(x, y);
        let primaries = ColorPrimaries { red: of(red), green: of(green), blue: of(blue) };
        let white = XyY { x: f64::from(white.0), y: f64::from(white.1), yb: 1.0 };
        profile.update_rgb_colorimetry(white, primaries);
    }
    match exponent {
        // 1/2.2 is how PNG writers that know no other way say sRGB, and what the specification tells them to write.
        None => described("sRGB curve".to_owned(), &profile, |v| f64::from(linear_from_srgb(v as f32))),
        Some(exponent) if (exponent - 1.0 / 2.2).abs() < 0.005 => from_gamma(None, chromaticities),
        Some(exponent) if !(0.1..=10.0).contains(&exponent) => None,
        Some(exponent) => {
            let decoding = 1.0 / f64::from(exponent);
            described(format!("gamma {decoding:.2}"), &profile, |v| v.powf(decoding))
        }
    }
}

/// `linear` with the primaries of `profile`, or sRGB itself where it is nearly that.
fn described(name: String, profile: &ColorProfile, linear: impl Fn(f64) -> f64) -> Option<SourceColor> {
    let curve: [f32; SourceColor::CURVE_LEN] =
        std::array::from_fn(|i| linear(i as f64 / (SourceColor::CURVE_LEN - 1) as f64) as f32);
    if !curve.iter().all(|v| v.is_finite()) {
        return None;
    }
    let color = SourceColor {
        name: name.into(),
        curves: Arc::new([curve; 3]),
        srgb_from_source: icc::srgb_from(profile)?,
        table: None,
    };
    Some(if icc::is_nearly_srgb(&color) { SourceColor::srgb() } else { color })
}

fn name_of_primaries(primaries: Primaries) -> &'static str {
    match primaries {
        Primaries::Bt709 => "BT.709",
        Primaries::Bt2020 => "BT.2020",
        Primaries::Smpte432 => "Display P3",
        Primaries::Smpte431 => "DCI-P3",
        _ => "coded primaries",
    }
}

fn name_of_transfer(transfer: Transfer) -> &'static str {
    match transfer {
        Transfer::Srgb => "sRGB",
        Transfer::Smpte2084 => "PQ",
        Transfer::Hlg => "HLG",
        Transfer::Linear => "linear",
        _ => "coded curve",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f32, b: f32, tolerance: f32) -> bool {
        (a - b).abs() < tolerance
    }

    #[test]
    fn srgb_by_numbers_is_srgb() {
        const SRGB: Chromaticities = [(0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)];
        for color in [
            source_color(1, 13, Range::Full),
            from_gamma(Some(0.45455), None),
            from_gamma(Some(0.45455), Some(SRGB)),
            from_gamma(None, Some(SRGB)),
        ] {
            assert!(color.expect("known").is_srgb());
        }
    }

    #[test]
    fn display_p3_by_numbers_is_the_profiles() {
        // CSS Color 4, sample code: lin_P3 to XYZ times XYZ to lin_sRGB.
        let published = [[1.2249, -0.2249, 0.0], [-0.0420, 1.0420, 0.0], [-0.0197, -0.0786, 1.0983]];
        let p3 = [(0.3127, 0.3290), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)];
        for color in [source_color(12, 13, Range::Full), from_gamma(None, Some(p3))] {
            let matrix = color.expect("known").srgb_from_source;
            let pairs = matrix.as_flattened().iter().zip(published.as_flattened());
            assert!(pairs.clone().all(|(a, b)| near(*a, *b, 2e-3)), "{matrix:?}");
        }
    }

    #[test]
    fn curves_are_the_published_ones() {
        let entry = |code: f64| (code * (SourceColor::CURVE_LEN - 1) as f64).round() as usize;
        // BT.2100: PQ of 203 cd/m2 is 0.5807, of 10,000 it is 1; HLG's reference white is 0.75.
        for (transfer, code, expected) in [
            (16, 0.5807, 1.0),
            (16, 1.0, 49.26),
            (18, 0.75, 1.0),
            (8, 0.25, 0.25),
            (4, 0.5, 0.217_64),
            (1, 0.5, 0.2597),
        ] {
            let color = source_color(9, transfer, Range::Full).expect("known");
            let got = color.curves[1][entry(code)];
            assert!(near(got, expected, expected * 0.005), "{transfer} at {code}: {got} is not {expected}");
        }
        let narrow = source_color(1, 8, Range::Narrow).expect("known");
        assert!(near(narrow.curves[0][235 * 16], 1.0, 1e-5) && narrow.curves[0][16 * 16].abs() < 1e-5);
        let dark = from_gamma(Some(0.35), None).expect("known");
        assert!(near(dark.curves[0][entry(0.5)], 0.5f32.powf(1.0 / 0.35), 1e-3), "{dark:?}");
    }

    #[test]
    fn what_is_no_color_is_passed_over() {
        for (primaries, transfer) in [(2, 13), (1, 2), (0, 13), (1, 0), (200, 13), (1, 77), (3, 3)] {
            assert_eq!(source_color(primaries, transfer, Range::Full), None, "{primaries} {transfer}");
        }
        for (exponent, chromaticities) in [
            (Some(0.0), None),
            (Some(1e6), None),
            (Some(0.35), Some([(0.0, 0.0); 4])),
            (None, Some([(0.3, 0.3); 4])),
            (None, Some([(0.3, 0.3), (f32::NAN, 0.3), (0.2, 0.2), (0.4, 0.4)])),
        ] {
            assert_eq!(from_gamma(exponent, chromaticities), None, "{exponent:?} {chromaticities:?}");
        }
    }
}
