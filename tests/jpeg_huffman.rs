//! The kernels that code and decode the bits of a JPEG against the scalar coder: not one bit may differ.

use std::sync::Arc;

use tintype_engine::{
    Gpu, Recording, Texel,
    gpu::Source,
    ops::{
        HuffmanEncode,
        huffman_encode::{self, Bits, Room},
        prefix_sum,
    },
};
use tintype_jpeg::{
    Coefficients, ColorTransform,
    encode::{self, Coding, Huffman, HuffmanTables, Options, Statistics},
    forward::{self, Sampling, Tables},
};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::{gpu, pictures};

/// The usual samplings of luma, and those where chroma has more than one block in an MCU.
const SAMPLINGS: [[(u8, u8); 4]; 9] = [
    [(1, 1), (1, 1), (1, 1), (1, 1)],
    [(2, 1), (1, 1), (1, 1), (1, 1)],
    [(1, 2), (1, 1), (1, 1), (1, 1)],
    [(2, 2), (1, 1), (1, 1), (1, 1)],
    [(4, 1), (1, 1), (1, 1), (1, 1)],
    [(4, 2), (1, 1), (1, 1), (1, 1)],
    [(2, 2), (2, 1), (1, 2), (1, 1)],
    [(1, 1), (2, 2), (1, 1), (1, 1)],
    [(3, 1), (1, 1), (1, 1), (1, 1)],
];

const COLORS: [ColorTransform; 3] = [ColorTransform::YCbCr, ColorTransform::Gray, ColorTransform::Rgb];

/// What is in a picture: a photograph's slopes, noise, the largest coefficients, nothing.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Soft,
    Noise,
    Stripes,
    Flat,
}

const KINDS: [Kind; 4] = [Kind::Soft, Kind::Noise, Kind::Stripes, Kind::Flat];

fn picture(size: Size, kind: Kind) -> Planes {
    let byte = |x: u32, y: u32, channel: u32| match kind {
        Kind::Soft => ((x * 2 + y * 3 + channel * 40) % 256) as u8 / 2 + pictures::hash(x, y * 3 + channel) as u8 % 9,
        Kind::Noise => pictures::hash(x, y * 3 + channel) as u8,
        Kind::Stripes => {
            if (x / 3 + y / (4 + channel)) % 2 == 0 {
                255
            } else {
                0
            }
        }
        Kind::Flat => 77,
    };
    let bytes = (0..size.height).flat_map(|y| (0..size.width).flat_map(move |x| (0..3).map(move |c| byte(x, y, c))));
    Planes::new(size, Layout::RGB8, bytes.collect()).unwrap()
}

fn coefficients(size: Size, kind: Kind, color: ColorTransform, sampling: [(u8, u8); 4], quality: u8) -> Coefficients {
    let frame = forward::frame(size, color, &Tables::from_quality(quality), Sampling(sampling)).unwrap();
    forward::coefficients(&picture(size, kind), frame).unwrap()
}

fn sizes() -> impl Iterator<Item = Size> {
    (1..=40).map(|side| Size::new(side, 41 - side)).chain([Size::new(131, 70), Size::new(70, 131)])
}

fn bytes_of(coefficients: &Coefficients) -> [&[u8]; 3] {
    std::array::from_fn(|i| coefficients.planes.get(i).map_or(&[][..], |plane| bytemuck::cast_slice(plane)))
}

/// Runs `record` on a device that holds `coefficients`.
fn run(
    gpu: &Gpu,
    coefficients: &Coefficients,
    record: impl FnOnce(&mut Recording, &[tintype_engine::record::BufferId]),
) -> Vec<u8> {
    let mut recording = Recording::new(Texel::F16);
    let planes: Vec<_> = (coefficients.planes.iter().enumerate())
        .map(|(index, plane)| recording.upload_plane(0, index, 0..plane.len() as u64 * 2))
        .collect();
    record(&mut recording, &planes);
    gpu.run(recording, &[Source::Planes(bytes_of(coefficients))]).unwrap().bytes
}

fn counted(gpu: &Gpu, op: &HuffmanEncode, coefficients: &Coefficients) -> Statistics {
    let bytes = run(gpu, coefficients, |recording, planes| op.record_statistics(recording, planes));
    HuffmanEncode::counts(&bytes).unwrap()
}

fn coded(
    gpu: &Gpu,
    op: &HuffmanEncode,
    coefficients: &Coefficients,
    tables: &HuffmanTables,
    room: Room,
) -> Result<Vec<u8>, u64> {
    let bytes = run(gpu, coefficients, |recording, planes| op.record(recording, planes, tables, room));
    match HuffmanEncode::bits(&bytes).unwrap() {
        Bits::All(bits) => Ok(encode::baseline_file(op.frame(), tables, &Options::default(), bits).unwrap()),
        Bits::More(bytes) => Err(bytes),
    }
}

