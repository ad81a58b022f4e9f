//! `/dashboard`: the page for stored images; and `/widget.js`, which uploads to them from pages of others.
//!
//! The page is a client of the API like any other: it asks for an account and a token, and knows nothing else. The files are
//! in `pages/dashboard/`, one for each of its jobs.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use maud::{DOCTYPE, Markup, html};

use super::pages::text;
use crate::config::Config;
use crate::frame::{self, wordmark};
use crate::state::AppState;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let head = html! {
        (head("Images stored on this server: upload, look, deliver."))
        script type="module" src="/dashboard/main.js" {}
    };
    let body = html! {
        a.skip #skip href="#main" { "Skip to the content" }
        header.masthead {
            (wordmark("/dashboard", "tintype, stored images"))
            nav.tabs #tabs aria-label="Stored images" hidden {
                a href="#/images" { "Images" }
                a href="#/variants" { "Variants" }
                a href="#/keys" { "Keys" }
                a href="#/direct" { "Direct uploads" }
                a href="#/usage" { "Usage" }
            }
            div.who #who hidden {
                code #account title="Account" {}
                button.button.small #sign-out type="button" { "Sign out" }
            }
        }
        main #main tabindex="-1" {}
        aside.tray #tray aria-label="Uploads" hidden {}
        div.drop #drop hidden { p { "Drop to upload" } }
        p.unseen #announce role="status" aria-live="polite" {}
        noscript {
            p.noscript {
                "The dashboard needs JavaScript. Everything it does can also be asked of the API: "
                code { "/client/v4/accounts/ACCOUNT/images/v1" }
            }
        }
    };
    document(&head, &body)
});

/// Instead of the page, where there are no stored images.
static OFF: LazyLock<String> = LazyLock::new(|| {
    let body = html! {
        header.masthead { (wordmark("/", "tintype, playground")) }
        main {
            section.door {
                h1 { "Nothing is stored here yet" }
                p {
                    "This server only transforms pictures that are somewhere else. To upload some to it, give it a folder to keep \
                     them in:"
                }
                pre { "tintype serve --data /var/lib/tintype" }
                p { "At its first start it prints an account and a token; this page asks for both." }
                p { a.button href="/" { "Playground" } " " a.button href="/docs" { "Reference" } }
            }
        }
    };
    document(&head("No images are stored on this server."), &body)
});

const WIDGET: &str = include_str!("../pages/widget.js");

fn head(about: &str) -> Markup {
    html! {
        (frame::head("Stored images · tintype", about, "/dashboard/dashboard.css"))
        meta name="robots" content="noindex";
    }
}

fn document(head: &Markup, body: &Markup) -> String {
    html! { (DOCTYPE) html lang="en" { head { (head) } body { (body) } } }.into_string()
}

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
    let page: &LazyLock<String> = if is_on { &PAGE } else { &OFF };
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
