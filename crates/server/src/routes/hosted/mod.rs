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
mod owner;
mod preferences;
#[cfg(test)]
mod tests;
mod variants;

use axum::Router;
use axum::routing::{get, post, put};

use crate::state::AppState;

/// What the API is below.
const API: &str = "/client/v4/accounts/{account}/images";

/// What the batch API is below, on a host of its own or not.
const BATCH: &str = "/images";

pub(crate) fn routes() -> Router<AppState> {
    let api = |path: &str| format!("{API}{path}");
    let own = Router::new()
        .route(&api("/v1/stats"), get(images::stats))
        .route(&api("/v1/{id}/blob"), get(images::blob))
        .route(&api("/v1/{id}/signed_url"), post(images::signed_url))
        .route(&api("/v1/keys"), get(keys::list))
        .route(&api("/v1/keys/{name}"), put(keys::create).delete(keys::delete))
        .route(&api("/v1/variants"), get(variants::list).post(variants::create))
        .route(&api("/v1/variants/{variant}"), get(variants::show).patch(variants::change).delete(variants::delete))
        .route(&api("/v1/config"), get(preferences::show).patch(preferences::change))
        .route(&api("/v1/direct_upload"), post(direct::announce))
        .route(&api("/v1/batch_token"), get(owner::batch_token));
    own.merge(shared(API))
        .merge(shared(BATCH))
        .route("/upload/{hash}/{*id}", post(direct::upload))
        .route("/{hash}/{*rest}", get(delivery::deliver).post(direct::upload_below_hash))
        .route("/cdn-cgi/imagedelivery/{*rest}", get(delivery::deliver))
}

/// What the API and the batch API have in common.
fn shared(prefix: &str) -> Router<AppState> {
    let at = |path: &str| format!("{prefix}{path}");
    Router::new()
        .route(&at("/v1"), get(lists::pages).post(images::upload))
        .route(&at("/v2"), get(lists::continued))
        .route(&at("/v1/{id}"), get(images::show).patch(images::change).delete(images::delete))
        .route(&at("/v2/direct_upload"), post(direct::announce))
}
