//! A transformed picture as an answer, with the headers that Cloudflare's have.

use std::fmt::Write;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tintype_options::client::Announcement;

use crate::engine::Rendered;
use crate::origin::Validator;

/// What a picture may do when a browser opens it by itself: nothing. (An SVG may bring styles and inlined pictures.)
const POLICY: &str =
    "default-src 'none'; navigate-to 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline';";

/// What is said about an answer besides the picture.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// The result's entity tag, where it has one.
    pub(crate) tag: Option<Validator>,
    /// The value of `Cache-Control`.
    pub(crate) cache_control: String,
    /// Request headers that decided.
    pub(crate) vary: Vec<&'static str>,
    /// The hints that the client should send from now on, where the options depend on any.
    pub(crate) announcement: Option<Announcement>,
    /// Texts of warnings, those of the picture not among them.
    pub(crate) warnings: Vec<String>,
}

/// How long the parts took that are not the engine's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// Reading the source.
    pub(crate) fetch: Duration,
    /// Everything, since the request came.
    pub(crate) total: Duration,
}

/// The answer with the picture. `Server-Timing` counts in milliseconds; its `total` is the request's, not the engine's.
pub(crate) fn picture(output: Rendered, about: &About, spent: Spent) -> Response {
    let mut headers = HeaderMap::new();
    common(&mut headers, about);
    for warning in about.warnings.iter().cloned().chain(output.warnings.iter().map(ToString::to_string)) {
        append(&mut headers, header::WARNING, &format!("cf-images 299 \"{}\"", quotable(&warning)));
    }
    let length = output.bytes.len();
    set(&mut headers, header::CONTENT_TYPE, output.content_type);
    set(&mut headers, header::CONTENT_LENGTH, &length.to_string());
    set(&mut headers, header::CONTENT_SECURITY_POLICY, POLICY);
    let (fetch_ms, compute_ms) = (spent.fetch.as_millis(), output.timings.total.as_millis());
    let version = env!("CARGO_PKG_VERSION");
    let resized = format!("internal=ok/m q=0 n={fetch_ms} c={compute_ms} v={version} l={length}");
    set(&mut headers, HeaderName::from_static("cf-resized"), &resized);
    set(&mut headers, HeaderName::from_static("server-timing"), &server_timing(&output, spent));
    let mut response = Response::new(Body::from(output.bytes));
    *response.headers_mut() = headers;
    response
}

/// The answer that the client's copy is still good.
pub(crate) fn not_modified(about: &About) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    common(response.headers_mut(), about);
    response
}

fn common(headers: &mut HeaderMap, about: &About) {
    set(headers, header::CACHE_CONTROL, &about.cache_control);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Some(tag) = &about.tag {
        set(headers, header::ETAG, &tag.to_string());
    }
    if !about.vary.is_empty() {
        set(headers, header::VARY, &about.vary.join(", "));
    }
    if let Some(Announcement { accept_ch, critical_ch, permissions_policy }) = &about.announcement {
        set(headers, HeaderName::from_static("accept-ch"), accept_ch);
        if let Some(hints) = critical_ch {
            set(headers, HeaderName::from_static("critical-ch"), hints);
        }
        if let Some(policy) = permissions_policy {
            set(headers, HeaderName::from_static("permissions-policy"), policy);
        }
    }
}

fn server_timing(output: &Rendered, spent: Spent) -> String {
    let timings = &output.timings;
    let parts = [
        ("fetch", spent.fetch),
        ("decode", timings.decode),
        ("plan", timings.plan),
        ("gpu", timings.gpu),
        ("encode", timings.encode),
        ("total", spent.total),
    ];
    let mut text = String::new();
    for (name, time) in parts {
        let separator = if text.is_empty() { "" } else { ", " };
        let time_ms = time.as_secs_f64() * 1e3;
        write!(text, "{separator}{name};dur={time_ms:.3}").expect("writing to a string cannot fail");
    }
    text
}

/// `text` as it may stand between the quotes of a header.
fn quotable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') { c } else { '\'' }).collect()
}

/// Sets a header; a value that no header can hold is left out, which only an origin's could be.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.append(name, value);
    }
}
