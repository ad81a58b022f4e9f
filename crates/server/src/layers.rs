//! What is drawn on pictures: which sources that needs, whether they may be read, and reading them.
//!
//! A layer's picture or font is a source like any other: the same origins, limits and gates.

use tintype_options::url::Source;
use tintype_options::{Layer, OptionsError, TransformOptions};
use tokio::task::JoinSet;

use crate::compose::Canvas;
use crate::origin::{Fetch, Fetched, Signed, Target};
use crate::reject::Rejection;
use crate::state::AppState;

/// A canvas, and the sources of its parts.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    /// What is made.
    pub(crate) canvas: Canvas,
    targets: Vec<Target>,
}

impl Layers {
    /// What `options` draw on part 0; `None` where they draw nothing. No I/O.
    pub(crate) fn of(app: &AppState, options: &TransformOptions, signed: Signed) -> Result<Option<Self>, Rejection> {
        if options.draw.is_empty() {
            return Ok(None);
        }
        let (canvas, sources) = Canvas::of(options);
        Self::with(app, canvas, &sources, signed).map(Some)
    }

    /// A canvas whose last parts are `sources`. No I/O.
    pub(crate) fn with(
        app: &AppState,
        canvas: Canvas,
        sources: &[Source<'_>],
        signed: Signed,
    ) -> Result<Self, Rejection> {
        if sources.len() > Layer::MAX_COUNT {
            return Err(OptionsError::TooManyLayers.into());
        }
        let resolve = |source| app.resolve(source, signed).map_err(drawn);
        Ok(Self { canvas, targets: sources.iter().map(resolve).collect::<Result<_, _>>()? })
    }

    /// Reads all sources at the same time, as far as the gate lets them; the first that fails ends the others.
    pub(crate) async fn fetch(&self, app: &AppState) -> Result<Vec<Fetched>, Rejection> {
        let mut reading = JoinSet::new();
        for (number, target) in self.targets.iter().cloned().enumerate() {
            let app = app.clone();
            reading.spawn(async move { (number, read(&app, &target).await) });
        }
        let mut done = Vec::with_capacity(self.targets.len());
        while let Some(joined) = reading.join_next().await {
            let (number, fetched) = joined.map_err(|panic| Rejection::internal(&panic))?;
            done.push((number, fetched?));
        }
        done.sort_by_key(|(number, _)| *number);
        Ok(done.into_iter().map(|(_, fetched)| fetched).collect())
    }
}

async fn read(app: &AppState, target: &Target) -> Result<Fetched, Rejection> {
    let _permit = app.fetches().enter().await?;
    match app.sources().fetch(target, None, None).await.map_err(|error| drawn(error.into()))? {
        Fetch::Fetched(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => Err(Rejection::internal(&"a source is unchanged that nobody knew")),
    }
}

/// Says that it is not about the picture itself.
fn drawn(rejection: Rejection) -> Rejection {
    Rejection { message: format!("draw: {}", rejection.message), ..rejection }
}
