//! The sequence header of an AV1 stream (AV1 specification, 5.5): what it says of its colors, read without decoding.
//!
//! Also counts coded frames, which is the cost of a stream whatever its length.

use crate::heif::{Nclx, Range};

/// OBU types (6.2.2).
const SEQUENCE_HEADER: u8 = 1;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;

/// The code points in the first sequence header of `stream`; `None` where there is none that can be read.
pub(super) fn color(stream: &[u8]) -> Option<Nclx> {
    let (_, payload) = Obus { rest: stream }.find(|(kind, _)| *kind == SEQUENCE_HEADER)?;
    parse(&mut Bits { bytes: payload, at: 0 })
}

/// Whether `stream` has more than `limit` units, of whatever kind.
pub(super) fn has_more_units_than(stream: &[u8], limit: usize) -> bool {
    Obus { rest: stream }.nth(limit).is_some()
}

/// How many frames are coded in `stream`, shown or not.
pub(super) fn coded_frames(stream: &[u8]) -> usize {
    Obus { rest: stream }.filter(|(kind, _)| matches!(*kind, FRAME_HEADER | FRAME)).count()
}

/// The units of a stream by type (5.3); ends where the stream does not go on as it should.
struct Obus<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Obus<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (header, mut rest) = self.rest.split_first()?;
        if header & 0b100 != 0 {
            rest = rest.split_first()?.1;
        }
        let length = if header & 0b10 != 0 { leb128(&mut rest)? } else { rest.len() };
        let (payload, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some((header >> 3 & 15, payload))
    }
}

/// An integer of up to eight bytes, seven bits each (4.10.5).
fn leb128(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0u64;
    for shift in (0..56).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

/// `sequence_header_obu` (5.5.1) as far as its `color_config` (5.5.2).
fn parse(bits: &mut Bits<'_>) -> Option<Nclx> {
    let profile = bits.take(3)?;
    let _still_picture = bits.take(1)?;
    let reduced = bits.flag()?;
    if reduced {
        bits.take(5)?;
    } else {
        operating_points(bits)?;
    }
    let (width_bits, height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
    bits.take(width_bits)?;
    bits.take(height_bits)?;
    if !reduced && bits.flag()? {
        bits.take(7)?; // the lengths of frame numbers
    }
    bits.take(3)?; // 128-pixel superblocks, filter intra, intra edge filter
    if !reduced {
        bits.take(4)?; // interintra, masked, warped, dual filter
        let order_hint = bits.flag()?;
        if order_hint {
            bits.take(2)?;
        }
        let screen_content = if bits.flag()? { 2 } else { bits.take(1)? };
        if screen_content > 0 && !bits.flag()? {
            bits.take(1)?;
        }
        if order_hint {
            bits.take(3)?;
        }
    }
    bits.take(3)?; // superresolution, cdef, restoration

    let high_depth = bits.flag()?;
    if profile == 2 && high_depth {
        bits.take(1)?;
    }
    let gray = profile != 1 && bits.flag()?;
    let (primaries, transfer, matrix) =
        if bits.flag()? { (bits.take(8)? as u16, bits.take(8)? as u16, bits.take(8)? as u16) } else { (2, 2, 2) };
    // sRGB by its code points is always of full range, and has no bit for it.
    let is_srgb = !gray && (primaries, transfer, matrix) == (1, 13, 0);
    let range = if is_srgb || bits.flag()? { Range::Full } else { Range::Limited };
    Some(Nclx { primaries, transfer, matrix, range })
}

/// Timing and the operating points (5.5.1, the part that still pictures may leave out).
fn operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut decoder_model_bits = None;
    if bits.flag()? {
        bits.take(32)?;
        bits.take(32)?;
        if bits.flag()? {
            bits.skip_uvlc()?;
        }
        if bits.flag()? {
            decoder_model_bits = Some(bits.take(5)? + 1);
            bits.take(32)?;
            bits.take(10)?;
        }
    }
    let display_delay = bits.flag()?;
    for _ in 0..=bits.take(5)? {
        bits.take(12)?;
        if bits.take(5)? > 7 {
            bits.take(1)?;
        }
        if let Some(length) = decoder_model_bits
            && bits.flag()?
        {
            bits.take(length)?;
            bits.take(length)?;
            bits.take(1)?;
        }
        if display_delay && bits.flag()? {
            bits.take(4)?;
        }
    }
    Some(())
}

/// Bits from the most significant on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// An integer of `count` bits, at most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }

    /// `uvlc()` (4.10.3).
    fn skip_uvlc(&mut self) -> Option<()> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        if zeros < 32 {
            self.take(zeros)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_walked_and_counted() {
        // A delimiter, a padding unit with an extension byte, two frames, a frame header without a length.
        let stream = [0x12, 0, 0x7e, 0x20, 1, 9, 0x32, 2, 1, 2, 0x32, 0x80, 0x00, 0x18, 7, 7];
        assert_eq!(coded_frames(&stream), 3);
        assert_eq!(coded_frames(&stream[..9]), 0, "a frame that is cut is none");
        assert_eq!(coded_frames(&[0x32, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]), 0);
        assert_eq!(color(&stream), None);
    }

    #[test]
    fn a_still_pictures_header() {
        // Profile 1, still, reduced, level 0; sides of 8 bits; 8 bits a sample; BT.2020, PQ, BT.2020's matrix, full range.
        let mut bits = String::from("001 1 1 00000 0111 0111 00000001 00000001 000 000 0 1");
        bits += " 00001001 00010000 00001001 1 00 0";
        let bits: Vec<u8> = bits.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        let payload: Vec<u8> =
            bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |v, (i, bit)| v | bit << (7 - i))).collect();
        let stream = [vec![0x0a, payload.len() as u8], payload].concat();
        let expected = Nclx { primaries: 9, transfer: 16, matrix: 9, range: Range::Full };
        assert_eq!(color(&stream), Some(expected));
        for len in 0..stream.len() - 1 {
            assert_eq!(color(&stream[..len]), None, "{len}");
        }
    }
}
