//! The API's OpenAPI document, as others read it: valid, and true of a server that answers whatever can be made up from it.
//!
//! That the document in `docs/` is that of the routes is tested where it is made, in `crates/server/src/routes/hosted/openapi.rs`. Without
//! Python or a network these tests say that they were skipped, and pass; `TINTYPE_REQUIRE_SDK=1` makes that a failure.
//! `TINTYPE_SCHEMATHESIS_EXAMPLES` is how many requests are made up for each operation, 10 by default.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    hosted::{ACCOUNT, Hosting, TOKEN},
    packages,
};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Where Python's packages are, installed first if they are not there.
async fn installed(what: &str) -> Option<PathBuf> {
    let found = || {
        let requirements = Path::new(FOLDER).join("openapi/requirements.txt");
        let text = std::fs::read_to_string(&requirements).unwrap();
        let version = text.lines().find_map(|line| line.strip_prefix("schemathesis==")).expect("a pinned version");
        packages::pip(&requirements, &format!("schemathesis-{version}"))
    };
    let found = tokio::task::spawn_blocking(found).await.unwrap();
    packages::or_skipped(what, "TINTYPE_REQUIRE_SDK", found)
}

/// What a program says, which has to end well.
#[track_caller]
fn ended_well(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    said
}

/// What schemathesis has to know: with another account, token or image everything is refused, which finds nothing.
async fn settings(hosting: &Hosting) -> String {
    let image = hosting.picture("made-up").await;
    let token = hosting.call("GET", "/v1/batch_token", Value::Null).await["token"].as_str().unwrap().to_owned();
    let api = "/client/v4/accounts/{account}/images";
    let mut settings = format!("[parameters]\n\"path.account\" = \"{ACCOUNT}\"\n");
    for (method, path) in [("GET", "/v1/{id}/blob"), ("PATCH", "/v1/{id}"), ("POST", "/v1/{id}/signed_url")] {
        settings += &format!("[[operations]]\ninclude-name = \"{method} {api}{path}\"\n[operations.parameters]\n");
        settings += &format!("\"path.id\" = \"{image}\"\n");
    }
    settings += "[[operations]]\ninclude-tag = \"batch\"\n[operations.headers]\n";
    settings += &format!("Authorization = \"Bearer {token}\"\n");
    settings += "[[operations]]\ninclude-operation-id = \"upload_directly\"\n[operations.parameters]\n";
    settings + &format!("\"path.hash\" = \"{}\"\n", hosting.hash)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_valid() {
    let Some(packages) = installed("openapi-spec-validator").await else { return };
    let mut command = Command::new(packages.join("bin/python"));
    command.args(["-m", "openapi_spec_validator"]).arg(Path::new(FOLDER).join("../docs/openapi.json"));
    tokio::task::spawn_blocking(move || println!("{}", ended_well(command))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_requests_are_answered_as_the_document_says() {
    let Some(packages) = installed("schemathesis").await else { return };
    let Some(hosting) = Hosting::with(|_config| {}).await else { return };
    let url = format!("http://{}", hosting.listen().await);
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&hosting).await;
    std::fs::write(folder.path().join("schemathesis.toml"), settings).unwrap();
    let examples = env::var("TINTYPE_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "10".to_owned());
    let mut command = Command::new(packages.join("bin/python"));
    command.args(["-m", "schemathesis.cli", "run", &format!("{url}/openapi.json"), "--url", &url]);
    command.args(["--header", &format!("Authorization: Bearer {TOKEN}"), "--max-examples", &examples]);
    command.args(["--seed", "1", "--phases", "coverage,fuzzing,stateful", "--continue-on-failure"]);
    // Not that whatever the document allows is taken: a form needs a file or a URL, ids are taken, pictures are no random bytes.
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    command.args(["--checks", checks, "--no-color", "--suppress-health-check", "all"]).current_dir(folder.path());
    let said = tokio::task::spawn_blocking(move || ended_well(command)).await.unwrap();
    println!("{said}");
}
