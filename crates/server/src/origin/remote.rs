//! Sources over HTTP, fetched so that neither a client nor an origin can point the server at what it should not see.
//!
//! A name is resolved here and only the addresses that were checked are connected to, so a name cannot answer twice
//! with different addresses. Redirects are followed by hand and each step is checked again: the first URL against the
//! allow-list (by the caller), later ones by their addresses alone, as Cloudflare documents it. Nothing of the client's
//! request is passed on, no cookies, no credentials, no addresses, but for what the caller says is to be; and that goes to the
//! first URL's origin alone.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::iter;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Once};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use http::{HeaderMap, StatusCode, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use url::{Host, Url};

use super::addresses::Reach;
use super::credentials::Credentials;
use super::hosts::Hosts;
use super::{AllowRule, Fetch, Fetched, Held, OriginError, Place, Received, Validator, is_plain_http};
use crate::config::{Config, StoreUrl};
use crate::trace;

/// What the server calls itself on requests to origins. The pseudonym `image-resizing` is the one that other
/// transforming proxies, and rewrite rules written for them, recognise a loop by.
const VIA: &str = "1.1 tintype (image-resizing)";

/// Whether `via`, the value of a request's `Via` header, says that the request was sent to fetch a source.
pub(crate) fn is_loop(via: &str) -> bool {
    via.to_ascii_lowercase().contains("image-resizing")
}

/// Fetches URLs.
#[derive(Debug)]
pub(crate) struct Fetcher {
    clients: Clients,
    /// What the operator says about single hosts.
    hosts: Hosts,
    /// Hosts that are trusted with more than public addresses.
    trusted: Vec<AllowRule>,
    timeout: Duration,
    limit_bytes: u64,
    redirects: usize,
}

/// Clients for two kinds of hosts, so that a connection to an address that only one may have is never the other's.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    /// For every host but the next's.
    public: Connections,
    /// For hosts that the operator named.
    named: Connections,
}

/// Where requests get their connections from.
#[derive(Clone, Debug)]
struct Connections {
    /// Those of requests before, as long as they are open.
    kept: Client,
    /// One for each request.
    fresh: Client,
}

impl Clients {
    pub(super) fn new(lookup: &Lookup, connect_timeout: Duration) -> Result<Self, reqwest::Error> {
        install_tls();
        let connections = |reach| {
            let builder = || builder(CheckedDns { reach, lookup: lookup.clone() }, connect_timeout);
            Ok(Connections { kept: builder().build()?, fresh: builder().pool_max_idle_per_host(0).build()? })
        };
        Ok(Self { public: connections(Reach::Public)?, named: connections(Reach::Named)? })
    }
}

impl Fetcher {
    /// A fetcher with the limits and the trust of `config`.
    pub(crate) fn new(config: &Config) -> Result<Self, reqwest::Error> {
        Self::with_lookup(config, &Lookup::system())
    }

    /// One that asks `lookup` for the addresses of names.
    pub(super) fn with_lookup(config: &Config, lookup: &Lookup) -> Result<Self, reqwest::Error> {
        let origins = &config.origins;
        let bases = origins.base.iter().filter(|base| StoreUrl::of(&base.0).is_none());
        let bases = bases.filter_map(|base| AllowRule::covering(&base.0));
        Ok(Self {
            clients: Clients::new(lookup, origins.connect_timeout.0)?,
            hosts: Hosts::new(config, lookup)?,
            trusted: origins.allow.iter().cloned().chain(bases).collect(),
            timeout: origins.timeout.0,
            limit_bytes: config.limits.source_bytes.0,
            redirects: origins.redirects,
        })
    }

    /// Whether clients' credentials go to `url` without a request that asks for it.
    pub(crate) fn shares(&self, url: &Url) -> bool {
        self.hosts.of(url).is_some_and(|host| host.shares(url))
    }

    /// Fetches `url`, whose scheme and host the caller has allowed; only if it has changed from `known`.
    /// `credentials` are sent to its scheme, host and port, not to others that it redirects to. What is read counts in `held`.
    pub(crate) async fn fetch(
        &self,
        url: Url,
        known: Option<&Validator>,
        credentials: Option<&Credentials>,
        held: Held,
    ) -> Result<Fetch, OriginError> {
        let timeout = self.hosts.of(&url).map_or(self.timeout, |host| host.timeout);
        let credentials = match credentials {
            Some(Credentials::Asked(headers)) => Some(headers),
            Some(Credentials::Configured(headers)) if self.shares(&url) => Some(headers),
            Some(Credentials::Configured(_)) | None => None,
        };
        let follow = self.follow(url, known, credentials, held);
        tokio::time::timeout(timeout, follow).await.unwrap_or(Err(OriginError::DownloadTimeout))
    }

