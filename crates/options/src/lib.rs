//! Everything a caller can ask of an image, and every spelling of it.
//!
//! Three nouns, in the order a reader meets them:
//!
//! * [`TransformOptions`] is what was asked: one field per option, absent where nothing was said. It decides nothing;
//!   sizes, formats and limits are the plan's.
//! * [`registry::OPTIONS`] describes each option once: names, what a control for it looks like, words for people,
//!   how its text becomes a field and back. A spelling only produces pairs of name and value.
//! * A spelling: [`url`] reads `width=400,fit=cover`, [`workers`] the JSON of `cf.image`, [`query`] the parameters of
//!   `/image?…`, [`binding`] the form of the Images binding. [`canonical`] writes options back, always in one way, which is
//!   what cache keys are made of; [`workers::to_json`] writes them as JSON.
//!
//! [`json`] keeps the order and the repetitions of what [`workers`] reads.
//!
//! [`mod@reference`] says about options what pages and help show.
//!
//! Around them stand [`preset`] (names for sets of options), [`sign`] (who may ask) and [`client`] (what depends on the
//! client's hints).
//!
//! ```
//! use tintype_options::{Fit, TransformOptions, Width};
//!
//! let options: TransformOptions = "width=400,height=300,fit=cover".parse()?;
//! assert_eq!(options.width, Some(Width::Px(400)));
//! assert_eq!(options.fit, Some(Fit::Cover));
//! # Ok::<(), tintype_options::OptionsError>(())
//! ```
//!
//! Nothing here opens a file, reads a clock or knows a device. An option that is asked for and cannot be honored is
//! either a [`Warning`] (the picture is still delivered) or an [`OptionsError`].

#![forbid(unsafe_code)]

pub mod binding;
pub mod canonical;
pub mod client;
mod error;
pub mod json;
mod pairs;
pub mod preset;
pub mod query;
pub mod reference;
pub mod registry;
pub mod sign;
pub mod url;
mod value;
mod warning;
pub mod workers;

use std::str::FromStr;

use tintype_pixels::Rgba;

pub use error::OptionsError;
pub use value::{
    Border, Color, Composite, Compression, DrawOptions, Fit, Flip, Gravity, Hdr, Layer, LayerSource, Length, Metadata,
    OnError, OriginAuth, OutputFormat, PointMode, Quality, QualityMode, Refine, Repeat, Rotate, Segment, SegmentModel,
    Text, Trim, TrimBorder, Upscale, Width,
};
pub use warning::Warning;

/// What a caller asked for. Absent fields were not mentioned; their defaults are those of [`registry::OPTIONS`].
///
/// The fields can be set to anything; only values that a parser of this crate gives are promised to survive
/// [`canonical::to_string`] and back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransformOptions {
    /// Width of the target box, on the axes after rotation, before [`dpr`](Self::dpr).
    pub width: Option<Width>,
    /// Height of the target box in pixels, at least 1.
    pub height: Option<u32>,
    /// Widths that `width=auto` chooses from, ascending; empty for the default ones.
    pub breakpoints: Vec<u32>,
    /// Width that `width=auto` gives to phones that send no client hints.
    pub wmobile: Option<u32>,
    /// Width that `width=auto` gives to everything else that sends no client hints.
    pub wdesktop: Option<u32>,
    /// Device pixels per pixel asked for; above 0, at most 3.
    pub dpr: Option<f64>,
    /// How the picture meets the box.
    pub fit: Option<Fit>,
    /// What survives cropping.
    pub gravity: Option<Gravity>,
    /// How close to crop to faces, 0 (not at all) to 1 (tight).
    pub zoom: Option<f64>,
    /// What to fill new pixels with when a picture is enlarged.
    pub upscale: Option<Upscale>,
    /// What to cut off before anything else.
    pub trim: Option<Trim>,
    /// Mirroring, before rotation.
    pub flip: Option<Flip>,
    /// Rotation clockwise.
    pub rotate: Option<Rotate>,
    /// Which part of the picture to keep, the rest becoming transparent.
    pub segment: Option<Segment>,
    /// Which model tells that part; means something with [`segment`](Self::segment) only.
    pub segment_model: Option<SegmentModel>,
    /// What is done to the colors of that part; means something with [`segment`](Self::segment) only.
    pub segment_refine: Option<Refine>,
    /// Color under the picture.
    pub background: Option<Rgba>,
    /// Factor on luminance, above 0; `None` rather than 0 for no change.
    pub brightness: Option<f64>,
    /// Factor on contrast, above 0; `None` rather than 0 for no change.
    pub contrast: Option<f64>,
    /// Exponent on values, above 0; `None` rather than 0 for no change.
    pub gamma: Option<f64>,
    /// Factor on saturation; 0 is greyscale.
    pub saturation: Option<f64>,
    /// Strength of sharpening, 0 to 10.
    pub sharpen: Option<f64>,
    /// Radius of blurring, 0 to 250.
    pub blur: Option<f64>,
    /// Frame around the result.
    pub border: Option<Border>,
    /// What is drawn on top, the last uppermost; at most [`Layer::MAX_COUNT`] in all.
    pub draw: Vec<Layer>,
    /// Format of the result.
    pub format: Option<OutputFormat>,
    /// Quality of lossy formats.
    pub quality: Option<Quality>,
    /// What that quality stands for in a JPEG.
    pub quality_mode: Option<QualityMode>,
    /// Quality that replaces [`quality`](Self::quality) where the client says that its connection is slow.
    pub slow_connection_quality: Option<Quality>,
    /// Whether to choose the encoder by speed.
    pub compression: Option<Compression>,
    /// Whether animations stay animated.
    pub anim: Option<bool>,
    /// Which metadata a JPEG keeps.
    pub metadata: Option<Metadata>,
    /// Which colors the result can have.
    pub color: Option<Color>,
    /// What becomes of a JPEG's gain map.
    pub hdr: Option<Hdr>,
    /// What to answer when the picture cannot be made.
    pub onerror: Option<OnError>,
    /// Whether the source is asked for with the client's credentials.
    pub origin_auth: Option<OriginAuth>,
}

/// Options, and what was odd about the way they were asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// What was asked for.
    pub options: TransformOptions,
    /// What was ignored or changed, at most 16; empty when everything was as it should be.
    pub warnings: Vec<Warning>,
}

impl Parsed {
    /// How many warnings are kept: enough for a person, and bounded whatever a URL holds.
    const MAX_WARNINGS: usize = 16;

    /// These options, unless they must be without warnings and are not.
    pub fn held_to(self, strictness: Strictness) -> Result<Self, OptionsError> {
        match (strictness, self.warnings.first()) {
            (Strictness::Strict, Some(warning)) => Err(OptionsError::Warned(warning.clone())),
            (Strictness::Strict, None) | (Strictness::Lenient, _) => Ok(self),
        }
    }

    fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < Self::MAX_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

/// What becomes of warnings. Every spelling gives them; who reads it decides: see [`Parsed::held_to`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// They are passed on, and the picture is made.
    #[default]
    Lenient,
    /// The first one is an error.
    Strict,
}

/// The strict reading of the URL's grammar, for programs and command lines: whatever [`url::parse`] warns about is an
/// error here.
impl FromStr for TransformOptions {
    type Err = OptionsError;

    fn from_str(options: &str) -> Result<Self, OptionsError> {
        Ok(url::parse(options)?.held_to(Strictness::Strict)?.options)
    }
}
