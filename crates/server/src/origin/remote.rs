//! Sources over HTTP, fetched so that neither a client nor an origin can point the server at what it should not see.
//!
//! A name is resolved here and only the addresses that were checked are connected to, so a name cannot answer twice
//! with different addresses. Redirects are followed by hand and each step is checked again: the first URL against the
//! allow-list (by the caller), later ones by their addresses alone, as Cloudflare documents it. Nothing of the client's
//! request is passed on, no cookies, no credentials, no addresses, but for what the caller says is to be; and that goes to the
//! first URL's origin alone.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Once;
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use http::{HeaderMap, StatusCode, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::{Host, Url};

use super::addresses::Reach;
use super::{AllowRule, Fetch, Fetched, Held, OriginError, Place, Validator, is_plain_http};
use crate::config::Config;

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
    /// For every host but the next's.
    public: Client,
    /// For hosts that the operator named.
    named: Client,
    /// Hosts that are trusted with more than public addresses.
    trusted: Vec<AllowRule>,
    limit_bytes: u64,
    redirects: usize,
}

impl Fetcher {
    /// A fetcher with the limits and the trust of `config`.
    pub(crate) fn new(config: &Config) -> Result<Self, reqwest::Error> {
        install_tls();
        let origins = &config.origins;
        let bases = origins.base.iter().filter_map(|base| AllowRule::covering(&base.0));
        Ok(Self {
            public: client(Reach::Public, origins.connect_timeout.0)?,
            named: client(Reach::Named, origins.connect_timeout.0)?,
            trusted: origins.allow.iter().cloned().chain(bases).collect(),
            limit_bytes: config.limits.source_bytes.0,
            redirects: origins.redirects,
        })
    }

    /// Fetches `url`, whose scheme and host the caller has allowed; only if it has changed from `known`.
    /// `credentials` are sent to its scheme, host and port, not to others that it redirects to. What is read counts in `held`.
    pub(crate) async fn fetch(
        &self,
        mut url: Url,
        known: Option<&Validator>,
        credentials: Option<&HeaderMap>,
        held: Held,
    ) -> Result<Fetch, OriginError> {
        let origin = url.origin();
        for hop in 0..=self.redirects {
            let credentials = credentials.filter(|_| url.origin() == origin);
            let response = self.send(&url, known, credentials).await.map_err(|error| match error {
                OriginError::PrivateAddress if hop > 0 => OriginError::BadRedirect,
                error => error,
            })?;
            if !is_redirect(response.status()) {
                return self.read(response, known.is_some(), held).await;
            }
            url = redirect_target(&url, response.headers())?;
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
        let client = if reach == Reach::Public { &self.public } else { &self.named };
        let mut request = client.get(url.clone());
        if let Some(credentials) = credentials {
            request = request.headers(credentials.clone());
        }
        request = request.header(header::VIA, VIA);
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known.to_string());
        }
        request.send().await.map_err(|error| origin_error(&error))
    }

    fn reach(&self, url: &Url) -> Reach {
        let rules = self.trusted.iter().filter(|rule| rule.matches(url));
        rules.map(AllowRule::reach).max().unwrap_or(Reach::Public)
    }

    async fn read(&self, mut response: Response, asked: bool, mut held: Held) -> Result<Fetch, OriginError> {
        let status = response.status();
        let cache_control = text(response.headers(), header::CACHE_CONTROL);
        let expires = lifetime(response.headers());
        match status.as_u16() {
            200 | 203 => {}
            304 if asked => return Ok(Fetch::Unchanged { cache_control, expires, place: Place::There }),
            400 => return Err(OriginError::BadRequest),
            404 => return Err(OriginError::NotFound),
            status @ 401..=499 => return Err(OriginError::ClientError { status }),
            status @ 500..=599 => return Err(OriginError::ServerError { status }),
            _ => return Err(OriginError::Failed),
        }
        let validator = text(response.headers(), header::ETAG).and_then(|tag| Validator::parse(&tag));
        let too_large = OriginError::TooLarge { limit_bytes: self.limit_bytes };
        let announced = response.content_length();
        if announced.is_some_and(|length| length > self.limit_bytes) {
            return Err(too_large);
        }
        // What is announced is not believed: a large number costs memory only as bytes arrive.
        let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0).min(1 << 20) as usize);
        while let Some(chunk) = response.chunk().await.map_err(|error| origin_error(&error))? {
            if (bytes.len() + chunk.len()) as u64 > self.limit_bytes {
                return Err(too_large);
            }
            held.grow(chunk.len() as u64)?;
            bytes.extend_from_slice(&chunk);
        }
        let place = Place::There;
        Ok(Fetch::Fetched(Fetched { bytes: bytes.freeze(), validator, cache_control, expires, place, held }))
    }
}

fn client(reach: Reach, connect_timeout: Duration) -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(Policy::none())
        .dns_resolver(CheckedDns { reach })
        // A proxy would resolve names itself, past our check.
        .no_proxy()
        .referer(false)
        .connect_timeout(connect_timeout)
        .user_agent(concat!("tintype/", env!("CARGO_PKG_VERSION")))
        .default_headers([(header::ACCEPT, header::HeaderValue::from_static("image/*"))].into_iter().collect())
        .build()
}

/// Chooses ring for TLS, once per process; a provider that the program has already installed stays.
pub(crate) fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// The system's resolver, with addresses that `reach` does not allow left out.
#[derive(Clone, Copy, Debug)]
struct CheckedDns {
    reach: Reach,
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
        let reach = self.reach;
        Box::pin(async move {
            // Port 0 stands for the URL's own.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_system| DnsError::Unresolved)?;
            let found: Vec<SocketAddr> = found.collect();
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

/// What an error of the client means. Its own text may hold addresses, so it goes no further.
fn origin_error(error: &reqwest::Error) -> OriginError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut refused = false;
    while let Some(error) = cause {
        match error.downcast_ref::<DnsError>() {
            Some(DnsError::Unresolved) => return OriginError::Dns,
            Some(DnsError::Private) => return OriginError::PrivateAddress,
            None => {}
        }
        refused |= error.downcast_ref::<io::Error>().is_some_and(|error| {
            use io::ErrorKind as Kind;
            matches!(error.kind(), Kind::ConnectionRefused | Kind::HostUnreachable | Kind::NetworkUnreachable)
        });
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
    let target = from.join(location).map_err(|_parse| OriginError::BadRedirect)?;
    if is_plain_http(&target) { Ok(target) } else { Err(OriginError::BadRedirect) }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// How long `Expires` lies in the future of the origin's own `Date`, or of now where it gives none.
fn lifetime(headers: &HeaderMap) -> Option<Duration> {
    let date = |name| httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok();
    let now = date(header::DATE).unwrap_or_else(SystemTime::now);
    Some(date(header::EXPIRES)?.duration_since(now).unwrap_or_default())
}
