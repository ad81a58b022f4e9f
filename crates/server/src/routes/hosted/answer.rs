//! Envelopes: how the API answers, well or not.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use serde::Serialize;
use tintype::codecs::CodecError;
use tintype_hosted::HostedError;
use tintype_pixels::Fault;
use utoipa::ToSchema;

use crate::admission::Full;
use crate::origin::OriginError;
use crate::reject::{Rejection, incident};

/// How a result is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Envelope<T> {
    result: T,
    /// True.
    success: bool,
    /// None.
    errors: Vec<Message>,
    /// None.
    messages: Vec<Message>,
}

/// How a refusal is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Failure {
    /// Null.
    #[schema(value_type = Option<Empty>)]
    result: (),
    /// False.
    success: bool,
    /// Why, first of all.
    errors: Vec<Message>,
    /// None.
    messages: Vec<Message>,
}

/// An object without anything.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Empty {}

/// Something that is said about a request.
#[derive(Debug, Serialize, ToSchema)]
struct Message {
    /// Which of the reasons it is: mostly 5000 and the status.
    code: u16,
    /// In words.
    message: String,
}

/// A request of the API that is not answered with a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    pub(super) code: u16,
    pub(super) message: String,
}

/// A result, in its envelope.
pub(super) fn ok(result: impl Serialize) -> Response {
    sent(StatusCode::OK, &Envelope { result, success: true, errors: Vec::new(), messages: Vec::new() })
}

fn sent(status: StatusCode, envelope: &impl Serialize) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let body = serde_json::to_string(envelope).expect("results have only names that are text");
    (status, headers, body).into_response()
}

/// What is answered where the API has nothing.
pub(super) async fn no_such_path(uri: Uri) -> ApiError {
    ApiError::missing(format!("the API has no {}", uri.path()))
}

/// What is answered where the API has something, but not that.
pub(super) async fn no_such_method(method: Method, uri: Uri) -> ApiError {
    ApiError::of(StatusCode::METHOD_NOT_ALLOWED, format!("{} cannot be asked for with {method}", uri.path()))
}

impl ApiError {
    /// Cloudflare's codes are mostly 5000 and the status.
    fn of(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, code: 5000 + status.as_u16(), message: message.into() }
    }

    /// What was sent says nothing.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, message)
    }

    /// There is no token, or it is not good.
    pub(super) fn unauthenticated() -> Self {
        let message = "the bearer token is missing or not valid".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, code: 10000, message }
    }

    /// A token that is good for something else.
    pub(super) fn forbidden() -> Self {
        Self::of(StatusCode::FORBIDDEN, "the token is not for this account, or not for this")
    }

    /// What is to be an upload is no form.
    pub(super) fn no_form() -> Self {
        Self::of(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body has to be a form (multipart/form-data), not the bytes of an image",
        )
    }

    /// Uploaded already.
    pub(super) fn taken(message: impl Into<String>) -> Self {
        Self::of(StatusCode::CONFLICT, message)
    }

    /// There is nothing of this name.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::of(StatusCode::NOT_FOUND, message)
    }

    /// What was sent took too long.
    pub(super) fn slow() -> Self {
        Self::of(StatusCode::REQUEST_TIMEOUT, "the upload took too long")
    }

    /// One request too many in this second.
    pub(super) fn often() -> Self {
        Self::of(StatusCode::TOO_MANY_REQUESTS, "a batch token may send 200 requests a second")
    }

    /// An image of ours, to be fetched from ourselves.
    pub(super) fn own_source() -> Self {
        let message = "images that are stored here cannot be uploaded by their URL".to_owned();
        Self { status: StatusCode::BAD_REQUEST, code: 5454, message }
    }

    fn unavailable() -> Self {
        Self::of(StatusCode::SERVICE_UNAVAILABLE, "the server is busy")
    }

    fn internal(code: u16, error: &dyn std::fmt::Display) -> Self {
        let id = incident();
        tracing::error!(%id, %error, "internal error");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, code, message: format!("internal error {id}") }
    }
}

impl From<HostedError> for ApiError {
    fn from(error: HostedError) -> Self {
        use HostedError as E;
        let (status, code) = match &error {
            E::NoImage { .. } | E::NoKey { .. } | E::NoToken { .. } => (StatusCode::NOT_FOUND, 5404),
            E::NoVariant { .. } => (StatusCode::NOT_FOUND, 5401),
            E::NoAccount { .. } => (StatusCode::FORBIDDEN, 5403),
            E::ImageExists { .. } | E::VariantExists { .. } => (StatusCode::CONFLICT, 5409),
            E::ManyImages { .. } | E::ManyVariants | E::ManyKeys => (StatusCode::FORBIDDEN, 5453),
            E::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, 5413),
            E::Picture(error) => return error.clone().into(),
            E::Body(error) => match error.downcast_ref::<OriginError>() {
                Some(error) => return error.clone().into(),
                None => (StatusCode::BAD_REQUEST, 5450),
            },
            E::Abandoned => (StatusCode::REQUEST_TIMEOUT, 5408),
            error if matches!(error.fault(), Fault::Busy) => {
                tracing::error!(%error, "stored images cannot be reached");
                return Self::unavailable();
            }
            E::Blobs(error) => return Self::internal(5540, error),
            E::Folder(error) => return Self::internal(5540, error),
            error => match error.fault() {
                Fault::Request => (StatusCode::BAD_REQUEST, 5400),
                _ => return Self::internal(5500, error),
            },
        };
        Self { status, code, message: error.to_string() }
    }
}

impl From<CodecError> for ApiError {
    fn from(error: CodecError) -> Self {
        let (status, code) = match error.fault() {
            Fault::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 5413),
            Fault::Internal => return Self::internal(5500, &error),
            // Damaged pictures are none either.
            _ => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 5455),
        };
        Self { status, code, message: error.to_string() }
    }
}

/// A source of an upload by URL that could not be read.
impl From<OriginError> for ApiError {
    fn from(error: OriginError) -> Self {
        let status = match &error {
            OriginError::NotFound => StatusCode::NOT_FOUND,
            OriginError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            OriginError::NoMemory => return Self::unavailable(),
            OriginError::ConnectTimeout | OriginError::DownloadTimeout => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::of(status, error.to_string())
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        Self::bad(rejection.message)
    }
}

impl From<Full> for ApiError {
    fn from(_full: Full) -> Self {
        Self::unavailable()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        // Cloudflare's own text has the code in it.
        let message = format!("ERROR {}: {}", self.code, self.message);
        let errors = vec![Message { code: self.code, message }];
        let envelope = Failure { result: (), success: false, errors, messages: Vec::new() };
        let mut response = sent(self.status, &envelope);
        if self.status == StatusCode::SERVICE_UNAVAILABLE || self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
