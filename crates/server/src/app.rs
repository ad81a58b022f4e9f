//! The server as a whole: bind, answer health at once, build the engine, serve, and stop without losing anything.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tintype::Vision;
use tintype_hosted::HostedError;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument, field};

use crate::cache::CacheError;
use crate::clients::TooMany;
use crate::config::Config;
use crate::connections::Patience;
use crate::engine::{self, Engine, Report};
use crate::inference::Watched;
use crate::metrics::InferenceMeter;
use crate::origin::OriginsError;
use crate::reject::{Rejection, incident};
use crate::state::AppState;
use crate::{connections, envelope, metrics, recovery, routes, trace, webhooks};

/// Why the server cannot start, or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The origins cannot be used.
    #[error(transparent)]
    Origins(#[from] OriginsError),
    /// The stored images cannot be used.
    #[error(transparent)]
    Hosted(#[from] HostedError),
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// `server.listen`.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The process cannot hear signals.
    #[error("cannot listen to signals: {0}")]
    Signals(io::Error),
    /// There is no device, or its pipelines cannot be built.
    #[error("the image engine cannot be built: {0}")]
    Engine(#[from] engine::TransformError),
    /// Building the engine panicked.
    #[error("the image engine cannot be built: it panicked")]
    Panicked,
}

/// Serves until SIGTERM or Ctrl-C, then finishes what was admitted, for `server.shutdown` at most.
///
/// `/healthz` answers from the moment the address is bound; `/readyz` is 503, and so are pictures, until the engine is
/// built. `vision` gives what finds faces and foregrounds, a new one for every device; without it, what needs one is refused. When
/// the device is lost, pictures are refused until another is built. Must run on a multi-threaded tokio runtime with I/O and
/// time.
pub async fn serve(
    config: Config,
    vision: impl Fn() -> Option<Arc<dyn Vision>> + Send + Sync + 'static,
) -> Result<(), ServeError> {
    let address = config.server.listen;
    let patience = Patience::of(&config.server);
    let state = AppState::new(config.clone())?;
    let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    let address = listener.local_addr().unwrap_or(address);
    tracing::info!(%address, "listening on http://{address}/");

    state.open_images().await?;
    let cleaning = state.images().cloned().map(|images| tokio::spawn(images.keep_clean()));
    let sending = state.images().cloned().map(|images| tokio::spawn(webhooks::send(images)));

    let (stop, stopped) = watch::channel(false);
    let images = state.images().cloned();
    let counting = images.clone().map(|images| tokio::spawn(images.keep_count(until(stopped.clone()))));
    let signal = signal().map_err(ServeError::Signals)?;
    let cache = state.clone();
    let building = {
        let state = state.clone();
        async move {
            let build = builder(config, vision, state.metrics().inferences.clone());
            let opening = state.clone();
            let opened = async { Ok::<(), ServeError>(opening.open_cache().await?) };
            let started = async {
                let started = tokio::task::spawn_blocking(move || state.engines().start(build)).await;
                Ok::<(), ServeError>(started.map_err(|_panic| ServeError::Panicked)??)
            };
            tokio::try_join!(opened, started).map(|_both| ())
        }
    };
    let serving = tokio::spawn(connections::serve(listener, router(state), until(stopped), patience));
    let outcome = tokio::select! {
        // Done building is no reason to stop; failing to is.
        outcome = async { building.await?; std::future::pending().await } => outcome,
        () = signal => Ok(()),
    };
    tracing::info!("stopping; requests in progress are finished");
    stop.send_replace(true);
    // They may end anywhere: whoever comes next goes on.
    for task in cleaning.iter().chain(&sending) {
        task.abort();
    }
    let cut = serving.await.unwrap_or(0);
    if cut > 0 {
        tracing::warn!(connections = cut, "stopped with connections still open after the time for it");
    }
    let written = async {
        if let (Some(counting), Some(images)) = (counting, images) {
            drop(counting.await);
            images.write_deliveries().await;
        }
    };
    if tokio::time::timeout(CLOSING, written).await.is_err() {
        tracing::warn!("what was delivered last may not be counted");
    }
    if tokio::time::timeout(CLOSING, cache.close_cache()).await.is_err() {
        tracing::warn!("what was made last may not be on the cache's disk");
    }
    outcome
}

/// How long the last results may take to be written.
const CLOSING: Duration = Duration::from_secs(5);

/// Serves `state` on `listener` until `stop`, with the time limits that its configuration has for clients: what [`serve`] does, for
/// tests and programs that have an engine already. Returns the number of connections that were cut off at the end.
pub async fn serve_on(listener: TcpListener, state: AppState, stop: impl Future<Output = ()>) -> usize {
    let patience = Patience::of(&state.config().server);
    connections::serve(listener, router(state), stop, patience).await
}

/// Builds engines as `config` says, each with models of its own, which `meter` watches.
pub(crate) fn builder(
    config: Config,
    vision: impl Fn() -> Option<Arc<dyn Vision>> + Send + Sync + 'static,
    meter: InferenceMeter,
) -> Box<recovery::Build> {
    Box::new(move |number| {
        let watched = |models| Arc::new(Watched::new(models, meter.clone())) as Arc<dyn Vision>;
        build(&config, number, vision().map(watched))
    })
}

/// An engine on a device of its own, and what it is in the log.
fn build(
    config: &Config,
    number: usize,
    vision: Option<Arc<dyn Vision>>,
) -> Result<Arc<dyn Engine>, engine::TransformError> {
    let started = Instant::now();
    let engine: Arc<dyn Engine> = Arc::new(engine::build(config, number, vision.clone())?);
    let Report { adapter, backend, software } = engine.report();
    tracing::info!(device = number, adapter, backend, software, ms = started.elapsed().as_millis() as u64, "ready");
    if software {
        tracing::warn!("no GPU: {adapter} computes on the processor");
    }
    // Pictures that need none do not wait for them, and neither does the end of the process: tokio would wait for a thread
    // of its own.
    if let Some(models) = vision {
        let prepare = move || match models.prepare() {
            Ok(there) => tracing::info!("models: {there}"),
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "a model cannot be used"),
        };
        // Without the thread, the first picture that needs a model loads it.
        drop(thread::Builder::new().name("tintype-models".to_owned()).spawn(prepare));
    }
    Ok(engine)
}

/// All routes, with logging and a net for panics: what [`serve`] serves, for tests and other servers.
pub fn router(state: AppState) -> Router {
    let routes = routes::all(&state).with_state(state.clone());
    // Around the routes, not inside: it changes what they go by.
    let opened =
        Router::new().fallback_service(routes).layer(middleware::from_fn_with_state(state.clone(), envelope::open));
    let bounded = opened
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), bound_client));
    bounded.layer(middleware::from_fn_with_state(state, log))
}

