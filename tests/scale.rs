//! How long the server takes to deliver and to list where a thousand images are stored, and a hundred thousand: it must not depend on
//! that. Over HTTP, each request with a connection of its own, and with the whole engine.
//!
//! Ignored, because it takes a minute and measures time: `cargo test --workspace --test integration scale -- --ignored --nocapture
//! --test-threads 1`. What it
//! printed is in `benches/results/hosted-2026-11-22.md`; the same without a server is in `crates/hosted/tests/hosted/scale.rs`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::json;
use tintype_pixels::Size;
use tintype_testkit::scale::{Measured, RUNS, SIZES, assert_flat, image_id, median, write_images};
use tintype_testkit::{Postgres, files};

use crate::hosted::{ACCOUNT, Hosting, TOKEN};

/// A picture that no other is like.
fn picture(seed: u64) -> Vec<u8> {
    let [a, b, c, ..] = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    files::png_rgb(Size::new(600, 400), |x, y| [x as u8 ^ a, y as u8 ^ b, (x + y) as u8 ^ c])
}

/// Asks, and reads the whole answer, which has to have this status.
fn ask(server: SocketAddr, path: &str, status: u16) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).unwrap();
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(
        answer.starts_with(format!("HTTP/1.1 {status} ").as_bytes()),
        "{path}: {}",
        String::from_utf8_lossy(&answer)
    );
    answer
}

async fn measure(hosting: &Hosting, server: SocketAddr, size: u64) -> Measured {
    let mut measured = Vec::new();
    // Files that do not compete with what is measured.
    let pictures: Vec<_> = (0..RUNS as u64).map(|run| picture(size + run)).collect();
    let mut ids = Vec::new();
    let uploads = median(async |run| ids.push(hosting.id(&[("file", &pictures[run])]).await)).await;
    measured.push(("upload", uploads));
    let delivered = |id: &str| format!("/{}/{id}/public", hosting.hash);
    let deliver = |path: &str, cache: &str| {
        let answer = ask(server, path, 200);
        let head = String::from_utf8_lossy(&answer[..answer.len().min(1000)]);
        assert!(head.contains(&format!("cf-cache-status: {cache}")), "{head}");
    };
    measured.push(("variant that is made", median(async |run| deliver(&delivered(&ids[run]), "MISS")).await));
    measured.push(("variant in the cache", median(async |run| deliver(&delivered(&ids[run]), "HIT")).await));
    let private = hosting.id(&[("file", &picture(size - 1)), ("requireSignedURLs", b"true")]).await;
    let url = hosting
        .call("POST", &format!("/v1/{private}/signed_url"), json!({"variant": "public", "expiresIn": 600}))
        .await;
    let signed = url.as_str().unwrap().strip_prefix("http://images.test").unwrap();
    deliver(signed, "MISS");
    measured.push(("signed URL, in the cache", median(async |_| deliver(signed, "HIT")).await));
    let unsigned = delivered(&private);
    measured.push(("private image without a signature", median(async |_| drop(ask(server, &unsigned, 403))).await));
    let missing = async |run| drop(ask(server, &delivered(&format!("nobody/{run}")), 404));
    measured.push(("image that is not there", median(missing).await));
    let api = format!("/client/v4/accounts/{ACCOUNT}/images");
    let known = async |run| {
        let id = image_id((run as u64 * 7919) % size).replace('/', "%2F").replace(' ', "%20");
        drop(ask(server, &format!("{api}/v1/{id}"), 200));
    };
    measured.push(("API: an image", median(known).await));
    for (name, query) in [
        ("API: list, newest 100", ""),
        ("API: list, oldest 100", "&sort_order=asc"),
        ("API: creator, one of ten", "&creator=user%207"),
        ("API: filter that a quarter fit", "&meta.kind[eq]=cat"),
        ("API: filter that three fit", "&meta.kind[eq]=rare"),
        (
            "API: filters that half fit, all of them old",
            &format!("&meta.kind[in]=cat|dog&meta.number[lt]={}", size / 2),
        ),
        ("API: words that many have", "&search=photo"),
        ("API: words that no image has", "&search=nowhere"),
    ] {
        let path = format!("{api}/v2?per_page=100{query}");
        measured.push((name, median(async |_| drop(ask(server, &path, 200))).await));
    }
    measured
}

async fn compare(what: &str, database: String) {
    let here = database.clone();
    let Some(hosting) = Hosting::with(|config| {
        config.hosted.database = Some(here.as_str().into());
    })
    .await
    else {
        return;
    };
    let server = hosting.listen().await;
    let mut columns = [Vec::new(), Vec::new()];
    let mut from = 0;
    for (size, column) in SIZES.into_iter().zip(&mut columns) {
        write_images(&database, ACCOUNT, from..size).await;
        from = size;
        *column = measure(&hosting, server, size).await;
    }
    assert_flat(what, &columns);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes a minute, and measures time"]
async fn scale_over_http_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    compare("SQLite, over HTTP", folder.path().join("images.db").to_str().unwrap().to_owned()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes a minute, and measures time"]
async fn scale_over_http_on_postgres() {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    compare("PostgreSQL, over HTTP", postgres.url()).await;
}
