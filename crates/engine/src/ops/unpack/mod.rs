//! From packed samples to a working image: curve per channel, primaries, premultiplication, orientation, and, where it
//! pays, the first axis of a resize, band by band.
//!
//! Samples arrive in chunks of whole rows that fit one storage binding. Without a resize every chunk is unpacked straight
//! into the oriented image. With one, each chunk is cut into bands of some megabytes: a band is unpacked and resized along
//! its rows at once, so the full-size working image never exists.

mod components;
#[cfg(any(test, feature = "reference"))]
pub mod reference;
mod table;

pub use components::Components;
use tintype_pixels::{Depth, Gamut, Layout, Orientation, Rect, Size, SourceColor};
use tintype_wgsl::Texel;

use super::{Resize, orient, resize};
use crate::{
    kernels,
    record::{Bound, BufferId, ImageId, Recording},
};

/// How many rows go at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// Largest storage binding in bytes.
    pub binding_bytes: u64,
    /// Bytes of working image that a streamed band may take.
    pub band_bytes: u64,
}

impl Bands {
    /// Everything in one piece; for tests and small pictures.
    pub const WHOLE: Self = Self { binding_bytes: u64::MAX, band_bytes: u64::MAX };
}

/// What is unpacked and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Unpack {
    /// Which input of the recording.
    pub source: usize,
    /// The stored picture.
    pub stored: Size,
    /// Its samples; of a JPEG that is read as components, what they become.
    pub layout: Layout,
    /// Where the input is a JPEG's components instead of samples: how they are read.
    pub components: Option<Components>,
    /// The part of it that is needed, as stored.
    pub rect: Rect,
    /// How the part is moved.
    pub orientation: Orientation,
    /// What the samples mean; `None` leaves them as they are.
    pub color: Option<SourceColor>,
    /// The primaries of the working image, which `color` leads to; only a table has to be told.
    pub gamut: Gamut,
    /// Whether the working space is sRGB-encoded while `color` gives linear light.
    pub encode: bool,
    /// The first axis of a resize, along stored rows.
    pub first: Option<Resize>,
    /// How many rows go at once.
    pub bands: Bands,
    /// Whether the input is a working image on the device already: then nothing is unpacked, and it is taken as it is, whole
    /// and upright.
    pub is_given: bool,
}

tintype_wgsl::params! {
    /// Uniform of `unpack.wgsl`.
    struct Params for kernels::UNPACK {
        origin: [u32; 2], size: [u32; 2], frame: [u32; 2], row: u32, row_bytes: u32,
        channels: u32, orient: u32, _pad0: u32, _pad1: u32,
        red: [f32; 4], green: [f32; 4], blue: [f32; 4],
    }
}

mod wide {
    use crate::kernels;

    tintype_wgsl::params! {
        /// Uniform of `unpack.wide.wgsl`: what [`Params`](super::Params) has, and the kind of samples.
        pub(super) struct Params for kernels::UNPACK_WIDE {
            origin: [u32; 2], size: [u32; 2], frame: [u32; 2], row: u32, row_bytes: u32,
            channels: u32, orient: u32, depth: u32, curve_len: u32,
            red: [f32; 4], green: [f32; 4], blue: [f32; 4],
        }
    }
}

impl Unpack {
    /// All of a picture whose samples are taken as they are, upright, in one piece.
    pub fn plain(source: usize, stored: Size, layout: Layout) -> Self {
        Self {
            source,
            stored,
            layout,
            components: None,
            rect: Rect::whole(stored),
            orientation: Orientation::Upright,
            color: None,
            gamut: Gamut::SRGB,
            encode: false,
            first: None,
            bands: Bands::WHOLE,
            is_given: false,
        }
    }

    /// Width and height of the working image.
    pub fn output(&self) -> Size {
        self.orientation.apply(self.frame())
    }

    /// Width and height before the orientation.
    fn frame(&self) -> Size {
        let width = self.first.as_ref().map_or(self.rect.size.width, |first| first.stretch.to);
        Size::new(width, self.rect.size.height)
    }

    fn row_bytes(&self) -> u64 {
        u64::from(self.stored.width) * u64::from(self.layout.pixel_bytes())
    }

