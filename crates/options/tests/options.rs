//! Every option, by the table: what is read and how it is written back, what is passed over, what is refused.

use percent_encoding::percent_decode_str;
use serde_json::json;
use tintype_options::preset::Presets;
use tintype_options::registry::{self, Kind, OPTIONS};
use tintype_options::{
    Border, Fit, Flip, Gravity, Length, OptionsError, OutputFormat, Parsed, PointMode, Quality, Rotate, Strictness,
    TransformOptions, Trim, TrimBorder, Warning, Width, canonical, url, workers,
};
use tintype_pixels::{Fault, Orientation, Rgba};

struct Case {
    option: &'static str,
    /// Values, and the canonical text of the options they give.
    read: &'static [(&'static str, &'static str)],
    /// Values that are passed over with a warning.
    ignored: &'static [&'static str],
    /// Values that are an error.
    refused: &'static [&'static str],
}

const NOT_WHOLE: &[&str] = &["", "abc", "1.5", "-1", "1e3", "NaN", "inf", "4294967296", "%20100", "0x10", "80O"];
const NOT_A_NUMBER: &[&str] = &["", "abc", "NaN", "nan", "inf", "-inf", "infinity", "1e400", "%201"];
const NOT_A_COLOR: &[&str] =
    &["", "octarine", "%2312", "rgb(1)", "rgb(1,2", "rgb(nan,0,0)", "color(srgb%20inf%200%200)"];

const fn case(
    option: &'static str,
    read: &'static [(&'static str, &'static str)],
    ignored: &'static [&'static str],
    refused: &'static [&'static str],
) -> Case {
    Case { option, read, ignored, refused }
}

