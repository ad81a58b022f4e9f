//! The server from the outside, with an engine that answers a fixed picture.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::{HeaderMap, Method, Request, StatusCode, header};
use tintype::codecs::{Bound, CodecError};
use tintype::engine::gpu::Counters;
use tintype::engine::{GpuError, plan};
use tintype::{Policy, Timings};
use tintype_options::Warning;
use tintype_pixels::{ImageFormat, ImageInfo, Layout, Orientation, Size, SourceColor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::admission::Needs;
use crate::compose::Composition;
use crate::config::{ByteSize, Config, Interval};
use crate::connections::{self, Patience};
use crate::engine::{self, Accepts, Engine, Rendered, Report, TransformError};
use crate::{AppState, router};

/// What the double answers: the beginning of a JPEG.
pub(crate) const PICTURE: &[u8] = b"\xff\xd8\xff\xe0picture";

/// An engine that does what the source's first line says: `fault:…`, `panic`, `wait`, `large`; else answers [`PICTURE`].
#[derive(Debug, Default)]
pub(crate) struct Double {
    released: Mutex<bool>,
    release: Condvar,
    ran: Mutex<usize>,
    lost: Mutex<bool>,
    until: Mutex<Option<Instant>>,
}

impl Double {
    pub(crate) fn release(&self) {
        *self.released.lock().unwrap() = true;
        self.release.notify_all();
    }

    /// Until when the last picture was of use.
    pub(crate) fn until(&self) -> Option<Instant> {
        *self.until.lock().unwrap()
    }

    pub(crate) fn ran(&self) -> usize {
        *self.ran.lock().unwrap()
    }
}

fn info(bytes: &[u8]) -> ImageInfo {
    ImageInfo {
        format: ImageFormat::Jpeg,
        file_size: bytes.len() as u64,
        size: Size::new(200, 100),
        orientation: Orientation::Upright,
        layout: Layout::RGB8,
        alpha: false,
        frames: 1,
        color: SourceColor::srgb(),
        exif: None,
        xmp: None,
        icc: None,
        jpeg: None,
    }
}

impl Engine for Double {
    fn report(&self) -> Report {
        Report { adapter: "double".into(), backend: "none".into(), software: true }
    }

    fn counters(&self) -> Counters {
        Counters { pipelines: 46, textures: 3, buffers: 4, held_bytes: 5000, reserved_bytes: 700, limit_bytes: 9000 }
    }

    fn is_lost(&self) -> bool {
        *self.lost.lock().unwrap()
    }

    fn lose(&self) {
        *self.lost.lock().unwrap() = true;
    }

    fn probe(&self, bytes: &[u8]) -> Result<ImageInfo, TransformError> {
        Ok(info(bytes))
    }

    fn explain(&self, info: &ImageInfo, request: &engine::Request) -> Result<String, TransformError> {
        tintype::explain(info, request, &Policy::default(), plan::Device::default())
    }

    fn explain_composition(&self, info: &ImageInfo, composition: Composition) -> Result<String, TransformError> {
        let layers: Vec<_> = composition.parts[1..].iter().map(|part| String::from_utf8_lossy(part)).collect();
        Ok(format!("{} with {}\n", info.size, layers.join("+")))
    }

    fn stall(&self, _seconds: f32) {}

    fn transform(&self, bytes: &[u8], request: &engine::Request, until: Instant) -> Result<Rendered, TransformError> {
        *self.until.lock().unwrap() = Some(until);
        *self.ran.lock().unwrap() += 1;
        let mut answer = PICTURE.to_vec();
        let told = bytes.strip_prefix(b"lose:").inspect(|_| self.lose());
        match told.unwrap_or(bytes) {
            b"panic" => panic!("the secret of the matter"),
            b"fault:source" => {
                return Err(CodecError::Damaged {
                    format: ImageFormat::Jpeg,
                    detail: "the secret of the matter".into(),
                }
                .into());
            }
            b"fault:unsupported" => return Err(CodecError::UnknownFormat { start: "secret".into() }.into()),
            b"fault:too-large" => return Err(CodecError::TooLarge { what: Bound::AreaPx, value: 2, limit: 1 }.into()),
            b"fault:busy" => return Err(GpuError::Lost("the secret of the matter".into()).into()),
            b"fault:internal" => return Err(GpuError::Refused("the secret of the matter".into()).into()),
            b"large" => answer.resize(8 << 20, 7),
            b"wait" => {
                let released = self.released.lock().unwrap();
                drop(self.release.wait_while(released, |released| !*released).unwrap());
            }
            _ => {}
        }
        self.answered(bytes, answer, request.accepts)
    }

    fn compose(&self, composition: Composition, _until: Instant) -> Result<Rendered, TransformError> {
        *self.ran.lock().unwrap() += 1;
        let answer = composition.parts.join(&b"+"[..]);
        self.answered(&composition.parts[0], answer, composition.accepts)
    }
}

impl Double {
    fn answered(&self, bytes: &[u8], answer: Vec<u8>, accepts: Accepts) -> Result<Rendered, TransformError> {
        let content_type = match (accepts.avif, accepts.webp) {
            (true, _) => "image/avif",
            (false, true) => "image/webp",
            (false, false) => "image/jpeg",
        };
        let ms = Duration::from_millis;
        Ok(Rendered {
            bytes: answer,
            content_type,
            size: Size::new(20, 10),
            original: Some(info(bytes)),
            warnings: vec![Warning::TooLargeForAvif],
            timings: Timings { decode: ms(1), plan: ms(2), gpu: ms(3), encode: ms(4), total: ms(10) },
            plan: String::new(),
        })
    }
}

/// A server with a folder of sources.
pub(crate) struct Server {
    pub(crate) state: AppState,
    pub(crate) double: Arc<Double>,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::with(|_config| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            "panic",
            "fault:source",
            "fault:unsupported",
            "fault:too-large",
            "fault:busy",
            "fault:internal",
            "wait",
            "large",
        ];
        for name in files {
            std::fs::write(folder.path().join(name.replace(':', "-") + ".jpg"), name).unwrap();
        }
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("a.jpg"), "picture").unwrap();
        std::fs::write(folder.path().join("sub/b c.jpg"), "picture").unwrap();
        std::fs::write(folder.path().join("big.jpg"), [0; 2000]).unwrap();
        let mut config = Config::default();
        config.origins.root = Some(folder.path().to_owned());
        config.limits.source_bytes = ByteSize(1000);
        change(&mut config);
        let state = AppState::new(config).unwrap();
        let double = Arc::new(Double::default());
        state.set_engine(Arc::clone(&double) as Arc<dyn Engine>);
        Self { state, double, _folder: folder }
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self._folder.path()
    }

    async fn send(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        router(self.state.clone()).oneshot(request.body(body.into()).unwrap()).await.unwrap()
    }

    pub(crate) async fn post(&self, uri: &str) -> StatusCode {
        self.send(Method::POST, uri, &[], Body::empty()).await.status()
    }

    pub(crate) async fn get(&self, uri: &str) -> (StatusCode, HeaderMap, String) {
        self.get_with(uri, &[]).await
    }

    pub(crate) async fn get_with(&self, uri: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
        read(self.send(Method::GET, uri, headers, Body::empty()).await).await
    }
}

