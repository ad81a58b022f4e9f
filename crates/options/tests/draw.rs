//! Layers: what they are made of, where they go, how they are written in each spelling, and their limits.

use serde_json::{Value, json};
use tintype_options::url::{self, Source, split};
use tintype_options::{
    Composite, DrawOptions, Fit, Layer, LayerSource, Length, OptionsError, Repeat, Strictness, Text, TransformOptions,
    Warning, Width, canonical, workers,
};
use tintype_pixels::{Rgba, Size};

fn picture(path: &'static str) -> Layer {
    Layer {
        source: LayerSource::Picture(Source::Path(path.into())),
        width: None,
        height: None,
        options: TransformOptions::default(),
        placement: DrawOptions::default(),
    }
}

fn text(text: &str) -> Layer {
    let text = Text { text: text.into(), font: None, color: None, size_px: None };
    Layer { source: LayerSource::Text(text), ..picture("") }
}

/// Each layer in the URL's spelling, as JSON, and what it is.
fn layers() -> Vec<(&'static str, Value, Layer)> {
    let placed = |placement| Layer { placement, ..picture("a.png") };
    vec![
        ("(url=a.png)", json!({ "url": "a.png" }), picture("a.png")),
        (
            "(url=https://h.example/a%20b.png?v=1,width=0.25,h=40)",
            json!({ "url": "https://h.example/a b.png?v=1", "width": 0.25, "height": "40" }),
            Layer {
                source: LayerSource::Picture(Source::Url("https://h.example/a%20b.png?v=1".into())),
                width: Some(Length::Fraction(0.25)),
                height: Some(Length::Px(40)),
                ..picture("")
            },
        ),
        (
            "(url=a.png,width=1,fit=cover,blur=3)",
            json!({ "url": "a.png", "width": 1.0, "fit": "cover", "blur": 3 }),
            Layer {
                width: Some(Length::Px(1)),
                options: TransformOptions { fit: Some(Fit::Cover), blur: Some(3.0), ..TransformOptions::default() },
                ..picture("a.png")
            },
        ),
        (
            "(url=a.png,right=10,bottom=-5.5,opacity=0.8)",
            json!({ "url": "a.png", "right": 10, "bottom": -5.5, "opacity": 0.8 }),
            placed(DrawOptions { right: Some(10), bottom: Some(-6), opacity: Some(0.8), ..DrawOptions::default() }),
        ),
        (
            "(url=a.png,repeat=true,composite=in)",
            json!({ "url": "a.png", "repeat": true, "composite": "in" }),
            placed(DrawOptions {
                repeat: Some(Repeat::Both),
                composite: Some(Composite::In),
                ..DrawOptions::default()
            }),
        ),
        (
            "(url=a.png,repeat=y,left=0)",
            json!({ "url": "a.png", "repeat": "y", "left": 0 }),
            placed(DrawOptions { repeat: Some(Repeat::Y), left: Some(0), ..DrawOptions::default() }),
        ),
        ("(url=a.png,repeat=false)", json!({ "url": "a.png", "repeat": false, "top": null }), picture("a.png")),
        ("(text=Hello%20world)", json!({ "text": "Hello world" }), text("Hello world")),
        ("(text=a%29%2C%3D%2528é)", json!({ "text": "a),=%28é" }), text("a),=%28é")),
        ("(text=12)", json!({ "text": 12 }), text("12")),
        (
            "(text=Hi,size=24,color=white,font=https:%2F%2Fh.example%2Fa.ttf)",
            json!({ "text": "Hi", "size": 24, "color": "white", "font": { "url": "https://h.example/a.ttf" } }),
            Layer {
                source: LayerSource::Text(Text {
                    text: "Hi".into(),
                    font: Some(Source::Url("https://h.example/a.ttf".into())),
                    color: Some(Rgba::WHITE),
                    size_px: Some(24.0),
                }),
                ..text("")
            },
        ),
        (
            "(url=a.png,background=rgb(255,255,255),draw=(text=x)(url=b.png))",
            json!({ "url": "a.png", "background": "white", "draw": [{ "text": "x" }, { "url": "b.png" }] }),
            Layer {
                options: TransformOptions {
                    background: Some(Rgba::WHITE),
                    draw: vec![text("x"), picture("b.png")],
                    ..TransformOptions::default()
                },
                ..picture("a.png")
            },
        ),
    ]
}

