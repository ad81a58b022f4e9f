//! Stored images: their REST API, as Cloudflare Images has it, direct uploads, and delivery. A file for each resource.
//!
//! `owner` says who asks, `answer` writes envelopes, `form` takes in uploads. The same handlers answer the batch API, which has
//! no account in its paths, because its tokens name it.

mod answer;
mod delivery;
mod direct;
mod form;
mod images;
mod keys;
mod lists;
mod openapi;
mod owner;
mod preferences;
mod preview;
#[cfg(test)]
mod tests;
mod usage;
mod variants;

use axum::Router;
use axum::routing::{any, get, options};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

/// What the API is below.
const API: &str = "/client/v4/accounts/{account}/images";

/// What the batch API is below, on a host of its own or not.
const BATCH: &str = "/images";

pub(crate) fn routes() -> Router<AppState> {
    described()
        .0
        .method_not_allowed_fallback(answer::no_such_method)
        .merge(preflights())
        .route(&format!("{API}/{{*rest}}"), any(answer::no_such_path))
        .route(openapi::PATH, get(openapi::show))
        .route("/{hash}/{*rest}", get(delivery::deliver).post(direct::upload_below_hash))
        .route("/cdn-cgi/imagedelivery/{*rest}", get(delivery::deliver))
}

/// The routes of the API, and what their handlers say of themselves.
fn described() -> (Router<AppState>, OpenApi) {
    let own = OpenApiRouter::new()
        .routes(routes!(images::stats))
        .routes(routes!(images::blob))
        .routes(routes!(images::signed_url))
        .routes(routes!(keys::list))
        .routes(routes!(keys::create, keys::delete))
        .routes(routes!(variants::list, variants::create))
        .routes(routes!(variants::show, variants::change, variants::delete))
        .routes(routes!(preferences::show, preferences::change))
        .routes(routes!(direct::announce_by_json))
        .routes(routes!(owner::batch_token))
        // What Cloudflare's API does not have, for the dashboard.
        .routes(routes!(usage::usage))
        .routes(routes!(preview::preview));
    OpenApiRouter::new()
        .nest(API, own.merge(shared()))
        .nest(BATCH, shared())
        .routes(routes!(direct::upload))
        .split_for_parts()
}

/// What the API and the batch API have in common.
fn shared() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(lists::pages, images::upload))
        .routes(routes!(lists::continued))
        .routes(routes!(images::show, images::change, images::delete))
        .routes(routes!(direct::announce))
}

/// For browsers, which ask before they upload to another host.
fn preflights() -> Router<AppState> {
    Router::new()
        .route("/upload/{hash}/{*id}", options(direct::preflight))
        .route("/{hash}/{*rest}", options(direct::preflight))
}
