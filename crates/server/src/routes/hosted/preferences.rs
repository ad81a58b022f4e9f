//! `…/v1/config`: how an account's images are delivered.

use axum::body::Body;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tintype_hosted::{Preferences, PreferencesPatch};
use utoipa::ToSchema;

use super::answer::{self, ApiError, Envelope};
use super::form;
use super::owner::Owner;

/// What is to be changed about how an account's images are delivered.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ConfigPatch)]
struct Given {
    flexible_variants: Option<bool>,
    #[schema(minimum = 3600, maximum = 31_536_000)]
    browser_ttl: Option<i64>,
    preserve_content_credentials: Option<bool>,
}

/// How an account's images are delivered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Config)]
pub(super) struct Shown {
    /// For how long browsers keep what is delivered, in seconds.
    browser_ttl: i64,
    /// Whether options may stand where variants do.
    flexible_variants: bool,
    /// Noted only.
    preserve_content_credentials: bool,
}

fn shown(preferences: Preferences) -> Response {
    let Preferences { flexible_variants, browser_ttl_s, preserve_content_credentials } = preferences;
    answer::ok(Shown { browser_ttl: browser_ttl_s, flexible_variants, preserve_content_credentials })
}

/// Show how images are delivered
#[utoipa::path(get, path = "/v1/config", operation_id = "show_config", tag = "config",
    responses((status = 200, description = "As it is", body = Envelope<Shown>)))]
pub(super) async fn show(owner: Owner) -> Response {
    shown(owner.account.preferences)
}

/// Change how images are delivered
///
/// What is not said stays as it is.
#[utoipa::path(patch, path = "/v1/config", operation_id = "change_config", tag = "config", request_body = Given,
    responses((status = 200, description = "As it is now", body = Envelope<Shown>)))]
pub(super) async fn change(owner: Owner, body: Body) -> Result<Response, ApiError> {
    let given: Given = serde_json::from_slice(&form::whole(body).await?)
        .map_err(|error| ApiError::bad(format!("the body is not a JSON object of preferences: {error}")))?;
    let patch = PreferencesPatch {
        flexible_variants: given.flexible_variants,
        browser_ttl_s: given.browser_ttl,
        preserve_content_credentials: given.preserve_content_credentials,
    };
    Ok(shown(owner.hosted().change_preferences(owner.id(), patch).await?.preferences))
}
