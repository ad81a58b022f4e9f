//! The twin of `fdct.samples.wgsl` and `fdct.wgsl`: `tintype_jpeg::forward`.

use tintype_jpeg::{
    Frame,
    forward::{self, ForwardError},
};
use tintype_pixels::Planes;

use super::Fdct;

/// The coefficients of `planes`.
///
/// # Errors
/// When they are not what the frame says.
pub fn fdct(op: &Fdct, planes: &Planes) -> Result<Vec<Vec<i16>>, ForwardError> {
    Ok(forward::coefficients_by(planes, Frame::clone(&op.frame), op.rounding)?.planes)
}
