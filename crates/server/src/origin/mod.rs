//! Where source pictures come from: a folder, base URLs, allowed hosts, object stores, and what comes with the program.
//!
//! [`Sources::resolve`] decides, without any I/O, whether and where a source may be read; [`Sources::fetch`] reads it
//! within the limits. Nothing here looks into the bytes, keeps them, or knows HTTP statuses towards the client: errors
//! are [`OriginError`] and become answers in `reject`.

mod addresses;
mod allow;
pub(crate) mod credentials;
mod folder;
mod hosts;
mod memory;
mod remote;
#[cfg(test)]
mod remote_tests;
mod signed;
mod store;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use tintype_options::url::Source;
use url::Url;

pub use allow::{AllowRule, AllowRuleError};
pub use signed::{SignedOrigin, SignedOriginError};

use crate::config::{Config, StoreUrl};
use crate::docs::{SAMPLES, Sample};
use crate::hosted::Stored;
pub(crate) use credentials::Credentials;
use folder::Folder;
pub(crate) use memory::{Held, Memory};
use remote::Fetcher;
pub use remote::install_tls;
pub(crate) use remote::is_loop;
pub(crate) use signed::Signed;
use store::{Opener, Store};

/// Everything sources may be read from.
#[derive(Debug)]
pub(crate) struct Sources {
    folder: Option<Folder>,
    bases: Vec<Base>,
    /// By the names that sources call them by.
    stores: BTreeMap<String, Store>,
    allow: Vec<AllowRule>,
    /// Only for signed URLs.
    signed: Vec<SignedOrigin>,
    /// Where there is any host to fetch from.
    fetcher: Option<Fetcher>,
    memory: Memory,
    timeout: Duration,
    /// Whether the pictures that come with the program are sources, below [`Sample::FOLDER`].
    samples: bool,
}

/// What relative sources are below.
#[derive(Debug)]
enum Base {
    /// An http or https URL.
    Url(Url),
    /// An object store.
    Store(Store),
}

/// A source that may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A path in the folder and then below each base, the first that has it; or `@NAME/key` in a store of that name.
    Relative {
        /// Without a leading slash, escapes as written, with its query.
        source: String,
    },
    /// A URL of an allowed host.
    Absolute(Url),
    /// One of the pictures that come with the program.
    Sample(&'static Sample),
    /// An image that is stored here. No source's name leads to one.
    Stored(Box<Stored>),
}

impl Target {
    /// What tells it from every other target.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Relative { source } => format!("/{source}"),
            Self::Absolute(url) => url.to_string(),
            Self::Sample(sample) => format!("sample:{}", sample.name),
            Self::Stored(stored) => stored.identity(),
        }
    }
}

/// A source that was read.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The picture, still encoded.
    pub(crate) bytes: Bytes,
    /// What tells this version of the source from another.
    pub(crate) validator: Option<Validator>,
    /// The origin's `Cache-Control`.
    pub(crate) cache_control: Option<String>,
    /// How long the origin's `Expires` lies in the future of its `Date`.
    pub(crate) expires: Option<Duration>,
    /// Where it came from.
    pub(crate) place: Place,
    /// The room that the bytes take; to be kept as long as they are.
    pub(crate) held: Arc<Held>,
    /// When this was so, and for whom.
    pub(crate) received: Received,
}

/// When an origin's answer was true, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Received {
    /// When it came, less its `Age`.
    pub(crate) at: SystemTime,
    /// Whether another request might be answered otherwise, whatever it says: `Vary: *`. What else an origin can vary by is the
    /// same for all requests, or what is passed on of the client's.
    pub(crate) varies: bool,
    /// Whether it is no longer known to be true: a kept answer that stands in for the origin's.
    pub(crate) stands_in: bool,
}

impl Received {
    /// It is true now, and for everyone.
    pub(crate) fn now() -> Self {
        Self { at: SystemTime::now(), varies: false, stands_in: false }
    }
}

/// Where a source came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// This machine: asking whether it has changed costs next to nothing.
    Here,
    /// An origin.
    There,
}

/// What tells one version of a source from another: an entity tag (RFC 9110, 8.8.3), the origin's, or one made of a file's length
/// and time or of the origin's `Last-Modified`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub(crate) struct Validator {
    /// Whether two versions with this tag may differ in bytes.
    pub(crate) weak: bool,
    /// What stands between the quotes.
    pub(crate) tag: String,
}

impl Validator {
    /// Reads one entity tag; `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (weak, quoted) = match text.trim().strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text.trim()),
        };
        let tag = quoted.strip_prefix('"')?.strip_suffix('"')?;
        let is_tag = tag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        is_tag.then(|| Self { weak, tag: tag.to_owned() })
    }
}

impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\"{}\"", if self.weak { "W/" } else { "" }, self.tag)
    }
}

