//! `POST /client/v4/zones/<ZONE>/purge_cache`: forgets results, as Cloudflare's API does for those who have its token.
//!
//! There only where `cache.purge_token` is set. There is one cache, so every zone is this one.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::health::json_response;
use crate::bearer;
use crate::purge::Purge;
use crate::state::AppState;

/// Bytes of a request: a thousand URLs of some length.
const MAX_BYTES: usize = 4 << 20;

/// Cloudflare's numbers for what can be wrong.
const UNAUTHORIZED: u32 = 10000;
const MALFORMED: u32 = 1012;
const UNAVAILABLE: u32 = 10013;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/client/v4/zones/{zone}/purge_cache", post(purge)).layer(DefaultBodyLimit::max(MAX_BYTES))
}

async fn purge(State(app): State<AppState>, Path(zone): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if !bearer::token(&headers).is_some_and(|token| app.config().cache.purge_token.is(token)) {
        return failed(
            StatusCode::UNAUTHORIZED,
            UNAUTHORIZED,
            "the bearer token is missing or not the one for purging",
        );
    }
    let purge = match Purge::read(&body) {
        Ok(purge) => purge,
        Err(error) => return failed(StatusCode::BAD_REQUEST, MALFORMED, &error.to_string()),
    };
    let purged = match app.cache().purge(&purge).await {
        Ok(purged) => purged,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "nothing was purged");
            let message = "nothing was purged: it cannot be written down now, so others would not know";
            return failed(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, message);
        }
    };
    app.metrics().purges.inc();
    tracing::info!(purged, "results purged");
    let body = json!({ "success": true, "errors": [], "messages": [], "result": { "id": zone, "purged": purged } });
    json_response(StatusCode::OK, &body)
}

fn failed(status: StatusCode, code: u32, message: &str) -> Response {
    let errors = json!([{ "code": code, "message": message }]);
    let body = json!({ "success": false, "errors": errors, "messages": [], "result": Value::Null });
    json_response(status, &body)
}
