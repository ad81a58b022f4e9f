//! Texts from request to pixels, with fonts given by URL, on every face that draws them.
//!
//! What shaping and outlines promise by themselves is tested in `crates/text`; here the whole way is: a font is fetched,
//! unpacked, shaped and drawn on a picture, and what is wrong with it comes back as status, code and message. Glyphs are
//! held against another rasteriser, which shares no code with ours.

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _};
use axum::body::Body;
use axum::http::Method;
use image::RgbaImage;
use serde_json::json;
use tintype_pixels::Size;
use tintype_testkit::files;

use crate::facade::decoded;
use crate::faces::call;
use crate::http::{Answer, Server};

const FONTS: [&str; 4] = ["mixed.ttf", "mixed.woff", "mixed.woff2", "cjk.otf"];

fn font_file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../crates/text/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const BASE: Size = Size { width: 640, height: 160 };
/// Where layers are put.
const LEFT: u32 = 20;
const TOP: u32 = 20;

/// A server, and an origin that it may read; both have the fonts and what `more` holds.
struct Bench {
    server: Server,
    origin: String,
    base: Vec<u8>,
}

impl Bench {
    async fn new(more: Vec<(String, Vec<u8>)>) -> Option<Self> {
        let base = files::png(BASE, |_, _| [255; 4]);
        let fonts = FONTS.iter().map(|name| ((*name).to_owned(), font_file(name)));
        let all: Vec<_> = fonts.chain(more).chain([("white.png".to_owned(), base.clone())]).collect();
        let mut origin = axum::Router::new();
        for (name, bytes) in all.clone() {
            origin = origin.route(&format!("/{name}"), axum::routing::get(async move || bytes.clone()));
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, origin).await });
        let all: Vec<_> = all.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        let server = Server::with(&all, |config| config.origins.allow = vec![at.parse().unwrap()])?;
        Some(Self { server, origin: format!("http://{at}"), base })
    }

    /// A black text of this size on white, on each face: URL, query, `cf.image`, binding.
    async fn answers(&self, text: &str, font: &str, size_px: u32) -> [(&'static str, Answer); 4] {
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let layer = format!("(text={escaped},font={font},size={size_px},left={LEFT},top={TOP})");
        let url = self.server.image(&format!("draw={layer},format=png-force/white.png")).await;
        let twice = layer.replace('%', "%25");
        let query = self.server.get(&format!("/image?url=white.png&format=png-force&draw={twice}")).await;

        let font = format!("{}/{font}", self.origin);
        let style = json!({ "text": text, "font": { "url": font }, "size": size_px });
        let mut layer = style.clone();
        (layer["left"], layer["top"]) = (LEFT.into(), TOP.into());
        // Headers are ASCII.
        let blob = ascii(&json!({ "image": { "format": "png-force", "draw": [layer] } }).to_string());
        let source = format!("{}/white.png", self.origin);
        let worker = self.server.send(Method::GET, &source, &[("x-cf-blob", &blob)], Body::empty()).await;

        let transforms = json!([{ "drawImageIndex": 1, "targetImageIndex": 0, "left": LEFT, "top": TOP }]).to_string();
        let style = style.to_string();
        let parts: [(&str, &[u8]); 4] = [
            ("image", &self.base),
            ("draw_text", style.as_bytes()),
            ("transforms", transforms.as_bytes()),
            ("output_format", b"image/png"),
        ];
        let binding = call(&self.server, "/transform", &parts).await;
        [("URL", url), ("query", query), ("cf.image", worker), ("binding", binding)]
    }

    /// The ink of a text, which is the same on each face.
    async fn ink(&self, text: &str, font: &str, size_px: u32) -> Ink {
        let mut inks = Vec::new();
        for (face, answer) in self.answers(text, font, size_px).await {
            assert_eq!(answer.status, 200, "{text:?} in {font} on {face}: {}", answer.text());
            let image = decoded(&answer.body).into_rgba8();
            assert_eq!(image.dimensions(), (BASE.width, BASE.height), "{text:?} in {font} on {face}");
            inks.push((face, Ink::of(&image)));
        }
        let (_, first) = inks.swap_remove(0);
        for (face, ink) in inks {
            assert!(ink == first, "{text:?} in {font} on {face} is drawn otherwise than by URL");
        }
        first
    }

    /// That each face refuses a text with this status and code, in words that have `said`.
    async fn refused(&self, text: &str, font: &str, status: u16, code: u16, said: &str) {
        for (face, answer) in self.answers(text, font, 40).await {
            let header = answer.header(if face == "binding" { "cf-images-binding" } else { "cf-resized" });
            let got = (answer.status.as_u16(), header.to_owned());
            assert_eq!(got, (status, format!("err={code}")), "{text:?} in {font} on {face}: {}", answer.text());
            assert!(answer.text().contains(said), "{text:?} in {font} on {face}: {} without {said:?}", answer.text());
        }
    }
}

