//! `/healthz` and `/readyz`: whether the process answers, and whether it can make pictures, and on what; `/metrics`: how it
//! fares, for Prometheus.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::metrics::CONTENT_TYPE;
use crate::state::AppState;

/// 200 as long as the process answers at all.
pub(crate) async fn alive() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// 200 with the adapters once all pipelines are built, 503 before.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let devices: Vec<_> = state.devices().iter().map(|(_, engine, _)| engine.report()).collect();
    match devices.first() {
        Some(first) => json_response(
            StatusCode::OK,
            &json!({
                "ready": true,
                "adapter": first.adapter,
                "backend": first.backend,
                "software": first.software,
                "adapters": devices.iter().map(|report| &report.adapter).collect::<Vec<_>>(),
                "version": env!("CARGO_PKG_VERSION"),
            }),
        ),
        None => json_response(StatusCode::SERVICE_UNAVAILABLE, &json!({ "ready": false })),
    }
}

/// Everything that is counted.
pub(crate) async fn metrics(State(state): State<AppState>) -> Response {
    let headers = [(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    (headers, state.metrics().text(&state.now())).into_response()
}

/// `value` as an answer that nobody keeps.
pub(crate) fn json_response(status: StatusCode, value: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, format!("{value}\n")).into_response()
}