const CASES: &[Case] = &[
    case(
        "width",
        &[("1", "width=1"), ("12000", "width=12000"), ("4294967295", "width=4294967295"), ("auto", "width=auto")],
        &["0", "", "abc", "1.5", "-1", "1e3", "NaN", "4294967296", "Auto", "80O"],
        &[],
    ),
    case("height", &[("1", "height=1"), ("007", "height=7")], &["0", "auto", "abc", "-1", "1.5", ""], &[]),
    case(
        "dpr",
        &[("1", "dpr=1"), ("1.50", "dpr=1.5"), ("0.5", "dpr=0.5"), ("3", "dpr=3")],
        &["0", "-1", "x", "nan", "inf"],
        &[],
    ),
    case(
        "fit",
        &[
            ("scale-down", "fit=scale-down"),
            ("contain", "fit=contain"),
            ("scale-up", "fit=scale-up"),
            ("cover", "fit=cover"),
            ("crop", "fit=crop"),
            ("aspect-crop", "fit=aspect-crop"),
            ("pad", "fit=pad"),
            ("squeeze", "fit=squeeze"),
        ],
        &[],
        &["", "fill", "Cover", "cover%20"],
    ),
    case(
        "gravity",
        &[
            ("center", "gravity=center"),
            ("left", "gravity=left"),
            ("right", "gravity=right"),
            ("top", "gravity=top"),
            ("bottom", "gravity=bottom"),
            ("auto", "gravity=auto"),
            ("face", "gravity=face"),
            ("entropy", "gravity=entropy"),
            ("0.5x0.33", "gravity=0.5x0.33"),
            ("0x1", "gravity=0x1"),
            ("1.0x.5", "gravity=1x0.5"),
            ("0.1x0.2;box-center", "gravity=0.1x0.2;box-center"),
        ],
        &[],
        &["", "middle", "0.5X0.33", "0.5", "0.5x", "1.1x0", "-0.1x0", "nanx0", "0.5x0.5x0.5", "0.5x0.5;remainder"],
    ),
    case("zoom", &[("0", "zoom=0"), ("0.5", "zoom=0.5"), ("1", "zoom=1")], NOT_A_NUMBER, &["1.01", "-0.5"]),
    case("upscale", &[("interpolate", "upscale=interpolate"), ("generate", "upscale=generate")], &[], &["", "ai"]),
    case(
        "trim",
        &[
            ("20;30;20;0", "trim.top=20,trim.right=30,trim.bottom=20,trim.left=0"),
            ("0.25;1;0.999;0", "trim.top=0.25,trim.right=1,trim.bottom=0.999,trim.left=0"),
            ("border", "trim=border"),
        ],
        &["", "20", "1;2;3", "1;2;3;4;5", "a;b;c;d", "-1;0;0;0", "1.5;0;0;0", "nan;0;0;0"],
        &[],
    ),
    case(
        "trim.top",
        &[("10", "trim.top=10"), ("0.5", "trim.top=0.5"), ("0", "trim.top=0")],
        &["-1", "1.5", "x", "inf"],
        &[],
    ),
    case("trim.right", &[("10", "trim.right=10"), ("1.0", "trim.right=1")], &["-0.5", "4294967296", ""], &[]),
    case("trim.bottom", &[("10", "trim.bottom=10"), (".5", "trim.bottom=0.5")], &["-1", ""], &[]),
    case("trim.left", &[("10", "trim.left=10")], &["-1", "10px"], &[]),
    case("trim.width", &[("10", "trim.width=10"), ("0.25", "trim.width=0.25")], &["-1", "nan"], &[]),
    case("trim.height", &[("10", "trim.height=10")], &["-1", "25%25"], &[]),
    case("trim.border.color", &[("white", "trim.border.color=%23ffffff")], &[], NOT_A_COLOR),
    case(
        "trim.border.tolerance",
        &[("0", "trim.border.tolerance=0"), ("255", "trim.border.tolerance=255"), ("1.5", "trim.border.tolerance=1.5")],
        NOT_A_NUMBER,
        &["256", "-1"],
    ),
    case("trim.border.keep", &[("0", "trim.border.keep=0"), ("5", "trim.border.keep=5")], NOT_WHOLE, &[]),
    case("flip", &[("h", "flip=h"), ("v", "flip=v"), ("hv", "flip=hv"), ("vh", "flip=hv")], &[], &["", "H", "hh", "x"]),
    case(
        "rotate",
        &[("0", "rotate=0"), ("90", "rotate=90"), ("180", "rotate=180"), ("270", "rotate=270"), ("360", "rotate=0")],
        &[],
        &["", "45", "-90", "450", "90.0"],
    ),
    case(
        "border",
        &[
            ("red;3", "border.color=%23ff0000,border.width=3"),
            ("rgb(1,2,3);4", "border.color=%23010203,border.width=4"),
            ("black;1;2;3;4", "border.color=%23000000,border.top=1,border.right=2,border.bottom=3,border.left=4"),
        ],
        &["red", "red;", "red;x", "red;1;2", "red;10001", "red;1;2;3;4;5"],
        &["", "3", "octarine;3"],
    ),
    case("border.color", &[("transparent", "border.color=%2300000000")], &[], NOT_A_COLOR),
    case("border.width", &[("0", "border.width=0"), ("10000", "border.width=10000")], &["10001", "-1", "1.5", ""], &[]),
    case("border.top", &[("5", "border.top=5")], NOT_WHOLE, &[]),
    case("border.right", &[("5", "border.right=5")], NOT_WHOLE, &[]),
    case("border.bottom", &[("5", "border.bottom=5")], NOT_WHOLE, &[]),
    case("border.left", &[("5", "border.left=5")], NOT_WHOLE, &[]),
    case(
        "draw",
        &[
            ("(url=logo.png)", "draw=(url=logo.png)"),
            ("(w=100,url=%2Flogo.png)", "draw=(url=logo.png,width=100)"),
            ("(text=Hi)(url=a.png)", "draw=(text=Hi)(url=a.png)"),
            ("(url=a.png,draw=(text=%28%2C%29,top=-5))", "draw=(url=a.png,draw=(text=%28%2C%29,top=-5))"),
        ],
        &[],
        &["", "logo.png", "(url=a.png", "(url=a.png))", "url=a.png)", "(url=a)x(url=b)", "%28url=a.png%29"],
    ),
    case("segment", &[("foreground", "segment=foreground")], &[], &["", "background"]),
    case(
        "segment-model",
        &[
            ("u2netp", "segment-model=u2netp"),
            ("u2net", "segment-model=u2net"),
            ("isnet", "segment-model=isnet"),
            ("birefnet-lite", "segment-model=birefnet-lite"),
            ("birefnet", "segment-model=birefnet"),
        ],
        &[],
        &["", "rembg", "U2Net", "true"],
    ),
    case(
        "segment-refine",
        &[("colors", "segment-refine=colors"), ("off", "segment-refine=off")],
        &[],
        &["", "true", "on"],
    ),
    case(
        "background",
        &[
            ("red", "background=%23ff0000"),
            ("%23f00", "background=%23ff0000"),
            ("%23FF000080", "background=%23ff000080"),
            ("rgb(255,255,0)", "background=%23ffff00"),
            ("rgb%28255,255,0%29", "background=%23ffff00"),
            ("rgb(255%2C255%2C0)", "background=%23ffff00"),
            ("rgb(255%20255%200)", "background=%23ffff00"),
            ("hsl(120,100%25,50%25)", "background=%2300ff00"),
            ("transparent", "background=%2300000000"),
            ("rgb(999,-5,0)", "background=%23ff0000"),
            ("rgba(255,0,0,0.5)", "background=color(srgb%201%200%200%20%2F%200.5)"),
        ],
        &[],
        NOT_A_COLOR,
    ),
    case(
        "brightness",
        &[("0.5", "brightness=0.5"), ("255", "brightness=255"), ("0", "")],
        NOT_A_NUMBER,
        &["255.1", "-1"],
    ),
    case("contrast", &[("1.5", "contrast=1.5"), ("255", "contrast=255"), ("0", "")], NOT_A_NUMBER, &["256", "-0.1"]),
    case("gamma", &[("2.2", "gamma=2.2"), ("0", ""), ("-0", "")], NOT_A_NUMBER, &["256", "-1"]),
    case(
        "saturation",
        &[("0", "saturation=0"), ("-0", "saturation=0"), ("2", "saturation=2")],
        NOT_A_NUMBER,
        &["256", "-1"],
    ),
    case(
        "sharpen",
        &[("0", "sharpen=0"), ("1.5", "sharpen=1.5"), ("10", "sharpen=10")],
        NOT_A_NUMBER,
        &["10.01", "-1"],
    ),
    case("blur", &[("0", "blur=0"), ("0.5", "blur=0.5"), ("250", "blur=250")], NOT_A_NUMBER, &["250.1", "251", "-1"]),
    case(
        "format",
        &[
            ("auto", "format=auto"),
            ("avif", "format=avif"),
            ("webp", "format=webp"),
            ("jpeg", "format=jpeg"),
            ("baseline-jpeg", "format=baseline-jpeg"),
            ("png", "format=png"),
            ("png-force", "format=png-force"),
            ("gif", "format=gif"),
            ("json", "format=json"),
            ("svg", "format=svg"),
        ],
        &[],
        &["", "jpg", "mp4", "JPEG", "image%2Fjpeg"],
    ),
    case(
        "quality",
        &[
            ("1", "quality=1"),
            ("100", "quality=100"),
            ("74.5", "quality=75"),
            ("high", "quality=high"),
            ("medium-high", "quality=medium-high"),
            ("medium-low", "quality=medium-low"),
            ("low", "quality=low"),
        ],
        &["", "best", "NaN", "75%25", "inf"],
        &[],
    ),
    case(
        "quality-mode",
        &[("standard", "quality-mode=standard"), ("perceptual", "quality-mode=perceptual")],
        &[],
        &["", "best", "Perceptual"],
    ),
    case("compression", &[("fast", "compression=fast")], &[], &["", "slow"]),
    case("anim", &[("true", "anim=true"), ("false", "anim=false")], &[], &["", "1", "True"]),
    case("hdr", &[("keep", "hdr=keep"), ("drop", "hdr=drop")], &[], &["", "pq", "Keep", "true"]),
    case("color", &[("keep", "color=keep"), ("srgb", "color=srgb")], &[], &["", "p3", "Keep", "true"]),
    case(
        "metadata",
        &[("keep", "metadata=keep"), ("copyright", "metadata=copyright"), ("none", "metadata=none")],
        &[],
        &["", "all"],
    ),
    case(
        "slow-connection-quality",
        &[("50", "slow-connection-quality=50"), ("low", "slow-connection-quality=low")],
        &["", "x"],
        &[],
    ),
    case(
        "wbreakpoints",
        &[("640;320", "wbreakpoints=320;640"), ("320;320", "wbreakpoints=320"), ("320%3B640", "wbreakpoints=320;640")],
        &["", "0", "320;", "320;x", "-1"],
        &[],
    ),
    case("wmobile", &[("640", "wmobile=640")], &["0", "", "x"], &[]),
    case("wdesktop", &[("1600", "wdesktop=1600")], &["0", "", "x"], &[]),
    case("onerror", &[("redirect", "onerror=redirect")], &[], &["", "ignore"]),
    case("origin-auth", &[("share-publicly", "origin-auth=share-publicly")], &[], &["", "true"]),
];

