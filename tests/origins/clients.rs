//! Clients that are slow: readers lose nothing and hold nobody up, senders are cut off when their time is over.
//!
//! `TINTYPE_TEST_READERS=200,10000` has 200 readers take 10,000 bytes a second each, which takes minutes.

use std::{sync::Arc, time::Duration};

use tintype_pixels::Size;
use tintype_server::config::{ByteSize, Interval};
use tintype_testkit::files;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{Front, Reply, within};

/// Sides of a picture of noise, which makes a result of some megabytes.
const SIDE_PX: u32 = 1000;

fn noise() -> Vec<u8> {
    files::png(Size::new(SIDE_PX, SIDE_PX), |x, y| {
        let mut state = u64::from(y * SIDE_PX + x + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let [a, b, c, ..] = (state ^ (state >> 31)).to_le_bytes();
        [a, b, c, 255]
    })
}

/// Connects with a small buffer, so that what is not read stays with the server.
async fn connect(front: &Front) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8192).unwrap();
    socket.connect(front.address).await.unwrap()
}

const LARGE: &str = "/cdn-cgi/image/width=1000,format=png-force/noise.png";

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: front.test\r\nconnection: close\r\n\r\n")
}

/// Reads an answer at `bytes_per_second`.
async fn read_slowly(front: Arc<Front>, bytes_per_second: usize) -> Reply {
    let mut stream = connect(&front).await;
    stream.write_all(request(LARGE).as_bytes()).await.unwrap();
    let (mut answer, mut chunk, began) = (Vec::new(), vec![0; bytes_per_second.div_ceil(10)], Instant::now());
    loop {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return Reply::read(&answer),
            Ok(n) => answer.extend_from_slice(&chunk[..n]),
        }
        sleep(Duration::from_secs_f64(answer.len() as f64 / bytes_per_second as f64).saturating_sub(began.elapsed()))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_get_all_of_it_and_hold_nobody_up() {
    let asked = std::env::var("TINTYPE_TEST_READERS").ok();
    let (readers, bytes_per_second) = asked.map_or((60, 1_000_000), |text| {
        let (readers, speed) = text.split_once(',').unwrap();
        (readers.parse().unwrap(), speed.parse().unwrap())
    });
    // One picture at a time: a permit that is held while somebody reads would be noticed at once.
    let files = [("noise.png", noise())];
    let front = Front::start(&files, |config| {
        config.server.jobs = 1;
        config.origins.concurrency = 1;
        config.cache.memory = ByteSize(200_000_000);
    });
    let Some(front) = front.await else { return };
    let front = Arc::new(front);
    let whole = front.get(LARGE).await;
    assert_eq!(whole.status, 200, "{}", whole.text());
    assert!(whole.body.len() > 2_000_000, "{} bytes", whole.body.len());

    let began = Instant::now();
    let mut reading = JoinSet::new();
    for _ in 0..readers {
        reading.spawn(read_slowly(Arc::clone(&front), bytes_per_second));
    }
    sleep(Duration::from_millis(300)).await;
    let (mut others, mut slowest, mut truncated, mut done) = (0, Duration::ZERO, 0, 0);
    while done < readers {
        // Another picture each time, so that it has to be made.
        let asking = Instant::now();
        let path = format!("/cdn-cgi/image/width={},format=png/noise.png", 8 + others % 300);
        let reply = within(Duration::from_secs(20), "another picture", front.get(&path)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        (others, slowest) = (others + 1, slowest.max(asking.elapsed()));
        while let Some(reply) = reading.try_join_next() {
            let reply = reply.unwrap();
            done += 1;
            truncated += usize::from(reply.body != whole.body);
        }
        if reading.len() == readers {
            front.assert_idle().await;
        }
        sleep(Duration::from_millis(50)).await;
    }
    println!(
        "{readers} readers at {bytes_per_second} bytes/s of {} bytes each in {:.1?}: {truncated} truncated; {others} other \
         pictures meanwhile, the slowest in {slowest:.1?}",
        whole.body.len(),
        began.elapsed()
    );
    assert_eq!(truncated, 0);
    assert!(others > 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_nothing_is_cut_off() {
    let files = [("noise.png", noise())];
    let front = Front::start(&files, |config| {
        config.server.stall_timeout = Interval(Duration::from_millis(500));
    });
    let Some(front) = front.await else { return };
    let whole = front.get(LARGE).await;
    let mut stalled = Vec::new();
    for _ in 0..40 {
        let mut stream = connect(&front).await;
        // Ten answers are more than the system's buffers take.
        let requests = format!("GET {LARGE} HTTP/1.1\r\nhost: front.test\r\n\r\n").repeat(10);
        stream.write_all(requests.as_bytes()).await.unwrap();
        stalled.push(stream);
    }
    sleep(Duration::from_secs(3)).await;
    for mut stream in stalled {
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        // That it ends with an error is as good as that it ends.
        let _ = within(Duration::from_secs(10), "reading what is left", read).await;
        assert!(answer.len() < 10 * whole.body.len(), "the connection was not cut");
    }
    front.assert_idle().await;
}

/// Sends `start`, then a byte of `rest` every 50 ms; how long until the server ends it, and what it says.
async fn send_slowly(front: Arc<Front>, start: String, rest: u8) -> (Reply, Duration) {
    let began = Instant::now();
    let (mut from, mut to) = TcpStream::connect(front.address).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        if to.write_all(start.as_bytes()).await.is_ok() {
            while to.write_all(&[rest]).await.is_ok() {
                sleep(Duration::from_millis(50)).await;
            }
        }
    });
    let mut answer = Vec::new();
    let _ = from.read_to_end(&mut answer).await;
    sending.abort();
    (Reply::read(&answer), began.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_senders_are_cut_off_and_hold_nobody_up() {
    const HEAD: Duration = Duration::from_millis(1000);
    const BODY: Duration = Duration::from_millis(1500);
    let picture = files::png(Size::new(16, 16), |x, y| [x as u8, y as u8, 0, 255]);
    let files = [("a.png", picture.clone())];
    let front = Front::start(&files, |config| {
        config.server.head_timeout = Interval(HEAD);
        config.server.timeout = Interval(BODY);
        config.cache.purge_token = "sesame".into();
        config.server.jobs = 1;
    });
    let Some(front) = front.await else { return };
    let front = Arc::new(front);
    let form = "--B\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\n";
    let post = |path: &str, more: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: front.test\r\ncontent-length: 1000000\r\n{more}\r\n")
    };
    let multipart = "content-type: multipart/form-data; boundary=B\r\n";
    // Name, what is sent at first, what is repeated, after how long it ends, how.
    let table = [
        ("empty lines", String::new(), b'\n', HEAD, [0, 408]),
        ("a head", "GET / HTTP/1.1\r\nx-slow: ".to_owned(), b'a', HEAD, [0, 408]),
        ("an endless target", "GET /".to_owned(), b'a', HEAD, [0, 408]),
        ("a form", post("/transform", multipart) + form, b'a', BODY, [504, 400]),
        ("a form's first part", post("/info", multipart), b'-', BODY, [504, 400]),
        ("an upload", post("/playground/transform/width=1", ""), b'a', BODY, [504, 400]),
        ("a purge", post("/client/v4/zones/z/purge_cache", "authorization: Bearer sesame\r\n"), b'a', BODY, [400, 408]),
    ];
    let mut slow = JoinSet::new();
    for (name, start, rest, limit, ends) in table {
        for _ in 0..30 {
            let (front, start) = (Arc::clone(&front), start.clone());
            slow.spawn(async move { (name, limit, ends, send_slowly(front, start, rest).await) });
        }
    }
    sleep(Duration::from_millis(300)).await;
    // While all of them send, others are served: a form, too.
    let body = [form.as_bytes(), &picture, b"\r\n--B--\r\n"].concat();
    let mut whole = format!(
        "POST /info HTTP/1.1\r\nhost: front.test\r\nconnection: close\r\ncontent-length: {}\r\n{multipart}\r\n",
        body.len()
    )
    .into_bytes();
    whole.extend_from_slice(&body);
    let asking = Instant::now();
    let reply = front.send(&whole).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(front.get("/cdn-cgi/image/width=3/a.png").await.status, 200);
    let meanwhile = asking.elapsed();
    assert!(!slow.is_empty(), "they should still be sending");

    let (mut ended, mut slowest) = (0, Duration::ZERO);
    while let Some(one) = slow.join_next().await {
        let (name, limit, ends, (reply, took)) = one.unwrap();
        assert!(ends.contains(&reply.status), "{name}: {} {}", reply.status, reply.text());
        assert!(took + Duration::from_millis(100) >= limit, "{name}: cut after {took:?}, {limit:?} are allowed");
        // What is refused may be sent for some seconds more.
        assert!(took < limit + Duration::from_secs(15), "{name}: cut after {took:?}");
        (ended, slowest) = (ended + 1, slowest.max(took));
    }
    println!(
        "{ended} slow senders, the last cut off after {slowest:.1?}; two others served in {meanwhile:.1?} meanwhile"
    );
    assert!(meanwhile < Duration::from_secs(5));
    front.assert_idle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_still_sends_gets_the_answer() {
    let front = Front::start(&[], |config| config.limits.source_bytes = ByteSize(1000));
    let Some(front) = front.await else { return };
    let long_head = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "a".repeat(300_000)).into_bytes();
    let mut long_body =
        b"POST /playground/transform/width=9 HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 500000\r\n\r\n".to_vec();
    long_body.resize(long_body.len() + 500_000, 7);
    for (request, expected) in [(long_head, 431), (long_body, 413)] {
        for round in 0..20 {
            let mut stream = connect(&front).await;
            // All of it, whatever has been answered meanwhile; and only then is the answer read.
            let sent = stream.write_all(&request).await;
            sleep(Duration::from_millis(5)).await;
            let mut answer = Vec::new();
            let read = within(Duration::from_secs(5), "an answer", stream.read_to_end(&mut answer)).await;
            let reply = Reply::read(&answer);
            assert_eq!(reply.status, expected, "round {round}: {sent:?} {read:?} {}", reply.head);
        }
    }
}
