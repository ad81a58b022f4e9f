//! What the matte gives to the foreground of every pixel, and to the background.

use crate::{
    kernels,
    record::{ImageId, Recording},
};

/// Whose share, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// The foreground's, of a picture.
    Foreground,
    /// The background's, of a picture.
    Background,
    /// The background's, of mean colors.
    BackgroundOfMeans,
}

tintype_wgsl::params! {
    /// Uniform of `defringe.share.wgsl`.
    struct Params for kernels::DEFRINGE_SHARE { size: [u32; 2] }
}

impl Share {
    pub(super) fn record(self, recording: &mut Recording, of: ImageId, matte: ImageId) -> ImageId {
        let size = recording.size(of);
        recording
            .pass(Params { size: size.into() })
            .set("REST", u32::from(self != Self::Foreground))
            .set("MEAN", u32::from(self == Self::BackgroundOfMeans))
            .read(of)
            .read(matte)
            .write(size)
    }
}
