//! What is kept, from the outside: servers with an engine that answers the source, and origins, disks, buckets and databases that
//! are real.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Request, StatusCode, header};
use tempfile::TempDir;
use tintype_testkit::{Postgres, S3};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::config::{ByteSize, Config, Interval};
use crate::router;
use crate::tests::{Server, text};

type Headers<'a> = &'a [(&'static str, &'a str)];

/// What an origin answers, until it is told otherwise.
#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// An origin on a socket of its own.
struct Origin {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Origin {
    async fn new(headers: Headers<'_>) -> Self {
        let headers = headers.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        let answer = Arc::new(Mutex::new(Answer { status: StatusCode::OK, headers, body: b"one".to_vec() }));
        let asked = Arc::new(Mutex::new(Vec::<HeaderMap>::new()));
        let (now, log) = (Arc::clone(&answer), Arc::clone(&asked));
        let respond = move |headers: HeaderMap| {
            let Answer { mut status, headers: own, body } = now.lock().unwrap().clone();
            let said = |name: &str| own.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str());
            let is = |name, own| headers.get(name).is_some_and(|given| Some(given.to_str().unwrap()) == said(own));
            let is_known = is(header::IF_NONE_MATCH, "etag") || is(header::IF_MODIFIED_SINCE, "last-modified");
            if status == StatusCode::OK && is_known {
                status = StatusCode::NOT_MODIFIED;
            }
            let mut response = Response::new(if status == StatusCode::OK { Body::from(body) } else { Body::empty() });
            *response.status_mut() = status;
            for (name, value) in own {
                response.headers_mut().append(name, value.parse().unwrap());
            }
            log.lock().unwrap().push(headers);
            async move { response }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = axum::Router::new().fallback(axum::routing::get(respond));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, answer, asked }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn says(&self, change: impl FnOnce(&mut Answer)) {
        change(&mut self.answer.lock().unwrap());
    }

    fn allow(&self, config: &mut Config) {
        config.origins.allow = vec![self.address.to_string().parse().unwrap()];
        // Part of every key on disk, and another's in every server of a test.
        config.origins.root = None;
        config.cache.purge_token = "token".into();
        config.cache.min_age = Interval(Duration::ZERO);
        config.limits.source_bytes = ByteSize(10_000_000);
    }

    fn server(&self) -> Server {
        Server::with(|config| self.allow(config))
    }

    /// With whatever the cache has besides memory.
    async fn opened(&self, change: impl FnOnce(&mut Config)) -> Server {
        let server = Server::with(|config| {
            self.allow(config);
            change(config);
        });
        server.state.open_cache().await.unwrap();
        server
    }

    /// The answer is the source and a font that is none: what was made of which bytes can be seen.
    fn uri(&self, options: &str, name: &str) -> String {
        format!("/cdn-cgi/image/{options},draw=(text=x)/http://{}/{name}", self.address)
    }

    /// What the cache had, and the body.
    async fn get(&self, server: &Server, options: &str) -> (String, String) {
        self.get_name(server, options, "a.jpg").await
    }

