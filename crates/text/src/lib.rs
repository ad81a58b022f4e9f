//! Text to pixels: shaping and rasterising with real fonts.
//!
//! One call, [`render`], turns a [`TextStyle`] into a picture: the text in one color on a transparent background, as an
//! overlay or an output of its own. Lines break where the text says so and nowhere else. What happens inside:
//!
//! 1. [`Font::parse`] unpacks WOFF and WOFF2 within bounds and refuses what is no font.
//! 2. `layout` splits lines, orders right-to-left and left-to-right parts (the Unicode bidirectional algorithm), finds a
//!    font for each grapheme and shapes (kerning, ligatures, marks, Arabic joining) into placed glyphs.
//! 3. `outline` flattens each glyph's curves; `raster` turns them into coverage: exact area, no hinting, glyphs at
//!    fractional positions, plain grey antialiasing.
//!
//! **The picture's box.** Its height is the number of lines times the font's ascent, descent and line gap (the gap is
//! split above and below each line); its width is the widest line's advance; both are rounded up to whole pixels. So text
//! of the same length lies the same whatever its letters look like. Where ink hangs out of that box (a slanted tail,
//! stacked accents, glyphs of the embedded font in lines measured for another), the box grows on that side by as many
//! pixels as needed, and nothing is cut off. A line whose first strong letter is right-to-left is aligned to the right.
//!
//! **Fonts.** Only the given font and the embedded one (Roboto Regular: Latin, Greek, Cyrillic) are used, never those of
//! the machine, so the same input gives the same bytes everywhere: all arithmetic is scalar IEEE single precision
//! without fused or reordered operations. Letters that the given font lacks are taken from the embedded one; letters that
//! both lack are an error that names them. Of a collection the first face is used, of a variable font the default
//! instance. Colored glyphs (emoji) are drawn as plain outlines where the font has any.
//!
//! **Hostile fonts** meet limits on bytes, glyphs, outline segments and area, and a panic barrier; [`Limits`] and
//! [`TextError`] say which. A fuzz target needs two lines: [`Font::parse`] on the bytes, [`render`] with what came out.

#![forbid(unsafe_code)]

mod barrier;
mod error;
mod font;
mod layout;
mod limits;
mod outline;
mod raster;
mod unpack;

use tintype_pixels::{Planes, Rgba};

pub use error::TextError;
pub use font::Font;
pub use limits::Limits;

/// What to write and how.
#[derive(Clone, Copy, Debug)]
pub struct TextStyle<'a> {
    /// The text. New lines (`\n`, `\r\n`, `\r` and Unicode's separators) start new lines; a tab is four spaces; other
    /// control characters are left out.
    pub text: &'a str,
    /// Pixels of the font's em square, the usual meaning of a font size. Above 0, at most [`Limits::side_px`].
    pub size_px: f32,
    /// The color at full coverage; its opacity scales that of every pixel.
    pub color: Rgba,
    /// The font; `None` for the embedded one.
    pub font: Option<&'a Font>,
}

impl<'a> TextStyle<'a> {
    /// `text` at 12 px in black with the embedded font: Cloudflare's defaults.
    pub fn new(text: &'a str) -> Self {
        Self { text, size_px: 12.0, color: Rgba { r: 0.0, g: 0.0, b: 0.0, a: 1.0 }, font: None }
    }
}

/// Draws text: [`Layout::RGBA8`](tintype_pixels::Layout::RGBA8), sRGB, straight alpha, transparent background, in the
/// box that the [crate's documentation](crate) describes and at least one pixel in size.
///
/// Pixels without ink are transparent black; others have the color and the alpha `coverage x color.a`.
pub fn render(style: &TextStyle<'_>, limits: &Limits) -> Result<Planes, TextError> {
    let lines = layout::lines(style.text, limits)?;
    let longest = limits.side_px as f32;
    if !(style.size_px > 0.0 && style.size_px <= longest) {
        return Err(TextError::Size { size_px: style.size_px, limit: limits.side_px });
    }
    let embedded = Font::embedded();
    let fonts = match style.font {
        Some(given) => vec![given, embedded],
        None => vec![embedded],
    };
    let draw = || {
        let page = layout::lay_out(&lines, &fonts, style.size_px)?;
        let mask = raster::draw(&page, &fonts, style.size_px, limits)?;
        Ok(raster::paint(&mask, style.color))
    };
    barrier::guarded(draw, |detail| match style.font {
        Some(_) => TextError::NotAFont { detail },
        None => TextError::Internal { detail },
    })
}
