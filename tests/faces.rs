//! Every way to ask the server, with a whole engine: layers, hints, Workers' `cf.image` and the Images binding.

use axum::{
    body::Body,
    http::{Method, header},
};
use image::RgbaImage;
use tintype_options::sign::{Form, Key, Keys, Signing};
use tintype_pixels::Size;
use tintype_server::Config;
use tintype_testkit::files;

use crate::{
    facade::decoded,
    http::{Answer, Server},
};

const RED: [u8; 4] = [255, 0, 0, 255];
const WHITE: [u8; 4] = [255; 4];
const BLUE: [u8; 4] = [0, 0, 255, 255];
const NOTHING: [u8; 4] = [0; 4];

fn plain(width: u32, height: u32, color: [u8; 4]) -> Vec<u8> {
    files::png(Size::new(width, height), |_, _| color)
}

fn sources() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("white.png", plain(8, 8, WHITE)),
        ("red.png", plain(2, 2, RED)),
        ("blue.png", plain(1, 1, BLUE)),
        ("large.png", plain(1600, 20, WHITE)),
    ]
}

fn picture(answer: &Answer) -> RgbaImage {
    assert_eq!(answer.status, 200, "{}", answer.text());
    decoded(&answer.body).into_rgba8()
}

/// The pixels of one color: how many, and the box around them as left, top, right and bottom, the last two outside of it.
fn found(image: &RgbaImage, color: [u8; 4]) -> (usize, (u32, u32, u32, u32)) {
    let at: Vec<_> =
        image.enumerate_pixels().filter(|(_, _, pixel)| pixel.0 == color).map(|(x, y, _)| (x, y)).collect();
    let around = at.iter().fold((u32::MAX, u32::MAX, 0, 0), |(left, top, right, bottom), &(x, y)| {
        (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1))
    });
    (at.len(), around)
}

#[tokio::test]
async fn layers_are_drawn_where_they_should_be() {
    let Some(server) = Server::with(&sources(), |_config| {}) else { return };
    let table = [
        ("draw=(url=red.png,left=2,top=3)", RED, (4, (2, 3, 4, 5))),
        ("draw=(url=red.png,left=2,top=3,opacity=0.5)", [255, 128, 128, 255], (4, (2, 3, 4, 5))),
        ("draw=(url=red.png)", RED, (4, (3, 3, 5, 5))),
        ("draw=(url=red.png,right=0,bottom=0)", RED, (4, (6, 6, 8, 8))),
        ("draw=(url=red.png,width=4,fit=contain,left=0,top=0)", RED, (16, (0, 0, 4, 4))),
        // A fraction is one of the base as it is after its own options.
        ("width=4,draw=(url=red.png,width=0.25,left=0,top=0)", RED, (1, (0, 0, 1, 1))),
        ("draw=(url=red.png,repeat=x,top=0,left=0)", RED, (16, (0, 0, 8, 2))),
        // The last is on top, and a layer may have layers.
        ("draw=(url=red.png,left=0,top=0)(url=blue.png,left=1,top=1)", RED, (3, (0, 0, 2, 2))),
        ("draw=(url=red.png,left=4,top=4,draw=(url=blue.png,right=0,bottom=0))", BLUE, (1, (5, 5, 6, 6))),
        ("draw=(url=red.png,left=4,top=4,draw=(url=blue.png,right=0,bottom=0))", RED, (3, (4, 4, 6, 6))),
        ("border=red;1,draw=(url=blue.png,left=0,top=0)", BLUE, (1, (0, 0, 1, 1))),
    ];
    for (options, color, expected) in table {
        let answer = server.image(&format!("{options},format=png-force/white.png")).await;
        let image = picture(&answer);
        assert_eq!(found(&image, color), expected, "{options}");
    }
}

