//! Sources from object stores: Amazon S3 and what is compatible, Google Cloud Storage, Azure Blob Storage.
//!
//! The operator names bucket and endpoint, so their addresses are not judged; a client names only keys below the prefix.
//! Redirects are not followed. Requests are tried again twice where a store says that it is busy.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::Extensions;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{
    Attribute, BackoffConfig, ClientOptions, Error as StoreError, GetOptions, ObjectStore, RetryConfig,
};
use percent_encoding::percent_decode_str;
use reqwest::Client;
use reqwest::redirect::Policy;

use super::remote::{install_tls, origin_error, status_error};
use super::{Fetch, Fetched, Held, OriginError, Place, Received, Validator};
use crate::config::{Config, Scheme, Secret, StoreUrl};

/// A place in an object store that sources are read from.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    limit_bytes: u64,
    timeout: Duration,
}

/// Opens stores as a configuration says.
#[derive(Debug)]
pub(crate) struct Opener<'a> {
    config: &'a Config,
    client: Client,
}

impl<'a> Opener<'a> {
    /// For stores of `config`.
    pub(crate) fn new(config: &'a Config) -> Result<Self, reqwest::Error> {
        install_tls();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(config.origins.connect_timeout.0)
            .user_agent(concat!("tintype/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { config, client })
    }

    /// The store at `url`, with the options of the configured store in the same bucket, if there is one. No I/O but for files
    /// of credentials.
    pub(crate) fn open(&self, url: &StoreUrl) -> Result<Store, StoreError> {
        let stores = self.config.origins.stores.stores.values();
        let same =
            |of: &&crate::config::StoreConfig| (of.url.scheme(), of.url.bucket()) == (url.scheme(), url.bucket());
        let mut same: Vec<_> = stores.filter(same).collect();
        // The one with this very prefix before others.
        same.sort_by_key(|of| of.url != *url);
        self.open_with(url, same.first().map(|of| &of.options))
    }

    /// The store at `url`, with these options.
    pub(crate) fn open_with(
        &self,
        url: &StoreUrl,
        options: Option<&BTreeMap<String, Secret>>,
    ) -> Result<Store, StoreError> {
        let given = || options.into_iter().flatten().map(|(name, value)| (name.as_str(), value.reveal()));
        let retry = RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() },
            max_retries: 2,
            retry_timeout: self.config.origins.timeout.0,
        };
        let connector = Connector { client: self.client.clone() };
        // Three types without a trait in common.
        macro_rules! built {
            ($builder:ty) => {{
                let builder = <$builder>::from_env().with_url(url.url().as_str());
                let builder = given().try_fold(builder, |builder, (name, value)| {
                    Ok::<_, StoreError>(builder.with_config(name.parse()?, value))
                })?;
                Arc::new(builder.with_retry(retry).with_http_connector(connector).build()?) as Arc<dyn ObjectStore>
            }};
        }
        let store = match url.scheme() {
            Scheme::S3 => built!(AmazonS3Builder),
            Scheme::Gs => built!(GoogleCloudStorageBuilder),
            Scheme::Az => built!(MicrosoftAzureBuilder),
        };
        Ok(Store {
            store,
            prefix: Path::from_url_path(url.url().path())?,
            limit_bytes: self.config.limits.source_bytes.0,
            timeout: self.config.origins.timeout.0,
        })
    }
}

impl Store {
    /// Reads the object that `source`, with escapes and perhaps a query, names below the prefix; only if it has changed from `known`.
    pub(crate) async fn fetch(
        &self,
        source: &str,
        known: Option<&Validator>,
        held: Held,
    ) -> Result<Fetch, OriginError> {
        let key = self.key(source).ok_or(OriginError::NotFound)?;
        let read = self.read(&key, known, held);
        tokio::time::timeout(self.timeout, read).await.unwrap_or(Err(OriginError::DownloadTimeout))
    }

    /// The key of an object, or `None` when `source` is none: with a part that is empty or dots, or with control characters.
    fn key(&self, source: &str) -> Option<Path> {
        let path = source.split(['?', '#']).next().unwrap_or_default();
        let path = percent_decode_str(path).decode_utf8().ok()?;
        // The store would take off slashes at the ends.
        if path.is_empty() || path.starts_with('/') || path.ends_with('/') {
            return None;
        }
        let below = Path::parse(&*path).ok()?;
        match self.prefix.as_ref() {
            "" => Some(below),
            prefix => Path::parse(format!("{prefix}/{below}")).ok(),
        }
    }

