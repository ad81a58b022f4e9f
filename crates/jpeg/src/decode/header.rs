//! What stands in front of the first scan: the frame header and the tables.

use std::ops::Range;

use tintype_pixels::Size;

use super::{
    DecodeError, Limits, Segments,
    markers::{self, Marker, Walk},
};
use crate::{ColorTransform, Component, Frame, NATURAL_FROM_ZIGZAG};

/// How a picture is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Baseline or extended: every coefficient in one piece.
    Sequential,
    /// In several passes over the same blocks.
    Progressive,
}

/// A file up to its first scan.
#[derive(Clone, Debug)]
pub struct Header {
    /// The picture. The quantisation tables are those known at the first scan; a missing one is all ones.
    pub frame: Frame,
    /// How it is coded.
    pub coding: Coding,
    /// What else there is.
    pub segments: Segments,
    /// The parameters of the first scan; its data follows.
    pub(super) first_scan: Range<usize>,
    /// For each component the number of its quantisation table.
    pub(super) quantization: Vec<u8>,
}

impl Header {
    /// Reads `bytes` up to the first scan and no further.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        Self::read_with(&mut Walk::new(bytes)?, &mut Tables::default(), limits)
    }

    /// The same; leaves the walk behind the first scan's parameters, and the tables as they are there.
    pub(super) fn read_with(walk: &mut Walk<'_>, tables: &mut Tables, limits: &Limits) -> Result<Self, DecodeError> {
        let mut segments = Segments::default();
        let mut frame = None;
        loop {
            let (marker, range) = match walk.next().ok_or(DecodeError::Truncated)? {
                Marker::Segment(marker, range) => (marker, range),
                Marker::End => return Err(DecodeError::Damaged("the picture ends before its first scan")),
            };
            let data = &walk.bytes()[range.clone()];
            match marker {
                0xc0..=0xc2 if frame.is_some() => return Err(DecodeError::Damaged("two frame headers")),
                0xc0 | 0xc1 => frame = Some((Coding::Sequential, Described::parse(data)?)),
                0xc2 => frame = Some((Coding::Progressive, Described::parse(data)?)),
                0xc3 => return Err(DecodeError::Unsupported("with lossless coding")),
                0xc5..=0xc7 | 0xde | 0xdf => return Err(DecodeError::Unsupported("with hierarchical coding")),
                0xc8..=0xcb | 0xcd..=0xcf => return Err(DecodeError::Unsupported("with arithmetic coding")),
                markers::SOS => {
                    let (coding, described) = frame.ok_or(DecodeError::Damaged("a scan before the frame header"))?;
                    segments.read(walk.bytes(), limits)?;
                    let (frame, quantization) = described.frame(&segments, tables);
                    return Ok(Self { frame, coding, segments, first_scan: range, quantization });
                }
                marker => {
                    tables.read(marker, data)?;
                    segments.add(marker, range);
                }
            }
        }
    }
}

/// The frame header (B.2.2).
struct Described {
    size: Size,
    /// Of each component its name, its sampling factors (horizontal in the upper half), its quantisation table.
    components: Vec<[u8; 3]>,
}

impl Described {
    fn parse(data: &[u8]) -> Result<Self, DecodeError> {
        let [precision, h1, h0, w1, w0, count, rest @ ..] = data else {
            return Err(DecodeError::Damaged("a short frame header"));
        };
        let size = Size::new(u32::from(u16::from_be_bytes([*w1, *w0])), u32::from(u16::from_be_bytes([*h1, *h0])));
        match (*precision, *count) {
            (8, 1 | 3 | 4) => {}
            (8, _) => return Err(DecodeError::Unsupported("with other than 1, 3 or 4 components")),
            _ => return Err(DecodeError::Unsupported("with other than 8 bits per sample")),
        }
        if size.height == 0 {
            return Err(DecodeError::Unsupported("with its height after the first scan"));
        }
        if size.width == 0 {
            return Err(DecodeError::Damaged("a picture without columns"));
        }
        let components = rest.as_chunks::<3>().0.get(..usize::from(*count));
        let components = components.ok_or(DecodeError::Damaged("a short frame header"))?.to_vec();
        for [_, factors, table] in &components {
            if !(1..=4).contains(&(factors >> 4)) || !(1..=4).contains(&(factors & 15)) {
                return Err(DecodeError::Damaged("a sampling factor other than 1 to 4"));
            }
            if *table > 3 {
                return Err(DecodeError::Damaged("a quantisation table other than 0 to 3"));
            }
        }
        Ok(Self { size, components })
    }