#[tokio::test]
async fn texts_are_drawn() {
    let mut all = sources();
    let font = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/text/tests/data/mixed.woff2");
    all.push(("font.woff2", std::fs::read(font).unwrap()));
    let Some(server) = Server::with(&all, |_config| {}) else { return };
    let ink = async |text: &str| {
        let uri = format!("height=60,width=200,fit=squeeze,draw=({text}),format=png-force/white.png");
        let image = picture(&server.image(&uri).await);
        assert_eq!(image.dimensions(), (200, 60), "{text}");
        image.pixels().filter(|pixel| pixel.0 != WHITE).count()
    };
    let small = ink("text=Tintype,size=16").await;
    assert!(small > 50, "{small}");
    assert!(ink("text=Tintype,size=32").await > 2 * small);
    assert!(ink("text=A,font=font.woff2,size=40,color=red").await > 50);
    let table = [
        ("text=A,font=red.png", 422, 9516),
        ("text=%E6%BC%A2", 400, 9401),
        ("text=A,font=missing.ttf", 404, 9404),
        ("url=font.woff2", 415, 9412),
    ];
    for (layer, status, code) in table {
        let answer = server.image(&format!("draw=({layer})/white.png")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("cf-resized")),
            (status, format!("err={code}").as_str()),
            "{layer}"
        );
    }
}

/// The beginning of a picture that large.
fn begun(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_chunk(png::chunk::IDAT, &[0; 8]).unwrap();
    bytes
}

#[tokio::test]
async fn all_layers_together_may_be_as_large_as_a_source() {
    let mut all = sources();
    all.push(("huge.png", begun(9000, 9000)));
    // In one chunk, which is cut off: of chunks there may only be so many.
    let mut heavy = begun(9, 9);
    heavy.extend(u32::to_be_bytes(100_000_000));
    heavy.extend(b"heVy");
    heavy.resize(60_000_000, 0);
    all.push(("heavy.png", heavy));
    let Some(server) = Server::with(&all, |_config| {}) else { return };
    // Refused before anything is decoded: as far as that, one of them is no more than damaged.
    let table = [
        ("draw=(url=huge.png)/white.png", 422, 9516),
        ("draw=(url=huge.png)(url=huge.png)/white.png", 403, 9413),
        ("draw=(url=heavy.png)/white.png", 422, 9516),
        ("draw=(url=heavy.png)(url=heavy.png)/white.png", 413, 9402),
    ];
    for (uri, status, code) in table {
        let answer = server.image(uri).await;
        let got = (answer.status.as_u16(), answer.header("cf-resized").to_owned());
        assert_eq!(got, (status, format!("err={code}")), "{uri}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_screen_decides_about_width_auto() {
    let Some(server) = Server::with(&sources(), |_config| {}) else { return };
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)";
    let table: [(&[(&str, &str)], u32); 7] = [
        (&[("sec-ch-viewport-width", "280")], 320),
        (&[("sec-ch-viewport-width", "500")], 768),
        (&[("sec-ch-viewport-width", "960")], 960),
        (&[("sec-ch-viewport-width", "1500")], 1200),
        (&[("sec-ch-viewport-width", "400"), ("sec-ch-dpr", "2")], 960),
        (&[("user-agent", iphone)], 768),
        (&[], 1200),
    ];
    for (headers, width) in table {
        let answer = server.send(Method::GET, "/cdn-cgi/image/width=auto/large.png", headers, Body::empty()).await;
        let (of_json, image) = (answer.header("vary").to_owned(), picture(&answer));
        assert_eq!(image.width(), width, "{headers:?}");
        assert!(of_json.starts_with("sec-ch-viewport-width"), "{of_json}");
    }
}

/// A Worker's `fetch` with `cf.image`, as the runtime sends it through a proxy.
async fn fetched(server: &Server, source: &str, blob: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("x-cf-blob", blob)];
    all.extend_from_slice(headers);
    server.send(Method::GET, source, &all, Body::empty()).await
}

/// A server with an allowed origin on this machine that has `sources`, and the origin's URL.
async fn with_origin(change: impl FnOnce(&mut Config)) -> Option<(Server, String)> {
    let mut origin = axum::Router::new();
    for (name, bytes) in sources() {
        let path = format!("/{name}");
        origin = origin
            .route(&path, axum::routing::get(async move || ([(header::CACHE_CONTROL, "max-age=7200")], bytes.clone())));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, origin).await });
    let server = Server::with(&sources(), |config| {
        config.origins.allow = vec![at.parse().unwrap()];
        change(config);
    })?;
    Some((server, format!("http://{at}")))
}

