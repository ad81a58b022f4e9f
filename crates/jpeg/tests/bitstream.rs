//! The bits of files taken out and put in again, and the places where MCUs begin.

use tintype_jpeg::{
    Coefficients, ColorTransform,
    decode::{Bitstream, Limits},
    encode::{self, Bits, Coding, Huffman, Options, Restart, Statistics},
    forward::{self, Sampling, Tables},
};
use tintype_pixels::{Layout, Planes, Size};

const SAMPLINGS: [[(u8, u8); 4]; 5] = [
    [(1, 1); 4],
    [(2, 1), (1, 1), (1, 1), (1, 1)],
    [(2, 2), (1, 1), (1, 1), (1, 1)],
    [(2, 2), (2, 1), (1, 2), (1, 1)],
    [(4, 2), (1, 1), (1, 1), (1, 1)],
];

/// Noise of some strength: files with bytes of ones, and with every number of bits in the last byte.
fn picture(size: Size, seed: u32, color: ColorTransform, sampling: [(u8, u8); 4]) -> Coefficients {
    let mut state = seed.wrapping_mul(0x9E37_79B1) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> (seed % 7)) as u8
    };
    let bytes = (0..size.area() * 3).map(|_| next()).collect();
    let frame = forward::frame(size, color, &Tables::from_quality(90), Sampling(sampling)).expect("it can be");
    forward::coefficients(&Planes::new(size, Layout::RGB8, bytes).expect("three bytes a pixel"), frame).expect("rgb")
}

fn file(coefficients: &Coefficients, restart: Restart) -> Vec<u8> {
    let options = Options { coding: Coding::Baseline(Huffman::Optimal), restart, ..Options::default() };
    encode::encode(coefficients, &options).expect("in range")
}

fn cases() -> impl Iterator<Item = (Coefficients, String)> {
    (1..=40).flat_map(|side| {
        SAMPLINGS.into_iter().enumerate().map(move |(index, sampling)| {
            let color = [ColorTransform::YCbCr, ColorTransform::Gray, ColorTransform::Rgb][(side as usize + index) % 3];
            let size = Size::new(side, 41 - side);
            (picture(size, side * 8 + index as u32, color, sampling), format!("{size} {color:?} {sampling:?}"))
        })
    })
}

#[test]
fn bits_taken_out_make_the_same_file() {
    let mut endings = [0; 8];
    for (coefficients, what) in cases() {
        let whole = file(&coefficients, Restart::Never);
        let stream = Bitstream::read(&whole, &Limits::default()).expect("a file").expect("plain");
        let [interval] = stream.intervals[..] else { panic!("{what}: {:?}", stream.intervals) };
        let statistics: Statistics = encode::statistics(&coefficients, Restart::Never).expect("in range");
        let tables = statistics.tables();
        let count = statistics.bits(&tables);
        assert_eq!(count.next_multiple_of(8), u64::from(interval.end_bit), "{what}");
        endings[count as usize % 8] += 1;
        let mut bytes: Vec<u8> = stream.words.iter().flat_map(|word| word.to_be_bytes()).collect();
        bytes.truncate(count.div_ceil(8) as usize);
        // What fills the last byte is not part of the bits.
        if let Some(last) = bytes.last_mut().filter(|_| !count.is_multiple_of(8)) {
            *last &= !(0xff >> (count % 8));
        }
        let bits = Bits { bytes: &bytes, count };
        let made = encode::baseline_file(&stream.header.frame, &tables, &Options::default(), bits).expect("a file");
        assert!(made == whole, "{what}");
        assert!(encode::baseline(&coefficients, &tables, &Options::default()).expect("in range") == whole, "{what}");
    }
    assert!(endings.iter().all(|files| *files > 0), "{endings:?}");
}

#[test]
fn every_mcu_begins_somewhere() {
    for (coefficients, what) in cases() {
        for restart in [Restart::Never, Restart::Mcus(3)] {
            let whole = file(&coefficients, restart);
            let stream = Bitstream::read(&whole, &Limits::default()).expect("a file").expect("plain");
            let all = stream.starts(1).unwrap_or_else(|| panic!("{what}"));
            let few = stream.starts(2).unwrap_or_else(|| panic!("{what}"));
            let mcus: usize = all.iter().map(Vec::len).sum();
            assert_eq!(mcus as u64, stream.mcus.area(), "{what}");
            for ((all, few), interval) in all.iter().zip(&few).zip(&stream.intervals) {
                assert_eq!(all.len() as u32, interval.mcus, "{what}");
                assert_eq!(all[0], interval.first_bit, "{what}");
                assert!(all.is_sorted_by(|a, b| a < b) && all[all.len() - 1] < interval.end_bit, "{what}");
                assert!(few.iter().eq(all.iter().step_by(2)), "{what}");
            }
        }
    }
}

#[test]
fn damaged_bits_begin_nowhere() {
    let coefficients = picture(Size::new(90, 90), 3, ColorTransform::YCbCr, SAMPLINGS[2]);
    let stream = Bitstream::read(&file(&coefficients, Restart::Never), &Limits::default());
    let mut stream = stream.expect("a file").expect("plain");
    assert!(stream.starts(1).is_some());
    stream.intervals[0].mcus += 1;
    assert_eq!(stream.starts(1), None, "too few bits");
    stream.intervals[0].mcus -= 2;
    assert_eq!(stream.starts(1), None, "too many bits");
    stream.intervals[0].mcus += 1;
    stream.words[9..20].fill(u32::MAX);
    assert_eq!(stream.starts(1), None, "no code");
}
