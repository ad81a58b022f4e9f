//! WGSL kernels: described at run time, linked and checked at build time.
//!
//! The run-time half (always there, no dependency but bytemuck) is [`Kernel`], which says what a kernel binds, and
//! [`Params`], which ties a Rust struct to the kernel whose uniform it fills. The build half (feature `build`, used by
//! build scripts and tests) is the `build` module: it resolves `#import`, validates with naga, reflects bindings and layouts
//! and writes the Rust source that holds the kernels.
//!
//! This crate does not know wgpu: a [`Kernel`] is data for whoever creates pipelines.

#![forbid(unsafe_code)]

#[cfg(feature = "build")]
pub mod build;
mod kernel;
mod params;

#[doc(hidden)]
pub use bytemuck as __bytemuck;
pub use kernel::{Binding, Field, Kernel, Texel};
pub use params::{Params, assert_layout};
