//! The whole server with a whole engine: what a client sees. No sockets, but for the tests about sockets.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    routing::get,
};
use tempfile::TempDir;
use tintype::Tintype;
use tintype_pixels::Size;
use tintype_server::{AppState, Config, router};
use tintype_testkit::{engine, files};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::facade::{assert_shows, decoded, map};

pub(crate) const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pictures");

/// A server with a folder of sources.
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) state: AppState,
    /// Kept as long as the server.
    _folder: Option<TempDir>,
}

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// A server whose relative sources are in `root`.
pub(crate) fn state(engine: &Tintype, root: &Path, change: impl FnOnce(&mut Config)) -> AppState {
    let mut config = Config::default();
    config.origins.root = Some(root.to_owned());
    change(&mut config);
    AppState::with_engine(config, engine.clone()).unwrap()
}

/// Status, headers and body.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn all(&self, name: header::HeaderName) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

impl Server {
    /// With these sources.
    pub(crate) fn with(files: &[(&str, Vec<u8>)], change: impl FnOnce(&mut Config)) -> Option<Self> {
        Some(Self::with_engine(engine()?, files, change))
    }

    /// With these sources, and an engine of its own.
    pub(crate) fn with_engine(engine: &Tintype, files: &[(&str, Vec<u8>)], change: impl FnOnce(&mut Config)) -> Self {
        let folder = folder(files);
        let state = state(engine, folder.path(), change);
        Self { router: router(state.clone()), state, _folder: Some(folder) }
    }

    /// With the sample pictures.
    fn samples() -> Option<Self> {
        Self::on(Path::new(PICTURES), |_config| {})
    }

    fn on(root: &Path, change: impl FnOnce(&mut Config)) -> Option<Self> {
        Some(Self::on_engine(engine()?, root, change))
    }

    /// With the sources in a folder that stays, and an engine of its own.
    pub(crate) fn on_engine(engine: &Tintype, root: &Path, change: impl FnOnce(&mut Config)) -> Self {
        let state = state(engine, root, change);
        Self { router: router(state.clone()), state, _folder: None }
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send(Method::GET, uri, &[], Body::empty()).await
    }

    /// `options` and a source.
    pub(crate) async fn image(&self, options_and_source: &str) -> Answer {
        self.get(&format!("/cdn-cgi/image/{options_and_source}")).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        uri: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

const ACCEPTANCE: &str = "width=400,height=300,fit=cover,gravity=top,sharpen=1,format=webp/astronaut.jpg";

#[tokio::test]
async fn the_configurations_limits_hold_for_an_engine_that_was_there() {
    let limited = |config: &mut Config| config.limits.result_side = 100;
    let Some(server) = Server::on(Path::new(PICTURES), limited) else { return };
    assert_eq!(server.image("width=100/astronaut.jpg").await.status, StatusCode::OK);
    let answer = server.image("width=101/astronaut.jpg").await;
    assert_eq!((answer.status, answer.header("cf-resized")), (StatusCode::FORBIDDEN, "err=9413"), "{}", answer.text());
}

#[tokio::test]
async fn the_playground_explains_layers() {
    let Some(server) = Server::samples() else { return };
    let draw = "/playground/explain/width=200,draw=(url=logo.png,width=0.25)(text=Hello)";
    for source in ["source=astronaut.jpg", "width=512&height=512"] {
        let plan = server.get(&format!("{draw}?{source}")).await.text();
        assert!(plan.contains("50x50") && plan.lines().count() > 6, "{source}: {plan}");
    }
}

#[tokio::test]
async fn a_model_that_is_not_there_is_named() {
    let Some(server) = Server::samples() else { return };
    for uri in [
        "/cdn-cgi/image/width=20,upscale=generate/astronaut.jpg",
        "/cdn-cgi/image/width=20,draw=(url=logo.png,upscale=generate)/astronaut.jpg",
        "/image?url=astronaut.jpg&width=20&upscale=generate",
        "/playground/explain/width=20,upscale=generate?source=astronaut.jpg",
    ] {
        let answer = server.get(uri).await;
        assert_eq!((answer.status, answer.header("cf-resized")), (StatusCode::BAD_REQUEST, "err=9401"), "{uri}");
        let said = answer.text();
        assert!(said.contains("upscale=generate needs a model") && said.contains("not installed"), "{uri}: {said}");
    }
}

#[tokio::test]
async fn a_picture_is_made_of_a_url() {
    let Some(server) = Server::samples() else { return };
    let answer = server.image(ACCEPTANCE).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header(header::CONTENT_TYPE), "image/webp");
    assert_eq!(answer.header(header::CONTENT_LENGTH), answer.body.len().to_string());
    assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=14400");
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert!(answer.all(header::WARNING).is_empty(), "{:?}", answer.all(header::WARNING));
    let image = decoded(&answer.body);
    assert_eq!((image.width(), image.height()), (400, 300));

    let resized = answer.header("cf-resized");
    assert!(
        resized.starts_with("internal=ok/m ") && resized.ends_with(&format!(" l={}", answer.body.len())),
        "{resized}"
    );
    let timing = answer.header("server-timing");
    let parts: Vec<(&str, f64)> = timing
        .split(", ")
        .map(|part| part.split_once(";dur=").unwrap())
        .map(|(name, ms)| (name, ms.parse().unwrap()))
        .collect();
    let names: Vec<_> = parts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["fetch", "decode", "plan", "gpu", "encode", "total"], "{timing}");
    assert!(parts.iter().all(|(_, ms)| *ms > 0.0), "{timing}");
    let (total, sum) = (parts[5].1, parts[..5].iter().map(|(_, ms)| ms).sum::<f64>());
    assert!(sum <= total + 0.01, "the parts are no longer than the whole: {timing}");

