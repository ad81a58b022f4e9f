//! SVG: cleaned and passed on ([`clean`]), or drawn at any size.
//!
//! An SVG's samples are drawn in whatever size `decode` finds in its `ImageInfo`: the size that `probe` gives is the document's
//! own, and a caller who wants another puts it there. Nothing outside of the document is read: no files, no URLs, no fonts, so
//! texts are left out of what is drawn. Pictures in `data:` URLs are drawn, SVGs in SVGs are not. Text cannot be trusted to be
//! cheap for being short: `measure` bounds what a document expands to before anything is expanded, and `cost` what drawing it takes
//! before anything is drawn.

#[cfg(feature = "svg")]
mod cost;
#[cfg(feature = "svg")]
mod draw;
#[cfg(feature = "svg")]
mod measure;

#[cfg(feature = "svg")]
pub(crate) use draw::{decode, probe};

use crate::{CodecError, Limits};

/// Whether this is an SVG document: text that opens an `svg` element after at most a declaration and comments.
pub(crate) fn sniff(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(1024)];
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    start.starts_with(b"<svg")
        || ((start.starts_with(b"<?xml") || start.starts_with(b"<!")) && start.windows(4).any(|w| w == b"<svg"))
}

/// An SVG document without scripts, links to other sites, and references to anything outside of it but pictures in `data:`
/// URLs: what may be shown to others. How large it is drawn, and what that costs, is the viewer's matter.
///
/// # Errors
///
/// [`CodecError::Damaged`] for what is no well-formed document, [`CodecError::TooLarge`] for one of too many bytes or elements or
/// of too deep ones, and
/// [`CodecError::NotBuilt`] without the feature `svg`.
#[cfg(feature = "svg")]
pub fn clean(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, CodecError> {
    use crate::barrier;
    use tintype_pixels::ImageFormat;

    let text = measure::check_text(bytes, limits)?;
    let work = || {
        measure::check_structure(&measure::parsed(text, limits)?)?;
        let mut filter = svg_hush::Filter::new();
        filter.set_data_url_filter(svg_hush::data_url_filter::allow_standard_images);
        let mut out = Vec::with_capacity(bytes.len());
        filter.filter(bytes, &mut out).map_err(|error| {
            // What the library says at first is only "XML parsing error"; the cause has the place.
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            CodecError::damaged(ImageFormat::Svg, format_args!("{error}: {cause}"))
        })?;
        Ok(out)
    };
    barrier::guarded(work, |detail| CodecError::damaged(ImageFormat::Svg, detail))
}

/// Always [`CodecError::NotBuilt`].
///
/// # Errors
///
/// As said.
#[cfg(not(feature = "svg"))]
pub fn clean(_: &[u8], _: &Limits) -> Result<Vec<u8>, CodecError> {
    Err(CodecError::NotBuilt { what: "svg", feature: "svg" })
}
