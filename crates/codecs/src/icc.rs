//! Color profiles to [`SourceColor`]: one curve per channel and a matrix to sRGB's primaries, or a table.
//!
//! Covers what cameras, phones and screens embed: RGB profiles of matrix and curves (Display P3, Adobe RGB, ProPhoto) and gray
//! profiles of one curve; and what scanners and printers embed: RGB, gray and CMYK profiles that are tables, which are
//! baked (`icc/table.rs`). Others (Lab, more than four inks) and broken ones are taken for sRGB, which is what a viewer
//! without color management shows.

mod lut;
mod table;
mod write;

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Matrix3d, ProfileText, ToneReprCurve, ToneReprCurve as Curve};
use tintype_pixels::{ColorTable, SourceColor};

/// Profiles within this of sRGB, in every curve entry and matrix element, are sRGB: vendors round differently.
const SAME: f32 = 1.0 / 1024.0;

/// What the numbers of a gray or RGB picture with this profile mean; sRGB where the profile is missing, broken, of a kind
/// that is not read, of ink, or equal to sRGB but for rounding.
pub fn source_color(profile: Option<&[u8]>) -> SourceColor {
    let color = profile.and_then(parse).filter(|color| !color.is_ink() && !is_nearly_srgb(color));
    color.unwrap_or_else(SourceColor::srgb)
}

/// What the numbers of a CMYK picture with this profile mean, 0 for no ink; `None` where the profile is missing, broken or not
/// of four inks.
pub fn ink_color(profile: Option<&[u8]>) -> Option<SourceColor> {
    profile.and_then(parse).filter(SourceColor::is_ink)
}

fn parse(bytes: &[u8]) -> Option<SourceColor> {
    let profile = ColorProfile::new_from_slice(bytes).ok()?;
    let name = name(&profile).into();
    // A profile with a table means the table; its curves and primaries are an approximation at best, and where the
    // connection space is Lab they are not there at all.
    match profile.color_space {
        DataColorSpace::Rgb if has_table(&profile) => Some(of_table(name, table::of(&profile, bytes)?)),
        DataColorSpace::Rgb if profile.pcs == DataColorSpace::Xyz => {
            let (r, g, b) = (profile.red_trc.as_ref()?, profile.green_trc.as_ref()?, profile.blue_trc.as_ref()?);
            Some(SourceColor {
                name,
                curves: rgb_curves(r, g, b)?,
                srgb_from_source: srgb_from(&profile)?,
                table: None,
            })
        }
        DataColorSpace::Cmyk => Some(of_table(name, table::of(&profile, bytes)?)),
        DataColorSpace::Gray => {
            let curve = gray_curve(&profile)?;
            let curves = Arc::new([curve; 3]);
            Some(SourceColor { name, curves, srgb_from_source: SourceColor::IDENTITY, table: None })
        }
        _ => None,
    }
}

fn has_table(profile: &ColorProfile) -> bool {
    profile.lut_a_to_b_colorimetric.is_some() || profile.lut_a_to_b_perceptual.is_some()
}

fn of_table(name: Arc<str>, table: Arc<ColorTable>) -> SourceColor {
    SourceColor { name, table: Some(table), ..SourceColor::srgb() }
}

fn gray_curve(profile: &ColorProfile) -> Option<Entries> {
    let Some(curve) = &profile.gray_trc else {
        let light = table::gray(profile)?;
        let mut entries = [0.0; SourceColor::CURVE_LEN];
        for (i, entry) in entries.iter_mut().enumerate() {
            *entry = light(i as f64 / (SourceColor::CURVE_LEN - 1) as f64).filter(|v| v.is_finite())?;
        }
        return Some(entries);
    };
    let mut entries = entries(curve)?;
    if profile.pcs == DataColorSpace::Lab {
        // The curve gives lightness then, not light.
        entries = entries.map(|v| lut::xyz_from_lab([100.0 * f64::from(v), 0.0, 0.0])[1] as f32);
    }
    Some(entries)
}

type Entries = [f32; SourceColor::CURVE_LEN];

fn rgb_curves(r: &Curve, g: &Curve, b: &Curve) -> Option<Arc<[Entries; 3]>> {
    let red = entries(r)?;
    // Nearly always the three are one.
    let of = |curve: &Curve| if same_curve(curve, r) { Some(red) } else { entries(curve) };
    Some(Arc::new([red, of(g)?, of(b)?]))
}

fn same_curve(a: &Curve, b: &Curve) -> bool {
    match (a, b) {
        (ToneReprCurve::Lut(a), ToneReprCurve::Lut(b)) => a == b,
        (ToneReprCurve::Parametric(a), ToneReprCurve::Parametric(b)) => a == b,
        _ => false,
    }
}

/// The curve at evenly spaced codes. `None` for one that is no function from 0..1 to finite numbers.
fn entries(curve: &Curve) -> Option<Entries> {
    let evaluator = curve.make_linear_evaluator().ok()?;
    let entries: Entries =
        std::array::from_fn(|i| evaluator.evaluate_value(i as f32 / (SourceColor::CURVE_LEN - 1) as f32));
    entries.iter().all(|v| v.is_finite()).then_some(entries)
}