#[test]
fn every_option_is_in_the_table_once() {
    let names: Vec<_> = OPTIONS.iter().map(|option| option.name).collect();
    let mut cases: Vec<_> = CASES.iter().map(|case| case.option).collect();
    cases.sort_by_key(|name| names.iter().position(|n| n == name));
    assert_eq!(cases, names);
}

#[test]
fn values_that_are_read() {
    for Case { option, read, .. } in CASES {
        let names = registry::find(option).expect("an option of the table").aliases.iter().chain([option]);
        for name in names {
            for (value, expected) in *read {
                let written = format!("{name}={value}");
                let parsed = url::parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
                assert_eq!(parsed.warnings, [], "{written}");
                assert_eq!(canonical::to_string(&parsed.options), *expected, "{written}");
                if !expected.is_empty() {
                    assert_eq!(url::parse(expected), Ok(parsed), "{expected} is read back");
                }
            }
        }
    }
}

/// The value of a URL, as JSON has it.
fn decoded(option: &str, value: &str) -> String {
    // Layers are a list of options, and stay one.
    if option == "draw" { value.into() } else { percent_decode_str(value).decode_utf8_lossy().into_owned() }
}

#[test]
fn values_that_are_read_from_json() {
    for Case { option, read, .. } in CASES {
        let names = registry::find(option).expect("an option of the table").aliases.iter().chain([option]);
        for name in names {
            for (value, expected) in *read {
                let text = decoded(option, value);
                let mut spellings = vec![json!({ *name: text })];
                spellings.extend(text.parse::<f64>().map(|number| json!({ *name: number })));
                spellings.extend(text.parse::<i64>().map(|number| json!({ *name: number })));
                spellings.extend(text.parse::<bool>().map(|flag| json!({ *name: flag })));
                for image in spellings {
                    let parsed = workers::parse(&image).unwrap_or_else(|error| panic!("{image}: {error}"));
                    assert_eq!(parsed.warnings, [], "{image}");
                    assert_eq!(canonical::to_string(&parsed.options), *expected, "{image}");
                    assert_eq!(workers::parse(&workers::to_json(&parsed.options)), Ok(parsed), "{image} is read back");
                }
            }
        }
    }
}