    let head = server.send(Method::HEAD, &format!("/cdn-cgi/image/{ACCEPTANCE}"), &[], Body::empty()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::ETAG, header::CACHE_CONTROL] {
        assert_eq!(head.header(&name), answer.header(&name), "{name}");
    }
}

#[tokio::test]
async fn a_picture_the_client_has_is_not_sent_again() {
    let Some(server) = Server::samples() else { return };
    let uri = format!("/cdn-cgi/image/{ACCEPTANCE}");
    let tag = server.get(&uri).await.header(header::ETAG).to_owned();
    assert!(tag.starts_with("\"cf-"), "{tag}");
    for known in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}")] {
        let answer = server.send(Method::GET, &uri, &[("if-none-match", &known)], Body::empty()).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
        assert_eq!(answer.header(header::ETAG), tag);
    }
    let other = uri.replace("width=400", "width=401");
    let answer = server.send(Method::GET, &other, &[("if-none-match", &tag)], Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_ne!(answer.header(header::ETAG), tag);
}

#[tokio::test]
async fn the_client_decides_about_format_auto() {
    let Some(server) = Server::samples() else { return };
    let browser = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
    let table = [
        ("width=80,format=auto/coffee.jpg", browser, "image/avif", "Accept"),
        ("width=80,format=auto/coffee.jpg", "image/webp,*/*", "image/webp", "Accept"),
        ("width=80,format=auto/coffee.jpg", "*/*", "image/jpeg", "Accept"),
        ("width=80,format=auto/horse.png", "", "image/png", "Accept"),
        ("width=80,format=auto/coffee.jpg", "image/avif;q=0,image/webp", "image/webp", "Accept"),
        ("width=80/coffee.jpg", browser, "image/jpeg", ""),
        ("width=80,format=webp/coffee.jpg", "", "image/webp", ""),
    ];
    for (uri, accept, content_type, vary) in table {
        let headers = [("accept", accept)];
        let answer = server.send(Method::GET, &format!("/cdn-cgi/image/{uri}"), &headers, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let got = (answer.header(header::CONTENT_TYPE), answer.header(header::VARY));
        assert_eq!(got, (content_type, vary), "{uri} for {accept:?}");
    }
}

#[tokio::test]
async fn what_is_odd_is_warned_about() {
    let Some(server) = Server::samples() else { return };
    let table = [
        ("width=90,fit=cover/coffee.jpg", "cover fit mode needs both width and height"),
        ("width=1300,fit=contain,format=auto/coffee.jpg", "image too large for AVIF"),
        ("width=40,dpr=9/coffee.jpg", "dpr > 3 should never be used"),
        ("width=40,nosuch=1/coffee.jpg", "unknown option 'nosuch'"),
        ("width=40,height=abc/coffee.jpg", "height ignored"),
        ("width=40,width=50/coffee.jpg", "width is given more than once"),
    ];
    for (uri, text) in table {
        let headers = [("accept", "image/avif,image/webp")];
        let answer = server.send(Method::GET, &format!("/cdn-cgi/image/{uri}"), &headers, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let warnings = answer.all(header::WARNING);
        assert!(
            warnings.iter().any(|warning| warning.starts_with(&format!("cf-images 299 \"{text}"))),
            "{uri}: {warnings:?}"
        );
    }
}

#[tokio::test]
async fn errors_have_their_codes_and_tell_no_paths() {
    let sources = [
        ("small.png", map(Size::new(30, 20))),
        ("text.jpg", b"<!doctype html><p>not found".to_vec()),
        ("picture.tiff", b"II*\0\x08\0\0\0".to_vec()),
        ("cut.png", map(Size::new(30, 20))[..200].to_vec()),
        ("empty.jpg", Vec::new()),
        ("heavy.png", vec![0; 200_001]),
    ];
    let change = |config: &mut Config| config.limits.source_bytes = "200kB".parse().unwrap();
    let Some(server) = Server::with(&sources, change) else { return };
    let table = [
        ("width=1/", 403, 9419),
        ("/small.png", 400, 9401),
        ("format=mp4/small.png", 400, 9401),
        ("trim=20;0;0;0/small.png", 400, 9401),
        ("width=1/https://example.com/a.jpg", 403, 9401),
        ("width=1/missing.png", 404, 9404),
        ("width=1/../../etc/passwd", 404, 9404),
        ("width=1/%2e%2e/%2e%2e/etc/passwd", 404, 9404),
        ("width=1/heavy.png", 413, 9402),
        ("width=10001,height=10000,fit=squeeze/small.png", 403, 9413),
        ("width=12001,fit=contain/small.png", 403, 9413),
        ("width=1/text.jpg", 415, 9412),
        ("width=1/empty.jpg", 415, 9412),
        ("width=1/picture.tiff", 415, 9520),
        ("width=1/cut.png", 422, 9516),
    ];
    for (uri, status, code) in table {
        let answer = server.image(uri).await;
        let text = answer.text();
        assert_eq!(answer.status.as_u16(), status, "{uri}: {text}");
        assert!(text.starts_with(&format!("ERROR {code}: ")) && text.ends_with('\n'), "{uri}: {text}");
        assert_eq!(answer.header("cf-resized"), format!("err={code}"), "{uri}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/plain; charset=utf-8", "{uri}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{uri}");
        let everything = format!("{text}{:?}", answer.headers);
        for secret in [std::env::temp_dir().to_str().unwrap(), "/root", "/home", env!("CARGO_MANIFEST_DIR"), ".rs:"] {
            assert!(!everything.contains(secret), "{uri}: {everything}");
        }
    }
    assert_eq!(server.image("width=1/small.png").await.status, StatusCode::OK);
}

#[tokio::test]
async fn names_say_nothing_about_formats() {
    let sources =
        [("picture.jpg", map(Size::new(60, 40))), ("one.gif", files::png(Size::new(1, 1), |_, _| [1, 2, 3, 255]))];
    let Some(server) = Server::with(&sources, |_config| {}) else { return };
    let answer = server.image("width=30,format=png-force/picture.jpg").await;
    assert_shows(
        &decoded(&answer.body).into_rgba8(),
        (0, 0, 30, 20),
        ((0.0, 1.0), (0.0, 1.0)),
        4.0,
        "a PNG named JPEG",
    );
    let answer = server.image("width=30,format=png-force/one.gif").await;
    let image = decoded(&answer.body).into_rgba8();
    assert_eq!((image.dimensions(), image.get_pixel(0, 0).0), ((1, 1), [1, 2, 3, 255]));
}

#[tokio::test]
async fn health_and_pages_are_served() {
    let Some(server) = Server::samples() else { return };
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    let ready: serde_json::Value = serde_json::from_slice(&server.get("/readyz").await.body).unwrap();
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["software"], engine().unwrap().caps().is_software);
    assert_eq!(ready["adapter"], engine().unwrap().caps().name);

    for (uri, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/playground/playground.css", "text/css; charset=utf-8"),
        ("/playground/playground.js", "text/javascript; charset=utf-8"),
    ] {
        let answer = server.get(uri).await;
        assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (StatusCode::OK, content_type), "{uri}");
        assert!(answer.body.len() > 500, "{uri}");
    }
    let options: serde_json::Value =
        serde_json::from_slice(&server.get("/playground/options.json").await.body).unwrap();
    let names: Vec<_> = options.as_array().unwrap().iter().map(|option| option["name"].as_str().unwrap()).collect();
    for name in ["width", "height", "fit", "gravity", "format", "quality", "sharpen", "blur"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let samples: Vec<String> = serde_json::from_slice(&server.get("/playground/samples.json").await.body).unwrap();
    assert_eq!(samples, ["astronaut.jpg", "chelsea.png", "coffee.jpg", "horse.png", "logo.png", "rocket.jpg"]);
    assert_eq!(server.get("/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_playground_transforms_and_explains() {
    let Some(server) = Server::samples() else { return };
    let uri = "/playground/transform/width=30,format=png-force";
    let answer = server.send(Method::POST, uri, &[], map(Size::new(60, 40))).await;
    assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (StatusCode::OK, "image/png"));
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    assert_eq!((decoded(&answer.body).width(), decoded(&answer.body).height()), (30, 20));
    let plan = server.get("/playground/explain/width=100,blur=3?source=coffee.jpg").await.text();
    for line in ["decode", "jpeg 600x400", "resize", "blur", "pack", "encode", "peak"] {
        assert!(plan.contains(line), "{line} is not in\n{plan}");
    }
    let imagined = server.get("/playground/explain/width=100?width=8000&height=6000").await;
    assert!(imagined.text().contains("8000x6000"), "{}", imagined.text());
}

#[tokio::test]
async fn pictures_of_another_server_go_through_over_real_sockets() {
    // An origin with one picture, and with a tag; this server asks it and is itself asked, both over TCP.
    let picture = map(Size::new(240, 160));
    let tagged = |bytes: Vec<u8>| {
        let headers =
            [(header::CONTENT_TYPE, "image/png"), (header::ETAG, "\"v7\""), (header::CACHE_CONTROL, "max-age=60")];
        (headers, bytes)
    };
    let answer = tagged(picture);
    let origin = Router::new().route("/media/picture.png", get(async move || answer.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, origin).await });

    let empty = tempfile::tempdir().unwrap();
    let server = Server::on(empty.path(), |config| {
        config.origins.base = vec![format!("http://{at}/media").parse().unwrap()];
        config.origins.allow = vec![at.to_string().parse().unwrap()];
    });
    let Some(Server { router, .. }) = server else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });

    for source in ["picture.png".to_owned(), format!("http://{at}/media/picture.png")] {
        let path = format!("/cdn-cgi/image/width=60,height=60,fit=cover,gravity=left,format=png-force/{source}");
        let (head, body) = tokio::task::spawn_blocking(move || over_tcp(front, &path)).await.unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{source}: {head}");
        assert!(head.contains("etag: \"cf-") && head.contains(":v7\"\r\n"), "{source}: {head}");
        assert!(head.contains("cache-control: public, max-age=3600\r\n"), "{source}: {head}");
        assert!(head.contains("cf-images 299 \"cache-control is too restrictive\""), "{source}: {head}");
        let image = decoded(&body).into_rgba8();
        assert_eq!(image.dimensions(), (60, 60));
        assert_shows(&image, (0, 0, 60, 60), ((0.0, 2.0 / 3.0), (0.0, 1.0)), 2.0, &source);
    }
    let (head, _) =
        tokio::task::spawn_blocking(move || over_tcp(front, "/cdn-cgi/image/width=1/missing.png")).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 404 ") && head.contains("cf-resized: err=9404\r\n"), "{head}");
}

/// One request, read to the end: the head as text, and the body.
pub(crate) fn over_tcp(address: std::net::SocketAddr, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    (String::from_utf8_lossy(&answer[..end + 2]).into_owned(), answer[end + 4..].to_vec())
}
