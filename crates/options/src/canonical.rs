//! The one way of writing options: what cache keys are made of.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::registry::OPTIONS;
use crate::registry::draw::{DRAW, LAYER_OPTIONS};
use crate::{Layer, TransformOptions};

/// What a value may hold unescaped; neither the separators of the grammar nor anything that ends a URL's path.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b';').remove(b'(').remove(b')');

/// In a layer, parentheses are separators too.
const ESCAPED_IN_LAYERS: &AsciiSet = &ESCAPED.add(b'(').add(b')');

/// What [`layers`] writes, for messages.
pub(crate) const LAYERS: &str = "a list of layers in parentheses such as (url=logo.png,width=0.25)";

/// `options` in the URL's grammar: full names, in the registry's order, each at most once; empty for no options.
///
/// [`crate::url::parse`] reads it back to the same options, without a warning. Two texts that mean the same options give
/// the same text here.
pub fn to_string(options: &TransformOptions) -> String {
    let mut text = String::new();
    write(&mut text, options, ESCAPED);
    text
}

/// Layers one behind the other, each in parentheses.
pub(crate) fn layers(layers: &[Layer]) -> String {
    let mut text = String::new();
    for layer in layers {
        let mut inner = String::new();
        for option in LAYER_OPTIONS {
            let Some(value) = (option.get)(layer) else { continue };
            item(&mut inner, option.name, utf8_percent_encode(&value, ESCAPED_IN_LAYERS));
        }
        write(&mut inner, &layer.options, ESCAPED_IN_LAYERS);
        text.extend(["(", &inner, ")"]);
    }
    text
}

fn write(text: &mut String, options: &TransformOptions, escaped: &'static AsciiSet) {
    for option in OPTIONS {
        let Some(value) = option.text(options) else { continue };
        match option.name == DRAW.name {
            // Its values are escaped, and its separators must not be.
            true => item(text, option.name, [value.as_str()]),
            false => item(text, option.name, utf8_percent_encode(&value, escaped)),
        }
    }
}

fn item<'a>(text: &mut String, name: &str, value: impl IntoIterator<Item = &'a str>) {
    if !text.is_empty() {
        text.push(',');
    }
    text.push_str(name);
    text.push('=');
    text.extend(value);
}
