//! Drawings of few bytes and much work.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Fate, Source, TOO_LARGE, png};

pub(super) fn sources() -> Vec<Source> {
    let broken = Fate::Refused(422, 9516);
    let filtered = |filter: &str| {
        drawing(&format!(
            "<filter id='f' x='-9' y='-9' width='99' height='99'>{filter}</filter><rect width='300' height='200' filter='url(#f)'/>"
        ))
    };
    let inlined = |file: &[u8], times: usize| {
        let url = STANDARD.encode(file);
        drawing(&format!("<image width='9' height='9' href='data:image/png;base64,{url}'/>").repeat(times))
    };
    let entities: String =
        (1..10).map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10))).collect();
    let laughs = format!("<!DOCTYPE svg [<!ENTITY e0 \"ha\">{entities}]>");
    let rules: String = (0..20_000).map(|n| format!(".c{n} .d{n} > g ~ rect{{fill:#f00}}")).collect();
    let gradients: String = (0..50_000).map(|n| format!("<linearGradient id='g{n}' href='#g{}'/>", n + 1)).collect();
    let dashes = "<path stroke='red' stroke-dasharray='0.0001' d='M0 0H300V200H0Z'/>";
    let wide =
        format!("<path stroke='red' stroke-width='3' fill='none' d='M0 0{}'/>", "l300 200l-300-200".repeat(200_000));
    let nested = |open: &str, close: &str, depth: usize| drawing(&(open.repeat(depth) + &close.repeat(depth)));
    [
        ("uses.svg", uses(), TOO_LARGE),
        ("use-loop.svg", drawing("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g><use href='#a'/>"), Fate::Either),
        ("use-itself.svg", drawing("<use id='a' href='#a'/>"), Fate::Either),
        ("deep.svg", nested("<g>", "</g>", 100_000), Fate::Either),
        ("deep-svg.svg", nested("<svg>", "</svg>", 90), Fate::Either),
        ("deep-opacity.svg", nested("<g opacity='.5'>", "</g>", 90), Fate::Either),
        ("entities.svg", [br#"<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>"#, drawing("&b;").as_slice()].concat(), broken),
        ("laughs.svg", [laughs.as_bytes(), &drawing("&e9;")].concat(), Fate::Either),
        ("external.svg", [br#"<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>"#, drawing("<text>&a;</text>").as_slice()].concat(), Fate::Either),
        ("canvas.svg", b"<svg xmlns='http://www.w3.org/2000/svg' width='1e9' height='1e9'/>".to_vec(), TOO_LARGE),
        ("view.svg", b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1e-30 1e30' width='9' height='9'><rect width='9' height='9'/></svg>".to_vec(), Fate::Either),
        ("clouds.svg", filtered("<feTurbulence baseFrequency='.1' numOctaves='99999999'/>"), Fate::Either),
        ("blur.svg", filtered("<feGaussianBlur stdDeviation='99999'/>"), Fate::Either),
        ("blurs.svg", filtered(&"<feGaussianBlur stdDeviation='50'/>".repeat(1_000)), TOO_LARGE),
        ("grow.svg", filtered("<feMorphology operator='dilate' radius='90000'/>"), Fate::Either),
        ("convolve.svg", filtered(&format!("<feConvolveMatrix order='99' kernelMatrix='{}'/>", "1 ".repeat(9_801))), TOO_LARGE),
        ("merge.svg", filtered(&format!("<feMerge>{}</feMerge>", "<feMergeNode/>".repeat(50_000))), Fate::Either),
        ("dashes.svg", drawing(dashes), Fate::Either),
        ("wide.svg", drawing(&wide), Fate::Either),
        ("path.svg", drawing(&format!("<path d='M0 0{}'/>", "a1 1 0 0 0 9 9".repeat(300_000))), Fate::Either),
        ("shapes.svg", drawing(&"<rect width='300' height='200' fill='#0001'/>".repeat(60_000)), TOO_LARGE),
        ("attributes.svg", drawing(&format!("<rect {}/>", (0..300_000).map(|n| format!("a{n}='' ")).collect::<String>())), Fate::Either),
        ("text.svg", drawing(&format!("<text x='9' y='9'>{}</text>", "M".repeat(3_000_000))), Fate::Either),
        ("positions.svg", drawing(&format!("<text x='{}'>M</text>", "9 ".repeat(500_000))), Fate::Either),
        ("styles.svg", drawing(&format!("<style>{rules}</style>{}", "<g class='c1'><rect class='d1'/></g>".repeat(5_000))), Fate::Either),
        ("comments.svg", drawing(&"<!---->".repeat(900_000)), Fate::Either),
        ("gradients.svg", drawing(&format!("{gradients}<rect width='9' height='9' fill='url(#g0)'/>")), Fate::Either),
        ("patterns.svg", patterns(), Fate::Either),
        ("tile.svg", drawing("<pattern id='p' width='2e6' height='2e6' patternUnits='userSpaceOnUse'><rect width='9' height='9'/></pattern><rect width='9' height='9' fill='url(#p)'/>"), TOO_LARGE),
        ("markers.svg", drawing(&format!("<marker id='m'><path d='M0 0h9v9z'/></marker><path marker-mid='url(#m)' d='M0 0{}'/>", "l1 1".repeat(300_000))), Fate::Either),
        ("masks.svg", masks(), Fate::Either),
        ("file.svg", drawing("<image width='9' height='9' href='/etc/passwd'/>"), Fate::Shown),
        ("bomb-inside.svg", inlined(&png::file(9_000, 9_000, [8, 0], &png::chunk(b"IDAT", &png::bomb(550_000))), 1), Fate::Either),
        ("bombs-inside.svg", inlined(&png::file(3_000, 3_000, [8, 0], &png::chunk(b"IDAT", &png::bomb(60_000))), 60), Fate::Either),
        ("itself-inside.svg", drawing(&format!("<image width='9' height='9' href='data:image/svg+xml;base64,{}'/>", STANDARD.encode(uses()))), Fate::Either),
        ("cut.svg", drawing("<rect/>")[..60].to_vec(), broken),
    ]
    .map(|(name, bytes, fate)| Source::still(name, bytes, fate))
    .into()
}

pub(super) fn drawing(content: &str) -> Vec<u8> {
    format!("<svg xmlns='http://www.w3.org/2000/svg' width='300' height='200'>{content}</svg>").into_bytes()
}

/// As many small shapes as fit into so many bytes.
pub(super) fn shapes(bytes: usize) -> Vec<u8> {
    b"<rect x='9' y='9' width='9' height='9' fill='#0a05'/>".repeat((bytes / 53).min(60_000))
}

/// Some hundred bytes that stand for a thousand million shapes.
fn uses() -> Vec<u8> {
    let level = |n: u32| format!("<g id='l{n}'>{}</g>", format!("<use href='#l{}'/>", n + 1).repeat(10));
    let levels: String = (0..9).map(level).collect();
    drawing(&format!("<defs>{levels}<rect id='l9' width='9' height='9'/></defs><use href='#l0'/>"))
}

/// Patterns that are filled with patterns.
fn patterns() -> Vec<u8> {
    let pattern = |n: u32| {
        format!(
            "<pattern id='p{n}' width='2' height='2' patternUnits='userSpaceOnUse'>\
             <rect width='300' height='200' fill='url(#p{})'/></pattern>",
            n + 1
        )
    };
    let all: String = (0..12).map(pattern).collect();
    drawing(&format!(
        "{all}<pattern id='p12' width='1' height='1'><rect/></pattern><rect width='300' height='200' fill='url(#p0)'/>"
    ))
}

/// Masks that are masked, each over everything.
fn masks() -> Vec<u8> {
    let mask =
        |n: u32| format!("<mask id='m{n}' mask='url(#m{})'><rect width='300' height='200' fill='#fff'/></mask>", n + 1);
    let all: String = (0..500).map(mask).collect();
    drawing(&format!("{all}<rect width='300' height='200' mask='url(#m0)'/>"))
}
