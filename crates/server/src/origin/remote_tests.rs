//! Fetching from real sockets: a well-behaved origin made of axum, and ill-behaved ones made of bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use tintype_options::url::Source;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::hosts::Hosts;
use super::remote::Lookup;
use super::*;
use crate::config::{ByteSize, Interval, Overrides};

const LIMIT_BYTES: u64 = 1000;

/// Sources that may come from 127.0.0.1 at these ports, and relative ones from `base`.
fn sources(ports: &[u16], base: Option<&str>) -> Sources {
    let overrides = Overrides::new()
        .set_list("--allow-origin", "origins.allow", ports.iter().map(|port| format!("127.0.0.1:{port}")))
        .set_list("--origin", "origins.base", base.map(str::to_owned));
    let mut config = Config::load(None, [].into_iter(), &overrides).unwrap();
    config.limits.source_bytes = ByteSize(LIMIT_BYTES);
    config.origins.timeout = Interval(Duration::from_millis(400));
    config.origins.redirects = 3;
    Sources::new(&config).unwrap()
}

async fn fetch(sources: &Sources, url: &str) -> Result<Fetched, OriginError> {
    let target = sources.resolve(&Source::Url(url.into()))?;
    match sources.fetch(&target, None, None).await? {
        Fetch::Fetched(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("nothing was known"),
    }
}

async fn serve(router: Router) -> u16 {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// An origin that reads a request's head and then writes these bytes, and closes, or stays open and silent.
async fn raw(answer: &'static [u8], closes: bool) -> u16 {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _peer) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                drop(stream.read(&mut head).await);
                drop(stream.write_all(answer).await);
                if !closes {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            });
        }
    });
    port
}

async fn status(Path(code): Path<u16>) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

/// Redirects `left` times, then answers.
async fn hops(Path(left): Path<u32>) -> axum::response::Response {
    match left {
        0 => "arrived".into_response(),
        _ => Redirect::temporary(&format!("/hops/{}", left - 1)).into_response(),
    }
}

async fn echo(headers: HeaderMap) -> String {
    let mut names: Vec<_> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    names.sort();
    names.join("\n")
}

async fn tagged(headers: HeaderMap) -> axum::response::Response {
    let own = [(header::ETAG, "\"v1\""), (header::CACHE_CONTROL, "max-age=60"), (header::EXPIRES, "0")];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == "\"v1\"") {
        return (StatusCode::NOT_MODIFIED, own).into_response();
    }
    (own, "picture").into_response()
}

fn well_behaved() -> Router {
    Router::new()
        .route("/a.jpg", get(|| async { "picture" }))
        .route("/media/a.jpg", get(|uri: http::Uri| async move { uri.to_string() }))
        .route("/status/{code}", get(status))
        .route("/hops/{left}", get(hops))
        .route("/echo", get(echo))
        .route("/to-echo", get(|| async { Redirect::temporary("/echo") }))
        .route(
            "/to-echo-at/{port}",
            get(|Path(port): Path<u16>| async move { Redirect::temporary(&format!("http://127.0.0.1:{port}/echo")) }),
        )
        .route("/tagged", get(tagged))
        .route("/loop", get(|| async { Redirect::temporary("/loop") }))
        .route("/to-ftp", get(|| async { Redirect::temporary("ftp://127.0.0.1/a.jpg") }))
        .route("/to-user", get(|| async { Redirect::temporary("http://user:pass@127.0.0.1/a.jpg") }))
        .route("/to-metadata", get(|| async { Redirect::temporary("http://169.254.169.254/latest") }))
        .route("/to-other-port", get(|| async { Redirect::temporary("http://127.0.0.1:1/a.jpg") }))
        .route("/to-localhost", get(|| async { Redirect::temporary("http://localhost/a.jpg") }))
        .route("/to-mapped", get(|| async { Redirect::temporary("http://[::ffff:127.0.0.1]:1/a.jpg") }))
        .route("/to-nowhere", get(|| async { StatusCode::FOUND }))
        .route("/exact", get(|| async { vec![7_u8; LIMIT_BYTES as usize] }))
        .route("/large", get(|| async { vec![7_u8; LIMIT_BYTES as usize + 1] }))
        .route("/slow", get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }))
}

