//! What every spelling makes of a request before it is understood: pairs of name and value.

use std::borrow::Cow;

use crate::{Layer, OptionsError};

/// A name and what was given for it.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Given<'a>,
}

impl<'a> Pair<'a> {
    pub(crate) fn text(name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), value: Given::Text(value.into()) }
    }
}

/// What was given.
#[derive(Debug)]
pub(crate) enum Given<'a> {
    /// Text, decoded.
    Text(Cow<'a, str>),
    /// For `draw`: the pairs of each layer.
    Layers(Vec<Vec<Pair<'a>>>),
}

/// What becomes of values that are not the number they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadNumbers {
    /// They are passed over with a warning, as in URLs.
    Ignored,
    /// They are errors, as in JSON.
    Refused,
}

/// How many layers may still be read, and how deep. Spellings ask before they descend, so that nothing that a caller
/// sends makes them recurse far.
#[derive(Debug)]
pub(crate) struct Budget {
    layers: usize,
    depth: usize,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { layers: Layer::MAX_COUNT, depth: Layer::MAX_DEPTH }
    }

    /// Reads a layer, if there may be one more here.
    pub(crate) fn layer<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, OptionsError>,
    ) -> Result<T, OptionsError> {
        self.layers = self.layers.checked_sub(1).ok_or(OptionsError::TooManyLayers)?;
        self.depth = self.depth.checked_sub(1).ok_or(OptionsError::TooDeep)?;
        let result = read(self);
        self.depth += 1;
        result
    }
}
