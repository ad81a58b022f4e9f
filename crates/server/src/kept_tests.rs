//! The server from the outside: what it keeps, what it does once for many, and what it holds while a client reads.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::admission::Needs;
use crate::config::{ByteSize, Interval};
use crate::router;
use crate::tests::{Server, listen, text};

/// An origin on a socket of its own: each path has these headers; the source's version is what is stored in `version`.
struct Origin {
    address: SocketAddr,
    version: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Origin {
    async fn new(cache_control: &'static str, has_tag: Tag) -> Self {
        let (version, asked) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicUsize::new(0)));
        let (now, count) = (Arc::clone(&version), Arc::clone(&asked));
        let answer = move |headers: HeaderMap| {
            count.fetch_add(1, Ordering::SeqCst);
            let tag = format!("\"v{}\"", now.load(Ordering::SeqCst));
            async move {
                let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.to_str().unwrap() == tag);
                let mut response = match known {
                    true => axum::response::Response::new(Body::empty()),
                    false => axum::response::Response::new(Body::from(format!("picture {tag}"))),
                };
                if known {
                    *response.status_mut() = StatusCode::NOT_MODIFIED;
                }
                response.headers_mut().insert(header::CACHE_CONTROL, cache_control.parse().unwrap());
                if has_tag == Tag::Sent {
                    response.headers_mut().insert(header::ETAG, tag.parse().unwrap());
                }
                response
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = axum::Router::new().fallback(axum::routing::get(answer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, version, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn uri(&self, options: &str) -> String {
        format!("/cdn-cgi/image/{options}/http://{}/a.jpg", self.address)
    }

    fn server(&self) -> Server {
        Server::with(|config| config.origins.allow = vec![self.address.to_string().parse().unwrap()])
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    Sent,
    None,
}

async fn status_of(server: &Server, uri: &str, headers: &[(&str, &str)]) -> String {
    let (status, headers, body) = server.get_with(uri, headers).await;
    assert_eq!(status, StatusCode::OK, "{uri}: {body}");
    text(&headers, "cf-cache-status").to_owned()
}

#[tokio::test]
async fn a_fresh_result_costs_neither_the_origin_nor_the_engine() {
    let origin = Origin::new("max-age=7200", Tag::Sent).await;
    let server = origin.server();
    let uri = origin.uri("width=20");
    let (_, first, body) = server.get(&uri).await;
    assert_eq!((text(&first, "cf-cache-status"), first.contains_key(header::AGE)), ("MISS", false));
    // The same options, written otherwise.
    for uri in [&uri, &origin.uri("w=20"), &origin.uri("width=20,height=")] {
        let (status, headers, again) = server.get(uri).await;
        assert_eq!((status, &again), (StatusCode::OK, &body), "{uri}");
        assert_eq!((text(&headers, "cf-cache-status"), text(&headers, header::AGE)), ("HIT", "0"), "{uri}");
        assert!(text(&headers, "cf-resized").starts_with("internal=ok/h q=0 n=0 c=0 "), "{headers:?}");
        for name in [header::ETAG, header::CACHE_CONTROL, header::CONTENT_TYPE, header::CONTENT_LENGTH] {
            assert_eq!(headers[&name], first[&name], "{name}");
        }
    }
    let tag = text(&first, header::ETAG);
    let (status, headers, _) = server.get_with(&uri, &[("if-none-match", tag)]).await;
    assert_eq!((status, text(&headers, "cf-cache-status")), (StatusCode::NOT_MODIFIED, "HIT"));
    assert_eq!((server.double.ran(), origin.asked()), (1, 1));
}

#[tokio::test]
async fn what_decides_an_answer_decides_what_is_kept() {
    let origin = Origin::new("max-age=7200", Tag::Sent).await;
    let server = origin.server();
    let avif = [("accept", "image/avif,image/webp")];
    let webp = [("accept", "image/webp")];
    let hint = [("sec-ch-viewport-width", "500")];
    let table: &[(&str, &[(&str, &str)])] = &[
        ("width=20", &[]),
        ("width=21", &[]),
        ("format=auto", &[]),
        ("format=auto", &webp),
        ("format=auto", &avif),
        ("format=avif", &[]),
        ("format=avif", &webp),
        ("width=auto", &hint),
        ("draw=(text=x)", &[]),
        ("draw=(text=y)", &[]),
    ];
    for (options, headers) in table {
        assert_eq!(status_of(&server, &origin.uri(options), headers).await, "MISS", "{options} {headers:?}");
    }
    for (options, headers) in table {
        assert_eq!(status_of(&server, &origin.uri(options), headers).await, "HIT", "{options} {headers:?}");
    }
    // Without negotiation, what a client can show decides nothing.
    assert_eq!(status_of(&server, &origin.uri("width=20"), &avif).await, "HIT");
    // Another host's picture is another picture.
    let other = origin.uri("width=20") + "?v=2";
    assert_eq!(status_of(&server, &other, &[]).await, "MISS");
}

#[tokio::test]
async fn what_was_read_with_credentials_is_kept_for_them_alone() {
    let origin = Origin::new("max-age=7200", Tag::Sent).await;
    let server = origin.server();
    let source = format!("http://{}/a.jpg", origin.address);
    let blob = ("x-cf-blob", "{\"image\":{\"width\":20,\"origin-auth\":\"share-publicly\"}}");
    let plain = ("x-cf-blob", "{\"image\":{\"width\":20}}");
    let anna = ("cookie", "session=anna");
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[blob, anna], "MISS"),
        (&[blob, ("cookie", "session=bert")], "MISS"),
        (&[blob], "MISS"),
        (&[plain, anna], "MISS"),
        (&[plain], "HIT"),
        (&[blob, anna], "HIT"),
    ];
    for (headers, expected) in table {
        assert_eq!(status_of(&server, &source, headers).await, *expected, "{headers:?}");
    }
}

#[tokio::test]
async fn the_origin_says_what_is_kept() {
    let table = [
        ("no-store", Tag::Sent, ["BYPASS", "BYPASS", "BYPASS"], 3),
        ("private, max-age=7200", Tag::Sent, ["BYPASS", "BYPASS", "BYPASS"], 3),
        ("no-cache", Tag::Sent, ["MISS", "REVALIDATED", "EXPIRED"], 2),
        ("max-age=0, must-revalidate", Tag::Sent, ["MISS", "REVALIDATED", "EXPIRED"], 2),
        // Without a tag the bytes tell.
        ("no-cache", Tag::None, ["MISS", "REVALIDATED", "EXPIRED"], 2),
        ("max-age=60", Tag::None, ["MISS", "HIT", "HIT"], 1),
        ("max-age=60", Tag::Sent, ["MISS", "HIT", "HIT"], 1),
    ];
    for (cache_control, has_tag, expected, ran) in table {
        let origin = Origin::new(cache_control, has_tag).await;
        let server = origin.server();
        let uri = origin.uri("width=20");
        let first = status_of(&server, &uri, &[]).await;
        let second = status_of(&server, &uri, &[]).await;
        origin.version.store(2, Ordering::SeqCst);
        let third = status_of(&server, &uri, &[]).await;
        assert_eq!([first, second, third], expected, "{cache_control}");
        assert_eq!(server.double.ran(), ran, "{cache_control}");
    }
}

#[tokio::test]
async fn files_are_kept_until_they_change() {
    let server = Server::new();
    std::fs::write(server.folder().join("b.png"), "layer").unwrap();
    for (options, file) in [("width=20", "a.jpg"), ("draw=(url=b.png)", "b.png")] {
        let uri = format!("/cdn-cgi/image/{options}/a.jpg");
        let ran = server.double.ran();
        assert_eq!(status_of(&server, &uri, &[]).await, "MISS", "{options}");
        assert_eq!(status_of(&server, &uri, &[]).await, "REVALIDATED", "{options}");
        assert_eq!(server.double.ran(), ran + 1);
        std::fs::write(server.folder().join(file), format!("another {options}")).unwrap();
        assert_eq!(status_of(&server, &uri, &[]).await, "EXPIRED", "{options}");
        assert_eq!(server.double.ran(), ran + 2);
    }
}

#[tokio::test]
async fn errors_are_not_kept_and_the_cache_can_be_off() {
    let server = Server::new();
    for _ in 0..2 {
        assert_eq!(server.get("/cdn-cgi/image/width=20/fault-source.jpg").await.0.as_u16(), 422);
    }
    assert_eq!(server.double.ran(), 2);
    let off = Server::with(|config| config.cache.memory = ByteSize(0));
    for _ in 0..2 {
        assert_eq!(status_of(&off, "/cdn-cgi/image/width=20/a.jpg", &[]).await, "DYNAMIC");
    }
    assert_eq!(off.double.ran(), 2);
}

#[tokio::test]
async fn a_kept_result_is_answered_when_there_is_no_room() {
    let server = Server::with(|config| {
        (config.server.jobs, config.server.queue) = (1, 0);
        config.server.timeout = Interval(Duration::from_secs(20));
    });
    let uri = "/cdn-cgi/image/width=20/a.jpg";
    assert_eq!(status_of(&server, uri, &[]).await, "MISS");
    let request = Request::builder().uri("/cdn-cgi/image/width=1/wait.jpg").body(Body::empty()).unwrap();
    let busy = tokio::spawn(router(server.state.clone()).oneshot(request));
    while server.double.ran() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.get("/cdn-cgi/image/width=21/a.jpg").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status_of(&server, uri, &[]).await, "REVALIDATED");
    server.double.release();
    assert_eq!(busy.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn equal_requests_at_once_run_once_and_survive_the_first() {
    let server = Server::with(|config| (config.server.jobs, config.server.queue) = (1, 0));
    let ask = || {
        let request = Request::builder().uri("/cdn-cgi/image/width=1/wait.jpg").body(Body::empty()).unwrap();
        tokio::spawn(router(server.state.clone()).oneshot(request))
    };
    let first = ask();
    while server.double.ran() == 0 {
        tokio::task::yield_now().await;
    }
    // One job, no queue: only who joins is let in.
    let others: Vec<_> = (0..30).map(|_| ask()).collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    server.double.release();
    for other in others {
        assert_eq!(other.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!((server.double.ran(), server.state.flights().count()), (1, 0));
}

#[tokio::test]
async fn a_slow_reader_holds_no_place() {
    let server = Server::with(|config| (config.server.jobs, config.server.queue) = (1, 0));
    let (address, _stop, _serving) = listen(&server, Duration::from_secs(1)).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /cdn-cgi/image/width=1/large.jpg HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    // It has begun to be sent: the socket's buffers are far smaller than the body, and nobody reads.
    slow.readable().await.unwrap();
    assert!(!server.state.admission().is_full(Needs::Pixels));
    assert_eq!(server.get("/cdn-cgi/image/width=1/a.jpg").await.0, StatusCode::OK);
}

/// An answer of the purging API: its status, and how many results are gone.
async fn purge(server: &Server, token: &str, body: &str) -> (StatusCode, Option<u64>) {
    let request = Request::post("/client/v4/zones/0123456789abcdef/purge_cache")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(body.to_owned()))
        .unwrap();
    let (head, body) = router(server.state.clone()).oneshot(request).await.unwrap().into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    assert!(head.status != StatusCode::OK || answer["success"] == true, "{answer}");
    (head.status, answer["result"]["purged"].as_u64())
}

#[tokio::test]
async fn who_has_the_token_has_results_forgotten() {
    let server = Server::with(|config| config.cache.purge_token = "a token for tests".into());
    let (a, wide, b) =
        ("/cdn-cgi/image/width=20/a.jpg", "/cdn-cgi/image/width=30/a.jpg", "/cdn-cgi/image/width=20/b.jpg");
    std::fs::write(server.folder().join("b.jpg"), "another").unwrap();
    let fill = async || {
        for uri in [a, wide, b] {
            status_of(&server, uri, &[]).await;
        }
        server.double.ran()
    };
    let made = fill().await;
    assert_eq!(fill().await, made, "all are kept");
    for (token, body, status) in [
        ("", r#"{"purge_everything":true}"#, StatusCode::UNAUTHORIZED),
        ("a token for test", r#"{"purge_everything":true}"#, StatusCode::UNAUTHORIZED),
        ("a token for tests", "{}", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(purge(&server, token, body).await, (status, None), "{token} {body}");
    }
    assert_eq!(fill().await, made, "and still are");
    let token = "a token for tests";
    assert_eq!(purge(&server, token, r#"{"files":["https://zone.test/a.jpg"]}"#).await, (StatusCode::OK, Some(2)));
    assert_eq!(fill().await, made + 2);
    assert_eq!(purge(&server, token, r#"{"purge_everything":true}"#).await, (StatusCode::OK, Some(3)));
    assert_eq!(fill().await, made + 5);
}

#[tokio::test]
async fn without_a_token_nobody_purges() {
    let (status, _) = purge(&Server::new(), "", r#"{"purge_everything":true}"#).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
