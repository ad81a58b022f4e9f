//! Cutting, turning, framing.

use super::page::{Demo, Faces, Page};
use super::{Group, Kind, OptionDef};
use crate::value::{color, number};
use crate::{Border, Flip, Length, Rotate, Trim, TrimBorder};

pub(super) static TRIM: OptionDef = OptionDef {
    name: "trim",
    aliases: &[],
    group: Group::Geometry,
    kind: Kind::Text,
    default: "",
    example: "20;30;20;0",
    doc: "What to cut off first: top;right;bottom;left, or border",
    long: "Cuts before anything else, on the upright source. Whole numbers are pixels, decimals between 0 and 1 are \
           fractions of that side. `border` finds a border of one color and cuts it off.",
    page: Page::new(
        "top;right;bottom;left in whole pixels or in fractions between 0 and 1, or border",
        &["20;30", "-5;0;0;0", "edges"],
        Demo::pixels("coffee.jpg", "width=480", "trim=60;140;90;120,width=480"),
    )
    .with(&[
        ("trim.width", "How much to keep, in place of a cut on the right; trim.height in place of one at the bottom."),
        ("trim.border.tolerance", "Tunes the search for a border, and turns it on by itself."),
        ("width", "Trim comes before resizing, on the upright source."),
        ("dpr", "Multiplies pixels, leaves fractions alone."),
    ]),
    set: |p, v| {
        let mut trim = p.options.trim.unwrap_or_default();
        trim.refine(v)?;
        p.options.trim = Some(trim);
        Ok(())
    },
    get: |o| {
        // The parts say the rest; this is for a border about which nothing more is said.
        o.trim?.border.filter(|border| *border == TrimBorder::default()).map(|_| "border".into())
    },
};

/// A definition of one length of `trim`.
macro_rules! trim_length {
    ($static:ident, $field:ident, $cloudflare:expr, $with:expr, $doc:literal, $long:literal) => {
        pub(super) static $static: OptionDef = OptionDef {
            name: concat!("trim.", stringify!($field)),
            aliases: &[],
            group: Group::Geometry,
            kind: Kind::Text,
            default: "",
            example: "0.25",
            doc: $doc,
            long: $long,
            page: Page::new(
                "a whole number of pixels from 0, or a fraction between 0 and 1",
                &["-5", "1.5", "half"],
                Demo::pixels("coffee.jpg", "width=480", concat!("trim.", stringify!($field), "=0.4,width=480")),
            )
            .cloudflare($cloudflare)
            .with($with),
            set: |p, v| {
                let length = Length::parse(v)?;
                p.options.trim.get_or_insert_with(Trim::default).$field = Some(length);
                Ok(())
            },
            get: |o| o.trim?.$field.map(|v| v.to_string()),
        };
    };
}

trim_length!(
    TRIM_TOP,
    top,
    Faces::ALL,
    &[("trim", "Sets all four sides at once; what is given for one side by itself counts.")],
    "What to cut off at the top",
    "Pixels, or a fraction of the height between 0 and 1."
);
trim_length!(
    TRIM_RIGHT,
    right,
    Faces::NO_URL,
    &[("trim.width", "Says where the picture ends instead, and wins.")],
    "What to cut off on the right",
    "Pixels, or a fraction of the width between 0 and 1. Without effect beside trim.width."
);
trim_length!(
    TRIM_BOTTOM,
    bottom,
    Faces::NO_URL,
    &[("trim.height", "Says where the picture ends instead, and wins.")],
    "What to cut off at the bottom",
    "Pixels, or a fraction of the height between 0 and 1. Without effect beside trim.height."
);
trim_length!(
    TRIM_LEFT,
    left,
    Faces::ALL,
    &[("trim", "Sets all four sides at once; what is given for one side by itself counts.")],
    "What to cut off on the left",
    "Pixels, or a fraction of the width between 0 and 1."
);
trim_length!(
    TRIM_WIDTH,
    width,
    Faces::ALL,
    &[
        ("trim.left", "Where the part that is kept begins; 0 without it."),
        ("trim.right", "Has no effect beside trim.width.")
    ],
    "How much to keep from the left cut on",
    "Pixels, or a fraction of the width between 0 and 1."
);
trim_length!(
    TRIM_HEIGHT,
    height,
    Faces::ALL,
    &[
        ("trim.top", "Where the part that is kept begins; 0 without it."),
        ("trim.bottom", "Has no effect beside trim.height.")
    ],
    "How much to keep from the top cut on",
    "Pixels, or a fraction of the height between 0 and 1."
);

