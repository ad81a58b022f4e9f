//! One picture for one client, from options and a source: the pipeline behind every face that names its source.
//!
//! [`Job::new`] decides without any I/O whether the request may be answered; [`Job::run`] answers with what is kept, joins
//! who is making the same, or reads and makes it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tintype::Output;
use tintype_options::client::{self, Announcement};
use tintype_options::url::Source;
use tintype_options::{OnError, OriginAuth, OutputFormat, Parsed};
use tintype_pixels::ImageFormat;
use tracing::Instrument;

use crate::admission::{Needs, Workplace};
use crate::cache::fetch::{Wants, fetch, forwarded};
use crate::cache::{Kept, Key, Known, Picture, Tier};
use crate::compose::Composition;
use crate::docs::Sample;
use crate::engine::Request;
use crate::flight::Role;
use crate::hosted::Stored;
use crate::layers::Layers;
use crate::negotiate::{Keeping, accepts, hints, keeping};
use crate::origin::{Credentials, Fetch, Fetched, Received, Signed, Target, Validator, is_loop};
use crate::purge::Moment;
use crate::reject::Rejection;
use crate::respond::{self, About, Found, Spent};
use crate::state::{self, AppState};
use crate::tag::{How, client_has};

/// A request that can be understood and may be answered.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    started: Instant,
    request: Request,
    target: Target,
    /// Of the request, where the source is to be asked for with them. Layers never are.
    credentials: Option<Credentials>,
    layers: Option<Layers>,
    /// What answers say besides the picture; of the source nothing yet.
    about: About,
    /// What answers say about keeping them, where that is not the source's matter.
    cache_control: Option<String>,
}

/// What a version of the sources means for the result.
struct Version {
    tag: Validator,
    keeping: Keeping,
    /// The source's own, where it is the only one.
    source: Option<Validator>,
    /// When the origin said so; of several, the one that was asked first.
    checked: SystemTime,
    /// Whether one of them did not answer.
    stands_in: bool,
}

impl Version {
    fn kept(self, picture: Picture, drawn: Vec<String>, since: Moment) -> Kept {
        let Self { tag, keeping, source, checked, stands_in: _ } = self;
        Kept { picture, tag, keeping, drawn, source, checked, known: Known::since(since) }
    }
}

/// What reading the sources gave.
enum Read {
    /// They are those of the result that is kept, or of the client's copy.
    Unchanged(Version),
    Changed {
        source: Fetched,
        drawn: Vec<Fetched>,
        version: Version,
    },
}

/// What stands between a request and its picture.
enum Ready {
    Unchanged(Version),
    Work(Box<(Fetched, Vec<Fetched>, Version, Workplace)>),
}

/// What everyone gets who asked for the same at the same time.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The client's copy is good.
    Unchanged { tag: Validator, keeping: Keeping },
    /// The picture.
    Made { kept: Arc<Kept>, found: Found, fetch: Duration },
}