#[tokio::test]
async fn answers_become_sources_or_errors() {
    use OriginError as E;
    let port = serve(well_behaved()).await;
    let sources = sources(&[port], None);
    let table = [
        ("/a.jpg", None),
        ("/exact", None),
        ("/hops/3", None),
        ("/hops/4", Some(E::TooManyRedirects { limit: 3 })),
        ("/loop", Some(E::TooManyRedirects { limit: 3 })),
        ("/to-ftp", Some(E::BadRedirect)),
        ("/to-user", Some(E::BadRedirect)),
        ("/to-metadata", Some(E::BadRedirect)),
        ("/to-other-port", Some(E::BadRedirect)),
        ("/to-localhost", Some(E::BadRedirect)),
        ("/to-mapped", Some(E::BadRedirect)),
        ("/to-nowhere", Some(E::BadRedirect)),
        ("/large", Some(E::TooLarge { limit_bytes: LIMIT_BYTES })),
        ("/missing", Some(E::NotFound)),
        ("/status/400", Some(E::BadRequest)),
        ("/status/403", Some(E::ClientError { status: 403 })),
        ("/status/410", Some(E::ClientError { status: 410 })),
        ("/status/500", Some(E::ServerError { status: 500 })),
        ("/status/503", Some(E::ServerError { status: 503 })),
        ("/status/204", Some(E::Failed)),
        ("/status/206", Some(E::Failed)),
        ("/status/304", Some(E::Failed)),
        ("/slow", Some(E::DownloadTimeout)),
    ];
    for (path, expected) in table {
        let answer = fetch(&sources, &format!("http://127.0.0.1:{port}{path}")).await;
        assert_eq!(answer.err(), expected, "{path}");
    }
}

