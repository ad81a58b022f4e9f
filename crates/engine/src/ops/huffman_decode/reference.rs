//! The twin of `huffman_decode.wgsl` and the passes around it: `tintype_jpeg::decode`.

use tintype_jpeg::{
    Coefficients,
    decode::{self, DecodeError, Limits},
};

/// The coefficients of a whole file. `None` where anything of it is damaged, which is what the kernels must say too.
///
/// # Errors
/// When there is no picture in it.
pub fn coefficients(file: &[u8]) -> Result<Option<Coefficients>, DecodeError> {
    let decoded = decode::decode(file, &Limits::default())?;
    Ok(decoded.damage.is_none().then_some(decoded.coefficients))
}
