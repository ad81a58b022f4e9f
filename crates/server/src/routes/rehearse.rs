//! `/rehearse`: faults on demand, to see that the server recovers. There only where `server.rehearsals` says so.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{StatusCode, header};

use crate::state::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/rehearse/device-loss", post(device_loss))
}

/// Gives the device up, with whatever is being made on it.
async fn device_loss(State(app): State<AppState>) -> Response {
    let (status, text) = match app.engine() {
        Some(engine) => {
            engine.lose();
            (StatusCode::OK, "the device is given up\n")
        }
        None => (StatusCode::CONFLICT, "there is no device now\n"),
    };
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}
