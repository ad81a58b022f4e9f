//! The query form: `/image?url=photo.jpg&width=80&fit=cover`.
//!
//! For programs that build queries anyway. `url` is the source; every other parameter is an option, with the names and
//! values of [`crate::url`]. Callers decode the query first; the text of `draw` is decoded once more, because it is a list
//! of options itself. Unlike in the URL's grammar there may be no option at all.

use std::borrow::Cow;

use crate::pairs::{BadNumbers, Budget, Given, Pair};
use crate::preset::Presets;
use crate::registry::{self, draw::DRAW};
use crate::url::{self, Source};
use crate::{OptionsError, Parsed, Warning};

/// The parameter that names the source.
const URL: &str = "url";

/// Reads decoded pairs of name and value.
///
/// What is odd about options is treated as in URLs. The last `url` counts; without one there is an error.
pub fn parse<'a>(
    query: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<(Parsed, Source<'static>), OptionsError> {
    parse_with(query, &Presets::default())
}

/// [`parse`], where the parameter `preset` names options that the others are put over.
pub fn parse_with<'a>(
    query: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    presets: &Presets,
) -> Result<(Parsed, Source<'static>), OptionsError> {
    let query: Vec<_> = query.into_iter().collect();
    let mut pairs = Vec::with_capacity(query.len());
    let mut sources = Vec::new();
    let mut budget = Budget::new();
    for (name, value) in &query {
        match &**name {
            URL => sources.push(&**value),
            name if name == DRAW.name => {
                let layers = Given::Layers(url::layers(value, &mut budget)?);
                pairs.push(Pair { name: Cow::Borrowed(DRAW.name), value: layers });
            }
            name => pairs.push(Pair::text(name, &**value)),
        }
    }
    let source = match sources.last() {
        None | Some(&"") => {
            let written: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            return Err(OptionsError::NoSource { options: written.join("&") });
        }
        Some(given) => Source::read(given).ok_or_else(|| OptionsError::Source { given: (*given).into() })?,
    };
    let base = presets.take(&mut pairs)?;
    let mut parsed = registry::apply(base, pairs, BadNumbers::Ignored)?;
    if sources.len() > 1 {
        parsed.warn(Warning::Repeated { option: URL });
    }
    Ok((parsed, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    fn read(pairs: &[(&'static str, &'static str)]) -> Result<(String, Vec<String>, Source<'static>), OptionsError> {
        let pairs = pairs.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value)));
        let (parsed, source) = parse(pairs)?;
        let warnings = parsed.warnings.iter().map(ToString::to_string).collect();
        Ok((canonical::to_string(&parsed.options), warnings, source))
    }

    #[test]
    fn parameters() {
        let path = |text: &'static str| Source::Path(text.into());
        let table = [
            (
                &[("url", "/a/b c.jpg?v=1"), ("width", "80"), ("fit", "cover")][..],
                "width=80,fit=cover",
                "a/b%20c.jpg?v=1",
            ),
            (&[("w", "80"), ("url", "a.jpg")], "width=80", "a.jpg"),
            (&[("url", "a.jpg")], "", "a.jpg"),
            (&[("background", "#f00"), ("url", "a.jpg")], "background=%23ff0000", "a.jpg"),
            (
                &[("draw", "(text=a%2C b)"), ("url", "a.jpg"), ("draw", "(url=b.png)")],
                "draw=(text=a%2C%20b)(url=b.png)",
                "a.jpg",
            ),
        ];
        for (pairs, options, source) in table {
            assert_eq!(read(pairs), Ok((options.into(), vec![], path(source))), "{pairs:?}");
        }
        let (_, _, source) = read(&[("url", "https://h.example/a.jpg?b=c&d")]).expect("a source");
        assert_eq!(source, Source::Url("https://h.example/a.jpg?b=c&d".into()));
    }

    #[test]
    fn odd_and_wrong() {
        let table = [
            (&[("url", "a.jpg"), ("utm", "1")][..], "unknown option 'utm'"),
            (&[("url", "a.jpg"), ("w", "1"), ("width", "2")], "width is given more than once, the last one counts"),
            (
                &[("url", "a.jpg"), ("w", "x")],
                "width ignored, 'x' is not a whole number of pixels, 1 or more, or 'auto'",
            ),
            (&[("url", "b.jpg"), ("url", "a.jpg")], "url is given more than once, the last one counts"),
        ];
        for (pairs, warning) in table {
            let (_, warnings, source) = read(pairs).unwrap_or_else(|error| panic!("{pairs:?}: {error}"));
            assert_eq!((warnings, source), (vec![warning.into()], Source::Path("a.jpg".into())), "{pairs:?}");
        }
        assert!(matches!(read(&[("w", "1")]), Err(OptionsError::NoSource { .. })));
        assert!(matches!(read(&[("url", "")]), Err(OptionsError::NoSource { .. })));
        for url in ["ftp://h/a.jpg", "javascript:alert(1)", "//", "https:"] {
            assert!(matches!(read(&[("url", url)]), Err(OptionsError::Source { .. })), "{url}");
        }
        assert!(matches!(read(&[("url", "a.jpg"), ("fit", "x")]), Err(OptionsError::Value { .. })));
        let many: Vec<_> = std::iter::repeat_n(("draw", "(text=a)"), 17).chain([("url", "a.jpg")]).collect();
        assert_eq!(read(&many), Err(OptionsError::TooManyLayers));
    }
}
