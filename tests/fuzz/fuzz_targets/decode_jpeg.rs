//! Any bytes as JPEG.
#![no_main]

#[path = "../decoder.rs"]
mod decoder;

use libfuzzer_sys::fuzz_target;
use tintype_pixels::ImageFormat;

fuzz_target!(|bytes: &[u8]| decoder::run(bytes, ImageFormat::Jpeg));