#[test]
fn spellings() {
    for (written, json, layer) in layers() {
        let from_url = url::parse(&format!("draw={written}")).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(from_url.options.draw, [layer], "{written}");
        assert_eq!(from_url.warnings, []);
        assert_eq!(workers::parse(&json!({ "draw": [json] })), Ok(from_url.clone()), "{written}");
        let canonical = canonical::to_string(&from_url.options);
        assert_eq!(canonical.parse(), Ok(from_url.options), "{canonical}");
        assert!(!canonical.contains('/'), "{canonical}");
    }
}

#[test]
fn layers_add_up_in_order() {
    let expected = vec![picture("a.png"), text("b"), picture("c.png")];
    for written in ["draw=(url=a.png)(text=b)(url=c.png)", "draw=(url=a.png),w=1,draw=(text=b),draw=(url=c.png)"] {
        let parsed = url::parse(written).expect("legal layers");
        assert_eq!((parsed.options.draw, parsed.warnings), (expected.clone(), vec![]), "{written}");
    }
}

#[test]
fn what_is_wrong() {
    let table = [
        ("draw=()", "draw: layer 1: a layer draws either a picture (url) or a text (text)"),
        ("draw=(url=a.png)(w=1)", "draw: layer 2: a layer draws either a picture (url) or a text (text)"),
        ("draw=(url=a.png,text=b)", "draw: layer 1: a layer draws either a picture (url) or a text (text)"),
        ("draw=(url=a.png,left=1,right=1)", "draw: layer 1: left and right exclude each other; give one of them"),
        ("draw=(url=a.png,top=1,bottom=1)", "draw: layer 1: top and bottom exclude each other; give one of them"),
        ("draw=(url=a.png,opacity=1.5)", "draw: layer 1: opacity: \"1.5\" is not a number from 0 to 1"),
        ("draw=(url=ftp://h/a)", "draw: layer 1: url: \"ftp://h/a\" is not a path or an http(s) URL"),
        (
            "draw=(url=a.png,composite=add)",
            "draw: layer 1: composite: \"add\" is not over, in, atop, out, xor or lighter",
        ),
        ("draw=(text=)", "draw: layer 1: text: \"\" is not a text of 1 to 1000 characters"),
        (
            "draw=logo.png",
            "draw: \"logo.png\" is not a list of layers in parentheses such as (url=logo.png,width=0.25)",
        ),
        (
            "draw=(url=a.png,draw=(blur=300,url=b.png))",
            "draw: layer 1: draw: layer 1: blur: \"300\" is not a number from 0 to 250",
        ),
        ("draw=(photo)", "\"photo\" is not an option; options are written name=value and separated by commas"),
    ];
    for (written, expected) in table {
        assert_eq!(url::parse(written).expect_err(written).to_string(), expected);
    }
}

#[test]
fn what_is_odd() {
    let table = [
        (
            "draw=(url=a.png,width=auto)",
            "width ignored, 'auto' is not a whole number of pixels, 1 or more, or a fraction between 0 and 1",
        ),
        (
            "draw=(url=a.png,width=0)",
            "width ignored, '0' is not a whole number of pixels, 1 or more, or a fraction between 0 and 1",
        ),
        ("draw=(url=a.png,left=x)", "left ignored, 'x' is not a number of pixels from -1000000 to 1000000"),
        ("draw=(text=a,size=0)", "size ignored, '0' is not a number of pixels above 0, at most 4096"),
        ("draw=(text=a,width=10)", "width has no effect on a text"),
        ("draw=(url=a.png,size=10)", "size has no effect on a picture"),
        ("draw=(url=a.png,quality=10)", "unknown option 'draw.quality'"),
        ("draw=(url=a.png,sepia=1)", "unknown option 'draw.sepia'"),
        ("draw=(url=a.png,w=1,width=2)", "width is given more than once, the last one counts"),
        ("draw=(url=a.png,blur=1,blur=2)", "blur is given more than once, the last one counts"),
        ("draw=(url=a.png,dpr=9)", "dpr > 3 should never be used"),
    ];
    for (written, expected) in table {
        let parsed = url::parse(written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(parsed.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected], "{written}");
        assert!(parsed.held_to(Strictness::Strict).is_err());
    }
    let image = json!({ "draw": [{ "url": "a.png", "left": "x" }] });
    assert!(matches!(workers::parse(&image), Err(OptionsError::Layer { number: 1, .. })), "numbers in JSON are right");
}

fn nested(depth: usize) -> String {
    format!("{}(text=a){}", "(url=a.png,draw=".repeat(depth - 1), ")".repeat(depth - 1))
}

