//! Requests of every kind, random and mutated, over TCP: none is answered 500, and no answer says anything about this machine.
//!
//! The same requests in the same order every time. `TINTYPE_TEST_FUZZ_SECONDS` has them go on for longer than a few seconds, and
//! `TINTYPE_TEST_FUZZ_SEED` has others.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tintype_pixels::Size;
use tintype_server::config::{ByteSize, Interval};
use tintype_testkit::files;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use super::{Front, Reply};

/// Statuses that are documented for some request, or that HTTP has for what is none.
const DOCUMENTED: &[u16] = &[
    200, 304, 307, 308, 400, 401, 403, 404, 405, 408, 413, 414, 415, 416, 422, 431, 501, 502, 503, 504, 508, 522, 523,
    524,
];

/// What no answer may say.
const INTERNAL: &[&str] = &[
    "panicked",
    "thread '",
    ".rs:",
    "RUST_BACKTRACE",
    "stack backtrace",
    "os error",
    "/tmp/",
    "/root",
    "/home",
    "/usr/",
    "/proc/",
];

/// xorshift64*: requests have to be the same every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const NAMES: &[&str] = &[
    "width",
    "w",
    "height",
    "h",
    "fit",
    "gravity",
    "g",
    "quality",
    "q",
    "format",
    "f",
    "dpr",
    "rotate",
    "flip",
    "trim",
    "background",
    "blur",
    "sharpen",
    "brightness",
    "contrast",
    "gamma",
    "saturation",
    "border",
    "anim",
    "metadata",
    "onerror",
    "compression",
    "zoom",
    "segment",
    "draw",
    "preset",
    "color",
    "slow-connection-quality",
    "scq",
    "origin-auth",
    "url",
    "text",
    "size",
    "left",
    "opacity",
    "",
    "sig",
    "exp",
    "key",
    "width.x",
    "%77idth",
    "WIDTH",
    "quality-mode",
    "upscale",
    "trim.border",
];

const VALUES: &[&str] = &[
    "1",
    "0",
    "7",
    "-1",
    "9",
    "12",
    "1e9",
    "99999999999999999999",
    "0.5",
    "NaN",
    "inf",
    "auto",
    "cover",
    "pad",
    "crop",
    "contain",
    "squeeze",
    "aspect-crop",
    "0.5x0.5",
    "face",
    "entropy",
    "left",
    "red",
    "%23ff00ff",
    "rgb(1,2,3)",
    "rgb%281,2,3%29",
    "json",
    "webp",
    "avif",
    "png",
    "jpeg",
    "baseline-jpeg",
    "svg",
    "true",
    "false",
    "hv",
    "90",
    "45",
    "border",
    "1;2;3;4",
    "1;;;",
    "keep",
    "none",
    "copyright",
    "redirect",
    "foreground",
    "share-publicly",
    "fast",
    "(",
    ")",
    "()",
    "(url=a.png)",
    "(text=Hi,size=9)",
    "(text=%F0%9F%98%80,size=1e9)",
    "(url=(url=a.png))",
    "(url=http://127.0.0.1/a)",
    "%",
    "%2",
    "%00",
    "%FF%FE",
    "%E2%82%AC",
    "😀",
    "..",
    "a/b",
    "'\"",
    "<script>",
    "low",
];

/// What is fine, most of it alone or with others.
const FINE: &[&str] = &[
    "width=9",
    "height=7",
    "width=20,height=20",
    "fit=cover",
    "fit=pad",
    "fit=contain",
    "gravity=left",
    "gravity=0.2x0.9",
    "format=webp",
    "format=png",
    "format=jpeg",
    "format=json",
    "format=auto",
    "quality=50",
    "dpr=2",
    "rotate=90",
    "flip=h",
    "background=red",
    "blur=3",
    "sharpen=1",
    "brightness=1.2",
    "contrast=0.8",
    "gamma=1.5",
    "saturation=0",
    "trim=1;1;1;1",
    "trim=border",
    "metadata=none",
    "anim=false",
    "border=red;2",
    "draw=(url=a.png,width=3)",
    "draw=(text=Hi,size=9)",
    "onerror=redirect",
    "width=auto",
    "scq=20",
    "compression=fast",
];

