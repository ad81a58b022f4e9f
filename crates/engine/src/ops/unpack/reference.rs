//! The twin of `unpack.wgsl` and `unpack.wide.wgsl`; that of `unpack.planes.wgsl` is the same, after [`pixels`].

use tintype_jpeg::{
    Coefficients, ColorTransform,
    inverse::{self, Reduced, Scale, Upsampling},
};
use tintype_pixels::{Depth, Layout, Planes, SourceColor, srgb_from_linear};

use super::Unpack;
use crate::{ops::Exercised, reference::RefImage};

/// What unpacking `planes` gives.
pub fn unpack(op: &Unpack, planes: &Planes) -> RefImage {
    let rect = RefImage::from_fn(op.rect.size, |x, y| {
        let [r, g, b, a] = pixel(planes, op.color.as_ref(), op.rect.x + x, op.rect.y + y);
        let matrix = op.color.as_ref().map_or(SourceColor::IDENTITY, |color| color.srgb_from_source);
        let rgb = matrix.map(|row| row[0] * r + row[1] * g + row[2] * b);
        let rgb = if op.encode { rgb.map(srgb_from_linear) } else { rgb };
        [rgb[0] * a, rgb[1] * a, rgb[2] * a, a]
    });
    let resized = match &op.first {
        Some(first) => first.reference(&rect, &[]),
        None => rect,
    };
    let back = op.orientation.inverse();
    RefImage::from_fn(op.output(), |x, y| {
        let (x, y) = back.map(op.output(), x, y);
        resized.at(x, y)
    })
}

/// The pixels of a JPEG at `scale`, gray or RGB, for [`Unpack`] to read instead of its components. `None` for a picture without
/// pixels.
pub fn pixels(coefficients: &Coefficients, scale: Scale) -> Option<Planes> {
    let frame = &coefficients.frame;
    let size = scale.apply(frame.size);
    let upsampling = |reduced: &Reduced| match reduced.ratio {
        (2, 1) if scale != Scale::Eighth && reduced.samples.width > 2 => Upsampling::H2v1,
        (1, 2) if scale != Scale::Eighth => Upsampling::H1v2,
        (2, 2) if scale != Scale::Eighth && reduced.samples.width > 2 => Upsampling::H2v2,
        (h, v) => Upsampling::Repeat { h: [1, h as u8], v: [1, v as u8] },
    };
    let planes = inverse::planes(coefficients, scale);
    let planes: Vec<_> = frame
        .components
        .iter()
        .zip(planes)
        .map(|(component, plane)| (plane, upsampling(&Reduced::of(frame, component, scale))))
        .collect();
    let mut bytes = Vec::new();
    for (y, x) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (y, x))) {
        let mut stored = [0; 4];
        for (stored, (plane, upsampling)) in stored.iter_mut().zip(&planes) {
            *stored = inverse::sample(plane, *upsampling, x, y);
        }
        match frame.color {
            ColorTransform::Gray => bytes.push(stored[0]),
            color => bytes.extend(inverse::rgb(color, stored)),
        }
    }
    let layout = if frame.color == ColorTransform::Gray { Layout::GRAY8 } else { Layout::RGB8 };
    Planes::new(size, layout, bytes)
}

/// Straight, linear (or as they are) samples of one pixel.
fn pixel(planes: &Planes, color: Option<&SourceColor>, x: u32, y: u32) -> [f32; 4] {
    let layout = planes.layout();
    let start = y as usize * planes.row_bytes() + x as usize * layout.pixel_bytes() as usize;
    let samples: Vec<f32> = planes.bytes()[start..start + layout.pixel_bytes() as usize]
        .chunks_exact(layout.depth as usize)
        .map(|bytes| match layout.depth {
            Depth::U8 => f32::from(bytes[0]) / 255.0,
            Depth::U16 => f32::from(bytemuck::pod_read_unaligned::<u16>(bytes)) / 65535.0,
            Depth::F32 => bytemuck::pod_read_unaligned(bytes),
        })
        .collect();
    let rgb = if layout.has_color() { [samples[0], samples[1], samples[2]] } else { [samples[0]; 3] };
    let alpha = if layout.has_alpha() { samples[samples.len() - 1] } else { 1.0 };
    let curved = |channel: usize, v: f32| match color {
        Some(color) if layout.depth != Depth::F32 => {
            let curve = &color.curves[channel];
            let place = v * (curve.len() - 1) as f32;
            let low = place as usize;
            let high = (low + 1).min(curve.len() - 1);
            curve[low] + (curve[high] - curve[low]) * (place - low as f32)
        }
        Some(_) | None => v,
    };
    [curved(0, rgb[0]), curved(1, rgb[1]), curved(2, rgb[2]), alpha]
}
