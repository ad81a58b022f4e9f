//! PNG by the `png` crate, which also does APNG; of an animation the default image is read.
//!
//! Read: every color type and depth. Palettes and depths below 8 bits are expanded, a transparent color becomes an
//! alpha channel, 16 bits stay 16 bits. Gamma and chromaticities without a profile are taken for sRGB, as viewers
//! mostly do, because most files that carry them carry them wrongly.

mod read;
mod write;

pub(crate) use read::{decode, probe};
pub(crate) use write::encode;

/// The signature (PNG 3rd edition, 5.2).
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}
