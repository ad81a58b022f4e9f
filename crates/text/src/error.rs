//! What can go wrong with text and fonts, by cause.

use tintype_pixels::Fault;

/// Why a font was refused or a text not drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// There is nothing to draw.
    #[error("the text is empty")]
    Empty,

    /// The text has too many characters.
    #[error("the text has more than {limit} characters")]
    TextTooLong {
        /// The most that is accepted.
        limit: usize,
    },

    /// The font size is no size.
    #[error("font size {size_px} is not a number of pixels above 0 and up to {limit}")]
    Size {
        /// The size as given.
        size_px: f32,
        /// The largest that is accepted.
        limit: u32,
    },

    /// Neither the given font nor the embedded one has these characters.
    #[error("no glyph for {}; neither the font nor the embedded one (Latin, Greek, Cyrillic) has one", quoted(.characters))]
    MissingGlyphs {
        /// Each character without a glyph, once, in the order of the text.
        characters: String,
    },

    /// The picture would be too large, or the ink would hang out too far.
    #[error("the text needs a picture of {width}x{height} pixels; the limit is {limit}x{limit}")]
    PictureTooLarge {
        /// Pixels needed from left to right.
        width: u64,
        /// Pixels needed from top to bottom.
        height: u64,
        /// The most that is accepted, of either.
        limit: u32,
    },

    /// The font's file has too many bytes, packed or unpacked.
    #[error("the font is {bytes} bytes{}; the limit is {limit}", if *.unpacked { " once unpacked" } else { "" })]
    FontTooLarge {
        /// How many it has, or at least.
        bytes: u64,
        /// The most that is accepted.
        limit: u64,
        /// Whether this is about the bytes inside a WOFF or WOFF2.
        unpacked: bool,
    },

    /// The bytes are no font, or a damaged one, or one without outlines or letters.
    #[error("not a usable font: {detail}; ttf, otf, woff and woff2 with outlines are read")]
    NotAFont {
        /// What is wrong.
        detail: String,
    },

    /// The outlines of the text's glyphs have more segments or cover more area than any honest font's.
    #[error("the font's glyphs are too complex to draw this text: {detail}")]
    TooComplex {
        /// Which bound would be passed.
        detail: &'static str,
    },

    /// The embedded font failed. A mistake of ours.
    #[error("cannot draw with the embedded font: {detail}")]
    Internal {
        /// What the font libraries said.
        detail: String,
    },
}

impl TextError {
    /// Whose problem this is. A font is a source: a damaged one is [`Fault::Source`].
    pub fn fault(&self) -> Fault {
        match self {
            Self::Empty | Self::Size { .. } | Self::MissingGlyphs { .. } => Fault::Request,
            Self::TextTooLong { .. }
            | Self::PictureTooLarge { .. }
            | Self::FontTooLarge { .. }
            | Self::TooComplex { .. } => Fault::TooLarge,
            Self::NotAFont { .. } => Fault::Source,
            Self::Internal { .. } => Fault::Internal,
        }
    }

    /// [`TextError::NotAFont`].
    pub(crate) fn not_a_font(detail: impl Into<String>) -> Self {
        Self::NotAFont { detail: detail.into() }
    }
}

/// The first few of `characters`, each quoted and with its number.
fn quoted(characters: &str) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<String> =
        characters.chars().take(SHOWN).map(|c| format!("{c:?} (U+{:04X})", u32::from(c))).collect();
    let more = characters.chars().count() - shown.len();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_glyphs_are_named() {
        let message = |characters: &str| TextError::MissingGlyphs { characters: characters.to_owned() }.to_string();
        assert!(message("漢字").starts_with("no glyph for '漢' (U+6F22), '字' (U+5B57); "), "{}", message("漢字"));
        assert!(message("漢字日本語中文山川").contains("'山' (U+5C71), 1 more; "), "{}", message("漢字日本語中文山川"));
    }

    #[test]
    fn bytes_say_whether_they_are_unpacked() {
        let message = |unpacked| TextError::FontTooLarge { bytes: 9, limit: 8, unpacked }.to_string();
        assert_eq!(message(false), "the font is 9 bytes; the limit is 8");
        assert_eq!(message(true), "the font is 9 bytes once unpacked; the limit is 8");
    }
}
