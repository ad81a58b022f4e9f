//! Who is let in, who waits, who is refused and how soon, seen from the outside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::config::Interval;
use crate::engine::Engine;
use crate::tests::{Double, Server, listen, text};

/// Asks for something else each time, so that nobody joins anybody.
fn ask(server: &Arc<Server>, path: String, headers: Vec<(&'static str, &'static str)>) -> JoinHandle<StatusCode> {
    let server = Arc::clone(server);
    tokio::spawn(async move { server.get_with(&path, &headers).await.0 })
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_too_much_hears_it_at_once() {
    let server = Arc::new(Server::with(|config| {
        (config.server.jobs, config.server.queue) = (1, 2);
    }));
    let waiting: Vec<_> =
        (1..=3).map(|n| ask(&server, format!("/cdn-cgi/image/width={n}/wait.jpg"), Vec::new())).collect();
    until("all places are taken", || server.state.admission().is_full(crate::admission::Needs::Pixels)).await;

    let (address, _stop, _serving) = listen(&server, Duration::from_secs(5)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut took: Vec<Duration> = Vec::new();
    for n in 0..300 {
        let request = format!("GET /cdn-cgi/image/width={}/a.jpg HTTP/1.1\r\nhost: a\r\n\r\n", 10 + n);
        let asked = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let (mut answer, mut chunk) = (Vec::new(), [0; 4096]);
        while !answer.ends_with(b"busy\n") {
            let read = stream.read(&mut chunk).await.unwrap();
            assert!(read > 0, "{}", answer.escape_ascii());
            answer.extend_from_slice(&chunk[..read]);
        }
        took.push(asked.elapsed());
        let answer = String::from_utf8(answer).unwrap().to_lowercase();
        assert!(answer.starts_with("http/1.1 503 ") && answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
    }
    took.sort();
    println!("refused after {:?} in the middle, {:?} at p99, {:?} at most", took[150], took[297], took[299]);
    server.double.release();
    // Of the one in the middle, because the machine that tests may be busy with other things.
    assert!(took[150] < Duration::from_millis(5), "{:?}", took[150]);
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_client_does_not_fill_the_queue_alone() {
    let server = Arc::new(Server::with(|config| {
        (config.server.jobs, config.server.queue) = (1, 8);
        config.limits.per_client = 2;
        config.server.client_header = "X-Forwarded-For".to_owned();
    }));
    let (greedy, other) = (("x-forwarded-for", "198.51.100.1, 192.0.2.7"), ("x-forwarded-for", "192.0.2.8"));
    let mut waiting: Vec<_> =
        (1..=2).map(|n| ask(&server, format!("/cdn-cgi/image/width={n}/wait.jpg"), vec![greedy])).collect();
    let waits = || server.state.admission().now().iter().map(|(_, running, waiting)| running + waiting).sum::<usize>();
    until("both are inside", || waits() == 2).await;
    let (status, headers, body) = server.get_with("/cdn-cgi/image/width=9/a.jpg", &[greedy]).await;
    assert_eq!((status, text(&headers, "retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"), "{body}");
    assert!(body.starts_with("ERROR 9522: "), "{body}");
    // Who watches, and everybody else, is still heard.
    assert_eq!(server.get_with("/healthz", &[greedy]).await.0, StatusCode::OK);
    waiting.push(ask(&server, "/cdn-cgi/image/width=3/a.jpg".to_owned(), vec![other]));
    until("the other one waits", || waits() == 3).await;
    let metrics = server.get("/metrics").await.2;
    assert!(metrics.contains("\ntintype_client_refused_total 1\n"), "{metrics}");
    server.double.release();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(server.get_with("/cdn-cgi/image/width=9/a.jpg", &[greedy]).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connections_address_is_its_client() {
    let server = Arc::new(Server::with(|config| {
        config.server.jobs = 4;
        config.limits.per_client = 1;
    }));
    let (address, _stop, _serving) = listen(&server, Duration::from_secs(5)).await;
    let open = async |path: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {path}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    };
    let mut first = open("/cdn-cgi/image/width=1/wait.jpg").await;
    until("it is being made", || server.double.ran() == 1).await;
    let mut answer = String::new();
    open("/cdn-cgi/image/width=1/a.jpg").await.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    server.double.release();
    let mut answer = Vec::new();
    first.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", answer.escape_ascii());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_that_are_slow_leave_a_place_for_others() {
    let server = Arc::new(Server::with(|config| config.server.jobs = 2));
    let face = |n| format!("/cdn-cgi/image/width={n},height=9,fit=cover,gravity=face/wait.jpg");
    let looking: Vec<_> = (1..=4).map(|n| ask(&server, face(n), Vec::new())).collect();
    let now = |gate: &str| {
        let gates = server.state.admission().now();
        let (_, running, waiting) = gates.into_iter().find(|(name, ..)| *name == gate).unwrap();
        (running, waiting)
    };
    until("three wait for models", || now("inference") == (1, 3) && server.double.ran() == 1).await;
    for n in 1..=5 {
        assert_eq!(server.get(&format!("/cdn-cgi/image/width={n}/a.jpg")).await.0, StatusCode::OK);
    }
    assert_eq!(now("transform"), (1, 0));
    server.double.release();
    for looking in looking {
        assert_eq!(looking.await.unwrap(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_longer_than_the_time_for_a_request() {
    let timeout = Duration::from_millis(300);
    let server = Arc::new(Server::with(|config| {
        config.server.jobs = 1;
        config.server.timeout = Interval(timeout);
    }));
    let asked = Instant::now();
    // One that is being made, and one that waits for its place.
    let making = ask(&server, "/cdn-cgi/image/width=1/wait.jpg".to_owned(), Vec::new());
    until("it is being made", || server.double.ran() == 1).await;
    let made = Instant::now();
    let waiting = ask(&server, "/cdn-cgi/image/width=2/a.jpg".to_owned(), Vec::new());
    for asking in [making, waiting] {
        assert_eq!(asking.await.unwrap(), StatusCode::GATEWAY_TIMEOUT);
        // Without the limit nobody would hear anything before the release below.
        assert!((timeout..timeout * 20).contains(&asked.elapsed()), "{:?}", asked.elapsed());
    }
    // The engine knows until when.
    let until_when = server.double.until().unwrap();
    assert!(until_when >= asked + timeout && until_when <= made + timeout);
    server.double.release();
    until("its place is free", || server.state.admission().now().iter().all(|gate| gate.1 == 0)).await;
    assert_eq!(server.get("/cdn-cgi/image/width=3/a.jpg").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_go_to_the_device_with_the_least_to_do() {
    let server = Arc::new(Server::with(|config| {
        config.server.jobs = 4;
        config.server.rehearsals = true;
        config.gpu.adapters = vec!["a".to_owned(), "b".to_owned()];
    }));
    let made: [Arc<Double>; 2] = Default::default();
    let built = made.clone();
    let build = move |number: usize| Ok(Arc::clone(&built[number]) as Arc<dyn Engine>);
    server.state.engines().start(Box::new(build)).unwrap();
    let [first, second] = made;
    let waiting = ask(&server, "/cdn-cgi/image/width=1/wait.jpg".to_owned(), Vec::new());
    until("the first is busy", || first.ran() == 1).await;
    for n in 1..=3 {
        assert_eq!(server.get(&format!("/cdn-cgi/image/width={n}/a.jpg")).await.0, StatusCode::OK);
    }
    assert_eq!((first.ran(), second.ran()), (1, 3));
    let metrics = server.get("/metrics").await.2;
    for line in [
        "tintype_gpu_devices 2",
        "tintype_gpu_jobs{device=\"0\"} 1",
        "tintype_gpu_jobs{device=\"1\"} 0",
        "tintype_gpu_memory_bytes 10000",
        "tintype_gpu_reserved_bytes 1400",
    ] {
        assert!(metrics.contains(&format!("\n{line}\n")), "{line} in {metrics}");
    }
    first.release();
    assert_eq!(waiting.await.unwrap(), StatusCode::OK);

    // One that is lost takes nothing from the others; the double that is built in its place is lost too, so it never comes back.
    first.lose();
    for n in 4..=6 {
        assert_eq!(server.get(&format!("/cdn-cgi/image/width={n}/a.jpg")).await.0, StatusCode::OK);
    }
    assert_eq!((first.ran(), second.ran()), (1, 6));
    let (status, _, body) = server.get("/readyz").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains("\"adapters\":[\"double\"]"), "{body}");
    second.lose();
    assert_eq!(server.get("/cdn-cgi/image/width=7/a.jpg").await.0, StatusCode::SERVICE_UNAVAILABLE);
}
