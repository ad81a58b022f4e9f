//! The store of bytes: a folder, or a bucket of S3, Google or Azure. It knows names and bytes, not whose they are.

use std::collections::HashSet;
use std::fs;
use std::future::poll_fn;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::io::AsyncWrite as _;
use tokio::runtime::Handle;
use url::Url;

use crate::{HostedError, Timestamp};

/// What is larger is sent in parts of this size, while it still comes in; the least that S3 takes.
const PART_BYTES: usize = 5 << 20;

/// Parts on their way at once.
const PARTS: usize = 4;

#[derive(Debug)]
pub(crate) struct Blobs {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Where the store is a folder.
    folder: Option<PathBuf>,
}

/// An image's bytes, as they come out of the store.
pub struct Blob {
    /// How many there are.
    pub n_bytes: u64,
    /// The bytes.
    pub stream: BoxStream<'static, Result<Bytes, io::Error>>,
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blob").field("n_bytes", &self.n_bytes).finish_non_exhaustive()
    }
}

/// A file that is being written. Dropped before its end it is given up, as by [`Writing::abort`].
#[derive(Debug)]
pub(crate) struct Writing {
    /// Until the end.
    writer: Option<BufWriter>,
}

impl Blobs {
    /// Opens `text`, see [`Settings::blobs`](crate::Settings::blobs). A folder is made where there is none.
    pub(crate) fn open(text: &str, options: &[(String, String)]) -> Result<Self, HostedError> {
        match Url::parse(text).ok().filter(|_| text.contains("://")) {
            Some(url) if matches!(url.scheme(), "s3" | "gs" | "az" | "abfs" | "abfss") => {
                // One of them for the process; whoever came first has chosen.
                drop(rustls::crypto::ring::default_provider().install_default());
                let options = options.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
                let (store, prefix) = object_store::parse_url_opts(&url, options)?;
                Ok(Self { store: Arc::from(store), prefix, folder: None })
            }
            Some(url) => Err(HostedError::Setting {
                key: "hosted.blobs",
                given: url.scheme().to_owned(),
                accepted: "the path of a folder, or s3://bucket/prefix, gs://bucket/prefix or az://container/prefix",
            }),
            None => {
                fs::create_dir_all(text).map_err(HostedError::Folder)?;
                let store = LocalFileSystem::new_with_prefix(text)?.with_fsync(true);
                let folder = Some(FilePath::new(text).to_owned());
                Ok(Self { store: Arc::new(store), prefix: Path::default(), folder })
            }
        }
    }

    /// Where a file is: not too many in one folder.
    fn place(&self, name: &str) -> Path {
        let folder = name.get(..2).unwrap_or("00");
        self.prefix.clone().join("images").join(folder).join(name)
    }

    /// Begins a file. It is there when [`Writing::finish`] says so, and not at all before.
    pub(crate) fn write(&self, name: &str) -> Writing {
        let writer = BufWriter::with_capacity(Arc::clone(&self.store), self.place(name), PART_BYTES);
        Writing { writer: Some(writer.with_max_concurrency(PARTS)) }
    }

    /// A file, in pieces.
    pub(crate) async fn read(&self, name: &str) -> Result<Blob, HostedError> {
        let found = self.store.get(&self.place(name)).await?;
        Ok(Blob { n_bytes: found.meta.size, stream: found.into_stream().map_err(io::Error::other).boxed() })
    }

    /// A file as a whole.
    pub(crate) async fn read_whole(&self, name: &str) -> Result<Bytes, HostedError> {
        Ok(self.store.get(&self.place(name)).await?.bytes().await?)
    }

    /// Removes a file; one that is not there is as good as removed.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), HostedError> {
        match self.store.delete(&self.place(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Names of all files of ours that were last written before `before`. Others may stand in the same folder or bucket.
    pub(crate) fn names(&self, before: Timestamp) -> BoxStream<'_, Result<String, HostedError>> {
        let prefix = self.prefix.clone().join("images");
        let listed = self.store.list(Some(&prefix)).map_err(HostedError::from);
        let names = listed.try_filter_map(move |object| async move {
            let is_old = object.last_modified.timestamp_millis() < before.0;
            let name = object.location.filename().filter(|name| is_old && is_name(name));
            Ok(name.filter(|name| self.place(name) == object.location).map(str::to_owned))
        });
        names.boxed()
    }

    /// Removes what a crash left of files that were being written before `before`; how many. Object stores show none: their
    /// own rules (a bucket's lifecycle) end uploads that a crash has left.
    pub(crate) async fn remove_unfinished(&self, before: Timestamp) -> Result<usize, HostedError> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let work = move || unfinished(&folder.join("images"), before);
        tokio::task::spawn_blocking(work).await.map_err(|_panic| HostedError::Worker)?.map_err(HostedError::Folder)
    }
}

/// Removes files that are named as `object_store` names those that it will rename: `NAME#NUMBER`.
fn unfinished(folder: &FilePath, before: Timestamp) -> io::Result<usize> {
    let mut n_removed = 0;
    let parts = match fs::read_dir(folder) {
        Ok(parts) => parts,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    for part in parts {
        let part = part?;
        if !part.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(part.path())? {
            let file = file?;
            let name = file.file_name();
            if !name.to_str().and_then(|name| name.split_once('#')).is_some_and(|(name, _)| is_name(name)) {
                continue;
            }
            let written = match file.metadata() {
                Ok(metadata) => metadata.modified()?,
                // Renamed in this moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let written_ms = written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
            if i64::try_from(written_ms).unwrap_or(i64::MAX) < before.0 {
                match fs::remove_file(file.path()) {
                    Ok(()) => n_removed += 1,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(n_removed)
}

impl Writing {
    /// Writes more. Waits where the store is slower than the sender.
    pub(crate) async fn put(&mut self, bytes: Bytes) -> Result<(), HostedError> {
        Ok(self.writer.as_mut().expect("an end takes the file away").put(bytes).await?)
    }

    /// Ends the file.
    pub(crate) async fn finish(mut self) -> Result<(), HostedError> {
        let mut writer = self.writer.take().expect("an end takes the file away");
        let done = poll_fn(|context| Pin::new(&mut writer).poll_shutdown(context)).await;
        done.map_err(|error| match error.downcast::<object_store::Error>() {
            Ok(error) => error.into(),
            Err(error) => HostedError::Folder(error),
        })
    }

    /// Gives the file up.
    pub(crate) async fn abort(mut self) {
        if let Some(writer) = self.writer.take() {
            give_up(writer).await;
        }
    }
}

impl Drop for Writing {
    /// Whoever sent it went away. Buckets keep parts until somebody tells them not to.
    fn drop(&mut self) {
        if let (Some(writer), Ok(runtime)) = (self.writer.take(), Handle::try_current()) {
            runtime.spawn(give_up(writer));
        }
    }
}

async fn give_up(mut writer: BufWriter) {
    if let Err(error) = writer.abort().await {
        tracing::warn!(%error, "an upload to the store of images could not be ended");
    }
}

/// Whether a file may be called so that is ours, see [`random::hex`].
fn is_name(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Those of `names` that are not among `known`.
pub(crate) fn strangers(names: Vec<String>, known: &[String]) -> Vec<String> {
    let known: HashSet<&str> = known.iter().map(String::as_str).collect();
    names.into_iter().filter(|name| !known.contains(name.as_str())).collect()
}
