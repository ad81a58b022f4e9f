//! The configuration: what can be set, and what it is when nobody sets it.
//!
//! [`Config::load`] lays four layers over each other: the defaults of this file, one TOML file, environment variables
//! `TINTYPE_SECTION__KEY`, and flags. An unknown key or an unreadable value is an error that names where it stands, never
//! a guess. Values that are refused later (a folder that is not there) are reported by whoever opens them.

mod access;
mod cache;
mod hosted;
mod layers;
mod origins;
#[cfg(test)]
mod reference;
mod units;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use access::{KeyList, PresetList, SigningConfig};
pub use cache::CacheConfig;
pub use hosted::{Account, DatabasePlace, HostedConfig};
pub use layers::{ConfigError, Overrides, text_variables};
pub use origins::{HostConfig, HostList, OriginAuthConfig, StoreConfig, StoreList};
pub use units::{BaseUrl, ByteSize, Interval, Scheme, Secret, ServiceUrl, StoreUrl};

use crate::origin::AllowRule;

/// Everything that can be set. `Config::default()` is a server without any origin.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Listening and load.
    pub server: ServerConfig,
    /// Where sources come from.
    pub origins: OriginsConfig,
    /// What is kept, and what answers say about keeping them.
    pub cache: CacheConfig,
    /// How much one request may cost.
    pub limits: LimitsConfig,
    /// The device.
    pub gpu: GpuConfig,
    /// Models that look at pictures.
    pub ml: MlConfig,
    /// Stored images, and what servers have in common.
    pub hosted: HostedConfig,
    /// What is logged.
    pub log: LogConfig,
    /// Names for options.
    pub presets: PresetList,
    /// Who may ask.
    pub signing: SigningConfig,
}

/// `[server]`: listening and load.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on; port 0 takes a free one. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Pictures transformed at the same time, at least 1. Default: the number of cores.
    pub jobs: usize,
    /// Requests that may wait for one of the jobs; beyond, the answer is 503. Where some have waited for 3 s without a break, no more may
    /// than eight times as many as `jobs`, so that no answer takes long. Default 64.
    pub queue: usize,
    /// How long a request may take until its answer begins: its own body, fetching, waiting and making the picture together. Beyond, the
    /// answer is 504, and no stage is begun any more. Default 60 s.
    pub timeout: Interval,
    /// Header in which the proxy in front names the client's address: `X-Forwarded-For`, of which the last entry counts,
    /// `CF-Connecting-IP` and the like. Only where a proxy sets it, or clients choose who they are. Empty: the connection's own
    /// address. Default empty.
    pub client_header: String,
    /// How long the head of a request may take, and how long a connection may be idle between two; beyond, the connection is closed
    /// without an answer. Default 30 s.
    pub head_timeout: Interval,
    /// How long a client may take nothing of an answer before its connection is cut. The system's buffers count as taken, and make room
    /// in steps: 5 minutes are enough for who reads 5 kB a second of 4 MB. Default 5 min.
    pub stall_timeout: Interval,
    /// How long requests that were admitted may go on after SIGTERM. Default 30 s.
    pub shutdown: Interval,
    /// Whether `/` is the playground and `/docs` the reference, with their sample pictures. Default true.
    pub playground: bool,
    /// Whether Workers are answered: `cf.image` of requests through a proxy, and the Images binding's `POST /info` and
    /// `POST /transform`. Default true.
    pub workers: bool,
    /// How hard encoders try. Default fast.
    pub effort: Effort,
    /// Whether only the names of `[presets]` may be asked for, no other options. Default false.
    pub presets_only: bool,
    /// Whether what is otherwise a warning about options (an unknown option, a number that is none or out of range, an option
    /// given twice) is an error, for URLs and Workers alike. Default false.
    pub strict: bool,
    /// Whether `POST /rehearse/device-loss` gives the device up, to see that the server recovers. Never where strangers may ask.
    /// Default false.
    pub rehearsals: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            jobs: thread::available_parallelism().map_or(1, Into::into),
            queue: 64,
            timeout: Interval(Duration::from_secs(60)),
            client_header: String::new(),
            head_timeout: Interval(Duration::from_secs(30)),
            stall_timeout: Interval(Duration::from_secs(300)),
            shutdown: Interval(Duration::from_secs(30)),
            playground: true,
            workers: true,
            effort: Effort::Fast,
            presets_only: false,
            strict: false,
            rehearsals: false,
        }
    }
}

