//! Any bytes as the body of `POST /transform` and `POST /info`: an answer with a status of ours, never 500, never a panic.
//!
//! The whole server with a whole engine, so it needs an adapter. The driver's memory is not ours: set
//! `ASAN_OPTIONS=detect_leaks=0`. Parts are separated by the boundary `x`.
#![no_main]

use std::sync::OnceLock;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use libfuzzer_sys::fuzz_target;
use tintype_server::{AppState, Config, router};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// No picture this small makes a longer answer.
const MOST_BYTES: usize = 64 << 20;

fn server() -> &'static (Runtime, Router) {
    static SERVER: OnceLock<(Runtime, Router)> = OnceLock::new();
    SERVER.get_or_init(|| {
        let mut config = Config::default();
        config.limits.result_side = 256;
        let engine = tintype::Tintype::builder().build().expect("an adapter, software or not");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let app = router(AppState::with_engine(config, engine).expect("the defaults are legal"));
        (runtime, app)
    })
}

fuzz_target!(|body: &[u8]| {
    let (runtime, app) = server();
    for path in ["/transform", "/info"] {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from(body.to_vec()))
            .expect("a request");
        let (status, text) = runtime.block_on(async {
            let response = app.clone().oneshot(request).await.expect("the router answers everything");
            let status = response.status();
            (status, to_bytes(response.into_body(), MOST_BYTES).await.expect("an answer of this size"))
        });
        assert!(status != 500, "{path}: {}", String::from_utf8_lossy(&text));
    }
});
