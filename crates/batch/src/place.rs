//! Where pictures come from and where results go: a folder, or a prefix in a bucket.
//!
//! Keys are relative to a place, with `/` between their parts. A result is there whole or not at all: stores put
//! objects at once, and in folders a file is written beside its place, as `NAME#1`, and renamed.

use std::{fmt, fs, path::PathBuf, sync::Arc, sync::Once, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{
    Attribute, ObjectStore, ObjectStoreExt as _, PutOptions, PutPayload, RetryConfig, aws::AmazonS3Builder,
    azure::MicrosoftAzureBuilder, gcp::GoogleCloudStorageBuilder, local::LocalFileSystem, path::Path,
};
use url::Url;

use crate::{BatchError, Kind};

/// Objects that are listed, looked at and queued together.
const LISTED_TOGETHER: usize = 1000;

/// A store that does not answer is asked again for as long; then the picture's own attempts go on.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder or a prefix in a bucket.
#[derive(Clone, Debug)]
pub struct Place {
    name: String,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Folders know no media types.
    is_folder: bool,
    /// Whether objects are listed in the order of their keys, so that a listing can go on behind one.
    is_ordered: bool,
}

/// What reading a picture gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Its bytes.
    Picture(Vec<u8>),
    /// It has more bytes than it may.
    TooLarge,
    /// A picture that is not read, and why.
    Unread(String),
    /// No picture.
    Other,
    /// Removed since it was listed.
    Gone,
}

impl Place {
    /// Where pictures are read from. Credentials of buckets come from the environment, as their makers' tools read
    /// them: `AWS_…`, `GOOGLE_…`, `AZURE_…`.
    ///
    /// # Errors
    /// [`BatchError::NoPlace`], also for a folder that is not there, and [`BatchError::Store`]. No bucket is asked yet.
    pub fn source(text: &str) -> Result<Self, BatchError> {
        match bucket(text)? {
            Some(place) => Ok(place),
            None => Self::folder(text, folder(text)?),
        }
    }

    /// Where results are written to. A folder is made if it is not there.
    ///
    /// # Errors
    /// As [`Place::source`].
    pub fn destination(text: &str) -> Result<Self, BatchError> {
        if let Some(place) = bucket(text)? {
            return Ok(place);
        }
        let path = folder(text)?;
        fs::create_dir_all(&path).map_err(|error| no_place(text, &format!("the folder cannot be made: {error}")))?;
        Self::folder(text, path)
    }

    fn folder(text: &str, path: PathBuf) -> Result<Self, BatchError> {
        let path = fs::canonicalize(&path).map_err(|error| no_place(text, &error.to_string()))?;
        if !path.is_dir() {
            return Err(no_place(text, "it is no folder; `tintype transform` takes single files"));
        }
        let name = Url::from_file_path(&path).map_err(|()| no_place(text, "its path cannot be written as a URL"))?;
        let name = name.as_str().trim_end_matches('/').to_owned();
        let store = LocalFileSystem::new_with_prefix(&path).map_err(|source| BatchError::Store {
            place: text.to_owned(),
            done: "opened",
            source,
        })?;
        Ok(Self { name, store: Arc::new(store), prefix: Path::ROOT, is_folder: true, is_ordered: false })
    }

    /// The part of our keys that all keys of `inner` begin with; `None` where it is not inside. Empty where both are one.
    pub(crate) fn part_of<'a>(&self, inner: &'a Self) -> Option<&'a str> {
        let rest = inner.name.strip_prefix(&self.name)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }

    /// All keys, some at a time; behind `after` where they are listed in order.
    pub(crate) fn list(&self, after: Option<&str>) -> BoxStream<'static, Result<Vec<String>, BatchError>> {
        let prefix = (!self.prefix.is_root()).then_some(&self.prefix);
        let after = after.filter(|_| self.is_ordered).map(|key| self.path_text(key));
        let objects = match after {
            // A key that was listed is a path.
            Some(after) => self.store.list_with_offset(prefix, &Path::parse(&after).unwrap_or_default()),
            None => self.store.list(prefix),
        };
        let (place, skipped) = (self.name.clone(), self.path_text(""));
        objects
            .map_ok(move |object| {
                let path = object.location.as_ref();
                path.strip_prefix(&skipped).unwrap_or(path).to_owned()
            })
            .try_chunks(LISTED_TOGETHER)
            .map_err(move |error| BatchError::Store { place: place.clone(), done: "listed", source: error.1 })
            .boxed()
    }

    /// All keys.
    ///
    /// # Errors
    /// [`BatchError::Store`].
    pub async fn keys(&self) -> Result<Vec<String>, BatchError> {
        self.list(None).try_concat().await
    }

    /// An object of at most `limit` bytes, whatever it holds; none where there is none.
    ///
    /// # Errors
    /// The store's, and [`object_store::Error::Generic`] for one that is larger.
    pub async fn read_any(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>, object_store::Error> {
        let answer = match self.store.get(&self.path(key)?).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            answer => answer?,
        };
        if answer.meta.size > limit {
            let source = format!("{key:?} has {} bytes; the most are {limit}", answer.meta.size).into();
            return Err(object_store::Error::Generic { store: "place", source });
        }
        Ok(Some(answer.bytes().await?.into()))
    }

    /// Reads what is no larger than `limit` bytes and begins as a picture; of anything else only the beginning.
    ///
    /// # Errors
    /// The store's; an object that is not there is none.
    pub async fn read(&self, key: &str, limit: u64) -> Result<Read, object_store::Error> {
        let answer = match self.store.get(&self.path(key)?).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(Read::Gone),
            answer => answer?,
        };
        let size = answer.meta.size;
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(limit)).unwrap_or_default());
        let mut stream = answer.into_stream();
        let mut is_known = false;
        loop {
            let chunk = stream.try_next().await?;
            bytes.extend_from_slice(chunk.as_deref().unwrap_or_default());
            if !is_known && (chunk.is_none() || bytes.len() >= Kind::START_BYTES) {
                match Kind::of(&bytes[..bytes.len().min(Kind::START_BYTES)]) {
                    Kind::Picture if size > limit => return Ok(Read::TooLarge),
                    Kind::Picture => is_known = true,
                    Kind::Unread(why) => return Ok(Read::Unread(why)),
                    Kind::Other => return Ok(Read::Other),
                }
            }
            match chunk {
                _ if bytes.len() as u64 > limit => return Ok(Read::TooLarge),
                Some(_) => {}
                None => return Ok(Read::Picture(bytes)),
            }
        }
    }

    /// Whether there is an object of this key.
    ///
    /// # Errors
    /// The store's.
    pub async fn holds(&self, key: &str) -> Result<bool, object_store::Error> {
        match self.store.head(&self.path(key)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes an object, over one that is there.
    ///
    /// # Errors
    /// The store's.
    pub async fn write(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), object_store::Error> {
        let mut how = PutOptions::default();
        if !self.is_folder {
            how.attributes.insert(Attribute::ContentType, content_type.to_owned().into());
        }
        self.store.put_opts(&self.path(key)?, PutPayload::from(bytes), how).await?;
        Ok(())
    }

    fn path(&self, key: &str) -> Result<Path, object_store::Error> {
        Ok(Path::parse(self.path_text(key))?)
    }

    fn path_text(&self, key: &str) -> String {
        if self.prefix.is_root() { key.to_owned() } else { format!("{}/{key}", self.prefix) }
    }
}

/// As a URL.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn no_place(place: &str, why: &str) -> BatchError {
    BatchError::NoPlace { place: place.to_owned(), why: why.to_owned() }
}

