//! How much text and font may cost, checked before anything of that size is allocated.

/// How much a text may cost. The defaults are Cloudflare's figures where it publishes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters (Unicode scalar values) of the text, new lines included. Default 1,000: Cloudflare's limit.
    pub text_chars: usize,
    /// Pixels of the rendered picture's width, and of its height. Default 4,096: Cloudflare's limit. It bounds the work as
    /// well: all glyphs together may cover 16 pictures of the largest size, counting the boxes and lengths of outlines.
    pub side_px: u32,
    /// Bytes of a font file. Default 20 MiB: Cloudflare's limit.
    pub font_bytes: u64,
    /// Bytes of a WOFF or WOFF2 font once unpacked. Default 64 MiB; the largest honest ones, for Chinese, have about 30.
    pub unpacked_font_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text_chars: 1_000, side_px: 4_096, font_bytes: 20 << 20, unpacked_font_bytes: 64 << 20 }
    }
}

impl Limits {
    /// The most that drawing may cost, in pixels touched.
    pub(crate) fn work_px(&self) -> u64 {
        16 * u64::from(self.side_px).pow(2)
    }
}
