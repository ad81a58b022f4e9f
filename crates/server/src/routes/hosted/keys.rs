//! `…/v1/keys`: what delivery URLs are signed with.

use axum::response::Response;
use serde_json::{Value, json};
use tintype_hosted::Key;

use super::answer::{self, ApiError};
use super::owner::{Named, Owner};

fn shown(keys: Vec<Key>) -> Response {
    let keys: Vec<Value> =
        keys.into_iter().map(|Key { name, value }| json!({ "name": name, "value": value })).collect();
    answer::ok(json!({ "keys": keys }))
}

pub(super) async fn list(owner: Owner) -> Result<Response, ApiError> {
    Ok(shown(owner.hosted().keys(owner.id()).await?))
}

pub(super) async fn create(owner: Owner, Named(name): Named) -> Result<Response, ApiError> {
    Ok(shown(owner.hosted().put_key(owner.id(), &name).await?))
}

pub(super) async fn delete(owner: Owner, Named(name): Named) -> Result<Response, ApiError> {
    Ok(shown(owner.hosted().delete_key(owner.id(), &name).await?))
}
