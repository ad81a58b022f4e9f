//! Pictures and texts on top of each other: from options, or from a binding's calls, to the facade's calls.
//!
//! Two halves. A [`Canvas`] says what is made of what, with pictures and fonts as numbers: of its sources in
//! [`Canvas::of`], of the form's inputs in [`Canvas::of_binding`]. [`run`] makes it of their bytes. Reading the bytes is
//! not done here: see `layers`.

use bytes::Bytes;
use tintype::codecs::{Bound, CodecError};
use tintype::text::{self, Font, Limits as TextLimits, TextStyle};
use tintype::{Input, Output, Rendered, Tintype, TransformError};
use tintype_options::binding::{BindingRequest, Input as BindingInput, Operation};
use tintype_options::url::Source;
use tintype_options::{DrawOptions, Layer, LayerSource, Length, OptionsError, Text, TransformOptions};
use tintype_pixels::{ImageInfo, Size};

use crate::admission::Needs;
use crate::engine::Accepts;

/// Something to work on, and what happens to it, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Canvas {
    start: Start,
    steps: Vec<Step>,
}

/// Where a canvas comes from. Numbers are those of [`Composition::parts`].
#[derive(Clone, Debug, PartialEq)]
enum Start {
    Picture(usize),
    Text { text: Text, font: Option<usize> },
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// One pass of options in their fixed order; they draw nothing.
    Transform(Box<TransformOptions>),
    /// A layer as options have it: its sides may depend on the base's. The canvas holds what it draws itself.
    Layer(Box<Layer>, Canvas),
    /// Another canvas.
    Draw(Canvas, DrawOptions),
}

/// Everything a result is made of.
#[derive(Clone, Debug)]
pub(crate) struct Composition {
    /// What is made.
    pub(crate) canvas: Canvas,
    /// Pictures and fonts, still encoded.
    pub(crate) parts: Vec<Bytes>,
    /// What comes out; a format it does not name is that of the options.
    pub(crate) output: Output,
    /// What the client can show.
    pub(crate) accepts: Accepts,
}

impl Canvas {
    /// What `options` make of part 0; and the sources of the parts from 1 on, each once.
    pub(crate) fn of(options: &TransformOptions) -> (Self, Vec<Source<'static>>) {
        let mut sources = Sources { first: 1, list: Vec::new() };
        (sources.canvas(Start::Picture(0), options), sources.list)
    }

    /// What a binding asks for. Parts below `n_parts` are the form's own, by the number that `request` gives them; the
    /// sources are those of the parts from there on.
    pub(crate) fn of_binding(request: &BindingRequest, n_parts: usize) -> (Self, Vec<Source<'static>>) {
        let mut sources = Sources { first: n_parts, list: Vec::new() };
        let mut canvas = sources.drawn(request, 0, &request.operations);
        if request.background.is_some() {
            let under = TransformOptions { background: request.background, ..TransformOptions::default() };
            canvas.steps.push(Step::Transform(Box::new(under)));
        }
        (canvas, sources.list)
    }
}

impl Canvas {
    /// What it needs to be made.
    pub(crate) fn needs(&self) -> Needs {
        let each = self.steps.iter().map(|step| match step {
            Step::Transform(options) => Needs::of(options),
            Step::Layer(layer, canvas) => match Needs::of(&layer.options) {
                Needs::Models => Needs::Models,
                Needs::Pixels => canvas.needs(),
            },
            Step::Draw(canvas, _) => canvas.needs(),
        });
        each.reduce(|a, b| if a == Needs::Models { a } else { b }).unwrap_or(Needs::Pixels)
    }
}

/// Numbers for sources, in the order in which they are met.
struct Sources {
    first: usize,
    list: Vec<Source<'static>>,
}

impl Sources {
    fn number(&mut self, source: &Source<'static>) -> usize {
        let known = self.list.iter().position(|known| known == source);
        self.first
            + known.unwrap_or_else(|| {
                self.list.push(source.clone());
                self.list.len() - 1
            })
    }

    fn text(&mut self, text: &Text) -> Start {
        Start::Text { text: text.clone(), font: text.font.as_ref().map(|font| self.number(font)) }
    }

    fn canvas(&mut self, start: Start, options: &TransformOptions) -> Canvas {
        let own = TransformOptions { draw: Vec::new(), ..options.clone() };
        let mut steps = vec![Step::Transform(Box::new(own))];
        steps.extend(options.draw.iter().map(|layer| self.layer(layer)));
        Canvas { start, steps }
    }

