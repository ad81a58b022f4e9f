//! Decoded pixels on the host, in the layout their codec produced or wants.

use std::fmt;

use crate::{Layout, Size};

/// Pixels in host memory: rows from top to bottom, interleaved samples, no padding.
///
/// `bytes.len() == size.area() * layout.pixel_bytes()` always holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Planes {
    size: Size,
    layout: Layout,
    bytes: Vec<u8>,
}

impl Planes {
    /// Wraps `bytes`; `None` when their number is not what `size` and `layout` need.
    pub fn new(size: Size, layout: Layout, bytes: Vec<u8>) -> Option<Self> {
        let needed = size.area().checked_mul(u64::from(layout.pixel_bytes()))?;
        (bytes.len() as u64 == needed).then_some(Self { size, layout, bytes })
    }

    /// Width and height as stored, before any orientation.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The shape of a pixel.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The samples.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The samples, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes from one row to the next.
    pub fn row_bytes(&self) -> usize {
        self.size.width as usize * self.layout.pixel_bytes() as usize
    }
}

impl fmt::Debug for Planes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Planes({} {}, {} bytes)", self.size, self.layout, self.bytes.len())
    }
}
