//! `…/v1/keys`: what delivery URLs are signed with.

use axum::response::Response;
use serde::Serialize;
use tintype_hosted::Key;
use utoipa::ToSchema;

use super::answer::{self, ApiError, Envelope};
use super::owner::{Named, Owner};

/// All keys of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Keys {
    keys: Vec<ShownKey>,
}

/// A key that delivery URLs are signed with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
struct ShownKey {
    name: String,
    /// What is signed with: the text as it is.
    value: String,
}

fn shown(keys: Vec<Key>) -> Response {
    answer::ok(Keys { keys: keys.into_iter().map(|Key { name, value }| ShownKey { name, value }).collect() })
}

/// List the signing keys, oldest first
#[utoipa::path(get, path = "/v1/keys", operation_id = "list_keys", tag = "keys",
    responses((status = 200, description = "All keys", body = Envelope<Keys>)))]
pub(super) async fn list(owner: Owner) -> Result<Response, ApiError> {
    Ok(shown(owner.hosted().keys(owner.id()).await?))
}

/// Make a signing key; one that is there stays as it is
#[utoipa::path(put, path = "/v1/keys/{name}", operation_id = "create_key", tag = "keys",
    params(("name" = String, Path, description = "What it is called", pattern = "^[A-Za-z0-9_-]{1,20}$")),
    responses((status = 200, description = "All keys", body = Envelope<Keys>)))]
pub(super) async fn create(owner: Owner, Named(name): Named) -> Result<Response, ApiError> {
    Ok(shown(owner.hosted().put_key(owner.id(), &name).await?))
}

/// Delete a signing key: what it signed is good no more
///
/// The last one is replaced by a new one, named `default`.
#[utoipa::path(delete, path = "/v1/keys/{name}", operation_id = "delete_key", tag = "keys",
    params(("name" = String, Path, description = "What it is called")),
    responses((status = 200, description = "All keys", body = Envelope<Keys>)))]
pub(super) async fn delete(owner: Owner, Named(name): Named) -> Result<Response, ApiError> {
    Ok(shown(owner.hosted().delete_key(owner.id(), &name).await?))
}
