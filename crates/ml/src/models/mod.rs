//! One folder per family of networks.

pub mod birefnet;
pub mod matting;
pub mod retinaface;
pub mod u2net;
