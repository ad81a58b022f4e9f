//! What can go wrong with a picture's bytes, by cause.

use std::fmt;

use tintype_pixels::{Fault, ImageFormat, Layout};

use crate::{Encode, registry};

/// Why a picture could not be probed, decoded or encoded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// No format begins like this: text, an empty file, or something that is no picture.
    #[error("not a picture: the file begins with {start}; {} are read", registry::names_read())]
    UnknownFormat {
        /// The first bytes, quoted for people.
        start: String,
    },

    /// The format, or this kind of it, is recognized but not read.
    #[error("{format} {what} is not read; {} are", registry::names_read())]
    Unsupported {
        /// Short name of the format. A name and not an [`ImageFormat`], because some have none here (JPEG XL).
        format: &'static str,
        /// Which kind of it, for example `input` or `with arithmetic coding`.
        what: &'static str,
    },

    /// This build cannot write the format.
    #[error("{what} output is not in this build; compile with the feature \"{feature}\"")]
    NotBuilt {
        /// What was asked for, for example `lossy webp`.
        what: &'static str,
        /// The cargo feature that brings it.
        feature: &'static str,
    },

    /// The bytes contradict the format or themselves.
    #[error("damaged {format}: {detail}")]
    Damaged {
        /// The format the file began as.
        format: ImageFormat,
        /// What the decoder said.
        detail: String,
    },

    /// The file ends too early.
    #[error("truncated {format}: {detail}")]
    Truncated {
        /// The format the file began as.
        format: ImageFormat,
        /// How much is there, or where it ends.
        detail: String,
    },

    /// A limit would be passed. Nothing of the size in question has been allocated.
    #[error("source {what} is {value}; the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: Bound,
        /// How large it is, where a format says so only roughly at least this.
        value: u64,
        /// The most that is accepted.
        limit: u64,
    },

    /// The result is larger than the output format can hold.
    #[error("{format} holds at most {limit} pixels per side; the result has {value}")]
    OutputTooLarge {
        /// The output format.
        format: ImageFormat,
        /// The longer side of the picture to be written.
        value: u32,
        /// The longest side the format can hold.
        limit: u32,
    },

    /// The encoder was given a layout it does not take: see [`Encode::layout`]. A mistake of the caller.
    #[error("{encode} does not take {layout} pixels")]
    WrongLayout {
        /// The encoder.
        encode: Encode,
        /// What it was given.
        layout: Layout,
    },

    /// `decode` was given the [`ImageInfo`](tintype_pixels::ImageInfo) of another file. A mistake of the caller.
    #[error("the {format} header does not match the information it was probed to have")]
    WrongInfo {
        /// The format of the file at hand.
        format: ImageFormat,
    },

    /// The encoder failed on sound pixels.
    #[error("cannot encode {format}: {detail}")]
    Encode {
        /// The output format.
        format: ImageFormat,
        /// What the encoder said.
        detail: String,
    },
}

impl CodecError {
    /// Whose problem this is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::UnknownFormat { .. } | Self::Unsupported { .. } | Self::NotBuilt { .. } => Fault::Unsupported,
            Self::Damaged { .. } | Self::Truncated { .. } => Fault::Source,
            Self::TooLarge { .. } | Self::OutputTooLarge { .. } => Fault::TooLarge,
            Self::WrongLayout { .. } | Self::WrongInfo { .. } | Self::Encode { .. } => Fault::Internal,
        }
    }

    /// [`CodecError::Damaged`], with what a decoder said.
    pub(crate) fn damaged(format: ImageFormat, detail: impl fmt::Display) -> Self {
        Self::Damaged { format, detail: detail.to_string() }
    }

    /// [`CodecError::Truncated`], with where the file ends.
    pub(crate) fn truncated(format: ImageFormat, detail: impl fmt::Display) -> Self {
        Self::Truncated { format, detail: detail.to_string() }
    }

    /// [`CodecError::Encode`], with what an encoder said.
    pub fn encode(format: ImageFormat, detail: impl fmt::Display) -> Self {
        Self::Encode { format, detail: detail.to_string() }
    }
}

/// What a limit is on. Each belongs to a field of [`Limits`](crate::Limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bound {
    /// Bytes of the file.
    FileBytes,
    /// Pixels of width or height, whichever is more.
    SidePx,
    /// Width times height.
    AreaPx,
    /// Bytes of the decoded picture.
    DecodedBytes,
    /// Bytes of the color profile.
    IccBytes,
    /// Bytes of all that is neither pixels nor a color profile. Follows from [`Limits::icc_bytes`](crate::Limits::icc_bytes).
    MetadataBytes,
    /// Number of frames.
    Frames,
    /// Pixels of all frames together.
    AnimationAreaPx,
    /// Milliseconds that decoding took.
    DecodeTime,
    /// Scans of a progressive JPEG.
    JpegScans,
    /// Parts of an AVIF or HEIC file: items, their pieces and what they refer to; chunks of a PNG. Not a field of
    /// [`Limits`](crate::Limits): more than any picture within the limits on pixels can need.
    Items,
    /// Elements of an SVG, references followed.
    SvgElements,
    /// How deep the elements of an SVG are inside each other, references followed. At most 96.
    SvgNesting,
    /// The estimated time to read or draw an SVG: in pixels to be filled, at most two thousand million; in attributes that are compared
    /// with each other, and in rules of stylesheets that are held against elements.
    SvgWork,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FileBytes => "size in bytes",
            Self::SidePx => "side in pixels",
            Self::AreaPx => "area in pixels",
            Self::DecodedBytes => "memory once decoded",
            Self::IccBytes => "color profile in bytes",
            Self::MetadataBytes => "metadata in bytes",
            Self::Frames => "number of frames",
            Self::AnimationAreaPx => "area of all frames in pixels",
            Self::DecodeTime => "time of decoding in milliseconds",
            Self::JpegScans => "number of scans",
            Self::Items => "number of parts",
            Self::SvgElements => "number of elements",
            Self::SvgNesting => "nesting of elements",
            Self::SvgWork => "work of drawing",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_quote_the_value_and_say_what_is_accepted() {
        let error = CodecError::TooLarge { what: Bound::AreaPx, value: 400_000_000, limit: 100_000_000 };
        assert_eq!(error.to_string(), "source area in pixels is 400000000; the limit is 100000000");
        assert_eq!(error.fault(), Fault::TooLarge);
    }

    #[test]
    fn mistakes_of_callers_are_ours() {
        let error = CodecError::WrongLayout { encode: Encode::jpeg(80), layout: Layout::RGBA16 };
        assert_eq!(error.to_string(), "jpeg q80 does not take rgba16 pixels");
        assert_eq!(error.fault(), Fault::Internal);
    }
}
