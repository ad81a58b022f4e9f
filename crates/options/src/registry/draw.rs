//! What is drawn on top: the option `draw`, and the options of a layer.
//!
//! A layer takes the options below and those of [`super::OPTIONS`] that change pixels. `width` and `height` are in both;
//! the layer's, which may be fractions of the base, count.

use std::borrow::Cow;

use tintype_pixels::Rgba;

use super::page::{Call, Demo, Faces, Page};
use super::{Group, Kind, OptionDef, apply, find, settle};
use crate::error::Problem;
use crate::pairs::{BadNumbers, Given, Pair};
use crate::url::Source;
use crate::value::{color, number};
use crate::{
    Composite, DrawOptions, Layer, LayerSource, Length, OptionsError, Parsed, Repeat, Text, Warning, canonical,
};

pub(crate) static DRAW: OptionDef = OptionDef {
    name: "draw",
    aliases: &[],
    group: Group::Drawing,
    kind: Kind::Text,
    default: "",
    example: "(url=logo.png,width=0.25,right=10,bottom=10,opacity=0.8)",
    doc: "Pictures and texts on top, each as options in parentheses",
    long: "Each layer has url=SOURCE or text=TEXT, and then options of its own: width and height (pixels, or fractions of \
           the picture below), left or right, top or bottom (pixels from that edge; centered without), opacity (0 to \
           1), repeat (true, x or y), composite (over, in, atop, out, xor or lighter), and all that changes pixels, draw \
           included. A text has font (the URL of a file), color and size too. Several layers stand one behind the \
           other, (...)(...), or in several draw options, which add up; the last is on top. At most 16 layers, 4 deep. \
           Inside a text, commas, slashes and parentheses are percent-encoded.",
    page: Page::new("layers, each a list of options in parentheses that has url=SOURCE or text=TEXT", &["logo.png", "(width=10)", "(url=a.png,left=1,right=1)"], Demo::pixels("coffee.jpg", "width=480", "width=480,draw=(url=docs/samples/logo.png,width=0.25,right=16,bottom=16)(text=Good%20morning,size=34,color=white,right=16,top=14)"))
    .cloudflare(Faces::NO_URL)
    .call(Call::Draw)
    .with(&[
        ("width", "The result keeps the size of the picture below; layers are cut off at its edges."),
        ("border", "Layers are drawn over the frame."),
        ("format", "Options about the file or the client mean nothing inside a layer and give a warning."),
    ]),
    set: |_, _| Err(Problem::refused(canonical::LAYERS)),
    get: |o| (!o.draw.is_empty()).then(|| canonical::layers(&o.draw)),
};

/// An option that only layers have.
pub(crate) struct LayerOption {
    pub(crate) name: &'static str,
    set: fn(&mut Draft, &str) -> Result<(), Problem>,
    /// Its text, not yet escaped.
    pub(crate) get: fn(&Layer) -> Option<String>,
}

/// A layer of which not everything is known.
#[derive(Default)]
struct Draft {
    picture: Option<Source<'static>>,
    text: Option<String>,
    font: Option<Source<'static>>,
    color: Option<Rgba>,
    size_px: Option<f64>,
    width: Option<Length>,
    height: Option<Length>,
    placement: DrawOptions,
}

