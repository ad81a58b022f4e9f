//! A device that is lost, seen from the outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::StatusCode;
use tintype::engine::GpuError;

use crate::engine::Engine;
use crate::recovery::Build;
use crate::tests::{Double, Server};

/// Engines that are built one after the other; every second build fails.
fn builder(built: &Arc<AtomicUsize>) -> Box<Build> {
    let built = Arc::clone(built);
    Box::new(move |_number| match built.fetch_add(1, Ordering::SeqCst) % 2 {
        0 => Ok(Arc::new(Double::default())),
        _ => Err(GpuError::Lost("not back yet".into()).into()),
    })
}

async fn until_ready(server: &Server) -> Duration {
    let lost = Instant::now();
    while server.get("/readyz").await.0 != StatusCode::OK {
        assert!(lost.elapsed() < Duration::from_secs(10), "it does not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    lost.elapsed()
}

#[tokio::test]
async fn a_lost_device_is_replaced() {
    let server = Server::with(|config| config.server.rehearsals = true);
    let built = Arc::default();
    server.state.engines().start(builder(&built)).unwrap();
    assert_eq!(server.get("/cdn-cgi/image/width=20/a.jpg").await.0, StatusCode::OK);
    for loss in 1..=3 {
        assert_eq!(server.post("/rehearse/device-loss").await, StatusCode::OK);
        let (status, headers, body) = server.get(&format!("/cdn-cgi/image/width=20{loss}/a.jpg")).await;
        assert_eq!(
            (status, headers["retry-after"].to_str().unwrap()),
            (StatusCode::SERVICE_UNAVAILABLE, "1"),
            "{body}"
        );
        // What was made before is still answered.
        assert_eq!(server.get("/cdn-cgi/image/width=20/a.jpg").await.0, StatusCode::OK);
        assert_eq!(server.get("/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
        until_ready(&server).await;
        assert_eq!(server.get(&format!("/cdn-cgi/image/width=20{loss}/a.jpg")).await.0, StatusCode::OK);
        // One that fails and one that does not, however many have met the loss.
        assert_eq!(built.load(Ordering::SeqCst), 1 + 2 * loss);
        let metrics = server.get("/metrics").await.2;
        assert!(metrics.contains(&format!("tintype_gpu_losses_total {loss}")), "{metrics}");
    }
}

#[tokio::test]
async fn whatever_fails_on_a_lost_device_is_no_fault_of_the_client() {
    let server = Server::new();
    let built = Arc::default();
    server.state.engines().start(builder(&built)).unwrap();
    for source in ["fault:internal", "fault:source", "panic"] {
        std::fs::write(server.folder().join("b.jpg"), format!("lose:{source}")).unwrap();
        let (status, _, body) = server.get("/cdn-cgi/image/width=20/b.jpg").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{source}: {body}");
        until_ready(&server).await;
    }
}

#[tokio::test]
async fn nobody_can_rehearse_unless_it_is_configured() {
    let server = Server::new();
    assert_eq!(server.post("/rehearse/device-loss").await, StatusCode::NOT_FOUND);
    assert!(!server.double.is_lost());
}
