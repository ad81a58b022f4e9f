//! Cutting, turning, framing. `map.png` is 240x160; `framed.png` too, with a red frame of 20 pixels.

use super::table::{Expected, Look, Subject, boundary, illegal, legal, repeated, subject, words};
use Expected::Refused;

const WHOLE: (f64, f64) = (0.0, 1.0);
const TURNED: (f64, f64) = (1.0, 0.0);
const LENGTH: &str = "is not a whole number of pixels or a fraction between 0 and 1";
const COLOR: &str = "is not a CSS color";

const RED: [u8; 4] = [255, 0, 0, 255];

pub(crate) const SUBJECTS: &[Subject] = &[
    subject(
        "trim",
        &[
            legal("trim=20;40;10;60")
                .is(140, 130)
                .look(&[Look::Shows((60.0 / 240.0, 200.0 / 240.0), (20.0 / 160.0, 150.0 / 160.0))]),
            legal("trim=20;40;10;60")
                .is(140, 130)
                .json(r#""trim":{"top":20,"right":40,"bottom":10,"left":60}"#)
                .look(&[Look::Shows((60.0 / 240.0, 200.0 / 240.0), (20.0 / 160.0, 150.0 / 160.0))]),
            legal("trim=0.25;0;0.25;0").is(240, 80).look(&[Look::Shows(WHOLE, (0.25, 0.75))]),
            legal("trim=10;0.5;0;0").is(120, 150),
            legal("trim=20;40;10;60,width=70").is(70, 65),
            // Before rotation.
            legal("trim=60;0;0;0,rotate=90").is(100, 240),
            legal("trim=border").of("framed.png").is(200, 120),
            legal("trim=border").of("framed.png").is(200, 120).json(r#""trim":{"border":true}"#),
            legal("trim=border").of("framed.png").is(200, 120).json(r#""trim":{"border":{}}"#),
            legal("trim=x").of("framed.png").is(240, 160).only_json().json(r#""trim":{"border":false}"#),
            legal("trim=x").is(240, 160).only_json().json(r#""trim":{}"#),
            legal("trim=x").is(240, 160).only_json().json(r#""trim":{"top":null}"#),
            boundary("trim=0;0;0;0").is(240, 160),
            boundary("trim=1;1;1;1").is(238, 158),
            boundary("trim=0.5;0;0;0").is(240, 80),
            boundary("trim=159;0;0;239").is(1, 1),
            // Nothing is left.
            boundary("trim=160;0;0;0").all(Refused(400, 9401, "trim leaves nothing")),
            boundary("trim=0.5;0;0.5;0").all(Refused(400, 9401, "trim leaves nothing")),
            boundary("trim=0;4294967295;0;0").all(Refused(400, 9401, "trim leaves nothing")),
            illegal("trim=20;30").no_number(240, 160, "trim ignored, '20;30' is not", "trim"),
            illegal("trim=-5;0;0;0").no_number(240, 160, "trim ignored, '-5;0;0;0' is not", "trim"),
            illegal("trim=1.5;0;0;0").no_number(240, 160, "trim ignored", "trim"),
            illegal("trim=edges").no_number(240, 160, "trim ignored, 'edges' is not", "trim"),
            illegal("trim=1;2;3;4;5").no_number(240, 160, "trim ignored", "trim"),
            illegal("trim=").no_number(240, 160, "trim ignored", "trim"),
            illegal("trim=x").refused("trim").only_json().json(r#""trim":{"border":"red"}"#),
            illegal("trim=x").refused("trim").only_json().json(r#""trim":[1,2,3,4]"#),
            illegal("trim=x")
                .warns(240, 160, "unknown option 'trim.middle'")
                .only_json()
                .json(r#""trim":{"middle":5}"#),
            repeated("trim=20;0;0;0,trim=40;0;0;0").warns(240, 120, "trim is given more than once"),
            repeated("trim=20;0;0;0,trim=x").no_number(240, 160, "trim is given more than once", "trim"),
            repeated("trim=border,trim=40;0;0;0").warns(240, 120, "trim is given more than once"),
        ],
    ),
    subject(
        "trim.top",
        &[
            legal("trim.top=40").is(240, 120).look(&[Look::Shows(WHOLE, (0.25, 1.0))]),
            legal("trim.top=0.25").is(240, 120).look(&[Look::Shows(WHOLE, (0.25, 1.0))]),
            legal("trim.top=40").is(240, 120).json(r#""trim":{"top":"40"}"#),
            legal("trim.top=40").is(240, 120).json(r#""trim.top":40"#),
            // The side by itself counts, and both together are no repetition.
            legal("trim=10;0;0;0,trim.top=40").is(240, 120).json(r#""trim":"10;0;0;0","trim.top":40"#),
            boundary("trim.top=0").is(240, 160),
            boundary("trim.top=1").is(240, 159),
            boundary("trim.top=159").is(240, 1),
            boundary("trim.top=160").all(Refused(400, 9401, "trim leaves nothing")),
            illegal("trim.top=-5").no_number(240, 160, "trim.top ignored, '-5' is not", LENGTH),
            illegal("trim.top=1.5").no_number(240, 160, "trim.top ignored, '1.5' is not", LENGTH),
            illegal("trim.top=half").no_number(240, 160, "trim.top ignored, 'half' is not", LENGTH),
            repeated("trim.top=20,trim.top=40").warns(240, 120, "trim.top is given more than once"),
        ],
    ),
    subject(
        "trim.right",
        &[
            legal("trim.right=60").is(180, 160).look(&[Look::Shows((0.0, 0.75), WHOLE)]),
            legal("trim.right=0.25").is(180, 160).look(&[Look::Shows((0.0, 0.75), WHOLE)]),
            boundary("trim.right=0").is(240, 160),
            boundary("trim.right=239").is(1, 160),
            boundary("trim.right=240").all(Refused(400, 9401, "trim leaves nothing")),
            illegal("trim.right=-5").no_number(240, 160, "trim.right ignored, '-5' is not", LENGTH),
            illegal("trim.right=1.5").no_number(240, 160, "trim.right ignored, '1.5' is not", LENGTH),
            illegal("trim.right=half").no_number(240, 160, "trim.right ignored, 'half' is not", LENGTH),
            repeated("trim.right=20,trim.right=60").warns(180, 160, "trim.right is given more than once"),
        ],
    ),
    subject(
        "trim.bottom",
        &[
            legal("trim.bottom=40").is(240, 120).look(&[Look::Shows(WHOLE, (0.0, 0.75))]),
            legal("trim.bottom=0.5").is(240, 80).look(&[Look::Shows(WHOLE, (0.0, 0.5))]),
            boundary("trim.bottom=0").is(240, 160),
            boundary("trim.bottom=159").is(240, 1),
            boundary("trim.bottom=160").all(Refused(400, 9401, "trim leaves nothing")),
            illegal("trim.bottom=-5").no_number(240, 160, "trim.bottom ignored, '-5' is not", LENGTH),
            illegal("trim.bottom=1.5").no_number(240, 160, "trim.bottom ignored, '1.5' is not", LENGTH),
            illegal("trim.bottom=half").no_number(240, 160, "trim.bottom ignored, 'half' is not", LENGTH),
            repeated("trim.bottom=20,trim.bottom=40").warns(240, 120, "trim.bottom is given more than once"),
        ],
    ),
    subject(
        "trim.left",
        &[
            legal("trim.left=60").is(180, 160).look(&[Look::Shows((0.25, 1.0), WHOLE)]),
            legal("trim.left=0.25").is(180, 160).look(&[Look::Shows((0.25, 1.0), WHOLE)]),
            boundary("trim.left=0").is(240, 160),
            boundary("trim.left=239").is(1, 160),
            boundary("trim.left=240").all(Refused(400, 9401, "trim leaves nothing")),
            illegal("trim.left=-5").no_number(240, 160, "trim.left ignored, '-5' is not", LENGTH),
            illegal("trim.left=1.5").no_number(240, 160, "trim.left ignored, '1.5' is not", LENGTH),
            illegal("trim.left=half").no_number(240, 160, "trim.left ignored, 'half' is not", LENGTH),
            repeated("trim.left=20,trim.left=60").warns(180, 160, "trim.left is given more than once"),
        ],
    ),
    subject(
        "trim.width",
        &[
            legal("trim.width=60").is(60, 160).look(&[Look::Shows((0.0, 0.25), WHOLE)]),
            legal("trim.left=60,trim.width=0.5").is(120, 160).look(&[Look::Shows((0.25, 0.75), WHOLE)]),
            legal("trim.width=60,trim.right=200").is(60, 160),
            boundary("trim.width=1").is(1, 160),
            boundary("trim.width=240").is(240, 160),
            // No more than there is.
            boundary("trim.left=200,trim.width=500").is(40, 160),
            boundary("trim.width=0").all(Refused(400, 9401, "trim leaves nothing")),
            illegal("trim.width=-5").no_number(240, 160, "trim.width ignored, '-5' is not", LENGTH),
            illegal("trim.width=1.5").no_number(240, 160, "trim.width ignored, '1.5' is not", LENGTH),
            illegal("trim.width=half").no_number(240, 160, "trim.width ignored, 'half' is not", LENGTH),
            repeated("trim.width=20,trim.width=60").warns(60, 160, "trim.width is given more than once"),
        ],
    ),
    subject(
        "trim.height",
        &[
            legal("trim.height=40").is(240, 40).look(&[Look::Shows(WHOLE, (0.0, 0.25))]),
            legal("trim.top=40,trim.height=0.5").is(240, 80).look(&[Look::Shows(WHOLE, (0.25, 0.75))]),
            boundary("trim.height=1").is(240, 1),
            boundary("trim.height=160").is(240, 160),
            boundary("trim.top=120,trim.height=500").is(240, 40),
            boundary("trim.height=0").all(Refused(400, 9401, "trim leaves nothing")),
            illegal("trim.height=-5").no_number(240, 160, "trim.height ignored, '-5' is not", LENGTH),
            illegal("trim.height=1.5").no_number(240, 160, "trim.height ignored, '1.5' is not", LENGTH),
            illegal("trim.height=half").no_number(240, 160, "trim.height ignored, 'half' is not", LENGTH),
            repeated("trim.height=20,trim.height=40").warns(240, 40, "trim.height is given more than once"),
        ],
    ),
    subject(
        "trim.border.color",
        &[
            legal("trim.border.color=red").of("framed.png").is(200, 120),
            legal("trim.border.color=%23ff0000").of("framed.png").is(200, 120),
            legal("trim.border.color=rgb(255,0,0)").of("framed.png").is(200, 120),
            legal("trim.border.color=rgb(255%200%200)").of("framed.png").is(200, 120),
            legal("trim.border.color=rgb%28255%2C0%2C0%29").of("framed.png").is(200, 120),
            legal("trim.border.color=blue").of("framed.png").is(240, 160),
            boundary("trim.border.color=rgb(245,10,10)").of("framed.png").is(200, 120),
            boundary("trim.border.color=rgb(243,0,0)").of("framed.png").is(240, 160),
            illegal("trim.border.color=frame").of("framed.png").refused(COLOR),
            illegal("trim.border.color=12").of("framed.png").refused(COLOR),
            illegal("trim.border.color=").of("framed.png").refused(COLOR),
            illegal("trim.border.color=true").of("framed.png").refused(COLOR),
            repeated("trim.border.color=blue,trim.border.color=red").of("framed.png").warns(
                200,
                120,
                "trim.border.color is given more than once",
            ),
        ],
    ),
    subject(
        "trim.border.tolerance",
        &[
            legal("trim.border.tolerance=10").of("framed.png").is(200, 120),
            legal("trim.border.tolerance=10").of("soft.png").is(200, 120),
            legal("trim.border.tolerance=4.4").of("soft.png").is(220, 140),
            boundary("trim.border.tolerance=0").of("soft.png").is(220, 140),
            boundary("trim.border.tolerance=5").of("soft.png").is(200, 120),
            boundary("trim.border.tolerance=254").of("framed.png").is(200, 120),
            illegal("trim.border.tolerance=256").of("framed.png").refused("is not a number from 0 to 255"),
            illegal("trim.border.tolerance=-1").of("framed.png").refused("is not a number from 0 to 255"),
            illegal("trim.border.tolerance=some").of("framed.png").no_number(
                240,
                160,
                "trim.border.tolerance ignored, 'some' is not",
                "trim.border.tolerance",
            ),
            repeated("trim.border.tolerance=10,trim.border.tolerance=0").of("soft.png").warns(
                220,
                140,
                "trim.border.tolerance is given more than once",
            ),
        ],
    ),
    subject(
        "trim.border.keep",
        &[
            legal("trim.border.keep=5").of("framed.png").is(210, 130),
            legal("trim.border.color=red,trim.border.keep=5").of("framed.png").is(210, 130),
            // Not times dpr.
            legal("trim.border.keep=5,dpr=2").of("framed.png").is(210, 130),
            boundary("trim.border.keep=0").of("framed.png").is(200, 120),
            boundary("trim.border.keep=20").of("framed.png").is(240, 160),
            boundary("trim.border.keep=4294967295").of("framed.png").is(240, 160),
            illegal("trim.border.keep=-1").of("framed.png").no_number(
                240,
                160,
                "trim.border.keep ignored, '-1' is not",
                "trim.border.keep",
            ),
            illegal("trim.border.keep=2.5").of("framed.png").no_number(
                240,
                160,
                "trim.border.keep ignored, '2.5' is not",
                "trim.border.keep",
            ),
            repeated("trim.border.keep=0,trim.border.keep=5").of("framed.png").warns(
                210,
                130,
                "trim.border.keep is given more than once",
            ),
        ],
    ),
    words(
        "flip",
        &[
            legal("flip=h").is(240, 160).look(&[Look::Shows(TURNED, WHOLE)]),
            legal("flip=v").is(240, 160).look(&[Look::Shows(WHOLE, TURNED)]),
            legal("flip=hv").is(240, 160).look(&[Look::Shows(TURNED, TURNED)]),
            legal("flip=vh").is(240, 160).look(&[Look::Shows(TURNED, TURNED)]),
            // Before rotation: what was on the right is at the top, and then on the right again.
            legal("flip=h,rotate=180").is(240, 160).look(&[Look::Shows(WHOLE, TURNED)]),
            illegal("flip=x").refused("flip: \"x\" is not h, v or hv"),
            illegal("flip=horizontal").refused("flip"),
            illegal("flip=true").refused("flip"),
            illegal("flip=H").refused("flip"),
            illegal("flip=").refused("flip"),
            repeated("flip=v,flip=h")
                .warns(240, 160, "flip is given more than once")
                .look(&[Look::Shows(TURNED, WHOLE)]),
        ],
    ),
    subject(
        "rotate",
        &[
            legal("rotate=90").is(160, 240),
            legal("rotate=90").is(160, 240).json(r#""rotate":"90""#),
            legal("rotate=90,trim.height=120").is(120, 240),
            legal("rotate=180").is(240, 160).look(&[Look::Shows(TURNED, TURNED)]),
            // The bottom left corner (no red, full green) comes to the top left, and the other way round.
            legal("rotate=90").is(160, 240).look(&[Look::Pixel((0, 0), [1, 254, 128, 255], 2)]),
            legal("rotate=270").is(160, 240).look(&[Look::Pixel((0, 0), [254, 1, 128, 255], 2)]),
            // Sides are those of the rotated picture.
            legal("rotate=90,width=80").is(80, 120),
            boundary("rotate=0").is(240, 160).look(&[Look::Shows(WHOLE, WHOLE)]),
            boundary("rotate=360").is(240, 160).look(&[Look::Shows(WHOLE, WHOLE)]),
            illegal("rotate=45").refused("rotate: \"45\" is not 0, 90, 180, 270 or 360"),
            illegal("rotate=-90").refused("rotate"),
            illegal("rotate=450").refused("rotate"),
            illegal("rotate=90.5").refused("rotate"),
            illegal("rotate=left").refused("rotate"),
            illegal("rotate=").refused("rotate"),
            illegal("rotate=true").refused("rotate"),
            repeated("rotate=180,rotate=90").warns(160, 240, "rotate is given more than once"),
        ],
    ),
    subject(
        "border",
        &[
            legal("border=red;3").is(246, 166).look(&[Look::Pixel((0, 0), RED, 0), Look::Pixel((2, 80), RED, 0)]),
            legal("border=red;3").is(246, 166).json(r#""border":{"color":"red","width":3}"#),
            legal("border=red;3").is(246, 166).json(r#""border":{"color":"red","width":"3"}"#),
            legal("border=red;1;2;3;4").is(246, 164),
            legal("border=red;1;2;3;4")
                .is(246, 164)
                .json(r#""border":{"color":"red","top":1,"right":2,"bottom":3,"left":4}"#)
                .look(&[Look::Pixel((3, 80), RED, 0), Look::Pixel((245, 80), RED, 0)]),
            legal("border=red;3,width=120").is(126, 86),
            legal("border=rgb(0,0,255);2").is(244, 164).look(&[Look::Pixel((1, 1), [0, 0, 255, 255], 0)]),
            legal("border=transparent;2").is(244, 164).look(&[Look::Pixel((1, 1), [0; 4], 0)]),
            boundary("border=red;0").is(240, 160),
            // As wide as it may be, and too large for a result.
            boundary("border=red;10000").all(Refused(403, 9413, "20240x20160")),
            illegal("border=red;10001").no_number(240, 160, "border ignored", "border"),
            illegal("border=black;wide").no_number(240, 160, "border ignored, 'black;wide' is not", "border"),
            illegal("border=black;1;2").no_number(240, 160, "border ignored", "border"),
            illegal("border=black").no_number(240, 160, "border ignored", "border"),
            illegal("border=black;-1").no_number(240, 160, "border ignored", "border"),
            illegal("border=3").refused("border"),
            illegal("border=ink-ish;3").refused("border"),
            illegal("border=x").refused("border").only_json().json(r#""border":[3]"#),
            illegal("border=x").refused("border").only_json().json(r#""border":true"#),
            illegal("border=x")
                .warns(240, 160, "unknown option 'border.radius'")
                .only_json()
                .json(r#""border":{"radius":3}"#),
            repeated("border=red;9,border=red;3").warns(246, 166, "border is given more than once"),
        ],
    ),
    subject(
        "border.color",
        &[
            legal("border.color=red,border.width=3").is(246, 166).look(&[Look::Pixel((0, 0), RED, 0)]),
            legal("border.width=3,border.color=%23ff000080").is(246, 166).look(&[Look::Pixel(
                (0, 0),
                [255, 0, 0, 128],
                0,
            )]),
            boundary("border.color=red").is(240, 160),
            illegal("border.width=3,border.color=ink-ish").refused(COLOR),
            illegal("border.width=3,border.color=12").refused(COLOR),
            illegal("border.width=3,border.color=").refused(COLOR),
            repeated("border.width=3,border.color=blue,border.color=red")
                .warns(246, 166, "border.color is given more than once")
                .look(&[Look::Pixel((0, 0), RED, 0)]),
        ],
    ),
    subject(
        "border.width",
        &[
            // Black, where nothing is said about the color.
            legal("border.width=3").is(246, 166).look(&[Look::Pixel((0, 0), [0, 0, 0, 255], 0)]),
            // A side by itself counts.
            legal("border.width=3,border.left=10").is(253, 166),
            boundary("border.width=0").is(240, 160),
            boundary("border.width=1").is(242, 162),
            boundary("border.width=10000").all(Refused(403, 9413, "20240x20160")),
            illegal("border.width=-1").no_number(240, 160, "border.width ignored, '-1' is not", "border.width"),
            illegal("border.width=1.5").no_number(240, 160, "border.width ignored, '1.5' is not", "border.width"),
            illegal("border.width=10001").no_number(240, 160, "border.width ignored, '10001' is not", "border.width"),
            repeated("border.width=9,border.width=3").warns(246, 166, "border.width is given more than once"),
        ],
    ),
    subject(
        "border.top",
        &[
            legal("border.top=5,border.color=red").is(240, 165).look(&[Look::Pixel((0, 4), RED, 0)]),
            boundary("border.top=0").is(240, 160),
            boundary("border.top=10000").is(240, 10_160),
            illegal("border.top=-1").no_number(240, 160, "border.top ignored, '-1' is not", "border.top"),
            illegal("border.top=1.5").no_number(240, 160, "border.top ignored, '1.5' is not", "border.top"),
            illegal("border.top=10001").no_number(240, 160, "border.top ignored, '10001' is not", "border.top"),
            repeated("border.top=9,border.top=5").warns(240, 165, "border.top is given more than once"),
        ],
    ),
    subject(
        "border.right",
        &[
            legal("border.right=5,border.color=red").is(245, 160).look(&[Look::Pixel((240, 0), RED, 0)]),
            boundary("border.right=0").is(240, 160),
            boundary("border.right=1").is(241, 160),
            illegal("border.right=-1").no_number(240, 160, "border.right ignored, '-1' is not", "border.right"),
            illegal("border.right=1.5").no_number(240, 160, "border.right ignored, '1.5' is not", "border.right"),
            illegal("border.right=10001").no_number(240, 160, "border.right ignored, '10001' is not", "border.right"),
            repeated("border.right=9,border.right=5").warns(245, 160, "border.right is given more than once"),
        ],
    ),
    subject(
        "border.bottom",
        &[
            legal("border.bottom=5,border.color=red").is(240, 165).look(&[Look::Pixel((0, 160), RED, 0)]),
            boundary("border.bottom=0").is(240, 160),
            boundary("border.bottom=1").is(240, 161),
            illegal("border.bottom=-1").no_number(240, 160, "border.bottom ignored, '-1' is not", "border.bottom"),
            illegal("border.bottom=1.5").no_number(240, 160, "border.bottom ignored, '1.5' is not", "border.bottom"),
            illegal("border.bottom=10001").no_number(
                240,
                160,
                "border.bottom ignored, '10001' is not",
                "border.bottom",
            ),
            repeated("border.bottom=9,border.bottom=5").warns(240, 165, "border.bottom is given more than once"),
        ],
    ),
    subject(
        "border.left",
        &[
            legal("border.left=5,border.color=red").is(245, 160).look(&[Look::Pixel((4, 0), RED, 0)]),
            boundary("border.left=0").is(240, 160),
            boundary("border.left=1").is(241, 160),
            illegal("border.left=-1").no_number(240, 160, "border.left ignored, '-1' is not", "border.left"),
            illegal("border.left=1.5").no_number(240, 160, "border.left ignored, '1.5' is not", "border.left"),
            illegal("border.left=10001").no_number(240, 160, "border.left ignored, '10001' is not", "border.left"),
            repeated("border.left=9,border.left=5").warns(245, 160, "border.left is given more than once"),
        ],
    ),
];
