//! The identity. Its use is the store, on which a tape rides that no pass before could carry.

#[cfg(any(test, feature = "reference"))]
mod reference;

use super::{Op, Reach};
use crate::{
    kernels,
    record::{ImageId, Recording},
};

/// No parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy;

tintype_wgsl::params! {
    /// Uniform of `copy.wgsl`.
    struct Params for kernels::COPY { size: [u32; 2] }
}

impl Op for Copy {
    fn reach(&self) -> Reach {
        Reach::Map
    }

    fn record(&self, recording: &mut Recording, input: ImageId) -> ImageId {
        record(recording, input)
    }
}

/// A copy of `input`.
pub(crate) fn record(recording: &mut Recording, input: ImageId) -> ImageId {
    let size = recording.size(input);
    recording.pass(Params { size: size.into() }).read(input).write(size)
}
