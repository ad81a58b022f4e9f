//! `…/v1/variants`: names for how images are delivered.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tintype_hosted::{HostedError, Variant, VariantPatch};
use utoipa::ToSchema;

use super::answer::{self, ApiError, Empty, Envelope};
use super::form;
use super::owner::{Named, Owner};

/// What a client says of a variant.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VariantPatch)]
struct Given {
    /// Needed for a new one.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,99}$")]
    id: Option<String>,
    /// In the words of `cf.image`, and `browser_ttl`.
    #[schema(value_type = Option<Object>)]
    options: Option<Map<String, Value>>,
    #[serde(rename = "neverRequireSignedURLs")]
    never_require_signed_urls: Option<bool>,
}

/// A name for how images are delivered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Variant)]
struct Shown {
    id: String,
    /// In the words of `cf.image`, and `browser_ttl`.
    #[schema(value_type = Object)]
    options: Map<String, Value>,
    /// Whether it delivers private images without a signature.
    #[serde(rename = "neverRequireSignedURLs")]
    never_require_signed_urls: bool,
}

/// One variant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VariantResult)]
pub(super) struct One {
    variant: Shown,
}

/// All variants, by their names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Variants)]
pub(super) struct All {
    variants: BTreeMap<String, Shown>,
}

fn shown(variant: &Variant) -> Shown {
    Shown {
        id: variant.id().to_owned(),
        options: variant.options().clone(),
        never_require_signed_urls: variant.never_requires_signed_urls(),
    }
}

fn one(variant: &Variant) -> Response {
    answer::ok(One { variant: shown(variant) })
}

async fn given(body: Body) -> Result<Given, ApiError> {
    let given = serde_json::from_slice(&form::whole(body).await?);
    given.map_err(|error| ApiError::bad(format!("the body is not a JSON object that describes a variant: {error}")))
}

/// List the variants
#[utoipa::path(get, path = "/v1/variants", operation_id = "list_variants", tag = "variants",
    responses((status = 200, description = "All variants, by their names", body = Envelope<All>)))]
pub(super) async fn list(owner: Owner) -> Result<Response, ApiError> {
    let variants = owner.hosted().variants(owner.id()).await?;
    let variants = variants.iter().map(|variant| (variant.id().to_owned(), shown(variant))).collect();
    Ok(answer::ok(All { variants }))
}

/// Make a variant
#[utoipa::path(post, path = "/v1/variants", operation_id = "create_variant", tag = "variants", request_body = Given,
    responses((status = 200, description = "The variant", body = Envelope<One>)))]
pub(super) async fn create(owner: Owner, body: Body) -> Result<Response, ApiError> {
    let Given { id, options, never_require_signed_urls } = given(body).await?;
    let id = id.ok_or_else(|| ApiError::bad("id is missing"))?;
    let never = never_require_signed_urls.unwrap_or_default();
    let variant = Variant::new(&id, options.unwrap_or_default(), never).map_err(HostedError::from)?;
    owner.hosted().create_variant(owner.id(), &variant).await?;
    Ok(one(&variant))
}

/// Show a variant
#[utoipa::path(get, path = "/v1/variants/{variant}", operation_id = "show_variant", tag = "variants",
    params(("variant" = String, Path, description = "What it is called")),
    responses((status = 200, description = "The variant", body = Envelope<One>)))]
pub(super) async fn show(owner: Owner, Named(id): Named) -> Result<Response, ApiError> {
    Ok(one(&owner.hosted().variant(owner.id(), &id).await?))
}

/// Change a variant
///
/// What is not said stays as it is; options are replaced as a whole.
#[utoipa::path(patch, path = "/v1/variants/{variant}", operation_id = "change_variant", tag = "variants",
    params(("variant" = String, Path, description = "What it is called")), request_body = Given,
    responses((status = 200, description = "The variant as it is now", body = Envelope<One>)))]
pub(super) async fn change(owner: Owner, Named(id): Named, body: Body) -> Result<Response, ApiError> {
    let Given { options, never_require_signed_urls, .. } = given(body).await?;
    let patch = VariantPatch { options, never_require_signed_urls };
    Ok(one(&owner.hosted().change_variant(owner.id(), &id, patch).await?))
}

/// Delete a variant
#[utoipa::path(delete, path = "/v1/variants/{variant}", operation_id = "delete_variant", tag = "variants",
    params(("variant" = String, Path, description = "What it is called")),
    responses((status = 200, description = "It is gone", body = Envelope<Empty>)))]
pub(super) async fn delete(owner: Owner, Named(id): Named) -> Result<Response, ApiError> {
    owner.hosted().delete_variant(owner.id(), &id).await?;
    Ok(answer::ok(Empty {}))
}
