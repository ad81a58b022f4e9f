//! One axis of a separable resize, with weights from a table made on the host in f64.
//!
//! Two of them, one per axis, make a resize; the planner puts the axis with the larger reduction first, and lets the first
//! one run band by band behind [`unpack`](super::unpack), so that a full-size working image never exists. The table
//! and the filters are in `weights.rs` and `filter.rs`; a crop costs nothing, because it is only an offset in the table.

mod filter;
#[cfg(any(test, feature = "reference"))]
mod reference;
mod weights;

use std::fmt;

use tintype_pixels::{Orientation, Size};

pub use filter::Filter;
pub use weights::{GROUP, Span, Stretch, Weights};

use super::{Op, Reach, orient};
use crate::{
    kernels,
    record::{ImageId, Recording},
};

/// A direction in the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Along rows.
    X,
    /// Along columns.
    Y,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X => "x",
            Self::Y => "y",
        })
    }
}

/// A resize along one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Resize {
    /// Along which axis.
    pub axis: Axis,
    /// From which stretch of the source to how many pixels.
    pub stretch: Stretch,
    /// Whether ringing beyond black and white is cut; set on the last axis.
    pub saturate: bool,
}

tintype_wgsl::params! {
    /// Uniform of `resize.wgsl`.
    struct Params for kernels::RESIZE {
        size: [u32; 2], frame: [u32; 2], line: u32, origin: u32, orient: u32, saturate: u32,
    }
}

/// Where one band of a streamed resize comes from and goes to.
pub(crate) struct Band {
    /// The image that holds the band, its first line at 0.
    pub(crate) input: ImageId,
    /// The whole image that is written, after the orientation.
    pub(crate) output: ImageId,
    /// First line in the whole image, before the orientation.
    pub(crate) line: u32,
    /// Lines of the band.
    pub(crate) lines: u32,
    /// The whole image before the orientation.
    pub(crate) frame: Size,
    /// What happens to it.
    pub(crate) orientation: Orientation,
}

impl Resize {
    /// Records one band along rows; the tables are those of [`Resize::tables`].
    pub(crate) fn record_band(&self, recording: &mut Recording, tables: &Tables, band: Band) {
        let params = Params {
            size: [self.stretch.to, band.lines],
            frame: band.frame.into(),
            line: band.line,
            origin: 0,
            orient: orient::flags(band.orientation),
            saturate: u32::from(self.saturate),
        };
        recording
            .pass(params)
            .set("AXIS", 0)
            .grid(self.stretch.to.div_ceil(GROUP as u32), band.lines)
            .read(band.input)
            .table(&tables.spans)
            .table(&tables.taps)
            .write_to(band.output);
    }

    /// Puts the weights where kernels can read them.
    pub(crate) fn tables(&self, recording: &mut Recording) -> Tables {
        let weights = self.stretch.weights();
        Tables { spans: recording.table(&weights.spans), taps: recording.table(&weights.taps) }
    }
}

/// The weights of one stretch in a recording.
pub(crate) struct Tables {
    spans: crate::record::Bound,
    taps: crate::record::Bound,
}

impl Op for Resize {
    fn output(&self, input: Size) -> Size {
        match self.axis {
            Axis::X => Size::new(self.stretch.to, input.height),
            Axis::Y => Size::new(input.width, self.stretch.to),
        }
    }

    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        let size = recording.size(input);
        let output = self.output(size);
        let tables = self.tables(recording);
        let groups = self.stretch.to.div_ceil(GROUP as u32);
        let (axis, lines, grid) = match self.axis {
            Axis::X => (0, size.height, [groups, size.height]),
            Axis::Y => (1, size.width, [size.width, groups]),
        };
        let params = Params {
            size: [self.stretch.to, lines],
            frame: output.into(),
            line: 0,
            origin: 0,
            orient: 0,
            saturate: u32::from(self.saturate),
        };
        recording
            .pass(params)
            .set("AXIS", axis)
            .grid(grid[0], grid[1])
            .read(input)
            .table(&tables.spans)
            .table(&tables.taps)
            .write(output)
    }

    fn describe(&self) -> String {
        format!("{} {}", self.stretch.filter, self.axis)
    }
}
