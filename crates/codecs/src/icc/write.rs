//! Which colors a result can have that keeps those of its source, and the profile that says so.

use moxcms::{ColorProfile, Matrix3d};
use tintype_pixels::{Gamut, ImageInfo, SourceColor};

use super::{SAME, source_color};
use crate::{Profile, cicp};

/// Colors that are not sRGB's.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The primaries. The curve is sRGB's.
    pub gamut: Gamut,
    /// What says so.
    pub profile: Profile,
}

/// H.273's numbers for primaries that pictures have, and for sRGB's curve.
const DISPLAY_P3: u8 = 12;
const CODED_PRIMARIES: [u8; 2] = [DISPLAY_P3, 9];
const SRGB_CURVE: u8 = 13;

/// The colors of a picture with this header; `None` where they are sRGB's.
///
/// Primaries are the source's. Where it has none (tables, inks), where its light goes beyond white (HDR), or where its white is
/// another one, they are Display P3's. The curve is sRGB's whatever the source's was: in 8 bits that moves a color of Adobe RGB (a
/// power of 2.2) by a CIEDE2000 of 0.44 at most and one of ProPhoto (1.8) by 0.60, no two neighbouring grays come to lie further apart
/// than 0.78 (`tests/facade/gamut.rs`), and nobody sees less than 1. So *pack* knows one curve. The source's own profile is taken
/// where its curve is sRGB's, as Display P3's is; else one of these primaries and that curve is made.
pub fn kept(info: &ImageInfo) -> Option<Kept> {
    let color = &info.color;
    let matrix = color.srgb_from_source;
    let is_bright = color.curves.iter().any(|curve| curve[SourceColor::CURVE_LEN - 1] > 1.0 + SAME);
    if color.table.is_none() && (near(&matrix, &SourceColor::IDENTITY) && !is_bright || !info.layout.has_color()) {
        return None;
    }
    let own = Gamut::new(matrix).filter(|_| color.table.is_none() && !is_bright);
    let (gamut, name) = match own {
        Some(gamut) => (gamut, &*color.name),
        None => (Gamut::new(coded_matrix(DISPLAY_P3)?)?, "Display P3"),
    };
    let coded = CODED_PRIMARIES
        .into_iter()
        .find(|code| coded_matrix(*code).is_some_and(|coded| near(&coded, &gamut.srgb_from())));
    let is_told = own.is_some() && near_curves(color, &SourceColor::srgb());
    let source =
        info.icc.as_ref().filter(|icc| is_told && is_sound(icc) && source_color(Some(icc.as_slice())) == *color);
    let icc = match source {
        Some(icc) => icc.clone(),
        None => made(&gamut, name),
    };
    Some(Kept { gamut, profile: Profile { icc, coded: coded.map(|code| [code, SRGB_CURVE]) } })
}

fn coded_matrix(primaries: u8) -> Option<[[f32; 3]; 3]> {
    cicp::source_color(primaries, SRGB_CURVE, cicp::Range::Full).map(|color| color.srgb_from_source)
}

fn near(a: &[[f32; 3]; 3], b: &[[f32; 3]; 3]) -> bool {
    a.as_flattened().iter().zip(b.as_flattened()).all(|(a, b)| (a - b).abs() <= 2.0 * SAME)
}

fn near_curves(a: &SourceColor, b: &SourceColor) -> bool {
    a.curves.as_flattened().iter().zip(b.curves.as_flattened()).all(|(a, b)| (a - b).abs() <= SAME)
}

/// D50 in numbers with 16 bits after the point, as every profile has to have it.
const D50: [u32; 3] = [0xf6d6, 0x1_0000, 0xd32d];

/// From D65, sRGB's white, to D50, by Bradford's matrix (ICC.1:2022, annex E).
const ADAPTATION: [f64; 9] =
    [1.047_882, 0.022_919, -0.050_217, 0.029_587, 0.990_484, -0.017_06, -0.009_232, 0.015_076, 0.751_678];

/// Exponent, and the two lines, of sRGB's curve, as a curve of the third kind has them (ICC.1:2022, 10.18).
const SRGB: [f64; 5] = [2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.040_45];

/// Bytes of a header, and of an entry in the table of tags.
const HEADER: usize = 128;
const ENTRY: usize = 12;

