//! From text to placed glyphs: lines, reading order, a font for each grapheme, shaping.
//!
//! Start at [`lay_out`]. No width limits a line, so there is nothing to break and nothing to justify.

use std::ops::Range;

use harfrust::{Buffer, BufferFlags, Direction, Script, ShapeOptions, ShaperFont, unicode};
use skrifa::GlyphId;
use unicode_bidi::BidiInfo;
use unicode_segmentation::UnicodeSegmentation;

use crate::{Font, Limits, TextError};

/// Glyphs on a page whose top left corner is the origin, y downwards, in pixels.
#[derive(Debug)]
pub(crate) struct Page {
    /// In the order they are drawn.
    pub(crate) glyphs: Vec<Placed>,
    /// The widest line's advance.
    pub(crate) width: f32,
    /// All lines' heights.
    pub(crate) height: f32,
}

/// A glyph and where its own origin lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    /// Index into the fonts given to [`lay_out`].
    pub(crate) font: usize,
    pub(crate) glyph: GlyphId,
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// Glyphs in all: more than any script makes of the characters allowed, fewer than a hostile font's substitutions.
const MOST_GLYPHS: usize = 1 << 16;

/// The lines of `text`, cleaned of control characters. Refuses an empty text and one that is too long.
pub(crate) fn lines(text: &str, limits: &Limits) -> Result<Vec<String>, TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().nth(limits.text_chars).is_some() {
        return Err(TextError::TextTooLong { limit: limits.text_chars });
    }
    let text = text.replace("\r\n", "\n").replace('\t', "    ");
    // The separators of Unicode's newline guidelines (UAX 14): all that start a new line without being asked twice.
    let lines = text.split(['\n', '\r', '\u{0b}', '\u{0c}', '\u{85}', '\u{2028}', '\u{2029}']);
    Ok(lines.map(|line| line.chars().filter(|c| !c.is_control()).collect()).collect())
}

/// Places the glyphs of `lines`. The first of `fonts` measures the lines and is asked first for each grapheme.
pub(crate) fn lay_out(lines: &[String], fonts: &[&Font], size_px: f32) -> Result<Page, TextError> {
    let shapers: Vec<ShaperFont<'_, '_>> = fonts.iter().map(|font| ShaperFont::new(font.face())).collect();
    let setter = Setter { fonts, shapers, size_px };
    let box_ = fonts[0].line();
    let mut set = Vec::with_capacity(lines.len());
    let mut missing = String::new();
    let mut n_glyphs = 0;
    for line in lines {
        let line = setter.line(line, &mut missing)?;
        n_glyphs += line.glyphs.len();
        if n_glyphs > MOST_GLYPHS {
            return Err(TextError::TooComplex { detail: "too many glyphs" });
        }
        set.push(line);
    }
    if !missing.is_empty() {
        return Err(TextError::MissingGlyphs { characters: missing });
    }

    let width = set.iter().map(|line| line.advance).fold(0.0, f32::max);
    let mut glyphs = Vec::with_capacity(n_glyphs);
    for (index, line) in set.into_iter().enumerate() {
        let x = if line.right_to_left { width - line.advance } else { 0.0 };
        // Baselines on whole pixels, so that equal lines have equal pixels.
        let y = (size_px * (index as f32 * box_.height() + box_.gap / 2.0 + box_.ascent)).round();
        glyphs.extend(line.glyphs.into_iter().map(|glyph| Placed { x: glyph.x + x, y: glyph.y + y, ..glyph }));
    }
    Ok(Page { glyphs, width, height: size_px * lines.len() as f32 * box_.height() })
}

/// One line's glyphs, from its left end on its baseline.
struct SetLine {
    glyphs: Vec<Placed>,
    /// Pixels; 0 or more.
    advance: f32,
    right_to_left: bool,
}

/// A piece of a line with one font, script and direction.
struct Run {
    bytes: Range<usize>,
    font: usize,
    script: Script,
}