/// JSON with everything beyond ASCII escaped.
fn ascii(json: &str) -> String {
    let escaped = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    json.chars().map(escaped).collect()
}

/// How much of each pixel is covered, 0 to 255.
#[derive(Debug, PartialEq)]
struct Ink {
    width: u32,
    height: u32,
    coverage: Vec<u8>,
}

impl Ink {
    /// Of black on white.
    fn of(image: &RgbaImage) -> Self {
        let (width, height) = image.dimensions();
        Self { width, height, coverage: image.pixels().map(|pixel| 255 - pixel.0[0]).collect() }
    }

    /// By the other rasteriser: glyphs one behind the other, without kerning or shaping.
    fn oracle(font: &FontRef<'_>, glyphs: &str, size_px: f32) -> Self {
        let (width, height) = (BASE.width, BASE.height);
        let mut coverage = vec![0; (width * height) as usize];
        // It counts sizes from ascent to descent; we count the em square.
        let units = font.units_per_em().unwrap();
        let scaled = font.as_scaled(PxScale::from(size_px * font.height_unscaled() / units));
        // The line gap is split above and below, and baselines lie between pixels.
        let baseline = (TOP as f32 + scaled.line_gap() / 2.0 + scaled.ascent()).round();
        let mut pen = LEFT as f32;
        for c in glyphs.chars() {
            let id = font.glyph_id(c);
            let glyph = id.with_scale_and_position(scaled.scale(), ab_glyph::point(pen, baseline));
            if let Some(outline) = font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                outline.draw(|x, y, covered| {
                    let at = (y + bounds.min.y as u32) * width + x + bounds.min.x as u32;
                    let pixel: &mut u8 = &mut coverage[at as usize];
                    *pixel = pixel.saturating_add((covered * 255.0).round() as u8);
                });
            }
            pen += scaled.h_advance(id);
        }
        Self { width, height, coverage }
    }

    fn at(&self, x: u32, y: u32) -> u8 {
        self.coverage[(y * self.width + x) as usize]
    }

    fn total(&self) -> f64 {
        self.coverage.iter().map(|v| f64::from(*v)).sum::<f64>() / 255.0
    }

    /// Left, top, right and bottom of the ink, the last two outside of it. A pixel that is hardly touched is none.
    fn extent(&self) -> (u32, u32, u32, u32) {
        let inked = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let inked = inked.filter(|(x, y)| self.at(*x, *y) > 16);
        inked.fold((u32::MAX, u32::MAX, 0, 0), |(left, top, right, bottom), (x, y)| {
            (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1))
        })
    }

    /// Only columns from `from` to `to`.
    fn columns(&self, from: u32, to: u32) -> Self {
        let kept = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let coverage = kept.map(|(x, y)| if (from..to).contains(&x) { self.at(x, y) } else { 0 }).collect();
        Self { coverage, ..*self }
    }
}

