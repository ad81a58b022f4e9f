//! `POST /info` and `POST /transform`: what the Images binding of Workers sends (`env.IMAGES`).
//!
//! Bytes in a form, bytes out. Errors are those of the other faces, with their code in `cf-images-binding`, where the
//! runtime looks for it.

use std::time::Instant;

use axum::extract::{Request as HttpRequest, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode};
use serde_json::json;
use tintype::Output;
use tintype::codecs::{self, CodecError};
use tintype_options::binding::{self, BindingError, BindingFormat, BindingRequest};
use tintype_pixels::ImageFormat;

use super::health::json_response;
use crate::cache::fetch::Wants;
use crate::compose::{Canvas, Composition};
use crate::engine::{Accepts, TransformError};
use crate::form::{Content, Form};
use crate::layers::Layers;
use crate::origin::Signed;
use crate::reject::Rejection;
use crate::respond::{self, About, Found, Spent};
use crate::state::{self, AppState};

const IMAGE: &str = "image";

/// What the header of a picture says.
pub(crate) async fn info(State(app): State<AppState>, request: HttpRequest) -> Response {
    of_binding(described(&app, request).await)
}

/// Transforms, draws and encodes.
pub(crate) async fn transform(State(app): State<AppState>, request: HttpRequest) -> Response {
    of_binding(transformed(&app, request).await)
}

/// The answer as the runtime reads it: what it says about itself has another name.
fn of_binding(answer: Result<Response, Rejection>) -> Response {
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    if let Some(value) = response.headers_mut().remove("cf-resized") {
        response.headers_mut().insert(HeaderName::from_static("cf-images-binding"), value);
    }
    response
}

async fn described(app: &AppState, request: HttpRequest) -> Result<Response, Rejection> {
    let engine = app.ready()?;
    let Form { parts, held } = timed(app, received(app, request)).await?;
    let image = parts.into_iter().find_map(|part| match (part.name.as_str(), part.content) {
        (IMAGE, Content::File(bytes)) => Some(bytes),
        _ => None,
    });
    let image = image.ok_or(BindingError::Missing { name: IMAGE })?;
    if codecs::is_svg(&image) {
        // It can be told that it is one, and its size means nothing.
        return Ok(json_response(StatusCode::OK, &json!({ "format": ImageFormat::Svg.media_type() })));
    }
    let info = match state::blocking(held, move || engine.probe(&image)).await? {
        Ok(info) => info,
        // So can one in a build that does not read them.
        Err(TransformError::Codec(CodecError::Unsupported { format, .. })) if format == ImageFormat::Svg.name() => {
            return Ok(json_response(StatusCode::OK, &json!({ "format": ImageFormat::Svg.media_type() })));
        }
        Err(error) => return Err(error.into()),
    };
    let size = info.upright_size();
    let body = json!({
        "format": info.format.media_type(),
        "file_size": info.file_size,
        "width": size.width,
        "height": size.height,
    });
    Ok(json_response(StatusCode::OK, &body))
}

async fn transformed(app: &AppState, request: HttpRequest) -> Result<Response, Rejection> {
    let started = Instant::now();
    app.ready()?;
    let prepare = async {
        let form = received(app, request).await?;
        let asked = asked(app, &form)?;
        let (canvas, fonts) = Canvas::of_binding(&asked, form.parts.len());
        let layers = Layers::with(app, canvas, &fonts, Signed::No)?;
        let fonts = layers.fetch(app, Wants::Soon).await?;
        let fetch = started.elapsed();
        let permit = app.admission().enter(layers.canvas.needs()).await?;
        Ok((form, asked, layers, fonts, fetch, permit))
    };
    let (form, asked, layers, fonts, fetch, permit) = timed(app, prepare).await?;
    let own = form.parts.into_iter().map(|part| match part.content {
        Content::File(bytes) => bytes,
        Content::Text(_) => bytes::Bytes::new(),
    });
    let (fonts, fonts_held): (Vec<_>, Vec<_>) = fonts.into_iter().map(|font| (font.bytes, font.held)).unzip();
    let composition = Composition {
        canvas: layers.canvas,
        parts: own.chain(fonts).collect(),
        output: output(&asked),
        accepts: Accepts::default(),
    };
    let about = About {
        tag: None,
        cache_control: "no-store".to_owned(),
        age: None,
        vary: Vec::new(),
        announcement: None,
        warnings: asked.warnings.iter().map(ToString::to_string).collect(),
    };
    let output = state::compose(app, (permit, form.held, fonts_held), composition, app.until(started)).await?;
    Ok(respond::picture(&output.into(), &about, Spent { fetch, total: started.elapsed(), found: Found::Never }))
}

/// The form, if forms are taken at all.
async fn received(app: &AppState, request: HttpRequest) -> Result<Form, Rejection> {
    if !app.has_binding() {
        return Err(Rejection::no_binding());
    }
    let (parts, body) = request.into_parts();
    let _permit = app.uploads().enter().await?;
    Form::read(app, &parts.headers, body).await
}

async fn timed<T>(app: &AppState, work: impl Future<Output = Result<T, Rejection>>) -> Result<T, Rejection> {
    let timeout = app.config().server.timeout.0;
    tokio::time::timeout(timeout, work).await.unwrap_or_else(|_elapsed| Err(Rejection::too_slow()))
}

fn asked(app: &AppState, form: &Form) -> Result<BindingRequest, Rejection> {
    let parts: Vec<binding::Part<'_>> = form
        .parts
        .iter()
        .map(|part| match &part.content {
            Content::File(_) => binding::Part::File { name: &part.name },
            Content::Text(text) => binding::Part::Field { name: &part.name, text },
        })
        .collect();
    Ok(binding::parse(&parts, app.strictness())?)
}

fn output(asked: &BindingRequest) -> Output {
    let output = match asked.format.output_format() {
        Some(format) => Output::format(format),
        None if asked.format == BindingFormat::Rgb => Output::rgb(),
        None => Output::rgba(),
    };
    match asked.quality {
        Some(quality) => output.quality(quality.number()),
        None => output,
    }
}
