//! Colors and filters. Flat pictures of 240x160 (`gray.png` is 100, `orange.png` 200, 100, 50), so that a pixel tells all.

use super::table::{Expected, Look, Subject, boundary, illegal, legal, repeated, subject, words};

/// Anywhere.
const AT: (u32, u32) = (200, 80);
/// Where `holes.png` is transparent, and the model of these tests sees background.
const HOLE: (u32, u32) = (10, 80);
const COLOR: &str = "background: ";
const RED: [u8; 4] = [255, 0, 0, 255];

const fn gray(code: u8) -> [u8; 4] {
    [code, code, code, 255]
}

/// Rows of a factor of which 0 and 1 mean no change.
macro_rules! factor {
    ($name:literal, $($own:expr),+ $(,)?) => {
        subject(
            $name,
            &[
                $($own,)+
                boundary(concat!($name, "=0")).of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(100), 1)]),
                boundary(concat!($name, "=1")).of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(100), 1)]),
                boundary(concat!($name, "=255")).of("gray.png").is(240, 160),
                illegal(concat!($name, "=255.1")).refused("is not a number from 0 to 255"),
                illegal(concat!($name, "=-1")).refused("is not a number from 0 to 255"),
                illegal(concat!($name, "=more")).no_number(240, 160, concat!($name, " ignored, 'more' is not"), $name),
                illegal(concat!($name, "=")).no_number(240, 160, concat!($name, " ignored, '' is not"), $name),
                illegal(concat!($name, "=inf")).no_number(240, 160, concat!($name, " ignored, 'inf' is not"), $name),
                illegal(concat!($name, "=1%2C5")).no_number(240, 160, concat!($name, " ignored, '1,5' is not"), $name),
                repeated(concat!($name, "=2,", $name, "=1"))
                    .of("gray.png")
                    .warns(240, 160, concat!($name, " is given more than once"))
                    .look(&[Look::Pixel(AT, gray(100), 1)]),
            ],
        )
    };
}

