//! Bounded work: so many at once, so many waiting, the rest refused at once.
//!
//! Four gates stand in requests' ways ([`Admission`]): reading sources, reading bodies, having models look, transforming. So slow
//! origins and slow senders hold no processor, and pictures that models look at leave a place for those that none does. A permit
//! ends with its work, before the answer is sent: slow readers hold none. Refusing is the caller's answer 503; nothing here queues
//! without bound, and no queue stays long ([`Gate`]). Device memory is the engine's to divide. What one client may have of all this
//! is the matter of `clients`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
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

/// How long some may wait without a break before those who come are taken to be too many, and no burst.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many times as many may wait then as are inside: as many pictures' time as anybody waits. Less would refuse clients that ask again
/// when they are answered, and so never are too many.
const STANDING: usize = 8;

/// A gate that a bounded number pass at once while a bounded number wait, first come first served.
///
/// A burst may fill the queue: it is short and everybody is answered. Where more come than pass for longer, a long queue serves
/// nobody sooner and has everybody wait, so it is kept short until it was empty once.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    inside: Arc<AtomicUsize>,
    line: Arc<Line>,
    jobs: usize,
    queue: usize,
    /// How many may wait where some have for longer than `patience`.
    standing: usize,
    patience: Duration,
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
    /// A gate that `jobs` may pass at once while `queue` wait, or, where some have for [`PATIENCE`], [`STANDING`] for each job.
    pub(crate) fn new(jobs: usize, queue: usize, meter: GateMeter) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(jobs)),
            inside: Arc::default(),
            line: Arc::default(),
            jobs,
            queue,
            standing: queue.min(STANDING * jobs),
            patience: PATIENCE,
            meter,
        }
    }

    /// Whether [`Gate::enter`] would refuse now.
    pub(crate) fn is_full(&self) -> bool {
        self.inside.load(Ordering::Relaxed) >= self.places()
    }

    /// How many may be inside or wait.
    fn places(&self) -> usize {
        self.jobs + if self.line.stands_for(self.patience) { self.standing } else { self.queue }
    }

    /// How many are inside, and how many wait.
    fn now(&self) -> (usize, usize) {
        let running = self.jobs - self.permits.available_permits().min(self.jobs);
        (running, self.inside.load(Ordering::Relaxed).saturating_sub(running))
    }

    /// Waits to be let in; [`Full`] at once when too many wait already. A caller that goes away gives up its place.
    pub(crate) async fn enter(&self) -> Result<Permit, Full> {
        let Some(place) = Place::take(&self.inside, self.places()) else {
            self.meter.refused.inc();
            return Err(Full);
        };
        let came = Instant::now();
        let permits = Arc::clone(&self.permits);
        // Whoever waits is let in before this finds a free one.
        let permit = if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            permit
        } else {
            let _waiting = Waiting::begin(&self.line);
            permits.acquire_owned().await.expect("the semaphore is never closed")
        };
        self.meter.waited.observe(came.elapsed().as_secs_f64());
        Ok(Permit { _permit: permit, _place: place })
    }
}

/// Those who wait.
#[derive(Debug, Default)]
struct Line(Mutex<Standing>);

/// How many, and since when it was never nobody.
#[derive(Debug, Default)]
struct Standing {
    waiting: usize,
    since: Option<Instant>,
}

impl Line {
    fn stands_for(&self, time: Duration) -> bool {
        self.0.lock().since.is_some_and(|since| since.elapsed() >= time)
    }
}

/// One who waits.
struct Waiting<'a>(&'a Line);

impl<'a> Waiting<'a> {
    fn begin(line: &'a Line) -> Self {
        let mut standing = line.0.lock();
        standing.waiting += 1;
        standing.since.get_or_insert_with(Instant::now);
        Self(line)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut standing = self.0.0.lock();
        standing.waiting -= 1;
        if standing.waiting == 0 {
            standing.since = None;
        }
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
    use std::collections::VecDeque;
    use std::future::Future;
    use std::pin::{Pin, pin};
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

    /// Somebody who comes, if he may wait.
    fn waits(gate: &Gate) -> Option<Pin<Box<impl Future<Output = Result<Permit, Full>> + '_>>> {
        let mut coming = Box::pin(gate.enter());
        coming.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending().then_some(coming)
    }

    #[tokio::test]
    async fn a_burst_may_wait_and_a_crowd_that_stays_may_not() {
        let patience = Duration::from_millis(20);
        let gate = Gate { standing: 2, patience, ..Gate::new(1, 5, Metrics::new().gate("test")) };
        let mut inside = gate.enter().await.unwrap();
        let mut line: VecDeque<_> = (0..5).map(|_| waits(&gate).unwrap()).collect();
        assert!(waits(&gate).is_none(), "five wait");
        tokio::time::sleep(Duration::from_millis(40)).await;
        // Who waits is served; nobody else may wait until there are fewer than two.
        for waiting in [4, 3, 2] {
            drop(inside);
            inside = line.pop_front().unwrap().await.unwrap();
            assert_eq!((gate.now(), gate.is_full()), ((1, waiting), true));
        }
        drop(inside);
        inside = line.pop_front().unwrap().await.unwrap();
        line.push_back(waits(&gate).unwrap());
        assert!(waits(&gate).is_none());
        // Once nobody waited, a burst may come again.
        while let Some(next) = line.pop_front() {
            drop(inside);
            inside = next.await.unwrap();
        }
        let burst: Vec<_> = (0..5).map(|_| waits(&gate).unwrap()).collect();
        assert!(waits(&gate).is_none());
        drop((burst, inside));
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
