//! `…/v1/config`: how an account's images are delivered.

use axum::body::Body;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use tintype_hosted::Preferences;

use super::answer::{self, ApiError};
use super::form;
use super::owner::Owner;

#[derive(Debug, Deserialize)]
struct Given {
    flexible_variants: Option<bool>,
    browser_ttl: Option<i64>,
    preserve_content_credentials: Option<bool>,
}

fn shown(preferences: Preferences) -> Response {
    answer::ok(json!({
        "flexible_variants": preferences.flexible_variants,
        "browser_ttl": preferences.browser_ttl_s,
        "preserve_content_credentials": preferences.preserve_content_credentials,
    }))
}

pub(super) async fn show(owner: Owner) -> Response {
    shown(owner.account.preferences)
}

/// What is not said stays as it is.
pub(super) async fn change(owner: Owner, body: Body) -> Result<Response, ApiError> {
    let given: Given = serde_json::from_slice(&form::whole(body).await?)
        .map_err(|error| ApiError::bad(format!("the body is not a JSON object of preferences: {error}")))?;
    let old = owner.account.preferences;
    let preferences = Preferences {
        flexible_variants: given.flexible_variants.unwrap_or(old.flexible_variants),
        browser_ttl_s: given.browser_ttl.unwrap_or(old.browser_ttl_s),
        preserve_content_credentials: given.preserve_content_credentials.unwrap_or(old.preserve_content_credentials),
    };
    Ok(shown(owner.hosted().set_preferences(owner.id(), preferences).await?.preferences))
}
