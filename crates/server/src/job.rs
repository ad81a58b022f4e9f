//! One picture for one client, from options and a source: the pipeline behind every face that names its source.
//!
//! [`Job::new`] decides without any I/O whether the request may be answered; [`Job::run`] reads, makes and answers.

use std::time::Instant;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tintype::Output;
use tintype_options::client::{self, Announcement};
use tintype_options::url::Source;
use tintype_options::{OnError, OriginAuth, OutputFormat, Parsed};

use crate::admission::Permit;
use crate::compose::Composition;
use crate::docs::Sample;
use crate::engine::Request;
use crate::layers::Layers;
use crate::negotiate::{Keeping, accepts, hints, keeping};
use crate::origin::{Fetch, Fetched, Signed, Target, Validator, credentials, is_loop};
use crate::reject::Rejection;
use crate::respond::{self, About, Spent};
use crate::state::{self, AppState};
use crate::tag::{How, client_has};

/// A request that can be understood and may be answered.
#[derive(Debug)]
pub(crate) struct Job {
    started: Instant,
    request: Request,
    target: Target,
    /// Of the request, where the source is to be asked for with them. Layers never are.
    credentials: Option<HeaderMap>,
    layers: Option<Layers>,
    /// What answers say besides the picture; of the source nothing yet.
    about: About,
}

/// What stands between a request and its picture: the client's copy may be good already.
enum Ready {
    Unchanged(About),
    Work { source: Fetched, drawn: Vec<Fetched>, about: About, permit: Permit },
}

/// Refuses requests that were sent to fetch a source.
pub(crate) fn refuse_loops(headers: &HeaderMap) -> Result<(), Rejection> {
    let mut via = headers.get_all(header::VIA).iter().filter_map(|value| value.to_str().ok());
    if via.any(is_loop) { Err(Rejection::looping()) } else { Ok(()) }
}

/// What does not depend on the client any more, and what an answer has to say because it did.
pub(crate) fn settled(parsed: Parsed, headers: &HeaderMap) -> (Request, About) {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let announcement = Announcement::of(&parsed.options, &format!("https://{host}"));
    let client::Resolved { options, vary: hints } = client::resolve(&parsed.options, &hints(headers));
    let mut vary = Vec::new();
    if options.format == Some(OutputFormat::Auto) {
        vary.push("Accept");
    }
    vary.extend(hints);
    let warnings = parsed.warnings.iter().map(ToString::to_string).collect();
    let about = About { tag: None, cache_control: "no-store".to_owned(), vary, announcement, warnings };
    (Request { options, accepts: accepts(headers) }, about)
}

impl Job {
    /// The job of making what `parsed` says of `source`.
    pub(crate) fn new(
        app: &AppState,
        parsed: Parsed,
        source: &Source<'_>,
        signed: Signed,
        headers: &HeaderMap,
    ) -> Result<Self, Rejection> {
        let started = Instant::now();
        let target = app.resolve(source, signed)?;
        let (request, about) = settled(parsed, headers);
        let credentials = request.options.origin_auth.map(|OriginAuth::SharePublicly| credentials::of(headers));
        let layers = Layers::of(app, &request.options, signed)?;
        Ok(Self { started, request, target, credentials, layers, about })
    }

    /// The answer; where the options say so, errors lead to the source.
    pub(crate) async fn answer(&self, app: &AppState, headers: &HeaderMap) -> Response {
        match self.run(app, headers).await {
            Ok(response) => response,
            Err(rejection) if self.request.options.onerror == Some(OnError::Redirect) => {
                self.redirect(&rejection).unwrap_or_else(|| rejection.into_response())
            }
            Err(rejection) => rejection.into_response(),
        }
    }

