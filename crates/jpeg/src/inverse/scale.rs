//! A picture at a half, a quarter or an eighth of its size, as `djpeg -scale` makes it: means of squares of pixels, from
//! smaller inverse transforms.

use std::fmt;

use tintype_pixels::Size;

use super::{Plane, block, eighth, half, quarter};
use crate::{Coefficients, Component, Frame};

/// How much smaller a picture is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scale {
    /// As it is stored.
    #[default]
    Full,
    /// One pixel for 2x2.
    Half,
    /// One pixel for 4x4.
    Quarter,
    /// One pixel for 8x8.
    Eighth,
}

impl Scale {
    /// From the smallest picture to the largest.
    pub const ALL: [Self; 4] = [Self::Eighth, Self::Quarter, Self::Half, Self::Full];

    /// How many pixels become one, along each side: 1, 2, 4 or 8.
    pub fn divisor(self) -> u32 {
        match self {
            Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }

    /// A size at this scale; what is left over at the right and below counts as a pixel.
    pub fn apply(self, size: Size) -> Size {
        Size::new(size.width.div_ceil(self.divisor()), size.height.div_ceil(self.divisor()))
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1/{}", self.divisor())
    }
}

/// A component in a picture at a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduced {
    /// Width and height in samples of what a block becomes: 8, 4, 2 or 1.
    pub block_side: u32,
    /// Width and height in samples that mean something.
    pub samples: Size,
    /// How many pixels of the picture at this scale a sample stands for, across and down.
    pub ratio: (u32, u32),
}

impl Reduced {
    /// `component` of `frame` at `scale`.
    ///
    /// A component of lower resolution is reduced less, as far as its samples still stand for whole pixels: of a 4:2:0 picture
    /// at half size the chroma is as stored, and needs no upsampling.
    pub fn of(frame: &Frame, component: &Component, scale: Scale) -> Self {
        let (max_h, max_v) = frame.max_sampling();
        let (max_h, max_v) = (u32::from(max_h), u32::from(max_v));
        let (h, v) = (u32::from(component.h.max(1)), u32::from(component.v.max(1)));
        let side = 8 / scale.divisor();
        let mut block_side = side;
        while block_side < 8
            && (max_h * side).is_multiple_of(h * block_side * 2)
            && (max_v * side).is_multiple_of(v * block_side * 2)
        {
            block_side *= 2;
        }
        let samples = |pixels: u32, factor: u32, max: u32| {
            let samples = (u64::from(pixels) * u64::from(factor * block_side)).div_ceil(u64::from(max * 8));
            samples as u32
        };
        Self {
            block_side,
            samples: Size::new(samples(frame.size.width, h, max_h), samples(frame.size.height, v, max_v)),
            ratio: ((max_h * side / (h * block_side)).max(1), (max_v * side / (v * block_side)).max(1)),
        }
    }
}

/// The samples of every component at `scale`, each at its own resolution and without the padding of its blocks. Blocks that
/// are not there are taken for mid gray.
pub fn planes(coefficients: &Coefficients, scale: Scale) -> Vec<Plane> {
    let Coefficients { frame, planes } = coefficients;
    let each = frame.components.iter().zip(planes);
    each.map(|(component, blocks)| plane_of(component, blocks, Reduced::of(frame, component, scale))).collect()
}

fn plane_of(component: &Component, blocks: &[i16], reduced: Reduced) -> Plane {
    let table = &component.quantization;
    match reduced.block_side {
        4 => assembled::<4, 16>(component, blocks, reduced.samples, |block| half(block, table)),
        2 => assembled::<2, 4>(component, blocks, reduced.samples, |block| quarter(block, table)),
        1 => assembled::<1, 1>(component, blocks, reduced.samples, |block| [eighth(block, table)]),
        _ => assembled::<8, 64>(component, blocks, reduced.samples, |coefficients| block(coefficients, table)),
    }
}

/// Puts blocks of `SIDE` times `SIDE` samples together.
fn assembled<const SIDE: usize, const AREA: usize>(
    component: &Component,
    blocks: &[i16],
    size: Size,
    transform: impl Fn(&[i16; 64]) -> [u8; AREA],
) -> Plane {
    let width = size.width as usize;
    let mut samples = vec![128; width * size.height as usize];
    let rows_of_blocks = blocks.as_chunks::<64>().0.chunks(component.blocks.width.max(1) as usize);
    for (band, blocks) in samples.chunks_mut(SIDE * width.max(1)).zip(rows_of_blocks) {
        for (x, coefficients) in (0..width).step_by(SIDE).zip(blocks) {
            let pixels = transform(coefficients);
            let n = SIDE.min(width - x);
            for (row, pixels) in band.chunks_mut(width).zip(pixels.as_chunks::<SIDE>().0) {
                row[x..x + n].copy_from_slice(&pixels[..n]);
            }
        }
    }
    Plane { size, samples }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColorTransform;

    fn frame(size: Size, h: u8, v: u8) -> Frame {
        let component =
            |h: u8, v: u8| Component { id: 1, h, v, samples: size, blocks: Size::new(1, 1), quantization: [1; 64] };
        Frame {
            size,
            color: ColorTransform::YCbCr,
            components: vec![component(h, v), component(1, 1), component(1, 1)],
        }
    }

    #[test]
    fn chroma_of_lower_resolution_is_reduced_less() {
        // Sampling, scale, side of a block of chroma, how many pixels its samples stand for: libjpeg's jdmaster.c.
        for (h, v, scale, side, ratio) in [
            (2, 2, Scale::Full, 8, (2, 2)),
            (2, 2, Scale::Half, 8, (1, 1)),
            (2, 2, Scale::Quarter, 4, (1, 1)),
            (2, 2, Scale::Eighth, 2, (1, 1)),
            (2, 1, Scale::Half, 4, (2, 1)),
            (1, 2, Scale::Quarter, 2, (1, 2)),
            (1, 1, Scale::Eighth, 1, (1, 1)),
            (4, 1, Scale::Half, 4, (4, 1)),
        ] {
            let frame = frame(Size::new(101, 50), h, v);
            let reduced = Reduced::of(&frame, &frame.components[1], scale);
            assert_eq!((reduced.block_side, reduced.ratio), (side, ratio), "{h}x{v} {scale}");
            let luma = Reduced::of(&frame, &frame.components[0], scale);
            assert_eq!((luma.samples, luma.ratio), (scale.apply(frame.size), (1, 1)), "{h}x{v} {scale}");
        }
    }

    #[test]
    fn full_size_is_the_plane() {
        let mut frame = frame(Size::new(19, 11), 1, 1);
        let table = std::array::from_fn(|i| 3 + i as u16);
        for component in &mut frame.components {
            (component.blocks, component.samples, component.quantization) = (Size::new(3, 2), frame.size, table);
        }
        let blocks: Vec<i16> =
            (0..6 * 64).map(|i: i32| ((i * 7919) % 61 - 30) as i16 / (1 + (i % 64) as i16 / 4)).collect();
        let coefficients = Coefficients { planes: vec![blocks.clone(); 3], frame };
        let component = &coefficients.frame.components[0];
        assert_eq!(planes(&coefficients, Scale::Full)[0], super::super::plane(component, &blocks));
        assert_eq!(planes(&coefficients, Scale::Quarter)[0].size, Size::new(5, 3));
    }
}
