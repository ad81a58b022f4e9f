//! The file.

use super::page::{Call, Demo, Faces, Page};
use super::{Group, Kind, OptionDef};
use crate::error::Problem;
use crate::{Color, Compression, Hdr, Metadata, OutputFormat, Parsed, Quality, QualityMode, Warning};

/// Reads a quality, and says so when the number had to be moved.
pub(super) fn quality(p: &mut Parsed, option: &'static str, text: &str) -> Result<Quality, Problem> {
    let quality = Quality::parse(text)?;
    let number = text.parse::<f64>().unwrap_or(1.0);
    if !(0.5..100.5).contains(&number) {
        p.warn(Warning::Clamped { option, value: text.into(), used: quality.to_string() });
    }
    Ok(quality)
}

pub(super) static FORMAT: OptionDef = OptionDef {
    name: "format",
    aliases: &["f"],
    group: Group::Output,
    kind: Kind::Choice(OutputFormat::NAMES),
    default: "",
    example: "webp",
    doc: "Format of the result",
    long: "auto gives AVIF or WebP to clients that accept them. Without a format the result is JPEG, or PNG where there \
           is transparency. An animation stays one in its own format without a format, and with gif, webp and auto, which then \
           is webp or gif; any other format shows its first frame. png may have a palette where a quality is given, png-force \
           has none. json describes the picture instead. svg passes an SVG source on, cleaned; so do auto and \
           no format at all. Any other format draws it, at the size that is asked for.",
    page: Page::new(
        "auto, avif, webp, jpeg, baseline-jpeg, png, png-force, gif, json or svg",
        &["jpg", "mp4"],
        Demo::file("coffee.jpg", "width=480", "width=480,format=webp"),
    )
    .call(Call::Output)
    .with(&[
        ("quality", "Quality of JPEG, WebP and AVIF; gives PNG a palette."),
        ("compression", "fast may choose another format."),
        ("background", "What shows through where the format knows no transparency; white without it."),
        ("metadata", "A JPEG keeps it, a PNG, WebP or AVIF where it is asked for."),
    ]),
    set: |p, v| {
        p.options.format = Some(OutputFormat::parse(v)?);
        Ok(())
    },
    get: |o| o.format.map(|v| v.to_string()),
};

pub(super) static QUALITY: OptionDef = OptionDef {
    name: "quality",
    aliases: &["q"],
    group: Group::Output,
    kind: Kind::Integer { min: 1, max: 100 },
    default: "85",
    example: "75",
    doc: "Quality of JPEG, WebP and AVIF, 1 to 100 or a word",
    long: "Also high (90), medium-high (70), medium-low (50) and low (35). Numbers are rounded and moved into 1 to 100. \
           WebP at 100 is lossless. A PNG has a palette where a quality below 100 is given: of 256 colors from 80 on, of fewer \
           below; png-force has none.",
    page: Page::new(
        "a number from 1 to 100, or high, medium-high, medium-low or low",
        &["0", "150", "best"],
        Demo::file("coffee.jpg", "width=480", "width=480,quality=10"),
    )
    .call(Call::Output)
    .with(&[
        ("format", "Counts for JPEG, WebP and AVIF; WebP at 100 is lossless; gives PNG a palette."),
        ("quality-mode", "Says what the number of a JPEG stands for."),
        ("slow-connection-quality", "Takes its place on slow connections."),
    ]),
    set: |p, v| {
        p.options.quality = Some(quality(p, "quality", v)?);
        Ok(())
    },
    get: |o| o.quality.map(|v| v.to_string()),
};

pub(super) static QUALITY_MODE: OptionDef = OptionDef {
    name: "quality-mode",
    aliases: &[],
    group: Group::Output,
    kind: Kind::Choice(QualityMode::NAMES),
    default: "standard",
    example: "perceptual",
    doc: "What the quality of a JPEG stands for",
    long: "standard quantises by the tables of the JPEG standard, as libjpeg does. perceptual keeps more of color, of smooth areas \
           and of the finest detail, and less of what is in between, which looks about as good at the same quality in fewer bytes. \
           It costs no time, and any viewer shows it.",
    page: Page::new(
        "standard or perceptual",
        &["best", "true"],
        Demo::file("coffee.jpg", "width=480,format=jpeg", "width=480,format=jpeg,quality-mode=perceptual"),
    )
    .cloudflare(Faces::NONE)
    .here(Faces::NO_BINDING)
    .with(&[("quality", "The number whose meaning it is."), ("format", "Counts for JPEG alone.")]),
    set: |p, v| {
        p.options.quality_mode = Some(QualityMode::parse(v)?);
        Ok(())
    },
    get: |o| o.quality_mode.map(|v| v.to_string()),
};

pub(super) static COMPRESSION: OptionDef = OptionDef {
    name: "compression",
    aliases: &[],
    group: Group::Output,
    kind: Kind::Choice(Compression::NAMES),
    default: "",
    example: "fast",
    doc: "Chooses the quickest encoder",
    long: "fast overrides format where another encoder is quicker; files are larger.",
    page: Page::new(
        "fast",
        &["best", "true"],
        Demo::file("coffee.jpg", "width=480,format=webp", "width=480,format=webp,compression=fast"),
    )
    .cloudflare(Faces::NO_BINDING)
    .here(Faces::NO_BINDING)
    .with(&[("format", "Is overridden where another encoder is quicker.")]),
    set: |p, v| {
        p.options.compression = Some(Compression::parse(v)?);
        Ok(())
    },
    get: |o| o.compression.map(|v| v.to_string()),
};

