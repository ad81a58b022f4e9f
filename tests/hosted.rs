//! Stored images with the whole engine: uploaded through the API, delivered in every way there is, looked at as pictures.
//!
//! What the API answers to the letter is tested in `crates/server/src/routes/hosted/tests.rs`, with an engine that answers a fixed
//! picture; what is delivered is tested here.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tintype_pixels::Size;
use tintype_server::Config;
use tintype_testkit::{Postgres, files};

use crate::{
    facade::decoded,
    http::{Answer, Server},
    workerd::listening,
};

/// Whose the images are.
pub(crate) const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "a-token-of-the-tests";

/// A server with stored images, and whoever has the token.
pub(crate) struct Hosting {
    pub(crate) server: Server,
    pub(crate) hash: String,
    _data: TempDir,
}

/// What a form has: names and contents. The file is called `picture.png`.
type Parts<'a> = &'a [(&'a str, &'a [u8])];

impl Hosting {
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Option<Self> {
        let data = tempfile::tempdir().unwrap();
        let server = Server::with(&[], |config| {
            config.hosted.data = Some(data.path().to_owned());
            config.hosted.account = serde_json::from_value(ACCOUNT.into()).unwrap();
            config.hosted.token = TOKEN.into();
            change(config);
        })?;
        server.state.open_images().await.unwrap();
        let mut hosting = Self { server, hash: String::new(), _data: data };
        // URLs of variants have it in front of the id.
        let image = hosting.upload(&[("file", &white(1, 1))]).await;
        let url = image["variants"][0].as_str().unwrap();
        hosting.hash = url.rsplit('/').nth(2).unwrap().to_owned();
        hosting.call("DELETE", &format!("/v1/{}", image["id"].as_str().unwrap()), Value::Null).await;
        Some(hosting)
    }

    /// Serves on a port of its own until the test ends.
    pub(crate) async fn listen(&self) -> SocketAddr {
        listening(self.server.router.clone()).await
    }

    /// A request of the API, which has to be answered well.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.sent(method, path, "application/json", body.into()).await
    }

    async fn upload(&self, parts: Parts<'_>) -> Value {
        self.sent("POST", "/v1", "multipart/form-data; boundary=XX", form(parts)).await
    }

    async fn sent(&self, method: &str, path: &str, content_type: &str, body: Vec<u8>) -> Value {
        let token = format!("Bearer {TOKEN}");
        let headers = [("authorization", &*token), ("host", "images.test"), ("content-type", content_type)];
        let path = format!("/client/v4/accounts/{ACCOUNT}/images{path}");
        let answer = self.server.send(method.parse().unwrap(), &path, &headers, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {path}: {}", answer.text());
        serde_json::from_slice::<Value>(&answer.body).unwrap()["result"].take()
    }

    /// Stores a picture under `id`, which it gives back.
    pub(crate) async fn picture(&self, id: &str) -> String {
        self.id(&[("file", &halves(40, 20)), ("id", id.as_bytes())]).await
    }

    /// Stores a picture, and gives back its id.
    pub(crate) async fn id(&self, parts: Parts<'_>) -> String {
        self.upload(parts).await["id"].as_str().unwrap().to_owned()
    }

    /// What is delivered below the account's hash.
    async fn deliver(&self, rest: &str) -> Answer {
        self.server.get(&format!("/{}/{rest}", self.hash)).await
    }

    async fn variant(&self, id: &str, options: Value, never_require_signed_urls: Value) {
        let body = json!({ "id": id, "options": options, "neverRequireSignedURLs": never_require_signed_urls });
        self.call("POST", "/v1/variants", body).await;
    }

    /// Lets options stand where variants do, and waits until that is known.
    async fn allow_flexible_variants(&self) {
        self.call("PATCH", "/v1/config", json!({ "flexible_variants": true })).await;
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    }
}

fn form(parts: Parts<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let file = if *name == "file" { "; filename=\"picture.png\"\r\nContent-Type: image/png" } else { "" };
        body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    body
}