#[test]
fn json_refuses_bad_numbers_too() {
    for Case { option, ignored, refused, .. } in CASES {
        for value in ignored.iter().chain(*refused) {
            let image = json!({ *option: decoded(option, value) });
            let error = workers::parse(&image).expect_err(&image.to_string());
            assert!(matches!(&error, OptionsError::Value { option: named, .. } if named == option), "{image}: {error}");
        }
        // Neither an array nor an object of what does not exist is a value of anything.
        let image = json!({ *option: [[1]] });
        assert!(workers::parse(&image).is_err(), "{image}");
        assert_eq!(workers::parse(&json!({ *option: null })), Ok(Parsed::default()));
    }
}

#[test]
fn repeated_json_properties_end_with_one() {
    for Case { option, read, .. } in CASES {
        for alias in registry::find(option).expect("an option of the table").aliases {
            let image = json!({ *option: decoded(option, read[0].0), *alias: decoded(option, read[0].0) });
            let parsed = workers::parse(&image).expect("legal values");
            assert_eq!(parsed.warnings, [Warning::Repeated { option }], "{image}");
            assert!(parsed.held_to(Strictness::Strict).is_err(), "{image}");
        }
    }
}

#[test]
fn values_that_are_passed_over() {
    for Case { option, ignored, .. } in CASES {
        for value in *ignored {
            let written = format!("{option}={value}");
            let parsed = url::parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_eq!(parsed.options, TransformOptions::default(), "{written}");
            let [Warning::Ignored { option: named, .. }] = &parsed.warnings[..] else {
                panic!("{written}: {:?}", parsed.warnings)
            };
            assert_eq!(named, option);
            assert!(matches!(written.parse::<TransformOptions>(), Err(OptionsError::Warned(_))), "{written}, strictly");
        }
    }
}