#[tokio::test]
async fn broken_answers_are_never_sources() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let cut_off: &[&[u8]] = &[
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
        chunked,
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    ];
    for answer in cut_off {
        let port = raw(answer, true).await;
        let error = fetch(&sources(&[port], None), &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
        let shown = String::from_utf8_lossy(answer);
        assert!(matches!(error, OriginError::Interrupted | OriginError::NotHttp), "{shown}: {error:?}");
    }
    let port = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\nx", false).await;
    let error = fetch(&sources(&[port], None), &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(error, OriginError::TooLarge { limit_bytes: LIMIT_BYTES }, "announced");

    static ENDLESS: [u8; 4096] = {
        let mut bytes = [b'x'; 4096];
        let head = b"HTTP/1.1 200 OK\r\n\r\n";
        let mut at = 0;
        while at < head.len() {
            bytes[at] = head[at];
            at += 1;
        }
        bytes
    };
    let port = raw(&ENDLESS, false).await;
    let error = fetch(&sources(&[port], None), &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(error, OriginError::TooLarge { limit_bytes: LIMIT_BYTES }, "not announced");
}

#[tokio::test]
async fn an_origin_that_stalls_is_given_up() {
    for answer in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"] {
        let port = raw(answer, false).await;
        let started = Instant::now();
        let error = fetch(&sources(&[port], None), &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
        assert_eq!(error, OriginError::DownloadTimeout);
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_connection_that_ends_when_it_is_used_again_is_another_one() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\npicture";
    // How many requests of a connection are answered; behind them it is closed when one has come, as if it were idle.
    for (answered, expected, connections) in [(1, true, 6..=12), (0, false, 12..=12)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        tokio::spawn(async move {
            loop {
                let (mut stream, _peer) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut head = vec![0; 4096];
                    for _ in 0..answered {
                        drop(stream.read(&mut head).await);
                        drop(stream.write_all(ANSWER).await);
                    }
                    drop(stream.read(&mut head).await);
                });
            }
        });
        let sources = sources(&[port], None);
        for _ in 0..6 {
            let fetched = fetch(&sources, &format!("http://127.0.0.1:{port}/")).await;
            let expected = if expected { Ok(&b"picture"[..]) } else { Err(OriginError::Interrupted) };
            assert_eq!(fetched.as_ref().map(|fetched| &*fetched.bytes).map_err(Clone::clone), expected);
        }
        // One may have been begun before the last was known to be free. Nobody is asked more than twice.
        assert!(connections.contains(&opened.load(Ordering::Relaxed)), "{opened:?}");
    }
}

#[tokio::test]
async fn nobody_there() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = fetch(&sources(&[port], None), &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(error, OriginError::Refused);
}

#[tokio::test]
async fn names_are_checked_by_the_addresses_they_have() {
    let port = serve(well_behaved()).await;
    // Allowed by a star, so only public addresses will do; and `localhost` has none.
    let overrides = Overrides::new().set("", "origins.allow", format!("*.localhost:{port}"));
    let wild = Sources::new(&Config::load(None, [].into_iter(), &overrides).unwrap()).unwrap();
    let error = fetch(&wild, &format!("http://a.localhost:{port}/a.jpg")).await.unwrap_err();
    // Some resolvers know no names below localhost.
    assert!(matches!(error, OriginError::PrivateAddress | OriginError::Dns), "{error:?}");

    let overrides = Overrides::new().set("", "origins.allow", format!("localhost:{port}"));
    let named = Sources::new(&Config::load(None, [].into_iter(), &overrides).unwrap()).unwrap();
    assert_eq!(fetch(&named, &format!("http://localhost:{port}/a.jpg")).await.unwrap().bytes, "picture");
    let error = fetch(&named, &format!("http://127.0.0.1:{port}/a.jpg")).await.unwrap_err();
    assert_eq!(error, OriginError::NotAllowed);
}

#[tokio::test]
async fn sources_are_refused_before_anything_is_sent() {
    let sources = sources(&[9], None);
    let table = [
        ("http://127.0.0.1:9/a.jpg", None),
        ("http://user@127.0.0.1:9/a.jpg", Some(OriginError::InvalidUrl)),
        ("ftp://127.0.0.1:9/a.jpg", Some(OriginError::InvalidUrl)),
        ("http://127.0.0.1:99999/a.jpg", Some(OriginError::InvalidUrl)),
        ("http://127.0.0.1:10/a.jpg", Some(OriginError::NotAllowed)),
        ("http://127.0.0.1:9@evil.test/a.jpg", Some(OriginError::InvalidUrl)),
        ("http://evil.test/127.0.0.1:9/a.jpg", Some(OriginError::NotAllowed)),
    ];
    for (url, expected) in table {
        assert_eq!(sources.resolve(&Source::Url(url.into())).err(), expected, "{url}");
    }
}

#[tokio::test]
async fn nothing_of_the_client_is_passed_on() {
    let port = serve(well_behaved()).await;
    let fetched = fetch(&sources(&[port], None), &format!("http://127.0.0.1:{port}/echo")).await.unwrap();
    let text = String::from_utf8(fetched.bytes.to_vec()).unwrap();
    let names: Vec<_> = text.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, ["accept", "host", "user-agent", "via"], "{text}");
    let via = text.lines().find_map(|line| line.strip_prefix("via: ")).unwrap();
    assert!(is_loop(via), "{via}");
}

