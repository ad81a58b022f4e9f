//! HEVC to planes, by `heifer-hevc-dec`: intra pictures, which is what stills are.

use heifer_hevc_dec::{
    decoder::{DecodeOptions, decode_picture},
    recon,
};
use tintype_pixels::{ImageFormat, Size};

use crate::{
    CodecError,
    heif::{Frame, Nclx, Range, Samples, Subsampling, Tile},
};

/// In front of each unit of a byte stream (ITU-T H.265, annex B).
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Decodes the picture of `tile`, which is refused before it is decoded if it is larger than `size` and the coding blocks
/// that its sides are rounded up to.
pub(crate) fn decode(tile: &Tile<'_>, size: Size, format: ImageFormat) -> Result<Frame, CodecError> {
    let damaged = |detail: &str| CodecError::damaged(format, format_args!("HEVC: {detail}"));
    let stream = byte_stream(tile.config.record, &tile.data).ok_or_else(|| damaged("units that end early"))?;
    let padded = |side: u32| u64::from(side).next_multiple_of(64);
    let max_pixels = padded(size.width) * padded(size.height);
    let options = DecodeOptions { max_pixels, ..DecodeOptions::default() };
    let picture = decode_picture(&stream, options).map_err(|error| damaged(&error.to_string()))?;
    let subsampling = match picture.chroma_format {
        0 => Subsampling::Gray,
        1 => Subsampling::Both,
        2 => Subsampling::Horizontal,
        _ => Subsampling::None,
    };
    let [depth, chroma_depth] = picture.bit_depth;
    if !(8..=16).contains(&depth) || (subsampling != Subsampling::Gray && chroma_depth != depth) {
        return Err(CodecError::Unsupported { format: format.name(), what: "with several depths" });
    }
    let found = Size::new(picture.widths[0], picture.heights[0]);
    let chroma = subsampling.chroma(found);
    if subsampling != Subsampling::Gray && (picture.widths[1], picture.heights[1]) != (chroma.width, chroma.height) {
        return Err(damaged("planes of color that do not fit"));
    }
    let range = if picture.full_range { Range::Full } else { Range::Limited };
    let color = Nclx { primaries: 2, transfer: 2, matrix: u16::from(picture.matrix_coeffs), range };
    Ok(Frame { size: found, depth, subsampling, color, samples: Box::new(Planes(picture)) })
}

/// The parameter sets of an `hvcC` box (ISO/IEC 14496-15, 8.3.3.1) and an item's units, behind start codes. `None` where
/// a length reaches beyond what is there.
fn byte_stream(record: &[u8], item: &[u8]) -> Option<Vec<u8>> {
    let mut stream = Vec::with_capacity(record.len() + item.len() + 64);
    let length_bytes = usize::from(record.get(21)? & 3) + 1;
    let (&arrays, mut rest) = record.get(22..)?.split_first()?;
    for _ in 0..arrays {
        let (header, after) = rest.split_first_chunk::<3>()?;
        rest = after;
        for _ in 0..u16::from_be_bytes([header[1], header[2]]) {
            rest = unit(rest, 2, &mut stream)?;
        }
    }
    let mut rest = item;
    while !rest.is_empty() {
        rest = unit(rest, length_bytes, &mut stream)?;
    }
    Some(stream)
}

/// Appends the unit that `bytes` begins with, behind its length; what follows it is returned.
fn unit<'a>(bytes: &'a [u8], length_bytes: usize, stream: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_at_checked(length_bytes)?;
    let length = length.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte));
    let (unit, rest) = rest.split_at_checked(length)?;
    stream.extend_from_slice(&START_CODE);
    stream.extend_from_slice(unit);
    Some(rest)
}

/// Planes as the decoder has them, without padding between rows.
struct Planes(recon::Frame);

impl Samples for Planes {
    fn read_row(&self, plane: usize, y: u32, row: &mut [u16]) {
        let start = y as usize * self.0.widths[plane] as usize;
        row.copy_from_slice(&self.0.planes[plane][start..start + row.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_a_byte_stream() {
        let mut record = vec![0; 21];
        record.extend([3, 2, 0x20, 0, 1, 0, 2, 7, 8, 0x21, 0, 2, 0, 1, 9, 0, 0]);
        let item = [0, 0, 0, 2, 4, 5, 0, 0, 0, 1, 6];
        let expected = [0, 0, 0, 1, 7, 8, 0, 0, 0, 1, 9, 0, 0, 0, 1, 0, 0, 0, 1, 4, 5, 0, 0, 0, 1, 6];
        assert_eq!(byte_stream(&record, &item).unwrap(), expected);
        for len in 0..record.len() {
            assert_eq!(byte_stream(&record[..len], &item), None, "{len}");
        }
        for len in [1, 3, 5, 7, 10] {
            assert_eq!(byte_stream(&record, &item[..len]), None, "{len}");
        }
    }
}
