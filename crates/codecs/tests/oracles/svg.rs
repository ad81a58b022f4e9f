//! SVGs as librsvg draws them, at the documents' own size and at others.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tintype_codecs::{Encode, Limits, Metadata};
use tintype_pixels::{ImageInfo, Layout, Planes, Size};

use crate::tool::{self, Alpha};

/// How far the drawings may be apart on average, of 255: two rasterisers never agree on the edges' shades.
const MEAN_TOLERANCE: f64 = 1.0;

/// The same where something is blurred: both draw a row of boxes instead of a Gauss curve, and not the same.
const BLUR_TOLERANCE: f64 = 2.5;

fn document(content: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="60" height="40"
        viewBox="0 0 120 80">{content}</svg>"##
    )
}

/// What is drawn on 120 by 80 units.
const CONTENTS: &[(&str, &str)] = &[
    (
        "rectangles",
        r##"<rect width="50" height="30" fill="#c33"/>
        <rect x="40" y="20" width="60" height="50" rx="9" fill="teal"/>"##,
    ),
    (
        "ellipses",
        r##"<circle cx="40" cy="40" r="30" fill="gold"/>
        <ellipse cx="80" cy="30" rx="35" ry="15" fill="navy" opacity=".5"/>"##,
    ),
    (
        "strokes",
        r##"<path d="M10 70 L40 10 L70 70 Z" fill="none" stroke="purple" stroke-width="7" stroke-linejoin="round"/>
        <line x1="80" y1="5" x2="115" y2="75" stroke="black" stroke-width="4" stroke-dasharray="9 5"/>"##,
    ),
    (
        "curves",
        r##"<path d="M5 40 C30 -20 60 100 115 40 S90 90 60 70 Q30 60 20 75 A20 12 30 0 1 5 40" fill="olive"
        fill-rule="evenodd"/>"##,
    ),
    (
        "gradients",
        r##"<defs><linearGradient id="a"><stop stop-color="red"/><stop offset="1" stop-color="blue" stop-opacity=".3"/>
        </linearGradient><radialGradient id="b"><stop stop-color="white"/><stop offset="1" stop-color="green"/>
        </radialGradient></defs>
        <rect width="60" height="80" fill="url(#a)"/><circle cx="85" cy="40" r="30" fill="url(#b)"/>"##,
    ),
    (
        "clips and masks",
        r##"<clipPath id="c"><circle cx="40" cy="40" r="30"/></clipPath>
        <mask id="m"><rect width="120" height="80" fill="white" opacity=".6"/></mask>
        <rect width="80" height="80" fill="brown" clip-path="url(#c)"/>
        <rect x="60" y="10" width="50" height="60" fill="blue" mask="url(#m)"/>"##,
    ),
    (
        "patterns and uses",
        r##"<pattern id="p" width="10" height="10" patternUnits="userSpaceOnUse"><rect width="5" height="5"/></pattern>
        <g id="g"><rect width="40" height="60" fill="url(#p)"/></g>
        <use xlink:href="#g" transform="translate(60 10) rotate(10)"/>"##,
    ),
    (
        "styles",
        r##"<style>.x{fill:#0a0;stroke:red;stroke-width:3px} rect{opacity:.7}</style>
        <rect class="x" x="20" y="15" width="70" height="50"/>"##,
    ),
    (
        "a blur",
        r##"<filter id="f"><feGaussianBlur stdDeviation="4"/></filter>
        <rect x="30" y="20" width="60" height="40" fill="crimson" filter="url(#f)"/>"##,
    ),
];

fn documents() -> Vec<(&'static str, String)> {
    let size = Size::new(12, 8);
    let planes = Planes::new(size, Layout::RGBA8, tool::picture(size, Alpha::None)).unwrap();
    let png = BASE64_STANDARD.encode(tintype_codecs::encode(&planes, &Encode::png(), &Metadata::default()).unwrap());
    let inlined = format!(
        r#"<image x="10" y="10" width="96" height="64"
        xlink:href="data:image/png;base64,{png}"/>"#
    );
    let drawn = CONTENTS.iter().map(|(name, content)| (*name, document(content)));
    drawn.chain([("a picture", document(&inlined))]).collect()
}

#[test]
fn drawings_are_like_librsvgs() {
    let mut largest = 0.0f64;
    let mut count = 0;
    for (name, document) in documents() {
        for scale in [1, 2, 7] {
            let info = tintype_codecs::probe(document.as_bytes(), &Limits::default()).unwrap();
            assert_eq!((info.size, info.layout), (Size::new(60, 40), Layout::RGBA8), "{name}");
            let size = Size::new(60 * scale, 40 * scale);
            let info = ImageInfo { size, ..info };
            let ours = tintype_codecs::decode(document.as_bytes(), &info, &Limits::default()).unwrap();
            assert_eq!(ours.size(), size);
            let (width, height) = (size.width.to_string(), size.height.to_string());
            let png = tool::piped("rsvg-convert", &["-w", &width, "-h", &height], document.as_bytes());
            let (_, theirs) = tool::ours(&png).unwrap();
            assert_eq!(theirs.size(), size, "{name}");
            let difference = tool::mean_difference(&tool::rgba16(&ours), &tool::rgba16(&theirs));
            let tolerance = if name == "a blur" { BLUR_TOLERANCE } else { MEAN_TOLERANCE };
            assert!(difference <= tolerance, "{name} at {size}: {difference:.2} of 255 on average");
            largest = largest.max(difference);
            count += 1;
        }
    }
    println!("{count} drawings are librsvg's but for {largest:.2} of 255 on average");
}

#[test]
fn what_is_cleaned_looks_the_same_and_does_nothing() {
    let risky = document(
        r##"<script>alert(1)</script><rect width="60" height="40" fill="#c33" onclick="alert(2)"/>
        <a href="https://elsewhere.example/"><circle cx="80" cy="40" r="20"/></a>
        <image href="https://elsewhere.example/pixel.png" width="9" height="9"/><style>@import url(https://elsewhere.example/x.css);</style>
        <foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="//elsewhere.example"/></foreignObject>"##,
    );
    let clean = String::from_utf8(tintype_codecs::clean_svg(risky.as_bytes(), &Limits::default()).unwrap()).unwrap();
    let clean = clean.replace("http://www.w3.org", "");
    for word in ["script", "alert", "=\"http", "@import", "url(", "foreignObject", "iframe", "onclick"] {
        assert!(!clean.contains(word), "{word} is in {clean}");
    }
    assert!(clean.contains("<rect") && clean.contains("<circle"), "{clean}");
    for (name, document) in documents() {
        let clean = tintype_codecs::clean_svg(document.as_bytes(), &Limits::default()).unwrap();
        let (_, before) = tool::ours(document.as_bytes()).unwrap();
        let (_, after) = tool::ours(&clean).unwrap();
        assert_eq!(before, after, "{name}");
    }
}
