//! Quantised coefficients of one component of a JPEG to its samples, at full size or reduced, equal to libjpeg's `-dct int`.
//!
//! Stands before [`unpack`](super::unpack), which reads what this writes: planes of whole blocks, each component at its
//! own resolution. No step of a plan.

#[cfg(any(test, feature = "reference"))]
pub mod reference;

use std::ops::Range;

use tintype_jpeg::Component;

use crate::record::{Bound, BufferId, Recording};

/// Where the coefficients become samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Inverse {
    /// On the device, which is given coefficients.
    #[default]
    Device,
    /// On the host, by the decoder; the device is given the components' samples.
    Host,
}

/// How the device shares the work on a block that stays at full size; the samples are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Share {
    /// One invocation does all of it, in registers.
    #[default]
    Block,
    /// Eight invocations do a column each, then a row each, by way of workgroup memory.
    Lanes,
}

/// Bytes of a row of samples of `component`, whose blocks become `side` times `side` samples. Words are whole.
pub fn row_bytes(component: &Component, side: u32) -> u32 {
    (component.blocks.width * side).next_multiple_of(4)
}

/// Blocks that are bound, and which of them are transformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Rows of blocks.
    pub rows: u32,
    /// The columns of blocks that are needed.
    pub columns: Range<u32>,
}

/// Uniforms of the kernels, which differ by how large a block becomes.
macro_rules! kernels {
    ($($module:ident $kernel:ident)*) => {$(
        mod $module {
            use crate::kernels;

            tintype_wgsl::params! {
                #[doc = concat!("Uniform of [`kernels::", stringify!($kernel), "`].")]
                pub(super) struct Params for kernels::$kernel {
                    origin: [u32; 2], size: [u32; 2], across: u32, _pad0: u32, _pad1: u32, _pad2: u32,
                    quantization: [[i32; 4]; 16],
                }
            }
        }
    )*};
}

kernels! { full IDCT lanes IDCT_LANES half IDCT_HALF quarter IDCT_QUARTER eighth IDCT_EIGHTH }

/// Appends the pass that transforms `blocks` of `component` from `coefficients` to `plane`, each to `side` times `side` samples.
pub fn record(
    recording: &mut Recording,
    component: &Component,
    side: u32,
    share: Share,
    blocks: &Blocks,
    coefficients: &Bound,
    plane: BufferId,
) {
    // Blocks that share words of the plane are done together.
    let together = 4u32.div_ceil(side);
    let (first, end) = (blocks.columns.start / together, blocks.columns.end.div_ceil(together));
    let (origin, size, across) = ([first, 0], [end - first, blocks.rows], component.blocks.width);
    let table = |i: usize| i32::from(component.quantization[i]);
    let quantization = std::array::from_fn(|i| std::array::from_fn(|j| table(4 * i + j)));
    let (_pad0, _pad1, _pad2) = (0, 0, 0);
    macro_rules! pass {
        ($module:ident) => {
            recording.pass($module::Params { origin, size, across, _pad0, _pad1, _pad2, quantization })
        };
    }
    let [x, y] = size;
    let pass = match (side, share) {
        (1, _) => pass!(eighth).grid(x, y),
        (2, _) => pass!(quarter).grid(x, y),
        (4, _) => pass!(half).grid(x, y),
        (_, Share::Block) => pass!(full).grid(x, y),
        (_, Share::Lanes) => pass!(lanes).line(x * y * 8),
    };
    pass.bound(coefficients).write_buffer(plane);
}
