//! What was purged, in order: by it anything that is kept, on whatever tier and however long ago, is known to be good or not.
//!
//! Every purge has a number, one more than the last. Whatever is kept carries the number of the last purge that its server knew
//! when the sources began to be read ([`Moment`]); it is good while no later purge means it. So nothing has to be looked for
//! and removed where it cannot be (files of a disk, objects of a bucket, other servers), clocks decide nothing, and a server
//! that was cut off catches up by reading what it has missed. The log is bounded: of what is older than its oldest purge
//! ([`PurgeLog::floor`]), nothing is known, so it is not used.
//!
//! The numbers come from a [`Database`] where servers share one, from a file in the cache's folder ([`Folder`]), or, where
//! nothing outlives the process, from here.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Database, Folder, Purge};

/// Purges that are kept, and their bytes. Older ones are forgotten, with everything that was read before them.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 16 << 20;

/// The number of the last purge that was known, and of how many logs it was one: a process may come to know another log, whose
/// numbers say nothing about what was kept before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Moment(u64);

impl Moment {
    /// Bits of a purge's number. The others tell the logs of a process apart.
    const NUMBER_BITS: u32 = 48;

    /// The number of the purge.
    pub(crate) const fn number(self) -> u64 {
        self.0 & ((1 << Self::NUMBER_BITS) - 1)
    }

    const fn log(self) -> u64 {
        self.0 >> Self::NUMBER_BITS
    }

    /// The moment at which the last purge of the same log was `number`.
    pub(crate) const fn at(self, number: u64) -> Self {
        Self(self.log() << Self::NUMBER_BITS | number)
    }

    /// As whole, to be kept in an atomic.
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// What [`Self::bits`] gave.
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    const fn of_next_log(self) -> Self {
        Self((self.log() + 1) << Self::NUMBER_BITS)
    }
}

/// What was purged, as far as it is known here.
#[derive(Debug, Default)]
pub(crate) struct PurgeLog {
    /// A [`Moment`].
    last: AtomicU64,
    known: Mutex<Known>,
    keeper: OnceLock<Keeper>,
    /// One purge after the other.
    adding: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// Which log it is; none as long as it is this process's own.
    name: Option<Arc<str>>,
    floor: u64,
    purges: VecDeque<(u64, Purge)>,
    bytes: usize,
}

/// Who gives the numbers.
#[derive(Debug)]
enum Keeper {
    Database(Database),
    Folder(Folder),
}

/// A part of a log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// Which log: numbers of another mean nothing.
    pub(crate) name: String,
    /// Of what was read before this, nothing is known.
    pub(crate) floor: u64,
    /// The number of the last purge.
    pub(crate) last: u64,
    /// The purges asked for, in order.
    pub(crate) purges: Vec<(u64, Purge)>,
}

impl Page {
    /// Leaves out what is more than a log keeps in memory.
    pub(super) fn forget_oldest(&mut self) {
        let mut bytes = 0;
        let newest = self.purges.iter().rev().take(MOST).take_while(|(_, purge)| {
            bytes += purge.bytes();
            bytes <= MOST_BYTES
        });
        let n_forgotten = self.purges.len() - newest.count();
        if let Some((number, _)) = self.purges.drain(..n_forgotten).next_back() {
            self.floor = self.floor.max(number);
        }
    }
}

/// Why a purge is not recorded, and so has not happened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the cache's folder cannot be written: {0}")]
    Folder(#[from] io::Error),
}

impl PurgeLog {
    /// Now, for what is read from now on.
    pub(crate) fn moment(&self) -> Moment {
        Moment::from_bits(self.last.load(Ordering::Acquire))
    }

    /// Which log this is, where it is one that outlives the process and is known already.
    pub(crate) fn name(&self) -> Option<Arc<str>> {
        self.known().name.clone()
    }

    /// Whether what was read at `since` is still good, where `means` tells whether a purge means it. Up to the moment in the answer
    /// that is certain.
    pub(crate) fn holds(&self, since: Moment, means: impl Fn(&Purge) -> bool) -> Option<Moment> {
        if since == self.moment() {
            return Some(since);
        }
        let known = self.known();
        // Not later than what is looked at: the lock is held.
        let now = self.moment();
        let since_number = since.number();
        let mut later = known.purges.iter().rev().take_while(|(number, _)| *number > since_number);
        let is_of_this_log = since.log() == now.log() && since_number >= known.floor;
        (is_of_this_log && !later.any(|(_, purge)| means(purge))).then_some(now)
    }

    /// Has numbers come from `folder`, which says what was purged before.
    pub(crate) fn keep_in_folder(&self, folder: Folder, page: Page) {
        if self.keeper.set(Keeper::Folder(folder)).is_ok() {
            self.learn(page);
        }
    }

