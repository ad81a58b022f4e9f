//! The engines that are there now, and the next ones when their devices are lost.
//!
//! One engine for each device that is used; who needs one gets that with the least to do. A device can go at any moment: a driver
//! that resets, a dispatch that hangs, a card that is taken away. Whoever gets an error asks [`Engines::retire`] whether that was
//! why. Then the engine is taken out of the way at once, so that no request meets it again, and another is built on a thread of
//! its own, as often as it takes; until then the others make all pictures, and where there are none, pictures are answered with
//! 503. What is kept as encoded bytes is answered all the while. Several requests that meet the same loss cause one rebuild.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;

use crate::engine::{Engine, TransformError};

/// Builds the engine of the device with a number, counted from 0. Blocks.
pub(crate) type Build = dyn Fn(usize) -> Result<Arc<dyn Engine>, TransformError> + Send + Sync;

/// How long to wait after the first build that failed; each wait is twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait between two builds.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The places of all engines.
pub(crate) struct Engines {
    places: Vec<Place>,
    build: OnceLock<Box<Build>>,
    losses: Counter,
}

/// The place of one engine.
#[derive(Default)]
struct Place {
    now: RwLock<Option<Arc<dyn Engine>>>,
    /// Pictures that are being made here.
    busy: Arc<AtomicUsize>,
}

impl Place {
    fn engine(&self) -> Option<Arc<dyn Engine>> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, engine: Arc<dyn Engine>) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Some(engine);
    }

    fn take(&self, engine: &Arc<dyn Engine>) -> Option<Arc<dyn Engine>> {
        self.now.write().unwrap_or_else(PoisonError::into_inner).take_if(|current| Arc::ptr_eq(current, engine))
    }
}

/// A picture that is being made on one of the devices; dropped when it is done.
#[derive(Debug)]
pub(crate) struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn of(place: &Place) -> Self {
        place.busy.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&place.busy))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Engines {
    /// Places for engines on `devices` devices, none of them there yet; `losses` counts devices that are lost.
    pub(crate) fn new(devices: usize, losses: Counter) -> Self {
        Self { places: (0..devices.max(1)).map(|_| Place::default()).collect(), build: OnceLock::new(), losses }
    }

    /// The engine with the least to do, unless none is built yet or all devices were lost.
    pub(crate) fn current(self: &Arc<Self>) -> Option<Arc<dyn Engine>> {
        self.idlest().map(|(_place, engine)| engine)
    }

    /// The same, and the place in which a picture is made until it is dropped.
    pub(crate) fn lease(self: &Arc<Self>) -> Option<(Arc<dyn Engine>, Busy)> {
        self.idlest().map(|(place, engine)| (engine, Busy::of(place)))
    }

    fn idlest(self: &Arc<Self>) -> Option<(&Place, Arc<dyn Engine>)> {
        loop {
            let there = self.places.iter().filter_map(|place| Some((place, place.engine()?)));
            let (place, engine) = there.min_by_key(|(place, _)| place.busy.load(Ordering::Relaxed))?;
            if !self.retire(&engine) {
                return Some((place, engine));
            }
        }
    }

    /// All that are there, each with the number of its device and how many pictures are being made on it.
    pub(crate) fn all(&self) -> Vec<(usize, Arc<dyn Engine>, usize)> {
        let places = self.places.iter().enumerate();
        places
            .filter_map(|(number, place)| Some((number, place.engine()?, place.busy.load(Ordering::Relaxed))))
            .collect()
    }

    /// An engine from outside. Without [`Engines::start`] nothing replaces it.
    pub(crate) fn set(&self, engine: Arc<dyn Engine>) {
        self.places[0].set(engine);
    }

    /// Builds the first engine of each device, and keeps `build` for the next. Blocks.
    pub(crate) fn start(&self, build: Box<Build>) -> Result<(), TransformError> {
        let build = self.build.get_or_init(|| build);
        for (number, place) in self.places.iter().enumerate() {
            place.set(build(number)?);
        }
        Ok(())
    }

    /// Whether `engine` is of no use any more. If so it is not given to anybody again, and another is being built.
    pub(crate) fn retire(self: &Arc<Self>, engine: &Arc<dyn Engine>) -> bool {
        if !engine.is_lost() {
            return false;
        }
        let retired = self.places.iter().position(|place| place.take(engine).is_some());
        if let Some(number) = retired {
            self.losses.inc();
            tracing::error!(device = number, "the device was lost; it gets no pictures until it is back");
            let engines = Arc::clone(self);
            let rebuild = move || engines.rebuild(number);
            let rebuilding = thread::Builder::new().name("tintype-recover".to_owned()).spawn(rebuild);
            if let Err(error) = rebuilding {
                tracing::error!(%error, "no thread to build another engine on");
            }
        }
        true
    }

    /// Until it works.
    fn rebuild(&self, number: usize) {
        let Some(build) = self.build.get() else { return };
        let lost = Instant::now();
        let mut wait = FIRST_WAIT;
        loop {
            match build(number) {
                Ok(engine) => {
                    self.places[number].set(engine);
                    tracing::info!(device = number, ms = lost.elapsed().as_millis() as u64, "recovered");
                    return;
                }
                Err(error) => tracing::error!(device = number, %error, "the engine cannot be built again yet"),
            }
            thread::sleep(wait);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

impl fmt::Debug for Engines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engines").field("there", &self.all()).finish_non_exhaustive()
    }
}