pub(crate) fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> &str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

async fn read(response: Response) -> (StatusCode, HeaderMap, String) {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn a_picture_has_the_documented_headers() {
    let server = Server::new();
    let (status, headers, body) = server.get("/cdn-cgi/image/width=20,fit=cover,nosuch=1/a.jpg").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body.as_bytes(), String::from_utf8_lossy(PICTURE).as_bytes());
    assert_eq!(headers[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(headers[header::CONTENT_LENGTH], PICTURE.len().to_string());
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=14400");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none';"));
    assert!(!headers.contains_key(header::VARY));
    assert!(headers[header::ETAG].to_str().unwrap().starts_with("\"cf-"));

    let resized = headers["cf-resized"].to_str().unwrap();
    let fields: Vec<_> = resized.split(' ').map(|field| field.split('=').next().unwrap()).collect();
    assert_eq!(fields, ["internal", "q", "n", "c", "v", "l"], "{resized}");
    assert!(resized.starts_with("internal=ok/m q=0 n=") && resized.contains(" c=10 "), "{resized}");
    assert!(resized.ends_with(&format!(" l={}", PICTURE.len())), "{resized}");

    let timing = headers["server-timing"].to_str().unwrap();
    let names: Vec<_> = timing.split(", ").map(|part| part.split(";dur=").next().unwrap()).collect();
    assert_eq!(names, ["fetch", "decode", "plan", "gpu", "encode", "total"], "{timing}");
    assert!(timing.contains("gpu;dur=3.000"), "{timing}");

    let warnings: Vec<_> = headers.get_all(header::WARNING).iter().map(|value| value.to_str().unwrap()).collect();
    assert!(warnings.contains(&"cf-images 299 \"image too large for AVIF\""), "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.contains("nosuch")), "{warnings:?}");
    assert!(warnings.iter().all(|warning| warning.starts_with("cf-images 299 \"") && warning.ends_with('"')));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::new();
    let response = server.send(Method::HEAD, "/cdn-cgi/image/width=20/a.jpg", &[], Body::empty()).await;
    let (status, headers, body) = read(response).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
    assert_eq!(headers[header::CONTENT_LENGTH], PICTURE.len().to_string());
    assert_eq!(headers[header::CONTENT_TYPE], "image/jpeg");
    let response = server.send(Method::POST, "/cdn-cgi/image/width=20/a.jpg", &[], Body::empty()).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_way_to_fail_has_its_status_and_code() {
    let server = Server::with(|config| {
        config.origins.allow = vec!["allowed.test".parse().unwrap()];
        config.limits.url_bytes = ByteSize(500);
    });
    let long = format!("/cdn-cgi/image/width=1/{}", "a".repeat(600));
    let table = [
        ("/cdn-cgi/image/", 403, 9419),
        ("/cdn-cgi/image", 403, 9419),
        ("/cdn-cgi/image/width=1", 403, 9419),
        ("/cdn-cgi/image/width=1/", 403, 9419),
        ("/cdn-cgi/image//a.jpg", 400, 9401),
        ("/cdn-cgi/image/width/a.jpg", 400, 9401),
        ("/cdn-cgi/image/format=mp4/a.jpg", 400, 9401),
        ("/cdn-cgi/image/width=1/ftp://allowed.test/a.jpg", 403, 9406),
        ("/cdn-cgi/image/width=1/https://other.test/a.jpg", 403, 9401),
        ("/cdn-cgi/image/width=1/https://user@allowed.test/a.jpg", 403, 9406),
        (long.as_str(), 414, 9419),
        ("/cdn-cgi/image/width=1/missing.jpg", 404, 9404),
        ("/cdn-cgi/image/width=1/../a.jpg", 404, 9404),
        ("/cdn-cgi/image/width=1/%2e%2e/etc/passwd", 404, 9404),
        ("/cdn-cgi/image/width=1/sub", 404, 9404),
        ("/cdn-cgi/image/width=1/big.jpg", 413, 9402),
        ("/cdn-cgi/image/width=1/fault-source.jpg", 422, 9516),
        ("/cdn-cgi/image/width=1/fault-unsupported.jpg", 415, 9412),
        ("/cdn-cgi/image/width=1/fault-too-large.jpg", 403, 9413),
        ("/cdn-cgi/image/width=1/fault-busy.jpg", 503, 9522),
        ("/cdn-cgi/image/width=1/fault-internal.jpg", 500, 9517),
        ("/cdn-cgi/image/width=1/panic.jpg", 500, 9517),
    ];
    for (uri, status, code) in table {
        let (actual, headers, body) = server.get(uri).await;
        assert_eq!(actual.as_u16(), status, "{uri}: {body}");
        assert!(body.starts_with(&format!("ERROR {code}: ")), "{uri}: {body}");
        assert_eq!(headers["cf-resized"], format!("err={code}"), "{uri}");
        assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8", "{uri}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{uri}");
        assert_eq!(headers.contains_key(header::RETRY_AFTER), status == 503, "{uri}");
        assert!(status < 500 || !body.contains("secret"), "{uri}: {body}");
        assert!(!body.contains("/tmp"), "{uri}: {body}");
    }
    // A panic has not cost the place of the job.
    assert_eq!(server.get("/cdn-cgi/image/width=1/a.jpg").await.0, StatusCode::OK);
}

#[tokio::test]
async fn loops_are_cut() {
    let server = Server::new();
    for via in ["1.1 tintype (image-resizing)", "1.1 a, 2 Image-Resizing"] {
        let (status, headers, _body) = server.get_with("/cdn-cgi/image/width=1/a.jpg", &[("via", via)]).await;
        assert_eq!((status.as_u16(), &headers["cf-resized"]), (508, &"err=9403".parse().unwrap()), "{via}");
    }
    let (status, _headers, _body) = server.get_with("/cdn-cgi/image/width=1/a.jpg", &[("via", "1.1 varnish")]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn the_source_is_read_raw() {
    let server = Server::new();
    for source in ["sub/b%20c.jpg", "/sub/b%20c.jpg", "sub%2Fb%20c.jpg", "sub/b%20c.jpg?v=1"] {
        let (status, _headers, body) = server.get(&format!("/cdn-cgi/image/width=1/{source}")).await;
        assert_eq!(status, StatusCode::OK, "{source}: {body}");
    }
}

#[tokio::test]
async fn accept_decides_only_with_format_auto() {
    let server = Server::new();
    let accept = [("accept", "image/avif,image/webp,*/*;q=0.8")];
    let (_status, headers, _body) = server.get_with("/cdn-cgi/image/format=auto/a.jpg", &accept).await;
    assert_eq!((text(&headers, header::CONTENT_TYPE), text(&headers, header::VARY)), ("image/avif", "Accept"));
    let avif_tag = headers[header::ETAG].clone();
    let (_status, headers, _body) = server.get("/cdn-cgi/image/format=auto/a.jpg").await;
    assert_eq!(headers[header::CONTENT_TYPE], "image/jpeg");
    assert_ne!(headers[header::ETAG], avif_tag);
}

#[tokio::test]
async fn layers_come_from_where_sources_come_from() {
    let server = Server::with(|config| config.origins.allow = vec!["127.0.0.1:1".parse().unwrap()]);
    std::fs::write(server._folder.path().join("b.png"), "layer").unwrap();
    let (status, headers, body) = server.get("/cdn-cgi/image/draw=(url=b.png)(url=b.png)(url=large.jpg)/a.jpg").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "picture+layer+large"));
    let tag = text(&headers, header::ETAG).to_owned();
    let table = [
        ("draw=(url=missing.png)", 404, 9404),
        ("draw=(url=b.png,draw=(url=missing.png))", 404, 9404),
        ("draw=(text=a,font=missing.ttf)", 404, 9404),
        ("draw=(url=big.jpg)", 413, 9402),
        ("draw=(url=https://other.test/a.png)", 403, 9401),
        ("draw=(url=http://127.0.0.1:1/a.png)", 523, 9510),
        ("draw=(url=..%2f..%2fetc%2fpasswd)", 404, 9404),
        ("draw=(opacity=1)", 400, 9401),
    ];
    for (options, status, code) in table {
        let (actual, headers, body) = server.get(&format!("/cdn-cgi/image/{options}/a.jpg")).await;
        assert_eq!((actual.as_u16(), text(&headers, "cf-resized")), (status, format!("err={code}").as_str()), "{body}");
        assert!(body.starts_with(&format!("ERROR {code}: draw: ")), "{body}");
    }
    // The client's copy is good as long as every part of it is.
    let uri = "/cdn-cgi/image/draw=(url=b.png)(url=b.png)(url=large.jpg)/a.jpg";
    let known = [("if-none-match", tag.as_str())];
    assert_eq!(server.get_with(uri, &known).await.0, StatusCode::NOT_MODIFIED);
    std::fs::write(server._folder.path().join("b.png"), "another layer").unwrap();
    assert_eq!(server.get_with(uri, &known).await.0, StatusCode::OK);
}

#[tokio::test]
async fn layers_count_towards_the_memory() {
    let server = Server::with(|config| config.limits.memory = ByteSize(3000));
    std::fs::write(server._folder.path().join("b.png"), [0; 900]).unwrap();
    std::fs::write(server._folder.path().join("c.png"), [0; 900]).unwrap();
    std::fs::write(server._folder.path().join("d.png"), [0; 900]).unwrap();
    std::fs::write(server._folder.path().join("e.png"), [0; 900]).unwrap();
    let fits = "/cdn-cgi/image/draw=(url=b.png)(url=c.png)(url=b.png)/a.jpg";
    assert_eq!(server.get(fits).await.0, StatusCode::OK);
    let (status, headers, _) = server.get("/cdn-cgi/image/draw=(url=b.png)(url=c.png)(url=d.png)/e.png").await;
    assert_eq!((status.as_u16(), text(&headers, "cf-resized")), (503, "err=9527"));
    assert_eq!(server.get(fits).await.0, StatusCode::OK, "what was held is given back");
}

#[tokio::test]
async fn answers_say_which_hints_decided() {
    let server = Server::new();
    let of = async |options: &str, hints: &[(&str, &str)]| {
        let (status, headers, body) = server.get_with(&format!("/cdn-cgi/image/{options}/a.jpg"), hints).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        headers
    };
    let viewport = |width| [("sec-ch-viewport-width", width), ("host", "img.test")];
    let headers = of("w=auto,f=auto", &viewport("500")).await;
    assert_eq!(headers[header::VARY], "Accept, sec-ch-viewport-width, sec-ch-dpr");
    assert_eq!(headers["accept-ch"], "sec-ch-viewport-width, sec-ch-dpr");
    assert_eq!(headers["critical-ch"], "sec-ch-viewport-width, sec-ch-dpr");
    assert!(text(&headers, "permissions-policy").contains("\"https://img.test\""), "{headers:?}");
    // What was decided is a part of the tag, the hint itself is not.
    let tag = async |options: &str, hints: &[(&str, &str)]| of(options, hints).await[header::ETAG].clone();
    assert_eq!(tag("w=auto", &viewport("500")).await, tag("w=768", &[]).await);
    assert_eq!(tag("w=auto", &viewport("500")).await, tag("w=auto", &viewport("700")).await);
    assert_ne!(tag("w=auto", &viewport("500")).await, tag("w=auto", &viewport("900")).await);
    let slow = of("scq=30", &[("save-data", "on")]).await;
    assert_eq!(slow[header::VARY], "rtt, save-data, ect, downlink");
    assert_eq!(slow[header::ETAG], tag("q=30", &[]).await);
    let plain = of("w=1", &viewport("500")).await;
    assert!(!plain.contains_key(header::VARY) && !plain.contains_key("accept-ch"));
}

#[tokio::test]
async fn an_unchanged_picture_is_not_made_again() {
    let server = Server::new();
    let uri = "/cdn-cgi/image/width=1/a.jpg";
    let (_status, headers, _body) = server.get(uri).await;
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    let known = [("if-none-match", tag.as_str())];
    let (status, headers, body) = server.get_with(uri, &known).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(headers[header::ETAG], tag);
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=14400");
    assert_eq!(server.double.ran(), 1);
    assert_eq!(server.get_with("/cdn-cgi/image/width=2/a.jpg", &known).await.0, StatusCode::OK);
    std::fs::write(server._folder.path().join("a.jpg"), "another picture").unwrap();
    assert_eq!(server.get_with(uri, &known).await.0, StatusCode::OK);
    assert_eq!(server.double.ran(), 3);
}

#[tokio::test]
async fn onerror_leads_to_the_source_but_never_elsewhere() {
    let server = Server::with(|config| config.origins.allow = vec!["127.0.0.1:1".parse().unwrap()]);
    let table = [
        ("fault-source.jpg", 307, Some("/fault-source.jpg")),
        ("missing.jpg?v=1", 307, Some("/missing.jpg?v=1")),
        ("//missing.jpg", 307, Some("/missing.jpg")),
        ("%5C%5Cevil.test/a.jpg", 307, Some("/%5C%5Cevil.test/a.jpg")),
        ("http://127.0.0.1:1/a.jpg", 307, Some("http://127.0.0.1:1/a.jpg")),
        ("https://evil.test/a.jpg", 403, None),
        ("ftp://evil.test/a.jpg", 403, None),
    ];
    for (source, status, location) in table {
        let (actual, headers, body) = server.get(&format!("/cdn-cgi/image/onerror=redirect,width=1/{source}")).await;
        let to = headers.get(header::LOCATION).map(|value| value.to_str().unwrap());
        assert_eq!((actual.as_u16(), to), (status, location), "{source}: {body}");
        assert!(headers["cf-resized"].to_str().unwrap().starts_with("err="), "{source}");
    }
}

#[tokio::test]
async fn a_third_request_is_refused_at_once() {
    let server = Server::with(|config| (config.server.jobs, config.server.queue) = (1, 1));
    let waiting = |uri: &str| {
        let request = Request::builder().uri(uri).body(Body::empty()).unwrap();
        tokio::spawn(router(server.state.clone()).oneshot(request))
    };
    let (first, second) = (waiting("/cdn-cgi/image/width=1/wait.jpg"), waiting("/cdn-cgi/image/width=2/wait.jpg"));
    let uri = "/cdn-cgi/image/width=3/wait.jpg";
    while !server.state.admission().is_full(Needs::Pixels) {
        tokio::task::yield_now().await;
    }
    let mut quickest = Duration::MAX;
    for _ in 0..20 {
        let started = Instant::now();
        let (status, headers, body) = server.get(uri).await;
        quickest = quickest.min(started.elapsed());
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
        assert_eq!((text(&headers, header::RETRY_AFTER), text(&headers, "cf-resized")), ("1", "err=9522"));
    }
    // The quickest, because this machine may be busy with other things too.
    assert!(quickest < Duration::from_millis(5), "{quickest:?}");
    assert_eq!(server.get("/healthz").await.0, StatusCode::OK);
    server.double.release();
    for admitted in [first, second] {
        assert_eq!(admitted.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(server.get("/cdn-cgi/image/width=1/a.jpg").await.0, StatusCode::OK);
}

#[tokio::test]
async fn waiting_has_an_end() {
    let server = Server::with(|config| {
        (config.server.jobs, config.server.queue) = (1, 1);
        config.server.timeout = Interval(Duration::from_millis(100));
    });
    let request = Request::builder().uri("/cdn-cgi/image/width=1/wait.jpg").body(Body::empty()).unwrap();
    let first = tokio::spawn(router(server.state.clone()).oneshot(request));
    while server.double.ran() == 0 {
        tokio::task::yield_now().await;
    }
    let (status, _headers, body) = server.get("/cdn-cgi/image/width=2/wait.jpg").await;
    assert_eq!((status.as_u16(), body.starts_with("ERROR 9529: ")), (504, true), "{body}");
    let first = first.await.unwrap().unwrap().status();
    server.double.release();
    assert_eq!(first, StatusCode::GATEWAY_TIMEOUT, "nobody waits for what runs either");
}

#[tokio::test]
async fn health_is_answered_before_the_engine_is_there() {
    let state = AppState::new(Config::default()).unwrap();
    let get = async |uri: &str| {
        let request = Request::builder().uri(uri).body(Body::empty()).unwrap();
        read(router(state.clone()).oneshot(request).await.unwrap()).await
    };
    assert_eq!(get("/healthz").await.0, StatusCode::OK);
    let (status, _headers, body) = get("/readyz").await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "{\"ready\":false}\n"));
    let (status, headers, _body) = get("/cdn-cgi/image/width=1/a.jpg").await;
    assert_eq!((status.as_u16(), headers.contains_key(header::RETRY_AFTER)), (503, true));
    state.set_engine(Arc::new(Double::default()));
    let (status, headers, body) = get("/readyz").await;
    assert_eq!((status, text(&headers, header::CONTENT_TYPE)), (StatusCode::OK, "application/json"));
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["ready"], &body["adapter"], &body["software"]), (&true.into(), &"double".into(), &true.into()));
}

