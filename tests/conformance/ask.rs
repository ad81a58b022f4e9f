//! A row as a request on each face, and whether the answer is the expected one.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};
use tintype::Tintype;
use tintype_options::binding::{self, Part};
use tintype_options::preset::Presets;
use tintype_options::{Strictness, query, url, workers};
use tintype_pixels::Size;
use tintype_testkit::{FakeVision, engine, files};

use super::table::{Expected, Face, Look, Row, Sides};
use crate::facade::{assert_shows, decoded, gain_map, map};
use crate::faces::{Field, call};
use crate::http::{Answer, Server};

/// What rows are about: the name of each file, and its bytes.
pub(crate) fn sources() -> Vec<(&'static str, Vec<u8>)> {
    let size = Size::new(240, 160);
    let within = |x: u32, y: u32| (20..220).contains(&x) && (20..140).contains(&y);
    let framed =
        |x, y| if within(x, y) { [0, (x % 2 * 200) as u8, (y % 2 * 200) as u8, 255] } else { [255, 0, 0, 255] };
    // Between them and the frame lies a color that a tolerance of 10 takes for the frame's, and one of 0 does not.
    let soft = |x: u32, y: u32| match framed(x, y) {
        [255, ..] if !(10..230).contains(&x) || !(10..150).contains(&y) => [255, 0, 0, 255],
        [255, ..] => [250, 0, 0, 255],
        inside => inside,
    };
    let holes = |x: u32, _: u32| if x < 120 { [0; 4] } else { [0, 0, 255, 255] };
    vec![
        ("map.png", map(size)),
        ("framed.png", files::png(size, framed)),
        ("soft.png", files::png(size, soft)),
        ("gray.png", files::png(size, |_, _| [100, 100, 100, 255])),
        ("orange.png", files::png(size, |_, _| [200, 100, 50, 255])),
        ("holes.png", files::png(size, holes)),
        ("red.png", files::png(Size::new(12, 8), |_, _| [255, 0, 0, 255])),
        ("blue.png", files::png(Size::new(4, 4), |_, _| [0, 0, 255, 255])),
        ("wide.png", files::png_rgb(Size::new(1800, 6), |_, _| [100; 3])),
        ("gain.jpg", gain_map::photo(size, Size::new(60, 40))),
    ]
}

/// Where the faces and the foreground of every picture are, as parts of its sides.
const SEEN: ([f32; 4], [f32; 4]) = ([0.7, 0.4, 0.1, 0.2], [0.25, 0.0, 0.5, 1.0]);

/// An engine whose model sees [`SEEN`]; skips as [`engine`] does.
fn seeing() -> Option<&'static Tintype> {
    static ENGINE: OnceLock<Option<Tintype>> = OnceLock::new();
    let build = || {
        engine()?;
        let fake = FakeVision { faces: vec![SEEN.0], foreground: Some(SEEN.1), matte_view: (64, 64) };
        Some(Tintype::builder().vision(Arc::new(fake)).build().expect("the adapter was there a moment ago"))
    };
    ENGINE.get_or_init(build).as_ref()
}