fn white(width: u32, height: u32) -> Vec<u8> {
    files::png_rgb(Size::new(width, height), |_, _| [255; 3])
}

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> Vec<u8> {
    files::png_rgb(Size::new(width, height), |x, _| if x < width / 2 { [255, 0, 0] } else { [0, 0, 255] })
}

/// A good answer with a picture of this size.
#[track_caller]
fn shows(answer: &Answer, width: u32, height: u32) -> image::RgbImage {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let picture = decoded(&answer.body).into_rgb8();
    assert_eq!(picture.dimensions(), (width, height));
    picture
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: u16) {
    let text = answer.text();
    assert!(text.starts_with(&format!("ERROR {code}: ")), "{} {text}", answer.status);
    let expected = (status, format!("err={code}"));
    assert_eq!((answer.status.as_u16(), answer.header("cf-resized").to_owned()), expected, "{text}");
}

#[tokio::test]
async fn variants_are_pictures() {
    let Some(hosting) = Hosting::with(|_config| {}).await else { return };
    let id = hosting.id(&[("file", &halves(2000, 1000))]).await;
    // `public` is there from the start, and makes it smaller.
    let public = hosting.deliver(&format!("{id}/public")).await;
    let picture = shows(&public, 1366, 683);
    assert!(picture.get_pixel(300, 300).0[0] > 240 && picture.get_pixel(1000, 300).0[2] > 240);
    assert_eq!(public.header(header::CACHE_CONTROL), "public, max-age=172800, stale-while-revalidate=7200");
    hosting
        .variant("square", json!({"fit": "cover", "width": 50, "height": 50, "metadata": "none"}), Value::Null)
        .await;
    shows(&hosting.deliver(&format!("{id}/square")).await, 50, 50);
    // What is said later holds at once; what was delivered before is another's.
    hosting.call("PATCH", "/v1/variants/square", json!({"options": {"width": 30, "browser_ttl": 7200}})).await;
    let changed = hosting.deliver(&format!("{id}/square")).await;
    shows(&changed, 30, 15);
    assert_eq!(changed.header(header::CACHE_CONTROL), "public, max-age=7200, stale-while-revalidate=7200");
    hosting.call("PATCH", "/v1/config", json!({"browser_ttl": 4000})).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let public = hosting.deliver(&format!("{id}/public")).await;
    assert_eq!(public.header(header::CACHE_CONTROL), "public, max-age=4000, stale-while-revalidate=7200");
    let own = hosting.deliver(&format!("{id}/square")).await;
    assert_eq!(own.header(header::CACHE_CONTROL), "public, max-age=7200, stale-while-revalidate=7200");
    hosting.call("DELETE", "/v1/variants/square", Value::Null).await;
    refused(&hosting.deliver(&format!("{id}/square")).await, 404, 9431);
    hosting.call("DELETE", &format!("/v1/{id}"), Value::Null).await;
    refused(&hosting.deliver(&format!("{id}/public")).await, 404, 9431);
}

#[tokio::test]
async fn the_format_is_the_clients() {
    let Some(hosting) = Hosting::with(|_config| {}).await else { return };
    let id = hosting.id(&[("file", &halves(60, 40))]).await;
    let path = format!("/{}/{id}/public", hosting.hash);
    for (accept, expected) in [
        ("image/avif,image/webp,*/*", "image/avif"),
        ("image/webp,*/*", "image/webp"),
        // Nothing of it is transparent.
        ("*/*", "image/jpeg"),
        ("", "image/jpeg"),
    ] {
        let answer = hosting.server.send(Method::GET, &path, &[("accept", accept)], Body::empty()).await;
        assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (StatusCode::OK, expected), "{accept}");
        assert_eq!(answer.header(header::VARY), "Accept");
    }
    let head = hosting.server.send(Method::HEAD, &path, &[], Body::empty()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_ne!(head.header(header::CONTENT_LENGTH), "0");
}

