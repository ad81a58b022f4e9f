//! What is drawn on top of a picture.

use tintype_pixels::{Rgba, Size};

use super::Length;
use super::keyword::{keywords, none_of};
use crate::error::Problem;
use crate::url::Source;
use crate::{TransformOptions, Width};

/// A picture or a text to draw on top, what happens to it first, and where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What is drawn.
    pub source: LayerSource,
    /// Width of its box: pixels (at least 1), or a fraction of the base's width. Never set for a text.
    pub width: Option<Length>,
    /// Height of its box: pixels (at least 1), or a fraction of the base's height. Never set for a text.
    pub height: Option<Length>,
    /// What else happens to it first, layers of its own included. Its `width` and `height` are not set: see
    /// [`Layer::options_for`].
    pub options: TransformOptions,
    /// Where it goes, and how it meets the base.
    pub placement: DrawOptions,
}

impl Layer {
    /// Layers inside of layers: how deep they may be, the outermost counting as 1.
    pub const MAX_DEPTH: usize = 4;
    /// How many layers there may be in one request, those inside of others included.
    pub const MAX_COUNT: usize = 16;

    /// The layer's options with a box in pixels, for a base of this size. A fraction is rounded half up and is at least
    /// one pixel; [`TransformOptions::dpr`] of the layer multiplies it like any width.
    pub fn options_for(&self, base: Size) -> TransformOptions {
        let px = |length: Length, base: u32| match length {
            Length::Px(px) => px,
            // At most `base`: the fraction is below 1.
            Length::Fraction(part) => ((part * f64::from(base)).round() as u32).max(1),
        };
        let mut options = self.options.clone();
        options.width = self.width.map(|width| Width::Px(px(width, base.width)));
        options.height = self.height.map(|height| px(height, base.height));
        options
    }

    /// A side of the box: like [`Length`], but not 0.
    pub(crate) fn side(text: &str) -> Result<Length, Problem> {
        let length = Length::parse(text).ok().filter(|length| *length != Length::Px(0));
        length.ok_or_else(|| Problem::number("a whole number of pixels, 1 or more, or a fraction between 0 and 1"))
    }
}

/// What a layer is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerSource {
    /// A picture, from where sources come from.
    Picture(Source<'static>),
    /// A line of text, or several.
    Text(Text),
}

/// Text to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// 1 to [`Text::MAX_CHARS`] characters.
    pub text: String,
    /// A TrueType, OpenType or WOFF file; the server's own where not given.
    pub font: Option<Source<'static>>,
    /// [`Text::DEFAULT_COLOR`] where not given.
    pub color: Option<Rgba>,
    /// Height of a line's letters in pixels, above 0 and at most [`Text::MAX_SIZE_PX`]; [`Text::DEFAULT_SIZE_PX`] where
    /// not given.
    pub size_px: Option<f64>,
}

impl Text {
    /// The longest text, in characters.
    pub const MAX_CHARS: usize = 1000;
    /// Black.
    pub const DEFAULT_COLOR: Rgba = Rgba { r: 0.0, g: 0.0, b: 0.0, a: 1.0 };
    /// The size of letters that nothing is said about.
    pub const DEFAULT_SIZE_PX: f64 = 12.0;
    /// The largest letters: as large as a rendered text may be.
    pub const MAX_SIZE_PX: f64 = 4096.0;
}

/// Where a layer goes, and how it meets the base: what Cloudflare calls draw options.
///
/// An axis about which nothing is said centers the layer. Distances count from the layer's edge to the same edge of the
/// base, inwards; negative ones put a part of it outside, where it is cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DrawOptions {
    /// Pixels between the top edges; not together with `bottom`.
    pub top: Option<i32>,
    /// Pixels between the right edges; not together with `left`.
    pub right: Option<i32>,
    /// Pixels between the bottom edges; not together with `top`.
    pub bottom: Option<i32>,
    /// Pixels between the left edges; not together with `right`.
    pub left: Option<i32>,
    /// 0 (unseen) to 1; 1 where not given.
    pub opacity: Option<f64>,
    /// Whether copies of it fill the base; once where not given.
    pub repeat: Option<Repeat>,
    /// How its pixels meet the base's; [`Composite::Over`] where not given.
    pub composite: Option<Composite>,
}

impl DrawOptions {
    /// The farthest that a layer may be from an edge, in pixels either way: far outside any picture.
    pub const MAX_DISTANCE: i32 = 1_000_000;
}

keywords! {
    /// Whether copies of a layer fill the base.
    pub enum Repeat {
        /// Everywhere.
        Both = "true",
        /// In one row.
        X = "x",
        /// In one column.
        Y = "y",
    }
}

impl Repeat {
    /// A word, or `false` for a layer that is drawn once.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, Problem> {
        match text {
            "false" => Ok(None),
            _ => Self::named(text).map(Some).ok_or_else(|| none_of(Self::NAMES)),
        }
    }
}

keywords! {
    /// How a layer's pixels meet the base's, within the layer's box: Porter and Duff's operators.
    #[derive(Default)]
    pub enum Composite {
        /// The layer covers the base.
        #[default]
        Over = "over",
        /// The layer, where the base is opaque; nothing elsewhere.
        In = "in",
        /// The layer, where the base is opaque; the base elsewhere.
        Atop = "atop",
        /// The layer, where the base is transparent; nothing elsewhere.
        Out = "out",
        /// Each where the other is not.
        Xor = "xor",
        /// The sum.
        Lighter = "lighter",
    }
}

impl Composite {
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        Self::named(text).ok_or_else(|| none_of(Self::NAMES))
    }
}