const AVIF: &str = ImageFormat::Avif.media_type();

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
    let about = About { tag: None, cache_control: "no-store".to_owned(), age: None, vary, announcement, warnings };
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
        Self::of_target(app, parsed, app.resolve(source, signed)?, signed, headers)
    }

    /// The job of making what `parsed` says of a stored image, answered with `cache_control`.
    pub(crate) fn of_stored(
        app: &AppState,
        parsed: Parsed,
        stored: Stored,
        cache_control: String,
        headers: &HeaderMap,
    ) -> Result<Self, Rejection> {
        let job = Self::of_target(app, parsed, Target::Stored(Box::new(stored)), Signed::No, headers)?;
        Ok(Self { cache_control: Some(cache_control), ..job })
    }

    fn of_target(
        app: &AppState,
        parsed: Parsed,
        target: Target,
        signed: Signed,
        headers: &HeaderMap,
    ) -> Result<Self, Rejection> {
        let started = Instant::now();
        let (request, about) = settled(parsed, headers);
        let credentials = match request.options.origin_auth {
            Some(OriginAuth::SharePublicly) => Some(Credentials::asked(headers)),
            None if app.sources().shares_credentials(&target) => Credentials::configured(headers),
            None => None,
        };
        let layers = Layers::of(app, &request.options, signed)?;
        Ok(Self { started, request, target, credentials, layers, about, cache_control: None })
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
        let key = self.key(How::new(app.rules(), &self.request));
        if let Some(kept) = app.cache().results().in_memory(&key) {
            let found = if kept.is_fresh() {
                Some(Found::Hit(Tier::Memory))
            } else if kept.serves_while_asked() {
                self.refresh(app, &key);
                Some(Found::Updating)
            } else {
                None
            };
            if let Some(found) = found {
                app.metrics().looked_up(found);
                return Ok(self.respond(headers, &kept, found, Duration::ZERO));
            }
        }
        let client = key.how.known(headers);
        // Who asks after a purge does not get what was begun before.
        let since = app.cache().moment();
        // Whoever waits drives it, but it is this request's part of its trace.
        let begin = || {
            let making = self.clone().make(app.clone(), key.clone(), client.clone(), since, Wants::Soon);
            making.in_current_span()
        };
        let (role, outcome) = app.flights().join((key.clone(), client.clone(), since), begin);
        if role == Role::Follows {
            app.metrics().joined();
        }
        match outcome.await? {
            Outcome::Unchanged { tag, mut keeping } => {
                keeping.raised = false;
                app.metrics().looked_up(Found::Revalidated);
                Ok(respond::not_modified(&self.about(&tag, &keeping), Found::Revalidated))
            }
            Outcome::Made { kept, found, fetch } => {
                app.metrics().looked_up(found);
                Ok(self.respond(headers, &kept, found, fetch))
            }
        }
    }

    /// Makes the result of `key` again, if nobody does, without anyone waiting.
    fn refresh(&self, app: &AppState, key: &Key) {
        let since = app.cache().moment();
        let begin = || self.clone().make(app.clone(), key.clone(), None, since, Wants::Current);
        if let (Role::Leads, making) = app.flights().join((key.clone(), None, since), begin) {
            tokio::spawn(making);
        }
    }

    /// What a result is kept under. Everything is in it that comes from the client and decides, and nothing else.
    fn key(&self, how: How) -> Key {
        Key { source: self.target.identity(), how, forwarded: forwarded(self.credentials.as_ref()) }
    }

    /// The result of `key`: the one that is kept, or another.
    async fn make(
        self,
        app: AppState,
        key: Key,
        client: Option<Validator>,
        since: Moment,
        wants: Wants,
    ) -> Result<Outcome, Rejection> {
        let old = app.cache().results().find(&key).await;
        if let Some((kept, tier)) = &old {
            let found = match wants {
                _ if kept.is_fresh() => Some(Found::Hit(*tier)),
                // Whoever asks next finds it in memory, and has it refreshed.
                Wants::Soon if kept.serves_while_asked() => Some(Found::Updating),
                Wants::Soon | Wants::Current => None,
            };
            if let Some(found) = found {
                return Ok(Outcome::Made { kept: Arc::clone(kept), found, fetch: Duration::ZERO });
            }
        }
        let old = old.map(|(kept, _tier)| kept);
        match self.renew(&app, key, old.clone(), client, (since, wants)).await {
            Err(rejection) if rejection.status.is_server_error() => {
                match old.filter(|old| old.serves_without_origin()) {
                    Some(kept) => Ok(Outcome::Made { kept, found: Found::Stale, fetch: Duration::ZERO }),
                    None => Err(rejection),
                }
            }
            outcome => outcome,
        }
    }

    /// Reads the sources and makes the picture, unless `old`, or the client's copy of version `client`, is still good.
    async fn renew(
        self,
        app: &AppState,
        key: Key,
        old: Option<Arc<Kept>>,
        client: Option<Validator>,
        (since, wants): (Moment, Wants),
    ) -> Result<Outcome, Rejection> {
        let results = app.cache().results();
        let fetching = Instant::now();
        let mut fetch = Duration::ZERO;
        let needs = Needs::of(&self.request.options);
        let prepare = async {
            let read = self.read(app, &key.how, old.as_deref(), client.as_ref(), wants);
            let read = read.instrument(tracing::debug_span!("fetch")).await;
            fetch = fetching.elapsed();
            app.metrics().fetched(fetch);
            match read? {
                Read::Unchanged(version) => Ok(Ready::Unchanged(version)),
                Read::Changed { source, drawn, version } => {
                    let permit = app.admission().enter(needs).instrument(tracing::debug_span!("wait")).await?;
                    Ok(Ready::Work(Box::new((source, drawn, version, permit))))
                }
            }
        };
        let until = app.until(self.started);
        let ready: Result<Ready, Rejection> =
            tokio::time::timeout_at(until.into(), prepare).await.unwrap_or_else(|_elapsed| Err(Rejection::too_slow()));
        let (source, drawn, version, permit) = match ready? {
            Ready::Unchanged(version) => {
                let same = old.filter(|old| old.tag == version.tag);
                return Ok(match same {
                    Some(kept) if version.stands_in => Outcome::Made { kept, found: Found::Stale, fetch },
                    Some(old) => {
                        let kept = Arc::new(version.kept(old.picture.clone(), old.drawn.clone(), since));
                        match kept.keeping.fresh {
                            // What has to be asked about each time is not worth a disk's while.
                            Some(fresh) if fresh.is_zero() => results.put_in_memory(&key, &kept),
                            Some(_) => results.put(&key, &kept),
                            None => results.remove(&key),
                        }
                        Outcome::Made { kept, found: Found::Revalidated, fetch }
                    }
                    None => Outcome::Unchanged { tag: version.tag, keeping: version.keeping },
                });
            }
            Ready::Work(work) => *work,
        };
        let found = match (&old, version.keeping.fresh) {
            _ if !results.is_on() => Found::Never,
            (_, None) => Found::Forbidden,
            (Some(_), Some(_)) => Found::Expired,
            (None, Some(_)) => Found::Miss,
        };
        let request = self.request;
        let layers = self.layers.iter().flat_map(Layers::identities).collect();
        let rendered = match self.layers {
            None => state::transform(app, (permit, source.held), source.bytes, request, until).await?,
            Some(Layers { canvas, .. }) => {
                let (parts, held): (_, Vec<_>) =
                    [source].into_iter().chain(drawn).map(|source| (source.bytes, source.held)).unzip();
                let composition = Composition { canvas, parts, output: Output::auto(), accepts: request.accepts };
                state::compose(app, (permit, held), composition, until).await?
            }
        };
        let kept = Arc::new(version.kept(rendered.into(), layers, since));
        match kept.keeping.fresh {
            Some(_) => results.put(&key, &kept),
            None => results.remove(&key),
        }
        Ok(Outcome::Made { kept, found, fetch })
    }

    /// Reads the source and what is drawn on it, unless `old` or the client's copy was made of the same.
    async fn read(
        &self,
        app: &AppState,
        how: &How,
        old: Option<&Kept>,
        client: Option<&Validator>,
        wants: Wants,
    ) -> Result<Read, Rejection> {
        // Not worth an origin's while when the picture could not be made.
        if old.is_none() {
            app.ready()?;
            if app.admission().is_full(Needs::of(&self.request.options)) {
                return Err(Rejection::busy("the server is busy"));
            }
        }
        // With layers, an unchanged source says nothing about the result.
        let known = old.map_or(client, |old| old.source.as_ref()).filter(|_| self.layers.is_none());
        let base = fetch(app, &self.target, known, self.credentials.as_ref(), wants);
        let drawn = async {
            match &self.layers {
                Some(layers) => layers.fetch(app, wants).await,
                None => Ok(Vec::new()),
            }
        };
        let (fetched, drawn) = tokio::try_join!(base, drawn)?;
        let cache = &app.config().cache;
        match (fetched, known) {
            (Fetch::Unchanged { cache_control, expires, place, received }, Some(known)) => {
                let keeping = match old {
                    // Without a word on it, what was said before holds (RFC 9111, 4.3.4).
                    Some(old) if cache_control.is_none() && expires.is_none() => old.keeping.clone(),
                    _ => self.kept(keeping(cache_control.as_deref(), expires, place, cache).varying(received.varies)),
                };
                let Received { at: checked, varies: _, stands_in } = received;
                let (tag, source) = (how.tag(known), Some(known.clone()));
                Ok(Read::Unchanged(Version { tag, keeping, source, checked, stands_in }))
            }
            (Fetch::Unchanged { .. }, None) => Err(Rejection::internal(&"a source is unchanged that nobody knew")),
            (Fetch::Fetched(source), _) => {
                let of = |read: &Fetched| {
                    keeping(read.cache_control.as_deref(), read.expires, read.place, cache)
                        .varying(read.received.varies)
                };
                let keeping = self.kept(drawn.iter().fold(of(&source), |keeping, layer| keeping.and(of(layer))));
                let tag = how.tag_with(&source, &drawn);
                let is_known = old.is_some_and(|old| old.tag == tag)
                    || client.is_some_and(|client| how.tag(client).tag == tag.tag);
                let validator = source.validator.clone().filter(|_| self.layers.is_none());
                let checked = drawn.iter().fold(source.received.at, |checked, layer| checked.min(layer.received.at));
                let stands_in = source.received.stands_in || drawn.iter().any(|layer| layer.received.stands_in);
                let version = Version { tag, keeping, source: validator, checked, stands_in };
                Ok(if is_known { Read::Unchanged(version) } else { Read::Changed { source, drawn, version } })
            }
        }
    }

    fn respond(&self, headers: &HeaderMap, kept: &Kept, found: Found, fetch: Duration) -> Response {
        let mut about = self.about(&kept.tag, &kept.keeping);
        // Too large for AVIF, what it is instead depends on what the client knows.
        if self.request.options.format == Some(OutputFormat::Avif) && kept.picture.content_type != AVIF {
            about.vary.insert(0, "Accept");
        }
        if matches!(found, Found::Hit(_) | Found::Updating | Found::Stale) {
            about.age = Some(kept.age());
        }
        if client_has(headers, &kept.tag) {
            return respond::not_modified(&about, found);
        }
        respond::picture(&kept.picture, &about, Spent { fetch, total: self.started.elapsed(), found })
    }

    fn kept(&self, keeping: Keeping) -> Keeping {
        if self.credentials.is_some() { keeping.shared() } else { keeping }
    }

    fn about(&self, tag: &Validator, keeping: &Keeping) -> About {
        let mut about = About { tag: Some(tag.clone()), cache_control: keeping.value.clone(), ..self.about.clone() };
        if let Some(cache_control) = &self.cache_control {
            about.cache_control.clone_from(cache_control);
        }
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
            // Its bytes are its owner's.
            Target::Stored(_) => return None,
        };
        let mut response = rejection.clone().into_response();
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        response.headers_mut().insert(header::LOCATION, HeaderValue::try_from(location).ok()?);
        response.headers_mut().remove(header::RETRY_AFTER);
        Some(response)
    }
}