#[tokio::test]
async fn options_stand_for_variants_where_that_is_allowed() {
    let Some(hosting) = Hosting::with(|_config| {}).await else { return };
    let id = hosting.id(&[("file", &halves(200, 100))]).await;
    let private = hosting.id(&[("file", &halves(200, 100)), ("requireSignedURLs", b"true")]).await;
    refused(&hosting.deliver(&format!("{id}/w=20")).await, 403, 9429);
    hosting.allow_flexible_variants().await;
    shows(&hosting.deliver(&format!("{id}/w=20")).await, 20, 10);
    shows(&hosting.deliver(&format!("{id}/w=20,h=20,fit=cover,sharpen=1")).await, 20, 20);
    refused(&hosting.deliver(&format!("{id}/w=20,format=mp4")).await, 400, 9401);
    refused(&hosting.deliver(&format!("{private}/w=20")).await, 403, 9425);
}

#[tokio::test]
async fn private_images_want_a_signature_that_holds() {
    let Some(hosting) = Hosting::with(|_config| {}).await else { return };
    let id = hosting.id(&[("file", &halves(200, 100)), ("requireSignedURLs", b"true")]).await;
    hosting.variant("small", json!({"width": 40}), Value::Null).await;
    hosting.variant("blurred", json!({"width": 40, "blur": 50}), json!(true)).await;
    let signed = async |body: Value| {
        let url = hosting.call("POST", &format!("/v1/{id}/signed_url"), body).await;
        url.as_str().unwrap().strip_prefix("http://images.test").unwrap().to_owned()
    };
    refused(&hosting.deliver(&format!("{id}/small")).await, 403, 9425);
    let url = signed(json!({"variant": "small", "expiresIn": 2})).await;
    let answer = hosting.server.get(&url).await;
    shows(&answer, 40, 20);
    let cache = answer.header(header::CACHE_CONTROL);
    assert!(["private, max-age=1", "private, max-age=2"].contains(&cache), "{cache}");
    // Below the prefix of one's own domain it is as good; for another variant it is not.
    shows(&hosting.server.get(&format!("/cdn-cgi/imagedelivery{url}")).await, 40, 20);
    refused(&hosting.server.get(&url.replace("/small?", "/public?")).await, 403, 9425);
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    refused(&hosting.server.get(&url).await, 403, 9425);
    let endless = signed(json!({"variant": "small"})).await;
    assert_eq!(hosting.server.get(&endless).await.header(header::CACHE_CONTROL), "private, max-age=3600");
    // The blurred one is for everybody.
    let blurred = hosting.deliver(&format!("{id}/blurred")).await;
    shows(&blurred, 40, 20);
    assert!(blurred.header(header::CACHE_CONTROL).starts_with("public, "));
    // An image that becomes public has another id; the old one is gone.
    let public = hosting.call("PATCH", &format!("/v1/{id}"), json!({"requireSignedURLs": false})).await;
    shows(&hosting.deliver(&format!("{}/small", public["id"].as_str().unwrap())).await, 40, 20);
    refused(&hosting.server.get(&endless).await, 404, 9431);
}

#[tokio::test]
async fn images_are_found_by_any_host_prefix_and_id() {
    let Some(hosting) = Hosting::with(|_config| {}).await else { return };
    for (id, written) in [
        ("plain", "plain"),
        ("albums/2026/a b.png", "albums/2026/a%20b.png"),
        ("50%/ü.png", "50%25/%C3%BC.png"),
        ("w=3/of/them", "w=3/of/them"),
    ] {
        let image = hosting.upload(&[("file", &halves(40, 20)), ("id", id.as_bytes())]).await;
        let url = image["variants"][0].as_str().unwrap();
        assert!(url.starts_with(&format!("http://images.test/{}/", hosting.hash)), "{url}");
        let path = format!("/{}/{written}/public", hosting.hash);
        for path in
            [path.clone(), format!("/cdn-cgi/imagedelivery{path}"), url["http://images.test".len()..].to_owned()]
        {
            for host in ["images.test", "imagedelivery.net", "shop.example:8443"] {
                let answer = hosting.server.send(Method::GET, &path, &[("host", host)], Body::empty()).await;
                shows(&answer, 40, 20);
            }
        }
    }
    // What an image is called is not what another is called.
    refused(&hosting.deliver("albums/2026/public").await, 404, 9431);
    refused(&hosting.server.get(&format!("/{}/plain/public", "x".repeat(22))).await, 403, 9427);
}

