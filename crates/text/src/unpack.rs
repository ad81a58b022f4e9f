//! From the bytes of any font file to those of an SFNT (TTF, OTF or TTC), within bounds.
//!
//! What the tables of a WOFF mean and how they are put back is `wuff`'s work. Decompression is done here, so that no
//! stream, however small, grows past [`Limits::unpacked_font_bytes`].

use std::{error::Error, io::Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::read::ZlibDecoder;

use crate::{Limits, TextError};

/// The bytes of the SFNT in `bytes`; without a copy where they are one already.
pub(crate) fn sfnt_from(bytes: Vec<u8>, limits: &Limits) -> Result<Vec<u8>, TextError> {
    match bytes.first_chunk() {
        // TrueType by number and by Apple's name, CFF outlines, a collection.
        Some([0, 1, 0, 0] | b"true" | b"OTTO" | b"ttcf") => Ok(bytes),
        Some(b"wOFF") => sfnt_from_woff(&bytes, limits),
        Some(b"wOF2") => sfnt_from_woff2(&bytes, limits),
        _ => Err(TextError::not_a_font(format!("it begins with \"{}\"", bytes[..bytes.len().min(8)].escape_ascii()))),
    }
}

fn sfnt_from_woff(woff: &[u8], limits: &Limits) -> Result<Vec<u8>, TextError> {
    within(woff_tables_bytes(woff), limits)?;
    let mut inflate = |packed: &[u8], length: usize| -> Result<Vec<u8>, Box<dyn Error>> {
        let mut unpacked = Vec::new();
        ZlibDecoder::new(packed).take(length as u64 + 1).read_to_end(&mut unpacked)?;
        Ok(unpacked)
    };
    wuff::decompress_woff1_with_custom_z(woff, &mut inflate).map_err(|_error| TextError::not_a_font("damaged woff"))
}

/// Bytes of all tables of a WOFF once unpacked, as its directory says: 44 bytes of header with the number of tables at 12,
/// then 20 for each with its length at 12 (WOFF 1.0, sections 3 and 4). Tables may share bytes of the file, so this can
/// exceed any ratio of compression.
fn woff_tables_bytes(woff: &[u8]) -> u64 {
    const HEADER: usize = 44;
    let Some(tables) = woff.get(12..14) else { return 0 };
    let tables = usize::from(u16::from_be_bytes([tables[0], tables[1]]));
    let entries = woff.get(HEADER..).unwrap_or_default().chunks_exact(20).take(tables);
    entries.map(|entry| u64::from(u32::from_be_bytes([entry[12], entry[13], entry[14], entry[15]])) + 4).sum()
}

fn sfnt_from_woff2(woff2: &[u8], limits: &Limits) -> Result<Vec<u8>, TextError> {
    let mut too_large = None;
    let mut decompress = |packed: &[u8], length: usize| -> Result<Vec<u8>, Box<dyn Error>> {
        within(length as u64, limits).inspect_err(|error| too_large = Some(error.clone()))?;
        let mut unpacked = vec![0; length];
        let (mut left, mut read, mut room, mut written, mut total) = (packed.len(), 0, length, 0, 0);
        // Strict: windows of at most 16 MiB, as the format's standard has them. A stream can ask for more otherwise.
        let alloc = StandardAlloc::default;
        let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            packed,
            &mut room,
            &mut written,
            &mut unpacked,
            &mut total,
            &mut state,
        );
        match result {
            BrotliResult::ResultSuccess if written == length => Ok(unpacked),
            _ => Err("not the promised bytes".into()),
        }
    };
    let sfnt = wuff::decompress_woff2_with_custom_brotli(woff2, &mut decompress);
    if let Some(error) = too_large {
        return Err(error);
    }
    // The tables of glyphs are stored shorter than they become, so the result is weighed as well.
    let sfnt = sfnt.map_err(|_error| TextError::not_a_font("damaged woff2"))?;
    within(sfnt.len() as u64, limits)?;
    Ok(sfnt)
}

fn within(bytes: u64, limits: &Limits) -> Result<(), TextError> {
    let limit = limits.unpacked_font_bytes;
    if bytes > limit { Err(TextError::FontTooLarge { bytes, limit, unpacked: true }) } else { Ok(()) }
}
