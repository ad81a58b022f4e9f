//! The engine that is there now, and the next one when its device is lost.
//!
//! A device can go at any moment: a driver that resets, a dispatch that hangs, a card that is taken away. Whoever gets an
//! error asks [`Engines::retire`] whether that was why. Then the engine is taken out of the way at once, so that no request
//! meets it again, and another is built on a thread of its own, as often as it takes; until then pictures are answered with
//! 503. What is kept as encoded bytes is answered all the while. Several requests that meet the same loss cause one rebuild.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;

use crate::engine::{Engine, TransformError};

/// Builds an engine on a device of its own. Blocks.
pub(crate) type Build = dyn Fn() -> Result<Arc<dyn Engine>, TransformError> + Send + Sync;

/// How long to wait after the first build that failed; each wait is twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait between two builds.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The place of the engine.
pub(crate) struct Engines {
    now: RwLock<Option<Arc<dyn Engine>>>,
    build: OnceLock<Box<Build>>,
    losses: Counter,
}

impl Engines {
    /// None yet; `losses` counts devices that are lost.
    pub(crate) fn new(losses: Counter) -> Self {
        Self { now: RwLock::default(), build: OnceLock::new(), losses }
    }

    /// The engine, unless none is built yet or its device was lost.
    pub(crate) fn current(&self) -> Option<Arc<dyn Engine>> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An engine from outside. Without [`Engines::start`] nothing replaces it.
    pub(crate) fn set(&self, engine: Arc<dyn Engine>) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Some(engine);
    }

    /// Builds the first engine, and keeps `build` for the next. Blocks.
    pub(crate) fn start(&self, build: Box<Build>) -> Result<(), TransformError> {
        self.set(self.build.get_or_init(|| build)()?);
        Ok(())
    }

    /// Whether `engine` is of no use any more. If so it is not given to anybody again, and another is being built.
    pub(crate) fn retire(self: &Arc<Self>, engine: &Arc<dyn Engine>) -> bool {
        if !engine.is_lost() {
            return false;
        }
        let retired = {
            let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
            now.take_if(|current| Arc::ptr_eq(current, engine))
        };
        if retired.is_some() {
            self.losses.inc();
            tracing::error!("the device was lost; pictures are refused until it is back");
            let engines = Arc::clone(self);
            let rebuilding = thread::Builder::new().name("tintype-recover".to_owned()).spawn(move || engines.rebuild());
            if let Err(error) = rebuilding {
                tracing::error!(%error, "no thread to build another engine on");
            }
        }
        true
    }

    /// Until it works.
    fn rebuild(&self) {
        let Some(build) = self.build.get() else { return };
        let lost = Instant::now();
        let mut wait = FIRST_WAIT;
        loop {
            match build() {
                Ok(engine) => {
                    self.set(engine);
                    tracing::info!(ms = lost.elapsed().as_millis() as u64, "recovered");
                    return;
                }
                Err(error) => tracing::error!(%error, "the engine cannot be built again yet"),
            }
            thread::sleep(wait);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

impl fmt::Debug for Engines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engines").field("now", &self.now).finish_non_exhaustive()
    }
}
