//! Pixels to JPEG.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, EncodingError, SamplingFactor};
use tintype_pixels::{ImageFormat, Planes};

use super::header::XMP;
use crate::{CodecError, Metadata, Subsampling};

/// The most a segment holds besides its length.
const MAX_PAYLOAD: usize = 65_535 - 2;

/// What a segment of a color profile holds besides its signature, its number and the number of them.
const MAX_PROFILE_CHUNK: usize = MAX_PAYLOAD - 14;

/// `meta` as application segments: their numbers and what is in them, in order. What does not fit is left out: an EXIF
/// block or an XMP packet longer than a segment, a profile longer than 255.
pub fn segments(meta: &Metadata) -> Vec<(u8, Vec<u8>)> {
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

/// Takes 8-bit gray and RGB.
///
/// Huffman tables are fitted to the picture where that costs nothing else: gray and progressive. For baseline color
/// the encoder would then store the components one after the other instead of interleaved, which viewers show in gray
/// first, and which some decoders get wrong; 2 % of the size is not worth that.
pub(crate) fn encode(
    planes: &Planes,
    quality: u8,
    progressive: bool,
    subsampling: Subsampling,
    meta: &Metadata,
) -> Result<Vec<u8>, CodecError> {
    let failed = |error: EncodingError| CodecError::encode(ImageFormat::Jpeg, error);
    let side = |px: u32| u16::try_from(px).map_err(|error| CodecError::encode(ImageFormat::Jpeg, error));
    let (width, height) = (side(planes.size().width)?, side(planes.size().height)?);
    let quality = quality.clamp(1, 100);
    let half = match subsampling {
        Subsampling::Auto => quality < 90,
        Subsampling::Full => false,
        Subsampling::Half => true,
    };

    // A guess that spares most reallocations: two bits a pixel is a lot for a photograph at quality 80.
    let mut out = Vec::with_capacity(4096 + planes.size().area() as usize / 4);
    let mut encoder = Encoder::new(&mut out, quality);
    encoder.set_sampling_factor(if half { SamplingFactor::F_2_2 } else { SamplingFactor::F_1_1 });
    // The default takes one pixel of four, which makes colored edges jagged.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_progressive(progressive);
    for (number, payload) in segments(meta) {
        encoder.add_app_segment(number, payload).map_err(failed)?;
    }
    encoder.set_optimized_huffman_tables(progressive || !planes.layout().has_color());
    let color = if planes.layout().has_color() { ColorType::Rgb } else { ColorType::Luma };
    encoder.encode(planes.bytes(), width, height, color).map_err(failed)?;
    Ok(out)
}