/// In the order they are written.
pub(crate) static LAYER_OPTIONS: &[LayerOption] = &[
    LayerOption {
        name: "url",
        set: |draft, v| source(v).map(|source| draft.picture = Some(source)),
        get: |layer| match &layer.source {
            LayerSource::Picture(source) => Some(source.as_str().into()),
            LayerSource::Text(_) => None,
        },
    },
    LayerOption {
        name: "text",
        set: |draft, v| {
            if !(1..=Text::MAX_CHARS).contains(&v.chars().take(Text::MAX_CHARS + 1).count()) {
                return Err(Problem::refused(format!("a text of 1 to {} characters", Text::MAX_CHARS)));
            }
            draft.text = Some(v.into());
            Ok(())
        },
        get: |layer| Some(text_of(layer)?.text.clone()),
    },
    LayerOption {
        name: "font",
        set: |draft, v| source(v).map(|source| draft.font = Some(source)),
        get: |layer| Some(text_of(layer)?.font.as_ref()?.as_str().into()),
    },
    LayerOption {
        name: "color",
        set: |draft, v| color::parse(v).map(|color| draft.color = Some(color)),
        get: |layer| Some(color::to_css(text_of(layer)?.color?)),
    },
    LayerOption {
        name: "size",
        set: |draft, v| {
            let size = number::finite(v).filter(|size| 0.0 < *size && *size <= Text::MAX_SIZE_PX);
            let accepted = || Problem::number(format!("a number of pixels above 0, at most {}", Text::MAX_SIZE_PX));
            size.map(|size| draft.size_px = Some(size)).ok_or_else(accepted)
        },
        get: |layer| Some(text_of(layer)?.size_px?.to_string()),
    },
    LayerOption {
        name: "width",
        set: |draft, v| Layer::side(v).map(|side| draft.width = Some(side)),
        get: |layer| Some(layer.width?.to_string()),
    },
    LayerOption {
        name: "height",
        set: |draft, v| Layer::side(v).map(|side| draft.height = Some(side)),
        get: |layer| Some(layer.height?.to_string()),
    },
    LayerOption {
        name: "top",
        set: |draft, v| distance(v).map(|px| draft.placement.top = Some(px)),
        get: |layer| Some(layer.placement.top?.to_string()),
    },
    LayerOption {
        name: "right",
        set: |draft, v| distance(v).map(|px| draft.placement.right = Some(px)),
        get: |layer| Some(layer.placement.right?.to_string()),
    },
    LayerOption {
        name: "bottom",
        set: |draft, v| distance(v).map(|px| draft.placement.bottom = Some(px)),
        get: |layer| Some(layer.placement.bottom?.to_string()),
    },
    LayerOption {
        name: "left",
        set: |draft, v| distance(v).map(|px| draft.placement.left = Some(px)),
        get: |layer| Some(layer.placement.left?.to_string()),
    },
    LayerOption {
        name: "opacity",
        set: |draft, v| number::within(v, 0.0, 1.0).map(|opacity| draft.placement.opacity = Some(opacity)),
        get: |layer| Some(layer.placement.opacity?.to_string()),
    },
    LayerOption {
        name: "repeat",
        set: |draft, v| Repeat::parse(v).map(|repeat| draft.placement.repeat = repeat),
        get: |layer| Some(layer.placement.repeat?.to_string()),
    },
    LayerOption {
        name: "composite",
        set: |draft, v| Composite::parse(v).map(|composite| draft.placement.composite = Some(composite)),
        get: |layer| Some(layer.placement.composite?.to_string()),
    },
];

/// Options that say where a layer goes, as the binding's draw command has them.
pub(crate) const PLACEMENT: &[&str] = &["top", "right", "bottom", "left", "opacity", "repeat", "composite"];

/// Options that a text has, and a picture has not.
const OF_TEXTS: &[&str] = &["text", "font", "color", "size"];

fn text_of(layer: &Layer) -> Option<&Text> {
    match &layer.source {
        LayerSource::Text(text) => Some(text),
        LayerSource::Picture(_) => None,
    }
}

fn source(text: &str) -> Result<Source<'static>, Problem> {
    Source::read(text).ok_or_else(|| Problem::refused("a path or an http(s) URL"))
}

fn distance(text: &str) -> Result<i32, Problem> {
    number::pixels(text, DrawOptions::MAX_DISTANCE)
}

/// Adds `layers` to those of `parsed`.
pub(super) fn read(
    parsed: &mut Parsed,
    layers: Vec<Vec<Pair<'_>>>,
    bad_numbers: BadNumbers,
) -> Result<(), OptionsError> {
    for pairs in layers {
        let number = parsed.options.draw.len() + 1;
        let layer = read_layer(parsed, pairs, bad_numbers);
        parsed.options.draw.push(layer.map_err(|error| OptionsError::Layer { number, error: error.into() })?);
        // A preset's layers come on top of what the spelling has counted.
        if count(&parsed.options.draw) > Layer::MAX_COUNT {
            return Err(OptionsError::TooManyLayers);
        }
    }
    Ok(())
}

fn count(layers: &[Layer]) -> usize {
    layers.iter().map(|layer| 1 + count(&layer.options.draw)).sum()
}