    /// Rows of one chunk: what fits a storage binding, at least one.
    fn chunk_rows(&self) -> u32 {
        if let Some(components) = &self.components {
            return components.chunk_rows(self.bands.binding_bytes).clamp(1, self.rect.size.height);
        }
        let rows = self.bands.binding_bytes / self.row_bytes().max(1);
        rows.clamp(1, u64::from(self.rect.size.height)) as u32
    }

    /// Rows of one streamed band.
    fn band_rows(&self, texel: Texel) -> u32 {
        let row = u64::from(self.rect.size.width) * u64::from(texel.bytes());
        (self.bands.band_bytes / row).clamp(1, u64::from(self.chunk_rows())) as u32
    }

    /// How many bands a recording of this will have.
    pub fn n_bands(&self, texel: Texel) -> u32 {
        if self.is_given {
            return 0;
        }
        let step = if self.first.is_some() { self.band_rows(texel) } else { self.chunk_rows() };
        rows_by(self.rect.size.height, self.chunk_rows()).map(|(_, rows)| rows.div_ceil(step)).sum()
    }

    /// Appends the passes; the result is the oriented working image.
    pub fn record(&self, recording: &mut Recording) -> ImageId {
        if self.is_given {
            return recording.given(self.source, self.stored);
        }
        let output = recording.image(self.output());
        let (curves, curve_len) = match self.table() {
            Some(table) => (recording.table(table.entries()), table.side()),
            None => self.curves(recording),
        };
        let streamed = self.first.as_ref().map(|first| {
            let rows = self.band_rows(recording.texel);
            let band = recording.image(Size::new(self.rect.size.width, rows));
            (first, first.tables(recording), band, rows)
        });
        for (first_row, rows) in rows_by(self.rect.size.height, self.chunk_rows()) {
            let samples = match &self.components {
                Some(components) => {
                    let part = Rect::new(self.rect.x, self.rect.y + first_row, Size::new(self.rect.size.width, rows));
                    Samples::Components(components.record(recording, self.source, part))
                }
                None => {
                    let start = u64::from(self.rect.y + first_row) * self.row_bytes();
                    let end = start + u64::from(rows) * self.row_bytes();
                    Samples::Interleaved(recording.upload(self.source, start..end))
                }
            };
            let chunk = Chunk { samples, first_row: self.rect.y + first_row, curves: &curves, curve_len };
            let Some((first, tables, band, band_rows)) = &streamed else {
                let part = Part { row: 0, rows, frame: self.rect.size, frame_row: first_row };
                self.pass(recording, &chunk, part, self.orientation, output);
                continue;
            };
            for (row, rows) in rows_by(rows, *band_rows) {
                let part = Part { row, rows, frame: recording.size(*band), frame_row: 0 };
                self.pass(recording, &chunk, part, Orientation::Upright, *band);
                let band = resize::Band {
                    input: *band,
                    output,
                    line: first_row + row,
                    lines: rows,
                    frame: self.frame(),
                    orientation: self.orientation,
                };
                first.record_band(recording, tables, band);
            }
        }
        output
    }

