use super::*;
use crate::registry::page::{Look, Model};
use crate::registry::{self, OPTIONS};
use crate::{TransformOptions, query};

/// Whether a text names options that there are, in values or sentences.
#[track_caller]
fn are_options(names: &[&str], whose: &str) {
    for name in names {
        assert!(registry::find(name).is_some_and(|option| option.name == *name), "{whose} mentions {name:?}");
    }
}

#[test]
fn every_option_has_a_whole_page() {
    for option in OPTIONS {
        let (name, page) = (option.name, &option.page);
        for (what, text) in [("doc", option.doc), ("long", option.long), ("values", page.values)] {
            assert!(!text.is_empty(), "{name} has no {what}");
        }
        assert!(option.long.ends_with('.') && !option.doc.ends_with('.') && !page.values.ends_with('.'), "{name}");
        for (other, text) in page.with {
            assert!(text.ends_with('.') && *other != name, "{name} with {other}: {text}");
        }
        are_options(&page.with.iter().map(|(other, _)| *other).collect::<Vec<_>>(), name);
        let example: Result<TransformOptions, _> = format!("{name}={}", option.example).parse();
        assert!(example.is_ok_and(|options| options != TransformOptions::default()), "{name}: its example");
    }
}

#[test]
fn every_demo_is_legal_and_about_its_option() {
    for option in OPTIONS {
        let (name, demo) = (option.name, &option.page.demo);
        let parsed = |text: &str| -> TransformOptions {
            text.parse().unwrap_or_else(|error| panic!("the demo of {name}: {text}: {error}"))
        };
        assert_ne!(parsed(demo.before), parsed(demo.after), "{name}");
        let sets = |text: &str| text.split(',').any(|item| item.split_once('=').is_some_and(|(n, _)| n == name));
        assert!(sets(demo.after), "the demo of {name} does not set it: {}", demo.after);
        let may_be_alike = demo.alike.is_some();
        let needs_model = matches!(option.page.model, Some(Model { when, .. }) if demo.after.contains(when));
        assert!(!needs_model || may_be_alike, "{name}: say what is shown where there is no model");
        assert!(demo.look != Look::Answer || option.page.here.url, "{name}");
    }
}

/// What a page says is written so is read so.
#[test]
fn spellings_mean_the_example() {
    for option in OPTIONS {
        let wanted: TransformOptions = format!("{}={}", option.name, option.example).parse().expect("an example");
        assert_eq!(workers::parse(&Value::Object(json(option))).map(|parsed| parsed.options), Ok(wanted.clone()));
        let pairs = [(option.name.into(), option.example.replace("%23", "#").into()), ("url".into(), "a.jpg".into())];
        assert_eq!(query::parse(pairs).map(|(parsed, _)| parsed.options), Ok(wanted), "{}", option.name);
        let spellings = spellings(option);
        assert_eq!(spellings.len(), 5);
        assert!(spellings.iter().any(|spelling| spelling.text.is_some()), "{} is taken nowhere", option.name);
    }
    let shown = |name| spellings(registry::find(name).expect("an option")).into_iter().filter_map(|row| row.text);
    let table = [
        ("width", "fetch(url, { cf: { image: { width: 400 } } })"),
        ("scq", "fetch(url, { cf: { image: { \"slow-connection-quality\": 50 } } })"),
        ("trim.top", "env.IMAGES.input(photo).transform({ trim: { top: 0.25 } })"),
        ("format", "env.IMAGES.input(photo).output({ format: \"image/webp\" })"),
        (
            "draw",
            "env.IMAGES.input(photo).draw(env.IMAGES.input(logo).transform({ width: 0.25 }), \
             { bottom: 10, opacity: 0.8, right: 10 })",
        ),
        ("border", "tintype transform photo.jpg out.jpg 'border=black;3'"),
    ];
    for (name, text) in table {
        let all: Vec<_> = shown(name).collect();
        assert!(all.iter().any(|spelling| spelling == text), "{name}: {text}\n{all:#?}");
    }
}

#[test]
fn bad_values_are_bad() {
    for option in OPTIONS {
        let outcomes = outcomes(option);
        assert!(!outcomes.is_empty(), "{}: name a value that it does not take", option.name);
        for Outcome { value, url, json } in outcomes {
            assert_ne!(url, Verdict::Taken, "{}={value} in a URL", option.name);
            assert_ne!(json, Verdict::Taken, "{}={value} in JSON", option.name);
        }
    }
    let of = |name| outcomes(registry::find(name).expect("an option"));
    let blur = of("blur");
    assert_eq!(blur[0].url, Verdict::Refused("blur: \"300\" is not a number from 0 to 250".into()));
    assert_eq!(blur[2].url, Verdict::Warned("blur ignored, 'soft' is not a number from 0 to 250".into()));
    assert_eq!(blur[2].json, Verdict::Refused("blur: \"soft\" is not a number from 0 to 250".into()));
}

#[test]
fn prose_is_about_options_that_there_are() {
    let mut ids = Vec::new();
    for Choice { id, question, answer, options } in CHOICES {
        are_options(options, id);
        assert!(answer.ends_with('.') && question.ends_with(['.', '?']), "{id}");
        assert!(!ids.contains(id) && id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{id}");
        ids.push(*id);
    }
    for Extension { title, text, options, .. } in EXTENSIONS {
        are_options(options, title);
        assert!(text.ends_with('.'), "{title}");
    }
}

#[test]
fn what_is_only_here() {
    let of = |name| only_here(registry::find(name).expect("an option"));
    assert_eq!(of("width"), Vec::<&str>::new());
    assert_eq!(of("border"), ["URL"]);
    assert_eq!(of("dpr"), ["Images binding"]);
    assert_eq!(of("onerror"), Vec::<&str>::new());
}

#[test]
fn names_that_are_nearly_right() {
    let nearest = |name| registry::nearest(name).map(|option| option.name);
    assert_eq!(nearest("widht"), Some("width"));
    assert_eq!(nearest("Blurr"), Some("blur"));
    assert_eq!(nearest("facezoom"), Some("zoom"));
    assert_eq!(nearest("frobnicate"), None);
    assert_eq!(nearest(""), None);
}