/// How hard encoders try: time for bytes, and never for looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// For answers while somebody waits.
    #[default]
    Fast,
    /// Some times slower, and a little smaller.
    Balanced,
    /// For files that are made once and sent often.
    Small,
}

/// `[origins]`: where sources come from. Without any, no source can be read.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OriginsConfig {
    /// Folder of relative sources, read only. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<PathBuf>,
    /// URLs that relative sources are below, tried in order after `root` until one has the source: `http`, `https`, or an object
    /// store's, `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`. Default none.
    pub base: Vec<BaseUrl>,
    /// Hosts that absolute sources may come from: `host[:port][/prefix]`, `*.host` for subdomains. A host named without a
    /// star may have a private address. Default none.
    pub allow: Vec<AllowRule>,
    /// Redirects followed for one source. Default 5.
    pub redirects: usize,
    /// How long an origin may take to accept a connection. Default 5 s.
    pub connect_timeout: Interval,
    /// How long reading one source from one origin may take, redirects included. Default 30 s.
    pub timeout: Interval,
    /// Sources read at the same time, at least 1. Default 64.
    pub concurrency: usize,
    /// What is told about single hosts: headers, credentials, limits. Default nothing.
    pub hosts: HostList,
    /// Object stores that sources name: `@NAME/key`. Default none.
    pub stores: StoreList,
}

impl Default for OriginsConfig {
    fn default() -> Self {
        Self {
            root: None,
            base: Vec::new(),
            allow: Vec::new(),
            redirects: 5,
            connect_timeout: Interval(Duration::from_secs(5)),
            timeout: Interval(Duration::from_secs(30)),
            concurrency: 64,
            hosts: HostList::default(),
            stores: StoreList::default(),
        }
    }
}

/// `[limits]`: how much one request may cost.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Bytes of an encoded source. Default 100 MB.
    pub source_bytes: ByteSize,
    /// Bytes of all sources and uploads in progress together; beyond, the answer is 503. Default 1 GB.
    pub memory: ByteSize,
    /// Width times height of a source. Default 100,000,000.
    pub source_pixels: u64,
    /// Longest side of a source, in pixels. Default 65,500, about what JPEG can hold.
    pub source_side: u32,
    /// Whether BMP and TIFF are read, which Cloudflare's service refuses. Default no.
    pub extra_inputs: bool,
    /// Width times height of a result. Default 100,000,000.
    pub result_pixels: u64,
    /// Longest side of a result, in pixels. Default 12,000.
    pub result_side: u32,
    /// Longest side of an AVIF, in pixels, when `format=avif` asks for it; larger results are WebP or JPEG. Default 1,600.
    pub avif_side: u32,
    /// The same for `format=auto`. Default 1,200.
    pub avif_auto_side: u32,
    /// Width times height times number of frames of an animation that is transformed; a larger one is passed on as it is, with a
    /// warning. Default 50,000,000.
    pub animation_pixels: u64,
    /// The same of an animation that is not refused. Default 100,000,000.
    pub animation_source_pixels: u64,
    /// How long decoding a source may take; beyond, it is refused with 403 as one that is too large. Default `30s`.
    pub decode_time: Interval,
    /// The same for making an animation. Default `1m`.
    pub animation_time: Interval,
    /// Requests of one client that may be in progress or wait at the same time; beyond, the answer is 429. 0 for any number. See
    /// `server.client_header`. Default 0.
    pub per_client: usize,
    /// Bytes of options and source in a URL. Default 16 KB.
    pub url_bytes: ByteSize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            source_bytes: ByteSize(100_000_000),
            memory: ByteSize(1_000_000_000),
            source_pixels: 100_000_000,
            source_side: 65_500,
            extra_inputs: false,
            result_pixels: 100_000_000,
            result_side: 12_000,
            avif_side: 1_600,
            avif_auto_side: 1_200,
            animation_pixels: 50_000_000,
            animation_source_pixels: 100_000_000,
            decode_time: Interval(Duration::from_secs(30)),
            animation_time: Interval(Duration::from_secs(60)),
            per_client: 0,
            url_bytes: ByteSize(16_000),
        }
    }
}