/// A profile of these primaries and sRGB's curve, of version 4. Written by hand: what moxcms writes ends and begins at odd
/// places, and libpng passes over such profiles.
fn made(gamut: &Gamut, name: &str) -> Vec<u8> {
    let to_xyz = ColorProfile::new_srgb().rgb_to_xyz_matrix();
    let Matrix3d { v } = to_xyz.mat_mul(Matrix3d { v: gamut.srgb_from().map(|row| row.map(f64::from)) });
    let colorant = |index: usize| data(b"XYZ ", &fixed(&[v[0][index], v[1][index], v[2][index]]));
    let white: Vec<u8> = D50.iter().flat_map(|v| v.to_be_bytes()).collect();
    let curve = data(b"para", &[&[0, 3, 0, 0], fixed(&SRGB).as_slice()].concat());
    let tags: [(&[u8; 4], Vec<u8>); 10] = [
        (b"desc", text(&format!("{name}, sRGB curve"))),
        (b"cprt", text("CC0")),
        (b"wtpt", data(b"XYZ ", &white)),
        (b"chad", data(b"sf32", &fixed(&ADAPTATION))),
        (b"rXYZ", colorant(0)),
        (b"gXYZ", colorant(1)),
        (b"bXYZ", colorant(2)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let start = HEADER + 4 + ENTRY * tags.len();
    let (mut table, mut body) = ((tags.len() as u32).to_be_bytes().to_vec(), Vec::new());
    for (tag, data) in tags {
        table.extend_from_slice(tag);
        table.extend_from_slice(&((start + body.len()) as u32).to_be_bytes());
        table.extend_from_slice(&(data.len() as u32).to_be_bytes());
        body.extend_from_slice(&data);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut out = ((start + body.len()) as u32).to_be_bytes().to_vec();
    // No program of choice; version 4.4; a display, RGB, XYZ; the first day of 2026; perceptual.
    out.extend_from_slice(b"\0\0\0\0\x04\x40\0\0mntrRGB XYZ \x07\xea\0\x01\0\x01\0\0\0\0\0\0acsp");
    out.resize(ILLUMINANT, 0);
    out.extend_from_slice(&white);
    out.resize(HEADER, 0);
    [out, table, body].concat()
}

/// Where a header has the connection space's white.
const ILLUMINANT: usize = 68;

/// Whether strict readers take a profile: as long as it says, in whole words, with the white that all have.
fn is_sound(icc: &[u8]) -> bool {
    let white: Vec<u8> = D50.iter().flat_map(|v| v.to_be_bytes()).collect();
    let length = icc.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize);
    length == Some(icc.len())
        && icc.len().is_multiple_of(4)
        && icc.get(ILLUMINANT..ILLUMINANT + 12) == Some(white.as_slice())
}

fn data(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [kind.as_slice(), &[0; 4], data].concat()
}

/// Numbers with 16 bits after the point.
fn fixed(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|v| ((v * 65536.0).round() as i32).to_be_bytes()).collect()
}

/// A text in one language, in UTF-16.
fn text(text: &str) -> Vec<u8> {
    let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let length = (text.len() as u32).to_be_bytes();
    // One record of twelve bytes, whose text begins behind it.
    let header = [0, 0, 0, 1, 0, 0, 0, 12, b'e', b'n', b'U', b'S'];
    data(b"mluc", &[header.as_slice(), &length, &[0, 0, 0, 28], &text].concat())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tintype_pixels::{ImageFormat, Layout, Orientation, Size};

    use super::*;
    use crate::icc::ink_color;

    fn info(color: SourceColor, icc: Option<Vec<u8>>) -> ImageInfo {
        ImageInfo {
            format: ImageFormat::Png,
            file_size: 0,
            size: Size::new(1, 1),
            orientation: Orientation::Upright,
            layout: Layout::RGB8,
            alpha: false,
            frames: 1,
            color,
            exif: None,
            xmp: None,
            icc,
            jpeg: None,
        }
    }

    fn of(profile: &ColorProfile) -> (Vec<u8>, Option<Kept>) {
        let icc = profile.encode().expect("moxcms writes its own profiles");
        (icc.clone(), kept(&info(source_color(Some(&icc)), Some(icc))))
    }

    #[test]
    fn what_is_written_reads_as_the_same_primaries_with_srgbs_curve() {
        let sources = [
            ("Display P3", ColorProfile::new_display_p3(), Some([12, 13])),
            ("Adobe RGB", ColorProfile::new_adobe_rgb(), None),
            ("ProPhoto", ColorProfile::new_pro_photo_rgb(), None),
            ("BT.2020", ColorProfile::new_bt2020(), Some([9, 13])),
        ];
        for (name, profile, coded) in sources {
            let made = of(&profile).1.expect("not sRGB");
            assert_eq!(made.profile.coded, coded, "{name}");
            assert!(is_sound(&made.profile.icc), "{name}");
            let color = source_color(Some(&made.profile.icc));
            let kept = kept(&info(color, Some(made.profile.icc.clone()))).expect("not sRGB");
            assert_eq!(kept.profile, made.profile, "{name}: what says it already is taken as it is");
            let again = source_color(Some(&kept.profile.icc));
            assert!(near(&again.srgb_from_source, &kept.gamut.srgb_from()), "{name}: {again:?}");
            assert!(near_curves(&again, &SourceColor::srgb()), "{name}");
        }
    }

    #[test]
    fn what_has_no_primaries_of_its_own_is_display_p3() {
        let entries = vec![0.0; 8 * 3];
        let table = tintype_pixels::ColorTable::new(3, 2, entries).map(Arc::new);
        let pq = cicp::source_color(9, 16, cicp::Range::Full).expect("known");
        let bright_srgb = cicp::source_color(1, 16, cicp::Range::Full).expect("known");
        for color in [SourceColor { table, ..SourceColor::srgb() }, pq, bright_srgb] {
            let kept = kept(&info(color, None)).expect("not sRGB");
            assert_eq!(kept.profile.coded, Some([12, 13]));
        }
    }

    #[test]
    fn srgb_and_gray_need_no_profile() {
        assert_eq!(of(&ColorProfile::new_srgb()).1, None);
        assert_eq!(of(&ColorProfile::new_gray_with_gamma(1.8)).1, None);
        assert_eq!(kept(&info(SourceColor::srgb(), None)), None);
        assert_eq!(ink_color(Some(&of(&ColorProfile::new_display_p3()).0)), None, "no ink");
    }
}
