//! The walk from marker to marker (T.81, B.1.1).

use std::ops::Range;

use super::DecodeError;

pub(super) const DHT: u8 = 0xc4;
pub(super) const RST0: u8 = 0xd0;
pub(super) const RST7: u8 = 0xd7;
pub(super) const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
pub(super) const DQT: u8 = 0xdb;
pub(super) const DRI: u8 = 0xdd;
pub(super) const APP0: u8 = 0xe0;
pub(super) const APP1: u8 = 0xe1;
pub(super) const APP2: u8 = 0xe2;
pub(super) const APP14: u8 = 0xee;
pub(super) const APP15: u8 = 0xef;
pub(super) const COM: u8 = 0xfe;

/// What a walk comes across.
pub(super) enum Marker {
    /// A marker with data: which, and where the data is, without its length.
    Segment(u8, Range<usize>),
    /// The end of the picture.
    End,
}

/// A place in a file, between segments.
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    /// Stands behind the start marker.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        match bytes {
            [0xff, 0xd8, ..] => Ok(Self { bytes, at: 2 }),
            _ => Err(DecodeError::Damaged("no start marker")),
        }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The offset of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Goes on behind the next segment. Whatever is not a marker is skipped, and so are markers that mean nothing here:
    /// restarts outside a scan, a second start, reserved ones. `None` where the file ends first, or inside a segment.
    pub(super) fn next(&mut self) -> Option<Marker> {
        loop {
            let at = next_marker(self.bytes, self.at)?;
            let marker = self.bytes[at + 1];
            self.at = at + 2;
            match marker {
                0x01..=0xbf | RST0..=RST7 | 0xd8 => continue,
                EOI => return Some(Marker::End),
                _ => {
                    let length = self.bytes.get(self.at..self.at + 2)?;
                    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                    let data = self.at + 2..self.at + length.max(2);
                    if data.end > self.bytes.len() {
                        self.at = self.bytes.len();
                        return None;
                    }
                    self.at = data.end;
                    return Some(Marker::Segment(marker, data));
                }
            }
        }
    }
}

/// The offset of the next marker at or after `at`: of its last `ff`, with anything but `ff` and 0 behind it.
pub(super) fn next_marker(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)?;
        match *bytes.get(at + 1)? {
            // Many of them are passed at once.
            0xff => at += bytes[at..].iter().position(|byte| *byte != 0xff)? - 1,
            0 => at += 2,
            _ => return Some(at),
        }
    }
}
