//! What a result carries besides its pixels, by the options `metadata` and `color`.

use tintype_codecs::{
    Encode, Metadata, exif,
    icc::{self, Kept},
    xmp,
};
use tintype_options::{Color, Metadata as Wanted, TransformOptions};
use tintype_pixels::{ImageFormat, ImageInfo};

/// The colors of a result where they are to be the source's and those are not sRGB's.
pub(crate) fn kept_color(wanted: &TransformOptions, info: Option<&ImageInfo>) -> Option<Kept> {
    info.filter(|_| wanted.color == Some(Color::Keep)).and_then(icc::kept)
}

/// What goes into the file. Cloudflare's service leaves EXIF out of everything but JPEG; where somebody asks for it by name,
/// PNG, WebP and AVIF have it too. A color profile is there where the pixels are not sRGB.
pub(crate) fn of(wanted: &TransformOptions, encode: Encode, info: Option<&ImageInfo>, kept: Option<Kept>) -> Metadata {
    let color = kept.filter(|_| encode.has_profile()).map(|kept| kept.profile);
    let is_carried = encode.format() == ImageFormat::Jpeg || wanted.metadata.is_some();
    let Some(info) = info.filter(|_| is_carried) else { return Metadata { color, ..Metadata::default() } };
    let block = info.exif.as_deref();
    match wanted.metadata.unwrap_or_default() {
        Wanted::Keep => {
            Metadata { exif: block.and_then(exif::kept), xmp: info.xmp.as_deref().and_then(xmp::kept), color }
        }
        Wanted::Copyright => Metadata { exif: block.and_then(exif::copyright_only), xmp: None, color },
        Wanted::None => Metadata { exif: None, xmp: None, color },
    }
}