    async fn follow(
        &self,
        mut url: Url,
        known: Option<&Validator>,
        credentials: Option<&HeaderMap>,
        held: Held,
    ) -> Result<Fetch, OriginError> {
        let first = url.clone();
        for hop in 0..=self.redirects {
            let credentials = credentials.filter(|_| url.origin() == first.origin());
            let response = self.send(&url, known, credentials).await.map_err(|error| match error {
                OriginError::PrivateAddress if hop > 0 => OriginError::BadRedirect,
                error => error,
            })?;
            if !is_redirect(response.status()) {
                return self.read(&url, response, known.is_some(), held).await;
            }
            url = redirect_target(&url, response.headers())?;
            if url.origin() == first.origin() {
                // Those of a base: its own server may ask for them again. None of this fails for a URL with a host.
                let _ = url.set_username(first.username());
                let _ = url.set_password(first.password());
            }
        }
        Err(OriginError::TooManyRedirects { limit: self.redirects })
    }

    async fn send(
        &self,
        url: &Url,
        known: Option<&Validator>,
        credentials: Option<&HeaderMap>,
    ) -> Result<Response, OriginError> {
        let reach = self.reach(url);
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => Some(v4.into()),
            Some(Host::Ipv6(v6)) => Some(v6.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(OriginError::InvalidUrl),
        };
        if address.is_some_and(|address| !reach.allows(address)) {
            return Err(OriginError::PrivateAddress);
        }
        let host = self.hosts.of(url);
        let clients = host.and_then(|host| host.clients.as_ref()).unwrap_or(&self.clients);
        let connections = if reach == Reach::Public { &clients.public } else { &clients.named };
        let ask = |client: &Client| {
            let mut request = client.get(url.clone());
            if let Some(credentials) = credentials {
                request = request.headers(credentials.clone());
            }
            if let Some(headers) = host.and_then(|host| host.headers_for(url)) {
                request = request.headers(headers.clone());
            }
            request = request.header(header::VIA, VIA).headers(trace::headers());
            if let Some(known) = known {
                request = match known.tag.strip_prefix(MODIFIED).and_then(of_digits) {
                    Some(modified) => request.header(header::IF_MODIFIED_SINCE, httpdate::fmt_http_date(modified)),
                    None => request.header(header::IF_NONE_MATCH, known.to_string()),
                };
            }
            request.send()
        };
        let answer = match ask(&connections.kept).await {
            // An origin may close a connection in the moment in which it is used again (RFC 9112, 9.3.1).
            Err(error) if is_cut(&error) => ask(&connections.fresh).await,
            answer => answer,
        };
        answer.map_err(|error| origin_error(&error))
    }

    fn reach(&self, url: &Url) -> Reach {
        let rules = self.trusted.iter().filter(|rule| rule.matches(url));
        rules.map(AllowRule::reach).max().unwrap_or(Reach::Public)
    }

    async fn read(&self, url: &Url, mut response: Response, asked: bool, mut held: Held) -> Result<Fetch, OriginError> {
        let cache_control = text(response.headers(), header::CACHE_CONTROL);
        let expires = lifetime(response.headers());
        let received = received(response.headers());
        match response.status().as_u16() {
            200 | 203 => {}
            304 if asked => return Ok(Fetch::Unchanged { cache_control, expires, place: Place::There, received }),
            status => return Err(status_error(status).unwrap_or(OriginError::Failed)),
        }
        let validator = text(response.headers(), header::ETAG).and_then(|tag| Validator::parse(&tag));
        let validator = validator.or_else(|| modified(response.headers()));
        let limit_bytes = self.hosts.of(url).map_or(self.limit_bytes, |host| host.limit_bytes);
        let too_large = OriginError::TooLarge { limit_bytes };
        let announced = response.content_length();
        if announced.is_some_and(|length| length > limit_bytes) {
            return Err(too_large);
        }
        // What is announced is not believed: a large number costs memory only as bytes arrive.
        let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0).min(1 << 20) as usize);
        while let Some(chunk) = response.chunk().await.map_err(|error| origin_error(&error))? {
            if (bytes.len() + chunk.len()) as u64 > limit_bytes {
                return Err(too_large);
            }
            held.grow(chunk.len() as u64)?;
            bytes.extend_from_slice(&chunk);
        }
        let place = Place::There;
        let (bytes, held) = (bytes.freeze(), Arc::new(held));
        Ok(Fetch::Fetched(Fetched { bytes, validator, cache_control, expires, place, held, received }))
    }
}

fn builder(dns: CheckedDns, connect_timeout: Duration) -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .dns_resolver(dns)
        // A proxy would resolve names itself, past our check.
        .no_proxy()
        .referer(false)
        .connect_timeout(connect_timeout)
        .user_agent(concat!("tintype/", env!("CARGO_PKG_VERSION")))
        .default_headers([(header::ACCEPT, header::HeaderValue::from_static("image/*"))].into_iter().collect())
}

/// Chooses ring for TLS, once per process; a provider that the program has already installed stays.
pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// Addresses that a name has, as its future.
type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Who is asked for the addresses of names.
#[derive(Clone)]
pub(super) struct Lookup(Arc<dyn Fn(String) -> Found + Send + Sync>);