#[test]
fn values_that_are_refused() {
    for Case { option, refused, .. } in CASES {
        for value in *refused {
            let written = format!("{option}={value}");
            let error = url::parse(&written).expect_err(&written);
            assert!(
                matches!(&error, OptionsError::Value { option: named, .. } if named == option),
                "{written}: {error}"
            );
            assert_eq!(error.fault(), Fault::Request);
            assert!(error.to_string().starts_with(option), "{error}");
        }
    }
}

#[test]
fn repeated_options_end_with_the_last() {
    for Case { option, read, .. } in CASES {
        let (first, last) = (read[0].0, read[read.len() - 1]);
        let alias = registry::find(option).expect("an option of the table").aliases.first().unwrap_or(option);
        let parsed = url::parse(&format!("{alias}={first},{option}={}", last.0)).expect("legal values");
        if *option == "draw" {
            // Layers add up.
            assert_eq!((parsed.options.draw.len(), parsed.warnings.len()), (2, 0));
            continue;
        }
        assert_eq!(parsed.warnings, [Warning::Repeated { option }]);
        assert_eq!(canonical::to_string(&parsed.options), last.1);
    }
}

#[test]
fn definitions_are_complete() {
    let mut seen = std::collections::BTreeSet::new();
    for option in OPTIONS {
        for name in option.aliases.iter().chain([&option.name]) {
            assert!(seen.insert(name), "{name} names two options");
            assert!(std::ptr::eq(*option, registry::find(name).expect("found by its name")));
        }
        let strict = |value: &str| format!("{}={value}", option.name).parse::<TransformOptions>();
        let example = strict(option.example).unwrap_or_else(|error| panic!("example of {error}"));
        assert_ne!(example, TransformOptions::default(), "{}: the example does something", option.name);
        if !option.default.is_empty() {
            strict(option.default).unwrap_or_else(|error| panic!("default of {error}"));
        }
        let ends: Vec<String> = match option.kind {
            Kind::Integer { min, max } => vec![min.to_string(), max.to_string()],
            Kind::Number { min, max, step } => vec![min.to_string(), max.to_string(), (min + step).to_string()],
            Kind::Choice(words) => words.iter().map(ToString::to_string).collect(),
            Kind::Color => vec!["red".into()],
            Kind::Boolean => vec!["true".into(), "false".into()],
            Kind::Text => vec![],
        };
        for value in ends {
            strict(&value).unwrap_or_else(|error| panic!("offered by the control: {error}"));
        }
        for (text, what) in [(option.doc, "doc"), (option.long, "long")] {
            assert!(!text.is_empty() && !text.contains("  ") && text.is_ascii(), "{}: {what} {text:?}", option.name);
        }
        assert!(!option.doc.ends_with('.') && option.long.ends_with('.'), "{}", option.name);
    }
    assert!(registry::find("no-such-option").is_none());
}