    fn layer(&mut self, layer: &Layer) -> Step {
        let start = match &layer.source {
            LayerSource::Picture(source) => Start::Picture(self.number(source)),
            LayerSource::Text(text) => self.text(text),
        };
        let steps = layer.options.draw.iter().map(|layer| self.layer(layer)).collect();
        let mut own = layer.clone();
        own.options.draw.clear();
        Step::Layer(Box::new(own), Canvas { start, steps })
    }

    fn drawn(&mut self, request: &BindingRequest, input: usize, operations: &[Operation]) -> Canvas {
        let start = match &request.inputs[input] {
            BindingInput::Picture { part } => Start::Picture(*part),
            BindingInput::Text(text) => self.text(text),
        };
        let mut steps = Vec::with_capacity(operations.len());
        for operation in operations {
            match operation {
                Operation::Transform(options) => steps.extend(self.canvas(start.clone(), options).steps),
                Operation::Draw(drawn) => {
                    let canvas = self.drawn(request, drawn.input, &drawn.operations);
                    steps.push(Step::Draw(canvas, drawn.placement));
                }
            }
        }
        Canvas { start, steps }
    }
}

/// The picture. Blocks.
///
/// All pictures together, each as often as it is drawn, may have the bytes and the area that one source may have; texts
/// count with their area.
pub(crate) fn run(tintype: &Tintype, composition: Composition) -> Result<Rendered, TransformError> {
    let Composition { canvas, parts, output, accepts } = composition;
    Easel::new(tintype, parts).input(&canvas)?.output(output).accepts(accepts).run()
}

/// What would be done for the picture, where part 0 is no more than the header `info`. Blocks: texts are drawn, because only
/// then their size is known.
pub(crate) fn explain(tintype: &Tintype, info: &ImageInfo, composition: Composition) -> Result<String, TransformError> {
    let Composition { canvas, parts, output, accepts } = composition;
    let mut easel = Easel { header: Some(info), ..Easel::new(tintype, parts) };
    easel.input(&canvas)?.output(output).accepts(accepts).explain()
}

/// What canvases are made with.
struct Easel<'a> {
    tintype: &'a Tintype,
    parts: Vec<Bytes>,
    /// All there is of part 0, where there are no bytes of it.
    header: Option<&'a ImageInfo>,
    /// The part that was read as a font last. Only that one: unpacked, fonts can be large.
    font: Option<(usize, Font)>,
    /// Of all pictures so far.
    file_bytes: u64,
    /// Of all pictures and texts so far.
    area_px: u64,
    /// Drawn so far.
    n_layers: usize,
}

impl<'a> Easel<'a> {
    fn new(tintype: &'a Tintype, parts: Vec<Bytes>) -> Self {
        Self { tintype, parts, header: None, font: None, file_bytes: 0, area_px: 0, n_layers: 0 }
    }

    fn input(&mut self, canvas: &Canvas) -> Result<Input, TransformError> {
        let start = self.start(&canvas.start)?;
        self.steps(start, &canvas.steps)
    }

    fn start(&mut self, start: &Start) -> Result<Input, TransformError> {
        // The first is no layer. Options are counted when they are read, but a form may have several of them.
        if self.n_layers > Layer::MAX_COUNT {
            return Err(OptionsError::TooManyLayers.into());
        }
        self.n_layers += 1;
        match start {
            Start::Picture(part) => self.picture(*part),
            Start::Text { text: wanted, font } => {
                let font = font.map(|part| self.font(part)).transpose()?;
                let style = TextStyle {
                    text: &wanted.text,
                    size_px: wanted.size_px.unwrap_or(Text::DEFAULT_SIZE_PX) as f32,
                    color: wanted.color.unwrap_or(Text::DEFAULT_COLOR),
                    font: font.as_ref(),
                };
                let planes = text::render(&style, &TextLimits::default())?;
                self.take_area(planes.size())?;
                Ok(self.tintype.samples(planes))
            }
        }
    }

    fn picture(&mut self, part: usize) -> Result<Input, TransformError> {
        if let (0, Some(info)) = (part, self.header) {
            self.take_area(info.size)?;
            return Ok(self.tintype.header(info.clone()));
        }
        let bytes = self.parts[part].clone();
        self.file_bytes += bytes.len() as u64;
        let limit = self.tintype.policy().limits.bytes;
        if self.file_bytes > limit {
            return Err(CodecError::TooLarge { what: Bound::FileBytes, value: self.file_bytes, limit }.into());
        }
        self.take_area(self.tintype.probe(&bytes)?.size)?;
        Ok(self.tintype.input(bytes))
    }

    fn take_area(&mut self, size: Size) -> Result<(), CodecError> {
        self.area_px += size.area();
        let limit = self.tintype.policy().limits.area_px;
        if self.area_px > limit {
            return Err(CodecError::TooLarge { what: Bound::AreaPx, value: self.area_px, limit });
        }
        Ok(())
    }