    /// Has numbers come from `database`, which is yet to be asked.
    pub(crate) fn keep_in_database(&self, database: Database) {
        drop(self.keeper.set(Keeper::Database(database)));
    }

    /// The database, where that is where numbers come from.
    pub(crate) fn database(&self) -> Option<&Database> {
        match self.keeper.get()? {
            Keeper::Database(database) => Some(database),
            Keeper::Folder(_) => None,
        }
    }

    /// Records `purge`, for everyone.
    pub(crate) async fn add(&self, purge: &Purge) -> Result<(), RecordError> {
        let _one_by_one = self.adding.lock().await;
        let number = match self.keeper.get() {
            Some(Keeper::Database(database)) => {
                database.add(purge).await?;
                return self.catch_up(database).await;
            }
            Some(Keeper::Folder(folder)) => folder.add(purge.clone()).await?,
            None => self.moment().number() + 1,
        };
        let (name, floor) = (self.name().unwrap_or_default().to_string(), 0);
        self.learn(Page { name, floor, last: number, purges: vec![(number, purge.clone())] });
        Ok(())
    }

    /// Reads what others have purged.
    pub(crate) async fn catch_up(&self, database: &Database) -> Result<(), RecordError> {
        let (name, since) = (self.name().unwrap_or_default(), self.moment());
        self.learn(database.read(&name, since).await?);
        Ok(())
    }

    fn learn(&self, page: Page) {
        let mut known = self.known();
        let name = (!page.name.is_empty()).then(|| Arc::from(page.name));
        if known.name != name {
            *known = Known { name, floor: page.floor, ..Known::default() };
            self.last.store(self.moment().of_next_log().bits(), Ordering::Release);
        }
        let before = self.moment();
        known.floor = known.floor.max(page.floor);
        for (number, purge) in page.purges.into_iter().filter(|(number, _)| *number > before.number()) {
            if purge == Purge::Everything {
                (known.floor, known.bytes) = (number, 0);
                known.purges.clear();
                continue;
            }
            known.bytes += purge.bytes();
            known.purges.push_back((number, purge));
        }
        while known.purges.len() > MOST || known.bytes > MOST_BYTES {
            let Some((number, purge)) = known.purges.pop_front() else { break };
            known.floor = known.floor.max(number);
            known.bytes -= purge.bytes();
        }
        let last = before.number().max(page.last).max(known.floor);
        self.last.store(before.at(last).bits(), Ordering::Release);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Purge {
        Purge::Sources(vec![name.to_owned()])
    }

    #[tokio::test]
    async fn what_was_read_before_a_purge_that_means_it_is_old() {
        let log = PurgeLog::default();
        let before = log.moment();
        let holds = |since, name: &'static str| log.holds(since, |purge| purge.means(name)).is_some();
        log.add(&of("/a")).await.unwrap();
        let between = log.moment();
        log.add(&of("/b")).await.unwrap();
        assert_eq!([holds(before, "/a"), holds(before, "/b"), holds(before, "/c")], [false, false, true]);
        assert_eq!([holds(between, "/a"), holds(between, "/b")], [true, false]);
        assert!(holds(log.moment(), "/b"), "read afterwards");
        log.add(&Purge::Everything).await.unwrap();
        assert!(!holds(between, "/c") && holds(log.moment(), "/c"));
    }

    #[tokio::test]
    async fn the_log_is_bounded_and_what_it_forgot_is_not_trusted() {
        let log = PurgeLog::default();
        let before = log.moment();
        log.add(&of("/a")).await.unwrap();
        let since = log.moment();
        for _ in 0..MOST {
            log.add(&of("/b")).await.unwrap();
        }
        assert!(log.holds(before, |purge| purge.means("/c")).is_none(), "one is forgotten, and may have meant it");
        assert!(log.holds(since, |purge| purge.means("/c")).is_some());
        let large = Purge::Sources(vec!["x".repeat(MOST_BYTES / 4)]);
        for _ in 0..5 {
            log.add(&large).await.unwrap();
        }
        assert!(log.known().bytes <= MOST_BYTES);
        assert!(log.holds(since, |_purge| false).is_none());
    }

    #[test]
    fn another_log_begins_anew() {
        let log = PurgeLog::default();
        let page = |name: &str, last| Page { name: name.to_owned(), floor: 0, last, purges: Vec::new() };
        let unnamed = log.moment();
        log.learn(page("one", 9));
        let since = log.moment();
        assert_eq!((since.number(), log.name().as_deref()), (9, Some("one")));
        log.learn(page("two", 3));
        assert_eq!((log.moment().number(), log.name().as_deref()), (3, Some("two")));
        assert!([unnamed, since].iter().all(|&since| log.holds(since, |_purge| false).is_none()));
        assert!(log.holds(log.moment().at(2), |_purge| false).is_some());
    }
}
