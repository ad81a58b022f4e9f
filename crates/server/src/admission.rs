//! Bounded work: so many at once, so many waiting, the rest refused at once.
//!
//! Three gates stand in requests' ways ([`Admission`]): reading sources, reading bodies, transforming. So slow origins and slow
//! senders hold no processor. A permit ends with its work, before the answer is sent: slow readers hold none. Refusing is the
//! caller's answer 503; nothing here queues without bound. Device memory is the engine's to divide.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;
use crate::metrics::{GateMeter, Metrics};

/// Bodies of requests read at once. Many, because one that is sent slowly costs little and must not keep others out: what they hold
/// together is bounded by `limits.memory`, and how long by `server.timeout`.
const MAX_UPLOADS: usize = 1024;

/// All gates.
#[derive(Debug)]
pub(crate) struct Admission {
    /// In front of reading sources: `origins.concurrency`.
    pub(crate) fetches: Gate,
    /// In front of reading bodies of requests. Its own, so that slow senders hold up only each other.
    pub(crate) uploads: Gate,
    /// In front of the processors and the device: `server.jobs`.
    pub(crate) jobs: Gate,
}

impl Admission {
    /// The gates of `config`; `server.queue` may wait at each.
    pub(crate) fn new(config: &Config, metrics: &Metrics) -> Self {
        let queue = config.server.queue;
        Self {
            fetches: Gate::new(config.origins.concurrency, queue, metrics.gate("fetch")),
            uploads: Gate::new(MAX_UPLOADS, queue, metrics.gate("upload")),
            jobs: Gate::new(config.server.jobs, queue, metrics.gate("transform")),
        }
    }

    /// Of each gate: its name, how many are inside, how many wait.
    pub(crate) fn now(&self) -> [(&'static str, usize, usize); 3] {
        [("fetch", &self.fetches), ("upload", &self.uploads), ("transform", &self.jobs)].map(|(name, gate)| {
            let (running, waiting) = gate.now();
            (name, running, waiting)
        })
    }
}

/// A gate that a bounded number pass at once while a bounded number wait, first come first served.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    inside: Arc<AtomicUsize>,
    jobs: usize,
    places: usize,
    meter: GateMeter,
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
    pub(crate) fn new(jobs: usize, queue: usize, meter: GateMeter) -> Self {
        Self { permits: Arc::new(Semaphore::new(jobs)), inside: Arc::default(), jobs, places: jobs + queue, meter }
    }

    /// Whether [`Gate::enter`] would refuse now.
    pub(crate) fn is_full(&self) -> bool {
        self.inside.load(Ordering::Relaxed) >= self.places
    }

    /// How many are inside, and how many wait.
    fn now(&self) -> (usize, usize) {
        let running = self.jobs - self.permits.available_permits().min(self.jobs);
        (running, self.inside.load(Ordering::Relaxed).saturating_sub(running))
    }

    /// Waits to be let in; [`Full`] at once when too many wait already. A caller that goes away gives up its place.
    pub(crate) async fn enter(&self) -> Result<Permit, Full> {
        let Some(place) = Place::take(&self.inside, self.places) else {
            self.meter.refused.inc();
            return Err(Full);
        };
        let came = Instant::now();
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed");
        self.meter.waited.observe(came.elapsed().as_secs_f64());
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

    fn gate() -> Gate {
        Gate::new(1, 1, Metrics::new().gate("test"))
    }

    #[tokio::test]
    async fn one_works_one_waits_one_is_refused() {
        let gate = gate();
        let first = gate.enter().await.unwrap();
        let mut second = pin!(gate.enter());
        assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(gate.is_full());
        assert_eq!(gate.now(), (1, 1));
        assert_eq!(gate.enter().await.unwrap_err(), Full);
        assert_eq!(gate.meter.refused.get(), 1);
        drop(first);
        let second = second.await.unwrap();
        assert!(!gate.is_full());
        drop(second);
    }

    #[tokio::test]
    async fn who_goes_away_gives_up_the_place() {
        let gate = gate();
        let _first = gate.enter().await.unwrap();
        {
            let mut second = pin!(gate.enter());
            assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert!(gate.is_full());
        }
        assert!(!gate.is_full());
    }
}