/// `[gpu]`: the device.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GpuConfig {
    /// Part of the adapter's name, in any case; empty for the best one. Default empty.
    pub adapter: String,
    /// Several devices, each by a part of its adapter's name: every picture is made on the one with the least to do. A name that stands
    /// there twice is the next adapter of that name, or the same again. Every one must be there at the start. Default none: the one of
    /// `adapter`.
    pub adapters: Vec<String>,
    /// How long a device may take for what it was given. Beyond, it is taken to hang: what waits for it is answered 503, and another
    /// device is requested. Default 2 min.
    pub watchdog: Interval,
    /// Device memory that may be in use at once. Default: the engine's, 4 GiB, or 2 GiB where the processor computes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// In what light pictures are resized. Default linear.
    pub working: Working,
    /// When a JPEG is decoded at a half, a quarter or an eighth of its size. Default `auto`: where the processor computes, and
    /// at least a half is left to resample.
    pub shrink_on_load: ShrinkOnLoad,
    /// Who decodes and codes the bits of baseline JPEGs. Answers are the same to the bit. Default `auto`: who is thought to be faster;
    /// where the processor computes, never the adapter.
    pub huffman: Huffman,
}

impl Default for GpuConfig {
    fn default() -> Self {
        Self {
            adapter: String::new(),
            adapters: Vec::new(),
            watchdog: Interval(Duration::from_secs(120)),
            memory: None,
            working: Working::default(),
            shrink_on_load: ShrinkOnLoad::default(),
            huffman: Huffman::default(),
        }
    }
}

impl GpuConfig {
    /// How many devices are used.
    pub(crate) fn devices(&self) -> usize {
        self.adapters.len().max(1)
    }

    /// The name of the device with a number, and how many before it have the same.
    pub(crate) fn device(&self, number: usize) -> (&str, usize) {
        let name = self.adapters.get(number).unwrap_or(&self.adapter);
        let before = self.adapters.iter().take(number);
        (name, before.filter(|other| other.to_lowercase() == name.to_lowercase()).count())
    }
}

/// Who decodes and codes the bits of JPEGs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Huffman {
    /// Who is thought to be faster, picture by picture.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The adapter, wherever it can: not those of progressive pictures, and not where pixels are looked at before planning.
    Gpu,
}

/// When a JPEG is decoded smaller than it is: that saves most of the work, and averages encoded numbers, not light, before
/// anything is resampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ShrinkOnLoad {
    /// As suits the adapter: `never` on a GPU, `twice` where the processor computes.
    #[default]
    Auto,
    /// Never: every pixel goes through the filter.
    Never,
    /// Where both sides are still to be halved by the filter.
    Twice,
}

/// In what light pictures are resized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Working {
    /// Linear light: what a lens would do.
    #[default]
    Linear,
    /// The encoded numbers themselves, as older servers do.
    Srgb,
}

/// `[ml]`: models that look at pictures. Which there are is the matter of `tintype models`; none is fetched while serving.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MlConfig {
    /// Folder of installed models. Default: `TINTYPE_MODELS`, or `tintype/models` in the user's cache folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<PathBuf>,
    /// What models run on. Default `auto`: the GPU, or the processor where the adapter is software.
    pub device: MlDevice,
    /// Model that tells the foreground where `segment-model` names none; empty for the best that is installed, or, where models
    /// run on the processor, the quickest. Default empty.
    pub matting: String,
    /// Pictures that models look at at once, at least 1. Default 1: one keeps all cores busy.
    pub jobs: usize,
    /// Pictures that may wait for that; beyond, the answer is 503. Default 64.
    pub queue: usize,
}

impl Default for MlConfig {
    fn default() -> Self {
        Self { models: None, device: MlDevice::Auto, matting: String::new(), jobs: 1, queue: 64 }
    }
}

/// What models run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MlDevice {
    /// The GPU, or the processor where the adapter is software.
    #[default]
    Auto,
    /// The adapter, whatever it is.
    Gpu,
    /// The processor.
    Cpu,
}

/// `[log]`: what is logged, to standard error.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// A level (`error`, `warn`, `info`, `debug`, `trace`), or directives such as `info,tintype_server=debug`. Default
    /// `info`.
    pub filter: String,
    /// How lines look. Default text.
    pub format: LogFormat,
    /// OTLP collector that traces are sent to over HTTP, such as `http://collector:4318`. Empty: that of the variables
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`, or none. Default empty.
    pub traces: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text, traces: String::new() }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}