/// What a fetch gave.
#[derive(Debug)]
pub(crate) enum Fetch {
    /// The source.
    Fetched(Fetched),
    /// The source is still the one that was asked about.
    Unchanged {
        /// The origin's `Cache-Control` on the answer.
        cache_control: Option<String>,
        /// See [`Fetched::expires`].
        expires: Option<Duration>,
        /// Where it would have come from.
        place: Place,
        /// When this was so, and for whom.
        received: Received,
    },
}

/// Why a source was not read. Messages go to clients: none holds a path or an address of this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OriginError {
    /// Not a URL, or not one of http or https, or with a user name in it.
    #[error("source is not a valid http or https URL")]
    InvalidUrl,
    /// Not in `origins.allow`.
    #[error("source host is not in the list of allowed origins")]
    NotAllowed,
    /// The host's address is private, or otherwise not for the public.
    #[error("source host does not have a public address")]
    PrivateAddress,
    /// No such file, or the origin said 404.
    #[error("source was not found")]
    NotFound,
    /// More bytes than `limits.source_bytes`.
    #[error("source is larger than {limit_bytes} bytes, the limit")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: u64,
    },
    /// Sources in progress take `limits.memory` already.
    #[error("the server is busy with large pictures")]
    NoMemory,
    /// The name has no address.
    #[error("source host's name could not be resolved")]
    Dns,
    /// Nothing accepts connections there.
    #[error("origin could not be reached")]
    Refused,
    /// No connection within `origins.connect_timeout`.
    #[error("origin did not accept a connection in time")]
    ConnectTimeout,
    /// Not complete within `origins.timeout`.
    #[error("origin did not send the source in time")]
    DownloadTimeout,
    /// The connection ended before the body did.
    #[error("origin's answer was interrupted")]
    Interrupted,
    /// The origin answered 400.
    #[error("origin answered 400")]
    BadRequest,
    /// The origin answered another 4xx.
    #[error("origin answered {status}")]
    ClientError {
        /// 401 to 499, not 404.
        status: u16,
    },
    /// The origin answered 5xx.
    #[error("origin answered {status}")]
    ServerError {
        /// 500 to 599.
        status: u16,
    },
    /// A redirect to what is not an http or https URL, or to a host that may not be read.
    #[error("origin redirects to an invalid URL")]
    BadRedirect,
    /// More redirects than `origins.redirects`.
    #[error("origin redirects more than {limit} times")]
    TooManyRedirects {
        /// The limit.
        limit: usize,
    },
    /// No connection that could be trusted: a certificate that is not good for the host, or no TLS there at all.
    #[error("no secure connection to the origin could be made")]
    Tls,
    /// What the origin sends is not HTTP, has two lengths, or a head without an end.
    #[error("origin's answer is not HTTP")]
    NotHttp,
    /// A status that means nothing here, an object store that is set up wrong.
    #[error("source could not be fetched")]
    Failed,
}

/// Why the configured origins cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginsError {
    /// `origins.root` is not a folder that can be read.
    #[error("origins.root: {path:?} is not a folder that can be read")]
    Root {
        /// As configured.
        path: std::path::PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The HTTP client could not be made, as when the system has no root certificates.
    #[error(
        "the HTTP client for origins could not be made; are the system's root certificates (ca-certificates) there?"
    )]
    Client {
        /// What the client says.
        source: reqwest::Error,
    },
    /// An object store cannot be used, as when a setting is missing.
    #[error("{url}: {source}")]
    Store {
        /// As configured.
        url: String,
        /// What is wrong.
        source: object_store::Error,
    },
}

impl Sources {
    /// Opens what the configuration names.
    pub(crate) fn new(config: &Config) -> Result<Self, OriginsError> {
        let origins = &config.origins;
        let limit_bytes = config.limits.source_bytes.0;
        let folder = origins.root.as_deref().map(|root| {
            Folder::open(root, limit_bytes).map_err(|source| OriginsError::Root { path: root.to_owned(), source })
        });
        let client = |source| OriginsError::Client { source };
        let mut bases = Vec::with_capacity(origins.base.len());
        let mut stores = BTreeMap::new();
        let wrong = |url: &StoreUrl, source| OriginsError::Store { url: url.to_string(), source };
        // Only where it is needed: a client needs the system's root certificates.
        let has_stores =
            !origins.stores.stores.is_empty() || origins.base.iter().any(|base| StoreUrl::of(&base.0).is_some());
        let opener = has_stores.then(|| Opener::new(config)).transpose().map_err(client)?;
        for base in &origins.base {
            bases.push(match (StoreUrl::of(&base.0), &opener) {
                (Some(url), Some(opener)) => Base::Store(opener.open(&url).map_err(|source| wrong(&url, source))?),
                _ => Base::Url(base.0.clone()),
            });
        }
        if let Some(opener) = &opener {
            for (name, store) in &origins.stores.stores {
                let opened = opener.open_with(&store.url, Some(&store.options));
                stores.insert(name.clone(), opened.map_err(|source| wrong(&store.url, source))?);
            }
        }
        let remote = bases.iter().any(|base| matches!(base, Base::Url(_))) || !origins.allow.is_empty();
        let fetcher = remote.then(|| Fetcher::new(config)).transpose().map_err(client)?;
        Ok(Self {
            folder: folder.transpose()?,
            bases,
            stores,
            allow: origins.allow.clone(),
            signed: config.signing.origins.clone(),
            fetcher,
            memory: Memory::new(config.limits.memory.0),
            timeout: origins.timeout.0,
            samples: config.server.playground,
        })
    }