#[test]
fn fields_hold_what_was_written() {
    let parsed = url::parse(concat!(
        "w=400,h=300,dpr=2,fit=cover,g=0.5x0.25,flip=hv,rotate=90,q=medium-high,f=avif,background=rgba(255,0,0,0.5),",
        "trim=1;0.5;0;3,trim.border.keep=2,border=black;1,border.left=7,saturation=0,brightness=0,anim=false"
    ));
    let expected = TransformOptions {
        width: Some(Width::Px(400)),
        height: Some(300),
        dpr: Some(2.0),
        fit: Some(Fit::Cover),
        gravity: Some(Gravity::Point { x: 0.5, y: 0.25, mode: PointMode::Remainder }),
        flip: Some(Flip { horizontal: true, vertical: true }),
        rotate: Some(Rotate::Quarter),
        quality: Some(Quality::MediumHigh),
        format: Some(OutputFormat::Avif),
        background: Some(Rgba { r: 1.0, g: 0.0, b: 0.0, a: 0.5 }),
        trim: Some(Trim {
            top: Some(Length::Px(1)),
            right: Some(Length::Fraction(0.5)),
            bottom: Some(Length::Px(0)),
            left: Some(Length::Px(3)),
            border: Some(TrimBorder { keep: Some(2), ..TrimBorder::default() }),
            ..Trim::default()
        }),
        border: Some(Border { color: Some(Border::DEFAULT_COLOR), width: Some(1), left: Some(7), ..Border::default() }),
        saturation: Some(0.0),
        brightness: None,
        anim: Some(false),
        ..TransformOptions::default()
    };
    assert_eq!(parsed.expect("legal options").options, expected);
    assert_eq!(expected.border.expect("set above").sides(), [1, 1, 1, 7]);
}

#[test]
fn values_mean_numbers_and_movements() {
    let numbers = [Quality::High, Quality::MediumHigh, Quality::MediumLow, Quality::Low, Quality::Number(42)];
    assert_eq!(numbers.map(Quality::number), [90, 70, 50, 35, 42]);
    assert_eq!(Fit::default(), Fit::ScaleDown);
    assert_eq!(Rotate::Quarter.orientation(), Orientation::Rotate90);
    assert_eq!(Rotate::ThreeQuarters.orientation(), Orientation::Rotate270);
    assert_eq!(Flip { horizontal: true, vertical: true }.orientation(), Orientation::Rotate180);
    assert_eq!(Flip { horizontal: false, vertical: true }.orientation(), Orientation::FlipV);
}

#[test]
fn numbers_out_of_range_that_are_moved() {
    let table = [
        ("dpr=3.01", "dpr=3", "dpr > 3 should never be used"),
        ("dpr=100", "dpr=3", "dpr > 3 should never be used"),
        ("quality=0", "quality=1", "quality '0' taken as 1"),
        ("q=-5", "quality=1", "quality '-5' taken as 1"),
        ("q=101", "quality=100", "quality '101' taken as 100"),
        ("scq=1e9", "slow-connection-quality=100", "slow-connection-quality '1e9' taken as 100"),
    ];
    for (written, expected, warning) in table {
        let parsed = url::parse(written).expect("only a warning");
        assert_eq!(canonical::to_string(&parsed.options), expected);
        assert_eq!(parsed.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [warning]);
        assert!(written.parse::<TransformOptions>().is_err());
    }
}

