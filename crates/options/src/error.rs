//! Requests that cannot be understood.

use tintype_pixels::Fault;

use crate::{Layer, Warning};

/// Why options, or the path they stand in, were refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// The list holds no option.
    #[error("no options given; at least one is needed, for example \"width=400\"")]
    Empty,
    /// White space or a control character stands in the list.
    #[error("options {options:?} contain white space; write a space inside a value as %20")]
    Space {
        /// The list.
        options: String,
    },
    /// An item of the list has no `=`.
    #[error("{item:?} is not an option; options are written name=value and separated by commas")]
    NotAnOption {
        /// The item.
        item: String,
    },
    /// A value that an option does not take.
    #[error("{option}: {value:?} is not {accepted}")]
    Value {
        /// The option's full name.
        option: &'static str,
        /// What was given.
        value: String,
        /// What would have been taken, to follow "is not".
        accepted: String,
    },
    /// What should be an object of JSON is none.
    #[error("{given} is not an object of options such as {{\"width\": 400}}")]
    NotAnObject {
        /// The beginning of what was given.
        given: String,
    },
    /// A layer is wrong.
    #[error("draw: layer {number}: {error}")]
    Layer {
        /// Which, from 1, among those of its base.
        number: usize,
        /// What about it.
        error: Box<OptionsError>,
    },
    /// A layer without anything to draw, or with two things.
    #[error("a layer draws either a picture (url) or a text (text)")]
    LayerSource,
    /// A layer that is placed by both of two opposite edges.
    #[error("{edges} exclude each other; give one of them")]
    OppositeEdges {
        /// Which.
        edges: &'static str,
    },
    /// More than [`Layer::MAX_COUNT`] layers.
    #[error("more than {} layers", Layer::MAX_COUNT)]
    TooManyLayers,
    /// Layers inside of layers, deeper than [`Layer::MAX_DEPTH`].
    #[error("layers inside of each other more than {} deep", Layer::MAX_DEPTH)]
    TooDeep,
    /// No preset has this name.
    #[error("no preset is named {name:?}; there {known}")]
    UnknownPreset {
        /// What was asked for.
        name: String,
        /// What there is, to follow "there".
        known: String,
    },
    /// Only presets may be asked for, and this is something else.
    #[error("{given:?} is not allowed here, only the name of a preset is")]
    OnlyPresets {
        /// What was asked for.
        given: String,
    },
    /// In a strict reading, what would otherwise be a warning.
    #[error("{0}")]
    Warned(Warning),
    /// Nothing follows the options.
    #[error("no source image after the options {options:?}; a path or an http(s) URL is needed")]
    NoSource {
        /// The list in front of it.
        options: String,
    },
    /// What follows the options is no path and no http(s) URL.
    #[error("source {given:?} is not a path or an http(s) URL in ASCII without white space")]
    Source {
        /// What was given.
        given: String,
    },
}

impl OptionsError {
    /// Whose problem it is: always the request's.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Empty
            | Self::Space { .. }
            | Self::NotAnOption { .. }
            | Self::Value { .. }
            | Self::NotAnObject { .. }
            | Self::Layer { .. }
            | Self::LayerSource
            | Self::OppositeEdges { .. }
            | Self::TooManyLayers
            | Self::TooDeep
            | Self::UnknownPreset { .. }
            | Self::OnlyPresets { .. }
            | Self::Warned(_)
            | Self::NoSource { .. }
            | Self::Source { .. } => Fault::Request,
        }
    }
}

/// Why a value's parser did not take it. The registry adds the option's name and the value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Problem {
    /// Not the number it should be. The URL ignores it with a warning, where JSON refuses it.
    Number(String),
    /// Not among what is taken, in any spelling.
    Refused(String),
}

impl Problem {
    pub(crate) fn number(accepted: impl Into<String>) -> Self {
        Self::Number(accepted.into())
    }

    pub(crate) fn refused(accepted: impl Into<String>) -> Self {
        Self::Refused(accepted.into())
    }
}