pub(super) static ANIM: OptionDef = OptionDef {
    name: "anim",
    aliases: &[],
    group: Group::Output,
    kind: Kind::Boolean,
    default: "true",
    example: "false",
    doc: "Whether animations stay animated",
    long: "false keeps only the first frame of a GIF, an APNG or a WebP. Otherwise every frame goes through the same options, for as \
           long and as often as before. What is looked up in pixels (trim=border, gravity=auto and its like) is looked up in the \
           first frame; with segment the result is that frame. All frames together have at most 50 million pixels: an animation \
           with more is passed on as it is, with a warning, one with more than 100 million refused.",
    page: Page::new("true or false", &["no", "0"], Demo::file("moving.gif", "format=webp", "format=webp,anim=false"))
        .call(Call::Output)
        .with(&[("format", "GIF and WebP can be animated.")]),
    set: |p, v| {
        p.options.anim = Some(v.parse().map_err(|_wrong| Problem::refused("true or false"))?);
        Ok(())
    },
    get: |o| o.anim.map(|v| v.to_string()),
};

pub(super) static METADATA: OptionDef = OptionDef {
    name: "metadata",
    aliases: &[],
    group: Group::Output,
    kind: Kind::Choice(Metadata::NAMES),
    default: "copyright",
    example: "none",
    doc: "Which metadata the result keeps",
    long: "copyright keeps the copyright notice and who made the picture, keep keeps EXIF with the GPS position and XMP, none \
           keeps nothing. Orientation, sizes and thumbnails go in every case: they are of the picture as it was; so do \
           content credentials, which a changed picture would break. PNG, WebP and AVIF keep what is asked for here, and \
           nothing without it, AVIF EXIF alone; GIF keeps nothing. Color profiles are the business of color.",
    page: Page::new(
        "keep, copyright or none",
        &["all", "false"],
        Demo::file("coffee.jpg", "width=480,metadata=keep", "width=480,metadata=none"),
    )
    .cloudflare(Faces::NO_BINDING)
    .here(Faces::NO_BINDING)
    .with(&[("format", "A JPEG keeps it, a PNG, WebP or AVIF where it is asked for.")]),
    set: |p, v| {
        p.options.metadata = Some(Metadata::parse(v)?);
        Ok(())
    },
    get: |o| o.metadata.map(|v| v.to_string()),
};

pub(super) static COLOR: OptionDef = OptionDef {
    name: "color",
    aliases: &[],
    group: Group::Output,
    kind: Kind::Choice(Color::NAMES),
    default: "srgb",
    example: "keep",
    doc: "Which colors the result can have",
    long: "srgb converts everything to sRGB, which every program shows as it is meant. keep has the result in the source's own \
           primaries, with sRGB's curve and a profile that says so, so that the colors of a wide gamut survive; what was scanned \
           or made for printing, and HDR, becomes Display P3. A source in sRGB gives the same either way, and so does GIF, which \
           has no profile.",
    page: Page::new(
        "srgb or keep",
        &["p3", "true"],
        Demo::file("coffee.jpg", "width=480,color=srgb", "width=480,color=keep")
            .alike("This picture is sRGB, and nothing changes."),
    )
    .cloudflare(Faces::NONE)
    .here(Faces::NO_BINDING)
    .with(&[
        ("format", "JPEG, PNG and WebP get an ICC profile, AVIF the code points where there are some."),
        ("metadata", "Has nothing to do with profiles."),
        ("background", "Colors that are given are sRGB and look the same in either."),
    ]),
    set: |p, v| {
        p.options.color = Some(Color::parse(v)?);
        Ok(())
    },
    get: |o| o.color.map(|v| v.to_string()),
};

pub(super) static HDR: OptionDef = OptionDef {
    name: "hdr",
    aliases: &[],
    group: Group::Output,
    kind: Kind::Choice(Hdr::NAMES),
    default: "drop",
    example: "keep",
    doc: "Whether a photo keeps its gain map",
    long: "Photos of many phones have a gain map: a second, smaller picture in the same JPEG that says how much brighter each part is \
           to be on a screen that can show it. drop leaves it out. keep takes it through the same trims, turns, crops and sizes, and \
           puts it behind a JPEG with its own values unchanged (Ultra HDR, ISO 21496-1; Apple's where the headroom stands in the \
           map). The result then keeps the source's primaries as with color=keep, which the map's gains are meant for. The map is \
           dropped, with a warning, where the result is no JPEG, color=srgb would change the primaries, or pixels become others: \
           brightness, contrast, saturation, gamma, blur, border, segment, draw, and bars of fit=pad.",
    page: Page::new(
        "drop or keep",
        &["pq", "true"],
        Demo::file("coffee.jpg", "width=480,format=jpeg", "width=480,format=jpeg,hdr=keep")
            .alike("This picture has no gain map, and nothing changes."),
    )
    .cloudflare(Faces::NONE)
    .here(Faces::NO_BINDING)
    .with(&[
        ("format", "Only a JPEG has a gain map: with auto a client that shows AVIF or WebP gets none."),
        ("color", "keep unless srgb is asked for."),
        ("quality", "Counts for the map too, which has at least 85."),
    ]),
    set: |p, v| {
        p.options.hdr = Some(Hdr::parse(v)?);
        Ok(())
    },
    get: |o| o.hdr.map(|v| v.to_string()),
};
