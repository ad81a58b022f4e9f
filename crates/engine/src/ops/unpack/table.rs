//! Samples whose colors a table tells: the pass for scanners' and printers' profiles, inks among them.

use tintype_pixels::{ColorTable, Orientation};

use super::{Part, Unpack};
use crate::{
    kernels,
    ops::orient,
    record::{PassBuilder, Recording},
};

tintype_wgsl::params! {
    /// Uniform of `unpack.table.wgsl`.
    struct Params for kernels::UNPACK_TABLE {
        origin: [u32; 2], size: [u32; 2], frame: [u32; 2], row: u32, row_bytes: u32,
        channels: u32, orient: u32, depth: u32, side: u32, inks: u32, _pad0: u32, _pad1: u32, _pad2: u32,
        red: [f32; 4], green: [f32; 4], blue: [f32; 4],
    }
}

impl Unpack {
    /// The table that tells the colors, where one does.
    pub(super) fn table(&self) -> Option<&ColorTable> {
        self.color.as_ref()?.table.as_deref()
    }

    /// The pass that unpacks `part`, but for what it is bound to.
    pub(super) fn table_pass<'r>(
        &self,
        recording: &'r mut Recording,
        table: &ColorTable,
        part: Part,
        orientation: Orientation,
    ) -> PassBuilder<'r> {
        let [red, green, blue] = self.gamut.from_srgb().map(|[r, g, b]| [r, g, b, 0.0]);
        let params = Params {
            origin: [self.rect.x, part.row],
            size: [self.rect.size.width, part.rows],
            frame: part.frame.into(),
            row: part.frame_row,
            row_bytes: self.row_bytes() as u32,
            channels: self.layout.channels.count(),
            orient: orient::flags(orientation),
            depth: self.layout.depth as u32,
            side: table.side(),
            inks: u32::from(table.inputs() == 4),
            _pad0: 0,
            _pad1: 0,
            _pad2: 0,
            red,
            green,
            blue,
        };
        recording.pass(params).grid(self.rect.size.width, part.rows)
    }
}
