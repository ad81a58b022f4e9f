//! The dashboard and the upload widget, in Chromium: a person's way through them, with a mouse and with keys alone.
//!
//! The cases are in `tests/browser/`, in JavaScript, because that is what drives browsers; this file starts a server with stored
//! images in SQLite and a folder, and reads the report. Chromium is found as `readers` finds it, with the same variable; playwright,
//! which drives it, is installed by npm. `TINTYPE_BROWSER_ONLY=TEXT` keeps to cases with that in their names, and
//! `TINTYPE_SCREENSHOTS=FOLDER` has pictures of all views taken.

use std::{env, net::SocketAddr, path::Path, process::Command};

use tintype_server::{AppState, Config, router};
use tintype_testkit::{engine, scale::write_images};
use tokio::net::TcpListener;

use crate::http::PICTURES;
use crate::packages::{npm, or_skipped};
use crate::readers::chromium;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser");
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "a-token-that-nobody-may-see";

#[tokio::test(flavor = "multi_thread")]
async fn people_find_their_way() {
    let Some(engine) = engine() else { return };
    let Some(chromium) = chromium() else { return };
    let home = tokio::task::spawn_blocking(|| npm(Path::new(FOLDER), &format!("playwright-core-{}", version())));
    let Some(home) = or_skipped("playwright", "TINTYPE_REQUIRE_CHROMIUM", home.await.unwrap()) else { return };

    let data = tempfile::tempdir().unwrap();
    let server = stored_images(engine.clone(), data.path()).await;
    // More than an answer's search looks at, older than what the cases upload; they are rows without files.
    let many_data = tempfile::tempdir().unwrap();
    let many = stored_images(engine.clone(), many_data.path()).await;
    write_images(many_data.path().join("images.db").to_str().unwrap(), ACCOUNT, 0..12_000).await;
    let about = serde_json::json!({
        "server": format!("http://{server}"),
        "many": format!("http://{many}"),
        "account": ACCOUNT,
        "token": TOKEN,
        "chromium": chromium,
        "packages": home.join("package.json"),
        "pictures": PICTURES,
        "only": env::var("TINTYPE_BROWSER_ONLY").unwrap_or_default(),
        "screenshots": env::var("TINTYPE_SCREENSHOTS").ok(),
    });
    let mut node = Command::new("node");
    node.arg(Path::new(FOLDER).join("main.mjs")).arg(about.to_string());
    let output = tokio::task::spawn_blocking(move || node.output().unwrap()).await.unwrap();

    let said = String::from_utf8_lossy(&output.stderr);
    let report: Vec<serde_json::Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert!(!report.is_empty(), "no case was run: {said}");
    let failed: Vec<_> = report.iter().filter(|case| !case["error"].is_null()).collect();
    let lines: Vec<_> =
        failed.iter().map(|case| format!("{}: {}", case["name"], case["error"].as_str().unwrap())).collect();
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), report.len(), lines.join("\n"));
    eprintln!("dashboard: {} cases", report.len());
}

/// A server with an empty store in `data`, on a port of its own until the test ends.
async fn stored_images(engine: tintype::Tintype, data: &Path) -> SocketAddr {
    let mut config = Config::default();
    config.hosted.data = Some(data.to_owned());
    config.hosted.account = serde_json::from_value(ACCOUNT.into()).unwrap();
    config.hosted.token = TOKEN.into();
    let state = AppState::with_engine(config, engine).unwrap();
    state.open_images().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(state)).await });
    address
}

/// Of playwright, as it is pinned.
fn version() -> String {
    let package = std::fs::read_to_string(Path::new(FOLDER).join("package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    package["dependencies"]["playwright-core"].as_str().expect("a pinned version").to_owned()
}