pub(crate) const SUBJECTS: &[Subject] = &[
    words(
        "segment",
        &[
            legal("segment=foreground")
                .of("gray.png")
                .is(240, 160)
                .look(&[Look::Pixel(HOLE, [0; 4], 0), Look::Pixel((120, 80), gray(100), 1)]),
            legal("segment=foreground,background=red")
                .of("gray.png")
                .is(240, 160)
                .look(&[Look::Pixel(HOLE, RED, 0), Look::Pixel((120, 80), gray(100), 1)]),
            illegal("segment=background").refused("segment: \"background\" is not \"foreground\""),
            illegal("segment=true").refused("segment: \"true\" is not"),
            illegal("segment=").refused("segment: \"\" is not"),
            repeated("segment=foreground,segment=foreground")
                .of("gray.png")
                .warns(240, 160, "segment is given more than once")
                .look(&[Look::Pixel(HOLE, [0; 4], 0)]),
            repeated("segment=foreground,segment=person").refused("segment: \"person\" is not"),
        ],
    ),
    words(
        "segment-model",
        &[
            legal("segment=foreground,segment-model=u2netp")
                .of("gray.png")
                .is(240, 160)
                .look(&[Look::Pixel(HOLE, [0; 4], 0), Look::Pixel((120, 80), gray(100), 1)]),
            legal("segment=foreground,segment-model=isnet").of("gray.png").all(Expected::Refused(
                400,
                9401,
                "tintype models pull isnet",
            )),
            legal("segment-model=isnet").of("gray.png").warns(240, 160, "segment-model has no effect without segment"),
            illegal("segment=foreground,segment-model=rembg")
                .refused("segment-model: \"rembg\" is not u2netp, u2net, isnet, birefnet-lite or birefnet"),
            illegal("segment=foreground,segment-model=").refused("segment-model: \"\" is not"),
            repeated("segment=foreground,segment-model=isnet,segment-model=u2netp")
                .of("gray.png")
                .warns(240, 160, "segment-model is given more than once")
                .look(&[Look::Pixel(HOLE, [0; 4], 0)]),
        ],
    ),
    words(
        "segment-refine",
        &[
            legal("segment=foreground,segment-refine=off")
                .of("gray.png")
                .is(240, 160)
                .look(&[Look::Pixel(HOLE, [0; 4], 0), Look::Pixel((120, 80), gray(100), 1)]),
            legal("segment=foreground,segment-refine=colors,background=red")
                .of("gray.png")
                .is(240, 160)
                .look(&[Look::Pixel(HOLE, RED, 0), Look::Pixel((120, 80), gray(100), 1)]),
            legal("segment-refine=off").of("gray.png").warns(240, 160, "segment-refine has no effect without segment"),
            illegal("segment=foreground,segment-refine=true").refused("segment-refine: \"true\" is not colors or off"),
            illegal("segment=foreground,segment-refine=").refused("segment-refine: \"\" is not"),
            repeated("segment=foreground,segment-refine=colors,segment-refine=off")
                .of("gray.png")
                .warns(240, 160, "segment-refine is given more than once")
                .look(&[Look::Pixel(HOLE, [0; 4], 0)]),
        ],
    ),
    subject(
        "background",
        &[
            legal("background=red")
                .of("holes.png")
                .is(240, 160)
                .look(&[Look::Pixel(HOLE, RED, 0), Look::Pixel(AT, [0, 0, 255, 255], 0)]),
            legal("background=%23f00").of("holes.png").is(240, 160).look(&[Look::Pixel(HOLE, RED, 0)]),
            legal("background=%23ff0000").of("holes.png").is(240, 160).look(&[Look::Pixel(HOLE, RED, 0)]),
            legal("background=rgb(255,0,0)").of("holes.png").is(240, 160).look(&[Look::Pixel(HOLE, RED, 0)]),
            legal("background=rgb(255%200%200)").of("holes.png").is(240, 160).look(&[Look::Pixel(HOLE, RED, 0)]),
            legal("background=rgb%28255%2C0%2C0%29").of("holes.png").is(240, 160).look(&[Look::Pixel(HOLE, RED, 0)]),
            legal("background=hsl(0,100%25,50%25)").of("holes.png").is(240, 160).look(&[Look::Pixel(HOLE, RED, 0)]),
            legal("background=rgba(250,40,145,0.5)").of("holes.png").is(240, 160).look(&[Look::Pixel(
                HOLE,
                [250, 40, 145, 128],
                1,
            )]),
            legal("width=200,height=200,fit=pad,background=red").is(200, 200).look(&[Look::Pixel((100, 5), RED, 0)]),
            boundary("background=transparent").of("holes.png").is(240, 160).look(&[Look::Pixel(HOLE, [0; 4], 0)]),
            boundary("width=200,height=200,fit=pad,background=transparent").is(200, 200).look(&[Look::Pixel(
                (100, 5),
                [0; 4],
                0,
            )]),
            // CSS takes components outside of their range to its ends.
            boundary("background=rgb(300,-5,0)").of("holes.png").is(240, 160).look(&[Look::Pixel(HOLE, RED, 0)]),
            illegal("background=paper").refused(COLOR),
            illegal("background=12").refused(COLOR),
            illegal("background=").refused(COLOR),
            illegal("background=%23ff").refused(COLOR),
            illegal("background=rgb(a,b,c)").refused(COLOR),
            illegal("background=true").refused(COLOR),
            illegal("background=x").refused(COLOR).only_json().json(r#""background":{"r":1}"#),
            repeated("background=blue,background=red")
                .of("holes.png")
                .warns(240, 160, "background is given more than once")
                .look(&[Look::Pixel(HOLE, RED, 0)]),
        ],
    ),
    factor!(
        "brightness",
        legal("brightness=2").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(200), 1)]),
        legal("brightness=0.5").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(50), 1)]),
        legal("brightness=2").of("gray.png").is(240, 160).json(r#""brightness":"2""#),
    ),
    factor!(
        "contrast",
        // Around the middle of the range: 127.5 + (100 - 127.5) · 2.
        legal("contrast=2").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(73), 1)]),
        legal("contrast=0.5").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(114), 1)]),
    ),
    factor!(
        "gamma",
        // Below 1 lightens: 255 · (100 / 255) ^ 0.5.
        legal("gamma=0.5").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(160), 1)]),
        legal("gamma=2").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(39), 1)]),
    ),
    subject(
        "saturation",
        &[
            legal("saturation=0.5").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(100), 1)]),
            legal("saturation=2").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(100), 1)]),
            // Greyscale by the weights that CSS has for it: 0.2126 · 200 + 0.7152 · 100 + 0.0722 · 50.
            boundary("saturation=0").of("orange.png").is(240, 160).look(&[Look::Pixel(AT, gray(118), 2)]),
            boundary("saturation=1").of("orange.png").is(240, 160).look(&[Look::Pixel(AT, [200, 100, 50, 255], 1)]),
            boundary("saturation=255").of("gray.png").is(240, 160),
            illegal("saturation=255.1").refused("is not a number from 0 to 255"),
            illegal("saturation=-1").refused("is not a number from 0 to 255"),
            illegal("saturation=none").no_number(240, 160, "saturation ignored, 'none' is not", "saturation"),
            repeated("saturation=0,saturation=1")
                .of("orange.png")
                .warns(240, 160, "saturation is given more than once")
                .look(&[Look::Pixel(AT, [200, 100, 50, 255], 1)]),
        ],
    ),
    subject(
        "sharpen",
        &[
            // What is flat stays flat.
            legal("sharpen=1").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(100), 1)]),
            legal("sharpen=2.5,width=120").is(120, 80),
            boundary("sharpen=0").is(240, 160).look(&[Look::Shows((0.0, 1.0), (0.0, 1.0))]),
            boundary("sharpen=10").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(100), 1)]),
            illegal("sharpen=10.1").refused("is not a number from 0 to 10"),
            illegal("sharpen=-1").refused("is not a number from 0 to 10"),
            illegal("sharpen=yes").no_number(240, 160, "sharpen ignored, 'yes' is not", "sharpen"),
            illegal("sharpen=true").no_number(240, 160, "sharpen ignored, 'true' is not", "sharpen"),
            repeated("sharpen=9,sharpen=1").of("gray.png").warns(240, 160, "sharpen is given more than once"),
        ],
    ),
    subject(
        "blur",
        &[
            legal("blur=20").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(100), 1)]),
            legal("blur=2.5").is(240, 160),
            boundary("blur=0").is(240, 160).look(&[Look::Shows((0.0, 1.0), (0.0, 1.0))]),
            boundary("blur=1").is(240, 160),
            boundary("blur=250").of("gray.png").is(240, 160).look(&[Look::Pixel(AT, gray(100), 1)]),
            illegal("blur=250.5").refused("is not a number from 0 to 250"),
            illegal("blur=-1").refused("is not a number from 0 to 250"),
            illegal("blur=soft").no_number(240, 160, "blur ignored, 'soft' is not", "blur"),
            illegal("blur=5px").no_number(240, 160, "blur ignored, '5px' is not", "blur"),
            repeated("blur=200,blur=1").of("gray.png").warns(240, 160, "blur is given more than once"),
        ],
    ),
];
