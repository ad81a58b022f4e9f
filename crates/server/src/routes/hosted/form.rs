//! Forms that bring an image: its bytes go to the store while they come, whatever fields come before or after.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, header};
use multer::{Field, Multipart};
use serde_json::{Map, Value};
use tintype_hosted::{BodyError, Hosted, HostedError, ImageId, Metadata, NewImage, Received};

use super::answer::ApiError;
use crate::form::{StreamError, counted, finish, origin_error};
use crate::state::AppState;

/// The most fields.
const MAX_FIELDS: usize = 32;

/// The most bytes of a field that is no file.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// The most levels of metadata that comes in many fields: as many as JSON text may have here. What goes through a value goes
/// through it level by level.
const MAX_LEVELS: usize = 127;

/// What a form, or a JSON object instead, says.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

/// An image in the store, and what its file was called.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) received: Received,
    pub(super) name: Option<String>,
}

impl Fields {
    /// What a JSON object says: texts as they are, everything else as JSON.
    pub(super) fn of_json(body: &[u8]) -> Result<Self, ApiError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Err(ApiError::bad("the body is not a JSON object"));
        };
        let fields = object.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| match value {
            Value::String(text) => (name, text),
            value => (name, value.to_string()),
        });
        Ok(Self(fields.collect()))
    }

    /// A field that says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// What is said about a new image.
    pub(super) fn new_image(&self) -> Result<NewImage, ApiError> {
        let require_signed_urls = match self.get("requireSignedURLs") {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(other) => return Err(ApiError::bad(format!("requireSignedURLs: {other:?} is not true or false"))),
        };
        Ok(NewImage {
            id: self.get("id").map(ImageId::custom).transpose().map_err(HostedError::from)?,
            filename: self.get("filename").map(str::to_owned),
            creator: self.get("creator").map(str::to_owned),
            metadata: self.metadata()?,
            require_signed_urls,
            uploaded: None,
        })
    }

    /// JSON text in one field, or a field for each value, as Cloudflare's SDKs send objects: `metadata[a][b]` or `metadata.a.b`.
    /// Values of such fields are texts.
    fn metadata(&self) -> Result<Option<Metadata>, ApiError> {
        if let Some(text) = self.get(METADATA) {
            return Ok(Some(Metadata::parse(text)?));
        }
        let mut object = Map::new();
        for (name, value) in &self.0 {
            let Some(path) = name.strip_prefix(METADATA).and_then(path) else { continue };
            if path.len() > MAX_LEVELS {
                return Err(ApiError::bad(format!("metadata has fields on more than {MAX_LEVELS} levels")));
            }
            let wrong = || ApiError::bad(format!("field {name:?} does not fit to the others of metadata"));
            let (last, outer) = path.split_last().ok_or_else(wrong)?;
            let mut place = &mut object;
            for part in outer {
                let inner = place.entry(*part).or_insert_with(|| Map::new().into());
                place = inner.as_object_mut().ok_or_else(wrong)?;
            }
            if place.insert((*last).to_owned(), value.as_str().into()).is_some() {
                return Err(wrong());
            }
        }
        Ok((!object.is_empty()).then(|| Metadata::new(object.into())).transpose()?)
    }
}

/// The field that says what an owner notes about an image.
const METADATA: &str = "metadata";

/// The names in `[a][b]` or `.a.b`.
fn path(text: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = match text.strip_prefix('.') {
        Some(rest) => rest.split('.').collect(),
        None => text.strip_prefix('[')?.strip_suffix(']')?.split("][").collect(),
    };
    names.iter().all(|name| !name.is_empty()).then_some(names)
}

/// Reads a form. Its part `file` goes to `store`; without one, no file is taken. Of what is refused nothing is left.
pub(super) async fn read(
    app: &AppState,
    store: Option<&Hosted>,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Fields, Option<File>), ApiError> {
    let mut body = body.into_data_stream();
    let mut file = None;
    let read = async {
        let _permit = app.uploads().enter().await?;
        let held = Arc::new(Mutex::new(app.sources().hold()));
        parts(store, headers, counted(&mut body, held), &mut file).await
    };
    let timeout = app.config().server.timeout.0;
    match tokio::time::timeout(timeout, read).await.unwrap_or_else(|_elapsed| Err(ApiError::slow())) {
        Ok(fields) => Ok((fields, file)),
        Err(error) => {
            if let (Some(store), Some(file)) = (store, file) {
                store.discard(file.received).await;
            }
            finish(&mut body).await;
            Err(error)
        }
    }
}

