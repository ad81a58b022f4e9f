//! Forms with files (`multipart/form-data`), read part by part within limits that hold while the body still comes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, header};
use multer::Multipart;

use crate::origin::{Held, OriginError};
use crate::reject::Rejection;
use crate::state::AppState;

/// The most parts: a canvas and its layers, and what is said about them.
const MAX_PARTS: usize = 32;

/// The most bytes of a part that is no file.
const MAX_TEXT_BYTES: u64 = 1 << 20;

/// A form, in body order.
#[derive(Debug)]
pub(crate) struct Form {
    /// All parts.
    pub(crate) parts: Vec<Part>,
    /// The room that they take; to be kept as long as they are.
    pub(crate) held: Arc<Mutex<Held>>,
}

/// A part of a form.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its field's name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) content: Content,
}

/// What a part holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// A part with a file name.
    File(Bytes),
    /// A part without.
    Text(String),
}

/// The most bytes that are still taken of a form that is refused, and thrown away.
const MAX_REST_BYTES: usize = 64 << 20;

/// How long that may take.
const REST_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) type StreamError = Box<dyn std::error::Error + Send + Sync>;

impl Form {
    /// Reads the form that a request's body is.
    pub(crate) async fn read(app: &AppState, headers: &HeaderMap, body: Body) -> Result<Self, Rejection> {
        let mut body = body.into_data_stream();
        let form = Self::read_parts(app, headers, &mut body).await;
        if form.is_err() {
            finish(&mut body).await;
        }
        form
    }

    async fn read_parts(app: &AppState, headers: &HeaderMap, body: &mut BodyDataStream) -> Result<Self, Rejection> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(content_type)
            .map_err(|_error| Rejection::parameter("the body has to be a form: multipart/form-data with a boundary"))?;
        let held = Arc::new(Mutex::new(app.sources().hold()));
        let mut form = Multipart::new(counted(body, Arc::clone(&held)), boundary);
        let mut parts = Vec::new();
        let file_bytes = app.config().limits.source_bytes.0;
        while let Some(mut field) = form.next_field().await.map_err(|error| unreadable(&error))? {
            if parts.len() == MAX_PARTS {
                return Err(Rejection::parameter(format!("the form has more than {MAX_PARTS} parts")));
            }
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let limit_bytes = if is_file { file_bytes } else { MAX_TEXT_BYTES };
            let mut bytes = BytesMut::new();
            while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
                if (bytes.len() + chunk.len()) as u64 > limit_bytes {
                    return Err(too_large(&name, is_file, limit_bytes));
                }
                bytes.extend_from_slice(&chunk);
            }
            let content = if is_file {
                Content::File(bytes.freeze())
            } else {
                let text = String::from_utf8(bytes.into());
                Content::Text(text.map_err(|_utf8| Rejection::parameter(format!("part {name:?} is not UTF-8")))?)
            };
            parts.push(Part { name, content });
        }
        Ok(Self { parts, held })
    }
}

/// `body`, for whose bytes there has to be room. They are counted when they come, not when they are looked at: the reader of a form
/// may be ahead of its parts.
pub(crate) fn counted(
    body: &mut BodyDataStream,
    held: Arc<Mutex<Held>>,
) -> impl Stream<Item = Result<Bytes, StreamError>> + Send {
    body.map(move |chunk| {
        let chunk = chunk?;
        held.lock().unwrap_or_else(PoisonError::into_inner).grow(chunk.len() as u64)?;
        Ok(chunk)
    })
}

/// Why a form's stream ended, where that is known: [`counted`] says that there is no room.
pub(crate) fn origin_error(error: &multer::Error) -> Option<&OriginError> {
    match error {
        multer::Error::StreamReadFailed(inner) => inner.downcast_ref(),
        _ => None,
    }
}

/// Lets a client that is refused send the rest, within bounds: while it sends, it does not read why.
pub(crate) async fn finish(body: &mut BodyDataStream) {
    let rest = async {
        let mut n_bytes = 0;
        while n_bytes < MAX_REST_BYTES
            && let Some(Ok(chunk)) = body.next().await
        {
            n_bytes += chunk.len();
        }
    };
    // In time or not, the answer is the same.
    drop(tokio::time::timeout(REST_TIMEOUT, rest).await);
}

fn too_large(name: &str, is_file: bool, limit_bytes: u64) -> Rejection {
    match is_file {
        true => Rejection::large_body(limit_bytes),
        false => Rejection::parameter(format!("part {name:?} is larger than {limit_bytes} bytes, the limit")),
    }
}

fn unreadable(error: &multer::Error) -> Rejection {
    match origin_error(error) {
        Some(error) => error.clone().into(),
        None => Rejection::parameter(format!("the form cannot be read: {error}")),
    }
}
