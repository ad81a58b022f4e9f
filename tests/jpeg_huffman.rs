//! The kernels that code and decode the bits of a JPEG against the scalar coder: not one bit may differ.

use std::sync::Arc;

use tintype_engine::{
    Gpu, Plan, Recording, Space, Texel,
    gpu::{GpuOptions, Source},
    ops::{
        HuffmanDecode, HuffmanEncode, Inverse,
        huffman_decode::{self, Starts, Status},
        huffman_encode::{self, Bits, Room},
        idct::{self, Share},
        prefix_sum,
        resize::Filter,
    },
    plan::{self, Coders, Device, Stage},
    record::{Bound, BufferId},
    wgpu,
};
use tintype_jpeg::{
    Coefficients, ColorTransform, Frame,
    decode::{Bitstream, Limits},
    encode::{self, Coding, Huffman, HuffmanTables, Options, Restart, Statistics},
    forward::{self, Sampling, Tables},
};
use tintype_pixels::{Gamut, Layout, Orientation, Planes, Size, SourceColor};
use tintype_testkit::{gpu, pictures};

/// The usual samplings of luma, and those where chroma has more than one block in an MCU.
const SAMPLINGS: [[(u8, u8); 4]; 14] = [
    [(1, 1), (1, 1), (1, 1), (1, 1)],
    [(2, 1), (1, 1), (1, 1), (1, 1)],
    [(1, 2), (1, 1), (1, 1), (1, 1)],
    [(2, 2), (1, 1), (1, 1), (1, 1)],
    [(4, 1), (1, 1), (1, 1), (1, 1)],
    [(4, 2), (1, 1), (1, 1), (1, 1)],
    [(2, 2), (2, 1), (1, 2), (1, 1)],
    [(1, 1), (2, 2), (1, 1), (1, 1)],
    [(3, 1), (1, 1), (1, 1), (1, 1)],
    [(3, 2), (1, 1), (1, 1), (1, 1)],
    [(2, 4), (1, 1), (1, 1), (1, 1)],
    [(4, 1), (2, 1), (1, 1), (1, 1)],
    [(1, 4), (1, 2), (1, 1), (1, 1)],
    [(1, 1), (2, 2), (1, 2), (1, 1)],
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
            if (x / 3 + y / (4 + channel)).is_multiple_of(2) {
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
fn run(gpu: &Gpu, coefficients: &Coefficients, record: impl FnOnce(&mut Recording, &[BufferId])) -> Vec<u8> {
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
        prefix_sum::record(&mut recording, &Bound::Buffer(buffer), count, sums);
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

/// The coefficients that the device finds in `files`, all together; `None` where it says that something is not as it should be.
fn decoded(gpu: &Gpu, streams: Vec<(Bitstream, Starts)>) -> Result<Vec<Vec<Vec<i16>>>, Status> {
    let count = streams.len();
    let op = HuffmanDecode::new(streams, 1 << 27).expect("it is decoded");
    let mut recording = Recording::new(Texel::F16);
    let bits = recording.upload(0, 0..op.bytes().len() as u64);
    let coefficients = recording.readback(op.coefficient_bytes(), op.coefficient_bytes());
    op.record(&mut recording, bits, coefficients);
    let bytes = gpu.run(recording, &[op.bytes().into()]).unwrap().bytes;
    let (coefficients, status) = bytes.split_at(op.coefficient_bytes() as usize);
    let status = HuffmanDecode::status(status).unwrap();
    if !status.is_sound() {
        return Err(status);
    }
    let plane = |part: &std::ops::Range<u64>| {
        bytemuck::pod_collect_to_vec(&coefficients[part.start as usize..part.end as usize])
    };
    Ok((0..count).map(|picture| op.parts(picture).iter().map(plane).collect()).collect())
}

fn stream(file: &[u8]) -> Option<Bitstream> {
    Bitstream::read(file, &Limits::default()).unwrap()
}

/// Spans so short that nearly all begin in the middle of something, and rounds enough for any file.
const SHORT: Starts = Starts::Guessed { span_bits: 96, rounds: u32::MAX };

#[test]
fn coefficients_are_those_of_the_scalar_decoder() {
    let Some(gpu) = gpu() else { return };
    let restarts = [Restart::Never, Restart::Rows(1), Restart::Mcus(3)];
    let mut batch: Vec<(Bitstream, Starts)> = Vec::new();
    let mut expected = Vec::new();
    let mut files = 0;
    for (turn, size) in sizes().enumerate() {
        for (index, sampling) in SAMPLINGS.into_iter().enumerate() {
            let at = turn + index;
            let (kind, color, quality) = (KINDS[at % 4], COLORS[at % 3], [75, 95, 30, 100, 5][at % 5]);
            let picture = coefficients(size, kind, color, sampling, quality);
            let huffman = [Huffman::Standard, Huffman::Optimal][at % 2];
            let restart = restarts[at / 2 % 3];
            let options = Options { coding: Coding::Baseline(huffman), restart, ..Options::default() };
            let file = encode::encode(&picture, &options).unwrap();
            let twin = huffman_decode::reference::coefficients(&file).unwrap().expect("it is sound");
            let what = format!("{size} {kind:?} {color:?} {sampling:?} q{quality} {huffman:?} {restart:?}");
            let walked = Starts::Walked { mcus: 1 + at as u32 % 5 };
            for starts in [SHORT, walked] {
                batch.push((stream(&file).unwrap_or_else(|| panic!("{what}")), starts));
                expected.push((twin.planes.clone(), format!("{what} {starts:?}")));
                files += 1;
            }
        }
        if turn % 3 != 2 {
            continue;
        }
        // Pictures of all sizes and codes go together.
        let got = decoded(gpu, std::mem::take(&mut batch)).unwrap();
        for (got, (twin, what)) in got.into_iter().zip(expected.drain(..)) {
            let wrong = got.iter().zip(&twin).position(|(got, twin)| got != twin);
            assert!(got == twin, "{what}: component {wrong:?}");
        }
    }
    assert!(batch.is_empty());
    println!("{files} files equal");
}

#[test]
fn damage_is_found_or_does_no_harm() {
    let Some(gpu) = gpu() else { return };
    let (mut sound, mut refused, mut found) = (0, 0, 0);
    for (turn, restart) in [Restart::Never, Restart::Mcus(4)].into_iter().enumerate() {
        let picture = coefficients(Size::new(120, 90), Kind::Soft, ColorTransform::YCbCr, SAMPLINGS[3], 80);
        let file = encode::encode(&picture, &Options { restart, ..Options::default() }).unwrap();
        let scan = file.len() / 3..file.len() - 2;
        for i in 0..120 {
            let mut file = file.clone();
            let at = scan.start + pictures::hash(i, turn as u32) as usize % scan.len();
            match i % 3 {
                0 => file[at] ^= 1 << (i / 3 % 8),
                1 => drop(file.remove(at)),
                _ => file.insert(at, i as u8),
            }
            let Some(stream) = stream(&file) else {
                refused += 1;
                continue;
            };
            match decoded(gpu, vec![(stream, SHORT)]) {
                Ok(got) => {
                    let twin = huffman_decode::reference::coefficients(&file).unwrap();
                    assert!(twin.is_some_and(|twin| twin.planes == got[0]), "change {i} at {at}, {restart:?}");
                    sound += 1;
                }
                Err(status) => {
                    assert!(status.unsynced == 0 && status.damaged > 0, "{status:?}");
                    found += 1;
                }
            }
        }
    }
    println!("{sound} sound, {refused} refused, {found} found");
    assert!(sound > 10 && found > 40, "the changes show nothing");
}

#[test]
fn what_is_no_plain_baseline_file_is_left_to_the_host() {
    let picture = coefficients(Size::new(60, 60), Kind::Soft, ColorTransform::YCbCr, SAMPLINGS[3], 80);
    let coded = |coding, restart| encode::encode(&picture, &Options { coding, restart, ..Options::default() }).unwrap();
    let baseline = Coding::Baseline(Huffman::Optimal);
    let file = coded(baseline, Restart::Mcus(2));
    assert!(stream(&file).is_some());
    assert!(stream(&coded(Coding::Progressive, Restart::Never)).is_none());
    assert!(stream(&file[..file.len() - 2]).is_none(), "without its end");
    let marker = |n: u8| file.windows(2).position(|pair| pair == [0xff, 0xd0 + n]).unwrap();
    let mut swapped = file.clone();
    swapped[marker(1) + 1] = 0xd2;
    assert!(stream(&swapped).is_none(), "with a wrong restart marker");
    let lacking: Vec<u8> = [&file[..marker(2)], &file[marker(2) + 2..]].concat();
    assert!(stream(&lacking).is_none(), "with a missing restart marker");
}

#[test]
fn too_few_rounds_are_said() {
    let Some(gpu) = gpu() else { return };
    let picture = coefficients(Size::new(200, 200), Kind::Noise, ColorTransform::YCbCr, SAMPLINGS[3], 90);
    let file = encode::encode(&picture, &Options::default()).unwrap();
    let of = |rounds| decoded(gpu, vec![(stream(&file).unwrap(), Starts::Guessed { span_bits: 96, rounds })]);
    assert!(of(1).unwrap_err().unsynced > 0);
    assert_eq!(of(u32::MAX).unwrap(), [picture.planes]);
}

#[test]
fn what_is_decoded_is_read_by_the_inverse_transform() {
    let Some(gpu) = gpu() else { return };
    let pictures = [(Kind::Soft, SAMPLINGS[3]), (Kind::Noise, SAMPLINGS[1])]
        .map(|(kind, sampling)| coefficients(Size::new(77, 53), kind, ColorTransform::YCbCr, sampling, 85));
    let streams = pictures.iter().map(|picture| {
        let stream = stream(&encode::encode(picture, &Options::default()).unwrap()).unwrap();
        let starts = huffman_decode::guessed(&stream.header.frame, stream.words.len() as u64 * 4);
        (stream, starts)
    });
    let op = HuffmanDecode::new(streams.collect(), 1 << 27).unwrap();
    let mut recording = Recording::new(Texel::F16);
    let bits = recording.upload(0, 0..op.bytes().len() as u64);
    let coefficients = recording.scratch(op.coefficient_bytes());
    op.record(&mut recording, bits, coefficients);
    let mut expected = Vec::new();
    for (index, picture) in pictures.iter().enumerate() {
        let components = picture.frame.components.iter().zip(&picture.planes);
        for ((component, blocks), part) in components.zip(op.parts(index)) {
            let twin = idct::reference::plane(component, blocks, 8);
            let plane = recording.readback(twin.len() as u64, twin.len() as u64);
            let all = idct::Blocks { rows: component.blocks.height, columns: 0..component.blocks.width };
            let part = Bound::Part(coefficients, part.clone());
            idct::record(&mut recording, component, 8, Share::Block, &all, &part, plane);
            expected.extend(twin);
        }
    }
    let bytes = gpu.run(recording, &[op.bytes().into()]).unwrap().bytes;
    let (status, planes) = bytes.split_at(16);
    assert!(HuffmanDecode::status(status).unwrap().is_sound());
    assert!(planes == expected);
}

/// The plan for `options` of a JPEG with this frame, of which the device is given coefficients.
fn plan(gpu: &Gpu, frame: &Frame, options: &str) -> Plan {
    let device = Device { inverse: Inverse::Device, ..gpu.plan_device() };
    let stages = [Stage::Transform(Box::new(options.parse().unwrap()))];
    let source = plan::Source {
        size: frame.size,
        layout: Layout::RGB8,
        orientation: Orientation::Upright,
        alpha: false,
        color: Some(SourceColor::srgb()),
        on_device: false,
        jpeg: None,
    };
    let request = plan::Request {
        stages: &stages,
        target: Some(Layout::RGB8),
        space: Space::Linear,
        gamut: Gamut::SRGB,
        filter: Filter::Lanczos3,
        device,
        max_result: (16_384, 1 << 30),
    };
    let plan = Plan::new(&[source.as_components(&Arc::new(frame.clone()), device)], &request).unwrap();
    let sampling = Sampling([(2, 2), (1, 1), (1, 1), (1, 1)]);
    let tables = Tables::from_quality(80);
    let frame = forward::frame(plan.size(), ColorTransform::YCbCr, &tables, sampling).unwrap();
    plan.as_jpeg(frame)
}

/// A picture comes as bits and leaves as bits; the file must be what the host makes of its coefficients.
fn goes_through(gpu: &Gpu, sampling: [(u8, u8); 4], options: &str) {
    let asked = |asked| Coders { asked, is_software: true };
    let picture = coefficients(Size::new(187, 131), Kind::Soft, ColorTransform::YCbCr, sampling, 85);
    let plan = plan(gpu, &picture.frame, options);
    let as_planes = gpu.run(plan.record(), &[Source::Planes(bytes_of(&picture))]).unwrap().bytes;
    let fdct = plan.fdct.clone().unwrap();
    let frame = Frame::clone(&fdct.frame);
    let expected = Coefficients { frame: frame.clone(), planes: fdct.planes(&as_planes).unwrap() };
    let expected = encode::encode(&expected, &Options::default()).unwrap();

    assert_eq!(plan.clone().as_jpeg_bits(asked(plan::Huffman::Auto)), plan, "on software the host does it");
    let plan = plan.as_jpeg_bits(asked(plan::Huffman::Device));
    assert!(plan.explain().contains("huffman"), "{}", plan.explain());

    let stream = stream(&encode::encode(&picture, &Options::default()).unwrap()).unwrap();
    let starts = huffman_decode::guessed(&picture.frame, stream.words.len() as u64 * 4);
    let decode = HuffmanDecode::new(vec![(stream, starts)], 1 << 27).unwrap();
    let made = gpu.run(plan.record_decoding(&[(0, &decode)]), &[decode.bytes().into()]).unwrap();
    let (status, counts) = made.bytes.split_at(16);
    assert!(HuffmanDecode::status(status).unwrap().is_sound());
    let counts = HuffmanEncode::counts(counts).unwrap();
    let tables = counts.tables();
    let kept: Vec<Source<'_>> = made.kept.iter().map(Source::Kept).collect();
    let recording = plan.record_bits(&tables, Room::Exact(counts.bits(&tables).div_ceil(8))).unwrap();
    let bytes = gpu.run(recording, &kept).unwrap().bytes;
    let Some(Bits::All(bits)) = HuffmanEncode::bits(&bytes) else { panic!("{options}: more bits than counted") };
    let file = encode::baseline_file(&frame, &tables, &Options::default(), bits).unwrap();
    assert!(file == expected, "{options}");
}

#[test]
fn a_whole_picture_goes_through_as_bits() {
    let Some(gpu) = gpu() else { return };
    goes_through(gpu, SAMPLINGS[3], "width=90");
    goes_through(gpu, SAMPLINGS[0], "width=41,height=41,fit=cover,gravity=right");
    goes_through(gpu, SAMPLINGS[1], "trim=9;0;0;17");
    goes_through(gpu, SAMPLINGS[2], "width=33,height=60,fit=crop,gravity=bottom");
}

/// As on most GPUs: what the host reads is copied, and no limit is larger than WebGPU promises.
#[test]
fn a_device_with_memory_of_its_own_and_the_least_limits() {
    let Some(shared) = gpu() else { return };
    let limits = wgpu::Limits::default();
    let descriptor = wgpu::DeviceDescriptor { required_limits: limits, ..Default::default() };
    let (device, queue) = pollster::block_on(shared.adapter().request_device(&descriptor)).unwrap();
    let gpu = Gpu::from_device(shared.adapter(), device, queue, &GpuOptions::default()).unwrap();
    assert!(!gpu.caps().is_unified);
    goes_through(&gpu, SAMPLINGS[3], "width=90");
    let picture = coefficients(Size::new(90, 70), Kind::Noise, ColorTransform::YCbCr, SAMPLINGS[3], 90);
    let op = HuffmanEncode::new(Arc::new(picture.frame.clone()), 1 << 27).unwrap();
    let tables = HuffmanTables::standard();
    let needed = coded(&gpu, &op, &picture, &tables, Room::Guess(100)).unwrap_err();
    let file = coded(&gpu, &op, &picture, &tables, Room::Guess(needed)).unwrap();
    assert!(file == huffman_encode::reference::file(&picture, &tables).unwrap());
}

#[test]
fn kept_buffers_go_back_to_the_pool() {
    let Some(_) = gpu() else { return };
    let gpu = Gpu::new(&GpuOptions::default()).unwrap();
    let picture = coefficients(Size::new(60, 40), Kind::Soft, ColorTransform::YCbCr, SAMPLINGS[3], 85);
    let plan = plan(&gpu, &picture.frame, "width=30");
    let plan = plan.as_jpeg_bits(Coders { asked: plan::Huffman::Device, is_software: true });
    let once = || {
        let made = gpu.run(plan.record(), &[Source::Planes(bytes_of(&picture))]).unwrap();
        let counts = HuffmanEncode::counts(&made.bytes).unwrap();
        let tables = counts.tables();
        let kept: Vec<Source<'_>> = made.kept.iter().map(Source::Kept).collect();
        let record = |bytes| plan.record_bits(&tables, Room::Exact(bytes)).unwrap();
        assert!(gpu.run(record(counts.bits(&tables).div_ceil(8)), &kept[1..]).is_err(), "one is missing");
        gpu.run(record(counts.bits(&tables).div_ceil(8)), &kept).unwrap().bytes
    };
    let bytes = once();
    let warm = gpu.counters();
    for _ in 0..3 {
        assert!(once() == bytes);
    }
    assert_eq!(gpu.counters(), warm, "a warm request creates nothing");
}

#[test]
fn pictures_in_two_submissions_share_little_memory() {
    let Some(_) = gpu() else { return };
    let picture = coefficients(Size::new(200, 100), Kind::Soft, ColorTransform::YCbCr, SAMPLINGS[3], 85);
    let small = Gpu::new(&GpuOptions::default()).unwrap();
    let plan = plan(&small, &picture.frame, "width=150");
    let plan = plan.as_jpeg_bits(Coders { asked: plan::Huffman::Device, is_software: true });
    let peak = plan.record().allocate(16_384).peak_bytes;
    drop(small);
    // Room for one and a half.
    let options = GpuOptions { memory_bytes: Some(peak * 3 / 2), ..Default::default() };
    let gpu = Gpu::new(&options).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let made = gpu.run(plan.record(), &[Source::Planes(bytes_of(&picture))]).unwrap();
                    let tables = HuffmanEncode::counts(&made.bytes).unwrap().tables();
                    let kept: Vec<Source<'_>> = made.kept.iter().map(Source::Kept).collect();
                    let recording = plan.record_bits(&tables, Room::Guess(20_000)).unwrap();
                    let bytes = gpu.run(recording, &kept).unwrap().bytes;
                    assert!(matches!(HuffmanEncode::bits(&bytes), Some(Bits::All(_))));
                }
            });
        }
    });
}
