//! How large, and what of the picture. The source is 240x160.

use super::table::{Expected, Look, Subject, alias, boundary, illegal, legal, repeated, subject, words};
use Expected::Refused;

const WHOLE: (f64, f64) = (0.0, 1.0);
/// What a square keeps of 3:2 across.
const MIDDLE: (f64, f64) = (1.0 / 6.0, 5.0 / 6.0);

const PIXELS: &str = "a whole number of pixels, 1 or more";
const TWICE: &str = "is given more than once, the last one counts";

pub(crate) const SUBJECTS: &[Subject] = &[
    subject(
        "width",
        &[
            legal("width=120").is(120, 80).look(&[Look::Shows(WHOLE, WHOLE)]),
            legal("width=120").is(120, 80).json(r#""width":"120""#),
            legal("width=120").is(120, 80).json(r#""width":120.0"#),
            legal("width=120").is(240, 160).only_json().json(r#""width":null"#),
            // Nothing says how wide the screen is: 1200, and nothing is enlarged. The binding has no client.
            legal("width=auto").is(240, 160).binding(Refused(400, 9401, "width")),
            boundary("width=1").is(1, 1),
            boundary("width=241").is(240, 160),
            boundary("width=12000").is(240, 160),
            boundary("width=4294967295").is(240, 160),
            boundary("width=12001,fit=contain").all(Refused(403, 9413, "12001")),
            illegal("width=4294967296").no_number(240, 160, "width ignored", "width"),
            illegal("width=0").no_number(240, 160, "width ignored, '0' is not", PIXELS),
            illegal("width=-5").no_number(240, 160, "width ignored, '-5' is not", PIXELS),
            illegal("width=12.5").no_number(240, 160, "width ignored, '12.5' is not", PIXELS),
            illegal("width=wide").no_number(240, 160, "width ignored, 'wide' is not", PIXELS),
            illegal("width=").no_number(240, 160, "width ignored, '' is not", PIXELS),
            illegal("width=1e2").no_number(240, 160, "width ignored, '1e2' is not", PIXELS).json(r#""width":"1e2""#),
            illegal("width=NaN").no_number(240, 160, "width ignored, 'NaN' is not", PIXELS),
            illegal("width=Auto").no_number(240, 160, "width ignored, 'Auto' is not", PIXELS),
            illegal("width=true").no_number(240, 160, "width ignored, 'true' is not", PIXELS),
            illegal("width=x").refused("width").only_json().json(r#""width":[120]"#),
            illegal("width=x").refused("width").only_json().json(r#""width":{}"#),
            alias("w=120").is(120, 80),
            alias("w=x").no_number(240, 160, "width ignored, 'x' is not", "width"),
            repeated("width=50,width=120").warns(120, 80, "width is given more than once, the last one counts"),
            repeated("width=50,w=120").warns(120, 80, "width is given more than once"),
            repeated("w=50,width=120").warns(120, 80, "width is given more than once"),
            repeated("w=120,w=50,width=120").warns(120, 80, "width is given more than once"),
            repeated("width=50,width=x").no_number(240, 160, "width is given more than once", "width"),
            repeated("width=x,width=120").warns(120, 80, "width is given more than once"),
        ],
    ),
    subject(
        "height",
        &[
            legal("height=80").is(120, 80).look(&[Look::Shows(WHOLE, WHOLE)]),
            legal("width=60,height=80").is(60, 40),
            boundary("height=1").is(2, 1),
            // Half up: 4.5.
            boundary("height=3").is(5, 3),
            boundary("height=4294967295").is(240, 160),
            illegal("height=0").no_number(240, 160, "height ignored, '0' is not", PIXELS),
            illegal("height=-20").no_number(240, 160, "height ignored, '-20' is not", PIXELS),
            illegal("height=auto").no_number(240, 160, "height ignored, 'auto' is not", PIXELS),
            illegal("height=0.5").no_number(240, 160, "height ignored, '0.5' is not", PIXELS),
            illegal("width=120,height=abc").no_number(120, 80, "height ignored, 'abc' is not", PIXELS),
            alias("h=80").is(120, 80),
            repeated("height=20,height=80").warns(120, 80, "height is given more than once"),
            repeated("height=20,h=80").warns(120, 80, "height is given more than once"),
            repeated("h=20,height=80").warns(120, 80, "height is given more than once"),
        ],
    ),
    subject(
        "dpr",
        &[
            legal("width=60,dpr=2").is(120, 80),
            legal("width=60,dpr=1.5").is(90, 60),
            legal("height=80,dpr=0.5").is(60, 40),
            legal("width=60,dpr=1").is(60, 40),
            legal("dpr=2").is(240, 160),
            legal("trim=10;10;10;10,dpr=2").is(200, 120),
            legal("trim=0.25;0;0.25;0,dpr=2").is(240, 80),
            legal("border=red;3,dpr=2").is(252, 172).json(r#""border":{"color":"red","width":3},"dpr":2"#),
            boundary("width=60,dpr=3").is(180, 120),
            boundary("width=60,dpr=0.001").is(1, 1),
            illegal("width=60,dpr=3.01").warns(180, 120, "dpr > 3 should never be used"),
            illegal("width=60,dpr=9").warns(180, 120, "dpr > 3 should never be used"),
            illegal("width=60,dpr=0").no_number(60, 40, "dpr ignored, '0' is not", "dpr"),
            illegal("width=60,dpr=-1").no_number(60, 40, "dpr ignored, '-1' is not", "dpr"),
            illegal("width=60,dpr=retina").no_number(60, 40, "dpr ignored, 'retina' is not", "dpr"),
            illegal("width=60,dpr=inf").no_number(60, 40, "dpr ignored, 'inf' is not", "dpr"),
            illegal("width=60,dpr=nan").no_number(60, 40, "dpr ignored, 'nan' is not", "dpr"),
            illegal("width=60,dpr=2x").no_number(60, 40, "dpr ignored, '2x' is not", "dpr"),
            repeated("width=60,dpr=3,dpr=2").warns(120, 80, "dpr is given more than once"),
        ],
    ),
    words(
        "fit",
        &[
            legal("width=100,height=100,fit=scale-down").is(100, 67).look(&[Look::Shows(WHOLE, WHOLE)]),
            legal("width=100,height=100").is(100, 67),
            legal("width=480,height=480,fit=scale-down").is(240, 160),
            legal("width=100,height=100,fit=contain").is(100, 67),
            legal("width=480,height=480,fit=contain").is(480, 320).look(&[Look::Shows(WHOLE, WHOLE)]),
            legal("width=100,height=100,fit=scale-up").is(240, 160),
            legal("width=480,height=480,fit=scale-up").is(480, 320),
            legal("width=100,height=100,fit=cover").is(100, 100).look(&[Look::Shows(MIDDLE, WHOLE)]),
            legal("width=300,height=300,fit=cover").is(300, 300).look(&[Look::Shows(MIDDLE, WHOLE)]),
            legal("width=100,height=100,fit=crop").is(100, 100).look(&[Look::Shows(MIDDLE, WHOLE)]),
            legal("width=300,height=300,fit=crop").is(240, 160).look(&[Look::Shows(WHOLE, WHOLE)]),
            // Smaller than the box on one side only: cropped on the other, scaled on neither.
            legal("width=100,height=300,fit=crop")
                .is(100, 160)
                .look(&[Look::Shows((70.0 / 240.0, 170.0 / 240.0), WHOLE)]),
            legal("width=300,height=300,fit=aspect-crop").is(160, 160).look(&[Look::Shows(MIDDLE, WHOLE)]),
            legal("width=80,height=80,fit=aspect-crop").is(80, 80).look(&[Look::Shows(MIDDLE, WHOLE)]),
            legal("width=120,height=120,fit=pad").is(120, 120).look(&[
                Look::Pixel((60, 19), [255; 4], 0),
                Look::Pixel((60, 100), [255; 4], 0),
                Look::Pixel((0, 60), [1, 128, 128, 255], 3),
            ]),
            legal("width=480,height=480,fit=pad").is(480, 480),
            legal("width=100,height=100,fit=squeeze").is(100, 100).look(&[Look::Shows(WHOLE, WHOLE)]),
            legal("width=300,height=300,fit=squeeze").is(300, 300).look(&[Look::Shows(WHOLE, WHOLE)]),
            legal("fit=scale-down").is(240, 160),
            legal("width=100,fit=contain").is(100, 67),
            // Modes that fill a box, with one side of it.
            legal("width=100,fit=cover").warns(100, 67, "cover fit mode needs both width and height"),
            legal("height=80,fit=crop").warns(120, 80, "crop fit mode needs both width and height"),
            legal("width=100,fit=aspect-crop").warns(100, 67, "aspect-crop fit mode needs both width and height"),
            legal("width=480,fit=pad").warns(480, 320, "pad fit mode needs both width and height"),
            legal("height=320,fit=squeeze").warns(480, 320, "squeeze fit mode needs both width and height"),
            illegal("width=100,fit=fill").refused("fit: \"fill\" is not scale-down, contain"),
            illegal("width=100,fit=Cover").refused("fit: \"Cover\" is not"),
            illegal("fit=").refused("fit: \"\" is not"),
            illegal("fit=1").refused("fit: \"1\" is not"),
            illegal("fit=cover%20").refused("fit: \"cover \" is not"),
            illegal("fit=x").refused("fit: ").only_json().json(r#""fit":["cover"]"#),
            repeated("width=100,height=100,fit=contain,fit=cover").warns(100, 100, "fit is given more than once"),
            repeated("width=100,height=100,fit=fill,fit=cover").warns(100, 100, "fit is given more than once"),
            repeated("width=100,height=100,fit=cover,fit=fill").refused("fit: \"fill\" is not"),
        ],
    ),
    subject(
        "gravity",
        &[
            legal("width=80,height=80,fit=cover,gravity=center").is(80, 80).look(&[Look::Shows(MIDDLE, WHOLE)]),
            legal("width=80,height=80,fit=cover,gravity=left").is(80, 80).look(&[Look::Shows((0.0, 2.0 / 3.0), WHOLE)]),
            legal("width=80,height=80,fit=crop,gravity=right").is(80, 80).look(&[Look::Shows((1.0 / 3.0, 1.0), WHOLE)]),
            legal("width=120,height=40,fit=cover,gravity=top").is(120, 40).look(&[Look::Shows(WHOLE, (0.0, 0.5))]),
            legal("width=120,height=40,fit=aspect-crop,gravity=bottom")
                .is(120, 40)
                .look(&[Look::Shows(WHOLE, (0.5, 1.0))]),
            // On the other axis a side is centered.
            legal("width=80,height=80,fit=cover,gravity=bottom").is(80, 80).look(&[Look::Shows(MIDDLE, WHOLE)]),
            legal("width=80,height=80,fit=cover,gravity=auto").is(80, 80),
            legal("width=80,height=80,fit=cover,gravity=entropy").is(80, 80),
            // The face's middle is at 0.75: of 120 pixels 70 to 110, and for the wider box as far as the edge allows.
            legal("width=40,height=80,fit=cover,gravity=face")
                .is(40, 80)
                .look(&[Look::Shows((70.0 / 120.0, 110.0 / 120.0), WHOLE)]),
            legal("width=80,height=80,fit=cover,gravity=face").is(80, 80).look(&[Look::Shows((1.0 / 3.0, 1.0), WHOLE)]),
            legal("width=80,height=80,fit=cover,gravity=0.25x0.75")
                .is(80, 80)
                .look(&[Look::Shows((1.0 / 12.0, 0.75), WHOLE)]),
            legal("width=80,height=80,fit=cover,gravity=0.25x0.75")
                .is(80, 80)
                .json(r#""width":80,"height":80,"fit":"cover","gravity":{"x":0.25,"y":0.75}"#)
                .look(&[Look::Shows((1.0 / 12.0, 0.75), WHOLE)]),
            legal("width=80,height=80,fit=cover,gravity=0.25x0.75")
                .is(80, 80)
                .json(r#""width":80,"height":80,"fit":"cover","gravity":{"x":0.25,"mode":"remainder"}"#)
                .look(&[Look::Shows((1.0 / 12.0, 0.75), WHOLE)]),
            legal("width=40,height=80,fit=cover,gravity=0.5x0.5;box-center")
                .is(40, 80)
                .json(r#""width":40,"height":80,"fit":"cover","gravity":{"x":0.5,"y":0.5,"mode":"box-center"}"#)
                .look(&[Look::Shows((1.0 / 3.0, 2.0 / 3.0), WHOLE)]),
            legal("width=120,gravity=left").is(120, 80).look(&[Look::Shows(WHOLE, WHOLE)]),
            boundary("width=80,height=80,fit=cover,gravity=0x0")
                .is(80, 80)
                .look(&[Look::Shows((0.0, 2.0 / 3.0), WHOLE)]),
            boundary("width=80,height=80,fit=cover,gravity=1x1")
                .is(80, 80)
                .look(&[Look::Shows((1.0 / 3.0, 1.0), WHOLE)]),
            boundary("width=40,height=80,fit=cover,gravity=1.0x0.0;box-center")
                .is(40, 80)
                .look(&[Look::Shows((2.0 / 3.0, 1.0), WHOLE)]),
            illegal("gravity=middle").refused("gravity: \"middle\" is not"),
            illegal("gravity=Left").refused("gravity: \"Left\" is not"),
            illegal("gravity=0.5x1.5").refused("gravity: \"0.5x1.5\" is not"),
            illegal("gravity=-0.1x0.5").refused("gravity"),
            illegal("gravity=0.5").refused("gravity"),
            illegal("gravity=0.5X0.5").refused("gravity"),
            illegal("gravity=0.5x").refused("gravity"),
            illegal("gravity=nanx0.5").refused("gravity"),
            illegal("gravity=0.5x0.5;middle").refused("gravity"),
            illegal("gravity=x").refused("gravity").only_json().json(r#""gravity":{"x":0.5,"y":2}"#),
            illegal("gravity=x").refused("gravity").only_json().json(r#""gravity":{"x":"left"}"#),
            illegal("gravity=x").refused("gravity").only_json().json(r#""gravity":{"x":0.5,"mode":"middle"}"#),
            illegal("gravity=x").refused("gravity").only_json().json(r#""gravity":[0.5,0.5]"#),
            alias("width=80,height=80,fit=cover,g=left").is(80, 80).look(&[Look::Shows((0.0, 2.0 / 3.0), WHOLE)]),
            alias("width=80,height=80,fit=cover,g=0.25x0.75")
                .is(80, 80)
                .json(r#""width":80,"height":80,"fit":"cover","g":{"x":0.25,"y":0.75}"#)
                .look(&[Look::Shows((1.0 / 12.0, 0.75), WHOLE)]),
            repeated("width=80,height=80,fit=cover,gravity=left,gravity=right")
                .warns(80, 80, "gravity is given more than once")
                .look(&[Look::Shows((1.0 / 3.0, 1.0), WHOLE)]),
            repeated("width=80,height=80,fit=cover,gravity=left,g=right")
                .warns(80, 80, "gravity is given more than once")
                .look(&[Look::Shows((1.0 / 3.0, 1.0), WHOLE)]),
        ],
    ),
    subject(
        "zoom",
        &[
            // The face is 24x32 pixels at 168,64.
            legal("gravity=face,zoom=0.5").is(48, 64).look(&[Look::Shows((0.65, 0.85), (0.3, 0.7))]),
            legal("width=40,gravity=face,zoom=0.5").is(40, 53),
            legal("zoom=0.5").is(240, 160),
            legal("gravity=left,zoom=0.5").is(240, 160),
            boundary("gravity=face,zoom=0").is(240, 160),
            boundary("gravity=face,zoom=0.01").is(240, 160),
            boundary("gravity=face,zoom=1").is(24, 32).look(&[Look::Shows((0.7, 0.8), (0.4, 0.6))]),
            illegal("gravity=face,zoom=1.01").refused("zoom: \"1.01\" is not a number from 0 to 1"),
            illegal("gravity=face,zoom=-1").refused("zoom: \"-1\" is not a number from 0 to 1"),
            illegal("gravity=face,zoom=close").no_number(240, 160, "zoom ignored, 'close' is not", "zoom"),
            illegal("gravity=face,zoom=").no_number(240, 160, "zoom ignored, '' is not", "zoom"),
            alias("gravity=face,face-zoom=0.5").is(48, 64),
            repeated("gravity=face,zoom=0,zoom=1").warns(24, 32, "zoom is given more than once"),
            repeated("gravity=face,zoom=0,face-zoom=1").warns(24, 32, "zoom is given more than once"),
            repeated("gravity=face,face-zoom=0,zoom=1").warns(24, 32, "zoom is given more than once"),
        ],
    ),
    words(
        "upscale",
        &[
            legal("width=480,fit=contain,upscale=interpolate").is(480, 320),
            // Also where nothing is enlarged: who asks learns it with the first picture, not with the first small one.
            legal("width=120,upscale=generate").all(Refused(400, 9401, "not installed")),
            legal("width=480,fit=contain,upscale=generate").all(Refused(400, 9401, "not installed")),
            illegal("upscale=ai").refused("upscale: \"ai\" is not interpolate or generate"),
            illegal("upscale=true").refused("upscale: \"true\" is not"),
            illegal("upscale=2").refused("upscale: \"2\" is not"),
            repeated("width=480,fit=contain,upscale=generate,upscale=interpolate").warns(480, 320, TWICE),
        ],
    ),
];
