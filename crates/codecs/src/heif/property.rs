//! What an item's properties say (ISO/IEC 23008-12, 6.5; the AV1 and HEVC ones from their own bindings).

use tintype_pixels::{Orientation, Rect, Size};

use super::boxes::{Cursor, IsoBox};
use crate::CodecError;

/// A property of an item.
#[derive(Clone, Copy, Debug)]
pub(super) enum Property<'a> {
    /// `ispe`: width and height as coded.
    Size(Size),
    /// `av1C` or `hvcC`: what the decoder must know.
    Config(Config<'a>),
    /// `colr` with code points.
    Nclx(Nclx),
    /// `colr` with an ICC profile.
    Icc(&'a [u8]),
    /// `irot` or `imir`.
    Turn(Orientation),
    /// `clap`.
    CleanAperture(CleanAperture),
    /// `auxC`: what an auxiliary picture is.
    Auxiliary(Auxiliary),
    /// `a1op`: which operating point of a layered AV1 picture to decode.
    OperatingPoint(u8),
    /// `lsel`: which layer of a layered picture to decode.
    Layer(u16),
    /// Known, and nothing that reading pixels has to heed: `pixi`, `pasp`, `a1lx`, `clli`, `mdcv` and their like.
    Passive,
    /// Not known.
    Unknown,
}

/// How an item is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Config<'a> {
    /// By which codec.
    pub(crate) codec: Coding,
    /// Bits of a sample: 8, 10, 12, for HEVC up to 16.
    pub(crate) depth: u8,
    /// Whether there is luminance alone.
    pub(crate) chroma: Chroma,
    /// The box itself: HEVC's has the parameter sets in it.
    pub(crate) record: &'a [u8],
}

/// The codecs inside of a HEIF file that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// AV1.
    Av1,
    /// HEVC.
    Hevc,
}

/// Whether there is color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chroma {
    /// Luminance alone, 4:0:0.
    None,
    /// Color, at whatever resolution.
    Some,
}

/// Code points of color (ITU-T H.273).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nclx {
    /// Color primaries.
    pub(crate) primaries: u16,
    /// Transfer characteristics.
    pub(crate) transfer: u16,
    /// Matrix coefficients.
    pub(crate) matrix: u16,
    /// Which codes black and white have.
    pub(crate) range: Range,
}

/// Which codes black and white have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// 16 and 235 of 255 (chroma up to 240), as television has it.
    Limited,
    /// 0 and 255.
    Full,
}

/// What an auxiliary picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auxiliary {
    /// Opacity.
    Alpha,
    /// A depth map, a gain map or something else that is not shown.
    Other,
}

/// A crop whose center is given relative to the picture's, all in fractions (ISO/IEC 14496-12, 12.1.4).
#[derive(Clone, Copy, Debug)]
pub(super) struct CleanAperture {
    width: Fraction,
    height: Fraction,
    offset_x: Fraction,
    offset_y: Fraction,
}

#[derive(Clone, Copy, Debug)]
struct Fraction {
    numerator: i32,
    denominator: i32,
}

impl Fraction {
    fn value(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }
}

impl CleanAperture {
    /// The pixels that remain of a picture of `size`: the nearest whole ones, since files of some writers are off by a
    /// half. `None` where that is no part of it.
    pub(super) fn within(&self, size: Size) -> Option<Rect> {
        let side = |length: Fraction, offset: Fraction, whole: u32| {
            let length = length.value().round();
            let start = ((f64::from(whole) - length) / 2.0 + offset.value()).round();
            // Comparisons with NaN, from a denominator of 0, are false.
            let inside = start >= 0.0 && length >= 1.0 && start + length <= f64::from(whole);
            inside.then_some((start as u32, length as u32))
        };
        let (x, width) = side(self.width, self.offset_x, size.width)?;
        let (y, height) = side(self.height, self.offset_y, size.height)?;
        Some(Rect::new(x, y, Size::new(width, height)))
    }
}

