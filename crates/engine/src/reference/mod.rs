//! What the scalar twins work on: a picture of four floats per pixel, premultiplied, as a working image is.
//!
//! Correct before fast. Nothing outside tests and benches uses it.

use tintype_pixels::{Layout, Planes, Size};

/// A working image on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct RefImage {
    size: Size,
    pixels: Vec<[f32; 4]>,
}

impl RefImage {
    /// From a function of x and y.
    pub fn from_fn(size: Size, mut pixel: impl FnMut(u32, u32) -> [f32; 4]) -> Self {
        let mut pixels = Vec::with_capacity(size.area() as usize);
        for y in 0..size.height {
            for x in 0..size.width {
                pixels.push(pixel(x, y));
            }
        }
        Self { size, pixels }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The pixel at (`x`, `y`), which must be inside.
    pub fn at(&self, x: u32, y: u32) -> [f32; 4] {
        assert!(x < self.size.width && y < self.size.height, "({x}, {y}) is outside of {}", self.size);
        self.pixels[y as usize * self.size.width as usize + x as usize]
    }

    /// The pixel nearest to (`x`, `y`).
    pub fn clamped(&self, x: i64, y: i64) -> [f32; 4] {
        let inside = |v: i64, n: u32| v.clamp(0, i64::from(n) - 1) as u32;
        self.at(inside(x, self.size.width), inside(y, self.size.height))
    }

    /// All pixels, row by row.
    pub fn pixels(&self) -> &[[f32; 4]] {
        &self.pixels
    }

    /// Every pixel through a function.
    pub fn map(&self, f: impl FnMut([f32; 4]) -> [f32; 4]) -> Self {
        Self { size: self.size, pixels: self.pixels.iter().copied().map(f).collect() }
    }

    /// Every value rounded to half precision, as a store to a working image of that precision does.
    pub fn to_f16(&self) -> Self {
        self.map(|c| c.map(|v| half::f16::from_f32(v).to_f32()))
    }

    /// As float samples with straight alpha: what [`Unpack::plain`](crate::ops::Unpack::plain) reads back.
    pub fn to_straight_f32(&self) -> Planes {
        let samples: Vec<f32> = self.pixels.iter().flat_map(|c| straight(*c)).collect();
        Planes::new(self.size, Layout::RGBA32F, bytemuck::cast_slice(&samples).to_vec())
            .expect("four floats per pixel were written")
    }

    /// From float samples with straight alpha.
    pub fn from_straight_f32(size: Size, bytes: &[u8]) -> Self {
        let pixels = bytes
            .chunks_exact(16)
            .map(|pixel| {
                let [r, g, b, a]: [f32; 4] = bytemuck::pod_read_unaligned(pixel);
                [r * a, g * a, b * a, a]
            })
            .collect();
        Self { size, pixels }
    }
}

/// The straight colour of a premultiplied one; nothing where nothing shows.
pub fn straight([r, g, b, a]: [f32; 4]) -> [f32; 4] {
    if a <= 0.0 { [0.0; 4] } else { [r / a, g / a, b / a, a] }
}

/// Cut to 0 … 1; not a number becomes 0, as in kernels.
#[expect(clippy::manual_clamp, reason = "clamp() passes NaN on")]
pub fn unit(v: f32) -> f32 {
    v.max(0.0).min(1.0)
}

/// Cut to what can be shown: alpha to 0 … 1, colour to 0 … alpha.
pub fn saturate([r, g, b, a]: [f32; 4]) -> [f32; 4] {
    let a = unit(a);
    let cut = |v: f32| v.max(0.0).min(a);
    [cut(r), cut(g), cut(b), a]
}
