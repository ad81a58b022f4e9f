//! The RIFF container around a WebP's pixels, as far as metadata needs it.

use tintype_pixels::Planes;

use crate::Metadata;

/// Flags of a VP8X chunk (RFC 9649, 2.7.1).
const HAS_PROFILE: u8 = 1 << 5;
const HAS_ALPHA: u8 = 1 << 4;
const HAS_EXIF: u8 = 1 << 3;
const HAS_XMP: u8 = 1 << 2;

/// Bytes of the RIFF header with its form, of a chunk's header, and of a VP8X chunk.
const RIFF_HEADER: usize = 12;
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
            // The canvas is stored less one, in three bytes.
            let side = |px: u32| (px - 1).to_le_bytes();
            let alpha = if planes.layout().has_alpha() { HAS_ALPHA } else { 0 };
            body.extend_from_slice(b"VP8X\x0a\0\0\0");
            body.extend_from_slice(&[alpha, 0, 0, 0]);
            body.extend_from_slice(&side(planes.size().width)[..3]);
            body.extend_from_slice(&side(planes.size().height)[..3]);
            chunks
        }
    };
    // Behind the form and the chunk's header.
    body[4 + CHUNK_HEADER] |= flags;
    let chunk = |body: &mut Vec<u8>, kind: &[u8; 4], data: Option<&Vec<u8>>| {
        let Some(data) = data else { return };
        body.extend_from_slice(kind);
        body.extend_from_slice(&(data.len() as u32).to_le_bytes());
        body.extend_from_slice(data);
        // Chunks are padded to an even length, which their own does not count.
        body.resize(body.len().next_multiple_of(2), 0);
    };
    chunk(&mut body, b"ICCP", icc);
    body.extend_from_slice(pixels);
    chunk(&mut body, b"EXIF", exif);
    chunk(&mut body, b"XMP ", xmp);
    let mut out = b"RIFF".to_vec();
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(&body);
    out
}
