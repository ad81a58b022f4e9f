//! What holds for all options: they are written and read back unchanged, order makes no difference, nothing panics.

use proptest::prelude::*;
use tintype_options::registry::{Kind, OPTIONS, OptionDef};
use tintype_options::url::{self, Source};
use tintype_options::{TransformOptions, canonical};

fn color() -> BoxedStrategy<String> {
    let unit = || 0.0..=1.0_f32;
    prop_oneof![
        any::<u32>().prop_map(|rgba| format!("%23{rgba:08x}")),
        any::<[u8; 3]>().prop_map(|[r, g, b]| format!("rgb({r},{g},{b})")),
        (any::<[u8; 3]>(), unit()).prop_map(|([r, g, b], a)| format!("rgba({r}%2C{g}%2C{b}%2C{a})")),
        (0..=360_u32, 0..=100_u32, 0..=100_u32).prop_map(|(h, s, l)| format!("hsl({h},{s}%25,{l}%25)")),
        (unit(), unit(), unit(), unit()).prop_map(|(r, g, b, a)| format!("color(srgb%20{r}%20{g}%20{b}%20%2F%20{a})")),
        (unit(), unit(), unit()).prop_map(|(l, a, b)| format!("oklab({l}%20{a}%20{b})")),
        Just("rebeccapurple".to_owned()),
    ]
    .boxed()
}

fn length() -> BoxedStrategy<String> {
    prop_oneof![any::<u32>().prop_map(|px| px.to_string()), (0.0..1.0_f64).prop_map(|part| part.to_string())].boxed()
}

/// Any value that an option takes.
fn value(option: &'static OptionDef) -> BoxedStrategy<String> {
    match (option.name, option.kind) {
        ("width" | "height", _) => (1..=u32::MAX).prop_map(|px| px.to_string()).boxed(),
        ("gravity", _) => {
            let point = (0.0..=1.0_f64, 0.0..=1.0_f64, prop_oneof![Just(""), Just(";box-center")]);
            prop_oneof![Just("face".to_owned()), point.prop_map(|(x, y, mode)| format!("{x}x{y}{mode}"))].boxed()
        }
        ("trim", _) => {
            let four = [length(), length(), length(), length()];
            prop_oneof![Just("border".to_owned()), four.prop_map(|sides| sides.join(";"))].boxed()
        }
        ("border", _) => (color(), 0..=10_000_u32).prop_map(|(color, width)| format!("{color};{width}")).boxed(),
        ("wbreakpoints", _) => {
            let widths = prop::collection::vec(1..=u32::MAX, 1..6);
            widths.prop_map(|widths| widths.iter().map(u32::to_string).collect::<Vec<_>>().join(";")).boxed()
        }
        (_, Kind::Integer { min, max }) => (min..=max).prop_map(|n| n.to_string()).boxed(),
        (_, Kind::Number { min, max, .. }) => (min..=max).prop_map(|n| n.to_string()).boxed(),
        (_, Kind::Choice(words)) => prop::sample::select(words).prop_map(str::to_owned).boxed(),
        (_, Kind::Color) => color(),
        (_, Kind::Boolean) => any::<bool>().prop_map(|b| b.to_string()).boxed(),
        (_, Kind::Text) => length(),
    }
}

/// Some options with legal values, each once, in the registry's order.
fn items() -> impl Strategy<Value = Vec<String>> {
    let all: Vec<_> = OPTIONS
        .iter()
        .map(|option| {
            let names: Vec<_> = option.aliases.iter().copied().chain([option.name]).collect();
            prop::option::weighted(0.3, (prop::sample::select(names), value(option)))
        })
        .collect();
    all.prop_map(|items| items.into_iter().flatten().map(|(name, value)| format!("{name}={value}")).collect())
        .prop_filter("at least one option", |items: &Vec<String>| !items.is_empty())
}

proptest! {
    #[test]
    fn canonical_text_is_read_back_unchanged(items in items()) {
        let options: TransformOptions = items.join(",").parse().expect("legal options");
        let text = canonical::to_string(&options);
        if text.is_empty() {
            prop_assert_eq!(options, TransformOptions::default());
        } else {
            prop_assert!(text.bytes().all(|b| b.is_ascii_graphic() && !b"/?#&+".contains(&b)), "{}", text);
            prop_assert_eq!(canonical::to_string(&text.parse().expect("canonical text")), text.clone());
            prop_assert_eq!(text.parse(), Ok(options));
        }
    }

    #[test]
    fn order_makes_no_difference(
        (items, shuffled) in items().prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
    ) {
        prop_assert_eq!(url::parse(&items.join(",")), url::parse(&shuffled.join(",")));
    }

    #[test]
    fn whatever_is_written(text in prop_oneof![
        any::<String>(),
        "[a-z.=,;()%0-9x#-]{0,60}",
        "(width|gravity|background|trim|border|q|f|dpr|anim)=[ -~]{0,40}",
        (prop::sample::select(OPTIONS), any::<String>()).prop_map(|(option, value)| format!("{}={value}", option.name)),
        "background=(rgb|hsl|hwb|lab|lch|oklab|oklch|color)\\((from%20)?[a-z0-9%,./-]{0,30}\\)?",
    ]) {
        match url::parse(&text) {
            Ok(parsed) => {
                for warning in &parsed.warnings {
                    let shown = warning.to_string();
                    prop_assert!(shown.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\'), "{}", shown);
                }
                let again = canonical::to_string(&parsed.options);
                prop_assert!(again.is_empty() || again.parse() == Ok(parsed.options), "{}", again);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn whatever_follows(text in prop_oneof![
        any::<String>(),
        "w=1/(http|https|ftp)?(:|%3A)?(/|%2F){0,3}[a-z%0-9A-F/?.:@é ]{0,30}",
    ]) {
        if let Ok((_, source)) = url::split(&text) {
            match &source {
                Source::Path(path) => {
                    prop_assert!(!path.starts_with('/') && !path.contains('\\'), "{}", path);
                    let scheme = path.split_once(':').map_or("", |(scheme, _)| scheme);
                    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
                    prop_assert!(!scheme.starts_with(char::is_alphabetic) || !scheme.chars().all(is_scheme), "{}", path);
                }
                Source::Url(url) => {
                    let host = url.strip_prefix("https://").or(url.strip_prefix("http://"));
                    prop_assert!(host.is_some_and(|host| !host.is_empty() && !host.starts_with('/')), "{}", url);
                }
            }
            prop_assert!(source.as_str().bytes().all(|b| b.is_ascii_graphic()), "{:?}", source);
        }
    }
}
