//! Spans for an OpenTelemetry collector: OTLP over HTTP.
//!
//! Spans are sent by a thread of the exporter's own, some at a time; what it cannot get rid of is dropped, so that a collector that is
//! slow or away costs a request nothing. The variables of OpenTelemetry's own specification are read besides the configuration:
//! `OTEL_EXPORTER_OTLP_*`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`, `OTEL_SDK_DISABLED`.

use std::{collections::HashMap, env, time::Duration};

use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator as _,
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};
use tintype_server::trace::{Carried, Span, Traces, install_tls};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, filter_fn},
};

use crate::failure::usage;

/// How long the end of the program waits for the last spans to be taken.
const LAST: Duration = Duration::from_secs(3);

/// Where spans go; dropped at the end, when the last ones are sent.
pub(crate) struct Exporter(SdkTracerProvider);

impl Exporter {
    /// What `endpoint`, `log.traces`, says; else what the environment says; `None` where neither says anything.
    pub(crate) fn new(endpoint: &str) -> anyhow::Result<Option<Self>> {
        let told = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let is_told =
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"].iter().any(|n| told(n).is_some());
        let is_off = told("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || told("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
        if is_off || (endpoint.is_empty() && !is_told) {
            return Ok(None);
        }
        install_tls();
        let mut exporter = SpanExporter::builder().with_http();
        if !endpoint.is_empty() {
            exporter = exporter.with_endpoint(for_spans(endpoint)?);
        }
        let exporter = exporter.build().map_err(|error| usage!("log.traces: {error}"))?;
        let mut about = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let is_named = told("OTEL_SERVICE_NAME").is_some()
            || told("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
        if !is_named {
            about = about.with_service_name("tintype");
        }
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(about.build());
        Ok(Some(Self(provider.build())))
    }

    /// What hands spans over: those of requests and their stages, whatever is logged.
    pub(crate) fn layer(&self) -> impl Layer<Registry> + use<> {
        let ours = filter_fn(|about| about.is_span() && about.target().starts_with("tintype"));
        let layer: OpenTelemetryLayer<Registry, SdkTracer> = tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("tintype"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false);
        layer.with_filter(ours.with_max_level_hint(LevelFilter::DEBUG))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // A collector that is away is no reason to fail.
        drop(self.0.shutdown_with_timeout(LAST));
    }
}

/// Where spans for OTLP are sent: a collector's address alone means its usual path.
fn for_spans(endpoint: &str) -> anyhow::Result<String> {
    let rest = endpoint.strip_prefix("http://").or_else(|| endpoint.strip_prefix("https://"));
    match rest.map(|rest| rest.split_once('/')) {
        None | Some(Some(("", _))) => {
            Err(usage!("log.traces: {endpoint:?} is not the URL of a collector such as http://127.0.0.1:4318"))
        }
        Some(None | Some((_, ""))) => Ok(format!("{}/v1/traces", endpoint.trim_end_matches('/'))),
        Some(Some(_)) => Ok(endpoint.to_owned()),
    }
}

/// Traces in W3C's format.
#[derive(Debug)]
pub(crate) struct TraceContext(TraceContextPropagator);

impl TraceContext {
    pub(crate) fn new() -> Self {
        Self(TraceContextPropagator::new())
    }
}

impl Traces for TraceContext {
    fn adopt(&self, span: &Span, carried: &Carried) {
        let Carried { parent, state } = carried.clone();
        let headers = HashMap::from([("traceparent".to_owned(), parent), ("tracestate".to_owned(), state)]);
        let context = self.0.extract(&headers);
        if context.span().span_context().is_valid() {
            // Fails where the span is not exported.
            drop(span.set_parent(context));
        }
    }

    fn announce(&self, span: &Span) -> Option<Carried> {
        let mut headers = HashMap::new();
        self.0.inject_context(&span.context(), &mut headers);
        let mut take = |name| headers.remove(name);
        Some(Carried { parent: take("traceparent")?, state: take("tracestate").unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collectors_address_means_its_usual_path() {
        for (endpoint, expected) in [
            ("http://c:4318", Some("http://c:4318/v1/traces")),
            ("https://c/", Some("https://c/v1/traces")),
            ("http://c/otlp/v1/traces", Some("http://c/otlp/v1/traces")),
            ("c:4318", None),
            ("http:///x", None),
            ("grpc://c", None),
        ] {
            assert_eq!(for_spans(endpoint).ok().as_deref(), expected, "{endpoint}");
        }
    }
}