/// The matrix from the profile's linear primaries to sRGB's.
///
/// Both sets of primaries are given relative to the connection space's white, D50 (ICC.1:2022, 9.2 and annex F), so the
/// chromatic adaptation from either white is in them already: `srgb_from_xyz * xyz_from_source`.
pub(crate) fn srgb_from(profile: &ColorProfile) -> Option<[[f32; 3]; 3]> {
    let source = profile.rgb_to_xyz_matrix();
    let srgb = ColorProfile::new_srgb().rgb_to_xyz_matrix();
    let Matrix3d { v } = srgb.inverse().mat_mul(source);
    if v.iter().flatten().any(|element| !element.is_finite() || element.abs() > 100.0) {
        return None;
    }
    // Profiles store primaries in steps of 1/65536, so the rows sum to 1 only nearly: without this, white and every
    // gray would be tinted by a fraction of a code. A row that is further off is meant.
    Some(v.map(|row| {
        let sum: f64 = row.iter().sum();
        let scale = if (sum - 1.0).abs() < 0.005 { sum } else { 1.0 };
        row.map(|element| (element / scale) as f32)
    }))
}

pub use write::{Kept, kept};

pub(crate) fn is_nearly_srgb(color: &SourceColor) -> bool {
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= SAME);
    let srgb = SourceColor::srgb();
    color.table.is_none()
        && near(color.srgb_from_source.as_flattened(), srgb.srgb_from_source.as_flattened())
        && near(color.curves.as_flattened(), srgb.curves.as_flattened())
}

/// The profile's description, at most 64 characters of it and none that would break a line.
fn name(profile: &ColorProfile) -> String {
    let text = match &profile.description {
        Some(ProfileText::PlainString(text)) => text.as_str(),
        Some(ProfileText::Localizable(texts)) => texts.first().map_or("", |text| text.value.as_str()),
        Some(ProfileText::Description(text)) => text.ascii_string.as_str(),
        None => "",
    };
    let name: String = text.chars().filter(|c| !c.is_control()).take(64).collect();
    if name.trim().is_empty() { "unnamed profile".to_owned() } else { name.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use tintype_pixels::linear_from_srgb;

    use super::*;

    fn encoded(profile: &ColorProfile) -> Vec<u8> {
        profile.encode().expect("moxcms writes its own profiles")
    }

    fn assert_near(got: [[f32; 3]; 3], expected: [[f32; 3]; 3], tolerance: f32) {
        for (got_row, expected_row) in got.iter().zip(expected) {
            for (got_element, expected_element) in got_row.iter().zip(expected_row) {
                assert!((got_element - expected_element).abs() < tolerance, "{got:?} is not {expected:?}");
            }
        }
    }

    #[test]
    fn display_p3_has_the_published_matrix_and_srgbs_curve() {
        let color = source_color(Some(&encoded(&ColorProfile::new_display_p3())));
        // CSS Color 4, sample code: lin_P3 to XYZ times XYZ to lin_sRGB.
        let published = [[1.2249, -0.2249, 0.0], [-0.0420, 1.0420, 0.0], [-0.0197, -0.0786, 1.0983]];
        assert_near(color.srgb_from_source, published, 0.001);
        assert_eq!(&*color.name, "Display P3");
        for code in (0..SourceColor::CURVE_LEN).step_by(255) {
            let expected = linear_from_srgb(code as f32 / 4080.0);
            assert!((color.curves[0][code] - expected).abs() < 1e-4, "{code}");
        }
    }

    #[test]
    fn adobe_rgb_has_the_published_matrix_and_gamma() {
        let color = source_color(Some(&encoded(&ColorProfile::new_adobe_rgb())));
        let published = [[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]];
        assert_near(color.srgb_from_source, published, 0.002);
        assert!((color.curves[1][2040] - 0.5f32.powf(2.199_218_8)).abs() < 1e-3);
    }

    #[test]
    fn white_stays_exactly_white() {
        for profile in
            [ColorProfile::new_display_p3(), ColorProfile::new_adobe_rgb(), ColorProfile::new_pro_photo_rgb()]
        {
            let color = source_color(Some(&encoded(&profile)));
            for row in color.srgb_from_source {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{} {row:?}", color.name);
            }
        }
    }

    #[test]
    fn srgb_in_any_spelling_is_srgb() {
        let mut table = ColorProfile::new_srgb();
        for curve in [&mut table.red_trc, &mut table.green_trc, &mut table.blue_trc] {
            *curve = Some(srgb_table());
        }
        for profile in [ColorProfile::new_srgb(), table] {
            assert!(source_color(Some(&encoded(&profile))).is_srgb());
        }
    }

    fn srgb_table() -> Curve {
        Curve::Lut((0..1024).map(|i| (linear_from_srgb(i as f32 / 1023.0) * 65535.0).round() as u16).collect())
    }

    #[test]
    fn gray_profiles_have_three_equal_curves() {
        let color = source_color(Some(&encoded(&ColorProfile::new_gray_with_gamma(1.8))));
        assert_eq!(color.srgb_from_source, SourceColor::IDENTITY);
        assert_eq!(color.curves[0], color.curves[1]);
        assert_eq!(color.curves[0], color.curves[2]);
        assert!((color.curves[0][2040] - 0.5f32.powf(1.8)).abs() < 2e-3);
    }

    #[test]
    fn what_is_not_read_is_srgb() {
        assert!(source_color(None).is_srgb());
        assert!(source_color(Some(b"")).is_srgb());
        assert!(source_color(Some(&[0x41; 4000])).is_srgb());
        assert!(source_color(Some(&encoded(&ColorProfile::new_lab()))).is_srgb());
    }

    #[test]
    fn no_prefix_and_no_flipped_byte_of_a_profile_panics() {
        let whole = encoded(&ColorProfile::new_display_p3());
        for len in 0..whole.len() {
            source_color(Some(&whole[..len]));
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let color = source_color(Some(&damaged));
            assert!(color.curves.as_flattened().iter().all(|v| v.is_finite()), "{at}");
        }
    }
}
