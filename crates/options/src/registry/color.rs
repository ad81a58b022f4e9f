//! Colors and filters.

use super::page::{Demo, Faces, Model, Page};
use super::{Group, Kind, OptionDef};
use crate::value::{color, number};
use crate::{Refine, Segment, SegmentModel};

/// The largest factor that is taken.
const MAX_FACTOR: f64 = 255.0;

pub(super) static SEGMENT: OptionDef = OptionDef {
    name: "segment",
    aliases: &[],
    group: Group::Color,
    kind: Kind::Choice(Segment::NAMES),
    default: "",
    example: "foreground",
    doc: "Makes the background transparent",
    long: "foreground finds what stands out and makes everything else transparent, with soft edges. With background the \
           rest is filled instead. In format=json the answer has the mask, as a gray PNG.",
    page: Page::new(
        "foreground",
        &["background", "true"],
        Demo::pixels("astronaut.jpg", "width=400", "width=400,segment=foreground")
            .alike("This server has no such model, and the picture stays whole."),
    )
    .model(Model {
        when: "segment=foreground",
        what: "a model that tells foreground from background",
        without: "The answer is an error that says so.",
    })
    .with(&[
        ("background", "Fills what segment makes transparent."),
        ("segment-model", "Names the model; without it the best that is installed and quick enough where it runs."),
        ("segment-refine", "Whether the old background's color is taken out of soft edges."),
        ("format", "JPEG knows no transparency; without a format the result is PNG then."),
    ]),
    set: |p, v| {
        p.options.segment = Some(Segment::parse(v)?);
        Ok(())
    },
    get: |o| o.segment.map(|v| v.to_string()),
};

/// What both options below show where there is no model.
const NO_MODEL: Model = Model {
    when: "segment=foreground",
    what: "a model that tells foreground from background",
    without: "The answer is an error that says so, with the command that installs the model that is named.",
};

pub(super) static SEGMENT_MODEL: OptionDef = OptionDef {
    name: "segment-model",
    aliases: &[],
    group: Group::Color,
    kind: Kind::Choice(SegmentModel::NAMES),
    default: "",
    example: "u2netp",
    doc: "Which model tells the foreground",
    long: "One of the models of `tintype models`, by rising quality and cost; one that is not installed is an error. Without \
           the option it is the configuration's ml.matting, or the best that is installed; where models run on the \
           processor, the quickest that is installed.",
    page: Page::new(
        "u2netp, u2net, isnet, birefnet-lite or birefnet",
        &["rembg", "true"],
        Demo::pixels("astronaut.jpg", "width=400", "width=400,segment=foreground,segment-model=u2netp")
            .alike("This server has no such model, and the picture stays whole."),
    )
    .cloudflare(Faces::NONE)
    .model(NO_MODEL)
    .with(&[("segment", "Without segment=foreground there is nothing to tell, and a warning says so.")]),
    set: |p, v| {
        p.options.segment_model = Some(SegmentModel::parse(v)?);
        Ok(())
    },
    get: |o| o.segment_model.map(|v| v.to_string()),
};

pub(super) static SEGMENT_REFINE: OptionDef = OptionDef {
    name: "segment-refine",
    aliases: &[],
    group: Group::Color,
    kind: Kind::Choice(Refine::NAMES),
    default: "colors",
    example: "off",
    doc: "Whether soft edges lose the old background's color",
    long: "Hair and other soft edges show the background through. colors estimates the foreground's own color there, so that no \
           fringe is left on a new background; off keeps the picture's colors. How much of a pixel stays is the same in both.",
    page: Page::new(
        "colors or off",
        &["true", "alpha"],
        Demo::pixels(
            "astronaut.jpg",
            "width=400,background=black",
            "width=400,segment=foreground,segment-refine=off,background=black",
        )
        .alike("This server has no such model, and the picture stays whole."),
    )
    .cloudflare(Faces::NONE)
    .model(NO_MODEL)
    .with(&[
        ("segment", "Without segment=foreground there is no such edge, and a warning says so."),
        ("background", "A color unlike the old background shows the difference."),
    ]),
    set: |p, v| {
        p.options.segment_refine = Some(Refine::parse(v)?);
        Ok(())
    },
    get: |o| o.segment_refine.map(|v| v.to_string()),
};

pub(super) static BACKGROUND: OptionDef = OptionDef {
    name: "background",
    aliases: &[],
    group: Group::Color,
    kind: Kind::Color,
    default: "white",
    example: "%23eeeeee",
    doc: "Color under the picture",
    long: "Shows through transparent parts and in the bars of fit=pad; may itself be transparent. Any CSS color: names, \
           %23rrggbb, rgb(255,0,0), rgb(255%200%200), hsl(...) and the rest.",
    page: Page::new(
        "any CSS color",
        &["paper", "12"],
        Demo::pixels("horse.png", "width=400", "width=400,background=%23d9a566"),
    )
    .with(&[
        ("fit", "Fills the bars of fit=pad."),
        ("format", "Where the format knows no transparency and nothing else is said, white is used."),
        ("border", "Comes later, with a color of its own."),
    ]),
    set: |p, v| {
        p.options.background = Some(color::parse(v)?);
        Ok(())
    },
    get: |o| o.background.map(color::to_css),
};

