//! The Images binding's spelling: the form that `env.IMAGES.input(…).transform(…).draw(…).output(…)` sends to `/transform`.
//!
//! The form's parts in body order make a [`BindingRequest`]: its pictures and texts, and what happens to each, in the order
//! of the calls. Reading multipart bodies is the server's; pictures stay with it, and are named here by the number of
//! their part.
//!
//! On the wire the calls are one flat list of commands about numbered inputs: 0 is the canvas, `draw_image` and `draw_text`
//! parts share the numbers from 1 on. A drawn input is used up (the client sees to that, and so does [`parse`]), so the
//! commands form a tree, and that is what [`Operation`] is. Nothing is lost: commands about different inputs do not meet
//! before one is drawn on the other.

use tintype_pixels::{Fault, Rgba};

use crate::json::Json;
use crate::pairs::{BadNumbers, Budget, Pair};
use crate::registry::page::Call;
use crate::registry::{self, draw};
use crate::value::keyword::keywords;
use crate::{
    DrawOptions, Layer, OptionsError, OutputFormat, Parsed, Quality, Strictness, Text, TransformOptions, Warning,
    Width, workers,
};

/// One part of the form, in body order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A part with a file name: a picture.
    File {
        /// Its field's name.
        name: &'a str,
    },
    /// A part of text.
    Field {
        /// Its field's name.
        name: &'a str,
        /// What it holds.
        text: &'a str,
    },
}

/// What a binding's call asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct BindingRequest {
    /// What there is to work on; the first is the canvas. At most [`Layer::MAX_COUNT`] more.
    pub inputs: Vec<Input>,
    /// What happens to the canvas, in this order.
    pub operations: Vec<Operation>,
    /// What the result is.
    pub format: BindingFormat,
    /// Quality of lossy formats.
    pub quality: Option<Quality>,
    /// Color under the result.
    pub background: Option<Rgba>,
    /// Whether animations stay animated.
    pub anim: Option<bool>,
    /// What was ignored or changed.
    pub warnings: Vec<Warning>,
}

/// Something to work on.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The picture in the form's part of this number, counting all parts from 0.
    Picture {
        /// The number.
        part: usize,
    },
    /// A text, on nothing.
    Text(Text),
}

/// One call on an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// One pass of options in their fixed order.
    Transform(Box<TransformOptions>),
    /// Another input on top.
    Draw(Drawn),
}

/// An input that is drawn on another.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Which of [`BindingRequest::inputs`]; never the first, and none twice.
    pub input: usize,
    /// What happens to it first.
    pub operations: Vec<Operation>,
    /// Where it goes, and how it meets its base.
    pub placement: DrawOptions,
}

keywords! {
    /// What a binding's result is.
    pub enum BindingFormat {
        /// JPEG.
        Jpeg = "image/jpeg",
        /// PNG.
        Png = "image/png",
        /// GIF.
        Gif = "image/gif",
        /// WebP.
        Webp = "image/webp",
        /// AVIF.
        Avif = "image/avif",
        /// Red, green and blue, a byte each, row by row.
        Rgb = "rgb",
        /// The same with alpha, not multiplied with it.
        Rgba = "rgba",
    }
}

impl BindingFormat {
    /// The encoder's format; `None` for raw samples. PNG is meant as said here, not as the hint that it is in URLs.
    pub const fn output_format(self) -> Option<OutputFormat> {
        match self {
            Self::Jpeg => Some(OutputFormat::Jpeg),
            Self::Png => Some(OutputFormat::PngForce),
            Self::Gif => Some(OutputFormat::Gif),
            Self::Webp => Some(OutputFormat::Webp),
            Self::Avif => Some(OutputFormat::Avif),
            Self::Rgb | Self::Rgba => None,
        }
    }
}

/// Why a form was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// A part that every form has.
    #[error("the form has no part {name}")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A part that no form has twice.
    #[error("the form has {name:?} more than once")]
    Twice {
        /// Its name.
        name: String,
    },
    /// A part of text where a file belongs, or the other way round.
    #[error("the part {name:?} has to be {expected}")]
    Kind {
        /// Its name.
        name: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Text that is not JSON of the right shape.
    #[error("{name} is not {expected}")]
    Json {
        /// The part's name.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A format that there is not.
    #[error("output_format: {given:?} is not {}", BindingFormat::NAMES.join(", "))]
    Format {
        /// What was given.
        given: String,
    },
    /// A command about nothing, or about an input that is not there, or that was drawn already.
    #[error("transforms: command {number}: {problem}")]
    Command {
        /// Which, from 1.
        number: usize,
        /// What about it.
        problem: String,
    },
    /// More than [`BindingRequest::MAX_COMMANDS`] commands.
    #[error("transforms: {count} commands; the limit is {}", BindingRequest::MAX_COMMANDS)]
    TooManyCommands {
        /// How many.
        count: usize,
    },
    /// Options that are not legal.
    #[error("{place}{error}")]
    Options {
        /// Where, with a colon and a space behind it; may be empty.
        place: String,
        /// What about them.
        error: OptionsError,
    },
}

impl BindingError {
    /// Whose problem it is: always the request's.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Missing { .. }
            | Self::Twice { .. }
            | Self::Kind { .. }
            | Self::Json { .. }
            | Self::Format { .. }
            | Self::Command { .. }
            | Self::TooManyCommands { .. }
            | Self::Options { .. } => Fault::Request,
        }
    }
}

