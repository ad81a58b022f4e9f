//! The playground: a page for trying options, and the few answers it lives on.
//!
//! The page needs nothing from elsewhere. A dropped picture is posted, transformed and forgotten; its answer has the
//! headers that the same options get by URL.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Instant;

use ::url::form_urlencoded;
use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode, Uri, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use tintype::Output;
use tintype_options::registry::{Group, Kind, OPTIONS, OptionDef};
use tintype_options::url;
use tintype_pixels::{ImageFormat, ImageInfo, Size};

use super::health::json_response;
use super::pages::{Keep, answer};
use crate::admission::Needs;
use crate::cache::fetch::{Wants, fetch};
use crate::compose::Composition;
use crate::engine::Request;
use crate::frame::{head, wordmark};
use crate::job::settled;
use crate::layers::Layers;
use crate::origin::{Fetch, Fetched, Held, Signed};
use crate::reject::Rejection;
use crate::respond::{self, About, Found, Spent};
use crate::state::{self, AppState, Face};

/// The page below its masthead.
const MAIN: &str = include_str!("../pages/playground.html");
const CSS: &str = include_str!("../pages/playground.css");
const SCRIPT: &str = include_str!("../pages/playground.js");

static PAGE: LazyLock<String> = LazyLock::new(|| document().into_string());

fn document() -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head(
                    "tintype · playground",
                    "Try every transformation on a picture and take its URL with you.",
                    "/playground/playground.css",
                ))
                script type="module" src="/playground/playground.js" {}
            }
            body {
                a.skip href="#options-panel" { "Skip to the options" }
                header.masthead {
                    (wordmark("/", "tintype, start again"))
                    h1 { "Playground" }
                    a.elsewhere href="/docs" { "Reference" }
                    a.elsewhere href="/dashboard" { "Stored images" }
                    label.pick {
                        input #file type="file" accept="image/*,.avif,.heic,.jxl,.svg";
                        span { "Choose a picture" }
                    }
                    p.hint { "or drop one anywhere, or paste it" }
                }
                (PreEscaped(MAIN))
            }
        }
    }
}

/// Pictures of the folder that are offered.
const MAX_SAMPLES: usize = 200;

const TRANSFORM: &str = "/playground/transform/";
const EXPLAIN: &str = "/playground/explain/";

/// Everything below `/` that is the playground's.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(|headers| page(headers, "text/html; charset=utf-8", &PAGE)))
        .route("/playground/playground.css", get(|headers| page(headers, "text/css; charset=utf-8", CSS)))
        .route("/playground/playground.js", get(|headers| page(headers, "text/javascript; charset=utf-8", SCRIPT)))
        .route("/playground/options.json", get(options))
        .route("/playground/samples.json", get(samples))
        .route("/playground/transform/{*options}", post(transform))
        .route("/playground/explain/{*options}", get(explain))
}

async fn page(headers: HeaderMap, content_type: &'static str, text: &'static str) -> Response {
    answer(&headers, StatusCode::OK, content_type, Keep::Checked, text)
}

/// Every option, as the page draws its controls from.
async fn options() -> Response {
    json_response(StatusCode::OK, &OPTIONS.iter().map(|option| described(option)).collect())
}

fn described(option: &OptionDef) -> Value {
    let kind = match option.kind {
        Kind::Integer { min, max } => json!({ "type": "integer", "min": min, "max": max, "step": 1 }),
        Kind::Number { min, max, step } => json!({ "type": "number", "min": min, "max": max, "step": step }),
        Kind::Choice(choices) => json!({ "type": "choice", "choices": choices }),
        Kind::Color => json!({ "type": "color" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Text => json!({ "type": "text" }),
    };
    let group = match option.group {
        Group::Size => "size",
        Group::Geometry => "geometry",
        Group::Drawing => "drawing",
        Group::Color => "color",
        Group::Output => "output",
        Group::Delivery => "delivery",
    };
    json!({
        "name": option.name,
        "aliases": option.aliases,
        "kind": kind,
        "default": (!option.default.is_empty()).then_some(option.default),
        "group": group,
        "doc": option.doc,
        "long": option.long,
        "example": option.example,
    })
}

/// Names of the folder's pictures.
async fn samples(State(app): State<AppState>) -> Response {
    json_response(StatusCode::OK, &json!(app.sources().pictures(MAX_SAMPLES).await))
}

/// Transforms the picture in the request's body.
async fn transform(State(app): State<AppState>, request: HttpRequest) -> Response {
    transformed(&app, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn transformed(app: &AppState, request: HttpRequest) -> Result<Response, Rejection> {
    let started = Instant::now();
    app.ready()?;
    app.refuse_unsigned()?;
    let (asked, about) = asked(app, request.uri(), TRANSFORM, request.headers())?;
    let layers = Layers::of(app, &asked.options, Signed::No)?;
    let receive = async {
        let _permit = app.uploads().enter().await?;
        body(app, request).await
    };
    let prepare = async {
        let (bytes, held) = receive.await?;
        let drawn = match &layers {
            Some(layers) => layers.fetch(app, Wants::Soon).await?,
            None => Vec::new(),
        };
        let fetch = started.elapsed();
        let permit = app.admission().enter(Needs::of(&asked.options)).await?;
        Ok::<_, Rejection>((bytes, held, drawn, fetch, permit))
    };
    let until = app.until(started);
    let ready = tokio::time::timeout_at(until.into(), prepare).await;
    let (bytes, own, drawn, fetch, permit) = ready.unwrap_or_else(|_elapsed| Err(Rejection::too_slow()))?;
    let output = match layers {
        None => state::transform(app, (permit, own), bytes, asked, until).await?,
        Some(Layers { canvas, .. }) => {
            let (drawn, held): (Vec<_>, Vec<_>) = drawn.into_iter().map(|layer| (layer.bytes, layer.held)).unzip();
            let parts = [bytes].into_iter().chain(drawn).collect();
            let composition = Composition { canvas, parts, output: Output::auto(), accepts: asked.accepts };
            state::compose(app, (permit, own, held), composition, until).await?
        }
    };
    Ok(respond::picture(&output.into(), &about, Spent { fetch, total: started.elapsed(), found: Found::Never }))
}

/// The whole body, within the limit, and the room that it takes.
async fn body(app: &AppState, request: HttpRequest) -> Result<(Bytes, Held), Rejection> {
    let limit_bytes = app.config().limits.source_bytes.0;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limit_bytes) {
        return Err(Rejection::large_body(limit_bytes));
    }
    let mut held = app.sources().hold();
    let mut bytes = BytesMut::new();
    let mut chunks = request.into_body().into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_error| Rejection::parameter("the body ends too early, or too late"))?;
        if (bytes.len() + chunk.len()) as u64 > limit_bytes {
            return Err(Rejection::large_body(limit_bytes));
        }
        held.grow(chunk.len() as u64)?;
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes.freeze(), held))
}

