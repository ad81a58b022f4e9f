//! `…/v1/variants`: names for how images are delivered.

use axum::body::Body;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tintype_hosted::{HostedError, Variant};

use super::answer::{self, ApiError};
use super::form;
use super::owner::{Named, Owner};

/// What a client says of a variant.
#[derive(Debug, Deserialize)]
struct Given {
    id: Option<String>,
    options: Option<Map<String, Value>>,
    #[serde(rename = "neverRequireSignedURLs")]
    never_require_signed_urls: Option<bool>,
}

/// What is said to it.
#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    options: Map<String, Value>,
    #[serde(rename = "neverRequireSignedURLs")]
    never_require_signed_urls: bool,
}

fn shown(variant: &Variant) -> Shown {
    Shown {
        id: variant.id().to_owned(),
        options: variant.options().clone(),
        never_require_signed_urls: variant.never_requires_signed_urls(),
    }
}

fn one(variant: &Variant) -> Response {
    answer::ok(json!({ "variant": shown(variant) }))
}

async fn given(body: Body) -> Result<Given, ApiError> {
    let given = serde_json::from_slice(&form::whole(body).await?);
    given.map_err(|error| ApiError::bad(format!("the body is not a JSON object that describes a variant: {error}")))
}

pub(super) async fn list(owner: Owner) -> Result<Response, ApiError> {
    let variants = owner.hosted().variants(owner.id()).await?;
    let by_id: Map<String, Value> =
        variants.iter().map(|variant| (variant.id().to_owned(), json!(shown(variant)))).collect();
    Ok(answer::ok(json!({ "variants": by_id })))
}

pub(super) async fn create(owner: Owner, body: Body) -> Result<Response, ApiError> {
    let Given { id, options, never_require_signed_urls } = given(body).await?;
    let id = id.ok_or_else(|| ApiError::bad("id is missing"))?;
    let never = never_require_signed_urls.unwrap_or_default();
    let variant = Variant::new(&id, options.unwrap_or_default(), never).map_err(HostedError::from)?;
    owner.hosted().create_variant(owner.id(), &variant).await?;
    Ok(one(&variant))
}

pub(super) async fn show(owner: Owner, Named(id): Named) -> Result<Response, ApiError> {
    Ok(one(&owner.hosted().variant(owner.id(), &id).await?))
}

/// What is not said stays as it is; options are replaced as a whole.
pub(super) async fn change(owner: Owner, Named(id): Named, body: Body) -> Result<Response, ApiError> {
    let given = given(body).await?;
    let old = owner.hosted().variant(owner.id(), &id).await?;
    let never = given.never_require_signed_urls.unwrap_or(old.never_requires_signed_urls());
    let options = given.options.unwrap_or_else(|| old.options().clone());
    let variant = Variant::new(&id, options, never).map_err(HostedError::from)?;
    owner.hosted().replace_variant(owner.id(), &variant).await?;
    Ok(one(&variant))
}

pub(super) async fn delete(owner: Owner, Named(id): Named) -> Result<Response, ApiError> {
    owner.hosted().delete_variant(owner.id(), &id).await?;
    Ok(answer::ok(json!({})))
}
