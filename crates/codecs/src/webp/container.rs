//! The RIFF container around a WebP's pixels, as far as metadata needs it.

use tintype_pixels::Planes;

use crate::Metadata;

/// Flags of a VP8X chunk (RFC 9649, 2.7.1).
const HAS_ALPHA: u8 = 1 << 4;
const HAS_EXIF: u8 = 1 << 3;

/// Bytes of the RIFF header with its form, and of a chunk's header.
const RIFF_HEADER: usize = 12;
const CHUNK_HEADER: usize = 8;

/// `file`, as an encoder wrote it, with the EXIF block of `meta` behind its pixels. Untouched where there is none.
pub(super) fn with_exif(file: Vec<u8>, planes: &Planes, meta: &Metadata) -> Vec<u8> {
    let Some(block) = &meta.exif else { return file };
    let (Some(chunks), Ok(block_bytes)) = (file.get(RIFF_HEADER..), u32::try_from(block.len())) else { return file };
    let mut body = Vec::with_capacity(file.len() + block.len() + 32);
    body.extend_from_slice(b"WEBP");
    if chunks.starts_with(b"VP8X") {
        let mut chunks = chunks.to_vec();
        if let Some(flags) = chunks.get_mut(CHUNK_HEADER) {
            *flags |= HAS_EXIF;
        }
        body.extend_from_slice(&chunks);
    } else {
        // The canvas is stored less one, in three bytes.
        let side = |px: u32| (px - 1).to_le_bytes();
        let alpha = if planes.layout().has_alpha() { HAS_ALPHA } else { 0 };
        body.extend_from_slice(b"VP8X\x0a\0\0\0");
        body.extend_from_slice(&[HAS_EXIF | alpha, 0, 0, 0]);
        body.extend_from_slice(&side(planes.size().width)[..3]);
        body.extend_from_slice(&side(planes.size().height)[..3]);
        body.extend_from_slice(chunks);
    }
    body.extend_from_slice(b"EXIF");
    body.extend_from_slice(&block_bytes.to_le_bytes());
    body.extend_from_slice(block);
    // Chunks are padded to an even length, which their own does not count.
    body.resize(body.len().next_multiple_of(2), 0);
    let mut out = b"RIFF".to_vec();
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(&body);
    out
}