#[tokio::test]
async fn relative_sources_come_from_the_first_base_that_has_them() {
    let port = serve(well_behaved()).await;
    let sources = sources(&[], Some(&format!("http://127.0.0.1:{port}/media/")));
    let get = async |path: &str| {
        let target = sources.resolve(&Source::Path(path.to_owned().into())).unwrap();
        match sources.fetch(&target, None, None).await? {
            Fetch::Fetched(fetched) => Ok::<_, OriginError>(fetched.bytes),
            Fetch::Unchanged { .. } => panic!("nothing was known"),
        }
    };
    assert_eq!(get("a.jpg?v=1").await.unwrap(), "/media/a.jpg?v=1");
    for path in ["missing.jpg", "../a.jpg", "%2e%2e/a.jpg", "..%2fa.jpg"] {
        assert_eq!(get(path).await.unwrap_err(), OriginError::NotFound, "{path}");
    }
    // The base's host is trusted for what is below it, and for nothing else.
    let url = format!("http://127.0.0.1:{port}/a.jpg");
    assert_eq!(fetch(&sources, &url).await.unwrap_err(), OriginError::NotAllowed);
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let port = serve(well_behaved()).await;
    let sources = sources(&[port], None);
    let url = format!("http://127.0.0.1:{port}/tagged");
    let fetched = fetch(&sources, &url).await.unwrap();
    assert_eq!(fetched.cache_control.as_deref(), Some("max-age=60"));
    assert_eq!(fetched.expires, None, "a date that cannot be read says nothing");
    let validator = fetched.validator.unwrap();
    let target = sources.resolve(&Source::Url(url.as_str().into())).unwrap();
    let again = sources.fetch(&target, Some(&validator), None).await.unwrap();
    assert!(matches!(again, Fetch::Unchanged { cache_control: Some(_), .. }), "{again:?}");
    let other = Validator { weak: false, tag: "v0".into() };
    assert!(matches!(sources.fetch(&target, Some(&other), None).await.unwrap(), Fetch::Fetched(_)));
}

#[tokio::test]
async fn credentials_stay_with_the_origin_they_are_for() {
    let (port, other) = (serve(well_behaved()).await, serve(well_behaved()).await);
    let sources = sources(&[port, other], None);
    let credentials = HeaderMap::from_iter([(header::AUTHORIZATION, "Bearer sesame".parse().unwrap())]);
    let table = [
        ("echo".to_owned(), true),
        ("to-echo".to_owned(), true),
        (format!("to-echo-at/{port}"), true),
        (format!("to-echo-at/{other}"), false),
    ];
    for (path, arrive) in table {
        let target = sources.resolve(&Source::Url(format!("http://127.0.0.1:{port}/{path}").into())).unwrap();
        let Fetch::Fetched(fetched) =
            sources.fetch(&target, None, Some(&Credentials::asked(&credentials))).await.unwrap()
        else {
            panic!("nothing was known")
        };
        let seen = String::from_utf8(fetched.bytes.to_vec()).unwrap();
        assert_eq!(seen.contains("sesame"), arrive, "{path}: {seen}");
        assert!(seen.contains("via: "), "{path}: {seen}");
    }
}

/// A name service that says 127.0.0.1 first and something else from then on.
fn changing(then: [u8; 4]) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let lookup = Lookup::by(move |_name| {
        let address = if count.fetch_add(1, Ordering::SeqCst) == 0 { [127, 0, 0, 1] } else { then };
        Box::pin(async move { Ok(vec![SocketAddr::from((address, 0))]) })
    });
    (lookup, asked)
}

fn fetcher(allow: &[String], lookup: &Lookup) -> Fetcher {
    let overrides = Overrides::new().set_list("", "origins.allow", allow.iter().cloned());
    let config = Config::load(None, [].into_iter(), &overrides).unwrap();
    Fetcher::with_lookup(&config, lookup).unwrap()
}