/// A server, an origin that it may read, and the files that both have.
pub(crate) struct Bench {
    server: Server,
    origin: String,
    sources: Vec<(&'static str, Vec<u8>)>,
}

impl Bench {
    /// `is_strict` is the server's `server.strict`.
    pub(crate) async fn new(is_strict: bool) -> Option<Self> {
        let engine = seeing()?;
        let sources = sources();
        let mut origin = axum::Router::new();
        for (name, bytes) in sources.clone() {
            let answer = async move || ([(header::CACHE_CONTROL, "max-age=7200")], bytes.clone());
            origin = origin.route(&format!("/{name}"), axum::routing::get(answer));
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, origin).await });
        let server = Server::with_engine(engine, &sources, |config| {
            config.origins.allow = vec![at.parse().unwrap()];
            config.server.strict = is_strict;
        });
        Some(Self { server, origin: format!("http://{at}"), sources })
    }

    /// What a face answers to a row.
    pub(crate) async fn answer(&self, row: &Row, face: Face) -> Answer {
        let get = async |uri: &str, more: &[(&str, &str)]| {
            let headers = [row.headers, more].concat();
            self.server.send(Method::GET, uri, &headers, Body::empty()).await
        };
        match face {
            Face::Url => get(&format!("/cdn-cgi/image/{}/{}", path(row), row.source), &[]).await,
            Face::Query => get(&format!("/image?url={}&{}", row.source, parameters(row)), &[]).await,
            Face::Worker => {
                let blob = format!("{{\"image\":{{{}}}}}", properties(row));
                get(&format!("{}/{}", self.origin, row.source), &[("x-cf-blob", &blob)]).await
            }
            Face::Binding => {
                let form = form(row);
                let parts: Vec<Field<'_>> = form.iter().map(|(name, content)| (*name, self.bytes(content))).collect();
                call(&self.server, "/transform", &parts).await
            }
        }
    }

    fn bytes<'a>(&'a self, content: &'a Content) -> &'a [u8] {
        match content {
            Content::Text(text) => text.as_bytes(),
            Content::File(name) => &self.sources.iter().find(|(known, _)| known == name).expect("a file of ours").1,
        }
    }

    /// Sends a row, and says how the answer differs from what is expected.
    pub(crate) async fn check(&self, row: &Row, face: Face, expected: Expected) -> Result<(), String> {
        let answer = self.answer(row, face).await;
        let status = answer.status.as_u16();
        let said = answer.header(if face == Face::Binding { "cf-images-binding" } else { "cf-resized" });
        let warnings = answer.all(header::WARNING).join("; ");
        let got =
            || format!("{status}, {said}, {warnings:?}, {:?}", answer.text().chars().take(200).collect::<String>());
        match expected {
            Expected::Picture(size) | Expected::Warned(size, _) => {
                if status != 200 || !said.starts_with("internal=ok") {
                    return Err(format!("no picture: {}", got()));
                }
                let is_warned = match expected {
                    Expected::Warned(_, text) => warnings.contains(text) && warnings.starts_with("cf-images 299 \""),
                    _ => warnings.is_empty(),
                };
                if !is_warned {
                    return Err(format!("warns {warnings:?} where {expected:?}"));
                }
                let is = size_of(&answer)?;
                if is != size {
                    return Err(format!("is {is:?} where {size:?}, {warnings:?}"));
                }
                row.looks.iter().try_for_each(|look| see(&answer, *look))
            }
            Expected::Raw(media_type) => {
                let n_bytes = media_type.len() * 240 * 160;
                let is = (status, answer.header(header::CONTENT_TYPE), answer.body.len());
                if is == (200, media_type, n_bytes) { Ok(()) } else { Err(format!("{is:?}: {}", got())) }
            }
            Expected::Refused(wanted, code, text) => {
                let is = status == wanted
                    && said == format!("err={code}")
                    && answer.text().starts_with(&format!("ERROR {code}: "))
                    && answer.text().contains(text);
                if is { Ok(()) } else { Err(format!("{} where {expected:?}", got())) }
            }
            Expected::Redirect(target) => {
                let leads = answer.header(header::LOCATION).ends_with(target) && status == 307 && said == "err=9404";
                if leads { Ok(()) } else { Err(format!("{} where {expected:?}", got())) }
            }
        }
    }
}

/// Width and height by the file's own header.
fn size_of(answer: &Answer) -> Result<Sides, String> {
    let body = &answer.body;
    match answer.header(header::CONTENT_TYPE) {
        "application/json" => {
            let told: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
            let side = |name| told[name].as_u64().and_then(|side| u32::try_from(side).ok());
            side("width").zip(side("height")).ok_or_else(|| told.to_string())
        }
        // The image crate reads no AVIF here: the box `ispe` has version and flags, then both sides.
        "image/avif" => {
            let at = body.windows(4).position(|name| name == b"ispe").ok_or("no ispe")? + 8;
            let side = |at: usize| body[at..].first_chunk().map(|side| u32::from_be_bytes(*side));
            side(at).zip(side(at + 4)).ok_or_else(|| "a short ispe".to_owned())
        }
        _ => {
            let reader = image::ImageReader::new(Cursor::new(body)).with_guessed_format().expect("a cursor reads");
            reader.into_dimensions().map_err(|error| error.to_string())
        }
    }
}

