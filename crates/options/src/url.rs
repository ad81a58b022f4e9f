//! The URL's grammar: `width=400,fit=cover` and what follows it.
//!
//! Items are separated by commas, except inside parentheses; values are percent-decoded once, after that. A source
//! follows its options by plain concatenation, but arrives in whatever shape clients and proxies leave it in;
//! [`split`] undoes what is known to happen. It judges neither hosts nor paths: who serves sources does.
//!
//! Layers are an extension of Cloudflare's grammar. A layer is a list of options in parentheses, which may hold layers
//! again:
//!
//! ```text
//! width=800,draw=(url=logo.png,width=0.25,right=10,bottom=10)(text=Hello%20world,size=24,left=10,top=10)
//! ```
//!
//! Inside of them nothing is decoded twice and nothing ends at a slash. Only plain parentheses group: `%28`, `%29`, `%2C`
//! and `%2F` there are part of a value, where in a plain item `rgb%28255,0,0%29` groups too.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::pairs::{BadNumbers, Budget, Given, Pair};
use crate::preset::Presets;
use crate::registry::{self, draw::DRAW};
use crate::{OptionsError, Parsed, canonical};

/// Reads an option list such as `width=400,fit=cover`.
///
/// Unknown options, repeated ones (the last counts; layers add up) and values that are not the number they should be
/// give a warning; any other value that is not accepted is an error. Empty items are passed over.
pub fn parse(options: &str) -> Result<Parsed, OptionsError> {
    parse_with(options, &Presets::default())
}

/// [`parse`], where `preset=NAME` among the options, or a name instead of them, stands for those of a preset.
pub fn parse_with(options: &str, presets: &Presets) -> Result<Parsed, OptionsError> {
    if options.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(OptionsError::Space { options: options.into() });
    }
    if presets.is_name(options) {
        return presets.named(options);
    }
    let mut pairs = pairs(items(options, Escaped::Groups), &mut Budget::new())?;
    if pairs.is_empty() {
        return Err(OptionsError::Empty);
    }
    let base = presets.take(&mut pairs)?;
    registry::apply(base, pairs, BadNumbers::Ignored)
}

fn pairs<'a>(items: Vec<&'a str>, budget: &mut Budget) -> Result<Vec<Pair<'a>>, OptionsError> {
    let items = items.into_iter().filter(|item| !item.is_empty());
    let pair = |item: &'a str| {
        let (name, value) = item.split_once('=').ok_or_else(|| OptionsError::NotAnOption { item: item.into() })?;
        let value = match name == DRAW.name {
            true => Given::Layers(layers(value, budget)?),
            false => Given::Text(percent_decode_str(value).decode_utf8_lossy()),
        };
        Ok(Pair { name: name.into(), value })
    };
    items.map(pair).collect()
}

/// Layers: one list of options in parentheses behind the other. The text is not decoded yet.
pub(crate) fn layers<'a>(text: &'a str, budget: &mut Budget) -> Result<Vec<Vec<Pair<'a>>>, OptionsError> {
    let wrong = || OptionsError::Value { option: DRAW.name, value: text.into(), accepted: canonical::LAYERS.into() };
    let mut layers = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut depth = 0_u32;
        let end = rest.char_indices().find_map(|(at, c)| {
            depth = deeper(depth, c);
            (depth == 0).then_some(at)
        });
        let group = end.and_then(|end| Some((rest.get(..end)?.strip_prefix('(')?, rest.get(end + 1..)?)));
        let (group, behind) = group.ok_or_else(wrong)?;
        layers.push(budget.layer(|budget| pairs(items(group, Escaped::IsText), budget))?);
        rest = behind;
    }
    if layers.is_empty() { Err(wrong()) } else { Ok(layers) }
}

/// The number of open parentheses behind `c`.
fn deeper(depth: u32, c: char) -> u32 {
    match c {
        '(' => depth + 1,
        ')' => depth.saturating_sub(1),
        _ => depth,
    }
}

/// What percent-encoded parentheses are, outside of plain ones.
#[derive(Clone, Copy, PartialEq)]
enum Escaped {
    /// Parentheses, as encoders leave those of `rgb(...)`.
    Groups,
    /// A part of a value.
    IsText,
}

/// The items of a list: split at commas that stand in no parentheses.
pub(crate) fn items_of(options: &str) -> Vec<&str> {
    items(options, Escaped::Groups)
}

fn items(options: &str, escaped: Escaped) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut start, mut depth, mut escaped_depth) = (0, 0_u32, 0_u32);
    for (at, c) in options.char_indices() {
        depth = deeper(depth, c);
        if c == '%' && depth == 0 && escaped == Escaped::Groups {
            match options.get(at + 1..at + 3) {
                Some("28") => escaped_depth += 1,
                Some("29") => escaped_depth = escaped_depth.saturating_sub(1),
                _ => {}
            }
        } else if c == ',' && depth == 0 && escaped_depth == 0 {
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
    /// The source that a decoded value names, as `url` of a layer does: what URLs may not hold is escaped. `None` for other
    /// schemes than http(s), and for nothing.
    pub fn read(text: &str) -> Option<Source<'static>> {
        let text = utf8_percent_encode(text, NOT_IN_URLS).to_string();
        resolve(text.trim_start_matches('/').into()).map(Source::into_owned)
    }

    fn into_owned(self) -> Source<'static> {
        match self {
            Self::Path(text) => Source::Path(text.into_owned().into()),
            Self::Url(text) => Source::Url(text.into_owned().into()),
        }
    }

    /// The path or the URL.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Path(text) | Self::Url(text) => text,
        }
    }
}

/// What no URL may hold.
const NOT_IN_URLS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\\');

/// Divides what follows `/cdn-cgi/image/`, query included, into the options (for [`parse`]) and the source, at the first
/// slash outside of parentheses.
///
/// A source may be a path with or without a slash in front, an `http(s)` URL, one whose `//` has lost a slash on the
/// way, or any of these percent-encoded as a whole; `%3F` begins a query where there is no `?`.
pub fn split(path_after_prefix: &str) -> Result<(&str, Source<'_>), OptionsError> {
    let (options, source) = divide(path_after_prefix);
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
    Ok((options, resolve(text).ok_or_else(wrong)?))
}

/// The texts in front of and behind the slash that ends the options.
pub(crate) fn divide(path_after_prefix: &str) -> (&str, &str) {
    let mut depth = 0;
    let end = path_after_prefix.char_indices().find_map(|(at, c)| {
        depth = deeper(depth, c);
        (c == '/' && depth == 0).then_some(at)
    });
    // A parenthesis that stays open must not hide the source: the options are then wrong, and are said to be.
    let end = end.or_else(|| path_after_prefix.find('/'));
    end.map_or((path_after_prefix, ""), |end| (&path_after_prefix[..end], &path_after_prefix[end + 1..]))
}

/// A source of text that has no slash in front.
fn resolve(text: Cow<'_, str>) -> Option<Source<'_>> {
    match scheme(&text) {
        None if text.is_empty() => None,
        None => Some(Source::Path(text)),
        Some((scheme, rest)) => absolute(&text, scheme, rest).map(Source::Url),
    }
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
