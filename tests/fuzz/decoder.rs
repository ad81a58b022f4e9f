//! One format through probe, decode and the reader of animations, shared by the targets of this folder.

use tintype_codecs::{AnimationReader, Limits, decode, probe};
use tintype_pixels::ImageFormat;

/// Small enough for many runs a second, with every format that is read.
pub fn limits() -> Limits {
    Limits {
        area_px: 1_000_000,
        animation_area_px: 4_000_000,
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
    if let Ok(mut reader) = AnimationReader::new(bytes, &info, &limits) {
        let mut area_px = 0;
        while let Ok(Some(frame)) = reader.next_frame() {
            assert!(frame.rect.size.is_empty() || frame.rect.fits(info.size), "{:?} on {}", frame.rect, info.size);
            area_px += info.size.area();
        }
        assert!(area_px <= limits.animation_area_px);
    }
    let Ok(planes) = decode(bytes, &info, &limits) else { return };
    assert_eq!((planes.size(), planes.layout()), (info.size, info.layout));
    assert!(info.size.area() <= limits.area_px);
}
