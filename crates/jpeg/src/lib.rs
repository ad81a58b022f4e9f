//! JPEG (ITU T.81) between its bitstream and its coefficients.
//!
//! ```text
//! bytes ──decode──► Coefficients ──(GPU: dequantise, inverse DCT, upsample, color)──► samples
//! bytes ◄──encode── Coefficients ◄──(GPU: color, downsample, DCT, quantise)────────── samples
//! ```
//!
//! Only what is serial by nature is done here: markers, Huffman codes, scans. The arithmetic between coefficients and
//! samples is done by kernels of the engine; `inverse` and `forward` hold the same integer arithmetic as scalar code,
//! equal to libjpeg's `-dct int` bit for bit, for tests and as the kernels' twins.
//!
//! Start with [`Coefficients`], which stands between everything.

#![forbid(unsafe_code)]

mod coefficients;
pub mod decode;
pub mod encode;
pub mod forward;
pub mod inverse;
pub mod sparse;
mod standard;

pub use coefficients::{Coefficients, ColorTransform, Component, Frame, NATURAL_FROM_ZIGZAG};
pub use decode::decode;
pub use sparse::{Sparse, sparse};
