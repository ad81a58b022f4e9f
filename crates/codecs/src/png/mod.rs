//! PNG by the `png` crate, which also does APNG: of an animation the default image is read, or all frames by [`Frames`].
//!
//! Read: every color type and depth. Palettes and depths below 8 bits are expanded, a transparent color becomes an
//! alpha channel, 16 bits stay 16 bits. Colors are what the file says by any of its five ways, see `color`.

mod color;
mod frames;
mod palette;
mod read;
mod write;

pub(crate) use frames::Frames;
pub(crate) use read::{decode, probe};
pub(crate) use write::{encode, encode_palette};

/// The signature (PNG 3rd edition, 5.2).
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}