    fn font(&mut self, part: usize) -> Result<Font, TransformError> {
        if let Some((_, font)) = self.font.as_ref().filter(|(known, _)| *known == part) {
            return Ok(font.clone());
        }
        let font = Font::parse(self.parts[part].to_vec(), &TextLimits::default())?;
        self.font = Some((part, font.clone()));
        Ok(font)
    }

    fn steps(&mut self, mut base: Input, steps: &[Step]) -> Result<Input, TransformError> {
        // Of the base, where it is known: drawing does not change it.
        let mut size = None;
        for step in steps {
            base = match step {
                Step::Transform(options) => {
                    size = None;
                    base.transform(options.as_ref().clone())
                }
                Step::Layer(layer, canvas) => {
                    if size.is_none() && depends_on_base(layer) {
                        size = Some(base.size()?);
                    }
                    let options = layer.options_for(size.unwrap_or(Size::new(1, 1)));
                    let start = self.start(&canvas.start)?.transform(options);
                    let above = self.steps(start, &canvas.steps)?;
                    base.draw(above, tintype::placement(&layer.placement))
                }
                Step::Draw(canvas, placement) => {
                    let above = self.input(canvas)?;
                    base.draw(above, tintype::placement(placement))
                }
            };
        }
        Ok(base)
    }
}

/// Whether the layer's size is told as a part of its base's.
fn depends_on_base(layer: &Layer) -> bool {
    [layer.width, layer.height].iter().any(|side| matches!(side, Some(Length::Fraction(_))))
}

#[cfg(test)]
mod tests {
    use tintype_options::{Strictness, binding, url};

    use super::*;

    fn sources(options: &str) -> Vec<String> {
        let (_canvas, sources) = Canvas::of(&url::parse(options).unwrap().options);
        sources.iter().map(|source| source.as_str().to_owned()).collect()
    }

    #[test]
    fn every_source_is_read_once() {
        let table: [(&str, &[&str]); 4] = [
            ("width=1", &[]),
            ("draw=(url=a.png)(url=b.png)(url=a.png)", &["a.png", "b.png"]),
            (
                "draw=(url=a.png,draw=(url=c.png)(url=a.png))(text=x,font=f.ttf)(url=c.png)",
                &["a.png", "c.png", "f.ttf"],
            ),
            ("draw=(text=x)(text=y,font=f.ttf)(text=z,font=f.ttf)", &["f.ttf"]),
        ];
        for (options, expected) in table {
            assert_eq!(sources(options), expected, "{options}");
        }
    }

    #[test]
    fn layers_are_drawn_in_their_order_after_the_options() {
        let (canvas, _) = Canvas::of(&url::parse("width=9,draw=(url=a)(url=b,draw=(url=c))(url=a)").unwrap().options);
        let Step::Transform(own) = &canvas.steps[0] else { panic!("{canvas:?}") };
        assert!(own.draw.is_empty() && own.width.is_some());
        let drawn = canvas.steps[1..].iter().map(|step| match step {
            Step::Layer(layer, canvas) => {
                assert!(layer.options.draw.is_empty());
                (canvas.start.clone(), canvas.steps.len())
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(
            drawn.collect::<Vec<_>>(),
            [1, 2, 1].map(Start::Picture).into_iter().zip([0, 1, 0]).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_form_keeps_its_parts_numbers() {
        use binding::Part;
        let texts = [
            (r#"{"text":"a","font":{"url":"f.ttf"}}"#),
            (r#"[{"imageIndex":0,"width":5},{"drawImageIndex":2,"targetImageIndex":1},{"drawImageIndex":1,"targetImageIndex":0}]"#),
        ];
        let parts = [
            Part::File { name: "image" },
            Part::Field { name: "draw_text", text: texts[0] },
            Part::File { name: "draw_image" },
            Part::Field { name: "transforms", text: texts[1] },
            Part::Field { name: "output_format", text: "image/png" },
            Part::Field { name: "background", text: "red" },
        ];
        let request = binding::parse(&parts, Strictness::Strict).unwrap();
        let (canvas, fonts) = Canvas::of_binding(&request, parts.len());
        assert_eq!(fonts.iter().map(Source::as_str).collect::<Vec<_>>(), ["f.ttf"]);
        assert_eq!(canvas.start, Start::Picture(0));
        let [Step::Transform(_), Step::Draw(text, _), Step::Transform(under)] = &canvas.steps[..] else {
            panic!("{canvas:?}")
        };
        assert!(under.background.is_some());
        assert!(matches!(text.start, Start::Text { font: Some(6), .. }));
        assert!(matches!(&text.steps[..], [Step::Draw(Canvas { start: Start::Picture(2), .. }, _)]));
    }
}