/// The plan for a source, or for a picture of a given size that need not exist.
async fn explain(State(app): State<AppState>, request: HttpRequest) -> Response {
    let plan = explained(&app, request.uri(), request.headers()).await;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    plan.map_or_else(IntoResponse::into_response, |plan| (headers, plan).into_response())
}

async fn explained(app: &AppState, uri: &Uri, headers: &HeaderMap) -> Result<String, Rejection> {
    let (asked, _about) = asked(app, uri, EXPLAIN, headers)?;
    let query: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect();
    let parameter = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref());
    let info = match parameter("source") {
        Some(source) => probed(app, source).await?,
        None => imagined(parameter)?,
    };
    let engine = app.ready()?;
    let Some(layers) = Layers::of(app, &asked.options, Signed::No)? else {
        return Ok(engine.explain(&info, &asked)?);
    };
    let drawn = layers.fetch(app, Wants::Soon).await?;
    let permit = app.admission().enter(Needs::Pixels).await?;
    let (drawn, held): (Vec<_>, Vec<_>) = drawn.into_iter().map(|layer| (layer.bytes, layer.held)).unzip();
    let parts = [Bytes::new()].into_iter().chain(drawn).collect();
    let composition = Composition { canvas: layers.canvas, parts, output: Output::auto(), accepts: asked.accepts };
    Ok(state::blocking((permit, held), move || engine.explain_composition(&info, composition)).await??)
}

/// What the header of `source` says.
async fn probed(app: &AppState, source: &str) -> Result<ImageInfo, Rejection> {
    /// What a query's decoding may have uncovered and no path may hold. A `%` stays what it was.
    const NOT_IN_PATHS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'#');
    let engine = app.ready()?;
    let path = format!("_/{}", utf8_percent_encode(source, NOT_IN_PATHS));
    let (_options, source) = url::split(&path)?;
    let target = app.resolve(&source, Signed::No)?;
    match fetch(app, &target, None, None, Wants::Soon).await? {
        Fetch::Fetched(Fetched { bytes, held, .. }) => Ok(state::blocking(held, move || engine.probe(&bytes)).await??),
        Fetch::Unchanged { .. } => Err(Rejection::internal(&"a source is unchanged that nobody knew")),
    }
}

/// A picture of the size and format that a query gives.
fn imagined<'a>(parameter: impl Fn(&str) -> Option<&'a str>) -> Result<ImageInfo, Rejection> {
    let side = |name: &str| {
        let side = parameter(name).and_then(|text| text.parse::<u32>().ok()).filter(|&side| side > 0);
        side.ok_or_else(|| {
            Rejection::parameter(format!(
                "either \"source\", or \"width\" and \"height\" in whole pixels are needed; \"{name}\" is not"
            ))
        })
    };
    let formats = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Webp,
        ImageFormat::Gif,
        ImageFormat::Avif,
        ImageFormat::Heic,
        ImageFormat::Svg,
    ];
    let name = parameter("format").unwrap_or("jpeg");
    let format = formats.into_iter().find(|format| format.name() == name);
    let format = format.ok_or_else(|| {
        let names: Vec<_> = formats.iter().map(|format| format.name()).collect();
        Rejection::parameter(format!("format: {name:?} is not one of {}", names.join(", ")))
    })?;
    let alpha = matches!(format, ImageFormat::Png | ImageFormat::Webp | ImageFormat::Gif);
    Ok(ImageInfo::imagined(format, Size::new(side("width")?, side("height")?), alpha))
}

/// What the options that follow `prefix` in a path, raw, ask for; and what an answer says, which nobody keeps.
fn asked(app: &AppState, uri: &Uri, prefix: &str, headers: &HeaderMap) -> Result<(Request, About), Rejection> {
    let parsed = url::parse_with(uri.path().strip_prefix(prefix).unwrap_or_default(), app.presets())?;
    Ok(settled(app.accept(parsed, Face::Url)?, headers))
}