struct Setter<'a> {
    fonts: &'a [&'a Font],
    shapers: Vec<ShaperFont<'a, 'a>>,
    size_px: f32,
}

impl Setter<'_> {
    /// Sets a line; characters without a glyph are added to `missing`.
    fn line(&self, line: &str, missing: &mut String) -> Result<SetLine, TextError> {
        let bidi = BidiInfo::new(line, None);
        // Lines hold no paragraph separators, so there is one paragraph, or none in an empty line.
        let Some(paragraph) = bidi.paragraphs.first() else {
            return Ok(SetLine { glyphs: Vec::new(), advance: 0.0, right_to_left: false });
        };
        let mut glyphs = Vec::new();
        let mut x = 0.0;
        let (levels, visual_runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for part in visual_runs {
            let right_to_left = levels[part.start].is_rtl();
            let mut runs = self.runs(line, part, missing);
            if right_to_left {
                runs.reverse();
            }
            for run in runs {
                self.shape(line, &run, right_to_left, &mut x, &mut glyphs, missing)?;
            }
        }
        Ok(SetLine { glyphs, advance: x.max(0.0), right_to_left: paragraph.level.is_rtl() })
    }

    /// Cuts `part` of `line`, all of one direction, where font or script change.
    fn runs(&self, line: &str, part: Range<usize>, missing: &mut String) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (offset, grapheme) in line[part.clone()].grapheme_indices(true) {
            let start = part.start + offset;
            let bytes = start..start + grapheme.len();
            let font = (0..self.fonts.len()).find(|&font| self.covers(font, grapheme)).unwrap_or_else(|| {
                let lacking = grapheme.chars().filter(|&c| !is_ignorable(c) && !self.any_font_has(c));
                note(lacking, missing);
                0
            });
            let script = grapheme.chars().map(|c| unicode::script(c.into())).find(|script| !is_shared(*script));
            let script = script.unwrap_or(Script::COMMON);
            match runs.last_mut() {
                // Spaces and punctuation belong to the script they stand in, before or after.
                Some(last)
                    if last.font == font && (last.script == script || is_shared(script) || is_shared(last.script)) =>
                {
                    last.bytes.end = bytes.end;
                    if is_shared(last.script) {
                        last.script = script;
                    }
                }
                _ => runs.push(Run { bytes, font, script }),
            }
        }
        runs
    }

    /// Whether `font` draws all of `grapheme`, composed or decomposed if need be.
    fn covers(&self, font: usize, grapheme: &str) -> bool {
        if grapheme.chars().all(|c| is_ignorable(c) || self.fonts[font].glyph(c).is_some()) {
            return true;
        }
        let mut buffer = Buffer::new();
        buffer.push_str(grapheme);
        buffer.guess_segment_properties();
        harfrust::shape(&self.shapers[font], &mut buffer, ShapeOptions::new()).is_ok()
            && buffer.glyph_infos().iter().all(|info| info.glyph_id != GlyphId::NOTDEF.to_u32())
    }

    fn any_font_has(&self, character: char) -> bool {
        self.fonts.iter().any(|font| font.glyph(character).is_some())
    }

    /// Appends the glyphs of `run` from `x` on, and moves `x` past them.
    fn shape(
        &self,
        line: &str,
        run: &Run,
        right_to_left: bool,
        x: &mut f32,
        glyphs: &mut Vec<Placed>,
        missing: &mut String,
    ) -> Result<(), TextError> {
        let text = &line[run.bytes.clone()];
        let mut buffer = Buffer::new();
        // Letters join across the ends of a run as well.
        buffer.set_pre_context(&line[..run.bytes.start]);
        buffer.push_str(text);
        buffer.set_post_context(&line[run.bytes.end..]);
        buffer.set_direction(if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
        buffer.set_script(Some(run.script));
        let mut flags = BufferFlags::empty();
        flags.set(BufferFlags::BEGINNING_OF_TEXT, run.bytes.start == 0);
        flags.set(BufferFlags::END_OF_TEXT, run.bytes.end == line.len());
        buffer.set_flags(flags);
        harfrust::shape(&self.shapers[run.font], &mut buffer, ShapeOptions::new())
            .map_err(|error| TextError::not_a_font(format!("it cannot be shaped with: {error}")))?;
        if !buffer.allocation_successful() || buffer.len() > MOST_GLYPHS {
            return Err(TextError::TooComplex { detail: "too many glyphs" });
        }
        let px_from_units = self.size_px / self.fonts[run.font].units_per_em();
        for (info, position) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
            if info.glyph_id == GlyphId::NOTDEF.to_u32() {
                let rest = text.get(info.cluster as usize..).unwrap_or_default();
                note(rest.chars().take(1), missing);
            }
            glyphs.push(Placed {
                font: run.font,
                glyph: GlyphId::new(info.glyph_id),
                x: *x + position.x_offset as f32 * px_from_units,
                y: -(position.y_offset as f32) * px_from_units,
            });
            *x += position.x_advance as f32 * px_from_units;
        }
        Ok(())
    }
}

