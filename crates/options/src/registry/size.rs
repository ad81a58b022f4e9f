//! How large, and what of the picture.

use super::page::{Demo, Faces, Model, Page};
use super::{Group, Kind, OptionDef};
use crate::error::Problem;
use crate::value::number;
use crate::{Fit, Gravity, Upscale, Warning, Width};

/// The factor that `dpr` is held to. The documented maximum is 2; what is observed is a warning above 3.
const MAX_DPR: f64 = 3.0;

pub(super) static WIDTH: OptionDef = OptionDef {
    name: "width",
    aliases: &["w"],
    group: Group::Size,
    kind: Kind::Integer { min: 1, max: 12_000 },
    default: "",
    example: "400",
    doc: "Width of the target box in pixels, or auto",
    long: "Width of the box that the picture is fitted into, on the axes after rotation. With one side given the other \
           follows the picture's ratio. `auto` leaves the choice to the server, which snaps the width of the client's \
           viewport up to one of `wbreakpoints`, or goes by the kind of device.",
    page: Page::new(
        "a whole number of pixels, 1 or more, or auto",
        &["0", "12.5", "wide"],
        Demo::pixels("coffee.jpg", "width=480", "width=240"),
    )
    .with(&[
        ("height", "With only one of them the other follows the picture's ratio, rounded half up, at least one pixel."),
        ("fit", "Says how the picture meets the box of both; without it nothing is ever enlarged."),
        ("dpr", "Multiplies it."),
        ("rotate", "Width counts after the rotation."),
        ("wbreakpoints", "The widths that auto chooses from."),
    ]),
    set: |p, v| {
        p.options.width = Some(Width::parse(v)?);
        Ok(())
    },
    get: |o| o.width.map(|v| v.to_string()),
};

pub(super) static HEIGHT: OptionDef = OptionDef {
    name: "height",
    aliases: &["h"],
    group: Group::Size,
    kind: Kind::Integer { min: 1, max: 12_000 },
    default: "",
    example: "300",
    doc: "Height of the target box in pixels",
    long: "Height of the box that the picture is fitted into, on the axes after rotation.",
    page: Page::new(
        "a whole number of pixels, 1 or more",
        &["0", "-20", "auto"],
        Demo::pixels("coffee.jpg", "width=480", "height=160"),
    )
    .with(&[
        ("width", "With only one of them the other follows the picture's ratio, rounded half up, at least one pixel."),
        ("fit", "Says how the picture meets the box of both; without it nothing is ever enlarged."),
        ("dpr", "Multiplies it."),
        ("rotate", "Height counts after the rotation."),
    ]),
    set: |p, v| {
        let px = number::whole(v, 1, u32::MAX);
        p.options.height = Some(px.map_err(|_wrong| Problem::number("a whole number of pixels, 1 or more"))?);
        Ok(())
    },
    get: |o| o.height.map(|v| v.to_string()),
};

pub(super) static DPR: OptionDef = OptionDef {
    name: "dpr",
    aliases: &[],
    group: Group::Size,
    kind: Kind::Number { min: 0.5, max: 2.0, step: 0.25 },
    default: "1",
    example: "2",
    doc: "Device pixels per pixel; multiplies width and height",
    long: "Multiplies width, height, border and trim values that are in pixels, so that a page can speak in CSS pixels. \
           Values up to 2 are documented; up to 3 are taken, and what is above counts as 3 with a warning. Without \
           width and height the size does not change.",
    page: Page::new(
        "a number above 0, at most 3",
        &["4", "0", "retina"],
        Demo::pixels("coffee.jpg", "width=200", "width=200,dpr=2"),
    )
    .cloudflare(Faces::NO_BINDING)
    .with(&[
        ("width", "Is multiplied, and so is height; fit=scale-down still never enlarges."),
        ("border", "Its widths are multiplied."),
        ("trim", "Lengths in pixels are multiplied, fractions are not."),
    ]),
    set: |p, v| {
        let dpr = number::finite(v).filter(|dpr| *dpr > 0.0);
        let dpr = dpr.ok_or_else(|| Problem::number("a number above 0, at most 3"))?;
        if dpr > MAX_DPR {
            p.warn(Warning::DprTooLarge);
        }
        p.options.dpr = Some(dpr.min(MAX_DPR));
        Ok(())
    },
    get: |o| o.dpr.map(|v| v.to_string()),
};

