//! What the server asks of the image engine; the only file that names the facade.
//!
//! Behind the trait [`Engine`] so that tests of HTTP need no device.

use std::fmt;
use std::time::Duration;

use tintype_options::{TransformOptions, Warning};
use tintype_pixels::{Fault, ImageInfo, Size};

use crate::config::Config;

/// Transforms pictures. Every method may block for as long as a picture takes.
pub(crate) trait Engine: fmt::Debug + Send + Sync {
    /// What pictures are transformed on.
    fn report(&self) -> Report;
    /// What the header of `bytes` says.
    fn probe(&self, bytes: &[u8]) -> Result<ImageInfo, TransformError>;
    /// The picture that `request` asks to be made of `bytes`.
    fn transform(&self, bytes: &[u8], request: &Request) -> Result<Output, TransformError>;
}

/// What pictures are transformed on.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) adapter: String,
    pub(crate) backend: String,
    pub(crate) software: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Accepts {
    pub(crate) avif: bool,
    pub(crate) webp: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) options: TransformOptions,
    pub(crate) accepts: Accepts,
}

#[derive(Clone, Debug)]
pub(crate) struct Timings {
    pub(crate) decode: Duration,
    pub(crate) plan: Duration,
    pub(crate) gpu: Duration,
    pub(crate) encode: Duration,
    pub(crate) total: Duration,
}

#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: &'static str,
    pub(crate) size: Size,
    pub(crate) original: ImageInfo,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) timings: Timings,
    pub(crate) plan: String,
}

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TransformError {
    fault: Fault,
    message: String,
}

impl TransformError {
    pub(crate) fn fault(&self) -> Fault {
        self.fault
    }
}

#[cfg(test)]
impl TransformError {
    /// An error with this fault, whose message holds `secret`.
    pub(crate) fn example(fault: Fault) -> Self {
        Self { fault, message: "the secret of the matter".into() }
    }
}

/// Builds the engine that `config` asks for, with all its pipelines. Blocks.
pub(crate) fn build(_config: &Config) -> Result<Box<dyn Engine>, TransformError> {
    Err(TransformError { fault: Fault::Internal, message: "no engine".into() })
}

/// The plan for a picture like `info`, as text. Needs no device.
pub(crate) fn explain(_info: &ImageInfo, _request: &Request) -> Result<String, TransformError> {
    Err(TransformError { fault: Fault::Internal, message: "no engine".into() })
}
