//! Traces that go through this server: whose part a request is, and what origins are told of it.
//!
//! Spans are made everywhere by `tracing`; who exports them is the program's matter. It [ties](tie) the two together, once for the
//! process, as its subscriber is: then a client's `traceparent` (W3C Trace Context) makes a request's span part of its trace, and
//! origins get one of the span that asks them. Without that, requests belong to no trace, and what clients say of theirs goes nowhere.

use std::fmt;
use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
pub use tracing::Span;

pub use crate::origin::install_tls;

const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");

/// What goes from one part of a trace to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The value of `traceparent`.
    pub parent: String,
    /// The value of `tracestate`, which may be empty.
    pub state: String,
}

/// What exports spans.
pub trait Traces: fmt::Debug + Send + Sync {
    /// Makes `span` a part of the trace that `carried` names, if it can be understood.
    fn adopt(&self, span: &Span, carried: &Carried);

    /// What whoever is asked because of `span` has to know.
    fn announce(&self, span: &Span) -> Option<Carried>;
}

static TRACES: OnceLock<Box<dyn Traces>> = OnceLock::new();

/// From now on requests go by `traces`. Only the first call in a process does anything.
pub fn tie(traces: impl Traces + 'static) {
    drop(TRACES.set(Box::new(traces)));
}

/// Says what `span` stands for, a request for one of the faces, and makes it a part of the trace that the request names, if it names one.
pub(crate) fn begin<B>(span: &Span, route: &'static str, request: &Request<B>) {
    let Some(traces) = TRACES.get() else { return };
    span.record("otel.name", format_args!("{} {route}", request.method()));
    span.record("otel.kind", "server");
    let headers = request.headers();
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    if let Some(parent) = headers.get(PARENT).and_then(text) {
        let states: Vec<String> = headers.get_all(STATE).iter().filter_map(text).collect();
        traces.adopt(span, &Carried { parent, state: states.join(",") });
    }
}

/// Says how the request ended that `span` stands for.
pub(crate) fn end(span: &Span, status: u16, cache: &str) {
    if TRACES.get().is_some() {
        span.record("http.response.status_code", status);
        span.record("cache", cache);
        if status >= 500 {
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// What is sent along to origins, of the span that is current.
pub(crate) fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(Carried { parent, state }) = TRACES.get().and_then(|traces| traces.announce(&Span::current())) {
        let pairs = [(PARENT, parent), (STATE, state)].into_iter().filter(|(_, value)| !value.is_empty());
        headers.extend(pairs.filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?))));
    }
    headers
}
