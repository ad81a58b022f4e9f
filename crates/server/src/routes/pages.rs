//! How pages are answered: with a tag, a strict policy, and nothing from elsewhere.

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::origin::Validator;
use crate::state::AppState;
use crate::tag::{client_has, hash};

/// What all pages share.
const SHARED_CSS: &str = include_str!("../pages/shared.css");

/// What a page may load: itself, and pictures that it was given. No style and no script stands inside of a page.
const POLICY: &str = "default-src 'none'; connect-src 'self'; img-src 'self' blob: data:; script-src 'self'; \
    style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// How long a part of a page may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Until it is asked about again.
    Checked,
    /// For good: its URL changes with it.
    Forever,
}

/// What all pages need.
pub(crate) fn routes() -> Router<AppState> {
    let css = |headers| async move { text(&headers, "text/css; charset=utf-8", SHARED_CSS) };
    Router::new().route("/pages/shared.css", get(css))
}

/// A part of a page that is a text of ours.
pub(crate) fn text(headers: &HeaderMap, content_type: &'static str, text: &'static str) -> Response {
    answer(headers, StatusCode::OK, content_type, Keep::Checked, text)
}

/// `body` for whoever asked with `headers`, or that they have it.
pub(crate) fn answer(
    headers: &HeaderMap,
    status: StatusCode,
    content_type: &'static str,
    keep: Keep,
    body: impl Into<Bytes>,
) -> Response {
    let body = body.into();
    let tag = Validator { weak: false, tag: hash(&body) };
    let has = status == StatusCode::OK && client_has(headers, &tag);
    let mut response = Response::new(if has { Body::empty() } else { Body::from(body) });
    *response.status_mut() = if has { StatusCode::NOT_MODIFIED } else { status };
    let fixed = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CACHE_CONTROL,
            match keep {
                Keep::Checked => "no-cache",
                Keep::Forever => "public, max-age=31536000, immutable",
            },
        ),
    ];
    let headers = response.headers_mut();
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    if status == StatusCode::OK {
        headers.insert(header::ETAG, HeaderValue::try_from(tag.to_string()).expect("a tag of hexadecimal digits"));
    }
    response
}