fn nested_json(depth: usize) -> Value {
    (1..depth).fold(json!({ "text": "a" }), |inner, _| json!({ "url": "a.png", "draw": [inner] }))
}

#[test]
fn limits() {
    assert!(url::parse(&format!("draw={}", nested(4))).is_ok());
    assert_eq!(url::parse(&format!("draw={}", nested(5))), Err(OptionsError::TooDeep));
    assert_eq!(url::parse(&format!("draw={}", nested(100_000))), Err(OptionsError::TooDeep));
    assert!(workers::parse(&json!({ "draw": [nested_json(4)] })).is_ok());
    assert_eq!(workers::parse(&json!({ "draw": [nested_json(5)] })), Err(OptionsError::TooDeep));
    assert_eq!(workers::parse(&json!({ "draw": [nested_json(100)] })), Err(OptionsError::TooDeep));

    assert!(url::parse(&format!("draw={}", "(text=a)".repeat(16))).is_ok());
    assert_eq!(url::parse(&format!("draw={}", "(text=a)".repeat(17))), Err(OptionsError::TooManyLayers));
    let pairs = "(url=a.png,draw=(text=a))".repeat(8);
    assert!(url::parse(&format!("draw={pairs}")).is_ok());
    assert_eq!(url::parse(&format!("draw={pairs},draw=(text=a)")), Err(OptionsError::TooManyLayers));
    assert_eq!(workers::parse(&json!({ "draw": vec![json!({ "text": "a" }); 17] })), Err(OptionsError::TooManyLayers));

    let long = |n| json!({ "draw": [{ "text": "é".repeat(n) }] });
    assert!(workers::parse(&long(1000)).is_ok());
    assert!(workers::parse(&long(1001)).is_err());
}

#[test]
fn boxes_of_fractions() {
    let layer = |options: &str| {
        let parsed = url::parse(&format!("draw=(url=a.png,{options})")).expect("a layer");
        parsed.options.draw[0].options_for(Size::new(801, 3))
    };
    let sizes = |options: &str| {
        let options = layer(options);
        (options.width, options.height)
    };
    assert_eq!(sizes("width=0.25,height=0.5"), (Some(Width::Px(200)), Some(2)), "rounded half up");
    assert_eq!(sizes("width=0.0001,height=0.1"), (Some(Width::Px(1)), Some(1)), "never nothing");
    assert_eq!(sizes("width=1000"), (Some(Width::Px(1000)), None));
    assert_eq!(layer("blur=2").blur, Some(2.0));
}

#[test]
fn options_end_behind_the_parentheses() {
    let path = |text: &'static str| Source::Path(text.into());
    let table = [
        ("draw=(url=/a/b.png,width=0.5)/c/d.jpg", "draw=(url=/a/b.png,width=0.5)", path("c/d.jpg")),
        ("draw=(url=https://h/a.png),w=1/d.jpg?x=(/)", "draw=(url=https://h/a.png),w=1", path("d.jpg?x=(/)")),
        ("draw=(text=a%2F%28)/d.jpg", "draw=(text=a%2F%28)", path("d.jpg")),
        ("w=1/a(b/c).jpg", "w=1", path("a(b/c).jpg")),
        ("background=rgb(1%202%203%20/%201),w=1/d.jpg", "background=rgb(1%202%203%20/%201),w=1", path("d.jpg")),
        // Left open, it does not swallow the source.
        ("draw=(url=a.png/d.jpg", "draw=(url=a.png", path("d.jpg")),
        ("w=1)/d.jpg", "w=1)", path("d.jpg")),
    ];
    for (text, options, source) in table {
        assert_eq!(split(text), Ok((options, source)), "{text}");
    }
}

