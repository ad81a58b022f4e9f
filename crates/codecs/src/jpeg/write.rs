//! Pixels to JPEG: what the settings mean, for whoever makes the coefficients, and coefficients made here.

use tintype_jpeg::{
    ColorTransform, Frame,
    encode::{self, Coding, EncodeError, Huffman, Segment},
    forward::{self, FrameError, Rounding, Sampling, Tables},
};
use tintype_pixels::{Channels, ImageFormat, Planes, Size};

use super::header::XMP;
use crate::{CodecError, Encode, Metadata, Subsampling, Tuning};

/// The most a segment holds besides its length.
const MAX_PAYLOAD: usize = 65_535 - 2;

/// What a segment of a color profile holds besides its signature, its number and the number of them.
const MAX_PROFILE_CHUNK: usize = MAX_PAYLOAD - 14;

/// `meta` as application segments: their numbers and what is in them, in order. What does not fit is left out: an EXIF
/// block or an XMP packet longer than a segment, a profile longer than 255.
fn segments(meta: &Metadata) -> Vec<(u8, Vec<u8>)> {
    let mut segments = Vec::new();
    for (prefix, data) in [(b"Exif\0\0".as_slice(), &meta.exif), (XMP, &meta.xmp)] {
        if let Some(data) = data.as_deref().filter(|data| prefix.len() + data.len() <= MAX_PAYLOAD) {
            segments.push((1, [prefix, data].concat()));
        }
    }
    let icc = meta.color.as_ref().map_or(&[][..], |profile| &profile.icc);
    if let Ok(count) = u8::try_from(icc.chunks(MAX_PROFILE_CHUNK).len()) {
        let chunks = icc.chunks(MAX_PROFILE_CHUNK).zip(1..=u8::MAX);
        segments
            .extend(chunks.map(|(chunk, number)| (2, [b"ICC_PROFILE\0".as_slice(), &[number, count], chunk].concat())));
    }
    segments
}

/// What decides about a JPEG's coefficients, besides its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    quality: u8,
    subsampling: Subsampling,
    tuning: Tuning,
}

impl Form {
    /// That of `encode`; `None` where it is another format.
    pub fn of(encode: Encode) -> Option<Self> {
        let Encode::Jpeg { quality, subsampling, tuning, .. } = encode else { return None };
        Some(Self { quality: quality.clamp(1, 100), subsampling, tuning })
    }

    /// What a picture of `size` becomes: gray where `channels` are, YCbCr otherwise.
    ///
    /// # Errors
    /// When no JPEG is of that size.
    pub fn frame(self, size: Size, channels: Channels) -> Result<(Frame, Rounding), FrameError> {
        let Self { quality, subsampling, tuning } = self;
        let is_half = match subsampling {
            Subsampling::Auto => quality < 90,
            Subsampling::Full => false,
            Subsampling::Half => true,
        };
        let color = if channels == Channels::Gray { ColorTransform::Gray } else { ColorTransform::YCbCr };
        let is_gray = color == ColorTransform::Gray;
        let sampling = if is_half && !is_gray { Sampling::HALF } else { Sampling::FULL };
        let (tables, rounding) = match tuning {
            Tuning::Standard => (Tables::from_quality(quality), Rounding::Nearest),
            Tuning::Perceptual => (Tables::perceptual(quality, sampling), Rounding::DeadZone),
        };
        Ok((forward::frame(size, color, &tables, sampling)?, rounding))
    }
}

/// How coefficients become a file by the settings of `encode`. Metadata that does not fit is left out.
///
/// # Errors
/// When a segment cannot be.
pub fn options(encode: Encode, meta: &Metadata) -> Result<encode::Options, EncodeError> {
    let is_progressive = matches!(encode, Encode::Jpeg { progressive: true, .. });
    let coding = if is_progressive { Coding::Progressive } else { Coding::Baseline(Huffman::Optimal) };
    let segments = segments(meta).into_iter().map(|(number, payload)| Segment::app(number, payload));
    Ok(encode::Options { coding, segments: segments.collect::<Result<_, _>>()?, ..Default::default() })
}

/// Takes 8-bit gray and RGB.
pub(crate) fn encode(planes: &Planes, encode: Encode, meta: &Metadata) -> Result<Vec<u8>, CodecError> {
    fn failed(error: impl std::fmt::Display) -> CodecError {
        CodecError::encode(ImageFormat::Jpeg, error)
    }
    let form = Form::of(encode).ok_or_else(|| failed("settings of another format"))?;
    let (frame, rounding) = form.frame(planes.size(), planes.layout().channels).map_err(failed)?;
    let coefficients = forward::coefficients_by(planes, frame, rounding).map_err(failed)?;
    encode::encode(&coefficients, &options(encode, meta).map_err(failed)?).map_err(failed)
}
