//! What every request sees: the configuration, the sources, the gates, and the engine once it is built.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use tintype::Vision;
use tintype_hosted::HostedError;
use tintype_options::preset::{Allowed, Presets};
use tintype_options::url::Source;
use tintype_options::{Parsed, Strictness, Warning};
use tintype_pixels::Fault;
use tracing::Instrument;

use crate::admission::{Admission, Gate};
use crate::app::{self, ServeError};
use crate::cache::fetch::Fetching;
use crate::cache::{Cache, CacheError, Key};
use crate::clients::Clients;
use crate::compose::Composition;
use crate::config::Config;
use crate::docs::Gallery;
use crate::engine::{self, Engine, Rendered, Request, TransformError};
use crate::flight::Flights;
use crate::hosted::Images;
use crate::job::Outcome;
use crate::metrics::{Metrics, Now};
use crate::origin::{OriginsError, Signed, Sources, Target, Validator};
use crate::purge::Moment;
use crate::recovery::Engines;
use crate::reject::Rejection;
use crate::tag::Rules;

/// Who writes a request's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Whoever writes a URL.
    Url,
    /// A Worker's program.
    Worker,
}

/// Results that are being made: under their key, the version of the source that the client has already, and what was purged
/// before.
type Making = Flights<(Key, Option<Validator>, Moment), Result<Outcome, Rejection>>;

/// The server's state; cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    clients: Clients,
    presets: Presets,
    sources: Sources,
    admission: Admission,
    metrics: Metrics,
    rules: Rules,
    cache: Arc<Cache>,
    fetching: Fetching,
    flights: Making,
    engines: Arc<Engines>,
    gallery: Gallery,
    images: OnceLock<Images>,
}

impl AppState {
    /// A state without an engine yet: health is answered, pictures are not.
    pub fn new(config: Config) -> Result<Self, OriginsError> {
        let sources = Sources::new(&config)?;
        let metrics = Metrics::new();
        let admission = Admission::new(&config, &metrics);
        let engines = Arc::new(Engines::new(config.gpu.devices(), metrics.device_losses.clone()));
        let clients = Clients::new(&config);
        let cache = Arc::new(Cache::new(&config, &metrics));
        let rules = Rules::of(&config);
        let allowed = if config.server.presets_only { Allowed::PresetsOnly } else { Allowed::Everything };
        let presets = config.presets.presets.clone().allowing(allowed);
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                clients,
                presets,
                sources,
                admission,
                metrics,
                rules,
                cache,
                fetching: Fetching::default(),
                flights: Making::default(),
                engines,
                gallery: Gallery::default(),
                images: OnceLock::new(),
            }),
        })
    }

    /// A state that is ready: for programs and tests that have an engine already. What pictures may cost is what `config`
    /// says, whatever the engine was built with.
    pub fn with_engine(config: Config, engine: tintype::Tintype) -> Result<Self, OriginsError> {
        let policy = engine::policy(&config);
        let state = Self::new(config)?;
        state.set_engine(Arc::new(engine.with_policy(policy)));
        Ok(state)
    }

    /// A state that is ready, on a device of its own; when that is lost, another is built. `vision` is asked for each of them, see
    /// [`serve`](crate::serve). Blocks.
    pub fn start(
        config: Config,
        vision: impl Fn() -> Option<Arc<dyn Vision>> + Send + Sync + 'static,
    ) -> Result<Self, ServeError> {
        let state = Self::new(config.clone())?;
        state.engines().start(app::builder(config, vision, state.metrics().inferences.clone()))?;
        Ok(state)
    }

    /// Opens what the cache has on disk and shares with other servers, and hears what they purge. Until then, and without it,
    /// only memory is used. [`serve`](crate::serve) does it.
    pub async fn open_cache(&self) -> Result<(), CacheError> {
        self.inner.cache.open(&self.inner.config).await
    }

    /// Waits until the cache has written what it has yet to write.
    pub async fn close_cache(&self) {
        self.inner.cache.close().await;
    }

    /// Makes the server ready.
    pub(crate) fn set_engine(&self, engine: Arc<dyn Engine>) {
        self.inner.engines.set(engine);
    }

    /// The place of the engine.
    pub(crate) fn engines(&self) -> &Arc<Engines> {
        &self.inner.engines
    }

    /// Who asks.
    pub(crate) fn clients(&self) -> &Clients {
        &self.inner.clients
    }

    /// When a request that began at `started` is over.
    pub(crate) fn until(&self, started: Instant) -> Instant {
        started + self.config().server.timeout.0
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The names there are for options.
    pub(crate) fn presets(&self) -> &Presets {
        &self.inner.presets
    }

    /// Whether warnings about options are errors.
    pub(crate) fn strictness(&self) -> Strictness {
        if self.inner.config.server.strict { Strictness::Strict } else { Strictness::Lenient }
    }

    /// What was read from a request, by the rules of its face and of this server.
    pub(crate) fn accept(&self, mut parsed: Parsed, face: Face) -> Result<Parsed, Rejection> {
        // Anyone can make a client ask for a URL, and so could have its cookies sent elsewhere.
        if face == Face::Url && parsed.options.origin_auth.take().is_some() {
            parsed.warnings.push(Warning::OnlyForWorkers { option: "origin-auth" });
        }
        Ok(parsed.held_to(self.strictness())?)
    }

    /// Where `source` is read from, if this request may have it. No I/O.
    pub(crate) fn resolve(&self, source: &Source<'_>, signed: Signed) -> Result<Target, Rejection> {
        let target = self.sources().resolve(source)?;
        match signed {
            Signed::No if self.sources().must_be_signed(&target) => Err(Rejection::unsigned_source()),
            Signed::No | Signed::Yes => Ok(target),
        }
    }

    /// Refuses what cannot be signed, where everything has to be.
    pub(crate) fn refuse_unsigned(&self) -> Result<(), Rejection> {
        if self.inner.config.signing.required { Err(Rejection::unsigned()) } else { Ok(()) }
    }

    /// Whether the Images binding is answered: it names neither presets nor keys.
    pub(crate) fn has_binding(&self) -> bool {
        !self.inner.config.signing.required && !self.inner.config.server.presets_only
    }

    /// Opens the stored images that the configuration names, if it names any; until then there are none. What is made at the
    /// first start is printed.
    pub async fn open_images(&self) -> Result<(), HostedError> {
        if let Some(images) = Images::open(self.config()).await? {
            // Of two that open at once, one is as good as the other.
            drop(self.inner.images.set(images));
        }
        Ok(())
    }

    /// The stored images, once they are open.
    pub(crate) fn images(&self) -> Option<&Images> {
        self.inner.images.get()
    }

    /// The reference's pictures.
    pub(crate) fn gallery(&self) -> &Gallery {
        &self.inner.gallery
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// The gate in front of reading sources.
    pub(crate) fn fetches(&self) -> &Gate {
        &self.inner.admission.fetches
    }

    /// The gate in front of reading bodies of requests. Its own, so that slow senders hold up only each other.
    pub(crate) fn uploads(&self) -> &Gate {
        &self.inner.admission.uploads
    }

    /// The gates in front of the processors, the device and the models.
    pub(crate) fn admission(&self) -> &Admission {
        &self.inner.admission
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// What can be read off now.
    pub(crate) fn now(&self) -> Now {
        Now {
            gates: self.inner.admission.now(),
            cache: self.inner.cache.held(),
            devices: self.devices().into_iter().map(|(n, engine, jobs)| (n, jobs, engine.counters())).collect(),
        }
    }

    /// What decides every result.
    pub(crate) fn rules(&self) -> &Rules {
        &self.inner.rules
    }

    /// What is kept.
    pub(crate) fn cache(&self) -> &Cache {
        &self.inner.cache
    }

    /// Sources that are being asked for.
    pub(crate) fn fetching(&self) -> &Fetching {
        &self.inner.fetching
    }

    /// Results that are being made.
    pub(crate) fn flights(&self) -> &Making {
        &self.inner.flights
    }

    /// An engine, once one is built and while its device is there.
    pub(crate) fn engine(&self) -> Option<Arc<dyn Engine>> {
        self.inner.engines.current()
    }

    /// All engines whose devices are there, each with the number of its device and how many pictures it makes.
    pub(crate) fn devices(&self) -> Vec<(usize, Arc<dyn Engine>, usize)> {
        let there = self.inner.engines.all().into_iter();
        there.filter(|(_, engine, _)| !self.inner.engines.retire(engine)).collect()
    }

    /// The engine, or an answer that says to come back when it is built.
    pub(crate) fn ready(&self) -> Result<Arc<dyn Engine>, Rejection> {
        self.engine().ok_or_else(not_ready)
    }
}

fn not_ready() -> Rejection {
    Rejection::busy("the server is starting")
}

/// Runs `work` where it may block, holding `permit` until it is done, whether or not anyone still waits for it.
pub(crate) async fn blocking<T: Send + 'static>(
    permit: impl Send + 'static,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Rejection> {
    // What is logged there is still about this request.
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        span.in_scope(work)
    });
    done.await.map_err(|panic| Rejection::internal(&panic))
}

