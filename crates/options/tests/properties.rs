//! What holds for all options: they are written and read back unchanged, order makes no difference, nothing panics.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::Value;
use tintype_options::registry::{Group, Kind, OPTIONS, OptionDef};
use tintype_options::sign::{Form, Key, Keys, Signing};
use tintype_options::url::{self, Source};
use tintype_options::{Composite, Repeat, Strictness, TransformOptions, binding, canonical, query, workers};

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
        ("draw", _) => layers(3),
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

/// Any text, escaped as pages must.
fn escaped() -> BoxedStrategy<String> {
    let text = prop_oneof!["[ -~]{1,12}", "\\PC{1,8}", Just("a)(,=/%28".to_owned())];
    text.prop_map(|text| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()).boxed()
}

/// Layers, up to `depth` of them inside of each other.
fn layers(depth: u32) -> BoxedStrategy<String> {
    let side =
        || prop_oneof![(1..=u32::MAX).prop_map(|px| px.to_string()), (0.001..1.0_f64).prop_map(|n| n.to_string())];
    let edge = || -1_000_000..=1_000_000_i32;
    let source = prop_oneof![
        "[a-z]{1,8}\\.png".prop_map(|path| vec![format!("url={path}")]),
        "[a-z/]{1,8}".prop_map(|path| vec![format!("url=https://h.example/{path}")]),
        (escaped(), prop::option::of(color()), prop::option::of(0.1..4096.0_f64)).prop_map(|(text, color, size)| {
            let items =
                [Some(format!("text={text}")), color.map(|c| format!("color={c}")), size.map(|s| format!("size={s}"))];
            items.into_iter().flatten().chain(["font=fonts/a.ttf".to_owned()]).collect()
        }),
    ];
    let box_sides = prop::option::of((side(), side()))
        .prop_map(|sides| sides.map(|(w, h)| vec![format!("w={w}"), format!("height={h}")]).unwrap_or_default());
    let placing = prop_oneof![
        Just(vec![]),
        (edge(), edge()).prop_map(|(x, y)| vec![format!("left={x}"), format!("bottom={y}")]),
        (edge(), 0.0..=1.0_f64).prop_map(|(x, opacity)| vec![format!("right={x}"), format!("opacity={opacity}")]),
        (prop::sample::select(Repeat::NAMES), prop::sample::select(Composite::NAMES))
            .prop_map(|(repeat, composite)| vec![format!("repeat={repeat}"), format!("composite={composite}")]),
    ];
    let changes: Vec<_> = OPTIONS
        .iter()
        .filter(|option| matches!(option.group, Group::Size | Group::Geometry | Group::Color))
        .filter(|option| !["width", "height", "draw"].contains(&option.name))
        .map(|option| prop::option::weighted(0.1, value(option).prop_map(|v| format!("{}={v}", option.name))))
        .collect();
    let nested = match depth {
        0 => Just(None).boxed(),
        _ => prop::option::weighted(0.3, layers(depth - 1)).boxed(),
    };
    let layer =
        (source, box_sides, placing, changes, nested).prop_map(|(mut items, sides, placing, changes, nested)| {
            if items[0].starts_with("url=") {
                items.extend(sides);
            }
            items.extend(placing);
            items.extend(changes.into_iter().flatten());
            items.extend(nested.map(|layers| format!("draw={layers}")));
            format!("({})", items.join(","))
        });
    // At most 2 * (1 + 2 * (1 + 1 + 1)) = 14 in all.
    let most = if depth >= 2 { 2 } else { 1 };
    prop::collection::vec(layer, 1..=most).prop_map(|layers| layers.concat()).boxed()
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

/// Names of layers' options, of parts and of commands.
const OF_PARTS: &[&str] =
    &["url", "text", "font", "size", "left", "right", "opacity", "repeat", "x", "y", "mode", "keep", "imageIndex"];

/// Any JSON, with the names that mean something.
fn json() -> BoxedStrategy<Value> {
    let names: Vec<_> = OPTIONS.iter().map(|option| option.name).collect();
    let name = prop_oneof![prop::sample::select(names), prop::sample::select(OF_PARTS)];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..400_u32).prop_map(Value::from),
        (0.0..1.0_f64).prop_map(Value::from),
        prop::sample::select(&["a.png", "border", "x", "(url=a.png)", "red", "cover", "0.5", ""][..])
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 4, move |inner| {
        let object = prop::collection::vec((name.clone(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|items| items.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
    .boxed()
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
            let path = format!("{text}/photo.jpg");
            prop_assert_eq!(url::split(&path), Ok((&*text, Source::Path("photo.jpg".into()))));
            prop_assert_eq!(canonical::to_string(&text.parse().expect("canonical text")), text.clone());
            prop_assert_eq!(text.parse(), Ok(options));
        }
    }

    #[test]
    fn all_spellings_agree(items in items()) {
        let options: TransformOptions = items.join(",").parse().expect("legal options");
        let json = workers::to_json(&options);
        let read = workers::parse(&json).and_then(|parsed| parsed.held_to(Strictness::Strict));
        prop_assert_eq!(read.expect("what was written"), url::parse(&items.join(",")).expect("legal options"), "{}", json);
        // Through text, as it comes over the wire.
        let sent: Value = serde_json::from_str(&json.to_string()).expect("json");
        prop_assert_eq!(&workers::parse(&sent).expect("json").options, &options, "{}", json);

        let pairs = items.iter().map(|item| {
            let (name, value) = item.split_once('=').expect("an item");
            let value = if name == "draw" { value.into() } else { percent_decode_str(value).decode_utf8_lossy() };
            (name.into(), value)
        });
        let (parsed, source) = query::parse(pairs.chain([("url".into(), "a b.jpg".into())])).expect("a source");
        prop_assert_eq!((&parsed.options, parsed.warnings), (&options, vec![]));
        prop_assert_eq!(source, Source::Path("a%20b.jpg".into()));

        let signed = Keys::new([Key::new("k", [7; 16]).expect("a key")]).expect("one key");
        let path = format!("{}/photo.jpg", items.join(","));
        let how = Signing { key: Some("k"), expires_unix_s: Some(9) };
        let with = signed.sign(Form::Path, &path, how).expect("a path");
        prop_assert_eq!(signed.verify(Form::Path, &with, 9), Ok(path));
    }

    #[test]
    fn whatever_json(json in json(), name in prop::sample::select(OPTIONS)) {
        for image in [json.clone(), serde_json::json!({ name.name: json })] {
            if let Ok(parsed) = workers::parse(&image) {
                let again = canonical::to_string(&parsed.options);
                prop_assert!(again.is_empty() || again.parse().as_ref() == Ok(&parsed.options), "{} {}", image, again);
                let again = workers::to_json(&parsed.options);
                prop_assert_eq!(workers::parse(&again).map(|parsed| parsed.options), Ok(parsed.options), "{}", again);
            }
            let text = image.to_string();
            let parts = [
                binding::Part::File { name: "image" },
                binding::Part::Field { name: "draw_text", text: &text },
                binding::Part::Field { name: "transforms", text: &format!("[{text}]") },
                binding::Part::Field { name: "output_format", text: "rgba" },
            ];
            let _ = binding::parse(&parts, Strictness::Lenient);
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
        "draw=[()a-z=,.%0-9]{0,60}",
        "draw=(\\((url|text|draw|width|left|right|repeat|composite|fit|font|size)=[a-z0-9().,%]{0,8}[,)]){0,6}",
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
