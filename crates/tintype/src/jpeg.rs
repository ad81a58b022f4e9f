//! JPEG by its coefficients: only what is serial is done on the host, between the file and the device.
//!
//! Whatever is not quite in order (damage, ink, sampling that no kernel reads, a limit) is left to [`codecs`], which has
//! the rules for it and the words to refuse it in.

use std::sync::Arc;

use tintype_codecs::{self as codecs, Encode, Limits, Metadata, Subsampling};
use tintype_engine::{
    gpu,
    ops::{Fdct, HuffmanEncode, huffman_encode::Bits},
    plan::{Device, Plan, Source},
};
use tintype_jpeg::{
    Coefficients, ColorTransform, Frame,
    decode::{self, Header},
    encode::{self, Coding, Huffman, Segment},
    forward::{self, Sampling, Tables},
    inverse::{self, Plane},
};
use tintype_pixels::{Channels, ImageFormat, ImageInfo, Size};

use crate::{TransformError, huffman::Made};

/// What of `info` the device is given where the file is a JPEG that it can be given as coefficients.
pub(crate) fn source(bytes: &[u8], info: &ImageInfo, limits: &Limits, device: Device) -> Source {
    let source = Source::from(info);
    if info.format != ImageFormat::Jpeg {
        return source;
    }
    match Header::read(bytes, &bounds(info.size, limits)) {
        Ok(header) => source.as_components(&Arc::new(header.frame), device),
        Err(_) => source,
    }
}

/// What of a picture of which only the header is known the device would be given.
pub(crate) fn source_of_header(info: &ImageInfo, device: Device) -> Source {
    let frame = info.jpeg.as_ref().and_then(|layout| Frame::of_layout(info.size, layout));
    match frame {
        Some(frame) => Source::from(info).as_components(&Arc::new(frame), device),
        None => Source::from(info),
    }
}

/// What of `source` holds now that its frame is known to the end: tables may come after the first scan.
pub(crate) fn follow(source: &mut Source, frame: &Frame, device: Device) {
    if source.jpeg.as_deref() != Some(frame) {
        *source = source.clone().as_components(&Arc::new(frame.clone()), device);
    }
}

/// The coefficients of a file that is whole and in order; `None` for any other.
pub(crate) fn coefficients(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Option<Coefficients> {
    let decoded = decode::decode(bytes, &bounds(info.size, limits)).ok()?;
    let is_same = decoded.coefficients.frame.size == info.size;
    (decoded.damage.is_none() && is_same).then_some(decoded.coefficients)
}

pub(crate) fn bounds(size: Size, limits: &Limits) -> decode::Limits {
    // Two bytes for each of at most four samples of a pixel.
    let coefficient_bytes = limits.decoded_bytes.saturating_mul(2);
    decode::Limits {
        coefficient_bytes,
        scans: limits.scans_of(size),
        icc_bytes: limits.icc_bytes,
        ..Default::default()
    }
}

/// Coefficients as a plan wants them.
pub(crate) enum Given<'a> {
    /// As they are.
    Coefficients(&'a Coefficients),
    /// As samples at the plan's scale.
    Samples(Vec<Plane>),
}

impl<'a> Given<'a> {
    /// `coefficients` for source `index` of `plan`.
    pub(crate) fn new(coefficients: &'a Coefficients, plan: &Plan, index: usize) -> Self {
        use tintype_engine::ops::Inverse;
        match plan.components(index) {
            Some(components) if components.inverse == Inverse::Host => {
                Self::Samples(inverse::planes(coefficients, components.scale))
            }
            Some(_) | None => Self::Coefficients(coefficients),
        }
    }

    pub(crate) fn source(&self) -> gpu::Source<'_> {
        gpu::Source::Planes(std::array::from_fn(|index| match self {
            Self::Coefficients(coefficients) => {
                coefficients.planes.get(index).map_or(&[][..], |p| bytemuck::cast_slice(p))
            }
            Self::Samples(planes) => planes.get(index).map_or(&[][..], |plane| plane.samples.as_slice()),
        }))
    }
}

/// `plan`, to end in the coefficients that `encode` asks for where it is a JPEG and the device can make them.
pub(crate) fn ending(plan: Plan, encode: Encode) -> Plan {
    let Encode::Jpeg { quality, subsampling, .. } = encode else { return plan };
    let quality = quality.clamp(1, 100);
    let is_half = match subsampling {
        Subsampling::Auto => quality < 90,
        Subsampling::Full => false,
        Subsampling::Half => true,
    };
    let color = match plan.pack.as_ref().map(|pack| pack.layout.channels) {
        Some(Channels::Gray) => ColorTransform::Gray,
        _ => ColorTransform::YCbCr,
    };
    let is_gray = color == ColorTransform::Gray;
    let sampling = if is_half && !is_gray { Sampling::HALF } else { Sampling::FULL };
    match forward::frame(plan.size(), color, &Tables::from_quality(quality), sampling) {
        Ok(frame) => plan.as_jpeg(frame),
        Err(_) => plan,
    }
}

/// The file of what the device gave back.
pub(crate) fn file(fdct: &Fdct, made: &Made, encode: Encode, meta: &Metadata) -> Result<Vec<u8>, TransformError> {
    let failed = |error: encode::EncodeError| codecs::CodecError::encode(ImageFormat::Jpeg, error);
    let options = options(encode, meta)?;
    let bytes = match made {
        Made::Bytes(bytes) => bytes,
        Made::Bits { tables, bytes } => {
            let Some(Bits::All(bits)) = HuffmanEncode::bits(bytes) else {
                return Err(TransformError::WrongResult { got: bytes.len(), expected: 0 });
            };
            return Ok(encode::baseline_file(&fdct.frame, tables, &options, bits).map_err(failed)?);
        }
    };
    let expected = fdct.frame.components.iter().map(|component| component.blocks.area() * 128).sum();
    let wrong = TransformError::WrongResult { got: bytes.len(), expected };
    let planes = fdct.planes(bytes).ok_or(wrong)?;
    let coefficients = Coefficients { frame: Frame::clone(&fdct.frame), planes };
    Ok(encode::encode(&coefficients, &options).map_err(failed)?)
}

fn options(encode: Encode, meta: &Metadata) -> Result<encode::Options, TransformError> {
    let is_progressive = matches!(encode, Encode::Jpeg { progressive: true, .. });
    let coding = if is_progressive { Coding::Progressive } else { Coding::Baseline(Huffman::Optimal) };
    let failed = |error: encode::EncodeError| codecs::CodecError::encode(ImageFormat::Jpeg, error);
    let segments = codecs::jpeg_segments(meta).into_iter().map(|(n, payload)| Segment::app(n, payload));
    let segments = segments.collect::<Result<_, _>>().map_err(failed)?;
    Ok(encode::Options { coding, segments, ..Default::default() })
}