fn trim_border(p: &mut crate::Parsed) -> &mut TrimBorder {
    p.options.trim.get_or_insert_default().border.get_or_insert_default()
}

pub(super) static TRIM_BORDER_COLOR: OptionDef = OptionDef {
    name: "trim.border.color",
    aliases: &[],
    group: Group::Geometry,
    kind: Kind::Color,
    default: "",
    example: "%23ffffff",
    doc: "Color of the border to find and cut off",
    long: "Turns the search for a border on. Without it the color is that of the picture's corners.",
    page: Page::new(
        "a CSS color",
        &["frame", "12"],
        Demo::pixels("framed.jpg", "width=480", "trim.border.color=%23ffffff,width=480"),
    )
    .with(&[
        ("trim", "Any trim.border option by itself turns on the search that trim=border asks for."),
        ("trim.border.tolerance", "How far from this color still counts as border."),
    ]),
    set: |p, v| {
        trim_border(p).color = Some(color::parse(v)?);
        Ok(())
    },
    get: |o| o.trim?.border?.color.map(color::to_css),
};

pub(super) static TRIM_BORDER_TOLERANCE: OptionDef = OptionDef {
    name: "trim.border.tolerance",
    aliases: &[],
    group: Group::Geometry,
    kind: Kind::Number { min: 0.0, max: 255.0, step: 1.0 },
    default: "",
    example: "10",
    doc: "How far a color may be from the border's and still be cut off",
    long: "Turns the search for a border on. 0 to 255 a channel; larger values cut more.",
    page: Page::new(
        "a number from 0 to 255; without it 10",
        &["300", "-1", "some"],
        Demo::pixels("framed.jpg", "width=480", "trim.border.tolerance=40,width=480"),
    )
    .with(&[("trim", "Any trim.border option by itself turns on the search that trim=border asks for.")]),
    set: |p, v| {
        let tolerance = number::within(v, 0.0, 255.0)?;
        trim_border(p).tolerance = Some(tolerance);
        Ok(())
    },
    get: |o| o.trim?.border?.tolerance.map(|v| v.to_string()),
};

pub(super) static TRIM_BORDER_KEEP: OptionDef = OptionDef {
    name: "trim.border.keep",
    aliases: &[],
    group: Group::Geometry,
    kind: Kind::Integer { min: 0, max: 100 },
    default: "0",
    example: "5",
    doc: "How many pixels of the border to leave",
    long: "Turns the search for a border on. Pixels to leave on each side where a border was found.",
    page: Page::new(
        "a whole number of pixels from 0",
        &["-1", "2.5"],
        Demo::pixels("framed.jpg", "trim=border", "trim.border.keep=12"),
    )
    .with(&[("trim", "Any trim.border option by itself turns on the search that trim=border asks for.")]),
    set: |p, v| {
        let keep = number::whole(v, 0, u32::MAX)?;
        trim_border(p).keep = Some(keep);
        Ok(())
    },
    get: |o| o.trim?.border?.keep.map(|v| v.to_string()),
};

pub(super) static FLIP: OptionDef = OptionDef {
    name: "flip",
    aliases: &[],
    group: Group::Geometry,
    kind: Kind::Choice(&["h", "v", "hv"]),
    default: "",
    example: "h",
    doc: "Mirrors left to right (h), top to bottom (v) or both (hv)",
    long: "Mirrors the picture, before it is rotated.",
    page: Page::new(
        "h, v or hv (vh is the same)",
        &["x", "horizontal"],
        Demo::pixels("coffee.jpg", "width=480", "width=480,flip=h"),
    )
    .with(&[
        ("rotate", "The picture is flipped first and rotated then."),
        ("gravity", "Counts on the picture as it is after both."),
    ]),
    set: |p, v| {
        p.options.flip = Some(Flip::parse(v)?);
        Ok(())
    },
    get: |o| o.flip.filter(|flip| *flip != Flip::default()).map(|v| v.to_string()),
};