#[tokio::test]
async fn the_playground_has_what_its_page_asks_for() {
    let server = Server::new();
    for (uri, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/pages/shared.css", "text/css; charset=utf-8"),
        ("/playground/playground.css", "text/css; charset=utf-8"),
        ("/playground/playground.js", "text/javascript; charset=utf-8"),
        ("/playground/options.json", "application/json"),
        ("/playground/samples.json", "application/json"),
    ] {
        let (status, headers, body) = server.get(uri).await;
        assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, content_type), "{uri}");
        assert!(!body.is_empty(), "{uri}");
    }
    let options: serde_json::Value = serde_json::from_str(&server.get("/playground/options.json").await.2).unwrap();
    let width = options.as_array().unwrap().iter().find(|option| option["name"] == "width").unwrap();
    assert_eq!((&width["aliases"][0], &width["group"]), (&"w".into(), &"size".into()));
    let samples: Vec<String> = serde_json::from_str(&server.get("/playground/samples.json").await.2).unwrap();
    assert!(samples.contains(&"sub/b c.jpg".to_owned()), "{samples:?}");

    assert_eq!(server.get("/nothing").await.0, StatusCode::NOT_FOUND);
    assert_eq!(server.get("/playground/../Cargo.toml").await.0, StatusCode::NOT_FOUND);
    let without = Server::with(|config| config.server.playground = false);
    for uri in
        ["/", "/docs", "/docs/width", "/docs/samples/coffee.jpg", "/cdn-cgi/image/width=9/docs/samples/coffee.jpg"]
    {
        assert_eq!(without.get(uri).await.0, StatusCode::NOT_FOUND, "{uri}");
    }
}

