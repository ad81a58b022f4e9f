//! What planning asks of models that look at pictures, without knowing any.
//!
//! [`Vision`] finds faces for `gravity=face` and mattes for `segment=foreground`. The engine makes the copies that are
//! looked at ([`Plan::analysis`](crate::Plan::analysis), [`Plan::view`](crate::Plan::view)) on the device and plans with
//! the answers; networks, weights and where they run are the implementation's.

use std::{error::Error, fmt};

use tintype_pixels::{Face, Fault, Planes, Size};

/// Something that looks at pictures. Asked from any thread, for several pictures at once.
pub trait Vision: fmt::Debug + Send + Sync {
    /// Makes ready what is there, so that the first picture does not wait, and says what that is and where it runs, in a
    /// few words. Blocks.
    ///
    /// # Errors
    /// When something is there and cannot be used; that something is missing is no error.
    fn prepare(&self) -> Result<String, VisionError>;

    /// The faces of `view`, a copy in 8-bit sRGB with at most 1,024 pixels per side; boxes in its pixels.
    ///
    /// # Errors
    /// When there is no model for that, or it fails.
    fn faces(&self, view: &Planes) -> Result<Vec<Face>, VisionError>;

    /// The size of the copy that [`matte`](Self::matte) wants of a picture of `size`; the ratio need not be kept.
    ///
    /// # Errors
    /// When there is no model for that.
    fn matte_view(&self, size: Size) -> Result<Size, VisionError>;

    /// How much of every pixel of `view`, 8-bit sRGB, belongs to the foreground: one channel of floats, 0 to 1, of any
    /// size, that covers all of the view.
    ///
    /// # Errors
    /// When there is no model for that, or it fails.
    fn matte(&self, view: &Planes) -> Result<Planes, VisionError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// The model is not there.
    #[error("{wanted} needs a model that is not installed: {remedy}")]
    NotInstalled {
        /// The option that was asked for.
        wanted: &'static str,
        /// What installs it.
        remedy: String,
    },
    /// Too many pictures are being looked at.
    #[error("too many pictures are being looked at")]
    Busy,
    /// The model failed, which is a mistake of ours.
    #[error("looking at the picture failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl VisionError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::NotInstalled { .. } => Fault::Unsupported,
            Self::Busy => Fault::Busy,
            Self::Failed(_) => Fault::Internal,
        }
    }
}