fn read_layer(parsed: &mut Parsed, pairs: Vec<Pair<'_>>, bad_numbers: BadNumbers) -> Result<Layer, OptionsError> {
    let (mut own, mut changing) = (Vec::new(), Vec::new());
    for Pair { name, value } in pairs {
        let option = find(&name);
        // `w` is a layer's `width` too.
        let full_name = option.map_or(&*name, |option| option.name);
        match (LAYER_OPTIONS.iter().find(|option| option.name == full_name), option, value) {
            (Some(option), _, Given::Text(value)) => own.push((option, value)),
            (
                None,
                Some(OptionDef { group: Group::Size | Group::Geometry | Group::Drawing | Group::Color, .. }),
                value,
            ) => {
                changing.push(Pair { name, value });
            }
            // What is about the file or the client means nothing for a layer.
            _ => parsed.warn(Warning::UnknownOption { name: format!("draw.{name}") }),
        }
    }
    let draft = drafted(parsed, own, bad_numbers)?;
    let read = apply(Parsed::default(), changing, bad_numbers)?;
    for warning in read.warnings {
        parsed.warn(warning);
    }
    let placement = placed(draft.placement)?;
    let mut idle = |option, is_given, on| {
        if is_given {
            parsed.warn(Warning::WithoutEffect { option, on });
        }
    };
    let (source, width, height) = match (draft.picture, draft.text) {
        (Some(source), None) => {
            idle("font", draft.font.is_some(), "a picture");
            idle("color", draft.color.is_some(), "a picture");
            idle("size", draft.size_px.is_some(), "a picture");
            (LayerSource::Picture(source), draft.width, draft.height)
        }
        (None, Some(text)) => {
            idle("width", draft.width.is_some(), "a text");
            idle("height", draft.height.is_some(), "a text");
            let text = Text { text, font: draft.font, color: draft.color, size_px: draft.size_px };
            (LayerSource::Text(text), None, None)
        }
        (None, None) | (Some(_), Some(_)) => return Err(OptionsError::LayerSource),
    };
    Ok(Layer { source, width, height, options: read.options, placement })
}

/// Values of a layer's own options; of repeated ones the last.
fn drafted(
    parsed: &mut Parsed,
    given: Vec<(&'static LayerOption, Cow<'_, str>)>,
    bad_numbers: BadNumbers,
) -> Result<Draft, OptionsError> {
    let mut draft = Draft::default();
    for (at, (option, value)) in given.iter().enumerate() {
        if given[at + 1..].iter().any(|(later, _)| later.name == option.name) {
            parsed.warn(Warning::Repeated { option: option.name });
        } else {
            settle((option.set)(&mut draft, value), option.name, value, bad_numbers, parsed)?;
        }
    }
    Ok(draft)
}

/// Refuses to place a layer by two opposite edges.
fn placed(placement: DrawOptions) -> Result<DrawOptions, OptionsError> {
    let opposite = |edges| Err(OptionsError::OppositeEdges { edges });
    match placement {
        DrawOptions { left: Some(_), right: Some(_), .. } => opposite("left and right"),
        DrawOptions { top: Some(_), bottom: Some(_), .. } => opposite("top and bottom"),
        placement => Ok(placement),
    }
}

/// Where a layer goes, as the binding's draw command says it: of all options only those that place.
pub(crate) fn read_placement(parsed: &mut Parsed, pairs: Vec<Pair<'_>>) -> Result<DrawOptions, OptionsError> {
    placed(some_of(PLACEMENT, parsed, pairs)?.placement)
}

/// A text that stands on its own, as the binding has it.
pub(crate) fn read_text(parsed: &mut Parsed, pairs: Vec<Pair<'_>>) -> Result<Text, OptionsError> {
    let Draft { text, font, color, size_px, .. } = some_of(OF_TEXTS, parsed, pairs)?;
    Ok(Text { text: text.ok_or(OptionsError::LayerSource)?, font, color, size_px })
}

fn some_of(names: &[&str], parsed: &mut Parsed, pairs: Vec<Pair<'_>>) -> Result<Draft, OptionsError> {
    let mut own = Vec::new();
    for Pair { name, value } in pairs {
        let option = LAYER_OPTIONS.iter().find(|option| option.name == name && names.contains(&option.name));
        match (option, value) {
            (Some(option), Given::Text(value)) => own.push((option, value)),
            _ => parsed.warn(Warning::UnknownOption { name: name.into_owned() }),
        }
    }
    drafted(parsed, own, BadNumbers::Refused)
}
