//! Plans a transformation, records it as data, runs it on a [`Gpu`].
//!
//! ```text
//! options + source ──plan──► Plan ──record──► Recording ──Gpu::run──► bytes or a texture
//!                    pure           data                  submit
//! ```
//!
//! The crate knows no file format, no network and no HTTP: packed samples go in, packed samples or a texture come out.
//! Start with [`plan::Plan`]; an operation is one folder of [`ops`]; the device is behind [`gpu::Gpu`], which alone
//! submits work.

pub mod gpu;
pub mod ops;
pub mod plan;
pub mod record;
#[cfg(any(test, feature = "reference"))]
pub mod reference;
pub mod vision;
mod working;

pub use gpu::{Gpu, GpuError};
pub use plan::{Plan, PlanError};
pub use record::Recording;
pub use tintype_wgsl::Texel;
pub use vision::{Vision, VisionError};
pub use wgpu;
pub use working::{Space, Working};

/// The kernels, linked, validated and reflected by the build script.
#[allow(unreachable_pub, reason = "generated: the build script does not know where it is included")]
pub mod kernels {
    use tintype_wgsl::{Binding, Field, Kernel};

    include!(concat!(env!("OUT_DIR"), "/kernels.rs"));
}
