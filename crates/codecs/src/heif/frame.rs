//! What a codec hands back: planes of samples, a row at a time.

use std::fmt;

use tintype_pixels::Size;

use super::Nclx;

/// A decoded tile.
pub(crate) struct Frame {
    /// Of the luminance.
    pub(crate) size: Size,
    /// Bits of a sample, 8 to 16.
    pub(crate) depth: u8,
    /// How color is stored.
    pub(crate) subsampling: Subsampling,
    /// What the coded picture itself says about its colors, for files that do not.
    pub(crate) color: Nclx,
    /// The planes.
    pub(crate) samples: Box<dyn Samples>,
}

/// Access to planes: 0 is luminance, 1 and 2 are blue's and red's difference.
pub(crate) trait Samples {
    /// Copies as many samples as `row` has, from the left, of row `y`. Both are within the plane.
    fn read_row(&self, plane: usize, y: u32, row: &mut [u16]);
}

/// How many pixels share a sample of color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subsampling {
    /// 4:0:0: there is none.
    Gray,
    /// 4:2:0: two by two.
    Both,
    /// 4:2:2: two in a row.
    Horizontal,
    /// 4:4:4: each has its own.
    None,
}

impl Subsampling {
    /// The size of a plane of color for a luminance of `size`.
    pub(crate) fn chroma(self, size: Size) -> Size {
        let half = |side: u32| side.div_ceil(2);
        match self {
            Self::Gray => Size::new(0, 0),
            Self::Both => Size::new(half(size.width), half(size.height)),
            Self::Horizontal => Size::new(half(size.width), size.height),
            Self::None => size,
        }
    }

    /// The size of `plane` for a luminance of `size`.
    pub(crate) fn plane(self, plane: usize, size: Size) -> Size {
        if plane == 0 { size } else { self.chroma(size) }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} of {} bits, {:?})", self.size, self.depth, self.subsampling)
    }
}
