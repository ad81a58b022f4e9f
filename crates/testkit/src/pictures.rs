//! Synthetic pictures that find mistakes: an impulse, ramps, a checkerboard, noise, soft alpha edges.

use tintype_engine::reference::RefImage;
use tintype_pixels::{Layout, Planes, Size};

/// A whole number from two, well mixed; the same on every machine.
pub fn hash(x: u32, y: u32) -> u32 {
    let mut v = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77);
    v = (v ^ (v >> 15)).wrapping_mul(0x2C1B_3C6D);
    v = (v ^ (v >> 12)).wrapping_mul(0x297A_2D39);
    v ^ (v >> 15)
}

/// A number from 0 to 1.
pub fn noise(x: u32, y: u32) -> f32 {
    (hash(x, y) >> 8) as f32 / 16_777_215.0
}

/// All pictures of one size, premultiplied, by name.
pub fn standard(size: Size) -> Vec<(&'static str, RefImage)> {
    let (w, h) = (size.width.max(2) as f32 - 1.0, size.height.max(2) as f32 - 1.0);
    let middle = (size.width / 2, size.height / 2);
    vec![
        (
            "impulse",
            RefImage::from_fn(size, |x, y| if (x, y) == middle { [1.0, 0.5, 0.25, 1.0] } else { [0.0, 0.0, 0.0, 1.0] }),
        ),
        ("ramps", RefImage::from_fn(size, |x, y| [x as f32 / w, y as f32 / h, (x + y) as f32 / (w + h), 1.0])),
        ("checker", RefImage::from_fn(size, |x, y| if (x + y) % 2 == 0 { [1.0; 4] } else { [0.0, 0.0, 0.0, 1.0] })),
        ("noise", RefImage::from_fn(size, |x, y| [noise(x, y), noise(x + 7919, y), noise(x, y + 7919), 1.0])),
        (
            "alpha",
            RefImage::from_fn(size, |x, y| {
                let a = (noise(x / 3, y / 3) * 1.5 - 0.25).clamp(0.0, 1.0);
                [noise(x, y) * a, y as f32 / h * a, x as f32 / w * a, a]
            }),
        ),
    ]
}

/// Integer samples of every layout, noisy, with soft alpha where there is any.
pub fn samples(size: Size, layout: Layout) -> Planes {
    let n = size.area() as usize * layout.pixel_bytes() as usize;
    let bytes = (0..n).map(|i| (hash(i as u32, 77) >> 11) as u8).collect();
    Planes::new(size, layout, bytes).expect("as many bytes as the layout needs")
}
