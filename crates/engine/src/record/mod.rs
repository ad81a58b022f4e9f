//! A transformation as data: images, buffers and passes with integer ids, before any device is asked for anything.
//!
//! [`Recording`] is what operations append to; [`Allocation`] folds its images onto as few textures as possible and knows
//! the peak of device memory. Printing either needs no GPU.

mod liveness;
mod recording;
mod tape;

pub(crate) use liveness::texture_class;
pub use liveness::{Allocation, size_class};
pub use recording::{Bound, BufferId, BufferRole, ImageId, Pass, PassBuilder, Recording};
pub(crate) use recording::{Grid, LINE};
pub use tape::{Instruction, TAPE_LEN};
