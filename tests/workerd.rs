//! Cloudflare's own runtime, workerd, as a client: a Worker whose images binding and whose fetches lead to tintype.
//!
//! The cases are in `tests/workerd/`, in JavaScript, because the runtime's own client is what is tested; this file starts
//! everything and reads the report. Without npm or a network the test says that it was skipped, and passes;
//! `TINTYPE_REQUIRE_WORKERD=1` makes that a failure. `TINTYPE_WORKERD_ONLY=TEXT` keeps to cases with that in their names.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use axum::{
    Router,
    extract::{Path as UrlPath, RawQuery},
    http::{HeaderMap, StatusCode, header},
    routing::get,
};
use tintype::Tintype;
use tintype_pixels::Size;
use tintype_testkit::{FakeVision, engine, files};
use tokio::net::TcpListener;

use crate::{
    http::{PICTURES, Server, over_tcp},
    packages,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/workerd");
/// Whose the stored images are.
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "a-token-of-the-tests";
const FONT: &[u8] = include_bytes!("../crates/text/fonts/Roboto-Regular.ttf");

#[tokio::test(flavor = "multi_thread")]
async fn workers_get_what_they_ask_for() {
    let origin = listening(Router::new().route("/{name}", get(source))).await;
    if engine().is_none() {
        return;
    }
    let seen =
        FakeVision { faces: vec![[0.4, 0.4, 0.2, 0.2]], foreground: Some([0.0, 0.0, 0.5, 1.0]), matte_view: (64, 64) };
    let engine = Tintype::builder().vision(Arc::new(seen)).build().unwrap();
    let data = tempfile::tempdir().unwrap();
    let server = Server::on_engine(&engine, Path::new(PICTURES), |config| {
        config.hosted.data = Some(data.path().to_owned());
        config.hosted.account = serde_json::from_value(ACCOUNT.into()).unwrap();
        config.hosted.token = TOKEN.into();
        config.origins.allow = vec![origin.to_string().parse().unwrap()];
        config.limits.source_bytes = "1MB".parse().unwrap();
    });
    let found = tokio::task::spawn_blocking(installed).await.unwrap();
    let Some(workerd) = packages::or_skipped("workerd", "TINTYPE_REQUIRE_WORKERD", found) else { return };
    server.state.open_images().await.unwrap();
    let tintype = listening(server.router).await;

    let only = env::var("TINTYPE_WORKERD_ONLY").unwrap_or_default();
    let asked = tokio::task::spawn_blocking(move || {
        let runtime = Runtime::started(&workerd, tintype, origin);
        over_tcp(runtime.address, &format!("/?only={only}"))
    });
    let (head, body) = asked.await.unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}\n{}", String::from_utf8_lossy(&body));

    passed("workerd", &body);
}

/// Reads what came of cases in another language, `[{name, error}]`: none may have failed.
#[track_caller]
pub(crate) fn passed(what: &str, report: &[u8]) {
    let report: Vec<serde_json::Value> = serde_json::from_slice(report).unwrap();
    assert!(!report.is_empty(), "no case was run");
    let failed: Vec<_> = report.iter().filter(|case| !case["error"].is_null()).collect();
    let lines: Vec<_> = failed
        .iter()
        .map(|case| format!("{}: {}", case["name"].as_str().unwrap(), case["error"].as_str().unwrap()))
        .collect();
    assert!(failed.is_empty(), "{what}: {} of {} cases failed:\n{}", failed.len(), report.len(), lines.join("\n"));
    eprintln!("{what}: {} cases", report.len());
}

/// Serves on a port of its own until the test ends.
pub(crate) async fn listening(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// The origin's files: those of `tests/pictures`, a font, and a few made ones.
async fn source(
    UrlPath(name): UrlPath<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Vec<u8>, StatusCode> {
    let is_sent_by_tintype =
        headers.get(header::VIA).is_some_and(|via| via.to_str().unwrap().contains("image-resizing"));
    Ok(match name.as_str() {
        "font.ttf" => FONT.to_vec(),
        "map.png" => files::png_rgb(Size::new(6, 4), |x, y| [x as u8 * 40, y as u8 * 60, 40]),
        "red.png" => files::png_rgb(Size::new(4, 2), |_, _| [255, 0, 0]),
        "private.png" if !headers.contains_key(header::AUTHORIZATION) => return Err(StatusCode::UNAUTHORIZED),
        "via.png" if !is_sent_by_tintype => return Err(StatusCode::BAD_REQUEST),
        "white.png" | "private.png" | "via.png" | "with space é.png" => {
            files::png_rgb(Size::new(20, 10), |_, _| [255; 3])
        }
        "clear.png" => files::png(Size::new(40, 20), |x, _| [255, 0, 0, if x < 20 { 255 } else { 0 }]),
        "wide.png" => {
            let width =
                query.and_then(|query| query.strip_prefix("width=")?.parse().ok()).ok_or(StatusCode::BAD_REQUEST)?;
            files::png_rgb(Size::new(width, 1), |_, _| [255; 3])
        }
        "framed.png" => files::png_rgb(Size::new(30, 20), |x, y| {
            let is_inside = (5..25).contains(&x) && (5..15).contains(&y);
            if is_inside { [0, 80, 160] } else { [255; 3] }
        }),
        "turned.jpg" => {
            let coffee = fs::read(Path::new(PICTURES).join("coffee.jpg")).unwrap();
            files::jpeg_with_exif(&coffee, &files::exif(6))
        }
        // Only names of files there are, and a router's segment has no slash.
        name => fs::read(Path::new(PICTURES).join(name)).map_err(|_missing| StatusCode::NOT_FOUND)?,
    })
}

/// workerd, stopped when dropped.
struct Runtime {
    process: Child,
    address: SocketAddr,
}

impl Runtime {
    fn started(workerd: &Path, tintype: SocketAddr, origin: SocketAddr) -> Self {
        let mut command = Command::new(workerd);
        command.arg("serve").arg(Path::new(FOLDER).join("config.capnp")).arg("--control-fd=1");
        for (service, address) in [("images-backend", tintype), ("outbound", tintype), ("origin", origin)] {
            command.arg(format!("--external-addr={service}={address}"));
        }
        command.env("ORIGIN_URL", format!("http://{origin}")).env("ACCOUNT", ACCOUNT).env("TOKEN", TOKEN);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", workerd.display()));

        // It says in one line of JSON where it listens, on what `--control-fd` names.
        let control = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || control.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let mut runtime = Self { process, address: ([127, 0, 0, 1], 0).into() };
        while runtime.address.port() == 0 {
            let line = lines.recv_timeout(Duration::from_secs(60)).expect("workerd listens within a minute");
            let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if let (Some("listen"), Some(port)) = (said["event"].as_str(), said["port"].as_u64()) {
                runtime.address.set_port(port.try_into().unwrap());
            }
        }
        runtime
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where workerd is, installed first if it is not there; or why it cannot be.
fn installed() -> Result<PathBuf, String> {
    let package = fs::read_to_string(Path::new(FOLDER).join("package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    let version = package["optionalDependencies"]["@cloudflare/workerd-linux-64"].as_str().expect("a pinned version");
    let home = packages::npm(Path::new(FOLDER), &format!("workerd-{version}"))?;
    let packages = fs::read_dir(home.join("node_modules/@cloudflare")).into_iter().flatten().flatten();
    let mut programs = packages.map(|package| package.path().join("bin/workerd"));
    programs.find(|program| program.is_file()).ok_or_else(|| "there is none for this system".into())
}