impl From<OptionsError> for BindingError {
    fn from(error: OptionsError) -> Self {
        Self::Options { place: String::new(), error }
    }
}

impl BindingRequest {
    /// The most commands that are taken.
    pub const MAX_COMMANDS: usize = 256;
}

/// Reads a form's parts, in body order.
///
/// Unknown parts and options give a warning, unless strictness makes that an error; values that are not accepted are an
/// error.
pub fn parse(parts: &[Part<'_>], strictness: Strictness) -> Result<BindingRequest, BindingError> {
    let mut parsed = Parsed::default();
    let form = Form::read(parts, &mut parsed)?;
    let operations = operations(form.transforms, form.inputs.len(), &mut parsed)?;
    let given = form.output_format;
    let format = BindingFormat::named(given).ok_or_else(|| BindingError::Format { given: given.into() })?;
    let output = registry::apply(parsed, form.output, BadNumbers::Refused)?.held_to(strictness)?;
    Ok(BindingRequest {
        inputs: form.inputs,
        operations,
        format,
        quality: output.options.quality,
        background: output.options.background,
        anim: output.options.anim,
        warnings: output.warnings,
    })
}

/// The parts, each where it belongs.
struct Form<'a> {
    inputs: Vec<Input>,
    transforms: &'a str,
    output_format: &'a str,
    output: Vec<Pair<'a>>,
}

