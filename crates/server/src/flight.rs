//! Equal work at the same moment is done once, and everyone who asked for it gets the outcome.
//!
//! Nobody owns the work: whoever waits drives it, so a client that goes away takes nothing from the others, and only when
//! the last has gone is it given up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// Work in progress, by what it is.
#[derive(Debug)]
pub(crate) struct Flights<K, T: Clone> {
    flying: Flying<K, T>,
    next: AtomicU64,
}

type Flying<K, T> = Arc<Mutex<HashMap<K, (u64, WeakShared<BoxFuture<'static, T>>)>>>;

/// Whether a request does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It began it.
    Leads,
    /// Another has begun it already.
    Follows,
}

impl<K, T: Clone> Default for Flights<K, T> {
    fn default() -> Self {
        Self { flying: Arc::default(), next: AtomicU64::default() }
    }
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + Sync + 'static> Flights<K, T> {
    /// The outcome of the work `key`: of what is being done already, or of what `begin` gives.
    pub(crate) fn join<F>(&self, key: K, begin: impl FnOnce() -> F) -> (Role, Shared<BoxFuture<'static, T>>)
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut flying = lock(&self.flying);
        if let Some(shared) = flying.get(&key).and_then(|(_, weak)| weak.upgrade()) {
            return (Role::Follows, shared);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let landing = Landing { flying: Arc::clone(&self.flying), key: key.clone(), number };
        let work = begin();
        let shared = async move {
            // Whether it ends or is dropped, nobody can join any more.
            let _landing = landing;
            work.await
        };
        let shared = shared.boxed().shared();
        if let Some(weak) = shared.downgrade() {
            flying.insert(key, (number, weak));
        }
        (Role::Leads, shared)
    }

    /// Work in progress.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        lock(&self.flying).len()
    }
}

/// Takes its work off the list when dropped, but not later work of the same name.
struct Landing<K: Eq + Hash, T: Clone> {
    flying: Flying<K, T>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, T: Clone> Drop for Landing<K, T> {
    fn drop(&mut self) {
        let mut flying = lock(&self.flying);
        if flying.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            flying.remove(&self.key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::Semaphore;

    use super::*;

    /// Work that waits to be let go, and counts how often it was begun.
    struct Slow {
        begun: Arc<AtomicUsize>,
        gate: Arc<Semaphore>,
    }

    impl Slow {
        fn new() -> Self {
            Self { begun: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
        }

        fn begin(&self) -> impl Future<Output = usize> + Send + 'static {
            let (begun, gate) = (Arc::clone(&self.begun), Arc::clone(&self.gate));
            async move {
                let number = begun.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                number
            }
        }
    }

    #[tokio::test]
    async fn equal_work_is_done_once() {
        let (flights, slow) = (Flights::default(), Slow::new());
        let (role, first) = flights.join("a", || slow.begin());
        assert_eq!(role, Role::Leads);
        let followers: Vec<_> = (0..50).map(|_| flights.join("a", || slow.begin())).collect();
        assert!(followers.iter().all(|(role, _)| *role == Role::Follows));
        let (other, _work) = flights.join("b", || slow.begin());
        assert_eq!((other, flights.count()), (Role::Leads, 2));
        slow.gate.add_permits(1);
        assert_eq!(first.await, 0);
        for (_, follower) in followers {
            assert_eq!(follower.await, 0);
        }
        assert_eq!(slow.begun.load(Ordering::SeqCst), 1);
        assert_eq!(flights.join("a", || slow.begin()).0, Role::Leads, "what has ended is begun again");
    }

    #[tokio::test]
    async fn a_leader_that_goes_away_takes_nothing_along() {
        let (flights, slow) = (Flights::default(), Slow::new());
        let (_, leader) = flights.join("a", || slow.begin());
        let leader = tokio::spawn(leader);
        while slow.begun.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let follower = tokio::spawn(flights.join("a", || slow.begin()).1);
        tokio::task::yield_now().await;
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        slow.gate.add_permits(1);
        assert_eq!(follower.await.unwrap(), 0);
        assert_eq!(slow.begun.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_given_up() {
        let (flights, slow) = (Flights::default(), Slow::new());
        drop(flights.join("a", || slow.begin()));
        assert_eq!(flights.count(), 0);
        let (role, again) = flights.join("a", || slow.begin());
        slow.gate.add_permits(1);
        assert_eq!((role, again.await), (Role::Leads, 0));
    }
}
