//! `…/v1` and `…/v1/{id}`: upload, show, change, delete, give back; and how many there are.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use tintype_hosted::signing::{Life, sign};
use tintype_hosted::{BodyError, HostedError, Image, Metadata, Patch, Received};
use tintype_options::url::Source;
use url::Url;
use utoipa::ToSchema;

use super::answer::{self, ApiError, Empty, Envelope, Failure};
use super::form::{self, Fields, File};
use super::owner::{Named, Owner};
use crate::hosted::identity;
use crate::origin::{Credentials, Fetch, Signed};
use crate::purge::Purge;
use crate::state::AppState;

/// What an id shows of itself in a URL.
pub(super) const IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'@').remove(b':');

/// An image, as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Image)]
pub(super) struct Shown {
    id: String,
    /// What the file was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    meta: Option<Value>,
    #[schema(format = DateTime)]
    uploaded: String,
    #[serde(rename = "requireSignedURLs")]
    require_signed_urls: bool,
    /// What delivers it, in each variant.
    variants: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<String>,
    /// Whether it was announced, and not uploaded yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<bool>,
}

/// What a form with a new image has: a file, or a URL.
#[expect(dead_code, reason = "it describes what is read field by field")]
#[derive(Debug, ToSchema)]
struct UploadForm {
    #[schema(value_type = Option<String>, format = Binary)]
    file: Option<Vec<u8>>,
    /// Where it is fetched from, with a user name and a password perhaps.
    url: Option<String>,
    /// A name of one's own.
    #[schema(max_length = 1024)]
    id: Option<String>,
    #[schema(max_length = 1024)]
    creator: Option<String>,
    /// The text of a JSON object of at most 1024 bytes.
    metadata: Option<String>,
    #[schema(rename = "requireSignedURLs")]
    require_signed_urls: Option<bool>,
}

/// What a form with an announced image has.
#[expect(dead_code, reason = "it describes what is read field by field")]
#[derive(Debug, ToSchema)]
pub(super) struct FileForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What may be changed about an image. What is not said stays as it is, and null clears it.
#[expect(dead_code, reason = "it describes what is read field by field")]
#[derive(Debug, ToSchema)]
struct ImagePatch {
    #[schema(rename = "requireSignedURLs")]
    require_signed_urls: Option<bool>,
    /// At most 1024 bytes.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    #[schema(max_length = 1024)]
    creator: Option<String>,
}

/// The bytes of a file.
#[expect(dead_code, reason = "it describes what is sent piece by piece")]
#[derive(Debug, ToSchema)]
#[schema(as = File, value_type = String, format = Binary)]
pub(super) struct Bytes(Vec<u8>);

/// How many images there are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stats {
    count: Count,
}

#[derive(Debug, Serialize, ToSchema)]
struct Count {
    /// How many there may be.
    allowed: u64,
    /// How many there are; drafts do not count.
    current: u64,
}

/// What a signed URL is to be good for.
#[expect(dead_code, reason = "it describes what is read field by field")]
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
struct SignedUrl {
    variant: String,
    /// For how many seconds. Default for ever.
    expires_in: Option<u64>,
    /// Which key signs. Default `default`.
    key_name: Option<String>,
}

/// Writes images down: with their URLs in all variants there are.
#[derive(Debug)]
pub(super) struct Writer {
    base: String,
    variants: Vec<String>,
}

impl Writer {
    pub(super) async fn new(owner: &Owner) -> Result<Self, ApiError> {
        let variants = owner.hosted().variants(owner.id()).await?;
        let variants = variants.iter().map(|variant| variant.id().to_owned()).collect();
        Ok(Self { base: delivery_base(owner), variants })
    }

    pub(super) fn show(&self, image: Image) -> Shown {
        let path = utf8_percent_encode(&image.id, IN_PATH).to_string();
        Shown {
            variants: self.variants.iter().map(|variant| format!("{}/{path}/{variant}", self.base)).collect(),
            meta: image.metadata_json(),
            uploaded: image.uploaded.to_rfc3339(),
            require_signed_urls: image.require_signed_urls,
            draft: image.content.is_none().then_some(true),
            id: image.id,
            filename: image.filename,
            creator: image.creator,
        }
    }
}

/// What the account's images are below.
fn delivery_base(owner: &Owner) -> String {
    let base = match &owner.images.config().delivery_url {
        Some(base) => base.0.as_str().trim_end_matches('/'),
        None => owner.host.as_str(),
    };
    format!("{base}/{}", owner.account.hash)
}

async fn shown(owner: &Owner, image: Image) -> Result<Response, ApiError> {
    Ok(answer::ok(Writer::new(owner).await?.show(image)))
}

