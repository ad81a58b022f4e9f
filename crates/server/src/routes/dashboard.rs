//! `/dashboard`: the page for stored images; and `/widget.js`, which uploads to them from pages of others.
//!
//! The page is a client of the API like any other: it asks for an account and a token, and knows nothing else. The files are
//! in `pages/dashboard/`, one for each of its jobs.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::pages::text;
use crate::config::Config;
use crate::state::AppState;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const PAGE: &str = include_str!("../pages/dashboard/dashboard.html");

/// Instead of the page, where there are no stored images.
const OFF: &str = include_str!("../pages/dashboard/off.html");

const WIDGET: &str = include_str!("../pages/widget.js");

macro_rules! files {
    ($($name:literal: $kind:ident),+ $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("../pages/dashboard/", $name)))),+]
    };
}

/// What the page consists of: name, type and text.
const FILES: &[(&str, &str, &str)] = files! {
    "dashboard.css": CSS,
    "api.js": SCRIPT,
    "chart.js": SCRIPT,
    "detail.js": SCRIPT,
    "direct.js": SCRIPT,
    "dom.js": SCRIPT,
    "editor.js": SCRIPT,
    "format.js": SCRIPT,
    "images.js": SCRIPT,
    "keys.js": SCRIPT,
    "main.js": SCRIPT,
    "metadata.js": SCRIPT,
    "preview.js": SCRIPT,
    "session.js": SCRIPT,
    "sign.js": SCRIPT,
    "uploads.js": SCRIPT,
    "usage.js": SCRIPT,
    "variants.js": SCRIPT,
};

/// Everything below `/dashboard` that `config` turns on, and the widget.
pub(crate) fn routes(config: &Config) -> Router<AppState> {
    let is_on = config.hosted.is_on();
    let router = if is_on { Router::new().route("/widget.js", get(widget)) } else { Router::new() };
    // Where other pages lead to it, it is there and says what is missing.
    if !is_on && !config.server.playground {
        return router;
    }
    let page = if is_on { PAGE } else { OFF };
    router
        .route("/dashboard", get(move |headers: HeaderMap| async move { text(&headers, HTML, page) }))
        .route("/dashboard/", get(|| async { Redirect::permanent("/dashboard") }))
        .route("/dashboard/{name}", get(file))
}

async fn file(headers: HeaderMap, Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, body)) => text(&headers, kind, body),
        None => super::nothing_here().await,
    }
}

/// Pages of all hosts may have it.
async fn widget(headers: HeaderMap) -> Response {
    let open = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    (open, text(&headers, SCRIPT, WIDGET)).into_response()
}
