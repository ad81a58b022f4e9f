//! A font, checked to be one: tables that can be read, outlines, a map from characters to glyphs, a line height.

use std::{fmt, sync::OnceLock};

use skrifa::{GlyphId, ScalerFont};

use crate::{Limits, TextError, barrier, unpack};

/// A font ready to draw with. Parsed once, used from any number of threads; what shaping derives from it is kept in it.
#[derive(Clone)]
pub struct Font {
    /// At the default place of its design space.
    face: skrifa::Font,
    /// Distances of a line, in em.
    line: Line,
}

/// The vertical distances of a line, in em; all at least 0, and together above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    /// From the baseline up.
    pub(crate) ascent: f32,
    /// From the baseline down.
    pub(crate) descent: f32,
    /// Between two lines.
    pub(crate) gap: f32,
}

impl Line {
    /// From one baseline to the next.
    pub(crate) fn height(self) -> f32 {
        self.ascent + self.descent + self.gap
    }
}

impl fmt::Debug for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Font({} glyphs, {:?})", self.face.num_glyphs(), self.line)
    }
}

impl Font {
    /// Reads a TTF, OTF, WOFF or WOFF2 file, told by its content. Of a collection (TTC) the first face.
    ///
    /// Refuses more bytes than `limits` allows, packed or unpacked, and fonts without outlines (bitmaps alone), without
    /// Unicode's letters or without a line height. A font that passes can still have damaged glyphs: those draw nothing.
    pub fn parse(bytes: Vec<u8>, limits: &Limits) -> Result<Self, TextError> {
        let length = bytes.len() as u64;
        if length > limits.font_bytes {
            return Err(TextError::FontTooLarge { bytes: length, limit: limits.font_bytes, unpacked: false });
        }
        barrier::guarded(
            || Self::from_face(skrifa::Font::new(unpack::sfnt_from(bytes, limits)?, 0)),
            |detail| TextError::NotAFont { detail },
        )
    }

    /// The font inside this library: Roboto Regular, for Latin, Greek and Cyrillic.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Font> = OnceLock::new();
        const BYTES: &[u8] = include_bytes!("../fonts/Roboto-Regular.ttf");
        EMBEDDED.get_or_init(|| Self::from_face(skrifa::Font::new(BYTES, 0)).expect("the embedded file is a font"))
    }

    fn from_face(face: Option<skrifa::Font>) -> Result<Self, TextError> {
        let face = face.ok_or_else(|| TextError::not_a_font("its table directory cannot be read"))?;
        if !face.charmap().has_unicode() {
            return Err(TextError::not_a_font("it maps no characters to glyphs"));
        }
        if ScalerFont::force_unhinted(face.clone(), None).outline_source().is_none() {
            return Err(TextError::not_a_font("it has no outlines"));
        }
        let em = f32::from(face.units_per_em());
        let line = face.metrics().h_line().unwrap_or_default();
        let line = Line {
            ascent: (line.ascender.to_f32() / em).max(0.0),
            descent: (-line.descender.to_f32() / em).max(0.0),
            gap: (line.line_gap.to_f32() / em).max(0.0),
        };
        if line.ascent + line.descent <= 0.0 {
            return Err(TextError::not_a_font("its lines have no height"));
        }
        Ok(Self { face, line })
    }

    /// Units of the design space per em; 16 to 16384.
    pub(crate) fn units_per_em(&self) -> f32 {
        f32::from(self.face.units_per_em())
    }

    pub(crate) fn line(&self) -> Line {
        self.line
    }

    /// The glyph of a single character, before any shaping.
    pub(crate) fn glyph(&self, character: char) -> Option<GlyphId> {
        self.face.charmap().map_unicode(character)
    }

    /// For shaping.
    pub(crate) fn face(&self) -> &skrifa::Font {
        &self.face
    }

    /// For outlines in units of the design space. No hinting, also for fonts that ask for it: their programs are not run.
    pub(crate) fn scaler(&self) -> ScalerFont {
        ScalerFont::force_unhinted(self.face.clone(), None)
    }
}
