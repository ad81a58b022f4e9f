//! Code points of color (ITU-T H.273) to [`SourceColor`].
//!
//! The curves are the inverses of the standard's, without a display's own: what a browser shows. HDR is cut, not mapped:
//! for PQ, 203 cd/m² (BT.2408's diffuse white) becomes white; for HLG, the signal 0.75, which is the same white there, of
//! the scene's light. Brighter parts are above 1 and are kept so until the result is packed, which cuts them.

use std::{array, sync::Arc};

use moxcms::{CicpColorPrimaries, CicpProfile, ColorProfile, MatrixCoefficients, TransferCharacteristics};
use tintype_pixels::SourceColor;

use super::Nclx;
use crate::icc;

/// What numbers of these code points mean. Unknown and unspecified primaries are BT.709's, such curves are sRGB's.
pub(super) fn source_color(nclx: &Nclx) -> SourceColor {
    let matrix = matrix(nclx.primaries);
    let curve = curve(nclx.transfer);
    if curve.is_none() && matrix.is_none() {
        return SourceColor::srgb();
    }
    let name = format!("{}, {}", primaries_name(nclx.primaries), transfer_name(nclx.transfer));
    let srgb = SourceColor::srgb();
    SourceColor {
        name: name.into(),
        curves: match curve {
            Some(curve) => {
                let entries = array::from_fn(|i| curve(i as f64 / (SourceColor::CURVE_LEN - 1) as f64) as f32);
                Arc::new([entries; 3])
            }
            None => srgb.curves,
        },
        srgb_from_source: matrix.unwrap_or(SourceColor::IDENTITY),
        table: None,
    }
}

/// The weights of red and blue in luminance for primaries, where their own matrix is asked for (H.273, 8.3, equations for
/// the value 12).
pub(super) fn luminance_weights(primaries: u16) -> Option<(f32, f32)> {
    match primaries {
        1 => Some((0.2126, 0.0722)),
        9 => Some((0.2627, 0.0593)),
        12 => Some((0.228_97, 0.079_29)),
        _ => None,
    }
}

/// From linear light of the primaries to sRGB's; `None` for sRGB's own and for those that are not known.
fn matrix(primaries: u16) -> Option<[[f32; 3]; 3]> {
    let primaries = CicpColorPrimaries::try_from(u8::try_from(primaries).ok()?).ok()?;
    if primaries == CicpColorPrimaries::Bt709 {
        return None;
    }
    let mut profile = ColorProfile::new_srgb();
    profile.update_rgb_colorimetry_from_cicp(CicpProfile {
        color_primaries: primaries,
        transfer_characteristics: TransferCharacteristics::Srgb,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    // The function always answers false; whether it knew the primaries shows here.
    profile.cicp.filter(|cicp| cicp.color_primaries == primaries)?;
    icc::srgb_from(&profile)
}

/// Linear light of an encoded value, both 0 to 1 (HDR: above); `None` for sRGB's and what is not known (H.273, table 3).
fn curve(transfer: u16) -> Option<fn(f64) -> f64> {
    match transfer {
        1 | 6 | 11 | 12 | 14 | 15 => Some(bt709),
        4 => Some(|v| v.powf(2.2)),
        5 => Some(|v| v.powf(2.8)),
        7 => Some(smpte240),
        8 => Some(|v| v),
        9 => Some(|v| if v <= 0.0 { 0.0 } else { 10f64.powf(2.0 * (v - 1.0)) }),
        10 => Some(|v| if v <= 0.0 { 0.0 } else { 10f64.powf(2.5 * (v - 1.0)) }),
        16 => Some(pq),
        17 => Some(|v| v.powf(2.6) * 52.37 / 48.0),
        18 => Some(hlg),
        _ => None,
    }
}

fn bt709(v: f64) -> f64 {
    const ALPHA: f64 = 1.099_296_826_809_44;
    if v < 0.081_242_858_298_635_3 { v / 4.5 } else { ((v + ALPHA - 1.0) / ALPHA).powf(1.0 / 0.45) }
}

fn smpte240(v: f64) -> f64 {
    if v < 4.0 * 0.0228 { v / 4.0 } else { ((v + 0.1115) / 1.1115).powf(1.0 / 0.45) }
}

/// SMPTE ST 2084, relative to 203 cd/m².
fn pq(v: f64) -> f64 {
    const C1: f64 = 0.835_937_5;
    const C2: f64 = 18.851_562_5;
    const C3: f64 = 18.6875;
    let power = v.powf(1.0 / 78.843_75);
    let light = ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / 0.159_301_757_812_5);
    light * 10_000.0 / 203.0
}

/// ARIB STD-B67, the scene's light relative to that of the signal 0.75.
fn hlg(v: f64) -> f64 {
    const A: f64 = 0.178_832_77;
    const B: f64 = 0.284_668_92;
    const C: f64 = 0.559_910_73;
    let scene = |v: f64| if v <= 0.5 { v * v / 3.0 } else { (((v - C) / A).exp() + B) / 12.0 };
    scene(v) / scene(0.75)
}

fn primaries_name(primaries: u16) -> &'static str {
    match primaries {
        1 | 2 => "BT.709",
        4 => "BT.470 M",
        5 => "BT.470 BG",
        6 | 7 => "SMPTE 170M",
        8 => "film",
        9 => "BT.2020",
        10 => "XYZ",
        11 => "DCI-P3",
        12 => "Display P3",
        22 => "EBU 3213",
        _ => "unknown primaries",
    }
}

