//! SVG: what is drawn, and documents made to hurt.

use std::time::Duration;

use tintype_codecs::{Bound, CodecError, Limits, clean_svg, decode, is_svg, probe};
use tintype_pixels::{Fault, ImageFormat, ImageInfo, Layout, Size};

use crate::pictures::{Stopwatch, read};

fn document(content: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='40' height='30'>{content}</svg>"
    )
}

fn pixel(document: &str, x: usize, y: usize) -> [u8; 4] {
    let (info, planes) = read(document.as_bytes()).unwrap_or_else(|error| panic!("{document}: {error}"));
    planes.bytes().as_chunks::<4>().0[y * info.size.width as usize + x]
}

#[test]
fn shapes_have_their_colors_and_alpha_is_straight() {
    let half = document("<rect width='20' height='30' fill='#ff8000' fill-opacity='0.5'/>");
    assert!(is_svg(half.as_bytes()));
    assert_eq!(pixel(&half, 5, 5), [255, 128, 0, 128]);
    assert_eq!(pixel(&half, 30, 5), [0, 0, 0, 0]);
    let info = probe(half.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((info.format, info.size, info.layout), (ImageFormat::Svg, Size::new(40, 30), Layout::RGBA8));
}

#[test]
fn sizes_come_from_the_document() {
    for (attributes, expected) in [
        ("width='12.2' height='7'", (12, 7)),
        ("viewBox='0 0 300 150'", (300, 150)),
        ("width='1in' height='2in'", (96, 192)),
        ("width='50%' height='50%' viewBox='0 0 10 20'", (5, 10)),
    ] {
        let document = format!("<?xml version='1.0'?><!-- a --><svg xmlns='http://www.w3.org/2000/svg' {attributes}/>");
        let info = probe(document.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(info.size, Size::new(expected.0, expected.1), "{attributes}");
    }
}

#[test]
fn it_is_drawn_in_any_size() {
    let document = document("<rect width='20' height='15' fill='red'/>");
    let info = probe(document.as_bytes(), &Limits::default()).unwrap();
    for size in [Size::new(4, 3), Size::new(400, 300), Size::new(400, 30)] {
        let info = ImageInfo { size, ..info.clone() };
        let planes = decode(document.as_bytes(), &info, &Limits::default()).unwrap();
        let red = planes.bytes().as_chunks::<4>().0.iter().filter(|pixel| **pixel == [255, 0, 0, 255]).count();
        assert_eq!(red as u64, (size.width / 2) as u64 * (size.height / 2) as u64, "{size}");
    }
    let info = ImageInfo { size: Size::new(20_000, 20_000), ..info };
    let error = decode(document.as_bytes(), &info, &Limits::default()).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::AreaPx, .. }), "{error}");
}

#[test]
fn nothing_outside_is_looked_at() {
    // A file that is there, a folder, and a host: all are drawn as nothing.
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/pngsuite/basn2c08.png");
    for href in [here, &format!("file://{here}"), "/etc", "http://127.0.0.1:9/x.png", "data:image/svg+xml,%3Csvg/%3E"] {
        for name in ["href", "xlink:href"] {
            let document = document(&format!("<image width='40' height='30' {name}='{href}'/>"));
            assert_eq!(pixel(&document, 20, 15), [0; 4], "{href}");
        }
    }
    let external = "<!DOCTYPE svg [<!ENTITY x SYSTEM '/etc/hostname'>]>".to_owned() + &document("<title>&x;</title>");
    if let Ok(clean) = clean_svg(external.as_bytes(), &Limits::default()) {
        assert!(!String::from_utf8_lossy(&clean).contains("ENTITY"));
    }
}

/// Levels that each stand for `times` of the next.
fn doubled(levels: u32, times: usize, level: impl Fn(u32, &str) -> String, last: &str) -> String {
    let inner = |n: u32| (0..times).map(|_| format!("<use xlink:href='#l{}'/>", n + 1)).collect::<String>();
    let mut content = String::new();
    for n in 0..levels {
        content += &level(n, &inner(n));
    }
    document(&format!("<defs>{content}<g id='l{levels}'>{last}</g></defs><use xlink:href='#l0'/>"))
}