const SOURCES: &[&str] = &[
    "a.png",
    "a.png",
    "a.png",
    "b.jpg",
    "c.gif",
    "broken.png",
    "text.txt",
    "missing.png",
    "",
    "/",
    "//",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "/etc/passwd",
    ".hidden.png",
    "folder",
    "folder/",
    "@photos/a.png",
    "@photos",
    "a.png?x=1",
    "a.png#x",
    "a.png%00.jpg",
    "http://127.0.0.1:9/a.png",
    "http:/127.0.0.1/a.png",
    "https%3A%2F%2F127.0.0.1%2Fa",
    "http://169.254.169.254/",
    "http://[::1]/",
    "http://",
    "http://a:b@c/",
    "file:///etc/passwd",
    "ftp://a/b",
    "data:image/png;base64,AAAA",
    "\\\\host\\share",
    "C:\\x",
    "a\\b",
    "%5c",
    "a%20b.png",
    "http://allowed.test/a.png",
    "http://allowed.test:99999/",
    "http://xn--/",
    "http://%00/",
    "sample:horse.png",
    "docs/samples/horse.png",
    "con",
    "%",
    "%zz",
];

const PATHS: &[&str] = &[
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/docs",
    "/docs/",
    "/docs/width",
    "/docs/nothing",
    "/docs/%2e%2e/x",
    "/docs/gallery",
    "/pages/shared.css",
    "/playground/options.json",
    "/playground/samples.json",
    "/playground/playground.js",
    "/playground/explain/width=9?source=a.png",
    "/playground/explain/width=9?width=20&height=20",
    "/playground/explain/x",
    "/playground/transform/width=9",
    "/image",
    "/image?",
    "/image?url=a.png&width=9",
    "/image?url=%61.png&w=9&w=x",
    "/info",
    "/transform",
    "/rehearse/device-loss",
    "/client/v4/zones/z/purge_cache",
    "/client/v4/zones/%00/purge_cache",
    "/client/v4/accounts/x/images/v1",
    "/favicon.ico",
    "/..",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/cdn-cgi/image",
    "/cdn-cgi/image/",
    "/cdn-cgi/imagedelivery/x/y/z",
    "/cdn-cgi",
    "/CDN-CGI/IMAGE/w=1/a.png",
    "*",
    "",
    "?",
    "#",
    "//",
    "/\\",
    "/%",
    "/%ff",
];

const METHODS: &[&str] = &[
    "GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW", "get",
    "G\u{e9}T", "",
];

const HEADERS: &[&str] = &[
    "Accept: image/avif,image/webp,*/*",
    "Accept: */*;q=NaN",
    "If-None-Match: *",
    "If-None-Match: \"cf-x:y\", W/\"",
    "If-None-Match: W/\"a\"",
    "Via: 1.1 image-resizing",
    "Sec-CH-DPR: 99e9",
    "Sec-CH-Viewport-Width: -1",
    "Save-Data: on",
    "ECT: 2g",
    "RTT: x",
    "Downlink: NaN",
    "User-Agent: iPhone",
    "X-CF-Blob: {\"image\":{\"width\":9}}",
    "X-CF-Blob: {}",
    "X-CF-Blob: [[[[",
    "X-CF-Blob: {\"image\":{\"draw\":[{\"url\":\"http://a\"}]}}",
    "X-CF-Blob: {\"image\":{\"width\":1e999,\"fit\":null,\"draw\":{}}}",
    "MF-URL: http://a.test/b.png",
    "MF-URL: x",
    "MF-Header-X-CF-Blob: {\"image\":{}}",
    "Range: bytes=0-1",
    "Range: bytes=9-1",
    "Authorization: Bearer sesame",
    "Authorization: Bearer x",
    "Cookie: a=b",
    "X-Request-Id: <script>",
    "X-Request-Id: abc",
    "Expect: 100-continue",
    "Expect: x",
    "Connection: close",
    "Connection: upgrade",
    "Upgrade: h2c",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, x",
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
    "Content-Type: multipart/form-data; boundary=B",
    "Content-Type: multipart/form-data",
    "Content-Type: application/json",
    "Content-Encoding: gzip",
    "Host: js.images.cloudflare.com",
    "Host: \u{0}",
    "Host:",
    "X: \u{1}",
    ": x",
    "Forwarded: for=x",
    "X-Forwarded-For: 1",
    "Origin: http://evil.test",
    "Date: x",
    "If-Modified-Since: x",
    "Cache-Control: no-cache",
];