#[tokio::test]
async fn what_was_uploaded_directly_is_delivered() {
    let Some(hosting) = Hosting::with(|config| {
        config.hosted.delivery_url = Some("https://pictures.example/sub".parse().unwrap());
        config.hosted.upload_url = Some("https://upload.example".parse().unwrap());
    })
    .await
    else {
        return;
    };
    let announced = hosting.call("POST", "/v2/direct_upload", json!({"metadata": {"a": 1}})).await;
    let (id, url) = (announced["id"].as_str().unwrap(), announced["uploadURL"].as_str().unwrap());
    let path = url.strip_prefix("https://upload.example").unwrap();
    refused(&hosting.deliver(&format!("{id}/public")).await, 404, 9431);
    let headers = [("content-type", "multipart/form-data; boundary=XX")];
    let sent = hosting.server.send(Method::POST, path, &headers, form(&[("file", &halves(40, 20))])).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text());
    shows(&hosting.deliver(&format!("{id}/public")).await, 40, 20);
    let image = hosting.call("GET", &format!("/v1/{id}"), Value::Null).await;
    let variant = image["variants"][0].as_str().unwrap();
    assert!(
        variant.starts_with("https://pictures.example/sub/") && variant.ends_with(&format!("{id}/public")),
        "{variant}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_is_nobodys_mistake() {
    let postgres = Arc::new(tokio::task::spawn_blocking(Postgres::start).await.unwrap());
    let database = postgres.url();
    let Some(hosting) = Hosting::with(|config| config.hosted.database = Some(database.as_str().into())).await else {
        return;
    };
    let path = format!("{}/public", hosting.picture("kept").await);
    shows(&hosting.deliver(&path).await, 40, 20);
    let away = |answer: &Answer| {
        let text = answer.text();
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"), "{text}");
        assert!(!["127.0.0.1", "sql", "pool", "postgres"].iter().any(|inner| text.contains(inner)), "{text}");
    };

    // A restart in the middle of requests: they wait, or are to come again.
    let restarting = Arc::clone(&postgres);
    let restart = tokio::task::spawn_blocking(move || {
        restarting.pause();
        restarting.resume();
    });
    let mut n_delivered = 0;
    while !restart.is_finished() {
        let answer = hosting.deliver(&path).await;
        if answer.status == StatusCode::OK { n_delivered += 1 } else { away(&answer) }
    }
    restart.await.unwrap();
    assert!(n_delivered > 0);
    shows(&hosting.deliver(&path).await, 40, 20);

    // Away for longer than anybody waits.
    let pausing = Arc::clone(&postgres);
    tokio::task::spawn_blocking(move || pausing.pause()).await.unwrap();
    let token = format!("Bearer {TOKEN}");
    let (list, headers) = (format!("/client/v4/accounts/{ACCOUNT}/images/v2"), [("authorization", &*token)]);
    let listed = hosting.server.send(Method::GET, &list, &headers, Vec::new());
    let (delivered, listed) = tokio::join!(hosting.deliver(&path), listed);
    away(&delivered);
    away(&listed);
    let resuming = Arc::clone(&postgres);
    tokio::task::spawn_blocking(move || resuming.resume()).await.unwrap();
    shows(&hosting.deliver(&path).await, 40, 20);
    hosting.picture("another").await;
}
