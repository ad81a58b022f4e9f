//! Errors as answers: the only place that knows which status, which of the API's codes and which words an error becomes.
//!
//! An answer is `text/plain`, `ERROR <code>: <message>`, with the code again in `Cf-Resized`. Errors of ours say nothing
//! but an id, which stands beside the whole error in the log. What origins do wrong:
//!
//! | code | status | when |
//! |---|---|---|
//! | 9401 | 403 | the host is not in `origins.allow` |
//! | 9402 | 413 | the source is larger than its limit, as announced or as counted |
//! | 9402 | 502 | the connection ended before the source did |
//! | 9403 | 508 | the request was sent to fetch a source |
//! | 9404 | 404 | there is no such source |
//! | 9406 | 403 | the source is no URL, or its host has no public address |
//! | 9407 | 523 | the host's name has no address |
//! | 9408 | the origin's | the origin answered 4xx |
//! | 9412, 9516 | 415, 422 | what came is no picture, or a damaged one |
//! | 9420 | 400 | a redirect to no URL, to another scheme, or to an address that is not public |
//! | 9421 | 400 | more redirects than `origins.redirects` |
//! | 9504 | 522 | no connection within `origins.connect_timeout` |
//! | 9504 | 524 | not complete within `origins.timeout` |
//! | 9505 | 502 | no trusted TLS, no HTTP, a status that means nothing here |
//! | 9509 | 502 | the origin answered 5xx |
//! | 9510 | 523 | nothing accepts connections there |
//! | 9519 | 502 | the origin answered 400 |
//! | 9527 | 503 | sources in progress take all of `limits.memory` |
//! | 9529 | 504 | not done within `server.timeout` |

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tintype::VisionError;
use tintype::codecs::{Bound, CodecError};
use tintype_options::OptionsError;
use tintype_options::binding::BindingError;
use tintype_options::sign::SignatureError;
use tintype_pixels::Fault;

use crate::admission::Full;
use crate::engine::TransformError;
use crate::origin::OriginError;

/// A request that is not answered with a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// Cloudflare's number for it.
    pub(crate) code: u16,
    /// One sentence for the client.
    pub(crate) message: String,
    /// Whether asking again in a second may help.
    pub(crate) retry: bool,
}

impl Rejection {
    fn new(status: StatusCode, code: u16, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry: false }
    }

    /// Asked again later, it may work.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self { retry: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, 9522, message) }
    }

    /// The client has as many requests in progress as `limits.per_client` allows.
    pub(crate) fn too_many() -> Self {
        let message = "this client has too many requests in progress";
        Self { retry: true, ..Self::new(StatusCode::TOO_MANY_REQUESTS, 9522, message) }
    }

    /// The time for a request ran out.
    pub(crate) fn too_slow() -> Self {
        Self {
            retry: true,
            ..Self::new(StatusCode::GATEWAY_TIMEOUT, 9529, "the request could not be answered in time")
        }
    }

    /// The request was sent to fetch a source, by us or by another that transforms.
    pub(crate) fn looping() -> Self {
        Self::new(StatusCode::LOOP_DETECTED, 9403, "the source is itself a transformed picture: the request loops")
    }

    /// A page's picture was asked for, and the page has none.
    pub(crate) fn not_a_picture() -> Self {
        Self::new(StatusCode::NOT_FOUND, 9404, "this page has no picture")
    }

    /// The URL is longer than `limit_bytes`.
    pub(crate) fn long_url(limit_bytes: u64) -> Self {
        Self::new(StatusCode::URI_TOO_LONG, 9419, format!("options and source are longer than {limit_bytes} bytes"))
    }

    /// The picture in a request's body is larger than `limit_bytes`.
    pub(crate) fn large_body(limit_bytes: u64) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            9402,
            format!("the picture is larger than {limit_bytes} bytes, the limit"),
        )
    }

    /// A parameter of the request is missing or cannot be read.
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 9424, message)
    }

    /// A request for a proxy, which this is not.
    pub(crate) fn no_proxy() -> Self {
        let message = "this is no proxy: only a GET or HEAD with cf.image options in X-CF-Blob is answered";
        Self::new(StatusCode::FORBIDDEN, 9419, message)
    }

    /// The Images binding is not for everyone here.
    pub(crate) fn no_binding() -> Self {
        let message = "only signed URLs or presets are answered here, which the Images binding cannot have";
        Self::new(StatusCode::FORBIDDEN, 9430, message)
    }

    /// A request that cannot be signed, where all have to be.
    pub(crate) fn unsigned() -> Self {
        Self::new(StatusCode::FORBIDDEN, 9425, "only signed urls are answered here")
    }

    /// A source that only signed URLs may name.
    pub(crate) fn unsigned_source() -> Self {
        Self::new(StatusCode::FORBIDDEN, 9425, "sources of this origin are only for signed urls")
    }

    /// There is no such stored image, or no such variant of it.
    pub(crate) fn no_stored_image() -> Self {
        Self::new(StatusCode::NOT_FOUND, 9431, "there is no such image, or no such variant")
    }

    /// No account of stored images has this hash.
    pub(crate) fn wrong_account() -> Self {
        Self::new(StatusCode::FORBIDDEN, 9427, "there is no such account")
    }

    /// Options stand where only names of variants may.
    pub(crate) fn no_flexible_variants() -> Self {
        Self::new(StatusCode::FORBIDDEN, 9429, "flexible variants are not enabled for this account")
    }

    /// A stored image that this URL may not have.
    pub(crate) fn private_image(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, 9425, message)
    }

    /// Ours. `error` is logged, under the id that the client gets.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        let id = incident();
        tracing::error!(%id, %error, "internal error");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, 9517, format!("internal error {id}"))
    }
}

