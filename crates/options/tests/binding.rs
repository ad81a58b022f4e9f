//! The binding's form: what runtimes were seen to send, what the commands mean, and what is refused.

use tintype_options::binding::{BindingError, BindingFormat, BindingRequest, Drawn, Input, Operation, Part, parse};
use tintype_options::{
    DrawOptions, OptionsError, OutputFormat, Quality, Rotate, Strictness, TransformOptions, Warning, Width, canonical,
};
use tintype_pixels::Rgba;

const IMAGE: Part<'static> = Part::File { name: "image" };
const LAYER: Part<'static> = Part::File { name: "draw_image" };

fn field<'a>(name: &'a str, text: &'a str) -> Part<'a> {
    Part::Field { name, text }
}

fn png<'a>(inputs: &[Part<'a>], transforms: &'a str) -> Vec<Part<'a>> {
    [inputs, &[field("transforms", transforms), field("output_format", "image/png")]].concat()
}

fn read(parts: &[Part<'_>]) -> Result<BindingRequest, BindingError> {
    parse(parts, Strictness::Strict)
}

/// The operations in one line.
fn shown(operations: &[Operation]) -> String {
    let one = |operation: &Operation| match operation {
        Operation::Transform(options) => canonical::to_string(options),
        Operation::Draw(Drawn { input, operations, .. }) => format!("draw {input} [{}]", shown(operations)),
    };
    operations.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// What workerd was seen to send.
#[test]
fn captured_form() {
    let transforms = r#"[{"imageIndex":0,"rotate":90},{"imageIndex":1,"width":32},
        {"drawImageIndex":1,"targetImageIndex":0,"opacity":0.5,"bottom":1,"right":2},{"imageIndex":0,"blur":5}]"#;
    let parts = [
        IMAGE,
        LAYER,
        field("transforms", transforms),
        field("output_format", "image/png"),
        field("output_quality", "80"),
        field("background", "red"),
        field("anim", "false"),
    ];
    let request = read(&parts).expect("a captured form");
    let transform = |options| Operation::Transform(Box::new(options));
    let rotated = TransformOptions { rotate: Some(Rotate::Quarter), ..TransformOptions::default() };
    let small = TransformOptions { width: Some(Width::Px(32)), ..TransformOptions::default() };
    let blurred = TransformOptions { blur: Some(5.0), ..TransformOptions::default() };
    let placement = DrawOptions { opacity: Some(0.5), bottom: Some(1), right: Some(2), ..DrawOptions::default() };
    let drawn = Drawn { input: 1, operations: vec![transform(small)], placement };
    let expected = BindingRequest {
        inputs: vec![Input::Picture { part: 0 }, Input::Picture { part: 1 }],
        operations: vec![transform(rotated), Operation::Draw(drawn), transform(blurred)],
        format: BindingFormat::Png,
        quality: Some(Quality::Number(80)),
        background: Some(Rgba { r: 1.0, g: 0.0, b: 0.0, a: 1.0 }),
        anim: Some(false),
        warnings: vec![],
    };
    assert_eq!(request, expected);
    assert_eq!(request.format.output_format(), Some(OutputFormat::PngForce));
}

/// The runtime's own example of nesting.
#[test]
fn flattened_tree() {
    let transforms = r#"[{"imageIndex":0,"rotate":90},{"imageIndex":1,"rotate":180},
        {"drawImageIndex":1,"targetImageIndex":0},{"drawImageIndex":3,"targetImageIndex":2},
        {"imageIndex":2,"rotate":270},{"drawImageIndex":2,"targetImageIndex":0},
        {"drawImageIndex":4,"targetImageIndex":0}]"#;
    let request = read(&png(&[IMAGE, LAYER, LAYER, LAYER, LAYER], transforms)).expect("a tree");
    let expected = "rotate=90; draw 1 [rotate=180]; draw 2 [draw 3 []; rotate=270]; draw 4 []";
    assert_eq!(shown(&request.operations), expected);
}

