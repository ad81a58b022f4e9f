//! The segments around the entropy-coded bytes, in the order of libjpeg (jcmarker.c).

use super::{Coding, EncodeError, HuffmanTables, Options, scan::Scan, segment};
use crate::{ColorTransform, Frame, NATURAL_FROM_ZIGZAG};

const SOI: u8 = 0xd8;
const DQT: u8 = 0xdb;
const DHT: u8 = 0xc4;
const DRI: u8 = 0xdd;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP14: u8 = 0xee;

/// How many components a color has.
pub(super) fn components(color: ColorTransform) -> usize {
    match color {
        ColorTransform::Gray => 1,
        ColorTransform::YCbCr | ColorTransform::Rgb => 3,
        ColorTransform::Cmyk | ColorTransform::Ycck => 4,
    }
}

/// Which table a component uses, where it is up to us: 1 for Cb and Cr, 0 for all others.
pub(super) fn huffman_slot(frame: &Frame, component: usize) -> usize {
    let chroma = matches!(frame.color, ColorTransform::YCbCr | ColorTransform::Ycck) && (1..=2).contains(&component);
    usize::from(chroma)
}

/// What of the segments has been decided and written so far.
pub(super) struct Header<'a> {
    frame: &'a Frame,
    options: &'a Options,
    /// For each component the number of its quantisation table.
    quantization: Vec<u8>,
    /// The restart interval that is in force.
    interval: u16,
}

impl<'a> Header<'a> {
    pub(super) fn new(frame: &'a Frame, options: &'a Options) -> Result<Self, EncodeError> {
        // The number that libjpeg gives, and another where the components of that number do not agree.
        let mut numbers: [Option<&[u16; 64]>; 4] = [None; 4];
        let quantization = frame.components.iter().enumerate().map(|(index, component)| {
            let table = &component.quantization;
            let mine = huffman_slot(frame, index);
            let free = |number: &usize| numbers[*number].is_none_or(|other| other == table);
            let number = std::iter::once(mine).chain(0..4).find(free);
            let number = number.ok_or(EncodeError::Components(frame.components.len()))?;
            numbers[number] = Some(table);
            Ok(number as u8)
        });
        let quantization = quantization.collect::<Result<_, EncodeError>>()?;
        Ok(Self { frame, options, quantization, interval: 0 })
    }

    /// From SOI to the frame header.
    pub(super) fn file(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend([0xff, SOI]);
        match self.frame.color {
            // Version 1.01, no unit, one to one, no thumbnail.
            ColorTransform::Gray | ColorTransform::YCbCr => {
                segment::write(out, APP0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
            }
            // Version 100, no flags, the transform.
            ColorTransform::Rgb | ColorTransform::Cmyk => segment::write(out, APP14, b"Adobe\0\x64\0\0\0\0\0"),
            ColorTransform::Ycck => segment::write(out, APP14, b"Adobe\0\x64\0\0\0\0\x02"),
        }
        for segment in &self.options.segments {
            segment.write(out);
        }
        let mut wide = false;
        let mut sent = [false; 4];
        for (component, &number) in self.frame.components.iter().zip(&self.quantization) {
            let large = component.quantization.iter().any(|&step| step > 255);
            wide |= large;
            if std::mem::replace(&mut sent[usize::from(number)], true) {
                continue;
            }
            let mut payload = vec![u8::from(large) << 4 | number];
            for place in NATURAL_FROM_ZIGZAG {
                let [high, low] = component.quantization[usize::from(place)].to_be_bytes();
                payload.extend(large.then_some(high));
                payload.push(low);
            }
            segment::write(out, DQT, &payload);
        }
        let start_of_frame = match self.options.coding {
            Coding::Progressive => 0xc2,
            // Steps of 16 bits are beyond baseline.
            Coding::Baseline(_) => 0xc0 | u8::from(wide),
        };
        let size = self.frame.size;
        let side = |px: u32| u16::try_from(px).map_err(|_too_large| EncodeError::Size(size));
        let mut payload = vec![8];
        payload.extend(side(size.height)?.to_be_bytes());
        payload.extend(side(size.width)?.to_be_bytes());
        payload.push(self.frame.components.len() as u8);
        for (component, &number) in self.frame.components.iter().zip(&self.quantization) {
            payload.extend([component.id, component.h << 4 | component.v, number]);
        }
        segment::write(out, start_of_frame, &payload);
        Ok(())
    }

    /// The tables that a scan needs, its restart interval if that is new, and its header.
    pub(super) fn scan(&mut self, out: &mut Vec<u8>, scan: &Scan, tables: &HuffmanTables) {
        let (dc, ac) = (scan.codes_dc(), scan.codes_ac());
        let slots = scan.components.iter().map(|&component| huffman_slot(self.frame, component));
        let mut sent = [false; 4];
        for slot in slots {
            for (used, class) in [(dc, 0), (ac, 1)] {
                if !used || std::mem::replace(&mut sent[slot * 2 + class], true) {
                    continue;
                }
                let table = &tables.0[slot * 2 + class];
                let mut payload = vec![(class << 4 | slot) as u8];
                payload.extend(table.lengths());
                payload.extend_from_slice(table.symbols());
                segment::write(out, DHT, &payload);
            }
        }
        let interval = scan.interval(self.frame, self.options.restart);
        if interval != self.interval {
            segment::write(out, DRI, &interval.to_be_bytes());
            self.interval = interval;
        }
        let mut payload = vec![scan.components.len() as u8];
        for &component in &scan.components {
            let slot = huffman_slot(self.frame, component) as u8;
            let (dc, ac) = (if dc { slot } else { 0 }, if ac { slot } else { 0 });
            payload.extend([self.frame.components[component].id, dc << 4 | ac]);
        }
        payload.extend([scan.first, scan.last, scan.high << 4 | scan.low]);
        segment::write(out, SOS, &payload);
    }
}

/// Appends the end of the file.
pub(super) fn end(out: &mut Vec<u8>) {
    out.extend(super::END_OF_IMAGE);
}
