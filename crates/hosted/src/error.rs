//! What can go wrong with stored images, by cause.

use tintype::codecs::CodecError;
use tintype_pixels::Fault;

use crate::{FilterError, IdError, ImageId, MAX_KEYS, MAX_METADATA_BYTES, MAX_VARIANTS, VariantError};

/// What a body's stream failed with; it is given back as it was.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Why something could not be done with stored images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostedError {
    /// There is no such image, or it is a draft where bytes are needed.
    #[error("there is no image {id:?}")]
    NoImage {
        /// What was asked for.
        id: String,
    },
    /// There is no such variant.
    #[error("there is no variant {id:?}")]
    NoVariant {
        /// What was asked for.
        id: String,
    },
    /// There is no such account, or none with this hash.
    #[error("there is no account {id:?}")]
    NoAccount {
        /// What was asked for.
        id: String,
    },
    /// There is no such token.
    #[error("there is no token {id:?}")]
    NoToken {
        /// What was asked for.
        id: String,
    },
    /// The id is taken.
    #[error("an image {id:?} already exists")]
    ImageExists {
        /// The id.
        id: String,
    },
    /// The name is taken.
    #[error("a variant {id:?} already exists")]
    VariantExists {
        /// The name.
        id: String,
    },
    /// Not an id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// Custom ids are public: whoever knows the name can ask for it.
    #[error("image {id:?} has a custom id, and such images cannot require signed URLs")]
    CustomPrivate {
        /// The id.
        id: String,
    },
    /// Not metadata.
    #[error("metadata is not a JSON object of at most {} bytes: {reason}", MAX_METADATA_BYTES)]
    Metadata {
        /// Why.
        reason: String,
    },
    /// A text is longer than it may be.
    #[error("{what} has {n_chars} characters; the most are {limit}")]
    LongText {
        /// Which.
        what: &'static str,
        /// What was given.
        n_chars: usize,
        /// What may be given.
        limit: usize,
    },
    /// A text has the character U+0000, which no database keeps.
    #[error("{what} has the character U+0000, which cannot be kept")]
    Zero {
        /// Which.
        what: &'static str,
    },
    /// Not a condition on metadata, or too many.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// Not a place to continue a list from.
    #[error("{given:?} is not a continuation token of a list")]
    Cursor {
        /// What was given.
        given: String,
    },
    /// Pages of so many images are not given.
    #[error("pages have 1 to {} images, not {given}", crate::MAX_PAGE)]
    PageSize {
        /// What was given.
        given: u32,
    },
    /// Not a variant.
    #[error(transparent)]
    Variant(#[from] VariantError),
    /// There are as many variants as there may be.
    #[error("the account has {} variants, the most there may be", MAX_VARIANTS)]
    ManyVariants,
    /// There are as many keys as there may be.
    #[error("the account has {} signing keys, the most there may be", MAX_KEYS)]
    ManyKeys,
    /// Not a key's name.
    #[error("{name:?} is not a name of a signing key: 1 to 20 letters, digits, hyphens and underscores")]
    KeyName {
        /// What was given.
        name: String,
    },
    /// There is no such key.
    #[error("there is no signing key {name:?}")]
    NoKey {
        /// What was asked for.
        name: String,
    },
    /// Not an account's id.
    #[error("{id:?} is not an account's id: 32 hexadecimal digits")]
    AccountId {
        /// What was given.
        id: String,
    },
    /// A time to live outside of its bounds.
    #[error("browser_ttl is {given} s; it is a number of seconds from 3600 to 31536000")]
    BrowserTtl {
        /// What was given.
        given: i64,
    },
    /// A direct upload cannot be open for so long.
    #[error("expiry has to be between 2 minutes and 6 hours from now")]
    Expiry,
    /// The account is full.
    #[error("the account has {limit} images, the most there may be")]
    ManyImages {
        /// The limit.
        limit: u64,
    },
    /// Too many bytes.
    #[error("the image is larger than {limit_bytes} bytes, the limit")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// Not a picture that may be uploaded.
    #[error(transparent)]
    Picture(#[from] CodecError),
    /// The body could not be read to its end.
    #[error("the image was not sent completely: {0}")]
    Body(BodyError),
    /// The upload took so long that it was taken for a dead one.
    #[error("the upload took too long")]
    Abandoned,
    /// The setting says nothing that can be opened.
    #[error("{key}: {given:?} is not {accepted}")]
    Setting {
        /// Which.
        key: &'static str,
        /// What was given, without what may be secret.
        given: String,
        /// What is.
        accepted: &'static str,
    },
    /// The store's configuration, or the store.
    #[error("the store of images fails: {0}")]
    Blobs(#[from] object_store::Error),
    /// The database.
    #[error("the database of images fails: {0}")]
    Database(#[from] sqlx::Error),
    /// The database could not be brought up to date.
    #[error("the database of images cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// What the database holds cannot be read.
    #[error("the database of images holds what cannot be read: {0}")]
    Stored(String),
    /// The folder of images.
    #[error("the folder of images fails: {0}")]
    Folder(std::io::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// A thread or task of ours is gone: it panicked, or the program ends.
    #[error("work on stored images was broken off")]
    Worker,
}

impl HostedError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoImage { .. }
            | Self::NoVariant { .. }
            | Self::NoAccount { .. }
            | Self::NoToken { .. }
            | Self::ImageExists { .. }
            | Self::VariantExists { .. }
            | Self::Id(_)
            | Self::CustomPrivate { .. }
            | Self::Metadata { .. }
            | Self::LongText { .. }
            | Self::Zero { .. }
            | Self::Filter(_)
            | Self::Cursor { .. }
            | Self::PageSize { .. }
            | Self::Variant(_)
            | Self::ManyVariants
            | Self::ManyKeys
            | Self::KeyName { .. }
            | Self::NoKey { .. }
            | Self::AccountId { .. }
            | Self::BrowserTtl { .. }
            | Self::Expiry
            | Self::ManyImages { .. }
            | Self::Setting { .. } => Fault::Request,
            Self::TooLarge { .. } => Fault::TooLarge,
            Self::Picture(error) => error.fault(),
            Self::Body(_) | Self::Abandoned => Fault::Unreachable,
            Self::Database(error) if is_away(error) => Fault::Busy,
            // Neither missing nor forbidden: no answer, after it was asked again some times.
            Self::Blobs(object_store::Error::Generic { .. }) => Fault::Busy,
            Self::Blobs(_)
            | Self::Database(_)
            | Self::Migration(_)
            | Self::Stored(_)
            | Self::Folder(_)
            | Self::Random(_)
            | Self::Worker => Fault::Internal,
        }
    }

    pub(crate) fn no_image(id: &str) -> Self {
        Self::NoImage { id: id.to_owned() }
    }

    /// A taken id, where that is what the database says.
    pub(crate) fn taken(error: sqlx::Error, id: &ImageId) -> Self {
        match error.as_database_error() {
            Some(refused) if refused.is_unique_violation() => Self::ImageExists { id: id.to_string() },
            _ => error.into(),
        }
    }
}

/// Whether the database cannot be reached, starts, stops or has too much to do: nothing is wrong with what it was asked.
fn is_away(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    match error {
        E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => true,
        // PostgreSQL's classes of codes: connections, resources, an operator's intervention. SQLite's: somebody else writes.
        E::Database(error) => {
            let code = error.code().unwrap_or_default();
            ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) || matches!(&*code, "5" | "517")
        }
        _ => false,
    }
}

/// Refuses a text of more than `limit` characters, or with U+0000.
pub(crate) fn within(what: &'static str, text: &str, limit: usize) -> Result<(), HostedError> {
    let n_chars = text.chars().count();
    if n_chars > limit {
        return Err(HostedError::LongText { what, n_chars, limit });
    }
    if text.contains('\0') { Err(HostedError::Zero { what }) } else { Ok(()) }
}
