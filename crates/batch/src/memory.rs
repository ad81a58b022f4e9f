//! The ledger of one process without a queue: the listing as it comes. What it has to remember to the end is 32 bytes a
//! picture, for the keys of results; to go on after an end, it looks at what is there.

use std::{
    collections::{HashMap, VecDeque, hash_map::RandomState},
    fmt,
    hash::BuildHasher as _,
};

use futures_util::{TryStreamExt as _, stream::BoxStream};
use parking_lot::Mutex;

use crate::{
    Batch, BatchError, Counts, Failure, Stop, Summary,
    ledger::{Claim, Item, Ledger, Outcome},
    work::Events,
};

pub(crate) struct Memory {
    listing: tokio::sync::Mutex<Listing>,
    tally: Mutex<Tally>,
    hashers: [RandomState; 2],
    stop: Stop,
    events: Events,
}

struct Listing {
    stream: BoxStream<'static, Result<Vec<String>, BatchError>>,
    waiting: VecDeque<String>,
    batch: Batch,
}

#[derive(Default)]
struct Tally {
    counts: Counts,
    failures: Vec<Failure>,
    /// Whose each result is: keys of both, hashed.
    outputs: HashMap<[u64; 2], [u64; 2]>,
}

impl Memory {
    pub(crate) fn new(batch: &Batch, stop: Stop, events: Events) -> Self {
        let listing = Listing { stream: batch.source.list(None), waiting: VecDeque::new(), batch: batch.clone() };
        Self {
            listing: tokio::sync::Mutex::new(listing),
            tally: Mutex::default(),
            hashers: Default::default(),
            stop,
            events,
        }
    }

    pub(crate) fn summary(&self) -> Summary {
        let tally = self.tally.lock();
        Summary { counts: tally.counts, failures: tally.failures.clone(), run: None }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Ledger for Memory {
    async fn next(&self) -> Result<Option<Item>, BatchError> {
        let mut listing = self.listing.lock().await;
        while !self.stop.is_stopped() {
            if let Some(key) = listing.waiting.pop_front() {
                return Ok(Some(Item { key, output: None }));
            }
            let Some(keys) = listing.stream.try_next().await? else {
                self.tally.lock().counts.is_listed = true;
                return Ok(None);
            };
            let wanted: VecDeque<_> = keys.into_iter().filter(|key| listing.batch.wants(key)).collect();
            self.tally.lock().counts.listed += wanted.len() as u64;
            listing.waiting = wanted;
        }
        Ok(None)
    }

    async fn claim(&self, item: &Item, output: &str) -> Result<Claim, BatchError> {
        let hashed = |text: &str| [self.hashers[0].hash_one(text), self.hashers[1].hash_one(text)];
        let item = hashed(&item.key);
        let owner = *self.tally.lock().outputs.entry(hashed(output)).or_insert(item);
        // A second try of the same item asks for the same key.
        Ok(if owner == item { Claim::Ours } else { Claim::Taken })
    }

    async fn finish(&self, item: &Item, outcome: &Outcome) -> Result<(), BatchError> {
        let counts = {
            let mut tally = self.tally.lock();
            match outcome {
                Outcome::Done(made) => {
                    tally.counts.done += 1;
                    tally.counts.bytes_in += made.bytes_in;
                    tally.counts.bytes_out += made.bytes_out;
                }
                Outcome::Skipped(_) => tally.counts.skipped += 1,
                Outcome::Failed(why) => {
                    tally.counts.failed += 1;
                    if tally.failures.len() < Summary::MOST_FAILURES {
                        tally.failures.push(Failure { input: item.key.clone(), error: why.clone() });
                    }
                }
                Outcome::Lost => {}
            }
            tally.counts
        };
        (self.events)(crate::Event::Progress(counts));
        Ok(())
    }
}