    /// Decides where `source` is read from. No I/O.
    pub(crate) fn resolve(&self, source: &Source<'_>) -> Result<Target, OriginError> {
        match source {
            Source::Path(path) => match Sample::of_source(path).filter(|_| self.samples) {
                Some(sample) => Ok(Target::Sample(sample)),
                None => Ok(Target::Relative { source: path.clone().into_owned() }),
            },
            Source::Url(text) => {
                let url = Url::parse(text).map_err(|_parse| OriginError::InvalidUrl)?;
                if !is_plain_http(&url) {
                    return Err(OriginError::InvalidUrl);
                }
                let allowed = self.allow.iter().any(|rule| rule.matches(&url));
                if allowed { Ok(Target::Absolute(url)) } else { Err(OriginError::NotAllowed) }
            }
        }
    }

    /// Whether only signed URLs may name `target`.
    pub(crate) fn must_be_signed(&self, target: &Target) -> bool {
        let bases: Vec<&Url> = self.base_urls().collect();
        self.signed.iter().any(|origin| origin.covers(target, &bases))
    }

    /// Whether credentials of a client may go where `target` is read from, without that the request asks for it.
    pub(crate) fn shares_credentials(&self, target: &Target) -> bool {
        let shares = |url: &Url| self.fetcher.as_ref().is_some_and(|fetcher| fetcher.shares(url));
        match target {
            Target::Relative { source } => {
                self.base_urls().filter_map(|base| below(base, source)).any(|url| shares(&url))
            }
            Target::Absolute(url) => shares(url),
            Target::Sample(_) | Target::Stored(_) => false,
        }
    }

    fn base_urls(&self) -> impl Iterator<Item = &Url> {
        self.bases.iter().filter_map(|base| match base {
            Base::Url(url) => Some(url),
            Base::Store(_) => None,
        })
    }

    /// Reads `target`. With `known`, the answer may be that the source is still that one. `credentials` go to the target's own
    /// server, and nowhere that it redirects to.
    pub(crate) async fn fetch(
        &self,
        target: &Target,
        known: Option<&Validator>,
        credentials: Option<&Credentials>,
    ) -> Result<Fetch, OriginError> {
        match target {
            Target::Relative { source } => match self.stored(source) {
                Some((store, key)) => store.fetch(key, known, self.memory.hold()).await,
                None => self.fetch_relative(source, known, credentials).await,
            },
            Target::Absolute(url) => self.fetch_url(url.clone(), known, credentials).await,
            Target::Sample(sample) => Ok(self.read_sample(sample, known)),
            Target::Stored(stored) => stored.fetch(known, self.memory.hold()).await,
        }
    }

