//! What is drawn on pictures: which sources that needs, whether they may be read, and reading them.
//!
//! A layer's picture or font is a source like any other: the same origins, limits and gates.

use tintype_options::url::Source;
use tintype_options::{Layer, OptionsError, TransformOptions};
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::cache::fetch::{Wants, fetch};
use crate::compose::Canvas;
use crate::origin::{Fetch, Fetched, Signed, Target};
use crate::reject::Rejection;
use crate::state::AppState;

/// A canvas, and the sources of its parts.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    /// What is made.
    pub(crate) canvas: Canvas,
    /// Under their file names.
    targets: Vec<(String, Target)>,
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
        let resolve = |source: &Source<'_>| {
            let name = file_name(source.as_str()).to_owned();
            match app.resolve(source, signed) {
                Ok(target) => Ok((name, target)),
                Err(rejection) => Err(drawn(&name, rejection)),
            }
        };
        Ok(Self { canvas, targets: sources.iter().map(resolve).collect::<Result<_, _>>()? })
    }

    /// Where its sources are.
    pub(crate) fn identities(&self) -> impl Iterator<Item = String> {
        self.targets.iter().map(|(_name, target)| target.identity())
    }

    /// Reads all sources at the same time, as far as the gate lets them; the first that fails ends the others.
    pub(crate) async fn fetch(&self, app: &AppState, wants: Wants) -> Result<Vec<Fetched>, Rejection> {
        let mut reading = JoinSet::new();
        for (number, (name, target)) in self.targets.iter().cloned().enumerate() {
            let app = app.clone();
            let read = async move { (number, read(&app, &name, &target, wants).await) };
            reading.spawn(read.in_current_span());
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

async fn read(app: &AppState, name: &str, target: &Target, wants: Wants) -> Result<Fetched, Rejection> {
    match fetch(app, target, None, None, wants).await.map_err(|rejection| drawn(name, rejection))? {
        Fetch::Fetched(fetched) => Ok(fetched),
        Fetch::Unchanged { .. } => Err(Rejection::internal(&"a source is unchanged that nobody knew")),
    }
}

/// Says that it is not about the picture itself, but about one of what may be many layers and fonts.
fn drawn(name: &str, rejection: Rejection) -> Rejection {
    Rejection { message: format!("draw: {name:?}: {}", rejection.message), ..rejection }
}

/// The last part of a source's path. A preset's layers may come from where clients are not to know, with a query that is
/// not for them either.
fn file_name(source: &str) -> &str {
    let path = source.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_no_more_than_the_file() {
        let table = [
            ("a/b/logo.png", "logo.png"),
            ("http://user:secret@h.test/x/logo.png?token=a/b", "logo.png"),
            ("http://user:secret@h.test/", ""),
            ("logo.png?v=1", "logo.png"),
        ];
        for (source, name) in table {
            assert_eq!(file_name(source), name, "{source}");
        }
    }
}
