//! Faults under load: what is answered is right, and the rest says to come back. And several devices side by side.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode},
};
use tintype_server::{AppState, Config, config::Interval, router};
use tower::ServiceExt;

use crate::http::PICTURES;

/// How long the device is lost again and again.
const LONG: Duration = Duration::from_secs(6);

/// From one loss to the next. Shorter than what anybody lives through, so that many fall into every part of a request.
const BETWEEN: Duration = Duration::from_millis(700);

/// A server of the sample pictures whose devices can be lost by request.
fn config() -> Config {
    let mut config = Config::default();
    config.origins.root = Some(PICTURES.into());
    config.server.rehearsals = true;
    // Every answer is made.
    config.cache.memory.0 = 0;
    config
}

/// A server with devices of its own.
async fn start(config: Config) -> Router {
    let state = tokio::task::spawn_blocking(|| AppState::start(config, || None)).await.unwrap().unwrap();
    router(state)
}

async fn ask(router: &Router, method: Method, uri: &str) -> (StatusCode, Vec<u8>) {
    let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    (head.status, to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_lost_again_and_again_gives_no_wrong_picture() {
    if tintype_testkit::engine().is_none() {
        return;
    }
    let router = start(config()).await;
    let uris = ["width=64,format=png", "width=300,blur=4,format=png", "width=90,rotate=90,format=jpeg"]
        .map(|options| format!("/cdn-cgi/image/{options}/coffee.jpg"));
    let mut right = HashMap::new();
    for uri in &uris {
        let (status, bytes) = ask(&router, Method::GET, uri).await;
        assert_eq!(status, StatusCode::OK, "{uri}");
        right.insert(uri.clone(), bytes);
    }

    let (right, over) = (Arc::new(right), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = uris
        .iter()
        .chain(&uris)
        .map(|uri| {
            let (router, right, over, uri) = (router.clone(), Arc::clone(&right), Arc::clone(&over), uri.clone());
            tokio::spawn(async move {
                let mut answers = BTreeMap::<u16, usize>::new();
                while !over.load(Ordering::Relaxed) {
                    let (status, bytes) = ask(&router, Method::GET, &uri).await;
                    *answers.entry(status.as_u16()).or_default() += 1;
                    match status {
                        StatusCode::OK => assert!(bytes == right[&uri], "{uri} is another picture"),
                        status => {
                            let text = String::from_utf8_lossy(&bytes).into_owned();
                            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{uri}: {text}");
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
                answers
            })
        })
        .collect();
    let (began, mut losses, mut slowest) = (Instant::now(), 0, Duration::ZERO);
    while began.elapsed() < LONG {
        tokio::time::sleep(BETWEEN).await;
        let lost = Instant::now();
        losses += usize::from(ask(&router, Method::POST, "/rehearse/device-loss").await.0 == StatusCode::OK);
        while ask(&router, Method::GET, "/readyz").await.0 != StatusCode::OK {
            assert!(lost.elapsed() < Duration::from_secs(60), "the device does not come back");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        slowest = slowest.max(lost.elapsed());
    }
    over.store(true, Ordering::Relaxed);
    let mut answers = BTreeMap::<u16, usize>::new();
    for client in clients {
        for (status, n) in client.await.unwrap() {
            *answers.entry(status).or_default() += n;
        }
    }
    println!("{losses} devices lost, back after {slowest:?} at most; answers {answers:?}, every picture right");
    assert!(losses > 1 && answers.get(&200).is_some_and(|&n| n > losses), "{answers:?} with {losses} losses");
    let (_, metrics) = ask(&router, Method::GET, "/metrics").await;
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains(&format!("tintype_gpu_losses_total {losses}")), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatch_that_hangs_is_given_up() {
    if tintype_testkit::engine().is_none() {
        return;
    }
    let mut config = config();
    let watchdog = Duration::from_millis(1500);
    config.gpu.watchdog = Interval(watchdog);
    let router = start(config).await;
    let uri = "/cdn-cgi/image/width=64,format=png/coffee.jpg";
    let (status, right) = ask(&router, Method::GET, uri).await;
    assert_eq!(status, StatusCode::OK);

    assert_eq!(ask(&router, Method::POST, "/rehearse/hang").await.0, StatusCode::OK);
    let began = Instant::now();
    let waiting: Vec<_> = (0..3)
        .map(|n| {
            let (router, uri) = (router.clone(), format!("/cdn-cgi/image/width={},format=png/coffee.jpg", 70 + n));
            tokio::spawn(async move { ask(&router, Method::GET, &uri).await.0 })
        })
        .collect();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), StatusCode::SERVICE_UNAVAILABLE, "after {:?}", began.elapsed());
    }
    let given_up = began.elapsed();
    assert!(given_up < watchdog * 2, "{given_up:?}");
    while ask(&router, Method::GET, "/readyz").await.0 != StatusCode::OK {
        assert!(began.elapsed() < Duration::from_secs(60), "the device does not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let back = began.elapsed();
    let (status, bytes) = ask(&router, Method::GET, uri).await;
    assert!(status == StatusCode::OK && bytes == right, "{status}");
    let metrics = String::from_utf8(ask(&router, Method::GET, "/metrics").await.1).unwrap();
    assert!(metrics.contains("tintype_gpu_losses_total 1\n"), "{metrics}");
    assert!(metrics.contains("tintype_gpu_reserved_bytes 0\n"), "{metrics}");
    println!("a hang is found after {given_up:?}, the next device is there after {back:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adapter_that_is_named_twice_is_two_devices() {
    let Some(engine) = tintype_testkit::engine() else { return };
    let name = engine.caps().name.clone();
    let mut config = config();
    config.server.jobs = 4;
    config.gpu.adapters = vec![name.clone(), name.to_uppercase()];
    let missing = config.clone();
    let router = start(config).await;
    let (_, ready) = ask(&router, Method::GET, "/readyz").await;
    let ready: serde_json::Value = serde_json::from_slice(&ready).unwrap();
    assert_eq!(ready["adapters"], serde_json::json!([name, name]));

    let uri = |n: usize| format!("/cdn-cgi/image/width={},format=png/coffee.jpg", 60 + n);
    let mut right = Vec::new();
    for n in 0..12 {
        let (status, bytes) = ask(&router, Method::GET, &uri(n)).await;
        assert_eq!(status, StatusCode::OK);
        right.push(bytes);
    }
    // Both work at the same time, and agree; and one goes on when the other is lost.
    for is_lost in [false, true] {
        let asking: Vec<_> = (0..12)
            .map(|n| {
                let (router, uri) = (router.clone(), uri(n));
                tokio::spawn(async move { ask(&router, Method::GET, &uri).await })
            })
            .collect();
        if is_lost {
            assert_eq!(ask(&router, Method::POST, "/rehearse/device-loss").await.0, StatusCode::OK);
            assert_eq!(ask(&router, Method::GET, "/readyz").await.0, StatusCode::OK);
        }
        let mut made = 0;
        for (asking, right) in asking.into_iter().zip(&right) {
            let (status, bytes) = asking.await.unwrap();
            assert!(status == StatusCode::OK || is_lost && status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
            assert!(status != StatusCode::OK || bytes == *right, "another picture");
            made += usize::from(status == StatusCode::OK);
        }
        assert!(made >= if is_lost { 4 } else { 12 }, "{made}");
    }

    let absent = || {
        let mut config = missing;
        config.gpu.adapters[1] = "no such card".to_owned();
        AppState::start(config, || None).map(drop)
    };
    let error = tokio::task::spawn_blocking(absent).await.unwrap().unwrap_err().to_string();
    assert!(error.contains("no such card") && error.contains(&name), "{error}");
}
