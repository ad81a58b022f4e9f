//! Who does what, and what came of it: kept in memory for one process, or in a queue for many.

use tintype::Warning;

use crate::BatchError;

/// An object of the source that is to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) key: String,
    /// The key that an earlier attempt has taken for its result, which it may have written.
    pub(crate) output: Option<String>,
}

/// How an item ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Done(Made),
    /// Nothing was made, and why.
    Skipped(String),
    Failed(String),
    /// Somebody else has it by now.
    Lost,
}

/// A result that was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    pub(crate) output: String,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) warnings: Vec<Warning>,
}

/// What came of asking for a result's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Ours,
    /// Another item of this run has it.
    Taken,
    /// The item is not ours any more.
    Lost,
}

/// Gives out every item once, unless who took it is gone.
pub(crate) trait Ledger: Send + Sync + 'static {
    /// The next item; waits while there may be one, and gives none when everything is done or nothing is to be begun.
    fn next(&self) -> impl Future<Output = Result<Option<Item>, BatchError>> + Send;

    /// Takes `output` for `item`'s result, so that no other item of the run writes it.
    fn claim(&self, item: &Item, output: &str) -> impl Future<Output = Result<Claim, BatchError>> + Send;

    /// Writes down how an item ended.
    fn finish(&self, item: &Item, outcome: &Outcome) -> impl Future<Output = Result<(), BatchError>> + Send;
}
