//! The one way of writing options: what cache keys are made of.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{TransformOptions, registry};

/// What a value may hold unescaped; neither the separators of the grammar nor anything that ends a URL's path.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b';').remove(b'(').remove(b')');

/// `options` in the URL's grammar: full names, in the registry's order, each at most once; empty for no options.
///
/// [`crate::url::parse`] reads it back to the same options, without a warning. Two texts that mean the same options give
/// the same text here.
pub fn to_string(options: &TransformOptions) -> String {
    let mut text = String::new();
    for option in registry::OPTIONS {
        let Some(value) = option.text(options) else { continue };
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(option.name);
        text.push('=');
        text.extend(utf8_percent_encode(&value, ESCAPED));
    }
    text
}