async fn get_by(fetcher: &Fetcher, url: &str) -> Result<Fetched, OriginError> {
    let held = Memory::new(1 << 20).hold();
    match fetcher.fetch(Url::parse(url).unwrap(), None, None, held).await? {
        Fetch::Fetched(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => panic!("nothing was known"),
    }
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_connected_to() {
    // Whoever asks twice gets to the second server, which has the same port on another address.
    let port = serve(well_behaved()).await;
    let trap = TcpListener::bind(SocketAddr::from(([127, 0, 0, 2], port))).await.unwrap();
    let (lookup, asked) = changing([127, 0, 0, 2]);
    let fetcher = fetcher(&[format!("rebound.test:{port}")], &lookup);
    let fetched = get_by(&fetcher, &format!("http://rebound.test:{port}/a.jpg")).await.unwrap();
    assert_eq!(fetched.bytes, "picture");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "one fetch asks once");
    let sprung = tokio::time::timeout(Duration::from_millis(50), trap.accept()).await;
    assert!(sprung.is_err(), "somebody connected to an address that was not checked");
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_from_then_on() {
    // `hops` is answered by a connection each: the origin closes them.
    let port = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", true).await;
    let (lookup, asked) = changing([169, 254, 169, 254]);
    let fetcher = fetcher(&[format!("rebound.test:{port}")], &lookup);
    let url = format!("http://rebound.test:{port}/");
    assert_eq!(get_by(&fetcher, &url).await.unwrap().bytes, "ok");
    assert_eq!(get_by(&fetcher, &url).await.unwrap_err(), OriginError::PrivateAddress);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_connection_that_is_kept_open_lends_nobody_its_address() {
    let port = serve(well_behaved()).await;
    // Below the prefix the name may be private, elsewhere on the same host it may not; and a connection is open already.
    let lookup = Lookup::by(|_name| Box::pin(async { Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]) }));
    let fetcher = fetcher(&[format!("split.test:{port}/to-echo")], &lookup);
    for _ in 0..3 {
        let error = get_by(&fetcher, &format!("http://split.test:{port}/to-echo")).await.unwrap_err();
        // The redirect leads out of the prefix.
        assert_eq!(error, OriginError::BadRedirect);
    }
    let error = get_by(&fetcher, &format!("http://split.test:{port}/a.jpg")).await.unwrap_err();
    assert_eq!(error, OriginError::PrivateAddress);
}

/// Sources of 127.0.0.1 at these ports, and what a file of configuration says besides.
fn told(ports: &[u16], toml: &str) -> Sources {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tintype.toml");
    std::fs::write(&path, toml).unwrap();
    let overrides =
        Overrides::new().set_list("", "origins.allow", ports.iter().map(|port| format!("127.0.0.1:{port}")));
    Sources::new(&Config::load(Some(&path), [].into_iter(), &overrides).unwrap()).unwrap()
}

#[tokio::test]
async fn what_is_told_about_a_host_holds_for_it_alone() {
    let (port, other) = (serve(well_behaved()).await, serve(well_behaved()).await);
    let toml = format!(
        "[origins.hosts.\"127.0.0.1:{port}\"]\nheaders = {{ X-Key = \"sesame\" }}\nbearer = \"sesame\"\ntimeout = \"200ms\"\n\
         source_bytes = 999\n[origins.hosts.\"127.0.0.1:{port}/echo\"]\nuser = \"me\"\npassword = \"sesame\"\n"
    );
    let sources = told(&[port, other], &toml);
    let seen = async |path: String| {
        let fetched = fetch(&sources, &format!("http://127.0.0.1:{port}{path}")).await.unwrap();
        String::from_utf8(fetched.bytes.to_vec()).unwrap()
    };
    let echo = seen("/echo".to_owned()).await;
    // Of two rules the longer one, and only that.
    assert!(echo.contains("authorization: Basic bWU6c2VzYW1l") && !echo.contains("x-key"), "{echo}");
    let away = seen(format!("/to-echo-at/{other}")).await;
    assert!(!away.contains("authorization") && !away.contains("x-key"), "{away}");
    let too_large = OriginError::TooLarge { limit_bytes: 999 };
    assert_eq!(fetch(&sources, &format!("http://127.0.0.1:{port}/exact")).await.unwrap_err(), too_large);
    let began = Instant::now();
    let slow = fetch(&sources, &format!("http://127.0.0.1:{port}/slow")).await.unwrap_err();
    assert_eq!(slow, OriginError::DownloadTimeout);
    assert!(began.elapsed() < Duration::from_secs(5), "its own time limit");
    assert_eq!(fetch(&sources, &format!("http://127.0.0.1:{other}/exact")).await.unwrap().bytes.len(), 1000);
}

#[tokio::test]
async fn secrets_go_over_http_only_where_its_port_is_named() {
    let lookup = Lookup::by(|_name| Box::pin(async { Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]) }));
    let hosts = |rule: &str| {
        let toml = format!("[origins.hosts.\"{rule}\"]\nbearer = \"sesame\"\norigin_auth = \"share-publicly\"\n");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tintype.toml");
        std::fs::write(&path, toml).unwrap();
        Hosts::new(&Config::load(Some(&path), [].into_iter(), &Overrides::new()).unwrap(), &lookup).unwrap()
    };
    let table = [
        ("a.com", "https://a.com/x", true),
        ("a.com", "http://a.com/x", false),
        ("a.com:80", "http://a.com/x", true),
        ("a.com:8080", "http://a.com:8080/x", true),
        ("a.com:443", "https://a.com/x", true),
    ];
    for (rule, url, expected) in table {
        let (hosts, url) = (hosts(rule), Url::parse(url).unwrap());
        let host = hosts.of(&url).unwrap();
        assert_eq!((host.headers_for(&url).is_some(), host.shares(&url)), (expected, expected), "{rule} {url}");
    }
}