#[test]
fn sums_before_each_number() {
    let Some(gpu) = gpu() else { return };
    for count in [0_u32, 1, 2, 63, 64, 1023, 1024, 1025, 4096, 70_000, 200_001] {
        let values: Vec<u32> = (0..count).map(|i| pictures::hash(i, count)).collect();
        let mut recording = Recording::new(Texel::F16);
        let buffer = recording.upload(0, 0..u64::from(count) * 4);
        let sums = recording.readback(prefix_sum::bytes(count), prefix_sum::bytes(count));
        prefix_sum::record(&mut recording, buffer, count, sums);
        let bytes = gpu.run(recording, &[bytemuck::cast_slice::<u32, u8>(&values).into()]).unwrap().bytes;
        let got: Vec<u32> = bytemuck::pod_collect_to_vec(&bytes);
        assert!(got == prefix_sum::reference::sums(&values), "of {count} numbers");
    }
}

#[test]
fn files_are_those_of_the_scalar_coder() {
    let Some(gpu) = gpu() else { return };
    let mut files = 0;
    for (turn, size) in sizes().enumerate() {
        for (index, sampling) in SAMPLINGS.into_iter().enumerate() {
            let at = turn + index;
            let (kind, color, quality) = (KINDS[at % 4], COLORS[at % 3], [75, 95, 30, 100, 5][at % 5]);
            let coefficients = coefficients(size, kind, color, sampling, quality);
            let op = HuffmanEncode::new(Arc::new(coefficients.frame.clone()), 1 << 27).expect("it is coded");
            let what = format!("{size} {kind:?} {color:?} {sampling:?} q{quality}");

            let twin = huffman_encode::reference::statistics(&coefficients).unwrap();
            let counts = counted(gpu, &op, &coefficients);
            assert!(counts == twin, "counts of {what}");

            let tables = counts.tables();
            let room = Room::Exact(counts.bits(&tables).div_ceil(8));
            let optimal = Options { coding: Coding::Baseline(Huffman::Optimal), ..Options::default() };
            let expected = encode::encode(&coefficients, &optimal).unwrap();
            assert!(huffman_encode::reference::file(&coefficients, &tables).unwrap() == expected);
            assert!(coded(gpu, &op, &coefficients, &tables, room).as_ref() == Ok(&expected), "fitted {what}");

            let standard = Options { coding: Coding::Baseline(Huffman::Standard), ..Options::default() };
            let expected = encode::encode(&coefficients, &standard).unwrap();
            let tables = HuffmanTables::standard();
            let room = Room::Guess(expected.len() as u64);
            assert!(coded(gpu, &op, &coefficients, &tables, room).as_ref() == Ok(&expected), "standard {what}");
            files += 2;
        }
    }
    println!("{files} files equal");
}

#[test]
fn a_guess_that_was_too_small_is_said() {
    let Some(gpu) = gpu() else { return };
    let coefficients = coefficients(Size::new(90, 70), Kind::Noise, ColorTransform::YCbCr, SAMPLINGS[3], 90);
    let op = HuffmanEncode::new(Arc::new(coefficients.frame.clone()), 1 << 27).unwrap();
    let tables = HuffmanTables::standard();
    let needed = coded(gpu, &op, &coefficients, &tables, Room::Guess(100)).unwrap_err();
    let statistics = huffman_encode::reference::statistics(&coefficients).unwrap();
    assert_eq!(needed, statistics.bits(&tables).div_ceil(8));
    let file = coded(gpu, &op, &coefficients, &tables, Room::Exact(needed)).unwrap();
    assert!(file == huffman_encode::reference::file(&coefficients, &tables).unwrap());
    // Other tables are other bits.
    assert!(coded(gpu, &op, &coefficients, &statistics.tables(), Room::Guess(needed)).unwrap() != file);
}

#[test]
fn ink_and_large_pictures_are_not_coded() {
    let frame = |color, size| forward::frame(size, color, &Tables::from_quality(80), Sampling::HALF).unwrap();
    let is_coded = |color, size, bytes| HuffmanEncode::new(Arc::new(frame(color, size)), bytes).is_some();
    assert!(is_coded(ColorTransform::YCbCr, Size::new(4032, 3024), 1 << 27));
    assert!(!is_coded(ColorTransform::Cmyk, Size::new(40, 40), 1 << 27));
    assert!(!is_coded(ColorTransform::YCbCr, Size::new(4032, 3024), 1 << 24));
}
