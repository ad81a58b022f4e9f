//! The file. The binding says these things in `.output()`, as parts of its form; its formats are media types.

use super::table::{Expected, Look, Subject, alias, boundary, illegal, legal, repeated, subject, words};
use Expected::{Picture, Raw, Refused, Warned};

const ALL: (u32, u32) = (240, 160);
const JPEG: &[Look] = &[Look::Type("image/jpeg")];
const PNG: &[Look] = &[Look::Type("image/png")];
const WEBP: &[Look] = &[Look::Type("image/webp")];
const AVIF: &[Look] = &[Look::Type("image/avif")];
const JSON: &[Look] = &[Look::Type("application/json")];

const SHOWS_ALL: &[(&str, &str)] = &[("accept", "image/avif,image/webp,*/*")];
const SHOWS_WEBP: &[(&str, &str)] = &[("accept", "image/webp,*/*")];

/// A word that the binding's `output_format` does not have.
const NO_FORMAT: Expected = Refused(415, 9520, "output_format");
/// The binding's form has a part once.
const TWICE: Expected = Refused(400, 9424, "more than once");
/// In the binding's `.transform()` it means nothing.
const ONLY_OUTPUT: &str = "has no effect on .transform(), only .output() takes it";

pub(crate) const SUBJECTS: &[Subject] = &[
    words(
        "format",
        &[
            legal("format=jpeg").is(240, 160).look(JPEG),
            legal("format=webp").is(240, 160).look(WEBP),
            legal("format=avif").is(240, 160).look(AVIF),
            legal("format=png-force").is(240, 160).look(PNG),
            legal("format=png").is(240, 160).look(PNG),
            legal("format=baseline-jpeg").is(240, 160).binding(NO_FORMAT).look(JPEG),
            legal("format=json").is(240, 160).binding(NO_FORMAT).look(JSON),
            legal("format=auto").is(240, 160).binding(NO_FORMAT).look(JPEG),
            legal("format=auto").is(240, 160).not_binding().by(SHOWS_ALL).look(AVIF),
            legal("format=auto").is(240, 160).not_binding().by(SHOWS_WEBP).look(WEBP),
            legal("format=auto").of("holes.png").is(240, 160).not_binding().look(PNG),
            legal("width=120,height=80").is(120, 80).not_binding(),
            legal("format=gif").is(240, 160).look(&[Look::Type("image/gif")]),
            legal("format=svg").all(Refused(415, 9412, "svg")).binding(NO_FORMAT),
            // Raw samples are the binding's only.
            legal("format=rgb")
                .url(Refused(400, 9401, "format"))
                .worker(Refused(400, 9401, "format"))
                .binding(Raw("rgb")),
            legal("format=rgba")
                .url(Refused(400, 9401, "format"))
                .worker(Refused(400, 9401, "format"))
                .binding(Raw("rgba")),
            // Too many pixels a side for AVIF: 1600 where it is asked for by name. The binding says nothing about it today.
            legal("format=avif").of("wide.png").warns(1800, 6, "image too large for AVIF").not_binding().look(JPEG),
            illegal("format=jpg")
                .refused("format: \"jpg\" is not a supported output format; use jpeg, webp, avif or json")
                .binding(NO_FORMAT),
            illegal("format=mp4").refused("is not a supported output format").binding(NO_FORMAT),
            illegal("format=WebP").refused("is not a supported output format").binding(NO_FORMAT),
            illegal("format=").refused("is not a supported output format").binding(NO_FORMAT),
            illegal("format=1").refused("is not a supported output format").binding(NO_FORMAT),
            illegal("format=image/webp")
                .refused("is not a supported output format")
                .not_binding()
                .json(r#""format":"image/webp""#)
                .only_json(),
            illegal("width=120,format=webp")
                .warns(120, 80, ONLY_OUTPUT)
                .json(r#""width":120,"format":"webp""#)
                .only_json()
                .worker(Picture((120, 80))),
            alias("f=webp").is(240, 160).not_binding().look(WEBP),
            // It is no alias of a part of the form: in a transformation it is `format`, without effect there.
            alias("f=webp").all(Warned(ALL, ONLY_OUTPUT)).only_json().worker(Picture(ALL)),
            repeated("format=jpeg,format=webp")
                .warns(240, 160, "format is given more than once")
                .binding(TWICE)
                .look(WEBP),
            repeated("format=jpeg,f=webp").warns(240, 160, "format is given more than once").not_binding().look(WEBP),
            repeated("f=jpg,format=webp").warns(240, 160, "format is given more than once").not_binding().look(WEBP),
        ],
    ),
    subject(
        "quality",
        &[
            legal("format=jpeg,quality=75").is(240, 160).look(JPEG),
            legal("format=webp,quality=high").is(240, 160).look(WEBP),
            legal("format=jpeg,quality=medium-high").is(240, 160),
            legal("format=jpeg,quality=medium-low").is(240, 160),
            legal("format=jpeg,quality=low").is(240, 160),
            legal("format=jpeg,quality=72.4").is(240, 160),
            boundary("format=jpeg,quality=1").is(240, 160),
            boundary("format=jpeg,quality=100").is(240, 160),
            boundary("format=webp,quality=100").is(240, 160).look(&[Look::Shows((0.0, 1.0), (0.0, 1.0))]),
            illegal("format=jpeg,quality=0").warns(240, 160, "quality '0' taken as 1"),
            illegal("format=jpeg,quality=150").warns(240, 160, "quality '150' taken as 100"),
            illegal("format=jpeg,quality=-5").warns(240, 160, "quality '-5' taken as 1"),
            illegal("format=jpeg,quality=best").no_number(240, 160, "quality ignored, 'best' is not", "quality"),
            illegal("format=jpeg,quality=High").no_number(240, 160, "quality ignored, 'High' is not", "quality"),
            illegal("format=jpeg,quality=").no_number(240, 160, "quality ignored, '' is not", "quality"),
            illegal("format=jpeg,quality=80%25").no_number(240, 160, "quality ignored, '80%' is not", "quality"),
            alias("format=jpeg,q=75").is(240, 160).not_binding(),
            alias("q=75").all(Warned(ALL, "quality has no effect on .transform()")).only_json().worker(Picture(ALL)),
            repeated("format=jpeg,quality=5,quality=75")
                .warns(240, 160, "quality is given more than once")
                .binding(TWICE),
            repeated("format=jpeg,quality=5,q=75").warns(240, 160, "quality is given more than once").not_binding(),
            repeated("format=jpeg,q=5,quality=75").warns(240, 160, "quality is given more than once").not_binding(),
        ],
    ),
    words(
        "quality-mode",
        &[
            legal("format=jpeg,quality-mode=perceptual")
                .is(240, 160)
                .binding(Warned(ALL, "quality-mode has no effect on the Images binding"))
                .look(JPEG),
            legal("format=jpeg,quality-mode=standard").is(240, 160).not_binding().look(JPEG),
            legal("format=webp,quality-mode=perceptual").is(240, 160).not_binding().look(WEBP),
            illegal("quality-mode=best").refused("quality-mode: \"best\" is not standard or perceptual"),
            illegal("quality-mode=true").refused("quality-mode: \"true\" is not"),
            illegal("quality-mode=").refused("quality-mode: \"\" is not"),
            repeated("quality-mode=standard,quality-mode=perceptual").warns(240, 160, "quality-mode"),
        ],
    ),
    words(
        "compression",
        &[
            legal("compression=fast")
                .is(240, 160)
                .binding(Warned(ALL, "compression has no effect on the Images binding")),
            legal("format=avif,compression=fast").is(240, 160).not_binding().look(JPEG),
            legal("format=json,compression=fast").is(240, 160).not_binding().look(JSON),
            illegal("compression=best").refused("compression: \"best\" is not \"fast\""),
            illegal("compression=true").refused("compression: \"true\" is not"),
            illegal("compression=").refused("compression: \"\" is not"),
            repeated("compression=best,compression=fast").warns(240, 160, "compression"),
        ],
    ),
    words(
        "anim",
        &[
            legal("anim=false").is(240, 160),
            legal("anim=true").is(240, 160),
            legal("anim=false").is(240, 160).json(r#""anim":"false""#).not_binding(),
            illegal("anim=no").refused("anim: \"no\" is not true or false"),
            illegal("anim=0").refused("anim: \"0\" is not"),
            illegal("anim=False").refused("anim: \"False\" is not"),
            illegal("anim=").refused("anim: \"\" is not"),
            repeated("anim=true,anim=false").warns(240, 160, "anim is given more than once").binding(TWICE),
        ],
    ),
    words(
        "metadata",
        &[
            legal("format=jpeg,metadata=keep")
                .is(240, 160)
                .binding(Warned(ALL, "metadata has no effect on the Images binding")),
            legal("format=jpeg,metadata=copyright").is(240, 160).not_binding(),
            legal("format=webp,metadata=none").is(240, 160).not_binding(),
            illegal("metadata=all").refused("metadata: \"all\" is not keep, copyright or none"),
            illegal("metadata=false").refused("metadata: \"false\" is not"),
            illegal("metadata=").refused("metadata: \"\" is not"),
            repeated("metadata=keep,metadata=none").warns(240, 160, "metadata"),
        ],
    ),
    words(
        "color",
        &[
            legal("format=jpeg,color=keep").is(240, 160).not_binding(),
            legal("format=webp,color=srgb").is(240, 160).not_binding(),
            illegal("color=p3").refused("color: \"p3\" is not srgb or keep"),
            illegal("color=").refused("color: \"\" is not"),
            repeated("color=keep,color=srgb").warns(240, 160, "color"),
        ],
    ),
    words(
        "hdr",
        &[
            legal("format=jpeg,hdr=keep").is(240, 160).not_binding().look(JPEG),
            legal("format=jpeg,hdr=drop").is(240, 160).not_binding().look(JPEG),
            legal("width=120,format=jpeg,hdr=keep").of("gain.jpg").is(120, 80).not_binding().look(JPEG),
            legal("width=120,format=jpeg,hdr=drop").of("gain.jpg").is(120, 80).not_binding().look(JPEG),
            legal("format=webp,hdr=keep")
                .of("gain.jpg")
                .warns(240, 160, "gain map dropped, the result is no JPEG")
                .not_binding()
                .look(WEBP),
            legal("format=jpeg,hdr=keep,blur=3")
                .of("gain.jpg")
                .warns(240, 160, "gain map dropped, blur")
                .not_binding()
                .look(JPEG),
            illegal("hdr=pq").refused("hdr: \"pq\" is not drop or keep"),
            illegal("hdr=true").refused("hdr: \"true\" is not"),
            illegal("hdr=").refused("hdr: \"\" is not"),
            repeated("hdr=drop,hdr=keep").warns(240, 160, "hdr"),
        ],
    ),
];
