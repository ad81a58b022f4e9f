//! The API as an OpenAPI document: made of the routes and of what stands at their handlers, so that none is forgotten.
//!
//! Here is what all operations have in common: the account in their paths, the token, and how they fail.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use super::{API, BATCH};

/// Where it is served.
pub(super) const PATH: &str = "/openapi.json";

/// `GET /openapi.json`. The document is no secret, and tools on other pages may read it.
pub(super) async fn show() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    static TEXT: LazyLock<String> = LazyLock::new(|| text(super::described().1));
    (headers, TEXT.as_str()).into_response()
}

/// The document, of what was collected from the routes.
pub(super) fn text(collected: OpenApi) -> String {
    let mut document = json!(collected);
    document["info"] = json!({
        "title": "tintype: stored images",
        "description": DESCRIPTION,
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "MIT OR Apache-2.0" },
    });
    document["security"] = json!([{ "token": [] }]);
    document["components"]["securitySchemes"] = json!({ "token": { "type": "http", "scheme": "bearer" } });
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    let paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), operations(&path, item)));
    document["paths"] = Value::Object(paths.collect());
    format!("{document:#}\n")
}

const DESCRIPTION: &str = "The API of Cloudflare Images, answered by tintype. Answers are envelopes: `result` where `success` is true, else \
    `errors` with a code, which is mostly 5000 and the status. The operations below /images are those of the batch API, whose \
    tokens name the account. What images are delivered as is not part of this: GET /{hash}/{id}/{variant}.";

fn operations(path: &str, mut item: Value) -> Value {
    let Value::Object(methods) = &mut item else { return item };
    let (has_account, is_batch) = (path.starts_with(API), path.starts_with(BATCH));
    for operation in methods.values_mut().filter(|operation| operation.is_object()) {
        for status in ["4XX", "5XX"] {
            operation["responses"][status] = json!({
                "description": "Why there is no result",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Failure" } } },
            });
        }
        if has_account {
            let account = json!({
                "name": "account", "in": "path", "required": true, "description": "The account's id",
                "schema": { "type": "string", "pattern": "^[0-9a-fA-F]{32}$" },
            });
            match operation["parameters"].as_array_mut() {
                Some(parameters) => parameters.insert(0, account),
                None => operation["parameters"] = json!([account]),
            }
        }
        if is_batch {
            let id = operation["operationId"].as_str().unwrap_or_default();
            operation["operationId"] = format!("batch_{id}").into();
            operation["tags"] = json!(["batch"]);
        }
    }
    item
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::expect_file;

    use super::*;

    fn document() -> (String, Value) {
        let text = text(super::super::described().1);
        let document = serde_json::from_str(&text).unwrap();
        (text, document)
    }

    #[test]
    fn the_document_in_the_repository_is_that_of_the_routes() {
        expect_file!["../../../../../docs/openapi.json"].assert_eq(&document().0);
    }

    /// Every place in `value` that is called `name`.
    fn all<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get(name));
                object.values().for_each(|value| all(value, name, found));
            }
            Value::Array(values) => values.iter().for_each(|value| all(value, name, found)),
            _ => {}
        }
    }

    #[test]
    fn names_are_unique_and_references_lead_somewhere() {
        let (_, document) = document();
        let mut found = Vec::new();
        all(&document, "$ref", &mut found);
        assert!(found.len() > 20);
        for reference in found {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
        let mut ids = Vec::new();
        all(&document["paths"], "operationId", &mut ids);
        let unique: BTreeSet<_> = ids.iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(unique.len(), ids.len());
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let mut named: Vec<_> = path.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                let of_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
                let mut told: Vec<_> = of_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
                named.sort_unstable();
                told.sort_unstable();
                assert_eq!(told, named, "{method} {path}");
                assert!(operation["summary"].is_string(), "{method} {path}");
            }
        }
    }
}