/// The path of a folder that is given as one, or as `file://`.
fn folder(text: &str) -> Result<PathBuf, BatchError> {
    if !text.starts_with("file://") {
        return if text.is_empty() { Err(no_place(text, "it is empty")) } else { Ok(text.into()) };
    }
    let url = Url::parse(text).map_err(|error| no_place(text, &error.to_string()))?;
    url.to_file_path().map_err(|()| no_place(text, "it names no folder of this machine"))
}

/// A bucket, if `text` is written as one.
fn bucket(text: &str) -> Result<Option<Place>, BatchError> {
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| *scheme != "file") else {
        return Ok(None);
    };
    // As their makers' tools: no percent-encoding, the key begins behind the first slash.
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(no_place(text, "the bucket has no name"));
    }
    let prefix = Path::parse(prefix).map_err(|error| no_place(text, &error.to_string()))?;
    let retry = RetryConfig { retry_timeout: PATIENCE, ..RetryConfig::default() };
    install_tls();
    let (store, is_ordered) = match scheme {
        // What is called so is a directory bucket, which is listed in no order.
        "s3" => (s3(bucket, retry), !bucket.ends_with("--x-s3")),
        "gs" => (gcs(bucket, retry), true),
        // With a hierarchical namespace, names are in another order.
        "az" => (azure(bucket, retry), false),
        _ => return Err(no_place(text, &format!("{scheme}:// is not known"))),
    };
    let store = store.map_err(|source| BatchError::Store { place: text.to_owned(), done: "opened", source })?;
    let slash = if prefix.is_root() { "" } else { "/" };
    let name = format!("{scheme}://{bucket}{slash}{prefix}");
    Ok(Some(Place { name, store, prefix, is_folder: false, is_ordered }))
}

type Store = Result<Arc<dyn ObjectStore>, object_store::Error>;

fn s3(bucket: &str, retry: RetryConfig) -> Store {
    Ok(Arc::new(AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).build()?))
}

fn gcs(bucket: &str, retry: RetryConfig) -> Store {
    Ok(Arc::new(GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket).with_retry(retry).build()?))
}

fn azure(container: &str, retry: RetryConfig) -> Store {
    Ok(Arc::new(MicrosoftAzureBuilder::from_env().with_container_name(container).with_retry(retry).build()?))
}

/// Chooses ring for TLS, once per process; a provider that the program has already installed stays.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_by_their_scheme() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let name = Place::source(path).unwrap().to_string();
        assert!(name.starts_with("file:///"), "{name}");
        assert_eq!(Place::source(&name).unwrap().to_string(), name);
        assert_eq!(Place::source(&format!("{path}/")).unwrap().to_string(), name);
        assert_eq!(Place::destination(&format!("{path}/new/deep")).unwrap().to_string(), format!("{name}/new/deep"));
        assert_eq!(Place::source("s3://photos/2026/").unwrap().to_string(), "s3://photos/2026");
        assert_eq!(Place::source("s3://photos").unwrap().to_string(), "s3://photos");

        for bad in ["", "s3://", "ftp://host/folder", "/no/such/folder", "file://elsewhere/x", "s3://b/a//b"] {
            let error = Place::source(bad).unwrap_err().to_string();
            assert!(error.contains("s3://BUCKET/PREFIX"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_place_inside_of_another_is_known() {
        let place = |text| Place::source(text).unwrap();
        let part = |outer, inner| place(outer).part_of(&place(inner)).map(str::to_owned);
        assert_eq!(part("s3://b", "s3://b/small").as_deref(), Some("small"));
        assert_eq!(part("s3://b/a", "s3://b/a/small/x").as_deref(), Some("small/x"));
        assert_eq!(part("s3://b/a", "s3://b/a").as_deref(), Some(""));
        assert_eq!(part("s3://b/a", "s3://b/ab"), None);
        assert_eq!(part("s3://b", "s3://bc"), None);
    }
}
