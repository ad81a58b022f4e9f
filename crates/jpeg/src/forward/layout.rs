//! What a picture of a size becomes: components, blocks, tables.

use tintype_pixels::Size;

use super::Tables;
use crate::{ColorTransform, Component, Frame};

/// The sampling factors of up to four components, each 1 to 4, horizontal first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling(pub [(u8, u8); 4]);

impl Sampling {
    /// Every component in full, 4:4:4.
    pub const FULL: Self = Self::first(1, 1);
    /// Chroma at half width, 4:2:2.
    pub const HALF_WIDTH: Self = Self::first(2, 1);
    /// Chroma at half width and height, 4:2:0.
    pub const HALF: Self = Self::first(2, 2);

    /// The first component has these factors, all others one.
    pub const fn first(h: u8, v: u8) -> Self {
        Self([(h, v), (1, 1), (1, 1), (1, 1)])
    }
}

/// What no JPEG can be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Neither side may be zero or more than 65535.
    #[error("{0} is not a size of a JPEG; sides are 1 to 65535")]
    Size(Size),
    /// A factor is none of 1 to 4, or the largest is not a multiple of it.
    #[error("sampling factors {0}x{1} among a largest of {2}x{3}; accepted are 1 to 4 that divide the largest")]
    Sampling(u8, u8, u8, u8),
}

/// What a picture of `size` becomes: components named and given tables as libjpeg does (jpeg_set_colorspace).
pub fn frame(size: Size, color: ColorTransform, tables: &Tables, sampling: Sampling) -> Result<Frame, FrameError> {
    if size.is_empty() || size.width > 65535 || size.height > 65535 {
        return Err(FrameError::Size(size));
    }
    let (luma, chroma) = (&tables.luma, &tables.chroma);
    let named: &[(u8, &[u16; 64])] = match color {
        ColorTransform::Gray => &[(1, luma)],
        ColorTransform::YCbCr => &[(1, luma), (2, chroma), (3, chroma)],
        ColorTransform::Rgb => &[(b'R', luma), (b'G', luma), (b'B', luma)],
        ColorTransform::Cmyk => &[(b'C', luma), (b'M', luma), (b'Y', luma), (b'K', luma)],
        ColorTransform::Ycck => &[(1, luma), (2, chroma), (3, chroma), (4, luma)],
    };
    let factors = &sampling.0[..named.len()];
    let max_h = factors.iter().map(|factor| factor.0).max().unwrap_or(1);
    let max_v = factors.iter().map(|factor| factor.1).max().unwrap_or(1);
    for &(h, v) in factors {
        let fits = |factor: u8, max: u8| (1..=4).contains(&factor) && max <= 4 && max.is_multiple_of(factor);
        if !fits(h, max_h) || !fits(v, max_v) {
            return Err(FrameError::Sampling(h, v, max_h, max_v));
        }
    }
    let component = |(&(id, table), &sampling): (&(u8, &[u16; 64]), &(u8, u8))| {
        Component::new(id, sampling, (max_h, max_v), size, *table)
    };
    let components = named.iter().zip(factors).map(component).collect();
    Ok(Frame { size, color, components })
}