pub(super) static ROTATE: OptionDef = OptionDef {
    name: "rotate",
    aliases: &[],
    group: Group::Geometry,
    kind: Kind::Choice(&["0", "90", "180", "270"]),
    default: "0",
    example: "90",
    doc: "Rotates clockwise, in degrees",
    long: "90, 180 or 270 degrees clockwise, before resizing: width and height are those of the rotated picture. 0 and \
           360 do nothing.",
    page: Page::new(
        "0, 90, 180, 270 or 360",
        &["45", "left"],
        Demo::pixels("coffee.jpg", "width=320", "rotate=90,height=320"),
    )
    .with(&[
        ("width", "Width and height are those of the rotated picture."),
        ("flip", "Happens before."),
        ("trim", "Happens before, on the upright source."),
    ]),
    set: |p, v| {
        p.options.rotate = Some(Rotate::parse(v)?);
        Ok(())
    },
    get: |o| o.rotate.map(|v| v.to_string()),
};

pub(super) static BORDER: OptionDef = OptionDef {
    name: "border",
    aliases: &[],
    group: Group::Geometry,
    kind: Kind::Text,
    default: "",
    example: "black;3",
    doc: "A frame around the result: color;width or color;top;right;bottom;left",
    long: "Widths are in pixels, up to 10000, times dpr. The frame is added after resizing, and the result grows by it.",
    page: Page::new(
        "color;width or color;top;right;bottom;left, widths in whole pixels up to 10000",
        &["3", "black;wide", "black;1;2"],
        Demo::pixels("coffee.jpg", "width=420", "width=420,border=%23b5651d;16"),
    )
    .cloudflare(Faces::NO_URL)
    .with(&[
        ("width", "The frame comes after resizing: the result is larger than the box by it."),
        ("dpr", "Multiplies the widths."),
        ("blur", "The frame stays sharp: it is put around what the filters leave."),
    ]),
    set: |p, v| {
        p.options.border = Some(Border::parse(v)?);
        Ok(())
    },
    get: |_| None, // Its parts say it all.
};

pub(super) static BORDER_COLOR: OptionDef = OptionDef {
    name: "border.color",
    aliases: &[],
    group: Group::Geometry,
    kind: Kind::Color,
    default: "black",
    example: "%23336699",
    doc: "Color of the frame around the result",
    long: "May be transparent. A frame needs a width too.",
    page: Page::new(
        "a CSS color",
        &["ink-ish", "12"],
        Demo::pixels("coffee.jpg", "width=420,border.width=16", "width=420,border.width=16,border.color=%23b5651d"),
    )
    .cloudflare(Faces::NO_URL)
    .with(&[("border.width", "Without a width there is no frame.")]),
    set: |p, v| {
        let color = color::parse(v)?;
        p.options.border.get_or_insert_default().color = Some(color);
        Ok(())
    },
    get: |o| o.border?.color.map(color::to_css),
};

/// A definition of one width of `border`.
macro_rules! border_side {
    ($static:ident, $field:ident, $doc:literal, $long:literal) => {
        pub(super) static $static: OptionDef = OptionDef {
            name: concat!("border.", stringify!($field)),
            aliases: &[],
            group: Group::Geometry,
            kind: Kind::Integer { min: 0, max: 100 },
            default: "0",
            example: "5",
            doc: $doc,
            long: $long,
            page: Page::new(
                "a whole number of pixels from 0 to 10000",
                &["-1", "1.5", "10001"],
                Demo::pixels(
                    "coffee.jpg",
                    "width=420",
                    concat!("width=420,border.", stringify!($field), "=24,border.color=%23b5651d"),
                ),
            )
            .cloudflare(Faces::NO_URL)
            .with(&[
                ("border", "Sets color and widths at once."),
                ("border.color", "Black without it."),
                ("dpr", "Multiplies it."),
            ]),
            set: |p, v| {
                let px = Border::side(v)?;
                p.options.border.get_or_insert_default().$field = Some(px);
                Ok(())
            },
            get: |o| o.border?.$field.map(|v| v.to_string()),
        };
    };
}

border_side!(BORDER_WIDTH, width, "Width of the frame on all sides", "Pixels, up to 10000, times dpr.");
border_side!(BORDER_TOP, top, "Width of the frame at the top", "Pixels, up to 10000, times dpr.");
border_side!(BORDER_RIGHT, right, "Width of the frame on the right", "Pixels, up to 10000, times dpr.");
border_side!(BORDER_BOTTOM, bottom, "Width of the frame at the bottom", "Pixels, up to 10000, times dpr.");
border_side!(BORDER_LEFT, left, "Width of the frame on the left", "Pixels, up to 10000, times dpr.");
