//! The format of the result.

use super::keyword::keywords;
use crate::error::Problem;

keywords! {
    /// The format of the result.
    pub enum OutputFormat {
        /// AVIF, else WebP, where the client accepts it; else as without `format`.
        Auto = "auto",
        /// AVIF, where the picture is small enough for it.
        Avif = "avif",
        /// WebP; lossless at quality 100.
        Webp = "webp",
        /// JPEG, progressive where that helps.
        Jpeg = "jpeg",
        /// JPEG, sequential.
        BaselineJpeg = "baseline-jpeg",
        /// PNG. (Cloudflare takes it as a hint, and chooses JPEG or PNG by content.)
        Png = "png",
        /// PNG.
        PngForce = "png-force",
        /// GIF.
        Gif = "gif",
        /// A description of the picture instead of the picture.
        Json = "json",
        /// SVG, for sources that are SVG.
        Svg = "svg",
    }
}

impl OutputFormat {
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        Self::named(text)
            .ok_or_else(|| Problem::refused("a supported output format; use jpeg, webp, avif or json, for example"))
    }
}