/// Adds each of `characters` that is not there yet.
fn note(characters: impl Iterator<Item = char>, missing: &mut String) {
    for c in characters {
        if !missing.contains(c) {
            missing.push(c);
        }
    }
}

/// Whether characters of `script` take part in any script (UAX 24).
fn is_shared(script: Script) -> bool {
    [Script::COMMON, Script::INHERITED, Script::UNKNOWN].contains(&script)
}

/// Whether a font need not have `c`: Unicode's property `Default_Ignorable_Code_Point` (joiners, direction marks,
/// variation selectors). Shaping hides what a font has not.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_splits_into_clean_lines() {
        let lines = |text| lines(text, &Limits::default()).unwrap();
        assert_eq!(lines("a\nb\r\nc\rd\u{2028}e"), ["a", "b", "c", "d", "e"]);
        assert_eq!(lines("a\n"), ["a", ""]);
        assert_eq!(lines("a\tb\u{7}c\u{1b}"), ["a    bc"]);
    }

    /// Glyphs of `text` in Roboto at 100 px, and the page.
    fn page(text: &str) -> Page {
        lay_out(&lines(text, &Limits::default()).unwrap(), &[Font::embedded()], 100.0).unwrap()
    }

    #[test]
    fn a_mark_does_not_advance_and_finds_its_letter() {
        // No composed form exists of q with an acute: the mark stays a glyph of its own.
        let (plain, marked) = (page("qx"), page("q\u{301}x"));
        assert_eq!((plain.width, plain.glyphs.len()), (marked.width, marked.glyphs.len() - 1));
        // Composed and decomposed are the same.
        assert_eq!(page("\u{e9}").glyphs[0].glyph, page("e\u{301}").glyphs[0].glyph);
    }

    #[test]
    fn letters_kern() {
        assert!(page("AV").width < page("A").width + page("V").width - 1.0);
    }

    #[test]
    fn joiners_need_no_glyph() {
        assert_eq!(page("a\u{200d}b\u{fe0f}\u{200e}").width, page("ab").width);
    }

    #[test]
    fn lines_lie_below_each_other_at_whole_pixels() {
        let page = page("x\nx\n\nx");
        let line = Font::embedded().line();
        let expected = [0.0, 1.0, 3.0].map(|index| (100.0 * (line.ascent + index * line.height())).round());
        assert_eq!([0, 1, 2].map(|index| page.glyphs[index].y), expected);
        assert!((page.height - 400.0 * line.height()).abs() < 0.01);
    }

    #[test]
    fn missing_characters_are_listed_once_each_in_order() {
        let text = ["a漢".to_owned(), "字漢".to_owned()];
        let error = lay_out(&text, &[Font::embedded()], 10.0).unwrap_err();
        assert_eq!(error, TextError::MissingGlyphs { characters: "漢字".to_owned() });
    }
}