impl From<Full> for Rejection {
    fn from(_full: Full) -> Self {
        Self::busy("the server is busy")
    }
}

impl From<OptionsError> for Rejection {
    fn from(error: OptionsError) -> Self {
        let (status, code) = match error {
            OptionsError::NoSource { .. } => (StatusCode::FORBIDDEN, 9419),
            OptionsError::Source { .. } => (StatusCode::FORBIDDEN, 9406),
            // Everything else is about the options, and so will new kinds be.
            _ => (StatusCode::BAD_REQUEST, 9401),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<SignatureError> for Rejection {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Options(error) => error.into(),
            error => Self::new(StatusCode::FORBIDDEN, 9425, error.to_string()),
        }
    }
}

impl From<BindingError> for Rejection {
    fn from(error: BindingError) -> Self {
        let (status, code) = match error {
            BindingError::Format { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 9520),
            BindingError::Options { .. } => (StatusCode::BAD_REQUEST, 9401),
            // Everything else is about the form.
            _ => (StatusCode::BAD_REQUEST, 9424),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<OriginError> for Rejection {
    fn from(error: OriginError) -> Self {
        use OriginError as E;
        let retry = error == E::NoMemory;
        let status = |status: u16| StatusCode::from_u16(status).expect("three digits: an origin's or one of these");
        let (status, code) = match error {
            E::InvalidUrl => (StatusCode::FORBIDDEN, 9406),
            E::NotAllowed => (StatusCode::FORBIDDEN, 9401),
            E::PrivateAddress => (StatusCode::FORBIDDEN, 9406),
            E::NotFound => (StatusCode::NOT_FOUND, 9404),
            E::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, 9402),
            E::NoMemory => (StatusCode::SERVICE_UNAVAILABLE, 9527),
            E::Dns => (status(523), 9407),
            E::Refused => (status(523), 9510),
            E::ConnectTimeout => (status(522), 9504),
            E::DownloadTimeout => (status(524), 9504),
            E::Interrupted => (StatusCode::BAD_GATEWAY, 9402),
            E::BadRequest => (StatusCode::BAD_GATEWAY, 9519),
            E::ClientError { status: answered } => (status(answered), 9408),
            E::ServerError { .. } => (StatusCode::BAD_GATEWAY, 9509),
            E::BadRedirect => (StatusCode::BAD_REQUEST, 9420),
            E::TooManyRedirects { .. } => (StatusCode::BAD_REQUEST, 9421),
            E::Tls | E::NotHttp | E::Failed => (StatusCode::BAD_GATEWAY, 9505),
        };
        Self { retry, ..Self::new(status, code, error.to_string()) }
    }
}

impl From<TransformError> for Rejection {
    fn from(error: TransformError) -> Self {
        let (status, code) = match (&error, error.fault()) {
            (TransformError::Codec(CodecError::Unsupported { .. }), _) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 9520),
            // The format is one of the API's, and only this build cannot write it.
            (TransformError::Codec(CodecError::NotBuilt { .. }), _) => (StatusCode::FORBIDDEN, 9413),
            (TransformError::Codec(CodecError::TooLarge { what: Bound::FileBytes, .. }), _) => {
                (StatusCode::PAYLOAD_TOO_LARGE, 9402)
            }
            // Legal elsewhere, and not a value that can be asked for here.
            (TransformError::NotInstalled { .. } | TransformError::Vision(VisionError::NotInstalled { .. }), _) => {
                (StatusCode::BAD_REQUEST, 9401)
            }
            (_, Fault::Request) => (StatusCode::BAD_REQUEST, 9401),
            (_, Fault::Source) => (StatusCode::UNPROCESSABLE_ENTITY, 9516),
            (_, Fault::Unsupported) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 9412),
            (_, Fault::TooLarge) => (StatusCode::FORBIDDEN, 9413),
            (_, Fault::Unreachable) => (StatusCode::BAD_GATEWAY, 9505),
            (_, Fault::Busy) => {
                // The client learns no more than that; the operator should.
                tracing::warn!(%error, "busy");
                return Self::busy("the server is busy");
            }
            (_, Fault::Internal) => return Self::internal(&error),
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        // A message may quote what the client sent; plain text stays plain text.
        let message: String = self.message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let body = format!("ERROR {}: {message}\n", self.code);
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        let resized = HeaderValue::try_from(format!("err={}", self.code)).expect("digits");
        headers.insert("cf-resized", resized);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// A short id that no other error or request of this process has, and hardly one of another.
pub(crate) fn incident() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{count:x}", now.as_millis())
}

#[cfg(test)]
mod tests {
    use tintype::engine::{GpuError, PlanError};
    use tintype_pixels::{ImageFormat, Size};

    use super::*;

    #[test]
    fn every_origin_error_has_its_status_and_code() {
        use OriginError as E;
        let table = [
            (E::InvalidUrl, 403, 9406),
            (E::NotAllowed, 403, 9401),
            (E::PrivateAddress, 403, 9406),
            (E::NotFound, 404, 9404),
            (E::TooLarge { limit_bytes: 1 }, 413, 9402),
            (E::NoMemory, 503, 9527),
            (E::Dns, 523, 9407),
            (E::Refused, 523, 9510),
            (E::ConnectTimeout, 522, 9504),
            (E::DownloadTimeout, 524, 9504),
            (E::Interrupted, 502, 9402),
            (E::BadRequest, 502, 9519),
            (E::ClientError { status: 403 }, 403, 9408),
            (E::ClientError { status: 499 }, 499, 9408),
            (E::ServerError { status: 503 }, 502, 9509),
            (E::BadRedirect, 400, 9420),
            (E::TooManyRedirects { limit: 5 }, 400, 9421),
            (E::Tls, 502, 9505),
            (E::NotHttp, 502, 9505),
            (E::Failed, 502, 9505),
        ];
        for (error, status, code) in table {
            let rejection = Rejection::from(error.clone());
            assert_eq!((rejection.status.as_u16(), rejection.code), (status, code), "{error:?}");
        }
    }

    #[test]
    fn every_engine_error_has_its_status_and_code() {
        let secret = || "secret".to_owned();
        let format = ImageFormat::Jpeg;
        let size = Size::new(20_000, 1);
        let too_large = |what| CodecError::TooLarge { what, value: 2, limit: 1 };
        let table: Vec<(TransformError, u16, u16)> = vec![
            (OptionsError::Empty.into(), 400, 9401),
            (CodecError::UnknownFormat { start: secret() }.into(), 415, 9412),
            (CodecError::Unsupported { format: "tiff", what: "input" }.into(), 415, 9520),
            (CodecError::NotBuilt { what: "avif", feature: "avif-encode" }.into(), 403, 9413),
            (CodecError::Damaged { format, detail: secret() }.into(), 422, 9516),
            (CodecError::Truncated { format, detail: secret() }.into(), 422, 9516),
            (too_large(Bound::FileBytes).into(), 413, 9402),
            (too_large(Bound::AreaPx).into(), 403, 9413),
            (CodecError::Encode { format, detail: secret() }.into(), 500, 9517),
            (PlanError::ResultTooLarge { size, limit_side: 1, limit_area: 1 }.into(), 403, 9413),
            (GpuError::TooLarge { needed: 2, limit: 1 }.into(), 403, 9413),
            (GpuError::OutOfMemory(secret()).into(), 503, 9522),
            (GpuError::Lost(secret()).into(), 503, 9522),
            (GpuError::Refused(secret()).into(), 500, 9517),
            (TransformError::WrongResult { got: 1, expected: 2 }, 500, 9517),
            (TransformError::NoPixels, 500, 9517),
            (TransformError::NotInstalled { asked: "a", missing: "b", instead: "c" }, 400, 9401),
            (VisionError::NotInstalled { wanted: "a", remedy: "b".to_owned() }.into(), 400, 9401),
            (VisionError::Busy.into(), 503, 9522),
            (VisionError::Failed(secret().into()).into(), 500, 9517),
            (TransformError::NotSvg, 415, 9412),
        ];
        for (error, status, code) in table {
            let text = error.to_string();
            let rejection = Rejection::from(error);
            assert_eq!((rejection.status.as_u16(), rejection.code), (status, code), "{text}");
            assert!(status < 500 || !rejection.message.contains("secret"), "{text}: {}", rejection.message);
            assert_eq!(rejection.retry, status == 503, "{text}");
        }
    }

    #[test]
    fn a_message_stays_one_line_of_plain_text() {
        let response = Rejection::parameter("a\r\nb\u{7f}").into_response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(response.headers()["cf-resized"], "err=9424");
    }
}
