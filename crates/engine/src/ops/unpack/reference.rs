//! The twin of `unpack.wgsl`, `unpack.wide.wgsl` and `unpack.table.wgsl`; that of `unpack.planes.wgsl` is the same, after [`pixels`].

use tintype_jpeg::{
    Coefficients, ColorTransform,
    inverse::{self, Reduced, Scale, Upsampling},
};
use tintype_pixels::{Channels, ColorTable, Depth, Layout, Planes, SourceColor, linear_from_srgb, srgb_from_linear};

use super::Unpack;
use crate::{ops::Exercised, reference::RefImage};

/// What unpacking `planes` gives.
pub fn unpack(op: &Unpack, planes: &Planes) -> RefImage {
    let rect = RefImage::from_fn(op.rect.size, |x, y| {
        let [r, g, b, a] = pixel(planes, op.color.as_ref(), op.rect.x + x, op.rect.y + y);
        let matrix = match &op.color {
            Some(color) if color.table.is_some() => op.gamut.from_srgb(),
            Some(color) => color.srgb_from_source,
            None => SourceColor::IDENTITY,
        };
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
    if let Some(table) = color.and_then(|color| color.table.as_deref()) {
        let device = match layout.channels {
            Channels::Gray | Channels::GrayAlpha => [samples[0]; 4],
            Channels::Rgb => [samples[0], samples[1], samples[2], 0.0],
            Channels::Rgba | Channels::Cmyk => [samples[0], samples[1], samples[2], samples[3]],
        };
        let [r, g, b] = interpolated(table, device).map(linear_from_srgb);
        return [r, g, b, if layout.has_alpha() { samples[samples.len() - 1] } else { 1.0 }];
    }
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

/// The color of a table at `device`, of which a table without inks takes three numbers. The tetrahedron is found by walking from
/// the cube's lowest corner to its highest, along the axes in falling order of how far `device` lies along them.
fn interpolated(table: &ColorTable, device: [f32; 4]) -> [f32; 3] {
    let side = table.side() as usize;
    let place = |v: f32| {
        let at = v * (side - 1) as f32;
        let low = (at as usize).min(side - 2);
        (low, at - low as f32)
    };
    let entry = |node: usize| [0, 1, 2].map(|channel| table.entries()[node * 3 + channel]);
    let places = [0, 1, 2].map(|axis| place(device[axis]));
    let steps = [side * side, side, 1];
    let cube = |first: usize| {
        let mut axes = [0, 1, 2];
        axes.sort_by(|a, b| places[*b].1.total_cmp(&places[*a].1));
        let mut node = first + (0..3).map(|axis| places[axis].0 * steps[axis]).sum::<usize>();
        let mut color = entry(node);
        for axis in axes {
            let before = entry(node);
            node += steps[axis];
            let after = entry(node);
            for channel in 0..3 {
                color[channel] += (after[channel] - before[channel]) * places[axis].1;
            }
        }
        color
    };
    if table.inputs() == 3 {
        return cube(0);
    }
    let (slice, part) = place(device[3]);
    let (near, far) = (cube(slice * side.pow(3)), cube((slice + 1) * side.pow(3)));
    [0, 1, 2].map(|channel| near[channel] + (far[channel] - near[channel]) * part)
}
