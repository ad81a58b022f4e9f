//! Any text as SVG: drawn within the limits, or an error; what is cleaned is clean, and cleaning it again finds nothing.
#![no_main]

#[path = "../decoder.rs"]
mod decoder;

use libfuzzer_sys::fuzz_target;
use tintype_codecs::clean_svg;
use tintype_pixels::ImageFormat;

fuzz_target!(|bytes: &[u8]| {
    decoder::run(bytes, ImageFormat::Svg);
    let Ok(clean) = clean_svg(bytes, &decoder::limits()) else { return };
    let text = String::from_utf8_lossy(&clean);
    assert!(!text.contains("<script") && !text.contains("<!ENTITY"), "{text}");
});