fn transfer_name(transfer: u16) -> &'static str {
    match transfer {
        1 | 6 | 11 | 12 | 14 | 15 => "BT.709 curve",
        4 => "gamma 2.2",
        5 => "gamma 2.8",
        7 => "SMPTE 240M curve",
        8 => "linear",
        9 | 10 => "logarithmic",
        16 => "PQ",
        17 => "SMPTE 428 curve",
        18 => "HLG",
        _ => "sRGB curve",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heif::Range;
    use tintype_pixels::linear_from_srgb;

    fn color(primaries: u16, transfer: u16) -> SourceColor {
        source_color(&Nclx { primaries, transfer, matrix: 6, range: Range::Full })
    }

    #[test]
    fn srgb_and_what_is_not_known_is_srgb() {
        for (primaries, transfer) in [(1, 13), (2, 2), (1, 2), (2, 13), (0, 3), (99, 99), (500, 500)] {
            assert!(color(primaries, transfer).is_srgb(), "{primaries}/{transfer}");
        }
        assert!(!color(12, 13).is_srgb());
        assert!(!color(1, 1).is_srgb());
    }

    #[test]
    fn matrices_are_the_published_ones() {
        // CSS Color 4's sample code, multiplied out.
        let p3 = [[1.2249, -0.2249, 0.0], [-0.0420, 1.0420, 0.0], [-0.0197, -0.0786, 1.0983]];
        // BT.2087, table 1 (BT.2020 to BT.709).
        let bt2020 = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]];
        for (primaries, expected) in [(12, p3), (9, bt2020)] {
            let matrix = color(primaries, 13).srgb_from_source;
            for (got, expected) in matrix.as_flattened().iter().zip(expected.as_flattened()) {
                assert!((got - expected).abs() < 0.001, "{primaries}: {matrix:?}");
            }
        }
    }

    #[test]
    fn curves_go_through_known_points() {
        let at = |transfer, v: f32| {
            let index = (v * (SourceColor::CURVE_LEN - 1) as f32).round() as usize;
            color(9, transfer).curves[0][index]
        };
        for (transfer, v, expected) in [
            (1, 0.5, 0.259_59),
            (8, 0.25, 0.25),
            (4, 0.5, 0.217_64),
            (13, 0.5, linear_from_srgb(0.5)),
            // BT.2408: 58 % of PQ and 75 % of HLG are the diffuse white.
            (16, 0.580_69, 1.0),
            (16, 1.0, 49.261),
            (18, 0.75, 1.0),
            (18, 0.5, 0.314_44),
        ] {
            assert!((at(transfer, v) / expected - 1.0).abs() < 0.003, "{transfer} at {v}: {}", at(transfer, v));
        }
        for transfer in 0..20 {
            let curve = &color(9, transfer).curves[0];
            assert!(curve.iter().all(|v| v.is_finite() && *v >= 0.0), "{transfer}");
            assert!(curve.is_sorted(), "{transfer}");
        }
    }
}
