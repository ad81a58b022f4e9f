//! Transforms all pictures of a folder or bucket into another, on one machine or on many.
//!
//! Results are there whole or not at all, so a run that ended can be started again and goes on with what is missing.
//! With a [queue](QueueOptions) in a PostgreSQL, any number of processes that are given the same [`Batch`] share one
//! run; pictures of a process that ends without a word are taken over by the others. Making a picture twice gives the
//! same object twice, so nobody ever has to know who was last.
//!
//! This crate shows nothing and reads no command line. Start with [`run`]; `ledger.rs` says what the two ways of
//! keeping account (`memory.rs`, `queue/`) have in common, `picture.rs` makes one picture.

#![forbid(unsafe_code)]

mod error;
mod include;
mod kind;
mod ledger;
mod memory;
pub mod names;
mod picture;
mod place;
mod queue;
mod stop;
mod work;

use std::{fmt, num::NonZeroUsize, sync::Arc};

use tintype::{Tintype, TransformOptions, Warning, options::canonical};

pub use error::BatchError;
pub use include::Include;
pub use kind::Kind;
pub use place::{Place, Read};
pub use queue::QueueOptions;
pub use stop::Stop;

use memory::Memory;
use picture::Maker;
use queue::Queue;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Where pictures come from.
    pub source: Place,
    /// Where results go, under the same keys but for the extension.
    pub destination: Place,
    /// What is done to each. Without a format each picture keeps its own.
    pub options: TransformOptions,
    /// Which keys of the source are taken.
    pub include: Include,
    /// What becomes of results that are there.
    pub existing: Existing,
    /// What becomes of the run when a picture fails.
    pub failures: Failures,
    /// Pictures in work at the same time, in this process.
    pub jobs: NonZeroUsize,
}

/// What becomes of results that are there when a run begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// They stay, and their pictures are skipped.
    #[default]
    Keep,
    /// They are made again.
    Replace,
}

/// What becomes of the run when a picture fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Failures {
    /// It ends, on all nodes, once what has begun is done.
    #[default]
    Stop,
    /// They are counted.
    Count,
}

/// Something that happened, for whoever watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// How far all nodes are.
    Progress(Counts),
    /// A picture was made here.
    Done {
        /// Its key in the source.
        input: &'a str,
        /// The result's key in the destination.
        output: &'a str,
        /// What was odd about it.
        warnings: &'a [Warning],
    },
    /// A picture was left out here.
    Skipped {
        /// Its key in the source.
        input: &'a str,
        /// Why.
        why: &'a str,
    },
    /// A picture failed here.
    Failed {
        /// Its key in the source.
        input: &'a str,
        /// Why.
        error: &'a str,
    },
}

/// How many pictures of a run are where, over all nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects of the source, as far as they are listed.
    pub listed: u64,
    /// Whether that is all of them.
    pub is_listed: bool,
    /// Results that were written.
    pub done: u64,
    /// Left out: the result was there, or it is no picture.
    pub skipped: u64,
    /// Failed for good.
    pub failed: u64,
    /// How often a node took over what another had begun and not ended.
    pub taken_over: u64,
    /// Bytes of the pictures that were done.
    pub bytes_in: u64,
    /// Bytes of their results.
    pub bytes_out: u64,
}

impl Counts {
    /// Pictures that nobody has ended yet.
    pub fn open(&self) -> u64 {
        self.listed.saturating_sub(self.done + self.skipped + self.failed)
    }
}

/// A picture that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its key in the source.
    pub input: String,
    /// Why.
    pub error: String,
}

/// How a run ended, over all nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many pictures ended how.
    pub counts: Counts,
    /// The first failures, by key, or by time without a queue; at most [`Summary::MOST_FAILURES`].
    pub failures: Vec<Failure>,
    /// The run's number in the queue.
    pub run: Option<i64>,
}

impl Summary {
    /// How many failures are told one by one.
    pub const MOST_FAILURES: usize = 100;

    /// Whether everything was looked at and nothing failed.
    pub fn is_complete(&self) -> bool {
        self.counts.is_listed && self.counts.open() == 0 && self.counts.failed == 0
    }
}

/// Does `batch`, alone or with whoever else is at the same in the queue, until all of it is done, on all nodes, or `stop`
/// is turned; then what has begun is ended and the rest given back.
///
/// `events` is called from several threads. Needs a tokio runtime of several threads: pictures are made beside it.
///
/// # Errors
/// See [`BatchError`]; failures of pictures are no errors but counted.
pub async fn run(
    tintype: &Tintype,
    batch: &Batch,
    queue: Option<&QueueOptions>,
    stop: Stop,
    events: impl Fn(Event<'_>) + Send + Sync + 'static,
) -> Result<Summary, BatchError> {
    batch.check()?;
    let maker = Arc::new(Maker {
        tintype: tintype.clone(),
        options: batch.options.clone(),
        source: batch.source.clone(),
        destination: batch.destination.clone(),
        existing: batch.existing,
    });
    let events: work::Events = Arc::new(events);
    match queue {
        None => {
            let memory = Arc::new(Memory::new(batch, stop.clone(), events.clone()));
            work::run(&memory, &maker, batch, &stop, &events).await?;
            Ok(memory.summary())
        }
        Some(options) => {
            let queue = Arc::new(Queue::join(options, batch, stop.clone()).await?);
            queue::work(&queue, &maker, batch, &stop, &events).await
        }
    }
}

impl Batch {
    fn check(&self) -> Result<(), BatchError> {
        let (source, destination) = (&self.source, &self.destination);
        if source.part_of(destination) == Some("") || destination.part_of(source).is_some() {
            return Err(BatchError::Overlap { source_place: source.to_string(), destination: destination.to_string() });
        }
        Ok(())
    }

    /// Whether this key of the source is to be done. Results below the source are none of its pictures.
    pub(crate) fn wants(&self, key: &str) -> bool {
        let is_result = self
            .source
            .part_of(&self.destination)
            .is_some_and(|below| key.strip_prefix(below).is_some_and(|rest| rest.starts_with('/')));
        !is_result && self.include.takes(key)
    }
}

/// All that makes one run another: processes for which this is the same text share a run.
impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = canonical::to_string(&self.options);
        writeln!(f, "{}\n{}\n{options}\n{:?}", self.source, self.destination, self.existing)?;
        write!(f, "{}", self.include)
    }
}
