//! A JPEG's components as what is unpacked: which blocks a part of the picture reaches, and how chroma comes to its resolution.

use std::{ops::Range, sync::Arc};

use tintype_jpeg::{
    ColorTransform, Component, Frame,
    inverse::{Reduced, Scale},
};
use tintype_pixels::{Orientation, Rect, Size, SourceColor};

use crate::{
    kernels,
    ops::{
        idct::{self, Blocks, Inverse, Share},
        orient,
    },
    record::{Bound, BufferId, PassBuilder, Recording},
};

/// Rows of a chunk end with rows of MCUs at every scale and sampling that is read.
const CHUNK_ROWS: u32 = 32;

/// How a JPEG's components become pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// Their sizes and tables.
    pub frame: Arc<Frame>,
    /// How much smaller the picture is decoded.
    pub scale: Scale,
    /// Where coefficients become samples.
    pub inverse: Inverse,
    /// How, where it is on the device.
    pub share: Share,
}

tintype_wgsl::params! {
    /// Uniform of `unpack.planes.wgsl`.
    struct Params for kernels::UNPACK_PLANES {
        origin: [u32; 2], size: [u32; 2], frame: [u32; 2], row: u32, orient: u32,
        stride: [u32; 2], first: [u32; 2], last: [u32; 2], ratio: [u32; 2],
        weights: [i32; 4], bias: [i32; 4], shift: u32, color: u32, _pad0: u32, _pad1: u32,
        red: [f32; 4], green: [f32; 4], blue: [f32; 4],
    }
}

impl Components {
    /// `None` where the kernels do not read such a picture: ink, sampling ratios other than 1, 2 and 4, chroma of higher resolution
    /// than luma or of two resolutions, or what is too wide for a binding of so many bytes.
    pub fn new(frame: Arc<Frame>, scale: Scale, inverse: Inverse, binding_bytes: u64) -> Option<Self> {
        let (max_h, max_v) = frame.max_sampling();
        let is_read = |component: &Component| {
            let Reduced { ratio: (h, v), .. } = Reduced::of(&frame, component, scale);
            let ratio = |factor: u8, max: u8| [1, 2, 4].iter().any(|ratio| factor * ratio == max);
            ratio(component.h, max_h) && ratio(component.v, max_v) && [1, 2, 4].contains(&h) && [1, 2, 4].contains(&v)
        };
        let fits = match (frame.color, frame.components.as_slice()) {
            (ColorTransform::Gray, [luma]) => is_read(luma),
            (ColorTransform::YCbCr | ColorTransform::Rgb, [luma, blue, red]) => {
                let is_full = (luma.h, luma.v) == (max_h, max_v);
                is_full && (blue.h, blue.v) == (red.h, red.v) && frame.components.iter().all(is_read)
            }
            _ => false,
        };
        let row = u64::from(frame.components.first()?.blocks.width) * 128;
        let components = Self { frame, scale, inverse, share: Share::default() };
        (fits && row * u64::from(3 * CHUNK_ROWS) <= binding_bytes).then_some(components)
    }

    /// Rows of the picture of which every component fits a binding.
    pub(super) fn chunk_rows(&self, binding_bytes: u64) -> u32 {
        let luma = &self.frame.components[0];
        let side = Reduced::of(&self.frame, luma, self.scale).block_side;
        let row = u64::from(luma.blocks.width) * 128 / u64::from(side);
        // A block more at each end, because parts need not begin where blocks do.
        let rows = (binding_bytes / row).saturating_sub(u64::from(3 * side)).min(u64::from(u32::MAX)) as u32;
        (rows / CHUNK_ROWS * CHUNK_ROWS).max(CHUNK_ROWS)
    }

    /// Brings what `part` of the picture needs onto the device, as samples.
    pub(super) fn record(&self, recording: &mut Recording, source: usize, part: Rect) -> Held {
        let components = self.frame.components.iter().enumerate();
        let held: Vec<Plane> =
            components.map(|(index, component)| self.plane(recording, source, part, index, component)).collect();
        Held { planes: held, color: self.frame.color, upsampling: self.upsampling() }
    }

    fn plane(
        &self,
        recording: &mut Recording,
        source: usize,
        part: Rect,
        index: usize,
        component: &Component,
    ) -> Plane {
        let reduced = Reduced::of(&self.frame, component, self.scale);
        let side = reduced.block_side;
        let rows = reached(part.y, part.size.height, reduced.ratio.1, reduced.samples.height);
        if self.inverse == Inverse::Host {
            let stride = reduced.samples.width;
            let bytes = u64::from(rows.start) * u64::from(stride)..u64::from(rows.end) * u64::from(stride);
            let buffer = recording.upload_plane(source, index, bytes);
            return Plane { buffer, stride, first: rows.start };
        }
        let mut rows = rows.start / side..rows.end.div_ceil(side);
        let decoded = recording.decoded(source, index);
        if decoded.is_some() {
            // A part of a buffer begins with an even block.
            rows.start -= rows.start & component.blocks.width & 1;
        }
        let columns = reached(part.x, part.size.width, reduced.ratio.0, reduced.samples.width);
        let blocks = Blocks { rows: rows.end - rows.start, columns: columns.start / side..columns.end.div_ceil(side) };
        let block_row = u64::from(component.blocks.width) * 128;
        let bytes = u64::from(rows.start) * block_row..u64::from(rows.end) * block_row;
        let coefficients = match decoded {
            Some((buffer, part)) => Bound::Part(buffer, part.start + bytes.start..part.start + bytes.end),
            None => Bound::Buffer(recording.upload_plane(source, index, bytes)),
        };
        let stride = idct::row_bytes(component, side);
        let plane = recording.scratch(u64::from(stride) * u64::from(blocks.rows * side));
        idct::record(recording, component, side, self.share, &blocks, &coefficients, plane);
        Plane { buffer: plane, stride, first: rows.start * side }
    }

