//! `GET …/v1/{id}/preview?options={…}`: an image as a variant of these options would deliver it, to whoever has the token. No
//! variant has to be there yet, the image may be private, and nothing is counted: this is what the dashboard shows. Cloudflare's API
//! has no such thing.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Map, Value};
use tintype_hosted::{HostedError, Variant};
use tintype_options::OutputFormat;
use url::form_urlencoded;

use super::answer::ApiError;
use super::images::Bytes;
use super::owner::{Named, Owner};
use crate::job::Job;
use crate::state::{AppState, Face};

/// Browsers ask each time, and mostly hear that they have it: the image may have been deleted.
const CACHE_CONTROL: &str = "private, no-cache";

/// Show an image
///
/// As a variant of these options would deliver it: private ones, too, and without counting it. Cloudflare's API does not have this.
#[utoipa::path(get, path = "/v1/{id}/preview", operation_id = "preview_image", tag = "images",
    params(("id" = String, Path, description = "What it is called, with slashes as %2F"),
           ("options" = Option<String>, Query, description = "A variant's options, as JSON")),
    responses((status = 200, description = "The picture", content_type = "image/*", body = Bytes)))]
pub(super) async fn preview(
    State(app): State<AppState>,
    owner: Owner,
    Named(id): Named,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let options = options(query.as_deref().unwrap_or_default())?;
    let image = owner.hosted().image(owner.id(), &id).await?;
    let content = image.content.ok_or(HostedError::NoImage { id })?;
    let variant = Variant::new("preview", options, false).map_err(HostedError::from)?;
    let parsed = variant.parsed().map_err(|error| ApiError::bad(error.to_string()))?;
    let mut parsed = app.accept(parsed, Face::Url)?;
    parsed.options.format.get_or_insert(OutputFormat::Auto);
    let job = Job::of_stored(&app, parsed, owner.images.source(content), CACHE_CONTROL.to_owned(), &headers)?;
    Ok(job.answer(&app, &headers).await)
}

/// The parameter `options`: what a variant's options are, as JSON; none says nothing.
fn options(query: &str) -> Result<Map<String, Value>, ApiError> {
    let Some((_, text)) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "options") else {
        return Ok(Map::new());
    };
    serde_json::from_str(&text).map_err(|error| ApiError::bad(format!("options: not a JSON object: {error}")))
}
