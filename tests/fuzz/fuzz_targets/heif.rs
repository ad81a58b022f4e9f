//! Any bytes as an AVIF or HEIC file: an error or a picture of the announced size and layout, within the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_codecs::{Limits, decode, probe};

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let brand: &[u8] = match choice {
        0 => b"\0\0\0\x10ftypavif\0\0\0\0",
        1 => b"\0\0\0\x10ftypheic\0\0\0\0",
        // A whole file.
        _ => b"",
    };
    let file = [brand, rest].concat();
    let limits = Limits { area_px: 1_000_000, decoded_bytes: 16 << 20, ..Limits::default() };
    let Ok(info) = probe(&file, &limits) else { return };
    let Ok(planes) = decode(&file, &info, &limits) else { return };
    assert_eq!(planes.size(), info.size);
    assert_eq!(planes.layout(), info.layout);
});
