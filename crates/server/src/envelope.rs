//! Requests that are not addressed to this server by their path: those of Workers' runtimes.
//!
//! The runtime sends a Worker's `fetch` through a proxy: the request's target is the whole URL. A local runtime without
//! that (Miniflare) puts the whole request into an envelope: `MF-URL` is its URL, `MF-Header-*` are its headers. Both are
//! opened here, before routing.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, Uri};

use crate::reject::Rejection;
use crate::routes::workers;
use crate::state::AppState;

const URL: &str = "mf-url";
const HEADER_PREFIX: &str = "mf-header-";

/// The host that the Images binding talks to; whoever answers instead of it is asked by path.
const BINDING_HOST: &str = "js.images.cloudflare.com";

/// Opens envelopes, and leads targets that are whole URLs to where they are answered.
pub(crate) async fn open(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    if let Err(rejection) = opened(&mut request) {
        return rejection.into_response();
    }
    let uri = request.uri();
    if uri.host() == Some(BINDING_HOST) {
        *request.uri_mut() = uri.path_and_query().map_or_else(Uri::default, |path| Uri::from(path.clone()));
    } else if uri.scheme().is_some() {
        return workers::image(&app, request).await;
    }
    next.run(request).await
}

fn opened(request: &mut Request) -> Result<(), Rejection> {
    let Some(url) = request.headers().get(URL) else { return Ok(()) };
    let url: Option<Uri> =
        url.to_str().ok().and_then(|url| url.parse().ok()).filter(|url: &Uri| url.scheme().is_some());
    let url = url.ok_or_else(|| Rejection::parameter("MF-URL is not a whole URL"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        let name = name.as_str().strip_prefix(HEADER_PREFIX).and_then(|name| HeaderName::try_from(name).ok());
        if let Some(name) = name {
            headers.append(name, value.clone());
        }
    }
    *request.uri_mut() = url;
    *request.headers_mut() = headers;
    Ok(())
}
