//! The networks against onnxruntime, in three rings: layers by themselves, each layer of the real networks, and their answers.
//!
//! `models/reference.py` and `models/reference_torch.py` wrote what `tests/reference/` holds. The first ring needs no weights. The others read them from where
//! `tintype models pull` puts them, `TINTYPE_MODELS` or the cache folder; without them they fail, unless `ALLOW_NO_MODELS=1` says that
//! this is meant. A missing adapter fails what needs one, unless `ALLOW_NO_GPU=1`.

#![allow(clippy::unwrap_used, reason = "a test may unwrap: its failure is the message")]

mod bridge;
mod convolution;
mod ends;
mod engine;
mod layers;
mod loading;
#[path = "../setup/mod.rs"]
mod machine;
mod made_up;
mod ops;
mod setup;
