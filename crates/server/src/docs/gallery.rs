//! The pictures of the pages: what the server itself answers to a page's two sets of options, made once and kept.
//!
//! There are two per option, of small pictures, so that keeping all of them costs a few megabytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::to_bytes;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tintype_options::registry::OptionDef;
use tintype_options::url::{self, Source};
use tintype_pixels::Size;

use super::samples::Sample;
use crate::job::Job;
use crate::origin::Signed;
use crate::reject::Rejection;
use crate::state::{self, AppState};
use crate::tag::hash;

/// Which of a page's two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    /// Without the option.
    Before,
    /// With it.
    After,
}

impl Side {
    /// As a part of a path.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Shot {
    /// The status; 200 for a picture.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The picture, or what is said instead.
    pub(crate) bytes: Bytes,
    /// Width and height, of a picture.
    pub(crate) size: Option<Size>,
    /// Changes with the bytes.
    pub(crate) version: String,
}

impl Shot {
    /// A header's value, empty without it.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether both are the same answer.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let warnings = |shot: &Self| shot.headers.get_all(header::WARNING).iter().cloned().collect::<Vec<_>>();
        (self.status, &self.bytes, warnings(self)) == (other.status, &other.bytes, warnings(other))
    }
}

/// Answers that are kept.
#[derive(Debug, Default)]
pub(crate) struct Gallery {
    shots: Mutex<HashMap<(&'static str, Side), Arc<Shot>>>,
}

impl Gallery {
    /// What the server answers to one side of `option`'s page. An error when it could not be made now.
    pub(crate) async fn shot(app: &AppState, option: &'static OptionDef, side: Side) -> Result<Arc<Shot>, Rejection> {
        let key = (option.name, side);
        let kept =
            |app: &AppState| app.gallery().shots.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(shot) = kept(app) {
            return Ok(shot);
        }
        let shot = Arc::new(made(app, option, side).await?);
        app.gallery().shots.lock().unwrap_or_else(PoisonError::into_inner).insert(key, shot.clone());
        Ok(shot)
    }
}

async fn made(app: &AppState, option: &OptionDef, side: Side) -> Result<Shot, Rejection> {
    let demo = &option.page.demo;
    let options = match side {
        Side::Before => demo.before,
        Side::After => demo.after,
    };
    let source = Source::Path(format!("{}{}", Sample::FOLDER, demo.picture).into());
    let headers: HeaderMap = demo
        .client
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    let engine = app.ready()?;
    // Nobody asks for it but a page of ours: that is as good as a signature.
    let job = Job::new(app, url::parse(options)?, &source, Signed::Yes, &headers)?;
    let (parts, body) = job.answer(app, &headers).await.into_parts();
    // Too busy just now, or broken: nothing to keep.
    if parts.status.is_server_error() && parts.status != StatusCode::NOT_IMPLEMENTED {
        return Err(Rejection::busy("the picture cannot be made now"));
    }
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| Rejection::internal(&error))?;
    let is_picture = parts.status == StatusCode::OK;
    let size = if is_picture {
        let bytes = bytes.clone();
        state::blocking((), move || engine.probe(&bytes)).await?.ok().map(|info| info.upright_size())
    } else {
        None
    };
    let version = hash(&bytes)[..12].to_owned();
    Ok(Shot { status: parts.status, headers: parts.headers, bytes, size, version })
}