#[tokio::test]
async fn clients_credentials_go_where_the_operator_shares_them() {
    let (port, other) = (serve(well_behaved()).await, serve(well_behaved()).await);
    let toml = format!("[origins.hosts.\"127.0.0.1:{port}\"]\norigin_auth = \"share-publicly\"\n");
    let sources = told(&[port, other], &toml);
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, "Bearer sesame".parse().unwrap())]);
    let credentials = Credentials::configured(&headers).unwrap();
    for (path, arrive) in [
        (format!("{port}/echo"), true),
        (format!("{port}/to-echo"), true),
        (format!("{port}/to-echo-at/{other}"), false),
        (format!("{other}/echo"), false),
    ] {
        let target = sources.resolve(&Source::Url(format!("http://127.0.0.1:{path}").into())).unwrap();
        assert_eq!(sources.shares_credentials(&target), path.starts_with(&port.to_string()), "{path}");
        let Fetch::Fetched(fetched) = sources.fetch(&target, None, Some(&credentials)).await.unwrap() else {
            panic!("nothing was known")
        };
        let seen = String::from_utf8(fetched.bytes.to_vec()).unwrap();
        assert_eq!(seen.contains("sesame"), arrive, "{path}: {seen}");
    }
    assert!(Credentials::configured(&HeaderMap::new()).is_none());
}

#[tokio::test]
async fn a_bases_password_survives_a_redirect_to_its_own_server() {
    let (port, other) = (serve(well_behaved()).await, serve(well_behaved()).await);
    let sources = sources(&[other], Some(&format!("http://me:sesame@127.0.0.1:{port}")));
    for (path, arrive) in [("echo", true), ("to-echo", true), (&*format!("to-echo-at/{other}"), false)] {
        let target = sources.resolve(&Source::Path(path.into())).unwrap();
        let Fetch::Fetched(fetched) = sources.fetch(&target, None, None).await.unwrap() else {
            panic!("nothing was known")
        };
        let seen = String::from_utf8(fetched.bytes.to_vec()).unwrap();
        assert_eq!(seen.contains("authorization: Basic"), arrive, "{path}: {seen}");
    }
}
