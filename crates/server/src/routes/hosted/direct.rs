//! Direct uploads: `…/direct_upload` announces one, and whoever has its URL may then send the image, once and without a token.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde::Serialize;
use tintype_hosted::{Expiry, HostedError, Timestamp};
use utoipa::ToSchema;

use super::answer::{self, ApiError, Envelope};
use super::form::{self, File};
use super::images::{FileForm, IN_PATH, Shown, Writer};
use super::owner::Owner;
use crate::state::AppState;

/// An upload that may be made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Announced {
    /// What the image will be called.
    id: String,
    /// Where a form with a `file` may be posted to, once, without a token.
    #[serde(rename = "uploadURL")]
    upload_url: String,
}

/// What is said about an upload that is to be made.
#[expect(dead_code, reason = "it describes what is read field by field")]
#[derive(Debug, ToSchema)]
struct Announcement {
    /// A name of one's own.
    #[schema(max_length = 1024)]
    id: Option<String>,
    #[schema(max_length = 1024)]
    creator: Option<String>,
    /// Until when it may be made, 2 minutes to 6 hours from now: 2026-09-01T12:00:00Z. Default 30 minutes.
    #[schema(format = DateTime)]
    expiry: Option<String>,
    /// A JSON object of at most 1024 bytes; in a form its text.
    #[schema(value_type = Option<Object>)]
    metadata: Option<String>,
    #[schema(rename = "requireSignedURLs")]
    require_signed_urls: Option<bool>,
}

/// Announce a direct upload
///
/// The body is a form or a JSON object, or there is none.
#[utoipa::path(post, path = "/v2/direct_upload", operation_id = "create_direct_upload", tag = "direct uploads",
    request_body(content((Announcement = "multipart/form-data"), (Announcement = "application/json"))),
    responses((status = 200, description = "Where to upload to", body = Envelope<Announced>)))]
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

/// Announce a direct upload, as the first version does
#[utoipa::path(post, path = "/v1/direct_upload", operation_id = "create_direct_upload_v1", tag = "direct uploads",
    request_body(content((Announcement = "application/json"), (Announcement = "multipart/form-data"))),
    responses((status = 200, description = "Where to upload to", body = Envelope<Announced>)))]
pub(super) async fn announce_by_json(
    state: State<AppState>,
    owner: Owner,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    // The first version takes JSON, the second a form: here each takes either.
    announce(state, owner, headers, body).await
}

/// Upload an image that was announced
///
/// Once, and without a token.
#[utoipa::path(post, path = "/upload/{hash}/{*id}", operation_id = "upload_directly", tag = "direct uploads",
    security(()),
    params(("hash" = String, Path, description = "What delivery URLs call the account"),
           ("id" = String, Path, description = "What the image will be called; slashes may stand as they are")),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The image", body = Envelope<Shown>)))]
pub(super) async fn upload(State(app): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().strip_prefix("/upload/").map(str::to_owned);
    answered(&app, path, request).await
}

/// `POST /{hash}/{id}`, as on a host that is for uploads only.
pub(super) async fn upload_below_hash(State(app): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().strip_prefix('/').map(str::to_owned);
    answered(&app, path, request).await
}

/// What browsers ask before a page of another host sends an image and wants to see how far it has come.
pub(super) async fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
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
    let draft = match hosted.draft(&account.id, &id).await {
        Ok(draft) => draft,
        Err(HostedError::NoImage { .. }) => {
            let known = hosted.image(&account.id, &id).await;
            let is_used = known.is_ok_and(|image| image.content.is_some());
            let used = "the upload was made already: its URL is good for one";
            return Err(if is_used { ApiError::taken(used) } else { nothing() });
        }
        Err(error) => return Err(error.into()),
    };
    let (parts, body) = request.into_parts();
    let published = async {
        let (_fields, file) = form::read(app, Some(hosted), &parts.headers, body).await?;
        let File { received, name } = file.ok_or_else(|| ApiError::bad("the form has no file"))?;
        Ok::<_, ApiError>(hosted.publish_draft(&account.id, &id, received, name.as_deref()).await?)
    };
    let image = match published.await {
        Ok(image) => image,
        Err(error) => {
            if let Err(unsaid) = hosted.tell_failure(&account.id, &draft, error.code, &error.message).await {
                tracing::warn!(error = %unsaid, "a webhook about an upload that failed could not be written");
            }
            return Err(error);
        }
    };
    let owner = Owner::of(images.clone(), account, &parts);
    Ok(answer::ok(Writer::new(&owner).await?.show(image.without_metadata())))
}