    /// The picture, or that the client has it.
    pub(crate) async fn run(&self, app: &AppState, headers: &HeaderMap) -> Result<Response, Rejection> {
        let engine = app.ready()?;
        let fetching = Instant::now();
        let mut fetch = fetching.elapsed();
        let prepare = async {
            let fetched = self.fetch(app, headers).await;
            fetch = fetching.elapsed();
            match fetched? {
                (about, None) => Ok(Ready::Unchanged(about)),
                (about, Some((source, drawn))) => {
                    Ok(Ready::Work { source, drawn, about, permit: app.jobs().enter().await? })
                }
            }
        };
        let ready: Result<Ready, Rejection> = tokio::time::timeout(app.config().server.timeout.0, prepare)
            .await
            .unwrap_or_else(|_elapsed| Err(Rejection::too_slow()));
        let (source, drawn, about, permit) = match ready? {
            Ready::Unchanged(about) => return Ok(respond::not_modified(&about)),
            Ready::Work { source, drawn, about, permit } => (source, drawn, about, permit),
        };
        let request = self.request.clone();
        let output = match &self.layers {
            None => state::transform(engine, (permit, source.held), source.bytes, request).await?,
            Some(layers) => {
                let (parts, held): (_, Vec<_>) =
                    [source].into_iter().chain(drawn).map(|source| (source.bytes, source.held)).unzip();
                let canvas = layers.canvas.clone();
                let composition = Composition { canvas, parts, output: Output::auto(), accepts: request.accepts };
                state::compose(engine, (permit, held), composition).await?
            }
        };
        Ok(respond::picture(output, &about, Spent { fetch, total: self.started.elapsed() }))
    }

    /// Reads the source and what is drawn on it, unless the client's copy was made of the same.
    async fn fetch(
        &self,
        app: &AppState,
        headers: &HeaderMap,
    ) -> Result<(About, Option<(Fetched, Vec<Fetched>)>), Rejection> {
        // Not worth an origin's while when the picture could not be made.
        if app.jobs().is_full() {
            return Err(Rejection::busy("the server is busy"));
        }
        let how = How::new(app.config(), &self.request);
        // With layers, an unchanged source says nothing about the result.
        let known = how.known(headers).filter(|_| self.layers.is_none());
        let base = async {
            let _permit = app.fetches().enter().await?;
            Ok::<_, Rejection>(app.sources().fetch(&self.target, known.as_ref(), self.credentials.as_ref()).await?)
        };
        let drawn = async {
            match &self.layers {
                Some(layers) => layers.fetch(app).await,
                None => Ok(Vec::new()),
            }
        };
        let (fetched, drawn) = tokio::try_join!(base, drawn)?;
        let cache = &app.config().cache;
        match (fetched, known) {
            (Fetch::Unchanged { cache_control, expires }, Some(known)) => {
                let mut keeping = self.kept(keeping(cache_control.as_deref(), expires, cache));
                keeping.raised = false;
                Ok((self.about(how.tag(&known), keeping), None))
            }
            (Fetch::Unchanged { .. }, None) => Err(Rejection::internal(&"a source is unchanged that nobody knew")),
            (Fetch::Fetched(source), _) => {
                let of = |source: &Fetched| keeping(source.cache_control.as_deref(), source.expires, cache);
                let keeping = self.kept(drawn.iter().fold(of(&source), |keeping, layer| keeping.and(of(layer))));
                let tag = how.tag_with(&source, &drawn);
                let has = client_has(headers, &tag);
                Ok((self.about(tag, keeping), (!has).then_some((source, drawn))))
            }
        }
    }

    fn kept(&self, keeping: Keeping) -> Keeping {
        if self.credentials.is_some() { keeping.shared() } else { keeping }
    }

    fn about(&self, tag: Validator, keeping: Keeping) -> About {
        let mut about = About { tag: Some(tag), cache_control: keeping.value, ..self.about.clone() };
        about.warnings.extend(keeping.raised.then(|| "cache-control is too restrictive".to_owned()));
        about
    }

    /// To the source itself, which may be read: only such sources get as far as this.
    fn redirect(&self, rejection: &Rejection) -> Option<Response> {
        let location = match &self.target {
            Target::Absolute(url) => url.to_string(),
            // One slash: with two, or a backslash, a browser would take the path for a host.
            Target::Relative { source } => format!("/{}", source.trim_start_matches(['/', '\\'])),
            Target::Sample(sample) => format!("/{}{}", Sample::FOLDER, sample.name),
        };
        let mut response = rejection.clone().into_response();
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        response.headers_mut().insert(header::LOCATION, HeaderValue::try_from(location).ok()?);
        response.headers_mut().remove(header::RETRY_AFTER);
        Some(response)
    }
}