async fn parts(
    store: Option<&Hosted>,
    headers: &HeaderMap,
    body: impl Stream<Item = Result<Bytes, StreamError>> + Send,
    file: &mut Option<File>,
) -> Result<Fields, ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|_error| ApiError::no_form())?;
    let mut form = Multipart::new(body, boundary);
    let mut fields = Fields::default();
    let mut n_fields = 0;
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error))? {
        n_fields += 1;
        if n_fields > MAX_FIELDS {
            return Err(ApiError::bad(format!("the form has more than {MAX_FIELDS} fields")));
        }
        let name = field.name().unwrap_or_default().to_owned();
        match (name.as_str(), store) {
            ("file", Some(store)) if file.is_none() => {
                let name = field.file_name().map(str::to_owned);
                let received = store.receive(field.map(|chunk| chunk.map_err(body_error))).await?;
                *file = Some(File { received, name });
            }
            ("file", _) => {
                return Err(ApiError::bad("the form has one file at most, and only where an image is uploaded"));
            }
            _ => {
                let text = text(field, &name).await?;
                fields.0.insert(name, text);
            }
        }
    }
    Ok(fields)
}

async fn text(mut field: Field<'_>, name: &str) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + chunk.len() > MAX_TEXT_BYTES {
            return Err(ApiError::bad(format!("field {name:?} is larger than {MAX_TEXT_BYTES} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_utf8| ApiError::bad(format!("field {name:?} is not UTF-8")))
}

fn unreadable(error: &multer::Error) -> ApiError {
    match origin_error(error) {
        Some(error) => error.clone().into(),
        None => ApiError::bad(format!("the form cannot be read: {error}")),
    }
}

/// The same, for the store, which gives it back.
fn body_error(error: multer::Error) -> BodyError {
    match origin_error(&error) {
        Some(error) => error.clone().into(),
        None => error.into(),
    }
}

/// The fields of a request without a file: a form, or a JSON object.
pub(super) async fn fields(app: &AppState, headers: &HeaderMap, body: Body) -> Result<Fields, ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.starts_with("multipart/") {
        return Ok(read(app, None, headers, body).await?.0);
    }
    Fields::of_json(&whole(body).await?)
}

/// A small body.
pub(super) async fn whole(body: Body) -> Result<Bytes, ApiError> {
    let read = axum::body::to_bytes(body, MAX_TEXT_BYTES).await;
    read.map_err(|_error| ApiError::bad(format!("the body is larger than {MAX_TEXT_BYTES} bytes, or was not sent")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(fields: &[(&str, &str)]) -> Result<Option<Value>, ApiError> {
        let fields = Fields(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        let metadata = fields.new_image()?.metadata;
        Ok(metadata.map(|metadata| Value::Object(metadata.as_object().clone())))
    }

    #[test]
    fn metadata_comes_in_one_field_or_in_many() {
        for (fields, expected) in [
            (&[][..], None),
            (&[("metadata", "")], None),
            (&[("metadata", r#"{"a":1}"#), ("metadata[b]", "2")], Some(json!({"a": 1}))),
            (
                &[("metadata[a]", "1"), ("metadata[b][c]", "x"), ("metadata[b][d]", "")],
                Some(json!({"a": "1", "b": {"c": "x", "d": ""}})),
            ),
            (&[("metadata.a", "1"), ("metadata.b.c", "x")], Some(json!({"a": "1", "b": {"c": "x"}}))),
            (&[("metadata[]", "1"), ("metadata[a", "1"), ("metadata..a", "1"), ("metadatas", "1")], None),
        ] {
            assert_eq!(metadata(fields), Ok(expected), "{fields:?}");
        }
        metadata(&[("metadata[a]", "1"), ("metadata[a][b]", "1")]).unwrap_err();
        metadata(&[("metadata.a", "1"), ("metadata[a]", "1")]).unwrap_err();
        let nested = |levels: usize| format!("metadata{}", ".a".repeat(levels));
        assert!(metadata(&[(&nested(MAX_LEVELS), "1")]).unwrap().is_some());
        metadata(&[(&nested(100_000), "1")]).unwrap_err();
    }
}
