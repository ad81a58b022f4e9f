//! `/docs`: the reference, its pictures and the samples they are made of.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use maud::Markup;
use tintype_options::registry;
use url::form_urlencoded;

use super::pages::{Keep, answer};
use crate::docs::{self, Gallery, Live, Sample, Shot, Side};
use crate::reject::Rejection;
use crate::state::AppState;

const HTML: &str = "text/html; charset=utf-8";

/// Everything below `/docs`.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/docs", get(index))
        .route("/docs/", get(|| async { Redirect::permanent("/docs") }))
        .route("/docs/docs.css", get(|headers| file(headers, "text/css; charset=utf-8", docs::CSS)))
        .route("/docs/docs.js", get(|headers| file(headers, "text/javascript; charset=utf-8", docs::SCRIPT)))
        .route("/docs/choices", get(|headers| page(headers, docs::choices)))
        .route("/docs/extensions", get(|headers| page(headers, docs::extensions)))
        .route("/docs/samples/{name}", get(sample))
        .route("/docs/pictures/{option}/{side}", get(picture))
        .route("/docs/{option}", get(option))
}

async fn file(headers: HeaderMap, content_type: &'static str, text: &'static str) -> Response {
    answer(&headers, StatusCode::OK, content_type, Keep::Checked, text)
}

async fn page(headers: HeaderMap, page: fn() -> Markup) -> Response {
    answer(&headers, StatusCode::OK, HTML, Keep::Checked, page().into_string())
}

async fn index(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "q");
    let words = asked.map(|(_, words)| words.into_owned()).unwrap_or_default();
    answer(&headers, StatusCode::OK, HTML, Keep::Checked, docs::index(&words).into_string())
}

async fn option(State(app): State<AppState>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let Some(option) = registry::find(&name) else {
        return answer(&headers, StatusCode::NOT_FOUND, HTML, Keep::Checked, docs::missing(&name).into_string());
    };
    if option.name != name {
        return Redirect::permanent(&format!("/docs/{}", option.name)).into_response();
    }
    let shots = match Gallery::shot(&app, option, Side::Before).await {
        Ok(before) => Gallery::shot(&app, option, Side::After).await.map(|after| [before, after]).ok(),
        Err(_not_now) => None,
    };
    let config = app.config();
    let is_restricted = config.signing.required || config.server.presets_only;
    let live = if is_restricted { Live::Restricted } else { Live::Open };
    answer(&headers, StatusCode::OK, HTML, Keep::Checked, docs::option(option, shots, live).into_string())
}

async fn picture(
    State(app): State<AppState>,
    headers: HeaderMap,
    Path((name, side)): Path<(String, String)>,
) -> Response {
    let side = [Side::Before, Side::After].into_iter().find(|known| known.name() == side);
    let Some((option, side)) = registry::find(&name).zip(side) else { return super::nothing_here().await };
    match Gallery::shot(&app, option, side).await {
        Ok(shot) => shown(&headers, &shot),
        Err(rejection) => rejection.into_response(),
    }
}

/// The picture as it was answered; what is none is shown on its page only.
fn shown(headers: &HeaderMap, shot: &Shot) -> Response {
    let types = ["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"];
    let content_type = types.into_iter().find(|known| *known == shot.header(http::header::CONTENT_TYPE));
    match content_type {
        Some(content_type) => answer(headers, StatusCode::OK, content_type, Keep::Forever, shot.bytes.clone()),
        None => Rejection::not_a_picture().into_response(),
    }
}

async fn sample(headers: HeaderMap, Path(name): Path<String>) -> Response {
    match Sample::named(&name) {
        Some(sample) => answer(&headers, StatusCode::OK, sample.content_type, Keep::Checked, sample.bytes),
        None => super::nothing_here().await,
    }
}
