//! What is drawn on top. The base is `map.png`, 240x160; `red.png` is 12x8 and `blue.png` 4x4.
//!
//! The binding draws by `.draw()`: rows whose JSON has layers become its parts and commands.

use super::table::{Expected, Look, Subject, boundary, illegal, legal, repeated, subject};
use Expected::Refused;

const RED: [u8; 4] = [255, 0, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];

/// At 2,3, and nothing of it one pixel outside.
const AT_2_3: &[Look] = &[
    Look::Pixel((2, 3), RED, 0),
    Look::Pixel((13, 10), RED, 0),
    Look::Pixel((1, 3), [2, 6, 128, 255], 2),
    Look::Pixel((14, 10), [15, 17, 128, 255], 2),
];

pub(crate) const SUBJECTS: &[Subject] = &[subject(
    "draw",
    &[
        legal("draw=(url=red.png,left=2,top=3)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","left":2,"top":3}]"#)
            .look(AT_2_3),
        legal("draw=(url=red.png,left=2,top=3)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","left":"2","top":"3"}]"#)
            .look(AT_2_3),
        // Centered, where nothing is said.
        legal("draw=(url=red.png)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png"}]"#)
            .look(&[Look::Pixel((114, 76), RED, 0), Look::Pixel((125, 83), RED, 0)]),
        legal("width=120,draw=(url=red.png,right=0,bottom=0)")
            .is(120, 80)
            .json(r#""width":120,"draw":[{"url":"red.png","right":0,"bottom":0}]"#)
            .look(&[Look::Pixel((119, 79), RED, 0), Look::Pixel((108, 72), RED, 0)]),
        // Half of the base; the binding knows no base when a layer is made, and takes pixels.
        legal("draw=(url=red.png,width=0.5,fit=contain,left=0,top=0)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","width":0.5,"fit":"contain","left":0,"top":0}]"#)
            .binding(Refused(400, 9401, "width"))
            .look(&[Look::Pixel((119, 79), RED, 0)]),
        legal("draw=(url=red.png,w=4,left=0,top=0)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","w":4,"left":0,"top":0}]"#)
            .look(&[Look::Pixel((3, 2), RED, 0), Look::Pixel((4, 0), [5, 1, 128, 255], 2)]),
        legal("draw=(url=red.png,rotate=90,left=0,top=0)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","rotate":90,"left":0,"top":0}]"#)
            .look(&[Look::Pixel((7, 11), RED, 0)]),
        // The last is on top.
        legal("draw=(url=red.png,left=0,top=0)(url=blue.png,left=0,top=0)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","left":0,"top":0},{"url":"blue.png","left":0,"top":0}]"#)
            .look(&[Look::Pixel((0, 0), BLUE, 0), Look::Pixel((5, 5), RED, 0)]),
        legal("draw=(url=red.png,repeat=true)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","repeat":true}]"#)
            .look(&[Look::Pixel((0, 0), RED, 0), Look::Pixel((239, 159), RED, 0)]),
        legal("draw=(url=red.png,repeat=x,top=0)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","repeat":"x","top":0}]"#)
            .look(&[Look::Pixel((0, 0), RED, 0), Look::Pixel((239, 7), RED, 0)]),
        legal("draw=(text=Tintype,size=40,color=red,left=0,top=0)")
            .is(240, 160)
            .json(r#""draw":[{"text":"Tintype","size":40,"color":"red","left":0,"top":0}]"#),
        legal("draw=x").is(240, 160).only_json().json(r#""draw":[]"#),
        boundary("draw=(url=red.png,opacity=1,left=2,top=3)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","opacity":1,"left":2,"top":3}]"#)
            .look(AT_2_3),
        boundary("draw=(url=red.png,opacity=0,left=0,top=0)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","opacity":0,"left":0,"top":0}]"#)
            .look(&[Look::Shows((0.0, 1.0), (0.0, 1.0))]),
        // Half outside, and all of it.
        boundary("draw=(url=red.png,left=-6,top=-4)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","left":-6,"top":-4}]"#)
            .look(&[Look::Pixel((5, 3), RED, 0), Look::Pixel((6, 0), [7, 1, 128, 255], 2)]),
        boundary("draw=(url=red.png,left=1000000,top=-1000000)")
            .is(240, 160)
            .json(r#""draw":[{"url":"red.png","left":1000000,"top":-1000000}]"#)
            .look(&[Look::Shows((0.0, 1.0), (0.0, 1.0))]),
        illegal("draw=logo.png").refused("draw: \"logo.png\" is not"),
        illegal("draw=()").refused("url"),
        illegal("draw=").refused("draw"),
        illegal("draw=(url=red.png").refused("draw").not_binding().only_json().json(r#""draw":"(url=red.png""#),
        illegal("draw=(width=10)")
            .refused("a layer draws either a picture (url) or a text (text)")
            .json(r#""draw":"(width=10)""#),
        illegal("draw=(url=red.png,text=a)").refused("a layer draws either").json(r#""draw":"(url=red.png,text=a)""#),
        illegal("draw=(url=red.png,left=1,right=1)")
            .refused("left and right exclude each other")
            .json(r#""draw":[{"url":"red.png","left":1,"right":1}]"#),
        illegal("draw=(url=red.png,top=1,bottom=1)")
            .refused("top and bottom exclude each other")
            .json(r#""draw":[{"url":"red.png","top":1,"bottom":1}]"#),
        illegal("draw=(url=red.png,opacity=1.5)")
            .refused("opacity: \"1.5\" is not a number from 0 to 1")
            .json(r#""draw":[{"url":"red.png","opacity":1.5}]"#),
        illegal("draw=(url=red.png,opacity=half)")
            .no_number(240, 160, "opacity ignored, 'half' is not", "opacity")
            .json(r#""draw":[{"url":"red.png","opacity":"half"}]"#),
        illegal("draw=(url=red.png,left=1000001)")
            .no_number(240, 160, "left ignored, '1000001' is not", "left")
            .json(r#""draw":[{"url":"red.png","left":1000001}]"#),
        illegal("draw=(url=red.png,width=wide)")
            .no_number(240, 160, "width ignored, 'wide' is not", "width")
            .json(r#""draw":[{"url":"red.png","width":"wide"}]"#),
        illegal("draw=(url=red.png,repeat=z)")
            .refused("repeat: \"z\" is not true, x or y")
            .json(r#""draw":[{"url":"red.png","repeat":"z"}]"#),
        illegal("draw=(url=red.png,composite=clear)")
            .refused("composite: \"clear\" is not over, in, atop, out, xor or lighter")
            .json(r#""draw":[{"url":"red.png","composite":"clear"}]"#),
        illegal("draw=(text=)").refused("text").json(r#""draw":[{"text":""}]"#),
        illegal("draw=(text=a,size=0)")
            .no_number(240, 160, "size ignored, '0' is not", "size")
            .json(r#""draw":[{"text":"a","size":0}]"#),
        illegal("draw=(text=a,color=ink-ish)").refused("color").json(r#""draw":[{"text":"a","color":"ink-ish"}]"#),
        illegal("draw=(url=red.png,format=webp)")
            .warns(240, 160, "unknown option 'draw.format'")
            .json(r#""draw":[{"url":"red.png","format":"webp"}]"#)
            .binding(Expected::Warned((240, 160), "format has no effect on .transform()")),
        illegal("draw=(url=red.png,sepia=1)")
            .warns(240, 160, "unknown option 'draw.sepia'")
            .json(r#""draw":[{"url":"red.png","sepia":1}]"#)
            .binding(Expected::Warned((240, 160), "unknown option 'sepia'")),
        illegal("draw=x").refused("draw").only_json().json(r#""draw":{"url":"red.png"}"#),
        illegal("draw=x").refused("").only_json().not_binding().json(r#""draw":["red.png"]"#),
        // Layers are the exception: several draw options add up.
        repeated("draw=(url=red.png,left=0,top=0),draw=(url=blue.png,left=0,top=0)")
            .is(240, 160)
            .json(r#""draw":"(url=red.png,left=0,top=0)","draw":"(url=blue.png,left=0,top=0)""#)
            .not_binding()
            .look(&[Look::Pixel((0, 0), BLUE, 0), Look::Pixel((5, 5), RED, 0)]),
        repeated("draw=(url=red.png,left=90,left=2,top=3)")
            .warns(240, 160, "left is given more than once")
            .json(r#""draw":[{"url":"red.png","left":90,"left":2,"top":3}]"#)
            .not_binding()
            .look(AT_2_3),
        repeated("draw=(url=red.png,width=90,w=4,left=0,top=0)")
            .warns(240, 160, "width is given more than once")
            .json(r#""draw":[{"url":"red.png","width":90,"w":4,"left":0,"top":0}]"#)
            .not_binding()
            .look(&[Look::Pixel((3, 2), RED, 0), Look::Pixel((4, 0), [5, 1, 128, 255], 2)]),
    ],
)];