#[tokio::test]
async fn a_posted_picture_is_transformed_within_the_limits() {
    let server = Server::new();
    let post = async |uri: &str, body: Vec<u8>| read(server.send(Method::POST, uri, &[], body).await).await;
    let (status, headers, _body) = post("/playground/transform/width=1,format=auto", b"picture".to_vec()).await;
    assert_eq!((status, text(&headers, header::CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    assert!(headers.contains_key("server-timing") && headers.contains_key("cf-resized"));
    let (status, headers, _body) = post("/playground/transform/width=1", vec![0; 1001]).await;
    assert_eq!((status.as_u16(), text(&headers, "cf-resized")), (413, "err=9402"));
    let (status, _headers, _body) = post("/playground/transform/format=mp4", b"picture".to_vec()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _headers, body) = post("/playground/transform/width=1", b"fault:source".to_vec()).await;
    assert!(status.as_u16() == 422 && body.starts_with("ERROR 9516"), "{status} {body}");
}

#[tokio::test]
async fn plans_are_explained_for_sizes() {
    let server = Server::new();
    for (query, code) in
        [("", 9424), ("?width=0&height=1", 9424), ("?width=1&height=x", 9424), ("?width=1&height=1&format=tga", 9424)]
    {
        let (status, headers, _body) = server.get(&format!("/playground/explain/width=1{query}")).await;
        assert_eq!(
            (status.as_u16(), headers["cf-resized"].to_str().unwrap()),
            (400, format!("err={code}").as_str()),
            "{query}"
        );
    }
    for query in ["width=4000&height=3000", "width=4000&height=3000&format=png", "source=a.jpg", "source=sub%2Fb+c.jpg"]
    {
        let (status, headers, body) = server.get(&format!("/playground/explain/width=100?{query}")).await;
        assert_eq!(
            (status, text(&headers, header::CONTENT_TYPE)),
            (StatusCode::OK, "text/plain; charset=utf-8"),
            "{query}"
        );
        assert!(body.lines().count() > 2, "{query}: {body}");
    }
    let (status, _headers, body) = server.get("/playground/explain/width=1?source=missing.jpg").await;
    assert!(status == StatusCode::NOT_FOUND && body.starts_with("ERROR 9404"), "{body}");
}

#[tokio::test]
async fn plans_are_explained_with_their_layers() {
    let server = Server::new();
    std::fs::write(server._folder.path().join("b.png"), "layer").unwrap();
    let draw = "/playground/explain/draw=(url=b.png)(url=a.jpg)";
    let (status, _headers, body) = server.get(&format!("{draw}?width=40&height=30")).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "40x30 with layer+picture\n"));
    let (status, _headers, body) = server.get(&format!("{draw}?source=a.jpg")).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "200x100 with layer+picture\n"));
    let (status, _headers, body) = server.get("/playground/explain/draw=(url=gone.png)?width=40&height=30").await;
    assert!(status == StatusCode::NOT_FOUND && body.starts_with("ERROR 9404: draw: "), "{body}");
}

