//! The twin of `pack.wgsl` and `pack.wide.wgsl`.

use tintype_pixels::{Depth, srgb_from_linear};

use super::Pack;
use crate::reference::{RefImage, saturate, straight, unit};

/// What packing `image` gives.
pub fn pack(op: &Pack, image: &RefImage) -> Vec<u8> {
    let size = image.size();
    let mut bytes = Vec::new();
    for y in 0..size.height {
        for x in 0..size.width {
            for sample in samples(op, image.at(x, y), x, y) {
                match op.layout.depth {
                    Depth::U8 => bytes.push(sample as u8),
                    Depth::U16 => bytes.extend((sample as u16).to_ne_bytes()),
                    Depth::F32 => bytes.extend(sample.to_ne_bytes()),
                }
            }
        }
    }
    bytes
}

fn samples(op: &Pack, color: [f32; 4], x: u32, y: u32) -> Vec<f32> {
    let depth = op.layout.depth;
    let color = if depth == Depth::F32 { color } else { saturate(color) };
    let [r, g, b, a] = straight(color);
    let luminance = r * 0.2126 + g * 0.7152 + b * 0.0722;
    let rgb = if op.layout.has_color() { vec![r, g, b] } else { vec![luminance] };
    let mut samples: Vec<f32> = rgb.into_iter().map(|v| if op.encode { srgb_from_linear(v) } else { v }).collect();
    let n_colors = samples.len();
    if op.layout.has_alpha() {
        samples.push(a);
    }
    let scale = match depth {
        Depth::U8 => 255.0,
        Depth::U16 => 65535.0,
        Depth::F32 => return samples,
    };
    // Alpha is never dithered: an opaque picture stays opaque.
    let noise = if op.dither { hash_unit(x, y) - 0.5 } else { 0.0 };
    let noisy = |index: usize| if index < n_colors { noise } else { 0.0 };
    samples
        .iter()
        .enumerate()
        .map(|(index, v)| (unit(*v) * scale + 0.5 + noisy(index) * 0.998).floor().clamp(0.0, scale))
        .collect()
}

/// The twin of `hash_unit` in `lib/math/hash.wgsl`.
fn hash_unit(x: u32, y: u32) -> f32 {
    let state = x.wrapping_add(y.wrapping_mul(65537)).wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    (((word >> 22) ^ word) >> 8) as f32 / 16_777_216.0
}