/// Refuses a client more than it may have at once. Who watches the server is no client.
async fn bound_client(State(app): State<AppState>, request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics") {
        return next.run(request).await;
    }
    match app.clients().begin(request.headers(), request.extensions()) {
        Ok(_asking) => next.run(request).await,
        Err(TooMany) => {
            app.metrics().client_refused.inc();
            Rejection::too_many().into_response()
        }
    }
}

/// What ties a request's lines in all logs together.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over from a client, in bytes.
const MAX_ID_BYTES: usize = 128;

/// One line per request, when its answer is ready to be sent; and its numbers.
async fn log(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let route = metrics::route(&request);
    // Of the highest level, so that whatever is logged has it.
    // What only traces need is empty otherwise, and stands in no log.
    let span = tracing::error_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        otel.name = field::Empty,
        otel.kind = field::Empty,
        otel.status_code = field::Empty,
        http.response.status_code = field::Empty,
        cache = field::Empty,
    );
    trace::begin(&span, route, &request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let bytes = response.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).unwrap_or("-");
    let took = started.elapsed();
    let ms = took.as_secs_f64() * 1e3;
    let cache = response.headers().get("cf-cache-status").and_then(|value| value.to_str().ok()).unwrap_or("-");
    span.in_scope(|| tracing::info!(%method, path, status, ms = format_args!("{ms:.1}"), bytes, cache, "request"));
    trace::end(&span, status, cache);
    app.metrics().answered(route, response.status(), took, bytes.parse().ok());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The client's id of a request, if it may stand in a log, or a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_plain = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        (1..=MAX_ID_BYTES).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:/+=".contains(b))
    };
    let given = headers.get(REQUEST_ID).filter(is_plain).cloned();
    given.unwrap_or_else(|| HeaderValue::try_from(incident()).expect("hexadecimal digits"))
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Rejection::internal(&text.unwrap_or("a panic without a message")).into_response()
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, and so is the server.
    drop(stopped.wait_for(|&stopped| stopped).await);
}

/// Done at the first SIGTERM or Ctrl-C.
fn signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<()>();
        tokio::select! {
            _ = terminated => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    })
}
