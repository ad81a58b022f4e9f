//! Every option, described once.
//!
//! To add one: a field of [`TransformOptions`], a value type if no existing one fits, a definition in the group's file
//! and a line in [`OPTIONS`]. Help, controls, the URL and cache keys follow from that.

mod color;
mod delivery;
pub(crate) mod draw;
mod geometry;
mod output;
pub mod page;
mod size;

use std::borrow::Cow;
use std::fmt;

use crate::error::Problem;
use crate::pairs::{BadNumbers, Given, Pair};
use crate::{OptionsError, Parsed, TransformOptions, Warning};
pub use page::Page;

/// All options, in the order they are applied and written: what refines another stands behind it.
pub static OPTIONS: &[&OptionDef] = &[
    &size::WIDTH,
    &size::HEIGHT,
    &size::DPR,
    &size::FIT,
    &size::GRAVITY,
    &size::ZOOM,
    &size::UPSCALE,
    &geometry::TRIM,
    &geometry::TRIM_TOP,
    &geometry::TRIM_RIGHT,
    &geometry::TRIM_BOTTOM,
    &geometry::TRIM_LEFT,
    &geometry::TRIM_WIDTH,
    &geometry::TRIM_HEIGHT,
    &geometry::TRIM_BORDER_COLOR,
    &geometry::TRIM_BORDER_TOLERANCE,
    &geometry::TRIM_BORDER_KEEP,
    &geometry::FLIP,
    &geometry::ROTATE,
    &geometry::BORDER,
    &geometry::BORDER_COLOR,
    &geometry::BORDER_WIDTH,
    &geometry::BORDER_TOP,
    &geometry::BORDER_RIGHT,
    &geometry::BORDER_BOTTOM,
    &geometry::BORDER_LEFT,
    &draw::DRAW,
    &color::SEGMENT,
    &color::SEGMENT_MODEL,
    &color::SEGMENT_REFINE,
    &color::BACKGROUND,
    &color::BRIGHTNESS,
    &color::CONTRAST,
    &color::GAMMA,
    &color::SATURATION,
    &color::SHARPEN,
    &color::BLUR,
    &output::FORMAT,
    &output::QUALITY,
    &output::QUALITY_MODE,
    &output::COMPRESSION,
    &output::ANIM,
    &output::METADATA,
    &output::COLOR,
    &output::HDR,
    &delivery::SLOW_CONNECTION_QUALITY,
    &delivery::WBREAKPOINTS,
    &delivery::WMOBILE,
    &delivery::WDESKTOP,
    &delivery::ONERROR,
    &delivery::ORIGIN_AUTH,
];

/// The option of this full name or alias.
pub fn find(name: &str) -> Option<&'static OptionDef> {
    position(name).map(|at| OPTIONS[at])
}

/// The option whose name is most like `name`; `None` where none is much like it.
pub fn nearest(name: &str) -> Option<&'static OptionDef> {
    /// How alike two names must be, from 0 to 1: `widht` is, `frobnicate` is not.
    const ALIKE: f64 = 0.8;
    let name = name.to_ascii_lowercase();
    let names = |option: &'static OptionDef| [option.name].into_iter().chain(option.aliases.iter().copied());
    let all =
        OPTIONS.iter().flat_map(|option| names(option).map(|other| (*option, strsim::jaro_winkler(other, &name))));
    let best = all.max_by(|(_, a), (_, b)| a.total_cmp(b));
    best.filter(|(_, likeness)| *likeness >= ALIKE).map(|(option, _)| option)
}

fn position(name: &str) -> Option<usize> {
    OPTIONS.iter().position(|option| option.name == name || option.aliases.contains(&name))
}

/// One option: its names, its words, and how its text becomes a field and back.
pub struct OptionDef {
    /// The full name, which messages and cache keys use.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Where it stands in help and panels.
    pub group: Group,
    /// What a control for it looks like.
    pub kind: Kind,
    /// What holds without it, as text in the same spelling; empty where that depends on the picture or means "none".
    pub default: &'static str,
    /// A value worth trying.
    pub example: &'static str,
    /// One line, without a full stop.
    pub doc: &'static str,
    /// The whole story, a few sentences.
    pub long: &'static str,
    /// What its page says besides.
    pub page: Page,
    pub(crate) set: fn(&mut Parsed, &str) -> Result<(), Problem>,
    pub(crate) get: fn(&TransformOptions) -> Option<String>,
}