    /// How chroma comes to the resolution of luma: libjpeg's "fancy upsampling" of halves, repetition of quarters.
    fn upsampling(&self) -> Upsampling {
        let chroma = self.frame.components.last().map(|chroma| Reduced::of(&self.frame, chroma, self.scale));
        let Some(Reduced { samples, ratio: (h, v), .. }) = chroma else { return Upsampling::default() };
        let is_wide = samples.width > 2;
        let is_fancy = self.scale != Scale::Eighth;
        let (weights, bias, shift) = match (h, v) {
            (2, 1) if is_fancy && is_wide => ([3, 1, 1, 0], [1, 2, 1, 2], 2),
            (1, 2) if is_fancy => ([1, 0, 3, 1], [1, 1, 2, 2], 2),
            (2, 2) if is_fancy && is_wide => ([3, 1, 3, 1], [8, 7, 8, 7], 4),
            _ => ([1, 0, 1, 0], [0; 4], 0),
        };
        let last = [samples.width.saturating_sub(1), samples.height.saturating_sub(1)];
        Upsampling { ratio: [h.ilog2(), v.ilog2()], last, weights, bias, shift }
    }
}

/// The samples along an axis that `len` pixels from `start` on are made of, with a neighbour at each end.
fn reached(start: u32, len: u32, ratio: u32, samples: u32) -> Range<u32> {
    let beside = u32::from(ratio > 1);
    let first = (start / ratio).saturating_sub(beside);
    let end = ((start + len - 1) / ratio + 1 + beside).min(samples);
    first.min(end.saturating_sub(1))..end
}

/// Numbers of the kernel that follow from how chroma is stored.
#[derive(Clone, Copy, Default)]
struct Upsampling {
    /// Powers of two.
    ratio: [u32; 2],
    last: [u32; 2],
    /// Of the nearer and the farther sample, across and down.
    weights: [i32; 4],
    /// Even and odd columns of even rows, then of odd rows.
    bias: [i32; 4],
    shift: u32,
}

/// Components on the device.
pub(super) struct Held {
    planes: Vec<Plane>,
    color: ColorTransform,
    upsampling: Upsampling,
}

/// One of them.
#[derive(Clone, Copy)]
struct Plane {
    buffer: BufferId,
    /// Bytes of a row.
    stride: u32,
    /// The first row that is there.
    first: u32,
}

/// Which pixels, and where they go.
pub(super) struct At {
    pub(super) origin: [u32; 2],
    pub(super) size: [u32; 2],
    pub(super) frame: Size,
    pub(super) row: u32,
    pub(super) orientation: Orientation,
}

impl Held {
    /// The pass that unpacks the pixels `at`, but for its target.
    pub(super) fn pass<'r>(
        &self,
        recording: &'r mut Recording,
        at: At,
        color: Option<&SourceColor>,
        curves: &Bound,
    ) -> PassBuilder<'r> {
        let (luma, blue) = (self.planes[0], self.planes[self.planes.len().min(2) - 1]);
        let red = self.planes[self.planes.len() - 1];
        let matrix = color.map_or(SourceColor::IDENTITY, |color| color.srgb_from_source);
        let [to_red, to_green, to_blue] = matrix.map(|[r, g, b]| [r, g, b, 0.0]);
        let Upsampling { ratio, last, weights, bias, shift } = self.upsampling;
        let params = Params {
            origin: at.origin,
            size: at.size,
            frame: at.frame.into(),
            row: at.row,
            orient: orient::flags(at.orientation),
            stride: [luma.stride, blue.stride],
            first: [luma.first, blue.first],
            last,
            ratio,
            weights,
            bias,
            shift,
            color: match self.color {
                ColorTransform::YCbCr => 1,
                ColorTransform::Rgb => 2,
                ColorTransform::Gray | ColorTransform::Cmyk | ColorTransform::Ycck => 0,
            },
            _pad0: 0,
            _pad1: 0,
            red: to_red,
            green: to_green,
            blue: to_blue,
        };
        let pass = recording.pass(params).grid(at.size[0].div_ceil(4), at.size[1]);
        pass.buffer(luma.buffer).buffer(blue.buffer).buffer(red.buffer).table(curves)
    }
}
