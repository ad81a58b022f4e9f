//! Bounded work: so many at once, so many waiting, the rest refused at once.
//!
//! Two gates stand in a request's way, one for reading sources and one for transforming them, so that slow origins do
//! not hold the processors. Refusing is the caller's answer 503; nothing here queues without bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A gate that a bounded number pass at once while a bounded number wait, first come first served.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    inside: Arc<AtomicUsize>,
    places: usize,
}

/// A place inside a [`Gate`]; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Permit {
    // In this order: the next one waiting is let in before a new one may start to wait.
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

/// Every place to wait is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Gate {
    /// A gate that `jobs` may pass at once while `queue` wait.
    pub(crate) fn new(jobs: usize, queue: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(jobs)), inside: Arc::default(), places: jobs + queue }
    }

    /// Whether [`Gate::enter`] would refuse now.
    pub(crate) fn is_full(&self) -> bool {
        self.inside.load(Ordering::Relaxed) >= self.places
    }

    /// Waits to be let in; [`Full`] at once when too many wait already. A caller that goes away gives up its place.
    pub(crate) async fn enter(&self) -> Result<Permit, Full> {
        let place = Place::take(&self.inside, self.places).ok_or(Full)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed");
        Ok(Permit { _permit: permit, _place: place })
    }
}

/// One of the counted places, running or waiting.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(inside: &Arc<AtomicUsize>, places: usize) -> Option<Self> {
        let more = |taken: usize| (taken < places).then_some(taken + 1);
        inside.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Self(Arc::clone(inside)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn one_works_one_waits_one_is_refused() {
        let gate = Gate::new(1, 1);
        let first = gate.enter().await.unwrap();
        let mut second = pin!(gate.enter());
        assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(gate.is_full());
        assert_eq!(gate.enter().await.unwrap_err(), Full);
        drop(first);
        let second = second.await.unwrap();
        assert!(!gate.is_full());
        drop(second);
    }

    #[tokio::test]
    async fn who_goes_away_gives_up_the_place() {
        let gate = Gate::new(1, 1);
        let _first = gate.enter().await.unwrap();
        {
            let mut second = pin!(gate.enter());
            assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert!(gate.is_full());
        }
        assert!(!gate.is_full());
    }
}