fn see(answer: &Answer, look: Look) -> Result<(), String> {
    let image = || decoded(&answer.body).into_rgba8();
    match look {
        Look::Type(expected) => {
            let is = answer.header(header::CONTENT_TYPE);
            if is == expected { Ok(()) } else { Err(format!("is {is} where {expected}")) }
        }
        Look::Pixel((x, y), expected, codes) => {
            let is = image().get_pixel(x, y).0;
            let off = is.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max();
            if off <= Some(codes) { Ok(()) } else { Err(format!("pixel {x},{y} is {is:?} where {expected:?}")) }
        }
        Look::Shows(across, down) => {
            let image = image();
            let (width, height) = image.dimensions();
            let shows = || assert_shows(&image, (0, 0, width, height), (across, down), 2.0, "the picture");
            let wrong =
                |panic: Box<dyn std::any::Any + Send>| panic.downcast::<String>().map_or_else(|_| "?".into(), |s| *s);
            catch_unwind(AssertUnwindSafe(shows)).map_err(wrong)
        }
    }
}

/// Whether a strict reading takes a row.
pub(crate) fn strictly(row: &Row, face: Face) -> Result<(), String> {
    let read = |parsed: Result<tintype_options::Parsed, _>| {
        parsed.and_then(|parsed| parsed.held_to(Strictness::Strict)).map(drop).map_err(|error| error.to_string())
    };
    match face {
        Face::Url => read(url::parse(&path(row))),
        Face::Query => {
            let text = format!("url=map.png&{}", parameters(row));
            read(query::parse(::url::form_urlencoded::parse(text.as_bytes())).map(|(parsed, _)| parsed))
        }
        Face::Worker => {
            let image = serde_json::from_str(&format!("{{{}}}", properties(row))).expect("JSON");
            read(workers::parse_json(&image, &Presets::default()))
        }
        Face::Binding => {
            let form = form(row);
            let part = |(name, content): &'_ (&'static str, Content)| match content {
                Content::File(_) => (*name, None),
                Content::Text(text) => (*name, Some(text.clone())),
            };
            let parts: Vec<_> = form.iter().map(part).collect();
            let parts: Vec<_> = parts
                .iter()
                .map(|(name, text)| match text {
                    None => Part::File { name },
                    Some(text) => Part::Field { name, text },
                })
                .collect();
            binding::parse(&parts, Strictness::Strict).map(drop).map_err(|error| error.to_string())
        }
    }
}

/// Options of a row that says nothing about the file: a PNG, whose pixels can be looked at.
fn path(row: &Row) -> String {
    let says = |item: &str| ["format=", "f=", "compression="].iter().any(|name| item.starts_with(name));
    match items(row.url).into_iter().any(says) {
        true => row.url.to_owned(),
        false => format!("{},format=png-force", row.url),
    }
}

/// Split at commas outside of parentheses.
fn items(options: &str) -> Vec<&str> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in options.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&options[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&options[start..]);
    items
}

fn parameters(row: &Row) -> String {
    let path = path(row);
    let parameter = |item: &str| match item.strip_prefix("draw=") {
        // It is decoded twice in this form.
        Some(layers) => format!("draw={}", layers.replace('%', "%25")),
        None => item.to_owned(),
    };
    items(&path).into_iter().map(parameter).collect::<Vec<_>>().join("&")
}

/// The properties of `cf.image`, in the order of the row and with its repetitions.
fn properties(row: &Row) -> String {
    let path = path(row);
    let own = row.json.map_or_else(|| written(&items(row.url)), str::to_owned);
    match path.strip_prefix(row.url) {
        Some(",format=png-force") => format!("{own},\"format\":\"png-force\""),
        _ => own,
    }
}

/// Options as properties, in their order and with their repetitions; parts of `trim` and `border` stand in objects.
fn written(items: &[&str]) -> String {
    let mut root = Vec::new();
    for item in items {
        let (name, value) = item.split_once('=').expect("an option");
        let value = percent_decoded(value);
        let path: Vec<_> = name.split('.').collect();
        put(&mut root, &path, scalar(&value));
    }
    render(&root)
}

/// A property, or an object that has some.
enum Node {
    Value(String),
    Object(Vec<(String, Node)>),
}

fn put(object: &mut Vec<(String, Node)>, path: &[&str], value: String) {
    let [name, inner @ ..] = path else { return };
    if inner.is_empty() {
        object.push(((*name).into(), Node::Value(value)));
        return;
    }
    let at = object.iter().position(|(known, node)| known == name && matches!(node, Node::Object(_)));
    let at = at.unwrap_or_else(|| {
        object.push(((*name).into(), Node::Object(Vec::new())));
        object.len() - 1
    });
    if let Node::Object(part) = &mut object[at].1 {
        put(part, inner, value);
    }
}

