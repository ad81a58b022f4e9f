//! What keeps a batch from going on. What is wrong with one picture is no such thing: it is counted.

use std::time::Duration;

use tintype::{Fault, TransformError};

/// Why a batch cannot begin or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A source or destination is not written as one.
    #[error(
        "{place:?} is no source or destination: {why}; accepted are a folder, file:///FOLDER, s3://BUCKET/PREFIX, \
         gs://BUCKET/PREFIX and az://CONTAINER/PREFIX"
    )]
    NoPlace {
        /// What was given.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// Results would be written among sources, or over them.
    #[error(
        "results in {destination} could take the place of pictures in {source_place}; name a prefix or folder of their own"
    )]
    Overlap {
        /// Where pictures come from.
        source_place: String,
        /// Where results go.
        destination: String,
    },
    /// A pattern of names is not written as one.
    #[error("{pattern:?} is no pattern of names: {why}; *, **, ? and [a-z] stand for parts of a name")]
    NoPattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A store cannot be set up or listed.
    #[error("{place} cannot be {done}; are its name, the credentials and the region in the environment right?")]
    Store {
        /// Which one.
        place: String,
        /// `opened` or `listed`.
        done: &'static str,
        /// What the store says.
        source: object_store::Error,
    },
    /// The address of a queue is not one of PostgreSQL.
    #[error("the queue's address is not one such as postgres://USER@HOST/DATABASE")]
    NoQueue(#[source] sqlx::Error),
    /// The queue's database was away for too long.
    #[error("the queue did not answer for {} s while {doing}; start the same command again when it does", waited.as_secs())]
    QueueAway {
        /// What was to be done.
        doing: &'static str,
        /// How long was waited.
        waited: Duration,
        /// The last error.
        source: sqlx::Error,
    },
    /// The queue's database refuses something.
    #[error("the queue refuses {doing}; its user needs the right to create a schema, or to use tintype_batch")]
    QueueRefuses {
        /// What was to be done.
        doing: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// The queue's tables cannot be made, or are of another version of tintype.
    #[error(
        "the queue's tables cannot be set up; its user needs the right to create a schema, and all nodes the same tintype"
    )]
    Tables(#[source] sqlx::migrate::MigrateError),
    /// The GPU is gone.
    #[error("the device is lost; start the same command again to go on")]
    Lost(#[source] TransformError),
}

impl BatchError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoPlace { .. } | Self::Overlap { .. } | Self::NoPattern { .. } | Self::NoQueue(_) => Fault::Request,
            Self::Store { .. } | Self::QueueAway { .. } => Fault::Unreachable,
            Self::QueueRefuses { .. } | Self::Tables(_) | Self::Lost(_) => Fault::Internal,
        }
    }
}