#[tokio::test]
async fn letters_are_those_of_another_rasteriser() {
    let Some(bench) = Bench::new(Vec::new()).await else { return };
    // Straight outlines are the same but for rounding. Curves are not: the other one is satisfied with chords that are up
    // to 0.072 px off, 18 codes at an edge, and up to three edges meet in a pixel.
    let table = [
        ("mixed.ttf", "HEMlz", 40, 2),
        ("mixed.ttf", "Hmnoe", 40, 54),
        ("mixed.ttf", "gjpq{}@&", 61, 54),
        ("cjk.otf", "日本語漢字", 48, 54),
    ];
    for (name, text, size_px, codes) in table {
        let bytes = font_file(name);
        let oracle = Ink::oracle(&FontRef::try_from_slice(&bytes).unwrap(), text, size_px as f32);
        let ink = bench.ink(text, name, size_px).await;
        assert_eq!(ink.extent(), oracle.extent(), "{text} in {name}");
        let (ours, theirs) = (ink.total(), oracle.total());
        assert!((ours / theirs - 1.0).abs() < 0.005, "{text} in {name} covers {ours} pixels, not {theirs}");
        let worst = ink.coverage.iter().zip(&oracle.coverage).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(codes), "{text} in {name}: pixels differ by up to {worst:?}");
    }
    // And another letter is not mistaken for it.
    let bytes = font_file("mixed.ttf");
    let oracle = Ink::oracle(&FontRef::try_from_slice(&bytes).unwrap(), "Hmnoc", 40.0);
    let ink = bench.ink("Hmnoe", "mixed.ttf", 40).await;
    assert!(ink.coverage.iter().zip(&oracle.coverage).any(|(a, b)| a.abs_diff(*b) > 100));
}

#[tokio::test]
async fn packed_fonts_draw_the_same() {
    let Some(bench) = Bench::new(Vec::new()).await else { return };
    let plain = bench.ink("Tintype é", "mixed.ttf", 40).await;
    for packed in ["mixed.woff", "mixed.woff2"] {
        assert!(bench.ink("Tintype é", packed, 40).await == plain, "{packed}");
    }
}

#[tokio::test]
async fn accents_stand_on_their_letters() {
    let Some(bench) = Bench::new(Vec::new()).await else { return };
    let plain = bench.ink("e", "mixed.ttf", 80).await;
    let composed = bench.ink("\u{e9}", "mixed.ttf", 80).await;
    let combining = bench.ink("e\u{301}", "mixed.ttf", 80).await;
    assert!(composed == combining, "both ways to write it are the same letter");
    let ((left, top, right, bottom), (l, t, r, b)) = (plain.extent(), composed.extent());
    assert!(t + 10 < top && b == bottom, "the accent is above: {t} {top} {b} {bottom}");
    assert!(l.abs_diff(left) <= 1 && r.abs_diff(right) <= 1, "and takes no room of its own: {l} {left} {r} {right}");
}

#[tokio::test]
async fn right_to_left_letters_run_to_the_left() {
    let Some(bench) = Bench::new(Vec::new()).await else { return };
    // The first letter in logical order, the second, and both: drawn at the same size, their ink is told apart by where
    // it lies from top to bottom. Hebrew: shin stands on the line, yod hangs above it. Arabic: alef is tall, beh has its
    // dot below the line.
    for (first, second) in [("\u{5e9}", "\u{5d9}"), ("\u{627}", "\u{628}")] {
        let both = bench.ink(&format!("{first}{second}"), "mixed.ttf", 80).await;
        let first = bench.ink(first, "mixed.ttf", 80).await.extent();
        let second = bench.ink(second, "mixed.ttf", 80).await.extent();
        assert!(first.1.abs_diff(second.1) > 5 || first.3.abs_diff(second.3) > 5, "they can be told apart");
        let (left, _, right, _) = both.extent();
        // Each letter has the columns at its end of the word.
        let on_right = both.columns(right - (first.2 - first.0) + 2, right).extent();
        let on_left = both.columns(left, left + (second.2 - second.0) - 2).extent();
        let near = |a: u32, b: u32| a.abs_diff(b) <= 1;
        assert!(near(on_right.1, first.1) && near(on_right.3, first.3), "first on the right: {on_right:?} {first:?}");
        assert!(near(on_left.1, second.1) && near(on_left.3, second.3), "second on the left: {on_left:?} {second:?}");
    }
    // Between Latin letters the word turns around, and the letters around it stay where they are.
    let mixed = bench.ink("A\u{5e9}\u{5d9}B", "mixed.ttf", 80).await;
    let latin = bench.ink("A", "mixed.ttf", 80).await;
    let (left, _, right, _) = latin.extent();
    assert!(mixed.columns(left, right - 1) == latin.columns(left, right - 1), "A stays on the left");
}

