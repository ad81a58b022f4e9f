//! `format=json`: Cloudflare's fields as they are, and ours behind them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tintype_pixels::Size;
use tintype_testkit::{engine, files};

use super::{map, rendered};

const ASTRONAUT: &[u8] = include_bytes!("../pictures/astronaut.jpg");

fn described(source: &[u8], options: &str) -> Value {
    let Some(engine) = engine() else { unreachable!("asked for after the engine was there") };
    let out = rendered(engine, source, &format!("{options},format=json"));
    assert_eq!(out.content_type, "application/json");
    serde_json::from_slice(&out.bytes).unwrap()
}

#[test]
fn the_documented_fields_come_first_and_alone() {
    let Some(engine) = engine() else { return };
    let out = rendered(engine, ASTRONAUT, "w=100,h=50,format=json");
    let text = String::from_utf8(out.bytes).unwrap();
    let expected = format!(
        r#"{{"width":50,"height":50,"original":{{"file_size":{},"width":512,"height":512,"format":"image/jpeg"}},"#,
        ASTRONAUT.len()
    );
    assert!(text.starts_with(&expected), "{text}");
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut names: Vec<_> = all.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["blurhash", "dominant_color", "height", "orientation", "original", "thumbhash", "width"]);
    assert_eq!(all["orientation"], 1);
    assert_eq!((out.size, out.timings.total > out.timings.gpu), (Size::new(50, 50), true));
}

/// Expectations are from the reference implementations, the packages `thumbhash` 0.1.1 and `blurhash` 2.0.5 of npm, given
/// the same samples (for the second laid over white, 4x3 components, 3x4 for the tall one). A picture of at most 100x100 is
/// not resized before it is looked at. Not to the last bit, because what lies between two codes may be rounded either way: it
/// is `f32` here and `f64` there. (No ramp, on purpose: npm's `blurhash`
/// measures components without regard to their sign, where others take the largest either way; these are the same in both.)
#[test]
fn placeholders_are_those_of_the_reference_implementations() {
    if engine().is_none() {
        return;
    }
    type Pixel = fn(u32, u32) -> [u8; 4];
    let table: [(&str, Size, Pixel, &str, &str); 4] = [
        (
            "wide",
            Size::new(40, 30),
            |x, y| [255 - x as u8 * 6, (x * x + y * y * 3) as u8, 250 - y as u8 * 8, 255],
            "4RcKZZp/eIh/d3d3d4d3d3tw94iI",
            "L-IEqw|e#.wgn@nljHjIfCe=f7f8",
        ),
        (
            "tall",
            Size::new(20, 60),
            |x, y| [250 - y as u8 * 4, 200 - x as u8 * 5, (x * y + 17 * y) as u8, 255],
            "otgJOhiLf3h3eHdneo9J+Hc=",
            "T%HoRMt~g1|@oJfQ$2jsfPxCj?fP",
        ),
        (
            "clear",
            Size::new(40, 30),
            |x, y| [250 - x as u8 * 6, (x * y) as u8, 240 - y as u8 * 8, 255 - ((x * x * 3 + y * y * 5) >> 6) as u8],
            "n0eGXJocb2aPh3VpqAdnr5n5hud4Z3h4Bw==",
            "LuJaNO{N#Ew4RJnmj?kCnDbHg0g1",
        ),
        (
            "large",
            Size::new(100, 50),
            |x, y| {
                [
                    255 - ((x * x + y * 7) >> 4) as u8,
                    255 - ((x * 13 + y * y) >> 4) as u8,
                    255 - ((x * y) >> 4) as u8,
                    255,
                ]
            },
            "avcNHI6veKd+h4d3eIjT4KMNqA==",
            "LpKd.B^-]q$*uit1oGbIjMjWfSfO",
        ),
    ];
    for (name, size, pixel, thumbhash, blurhash) in table {
        let answer = described(&files::png(size, pixel), "w=4000");
        let [is, should] = [answer["thumbhash"].as_str().unwrap(), thumbhash]
            .map(|hash| thumbhash::thumb_hash_to_rgba(&BASE64_STANDARD.decode(hash).unwrap()).unwrap());
        assert_eq!((is.0, is.1), (should.0, should.1), "{name}");
        // One step of one component, decoded.
        assert_alike(&is.2, &should.2, 8, name);
        let hash = answer["blurhash"].as_str().unwrap();
        // Size and scale, four digits for the mean color, and the components.
        assert_eq!((&hash[..2], &hash[6..]), (&blurhash[..2], &blurhash[6..]), "{name}");
        assert_alike(&mean(&hash[2..6]), &mean(&blurhash[2..6]), 1, name);
    }
}

/// Red, green and blue of four digits to the base 83, as BlurHash writes them.
fn mean(digits: &str) -> [u8; 3] {
    const DIGITS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
    let value = digits.chars().fold(0, |value, digit| value * 83 + DIGITS.find(digit).unwrap() as u32);
    [16, 8, 0].map(|shift| (value >> shift) as u8)
}

fn assert_alike(is: &[u8], should: &[u8], codes: u8, what: &str) {
    assert_eq!(is.len(), should.len(), "{what}");
    let off = is.iter().zip(should).map(|(is, should)| is.abs_diff(*should)).max().unwrap();
    assert!(off <= codes, "{what}: off by {off}");
}

#[test]
fn what_is_described_is_the_result() {
    if engine().is_none() {
        return;
    }
    // Left a third red, the rest blue; large enough to be made smaller on the way.
    let source = files::png_rgb(Size::new(600, 400), |x, _| if x < 200 { [220, 10, 20] } else { [10, 20, 230] });
    let color = |options: &str| described(&source, options)["dominant_color"].as_str().unwrap().to_owned();
    assert_eq!(color("w=4000"), "#0a14e6");
    assert_eq!(color("w=300"), "#0a14e6");
    assert_eq!(color("w=200,h=400,fit=cover,gravity=left"), "#dc0a14");
    assert_eq!(color("w=9,h=900,fit=pad,background=lime"), "#00ff00");
    let clear = described(&files::png(Size::new(8, 8), |_, _| [9, 9, 9, 0]), "w=8");
    assert_eq!(clear["dominant_color"], Value::Null);
    assert!(clear["thumbhash"].is_string() && clear["blurhash"].is_string(), "{clear}");
    // A result that is as wide as it gets, and a pixel high.
    let wide = described(&source, "w=6000,h=1,fit=squeeze");
    assert_eq!((&wide["width"], &wide["height"]), (&json!(6000), &json!(1)));
}

#[test]
fn the_original_is_told_as_it_stands_upright() {
    if engine().is_none() {
        return;
    }
    let answer = described(&files::jpeg_with_exif(ASTRONAUT, &files::exif(6)), "w=100");
    assert_eq!(answer["orientation"], 6);
    assert_eq!((&answer["original"]["width"], &answer["width"]), (&json!(512), &json!(100)));
}

#[test]
fn what_is_damaged_has_a_header_all_the_same() {
    let Some(engine) = engine() else { return };
    let file = map(Size::new(300, 200));
    let cut = &file[..file.len() / 4];
    assert!(engine.transform(cut, &super::request("w=30")).is_err(), "nothing to show");
    let answer = described(cut, "w=30");
    let nothing = [&answer["dominant_color"], &answer["thumbhash"], &answer["blurhash"]];
    assert_eq!((&answer["width"], &answer["height"], nothing), (&json!(30), &json!(20), [&Value::Null; 3]));
    assert_eq!(answer["original"]["format"], "image/png");
}