#[test]
fn parts_that_are_objects() {
    let table = [
        (json!({ "trim": "border" }), "trim=border"),
        (json!({ "trim": { "border": true } }), "trim=border"),
        (json!({ "trim": { "border": {} } }), "trim=border"),
        (json!({ "trim": { "border": false, "left": 3 } }), "trim.left=3"),
        (
            json!({ "trim": { "top": 1, "right": 0.5, "bottom": "2", "left": 0 } }),
            "trim.top=1,trim.right=0.5,trim.bottom=2,trim.left=0",
        ),
        (json!({ "trim": { "width": 10, "height": 0.25, "left": null } }), "trim.width=10,trim.height=0.25"),
        (
            json!({ "trim": { "border": { "color": "white", "tolerance": 5, "keep": 2 } } }),
            "trim.border.color=%23ffffff,trim.border.tolerance=5,trim.border.keep=2",
        ),
        (json!({ "gravity": { "x": 0.5, "y": 0.33 } }), "gravity=0.5x0.33"),
        (json!({ "gravity": { "x": 0 } }), "gravity=0x0.5"),
        (json!({ "g": { "x": 0, "y": 1, "mode": "remainder" } }), "gravity=0x1"),
        (json!({ "gravity": { "x": 0, "y": "1", "mode": "box-center" } }), "gravity=0x1;box-center"),
        (json!({ "border": { "color": "red", "width": 3 } }), "border.color=%23ff0000,border.width=3"),
        (
            json!({ "border": { "top": 1, "right": 2, "bottom": 3, "left": 4 } }),
            "border.top=1,border.right=2,border.bottom=3,border.left=4",
        ),
        (json!({ "border": {} }), ""),
        (json!({}), ""),
        (json!({ "draw": [] }), ""),
        (json!({ "wbreakpoints": "640;320", "width": "auto" }), "width=auto,wbreakpoints=320;640"),
    ];
    for (image, expected) in table {
        let parsed = workers::parse(&image).unwrap_or_else(|error| panic!("{image}: {error}"));
        assert_eq!((canonical::to_string(&parsed.options).as_str(), parsed.warnings), (expected, vec![]), "{image}");
    }
    let message = |image: Value| workers::parse(&image).expect_err("refused").to_string();
    assert_eq!(message(json!({ "fit": "x", "width": 1 })).split(" is").next(), Some("fit: \"x\""));
    assert_eq!(
        message(json!({ "trim": { "border": "red" } })),
        "trim: \"red\" is not true, false or an object of color, tolerance and keep"
    );
    assert_eq!(message(json!({ "width": [1] })), "width: \"[1]\" is not a number, a text or true or false");
    assert_eq!(message(json!([1])), "[1] is not an object of options such as {\"width\": 400}");
    let refused = [
        json!([]),
        json!("width=1"),
        json!(null),
        json!({ "trim": { "top": "x" } }),
        json!({ "trim": { "top": -1 } }),
        json!({ "trim": true }),
        json!({ "trim": { "border": "red" } }),
        json!({ "trim": { "top": {} } }),
        json!({ "gravity": { "x": 1.5, "y": 0 } }),
        json!({ "gravity": { "x": "0.5x0", "y": 0 } }),
        json!({ "gravity": { "x": 0, "y": "0;box-center" } }),
        json!({ "gravity": { "x": 0, "y": 0, "mode": "middle" } }),
        json!({ "border": { "width": 10_001 } }),
        json!({ "draw": { "url": "a.png" } }),
        json!({ "draw": ["a.png"] }),
        json!({ "draw": [{ "url": "a.png", "font": [] }] }),
        json!({ "width": [100] }),
        json!({ "anim": 1 }),
    ];
    for image in refused {
        assert!(workers::parse(&image).is_err(), "{image}");
    }
    for image in [json!({ "sepia": {} }), json!({ "trim": { "depth": 1 } }), json!({ "border": { "style": "dotted" } })]
    {
        let parsed = workers::parse(&image).unwrap_or_else(|error| panic!("{image}: {error}"));
        assert!(matches!(parsed.warnings[..], [Warning::UnknownOption { .. }]), "{image}");
    }
}

#[test]
fn json_is_as_documented() {
    let options = url::parse(
        "w=400,fit=cover,gravity=0.5x0.25;box-center,trim=1;0.5;0;3,trim.border.keep=2,border=red;3,q=low,anim=false,\
         draw=(text=12,size=20,font=a.ttf,color=red,left=1,repeat=true)(url=b.png,width=0.5)",
    );
    let expected = json!({
        "width": 400,
        "fit": "cover",
        "gravity": { "x": 0.5, "y": 0.25, "mode": "box-center" },
        "trim": { "top": 1, "right": 0.5, "bottom": 0, "left": 3, "border": { "keep": 2 } },
        "border": { "color": "#ff0000", "width": 3 },
        "quality": "low",
        "anim": false,
        "draw": [
            { "text": "12", "size": 20, "font": { "url": "a.ttf" }, "color": "#ff0000", "left": 1, "repeat": true },
            { "url": "b.png", "width": 0.5 },
        ],
    });
    assert_eq!(workers::to_json(&options.expect("legal options").options), expected);
}
