//! GIF by the `gif` crate.
//!
//! Read: the first frame, or all of them by [`Frames`]. A canvas that it does not cover, or covers with its transparent color, is
//! transparent there; the background color is ignored, as every viewer ignores it. Frames are counted without decompressing
//! them. Written: 256 colors that `quantette` chooses, see [`encode`]; several frames by [`Moving`].

mod frames;
mod moving;
mod read;
mod write;

pub(crate) use frames::Frames;
pub(crate) use moving::Moving;
pub(crate) use read::{decode, probe};
pub(crate) use write::encode;

/// The signature (GIF89a, 17).
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}
