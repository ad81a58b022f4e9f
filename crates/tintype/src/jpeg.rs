//! JPEG by its coefficients: only what is serial is done on the host, between the file and the device.
//!
//! Whatever is not quite in order (damage, ink, sampling that no kernel reads, a limit) is left to [`codecs`], which has
//! the rules for it and the words to refuse it in.

use std::sync::Arc;

use tintype_codecs::{self as codecs, Encode, Limits, Metadata};
use tintype_engine::{
    gpu,
    ops::{Fdct, HuffmanEncode, huffman_encode::Bits},
    plan::{Device, Plan, Source},
};
use tintype_jpeg::{
    Coefficients, Frame,
    decode::{self, Header, Pool, Pooled},
    encode,
    inverse::{self, Plane},
};
use tintype_pixels::{ImageFormat, ImageInfo, Size};

use crate::{TransformError, huffman::Made};

/// Coefficients of requests that are done, for those that come: two of 12 megapixels, or one of 30. A warm server takes no fresh memory
/// for them, which costs as much as the decoding.
static POOL: Pool = Pool::new(96 << 20);

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
pub(crate) fn coefficients(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Option<Pooled<'static>> {
    let decoded = decode::decode_in(bytes, &bounds(info.size, limits), &POOL).ok()?;
    let coefficients = POOL.lend(decoded.coefficients);
    (decoded.damage.is_none() && coefficients.frame.size == info.size).then_some(coefficients)
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
    let form = codecs::jpeg::Form::of(encode).zip(plan.pack.as_ref());
    let form = form.and_then(|(form, pack)| form.frame(plan.size(), pack.layout.channels).ok());
    match form {
        Some((frame, rounding)) => plan.as_rounded_jpeg(frame, rounding),
        None => plan,
    }
}

/// The file of what the device gave back.
pub(crate) fn file(fdct: &Fdct, made: &Made, encode: Encode, meta: &Metadata) -> Result<Vec<u8>, TransformError> {
    let failed = |error: encode::EncodeError| codecs::CodecError::encode(ImageFormat::Jpeg, error);
    let options = codecs::jpeg::options(encode, meta).map_err(failed)?;
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