const BODIES: &[&str] = &[
    "",
    "x",
    "{}",
    "{\"purge_everything\":true}",
    "{\"files\":[\"http://a/b\",{\"url\":\"/a.png\"}]}",
    "{\"prefixes\":[1]}",
    "{\"hosts\":[\"\"]}",
    "[]",
    "nul",
    "--B\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n{png}\r\n--B--\r\n",
    "--B\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n{png}\r\n--B\r\ncontent-disposition: form-data; name=\"transforms\"\r\n\r\n[{\"width\":9}]\r\n--B--\r\n",
    "--B\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n{png}\r\n--B\r\ncontent-disposition: form-data; name=\"output_format\"\r\n\r\nimage/png\r\n--B\r\ncontent-disposition: form-data; name=\"transforms\"\r\n\r\n[{\"imageIndex\":0,\"rotate\":90,\"blur\":1e99}]\r\n--B--\r\n",
    "--B\r\ncontent-disposition: form-data; name=\"draw_image\"; filename=\"a\"\r\n\r\n{png}\r\n--B--\r\n",
    "--B\r\ncontent-disposition: form-data; name=\"transforms\"\r\n\r\n[[[[[[[[[[[[\r\n--B--\r\n",
    "--B\r\n\r\n\r\n--B--",
    "--B--",
    "--B\r\ncontent-disposition: x\r\n",
    "{png}",
    "5\r\nhello\r\n0\r\n\r\n",
    "ffffffffffffffffff\r\n",
    "-1\r\n",
    "0\r\nx: y\r\n\r\n",
];

