//! The RIFF container around a WebP's pixels, as far as metadata and animation need it.

use tintype_pixels::{Planes, Size};

use crate::Metadata;

/// Flags of a VP8X chunk (RFC 9649, 2.7.1).
pub(super) const HAS_ALPHA: u8 = 1 << 4;
pub(super) const HAS_EXIF: u8 = 1 << 3;
pub(super) const HAS_ANIMATION: u8 = 1 << 1;

/// Bytes of the RIFF header with its form, and of a chunk's header.
pub(super) const RIFF_HEADER: usize = 12;
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
        let alpha = if planes.layout().has_alpha() { HAS_ALPHA } else { 0 };
        extended(&mut body, HAS_EXIF | alpha, planes.size());
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

/// Appends a chunk: chunks are padded to an even length, which their own does not count.
pub(super) fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(kind);
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
    out.resize(out.len() + (data.len() & 1), 0);
}

/// Appends the chunk that a file of more than a picture begins with (RFC 9649, 2.7.1). The canvas is stored less one, in three
/// bytes.
pub(super) fn extended(out: &mut Vec<u8>, flags: u8, canvas: Size) {
    let side = |px: u32| (px - 1).to_le_bytes();
    let (width, height) = (side(canvas.width), side(canvas.height));
    chunk(out, b"VP8X", &[[flags, 0, 0, 0].as_slice(), &width[..3], &height[..3]].concat());
}

/// The chunks of a still picture's `file` that are the picture: one, or its opacity in front of it.
pub(super) fn picture(file: &[u8]) -> &[u8] {
    let chunks = file.get(RIFF_HEADER..).unwrap_or_default();
    match chunks.strip_prefix(b"VP8X") {
        Some(extended) => extended.get(CHUNK_HEADER - 4 + 10..).unwrap_or_default(),
        None => chunks,
    }
}
