//! `GET http://host/path` with the header `X-CF-Blob`: a Worker's `fetch` with `cf.image`.
//!
//! The URL is the source, the header's JSON has the options. Anything else that is asked of a proxy is refused.

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Method, Uri};
use tintype_options::json::Json;
use tintype_options::url::Source;
use tintype_options::{OptionsError, Warning, workers};

use crate::job::{Job, refuse_loops};
use crate::origin::Signed;
use crate::reject::Rejection;
use crate::state::{AppState, Face};

const BLOB: &str = "x-cf-blob";

/// Answers the picture, or why there is none.
pub(crate) async fn image(app: &AppState, request: HttpRequest) -> Response {
    let (parts, _body) = request.into_parts();
    let response = match of_blob(app, &parts) {
        Ok(job) => job.answer(app, &parts.headers).await,
        Err(rejection) => rejection.into_response(),
    };
    // No router does it for us here.
    if parts.method == Method::HEAD { response.map(|_body| Body::empty()) } else { response }
}

fn of_blob(app: &AppState, parts: &Parts) -> Result<Job, Rejection> {
    let Parts { method, uri, headers, .. } = parts;
    let blob = headers.get(BLOB).filter(|_| app.config().server.workers).ok_or_else(Rejection::no_proxy)?;
    let blob: Json = serde_json::from_slice(blob.as_bytes())
        .map_err(|error| Rejection::parameter(format!("X-CF-Blob is not JSON: {error}")))?;
    let image = blob.get("image").ok_or_else(Rejection::no_proxy)?;
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Rejection::no_proxy());
    }
    refuse_loops(headers)?;
    app.refuse_unsigned()?;
    let mut parsed = workers::parse_json(image, app.presets())?;
    // A Worker looks at the answer itself.
    if parsed.options.onerror.take().is_some() {
        parsed.warnings.push(Warning::WithoutEffect { option: "onerror", on: "cf.image" });
    }
    Job::new(app, app.accept(parsed, Face::Worker)?, &source(uri)?, Signed::No, headers)
}

fn source(uri: &Uri) -> Result<Source<'static>, OptionsError> {
    let given = uri.to_string();
    Source::read(&given).ok_or(OptionsError::Source { given })
}
