//! Spans of `tintype serve`, as a collector of OpenTelemetry gets them: OTLP over HTTP.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::{folder, has_gpu, program, samples, serve::Serving};

/// Head and body of a request.
fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut lines = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (lines.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Answers every request on a port of its own, with what `answer` gives for its head and body.
fn listen(answer: impl Fn(String, Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || {
                while let Some((head, body)) = read(&mut stream) {
                    let answer = answer(head, body);
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
                    if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer)).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// The fields of a protobuf message: number and bytes, of those that have a length.
fn fields(mut message: &[u8]) -> Vec<(u64, &[u8])> {
    fn varint(message: &mut &[u8]) -> u64 {
        let mut value = 0;
        for (place, &byte) in message.iter().enumerate() {
            value |= u64::from(byte & 127) << (place * 7);
            if byte < 128 {
                *message = &message[place + 1..];
                return value;
            }
        }
        panic!("a number without an end");
    }
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let length = match key & 7 {
            0 => {
                varint(&mut message);
                continue;
            }
            1 => 8,
            5 => 4,
            2 => varint(&mut message) as usize,
            other => panic!("wire type {other}"),
        };
        let (bytes, rest) = message.split_at(length);
        if key & 7 == 2 {
            found.push((key >> 3, bytes));
        }
        message = rest;
    }
    found
}

/// `opentelemetry.proto.trace.v1.Span`, what matters of it.
#[derive(Clone, Debug, Default)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
    attributes: HashMap<String, String>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The spans of an `ExportTraceServiceRequest`.
fn spans(request: &[u8]) -> Vec<Span> {
    fn of(message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
        fields(message).into_iter().filter(move |(n, _)| *n == number).map(|(_, bytes)| bytes)
    }
    // ResourceSpans, ScopeSpans, Span.
    let spans = of(request, 1).flat_map(|resource| of(resource, 2)).flat_map(|scope| of(scope, 2));
    let read = |bytes| {
        let mut span = Span::default();
        for (number, bytes) in fields(bytes) {
            let text = || String::from_utf8_lossy(bytes).into_owned();
            match number {
                1 => span.trace = hex(bytes),
                2 => span.id = hex(bytes),
                4 => span.parent = hex(bytes),
                5 => span.name = text(),
                9 => {
                    let pair = fields(bytes);
                    let value = pair.get(1).and_then(|(_, value)| fields(value).first().map(|(_, text)| text.to_vec()));
                    let key = String::from_utf8_lossy(pair[0].1).into_owned();
                    span.attributes.insert(key, String::from_utf8_lossy(&value.unwrap_or_default()).into_owned());
                }
                _ => {}
            }
        }
        span
    };
    spans.map(read).collect()
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CLIENT: &str = "b7ad6b7169203331";

#[test]
fn a_clients_trace_goes_through_to_the_collector_and_the_origin() {
    if !has_gpu() {
        return;
    }
    let collected: Arc<Mutex<Vec<Span>>> = Arc::default();
    let collecting = Arc::clone(&collected);
    let collector = listen(move |head, body| {
        assert!(head.starts_with("POST /v1/traces "), "{head}");
        collecting.lock().unwrap().extend(spans(&body));
        Vec::new()
    });
    let (told, heard) = mpsc::channel();
    let picture = std::fs::read(samples().join("rocket.jpg")).unwrap();
    let origin = listen(move |head, _| {
        told.send(head).unwrap();
        picture.clone()
    });
    let folder = folder();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--allow-origin", &origin]);
    command.env("TINTYPE_MODELS", folder.path()).env("OTEL_BSP_SCHEDULE_DELAY", "100");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}"));
    let server = Serving::start(command);
    let path = format!("/cdn-cgi/image/width=64/http://{origin}/a.jpg");
    let parent = format!("00-{TRACE}-{CLIENT}-01");
    let answer =
        server.get_with(&path, &format!("traceparent: {parent}\r\ntracestate: a=b\r\nx-request-id: 7-of-9\r\n"));
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", answer.escape_ascii());

    let head = heard.recv_timeout(Duration::from_secs(5)).unwrap().to_lowercase();
    let told = head.lines().find_map(|line| line.strip_prefix("traceparent: ")).expect("the origin is told").to_owned();
    assert!(head.contains("\r\ntracestate: a=b\r\n"), "{head}");
    let log = server.stop();
    let spans: Vec<Span> = collected.lock().unwrap().iter().filter(|span| span.trace == TRACE).cloned().collect();
    let named = |name: &str| {
        let found = spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("{name} in {spans:#?}\n{log}"))
    };
    let request = named("GET image");
    assert_eq!(request.parent, CLIENT);
    assert_eq!(request.attributes["id"], "7-of-9");
    for (name, parent) in [
        ("fetch", "GET image"),
        ("wait", "GET image"),
        ("transform", "GET image"),
        ("decode", "transform"),
        ("plan", "transform"),
        ("gpu", "transform"),
        ("encode", "transform"),
    ] {
        assert_eq!(named(name).parent, named(parent).id, "{name} in {spans:#?}");
    }
    assert_eq!(told, format!("00-{TRACE}-{}-01", named("fetch").id), "the origin's part belongs to the fetch");
}

#[test]
fn a_collector_that_does_not_answer_costs_nothing() {
    if !has_gpu() {
        return;
    }
    // Takes everything and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = folder();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--root", "in"]);
    command
        .env("TINTYPE_MODELS", folder.path())
        .env("OTEL_BSP_SCHEDULE_DELAY", "10")
        .env("OTEL_BSP_MAX_QUEUE_SIZE", "16");
    command.env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8");
    command.env("TINTYPE_LOG__TRACES", format!("http://{}", silent.local_addr().unwrap()));
    let server = Serving::start(command);
    let began = Instant::now();
    for n in 1..=40 {
        let answer = server.get(&format!("/cdn-cgi/image/width={n}/rocket.jpg"));
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", answer.escape_ascii());
    }
    println!("40 pictures in {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    server.stop();
}
