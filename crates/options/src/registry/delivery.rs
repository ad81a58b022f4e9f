//! What depends on the client and on HTTP.

use super::page::{DESKTOP, Demo, Faces, PHONE, Page};
use super::{Group, Kind, OptionDef, output};
use crate::error::Problem;
use crate::value::number;
use crate::{OnError, OriginAuth};

pub(super) static SLOW_CONNECTION_QUALITY: OptionDef = OptionDef {
    name: "slow-connection-quality",
    aliases: &["scq"],
    group: Group::Delivery,
    kind: Kind::Integer { min: 1, max: 100 },
    default: "",
    example: "50",
    doc: "Quality for clients that say their connection is slow",
    long: "Takes what quality takes, and replaces it where a client hint says so: a round trip above 150 ms, data saving, \
           2G or 3G, or less than 5 Mbit/s.",
    page: Page::new(
        "what quality takes",
        &["0", "150", "bad"],
        Demo::file("coffee.jpg", "width=480", "width=480,slow-connection-quality=20")
            .asked_with(&[("save-data", "on")]),
    )
    .cloudflare(Faces::URL)
    .here(Faces::HTTP)
    .with(&[("quality", "Holds for everybody else.")]),
    set: |p, v| {
        p.options.slow_connection_quality = Some(output::quality(p, "slow-connection-quality", v)?);
        Ok(())
    },
    get: |o| o.slow_connection_quality.map(|v| v.to_string()),
};

pub(super) static WBREAKPOINTS: OptionDef = OptionDef {
    name: "wbreakpoints",
    aliases: &[],
    group: Group::Delivery,
    kind: Kind::Text,
    default: "320;768;960;1200",
    example: "320;640;1280",
    doc: "Widths that width=auto chooses from",
    long: "Pixels, separated by semicolons. The client's width is moved up to the next of them.",
    page: Page::new(
        "whole numbers of pixels, 1 or more, separated by semicolons",
        &["320;wide", "0"],
        Demo::pixels("coffee.jpg", "width=auto", "width=auto,wbreakpoints=160;240;480")
            .asked_with(&[("sec-ch-viewport-width", "200")]),
    )
    .cloudflare(Faces::URL)
    .here(Faces::HTTP)
    .with(&[("width", "Has an effect with width=auto only."), ("wmobile", "Holds where the client says no width.")]),
    set: |p, v| {
        let widths: Result<Vec<_>, _> = v.split(';').map(|width| number::whole(width, 1, u32::MAX)).collect();
        let mut widths = widths.map_err(|_wrong| Problem::number("a list of widths such as 320;640;1280"))?;
        widths.sort_unstable();
        widths.dedup();
        p.options.breakpoints = widths;
        Ok(())
    },
    get: |o| {
        let widths: Vec<_> = o.breakpoints.iter().map(u32::to_string).collect();
        (!widths.is_empty()).then(|| widths.join(";"))
    },
};

pub(super) static WMOBILE: OptionDef = OptionDef {
    name: "wmobile",
    aliases: &[],
    group: Group::Delivery,
    kind: Kind::Integer { min: 1, max: 12_000 },
    default: "768",
    example: "640",
    doc: "Width that width=auto gives to phones without client hints",
    long: "Pixels.",
    page: Page::new(
        "a whole number of pixels, 1 or more",
        &["0", "small"],
        Demo::pixels("coffee.jpg", "width=auto", "width=auto,wmobile=240").asked_with(PHONE),
    )
    .cloudflare(Faces::URL)
    .here(Faces::HTTP)
    .with(&[
        ("width", "Has an effect with width=auto only."),
        ("wbreakpoints", "Hold where the client does say a width."),
    ]),
    set: |p, v| {
        p.options.wmobile = Some(number::whole(v, 1, u32::MAX)?);
        Ok(())
    },
    get: |o| o.wmobile.map(|v| v.to_string()),
};

pub(super) static WDESKTOP: OptionDef = OptionDef {
    name: "wdesktop",
    aliases: &[],
    group: Group::Delivery,
    kind: Kind::Integer { min: 1, max: 12_000 },
    default: "1200",
    example: "1600",
    doc: "Width that width=auto gives to everything else without client hints",
    long: "Pixels.",
    page: Page::new(
        "a whole number of pixels, 1 or more",
        &["0", "large"],
        Demo::pixels("coffee.jpg", "width=auto", "width=auto,wdesktop=240").asked_with(DESKTOP),
    )
    .cloudflare(Faces::URL)
    .here(Faces::HTTP)
    .with(&[
        ("width", "Has an effect with width=auto only."),
        ("wbreakpoints", "Hold where the client does say a width."),
    ]),
    set: |p, v| {
        p.options.wdesktop = Some(number::whole(v, 1, u32::MAX)?);
        Ok(())
    },
    get: |o| o.wdesktop.map(|v| v.to_string()),
};

pub(super) static ONERROR: OptionDef = OptionDef {
    name: "onerror",
    aliases: &[],
    group: Group::Delivery,
    kind: Kind::Choice(OnError::NAMES),
    default: "",
    example: "redirect",
    doc: "What to answer when the picture cannot be made",
    long: "redirect sends the client to the source, where it is on the same zone.",
    page: Page::new(
        "redirect",
        &["hide", "true"],
        Demo::answer("missing.jpg", "width=480", "width=480,onerror=redirect"),
    )
    .cloudflare(Faces::URL)
    .here(Faces::URL),
    set: |p, v| {
        p.options.onerror = Some(OnError::parse(v)?);
        Ok(())
    },
    get: |o| o.onerror.map(|v| v.to_string()),
};

pub(super) static ORIGIN_AUTH: OptionDef = OptionDef {
    name: "origin-auth",
    aliases: &[],
    group: Group::Delivery,
    kind: Kind::Choice(OriginAuth::NAMES),
    default: "",
    example: "share-publicly",
    doc: "Whether the source is asked for with the client's credentials",
    long: "share-publicly passes the request's credentials on to the source's server, although the result is cached for \
           everyone. Only for cf.image of Workers; in a URL it is ignored.",
    page: Page::new(
        "share-publicly",
        &["private", "true"],
        Demo::pixels("coffee.jpg", "width=480", "width=480,origin-auth=share-publicly")
            .alike("What it changes happens between this server and the source's, where nobody can look on."),
    )
    .cloudflare(Faces::WORKER)
    .here(Faces::WORKER),
    set: |p, v| {
        p.options.origin_auth = Some(OriginAuth::parse(v)?);
        Ok(())
    },
    get: |o| o.origin_auth.map(|v| v.to_string()),
};