#[test]
fn what_people_are_told() {
    let table = [
        ("f=jpg", "format: \"jpg\" is not a supported output format; use jpeg, webp, avif or json, for example"),
        ("blur=251", "blur: \"251\" is not a number from 0 to 250"),
        ("fit=fill", "fit: \"fill\" is not scale-down, contain, scale-up, cover, crop, aspect-crop, pad or squeeze"),
        ("onerror=x", "onerror: \"x\" is not \"redirect\""),
        ("", "no options given; at least one is needed, for example \"width=400\""),
        (",,", "no options given; at least one is needed, for example \"width=400\""),
        ("w=1,photo", "\"photo\" is not an option; options are written name=value and separated by commas"),
        ("w=1, h=2", "options \"w=1, h=2\" contain white space; write a space inside a value as %20"),
        ("w=1\u{a0}", "options \"w=1\\u{a0}\" contain white space; write a space inside a value as %20"),
    ];
    for (written, expected) in table {
        assert_eq!(url::parse(written).expect_err(written).to_string(), expected);
    }
    let table = [
        ("w=80O", "width ignored, '80O' is not a whole number of pixels, 1 or more, or 'auto'"),
        ("w=1,sepia=1", "unknown option 'sepia'"),
        ("w=1,W=2", "unknown option 'W'"),
        ("w=1,width=2", "width is given more than once, the last one counts"),
    ];
    for (written, expected) in table {
        let warnings = url::parse(written).expect("only a warning").warnings;
        assert_eq!(warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
        assert_eq!(written.parse::<TransformOptions>().expect_err(written).to_string(), expected);
    }
}

#[test]
fn lists_are_forgiving_and_bounded() {
    let parsed = url::parse(",w=1,,h=2,").expect("empty items are passed over");
    assert_eq!((canonical::to_string(&parsed.options).as_str(), parsed.warnings), ("width=1,height=2", vec![]));

    let many: Vec<_> = (0..1000).map(|i| format!("unknown{i}=1")).collect();
    assert_eq!(url::parse(&many.join(",")).expect("only warnings").warnings.len(), 16);

    // An open parenthesis takes the rest of the list with it, which is then no color.
    assert!(url::parse("background=rgb(1,2,3,width=100").is_err());
    // Values are decoded once: %2523 is a percent sign and two digits.
    assert!(url::parse("background=%2523ff0000").is_err());
}

#[test]
fn parts_refine_the_whole_whatever_the_order() {
    for written in ["trim=1;2;3;4,trim.top=9,trim=border", "trim.top=9,trim=1;2;3;4"] {
        let trim = url::parse(written).expect("legal").options.trim.expect("set");
        if trim.border.is_none() {
            assert_eq!(trim.top, Some(Length::Px(9)), "{written}");
        }
    }
    for written in ["border=red;1,border.top=5", "border.top=5,border=red;1"] {
        let border = url::parse(written).expect("legal").options.border.expect("set");
        assert_eq!(border.sides(), [5, 1, 1, 1], "{written}");
    }
}

#[test]
fn of_repeated_properties_the_last_counts() {
    let table = [
        (r#"{"width":5,"width":6}"#, "width=6"),
        (r#"{"width":5,"w":6}"#, "width=6"),
        (r#"{"w":5,"width":6}"#, "width=6"),
        (r#"{"zoom":0.1,"face-zoom":0.2}"#, "zoom=0.2"),
        (r#"{"trim":{"top":5,"top":6}}"#, "trim.top=6"),
    ];
    for (json, expected) in table {
        let parsed =
            workers::parse_json(&serde_json::from_str(json).expect("JSON"), &Presets::default()).expect("legal");
        let warnings: Vec<_> = parsed.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(canonical::to_string(&parsed.options), expected, "{json}");
        assert!(matches!(&warnings[..], [only] if only.contains("more than once")), "{json}: {warnings:?}");
    }
}
