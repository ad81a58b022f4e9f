//! Stored images: uploaded once, kept in a database and a store of bytes, delivered in every variant.
//!
//! Metadata is in SQLite or PostgreSQL, bytes in a folder or an object store; which of them makes no difference to callers.
//! Several processes on one database and one store are one service. Nothing here knows HTTP, and no picture is made here:
//! what a variant means is told as options, and the bytes of the original are given out.
//!
//! Start with [`Hosted::open`]; [`Hosted::receive`] and [`Hosted::publish`] are an upload.
//!
//! # What a crash leaves behind
//!
//! Nothing. Each file of the store has a row in `blobs` from before it is written until after it is removed, and a row in
//! `images` appears in the same transaction that says that the file is owned. So whatever was acknowledged has its bytes, and
//! whatever was not is found by [`Hosted::sweep`], which may run anywhere at any time.

#![forbid(unsafe_code)]

mod accounts;
mod blobs;
mod clock;
mod database;
mod delivery;
mod direct;
mod error;
mod filter;
mod id;
mod images;
mod keys;
mod list;
mod metadata;
mod random;
mod receive;
mod select;
pub mod signing;
mod sweep;
mod tokens;
mod usage;
mod variants;
pub mod webhooks;

use std::sync::Arc;

pub use accounts::{Account, AccountId, FirstAccount, Preferences, PreferencesPatch};
pub use blobs::Blob;
pub use clock::{Clock, Timestamp};
pub use delivery::DeliveryPath;
pub use direct::{Expiry, MAX_EXPIRY, MIN_EXPIRY};
pub use error::{BodyError, HostedError};
pub use filter::{Filter, FilterError};
pub use id::{IdError, ImageId};
pub use images::{Content, IfTaken, Image, NewImage, Patch};
pub use keys::{Key, MAX_KEYS};
pub use list::{Creator, Cursor, LOOKED_AT, MAX_PAGE, NumberedPage, Order, Page, Query};
pub use metadata::{MAX_METADATA_BYTES, Metadata};
pub use receive::Received;
pub use sweep::Swept;
pub use tokens::{Grant, Scope, Token};
pub use usage::{Day, Delivered, MAX_DAYS};
pub use variants::{MAX_VARIANTS, Variant, VariantError, VariantPatch};

use blobs::Blobs;
use database::Database;
use usage::Counted;

/// Where images are kept, and how large they may be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite:///path/to/file.db`, the path alone, or `postgres://…`.
    pub database: String,
    /// The path of a folder, or `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`.
    pub blobs: String,
    /// What the store is opened with besides its URL: names and values as in the environment (`AWS_REGION`). Others are passed
    /// over.
    pub blob_options: Vec<(String, String)>,
    /// What may be uploaded.
    pub limits: Limits,
    /// Whether messages about direct uploads are written, for somebody who [takes them out](Hosted::due_messages).
    pub webhooks: bool,
}

/// What may be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file. Default 10 MB.
    pub bytes: u64,
    /// Longest side in pixels, of formats other than WebP and AVIF. Default 12,000.
    pub side_px: u32,
    /// Width times height. Default 100,000,000.
    pub area_px: u64,
    /// Width times height times frames of an animation. Default 100,000,000.
    pub animation_area_px: u64,
    /// Images of an account. Default 10,000,000.
    pub images: u64,
    /// Whether BMP and TIFF are taken. Default no.
    pub extra_inputs: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 10_000_000,
            side_px: 12_000,
            area_px: 100_000_000,
            animation_area_px: 100_000_000,
            images: 10_000_000,
            extra_inputs: false,
        }
    }
}

/// The stored images; cheap to clone.
#[derive(Clone, Debug)]
pub struct Hosted {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    blobs: Blobs,
    limits: Limits,
    webhooks: bool,
    clock: Clock,
    counted: Counted,
}

impl Hosted {
    /// Opens the database, which is brought up to date, and the store.
    pub async fn open(settings: &Settings) -> Result<Self, HostedError> {
        Self::open_with(settings, Clock::System).await
    }

    /// [`Hosted::open`], with the time told by `clock`.
    pub async fn open_with(settings: &Settings, clock: Clock) -> Result<Self, HostedError> {
        let blobs = Blobs::open(&settings.blobs, &settings.blob_options)?;
        let database = Database::open(&settings.database).await?;
        let Settings { limits, webhooks, .. } = *settings;
        let counted = Counted::default();
        Ok(Self { inner: Arc::new(Inner { database, blobs, limits, webhooks, clock, counted }) })
    }

    /// What may be uploaded.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Now, by the clock that it was opened with.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn database(&self) -> &Database {
        &self.inner.database
    }

    fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }
}
