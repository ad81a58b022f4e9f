//! Numbers for `/metrics`: what is counted and timed, and the text that scrapers read.
//!
//! Counters and histograms are counted where things happen; gauges are read off when somebody looks ([`Now`]). Labels have
//! few values, none of them a client's.

use std::collections::HashSet;
use std::time::Duration;

use http::{Request, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tintype::Timings;
use tintype::engine::gpu::Counters;

use crate::cache::{self, Tier};
use crate::respond::Found;

/// The type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    request_times: Times<Routed>,
    stage_times: Times<Staged>,
    waits: Times<Gated>,
    refused: Family<Gated, Counter>,
    running: Family<Gated, Gauge>,
    waiting: Family<Gated, Gauge>,
    lookups: Family<Cached, Counter>,
    joined: Counter,
    /// Bytes of sources that were read.
    pub(crate) source_bytes: Counter,
    response_bytes: Counter,
    tier_lookups: Family<Looked, Counter>,
    tier_bytes: Family<Moved, Counter>,
    evictions: Family<Evicted, Counter>,
    /// What was not written to disk or the shared store because too much waited.
    pub(crate) cache_dropped: Counter,
    /// Requests to purge that were carried out.
    pub(crate) purges: Counter,
    kept_bytes: Family<Kind, Gauge>,
    kept_limit_bytes: Family<Kind, Gauge>,
    kept: Family<Kind, Gauge>,
    disk_bytes: Gauge,
    disk_entries: Gauge,
    disk_limit_bytes: Gauge,
    ready: Gauge,
    pipelines: Gauge,
    textures: Gauge,
    buffers: Gauge,
    device_bytes: Gauge,
    device_reserved_bytes: Gauge,
    device_limit_bytes: Gauge,
    devices: Gauge,
    device_jobs: Family<Numbered, Gauge>,
    /// Devices lost since the start.
    pub(crate) device_losses: Counter,
    /// What networks are asked.
    pub(crate) inferences: InferenceMeter,
    /// Requests of clients that had too many.
    pub(crate) client_refused: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Routed {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Staged {
    stage: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Gated {
    gate: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cached {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Looked {
    kind: &'static str,
    tier: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Moved {
    tier: &'static str,
    direction: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Evicted {
    kind: &'static str,
    tier: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Numbered {
    device: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Network {
    network: &'static str,
}

/// What networks are asked.
#[derive(Clone, Debug)]
pub(crate) struct InferenceMeter {
    times: Times<Network>,
    failures: Family<Network, Counter>,
}

impl InferenceMeter {
    fn new() -> Self {
        Self { times: Family::new_with_constructor(inference_times), failures: Family::default() }
    }

    /// A network has looked at a picture.
    pub(crate) fn answered(&self, network: &'static str, took: Duration) {
        self.times.get_or_create(&Network { network }).observe(took.as_secs_f64());
    }

    /// A network was asked and gave no answer.
    pub(crate) fn failed(&self, network: &'static str) {
        self.failures.get_or_create(&Network { network }).inc();
    }
}

/// What the tiers of one kind count themselves.
#[derive(Clone, Debug)]
pub(crate) struct TierMeter {
    kind: &'static str,
    lookups: Family<Looked, Counter>,
    bytes: Family<Moved, Counter>,
    /// Entries that had to leave memory.
    pub(crate) evictions: Counter,
}

impl TierMeter {
    /// Something was there.
    pub(crate) fn hit(&self, tier: Tier) {
        self.looked(tier, "hit");
    }

    /// Nothing was there, or nothing that is good.
    pub(crate) fn miss(&self, tier: Tier) {
        self.looked(tier, "miss");
    }

    /// The tier could not be read or written, or not in time.
    pub(crate) fn failed(&self, tier: Tier) {
        self.looked(tier, "error");
    }

    /// So many bytes were read.
    pub(crate) fn read(&self, tier: Tier, bytes: u64) {
        self.bytes.get_or_create(&Moved { tier: tier.name(), direction: "read" }).inc_by(bytes);
    }

    /// So many bytes were written.
    pub(crate) fn written(&self, tier: Tier, bytes: u64) {
        self.bytes.get_or_create(&Moved { tier: tier.name(), direction: "written" }).inc_by(bytes);
    }

    fn looked(&self, tier: Tier, result: &'static str) {
        self.lookups.get_or_create(&Looked { kind: self.kind, tier: tier.name(), result }).inc();
    }
}

/// What one gate counts itself.
#[derive(Clone, Debug)]
pub(crate) struct GateMeter {
    /// Who was refused.
    pub(crate) refused: Counter,
    /// How long who was let in had waited, in seconds.
    pub(crate) waited: Histogram,
}

/// What can be read off at any moment.
#[derive(Clone, Debug)]
pub(crate) struct Now {
    /// Of each gate: its name, how many are inside, how many wait.
    pub(crate) gates: [(&'static str, usize, usize); 4],
    /// Of the cache.
    pub(crate) cache: cache::Held,
    /// Of each device that is there: its number, how many pictures are being made on it, what it holds.
    pub(crate) devices: Vec<(usize, usize, Counters)>,
}

/// The face that a request is for, by its path.
pub(crate) fn route<B>(request: &Request<B>) -> &'static str {
    if request.headers().contains_key("x-cf-blob") {
        return "worker";
    }
    let path = request.uri().path();
    let below = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match path {
        "/" => "playground",
        "/image" => "query",
        "/info" => "info",
        "/transform" => "transform",
        "/healthz" | "/readyz" | "/metrics" => "health",
        _ if below("/cdn-cgi/image") => "image",
        _ if below("/playground") || below("/pages") => "playground",
        _ if below("/docs") => "docs",
        "/widget.js" => "dashboard",
        _ if below("/dashboard") => "dashboard",
        _ if below("/client/v4/accounts") || below("/images") => "hosted",
        _ if below("/upload") => "upload",
        _ if below("/cdn-cgi/imagedelivery") => "delivery",
        _ => "other",
    }
}

/// From half a millisecond to 16 seconds, each twice the one before.
fn times() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
}

/// From a millisecond to half a minute: networks take longer where there is no GPU.
fn inference_times() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

impl Metrics {
    /// Nothing counted yet.
    pub(crate) fn new() -> Self {
        let times = || Family::new_with_constructor(times as fn() -> Histogram);
        let mut metrics = Self {
            registry: Registry::with_prefix("tintype"),
            requests: Family::default(),
            request_times: Family::new_with_constructor(self::times),
            stage_times: Family::new_with_constructor(self::times),
            waits: times(),
            refused: Family::default(),
            running: Family::default(),
            waiting: Family::default(),
            lookups: Family::default(),
            joined: Counter::default(),
            source_bytes: Counter::default(),
            response_bytes: Counter::default(),
            tier_lookups: Family::default(),
            tier_bytes: Family::default(),
            evictions: Family::default(),
            cache_dropped: Counter::default(),
            purges: Counter::default(),
            kept_bytes: Family::default(),
            kept_limit_bytes: Family::default(),
            kept: Family::default(),
            disk_bytes: Gauge::default(),
            disk_entries: Gauge::default(),
            disk_limit_bytes: Gauge::default(),
            ready: Gauge::default(),
            pipelines: Gauge::default(),
            textures: Gauge::default(),
            buffers: Gauge::default(),
            device_bytes: Gauge::default(),
            device_reserved_bytes: Gauge::default(),
            device_limit_bytes: Gauge::default(),
            devices: Gauge::default(),
            device_jobs: Family::default(),
            device_losses: Counter::default(),
            inferences: InferenceMeter::new(),
            client_refused: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("requests", "Requests answered, by face and HTTP status", self.requests.clone());
        r.register_with_unit(
            "request_duration",
            "Time from a request's head to its answer's head, by face",
            Unit::Seconds,
            self.request_times.clone(),
        );
        r.register_with_unit(
            "stage_duration",
            "Time of each stage of making a picture: fetch, decode, plan, gpu, encode, and transform for the last four",
            Unit::Seconds,
            self.stage_times.clone(),
        );
        let help = "Time that admitted work waited for its place: to fetch sources, to read uploads, to have models look, to transform";
        r.register_with_unit("queue_wait", help, Unit::Seconds, self.waits.clone());
        r.register("queue_running", "Work in progress, by gate", self.running.clone());
        r.register("queue_waiting", "Work that waits for its place, by gate", self.waiting.clone());
        r.register("queue_refused", "Work refused because too much waits already", self.refused.clone());
        let help = "Answers by what the cache had: hit, updating, stale, revalidated, expired, miss, bypass (may not be kept), dynamic";
        r.register("cache_answers", help, self.lookups.clone());
        r.register("cache_joined", "Requests that waited for an equal one to be made", self.joined.clone());
        let help =
            "Lookups by tier (memory, disk, shared): hit, miss, error. Fresh results in memory are cache_answers alone";
        r.register("cache_lookups", help, self.tier_lookups.clone());
        let help = "Bytes read from and written to disk and the shared store";
        r.register_with_unit("cache_moved", help, Unit::Bytes, self.tier_bytes.clone());
        r.register("cache_evictions", "Results and sources that had to leave memory or disk", self.evictions.clone());
        let help = "Results and sources not written to disk or the shared store because too much waited";
        r.register("cache_dropped", help, self.cache_dropped.clone());
        r.register("purges", "Requests to purge that were carried out here", self.purges.clone());
        let help = "Memory taken by results and by sources";
        r.register_with_unit("cache_size", help, Unit::Bytes, self.kept_bytes.clone());
        let help = "Memory for results and for sources";
        r.register_with_unit("cache_limit", help, Unit::Bytes, self.kept_limit_bytes.clone());
        r.register("cache_entries", "Results and sources in memory", self.kept.clone());
        r.register_with_unit("cache_disk_size", "Disk taken", Unit::Bytes, self.disk_bytes.clone());
        r.register("cache_disk_entries", "Results and sources on disk", self.disk_entries.clone());
        r.register_with_unit("cache_disk_limit", "Room on disk", Unit::Bytes, self.disk_limit_bytes.clone());
        r.register_with_unit("source", "Sources read", Unit::Bytes, self.source_bytes.clone());
        r.register_with_unit("response", "Bodies of answers", Unit::Bytes, self.response_bytes.clone());
        r.register("ready", "1 once the engine is built", self.ready.clone());
        r.register("gpu_pipelines", "Pipelines compiled since the start", self.pipelines.clone());
        r.register("gpu_textures", "Textures created since the start", self.textures.clone());
        r.register("gpu_buffers", "Buffers created since the start", self.buffers.clone());
        r.register("gpu_losses", "Devices lost since the start", self.device_losses.clone());
        r.register_with_unit("gpu_memory", "Device memory held", Unit::Bytes, self.device_bytes.clone());
        let help = "Device memory that work in progress has reserved";
        r.register_with_unit("gpu_reserved", help, Unit::Bytes, self.device_reserved_bytes.clone());
        let help = "Device memory that work in progress may reserve together";
        r.register_with_unit("gpu_limit", help, Unit::Bytes, self.device_limit_bytes.clone());
        r.register("gpu_devices", "Devices that are there", self.devices.clone());
        r.register("gpu_jobs", "Pictures being made, by device", self.device_jobs.clone());
        let help = "Time that a network took for a picture, waiting for others included, by network";
        r.register_with_unit("inference_duration", help, Unit::Seconds, self.inferences.times.clone());
        let help = "Pictures that a network was to look at and did not, by network: it failed, or too many waited";
        r.register("inference_failures", help, self.inferences.failures.clone());
        let help = "Requests refused because their client had limits.per_client in progress";
        r.register("client_refused", help, self.client_refused.clone());
    }

    /// The meter of the gate `gate`.
    pub(crate) fn gate(&self, gate: &'static str) -> GateMeter {
        let label = Gated { gate };
        GateMeter { refused: self.refused.get_or_create_owned(&label), waited: self.waits.get_or_create_owned(&label) }
    }

    /// The meter of results or of sources, whatever `kind` says.
    pub(crate) fn tiers(&self, kind: &'static str) -> TierMeter {
        TierMeter {
            kind,
            lookups: self.tier_lookups.clone(),
            bytes: self.tier_bytes.clone(),
            evictions: self.evictions.get_or_create_owned(&Evicted { kind, tier: Tier::Memory.name() }),
        }
    }

    /// What had to leave the disk.
    pub(crate) fn disk_evictions(&self) -> Counter {
        self.evictions.get_or_create_owned(&Evicted { kind: "any", tier: Tier::Disk.name() })
    }

    /// A request was answered, with a body of so many bytes where that is known.
    pub(crate) fn answered(&self, route: &'static str, status: StatusCode, took: Duration, bytes: Option<u64>) {
        self.requests.get_or_create(&Answered { route, status: status.as_u16() }).inc();
        self.request_times.get_or_create(&Routed { route }).observe(took.as_secs_f64());
        self.response_bytes.inc_by(bytes.unwrap_or(0));
    }

    /// Sources were read.
    pub(crate) fn fetched(&self, took: Duration) {
        self.stage("fetch", took);
    }

    /// A picture was made.
    pub(crate) fn rendered(&self, timings: &Timings) {
        self.stage("decode", timings.decode);
        self.stage("plan", timings.plan);
        self.stage("gpu", timings.gpu);
        self.stage("encode", timings.encode);
        self.stage("transform", timings.total);
    }

    /// A result was looked for.
    pub(crate) fn looked_up(&self, found: Found) {
        let result = match found {
            Found::Hit(_tier) => "hit",
            Found::Updating => "updating",
            Found::Stale => "stale",
            Found::Revalidated => "revalidated",
            Found::Expired => "expired",
            Found::Miss => "miss",
            Found::Forbidden => "bypass",
            Found::Never => "dynamic",
        };
        self.lookups.get_or_create(&Cached { result }).inc();
    }

    /// A request joined another.
    pub(crate) fn joined(&self) {
        self.joined.inc();
    }

    fn stage(&self, stage: &'static str, took: Duration) {
        self.stage_times.get_or_create(&Staged { stage }).observe(took.as_secs_f64());
    }

    /// Everything, in Prometheus' text format.
    pub(crate) fn text(&self, now: &Now) -> String {
        // Gauges are signed here; none of these numbers comes near the difference.
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        for (gate, running, waiting) in now.gates {
            self.running.get_or_create(&Gated { gate }).set(number(running as u64));
            self.waiting.get_or_create(&Gated { gate }).set(number(waiting as u64));
        }
        let cache = &now.cache;
        for (kind, (bytes, entries), limit_bytes) in
            [("result", cache.results, cache.results_limit_bytes), ("source", cache.sources, cache.sources_limit_bytes)]
        {
            self.kept_bytes.get_or_create(&Kind { kind }).set(number(bytes));
            self.kept.get_or_create(&Kind { kind }).set(number(entries as u64));
            self.kept_limit_bytes.get_or_create(&Kind { kind }).set(number(limit_bytes));
        }
        self.disk_bytes.set(number(cache.disk.0));
        self.disk_entries.set(number(cache.disk.1 as u64));
        self.disk_limit_bytes.set(number(cache.disk_limit_bytes));
        self.ready.set(i64::from(!now.devices.is_empty()));
        self.devices.set(number(now.devices.len() as u64));
        self.device_jobs.clear();
        for (device, jobs, _) in &now.devices {
            self.device_jobs.get_or_create(&Numbered { device: *device }).set(number(*jobs as u64));
        }
        let sum = |count: fn(&Counters) -> u64| number(now.devices.iter().map(|(_, _, device)| count(device)).sum());
        self.pipelines.set(sum(|device| device.pipelines));
        self.textures.set(sum(|device| device.textures));
        self.buffers.set(sum(|device| device.buffers));
        self.device_bytes.set(sum(|device| device.held_bytes));
        self.device_reserved_bytes.set(sum(|device| device.reserved_bytes));
        self.device_limit_bytes.set(sum(|device| device.limit_bytes));
        let mut open = String::new();
        text::encode(&mut open, &self.registry).expect("writing to a string cannot fail");
        plain(&open)
    }
}

/// OpenMetrics' text as Prometheus' older one, which every scraper reads: a counter's header has its samples' name, and
/// there are no units and no end.
fn plain(open: &str) -> String {
    let counters: HashSet<&str> =
        open.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut plain = String::with_capacity(open.len());
    for line in open.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("UNIT" | "EOF"), ..) => continue,
            (Some("#"), Some(kind), Some(name), Some(rest)) if counters.contains(name) => {
                plain.extend(["# ", kind, " ", name, "_total ", rest]);
            }
            _ => plain.push_str(line),
        }
        plain.push('\n');
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cache::Tier;

    #[test]
    fn a_counters_header_has_its_samples_name() {
        let open = "# HELP a_b What it is.\n# TYPE a_b counter\n# UNIT a_b bytes\na_b_total{x=\"# y\"} 1\n# HELP c C.\n# TYPE c gauge\nc 2\n# EOF\n";
        let expected = "# HELP a_b_total What it is.\n# TYPE a_b_total counter\na_b_total{x=\"# y\"} 1\n# HELP c C.\n# TYPE c gauge\nc 2\n";
        assert_eq!(plain(open), expected);
    }

    #[test]
    fn what_is_drawn_and_watched_is_counted() {
        let metrics = Metrics::new();
        for gate in ["fetch", "upload", "transform"] {
            metrics.gate(gate).waited.observe(0.0);
        }
        metrics.answered("image", StatusCode::OK, Duration::ZERO, None);
        metrics.rendered(&Timings::default());
        metrics.looked_up(Found::Hit(Tier::Memory));
        let now = Now {
            gates: [("fetch", 0, 0); 4],
            cache: cache::Held::default(),
            devices: vec![(0, 0, Counters::default())],
        };
        metrics.inferences.answered("retinaface", Duration::ZERO);
        metrics.inferences.failed("retinaface");
        let text = metrics.text(&now);
        let is_counted = |name: &str| {
            text.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])))
        };
        assert!(is_counted("tintype_ready") && !is_counted("tintype_read"));
        for (file, content) in [
            ("grafana/tintype.json", include_str!("../../../deploy/grafana/tintype.json")),
            ("prometheus/alerts.yaml", include_str!("../../../deploy/prometheus/alerts.yaml")),
            ("prometheus/adapter.yaml", include_str!("../../../deploy/prometheus/adapter.yaml")),
            ("kubernetes/autoscaling.yaml", include_str!("../../../deploy/kubernetes/autoscaling.yaml")),
        ] {
            let words = content.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let names: HashSet<&str> = words.filter(|word| word.starts_with("tintype_")).collect();
            assert!(!names.is_empty(), "{file}");
            let unknown: Vec<_> = names.into_iter().filter(|name| !is_counted(name)).collect();
            assert!(unknown.is_empty(), "deploy/{file} names {unknown:?}, which are not in /metrics");
        }
    }

    /// `docs/metrics.md`: each name with its labels and help.
    fn page(text: &str) -> String {
        let mut page = "\
# Metrics

Written by a test from what `/metrics` says; `cargo xtask bless` writes it anew.

`GET /metrics` answers in Prometheus' text format. Labels have few values, none of them a client's. What is drawn of it and watched:
[the dashboard](../deploy/grafana/tintype.json), [the alerts](../deploy/prometheus/alerts.yaml).

| name | kind | labels | what it is |
|---|---|---|---|
"
        .to_owned();
        for line in text.lines() {
            let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) else {
                continue;
            };
            let kind =
                text.lines().find_map(|line| line.strip_prefix("# TYPE ")?.strip_prefix(name)?.strip_prefix(' '));
            let samples = text.lines().filter_map(|line| {
                let (sample, labels) = line.strip_prefix(name)?.split_once('{')?;
                ["", "_bucket"].contains(&sample).then_some(labels)
            });
            let labels = samples.flat_map(|labels| {
                labels.split('}').next().unwrap_or_default().split(',').filter_map(|pair| pair.split('=').next())
            });
            let labels: BTreeSet<String> =
                labels.filter(|label| *label != "le").map(|label| format!("`{label}`")).collect();
            let labels = labels.into_iter().collect::<Vec<_>>().join(", ");
            page += &format!("| `{name}` | {} | {labels} | {} |\n", kind.unwrap(), help.trim_end_matches('.'));
        }
        page
    }

    #[test]
    fn the_page_is_what_is_counted() {
        let metrics = Metrics::new();
        for gate in ["fetch", "upload", "inference", "transform"] {
            metrics.gate(gate).waited.observe(0.0);
        }
        metrics.answered("image", StatusCode::OK, Duration::ZERO, None);
        metrics.rendered(&Timings::default());
        metrics.looked_up(Found::Hit(Tier::Memory));
        metrics.inferences.answered("retinaface", Duration::ZERO);
        metrics.inferences.failed("retinaface");
        let tier = metrics.tiers("result");
        tier.hit(Tier::Disk);
        tier.read(Tier::Disk, 1);
        let devices = vec![(0, 0, Counters::default())];
        let now = Now { gates: [("fetch", 0, 0); 4], cache: cache::Held::default(), devices };
        expect_test::expect_file!["../../../docs/metrics.md"].assert_eq(&page(&metrics.text(&now)));
    }

    #[test]
    fn routes_are_few() {
        let table = [
            ("/cdn-cgi/image/width=1/a.jpg", "image"),
            ("/cdn-cgi/image", "image"),
            ("/cdn-cgi/images", "other"),
            ("/image?url=a.jpg", "query"),
            ("/docs/width", "docs"),
            ("/dashboard/main.js", "dashboard"),
            ("/", "playground"),
            ("/etc/passwd", "other"),
        ];
        for (uri, expected) in table {
            assert_eq!(route(&Request::get(uri).body(()).unwrap()), expected, "{uri}");
        }
        assert_eq!(route(&Request::get("/a.jpg").header("x-cf-blob", "{}").body(()).unwrap()), "worker");
    }
}
