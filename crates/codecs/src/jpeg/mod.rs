//! JPEG: header by our own walk over the segments, pixels by `zune-jpeg`
//! (`jpeg-decoder` for the few files that do not interleave their components), output by `tintype_jpeg`.
//!
//! Read: baseline, extended and progressive Huffman coding, 8 bits, gray, YCbCr, RGB, and CMYK or YCCK (converted
//! plainly, without a profile). Not read: arithmetic coding, lossless, hierarchical, 12 bits.
//!
//! A file that was cut off is an error, because a gray lower half would be cached and served for a year. Tolerated is
//! what still looks whole: a missing end marker, and at most 1/32 of the rows, of a picture coded in one interleaved scan.

mod gain_map;
mod header;
mod read;
mod write;

pub use gain_map::GainMap;
pub(crate) use read::{decode, probe};
pub(crate) use write::encode;
pub use write::{Form, options};

/// Start of image, and the first byte of the next marker.
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}