pub(super) static FIT: OptionDef = OptionDef {
    name: "fit",
    aliases: &[],
    group: Group::Size,
    kind: Kind::Choice(Fit::NAMES),
    default: "scale-down",
    example: "cover",
    doc: "How the picture meets the box",
    long: "scale-down: inside the box, never enlarged. contain: inside the box, enlarged if needed. scale-up: like \
           contain, but never smaller than the source. cover: fills the box exactly, cropped by gravity. crop: like \
           cover, never enlarged. aspect-crop: cropped to the box's ratio, never enlarged. pad: like contain, on a \
           canvas of exactly the box's size filled with background. squeeze: stretched to the box.",
    page: Page::new("one of scale-down, contain, scale-up, cover, crop, aspect-crop, pad and squeeze", &["fill", "Cover"], Demo::pixels("coffee.jpg", "width=300,height=300", "width=300,height=300,fit=cover"))
    .with(&[
        ("width", "cover, crop, aspect-crop, pad and squeeze need both sides; with one there is a warning, and the picture is only scaled."),
        ("gravity", "Which part survives where something is cropped."),
        ("background", "The color of the bars of fit=pad; white without it."),
        ("upscale", "Where the detail comes from when contain, scale-up, cover or pad enlarge."),
    ]),
    set: |p, v| {
        p.options.fit = Some(Fit::parse(v)?);
        Ok(())
    },
    get: |o| o.fit.map(|v| v.to_string()),
};

pub(super) static GRAVITY: OptionDef = OptionDef {
    name: "gravity",
    aliases: &["g"],
    group: Group::Size,
    kind: Kind::Text,
    default: "center",
    example: "face",
    doc: "What survives cropping: a side, auto, face, entropy or a point",
    long: "left, right, top, bottom and center keep that part; auto keeps what stands out, face keeps faces, entropy \
           keeps the part with the most information. A point such as 0.5x0.33 shares out what is cut off in that \
           proportion, 0x0 being the top left; with ;box-center behind it the crop is centered on the point instead.",
    page: Page::new("center, left, right, top, bottom, auto, face, entropy, or a point XxY with coordinates from 0 to 1, with ;box-center behind it if wanted", &["middle", "0.5x1.5", "0.5"], Demo::pixels("astronaut.jpg", "width=480,height=200,fit=cover", "width=480,height=200,fit=cover,gravity=top"))
    .model(Model {
        when: "gravity=face",
        what: "a face detector",
        without: "Where something is cropped, the answer is an error that says so.",
    })
    .with(&[
        ("fit", "Only cover, crop and aspect-crop cut anything off; with other modes gravity has no effect."),
        ("zoom", "How close gravity=face goes."),
        ("rotate", "Sides and points are those of the picture after trim, flip and rotation."),
    ]),
    set: |p, v| {
        p.options.gravity = Some(Gravity::parse(v)?);
        Ok(())
    },
    get: |o| o.gravity.map(|v| v.to_string()),
};

pub(super) static ZOOM: OptionDef = OptionDef {
    name: "zoom",
    aliases: &["face-zoom"],
    group: Group::Size,
    kind: Kind::Number { min: 0.0, max: 1.0, step: 0.05 },
    default: "0",
    example: "0.5",
    doc: "With gravity=face: how close to crop to the faces",
    long: "0 keeps as much of the picture as fits, 1 crops tightly to the box around all faces.",
    page: Page::new(
        "a number from 0 to 1",
        &["1.5", "-1", "close"],
        Demo::pixels(
            "astronaut.jpg",
            "width=320,height=320,fit=cover,gravity=face",
            "width=320,height=320,fit=cover,gravity=face,zoom=0.5",
        )
        .alike("No faces are looked for on this server, so there is nothing to zoom in on."),
    )
    .cloudflare(Faces::NO_BINDING)
    .model(Model { when: "zoom", what: "a face detector", without: "The answer is an error that says so." })
    .with(&[("gravity", "Has an effect with gravity=face only.")]),
    set: |p, v| {
        p.options.zoom = Some(number::within(v, 0.0, 1.0)?);
        Ok(())
    },
    get: |o| o.zoom.map(|v| v.to_string()),
};

pub(super) static UPSCALE: OptionDef = OptionDef {
    name: "upscale",
    aliases: &[],
    group: Group::Size,
    kind: Kind::Choice(Upscale::NAMES),
    default: "interpolate",
    example: "generate",
    doc: "Where the detail of an enlarged picture comes from",
    long: "interpolate computes new pixels from their neighbors; generate asks a model for plausible detail, and is an \
           error where there is no such model.",
    page: Page::new(
        "interpolate or generate",
        &["ai", "true"],
        Demo::pixels(
            "astronaut.jpg",
            "trim=0.15;0.5;0.5;0.2,width=480,fit=contain",
            "trim=0.15;0.5;0.5;0.2,width=480,fit=contain,upscale=generate",
        )
        .alike("No model that generates detail is installed here."),
    )
    .cloudflare(Faces::NO_BINDING)
    .model(Model {
        when: "upscale=generate",
        what: "a super-resolution model",
        without: "The answer is an error that says so.",
    })
    .with(&[("fit", "Matters where the picture is enlarged: contain, scale-up, cover and pad can, squeeze too.")]),
    set: |p, v| {
        p.options.upscale = Some(Upscale::parse(v)?);
        Ok(())
    },
    get: |o| o.upscale.map(|v| v.to_string()),
};