impl Lookup {
    /// The system.
    fn system() -> Self {
        // Port 0 stands for the URL's own.
        Self::by(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }))
    }

    /// Somebody else.
    pub(super) fn by(lookup: impl Fn(String) -> Found + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

/// A resolver, with addresses that `reach` does not allow left out. The client connects to what this answers, and asks nobody else.
#[derive(Clone, Debug)]
struct CheckedDns {
    reach: Reach,
    lookup: Lookup,
}

/// Why a name has no address that may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum DnsError {
    #[error("name could not be resolved")]
    Unresolved,
    #[error("name has no public address")]
    Private,
}

impl Resolve for CheckedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, found) = (self.reach, (self.lookup.0)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await.map_err(|_system| DnsError::Unresolved)?;
            if found.is_empty() {
                return Err(DnsError::Unresolved.into());
            }
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(DnsError::Private.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// What a status means that comes without a source; `None` where it means nothing here.
pub(super) fn status_error(status: u16) -> Option<OriginError> {
    match status {
        400 => Some(OriginError::BadRequest),
        404 => Some(OriginError::NotFound),
        401..=499 => Some(OriginError::ClientError { status }),
        500..=599 => Some(OriginError::ServerError { status }),
        _ => None,
    }
}

/// Whether a connection was open and ended before there was the head of an answer.
fn is_cut(error: &reqwest::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let is_end = |cause: &(dyn Error + 'static)| {
        let of_http = cause.downcast_ref::<hyper::Error>();
        let of_system = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        of_http.is_some_and(|error| error.is_incomplete_message() || error.is_canceled() || error.is_closed())
            || matches!(of_system, Some(BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof))
    };
    let mut causes = iter::successors(error.source(), |&cause| cause.source());
    !error.is_connect() && !error.is_timeout() && causes.any(is_end)
}

/// What an error of the client means. Its own text may hold addresses, so it goes no further.
pub(super) fn origin_error(error: &reqwest::Error) -> OriginError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut refused = false;
    while let Some(error) = cause {
        match error.downcast_ref::<DnsError>() {
            Some(DnsError::Unresolved) => return OriginError::Dns,
            Some(DnsError::Private) => return OriginError::PrivateAddress,
            None => {}
        }
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return OriginError::NotHttp;
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use io::ErrorKind as Kind;
            refused |=
                matches!(error.kind(), Kind::ConnectionRefused | Kind::HostUnreachable | Kind::NetworkUnreachable);
            // What an I/O error is made of is not its source.
            if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                return OriginError::Tls;
            }
        }
        if error.is::<rustls::Error>() {
            return OriginError::Tls;
        }
        cause = error.source();
    }
    match (error.is_timeout(), error.is_connect()) {
        (true, true) => OriginError::ConnectTimeout,
        (true, false) => OriginError::DownloadTimeout,
        (false, true) if refused => OriginError::Refused,
        (false, true) => OriginError::Failed,
        (false, false) if error.is_builder() => OriginError::InvalidUrl,
        (false, false) => OriginError::Interrupted,
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn redirect_target(from: &Url, headers: &HeaderMap) -> Result<Url, OriginError> {
    let location =
        headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).ok_or(OriginError::BadRedirect)?;
    // Without the credentials of a base, which a relative URL would take over.
    let mut from = from.clone();
    let _ = from.set_username("");
    let _ = from.set_password(None);
    let target = from.join(location).map_err(|_parse| OriginError::BadRedirect)?;
    if is_plain_http(&target) { Ok(target) } else { Err(OriginError::BadRedirect) }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// What the tag of a [`Validator`] begins with that was made of `Last-Modified`. The rest are its seconds.
const MODIFIED: &str = "modified-";

/// `Last-Modified` as what tells versions apart, where it does: there may be two in one second, but not when that second was long
/// over (RFC 9110, 8.8.2.2).
fn modified(headers: &HeaderMap) -> Option<Validator> {
    let date = |name| httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok();
    let modified = date(header::LAST_MODIFIED)?;
    if date(header::DATE)?.duration_since(modified).ok()? < Duration::from_secs(60) {
        return None;
    }
    let seconds = modified.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(Validator { weak: false, tag: format!("{MODIFIED}{seconds}") })
}

fn of_digits(seconds: &str) -> Option<SystemTime> {
    // More than a date has, and not what was made here.
    let seconds = seconds.parse().ok().filter(|&seconds: &u64| seconds < 253_402_300_800)?;
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// When the answer was true: as long ago as its `Age` says. Ten years are as good as any more.
fn received(headers: &HeaderMap) -> Received {
    let age = headers.get(header::AGE).and_then(|age| age.to_str().ok()?.trim().parse::<u64>().ok());
    let age = Duration::from_secs(age.unwrap_or(0).min(10 * 365 * 86_400));
    let now = SystemTime::now();
    let mut vary = headers.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok());
    let varies = vary.any(|value| value.split(',').any(|name| name.trim() == "*"));
    Received { at: now.checked_sub(age).unwrap_or(now), varies, stands_in: false }
}

/// How long `Expires` lies in the future of the origin's own `Date`, or of now where it gives none.
fn lifetime(headers: &HeaderMap) -> Option<Duration> {
    let date = |name| httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok();
    let now = date(header::DATE).unwrap_or_else(SystemTime::now);
    Some(date(header::EXPIRES)?.duration_since(now).unwrap_or_default())
}
