//! One format through probe and decode, shared by the targets of this folder.

use tintype_codecs::{Limits, decode, probe};
use tintype_pixels::ImageFormat;

/// Small enough for many runs a second, with every format that is read.
pub fn limits() -> Limits {
    Limits {
        area_px: 1_000_000,
        decoded_bytes: 8 << 20,
        svg_bytes: 1 << 20,
        svg_elements: 5_000,
        extra_inputs: true,
        ..Limits::default()
    }
}

/// An error, or a picture of the announced size and layout. What begins as another format is another target's matter.
pub fn run(bytes: &[u8], format: ImageFormat) {
    let limits = limits();
    let Ok(info) = probe(bytes, &limits) else { return };
    if info.format != format {
        return;
    }
    let Ok(planes) = decode(bytes, &info, &limits) else { return };
    assert_eq!((planes.size(), planes.layout()), (info.size, info.layout));
    assert!(info.size.area() <= limits.area_px);
}
