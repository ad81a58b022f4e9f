//! Any bytes as a JPEG, to its bits and the places where MCUs begin: an error, nothing, or what agrees with the decoder. And what
//! was decoded, to files again: each is read without damage, and makes itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype_jpeg::{
    decode::{self, Bitstream, Limits},
    encode::{self, Coding, Huffman, Options},
};

const LIMITS: Limits = Limits { coefficient_bytes: 1 << 19, scans: 20, coded_blocks: 1 << 15, icc_bytes: 1 << 10 };

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some(stream)) = Bitstream::read(bytes, &LIMITS) {
        check(&stream, bytes);
    }
    let Ok(decoded) = decode::decode(bytes, &LIMITS) else { return };
    for coding in [Coding::Baseline(Huffman::Standard), Coding::Baseline(Huffman::Optimal), Coding::Progressive] {
        let options = Options { coding, ..Options::default() };
        let Ok(file) = encode::encode(&decoded.coefficients, &options) else { return };
        let limits = Limits { scans: 100, coded_blocks: 1 << 20, ..LIMITS };
        let again = decode::decode(&file, &limits).expect("a file of ours");
        assert!(again.damage.is_none(), "{coding:?}: {:?}", again.damage);
        assert_eq!(encode::encode(&again.coefficients, &options).as_ref(), Ok(&file), "{coding:?}");
    }
});

/// Intervals lie one behind the other in the words, and have all MCUs between them; places where MCUs begin lie in them.
fn check(stream: &Bitstream, bytes: &[u8]) {
    let mut end = 0;
    for interval in &stream.intervals {
        assert!(end <= interval.first_bit && interval.first_bit <= interval.end_bit);
        end = interval.end_bit;
    }
    assert!(u64::from(end) <= 32 * stream.words.len() as u64);
    let mcus: u64 = stream.intervals.iter().map(|interval| u64::from(interval.mcus)).sum();
    assert_eq!(mcus, stream.mcus.area());
    assert!(stream.units.iter().all(|unit| unit.dc.max(unit.ac) < stream.codes.len()));
    let Some(starts) = stream.starts(1) else { return };
    for (starts, interval) in starts.iter().zip(&stream.intervals) {
        assert_eq!(starts.len() as u32, interval.mcus);
        assert!(starts.is_sorted() && starts.iter().all(|at| (interval.first_bit..=interval.end_bit).contains(at)));
    }
    let decoded = decode::decode(bytes, &LIMITS).expect("its bits were read");
    assert_eq!(decoded.damage.damaged_rows, 0, "every MCU begins somewhere");
}