#[test]
fn what_grows_or_takes_forever_is_refused_at_once() {
    let rect = "<rect width='40' height='30'/>";
    let uses = doubled(9, 10, |n, inner| format!("<g id='l{n}'>{inner}</g>"), rect);
    let masks = {
        let level = |n: u32| {
            let user = format!("<rect width='1' height='1' mask='url(#m{})'/>", n + 1);
            format!("<mask id='m{n}'>{}</mask>", user.repeat(10))
        };
        let levels: String = (0..9).map(level).collect();
        document(&format!("{levels}<mask id='m9'>{rect}</mask><rect width='40' height='30' mask='url(#m0)'/>"))
    };
    let styled = {
        let level = |n: u32| {
            let inner = format!("<rect class='c{}' width='9' height='9'/>", n + 1).repeat(10);
            format!("<mask id='s{n}'>{inner}</mask><style>.c{n}{{mask:url(#s{n})}}</style>")
        };
        let levels: String = (0..9).map(level).collect();
        document(&format!("{levels}<rect class='c0' width='9' height='9'/>"))
    };
    let laughs = "<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]>".to_owned() + &document("<desc>&b;</desc>");
    let long = format!("<!DOCTYPE svg [<!ENTITY a '{}'>]>", "x".repeat(500));
    let quadratic = long + &document(&format!("<desc>{}</desc>", "&a;".repeat(100_000)));
    let markers = {
        let line = "M0 0".to_owned() + &" 1 1".repeat(100_000);
        document(&format!(
            "<marker id='k'>{}</marker><path d='{line}' marker-mid='url(#k)' stroke='red'/>",
            rect.repeat(100)
        ))
    };
    let turbulence = "<filter id='f'><feTurbulence baseFrequency='.1' numOctaves='900'/></filter>";
    let layers = "<g opacity='.9'>".repeat(80) + rect + &"</g>".repeat(80);
    let large =
        |content: &str| format!("<svg xmlns='http://www.w3.org/2000/svg' width='9000' height='9000'>{content}</svg>");
    let tile = "<pattern id='p' width='2e6' height='2e6' patternUnits='userSpaceOnUse'><path d='M0 0h9v9'/></pattern>";
    let filtered = |filter: &str| {
        document(&format!(
            "<filter id='f' x='-9' y='-9' width='99' height='99'>{filter}</filter><rect width='40' height='30' filter='url(#f)'/>"
        ))
    };
    let convolve = format!("<feConvolveMatrix order='99' kernelMatrix='{}'/>", "1 ".repeat(9_801));
    let table: [(&str, String, Option<Bound>); 23] = [
        ("uses", uses, Some(Bound::SvgElements)),
        ("masks", masks, Some(Bound::SvgElements)),
        ("masks by style", styled, Some(Bound::SvgElements)),
        ("markers", markers, Some(Bound::SvgElements)),
        ("many", document(&rect.repeat(250_000)), Some(Bound::SvgElements)),
        ("deep", document(&("<g>".repeat(200_000) + &"</g>".repeat(200_000))), Some(Bound::SvgNesting)),
        ("less deep", document(&("<g>".repeat(2_000) + &"</g>".repeat(2_000))), Some(Bound::SvgNesting)),
        ("entities of entities", laughs, None),
        ("one entity, often", quadratic, Some(Bound::FileBytes)),
        ("long", document(&" ".repeat(9 << 20)), Some(Bound::FileBytes)),
        (
            "a huge canvas",
            "<svg xmlns='http://www.w3.org/2000/svg' width='1e9' height='1e9'/>".to_owned(),
            Some(Bound::SidePx),
        ),
        (
            "clouds",
            large(&format!("{turbulence}<rect width='9000' height='9000' filter='url(#f)'/>")),
            Some(Bound::SvgWork),
        ),
        // These work on 25 times the picture.
        ("blurs", filtered(&"<feGaussianBlur stdDeviation='50'/>".repeat(100)), Some(Bound::SvgWork)),
        ("a large matrix", filtered(&convolve), Some(Bound::SvgWork)),
        ("merges", filtered(&format!("<feMerge>{}</feMerge>", "<feMergeNode/>".repeat(5_000))), Some(Bound::SvgWork)),
        (
            "a tile larger than memory",
            document(&format!("{tile}{}", rect.replace("/>", " fill='url(#p)'/>"))),
            Some(Bound::DecodedBytes),
        ),
        (
            "shapes over everything",
            document(&rect.replace("/>", " fill='#0001'/>").repeat(50_000)),
            Some(Bound::SvgWork),
        ),
        ("layers on layers", large(&layers.replace("40", "9000").replace("30", "9000")), Some(Bound::DecodedBytes)),
        ("large shapes, often", large(&"<circle r='9000'/>".repeat(5_000)), Some(Bound::SvgWork)),
        ("attributes", document(&format!("<rect {}/>", attributes(60_000))), Some(Bound::SvgWork)),
        (
            "rules for each",
            document(&format!("<style>{}</style>{}", ".a>.b{fill:red}".repeat(9_000), "<g/>".repeat(9_000))),
            Some(Bound::SvgWork),
        ),
        ("a vast arc", document("<path d='M1 1C0 2 3 3 4 66666666666666666666664A1 2 3 0 0 9 9z'/>"), None),
        ("vast corners", document("<rect width='1e38' height='1e38' rx='1e+037'/>"), None),
    ];
    for (name, document, expected) in table {
        let started = Stopwatch::start();
        let error = read(document.as_bytes()).expect_err(name);
        let took = started.elapsed();
        println!("{name}: {error}, {took:?}");
        assert!(took < Duration::from_secs(3), "{name} took {took:?}");
        match error {
            CodecError::TooLarge { what, .. } => assert_eq!(Some(what), expected, "{name}"),
            error => assert!(expected.is_none() && error.fault() == Fault::Source, "{name}: {error}"),
        }
        // What is passed on is only cleaned, in time that its length allows.
        let started = Stopwatch::start();
        drop(clean_svg(document.as_bytes(), &Limits::default()));
        assert!(started.elapsed() < Duration::from_secs(5), "cleaning {name} took {:?}", started.elapsed());
    }
}

