//! Where source pictures come from: a folder, base URLs, allowed hosts, and what comes with the program.
//!
//! [`Sources::resolve`] decides, without any I/O, whether and where a source may be read; [`Sources::fetch`] reads it
//! within the limits. Nothing here looks into the bytes, keeps them, or knows HTTP statuses towards the client: errors
//! are [`OriginError`] and become answers in `reject`.

mod addresses;
mod allow;
pub(crate) mod credentials;
mod folder;
mod memory;
mod remote;
#[cfg(test)]
mod remote_tests;
mod signed;

use std::fmt;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use tintype_options::url::Source;
use url::Url;

pub use allow::{AllowRule, AllowRuleError};
pub use signed::{SignedOrigin, SignedOriginError};

use crate::config::Config;
use crate::docs::{SAMPLES, Sample};
use folder::Folder;
pub(crate) use memory::{Held, Memory};
use remote::Fetcher;
pub(crate) use remote::{install_tls, is_loop};
pub(crate) use signed::Signed;

/// Everything sources may be read from.
#[derive(Debug)]
pub(crate) struct Sources {
    folder: Option<Folder>,
    bases: Vec<Url>,
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

/// A source that may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A path in the folder and then below each base, the first that has it.
    Relative {
        /// Without a leading slash, escapes as written, with its query.
        source: String,
    },
    /// A URL of an allowed host.
    Absolute(Url),
    /// One of the pictures that come with the program.
    Sample(&'static Sample),
}

impl Target {
    /// What tells it from every other target.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Relative { source } => format!("/{source}"),
            Self::Absolute(url) => url.to_string(),
            Self::Sample(sample) => format!("sample:{}", sample.name),
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
    pub(crate) held: Held,
}

/// Where a source came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// This machine: asking whether it has changed costs next to nothing.
    Here,
    /// An origin.
    There,
}

/// What tells one version of a source from another: an entity tag (RFC 9110, 8.8.3), the origin's or one made of a file's
/// length and time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
    /// TLS failed, an answer that is not HTTP, a status that means nothing here.
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
}

impl Sources {
    /// Opens what the configuration names.
    pub(crate) fn new(config: &Config) -> Result<Self, OriginsError> {
        let origins = &config.origins;
        let limit_bytes = config.limits.source_bytes.0;
        let folder = origins.root.as_deref().map(|root| {
            Folder::open(root, limit_bytes).map_err(|source| OriginsError::Root { path: root.to_owned(), source })
        });
        let remote = !origins.base.is_empty() || !origins.allow.is_empty();
        let bases: Vec<Url> = origins.base.iter().map(|base| base.0.clone()).collect();
        let fetcher =
            remote.then(|| Fetcher::new(config)).transpose().map_err(|source| OriginsError::Client { source })?;
        Ok(Self {
            folder: folder.transpose()?,
            bases,
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
        self.signed.iter().any(|origin| origin.covers(target, &self.bases))
    }

    /// Reads `target`. With `known`, the answer may be that the source is still that one. `credentials` go to the target's own
    /// server, and nowhere that it redirects to.
    pub(crate) async fn fetch(
        &self,
        target: &Target,
        known: Option<&Validator>,
        credentials: Option<&HeaderMap>,
    ) -> Result<Fetch, OriginError> {
        let fetch = async {
            match target {
                Target::Relative { source } => self.fetch_relative(source, known, credentials).await,
                Target::Absolute(url) => self.fetch_url(url.clone(), known, credentials).await,
                Target::Sample(sample) => Ok(self.read_sample(sample, known)),
            }
        };
        tokio::time::timeout(self.timeout, fetch).await.unwrap_or(Err(OriginError::DownloadTimeout))
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
            return Fetch::Unchanged { cache_control: None, expires: None, place: Place::Here };
        }
        let (bytes, held) = (Bytes::from_static(sample.bytes), self.memory.hold());
        Fetch::Fetched(Fetched {
            bytes,
            validator: Some(validator),
            cache_control: None,
            expires: None,
            place: Place::Here,
            held,
        })
    }

    async fn fetch_relative(
        &self,
        source: &str,
        known: Option<&Validator>,
        credentials: Option<&HeaderMap>,
    ) -> Result<Fetch, OriginError> {
        let mut answer = Err(OriginError::NotFound);
        if let Some(folder) = &self.folder {
            answer = read_file(folder.clone(), source, known.cloned(), self.memory.hold()).await;
        }
        for base in &self.bases {
            if !matches!(answer, Err(OriginError::NotFound)) {
                break;
            }
            answer = match below(base, source) {
                Some(url) => self.fetch_url(url, known, credentials).await,
                None => Err(OriginError::NotFound),
            };
        }
        answer
    }

    async fn fetch_url(
        &self,
        url: Url,
        known: Option<&Validator>,
        credentials: Option<&HeaderMap>,
    ) -> Result<Fetch, OriginError> {
        let fetcher = self.fetcher.as_ref().ok_or(OriginError::NotAllowed)?;
        fetcher.fetch(url, known, credentials, self.memory.hold()).await
    }
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
            return Ok(Fetch::Unchanged { cache_control: None, expires: None, place: Place::Here });
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
