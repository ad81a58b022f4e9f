//! Why a file gives no picture.

/// Why a file gives no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes contradict the format before there is a picture.
    #[error("damaged JPEG: {0}")]
    Damaged(&'static str),
    /// The file ends before the first scan.
    #[error("the file ends before the first scan of the picture")]
    Truncated,
    /// A kind of JPEG that is not read.
    #[error("JPEG {0} is not read")]
    Unsupported(&'static str),
    /// A limit would be passed. Neither the memory was taken nor the work done.
    #[error("{what:?} of this JPEG: {value}; the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: Bound,
        /// How large it is, or at least this.
        value: u64,
        /// The most that is accepted.
        limit: u64,
    },
}

/// What [`Limits`](super::Limits) bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Bytes of all coefficients.
    CoefficientBytes,
    /// Number of scans.
    Scans,
    /// Blocks decoded in all scans together.
    CodedBlocks,
    /// Bytes of the color profile.
    IccBytes,
}

pub(super) fn within(what: Bound, value: u64, limit: u64) -> Result<(), DecodeError> {
    if value > limit { Err(DecodeError::TooLarge { what, value, limit }) } else { Ok(()) }
}