    async fn get_name(&self, server: &Server, options: &str, name: &str) -> (String, String) {
        let (status, headers, body) = server.get(&self.uri(options, name)).await;
        assert_eq!(status, StatusCode::OK, "{options}: {body}");
        let timing = text(&headers, "server-timing").split([',', ' ']).next().unwrap();
        let tier = timing.strip_prefix("cache;desc=").map(|tier| format!(" {tier}")).unwrap_or_default();
        (text(&headers, "cf-cache-status").to_owned() + &tier, body)
    }
}

fn found(status: &str, body: &str) -> (String, String) {
    (status.to_owned(), body.to_owned())
}

async fn purge(server: &Server, body: &str) -> StatusCode {
    let request = Request::post("/client/v4/zones/0/purge_cache")
        .header(header::AUTHORIZATION, "Bearer token")
        .body(Body::from(body.to_owned()))
        .unwrap();
    router(server.state.clone()).oneshot(request).await.unwrap().status()
}

/// Waits for what happens in the background.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

#[tokio::test]
async fn many_results_of_one_source_are_one_fetch() {
    let origin = Origin::new(&[("cache-control", "max-age=7200")]).await;
    let server = origin.server();
    let all = (20..40).map(|width| {
        let request = Request::get(origin.uri(&format!("width={width}"), "a.jpg")).body(Body::empty()).unwrap();
        router(server.state.clone()).oneshot(request)
    });
    for response in futures_util::future::join_all(all).await {
        assert_eq!(response.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(origin.get(&server, "width=50").await, found("MISS", "one"));
    assert_eq!((server.double.ran(), origin.asked()), (21, 1));
}

#[tokio::test]
async fn a_source_is_asked_about_by_its_tag_or_its_time() {
    let an_hour_ago = "Sun, 22 Nov 2015 05:00:00 GMT";
    let table: [(Headers<'_>, header::HeaderName, &str); 2] = [
        (&[("etag", "\"v1\"")], header::IF_NONE_MATCH, "\"v1\""),
        (&[("last-modified", an_hour_ago)], header::IF_MODIFIED_SINCE, an_hour_ago),
    ];
    for (headers, asks, value) in table {
        let headers: Vec<_> = [("cache-control", "no-cache")].iter().chain(headers).copied().collect();
        let origin = Origin::new(&headers).await;
        let server = origin.server();
        assert_eq!(origin.get(&server, "width=20").await, found("MISS", "one"));
        // Another result: its source is not fetched again, only asked about.
        assert_eq!(origin.get(&server, "width=21").await, found("MISS", "one"));
        assert_eq!(origin.get(&server, "width=20").await, found("REVALIDATED", "one"));
        let asked = origin.asked.lock().unwrap().clone();
        let asked: Vec<_> = asked.iter().map(|headers| headers.get(&asks)).collect();
        let value = header::HeaderValue::from_str(value).unwrap();
        assert_eq!(asked, [None, Some(&value), Some(&value)], "{asks}");
    }
}

#[tokio::test]
async fn what_was_modified_just_now_is_told_apart_by_its_bytes() {
    let now = httpdate::fmt_http_date(std::time::SystemTime::now());
    let origin = Origin::new(&[("cache-control", "no-cache"), ("last-modified", &now)]).await;
    let server = origin.server();
    assert_eq!(origin.get(&server, "width=20").await, found("MISS", "one"));
    origin.says(|answer| answer.body = b"two".to_vec());
    assert_eq!(origin.get(&server, "width=20").await, found("EXPIRED", "two"));
}

#[tokio::test]
async fn the_origin_says_what_is_kept_of_sources() {
    let table: [(&[(&str, &str)], usize); 8] = [
        (&[("cache-control", "max-age=7200")], 1),
        (&[], 1),
        (&[("cache-control", "no-store")], 2),
        (&[("cache-control", "private, max-age=7200")], 2),
        (&[("cache-control", "max-age=7200"), ("age", "7000")], 1),
        (&[("cache-control", "max-age=7200"), ("age", "7200")], 2),
        (&[("cache-control", "max-age=7200"), ("vary", "Accept, Origin")], 1),
        (&[("cache-control", "max-age=7200"), ("vary", "Accept, *")], 2),
    ];
    for (headers, asked) in table {
        let origin = Origin::new(headers).await;
        let server = origin.server();
        origin.get(&server, "width=20").await;
        origin.get(&server, "width=21").await;
        assert_eq!(origin.asked(), asked, "{headers:?}");
    }
}

#[tokio::test]
async fn what_is_old_is_answered_while_the_origin_is_asked() {
    let origin = Origin::new(&[("cache-control", "max-age=0, stale-while-revalidate=60")]).await;
    let server = origin.server();
    assert_eq!(origin.get(&server, "width=20").await, found("MISS", "one"));
    origin.says(|answer| answer.body = b"two".to_vec());
    assert_eq!(origin.get(&server, "width=20").await, found("UPDATING", "one"));
    until("the result is made again", async || origin.get(&server, "width=20").await.1 == "two").await;
    // The same of a source that another result is made of.
    let asked = origin.asked();
    origin.says(|answer| answer.body = b"three".to_vec());
    assert_eq!(origin.get(&server, "width=21").await.1, "two");
    until("the source is asked for", async || origin.asked() > asked).await;
    until("the source is there", async || origin.get(&server, "width=22").await.1 == "three").await;
}

#[tokio::test]
async fn what_is_old_is_answered_when_the_origin_fails_and_where_it_said_so() {
    let table = [
        ("max-age=0, stale-if-error=60", StatusCode::SERVICE_UNAVAILABLE, Some("STALE")),
        ("max-age=0, stale-if-error=60", StatusCode::INTERNAL_SERVER_ERROR, Some("STALE")),
        ("max-age=0, stale-if-error=60", StatusCode::NOT_FOUND, None),
        ("max-age=0", StatusCode::SERVICE_UNAVAILABLE, None),
        ("max-age=0, must-revalidate, stale-if-error=60", StatusCode::SERVICE_UNAVAILABLE, None),
        ("no-store, stale-if-error=60", StatusCode::SERVICE_UNAVAILABLE, None),
    ];
    for (cache_control, status, expected) in table {
        let origin = Origin::new(&[("cache-control", cache_control), ("etag", "\"v1\"")]).await;
        let server = origin.server();
        origin.get(&server, "width=20").await;
        origin.says(|answer| answer.status = status);
        match expected {
            Some(expected) => {
                assert_eq!(origin.get(&server, "width=20").await, found(expected, "one"), "{cache_control} {status}");
                assert_eq!(origin.get(&server, "width=21").await.1, "one", "of the old source");
                origin.says(|answer| answer.status = StatusCode::OK);
                assert_eq!(origin.get(&server, "width=20").await, found("REVALIDATED", "one"));
            }
            None => {
                for width in ["width=20", "width=21"] {
                    let (status, _headers, _body) = server.get(&origin.uri(width, "a.jpg")).await;
                    assert!(!status.is_success(), "{cache_control}: {status}");
                }
            }
        }
    }
}

fn on_disk(config: &mut Config, folder: &Path) {
    config.cache.folder = Some(folder.to_owned());
    config.cache.disk = ByteSize(16 << 20);
}

#[tokio::test]
async fn a_restart_keeps_what_is_on_disk() {
    let origin = Origin::new(&[("cache-control", "max-age=7200")]).await;
    let folder = tempfile::tempdir().unwrap();
    let first = origin.opened(|config| on_disk(config, folder.path())).await;
    assert_eq!(origin.get(&first, "width=20").await, found("MISS", "one"));
    first.state.close_cache().await;
    drop(first);

    let second = origin.opened(|config| on_disk(config, folder.path())).await;
    assert_eq!(origin.get(&second, "width=20").await, found("HIT disk", "one"));
    assert_eq!(origin.get(&second, "width=20").await, found("HIT memory", "one"));
    assert_eq!((second.double.ran(), origin.asked()), (0, 1));
    // Another result of the same source: that is on disk too.
    assert_eq!(origin.get(&second, "width=21").await, found("MISS", "one"));
    assert_eq!((second.double.ran(), origin.asked()), (1, 1));
    // What is purged stays so, whoever is asked.
    assert_eq!(purge(&second, r#"{"purge_everything":true}"#).await, StatusCode::OK);
    origin.says(|answer| answer.body = b"two".to_vec());
    second.state.close_cache().await;
    drop(second);
    let third = origin.opened(|config| on_disk(config, folder.path())).await;
    assert_eq!(origin.get(&third, "width=20").await, found("MISS", "two"));

    // Where relative sources come from elsewhere, they are others.
    let base = format!("http://{}/", origin.address);
    let relative = |folder: &TempDir, base: &str| {
        let (folder, base) = (folder.path().to_owned(), base.parse().unwrap());
        move |config: &mut Config| {
            on_disk(config, &folder);
            (config.origins.root, config.origins.base) = (None, vec![base]);
        }
    };
    let place = tempfile::tempdir().unwrap();
    let here = origin.opened(relative(&place, &base)).await;
    let status = async |server: &Server| {
        text(&server.get("/cdn-cgi/image/width=20/a.jpg").await.1, "cf-cache-status").to_owned()
    };
    assert_eq!(status(&here).await, "MISS");
    here.state.close_cache().await;
    drop(here);
    let elsewhere = origin.opened(relative(&place, &format!("{base}other/"))).await;
    assert_eq!(status(&elsewhere).await, "MISS");
}

#[tokio::test]
async fn a_folder_that_another_has_is_waited_for() {
    let origin = Origin::new(&[("cache-control", "max-age=7200")]).await;
    let folder = tempfile::tempdir().unwrap();
    let first = origin.opened(|config| on_disk(config, folder.path())).await;
    let second = origin.opened(|config| on_disk(config, folder.path())).await;
    assert_eq!(origin.get(&first, "width=20").await, found("MISS", "one"));
    assert_eq!(origin.get(&second, "width=20").await, found("MISS", "one"));
    first.state.close_cache().await;
    drop(first);
    until("the folder is taken", async || second.state.cache().lower.disk.get().is_some()).await;
    assert_eq!(origin.get(&second, "width=20").await.1, "one");
    drop(second);
}

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn what_is_damaged_on_disk_is_made_anew() {
    let origin = Origin::new(&[("cache-control", "max-age=7200")]).await;
    let picture: Vec<u8> = (0..30_000_u32).map(|n| b'a' + (n * n % 23) as u8).collect();
    origin.says(|answer| answer.body.clone_from(&picture));
    let body = String::from_utf8(picture).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = origin.opened(|config| on_disk(config, folder.path())).await;
    for width in 20..24 {
        origin.get(&server, &format!("width={width}")).await;
    }
    server.state.close_cache().await;
    drop(server);
    let originals: Vec<_> = files(folder.path()).into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
    let written = |bytes: &[u8]| bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let (mut hits, mut misses) = (0, 0);
    for round in 0..24_usize {
        for (number, (bytes, path)) in originals.iter().enumerate() {
            if number % 3 == round % 3 {
                fs::write(path, bytes).unwrap();
                continue;
            }
            let (mut bytes, end) = (bytes.clone(), written(bytes));
            match round % 4 {
                // A bit here and there, in headers and in pictures; a hole; the end; another's bytes.
                0 => (0..end).skip(round * 37).step_by(9_001).for_each(|at| bytes[at] ^= 1 << (at % 8)),
                1 => bytes[end * round / 24..end * (round + 1) / 24].fill(0),
                2 => bytes.truncate(end * round / 24),
                _ => bytes[end / 3..end].rotate_left(end / 24 * (round / 4)),
            }
            fs::write(path, bytes).unwrap();
        }
        let server = origin.opened(|config| on_disk(config, folder.path())).await;
        for width in 20..24 {
            let (status, answer) = origin.get(&server, &format!("width={width}")).await;
            assert!(answer == body, "round {round}, width {width}: {status}: a wrong picture");
            *(if status == "HIT disk" { &mut hits } else { &mut misses }) += 1;
        }
        server.state.close_cache().await;
    }
    println!("damaged: {hits} were whole, {misses} were made anew");
    assert!(hits > 8 && misses > 24, "{hits} hits and {misses} misses: nothing was damaged, or everything");
}

#[tokio::test]
async fn a_full_disk_fails_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3m", "tintype-test"])
        .arg(folder.path())
        .output()
        .is_ok_and(|mount| mount.status.success());
    if !mounted {
        println!("no right to mount a small disk: it is tried with one of which nothing can be written");
        fs::create_dir_all(folder.path().join("records")).unwrap();
        for part in 0..=u8::MAX {
            std::os::unix::fs::symlink("/proc", folder.path().join(format!("records/{part:02x}"))).unwrap();
        }
    }
    let origin = Origin::new(&[("cache-control", "max-age=7200")]).await;
    origin.says(|answer| answer.body = vec![b'x'; 300_000]);
    let server = origin.opened(|config| on_disk(config, folder.path())).await;
    for number in 0..40 {
        let (status, body) = origin.get_name(&server, "width=20", &format!("{number}.jpg")).await;
        assert_eq!((status.as_str(), body.len()), ("MISS", 300_000), "{number}");
        server.state.cache().lower.settle().await;
    }
    server.state.close_cache().await;
    drop(server);
    let server = origin.opened(|config| on_disk(config, folder.path())).await;
    for number in 0..40 {
        let (_status, body) = origin.get_name(&server, "width=20", &format!("{number}.jpg")).await;
        assert_eq!(body.len(), 300_000, "{number}");
    }
    drop(server);
    if mounted {
        Command::new("umount").arg("-l").arg(folder.path()).status().unwrap();
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_told_at_the_start() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    let server = Server::with(|config| on_disk(config, &place.path().join("file/below")));
    let error = server.state.open_cache().await.unwrap_err().to_string();
    assert!(error.starts_with("cache.folder: "), "{error}");
}

fn in_bucket(config: &mut Config, bucket: &S3, database: &Postgres) {
    config.cache.shared = Some("s3://pictures/cache".parse().unwrap());
    let options = bucket.environment().into_iter();
    config.cache.shared_options =
        options.map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().into())).collect();
    config.hosted.database = Some(database.url().as_str().into());
}

async fn heard(servers: &[&Server]) {
    until("the log is read", async || servers.iter().all(|server| server.state.cache().log.name().is_some())).await;
}

#[tokio::test]
async fn servers_share_what_they_keep() {
    // It has a runtime of its own, which cannot begin inside of another.
    let bucket = std::thread::spawn(S3::start).join().unwrap();
    let database = Postgres::start();
    let objects = bucket.bucket("pictures");
    let origin = Origin::new(&[("cache-control", "max-age=7200")]).await;
    let one = origin.opened(|config| in_bucket(config, &bucket, &database)).await;
    let other = origin.opened(|config| in_bucket(config, &bucket, &database)).await;
    heard(&[&one, &other]).await;
    assert_eq!(origin.get(&one, "width=20").await, found("MISS", "one"));
    one.state.cache().lower.settle().await;
    assert_eq!(origin.get(&other, "width=20").await, found("HIT shared", "one"));
    assert_eq!(origin.get(&other, "width=20").await, found("HIT memory", "one"));
    assert_eq!(origin.get(&other, "width=21").await, found("MISS", "one"));
    assert_eq!((other.double.ran(), origin.asked()), (1, 1), "the source is shared too");

    // Objects that are not what was written.
    other.state.cache().lower.settle().await;
    for path in files(&objects) {
        let mut bytes = fs::read(&path).unwrap();
        bytes.last_mut().into_iter().for_each(|byte| *byte ^= 1);
        fs::write(path, bytes).unwrap();
    }
    let third = origin.opened(|config| in_bucket(config, &bucket, &database)).await;
    heard(&[&third]).await;
    assert_eq!(origin.get(&third, "width=20").await, found("MISS", "one"));

    // What is purged is not shared any more.
    third.state.cache().lower.settle().await;
    origin.says(|answer| answer.body = b"two".to_vec());
    assert_eq!(purge(&third, &format!(r#"{{"hosts":["{}"]}}"#, origin.address)).await, StatusCode::OK);
    let fourth = origin.opened(|config| in_bucket(config, &bucket, &database)).await;
    heard(&[&fourth]).await;
    assert_eq!(origin.get(&fourth, "width=20").await, found("MISS", "two"));

    // A store that is gone is an empty one.
    fourth.state.cache().lower.settle().await;
    drop(bucket);
    for width in 30..40 {
        assert_eq!(origin.get(&fourth, &format!("width={width}")).await, found("MISS", "two"));
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_waited_for_briefly() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let origin = Origin::new(&[("cache-control", "max-age=7200")]).await;
    let server = origin
        .opened(|config| {
            config.cache.shared = Some("s3://pictures".parse().unwrap());
            let options = [("aws_endpoint", endpoint.as_str()), ("aws_allow_http", "true"), ("aws_region", "x")];
            let keys = [("aws_access_key_id", "a"), ("aws_secret_access_key", "b")];
            let options = options.into_iter().chain(keys);
            config.cache.shared_options = options.map(|(name, value)| (name.to_owned(), value.into())).collect();
            config.cache.shared_timeout = Interval(Duration::from_millis(200));
            config.cache.folder = Some(folder.path().to_owned());
            config.cache.disk = ByteSize(0);
        })
        .await;
    let began = Instant::now();
    for width in 20..40 {
        assert_eq!(origin.get(&server, &format!("width={width}")).await, found("MISS", "one"));
    }
    let took = began.elapsed();
    println!("twenty results past a silent store took {took:?}");
    // Three are waited for, then it is left alone.
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn a_purge_reaches_every_server_and_waits_for_those_that_were_away() {
    let database = Postgres::start();
    let origin = Origin::new(&[("cache-control", "max-age=7200")]).await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = async |folder: &TempDir| {
        origin
            .opened(|config| {
                on_disk(config, folder.path());
                config.hosted.database = Some(database.url().as_str().into());
            })
            .await
    };
    let (one, other) = (server(&here).await, server(&there).await);
    heard(&[&one, &other]).await;
    let file = format!(r#"{{"files":["http://{}/a.jpg"]}}"#, origin.address);
    let fill = async |body: &str| {
        for server in [&one, &other] {
            assert_eq!(origin.get(server, "width=20").await, found("MISS", body));
            assert_eq!(origin.get(server, "width=20").await, found("HIT memory", body));
            assert_eq!(origin.get_name(server, "width=20", "b.jpg").await.1, "one", "never purged");
        }
    };
    fill("one").await;
    origin.says(|answer| answer.body = b"two".to_vec());
    assert_eq!(purge(&one, &file).await, StatusCode::OK);
    let key = |server: &Server| server.state.cache().held().results.1;
    let took = until("the other server is told", async || key(&other) == 1).await;
    println!("the other server knew of the purge after {took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    fill("two").await;

    // The database goes away. A purge that cannot be written down has not happened, and is not said to have.
    database.pause();
    origin.says(|answer| answer.body = b"three".to_vec());
    assert_eq!(purge(&one, &file).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(origin.get(&one, "width=20").await, found("HIT memory", "two"));
    database.resume();
    until("the database is there again", async || purge(&one, &file).await == StatusCode::OK).await;
    let took = until("the other server is told", async || key(&other) == 1).await;
    println!("after a restart of the database, the other server knew of the purge after {took:?}");
    fill("three").await;

    // A server that was not there when it was said: what it has on disk is purged too.
    other.state.close_cache().await;
    drop(other);
    origin.says(|answer| answer.body = b"four".to_vec());
    assert_eq!(purge(&one, &file).await, StatusCode::OK);
    let other = server(&there).await;
    heard(&[&other]).await;
    assert_eq!(origin.get_name(&other, "width=20", "b.jpg").await, found("HIT disk", "one"));
    assert_eq!(origin.get(&other, "width=20").await, found("MISS", "four"));

    // One that starts while the database is away uses nothing of its disk, and leaves it as it is.
    other.state.close_cache().await;
    drop(other);
    database.pause();
    let other = server(&there).await;
    assert_eq!(origin.get_name(&other, "width=20", "b.jpg").await, found("MISS", "four"));
    database.resume();
    heard(&[&other]).await;
    assert_eq!(origin.get_name(&other, "width=20", "b.jpg").await, found("HIT disk", "one"));
}