#[tokio::test]
async fn workers_fetch_with_options() {
    let Some((server, origin)) = with_origin(|_config| {}).await else { return };
    let source = format!("{origin}/white.png?v=1");
    let draw = format!(
        r#"{{"image":{{"width":4,"format":"png-force","draw":[{{"url":"{origin}/red.png","width":0.5,"left":0,"top":0}},{{"url":"blue.png","right":0,"bottom":0}}]}}}}"#
    );
    let answer = fetched(&server, &source, &draw, &[]).await;
    let image = picture(&answer);
    assert_eq!(
        (image.dimensions(), found(&image, RED), found(&image, BLUE)),
        ((4, 4), (4, (0, 0, 2, 2)), (1, (3, 3, 4, 4)))
    );
    assert_eq!(answer.header(header::CACHE_CONTROL), "max-age=7200", "the stricter of the origin's and the folder's");
    assert!(answer.header("cf-resized").starts_with("internal=ok/m "));

    let auto = r#"{"image":{"format":"auto"}}"#;
    let answer = fetched(&server, &source, auto, &[("accept", "image/webp")]).await;
    assert_eq!((answer.header(header::CONTENT_TYPE), answer.header(header::VARY)), ("image/webp", "Accept"));
    let head = server.send(Method::HEAD, &source, &[("x-cf-blob", auto)], Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert!(head.header(header::CONTENT_LENGTH).parse::<u64>().unwrap() > 0);
    let odd = fetched(&server, &source, r#"{"image":{"width":4,"sepia":1,"origin-auth":"share-publicly"}}"#, &[]).await;
    let warnings = odd.all(header::WARNING);
    assert!(warnings.iter().any(|warning| warning.contains("sepia")), "{warnings:?}");
    assert_eq!(warnings.len(), 1, "{warnings:?}");

    // Without a proxy, the same in an envelope.
    let envelope = [("mf-url", source.as_str()), ("mf-header-x-cf-blob", r#"{"image":{"width":4}}"#)];
    let answer = server.send(Method::GET, "/", &envelope, Body::empty()).await;
    assert_eq!(picture(&answer).width(), 4);
}

/// What comes back for these bytes over a socket.
async fn over_tcp(router: axum::Router, request: Vec<u8>) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn the_runtimes_bytes_are_understood() {
    let Some((server, origin)) = with_origin(|_config| {}).await else { return };
    let host = origin.strip_prefix("http://").unwrap();
    let fetch = format!(
        "GET {origin}/white.png HTTP/1.1\r\nHost: {host}\r\nX-CF-Blob: {{\"image\":{{\"width\":4,\"format\":\"json\"}}}}\r\n\
         Connection: close\r\n\r\n"
    );
    let answer = over_tcp(server.router.clone(), fetch.into_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"width\":4"), "{answer}");

    let red = plain(4, 2, RED);
    let mut info = format!(
        "POST /info HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: js.images.cloudflare.com\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    .into_bytes();
    for chunk in form(&[("image", &red)]).chunks(7) {
        info.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        info.extend_from_slice(chunk);
        info.extend_from_slice(b"\r\n");
    }
    info.extend_from_slice(b"0\r\n\r\n");
    let answer = over_tcp(server.router.clone(), info).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"format\":\"image/png\""), "{answer}");
}

#[tokio::test]
async fn nothing_else_is_fetched_for_workers() {
    let Some((server, origin)) = with_origin(|_config| {}).await else { return };
    let source = format!("{origin}/white.png");
    let table = [
        (source.as_str(), "", 403, 9419),
        (&source, "{}", 403, 9419),
        (&source, r#"{"cacheTtl":5}"#, 403, 9419),
        (&source, "{", 400, 9424),
        (&source, r#"{"image":5}"#, 400, 9401),
        (&source, r#"{"image":{"width":"wide"}}"#, 400, 9401),
        (&source, r#"{"image":{"fit":"wide"}}"#, 400, 9401),
        (&source, r#"{"image":{"draw":[{"url":"http://other.test/a.png"}]}}"#, 403, 9401),
        ("http://other.test/a.png", r#"{"image":{}}"#, 403, 9401),
        ("http://169.254.169.254/latest", r#"{"image":{}}"#, 403, 9401),
    ];
    for (source, blob, status, code) in table {
        let headers = [("x-cf-blob", blob)];
        let headers = if blob.is_empty() { &[][..] } else { &headers[..] };
        let answer = server.send(Method::GET, source, headers, Body::empty()).await;
        let got = (answer.status.as_u16(), answer.header("cf-resized").to_owned());
        assert_eq!(got, (status, format!("err={code}")), "{source} {blob}: {}", answer.text());
    }
    let missing = fetched(&server, &format!("{origin}/missing.png"), r#"{"image":{}}"#, &[]).await;
    assert_eq!((missing.status.as_u16(), missing.header("cf-resized")), (404, "err=9404"));
    let looped = fetched(&server, &source, r#"{"image":{}}"#, &[("via", "1.1 x (image-resizing)")]).await;
    assert_eq!(looped.header("cf-resized"), "err=9403");
    let post = server.send(Method::POST, &source, &[("x-cf-blob", r#"{"image":{}}"#)], Body::empty()).await;
    assert_eq!(post.status, 403);
    let off = with_origin(|config| config.server.workers = false).await.unwrap();
    let answer = fetched(&off.0, &format!("{}/white.png", off.1), r#"{"image":{}}"#, &[]).await;
    assert_eq!(answer.status, 403);
}

const BOUNDARY: &str = "--------------------------235160204208609159858814";

/// Name and content of a part.
pub(crate) type Field<'a> = (&'a str, &'a [u8]);

/// A form as the runtime writes it: files by their field's name, one header line a part.
fn form(parts: &[Field<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let file =
            if matches!(*name, "image" | "draw_image") { format!("; filename=\"{name}\"") } else { String::new() };
        let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

pub(crate) async fn call(server: &Server, path: &str, parts: &[Field<'_>]) -> Answer {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("content-type", content_type.as_str()), ("host", "js.images.cloudflare.com")];
    server.send(Method::POST, path, &headers, form(parts)).await
}

/// One picture through `transforms`, as PNG.
async fn through(server: &Server, image: &[u8], layers: &[&[u8]], transforms: &str) -> RgbaImage {
    let mut parts = vec![("image", image)];
    parts.extend(layers.iter().map(|layer| ("draw_image", *layer)));
    parts.extend([("transforms", transforms.as_bytes()), ("output_format", b"image/png")]);
    let answer = call(server, "/transform", &parts).await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "image/png", "{}", answer.text());
    assert!(answer.header("cf-images-binding").starts_with("internal=ok"), "{:?}", answer.headers);
    picture(&answer)
}

#[tokio::test]
async fn the_binding_gives_what_production_gives() {
    let Some(server) = Server::with(&sources(), |_config| {}) else { return };
    let red = plain(4, 2, RED);
    let pad = r##"[{"imageIndex":0,"width":8,"height":8,"fit":"pad","background":"transparent"}]"##;
    let image = through(&server, &red, &[], pad).await;
    assert_eq!((image.dimensions(), found(&image, RED)), ((8, 8), (32, (0, 2, 8, 6))));
    assert_eq!(found(&image, NOTHING).0, 32);

    let inside = r#"[{"imageIndex":0,"width":8,"height":8,"fit":"pad","background":"transparent"},
        {"drawImageIndex":1,"targetImageIndex":0,"composite":"in"}]"#;
    let image = through(&server, &red, &[&plain(8, 8, [0, 0, 0, 255])], inside).await;
    assert_eq!(found(&image, [0, 0, 0, 255]), (32, (0, 2, 8, 6)));
    assert_eq!(found(&image, NOTHING).0, 32);

    let border = r#"[{"imageIndex":0,"border":{"color":"rgba(0,0,0,0)","width":3}}]"#;
    let image = through(&server, &red, &[], border).await;
    assert_eq!((image.dimensions(), found(&image, RED)), ((10, 8), (8, (3, 3, 7, 5))));

    let half = r#"[{"drawImageIndex":1,"targetImageIndex":0,"left":2,"top":3,"opacity":0.5}]"#;
    let image = through(&server, &plain(8, 8, WHITE), &[&plain(2, 2, RED)], half).await;
    assert_eq!(found(&image, [255, 128, 128, 255]), (4, (2, 3, 4, 5)));
    assert_eq!(found(&image, WHITE).0, 60);

    // Calls run in their order, and layers have layers: the runtime's own example, in colors.
    let colors: Vec<Vec<u8>> = (1..=4).map(|n| plain(5 - n, 5 - n, [50 * n as u8, 0, 0, 255])).collect();
    let layers: Vec<&[u8]> = colors.iter().map(Vec::as_slice).collect();
    let nested = r#"[{"imageIndex":0,"rotate":90},{"imageIndex":1,"rotate":180},
        {"drawImageIndex":1,"targetImageIndex":0,"left":0,"top":0},{"drawImageIndex":3,"targetImageIndex":2,"left":0,"top":0},
        {"imageIndex":2,"rotate":270},{"drawImageIndex":2,"targetImageIndex":0,"right":0,"bottom":0},
        {"drawImageIndex":4,"targetImageIndex":0,"right":0,"top":0}]"#;
    let image = through(&server, &plain(12, 6, WHITE), &layers, nested).await;
    assert_eq!(image.dimensions(), (6, 12));
    assert_eq!(found(&image, [50, 0, 0, 255]), (16, (0, 0, 4, 4)));
    assert_eq!(found(&image, [100, 0, 0, 255]).0, 5, "what the third covers of the second");
    assert_eq!(
        found(&image, [150, 0, 0, 255]),
        (4, (3, 10, 5, 12)),
        "drawn at the left top, then turned to the left bottom"
    );
    assert_eq!(found(&image, [200, 0, 0, 255]), (1, (5, 0, 6, 1)));
}

#[tokio::test]
async fn blur_spreads_as_in_production() {
    let Some(server) = Server::with(&sources(), |_config| {}) else { return };
    let square =
        files::png(Size::new(10, 10), |x, y| if (3..7).contains(&x) && (3..7).contains(&y) { RED } else { NOTHING });
    let image = through(&server, &square, &[], r#"[{"imageIndex":0,"blur":3}]"#).await;
    assert_eq!(image.dimensions(), (10, 10));
    let alpha = |x, y| image.get_pixel(x, y).0[3];
    assert!(alpha(0, 0) <= alpha(2, 4) && alpha(2, 4) < alpha(4, 4), "{image:?}");
    assert!((107..=167).contains(&alpha(4, 4)), "{}", alpha(4, 4));
}

#[tokio::test]
async fn the_binding_writes_every_format() {
    let Some(server) = Server::with(&sources(), |_config| {}) else { return };
    let red = plain(4, 2, [255, 0, 0, 128]);
    let output = async |parts: &[Field<'_>]| {
        let mut all: Vec<Field<'_>> = vec![("image", &red), ("transforms", b"[]")];
        all.extend_from_slice(parts);
        call(&server, "/transform", &all).await
    };
    for format in ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"] {
        let answer =
            output(&[("output_format", format.as_bytes()), ("output_quality", b"50"), ("anim", b"false")]).await;
        assert_eq!((answer.status.as_u16(), answer.header(header::CONTENT_TYPE)), (200, format), "{}", answer.text());
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    }
    let raw = output(&[("output_format", b"rgba")]).await;
    assert_eq!((raw.header(header::CONTENT_TYPE), raw.body.as_slice()), ("rgba", &[255, 0, 0, 128].repeat(8)[..]));
    let raw = output(&[("output_format", b"rgb"), ("background", b"blue")]).await;
    assert_eq!((raw.header(header::CONTENT_TYPE), raw.body.len()), ("rgb", 24));
    assert!(raw.body.chunks(3).all(|pixel| pixel[0] > 100 && pixel[1] == 0 && pixel[2] > 100), "{:?}", raw.body);

    let text = br##"{"text":"Tintype","size":24,"color":"#ff0000"}"##;
    let answer =
        call(&server, "/transform", &[("text_input", text), ("transforms", b"[]"), ("output_format", b"image/png")])
            .await;
    let image = picture(&answer);
    assert!(image.width() > 2 * image.height() && found(&image, NOTHING).0 > 0 && found(&image, RED).0 > 0);
    let odd = output(&[("output_format", b"image/png"), ("frame", b"x")]).await;
    assert!(odd.all(header::WARNING).iter().any(|warning| warning.contains("frame")), "{:?}", odd.headers);
}

#[tokio::test]
async fn the_binding_tells_what_a_picture_is() {
    let Some(server) = Server::with(&sources(), |_config| {}) else { return };
    let red = plain(4, 2, RED);
    let answer = call(&server, "/info", &[("image", &red)]).await;
    let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let expected = serde_json::json!({ "format": "image/png", "file_size": red.len(), "width": 4, "height": 2 });
    assert_eq!((answer.header(header::CONTENT_TYPE), told), ("application/json", expected));
    let svg = call(&server, "/info", &[("image", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>")]).await;
    let told: serde_json::Value = serde_json::from_slice(&svg.body).unwrap();
    assert_eq!(told, serde_json::json!({ "format": "image/svg+xml" }));

    // In an envelope, as a runtime without a proxy sends it.
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [
        ("mf-url", "https://js.images.cloudflare.com/info"),
        ("mf-binding", "IMAGES"),
        ("mf-header-content-type", content_type.as_str()),
    ];
    let answer = server.send(Method::POST, "/", &headers, form(&[("image", &red)])).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let absolute =
        server.send(Method::POST, "http://js.images.cloudflare.com/info", &headers[2..], Body::empty()).await;
    assert_eq!(absolute.header("cf-images-binding"), "err=9424");
}

#[tokio::test]
async fn the_binding_says_what_is_wrong() {
    let Some(server) = Server::with(&sources(), |config| config.limits.source_bytes = "10kB".parse().unwrap()) else {
        return;
    };
    let (red, heavy) = (plain(4, 2, RED), vec![0; 10_001]);
    let image: Field<'_> = ("image", &red);
    let png: Field<'_> = ("output_format", b"image/png");
    let none: Field<'_> = ("transforms", b"[]");
    let many = vec![("extra", &b"x"[..]); 40];
    let table: [(&str, &[Field<'_>], u16, u16); 17] = [
        ("/info", &[], 400, 9424),
        ("/info", &[("image", b"text")], 415, 9412),
        ("/info", &[("image", &heavy)], 413, 9402),
        ("/transform", &[image, png], 400, 9424),
        ("/transform", &[none, png], 400, 9424),
        ("/transform", &[image, none], 400, 9424),
        ("/transform", &[image, image, none, png], 400, 9424),
        ("/transform", &many, 400, 9424),
        ("/transform", &[image, ("transforms", b"{"), png], 400, 9424),
        ("/transform", &[image, ("transforms", b"[{\"imageIndex\":1}]"), png], 400, 9424),
        ("/transform", &[image, ("transforms", b"[{\"imageIndex\":0,\"fit\":\"x\"}]"), png], 400, 9401),
        ("/transform", &[image, none, ("output_format", b"image/tiff")], 415, 9520),
        (
            "/transform",
            &[
                image,
                ("transforms", br#"[{"imageIndex":0,"width":9,"upscale":"generate"}]"#),
                ("output_format", b"image/png"),
            ],
            400,
            9401,
        ),
        ("/transform", &[("image", b"text"), none, png], 415, 9412),
        ("/transform", &[("image", &heavy), none, png], 413, 9402),
        ("/transform", &[image, none, ("output_format", b"\xff")], 400, 9424),
        (
            "/transform",
            &[("text_input", b"{\"text\":\"a\",\"font\":{\"url\":\"http://other.test/f\"}}"), none, png],
            403,
            9401,
        ),
    ];
    for (path, parts, status, code) in table {
        let answer = call(&server, path, parts).await;
        let names: Vec<_> = parts.iter().map(|(name, _)| *name).collect();
        let got = (answer.status.as_u16(), answer.header("cf-images-binding").to_owned());
        assert_eq!(got, (status, format!("err={code}")), "{path} {names:?}: {}", answer.text());
        assert!(answer.text().starts_with(&format!("ERROR {code}: ")), "{}", answer.text());
        assert!(!answer.headers.contains_key("cf-resized"));
    }
    let plain = server.send(Method::POST, "/info", &[], red.clone()).await;
    assert_eq!((plain.status.as_u16(), plain.header("cf-images-binding")), (400, "err=9424"));
    let cut = form(&[image])[..80].to_vec();
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let cut = server.send(Method::POST, "/info", &[("content-type", &content_type)], cut).await;
    assert_eq!((cut.status.as_u16(), cut.header("cf-images-binding")), (400, "err=9424"));

    let Some(small) = Server::with(&[], |config| config.limits.memory = "1kB".parse().unwrap()) else { return };
    let answer = call(&small, "/info", &[("image", &vec![0; 5000])]).await;
    assert_eq!((answer.status.as_u16(), answer.header("cf-images-binding")), (503, "err=9527"), "{}", answer.text());
    let off = Server::with(&[], |config| config.server.workers = false).unwrap();
    assert_eq!(call(&off, "/info", &[image]).await.status, 404);
}

fn config_of(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tintype.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(Some(&path), [].into_iter(), &tintype_server::Overrides::new()).unwrap()
}

#[tokio::test]
async fn presets_are_options_by_name() {
    let text = "[presets]\nthumb = \"width=4,height=2,fit=cover,format=png-force\"\nmarked = \"draw=(url=red.png),format=png-force\"";
    let given = config_of(text).presets;
    for only in [false, true] {
        let server = Server::with(&sources(), |config| {
            config.presets = given.clone();
            config.server.presets_only = only;
        });
        let Some(server) = server else { return };
        for uri in [
            "/cdn-cgi/image/thumb/white.png",
            "/cdn-cgi/image/preset=thumb/white.png",
            "/image?url=white.png&preset=thumb",
        ] {
            assert_eq!(picture(&server.get(uri).await).dimensions(), (4, 2), "{uri}");
        }
        assert_eq!(found(&picture(&server.image("marked/white.png").await), RED).0, 4);
        let unknown = server.image("big/white.png").await;
        assert_eq!((unknown.status.as_u16(), unknown.header("cf-resized")), (400, "err=9401"));
        let others = [
            "/cdn-cgi/image/width=3/white.png",
            "/cdn-cgi/image/preset=thumb,width=3/white.png",
            "/image?url=white.png&width=3",
        ];
        for uri in others {
            assert_eq!(server.get(uri).await.status.as_u16(), if only { 400 } else { 200 }, "{uri}");
        }
        let red = plain(4, 2, RED);
        let answer = call(&server, "/info", &[("image", &red)]).await;
        assert_eq!(answer.header("cf-images-binding"), if only { "err=9430" } else { "" });
    }
}

#[tokio::test]
async fn queries_ask_for_pictures() {
    let Some(server) = Server::with(&sources(), |_config| {}) else { return };
    let uri = "/image?url=white.png&width=4&height=2&fit=cover&format=png-force&draw=(url%3Dred.png,left%3D0)";
    let image = picture(&server.get(uri).await);
    assert_eq!((image.dimensions(), found(&image, RED)), ((4, 2), (4, (0, 0, 2, 2))));
    let table = [
        ("/image", 403, 9419),
        ("/image?width=4", 403, 9419),
        ("/image?url=ftp://a/b", 403, 9406),
        ("/image?url=no.png", 404, 9404),
    ];
    for (uri, status, code) in table {
        let answer = server.get(uri).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("cf-resized")),
            (status, format!("err={code}").as_str()),
            "{uri}"
        );
    }
}

#[tokio::test]
async fn signed_urls_are_checked() {
    const SECRET: &str = "a secret of some length";
    let given = |required: bool| {
        config_of(&format!("[signing]\nrequired = {required}\n[signing.keys]\nweb = \"{SECRET}\"")).signing
    };
    let keys = Keys::new([Key::new("web", SECRET).unwrap()]).unwrap();
    let sign =
        |text: &str, expires| keys.sign(Form::Path, text, Signing { key: None, expires_unix_s: expires }).unwrap();
    let good = sign("width=4,format=png-force/white.png", None);
    let later = sign("width=4,format=png-force/white.png", Some(u64::from(u32::MAX)));
    let past = sign("width=4/white.png", Some(1_000_000_000));
    let query = keys.sign(Form::Query, "url=white.png&width=4", Signing::default()).unwrap();
    for required in [false, true] {
        let Some(server) = Server::with(&sources(), |config| config.signing = given(required)) else { return };
        for uri in [&good, &later] {
            assert_eq!(picture(&server.image(uri).await).width(), 4, "{uri}");
        }
        assert_eq!(picture(&server.get(&format!("/image?{query}")).await).width(), 4);
        let table = [
            (good.replace("width=4", "width=5"), true),
            (good.replace("white", "red"), true),
            (later.replace("exp=4", "exp=5"), true),
            (past.clone(), true),
            ("width=4,sig=00/white.png".to_owned(), true),
            ("width=4/white.png".to_owned(), required),
        ];
        for (uri, is_refused) in table {
            let answer = server.image(&uri).await;
            let got = (answer.status.as_u16(), answer.header("cf-resized") == "err=9425");
            assert_eq!(got, (if is_refused { 403 } else { 200 }, is_refused), "{uri}: {}", answer.text());
        }
        // What cannot be signed.
        let red = plain(4, 2, RED);
        let answer = server.send(Method::POST, "/playground/transform/width=2", &[], red.clone()).await;
        assert_eq!(answer.status.as_u16(), if required { 403 } else { 200 });
        assert_eq!(call(&server, "/info", &[("image", &red)]).await.status.as_u16(), if required { 403 } else { 200 });
        let answer = fetched(&server, "http://other.test/a.png", r#"{"image":{}}"#, &[]).await;
        assert_eq!(answer.header("cf-resized"), if required { "err=9425" } else { "err=9401" });
    }
}
