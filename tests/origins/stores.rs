//! Sources from an object store that checks signatures: as a base, and by its name.

use std::{fs, time::Duration};

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use tintype_pixels::Size;
use tintype_server::{
    Config, Overrides,
    config::{ByteSize, Interval},
};
use tintype_testkit::{S3, files};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::Front;

fn picture(red: u8) -> Vec<u8> {
    files::png(Size::new(32, 24), move |x, y| [red, x as u8, y as u8, 255])
}

/// A configuration with the store `photos` at `endpoint`, which is a base too.
fn config(endpoint: &str, secret: &str, base: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tintype.toml");
    let toml = format!(
        "[origins]\nbase = [{base:?}]\n[origins.stores.photos]\nurl = \"s3://photos/public\"\n[origins.stores.photos.options]\n\
         endpoint = {endpoint:?}\nregion = \"us-east-1\"\naccess_key_id = {:?}\nsecret_access_key = {secret:?}\n",
        S3::ACCESS_KEY
    );
    fs::write(&path, toml).unwrap();
    Config::load(Some(&path), [].into_iter(), &Overrides::new()).unwrap()
}

async fn front(endpoint: &str, secret: &str, change: impl FnOnce(&mut Config)) -> Option<Front> {
    let told = config(endpoint, secret, "s3://photos/public");
    Front::start(&[("here.png", picture(9))], |config| {
        config.origins.base = told.origins.base;
        config.origins.stores = told.origins.stores;
        config.origins.timeout = Interval(Duration::from_secs(5));
        config.limits.source_bytes = ByteSize(100_000);
        change(config);
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_is_an_origin() {
    let server = S3::start();
    let bucket = server.bucket("photos");
    fs::create_dir_all(bucket.join("public/a b")).unwrap();
    fs::write(bucket.join("public/a b/ü.png"), picture(1)).unwrap();
    fs::write(bucket.join("public/large.png"), vec![0; 100_001]).unwrap();
    fs::write(bucket.join("secret.png"), picture(2)).unwrap();
    let ask = async |front: &Front, source: &str| {
        front.get(&format!("/cdn-cgi/image/width=8,format=png-force/{source}")).await
    };
    let Some(front) = front(&server.endpoint(), S3::SECRET_KEY, |_config| {}).await else { return };

    // As a base, behind the folder; and by name.
    assert_eq!(ask(&front, "here.png").await.status, 200);
    for source in ["a%20b/%C3%BC.png", "a%20b/%C3%BC.png?v=1", "@photos/a%20b/%C3%BC.png"] {
        let reply = ask(&front, source).await;
        assert_eq!(reply.status, 200, "{source}: {}", reply.text());
        // The store's validator is the result's.
        assert!(reply.header("etag").is_some_and(|tag| tag.contains("cf-") && tag.contains(':')), "{}", reply.head);
    }
    let outside =
        ["../secret.png", "%2e%2e/secret.png", "..%2fsecret.png", "@photos/../secret.png", "@photos/..%2Fsecret.png"];
    for source in outside.iter().chain(&["missing.png", "@photos/missing.png", "@photos/", "@other/a.png", "@photos"]) {
        let reply = ask(&front, source).await;
        assert_eq!((reply.status, reply.code()), (404, 9404), "{source}: {}", reply.text());
    }
    let reply = ask(&front, "@photos/large.png").await;
    assert_eq!((reply.status, reply.code()), (413, 9402), "{}", reply.text());
    front.assert_idle().await;
}

/// Nothing is fresh, so that every request asks the store.
fn always(config: &mut Config) {
    config.cache.min_age = Interval(Duration::ZERO);
    config.cache.default_age = Interval(Duration::ZERO);
}

const ASKED: &str = "/cdn-cgi/image/width=8,format=png-force/@photos/a.png";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_changes_is_another_picture() {
    let server = S3::start();
    let bucket = server.bucket("photos");
    fs::create_dir_all(bucket.join("public")).unwrap();
    fs::write(bucket.join("public/a.png"), picture(1)).unwrap();
    let Some(front) = front(&server.endpoint(), S3::SECRET_KEY, always).await else { return };
    let first = front.get(ASKED).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(front.get(ASKED).await.body, first.body);
    fs::write(bucket.join("public/a.png"), picture(200)).unwrap();
    let changed = front.get(ASKED).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.body, first.body, "the old picture of a new object");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_objects_validator_spares_reading_it_again() {
    // The S3 server of the tests knows no conditions.
    let object = axum::Router::new().fallback(async |headers: HeaderMap| {
        let own = [(header::ETAG, "\"v1\""), (header::LAST_MODIFIED, "Wed, 21 Oct 2026 07:28:00 GMT")];
        match headers.get(header::IF_NONE_MATCH) {
            Some(known) if known == "\"v1\"" => (StatusCode::NOT_MODIFIED, own).into_response(),
            _ => (own, picture(1)).into_response(),
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, object).await });
    let Some(front) = front(&endpoint, S3::SECRET_KEY, always).await else { return };
    let first = front.get(ASKED).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert!(first.header("etag").is_some_and(|tag| tag.ends_with(":v1\"")), "{}", first.head);
    let bytes = front.metric("tintype_source_bytes_total").await;
    let again = front.get(ASKED).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(front.metric("tintype_source_bytes_total").await, bytes, "it was read again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_refuses_or_fails_has_its_numbers() {
    let server = S3::start();
    server.bucket("photos");
    let Some(wrong) = front(&server.endpoint(), "wrong", |_config| {}).await else { return };
    let reply = wrong.get("/cdn-cgi/image/width=8/@photos/a.png").await;
    assert_eq!((reply.status, reply.code()), (403, 9408), "{}", reply.text());
    assert!(!reply.text().contains("photos") && !reply.text().contains(S3::ACCESS_KEY), "{}", reply.text());

    let table = [
        ("HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n", 502, 9509),
        ("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n", 429, 9408),
        ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", 502, 9519),
        ("HTTP/1.1 301 Moved\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n", 502, 9505),
        ("HTTP/1.1 403 Forbidden\r\ncontent-length: 99999999\r\n\r\n", 403, 9408),
        (
            "HTTP/1.1 200 OK\r\netag: \"a\"\r\nlast-modified: Wed, 21 Oct 2026 07:28:00 GMT\r\ncontent-length: 100\r\n\r\nonly",
            502,
            9402,
        ),
        (
            "HTTP/1.1 200 OK\r\netag: \"a\"\r\nlast-modified: Wed, 21 Oct 2026 07:28:00 GMT\r\ncontent-length: 100001\r\n\r\n",
            413,
            9402,
        ),
        ("", 502, 9402),
        ("not http\r\n\r\n", 502, 9505),
    ];
    for (answer, status, code) in table {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 8192];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let front = front(&endpoint, S3::SECRET_KEY, |_config| {}).await.unwrap();
        let reply = front.get("/cdn-cgi/image/width=8/@photos/a.png").await;
        assert_eq!((reply.status, reply.code()), (status, code), "{answer}: {}", reply.text());
    }
    let front = front("http://127.0.0.1:1", S3::SECRET_KEY, |_config| {}).await.unwrap();
    let reply = front.get("/cdn-cgi/image/width=8/@photos/a.png").await;
    assert_eq!((reply.status, reply.code()), (523, 9510), "{}", reply.text());
}
