//! Any bytes as JPEG with a gain map.
#![no_main]

#[allow(dead_code, reason = "the limits alone")]
#[path = "../decoder.rs"]
mod decoder;

use libfuzzer_sys::fuzz_target;
use tintype_codecs::{Encode, Metadata, Subsampling, Tuning, decode, encode, jpeg::GainMap};

const PLAIN: Encode =
    Encode::Jpeg { quality: 50, progressive: false, subsampling: Subsampling::Full, tuning: Tuning::Standard };

fuzz_target!(|bytes: &[u8]| {
    let limits = decoder::limits();
    let Some(map) = GainMap::find(bytes, &limits) else { return };
    let file = bytes.get(map.file.clone()).expect("a map inside of the file");
    let Ok(planes) = decode(file, &map.info, &limits) else { return };
    // Profiles and packets may be too long to be written.
    let Ok(written) = map.encode(&planes, 50) else { return };
    let xmp = map.primary_xmp(None, written.len());
    let Ok(primary) = encode(&planes, &PLAIN, &Metadata { xmp, ..Metadata::default() }) else { return };
    let joined = map.join(&primary, &written).expect("far less than 4 GiB");
    let again = GainMap::find(&joined, &limits).expect("what was written");
    assert_eq!((&again.file, again.info.size), (&(joined.len() - written.len()..joined.len()), map.info.size));
});