#[tokio::test]
async fn arabic_letters_join() {
    let Some(bench) = Bench::new(Vec::new()).await else { return };
    let wide = |ink: &Ink| ink.extent().2 - ink.extent().0;
    let alone = wide(&bench.ink("\u{628}", "mixed.ttf", 80).await);
    let joined = bench.ink("\u{628}\u{628}", "mixed.ttf", 80).await;
    assert!(wide(&joined) + 10 < 2 * alone, "{} {alone}", wide(&joined));
    // One stroke from end to end.
    let (left, _, right, _) = joined.extent();
    let is_inked = |x: u32| (0..joined.height).any(|y| joined.at(x, y) > 16);
    assert!((left..right).all(is_inked));
}

#[tokio::test]
async fn a_missing_glyph_is_named() {
    let Some(bench) = Bench::new(Vec::new()).await else { return };
    for (text, font, said) in [
        ("A\u{6f22}B", "mixed.ttf", "no glyph for '漢' (U+6F22)"),
        ("\u{5e9}", "cjk.otf", "no glyph for 'ש' (U+05E9)"),
        ("\u{1f600}", "mixed.woff2", "(U+1F600)"),
    ] {
        bench.refused(text, font, 400, 9401, said).await;
    }
    // What the given font lacks and the server's own has is taken from there.
    assert!(bench.ink("Я", "cjk.otf", 40).await.total() > 50.0);
}

#[tokio::test]
async fn a_broken_font_is_an_error_that_says_so() {
    let mut broken = vec![
        ("empty.ttf".to_owned(), Vec::new()),
        ("garbage.ttf".to_owned(), (0..5000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        ("picture.ttf".to_owned(), files::png(Size::new(20, 20), |_, _| [255; 4])),
        ("page.woff2".to_owned(), b"<!doctype html><title>Not found</title>".to_vec()),
    ];
    let mut names: Vec<_> = broken.iter().map(|(name, _)| name.clone()).collect();
    for name in FONTS {
        let whole = font_file(name);
        for percent in [1, 10, 25, 50, 75] {
            names.push(format!("{percent}-{name}"));
            broken.push((format!("{percent}-{name}"), whole[..whole.len() * percent / 100].to_vec()));
        }
        broken.push((format!("95-{name}"), whole[..whole.len() * 95 / 100].to_vec()));
    }
    let Some(bench) = Bench::new(broken).await else { return };
    for name in &names {
        bench.refused("A", name, 422, 9516, "not a usable font: ").await;
    }
    // Where the cut is behind all that the letter needs, it may be drawn, and then as it is.
    for name in FONTS {
        let cut = format!("95-{name}");
        let [(_, by_url), ..] = bench.answers("A", &cut, 40).await;
        match by_url.status.as_u16() {
            200 => assert!(bench.ink("A", &cut, 40).await == bench.ink("A", name, 40).await, "{cut}"),
            _ => bench.refused("A", &cut, 422, 9516, "not a usable font: ").await,
        }
    }
    bench.refused("A", "missing.ttf", 404, 9404, "missing.ttf").await;
}
