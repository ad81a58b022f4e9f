//! Sizes and rectangles in whole pixels. The origin is the top left corner, y grows downwards.

use std::fmt;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Size {
    /// A size of `width` by `height` pixels; zero is representable and refused where pixels are needed.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Number of pixels; never overflows.
    pub const fn area(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Megapixels, for messages.
    pub fn megapixels(self) -> f64 {
        self.area() as f64 / 1e6
    }

    /// Whether either side is zero.
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Width and height exchanged, as a quarter turn does.
    pub const fn transposed(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}x{}", self.width, self.height))
    }
}

impl From<Size> for [u32; 2] {
    fn from(size: Size) -> Self {
        [size.width, size.height]
    }
}

/// A rectangle of whole pixels inside some image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rect {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// How many columns and rows.
    pub size: Size,
}

impl Rect {
    /// The rectangle at (`x`, `y`) of `size` pixels.
    pub const fn new(x: u32, y: u32, size: Size) -> Self {
        Self { x, y, size }
    }

    /// All of an image.
    pub const fn whole(size: Size) -> Self {
        Self::new(0, 0, size)
    }

    /// Whether this rectangle is all of an image of `size`.
    pub fn is_whole(self, size: Size) -> bool {
        self == Self::whole(size)
    }

    /// Whether every pixel of the rectangle lies inside an image of `size`.
    pub const fn fits(self, size: Size) -> bool {
        self.x as u64 + self.size.width as u64 <= size.width as u64
            && self.y as u64 + self.size.height as u64 <= size.height as u64
    }

    /// `inner`, given relative to this rectangle's corner, in the coordinates this rectangle is given in.
    pub const fn nested(self, inner: Rect) -> Self {
        Self::new(self.x + inner.x, self.y + inner.y, inner.size)
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}+{}+{}", self.size, self.x, self.y))
    }
}