/// `cf.image` of `source`.
async fn worker(
    server: &Server,
    image: &str,
    source: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, String) {
    let blob = format!("{{\"image\":{image}}}");
    let headers: Vec<_> = headers.iter().copied().chain([("x-cf-blob", blob.as_str())]).collect();
    server.get_with(source, &headers).await
}

/// A form as the binding sends it, with these options for the canvas.
async fn binding(server: &Server, transforms: &str, format: &str) -> (StatusCode, HeaderMap, String) {
    let mut body = String::new();
    for (part, text) in [
        ("name=\"image\"; filename=\"image\"", "picture"),
        ("name=\"transforms\"", transforms),
        ("name=\"output_format\"", format),
    ] {
        body += &format!("--x\r\ncontent-disposition: form-data; {part}\r\n\r\n{text}\r\n");
    }
    body += "--x--\r\n";
    let headers = [(header::CONTENT_TYPE.as_str(), "multipart/form-data; boundary=x")];
    read(server.send(Method::POST, "/transform", &headers, body).await).await
}

/// An origin on a socket of its own, which tells what it was asked with.
async fn origin() -> std::net::SocketAddr {
    use axum::routing::get;
    let seen = |headers: HeaderMap| async move {
        let mut seen: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
        seen.sort();
        ([(header::CACHE_CONTROL, "max-age=7200")], seen.join(";"))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(get(seen))).await });
    address
}

