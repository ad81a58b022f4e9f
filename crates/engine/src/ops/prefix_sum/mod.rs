//! For each of many numbers the sum of all before it.
//!
//! Tiles are added up, then the tiles before each, then the numbers inside each: three passes, whatever the length, in which
//! no workgroup waits for another, because nothing promises that the other runs. Sums are modulo 2³², so that the sum since
//! any place is a difference of two. No step of a plan.

#[cfg(any(test, feature = "reference"))]
pub mod reference;

use crate::{
    kernels,
    record::{Bound, BufferId, Recording},
};

/// Numbers that a workgroup adds up.
const TILE: u32 = 1024;

mod tiles {
    use crate::kernels;

    tintype_wgsl::params! {
        /// Uniform of `prefix_sum.tiles.wgsl`.
        pub(super) struct Params for kernels::PREFIX_SUM_TILES { values: u32, tiles: u32, _pad0: u32, _pad1: u32 }
    }
}

mod bases {
    use crate::kernels;

    tintype_wgsl::params! {
        /// Uniform of `prefix_sum.bases.wgsl`.
        pub(super) struct Params for kernels::PREFIX_SUM_BASES { tiles: u32, each: u32, _pad0: u32, _pad1: u32 }
    }
}

tintype_wgsl::params! {
    /// Uniform of `prefix_sum.wgsl`.
    struct Params for kernels::PREFIX_SUM { values: u32, tiles: u32, _pad0: u32, _pad1: u32 }
}

/// Bytes of the sums of so many numbers: one more than there are, the last that of all.
pub fn bytes(numbers: u32) -> u64 {
    (u64::from(numbers) + 1) * 4
}

/// Appends the passes that write to `sums`, of [`bytes`], what stands before each of the first `numbers` words of `values`.
pub fn record(recording: &mut Recording, values: &Bound, numbers: u32, sums: BufferId) {
    // The sum of all has a place of its own.
    let tiles = numbers / TILE + 1;
    let invocations = tiles * crate::record::LINE;
    let (_pad0, _pad1) = (0, 0);
    let totals = recording.scratch(u64::from(tiles) * 4);
    let before = recording.scratch(u64::from(tiles) * 4);
    let params = tiles::Params { values: numbers, tiles, _pad0, _pad1 };
    recording.pass(params).line(invocations).bound(values).write_buffer(totals);
    let params = bases::Params { tiles, each: tiles.div_ceil(crate::record::LINE), _pad0, _pad1 };
    recording.pass(params).line(crate::record::LINE).buffer(totals).write_buffer(before);
    let params = Params { values: numbers, tiles, _pad0, _pad1 };
    recording.pass(params).line(invocations).bound(values).buffer(before).write_buffer(sums);
}
