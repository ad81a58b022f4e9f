//! Every pixel operation: one folder here, one kernel in `shaders/ops`, one line below.
//!
//! An operation *is* its parameters; its constructor refuses what cannot be done, so that everything after it cannot
//! fail. [`unpack`] and [`pack`] are not in the list: they stand at the ends of a plan, between bytes and images; nor are [`canvas`], which
//! stands in front of them for an animation, [`idct`] and [`fdct`], which stand outside of them for a JPEG, [`huffman_decode`] and [`huffman_encode`] beyond those, and [`prefix_sum`], which
//! both need.

pub mod canvas;
pub mod fdct;
pub mod huffman_decode;
pub mod huffman_encode;
pub mod idct;
mod op;
pub mod pack;
pub mod prefix_sum;
pub mod unpack;

#[cfg(any(test, feature = "reference"))]
use tintype_pixels::Planes;

#[cfg(any(test, feature = "reference"))]
use crate::reference::RefImage;

pub use canvas::Canvas;
pub use fdct::Fdct;
pub use huffman_decode::HuffmanDecode;
pub use huffman_encode::HuffmanEncode;
pub use idct::Inverse;
#[cfg(any(test, feature = "reference"))]
pub use op::Exercised;
pub use op::{Case, Op, Reach, Tolerance};
pub use pack::Pack;
pub use unpack::Unpack;

macro_rules! ops {
    ($($module:ident => $name:ident,)*) => {
        $(pub mod $module;)*
        $(pub use $module::$name;)*

        /// One operation of a plan.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Step {
            $(#[doc = concat!("See [`", stringify!($module), "`].")] $name($name),)*
        }

        impl Step {
            /// The operation behind the variant.
            pub fn op(&self) -> &dyn Op {
                match self { $(Self::$name(op) => op,)* }
            }

            /// The operation's name: its folder, its kernel, its bench, its metric.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($module),)* }
            }

            /// What the operation's scalar twin makes of `input`; `inputs` are the decoded sources of the plan.
            #[cfg(any(test, feature = "reference"))]
            pub fn reference(&self, input: &RefImage, inputs: &[Planes]) -> RefImage {
                match self { $(Self::$name(op) => op.reference(input, inputs),)* }
            }
        }

        $(impl From<$name> for Step {
            fn from(op: $name) -> Self { Self::$name(op) }
        })*

        /// Names of all operations.
        pub const NAMES: &[&str] = &[$(stringify!($module)),*];

        /// What tests and benches run: every operation with all of its cases.
        #[cfg(any(test, feature = "reference"))]
        pub fn all_cases() -> Vec<(&'static str, Vec<Case>)> {
            vec![$((stringify!($module), $name::cases()),)*]
        }
    };
}

ops! {
    background => Background,
    blur => Blur,
    border_box => BorderBox,
    color_matrix => ColorMatrix,
    composite => Composite,
    copy => Copy,
    crop => Crop,
    defringe => Defringe,
    gamma => Gamma,
    integral => Integral,
    lab => Lab,
    matte => Matte,
    orient => Orient,
    pad => Pad,
    resize => Resize,
    saliency => Saliency,
    sharpen => Sharpen,
    to_encoded => ToEncoded,
    to_linear => ToLinear,
}
