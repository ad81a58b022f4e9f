//! One type per kind of value, each with its only parser and the text that the parser reads back.

mod border;
pub(crate) mod color;
mod fit;
mod format;
mod gravity;
pub(crate) mod keyword;
mod layer;
pub(crate) mod number;
mod quality;
mod switches;
mod trim;
mod turn;
mod width;

pub use border::Border;
pub use fit::Fit;
pub use format::OutputFormat;
pub use gravity::{Gravity, PointMode};
pub use layer::{Composite, DrawOptions, Layer, LayerSource, Repeat, Text};
pub use quality::Quality;
pub use switches::{
    Color, Compression, Hdr, Metadata, OnError, OriginAuth, QualityMode, Refine, Segment, SegmentModel, Upscale,
};
pub use trim::{Length, Trim, TrimBorder};
pub use turn::{Flip, Rotate};
pub use width::Width;
