//! Bounded work: so many at once, so many waiting, the rest refused at once.
//!
//! Four gates stand in requests' ways ([`Admission`]): reading sources, reading bodies, having models look, transforming. So slow
//! origins and slow senders hold no processor, and pictures that models look at leave a place for those that none does. A permit
//! ends with its work, before the answer is sent: slow readers hold none. Refusing is the caller's answer 503; nothing here queues
//! without bound. Device memory is the engine's to divide. What one client may have of all this is the matter of `clients`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tintype_options::{Gravity, TransformOptions};
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
    /// In front of [`jobs`](Self::jobs), for pictures that models look at: all of its places but one. What waits for a network
    /// holds a place there.
    inferences: Gate,
    /// In front of the processors and the device: `server.jobs`.
    pub(crate) jobs: Gate,
}

/// What a picture needs to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// The processor and the device.
    Pixels,
    /// A network besides.
    Models,
}

impl Needs {
    /// What `options` need, layers included.
    pub(crate) fn of(options: &TransformOptions) -> Self {
        let looks = options.gravity == Some(Gravity::Face) || options.segment.is_some();
        match looks || options.draw.iter().any(|layer| Self::of(&layer.options) == Self::Models) {
            true => Self::Models,
            false => Self::Pixels,
        }
    }
}

/// A place to make a picture in.
#[derive(Debug)]
pub(crate) struct Workplace {
    // In this order: who waits for a network waits for a job next.
    _job: Permit,
    _inference: Option<Permit>,
}

impl Admission {
    /// The gates of `config`; `server.queue` may wait at each.
    pub(crate) fn new(config: &Config, metrics: &Metrics) -> Self {
        let queue = config.server.queue;
        Self {
            fetches: Gate::new(config.origins.concurrency, queue, metrics.gate("fetch")),
            uploads: Gate::new(MAX_UPLOADS, queue, metrics.gate("upload")),
            inferences: Gate::new((config.server.jobs - 1).max(1), config.ml.queue, metrics.gate("inference")),
            jobs: Gate::new(config.server.jobs, queue, metrics.gate("transform")),
        }
    }

    /// Waits for a place to make a picture in that `needs` something. Nobody waits for a network who holds a job.
    pub(crate) async fn enter(&self, needs: Needs) -> Result<Workplace, Full> {
        let inference = match needs {
            Needs::Models => Some(self.inferences.enter().await?),
            Needs::Pixels => None,
        };
        Ok(Workplace { _job: self.jobs.enter().await?, _inference: inference })
    }

    /// Whether [`Admission::enter`] would refuse now.
    pub(crate) fn is_full(&self, needs: Needs) -> bool {
        self.jobs.is_full() || (needs == Needs::Models && self.inferences.is_full())
    }

    /// Of each gate: its name, how many are inside, how many wait.
    pub(crate) fn now(&self) -> [(&'static str, usize, usize); 4] {
        let gates = [
            ("fetch", &self.fetches),
            ("upload", &self.uploads),
            ("inference", &self.inferences),
            ("transform", &self.jobs),
        ];
        gates.map(|(name, gate)| {
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
    async fn models_leave_a_place_for_pictures_that_need_none() {
        let mut config = Config::default();
        (config.server.jobs, config.ml.queue) = (2, 1);
        let admission = Admission::new(&config, &Metrics::new());
        let mut cx = Context::from_waker(Waker::noop());
        let looking = admission.enter(Needs::Models).await.unwrap();
        let mut next = Box::pin(admission.enter(Needs::Models));
        assert!(next.as_mut().poll(&mut cx).is_pending());
        assert!(admission.is_full(Needs::Models) && !admission.is_full(Needs::Pixels));
        assert_eq!(admission.enter(Needs::Models).await.unwrap_err(), Full);
        let plain = admission.enter(Needs::Pixels).await.unwrap();
        drop(plain);
        drop(looking);
        drop(next.await.unwrap());
        assert!(admission.now().iter().all(|(_, running, waiting)| (*running, *waiting) == (0, 0)));
    }

    #[test]
    fn what_layers_need_counts() {
        let table = [
            ("width=9", Needs::Pixels),
            ("width=9,height=9,fit=cover,gravity=left", Needs::Pixels),
            ("width=9,height=9,fit=cover,gravity=face", Needs::Models),
            ("segment=foreground", Needs::Models),
            ("width=9,draw=(url=a.png,segment=foreground)", Needs::Models),
        ];
        for (options, needs) in table {
            assert_eq!(Needs::of(&options.parse().unwrap()), needs, "{options}");
        }
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