/// A request's bytes.
fn request(random: &mut Random, picture: &[u8]) -> Vec<u8> {
    let target = match random.below(10) {
        0..=5 => {
            let mut options = Vec::new();
            for _ in 0..random.below(5) + usize::from(!random.chance(5)) {
                if random.chance(70) {
                    options.push(random.one(FINE).to_owned());
                    continue;
                }
                let (name, value) = (random.one(NAMES), random.one(VALUES));
                options.push(if random.chance(95) { format!("{name}={value}") } else { value.to_owned() });
            }
            let mut source = random.one(SOURCES);
            if random.chance(70) {
                source = "a.png";
            }
            match random.below(8) {
                0 => format!("/image?{}&url={source}", options.join("&")),
                1 => format!("/playground/transform/{}", options.join(",")),
                2 => format!("/playground/explain/{}?source={source}", options.join(",")),
                _ => format!("/cdn-cgi/image/{}/{source}", options.join(",")),
            }
        }
        6 | 7 => random.one(PATHS).to_owned(),
        8 => format!(
            "http://{}{}",
            random.one(&["allowed.test", "127.0.0.1:9", "js.images.cloudflare.com", "", "[::1]", "a@b"]),
            random.one(PATHS)
        ),
        _ => {
            let piece = random.one(SOURCES).to_owned();
            let n = random.below(400);
            format!("/{}", piece.repeat(n))
        }
    };
    let body = random.one(BODIES).split("{png}").map(|part| part.as_bytes().to_vec()).collect::<Vec<_>>().join(picture);
    let has_body = random.chance(25);
    let method = match random.chance(80) {
        true if has_body => "POST",
        true => "GET",
        false => random.one(METHODS),
    };
    let version =
        if random.chance(97) { "HTTP/1.1" } else { random.one(&["HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "", "X"]) };
    let mut bytes = format!("{method} {target} {version}\r\n").into_bytes();
    if random.chance(95) {
        bytes.extend_from_slice(b"Host: front.test\r\n");
    }
    if random.chance(95) {
        bytes.extend_from_slice(b"Connection: close\r\n");
    }
    for _ in 0..[0, 0, 0, 1, 2, 5][random.below(6)] {
        bytes.extend_from_slice(random.one(HEADERS).as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    if random.chance(2) {
        let long = "a".repeat(random.below(100_000));
        bytes.extend_from_slice(format!("X-Long: {long}\r\n").as_bytes());
    }
    if random.chance(2) {
        (0..random.below(300)).for_each(|n| bytes.extend_from_slice(format!("X-{n}: {n}\r\n").as_bytes()));
    }
    if has_body {
        if random.chance(80) {
            bytes.extend_from_slice(b"Content-Type: multipart/form-data; boundary=B\r\n");
        }
        if random.chance(90) {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
    }
    bytes.extend_from_slice(b"\r\n");
    if has_body {
        bytes.extend_from_slice(&body);
    }
    if random.chance(20) {
        for _ in 0..1 + random.below(4) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes.insert(at, random.next() as u8),
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => bytes.truncate(at + 1),
            }
        }
    }
    bytes
}

/// What comes back before the connection ends, or nothing more comes.
async fn ask(front: &Front, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(front.address).await.unwrap();
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    // Longer than any time limit of this server.
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("every connection ends").ok();
    // That a body may be sent is no answer yet.
    while answer.starts_with(b"HTTP/1.1 100 ") {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
        answer.drain(..end);
    }
    answer
}

/// Whether the head of a request has an end. Lines may end in either way.
fn is_request(request: &[u8]) -> bool {
    let ends = |end: &[u8]| request.windows(end.len()).any(|part| part == end);
    ends(b"\n\n") || ends(b"\n\r\n")
}

fn is_head_only(request: &[u8]) -> bool {
    request.starts_with(b"HEAD ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_an_internal_error_or_learns_anything() {
    let seconds = std::env::var("TINTYPE_TEST_FUZZ_SECONDS").map_or(8, |text| text.parse().unwrap());
    let seed: u64 = std::env::var("TINTYPE_TEST_FUZZ_SEED").map_or(1, |text| text.parse().unwrap());
    let picture = files::png(Size::new(12, 9), |x, y| [x as u8 * 20, y as u8 * 20, 7, 200]);
    let folder = [
        ("a.png", picture.clone()),
        ("broken.png", picture[..picture.len() / 2].to_vec()),
        ("text.txt", b"no picture".to_vec()),
        (".hidden.png", picture.clone()),
    ];
    let front = Front::start(&folder, |config| {
        config.origins.allow = vec!["allowed.test".parse().unwrap()];
        config.origins.connect_timeout = Interval(Duration::from_millis(500));
        config.origins.timeout = Interval(Duration::from_secs(1));
        // For requests that wait for more, and connections that wait for others.
        config.server.head_timeout = Interval(Duration::from_millis(300));
        config.server.timeout = Interval(Duration::from_secs(1));
        config.cache.purge_token = "sesame".into();
        config.cache.memory = ByteSize(1_000_000);
        config.limits.result_side = 300;
        config.limits.result_pixels = 40_000;
    });
    let Some(front) = front.await else { return };
    let front = Arc::new(front);
    let place = front.folder.path().to_str().unwrap().to_owned();
    let began = Instant::now();
    let workers: Vec<_> = (0..24)
        .map(|worker| {
            let (front, picture, place) = (Arc::clone(&front), picture.clone(), place.clone());
            tokio::spawn(async move {
                let mut random = Random((seed << 8 | worker).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
                let mut answers = BTreeMap::<u16, usize>::new();
                while began.elapsed() < Duration::from_secs(seconds) {
                    let request = request(&mut random, &picture);
                    let answer = ask(&front, &request).await;
                    let reply = Reply::read(&answer);
                    let shown = || {
                        let head = String::from_utf8_lossy(&request[..request.len().min(2000)]).into_owned();
                        format!("{head:?}\n{}{}", reply.head, reply.text())
                    };
                    // No answer is one to what is no request: a head that does not end, or that is HTTP/2's.
                    match is_request(&request) {
                        true => assert!(DOCUMENTED.contains(&reply.status), "{}", shown()),
                        false => assert!(answer.is_empty() || DOCUMENTED.contains(&reply.status), "{}", shown()),
                    }
                    let is_text = !reply.header("content-type").unwrap_or("text").starts_with("image/");
                    let said = if is_text { reply.text() } else { String::new() } + &reply.head;
                    // What was sent may come back as it was sent, and the reference may talk of anything.
                    let sent = String::from_utf8_lossy(&request).to_lowercase();
                    let tells = |word: &&&str| {
                        said.to_lowercase().contains(&word.to_lowercase()) && !sent.contains(&word.to_lowercase())
                    };
                    let own = [&*place];
                    if !sent.contains("/docs") {
                        let told = INTERNAL.iter().chain(&own).find(tells);
                        assert!(told.is_none(), "{told:?}: {}", shown());
                    }
                    if reply.status >= 400 && !is_head_only(&request) && reply.code() != 0 {
                        assert!(reply.text().starts_with(&format!("ERROR {}: ", reply.code())), "{}", shown());
                    }
                    *answers.entry(reply.status).or_default() += 1;
                }
                answers
            })
        })
        .collect();
    let mut answers = BTreeMap::<u16, usize>::new();
    for worker in workers {
        for (status, n) in worker.await.unwrap() {
            *answers.entry(status).or_default() += n;
        }
    }
    println!("{} requests in {:.1?}, by status: {answers:?}", answers.values().sum::<usize>(), began.elapsed());
    assert!(answers.get(&200).is_some_and(|&n| n > 0) && answers.len() > 6, "{answers:?}");
    assert_eq!(front.get("/healthz").await.status, 200);
    assert_eq!(front.get("/cdn-cgi/image/width=5/a.png").await.status, 200);
    front.assert_idle().await;
}
