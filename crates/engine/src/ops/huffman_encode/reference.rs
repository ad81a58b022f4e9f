//! The twin of `huffman_encode.wgsl` and the passes before it: `tintype_jpeg::encode`.

use tintype_jpeg::{
    Coefficients,
    encode::{self, EncodeError, HuffmanTables, Options, Restart, Statistics},
};

/// How often each symbol occurs.
///
/// # Errors
/// When the coefficients cannot be coded.
pub fn statistics(coefficients: &Coefficients) -> Result<Statistics, EncodeError> {
    encode::statistics(coefficients, Restart::Never)
}

/// The whole file with `tables`, made on the host.
///
/// # Errors
/// When the coefficients cannot be coded.
pub fn file(coefficients: &Coefficients, tables: &HuffmanTables) -> Result<Vec<u8>, EncodeError> {
    encode::baseline(coefficients, tables, &Options::default())
}
