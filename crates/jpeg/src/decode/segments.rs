//! What a file holds besides the picture: EXIF, color profile, comments.

use std::ops::Range;

use super::{
    Bound, DecodeError, Limits,
    error::within,
    markers::{APP0, APP1, APP2, APP14, APP15, COM},
};

/// More than this many segments are not listed.
const LISTED: usize = 4096;

/// Application segments and comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// All `APPn` and `COM` segments in the order of the file, the first 4096 of them.
    pub all: Vec<Segment>,
    /// The first EXIF block, without the `Exif\0\0` in front of it.
    pub exif: Option<Range<usize>>,
    /// The color profile, put together. `None` also where a piece of it is missing.
    pub icc: Option<Vec<u8>>,
    /// Whether a JFIF segment stands before the picture.
    pub jfif: bool,
    /// The color transform of Adobe's segment: 0 none, 1 YCbCr, 2 YCCK.
    pub adobe_transform: Option<u8>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The second byte of its marker: `e0` to `ef` for `APPn`, `fe` for a comment.
    pub marker: u8,
    /// Where its data is in the file, without the length.
    pub data: Range<usize>,
}

impl Segments {
    /// Takes note of a segment, if it is of these.
    pub(super) fn add(&mut self, marker: u8, data: Range<usize>) {
        if matches!(marker, APP0..=APP15 | COM) && self.all.len() < LISTED {
            self.all.push(Segment { marker, data });
        }
    }

    /// Reads those that stand before the first scan.
    pub(super) fn read(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), DecodeError> {
        let mut icc = Vec::new();
        let mut icc_bytes = 0;
        for Segment { marker, data: range } in &self.all {
            let data = &bytes[range.clone()];
            match *marker {
                APP0 if data.len() >= 14 && data.starts_with(b"JFIF\0") => self.jfif = true,
                APP1 if self.exif.is_none() && data.starts_with(b"Exif\0\0") => {
                    self.exif = Some(range.start + 6..range.end);
                }
                APP2 => {
                    if let Some([number, count, piece @ ..]) = data.strip_prefix(b"ICC_PROFILE\0") {
                        icc_bytes += piece.len() as u64;
                        within(Bound::IccBytes, icc_bytes, limits.icc_bytes)?;
                        icc.push((*number, *count, piece));
                    }
                }
                APP14 if data.len() >= 12 && data.starts_with(b"Adobe") => self.adobe_transform = Some(data[11]),
                _ => {}
            }
        }
        self.icc = assemble(icc);
        Ok(())
    }
}

/// A color profile comes in numbered pieces of up to 64 KiB (ICC.1:2022, annex B.4): number, how many there are, data.
fn assemble(mut pieces: Vec<(u8, u8, &[u8])>) -> Option<Vec<u8>> {
    pieces.sort_by_key(|(number, ..)| *number);
    let count = pieces.len();
    let whole = pieces
        .iter()
        .zip(1..)
        .all(|((number, of, _), expected)| usize::from(*number) == expected && usize::from(*of) == count);
    (whole && count > 0).then(|| pieces.into_iter().flat_map(|(_, _, data)| data).copied().collect())
}