/// Upload an image
#[utoipa::path(post, path = "/v1", operation_id = "upload_image", tag = "images",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The image", body = Envelope<Shown>),
              (status = "default", description = "Why there is no result", body = Failure)))]
pub(super) async fn upload(State(app): State<AppState>, owner: Owner, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (fields, file) = form::read(&app, Some(owner.hosted()), &parts.headers, body).await?;
    let file = match (file, fields.get("url")) {
        (Some(file), None) => file,
        (None, Some(url)) => fetched(&app, &owner, url).await?,
        (file, url) => {
            if let Some(file) = file {
                owner.hosted().discard(file.received).await;
            }
            let both = if url.is_some() { "both of them" } else { "none of them" };
            return Err(ApiError::bad(format!("the form needs a file or a url, and has {both}")));
        }
    };
    let image = published(&owner, file, &fields).await?;
    shown(&owner, image).await
}

/// Of what is refused nothing is left.
async fn published(owner: &Owner, file: File, fields: &Fields) -> Result<Image, ApiError> {
    let mut new = match fields.new_image() {
        Ok(new) => new,
        Err(error) => {
            owner.hosted().discard(file.received).await;
            return Err(error);
        }
    };
    new.filename = file.name.or(new.filename);
    Ok(owner.hosted().publish(owner.id(), file.received, new).await?)
}

/// The image at `url`, which has to be where sources may come from. A name and a password in it go to its host, and nowhere
/// else.
async fn fetched(app: &AppState, owner: &Owner, url: &str) -> Result<File, ApiError> {
    let mut url = Url::parse(url).map_err(|_parse| ApiError::bad("url: not a URL"))?;
    let credentials = credentials(&mut url)?;
    if url.path().split('/').any(|part| part == owner.account.hash) {
        return Err(ApiError::own_source());
    }
    let name = url.path_segments().and_then(|mut parts| parts.next_back()).map(str::to_owned);
    let target = app.resolve(&Source::Url(url.as_str().into()), Signed::Yes)?;
    let received: Received = {
        let fetched = {
            let _permit = app.fetches().enter().await?;
            app.sources().fetch(&target, None, credentials.map(Credentials::Asked).as_ref()).await?
        };
        let Fetch::Fetched(source) = fetched else {
            return Err(ApiError::bad("url: the origin sent no image"));
        };
        let whole = stream::iter([Ok::<_, BodyError>(source.bytes)]);
        owner.hosted().receive(whole).await?
    };
    Ok(File { received, name })
}

/// Takes name and password out of a URL, as a header says them.
fn credentials(url: &mut Url) -> Result<Option<HeaderMap>, ApiError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
    let wrong = || ApiError::bad("url: not a URL of http or https");
    url.set_username("").map_err(|()| wrong())?;
    url.set_password(None).map_err(|()| wrong())?;
    let value = format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair));
    let mut value = HeaderValue::try_from(value).map_err(|_header| wrong())?;
    value.set_sensitive(true);
    Ok(Some(HeaderMap::from_iter([(header::AUTHORIZATION, value)])))
}

/// Show an image
#[utoipa::path(get, path = "/v1/{id}", operation_id = "show_image", tag = "images",
    params(("id" = String, Path, description = "What it is called, with slashes as %2F")),
    responses((status = 200, description = "The image, or the draft", body = Envelope<Shown>)))]
pub(super) async fn show(owner: Owner, Named(id): Named) -> Result<Response, ApiError> {
    let image = owner.hosted().image(owner.id(), &id).await?;
    shown(&owner, image).await
}

/// Change what is said about an image
///
/// Where it changes whether URLs have to be signed, the image has another id afterwards.
#[utoipa::path(patch, path = "/v1/{id}", operation_id = "change_image", tag = "images",
    params(("id" = String, Path, description = "What it is called, with slashes as %2F")), request_body = ImagePatch,
    responses((status = 200, description = "The image as it is now", body = Envelope<Shown>)))]
pub(super) async fn change(owner: Owner, Named(id): Named, body: Body) -> Result<Response, ApiError> {
    let body: Value = serde_json::from_slice(&form::whole(body).await?)
        .map_err(|error| ApiError::bad(format!("the body is not JSON: {error}")))?;
    let Value::Object(body) = body else { return Err(ApiError::bad("the body is not a JSON object")) };
    let require_signed_urls = match body.get("requireSignedURLs") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(flag)) => Some(*flag),
        Some(other) => return Err(ApiError::bad(format!("requireSignedURLs: {other} is not true or false"))),
    };
    let metadata = match body.get("metadata") {
        None => None,
        Some(Value::Null) => Some(None),
        // As forms have it.
        Some(Value::String(text)) => Some(Some(Metadata::parse(text)?)),
        Some(value) => Some(Some(Metadata::new(value.clone())?)),
    };
    let creator = match body.get("creator") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text.clone())),
        Some(other) => return Err(ApiError::bad(format!("creator: {other} is not text"))),
    };
    let patch = Patch { require_signed_urls, metadata, creator };
    let image = owner.hosted().patch(owner.id(), &id, patch).await?;
    shown(&owner, image).await
}

