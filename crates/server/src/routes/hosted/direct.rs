//! Direct uploads: `…/direct_upload` announces one, and whoever has its URL may then send the image, once and without a token.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde::Serialize;
use tintype_hosted::{Expiry, HostedError, Timestamp};

use super::answer::{self, ApiError};
use super::form::{self, File};
use super::images::{IN_PATH, Writer};
use super::owner::Owner;
use crate::state::AppState;

#[derive(Debug, Serialize)]
struct Announced {
    id: String,
    #[serde(rename = "uploadURL")]
    upload_url: String,
}

/// Both versions: the first takes JSON, the second a form, and here each takes either.
pub(super) async fn announce(
    State(app): State<AppState>,
    owner: Owner,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = form::fields(&app, &headers, body).await?;
    let expiry = match fields.get("expiry") {
        None => Expiry::Default,
        Some(text) => {
            let wrong = || ApiError::bad(format!("expiry: {text:?} is not a time such as 2026-09-01T12:00:00Z"));
            Expiry::At(Timestamp::parse(text).ok_or_else(wrong)?)
        }
    };
    let draft = owner.hosted().announce(owner.id(), fields.new_image()?, expiry).await?;
    let base = match &owner.images.config().upload_url {
        Some(base) => base.0.as_str().trim_end_matches('/').to_owned(),
        None => format!("{}/upload", owner.host),
    };
    let id = utf8_percent_encode(&draft.id, IN_PATH);
    let upload_url = format!("{base}/{}/{id}", owner.account.hash);
    Ok(answer::ok(Announced { id: draft.id, upload_url }))
}

/// `POST /upload/{hash}/{id}`.
pub(super) async fn upload(State(app): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().strip_prefix("/upload/").map(str::to_owned);
    answered(&app, path, request).await
}

/// `POST /{hash}/{id}`, as on a host that is for uploads only.
pub(super) async fn upload_below_hash(State(app): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().strip_prefix('/').map(str::to_owned);
    answered(&app, path, request).await
}

/// Pages of other hosts may read the answer: it says nothing that the sender does not know.
async fn answered(app: &AppState, path: Option<String>, request: Request) -> Response {
    let mut response = taken_in(app, path.as_deref().unwrap_or_default(), request).await.into_response();
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

async fn taken_in(app: &AppState, path: &str, request: Request) -> Result<Response, ApiError> {
    let images = app.images().ok_or_else(|| ApiError::missing("there are no stored images here"))?;
    let nothing = || ApiError::missing("there is no upload to be made here");
    let (hash, id) = path.split_once('/').ok_or_else(nothing)?;
    let id = percent_decode_str(id).decode_utf8().map_err(|_utf8| nothing())?;
    let account = images.account_of_hash(hash).await?;
    let hosted = images.hosted();
    // Before the bytes are taken in: whoever comes too late need not send them.
    match hosted.draft(&account.id, &id).await {
        Ok(_draft) => {}
        Err(HostedError::NoImage { .. }) => {
            let known = hosted.image(&account.id, &id).await;
            let is_used = known.is_ok_and(|image| image.content.is_some());
            let used = "the upload was made already: its URL is good for one";
            return Err(if is_used { ApiError::taken(used) } else { nothing() });
        }
        Err(error) => return Err(error.into()),
    }
    let (parts, body) = request.into_parts();
    let (_fields, file) = form::read(app, Some(hosted), &parts.headers, body).await?;
    let File { received, name } = file.ok_or_else(|| ApiError::bad("the form has no file"))?;
    let image = hosted.publish_draft(&account.id, &id, received, name.as_deref()).await?;
    let owner = Owner::of(images.clone(), account, &parts);
    Ok(answer::ok(Writer::new(&owner).await?.show(image.without_metadata())))
}