impl<'a> Form<'a> {
    fn read(parts: &[Part<'a>], parsed: &mut Parsed) -> Result<Self, BindingError> {
        let (mut canvas, mut drawn, mut output) = (None, Vec::new(), Vec::new());
        let (mut transforms, mut output_format) = (None, None);
        for (number, part) in parts.iter().enumerate() {
            let (name, is_repeated) = match *part {
                Part::File { name: name @ "image" } => {
                    (name, canvas.replace(Input::Picture { part: number }).is_some())
                }
                Part::Field { name: name @ "text_input", text } => {
                    (name, canvas.replace(text_input("text_input", text, parsed)?).is_some())
                }
                Part::File { name: name @ "draw_image" } => {
                    drawn.push(Input::Picture { part: number });
                    (name, false)
                }
                Part::Field { name: name @ "draw_text", text } => {
                    drawn.push(text_input("draw_text", text, parsed)?);
                    (name, false)
                }
                Part::Field { name: name @ "transforms", text } => (name, transforms.replace(text).is_some()),
                Part::Field { name: name @ "output_format", text } => (name, output_format.replace(text).is_some()),
                Part::Field { name: name @ ("output_quality" | "background" | "anim"), text } => {
                    let option = if name == "output_quality" { "quality" } else { name };
                    let is_repeated = output.iter().any(|pair: &Pair<'_>| pair.name == option);
                    output.push(Pair::text(option, text));
                    (name, is_repeated)
                }
                Part::Field { name: name @ ("image" | "draw_image"), .. } => {
                    return Err(BindingError::Kind { name: name.into(), expected: "a file" });
                }
                Part::File {
                    name:
                        name @ ("text_input" | "draw_text" | "transforms" | "output_format" | "output_quality"
                        | "background" | "anim"),
                } => return Err(BindingError::Kind { name: name.into(), expected: "text" }),
                Part::File { name } | Part::Field { name, .. } => {
                    parsed.warn(Warning::UnknownOption { name: name.into() });
                    (name, false)
                }
            };
            if is_repeated {
                return Err(BindingError::Twice { name: name.into() });
            }
            if drawn.len() > Layer::MAX_COUNT {
                return Err(OptionsError::TooManyLayers.into());
            }
        }
        let missing = |name| BindingError::Missing { name };
        let mut inputs = vec![canvas.ok_or(missing("image"))?];
        inputs.append(&mut drawn);
        Ok(Self {
            inputs,
            transforms: transforms.ok_or(missing("transforms"))?,
            output_format: output_format.ok_or(missing("output_format"))?,
            output,
        })
    }
}

fn text_input(name: &'static str, text: &str, parsed: &mut Parsed) -> Result<Input, BindingError> {
    let expected = "a JSON object with text, font, size and color";
    let Ok(Json::Object(object)) = serde_json::from_str(text) else {
        return Err(BindingError::Json { name, expected });
    };
    let pairs = workers::pairs(&object, &mut Budget::new())?;
    let text = draw::read_text(parsed, pairs);
    text.map(Input::Text).map_err(|error| BindingError::Options { place: format!("{name}: "), error })
}

/// What a command is about.
enum Command {
    Transform { input: usize },
    Draw { layer: usize, onto: usize },
}

/// An input on its way: how many layers deep what was drawn on it is, and what was done to it. `None` once it was drawn
/// itself.
type Pending = Option<(usize, Vec<Operation>)>;

fn operations(text: &str, n_inputs: usize, parsed: &mut Parsed) -> Result<Vec<Operation>, BindingError> {
    let json = || BindingError::Json { name: "transforms", expected: "a JSON array of objects" };
    let commands: Vec<Json> = serde_json::from_str(text).map_err(|_wrong| json())?;
    if commands.len() > BindingRequest::MAX_COMMANDS {
        return Err(BindingError::TooManyCommands { count: commands.len() });
    }
    let mut inputs: Vec<Pending> = vec![Some((0, Vec::new())); n_inputs];
    let mut budget = Budget::new();
    for (at, command) in commands.into_iter().enumerate() {
        let Json::Object(mut command) = command else { return Err(json()) };
        let number = at + 1;
        let wrong = |problem| BindingError::Command { number, problem };
        let within = |error| BindingError::Options { place: format!("transforms: command {number}: "), error };
        let what = Command::take(&mut command).ok_or_else(|| {
            wrong("neither imageIndex nor drawImageIndex and targetImageIndex are there as whole numbers".into())
        })?;
        let pairs = workers::pairs(&command, &mut budget).map_err(within)?;
        let gone = |index| wrong(format!("input {index} is not there, or was drawn already"));
        match what {
            Command::Transform { input } => {
                let (_, operations) = inputs.get_mut(input).and_then(Option::as_mut).ok_or_else(|| gone(input))?;
                let idle: Vec<_> = pairs.iter().filter_map(|pair| idle(&pair.name)).collect();
                let read = registry::apply(Parsed::default(), pairs, BadNumbers::Refused).map_err(within)?;
                if read.options.width == Some(Width::Auto) {
                    return Err(within(no_screen()));
                }
                for warning in read.warnings.into_iter().chain(idle) {
                    parsed.warn(warning);
                }
                operations.push(Operation::Transform(Box::new(read.options)));
            }
            Command::Draw { layer, onto } => {
                if layer == 0 || layer == onto {
                    return Err(wrong(format!("input {layer} cannot be drawn on {onto}")));
                }
                let placement = draw::read_placement(parsed, pairs).map_err(within)?;
                let (layer_depth, operations) =
                    inputs.get_mut(layer).and_then(Option::take).ok_or_else(|| gone(layer))?;
                let (depth, base) = inputs.get_mut(onto).and_then(Option::as_mut).ok_or_else(|| gone(onto))?;
                *depth = (layer_depth + 1).max(*depth);
                if *depth > Layer::MAX_DEPTH {
                    return Err(within(OptionsError::TooDeep));
                }
                base.push(Operation::Draw(Drawn { input: layer, operations, placement }));
            }
        }
    }
    // Nothing takes the canvas.
    Ok(inputs.swap_remove(0).map_or_else(Vec::new, |(_, operations)| operations))
}

/// What is said about an option that means nothing in `.transform()`.
fn idle(name: &str) -> Option<Warning> {
    let option = registry::find(name)?;
    let on = match (option.page.here.binding, option.page.call) {
        (false, _) => "the Images binding",
        (true, Call::Output) => ".transform(), only .output() takes it",
        (true, Call::Transform | Call::Draw) => return None,
    };
    Some(Warning::WithoutEffect { option: option.name, on })
}

/// `width=auto` goes by the client's screen, and behind the binding there is no client.
fn no_screen() -> OptionsError {
    let accepted = "a whole number of pixels, 1 or more; the Images binding knows no screen".into();
    OptionsError::Value { option: "width", value: Width::Auto.to_string(), accepted }
}

impl Command {
    /// Takes the numbers out of a command, and leaves its options.
    fn take(command: &mut Vec<(String, Json)>) -> Option<Self> {
        let mut number = |name| {
            let taken = command.extract_if(.., |(known, _)| known == name).last()?.1;
            match taken {
                Json::Number(number) => usize::try_from(number.as_u64()?).ok(),
                _ => None,
            }
        };
        match (number("imageIndex"), number("drawImageIndex"), number("targetImageIndex")) {
            (Some(input), None, None) => Some(Self::Transform { input }),
            (None, Some(layer), Some(onto)) => Some(Self::Draw { layer, onto }),
            _ => None,
        }
    }
}