/// Reads one property.
pub(super) fn read<'a>(property: IsoBox<'a>) -> Result<Property<'a>, CodecError> {
    let mut body = property.body;
    Ok(match &property.kind {
        b"ispe" => {
            body.version_and_flags()?;
            Property::Size(Size::new(body.u32()?, body.u32()?))
        }
        b"av1C" => Property::Config(av1_config(body)?),
        b"hvcC" => Property::Config(hevc_config(body)?),
        b"colr" => color(body)?,
        b"irot" => Property::Turn(match body.u8()? & 3 {
            // Counter-clockwise.
            1 => Orientation::Rotate270,
            2 => Orientation::Rotate180,
            3 => Orientation::Rotate90,
            _ => Orientation::Upright,
        }),
        // 0 exchanges top and bottom: the second edition's wording, and what all writers do.
        b"imir" => Property::Turn(if body.u8()? & 1 == 0 { Orientation::FlipV } else { Orientation::FlipH }),
        b"clap" => {
            let mut fraction = || Ok(Fraction { numerator: body.i32()?, denominator: body.i32()? });
            Property::CleanAperture(CleanAperture {
                width: fraction()?,
                height: fraction()?,
                offset_x: fraction()?,
                offset_y: fraction()?,
            })
        }
        b"auxC" => {
            body.version_and_flags()?;
            let urn = body.rest().split(|b| *b == 0).next().unwrap_or_default();
            Property::Auxiliary(match urn {
                b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha" | b"urn:mpeg:hevc:2015:auxid:1" => Auxiliary::Alpha,
                _ => Auxiliary::Other,
            })
        }
        b"a1op" => Property::OperatingPoint(body.u8()?),
        b"lsel" => Property::Layer(body.u16()?),
        b"pixi" | b"pasp" | b"a1lx" | b"clli" | b"mdcv" | b"cclv" | b"amve" | b"rloc" | b"udes" | b"altt" | b"cmin"
        | b"cmex" | b"ndwt" | b"reve" | b"lhvC" | b"tols" | b"oinf" => Property::Passive,
        _ => Property::Unknown,
    })
}

/// `AV1CodecConfigurationRecord` (AV1 in ISO media, 2.3.3).
pub(super) fn av1_config(mut body: Cursor<'_>) -> Result<Config<'_>, CodecError> {
    let record = body.rest();
    let marker_and_version = body.u8()?;
    if marker_and_version != 0x81 {
        return Err(body.damaged(format_args!("av1C begins with {marker_and_version:#04x}, not 0x81")));
    }
    body.u8()?;
    let flags = body.u8()?;
    let depth = match (flags & 0x40 != 0, flags & 0x20 != 0) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    let chroma = if flags & 0x10 != 0 { Chroma::None } else { Chroma::Some };
    Ok(Config { codec: Coding::Av1, depth, chroma, record })
}

/// `HEVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 8.3.3.1).
fn hevc_config(mut body: Cursor<'_>) -> Result<Config<'_>, CodecError> {
    let record = body.rest();
    body.take(16)?;
    let chroma = if body.u8()? & 3 == 0 { Chroma::None } else { Chroma::Some };
    let depth = 8 + (body.u8()? & 7);
    Ok(Config { codec: Coding::Hevc, depth, chroma, record })
}

/// `colr` (ISO/IEC 14496-12, 12.1.5).
pub(super) fn color(mut body: Cursor<'_>) -> Result<Property<'_>, CodecError> {
    Ok(match &body.kind()? {
        b"nclx" => {
            let (primaries, transfer, matrix) = (body.u16()?, body.u16()?, body.u16()?);
            let range = if body.u8()? & 0x80 != 0 { Range::Full } else { Range::Limited };
            Property::Nclx(Nclx { primaries, transfer, matrix, range })
        }
        b"prof" | b"rICC" => Property::Icc(body.rest()),
        _ => Property::Passive,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aperture(parts: [i32; 8]) -> CleanAperture {
        let fraction = |i: usize| Fraction { numerator: parts[i], denominator: parts[i + 1] };
        CleanAperture { width: fraction(0), height: fraction(2), offset_x: fraction(4), offset_y: fraction(6) }
    }

    #[test]
    fn apertures_are_centered() {
        let size = Size::new(100, 60);
        for (parts, expected) in [
            ([100, 1, 60, 1, 0, 1, 0, 1], Some((0, 0, 100, 60))),
            ([50, 1, 20, 1, 0, 1, 0, 1], Some((25, 20, 50, 20))),
            ([50, 1, 20, 1, -25, 1, 20, 1], Some((0, 40, 50, 20))),
            ([50, 1, 20, 1, -26, 1, 0, 1], None),
            ([101, 1, 20, 1, 0, 1, 0, 1], None),
            ([0, 1, 20, 1, 0, 1, 0, 1], None),
            ([50, 0, 20, 1, 0, 1, 0, 1], None),
            ([0, 0, 20, 1, 0, 0, 0, 1], None),
            ([-50, 1, 20, 1, 0, 1, 0, 1], None),
            ([i32::MAX, 1, i32::MAX, 1, i32::MIN, 1, i32::MIN, 1], None),
            ([99, 2, 20, 1, 1, 2, 0, 1], Some((26, 20, 50, 20))),
        ] {
            let expected = expected.map(|(x, y, width, height)| Rect::new(x, y, Size::new(width, height)));
            assert_eq!(aperture(parts).within(size), expected, "{parts:?}");
        }
    }
}