    async fn read(&self, key: &Path, known: Option<&Validator>, mut held: Held) -> Result<Fetch, OriginError> {
        let answered = Answered::default();
        let mut extensions = Extensions::new();
        extensions.insert(answered.clone());
        let options = GetOptions { if_none_match: known.map(ToString::to_string), extensions, ..GetOptions::default() };
        let object = match self.store.get_opts(key, options).await {
            Ok(object) => object,
            Err(StoreError::NotModified { .. }) if known.is_some() => {
                return Ok(Fetch::Unchanged {
                    cache_control: None,
                    expires: None,
                    place: Place::There,
                    received: Received::now(),
                });
            }
            Err(error) => return Err(store_error(&error, &answered)),
        };
        let too_large = OriginError::TooLarge { limit_bytes: self.limit_bytes };
        let announced = object.meta.size;
        if announced > self.limit_bytes {
            return Err(too_large);
        }
        let validator = object.meta.e_tag.as_deref().and_then(Validator::parse);
        let cache_control = object.attributes.get(&Attribute::CacheControl).map(|value| value.to_string());
        let mut bytes = BytesMut::with_capacity(announced.min(1 << 20) as usize);
        let mut chunks = object.into_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| match store_error(&error, &answered) {
                // The store asks for the rest, and says that of what it got.
                OriginError::Failed => OriginError::Interrupted,
                error => error,
            })?;
            if (bytes.len() + chunk.len()) as u64 > self.limit_bytes {
                return Err(too_large);
            }
            held.grow(chunk.len() as u64)?;
            bytes.extend_from_slice(&chunk);
        }
        if bytes.len() as u64 != announced {
            return Err(OriginError::Interrupted);
        }
        Ok(Fetch::Fetched(Fetched {
            bytes: bytes.freeze(),
            validator,
            cache_control,
            expires: None,
            place: Place::There,
            held: Arc::new(held),
            received: Received::now(),
        }))
    }
}

/// What an error of the store means. Its own text names buckets and endpoints, so it goes to the log alone.
fn store_error(error: &StoreError, answered: &Answered) -> OriginError {
    match error {
        StoreError::NotFound { .. } => return OriginError::NotFound,
        StoreError::PermissionDenied { .. } => return OriginError::ClientError { status: 403 },
        StoreError::Unauthenticated { .. } => return OriginError::ClientError { status: 401 },
        _ => {}
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return origin_error(error);
        }
        cause = error.source();
    }
    tracing::warn!(error = error as &dyn Error, "an object store failed");
    status_error(answered.status()).unwrap_or(OriginError::Failed)
}

/// The status of the last answer to a request for an object; 0 before there is one. The store's errors do not tell.
#[derive(Clone, Debug, Default)]
struct Answered(Arc<AtomicU16>);

impl Answered {
    fn status(&self) -> u16 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Has all requests of a store sent by one client.
#[derive(Debug)]
struct Connector {
    client: Client,
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service { client: self.client.clone() }))
    }
}

#[derive(Debug)]
struct Service {
    client: Client,
}

// Written as the trait's attribute would.
impl HttpService for Service {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let answered = request.extensions().get::<Answered>().cloned();
            let mut response = HttpService::call(&self.client, request).await?;
            if let Some(answered) = answered {
                answered.0.store(response.status().as_u16(), Ordering::Relaxed);
                // The store would keep the whole text of an error, however long it is.
                if !response.status().is_success() {
                    *response.body_mut() = Bytes::new().into();
                }
            }
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_below_the_prefix() {
        let config = Config::default();
        let opener = Opener::new(&config).unwrap();
        let options =
            BTreeMap::from([("access_key_id".to_owned(), "a".into()), ("secret_access_key".to_owned(), "b".into())]);
        let key = |url: &str, source: &str| {
            let store = opener.open_with(&url.parse().unwrap(), Some(&options)).unwrap();
            store.key(source).map(|key| key.to_string())
        };
        let table = [
            ("a.jpg", Some("pub/a.jpg")),
            ("a/b%20c.jpg?v=1", Some("pub/a/b c.jpg")),
            ("a/%C3%BC.jpg", Some("pub/a/ü.jpg")),
            ("%2E%2E/secret.jpg", None),
            ("../secret.jpg", None),
            ("..%2Fsecret.jpg", None),
            ("a/../b.jpg", None),
            ("a//b.jpg", None),
            ("/a.jpg", None),
            ("a/", None),
            ("", None),
            ("?v=1", None),
            ("a%00.jpg", None),
            ("a%FF.jpg", None),
            ("%252e%252e/a.jpg", Some("pub/%2e%2e/a.jpg")),
        ];
        for (source, expected) in table {
            assert_eq!(key("s3://bucket/pub/", source).as_deref(), expected, "{source}");
        }
        assert_eq!(key("s3://bucket", "a.jpg").as_deref(), Some("a.jpg"));
    }
}
