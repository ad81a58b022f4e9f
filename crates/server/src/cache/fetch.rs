//! Reading a source through what is kept of it: the way to every source that a URL names.
//!
//! What is on this machine is read each time, and not kept. What came from an origin is answered while it is fresh; then the
//! origin is asked whether it has changed, once for all who ask at the same time. Where the origin allows it (RFC 5861), an old
//! source is good for some time while it is asked, or when it does not answer.

use std::sync::Arc;

use super::{KeptSource, Known, Said, SourceKey};
use crate::flight::{Flights, Role};
use crate::origin::{Credentials, Fetch, Fetched, Held, OriginError, Place, Received, Target, Validator};
use crate::reject::Rejection;
use crate::state::AppState;
use crate::tag::hash;

/// Sources that are being asked for, under their key and the version that is known already.
pub(crate) type Fetching = Flights<(SourceKey, Option<Validator>), Result<Arrived, Refused>>;

/// What everyone gets who asked for the same at the same time.
#[derive(Clone, Debug)]
pub(crate) enum Arrived {
    /// The source, and the room for its bytes where they have just been read.
    Source(Arc<KeptSource>, Option<Arc<Held>>),
    /// It is the one that was known; its bytes are not here.
    Unchanged { cache_control: Option<String>, expires: Option<std::time::Duration>, place: Place, received: Received },
}

/// Why nobody gets anything.
#[derive(Clone, Debug)]
pub(crate) enum Refused {
    Origin(OriginError),
    Other(Rejection),
}

impl Refused {
    /// Whether the origin is to blame, and may answer again later (RFC 5861, 4).
    fn is_outage(&self) -> bool {
        use OriginError as E;
        match self {
            Self::Origin(E::ServerError { status }) => [500, 502, 503, 504].contains(status),
            Self::Origin(E::Dns | E::Refused | E::ConnectTimeout | E::DownloadTimeout | E::Interrupted | E::Failed) => {
                true
            }
            Self::Origin(_) | Self::Other(_) => false,
        }
    }
}

impl From<Refused> for Rejection {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Origin(error) => error.into(),
            Refused::Other(rejection) => rejection,
        }
    }
}

/// A hash of what an origin is told of a client's request, where it is told anything.
pub(crate) fn forwarded(credentials: Option<&Credentials>) -> Option<String> {
    credentials.map(|credentials| {
        let headers = credentials.headers();
        let mut pairs: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        pairs.sort_unstable();
        hash(format!("{pairs:?}").as_bytes())
    })
}

/// What a source is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// Somebody waits: an old one will do, where its origin allows that.
    Soon,
    /// What was made of an old one is made again: the origin's word.
    Current,
}

/// Reads `target`. With `known`, the answer may be that the source is still that one.
pub(crate) async fn fetch(
    app: &AppState,
    target: &Target,
    known: Option<&Validator>,
    credentials: Option<&Credentials>,
    wants: Wants,
) -> Result<Fetch, Rejection> {
    let sources = app.cache().sources();
    if !sources.is_on() || !app.sources().is_away(target) {
        let _permit = app.fetches().enter().await?;
        return counted(app, app.sources().fetch(target, known, credentials).await.map_err(Rejection::from));
    }
    if let Some(here) = app.sources().fetch_here(target, known).await {
        return counted(app, here.map_err(Rejection::from));
    }
    let key = SourceKey { source: target.identity(), forwarded: forwarded(credentials) };
    let kept = sources.find(&key).await.map(|(kept, _tier)| kept);
    if let Some(kept) = &kept {
        let keeping = kept.said.keeping(&app.config().cache);
        if keeping.is_fresh(kept.said.age()) {
            return of_kept(app, kept, known);
        }
        if wants == Wants::Soon && keeping.serves_while_asked(kept.said.age()) {
            ask_in_background(app, &key, target, kept, credentials);
            return standing_in(app, kept, known);
        }
    }
    let asked = kept.as_ref().map_or(known, |kept| kept.said.validator.as_ref()).cloned();
    let begin = || ask(app.clone(), key.clone(), target.clone(), asked.clone(), kept.clone(), credentials.cloned());
    let (_role, arriving) = app.fetching().join((key.clone(), asked.clone()), begin);
    match arriving.await {
        Ok(Arrived::Source(source, None)) => of_kept(app, &source, known),
        Ok(Arrived::Source(source, Some(held))) => Ok(source.fetch(known, held)),
        Ok(Arrived::Unchanged { cache_control, expires, place, received }) => {
            Ok(Fetch::Unchanged { cache_control, expires, place, received })
        }
        Err(refused) => match kept.filter(|kept| refused.is_outage() && serves_without_origin(app, kept)) {
            Some(kept) => standing_in(app, &kept, known),
            None => Err(refused.into()),
        },
    }
}

