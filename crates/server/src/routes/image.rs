//! `GET /cdn-cgi/image/<options>/<source>`: transform by URL.
//!
//! The source is appended to the path as it is, so the path is read raw: nothing decodes it before
//! [`tintype_options::url`] does.

use std::time::Instant;

use axum::extract::{Request as HttpRequest, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use tintype_options::{OnError, OutputFormat, Parsed, url};

use crate::admission::Permit;
use crate::engine::Request;
use crate::negotiate::{accepts, keeping};
use crate::origin::{Fetch, Fetched, Target, Validator, is_loop};
use crate::reject::Rejection;
use crate::respond::{self, About, Spent};
use crate::state::{self, AppState};
use crate::tag::{How, client_has};

const PREFIX: &str = "/cdn-cgi/image";

/// Answers the picture, or why there is none.
pub(crate) async fn image(State(app): State<AppState>, request: HttpRequest) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let job = match Job::read(&app, uri, headers) {
        Ok(job) => job,
        Err(rejection) => return rejection.into_response(),
    };
    match job.run(&app, headers).await {
        Ok(response) => response,
        Err(rejection) if job.parsed.options.onerror == Some(OnError::Redirect) => {
            job.redirect(&rejection).unwrap_or_else(|| rejection.into_response())
        }
        Err(rejection) => rejection.into_response(),
    }
}

/// A request that can be understood and may be answered.
struct Job {
    started: Instant,
    parsed: Parsed,
    target: Target,
}

/// What stands between a request and its picture: the client's copy may be good already.
enum Ready {
    Unchanged(About),
    Work { source: Fetched, about: About, permit: Permit },
}

impl Job {
    fn read(app: &AppState, uri: &Uri, headers: &HeaderMap) -> Result<Self, Rejection> {
        let started = Instant::now();
        let via = headers.get_all(header::VIA).iter();
        if via.filter_map(|value| value.to_str().ok()).any(is_loop) {
            return Err(Rejection::looping());
        }
        let whole = uri.path_and_query().map_or("", |whole| whole.as_str());
        let limit_bytes = app.config().limits.url_bytes.0;
        if whole.len() as u64 > limit_bytes {
            return Err(Rejection::long_url(limit_bytes));
        }
        let rest = whole.strip_prefix(PREFIX).unwrap_or_default();
        let (options, source) = url::split(rest.strip_prefix('/').unwrap_or_default())?;
        let parsed = url::parse(options)?;
        let target = app.sources().resolve(&source)?;
        Ok(Self { started, parsed, target })
    }

    async fn run(&self, app: &AppState, headers: &HeaderMap) -> Result<Response, Rejection> {
        let engine = app.ready()?;
        let request = Request { options: self.parsed.options.clone(), accepts: accepts(headers) };
        let fetching = Instant::now();
        let mut fetch = fetching.elapsed();
        let prepare = async {
            let fetched = self.fetch(app, &How::new(app.config(), &request), headers).await;
            fetch = fetching.elapsed();
            match fetched? {
                (about, None) => Ok(Ready::Unchanged(about)),
                (about, Some(source)) => Ok(Ready::Work { source, about, permit: app.jobs().enter().await? }),
            }
        };
        let ready: Result<Ready, Rejection> = tokio::time::timeout(app.config().server.timeout.0, prepare)
            .await
            .unwrap_or_else(|_elapsed| Err(Rejection::too_slow()));
        match ready? {
            Ready::Unchanged(about) => Ok(respond::not_modified(&about)),
            Ready::Work { source, about, permit } => {
                let output = state::transform(engine, (permit, source.held), source.bytes, request).await?;
                let spent = Spent { fetch, total: self.started.elapsed() };
                Ok(respond::picture(output, &about, spent))
            }
        }
    }

    /// Reads the source, unless the client's copy was made of the one there is.
    async fn fetch(
        &self,
        app: &AppState,
        how: &How,
        headers: &HeaderMap,
    ) -> Result<(About, Option<Fetched>), Rejection> {
        // Not worth an origin's while when the picture could not be made.
        if app.jobs().is_full() {
            return Err(Rejection::busy("the server is busy"));
        }
        let known = how.known(headers);
        let permit = app.fetches().enter().await?;
        let fetched = app.sources().fetch(&self.target, known.as_ref()).await?;
        drop(permit);
        match (fetched, known) {
            (Fetch::Unchanged { cache_control, expires }, Some(known)) => {
                let keeping = keeping(cache_control.as_deref(), expires, &app.config().cache);
                Ok((self.about(how.tag(&known), keeping.value, false), None))
            }
            (Fetch::Unchanged { .. }, None) => Err(Rejection::internal(&"a source is unchanged that nobody knew")),
            (Fetch::Fetched(source), _) => {
                let keeping = keeping(source.cache_control.as_deref(), source.expires, &app.config().cache);
                let tag = how.tag_of(&source);
                let has = client_has(headers, &tag);
                let about = self.about(tag, keeping.value, keeping.raised);
                Ok((about, (!has).then_some(source)))
            }
        }
    }

    fn about(&self, tag: Validator, cache_control: String, raised: bool) -> About {
        let mut warnings: Vec<String> = self.parsed.warnings.iter().map(ToString::to_string).collect();
        warnings.extend(raised.then(|| "cache-control is too restrictive".to_owned()));
        let vary = self.parsed.options.format == Some(OutputFormat::Auto);
        About { tag: Some(tag), cache_control, vary, warnings }
    }

    /// To the source itself, which may be read: only such sources get as far as this.
    fn redirect(&self, rejection: &Rejection) -> Option<Response> {
        let location = match &self.target {
            Target::Absolute(url) => url.to_string(),
            // One slash: with two, or a backslash, a browser would take the path for a host.
            Target::Relative { source } => format!("/{}", source.trim_start_matches(['/', '\\'])),
        };
        let mut response = rejection.clone().into_response();
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        response.headers_mut().insert(header::LOCATION, HeaderValue::try_from(location).ok()?);
        response.headers_mut().remove(header::RETRY_AFTER);
        Some(response)
    }
}