/// What people draw, at the sizes that are asked for: estimates of work must not refuse it.
#[test]
fn honest_drawings_are_drawn() {
    // The same numbers each time (Knuth's multiplier).
    let mut state = 1u32;
    let mut number = |below: u32| {
        state = state.wrapping_mul(2_654_435_761).wrapping_add(12_345);
        (state >> 8) % below
    };
    let mut points = |count: u32, command: &str, from: i32, below: u32| -> String {
        (0..count)
            .map(|_| format!("{command}{} {}", number(below) as i32 + from, number(below) as i32 + from))
            .collect()
    };
    let icon: String = (0..12)
        .map(|_| {
            let d = points(4, "L", 0, 24).replacen('L', "M", 1);
            format!("<path d='{d}' fill='none' stroke='#333' stroke-width='2' stroke-linejoin='round'/>")
        })
        .collect();
    let curves: String = (0..400)
        .map(|n| {
            let d = points(36, " ", -25, 50);
            format!(
                "<path d='M{} {}c{d}' fill='#{:03x}' stroke='#000' stroke-width='1.5'/>",
                n * 37 % 900,
                n * 59 % 900,
                n * 7
            )
        })
        .collect();
    let map: String = (0..2_000)
        .map(|n| {
            let d = points(40, "l", -6, 12);
            format!(
                "<path d='M{} {}{d}z' fill='#{:03x}' stroke='#333' stroke-width='.5'/>",
                n * 37 % 1_000,
                n * 59 % 600,
                n
            )
        })
        .collect();
    let roads: String = (0..200)
        .map(|n| {
            let d = points(40, "l", -20, 40);
            format!(
                "<path d='M{} {}{d}' fill='none' stroke='#930' stroke-width='2' stroke-dasharray='6 4'/>",
                n * 5,
                n * 3
            )
        })
        .collect();
    let bars = |filter: &str| -> String {
        let bar = |n: u32| {
            let height = 40 + n * 89 % 400;
            format!(
                "<rect x='{}' y='{}' width='30' height='{height}' fill='#38c' filter='url(#f)'/>",
                40 + 45 * n,
                500 - height
            )
        };
        format!("<filter id='f'>{filter}</filter>") + &(0..16).map(bar).collect::<String>()
    };
    let spots: String = (0..12)
        .map(|n| format!("<circle cx='{}' cy='{}' r='{}' fill='#{:03x}'/>", n * 137, n * 71, 100 + n * 30, n * 333))
        .collect();
    let hatch: String = (0..60)
        .map(|n| format!("<rect x='{}' y='{}' width='90' height='90' fill='url(#p)'/>", n % 10 * 100, n / 10 * 100))
        .collect();
    let shadow = "<feGaussianBlur in='SourceAlpha' stdDeviation='3'/><feOffset dx='2' dy='2' result='o'/><feFlood flood-opacity='.4'/>\
        <feComposite in2='o' operator='in'/><feMerge><feMergeNode/><feMergeNode in='SourceGraphic'/></feMerge>";
    let light = "<feGaussianBlur in='SourceAlpha' stdDeviation='4'/><feSpecularLighting surfaceScale='5' specularExponent='20'>\
        <fePointLight x='50' y='-100' z='200'/></feSpecularLighting><feComposite in2='SourceAlpha' operator='in'/>\
        <feComposite in='SourceGraphic' operator='arithmetic' k2='1' k3='1'/>";
    let grain = "<feTurbulence type='fractalNoise' baseFrequency='.8' numOctaves='3' stitchTiles='stitch'/>\
        <feColorMatrix type='saturate' values='0'/>";
    let table = [
        ("an icon", (24, 24), icon),
        ("a drawing of curves", (900, 900), curves),
        ("a map", (1_000, 600), map),
        ("dashed roads", (1_000, 600), roads),
        ("a chart with shadows", (800, 540), bars("<feDropShadow dx='2' dy='2' stdDeviation='3' flood-opacity='.4'/>")),
        ("a chart with shadows made by hand", (800, 540), bars(shadow)),
        ("a chart with lights", (800, 540), bars(light)),
        (
            "a blurred background",
            (1_600, 1_000),
            format!("<filter id='f'><feGaussianBlur stdDeviation='60'/></filter><g filter='url(#f)'>{spots}</g>"),
        ),
        (
            "blurs beside each other",
            (1_600, 1_000),
            "<filter id='f' x='-.5' y='-.5' width='2' height='2'><feGaussianBlur stdDeviation='80'/></filter>".to_owned()
                + &spots.replace("/>", " filter='url(#f)'/>"),
        ),
        ("paper", (1_200, 800), format!("<filter id='f'>{grain}</filter><rect width='1200' height='800' filter='url(#f)'/>")),
        (
            "hatching",
            (1_000, 600),
            format!("<pattern id='p' width='8' height='8' patternUnits='userSpaceOnUse' patternTransform='rotate(45)'><path d='M4 0V8' stroke='#000' stroke-width='3'/></pattern>{hatch}"),
        ),
        (
            "clipped and masked",
            (400, 400),
            "<linearGradient id='g'><stop stop-color='red'/><stop offset='1' stop-color='blue'/></linearGradient>\
             <clipPath id='c'><circle cx='200' cy='200' r='180'/></clipPath><mask id='m'><rect width='400' height='400' fill='url(#g)'/></mask>\
             <g clip-path='url(#c)'><rect width='400' height='400' fill='url(#g)'/><g mask='url(#m)' opacity='.8'><circle r='300'/></g></g>"
                .to_owned(),
        ),
    ];
    for (name, (width, height), content) in table {
        let document =
            format!("<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'>{content}</svg>");
        let info = probe(document.as_bytes(), &Limits::default()).unwrap();
        for across in [30, 300, 1_600] {
            let size = Size::new(across, across * height / width);
            let started = Stopwatch::start();
            let planes = decode(document.as_bytes(), &ImageInfo { size, ..info.clone() }, &Limits::default());
            let planes = planes.unwrap_or_else(|error| panic!("{name} at {size}: {error}"));
            println!("{name} at {size}: {:?}", started.elapsed());
            // resvg draws nothing of hatching whose tile is two pixels.
            assert!(across < 1_600 || planes.bytes().iter().any(|byte| *byte != 0), "{name} at {size} is empty");
        }
    }
}

