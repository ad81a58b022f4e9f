//! The API from the outside: every endpoint, with what it answers to the letter; and delivery, with an engine that answers a
//! fixed picture.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tintype_hosted::ImageId;
use tintype_hosted::signing::{Life, sign};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::config::{ByteSize, Config};
use crate::router;
use crate::tests::{PICTURE, Server};

const PNG: &[u8] = include_bytes!("../../../../../tests/pictures/logo.png");
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "the-first-token";
const HOST: &str = "http://images.test";

/// A server with stored images, and whoever has the token.
struct Api {
    server: Server,
    hash: String,
    _data: tempfile::TempDir,
}

/// What a form has: names and contents.
type Parts<'a> = &'a [(&'a str, &'a [u8])];

/// Status, headers and body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_json| panic!("{} {:?}", self.status, self.body))
    }

    /// What a good envelope holds.
    #[track_caller]
    fn result(&self) -> Value {
        let envelope = self.json();
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        let (success, errors, messages) = (&envelope["success"], &envelope["errors"], &envelope["messages"]);
        assert_eq!((success, errors, messages), (&json!(true), &json!([]), &json!([])), "{}", self.body);
        envelope["result"].clone()
    }

    #[track_caller]
    fn fails(&self, status: u16, code: u16) -> &Self {
        let envelope = self.json();
        let got = (self.status.as_u16(), envelope["errors"][0]["code"].as_u64());
        assert_eq!(got, (status, Some(code.into())), "{}", self.body);
        assert_eq!((&envelope["success"], &envelope["result"]), (&json!(false), &Value::Null));
        let message = envelope["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("ERROR {code}: ")) && !message.contains("/tmp"), "{message}");
        self
    }

    /// A picture, or why there is none.
    #[track_caller]
    fn delivers(&self, status: u16, resized: &str) -> &Self {
        let got = self.headers.get("cf-resized").map_or("", |value| value.to_str().unwrap());
        assert!(self.status.as_u16() == status && got.starts_with(resized), "{} {got} {}", self.status, self.body);
        self
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Api {
    async fn new() -> Self {
        Self::with(|_config| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Server::with(|config| {
            config.limits.source_bytes = ByteSize(100_000);
            config.hosted.data = Some(data.path().join("stored"));
            config.hosted.account = serde_json::from_value(json!(ACCOUNT)).unwrap();
            config.hosted.token = TOKEN.into();
            config.hosted.upload_bytes = ByteSize(50_000);
            change(config);
        });
        server.state.open_images().await.unwrap();
        let images = server.state.images().unwrap();
        let account = tintype_hosted::AccountId::parse(ACCOUNT).unwrap();
        let hash = images.hosted().account(&account).await.unwrap().hash;
        Self { server, hash, _data: data }
    }

    async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
        request = request.header("host", "images.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let response = router(self.server.state.clone()).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// A request of the API with the token.
    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let path = format!("/client/v4/accounts/{ACCOUNT}/images{path}");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.request(method, &path, &[("authorization", &format!("Bearer {TOKEN}"))], body).await
    }

    async fn show(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    async fn post_form(&self, path: &str, token: Option<&str>, parts: &[(&str, &[u8])]) -> Answer {
        let token = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "multipart/form-data; boundary=XX")];
        headers.extend(token.as_deref().map(|token| ("authorization", token)));
        self.request("POST", path, &headers, form(parts)).await
    }

    async fn upload(&self, parts: &[(&str, &[u8])]) -> Answer {
        self.post_form(&format!("/client/v4/accounts/{ACCOUNT}/images/v1"), Some(TOKEN), parts).await
    }

    async fn uploaded(&self, parts: &[(&str, &[u8])]) -> String {
        let parts = [&[("file", PNG)], parts].concat();
        self.upload(&parts).await.result()["id"].as_str().unwrap().to_owned()
    }

    async fn deliver(&self, id_and_variant: &str) -> Answer {
        self.request("GET", &format!("/{}/{id_and_variant}", self.hash), &[], "").await
    }
}

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let file = if *name == "file" { "; filename=\"cat.png\"\r\nContent-Type: image/png" } else { "" };
        body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    body
}

/// `text` with what differs from time to time replaced.
fn masked(text: &str, id: &str, uploaded: &str) -> String {
    let text = text.replace(uploaded, "TIME");
    if id.is_empty() { text } else { text.replace(id, "ID") }
}

#[tokio::test]
async fn an_upload_is_answered_to_the_letter() {
    let api = Api::new().await;
    let answer = api
        .upload(&[
            ("creator", b"me"),
            ("file", PNG),
            ("metadata", br#"{"key":"value"}"#),
            ("requireSignedURLs", b"true"),
        ])
        .await;
    let image = answer.result();
    let (id, uploaded) = (image["id"].as_str().unwrap(), image["uploaded"].as_str().unwrap());
    assert_eq!((id.len(), uploaded.len()), (36, 24));
    let hash = &api.hash;
    let expected = format!(
        r#"{{"result":{{"id":"ID","filename":"cat.png","meta":{{"key":"value"}},"uploaded":"TIME","requireSignedURLs":true,"variants":["{HOST}/{hash}/ID/public"],"creator":"me"}},"success":true,"errors":[],"messages":[]}}"#
    );
    assert_eq!(masked(&answer.body, id, uploaded), expected);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
    assert_eq!(api.show(&format!("/v1/{id}")).await.body, answer.body);
    let blob = api.show(&format!("/v1/{id}/blob")).await;
    assert_eq!((blob.status, blob.body.as_bytes()), (StatusCode::OK, String::from_utf8_lossy(PNG).as_bytes()));
    assert_eq!(
        (blob.header(header::CONTENT_TYPE), blob.header("content-length")),
        ("image/png", &*PNG.len().to_string())
    );
    assert_eq!(blob.header("x-content-type-options"), "nosniff");
    let stats = api.show("/v1/stats").await;
    let expected = r#"{"result":{"count":{"allowed":10000000,"current":1}},"success":true,"errors":[],"messages":[]}"#;
    assert_eq!(stats.body, expected);
}

#[tokio::test]
async fn metadata_may_come_in_a_field_for_each_value() {
    let api = Api::new().await;
    let image = api.upload(&[("file", PNG), ("metadata[kind]", b"cat"), ("metadata[a][b]", b"1")]).await.result();
    assert_eq!(image["meta"], json!({"kind": "cat", "a": {"b": "1"}}));
    api.upload(&[("file", PNG), ("metadata[a]", b"1"), ("metadata[a][b]", b"1")]).await.fails(400, 5400);
    assert_eq!(api.show("/v2?per_page=1.0").await.result()["images"][0]["id"], image["id"]);
}

#[tokio::test]
async fn the_document_is_served_without_a_token() {
    let api = Api::new().await;
    let answer = api.request("GET", "/openapi.json", &[], "").await;
    assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (StatusCode::OK, "application/json"));
    assert_eq!(answer.json()["paths"]["/images/v2"]["get"]["operationId"], "batch_list_images");
}

#[tokio::test]
async fn no_image_is_called_as_the_api_calls_something_else() {
    let api = Api::new().await;
    let document = api.request("GET", "/openapi.json", &[], "").await.json();
    let paths = document["paths"].as_object().unwrap().keys();
    let below_v1 = paths.filter_map(|path| path.rsplit_once("/images/v1/")?.1.split('/').next());
    let named: BTreeSet<&str> = below_v1.filter(|part| !part.starts_with('{')).collect();
    assert_eq!(named, ImageId::RESERVED.iter().copied().collect());
    for name in named {
        let answer = api.upload(&[("file", PNG), ("id", name.as_bytes())]).await;
        assert!(answer.fails(400, 5400).body.contains("is a path of the API"));
    }
}

#[tokio::test]
async fn custom_ids_stand_in_paths() {
    let api = Api::new().await;
    let image = api.upload(&[("file", PNG), ("id", "a/b/100% ü.png".as_bytes())]).await.result();
    assert_eq!(image["id"], "a/b/100% ü.png");
    let variant = format!("{HOST}/{}/a/b/100%25%20%C3%BC.png/public", api.hash);
    assert_eq!(image["variants"], json!([variant]));
    api.deliver("a/b/100%25%20%C3%BC.png/public").await.delivers(200, "internal=ok");
    let path = "/v1/a%2Fb%2F100%25%20%C3%BC.png";
    assert_eq!(api.show(path).await.result(), image);
    assert_eq!(api.show(&format!("{path}/blob")).await.status, StatusCode::OK);
    let again = api.upload(&[("file", PNG), ("id", "a/b/100% ü.png".as_bytes())]).await;
    assert!(again.fails(409, 5409).body.contains("already exists"));
    assert_eq!(
        api.call("DELETE", path, Value::Null).await.body,
        r#"{"result":{},"success":true,"errors":[],"messages":[]}"#
    );
    api.show(path).await.fails(404, 5404);
    api.call("DELETE", path, Value::Null).await.fails(404, 5404);
}

#[tokio::test]
async fn every_way_to_fail_has_its_status_and_code() {
    let api = Api::new().await;
    let large = vec![0; 50_001];
    let long = "x".repeat(1100);
    let table: &[(Parts<'_>, u16, u16)] = &[
        (&[], 400, 5400),
        (&[("file", PNG), ("url", b"http://a.test/")], 400, 5400),
        (&[("file", PNG), ("file", PNG)], 400, 5400),
        (&[("file", PNG), ("metadata", b"{")], 400, 5400),
        (&[("file", PNG), ("metadata", long.as_bytes())], 400, 5400),
        (&[("file", PNG), ("requireSignedURLs", b"maybe")], 400, 5400),
        (&[("file", PNG), ("id", b"/a")], 400, 5400),
        (&[("file", PNG), ("id", b"083eb7b2-5392-4565-b69e-aff66acddd00")], 400, 5400),
        (&[("file", PNG), ("id", b"a"), ("requireSignedURLs", b"true")], 400, 5400),
        (&[("file", PNG), ("creator", long.as_bytes())], 400, 5400),
        (&[("file", &large)], 413, 5413),
        (&[("file", b"hello")], 415, 5455),
        (&[("file", &PNG[..40])], 415, 5455),
        (&[("url", b"nowhere")], 400, 5400),
        (&[("url", b"http://other.test/a.png")], 400, 5400),
        (&[("url", b"ftp://127.0.0.1/a.png")], 400, 5400),
    ];
    for (parts, status, code) in table {
        api.upload(parts).await.fails(*status, *code);
    }
    let own = format!("http://other.test/{}/id/public", api.hash);
    api.upload(&[("url", own.as_bytes())]).await.fails(400, 5454);
    let path = format!("/client/v4/accounts/{ACCOUNT}/images/v1");
    let token = format!("Bearer {TOKEN}");
    for content_type in ["image/png", "multipart/form-data", "application/json"] {
        let headers = [("authorization", token.as_str()), ("content-type", content_type)];
        api.request("POST", &path, &headers, PNG).await.fails(415, 5415);
    }
    let broken = &form(&[("file", PNG)])[..500];
    let headers = [("authorization", token.as_str()), ("content-type", "multipart/form-data; boundary=XX")];
    api.request("POST", &path, &headers, broken.to_vec()).await.fails(400, 5450);
    for (method, path, status, code) in [
        ("GET", "/v1/nobody", 404, 5404),
        ("GET", "/v1/nobody/blob", 404, 5404),
        ("GET", "/v1/variants/nobody", 404, 5401),
        ("DELETE", "/v1/variants/nobody", 404, 5401),
        ("DELETE", "/v1/keys/nobody", 404, 5404),
        ("PUT", "/v1/keys/not%20a%20name", 400, 5400),
        ("PATCH", "/v1/nobody", 400, 5400),
        ("POST", "/v1/variants", 400, 5400),
        ("GET", "/v1?page=0", 400, 5400),
        ("GET", "/v1?per_page=0", 400, 5400),
        ("GET", "/v2?per_page=x", 400, 5400),
        ("GET", "/v2?per_page=10001", 400, 5400),
        ("GET", "/v2?sort_order=up", 400, 5400),
        ("GET", "/v2?continuation_token=x", 400, 5400),
        ("GET", "/v1?meta.a[eq]=1", 400, 5400),
        ("GET", "/v1?search=cat", 400, 5400),
        ("GET", "/v2?meta.a=1", 400, 5400),
        ("GET", "/v2?meta.a[ne]=1", 400, 5400),
        ("GET", "/v2?meta.a.b.c.d.e.f[eq]=1", 400, 5400),
    ] {
        api.call(method, path, Value::Null).await.fails(status, code);
    }
    assert_eq!(api.show("/v1/stats").await.result()["count"]["current"], 0);
    assert_eq!(api.server.state.images().unwrap().hosted().files().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn tokens_open_their_own_account() {
    let api = Api::new().await;
    let path = format!("/client/v4/accounts/{ACCOUNT}/images/v1/stats");
    let get = async |path: &str, token: &str| api.request("GET", path, &[("authorization", token)], "").await;
    let expected = r#"{"result":null,"success":false,"errors":[{"code":10000,"message":"ERROR 10000: the bearer token is missing or not valid"}],"messages":[]}"#;
    assert_eq!(api.request("GET", &path, &[], "").await.fails(401, 10000).body, expected);
    for wrong in ["", "Bearer", "Bearer ", "Bearer wrong", TOKEN, "Basic dGhlLWZpcnN0LXRva2Vu"] {
        get(&path, wrong).await.fails(401, 10000);
    }
    assert_eq!(get(&path, &format!("Bearer {TOKEN}")).await.status, StatusCode::OK);
    let other = path.replace(ACCOUNT, &"f".repeat(32));
    get(&other, &format!("Bearer {TOKEN}")).await.fails(403, 5403);
    get("/images/v2", &format!("Bearer {TOKEN}")).await.fails(403, 5403);

    let batch = api.show("/v1/batch_token").await.result();
    assert_eq!(batch.as_object().unwrap().keys().collect::<Vec<_>>(), ["expiresAt", "token"]);
    let token = batch["token"].as_str().unwrap();
    let bearer = format!("Bearer {token}");
    get(&path, &bearer).await.fails(403, 5403);
    let image = api.post_form("/images/v1", Some(token), &[("file", PNG), ("id", b"one")]).await.result();
    assert_eq!(get("/images/v1/one", &bearer).await.result(), image);
    assert_eq!(get("/images/v2", &bearer).await.result()["images"], json!([image]));
    let headers = [("authorization", bearer.as_str())];
    let patched = api.request("PATCH", "/images/v1/one", &headers, r#"{"creator":"me"}"#).await;
    assert_eq!(patched.result()["creator"], "me");
    api.request("POST", "/images/v2/direct_upload", &headers, "").await.result();
    api.request("DELETE", "/images/v1/one", &headers, "").await.result();
}

#[tokio::test]
async fn patches_change_what_they_name() {
    let api = Api::new().await;
    let id = api.uploaded(&[("metadata", br#"{"a":1}"#)]).await;
    let patch = async |id: &str, body| api.call("PATCH", &format!("/v1/{id}"), body).await;
    let changed = patch(&id, json!({"metadata": {"b": 2}, "creator": "me"})).await.result();
    assert_eq!((&changed["id"], &changed["meta"], &changed["creator"]), (&json!(id), &json!({"b": 2}), &json!("me")));
    let private = patch(&id, json!({"requireSignedURLs": true})).await.result();
    let other = private["id"].as_str().unwrap();
    assert!(other != id && private["requireSignedURLs"] == true && private["meta"] == json!({"b": 2}));
    api.show(&format!("/v1/{id}")).await.fails(404, 5404);
    api.deliver(&format!("{id}/public")).await.delivers(404, "err=9431");
    api.deliver(&format!("{other}/public")).await.delivers(403, "err=9425");
    let cleared = patch(other, json!({"metadata": null, "creator": ""})).await.result();
    assert!(cleared.get("meta").is_none() && cleared.get("creator").is_none(), "{cleared}");
    for bad in [json!([]), json!({"requireSignedURLs": "true"}), json!({"metadata": 1}), json!({"creator": 1})] {
        patch(other, bad).await.fails(400, 5400);
    }
    api.uploaded(&[("id", b"custom")]).await;
    patch("custom", json!({"requireSignedURLs": true})).await.fails(400, 5400);
}

#[tokio::test]
async fn lists_are_paged_and_filtered() {
    let api = Api::new().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let metadata = format!(r#"{{"number":{number},"kind":"{}"}}"#, ["cat", "dog"][number % 2]);
        let creator = if number < 2 { "me" } else { "" };
        ids.insert(0, api.uploaded(&[("metadata", metadata.as_bytes()), ("creator", creator.as_bytes())]).await);
    }
    let of = |result: &Value| -> Vec<String> {
        result["images"].as_array().unwrap().iter().map(|image| image["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of(&api.show("/v1").await.result()), ids);
    assert_eq!(of(&api.show("/v1?page=2&per_page=2&search=&unknown=1").await.result()), ids[2..4]);
    assert_eq!(of(&api.show("/v1?page=2&per_page=1&creator=me&sort_order=asc").await.result()), ids[3..4]);
    let first = api.show("/v2?per_page=2").await.result();
    assert_eq!(of(&first), ids[..2]);
    let token = first["continuation_token"].as_str().unwrap();
    let second = api.show(&format!("/v2?per_page=3&continuation_token={token}")).await.result();
    assert_eq!((of(&second), &second["continuation_token"]), (ids[2..].to_vec(), &Value::Null));
    let up: Vec<_> = ids.iter().rev().cloned().collect();
    assert_eq!(of(&api.show("/v2?sort_order=asc").await.result()), up);
    for (query, expected) in [
        ("creator=me", vec![3, 4]),
        ("creator=", vec![0, 1, 2]),
        ("meta.kind[eq]=dog", vec![1, 3]),
        ("meta.kind%5Beq%3Astring%5D=cat&meta.number[gte]=2", vec![0, 2]),
        ("meta.number[in:number]=1|3&unknown=1", vec![1, 3]),
        ("meta.number[eq:string]=1", vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|at: usize| ids[at].clone()).collect();
        assert_eq!(of(&api.show(&format!("/v2?{query}")).await.result()), expected, "{query}");
    }
    let none = api.show("/v2?creator=nobody").await;
    let expected = r#"{"result":{"images":[],"continuation_token":null},"success":true,"errors":[],"messages":[]}"#;
    assert_eq!(none.body, expected);
}

#[tokio::test]
async fn what_is_delivered_is_counted() {
    let api = Api::new().await;
    let id = api.uploaded(&[]).await;
    api.call("POST", "/v1/variants", json!({"id": "small", "options": {"width": 10}})).await.result();
    api.call("PATCH", "/v1/config", json!({"flexible_variants": true})).await.result();
    assert_eq!(api.show("/v1/usage").await.result()["usage"], json!([]));
    let public = api.deliver(&format!("{id}/public")).await;
    api.deliver(&format!("{id}/public")).await.delivers(200, "");
    api.deliver(&format!("{id}/small")).await.delivers(200, "");
    // These bring no image.
    api.deliver(&format!("{id}/nosuch")).await.delivers(404, "");
    let (path, tag) = (format!("/{}/{id}/public", api.hash), public.header("etag"));
    assert_eq!(api.request("GET", &path, &[("if-none-match", tag)], "").await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(api.request("HEAD", &path, &[], "").await.status, StatusCode::OK);
    api.show(&format!("/v1/{id}/preview")).await.delivers(200, "");

    let usage = api.show("/v1/usage").await.result();
    let today = usage["until"].as_str().unwrap().to_owned();
    let row = |variant: Value, images: usize| json!({"day": today, "variant": variant, "images": images, "bytes": images * PICTURE.len()});
    assert_eq!(usage["usage"], json!([row(json!("public"), 2), row(json!("small"), 1)]));
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    api.deliver(&format!("{id}/w=20")).await.delivers(200, "");
    let usage = api.show(&format!("/v1/usage?since={today}&until={today}")).await.result();
    assert_eq!(usage["usage"][0], row(Value::Null, 1), "{usage}");
    assert_eq!((&usage["since"], usage["usage"].as_array().unwrap().len()), (&json!(today), 3));
    assert_eq!(api.show("/v1/usage?since=2020-01-01&until=2020-12-31").await.result()["usage"], json!([]));
    for bad in
        ["since=soon", "until=2026-02-30", "since=2020-01-02&until=2020-01-01", "since=2019-12-31&until=2020-12-31"]
    {
        api.show(&format!("/v1/usage?{bad}")).await.fails(400, 5400);
    }
}

#[tokio::test]
async fn previews_need_a_token_and_no_variant() {
    let api = Api::new().await;
    let id = api.uploaded(&[("requireSignedURLs", b"true")]).await;
    let of = |options: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("options", options).finish();
        format!("/v1/{id}/preview?{query}")
    };
    let shown = api.show(&of(r#"{"width":20,"blur":5}"#)).await;
    shown.delivers(200, "internal=ok");
    assert_eq!(shown.header("cache-control"), "private, no-cache");
    api.show(&format!("/v1/{id}/preview")).await.delivers(200, "internal=ok");
    for bad in ["", "5", "{", r#"{"width":0}"#, r#"{"nosuch":1}"#, r#"{"onerror":"redirect"}"#] {
        api.show(&of(bad)).await.fails(400, 5400);
    }
    api.show("/v1/nobody/preview").await.fails(404, 5404);
    let path = format!("/client/v4/accounts/{ACCOUNT}/images/v1/{id}/preview");
    api.request("GET", &path, &[], "").await.fails(401, 10000);
}

#[tokio::test]
async fn pages_of_other_hosts_may_upload() {
    let api = Api::new().await;
    for path in [format!("/upload/{}/a/b", api.hash), format!("/{}/id", api.hash)] {
        let asks = [("origin", "https://shop.test"), ("access-control-request-method", "POST")];
        let answer = api.request("OPTIONS", &path, &asks, "").await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (StatusCode::NO_CONTENT, "*"),
            "{path}"
        );
        assert_eq!(answer.header("access-control-allow-methods"), "POST");
        assert_eq!(answer.header("access-control-allow-headers"), "*");
    }
    let widget = api.request("GET", "/widget.js", &[], "").await;
    assert_eq!((widget.status, widget.header("access-control-allow-origin")), (StatusCode::OK, "*"));
    assert_eq!(widget.header("cross-origin-resource-policy"), "cross-origin");
    // The API is for pages of this host and for programs.
    let path = format!("/client/v4/accounts/{ACCOUNT}/images/v1");
    assert_eq!(api.request("OPTIONS", &path, &[], "").await.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn lists_are_searched() {
    let api = Api::new().await;
    for id in ["shop/Cat", "dog"] {
        api.uploaded(&[("id", id.as_bytes())]).await;
    }
    let found = async |query: &str| {
        let images = api.show(&format!("/v2?{query}")).await.result()["images"].clone();
        images.as_array().unwrap().iter().map(|image| image["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("search=p%2Fcat").await, ["shop/Cat"]);
    // All of these files are `cat.png`.
    assert_eq!(found("search=CAT.&sort_order=asc").await, ["shop/Cat", "dog"]);
    assert_eq!(found("search=%25").await, [""; 0]);
    api.show(&format!("/v2?search={}", "x".repeat(1025))).await.fails(400, 5400);
}

#[tokio::test]
async fn variants_are_answered_to_the_letter() {
    let api = Api::new().await;
    let hero = json!({
        "id": "hero",
        "options": {"fit": "scale-down", "metadata": "none", "width": 1366, "height": 768},
        "neverRequireSignedURLs": true,
    });
    let answer = api.call("POST", "/v1/variants", hero.clone()).await;
    let shown = r#"{"id":"hero","options":{"fit":"scale-down","height":768,"metadata":"none","width":1366},"neverRequireSignedURLs":true}"#;
    let envelope = format!(r#"{{"result":{{"variant":{shown}}},"success":true,"errors":[],"messages":[]}}"#);
    assert_eq!(answer.body, envelope);
    assert_eq!(api.show("/v1/variants/hero").await.body, envelope);
    api.call("POST", "/v1/variants", hero.clone()).await.fails(409, 5409);
    let public = r#"{"id":"public","options":{"fit":"scale-down","height":768,"metadata":"none","width":1366},"neverRequireSignedURLs":false}"#;
    let all = api.show("/v1/variants").await;
    let expected = format!(
        r#"{{"result":{{"variants":{{"hero":{shown},"public":{public}}}}},"success":true,"errors":[],"messages":[]}}"#
    );
    assert_eq!(all.body, expected);
    let changed = api.call("PATCH", "/v1/variants/hero", json!({"options": {"width": 10, "browser_ttl": 3600}})).await;
    assert_eq!(
        changed.result(),
        json!({"variant": {"id": "hero", "options": {"width": 10, "browser_ttl": 3600}, "neverRequireSignedURLs": true}})
    );
    for bad in [
        json!({"options": {}}),
        json!({"id": "a/b"}),
        json!({"id": "a", "options": {"width": 0}}),
        json!({"id": "a", "options": {"nosuch": 1}}),
        json!({"id": "a", "options": {"browser_ttl": 1}}),
        json!({"id": "a", "options": 5}),
    ] {
        api.call("POST", "/v1/variants", bad).await.fails(400, 5400);
    }
    let gone = api.call("DELETE", "/v1/variants/hero", Value::Null).await;
    assert_eq!(gone.body, r#"{"result":{},"success":true,"errors":[],"messages":[]}"#);
}

#[tokio::test]
async fn keys_and_preferences() {
    let api = Api::new().await;
    let names = |answer: &Answer| -> Vec<String> {
        let result = answer.result();
        result["keys"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect()
    };
    let keys = api.show("/v1/keys").await;
    let value = keys.result()["keys"][0]["value"].as_str().unwrap().to_owned();
    let expected =
        r#"{"result":{"keys":[{"name":"default","value":"VALUE"}]},"success":true,"errors":[],"messages":[]}"#;
    assert_eq!(keys.body.replace(&value, "VALUE"), expected);
    assert_eq!(names(&api.call("PUT", "/v1/keys/web", Value::Null).await), ["default", "web"]);
    assert_eq!(names(&api.call("DELETE", "/v1/keys/default", Value::Null).await), ["web"]);
    assert_eq!(names(&api.call("DELETE", "/v1/keys/web", Value::Null).await), ["default"]);
    assert_ne!(api.show("/v1/keys").await.result()["keys"][0]["value"], value);

    let config = api.show("/v1/config").await;
    let expected = json!({"flexible_variants": false, "browser_ttl": 172_800, "preserve_content_credentials": false});
    assert_eq!(config.result(), expected);
    let changed = api.call("PATCH", "/v1/config", json!({"browser_ttl": 3600})).await.result();
    let expected = json!({"flexible_variants": false, "browser_ttl": 3600, "preserve_content_credentials": false});
    assert_eq!(changed, expected);
    api.call("PATCH", "/v1/config", json!({"browser_ttl": 60})).await.fails(400, 5400);
    api.call("PATCH", "/v1/config", json!({"flexible_variants": 1})).await.fails(400, 5400);
}

#[tokio::test]
async fn direct_uploads_are_made_once_and_without_a_token() {
    let api = Api::new().await;
    let announce = async |version: &str, parts: &[(&str, &[u8])]| {
        let path = format!("/client/v4/accounts/{ACCOUNT}/images/{version}/direct_upload");
        api.post_form(&path, Some(TOKEN), parts).await
    };
    let announced = announce("v2", &[("metadata", br#"{"secret":1}"#), ("requireSignedURLs", b"true")]).await;
    let id = announced.result()["id"].as_str().unwrap().to_owned();
    let url = format!("/upload/{}/{id}", api.hash);
    let expected =
        format!(r#"{{"result":{{"id":"{id}","uploadURL":"{HOST}{url}"}},"success":true,"errors":[],"messages":[]}}"#);
    assert_eq!(announced.body, expected);
    let draft = api.show(&format!("/v1/{id}")).await.result();
    assert_eq!((&draft["draft"], &draft["meta"]), (&json!(true), &json!({"secret": 1})));
    assert_eq!(api.show("/v2").await.result()["images"], json!([]));
    api.show(&format!("/v1/{id}/blob")).await.fails(404, 5404);
    api.deliver(&format!("{id}/public")).await.delivers(404, "err=9431");

    api.post_form(&url, None, &[("file", b"no picture")]).await.fails(415, 5455);
    api.post_form(&url, None, &[("other", b"x")]).await.fails(400, 5400);
    let sent = api.post_form(&url, None, &[("file", PNG)]).await;
    assert_eq!(sent.header("access-control-allow-origin"), "*");
    assert!(sent.result().get("meta").is_none() && sent.result()["id"] == id);
    api.post_form(&url, None, &[("file", PNG)]).await.fails(409, 5409);
    let image = api.show(&format!("/v1/{id}")).await.result();
    assert!(image.get("draft").is_none() && image["meta"] == json!({"secret": 1}));
    assert_eq!((&image["filename"], &image["requireSignedURLs"]), (&json!("cat.png"), &json!(true)));

    // Version 1 takes JSON, ids may have slashes, and an upload host has no prefix.
    let body = json!({"id": "a/b", "requireSignedURLs": false, "metadata": {"x": 1}});
    let second = api.call("POST", "/v1/direct_upload", body).await.result();
    assert_eq!(second["uploadURL"], format!("{HOST}/upload/{}/a/b", api.hash));
    let url = format!("/{}/a/b", api.hash);
    assert_eq!(api.post_form(&url, None, &[("file", PNG)]).await.result()["id"], "a/b");
    for bad in [format!("/{}/nobody", api.hash), format!("/upload/{}/nobody", api.hash)] {
        api.post_form(&bad, None, &[("file", PNG)]).await.fails(404, 5404);
    }
    api.post_form("/upload/xxx/nobody", None, &[("file", PNG)]).await.fails(403, 5403);
    announce("v2", &[("id", b"a/b")]).await.fails(409, 5409);
    announce("v2", &[("expiry", b"soon")]).await.fails(400, 5400);
    announce("v2", &[("expiry", b"2020-01-01T00:00:00Z")]).await.fails(400, 5400);
    announce("v2", &[("file", PNG)]).await.fails(400, 5400);
}

/// Answers each request with the next of `statuses`, and tells what was sent.
async fn receiver(statuses: &'static [&'static str]) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (send, sent) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        for status in statuses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut text, mut piece) = (String::new(), vec![0; 4096]);
            while !text.ends_with("\"}") {
                let n_bytes = stream.read(&mut piece).await.unwrap();
                text.push_str(std::str::from_utf8(&piece[..n_bytes]).unwrap());
            }
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            send.send(text).unwrap();
        }
    });
    (format!("http://{address}/hooks"), sent)
}

#[tokio::test]
async fn direct_uploads_are_told_to_a_webhook_until_it_has_taken_it() {
    const SECRET: &str = "the secret of webhooks";
    let (url, mut sent) = receiver(&["500 Oops", "200 OK", "204 No Content"]).await;
    let api = Api::with(|config| {
        config.hosted.webhook_url = Some(url.parse().unwrap());
        config.hosted.webhook_secret = SECRET.into();
    })
    .await;
    let announced =
        api.call("POST", "/v2/direct_upload", json!({"metadata": {"a": 1}, "creator": "me"})).await.result();
    let (id, path) = (announced["id"].as_str().unwrap(), announced["uploadURL"].as_str().unwrap());
    let path = path.strip_prefix(HOST).unwrap();
    let images = || api.server.state.images().unwrap().clone();
    // Refused, told, not taken; and then the server is gone before it is told again.
    api.post_form(path, None, &[("file", b"no picture")]).await.fails(415, 5455);
    let sending = tokio::spawn(crate::webhooks::send(images()));
    let first = sent.recv().await.unwrap();
    // Until it has been written down that it was not taken.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    sending.abort();
    assert!(first.starts_with("POST /hooks HTTP/1.1\r\n") && first.contains("application/json"), "{first}");
    api.post_form(path, None, &[("file", PNG)]).await.result();
    let sending = tokio::spawn(crate::webhooks::send(images()));
    let mut events = Vec::new();
    for message in [sent.recv().await.unwrap(), sent.recv().await.unwrap()] {
        let (head, body) = message.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap();
        let signature = header("webhook-signature");
        let time = signature.strip_prefix("time=").unwrap().split(',').next().unwrap().parse().unwrap();
        assert_eq!(signature, tintype_hosted::webhooks::signature(SECRET, time, body));
        let said: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&said["id"], &said["account"]), (&json!(header("webhook-id")), &json!(ACCOUNT)));
        assert_eq!((&said["image"]["id"], &said["image"]["creator"]), (&json!(id), &json!("me")));
        events.push(said);
    }
    sending.abort();
    events.sort_by_key(|said| said["event"].to_string());
    assert_eq!((&events[0]["event"], &events[0]["error"]["code"]), (&json!("image.upload_failed"), &json!(5455)));
    let image = &events[1]["image"];
    assert_eq!((&events[1]["event"], &image["meta"]), (&json!("image.uploaded"), &json!({"a": 1})));
    assert_eq!(
        (&image["type"], &image["width"], &image["bytes"]),
        (&json!("image/png"), &json!(256), &json!(PNG.len()))
    );
}

#[tokio::test]
async fn images_are_uploaded_by_their_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let n_bytes = stream.read(&mut head).await.unwrap();
            asked.push(String::from_utf8_lossy(&head[..n_bytes]).into_owned());
            let answer = match asked.len() {
                1 => [
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", PNG.len()).as_bytes(),
                    PNG,
                ]
                .concat(),
                _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
            };
            stream.write_all(&answer).await.unwrap();
        }
        asked
    });
    let api = Api::with(|config| config.origins.allow = vec![address.to_string().parse().unwrap()]).await;
    let url = |path: &str| format!("http://me:p%40ss@{address}{path}");
    let image = api.upload(&[("url", url("/pictures/dog.png").as_bytes()), ("id", b"dog")]).await.result();
    assert_eq!((&image["id"], &image["filename"]), (&json!("dog"), &json!("dog.png")));
    api.upload(&[("url", url("/missing.png").as_bytes())]).await.fails(404, 5404);
    let asked = asked.await.unwrap();
    // me:p@ss
    assert!(asked[0].contains("authorization: Basic bWU6cEBzcw=="), "{}", asked[0]);
    assert_eq!(api.show("/v1/dog/blob").await.header("content-length"), PNG.len().to_string());
    // A private address that is not named literally stays refused.
    api.upload(&[("url", b"http://localhost/a.png")]).await.fails(400, 5400);
}

#[tokio::test]
async fn images_are_delivered_in_variants() {
    let api = Api::new().await;
    let id = api.uploaded(&[]).await;
    let picture = api.deliver(&format!("{id}/public")).await;
    picture.delivers(200, "internal=ok/m");
    assert_eq!(picture.header(header::CACHE_CONTROL), "public, max-age=172800, stale-while-revalidate=7200");
    assert_eq!((picture.header(header::VARY), picture.header("cf-cache-status")), ("Accept", "MISS"));
    assert_eq!(picture.header(header::CONTENT_TYPE), "image/jpeg");
    let again = api.deliver(&format!("{id}/public")).await;
    assert_eq!(again.delivers(200, "internal=ok/h").header("cf-cache-status"), "HIT");
    let path = format!("/cdn-cgi/imagedelivery/{}/{id}/public", api.hash);
    let below = api.request("GET", &path, &[("accept", "image/webp")], "").await;
    assert_eq!(below.delivers(200, "internal=ok").header(header::CONTENT_TYPE), "image/webp");
    let tag = again.header(header::ETAG).to_owned();
    let path = format!("/{}/{id}/public", api.hash);
    let has = api.request("GET", &path, &[("if-none-match", &tag)], "").await;
    assert_eq!(has.status, StatusCode::NOT_MODIFIED);
    let head = api.request("HEAD", &path, &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));

    api.call("POST", "/v1/variants", json!({"id": "hero", "options": {"width": 10, "browser_ttl": 9999}}))
        .await
        .result();
    let hero = api.deliver(&format!("{id}/hero")).await;
    assert_eq!(hero.header(header::CACHE_CONTROL), "public, max-age=9999, stale-while-revalidate=7200");
    for (path, status, resized) in [
        (format!("/{}/{id}/nobody", api.hash), 404, "err=9431"),
        (format!("/{}/nobody/public", api.hash), 404, "err=9431"),
        (format!("/{}/{id}/width=20", api.hash), 403, "err=9429"),
        (format!("/{}/{id}/public", "x".repeat(22)), 403, "err=9427"),
        ("/a/b/public".to_owned(), 404, ""),
    ] {
        api.request("GET", &path, &[], "").await.delivers(status, resized);
    }
    let looping = api.request("GET", &path, &[("via", "1.1 x (image-resizing)")], "").await;
    looping.delivers(508, "err=9403");

    api.call("PATCH", "/v1/config", json!({"flexible_variants": true})).await.result();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    api.deliver(&format!("{id}/w=20,h=10")).await.delivers(200, "internal=ok");
    api.deliver(&format!("{id}/format=mp4")).await.delivers(400, "err=9401");
    // What is deleted is gone, however often it was answered before.
    api.call("DELETE", &format!("/v1/{id}"), Value::Null).await.result();
    api.deliver(&format!("{id}/public")).await.delivers(404, "err=9431");
}

#[tokio::test]
async fn private_images_want_a_signature() {
    let api = Api::new().await;
    let id = api.uploaded(&[("requireSignedURLs", b"true")]).await;
    let path = format!("/{}/{id}/public", api.hash);
    let get = async |url: &str| api.request("GET", url, &[], "").await;
    get(&path).await.delivers(403, "err=9425");
    get(&format!("{path}?sig=00")).await.delivers(403, "err=9425");
    let keys = api.show("/v1/keys").await.result();
    let key = keys["keys"][0]["value"].as_str().unwrap();
    let now_s = api.server.state.images().unwrap().hosted().now().unix_s();
    let good = get(&sign(key, &path, Life::Until { unix_s: now_s + 600 })).await;
    let age: i64 =
        good.delivers(200, "internal=ok").header(header::CACHE_CONTROL)["private, max-age=".len()..].parse().unwrap();
    assert!((598..=600).contains(&age), "{age}");
    let endless = get(&sign(key, &path, Life::Endless)).await;
    assert_eq!(endless.delivers(200, "internal=ok").header(header::CACHE_CONTROL), "private, max-age=3600");
    get(&sign(key, &path, Life::Until { unix_s: now_s - 1 })).await.delivers(403, "err=9425");
    get(&sign("other", &path, Life::Endless)).await.delivers(403, "err=9425");
    let below = format!("/cdn-cgi/imagedelivery{path}");
    get(&sign(key, &below, Life::Endless)).await.delivers(200, "internal=ok");
    let query = sign(key, &path, Life::Endless).split_once('?').unwrap().1.to_owned();
    get(&format!("{below}?{query}")).await.delivers(200, "internal=ok");
    get(&format!("{path}?x=1&{query}")).await.delivers(403, "err=9425");

    let signed = api.call("POST", &format!("/v1/{id}/signed_url"), json!({"variant": "public", "expiresIn": 60})).await;
    let signed = signed.result().as_str().unwrap().strip_prefix(HOST).unwrap().to_owned();
    get(&signed).await.delivers(200, "internal=ok");
    api.call("POST", &format!("/v1/{id}/signed_url"), json!({"variant": "nobody"})).await.fails(404, 5401);
    api.call("POST", &format!("/v1/{id}/signed_url"), json!({"variant": "public", "keyName": "x"}))
        .await
        .fails(404, 5404);

    // Some variants are for everybody, and options are for nobody.
    let blurred = json!({"id": "blurred", "options": {"blur": 20}, "neverRequireSignedURLs": true});
    api.call("POST", "/v1/variants", blurred).await.result();
    let shown = api.deliver(&format!("{id}/blurred")).await;
    assert!(shown.delivers(200, "internal=ok").header(header::CACHE_CONTROL).starts_with("public, "));
    api.call("PATCH", "/v1/config", json!({"flexible_variants": true})).await.result();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let flexible = format!("/{}/{id}/w=20", api.hash);
    get(&sign(key, &flexible, Life::Endless)).await.delivers(403, "err=9425");
    // A key that is deleted signs no more.
    api.call("DELETE", "/v1/keys/default", Value::Null).await.result();
    get(&format!("{path}?{query}")).await.delivers(403, "err=9425");
}

#[tokio::test]
async fn without_images_there_is_no_api() {
    let server = Server::new();
    let path = format!("/client/v4/accounts/{ACCOUNT}/images/v1");
    assert_eq!(server.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(server.get(&format!("/{}/id/public", "x".repeat(22))).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_the_api_does_not_have_is_refused_in_its_envelope() {
    let api = Api::new().await;
    for (method, path, status, code) in [
        ("GET", "/v3", 404, 5404),
        ("GET", "/v1/a/b/c", 404, 5404),
        ("POST", "/v1/unheard/of/it", 404, 5404),
        ("PUT", "/v1", 405, 5405),
        ("DELETE", "/v2", 405, 5405),
        ("POST", "/v1/stats", 405, 5405),
    ] {
        api.call(method, path, Value::Null).await.fails(status, code);
    }
    // Whatever is below, browsers may still ask before they upload.
    let preflight =
        api.request("OPTIONS", &format!("/upload/{}/a", api.hash), &[("origin", "http://b.test")], "").await;
    assert!(preflight.status.is_success(), "{}", preflight.status);
}

#[tokio::test]
async fn uploads_take_room_of_what_all_sources_have() {
    let api = Api::with(|config| config.limits.memory = ByteSize(PNG.len() as u64 + 1000)).await;
    api.uploaded(&[]).await;
    // A field that is none of ours is read all the same.
    api.upload(&[("note", &[b'x'; 2000]), ("file", PNG)]).await.fails(503, 5503);
    // The room is free again.
    api.uploaded(&[]).await;
    let note = "x".repeat(PNG.len() + 1000);
    api.upload(&[("file", PNG), (&note, b"")]).await.fails(503, 5503);
}