/// What the double was given as `source`: with a layer on it, it answers its parts.
const SHOWN: &str = "\"draw\":[{\"text\":\"x\"}]";

#[tokio::test]
async fn a_workers_credentials_reach_the_source_when_it_says_so() {
    let origin = origin().await;
    let server = Server::with(|config| config.origins.allow = vec![origin.to_string().parse().unwrap()]);
    let source = format!("http://{origin}/a.jpg");
    let given = [
        ("authorization", "Bearer sesame"),
        ("cookie", "a=1"),
        ("x-amz-date", "now"),
        ("cf-access-client-secret", "s"),
        ("x-other", "o"),
    ];
    let shared = format!("{{\"origin-auth\":\"share-publicly\",{SHOWN}}}");
    let (status, headers, body) = worker(&server, &shared, &source, &given).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    for passed in ["authorization=Bearer sesame", "cookie=a=1", "x-amz-date=now", "cf-access-client-secret=s", "via="] {
        assert!(body.contains(passed), "{passed}: {body}");
    }
    assert!(!body.contains("x-other") && !body.contains("x-cf-blob"), "{body}");
    assert_eq!(text(&headers, header::CACHE_CONTROL), "public, max-age=7200");

    let (_, headers, body) = worker(&server, &format!("{{{SHOWN}}}"), &source, &given).await;
    assert!(!["sesame", "cookie", "x-amz", "cf-access"].iter().any(|secret| body.contains(secret)), "{body}");
    assert_eq!(text(&headers, header::CACHE_CONTROL), "max-age=7200");

    // A layer of the same server is asked for as by anyone.
    let layered = format!("{{\"origin-auth\":\"share-publicly\",\"draw\":[{{\"url\":\"{source}\"}}]}}");
    let (_, _, body) = worker(&server, &layered, &source, &given).await;
    assert_eq!(body.matches("sesame").count(), 1, "{body}");
}

#[tokio::test]
async fn a_url_cannot_have_a_clients_credentials_sent() {
    let origin = origin().await;
    let server = Server::with(|config| config.origins.allow = vec![origin.to_string().parse().unwrap()]);
    for uri in [
        format!("/cdn-cgi/image/origin-auth=share-publicly,draw=(text=x)/http://{origin}/a.jpg"),
        format!("/image?url=http://{origin}/a.jpg&origin-auth=share-publicly&draw=(text=x)"),
    ] {
        let (status, headers, body) = server.get_with(&uri, &[("cookie", "session=secret")]).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(!body.contains("secret"), "{body}");
        let warnings: Vec<_> = headers.get_all(header::WARNING).iter().map(|value| value.to_str().unwrap()).collect();
        assert!(warnings.iter().any(|warning| warning.contains("origin-auth ignored")), "{warnings:?}");
    }
}

#[tokio::test]
async fn strict_servers_refuse_what_others_warn_about() {
    let lenient = Server::new();
    let strict = Server::with(|config| config.server.strict = true);
    let both = |answers: [(StatusCode, HeaderMap, String); 2], what: &str| {
        let [(status, headers, body), (refused, refused_headers, error)] = answers;
        assert_eq!(status, StatusCode::OK, "{what}: {body}");
        // The double warns too, once.
        assert!(headers.get_all(header::WARNING).iter().count() >= 2, "{what}");
        let code = [text(&refused_headers, "cf-resized"), text(&refused_headers, "cf-images-binding")].concat();
        assert_eq!((refused, code.as_str()), (StatusCode::BAD_REQUEST, "err=9401"), "{what}: {error}");
        assert!(error.starts_with("ERROR 9401: "), "{what}: {error}");
    };
    for options in ["nosuch=1", "width=abc", "width=1,w=2", "dpr=4", "quality=101", "origin-auth=share-publicly"] {
        let path = format!("/cdn-cgi/image/{options}/a.jpg");
        both([lenient.get(&path).await, strict.get(&path).await], &path);
        let query = format!("/image?url=a.jpg&{}", options.replace(',', "&"));
        both([lenient.get(&query).await, strict.get(&query).await], &query);
    }
    for options in ["\"nosuch\":1", "\"width\":1,\"w\":2", "\"dpr\":4", "\"quality\":101"] {
        let origin = origin().await;
        let allow = |config: &mut Config| config.origins.allow = vec![origin.to_string().parse().unwrap()];
        let source = format!("http://{origin}/a.jpg");
        let image = format!("{{{options}}}");
        let answers = [
            worker(&Server::with(allow), &image, &source, &[]).await,
            worker(
                &Server::with(|config| {
                    allow(config);
                    config.server.strict = true;
                }),
                &image,
                &source,
                &[],
            )
            .await,
        ];
        both(answers, &image);
        let transforms = format!("[{{\"imageIndex\":0,{options}}}]");
        both(
            [binding(&lenient, &transforms, "image/png").await, binding(&strict, &transforms, "image/png").await],
            &transforms,
        );
    }
    for fine in ["width=1", "q=high,fit=cover", "format=auto,anim=false"] {
        let (status, _headers, body) = strict.get(&format!("/cdn-cgi/image/{fine}/a.jpg")).await;
        assert_eq!(status, StatusCode::OK, "{fine}: {body}");
    }
}

/// The configuration with two keys that are good.
fn signing(config: &mut Config) {
    let keys = "[keys]\nnew = \"0123456789abcdef\"\nold = \"fedcba9876543210\"";
    config.signing = toml::from_str(keys).unwrap();
}