/// The picture that `request` makes of `bytes`, off the reactor, of use until a certain moment.
pub(crate) async fn transform(
    app: &AppState,
    permit: impl Send + 'static,
    bytes: Bytes,
    request: Request,
    until: Instant,
) -> Result<Rendered, Rejection> {
    render(app, permit, until, move |engine| engine.transform(&bytes, &request, until)).await
}

/// The picture that `composition` asks for, off the reactor, of use until a certain moment.
pub(crate) async fn compose(
    app: &AppState,
    permit: impl Send + 'static,
    composition: Composition,
    until: Instant,
) -> Result<Rendered, Rejection> {
    render(app, permit, until, move |engine| engine.compose(composition, until)).await
}

/// What `work` makes with the engine that is there when its turn has come.
async fn render(
    app: &AppState,
    permit: impl Send + 'static,
    until: Instant,
    work: impl FnOnce(&dyn Engine) -> Result<Rendered, TransformError> + Send + 'static,
) -> Result<Rendered, Rejection> {
    let (engine, busy) = app.engines().lease().ok_or_else(not_ready)?;
    let working = Arc::clone(&engine);
    let span = tracing::debug_span!("transform");
    let rendering = blocking((permit, busy), move || work(working.as_ref())).instrument(span);
    // What is being made is made to the end of its stage, in its place; but nobody waits for it.
    let Ok(done) = tokio::time::timeout_at(until.into(), rendering).await else { return Err(Rejection::too_slow()) };
    match done {
        Ok(Ok(rendered)) => {
            app.metrics().rendered(&rendered.timings);
            Ok(rendered)
        }
        // Whatever it was called, or whatever panicked: without a device nothing works.
        failed if app.engines().retire(&engine) => {
            if let Ok(Err(error)) = failed {
                tracing::warn!(%error, "lost with the device");
            }
            Err(Rejection::busy("the server is busy"))
        }
        // It had less time than it may have by itself.
        Ok(Err(error)) if Instant::now() >= until && matches!(error.fault(), Fault::Busy | Fault::TooLarge) => {
            Err(Rejection::too_slow())
        }
        failed => Ok(failed??),
    }
}
