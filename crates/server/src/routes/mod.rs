//! What answers where. One file per face of the server; none of them knows files, sockets or pixels.

mod binding;
mod dashboard;
mod docs;
mod health;
mod hosted;
mod image;
mod pages;
mod playground;
mod purge;
mod rehearse;
pub(crate) mod workers;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};

use crate::state::AppState;

/// All routes that `state`'s configuration turns on.
pub(crate) fn all(state: &AppState) -> Router<AppState> {
    let router = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/cdn-cgi/image", get(image::image))
        .route("/cdn-cgi/image/", get(image::image))
        .route("/cdn-cgi/image/{*rest}", get(image::image))
        .route("/image", get(image::query))
        .fallback(nothing_here);
    let router = if state.config().server.workers {
        router.route("/info", post(binding::info)).route("/transform", post(binding::transform))
    } else {
        router
    };
    let router = if state.config().hosted.is_on() { router.merge(hosted::routes()) } else { router };
    let router = if state.config().cache.purge_token.is_empty() { router } else { router.merge(purge::routes()) };
    let router = if state.config().server.rehearsals { router.merge(rehearse::routes()) } else { router };
    let router = router.merge(pages::routes()).merge(dashboard::routes(state.config()));
    if state.config().server.playground { router.merge(playground::routes()).merge(docs::routes()) } else { router }
}

async fn nothing_here() -> Response {
    let headers = [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, headers, "not found; pictures are at /cdn-cgi/image/<options>/<source>\n").into_response()
}
