//! `GET /<hash>/<id…>/<variant>`, and the same below `/cdn-cgi/imagedelivery`: stored images, delivered.
//!
//! Who may have what is looked up for every request; the picture is then made, kept and answered like any other.

use axum::body::HttpBody as _;
use axum::extract::{Request as HttpRequest, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use tintype_hosted::signing::{self, Life};
use tintype_hosted::{Account, Content, DeliveryPath, HostedError, Image, Variant};
use tintype_options::{OutputFormat, Parsed, url};
use tintype_pixels::Fault;

use crate::hosted::Images;
use crate::job::{Job, refuse_loops};
use crate::reject::Rejection;
use crate::state::{AppState, Face};

/// How long what is delivered may still be shown while it is asked for again, in seconds.
const STALE_S: i64 = 7200;

/// How long a private image may be kept whose URL is good for ever, in seconds.
const PRIVATE_S: i64 = 3600;

/// Answers the picture, or why there is none.
pub(crate) async fn deliver(State(app): State<AppState>, request: HttpRequest) -> Response {
    let (asked, _body) = request.into_parts();
    let (Some(images), Some(way)) = (app.images(), DeliveryPath::parse(asked.uri.path())) else {
        return super::super::nothing_here().await;
    };
    match delivered(&app, images, &way, &asked).await {
        Ok(response) => response,
        Err(rejection) => rejection.into_response(),
    }
}

/// The answer, counted where it brings an image: errors, heads, and that the client has it already, do not.
async fn delivered(
    app: &AppState,
    images: &Images,
    way: &DeliveryPath<'_>,
    asked: &Parts,
) -> Result<Response, Rejection> {
    refuse_loops(&asked.headers)?;
    let account = images.account_of_hash(way.hash).await?;
    let job = job(app, images, &account, way, asked).await?;
    let response = job.answer(app, &asked.headers).await;
    if asked.method == Method::GET && response.status() == StatusCode::OK {
        let variant = (!way.variant.contains('=')).then(|| percent_decode_str(way.variant).decode_utf8_lossy());
        let n_bytes = response.body().size_hint().exact().unwrap_or_default();
        images.hosted().count_delivery(&account.id, variant.as_deref(), n_bytes);
    }
    Ok(response)
}

async fn job(
    app: &AppState,
    images: &Images,
    account: &Account,
    way: &DeliveryPath<'_>,
    asked: &Parts,
) -> Result<Job, Rejection> {
    let (uri, headers) = (&asked.uri, &asked.headers);
    // What is no text is no id either.
    let id = percent_decode_str(way.id).decode_utf8().map_err(|_utf8| Rejection::no_stored_image())?;
    let image = images.hosted().image(&account.id, &id).await?;
    let content = image.content.clone().ok_or_else(Rejection::no_stored_image)?;
    let (parsed, ttl_s) = if way.variant.contains('=') {
        flexible(app, account, &image, way.variant)?
    } else {
        let name = percent_decode_str(way.variant).decode_utf8().map_err(|_utf8| Rejection::no_stored_image())?;
        named(images, account, &image, &content, &name, uri).await?
    };
    let cache_control = match ttl_s {
        Ttl::Public(ttl_s) => format!("public, max-age={ttl_s}, stale-while-revalidate={STALE_S}"),
        Ttl::Private(ttl_s) => format!("private, max-age={ttl_s}"),
    };
    let mut parsed = app.accept(parsed, Face::Url)?;
    // As the client likes it, where nothing else is said.
    parsed.options.format.get_or_insert(OutputFormat::Auto);
    Job::of_stored(app, parsed, images.source(content), cache_control, headers)
}

/// How long an answer may be kept, in seconds, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ttl {
    Public(i64),
    Private(i64),
}

/// What options ask for, where they may stand instead of a variant.
fn flexible(app: &AppState, account: &Account, image: &Image, options: &str) -> Result<(Parsed, Ttl), Rejection> {
    if !account.preferences.flexible_variants {
        return Err(Rejection::no_flexible_variants());
    }
    if image.require_signed_urls {
        return Err(Rejection::private_image("private images are delivered in named variants only"));
    }
    let mut parsed = url::parse_with(options, app.presets())?;
    // There is nothing that it could lead to.
    parsed.options.onerror = None;
    Ok((parsed, Ttl::Public(account.preferences.browser_ttl_s)))
}

/// What the variant `name` asks for, where this URL may ask for it.
async fn named(
    images: &Images,
    account: &Account,
    image: &Image,
    content: &Content,
    name: &str,
    uri: &Uri,
) -> Result<(Parsed, Ttl), Rejection> {
    let variant = images.hosted().variant(&account.id, name).await?;
    let ttl = ttl(images, account, image, &variant, uri).await?;
    let parsed = variant.parsed().map_err(|error| {
        // It was good when it was made.
        Rejection::internal(&format!("variant {name:?} of {}: {error}", content.blob))
    })?;
    Ok((parsed, ttl))
}

async fn ttl(
    images: &Images,
    account: &Account,
    image: &Image,
    variant: &Variant,
    uri: &Uri,
) -> Result<Ttl, Rejection> {
    if !image.require_signed_urls || variant.never_requires_signed_urls() {
        return Ok(Ttl::Public(variant.browser_ttl_s().unwrap_or(account.preferences.browser_ttl_s)));
    }
    let keys = images.hosted().keys(&account.id).await?;
    let now_s = images.hosted().now().unix_s();
    match signing::verify(&keys, uri.path(), uri.query(), now_s) {
        Ok(Life::Endless) => Ok(Ttl::Private(PRIVATE_S)),
        Ok(Life::Until { unix_s }) => Ok(Ttl::Private(unix_s.saturating_sub(now_s))),
        Err(error) => Err(Rejection::private_image(error.to_string())),
    }
}

impl From<HostedError> for Rejection {
    fn from(error: HostedError) -> Self {
        match error {
            HostedError::NoImage { .. } | HostedError::NoVariant { .. } => Self::no_stored_image(),
            HostedError::NoAccount { .. } => Self::wrong_account(),
            error if matches!(error.fault(), Fault::Busy) => {
                tracing::error!(%error, "stored images cannot be reached");
                Self::busy("stored images cannot be reached at the moment")
            }
            error => Self::internal(&error),
        }
    }
}
