//! GIF by the `gif` crate: read and written as one frame.
//!
//! Read: the first frame. A canvas that it does not cover, or covers with its transparent color, is transparent there; the
//! background color is ignored, as every viewer ignores it. Frames are counted without decompressing them. Written: 256
//! colors that `quantette` chooses, see [`encode`].

mod read;
mod write;

pub(crate) use read::{decode, probe};
pub(crate) use write::encode;

/// The signature (GIF89a, 17).
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}