fn signed(text: &str, key: Option<&str>, expires_unix_s: Option<u64>) -> String {
    use tintype_options::sign::{Form, Key, Keys, Signing};
    let key_of = |name, secret: &str| Key::new(name, secret).unwrap();
    let keys =
        [key_of("new", "0123456789abcdef"), key_of("old", "fedcba9876543210"), key_of("gone", "gone gone gone gone")];
    let keys = Keys::new(keys).unwrap();
    let text = keys.sign(Form::Path, text, Signing { key, expires_unix_s }).unwrap();
    format!("/cdn-cgi/image/{text}")
}

#[tokio::test]
async fn signatures_are_checked() {
    const FUTURE: Option<u64> = Some(4_000_000_000);
    let server = Server::with(|config| {
        signing(config);
        config.signing.required = true;
    });
    let plain = "width=1,height=2/a.jpg";
    let good = signed(plain, Some("old"), FUTURE);
    let table = [
        (signed(plain, None, None), 200),
        (signed(plain, Some("new"), FUTURE), 200),
        (good.clone(), 200),
        (signed("height=2,width=1/a.jpg", Some("old"), FUTURE), 200),
        (signed(plain, Some("gone"), FUTURE), 403),
        (signed(plain, Some("gone"), FUTURE).replace("key=gone,", ""), 403),
        (signed(plain, Some("old"), Some(1_000_000_000)), 403),
        (format!("/cdn-cgi/image/{plain}"), 403),
        (good.replace("width=1,height=2", "height=2,width=1"), 403),
        (good.replace("width=1", "width=9"), 403),
        (good.replace("/a.jpg", "/sub/b%20c.jpg"), 403),
        (good.replace("key=old", "key=new"), 403),
        (good.replace("exp=4000000000,", ""), 403),
        (good[..good.find(",sig=").unwrap()].to_owned() + "/a.jpg", 403),
    ];
    for (uri, expected) in table {
        let (status, headers, body) = server.get(&uri).await;
        assert_eq!(status.as_u16(), expected, "{uri}: {body}");
        assert!(expected == 200 || text(&headers, "cf-resized") == "err=9425", "{uri}: {body}");
    }
    let (status, headers, _body) = binding(&server, "[]", "image/png").await;
    assert_eq!((status.as_u16(), text(&headers, "cf-images-binding")), (403, "err=9430"));
}

