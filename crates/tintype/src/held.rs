//! The forms in which sources wait for the device, and how a plan reads each.

use std::borrow::Cow;

use tintype_engine::{Plan, gpu, ops::HuffmanDecode};
use tintype_jpeg::decode::Pooled;
use tintype_pixels::Planes;

use crate::jpeg;

/// The pixels of a source, ready for the device or on it.
#[derive(Debug)]
pub(crate) enum Held<'a> {
    /// On the host.
    Samples(Cow<'a, Planes>),
    /// On the host, as a JPEG has them.
    Coefficients(Pooled<'static>),
    /// On the host, as a JPEG's file has them.
    Bits(Box<HuffmanDecode>),
    /// On the device.
    Texture(gpu::Lent),
    /// Nowhere yet: an animation's canvas, which takes its place frame by frame.
    Canvas,
}

/// What a plan's sources are, as it wants them.
pub(crate) struct Inputs<'a>(Vec<Input<'a>>);

enum Input<'a> {
    Held(&'a Held<'a>),
    Jpeg(jpeg::Given<'a>),
}

impl<'a> Inputs<'a> {
    /// Brings what was decoded into the form that `plan` reads.
    pub(crate) fn new(decoded: &'a [Held<'_>], plan: &Plan) -> Self {
        let each = decoded.iter().enumerate().map(|(index, held)| match held {
            Held::Coefficients(coefficients) => Input::Jpeg(jpeg::Given::new(coefficients, plan, index)),
            Held::Samples(_) | Held::Bits(_) | Held::Texture(_) | Held::Canvas => Input::Held(held),
        });
        Self(each.collect())
    }

    pub(crate) fn sources(&self) -> Vec<gpu::Source<'_>> {
        let each = self.0.iter().map(|input| match input {
            Input::Jpeg(given) => given.source(),
            Input::Held(Held::Samples(planes)) => gpu::Source::Samples(planes.bytes()),
            Input::Held(Held::Bits(bits)) => gpu::Source::Samples(bits.bytes()),
            Input::Held(Held::Texture(texture)) => gpu::Source::Texture(texture),
            Input::Held(Held::Coefficients(_) | Held::Canvas) => gpu::Source::Samples(&[]),
        });
        each.collect()
    }
}
