//! Cloudflare's own SDKs, for JavaScript and for Python, as clients of the API of stored images: every call they have.
//!
//! The cases are in `tests/sdk/`, in the SDKs' languages; this file starts a server, runs them and reads the report. Without npm,
//! Python or a network a test says that it was skipped, and passes; `TINTYPE_REQUIRE_SDK=1` makes that a failure.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use axum::{Router, extract::Path as UrlPath, routing::get};
use serde_json::Value;

use crate::{
    hosted::{ACCOUNT, Hosting, TOKEN},
    http::PICTURES,
    packages,
    workerd::{listening, passed},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sdk");
const REQUIRED: &str = "TINTYPE_REQUIRE_SDK";

/// A server, and an origin of the sample pictures that it may read.
async fn servers() -> Option<(Hosting, SocketAddr, SocketAddr)> {
    let origin = listening(Router::new().route(
        "/{name}",
        get(|UrlPath(name): UrlPath<String>| async move { std::fs::read(Path::new(PICTURES).join(name)).unwrap() }),
    ))
    .await;
    let hosting = Hosting::with(|config| config.origins.allow = vec![origin.to_string().parse().unwrap()]).await?;
    let address = hosting.listen().await;
    Some((hosting, address, origin))
}

/// Runs cases against a server of their own.
async fn run(what: &'static str, found: fn() -> Result<PathBuf, String>, command: fn(&Path) -> Command) {
    let found = tokio::task::spawn_blocking(found).await.unwrap();
    let Some(packages) = packages::or_skipped(what, REQUIRED, found) else { return };
    let Some((_hosting, address, origin)) = servers().await else { return };
    let mut command = command(&packages);
    command.env("BASE_URL", format!("http://{address}")).env("PICTURES", format!("http://{origin}"));
    command.env("PACKAGES", packages).env("ACCOUNT", ACCOUNT).env("TOKEN", TOKEN).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    passed(what, &output.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_in_javascript() {
    let found = || {
        let package: Value = serde_json::from_slice(&std::fs::read(format!("{FOLDER}/package.json")).unwrap()).unwrap();
        let version = package["dependencies"]["cloudflare"].as_str().expect("a pinned version");
        packages::npm(Path::new(FOLDER), &format!("cloudflare-npm-{version}"))
    };
    let command = |_packages: &Path| {
        let mut node = Command::new("node");
        node.arg(format!("{FOLDER}/cases.mjs"));
        node
    };
    run("cloudflare for JavaScript", found, command).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_in_python() {
    let found = || {
        let requirements = PathBuf::from(FOLDER).join("requirements.txt");
        let text = std::fs::read_to_string(&requirements).unwrap();
        let version = text.lines().find_map(|line| line.strip_prefix("cloudflare==")).expect("a pinned version");
        packages::pip(&requirements, &format!("cloudflare-pip-{version}"))
    };
    let command = |packages: &Path| {
        let mut python = Command::new(packages.join("bin/python"));
        python.arg(format!("{FOLDER}/cases.py"));
        python
    };
    run("cloudflare for Python", found, command).await;
}