fn attributes(count: u32) -> String {
    (0..count).map(|n| format!("a{n}=''\n")).collect()
}

#[test]
fn the_costliest_that_is_accepted_is_bearable() {
    // Nearly all the work, elements and nesting that are allowed.
    let table = [
        ("deep", document(&("<g opacity='.9'>".repeat(90) + "<rect width='9' height='9'/>" + &"</g>".repeat(90)))),
        ("many", document(&"<circle cx='9' cy='9' r='5' stroke='red'/>".repeat(6_000))),
        ("circular", document("<g id='a'><use xlink:href='#a'/><rect width='9' height='9'/></g>")),
        (
            "its own mask",
            document(
                "<mask id='m'><rect width='9' height='9' mask='url(#m)'/></mask><rect width='9' height='9' mask='url(#m)'/>",
            ),
        ),
        ("attributes", document(&format!("<rect {}/>", attributes(7_000)))),
        (
            "rules",
            document(&format!("<style>{}</style>{}", ".a>.b{fill:red}".repeat(1_000), "<g class='b'/>".repeat(19_000))),
        ),
        ("corners", document(&format!("<path stroke='red' d='M0 0{}'/>", " L 40 30 L 0 29".repeat(10_000)))),
        ("dashes", document("<path stroke='red' stroke-dasharray='.15' d='M0 0 L 9999 9999 L 1 9999 Z'/>")),
        (
            "a large arc",
            document(&format!("<path d='M0 0{}'/>", "A999999999 1e9 0 1 1-999999999.123456789012 1e9".repeat(50))),
        ),
    ];
    for (name, document) in table {
        let started = Stopwatch::start();
        let result = read(document.as_bytes()).map(drop);
        println!("{name}: in {:?}", started.elapsed());
        assert_eq!(result, Ok(()), "{name}");
        assert!(started.elapsed() < Duration::from_secs(3), "{name} took {:?}", started.elapsed());
    }
}

#[test]
fn no_prefix_and_no_changed_byte_panics() {
    let whole = document(
        "<style>.a{fill:url(#g)}</style><linearGradient id='g'><stop stop-color='red'/></linearGradient>\
         <path class='a' d='M0 0 L9 9 A 3 3 0 0 1 8 8 z' transform='rotate(3)'/><use xlink:href='#g'/>",
    );
    let limits = Limits { area_px: 100_000, ..Limits::default() };
    let mut files: Vec<Vec<u8>> = (0..whole.len()).map(|len| whole.as_bytes()[..len].to_vec()).collect();
    files.extend((0..whole.len()).flat_map(|at| {
        [b'0', b'9', b'<', b'"', b'e', b'-', 0xff].map(|byte| {
            let mut changed = whole.as_bytes().to_vec();
            changed[at] = byte;
            changed
        })
    }));
    for file in files {
        let result = probe(&file, &limits).and_then(|info| decode(&file, &info, &limits));
        if let Err(error) = result {
            assert!(!error.to_string().contains("panicked"), "{error}: {}", String::from_utf8_lossy(&file));
        }
        drop(clean_svg(&file, &limits));
    }
}