    /// Unpacks some rows of a chunk into `target`.
    fn pass(
        &self,
        recording: &mut Recording,
        chunk: &Chunk<'_>,
        part: Part,
        orientation: Orientation,
        target: ImageId,
    ) {
        let width = self.rect.size.width;
        let samples = match &chunk.samples {
            Samples::Interleaved(samples) => *samples,
            Samples::Components(held) => {
                let at = components::At {
                    origin: [self.rect.x, chunk.first_row + part.row],
                    size: [width, part.rows],
                    frame: part.frame,
                    row: part.frame_row,
                    orientation,
                };
                let pass = held.pass(recording, at, self.color.as_ref(), chunk.curves);
                pass.set("ENCODE", u32::from(self.encode)).write_to(target);
                return;
            }
        };
        if let Some(table) = self.table() {
            let pass = self.table_pass(recording, table, part, orientation);
            pass.set("ENCODE", u32::from(self.encode)).buffer(samples).table(chunk.curves).write_to(target);
            return;
        }
        let matrix = self.color.as_ref().map_or(SourceColor::IDENTITY, |color| color.srgb_from_source);
        let [red, green, blue] = matrix.map(|[r, g, b]| [r, g, b, 0.0]);
        let params = Params {
            origin: [self.rect.x, part.row],
            size: [width, part.rows],
            frame: part.frame.into(),
            row: part.frame_row,
            row_bytes: self.row_bytes() as u32,
            channels: self.layout.channels.count(),
            orient: orient::flags(orientation),
            _pad0: 0,
            _pad1: 0,
            red,
            green,
            blue,
        };
        let pass = match self.layout.depth {
            Depth::U8 => recording.pass(params).grid(width.div_ceil(4), part.rows),
            depth @ (Depth::U16 | Depth::F32) => {
                let Params { origin, size, frame, row, row_bytes, channels, orient, .. } = params;
                let (depth, curve_len) = (depth as u32, chunk.curve_len);
                let params = wide::Params {
                    origin,
                    size,
                    frame,
                    row,
                    row_bytes,
                    channels,
                    orient,
                    depth,
                    curve_len,
                    red,
                    green,
                    blue,
                };
                recording.pass(params).grid(width, part.rows)
            }
        };
        pass.set("ENCODE", u32::from(self.encode)).buffer(samples).table(chunk.curves).write_to(target);
    }

    /// The curves as the kernels index them: 256 entries for bytes; all of them, or none, for wider samples.
    fn curves(&self, recording: &mut Recording) -> (Bound, u32) {
        const STEP: usize = (SourceColor::CURVE_LEN - 1) / 255;
        let curve = |channel: usize, step: usize| -> Vec<f32> {
            match &self.color {
                Some(color) => color.curves[channel].iter().step_by(step).copied().collect(),
                None => (0..=255u8).map(|code| f32::from(code) / 255.0).collect(),
            }
        };
        let all = |step| [0, 1, 2].map(|channel| curve(channel, step)).concat();
        match (self.layout.depth, &self.color) {
            (Depth::U8, _) => (recording.table(&all(STEP)), 256),
            (Depth::U16, Some(_)) => (recording.table(&all(1)), SourceColor::CURVE_LEN as u32),
            (Depth::U16, None) | (Depth::F32, _) => (recording.table(&[0.0f32]), 0),
        }
    }
}

/// Samples on the device and what belongs to them.
struct Chunk<'a> {
    samples: Samples,
    /// Its first row in the picture.
    first_row: u32,
    /// Curves, or the table of colors.
    curves: &'a Bound,
    curve_len: u32,
}

/// What of a chunk is on the device.
enum Samples {
    Interleaved(BufferId),
    Components(components::Held),
}

/// Rows of a chunk, and where they go in an image of `frame`.
#[derive(Clone, Copy)]
struct Part {
    row: u32,
    rows: u32,
    frame: Size,
    frame_row: u32,
}

/// (first row, number of rows) of pieces of at most `step` rows.
pub(crate) fn rows_by(rows: u32, step: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..rows).step_by(step.max(1) as usize).map(move |first| (first, step.min(rows - first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_row_once() {
        for (rows, step) in [(1, 1), (10, 3), (9, 3), (5, 100)] {
            let pieces: Vec<_> = rows_by(rows, step).collect();
            assert_eq!(pieces.iter().map(|(_, n)| n).sum::<u32>(), rows);
            assert!(pieces.windows(2).all(|w| w[0].0 + w[0].1 == w[1].0));
        }
    }

    #[test]
    fn chunks_fit_a_binding() {
        let mut unpack = Unpack::plain(0, Size::new(1000, 1000), Layout::RGB8);
        unpack.bands = Bands { binding_bytes: 100_000, band_bytes: 1 };
        assert_eq!(unpack.chunk_rows(), 33);
        let mut recording = Recording::new(Texel::F16);
        unpack.record(&mut recording);
        assert!(recording.buffers.iter().all(|buffer| buffer.bytes <= 100_000));
        assert_eq!(recording.buffers.iter().map(|b| b.bytes).sum::<u64>(), 3_000_000);
    }
}
