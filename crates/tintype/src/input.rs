//! Building a transformation call by call: the library's own spelling.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
};

use bytes::Bytes;
use tintype_engine::plan::{Draw, Placement, Stage};
use tintype_options::{Quality, TransformOptions};
use tintype_pixels::{ImageInfo, Planes, Size};
use tintype_text::TextStyle;

use crate::{
    Accepts, Output, Rendered, Texture, Tintype, TransformError,
    run::{Pixels, Work},
};

/// A picture and what is to be done with it, in order.
#[derive(Clone, Debug)]
pub struct Input {
    tintype: Tintype,
    /// This picture's pixels, then those of everything drawn on it.
    pixels: Vec<Pixels<'static>>,
    stages: Vec<Stage>,
    /// What the last transformation said of the result's format.
    last: TransformOptions,
}

impl Tintype {
    /// Starts with an encoded picture: a `Vec<u8>`, a `&'static [u8]`, or [`Bytes`] that others share. Nothing copies it.
    pub fn input(&self, bytes: impl Into<Bytes>) -> Input {
        Input::new(self, Pixels::Encoded(bytes.into()))
    }

    /// Starts with a text on nothing.
    ///
    /// # Errors
    /// When the text cannot be drawn: too long or too large, or characters that no font has.
    pub fn text(&self, style: &TextStyle<'_>) -> Result<Input, TransformError> {
        Ok(self.samples(tintype_text::render(style, &tintype_text::Limits::default())?))
    }

    /// Starts with a picture of which only the header is known: its [size](Input::size) and [plan](Render::explain) can be
    /// asked for, and nothing that needs pixels.
    pub fn header(&self, info: ImageInfo) -> Input {
        Input::new(self, Pixels::Header(info))
    }

    /// Starts with samples: sRGB, or linear light if they are floats; alpha is straight.
    pub fn samples(&self, planes: Planes) -> Input {
        Input::new(self, Pixels::Decoded(planes))
    }
}

impl Input {
    fn new(tintype: &Tintype, pixels: Pixels<'static>) -> Self {
        Self { tintype: tintype.clone(), pixels: vec![pixels], stages: Vec::new(), last: TransformOptions::default() }
    }

    /// One transformation; several run in the order they are called.
    pub fn transform(mut self, options: TransformOptions) -> Self {
        self.last = options.clone();
        self.stages.push(Stage::Transform(Box::new(options)));
        self
    }

    /// Draws another picture, with all that is to be done to it first, on top.
    pub fn draw(mut self, layer: Input, placement: Placement) -> Self {
        let first = self.pixels.len();
        self.pixels.extend(layer.pixels);
        let stages = layer.stages.into_iter().map(|stage| moved(stage, first)).collect();
        self.stages.push(Stage::Draw(Draw { source: first, stages, placement }));
        self
    }

    /// Width and height of the result so far, from headers alone. Where something must be looked up in the pixels first (a
    /// border to trim), it counts as absent.
    ///
    /// # Errors
    /// When a source is no picture, or nothing would be left of it.
    pub fn size(&self) -> Result<Size, TransformError> {
        self.work().size(self.tintype.policy(), self.tintype.plan_device())
    }

    /// The result as a file: `.run()` blocks, `.await` does not. Format and quality of `output` win over the options'.
    pub fn output(self, output: Output) -> Render {
        Render { input: self, output, accepts: Accepts::ALL }
    }

    /// The result as samples: 8 bits, or as wide as the source's; alpha only where something is transparent.
    ///
    /// # Errors
    /// See [`TransformError`].
    pub fn to_samples(&self) -> Result<Planes, TransformError> {
        self.work().samples(&self.tintype)
    }

    /// The result as a texture on the engine's device.
    ///
    /// # Errors
    /// See [`TransformError`].
    pub fn to_texture(&self) -> Result<Texture, TransformError> {
        self.work().texture(&self.tintype)
    }

    fn work(&self) -> Work<'_> {
        Work { pixels: &self.pixels, stages: &self.stages }
    }
}

/// A stage of a layer, whose sources now come after `first` others.
fn moved(stage: Stage, first: usize) -> Stage {
    match stage {
        Stage::Transform(options) => Stage::Transform(options),
        Stage::Cutout { options, matte } => Stage::Cutout { options, matte: matte + first },
        Stage::Draw(Draw { source, stages, placement }) => Stage::Draw(Draw {
            source: source + first,
            stages: stages.into_iter().map(|stage| moved(stage, first)).collect(),
            placement,
        }),
    }
}

/// A transformation that is ready to run.
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `run` or `await`"]
pub struct Render {
    input: Input,
    output: Output,
    accepts: Accepts,
}

impl Render {
    /// What the client can show, for formats that are negotiated; everything where not said.
    pub fn accepts(mut self, accepts: Accepts) -> Self {
        self.accepts = accepts;
        self
    }

    /// Decodes, runs and encodes on this thread.
    ///
    /// # Errors
    /// See [`TransformError`].
    pub fn run(self) -> Result<Rendered, TransformError> {
        if let Some(layout) = self.output.raw {
            return self.input.work().raw(&self.input.tintype, layout);
        }
        self.input.work().encode(&self.input.tintype, &self.wanted(), self.accepts)
    }

    /// What would be done, line by line. What must be looked up in the pixels first (a border to trim) counts as absent, and
    /// bare samples are explained as a file would be.
    ///
    /// # Errors
    /// When a source is no picture, nothing would be left of it, or a size passes a limit.
    pub fn explain(&self) -> Result<String, TransformError> {
        let tintype = &self.input.tintype;
        let device = tintype.plan_device();
        self.input.work().explain(tintype.policy(), device, &self.wanted(), self.accepts)
    }

    fn wanted(&self) -> TransformOptions {
        let mut wanted = self.input.last.clone();
        wanted.format = self.output.format.or(wanted.format);
        wanted.quality = self.output.quality.map(Quality::Number).or(wanted.quality);
        wanted
    }
}

impl IntoFuture for Render {
    type Output = Result<Rendered, TransformError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Runs on a pool of threads of its own; needs no particular async runtime.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(blocking::unblock(move || self.run()))
    }
}