impl OptionDef {
    /// The option's value in `options`, as [`crate::url::parse`] would read it, not yet escaped; `None` where absent.
    ///
    /// An option with parts (`trim`, `border`) is shown by its parts. What stands inside the parentheses of `draw` is a list
    /// of options itself, and is escaped.
    pub fn text(&self, options: &TransformOptions) -> Option<String> {
        (self.get)(options)
    }
}

impl fmt::Debug for OptionDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OptionDef").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Where an option stands in help and panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// How large, and what of the picture.
    Size,
    /// Cutting, turning, framing.
    Geometry,
    /// What is put on top.
    Drawing,
    /// Colors and filters.
    Color,
    /// The file.
    Output,
    /// What depends on the client and on HTTP.
    Delivery,
}

impl Group {
    /// All groups, in the order of [`OPTIONS`].
    pub const ALL: &'static [Self] =
        &[Self::Size, Self::Geometry, Self::Drawing, Self::Color, Self::Output, Self::Delivery];

    /// A heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Size => "Size",
            Self::Geometry => "Geometry",
            Self::Drawing => "Drawing",
            Self::Color => "Color and filters",
            Self::Output => "Output",
            Self::Delivery => "Delivery",
        }
    }
}

/// What a control for an option looks like.
///
/// Ranges are those a slider should offer. More may be accepted (`width` has no upper end here, `quality` takes words):
/// [`OptionDef::long`] says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A whole number.
    Integer {
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
    },
    /// A number.
    Number {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
        /// Distance of the slider's stops.
        step: f64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A CSS color.
    Color,
    /// `true` or `false`.
    Boolean,
    /// Anything else.
    Text,
}

/// Puts pairs of name and value over `parsed`. They are applied in the registry's order, so that the order they are
/// written in makes no difference, except between repetitions of one option.
pub(crate) fn apply(mut parsed: Parsed, pairs: Vec<Pair<'_>>, bad_numbers: BadNumbers) -> Result<Parsed, OptionsError> {
    let mut values: Vec<Option<Cow<'_, str>>> = vec![None; OPTIONS.len()];
    let mut layers = Vec::new();
    for Pair { name, value } in pairs {
        match (position(&name), value) {
            (None, _) => parsed.warn(Warning::UnknownOption { name: name.into_owned() }),
            // Only ever given for `draw`, whose repetitions add up.
            (Some(_), Given::Layers(more)) => layers.extend(more),
            (Some(at), Given::Text(value)) => {
                if values[at].replace(value).is_some() {
                    parsed.warn(Warning::Repeated { option: OPTIONS[at].name });
                }
            }
        }
    }
    for (option, value) in OPTIONS.iter().zip(values) {
        let Some(value) = value else { continue };
        let result = (option.set)(&mut parsed, &value);
        settle(result, option.name, &value, bad_numbers, &mut parsed)?;
    }
    draw::read(&mut parsed, layers, bad_numbers)?;
    Ok(parsed)
}

/// What becomes of a value that was not taken: a warning, or an error.
fn settle(
    result: Result<(), Problem>,
    option: &'static str,
    value: &str,
    bad_numbers: BadNumbers,
    parsed: &mut Parsed,
) -> Result<(), OptionsError> {
    match (result, bad_numbers) {
        (Ok(()), _) => Ok(()),
        (Err(Problem::Number(accepted)), BadNumbers::Ignored) => {
            parsed.warn(Warning::Ignored { option, value: value.into(), accepted });
            Ok(())
        }
        (Err(Problem::Number(accepted) | Problem::Refused(accepted)), _) => {
            Err(OptionsError::Value { option, value: value.into(), accepted })
        }
    }
}
