//! What can go wrong with a network, by cause.

use std::{fmt, path::PathBuf};

use thiserror::Error;
use tintype_pixels::{Fault, Layout, Size};

/// Why a network could not be loaded or did not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MlError {
    /// The weights' file cannot be read.
    #[error("cannot read the weights in {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The file is no `.safetensors` file.
    #[error("the weights in {} are not in the safetensors format: {cause}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        #[source]
        cause: safetensors::SafeTensorError,
    },
    /// A tensor that the network needs is not in the file.
    #[error("the weights in {} have no tensor {name:?}; the network needs it with shape {}", path.display(), Shape(needed))]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The first tensor that is missing.
        name: String,
        /// The shape that it should have.
        needed: Vec<usize>,
    },
    /// A tensor has another shape than the network's.
    #[error("tensor {name:?} in {} has shape {}; the network needs {}", path.display(), Shape(found), Shape(needed))]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// The shape that it should have.
        needed: Vec<usize>,
    },
    /// A tensor's numbers are of a type that weights are not kept in.
    #[error("tensor {name:?} in {} is of type {found}; f32 and f16 are accepted", path.display())]
    TensorType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The file's name of the type.
        found: String,
    },
    /// The file has a tensor that the network does not know, so it belongs to another network.
    #[error("the weights in {} have a tensor {name:?} of shape {} that the network does not use", path.display(), Shape(found))]
    UnusedTensor {
        /// The file.
        path: PathBuf,
        /// The first such tensor in order of names.
        name: String,
        /// Its shape.
        found: Vec<usize>,
    },
    /// The picture's samples are of a kind that the network does not read.
    #[error("the network reads rgb8 pictures, not {found}")]
    Layout {
        /// The picture's layout.
        found: Layout,
    },
    /// The picture has another size than the network's input.
    #[error("the network reads pictures of {needed} pixels, not {found}")]
    Size {
        /// The picture's size.
        found: Size,
        /// The network's.
        needed: Size,
    },
    /// The picture is empty or larger than the network is run on.
    #[error("the network looks at pictures with sides of 1 to {most} pixels, not at {found}")]
    Sides {
        /// The picture's size.
        found: Size,
        /// The longest side that is accepted.
        most: u32,
    },
    /// The device cannot be shared with burn.
    #[error("the networks cannot use this device: {cause}")]
    Device {
        /// What burn said.
        cause: String,
    },
    /// The computation failed on its device.
    #[error("the network did not run: {cause}")]
    Run {
        /// What burn said.
        cause: String,
    },
}

impl MlError {
    /// Whose problem it is: pictures come from us, resized for the network, and files from whoever runs tintype.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Read { .. }
            | Self::Format { .. }
            | Self::MissingTensor { .. }
            | Self::TensorShape { .. }
            | Self::TensorType { .. }
            | Self::UnusedTensor { .. }
            | Self::Layout { .. }
            | Self::Size { .. }
            | Self::Sides { .. }
            | Self::Device { .. }
            | Self::Run { .. } => Fault::Internal,
        }
    }
}

/// A shape as it is usually written: `64x3x3x3`.
struct Shape<'a>(&'a [usize]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, side) in self.0.iter().enumerate() {
            let cross = if index == 0 { "" } else { "x" };
            write!(f, "{cross}{side}")?;
        }
        if self.0.is_empty() { f.write_str("of a single number") } else { Ok(()) }
    }
}
