//! Pictures as other programs see them. What we decode must be what an independent decoder makes of the same file, exactly or
//! within the tolerance that a case states, and what we encode must be readable by others.
//!
//! The programs come from Debian's packages (imagemagick, webp, librsvg2-bin); where one is missing, its tests fail and name
//! the package. Apart from PngSuite, which is here, every file is made by a test.

#![allow(clippy::unwrap_used, reason = "a test may")]

#[cfg(feature = "extra-inputs")]
mod extra;
mod png;
mod pngsuite;
#[cfg(feature = "svg")]
mod svg;
mod tool;
#[cfg(feature = "webp-lossy")]
mod webp;