#[test]
fn texts_and_pictures_share_numbers() {
    let text = r##"{"text":"Hi","font":{"url":"https://h/a.ttf"},"size":20,"color":"#fff"}"##;
    let parts = png(&[IMAGE, LAYER, field("draw_text", text), LAYER], "[]");
    let request = read(&parts).expect("a form");
    let [canvas, first, Input::Text(second), third] = &request.inputs[..] else { panic!("{request:?}") };
    let picture = |part| Input::Picture { part };
    assert_eq!([canvas, first, third], [&picture(0), &picture(1), &picture(3)]);
    assert_eq!((second.text.as_str(), second.size_px, second.color), ("Hi", Some(20.0), Some(Rgba::WHITE)));
    assert_eq!(request.operations, []);

    let request = read(&png(&[field("text_input", r#"{"text":"Hi","font":{"url":"a.ttf"}}"#)], "[]"));
    assert!(matches!(&request.expect("a form").inputs[..], [Input::Text(_)]));
}

#[test]
fn formats() {
    for name in BindingFormat::NAMES {
        let parts = [IMAGE, field("transforms", "[]"), field("output_format", name)];
        let format = read(&parts).expect("a form").format;
        assert_eq!(format.name(), *name);
        assert_eq!(format.output_format().is_none(), name.starts_with("rgb"));
    }
    let parts = [IMAGE, field("transforms", "[]"), field("output_format", "image/bmp")];
    let error = read(&parts).expect_err("no format").to_string();
    assert!(error.starts_with("output_format: \"image/bmp\" is not image/jpeg, image/png"), "{error}");
}

#[test]
fn forms_that_are_refused() {
    let transforms = field("transforms", "[]");
    let format = field("output_format", "rgb");
    let table: &[(&[Part<'_>], &str)] = &[
        (&[transforms, format], "the form has no part image"),
        (&[IMAGE, format], "the form has no part transforms"),
        (&[IMAGE, transforms], "the form has no part output_format"),
        (&[IMAGE, IMAGE, transforms, format], "the form has \"image\" more than once"),
        (&[IMAGE, transforms, transforms, format], "the form has \"transforms\" more than once"),
        (&[IMAGE, field("text_input", r#"{"text":"a"}"#)], "the form has \"text_input\" more than once"),
        (&[field("image", "x")], "the part \"image\" has to be a file"),
        (&[Part::File { name: "transforms" }], "the part \"transforms\" has to be text"),
        (&[field("text_input", "[]")], "text_input is not a JSON object with text, font, size and color"),
        (&[field("draw_text", "{}")], "draw_text: a layer draws either a picture (url) or a text (text)"),
        (&[IMAGE, field("transforms", "{}"), format], "transforms is not a JSON array of objects"),
        (&[IMAGE, field("transforms", "[1]"), format], "transforms is not a JSON array of objects"),
        (
            &[IMAGE, transforms, format, field("output_quality", "x")],
            "quality: \"x\" is not a number from 1 to 100, high, medium-high, medium-low or low",
        ),
        (&[IMAGE, transforms, format, field("anim", "1")], "anim: \"1\" is not true or false"),
        (&[IMAGE, transforms, format, field("more", "1")], "unknown option 'more'"),
    ];
    for (parts, expected) in table {
        assert_eq!(read(parts).expect_err(expected).to_string(), *expected);
    }
    let parts = [IMAGE, transforms, format, field("more", "1")];
    let request = parse(&parts, Strictness::Lenient).expect("only a warning");
    assert_eq!(request.warnings, [Warning::UnknownOption { name: "more".into() }]);
}

#[test]
fn commands_that_are_refused() {
    let table = [
        (r#"[{}]"#, "command 1: neither imageIndex nor"),
        (r#"[{"imageIndex":"0"}]"#, "command 1: neither imageIndex nor"),
        (r#"[{"imageIndex":-1}]"#, "command 1: neither imageIndex nor"),
        (r#"[{"imageIndex":0.5}]"#, "command 1: neither imageIndex nor"),
        (r#"[{"imageIndex":0,"drawImageIndex":1,"targetImageIndex":0}]"#, "command 1: neither imageIndex nor"),
        (r#"[{"drawImageIndex":1}]"#, "command 1: neither imageIndex nor"),
        (r#"[{"imageIndex":3}]"#, "command 1: input 3 is not there, or was drawn already"),
        (r#"[{"drawImageIndex":0,"targetImageIndex":1}]"#, "command 1: input 0 cannot be drawn on 1"),
        (r#"[{"drawImageIndex":1,"targetImageIndex":1}]"#, "command 1: input 1 cannot be drawn on 1"),
        (
            r#"[{"drawImageIndex":1,"targetImageIndex":0},{"drawImageIndex":1,"targetImageIndex":0}]"#,
            "command 2: input 1 is not there, or was drawn already",
        ),
        (
            r#"[{"drawImageIndex":1,"targetImageIndex":2},{"drawImageIndex":2,"targetImageIndex":1}]"#,
            "command 2: input 1 is not there, or was drawn already",
        ),
        (
            r#"[{"drawImageIndex":1,"targetImageIndex":0},{"imageIndex":1,"blur":1}]"#,
            "command 2: input 1 is not there, or was drawn already",
        ),
        (r#"[{"imageIndex":0,"width":"x"}]"#, "command 1: width: \"x\" is not a whole number"),
        (r#"[{"drawImageIndex":1,"targetImageIndex":0,"opacity":2}]"#, "command 1: opacity: \"2\" is not"),
        (
            r#"[{"drawImageIndex":1,"targetImageIndex":0,"left":2,"right":1}]"#,
            "command 1: left and right exclude each other",
        ),
    ];
    for (transforms, expected) in table {
        let error = read(&png(&[IMAGE, LAYER, LAYER], transforms)).expect_err(transforms).to_string();
        assert!(error.starts_with(&format!("transforms: {expected}")), "{transforms}: {error}");
    }
    let draw = r#"[{"drawImageIndex":1,"targetImageIndex":0,"blur":1}]"#;
    let request = parse(&png(&[IMAGE, LAYER], draw), Strictness::Lenient).expect("only a warning");
    assert_eq!(request.warnings, [Warning::UnknownOption { name: "blur".into() }]);
}

#[test]
fn limits() {
    let many = |n: usize| format!("[{}]", vec![r#"{"imageIndex":0}"#; n].join(","));
    assert!(read(&png(&[IMAGE], &many(256))).is_ok());
    assert_eq!(read(&png(&[IMAGE], &many(257))), Err(BindingError::TooManyCommands { count: 257 }));
    let layers = |n: usize| [vec![IMAGE], vec![LAYER; n]].concat();
    assert!(read(&png(&layers(16), "[]")).is_ok());
    assert_eq!(read(&png(&layers(17), "[]")), Err(OptionsError::TooManyLayers.into()));
    // Each layer is drawn on the one before it, the deepest first.
    let chain = |n: usize| {
        let draws = (1..=n).rev().map(|i| format!(r#"{{"drawImageIndex":{i},"targetImageIndex":{}}}"#, i - 1));
        format!("[{}]", draws.collect::<Vec<_>>().join(","))
    };
    assert!(read(&png(&layers(16), &chain(4))).is_ok());
    assert!(matches!(
        read(&png(&layers(16), &chain(5))),
        Err(BindingError::Options { error: OptionsError::TooDeep, .. })
    ));
}

#[test]
fn what_means_nothing_to_the_binding_is_said() {
    let said = |transform: &str| {
        let transforms = format!(r#"[{{"imageIndex":0,{transform}}}]"#);
        let request = parse(&png(&[IMAGE], &transforms), Strictness::Lenient)?;
        Ok::<_, BindingError>(request.warnings.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let table = [
        (r#""width":5,"zoom":0.5,"dpr":2"#, vec![]),
        (r#""metadata":"keep""#, vec!["metadata has no effect on the Images binding"]),
        (r#""format":"webp""#, vec!["format has no effect on .transform(), only .output() takes it"]),
        (r#""w":5,"width":6"#, vec!["width is given more than once, the last one counts"]),
        (r#""width":6,"width":5"#, vec!["width is given more than once, the last one counts"]),
    ];
    for (transform, warnings) in table {
        assert_eq!(said(transform), Ok(warnings.into_iter().map(str::to_owned).collect()), "{transform}");
    }
    for refused in [r#""width":"auto""#, r#""metadata":"all""#] {
        assert!(matches!(said(refused), Err(BindingError::Options { .. })), "{refused}");
    }
}
