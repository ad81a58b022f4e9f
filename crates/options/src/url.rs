//! The URL's grammar: `width=400,fit=cover` and what follows it.
//!
//! Items are separated by commas, except inside parentheses; values are percent-decoded once, after that. A source
//! follows its options by plain concatenation, but arrives in whatever shape clients and proxies leave it in;
//! [`split`] undoes what is known to happen. It judges neither hosts nor paths: who serves sources does.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::registry::{self, BadNumbers};
use crate::{OptionsError, Parsed};

/// Reads an option list such as `width=400,fit=cover`.
///
/// Unknown options, repeated ones (the last counts) and values that are not the number they should be give a warning;
/// any other value that is not accepted is an error. Empty items are passed over.
pub fn parse(options: &str) -> Result<Parsed, OptionsError> {
    if options.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(OptionsError::Space { options: options.into() });
    }
    let mut pairs = Vec::new();
    for item in items(options).into_iter().filter(|item| !item.is_empty()) {
        let (name, value) = item.split_once('=').ok_or_else(|| OptionsError::NotAnOption { item: item.into() })?;
        pairs.push((name, percent_decode_str(value).decode_utf8_lossy()));
    }
    if pairs.is_empty() {
        return Err(OptionsError::Empty);
    }
    registry::apply(pairs, BadNumbers::Ignored)
}

/// The items of a list: split at commas that stand in no parentheses, whose escaped form counts too.
fn items(options: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut start, mut depth) = (0, 0_u32);
    for (at, c) in options.char_indices() {
        let is = |plain, escaped| c == plain || options[at..].starts_with(escaped);
        if is('(', "%28") {
            depth += 1;
        } else if is(')', "%29") {
            depth = depth.saturating_sub(1);
        } else if c == ',' && depth == 0 {
            items.push(&options[start..at]);
            start = at + 1;
        }
    }
    items.push(&options[start..]);
    items
}

/// Where a source image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// A path on the zone itself, without slashes in front, with its query. It never reads as a URL or a host; dot
    /// segments are left in it.
    Path(Cow<'a, str>),
    /// An absolute URL, beginning with `http://` or `https://` and a host, with its query.
    Url(Cow<'a, str>),
}

impl Source<'_> {
    /// The path or the URL.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Path(text) | Self::Url(text) => text,
        }
    }
}

/// Divides what follows `/cdn-cgi/image/`, query included, into the options (for [`parse`]) and the source.
///
/// A source may be a path with or without a slash in front, an `http(s)` URL, one whose `//` has lost a slash on the
/// way, or any of these percent-encoded as a whole; `%3F` begins a query where there is no `?`.
pub fn split(path_after_prefix: &str) -> Result<(&str, Source<'_>), OptionsError> {
    let (options, source) = path_after_prefix.split_once('/').unwrap_or((path_after_prefix, ""));
    if source.is_empty() {
        return Err(OptionsError::NoSource { options: options.into() });
    }
    let wrong = || OptionsError::Source { given: source.into() };
    // Many readers of URLs take a backslash for a slash, and would find a host where we see a path.
    if !source.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
        return Err(wrong());
    }
    // Slashes go before anything is looked for, so that no path is left that reads as a URL or as a host.
    let text = strip_slashes(unescape(source.trim_start_matches('/')));
    let source = match scheme(&text) {
        None if text.is_empty() => return Err(wrong()),
        None => Source::Path(text),
        Some((scheme, rest)) => Source::Url(absolute(&text, scheme, rest).ok_or_else(wrong)?),
    };
    Ok((options, source))
}

/// Undoes the encoding of a source as a whole, or of its query alone.
fn unescape(source: &str) -> Cow<'_, str> {
    // A query with its own `?` was appended after the encoding, if there was any.
    let (path, query) = source.split_at(source.find('?').unwrap_or(source.len()));
    // The first thing that an encoder of the whole would have escaped: a slash, or the colon of the scheme.
    let is_encoded = find_escape(path, "2F").is_some() && !path.contains('/') || starts_with_encoded_scheme(path);
    if is_encoded {
        return Cow::Owned(decode(path) + query);
    }
    match find_escape(path, "3F") {
        Some(at) if query.is_empty() => Cow::Owned(format!("{}?{}", &path[..at], decode(&path[at + 3..]))),
        _ => Cow::Borrowed(source),
    }
}

/// Whether this begins like `https%3A` or `https:%2F`.
fn starts_with_encoded_scheme(path: &str) -> bool {
    let rest = ["https", "http"].iter().find_map(|s| strip_prefix_ignoring_case(path, s));
    rest.is_some_and(|rest| ["%3A", ":%2F"].iter().any(|s| strip_prefix_ignoring_case(rest, s).is_some()))
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn find_escape(text: &str, digits: &str) -> Option<usize> {
    let starts = text.match_indices('%').map(|(at, _)| at);
    starts.into_iter().find(|at| strip_prefix_ignoring_case(&text[at + 1..], digits).is_some())
}

/// Decodes once, and escapes again what no URL may hold: whoever encoded the whole may have begun with raw text.
fn decode(text: &str) -> String {
    const NOT_IN_URLS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\\');
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    match String::from_utf8(bytes) {
        Ok(decoded) => utf8_percent_encode(&decoded, NOT_IN_URLS).to_string(),
        Err(_not_text) => text.into(),
    }
}

/// What stands in front of the first colon, and what after it, where that is the shape of a scheme (RFC 3986, 3.1).
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then_some((scheme, rest))
}

fn absolute<'a>(text: &Cow<'a, str>, scheme: &str, rest: &str) -> Option<Cow<'a, str>> {
    let scheme = ["https", "http"].into_iter().find(|s| scheme.eq_ignore_ascii_case(s))?;
    let host = rest.trim_start_matches('/');
    if !rest.starts_with('/') || !host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') {
        return None;
    }
    let whole = format!("{scheme}://{host}");
    Some(if *whole == **text { text.clone() } else { Cow::Owned(whole) })
}

fn strip_slashes(path: Cow<'_, str>) -> Cow<'_, str> {
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(path.trim_start_matches('/')),
        Cow::Owned(path) => Cow::Owned(path.trim_start_matches('/').into()),
    }
}
