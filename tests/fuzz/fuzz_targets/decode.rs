//! Any bytes as a picture: an error or a picture of the announced size and layout, within the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_codecs::{Limits, decode, probe};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { area_px: 4_000_000, decoded_bytes: 32 << 20, ..Limits::default() };
    let Ok(info) = probe(bytes, &limits) else { return };
    let Ok(planes) = decode(bytes, &info, &limits) else { return };
    assert_eq!(planes.size(), info.size);
    assert_eq!(planes.layout(), info.layout);
});