fn render(object: &[(String, Node)]) -> String {
    let item = |(name, node): &(String, Node)| match node {
        Node::Value(value) => format!("\"{name}\":{value}"),
        Node::Object(part) => format!("\"{name}\":{{{}}}", render(part)),
    };
    object.iter().map(item).collect::<Vec<_>>().join(",")
}

/// A number, true or false where it is one of JSON's, else text.
fn scalar(value: &str) -> String {
    let is_json = serde_json::from_str::<Value>(value).is_ok_and(|value| value.is_number() || value.is_boolean());
    if is_json { value.to_owned() } else { Value::from(value).to_string() }
}

fn percent_decoded(value: &str) -> String {
    let pair = format!("v={}", value.replace('+', "%2B"));
    ::url::form_urlencoded::parse(pair.as_bytes()).next().expect("a pair").1.into_owned()
}

/// A part of a form.
enum Content {
    Text(String),
    File(&'static str),
}

/// What the runtime sends for a row: `.transform()` with most options, `.output()` with those about the file, and
/// `.draw()` for layers.
fn form(row: &Row) -> Vec<(&'static str, Content)> {
    let mut own = Vec::new();
    let mut output = Vec::new();
    for item in items(row.url) {
        let (name, value) = item.split_once('=').expect("an option");
        match name {
            "format" => output.push(("output_format", media_type(value))),
            "quality" => output.push(("output_quality", percent_decoded(value))),
            "anim" => output.push(("anim", percent_decoded(value))),
            _ => own.push(item),
        }
    }
    if !output.iter().any(|(name, _)| *name == "output_format") {
        output.insert(0, ("output_format", "image/png".to_owned()));
    }
    // Where JSON is given it is that of a transformation.
    let properties = match row.json {
        Some(json) => json.to_owned(),
        None => written(&own),
    };
    let mut parts = vec![("image", Content::File(row.source))];
    let mut commands = Vec::new();
    let object: Value = serde_json::from_str(&format!("{{{properties}}}")).expect("properties");
    if let Some(layers) = object.get("draw").and_then(Value::as_array) {
        let mut before = object.clone();
        before.as_object_mut().expect("an object").remove("draw");
        before["imageIndex"] = json!(0);
        commands.push(before.to_string());
        for (at, layer) in layers.iter().enumerate() {
            drawn(&mut parts, &mut commands, at + 1, layer);
        }
    } else {
        let comma = if properties.is_empty() { "" } else { "," };
        commands.push(format!("{{\"imageIndex\":0{comma}{properties}}}"));
    }
    parts.push(("transforms", Content::Text(format!("[{}]", commands.join(",")))));
    parts.extend(output.into_iter().map(|(name, text)| (name, Content::Text(text))));
    parts
}

/// A layer as the runtime flattens it: a part, what happens to it, and that it is drawn.
fn drawn(parts: &mut Vec<(&'static str, Content)>, commands: &mut Vec<String>, number: usize, layer: &Value) {
    const PLACEMENT: [&str; 7] = ["top", "right", "bottom", "left", "opacity", "repeat", "composite"];
    const TEXT: [&str; 4] = ["text", "font", "color", "size"];
    let mut before = json!({ "imageIndex": number });
    let mut placed = json!({ "drawImageIndex": number, "targetImageIndex": 0 });
    let mut text = json!({});
    for (name, value) in layer.as_object().expect("a layer") {
        match name.as_str() {
            "url" => {
                let file = sources().into_iter().map(|(name, _)| name).find(|name| value == name);
                parts.push(("draw_image", Content::File(file.expect("a file of ours"))));
            }
            name if TEXT.contains(&name) => text[name] = value.clone(),
            name if PLACEMENT.contains(&name) => placed[name] = value.clone(),
            name => before[name] = value.clone(),
        }
    }
    if text.get("text").is_some() {
        parts.push(("draw_text", Content::Text(text.to_string())));
    }
    commands.extend([before.to_string(), placed.to_string()]);
}

/// The binding's name for a format.
fn media_type(format: &str) -> String {
    match format {
        "png-force" => "image/png".to_owned(),
        "rgb" | "rgba" => format.to_owned(),
        format => format!("image/{format}"),
    }
}