    /// The store and the key that a relative source names, if it names a store.
    fn stored<'a>(&self, source: &'a str) -> Option<(&Store, &'a str)> {
        let (name, key) = source.strip_prefix('@')?.split_once('/')?;
        Some((self.stores.get(name)?, key))
    }

    /// Whether `target` may have to be asked for at an origin.
    pub(crate) fn is_away(&self, target: &Target) -> bool {
        match target {
            Target::Relative { source } => self.stored(source).is_some() || !self.bases.is_empty(),
            Target::Absolute(_) => true,
            Target::Sample(_) | Target::Stored(_) => false,
        }
    }

    /// Reads `target` if it is in the folder; `None` where it is not, and an origin may have it.
    pub(crate) async fn fetch_here(
        &self,
        target: &Target,
        known: Option<&Validator>,
    ) -> Option<Result<Fetch, OriginError>> {
        let (Some(folder), Target::Relative { source }) = (&self.folder, target) else { return None };
        if self.stored(source).is_some() {
            return None;
        }
        match read_file(folder.clone(), source, known.cloned(), self.memory.hold()).await {
            Err(OriginError::NotFound) if !self.bases.is_empty() => None,
            found => Some(found),
        }
    }

    /// Room for bytes that come from elsewhere, counted with those of sources.
    pub(crate) fn hold(&self) -> Held {
        self.memory.hold()
    }

    /// Names of pictures in the folder, sorted, at most `limit`; without a folder those that come with the program.
    pub(crate) async fn pictures(&self, limit: usize) -> Vec<String> {
        let Some(folder) = self.folder.clone() else {
            let names = SAMPLES.iter().map(|sample| format!("{}{}", Sample::FOLDER, sample.name));
            return if self.samples { names.collect() } else { Vec::new() };
        };
        tokio::task::spawn_blocking(move || folder.pictures(limit)).await.unwrap_or_default()
    }

    fn read_sample(&self, sample: &'static Sample, known: Option<&Validator>) -> Fetch {
        let validator = sample.validator();
        if known == Some(&validator) {
            return unchanged_here();
        }
        let (bytes, held) = (Bytes::from_static(sample.bytes), Arc::new(self.memory.hold()));
        Fetch::Fetched(Fetched {
            bytes,
            validator: Some(validator),
            cache_control: None,
            expires: None,
            place: Place::Here,
            held,
            received: Received::now(),
        })
    }

    async fn fetch_relative(
        &self,
        source: &str,
        known: Option<&Validator>,
        credentials: Option<&Credentials>,
    ) -> Result<Fetch, OriginError> {
        let mut answer = Err(OriginError::NotFound);
        if let Some(folder) = &self.folder {
            let read = read_file(folder.clone(), source, known.cloned(), self.memory.hold());
            answer = tokio::time::timeout(self.timeout, read).await.unwrap_or(Err(OriginError::DownloadTimeout));
        }
        for base in &self.bases {
            if !matches!(answer, Err(OriginError::NotFound)) {
                break;
            }
            answer = match base {
                Base::Store(store) => store.fetch(source, known, self.memory.hold()).await,
                Base::Url(base) => match below(base, source) {
                    Some(url) => self.fetch_url(url, known, credentials).await,
                    None => Err(OriginError::NotFound),
                },
            };
        }
        answer
    }

    async fn fetch_url(
        &self,
        url: Url,
        known: Option<&Validator>,
        credentials: Option<&Credentials>,
    ) -> Result<Fetch, OriginError> {
        let fetcher = self.fetcher.as_ref().ok_or(OriginError::NotAllowed)?;
        fetcher.fetch(url, known, credentials, self.memory.hold()).await
    }
}

fn unchanged_here() -> Fetch {
    Fetch::Unchanged { cache_control: None, expires: None, place: Place::Here, received: Received::now() }
}

/// Whether `url` is http or https with a host and without a user name or password.
fn is_plain_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
}

/// `source` below `base`, or `None` when it would step out of it.
fn below(base: &Url, source: &str) -> Option<Url> {
    // By text, as a browser's address would be made; parsing resolves the dots, and the rule sees where that leads.
    let url = Url::parse(&format!("{}/{source}", base.as_str().trim_end_matches('/'))).ok()?;
    AllowRule::covering(base)?.matches(&url).then_some(url)
}

async fn read_file(folder: Folder, source: &str, known: Option<Validator>, held: Held) -> Result<Fetch, OriginError> {
    let path = source.split(['?', '#']).next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8().map_err(|_utf8| OriginError::NotFound)?.into_owned();
    let read = move || {
        let found = folder.find(&path)?;
        if known.is_some_and(|known| known == found.validator) {
            return Ok(unchanged_here());
        }
        folder.read(found, held).map(Fetch::Fetched)
    };
    tokio::task::spawn_blocking(read).await.unwrap_or(Err(OriginError::Failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_source_stays_below_its_base() {
        let base = Url::parse("http://origin.test/media/").unwrap();
        let table = [
            ("a.jpg", Some("http://origin.test/media/a.jpg")),
            ("a/b.jpg?v=1", Some("http://origin.test/media/a/b.jpg?v=1")),
            ("a/../b.jpg", Some("http://origin.test/media/b.jpg")),
            ("../secret.jpg", None),
            ("a/../../secret.jpg", None),
            ("%2e%2e/secret.jpg", None),
            ("..%2fsecret.jpg", None),
            ("@evil.test/a.jpg", Some("http://origin.test/media/@evil.test/a.jpg")),
        ];
        for (source, expected) in table {
            assert_eq!(below(&base, source).as_ref().map(Url::as_str), expected, "{source}");
        }
        let whole = Url::parse("http://origin.test").unwrap();
        assert_eq!(below(&whole, "../a.jpg").unwrap().as_str(), "http://origin.test/a.jpg");
        assert_eq!(below(&whole, "@evil.test/a.jpg").unwrap().host_str(), Some("origin.test"));
        assert_eq!(below(&whole, ":9/a.jpg").unwrap().port(), None);
    }
}