/// A definition of a factor of which 0 means no change.
macro_rules! factor {
    ($static:ident, $field:ident, $demo:literal, $with:expr, $doc:literal, $long:literal) => {
        pub(super) static $static: OptionDef = OptionDef {
            name: stringify!($field),
            aliases: &[],
            group: Group::Color,
            kind: Kind::Number { min: 0.1, max: 3.0, step: 0.1 },
            default: "1",
            example: "1.5",
            doc: $doc,
            long: $long,
            page: Page::new(
                "a number from 0 to 255; 0 and 1 change nothing",
                &["-1", "300", "more"],
                Demo::pixels("coffee.jpg", "width=480", concat!("width=480,", stringify!($field), "=", $demo)),
            )
            .with($with),
            set: |p, v| {
                p.options.$field = Some(number::within(v, 0.0, MAX_FACTOR)?).filter(|factor| *factor != 0.0);
                Ok(())
            },
            get: |o| o.$field.map(|v| v.to_string()),
        };
    };
}

factor!(
    BRIGHTNESS,
    brightness,
    "1.5",
    &[
        ("contrast", "Comes after brightness; then saturation, then gamma."),
        ("fit", "Changes the bars of fit=pad too.")
    ],
    "Makes the picture darker (below 1) or lighter (above 1)",
    "A factor, up to 255: 0.5 is half as bright, 2 twice. 0 changes nothing."
);
factor!(
    CONTRAST,
    contrast,
    "1.6",
    &[("brightness", "Comes before contrast; saturation and gamma after it.")],
    "Makes the picture flatter (below 1) or stronger (above 1)",
    "A factor, up to 255. 0 changes nothing."
);
factor!(
    GAMMA,
    gamma,
    "0.5",
    &[("brightness", "Moves all tones; gamma leaves black and white where they are, and comes last.")],
    "Makes the middle tones lighter (below 1) or darker (above 1)",
    "An exponent on the values, up to 255; black and white stay where they are. 0 changes nothing."
);

pub(super) static SATURATION: OptionDef = OptionDef {
    name: "saturation",
    aliases: &[],
    group: Group::Color,
    kind: Kind::Number { min: 0.0, max: 3.0, step: 0.1 },
    default: "1",
    example: "0",
    doc: "Makes colors muted (below 1) or vivid (above 1)",
    long: "A factor, up to 255. 0 is greyscale.",
    page: Page::new(
        "a number from 0 to 255; 1 changes nothing",
        &["-1", "300", "none"],
        Demo::pixels("coffee.jpg", "width=480", "width=480,saturation=0"),
    )
    .with(&[("contrast", "Comes before saturation, gamma after it.")]),
    set: |p, v| {
        p.options.saturation = Some(number::within(v, 0.0, MAX_FACTOR)?);
        Ok(())
    },
    get: |o| o.saturation.map(|v| v.to_string()),
};

pub(super) static SHARPEN: OptionDef = OptionDef {
    name: "sharpen",
    aliases: &[],
    group: Group::Color,
    kind: Kind::Number { min: 0.0, max: 10.0, step: 0.1 },
    default: "0",
    example: "1",
    doc: "Strengthens edges",
    long: "0 does nothing, 1 suits a picture that was made smaller, 10 is the most.",
    page: Page::new(
        "a number from 0 to 10",
        &["11", "-1", "yes"],
        Demo::pixels("coffee.jpg", "width=480", "width=480,sharpen=4"),
    )
    .with(&[
        ("width", "Sharpening comes after resizing, in pixels of the result."),
        ("blur", "Comes after sharpening."),
    ]),
    set: |p, v| {
        p.options.sharpen = Some(number::within(v, 0.0, 10.0)?);
        Ok(())
    },
    get: |o| o.sharpen.map(|v| v.to_string()),
};

pub(super) static BLUR: OptionDef = OptionDef {
    name: "blur",
    aliases: &[],
    group: Group::Color,
    kind: Kind::Number { min: 0.0, max: 250.0, step: 1.0 },
    default: "0",
    example: "20",
    doc: "Blurs",
    long: "A radius in pixels of the result: 0 does nothing, 1 is slight, 250 is the most. No protection for secrets: \
           whoever sees the URL can ask for the picture without it.",
    page: Page::new(
        "a number from 0 to 250",
        &["300", "-1", "soft"],
        Demo::pixels("coffee.jpg", "width=480", "width=480,blur=8"),
    )
    .with(&[
        ("width", "The radius is in pixels of the result: a smaller picture looks more blurred."),
        ("fit", "The bars of fit=pad are blurred too."),
        ("border", "Comes later and stays sharp."),
    ]),
    set: |p, v| {
        p.options.blur = Some(number::within(v, 0.0, 250.0)?);
        Ok(())
    },
    get: |o| o.blur.map(|v| v.to_string()),
};
