//! Colors and filters.

use super::{Group, Kind, OptionDef};
use crate::Segment;
use crate::value::{color, number};

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
           rest is filled instead.",
    set: |p, v| {
        p.options.segment = Some(Segment::parse(v)?);
        Ok(())
    },
    get: |o| o.segment.map(|v| v.to_string()),
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
    set: |p, v| {
        p.options.background = Some(color::parse(v)?);
        Ok(())
    },
    get: |o| o.background.map(color::to_css),
};

/// A definition of a factor of which 0 means no change.
macro_rules! factor {
    ($static:ident, $field:ident, $doc:literal, $long:literal) => {
        pub(super) static $static: OptionDef = OptionDef {
            name: stringify!($field),
            aliases: &[],
            group: Group::Color,
            kind: Kind::Number { min: 0.1, max: 3.0, step: 0.1 },
            default: "1",
            example: "1.5",
            doc: $doc,
            long: $long,
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
    "Makes the picture darker (below 1) or lighter (above 1)",
    "A factor, up to 255: 0.5 is half as bright, 2 twice. 0 changes nothing."
);
factor!(
    CONTRAST,
    contrast,
    "Makes the picture flatter (below 1) or stronger (above 1)",
    "A factor, up to 255. 0 changes nothing."
);
factor!(
    GAMMA,
    gamma,
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
    set: |p, v| {
        p.options.blur = Some(number::within(v, 0.0, 250.0)?);
        Ok(())
    },
    get: |o| o.blur.map(|v| v.to_string()),
};
