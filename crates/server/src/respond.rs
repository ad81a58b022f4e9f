//! A transformed picture as an answer, with the headers that Cloudflare's have.

use std::fmt::Write;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tintype_options::client::Announcement;

use crate::cache::{Picture, Tier};
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
    /// How long ago the origin was asked, where it was not for this answer.
    pub(crate) age: Option<Duration>,
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
    /// What the cache had.
    pub(crate) found: Found,
}

/// What the server had kept of a result: `Cf-Cache-Status`, in Cloudflare's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Found {
    /// The result, and it was still fresh.
    Hit(Tier),
    /// The result, which is not fresh, and is being made again.
    Updating,
    /// The result, which is not fresh: the origin does not answer.
    Stale,
    /// The result, or the client had it; the origin was asked and says that it is still good.
    Revalidated,
    /// A result of an older source.
    Expired,
    /// Nothing.
    Miss,
    /// Nothing, and the origin forbids keeping it.
    Forbidden,
    /// Nothing; such results are not kept here.
    Never,
}

impl Found {
    /// The header's value.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Hit(_) => "HIT",
            Self::Updating => "UPDATING",
            Self::Stale => "STALE",
            Self::Revalidated => "REVALIDATED",
            Self::Expired => "EXPIRED",
            Self::Miss => "MISS",
            Self::Forbidden => "BYPASS",
            Self::Never => "DYNAMIC",
        }
    }

    /// Whether the picture was made before.
    const fn is_kept(self) -> bool {
        matches!(self, Self::Hit(_) | Self::Updating | Self::Stale | Self::Revalidated)
    }
}

/// The answer with the picture. `Server-Timing` counts in milliseconds; its `total` is the request's, not the engine's.
pub(crate) fn picture(output: &Picture, about: &About, spent: Spent) -> Response {
    let mut headers = HeaderMap::new();
    common(&mut headers, about, spent.found);
    for warning in about.warnings.iter().chain(&output.warnings) {
        append(&mut headers, header::WARNING, &format!("cf-images 299 \"{}\"", quotable(warning)));
    }
    let length = output.bytes.len();
    set(&mut headers, header::CONTENT_TYPE, &output.content_type);
    set(&mut headers, header::CONTENT_LENGTH, &length.to_string());
    set(&mut headers, header::CONTENT_SECURITY_POLICY, POLICY);
    let (how, compute) = if spent.found.is_kept() { ("h", Duration::ZERO) } else { ("m", output.timings.total) };
    let (fetch_ms, compute_ms) = (spent.fetch.as_millis(), compute.as_millis());
    let version = env!("CARGO_PKG_VERSION");
    let resized = format!("internal=ok/{how} q=0 n={fetch_ms} c={compute_ms} v={version} l={length}");
    set(&mut headers, HeaderName::from_static("cf-resized"), &resized);
    set(&mut headers, HeaderName::from_static("server-timing"), &server_timing(output, spent));
    let mut response = Response::new(Body::from(output.bytes.clone()));
    *response.headers_mut() = headers;
    response
}

/// The answer that the client's copy is still good.
pub(crate) fn not_modified(about: &About, found: Found) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    common(response.headers_mut(), about, found);
    response
}

fn common(headers: &mut HeaderMap, about: &About, found: Found) {
    set(headers, HeaderName::from_static("cf-cache-status"), found.as_str());
    if let Some(age) = about.age {
        set(headers, header::AGE, &age.as_secs().to_string());
    }
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

fn server_timing(output: &Picture, spent: Spent) -> String {
    let timings = &output.timings;
    let made = [("decode", timings.decode), ("plan", timings.plan), ("gpu", timings.gpu), ("encode", timings.encode)];
    // What was kept took none of these.
    let made = made.into_iter().filter(|_| !spent.found.is_kept());
    let parts = [("fetch", spent.fetch)].into_iter().chain(made).chain([("total", spent.total)]);
    let mut text = String::new();
    if let Found::Hit(tier) = spent.found {
        text = format!("cache;desc={}", tier.name());
    }
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
