//! The RIFF container around a WebP's pixels, as far as metadata and animation need it.

use tintype_pixels::{Planes, Size};

use crate::Metadata;

/// Flags of a VP8X chunk (RFC 9649, 2.7.1).
const HAS_PROFILE: u8 = 1 << 5;
pub(super) const HAS_ALPHA: u8 = 1 << 4;
pub(super) const HAS_EXIF: u8 = 1 << 3;
const HAS_XMP: u8 = 1 << 2;
pub(super) const HAS_ANIMATION: u8 = 1 << 1;

/// Bytes of the RIFF header with its form, of a chunk's header, and of a VP8X chunk.
pub(super) const RIFF_HEADER: usize = 12;
const CHUNK_HEADER: usize = 8;
const VP8X: usize = CHUNK_HEADER + 10;

/// `file`, as an encoder wrote it, with the color profile of `meta` in front of its pixels, and EXIF and XMP behind them.
/// Untouched where there is none.
pub(super) fn with_metadata(file: Vec<u8>, planes: &Planes, meta: &Metadata) -> Vec<u8> {
    let icc = meta.color.as_ref().map(|profile| &profile.icc);
    let parts = [(HAS_PROFILE, icc), (HAS_EXIF, meta.exif.as_ref()), (HAS_XMP, meta.xmp.as_ref())];
    let flags = parts.iter().filter(|(_, part)| part.is_some()).fold(0, |flags, (flag, _)| flags | flag);
    let Some(chunks) = file.get(RIFF_HEADER..).filter(|_| flags != 0) else { return file };
    let [(_, icc), (_, exif), (_, xmp)] = parts;

    let mut body = b"WEBP".to_vec();
    let pixels = match chunks.split_at_checked(VP8X) {
        Some((header, pixels)) if header.starts_with(b"VP8X") => {
            body.extend_from_slice(header);
            pixels
        }
        _ => {
            let alpha = if planes.layout().has_alpha() { HAS_ALPHA } else { 0 };
            extended(&mut body, alpha, planes.size());
            chunks
        }
    };
    // Behind the form and the chunk's header.
    body[4 + CHUNK_HEADER] |= flags;
    if let Some(icc) = icc {
        chunk(&mut body, b"ICCP", icc);
    }
    body.extend_from_slice(pixels);
    for (kind, data) in [(b"EXIF", exif), (b"XMP ", xmp)] {
        if let Some(data) = data {
            chunk(&mut body, kind, data);
        }
    }
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
