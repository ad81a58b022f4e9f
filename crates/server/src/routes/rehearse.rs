//! `/rehearse`: faults on demand, to see that the server recovers. There only where `server.rehearsals` says so.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{StatusCode, header};

use crate::state::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/rehearse/device-loss", post(device_loss)).route("/rehearse/hang", post(hang))
}

/// How long a rehearsed dispatch takes, very roughly: set `gpu.watchdog` lower to see it found.
const HANG_SECONDS: f32 = 5.0;

/// Has the device compute something that takes long; all pictures wait for it.
async fn hang(State(app): State<AppState>) -> Response {
    let (status, text) = match app.engine() {
        Some(engine) => {
            // Compiling a kernel is nothing for this thread. A panic there would be that of a device that is lost.
            drop(tokio::task::spawn_blocking(move || engine.stall(HANG_SECONDS)).await);
            (StatusCode::OK, "the device is busy\n")
        }
        None => (StatusCode::CONFLICT, "there is no device now\n"),
    };
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
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
