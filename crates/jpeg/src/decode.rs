//! From a JPEG file to [`Coefficients`]: markers, Huffman codes, scans.
//!
//! Read: baseline, extended and progressive Huffman coding with 8 bits a sample, 1, 3 or 4 components, any sampling factors, any
//! order of scans, restart intervals. Refused as unsupported: arithmetic, lossless and hierarchical coding, 12 bits, two
//! components, a height that follows the first scan.
//!
//! What libjpeg puts up with is put up with, and the same coefficients come out: bytes between segments, a missing end, a lost
//! restart marker, wrong codes. Other than there, it is reported: in [`Damage`]; how much of it is too much is for the
//! caller to say. Start with [`decode`].

mod bits;
mod bitstream;
mod error;
mod header;
mod huffman;
mod markers;
mod pool;
mod progressive;
mod scan;
mod segments;
mod sequential;

use std::ops::Range;

pub use bitstream::{Bitstream, CodeWords, Interval, Unit};
pub use error::{Bound, DecodeError};
pub use header::{Coding, Header};
pub use pool::{Pool, Pooled};
pub use segments::{Segment, Segments};

use self::{
    error::within,
    header::Tables,
    markers::{Marker, Walk},
    scan::{Canvas, Scan},
};
use crate::Coefficients;

/// What a file may cost. Each is checked before the memory is taken or the work done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all coefficients: 128 for each block of 64.
    pub coefficient_bytes: u64,
    /// Number of scans. A progressive file has about ten.
    pub scans: u32,
    /// Blocks decoded, each counted once for every scan that it is in. A scan of a few bytes can walk over all blocks.
    pub coded_blocks: u64,
    /// Bytes of the color profile.
    pub icc_bytes: u64,
}

impl Default for Limits {
    /// 1 GiB of coefficients, which is 350 megapixels in 4:2:0 and half of that in 4:4:4; 100 scans, but no more than ten over
    /// a picture of that size; 4 MiB of profile.
    fn default() -> Self {
        Self { coefficient_bytes: 1 << 30, scans: 100, coded_blocks: 10 << 23, icc_bytes: 4 << 20 }
    }
}

/// A decoded file.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The picture.
    pub coefficients: Coefficients,
    /// What surrounds it.
    pub segments: Segments,
    /// How it was coded.
    pub coding: Coding,
    /// What was not as it should be.
    pub damage: Damage,
}

/// How much of a picture is there. Rows are rows of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Whether the end marker was found. Without it and with everything else in order, only the marker is missing.
    pub end_marker: bool,
    /// Whether all components were coded to their last bit. A progressive file that says its end marker earlier is legal,
    /// if rare: a rough picture, on purpose. Without the end marker, scans are missing.
    pub complete: bool,
    /// Rows from the top that no error has reached.
    pub sound_rows: u32,
    /// Rows that errors or missing data have reached, anywhere. An error reaches from its place to the next restart
    /// marker, or to the end; what cannot be seen is how long before it the data was already wrong.
    pub damaged_rows: u32,
}

impl Damage {
    /// Whether there is none at all.
    pub fn is_none(&self) -> bool {
        self.end_marker && self.complete && self.damaged_rows == 0
    }
}

/// Decodes `bytes`, a whole file.
///
/// An error only where there is no picture at all: no header, no table for the first scan, a kind that is not read, a
/// limit. A file that ends in the middle of the picture is decoded with what is missing left at zero, which is mid gray.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, DecodeError> {
    decode_in(bytes, limits, &Pool::new(0))
}

/// The same, in memory from `pool`. Who wants the next picture to have it gives it back, see [`Pool::lend`].
pub fn decode_in(bytes: &[u8], limits: &Limits, pool: &Pool) -> Result<Decoded, DecodeError> {
    let mut walk = Walk::new(bytes)?;
    let mut tables = Tables::default();
    let header = Header::read_with(&mut walk, &mut tables, limits)?;
    let canvas = Canvas::new(&header, limits, pool)?;
    let mut file = File { walk, tables, header, canvas };
    let end_marker = match file.scans(limits) {
        Ok(end_marker) => end_marker,
        // There is a picture already.
        Err(DecodeError::Damaged(_)) if file.canvas.is_begun() => {
            file.canvas.spoil();
            false
        }
        Err(error) => return Err(error),
    };
    let File { header, canvas, .. } = file;
    let damage = canvas.damage(end_marker);
    Ok(Decoded { coefficients: canvas.into_coefficients(), segments: header.segments, coding: header.coding, damage })
}

/// A file whose header has been read.
struct File<'a> {
    /// Stands behind the parameters of the first scan.
    walk: Walk<'a>,
    tables: Tables,
    header: Header,
    canvas: Canvas,
}

impl File<'_> {
    /// Decodes all scans. Returns whether the end marker was found.
    fn scans(&mut self, limits: &Limits) -> Result<bool, DecodeError> {
        let mut parameters = self.header.first_scan.clone();
        let (mut scans, mut coded_blocks) = (0, 0);
        loop {
            scans += 1;
            within(Bound::Scans, scans, u64::from(limits.scans))?;
            // As in libjpeg, a sequential picture is finished when all its components are there.
            if self.header.coding == Coding::Progressive || !self.canvas.is_complete() {
                let scan = Scan::parse(&self.walk.bytes()[parameters], &self.header)?;
                coded_blocks += scan.blocks();
                within(Bound::CodedBlocks, coded_blocks, limits.coded_blocks)?;
                let end = scan.decode(self.walk.bytes(), self.walk.at(), &self.tables, &mut self.canvas)?;
                self.walk.go_to(end);
            }
            match self.next_scan()? {
                Next::Scan(next) => parameters = next,
                Next::End => return Ok(true),
                Next::CutOff => return Ok(false),
            }
        }
    }

    /// Reads on to the next scan's data.
    fn next_scan(&mut self) -> Result<Next, DecodeError> {
        loop {
            match self.walk.next() {
                None => return Ok(Next::CutOff),
                Some(Marker::End) => return Ok(Next::End),
                Some(Marker::Segment(markers::SOS, parameters)) => return Ok(Next::Scan(parameters)),
                Some(Marker::Segment(marker, data)) => {
                    self.tables.read(marker, &self.walk.bytes()[data.clone()])?;
                    self.header.segments.add(marker, data);
                }
            }
        }
    }
}

/// What follows a scan.
enum Next {
    /// Another one, with its parameters there.
    Scan(Range<usize>),
    /// The end marker.
    End,
    /// The end of the file.
    CutOff,
}