/// Whether `kept` may be answered with when its origin does not answer.
fn serves_without_origin(app: &AppState, kept: &KeptSource) -> bool {
    kept.said.keeping(&app.config().cache).serves_without_origin(kept.said.age())
}

/// A kept source as if it were read now: its bytes count, whatever becomes of it where it is kept.
fn of_kept(app: &AppState, kept: &KeptSource, known: Option<&Validator>) -> Result<Fetch, Rejection> {
    let mut held = app.sources().hold();
    if known.is_none() || known != kept.said.validator.as_ref() {
        held.grow(kept.bytes.len() as u64)?;
    }
    Ok(kept.fetch(known, Arc::new(held)))
}

/// The same of one that is old.
fn standing_in(app: &AppState, kept: &KeptSource, known: Option<&Validator>) -> Result<Fetch, Rejection> {
    let mut fetch = of_kept(app, kept, known)?;
    let (Fetch::Fetched(Fetched { received, .. }) | Fetch::Unchanged { received, .. }) = &mut fetch;
    received.stands_in = true;
    Ok(fetch)
}

fn ask_in_background(
    app: &AppState,
    key: &SourceKey,
    target: &Target,
    kept: &Arc<KeptSource>,
    credentials: Option<&Credentials>,
) {
    let asked = kept.said.validator.clone();
    let begin =
        || ask(app.clone(), key.clone(), target.clone(), asked.clone(), Some(Arc::clone(kept)), credentials.cloned());
    if let (Role::Leads, asking) = app.fetching().join((key.clone(), asked.clone()), begin) {
        tokio::spawn(asking);
    }
}

/// Asks the origin, and keeps what it says.
async fn ask(
    app: AppState,
    key: SourceKey,
    target: Target,
    known: Option<Validator>,
    kept: Option<Arc<KeptSource>>,
    credentials: Option<Credentials>,
) -> Result<Arrived, Refused> {
    let _permit = app.fetches().enter().await.map_err(|full| Refused::Other(full.into()))?;
    let since = Known::since(app.cache().moment());
    let fetched = counted(&app, app.sources().fetch(&target, known.as_ref(), credentials.as_ref()).await);
    match fetched.map_err(Refused::Origin)? {
        // Not from an origin, or not any more.
        Fetch::Fetched(Fetched { bytes, validator, cache_control, expires, place, held, received }) => {
            let said = Said { validator, cache_control, expires, received };
            let source = Arc::new(KeptSource { bytes, said, known: since });
            if place == Place::There {
                keep(&app, &key, &source);
            }
            Ok(Arrived::Source(source, Some(held)))
        }
        Fetch::Unchanged { cache_control, expires, place, received } => {
            let Some(kept) = kept else { return Ok(Arrived::Unchanged { cache_control, expires, place, received }) };
            let mut said = Said { received, ..kept.said.clone() };
            // Without a word on it, what was said before holds (RFC 9111, 4.3.4).
            if cache_control.is_some() || expires.is_some() {
                (said.cache_control, said.expires) = (cache_control, expires);
            }
            let source = Arc::new(KeptSource { bytes: kept.bytes.clone(), said, known: since });
            keep(&app, &key, &source);
            Ok(Arrived::Source(source, None))
        }
    }
}

fn keep(app: &AppState, key: &SourceKey, source: &Arc<KeptSource>) {
    let sources = app.cache().sources();
    match source.said.keeping(&app.config().cache).fresh {
        // What has to be asked about each time is not worth a disk's while.
        Some(fresh) if fresh.is_zero() => sources.put_in_memory(key, source),
        Some(_) => sources.put(key, source),
        None => sources.remove(key),
    }
}

fn counted<E>(app: &AppState, fetched: Result<Fetch, E>) -> Result<Fetch, E> {
    if let Ok(Fetch::Fetched(source)) = &fetched {
        app.metrics().source_bytes.inc_by(source.bytes.len() as u64);
    }
    fetched
}
