//! `GET /cdn-cgi/image/<options>/<source>` and `GET /image?url=<source>&<options>`: transform by URL.
//!
//! The source is appended to the path as it is, so the path is read raw: nothing decodes it before
//! [`tintype_options::url`] does.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use ::url::form_urlencoded;
use axum::extract::{Request as HttpRequest, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Uri};
use tintype_options::sign::{Form, SignatureError};
use tintype_options::{query, url};

use crate::job::{Job, refuse_loops};
use crate::origin::Signed;
use crate::reject::Rejection;
use crate::state::{AppState, Face};

const PREFIX: &str = "/cdn-cgi/image";

/// Answers the picture, or why there is none.
pub(crate) async fn image(State(app): State<AppState>, request: HttpRequest) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    match of_path(&app, uri, headers) {
        Ok(job) => job.answer(&app, headers).await,
        Err(rejection) => rejection.into_response(),
    }
}

fn of_path(app: &AppState, uri: &Uri, headers: &HeaderMap) -> Result<Job, Rejection> {
    refuse_loops(headers)?;
    let whole = whole(app, uri)?;
    let rest = whole.strip_prefix(PREFIX).unwrap_or_default();
    let (rest, signed) = verified(app, Form::Path, rest.strip_prefix('/').unwrap_or_default())?;
    let (options, source) = url::split(&rest)?;
    let parsed = app.accept(url::parse_with(options, app.presets())?, Face::Url)?;
    Job::new(app, parsed, &source, signed, headers)
}

/// The same, asked for in a query.
pub(crate) async fn query(State(app): State<AppState>, request: HttpRequest) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    match of_query(&app, uri, headers) {
        Ok(job) => job.answer(&app, headers).await,
        Err(rejection) => rejection.into_response(),
    }
}

fn of_query(app: &AppState, uri: &Uri, headers: &HeaderMap) -> Result<Job, Rejection> {
    refuse_loops(headers)?;
    whole(app, uri)?;
    let (text, signed) = verified(app, Form::Query, uri.query().unwrap_or_default())?;
    let (parsed, source) = query::parse_with(form_urlencoded::parse(text.as_bytes()), app.presets())?;
    Job::new(app, app.accept(parsed, Face::Url)?, &source, signed, headers)
}

/// What is left of a request without its signature, if that is good. Where none is needed there may be none.
fn verified<'a>(app: &AppState, form: Form, text: &'a str) -> Result<(Cow<'a, str>, Signed), Rejection> {
    let signing = &app.config().signing;
    if signing.keys.keys.is_empty() {
        return Ok((Cow::Borrowed(text), Signed::No));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    match signing.keys.keys.verify(form, text, now.as_secs()) {
        Ok(rest) => Ok((Cow::Owned(rest), Signed::Yes)),
        Err(SignatureError::Missing) if !signing.required => Ok((Cow::Borrowed(text), Signed::No)),
        Err(error) => Err(error.into()),
    }
}

/// Path and query as they came, within the limit.
fn whole<'a>(app: &AppState, uri: &'a Uri) -> Result<&'a str, Rejection> {
    let whole = uri.path_and_query().map_or("", |whole| whole.as_str());
    let limit_bytes = app.config().limits.url_bytes.0;
    if whole.len() as u64 > limit_bytes { Err(Rejection::long_url(limit_bytes)) } else { Ok(whole) }
}