    fn frame(&self, segments: &Segments, tables: &Tables) -> (Frame, Vec<u8>) {
        let factor = |shift: u8| self.components.iter().map(move |[_, factors, _]| factors >> shift & 15);
        let (max_h, max_v) = (factor(4).max().unwrap_or(1), factor(0).max().unwrap_or(1));
        let Size { width, height } = self.size;
        let mcus = Size::new(width.div_ceil(8 * u32::from(max_h)), height.div_ceil(8 * u32::from(max_v)));
        let component = |[id, factors, table]: &[u8; 3]| {
            let (h, v) = (factors >> 4, factors & 15);
            let samples = |side: u32, factor: u8, max: u8| (side * u32::from(factor)).div_ceil(u32::from(max));
            Component {
                id: *id,
                h,
                v,
                samples: Size::new(samples(width, h, max_h), samples(height, v, max_v)),
                blocks: Size::new(mcus.width * u32::from(h), mcus.height * u32::from(v)),
                quantization: tables.quantization[usize::from(*table)].unwrap_or([1; 64]),
            }
        };
        let components = self.components.iter().map(component).collect();
        let frame = Frame { size: self.size, color: self.color(segments), components };
        (frame, self.components.iter().map(|[.., table]| *table).collect())
    }

    fn color(&self, segments: &Segments) -> ColorTransform {
        let names: Vec<u8> = self.components.iter().map(|[name, ..]| *name).collect();
        match (names.len(), segments.adobe_transform) {
            (1, _) => ColorTransform::Gray,
            (3, _) if segments.jfif => ColorTransform::YCbCr,
            (3, Some(0)) => ColorTransform::Rgb,
            (3, None) if names == *b"RGB" => ColorTransform::Rgb,
            (3, _) => ColorTransform::YCbCr,
            (_, None | Some(0)) => ColorTransform::Cmyk,
            _ => ColorTransform::Ycck,
        }
    }
}

/// What scans refer to, as it stands at some place of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// In natural order.
    pub(super) quantization: [Option<[u16; 64]>; 4],
    pub(super) dc: [Option<HuffmanCode>; 4],
    pub(super) ac: [Option<HuffmanCode>; 4],
    /// MCUs from one restart marker to the next; 0 for none.
    pub(super) restart_interval: u32,
}

/// A Huffman table as written (B.2.4.2).
#[derive(Clone, Debug)]
pub(super) struct HuffmanCode {
    /// How many codes there are of 1, 2, ... 16 bits.
    pub(super) counts: [u8; 16],
    /// Their symbols, shortest first.
    pub(super) symbols: Vec<u8>,
}

impl Tables {
    /// Reads a segment of tables; passes over any other.
    pub(super) fn read(&mut self, marker: u8, data: &[u8]) -> Result<(), DecodeError> {
        match marker {
            markers::DQT => self.read_quantization(data),
            markers::DHT => self.read_huffman(data),
            markers::DRI => {
                let [high, low, ..] = data else { return Err(DecodeError::Damaged("a short restart interval")) };
                self.restart_interval = u32::from(u16::from_be_bytes([*high, *low]));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read_quantization(&mut self, mut data: &[u8]) -> Result<(), DecodeError> {
        while let [kind, rest @ ..] = data {
            let slot = self.quantization.get_mut(usize::from(kind & 15));
            let slot = slot.ok_or(DecodeError::Damaged("a quantisation table other than 0 to 3"))?;
            let short = DecodeError::Damaged("a short quantisation table");
            let bytes = if kind >> 4 == 0 { 1 } else { 2 };
            let (values, rest) = rest.split_at_checked(64 * bytes).ok_or(short)?;
            let mut table = [0; 64];
            for (natural, value) in NATURAL_FROM_ZIGZAG.into_iter().zip(values.chunks_exact(bytes)) {
                table[usize::from(natural)] = value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
            }
            *slot = Some(table);
            data = rest;
        }
        Ok(())
    }

    fn read_huffman(&mut self, mut data: &[u8]) -> Result<(), DecodeError> {
        while let [kind, rest @ ..] = data {
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let slot = tables.get_mut(usize::from(kind & 15)).filter(|_| kind >> 4 < 2);
            let slot = slot.ok_or(DecodeError::Damaged("a Huffman table other than 0 to 3"))?;
            let short = DecodeError::Damaged("a short Huffman table");
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(short.clone())?;
            let symbols = counts.iter().map(|count| usize::from(*count)).sum();
            if symbols > 256 {
                return Err(DecodeError::Damaged("a Huffman table of more than 256 codes"));
            }
            let (symbols, rest) = rest.split_at_checked(symbols).ok_or(short)?;
            *slot = Some(HuffmanCode { counts: *counts, symbols: symbols.to_vec() });
            data = rest;
        }
        Ok(())
    }
}
