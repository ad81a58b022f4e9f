//! Everything that can keep a picture from being made.

use std::time::Duration;

use tintype_codecs::CodecError;
use tintype_engine::{GpuError, PlanError, VisionError};
use tintype_options::OptionsError;
use tintype_pixels::{Fault, Size};
use tintype_text::TextError;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// The options are wrong.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The source cannot be read, or the result not be written.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// What was asked for cannot be done to this source.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A text cannot be drawn.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A model that is to look at the picture is not there, or fails.
    #[error(transparent)]
    Vision(#[from] VisionError),
    /// The device failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// What was asked for needs a part that is not there.
    #[error("{asked} needs {missing}, which is not installed; {instead} works without")]
    NotInstalled {
        /// The option and its value.
        asked: &'static str,
        /// What is missing.
        missing: &'static str,
        /// What may be asked for instead.
        instead: &'static str,
    },
    /// All frames together have too many pixels.
    #[error("{frames} frames of {size} have {} pixels together; the limit is {limit_px}, {} frames of that size; anim=false keeps one", size.area() * u64::from(*frames), limit_px / size.area().max(1))]
    AnimationTooLarge {
        /// How many there are.
        frames: u32,
        /// Width and height of each, of the source or on the way to the result.
        size: Size,
        /// The limit.
        limit_px: u64,
    },
    /// Making all frames took too long.
    #[error("after {done} frames the time for an animation is over, {} s; anim=false keeps one frame", allowed.as_secs_f32())]
    AnimationTooSlow {
        /// Frames that were done.
        done: u32,
        /// The time.
        allowed: Duration,
    },
    /// `format=svg` of a picture that is none.
    #[error("format=svg passes an SVG on; a picture of pixels cannot become one")]
    NotSvg,
    /// The time that the caller has for it is over.
    #[error("the time for the request is over")]
    Late,
    /// Only the header of a picture is known, and its pixels were asked for.
    #[error("a picture of which only the header is known can be planned, not shown")]
    NoPixels,
    /// The device gave back another number of bytes than the plan says: a mistake of ours.
    #[error("the device gave {got} bytes for a result of {expected}")]
    WrongResult {
        /// Bytes that came.
        got: usize,
        /// Bytes that should have come.
        expected: u64,
    },
}

impl TransformError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Options(error) => error.fault(),
            Self::Codec(error) => error.fault(),
            Self::Plan(error) => error.fault(),
            Self::Text(error) => error.fault(),
            Self::Vision(error) => error.fault(),
            Self::Gpu(error) => error.fault(),
            Self::AnimationTooLarge { .. } | Self::AnimationTooSlow { .. } => Fault::TooLarge,
            Self::NotInstalled { .. } | Self::NotSvg => Fault::Unsupported,
            Self::Late => Fault::Busy,
            Self::NoPixels | Self::WrongResult { .. } => Fault::Internal,
        }
    }
}
