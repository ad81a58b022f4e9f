//! Any bytes as a JPEG, to coefficients: an error, or planes of the announced sizes, within the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_jpeg::{
    decode::{self, Header, Limits},
    inverse,
};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { coefficient_bytes: 1 << 20, scans: 20, coded_blocks: 1 << 16, icc_bytes: 1 << 10 };
    let Ok(decoded) = decode::decode(bytes, &limits) else { return };
    let frame = &decoded.coefficients.frame;
    assert_eq!(Header::read(bytes, &limits).map(|header| header.frame.size), Ok(frame.size));
    for (component, plane) in frame.components.iter().zip(&decoded.coefficients.planes) {
        assert_eq!(plane.len() as u64, 64 * component.blocks.area());
    }
    let damage = decoded.damage;
    assert!(damage.sound_rows + damage.damaged_rows <= frame.size.height);
    assert_eq!(inverse::pixels(&decoded.coefficients).size(), frame.size);
});
