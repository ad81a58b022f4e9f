//! Models, watched: what they are asked is counted and timed.

use std::sync::Arc;
use std::time::Instant;

use tintype::engine::vision::{MatteOf, Place, SegmentModel, View};
use tintype::engine::{Gpu, Space};
use tintype::{Face, Size, Vision, VisionError};

use crate::metrics::InferenceMeter;

/// What finds faces and foregrounds, with a meter.
#[derive(Debug)]
pub(crate) struct Watched {
    models: Arc<dyn Vision>,
    meter: InferenceMeter,
}

impl Watched {
    pub(crate) fn new(models: Arc<dyn Vision>, meter: InferenceMeter) -> Self {
        Self { models, meter }
    }

    fn timed<T>(&self, network: &'static str, look: impl FnOnce() -> Result<T, VisionError>) -> Result<T, VisionError> {
        let started = Instant::now();
        let found = look();
        match &found {
            Ok(_) => self.meter.answered(network, started.elapsed()),
            Err(VisionError::NotInstalled { .. }) => {}
            Err(_) => self.meter.failed(network),
        }
        found
    }
}

impl Vision for Watched {
    fn shares_device(&self) -> bool {
        self.models.shares_device()
    }

    fn attach(&self, gpu: &Gpu, space: Space) -> Result<(), VisionError> {
        self.models.attach(gpu, space)
    }

    fn prepare(&self) -> Result<String, VisionError> {
        self.models.prepare()
    }

    fn is_broken(&self) -> bool {
        self.models.is_broken()
    }

    fn place(&self) -> Place {
        self.models.place()
    }

    fn detector(&self) -> &'static str {
        self.models.detector()
    }

    fn matting(&self, model: Option<SegmentModel>) -> &'static str {
        self.models.matting(model)
    }

    fn faces(&self, view: View<'_>) -> Result<Vec<Face>, VisionError> {
        self.timed(self.models.detector(), || self.models.faces(view))
    }

    fn matte_view(&self, size: Size, model: Option<SegmentModel>) -> Result<Size, VisionError> {
        self.models.matte_view(size, model)
    }

    fn matte(&self, view: View<'_>, model: Option<SegmentModel>) -> Result<MatteOf, VisionError> {
        self.timed(self.models.matting(model), || self.models.matte(view, model))
    }
}
