//! The networks: where faces are, and what is foreground.
//!
//! Each network is written by hand on burn's tensors and reads a `.safetensors` file with its weights, batch normalisation already
//! folded in; what upstream calls each tensor is what it is called here. Nothing in this crate fetches weights, resizes pictures or
//! knows options. Pictures come in as [`tintype_pixels::Planes`]; faces and mattes go out.
//!
//! Start with [`Models`], which answers the engine with what is installed, or with [`RetinaFace`] and [`Matting`]; a network's own page is the head of its folder in [`models`].

mod away;
pub mod bridge;
mod device;
mod error;
mod host;
pub mod models;
pub mod nn;
pub mod timing;
mod vision;
mod weights;

pub use device::Device;
pub use error::MlError;
pub use host::Normalise;
pub use models::{
    matting::{Matting, MattingKind},
    retinaface::RetinaFace,
};
pub use vision::{Models, ModelsOptions, On};
pub use weights::Weights;
