//! A database and a store for one test, and pictures to put there.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use tempfile::TempDir;
use tintype_hosted::{
    AccountId, BodyError, Clock, Hosted, HostedError, Image, ImageId, Limits, Metadata, NewImage, Settings,
};
use tintype_testkit::{Postgres, S3};

/// Stored images of one test.
pub(crate) struct Stage {
    pub(crate) hosted: Hosted,
    pub(crate) settings: Settings,
    ahead_ms: Arc<AtomicI64>,
    /// The folder with the store's files, as they are.
    pub(crate) files: PathBuf,
    /// All that the store keeps, where that is.
    pub(crate) store: PathBuf,
    _held: (Option<TempDir>, Option<(Postgres, S3)>),
}

pub(crate) fn settings_in(folder: &std::path::Path) -> Settings {
    Settings {
        database: folder.join("images.db").to_str().unwrap().to_owned(),
        blobs: folder.join("blobs").to_str().unwrap().to_owned(),
        blob_options: Vec::new(),
        limits: Limits { images: 1000, ..Limits::default() },
        webhooks: true,
    }
}

impl Stage {
    pub(crate) async fn local() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_in(folder.path());
        let (files, store) = (folder.path().join("blobs/images"), folder.path().join("blobs"));
        Self::open(settings, files, store, (Some(folder), None)).await
    }

    pub(crate) async fn services() -> Self {
        // They block, and have a runtime of their own.
        let started = tokio::task::spawn_blocking(|| (Postgres::start(), S3::start()));
        let (postgres, s3) = started.await.unwrap();
        let bucket = s3.bucket("pictures");
        let (files, store) = (bucket.join("of/a/service/images"), bucket.parent().unwrap().to_owned());
        let settings = Settings {
            database: postgres.url(),
            blobs: "s3://pictures/of/a/service".to_owned(),
            blob_options: s3.environment().map(|(name, value)| (name.to_owned(), value)).to_vec(),
            limits: Limits { images: 1000, ..Limits::default() },
            webhooks: true,
        };
        Self::open(settings, files, store, (None, Some((postgres, s3)))).await
    }

    async fn open(
        settings: Settings,
        files: PathBuf,
        store: PathBuf,
        held: (Option<TempDir>, Option<(Postgres, S3)>),
    ) -> Self {
        let ahead_ms = Arc::new(AtomicI64::new(0));
        let hosted = Hosted::open_with(&settings, Clock::Ahead(Arc::clone(&ahead_ms))).await.unwrap();
        Self { hosted, settings, ahead_ms, files, store, _held: held }
    }

    /// Lets time go by.
    pub(crate) fn wait(&self, span: Duration) {
        self.ahead_ms.fetch_add(span.as_millis() as i64, Ordering::Relaxed);
    }

    /// A new account.
    pub(crate) async fn account(&self) -> AccountId {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let id = AccountId::parse(&format!("{:032x}", COUNT.fetch_add(1, Ordering::Relaxed))).unwrap();
        self.hosted.first_account(Some(&id), None).await.unwrap().id
    }

    /// Uploads a picture that no other is like.
    pub(crate) async fn upload(&self, account: &AccountId, new: NewImage) -> Result<Image, HostedError> {
        let received = self.hosted.receive(body(&picture(20, 10), 100)).await?;
        self.hosted.publish(account, received, new).await
    }

    /// How many files the store has.
    pub(crate) fn n_files(&self) -> usize {
        let Ok(folders) = std::fs::read_dir(&self.files) else { return 0 };
        folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
    }
}

/// `bytes` in pieces.
pub(crate) fn body(bytes: &[u8], piece: usize) -> impl futures_util::Stream<Item = Result<Bytes, BodyError>> + use<> {
    let pieces: Vec<_> = bytes.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

/// A PNG that no other is like.
pub(crate) fn picture(width: u32, height: u32) -> Vec<u8> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let unique = format!("{} {count}", std::process::id());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.add_text_chunk("Comment".to_owned(), unique).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![count as u8; (width * height) as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}

pub(crate) fn custom(id: &str) -> NewImage {
    NewImage { id: Some(ImageId::custom(id).unwrap()), ..NewImage::default() }
}

pub(crate) fn with_metadata(text: &str) -> NewImage {
    NewImage { metadata: Some(Metadata::parse(text).unwrap()), ..NewImage::default() }
}
