//! The bits of a JPEG on the device: a file goes there as it is, an answer comes back as it will be sent.
//!
//! Who decodes and codes them is decided by [`Coders`](tintype_engine::plan::Coders). Where the device finds that something is not
//! as it should be, or there is no room for the bits, the host does the same again: no result depends on who did it. Only requests for a
//! file whose plan does not depend on pixels are decoded there; what is looked at first is decoded once, by the host.

use tintype_codecs::{Encode, Limits};
use tintype_engine::{
    Gpu, Plan, gpu,
    ops::{
        HuffmanDecode, HuffmanEncode, Inverse,
        huffman_encode::{self, Room},
    },
    plan::{self, Coders, Device, Huffman, Source},
};
use tintype_jpeg::{
    Frame,
    decode::{Bitstream, Header},
    encode::HuffmanTables,
};
use tintype_pixels::ImageInfo;

use crate::{
    TransformError,
    held::{Held, Inputs},
    jpeg,
};

/// What a plan left.
pub(crate) enum Made {
    /// Samples, or coefficients.
    Bytes(Vec<u8>),
    /// The bits of a JPEG.
    Bits {
        /// The codes in them.
        tables: HuffmanTables,
        /// The bits, as [`HuffmanEncode::bits`] reads them.
        bytes: Vec<u8>,
    },
}

impl Made {
    /// Samples; nothing where it is something else.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Bits { .. } => Vec::new(),
        }
    }
}

/// `device`, which leaves all bits to the host.
pub(crate) fn on_host(device: Device) -> Device {
    Device { coders: Coders { asked: Huffman::Host, ..device.coders }, ..device }
}

/// `plan`, whose coefficients become bits on the device where that is for it to do.
pub(crate) fn ending(plan: Plan, encode: Encode, coders: Coders) -> Plan {
    match encode {
        Encode::Jpeg { progressive: false, .. } => plan.as_jpeg_bits(coders),
        _ => plan,
    }
}

/// The bits of a file that the device is to decode, with their frame; `None` where they are the host's.
pub(crate) fn bits(
    bytes: &[u8],
    info: &ImageInfo,
    source: &Source,
    limits: &Limits,
    device: Device,
) -> Option<(HuffmanDecode, Frame)> {
    // The host's inverse needs the coefficients there.
    if source.jpeg.is_none() || device.inverse == Inverse::Host || device.coders.asked == Huffman::Host {
        return None;
    }
    let bounds = jpeg::bounds(info.size, limits);
    let header = Header::read(bytes, &bounds).ok()?;
    // Metadata counts too, which is little where it matters.
    let bits = plan::Bits { frame: &header.frame, coding: header.coding, bytes: bytes.len() as u64 };
    let starts = device.coders.decode(bits).device?;
    let stream = Bitstream::read(bytes, &bounds).ok()??;
    let frame = stream.header.frame.clone();
    let is_same = frame.size == info.size;
    let decode = HuffmanDecode::new(vec![(stream, starts)], device.binding_bytes)?;
    is_same.then_some((decode, frame))
}

/// Those of `decoded` whose bits the device decodes, with their places.
pub(crate) fn decodings<'a>(decoded: &'a [Held<'_>]) -> Vec<(usize, &'a HuffmanDecode)> {
    let each = decoded.iter().enumerate().filter_map(|(index, held)| match held {
        Held::Bits(bits) => Some((index, &**bits)),
        Held::Samples(_) | Held::Coefficients(_) | Held::Texture(_) | Held::Canvas => None,
    });
    each.collect()
}

/// Runs `plan` on what was decoded. `None` where bits that the device was to decode are damaged, or did not come into step.
pub(crate) fn run(gpu: &Gpu, plan: &Plan, decoded: &[Held<'_>]) -> Result<Option<Made>, TransformError> {
    let decodings = decodings(decoded);
    let inputs = Inputs::new(decoded, plan);
    let mut made = gpu.run(plan.record_decoding(&decodings), &inputs.sources())?;
    if !decodings.is_empty() {
        let (are_sound, statuses) = HuffmanDecode::are_sound(&made.bytes, decodings.len());
        if !are_sound {
            return Ok(None);
        }
        made.bytes.drain(..statuses);
    }
    if plan.huffman.is_none() {
        return Ok(Some(Made::Bytes(made.bytes)));
    }
    if let Some(bits) = coded(gpu, plan, &made)? {
        return Ok(Some(bits));
    }
    drop(made);
    run(gpu, &Plan { huffman: None, ..plan.clone() }, decoded)
}

/// The bits of what `made` has kept. `None` where they are more than can be bound.
fn coded(gpu: &Gpu, plan: &Plan, made: &gpu::Output) -> Result<Option<Made>, TransformError> {
    let Some(counts) = HuffmanEncode::counts(&made.bytes) else { return Ok(None) };
    let tables = counts.tables();
    let Some(recording) = plan.record_bits(&tables, Room::Exact(counts.bits(&tables).div_ceil(8))) else {
        return Ok(None);
    };
    let kept: Vec<gpu::Source<'_>> = made.kept.iter().map(gpu::Source::Kept).collect();
    let bytes = gpu.run(recording, &kept)?.bytes;
    let is_all = matches!(HuffmanEncode::bits(&bytes), Some(huffman_encode::Bits::All(_)));
    Ok(is_all.then_some(Made::Bits { tables, bytes }))
}