/// Delete an image
#[utoipa::path(delete, path = "/v1/{id}", operation_id = "delete_image", tag = "images",
    params(("id" = String, Path, description = "What it is called, with slashes as %2F")),
    responses((status = 200, description = "It is gone", body = Envelope<Empty>)))]
pub(super) async fn delete(State(app): State<AppState>, owner: Owner, Named(id): Named) -> Result<Response, ApiError> {
    if let Some(content) = owner.hosted().delete(owner.id(), &id).await? {
        // What is delivered is looked up for every request; this is for the room that its variants take.
        if let Err(error) = app.cache().purge(&Purge::Sources(vec![identity(&content)])).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "variants of a deleted image are kept until they are old"
            );
        }
    }
    Ok(answer::ok(Empty {}))
}

/// Download an image as it was uploaded
#[utoipa::path(get, path = "/v1/{id}/blob", operation_id = "download_image", tag = "images",
    params(("id" = String, Path, description = "What it is called, with slashes as %2F")),
    responses((status = 200, description = "The bytes", content_type = "image/*", body = Bytes)))]
pub(super) async fn blob(owner: Owner, Named(id): Named) -> Result<Response, ApiError> {
    let image = owner.hosted().image(owner.id(), &id).await?;
    let content = image.content.ok_or(HostedError::NoImage { id })?;
    let blob = owner.hosted().read(&content).await?;
    // What a browser opens may do nothing.
    let headers = [
        (header::CONTENT_TYPE, content.media_type),
        (header::CONTENT_LENGTH, blob.n_bytes.to_string()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, Body::from_stream(blob.stream)).into_response())
}

/// Count the images
#[utoipa::path(get, path = "/v1/stats", operation_id = "show_stats", tag = "images",
    responses((status = 200, description = "How many there are, and may be", body = Envelope<Stats>)))]
pub(super) async fn stats(owner: Owner) -> Result<Response, ApiError> {
    let current = owner.hosted().count(owner.id()).await?;
    let allowed = owner.hosted().limits().images;
    Ok(answer::ok(Stats { count: Count { allowed, current } }))
}

/// Make a URL that delivers a private image
///
/// Cloudflare's API has this for Workers only: `env.IMAGES.hosted.image(id).signedUrl`.
#[utoipa::path(post, path = "/v1/{id}/signed_url", operation_id = "sign_url", tag = "images",
    params(("id" = String, Path, description = "What the image is called, with slashes as %2F")), request_body = SignedUrl,
    responses((status = 200, description = "The URL", body = Envelope<String>)))]
pub(super) async fn signed_url(owner: Owner, Named(id): Named, body: Body) -> Result<Response, ApiError> {
    let fields = Fields::of_json(&form::whole(body).await?)?;
    let variant = fields.get("variant").ok_or_else(|| ApiError::bad("variant is missing"))?;
    let variant = owner.hosted().variant(owner.id(), variant).await?;
    let life = match fields.get("expiresIn").map(str::parse) {
        None => Life::Endless,
        Some(Ok(seconds)) => {
            let unix_s = owner.hosted().now().after(Duration::from_secs(seconds)).unix_s();
            Life::Until { unix_s }
        }
        Some(Err(_number)) => return Err(ApiError::bad("expiresIn is not a number of seconds")),
    };
    let image = owner.hosted().image(owner.id(), &id).await?;
    let name = fields.get("keyName").unwrap_or("default");
    let keys = owner.hosted().keys(owner.id()).await?;
    let key = keys.into_iter().find(|key| key.name == name);
    let key = key.ok_or_else(|| HostedError::NoKey { name: name.to_owned() })?;
    let base = delivery_base(&owner);
    let base = Url::parse(&base).map_err(|_url| ApiError::bad("the request has no Host that could be asked"))?;
    let path = format!("{}/{}/{}", base.path(), utf8_percent_encode(&image.id, IN_PATH), variant.id());
    let origin = &base[..url::Position::BeforePath];
    Ok(answer::ok(format!("{origin}{}", sign(&key.value, &path, life))))
}