#[tokio::test]
async fn some_origins_are_only_for_signed_urls() {
    let (open, closed) = (origin().await, origin().await);
    let server = Server::with(|config| {
        signing(config);
        config.signing.origins = vec![closed.to_string().parse().unwrap()];
        config.origins.allow = [open, closed].map(|address| address.to_string().parse().unwrap()).to_vec();
    });
    let closed_source = format!("http://{closed}/a.jpg");
    let on_open = format!("width=1,draw=(url={closed_source})/http://{open}/a.jpg");
    let plain = format!("width=1/{closed_source}");
    let table = [
        (format!("/cdn-cgi/image/width=1/http://{open}/a.jpg"), 200),
        ("/cdn-cgi/image/width=1/a.jpg".to_owned(), 200),
        (format!("/cdn-cgi/image/{plain}"), 403),
        (format!("/image?width=1&url={closed_source}"), 403),
        (format!("/cdn-cgi/image/onerror=redirect,{plain}"), 403),
        (format!("/cdn-cgi/image/{on_open}"), 403),
        (format!("/playground/explain/width=1?source={closed_source}"), 403),
        (format!("/playground/explain/draw=(url={closed_source})?width=1&height=1"), 403),
        (signed(&plain, None, None), 200),
        (signed(&plain, Some("old"), None), 200),
        (signed(&on_open, None, None), 200),
        (signed(&plain, Some("gone"), None), 403),
    ];
    for (uri, expected) in table {
        let (status, headers, body) = server.get(&uri).await;
        assert_eq!(status.as_u16(), expected, "{uri}: {body}");
        assert!(expected == 200 || text(&headers, "cf-resized") == "err=9425", "{uri}: {body}");
    }
    assert_eq!(worker(&server, "{\"width\":1}", &closed_source, &[]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(worker(&server, "{\"width\":1}", &format!("http://{open}/a.jpg"), &[]).await.0, StatusCode::OK);

    let relative = Server::with(|config| {
        signing(config);
        config.signing.origins = vec!["/".parse().unwrap()];
    });
    assert_eq!(relative.get("/cdn-cgi/image/width=1/a.jpg").await.0, StatusCode::FORBIDDEN);
    assert_eq!(relative.get(&signed("width=1/a.jpg", None, None)).await.0, StatusCode::OK);
}

/// A server on a real socket; the sender stops it.
pub(crate) async fn listen(
    server: &Server,
    grace: Duration,
) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    let patience = Patience { grace, ..Patience::of(&server.state.config().server) };
    let serving = tokio::spawn(connections::serve(listener, router(server.state.clone()), stopped, patience));
    (address, stop, serving)
}

#[tokio::test]
async fn a_slow_reader_gets_the_whole_body() {
    let server = Server::new();
    let (address, _stop, _serving) = listen(&server, Duration::from_secs(5)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "GET /cdn-cgi/image/width=1/large.jpg HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut total, mut chunk) = (0, vec![0; 1 << 20]);
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        match stream.read(&mut chunk).await.unwrap() {
            0 => break,
            read => total += read,
        }
    }
    assert!(total > 8 << 20, "{total} bytes");
}

#[tokio::test]
async fn stopping_finishes_what_was_admitted() {
    let server = Server::new();
    let (address, stop, serving) = listen(&server, Duration::from_secs(20)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /cdn-cgi/image/width=1/wait.jpg HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    while server.double.ran() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.send(()).unwrap();
    let stopped = Instant::now();
    while TcpStream::connect(address).await.is_ok() {
        assert!(stopped.elapsed() < Duration::from_secs(10), "new connections are accepted");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.double.release();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(PICTURE));
    assert_eq!(serving.await.unwrap(), 0);
}

#[tokio::test]
async fn stopping_does_not_wait_forever() {
    let server = Server::new();
    let (address, stop, serving) = listen(&server, Duration::from_millis(100)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /cdn-cgi/image/width=1/wait.jpg HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    while server.double.ran() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.send(()).unwrap();
    assert_eq!(serving.await.unwrap(), 1);
    server.double.release();
}

/// Every sample of `/metrics` by its name and labels; panics where a line is not of the format.
async fn scraped(server: &Server) -> std::collections::HashMap<String, f64> {
    let (status, headers, body) = server.get("/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(text(&headers, header::CONTENT_TYPE), "text/plain; version=0.0.4; charset=utf-8");
    let is_name = |name: &str| {
        name.starts_with("tintype_") && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let (mut types, mut helps) = (std::collections::HashMap::new(), std::collections::HashSet::new());
    let mut samples = std::collections::HashMap::new();
    for line in body.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|line| line.split_once(' ')) {
            assert!(is_name(name) && help.len() > 5 && helps.insert(name), "{line}");
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' ')) {
            assert!(["counter", "gauge", "histogram"].contains(&kind) && types.insert(name, kind).is_none(), "{line}");
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?}"));
            let name = sample.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            let kind = types.get(name).or_else(|| types.get(family)).unwrap_or_else(|| panic!("{line}: no type"));
            assert!(*kind != "counter" || name.ends_with("_total"), "{line}");
            assert!(*kind != "histogram" || family.ends_with("_seconds"), "{line}: no unit");
            assert!(helps.contains(name) || helps.contains(family), "{line}: no help");
            let labels = sample.strip_prefix(name).unwrap();
            let is_labels = |text: &str| {
                text.split(',').all(|pair| pair.split_once("=\"").is_some_and(|(_, value)| value.ends_with('"')))
            };
            let inner = labels.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            assert!(labels.is_empty() || inner.is_some_and(is_labels), "{line}");
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(samples.insert(sample.to_owned(), value).is_none(), "{line}: twice");
        }
    }
    samples
}

#[tokio::test]
async fn requests_move_the_numbers() {
    let server = Server::new();
    let before = scraped(&server).await;
    assert_eq!((before["tintype_ready"], before["tintype_gpu_pipelines"]), (1.0, 46.0));
    assert_eq!(before["tintype_gpu_memory_bytes"], 5000.0);
    assert_eq!(before["tintype_cache_limit_bytes{kind=\"result\"}"], 256e6);
    let uri = "/cdn-cgi/image/width=20/a.jpg";
    assert_eq!(server.get(uri).await.0, StatusCode::OK);
    assert_eq!(server.get(uri).await.0, StatusCode::OK);
    assert_eq!(server.get("/cdn-cgi/image/width=20/missing.jpg").await.0, StatusCode::NOT_FOUND);
    assert_eq!(server.get("/image?width=21&url=a.jpg").await.0, StatusCode::OK);
    let after = scraped(&server).await;
    let moved = |name: &str| after[name] - before.get(name).copied().unwrap_or(0.0);
    let stages = ["decode", "plan", "gpu", "encode", "transform"];
    for stage in stages {
        assert_eq!(moved(&format!("tintype_stage_duration_seconds_count{{stage=\"{stage}\"}}")), 2.0, "{stage}");
    }
    let sum = moved("tintype_stage_duration_seconds_sum{stage=\"gpu\"}");
    assert!((sum - 0.006).abs() < 1e-9, "{sum}");
    let table = [
        ("tintype_requests_total{route=\"image\",status=\"200\"}", 2.0),
        ("tintype_requests_total{route=\"image\",status=\"404\"}", 1.0),
        ("tintype_requests_total{route=\"query\",status=\"200\"}", 1.0),
        ("tintype_requests_total{route=\"health\",status=\"200\"}", 1.0),
        ("tintype_request_duration_seconds_count{route=\"image\"}", 3.0),
        ("tintype_stage_duration_seconds_count{stage=\"fetch\"}", 4.0),
        ("tintype_queue_wait_seconds_count{gate=\"transform\"}", 2.0),
        ("tintype_queue_refused_total{gate=\"transform\"}", 0.0),
        ("tintype_queue_waiting{gate=\"transform\"}", 0.0),
        ("tintype_cache_answers_total{result=\"miss\"}", 2.0),
        ("tintype_cache_answers_total{result=\"revalidated\"}", 1.0),
        ("tintype_cache_entries{kind=\"result\"}", 2.0),
        ("tintype_source_bytes_total", 2.0 * "picture".len() as f64),
    ];
    for (name, expected) in table {
        assert_eq!(moved(name), expected, "{name}");
    }
    assert!(moved("tintype_cache_size_bytes{kind=\"result\"}") > 2.0 * PICTURE.len() as f64);
    assert!(moved("tintype_response_bytes_total") >= 3.0 * PICTURE.len() as f64);
}

#[tokio::test]
async fn requests_have_an_id() {
    let server = Server::new();
    let of =
        async |given: &[(&str, &str)]| text(&server.get_with("/healthz", given).await.1, "x-request-id").to_owned();
    assert_eq!(of(&[("x-request-id", "0af7651916cd43dd-1")]).await, "0af7651916cd43dd-1");
    let (one, other) = (of(&[]).await, of(&[]).await);
    assert!(!one.is_empty() && one != other, "{one} {other}");
    let long = "a".repeat(129);
    for bad in ["", "a b", "a\"b", "{x}", &long] {
        let id = of(&[("x-request-id", bad)]).await;
        assert!(!id.is_empty() && id != bad, "{bad:?}: {id}");
    }
    let error = server.get_with("/cdn-cgi/image/width=1/panic.jpg", &[("x-request-id", "abc")]).await;
    assert_eq!((error.0.as_u16(), text(&error.1, "x-request-id")), (500, "abc"));
}
