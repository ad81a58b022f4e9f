//! What an origin can do wrong, one row for each, with the answer that a client gets for it. All rows are asked for at the same time,
//! more than once, and must leave nothing behind.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc, time::Duration};

use tintype_pixels::Size;
use tintype_server::config::{ByteSize, Interval};
use tintype_testkit::files;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, sleep},
};

use super::{Front, within};

/// What the server waits for an origin here.
const TIMEOUT: Duration = Duration::from_millis(1500);

/// Bytes of the largest source.
const LIMIT_BYTES: u64 = 200_000;

/// How often every row is asked for.
const ROUNDS: usize = 2;

/// What an origin does with a request.
#[derive(Clone, Copy)]
enum Act {
    /// Sends this, and closes.
    Says(&'static str),
    /// Sends this, and then nothing.
    Stalls(&'static str),
    /// Sends this, and of the picture a byte at a time, and a second between.
    Drips(&'static str),
    /// Sends this, and then the other without an end.
    Endless(&'static str, &'static str),
    /// Sends a head with this in it, and so many bytes more or less than the picture has.
    Picture(&'static str, isize),
    /// Sends a part of what it announces, and resets the connection.
    Resets,
    /// Redirects to here, or to itself with a number one less.
    Redirects(&'static str),
}

use Act::{Drips, Endless, Picture, Redirects, Resets, Says, Stalls};

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// Name, what the origin does, status, code. Code 0 is a picture.
const TABLE: &[(&str, Act, u16, u16)] = &[
    // What is fine, or close enough.
    ("picture", Picture("content-length: {n}\r\n", 0), 200, 0),
    ("picture-until-the-end", Picture("", 0), 200, 0),
    ("picture-with-one-length-twice", Picture("content-length: {n}\r\ncontent-length: {n}\r\n", 0), 200, 0),
    // Stalls.
    ("stall-before-the-head", Stalls(""), 524, 9504),
    ("stall-in-the-status", Stalls("HTTP/1.1 2"), 524, 9504),
    ("stall-in-the-head", Stalls("HTTP/1.1 200 OK\r\ncontent-type: image/p"), 524, 9504),
    ("stall-before-the-body", Stalls("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"), 524, 9504),
    ("stall-in-the-body", Stalls("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"), 524, 9504),
    ("stall-in-a-chunk", Stalls("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nonly this"), 524, 9504),
    ("stall-at-the-last-chunk", Stalls("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"), 524, 9504),
    ("stall-in-a-redirect", Stalls("HTTP/1.1 302 Found\r\nlocation: /pict"), 524, 9504),
    ("drip-the-head", Drips(""), 524, 9504),
    ("drip-the-body", Drips("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"), 524, 9504),
    // Ends too early.
    ("close-at-once", Says(""), 502, 9402),
    ("close-in-the-head", Says("HTTP/1.1 200 OK\r\ncontent-le"), 502, 9402),
    ("close-in-the-body", Says("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"), 502, 9402),
    ("close-in-a-chunk", Says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nonly this"), 502, 9402),
    (
        "close-before-the-last-chunk",
        Says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nthis\r\n"),
        502,
        9402,
    ),
    ("close-a-byte-early", Picture("content-length: {n}\r\n", -1), 502, 9402),
    ("reset-in-the-body", Resets, 502, 9402),
    // Lies about lengths.
    ("length-too-short", Picture("content-length: 200\r\n", 0), 422, 9516),
    ("length-too-long", Picture("content-length: 199999\r\n", 0), 502, 9402),
    ("length-negative", Picture("content-length: -5\r\n", 0), 502, 9505),
    ("length-not-a-number", Picture("content-length: many\r\n", 0), 502, 9505),
    ("length-past-all-numbers", Picture("content-length: 99999999999999999999999\r\n", 0), 502, 9505),
    ("length-twice", Picture("content-length: {n}\r\ncontent-length: 5\r\n", 0), 502, 9505),
    (
        "length-of-a-chunk-not-a-number",
        Says("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nmany\r\nx\r\n"),
        502,
        9402,
    ),
    ("length-of-a-chunk-past-all-numbers", Endless(CHUNKED, "f"), 502, 9402),
    ("length-without-a-body", Says("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), 415, 9412),
    // Too much.
    ("too-large-announced", Stalls("HTTP/1.1 200 OK\r\ncontent-length: 200001\r\n\r\n"), 413, 9402),
    ("too-large-announced-by-far", Stalls("HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n"), 413, 9402),
    ("too-large-by-one", Picture("", 200_001), 413, 9402),
    ("endless-body", Endless("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxxxxxxxxxx"), 413, 9402),
    ("endless-chunks", Endless(CHUNKED, "4\r\nwhat\r\n"), 413, 9402),
    (
        "endless-extension-of-a-chunk",
        Endless("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;", "more"),
        502,
        9402,
    ),
    (
        "endless-trailers",
        Endless("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nthis\r\n0\r\n", "a: b\r\n"),
        502,
        9402,
    ),
    ("endless-headers", Endless(OK, "x-more: and more\r\n"), 502, 9505),
    ("endless-header", Endless("HTTP/1.1 200 OK\r\nx-more: ", "and more"), 502, 9505),
    ("endless-status", Endless("HTTP/1.1 200 ", "OK"), 502, 9505),
    ("endless-continue", Endless("", "HTTP/1.1 100 Continue\r\n\r\n"), 524, 9504),
    // Not what was asked for.
    ("not-http", Says("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), 502, 9505),
    ("http-9", Says("HTTP/9.9 200 OK\r\n\r\n"), 502, 9505),
    ("a-header-without-a-name", Says("HTTP/1.1 200 OK\r\n: x\r\n\r\n"), 502, 9505),
    ("a-page", Says("HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n<html></html>\n"), 415, 9412),
    ("status-101", Says("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"), 502, 9505),
    ("status-204", Says("HTTP/1.1 204 No Content\r\n\r\n"), 502, 9505),
    ("status-206", Says("HTTP/1.1 206 Partial Content\r\ncontent-length: 0\r\n\r\n"), 502, 9505),
    ("status-300", Says("HTTP/1.1 300 Multiple Choices\r\ncontent-length: 0\r\n\r\n"), 502, 9505),
    ("status-304", Says("HTTP/1.1 304 Not Modified\r\n\r\n"), 502, 9505),
    ("status-400", Says("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"), 502, 9519),
    ("status-401", Says("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"), 401, 9408),
    ("status-403", Says("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"), 403, 9408),
    ("status-404", Says("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"), 404, 9404),
    ("status-408", Says("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"), 408, 9408),
    ("status-410", Says("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"), 410, 9408),
    ("status-429", Says("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"), 429, 9408),
    ("status-500", Says("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"), 502, 9509),
    ("status-503-and-a-stall", Stalls("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 9\r\n\r\n"), 502, 9509),
    ("status-599", Says("HTTP/1.1 599 What\r\ncontent-length: 0\r\n\r\n"), 502, 9509),
    ("status-999", Says("HTTP/1.1 999 Denied\r\ncontent-length: 0\r\n\r\n"), 502, 9505),
    // Elsewhere.
    ("redirect-100", Redirects("{less}"), 400, 9421),
    ("redirect-4", Redirects("{less}"), 200, 0),
    ("redirect-to-itself", Redirects("/redirect-to-itself"), 400, 9421),
    ("redirect-to-a-private-address", Redirects("http://10.0.0.1/a.png"), 400, 9420),
    ("redirect-to-loopback", Redirects("http://127.0.0.1:1/a.png"), 400, 9420),
    ("redirect-to-a-name-of-loopback", Redirects("http://localhost:1/a.png"), 400, 9420),
    ("redirect-to-metadata", Redirects("http://169.254.169.254/latest/meta-data/"), 400, 9420),
    ("redirect-to-hidden-metadata", Redirects("http://[::ffff:a9fe:a9fe]/latest/meta-data/"), 400, 9420),
    ("redirect-to-a-file", Redirects("file:///etc/passwd"), 400, 9420),
    ("redirect-to-data", Redirects("data:image/png;base64,AAAA"), 400, 9420),
    ("redirect-with-a-password", Redirects("http://a:b@127.0.0.1/"), 400, 9420),
    ("redirect-to-no-url", Redirects("http://["), 400, 9420),
    ("redirect-to-nowhere", Says("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n"), 400, 9420),
    ("redirect-to-nobody", Redirects("http://nobody.invalid/"), 523, 9407),
];

async fn act(act: Act, path: &str, picture: &[u8], stream: &mut TcpStream) -> io::Result<()> {
    match act {
        Says(text) => stream.write_all(text.as_bytes()).await,
        Stalls(text) => {
            stream.write_all(text.as_bytes()).await?;
            sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Drips(text) => {
            stream.write_all(text.as_bytes()).await?;
            for byte in if text.is_empty() { OK.as_bytes() } else { picture } {
                stream.write_all(&[*byte]).await?;
                sleep(Duration::from_secs(1)).await;
            }
            Ok(())
        }
        Endless(text, again) => {
            stream.write_all(text.as_bytes()).await?;
            let again = again.repeat(1000);
            loop {
                stream.write_all(again.as_bytes()).await?;
            }
        }
        Picture(headers, more) => {
            let headers = headers.replace("{n}", &picture.len().to_string());
            stream.write_all(format!("{OK}{headers}connection: close\r\n\r\n").as_bytes()).await?;
            let mut bytes = picture.to_vec();
            bytes.resize(if more > 0 { more as usize } else { picture.len() - more.unsigned_abs() }, 0);
            stream.write_all(&bytes).await
        }
        Resets => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this").await?;
            // So that it is read, and the reset comes behind it.
            sleep(Duration::from_millis(100)).await;
            stream.set_zero_linger()
        }
        Redirects(to) => {
            let (name, left) = path.rsplit_once('-').unwrap_or_default();
            let to = match left.parse::<u32>() {
                Ok(0) => "/picture".to_owned(),
                Ok(left) => to.replace("{less}", &format!("/{name}-{}", left - 1)),
                Err(_) => to.to_owned(),
            };
            stream
                .write_all(format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").as_bytes())
                .await
        }
    }
}

/// An origin that does what the table says of a request's path.
async fn origin(picture: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let picture = Arc::new(picture);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let picture = Arc::clone(&picture);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap().trim_start_matches('/');
                let numbered = path.starts_with("redirect-") && path.ends_with(|c: char| c.is_ascii_digit());
                let does = TABLE.iter().find(|(name, ..)| *name == path).map(|(_, does, ..)| *does);
                let does = does.or(numbered.then_some(Redirects("{less}"))).unwrap();
                // Most end because the server has gone away.
                let _ = act(does, path, &picture, &mut stream).await;
            });
        }
    });
    address
}

/// An address where there is no TLS, whatever a client begins with.
async fn talks_first() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
            // Open until it was read.
            tokio::spawn(async move { stream.read(&mut [0; 4096]).await });
        }
    });
    address
}

/// An address where connecting takes for ever: its queue of connections is full.
async fn full() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        held.push(stream.unwrap());
        assert!(held.len() < 64, "the queue of connections has no end");
    }
    (address, held, listener)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_an_origin_has_its_answer_and_leaves_nothing_behind() {
    let picture = files::png(Size::new(64, 48), |x, y| [x as u8, y as u8, (x * y) as u8, 255]);
    let at = origin(picture).await;
    let (full, _held, _listener) = full().await;
    let plain = talks_first().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let front = Front::start(&[], |config| {
        let allow =
            [at.to_string(), plain.to_string(), full.to_string(), closed.to_string(), "nobody.invalid".to_owned()];
        config.origins.allow = allow.iter().map(|host| host.parse().unwrap()).collect();
        config.origins.timeout = Interval(TIMEOUT);
        config.origins.connect_timeout = Interval(TIMEOUT / 2);
        config.limits.source_bytes = ByteSize(LIMIT_BYTES);
        config.cache.memory = ByteSize(0);
    });
    let Some(front) = front.await else { return };
    let front = Arc::new(front);

    let mut rows: Vec<(String, u16, u16)> =
        TABLE.iter().map(|(name, _, status, code)| (format!("http://{at}/{name}"), *status, *code)).collect();
    rows.push((format!("https://{plain}/picture"), 502, 9505));
    rows.push((format!("http://{closed}/"), 523, 9510));
    rows.push((format!("http://{full}/"), 522, 9504));
    rows.push(("http://nobody.invalid/".to_owned(), 523, 9407));
    rows.push(("http://elsewhere.test/".to_owned(), 403, 9401));
    rows.push(("http://a:b@elsewhere.test/".to_owned(), 403, 9406));

    let (began, mut slowest) = (Instant::now(), Duration::ZERO);
    let mut wrong = Vec::new();
    let mut answers = BTreeMap::<(u16, u16), usize>::new();
    for round in 0..ROUNDS {
        let asked: Vec<_> = rows
            .iter()
            .cloned()
            .map(|(source, status, code)| {
                let front = Arc::clone(&front);
                tokio::spawn(async move {
                    let began = Instant::now();
                    let path = format!("/cdn-cgi/image/width={},format=png/{source}", 10 + round);
                    let reply = within(Duration::from_secs(30), &source, front.get(&path)).await;
                    (source, status, code, reply, began.elapsed())
                })
            })
            .collect();
        for row in asked {
            let (source, status, code, reply, took) = row.await.unwrap();
            slowest = slowest.max(took);
            *answers.entry((reply.status, reply.code())).or_default() += 1;
            if (reply.status, reply.code()) != (status, code) {
                wrong.push(format!("{source}: {status} {code} expected, {} {}", reply.status, reply.text()));
            }
            if code != 0 {
                let text = reply.text();
                assert!(text.starts_with(&format!("ERROR {}: ", reply.code())), "{source}: {text}");
                assert!(!text.contains("127.0.0.1") && !text.contains("os error"), "{source}: {text}");
                assert_eq!(reply.header("cache-control"), Some("no-store"), "{source}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} faults, {ROUNDS} times each, in {:?}; slowest {slowest:?}; {answers:?}", rows.len(), began.elapsed());
    // Twice the timeout: a connection that fails may take its own first. The rest is a busy machine.
    assert!(slowest < TIMEOUT * 2 + Duration::from_secs(10), "{slowest:?}");
    front.assert_idle().await;
    let again = front.get(&format!("/cdn-cgi/image/width=9/http://{at}/picture")).await;
    assert_eq!(again.status, 200, "{}", again.text());
}

#[tokio::test]
async fn a_server_that_is_its_own_origin_says_so() {
    let Some(front) = Front::start(&[], |_config| {}).await else { return };
    let request = "GET /cdn-cgi/image/width=1/a.png HTTP/1.1\r\nhost: a\r\nvia: 1.1 other, 1.1 x (image-resizing)\r\nconnection: close\r\n\r\n";
    let reply = front.send(request.as_bytes()).await;
    assert_eq!((reply.status, reply.code()), (508, 9403), "{}", reply.text());

    // The same with a server in between: its own errors are the outer one's origin's.
    let address = front.address;
    let outer =
        Front::start(&[], |config| config.origins.allow = vec![address.to_string().parse().unwrap()]).await.unwrap();
    let reply = outer.get(&format!("/cdn-cgi/image/width=1/http://{address}/cdn-cgi/image/width=2/a.png")).await;
    assert_eq!((reply.status, reply.code()), (502, 9509), "{}", reply.text());
}
