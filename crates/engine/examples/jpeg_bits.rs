//! How long the bits of a baseline JPEG take on the host and on the device, each in turn:
//! `cargo run --release -p tintype-engine --example jpeg_bits -- photo.jpg [times]`.

use std::{env, error::Error, fs, sync::Arc, time::Instant};

use tintype_engine::{
    Gpu, Recording, Texel,
    gpu::{GpuOptions, Source},
    ops::{
        HuffmanDecode, HuffmanEncode,
        huffman_decode::{self, Starts},
        huffman_encode::{Bits, Room},
    },
};
use tintype_jpeg::{
    Coefficients,
    decode::{self, Bitstream, Limits},
    encode::{self, Coding, Huffman, HuffmanTables, Options},
};

type Failure = Box<dyn Error>;
/// Something that is timed; gives the number of whatever it makes.
type Way<'a> = Box<dyn Fn() -> Result<usize, Failure> + 'a>;

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let times: usize = arguments.next().map_or(Ok(5), |times| times.parse())?;
    let file = fs::read(path)?;
    let gpu = Gpu::new(&GpuOptions::default())?;
    let decoded = decode::decode(&file, &Limits::default())?;
    let Coefficients { frame, planes } = &decoded.coefficients;
    println!("{}: {} {frame}, {} bytes", gpu.caps(), frame.size, file.len());

    let baseline = Options { coding: Coding::Baseline(Huffman::Optimal), ..Options::default() };
    let mut ways: Vec<(String, Way<'_>)> = Vec::new();
    ways.push((
        "decode, host".into(),
        Box::new(|| Ok(decode::decode(&file, &Limits::default())?.coefficients.planes.len())),
    ));
    ways.push(("decode, prepare alone".into(), Box::new(|| Ok(stream(&file)?.words.len()))));
    let walk = || Ok(stream(&file)?.starts(16).ok_or("damaged")?.len());
    ways.push(("decode, prepare and walk alone".into(), Box::new(walk)));
    let guessed = huffman_decode::guessed(frame, file.len() as u64);
    for starts in [guessed, Starts::Walked { mcus: 16 }] {
        let (gpu, file, planes) = (&gpu, &file, planes);
        ways.push((format!("decode, device {starts:?}"), Box::new(move || on_device(gpu, file, starts, planes))));
    }
    ways.push(("encode fitted, host".into(), Box::new(|| Ok(encode::encode(&decoded.coefficients, &baseline)?.len()))));
    ways.push((
        "encode fitted, device".into(),
        Box::new(|| {
            let op = HuffmanEncode::new(Arc::new(frame.clone()), gpu.caps().binding_bytes).ok_or("not coded")?;
            let bytes = coded(&gpu, planes, |recording, planes| op.record_statistics(recording, planes))?;
            let counts = HuffmanEncode::counts(&bytes).ok_or("no counts")?;
            let tables = counts.tables();
            let room = Room::Exact(counts.bits(&tables).div_ceil(8));
            let bytes = coded(&gpu, planes, |recording, planes| op.record(recording, planes, &tables, room))?;
            whole(&op, &bytes, &tables)
        }),
    ));
    ways.push((
        "encode standard, device".into(),
        Box::new(|| {
            let op = HuffmanEncode::new(Arc::new(frame.clone()), gpu.caps().binding_bytes).ok_or("not coded")?;
            let tables = HuffmanTables::standard();
            let room = Room::Guess(2 * file.len() as u64);
            let bytes = coded(&gpu, planes, |recording, planes| op.record(recording, planes, &tables, room))?;
            whole(&op, &bytes, &tables)
        }),
    ));
    let mut spent = vec![Vec::new(); ways.len()];
    for _ in 0..times {
        for ((_, way), spent) in ways.iter().zip(&mut spent) {
            let started = Instant::now();
            way()?;
            spent.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    for ((name, _), mut spent) in ways.iter().zip(spent) {
        spent.sort_by(f64::total_cmp);
        println!("{name}: best {:.1} ms, median {:.1} ms", spent[0], spent[spent.len() / 2]);
    }
    Ok(())
}

fn stream(file: &[u8]) -> Result<Bitstream, Failure> {
    Bitstream::read(file, &Limits::default())?.ok_or_else(|| "no plain baseline file".into())
}

/// Decodes to the device and leaves the coefficients there.
fn on_device(gpu: &Gpu, file: &[u8], starts: Starts, planes: &[Vec<i16>]) -> Result<usize, Failure> {
    let op = HuffmanDecode::new(vec![(stream(file)?, starts)], gpu.caps().binding_bytes).ok_or("too large")?;
    let mut recording = Recording::new(Texel::F16);
    let bits = recording.upload(0, 0..op.bytes().len() as u64);
    let coefficients = recording.readback(op.coefficient_bytes(), op.coefficient_bytes());
    op.record(&mut recording, bits, coefficients);
    let bytes = gpu.run(recording, &[op.bytes().into()])?.bytes;
    let (coefficients, status) = bytes.split_at(op.coefficient_bytes() as usize);
    let status = HuffmanDecode::status(status).ok_or("no status")?;
    if !status.is_sound() {
        return Err(format!("{status:?}").into());
    }
    let is_same = op.parts(0).iter().zip(planes).all(|(part, plane)| {
        coefficients[part.start as usize..part.end as usize] == *bytemuck::cast_slice::<i16, u8>(plane)
    });
    if is_same { Ok(coefficients.len()) } else { Err("other coefficients than the host's".into()) }
}

fn coded(
    gpu: &Gpu,
    planes: &[Vec<i16>],
    record: impl FnOnce(&mut Recording, &[tintype_engine::record::BufferId]),
) -> Result<Vec<u8>, Failure> {
    let mut recording = Recording::new(Texel::F16);
    let ids: Vec<_> = (planes.iter().enumerate())
        .map(|(index, plane)| recording.upload_plane(0, index, 0..plane.len() as u64 * 2))
        .collect();
    record(&mut recording, &ids);
    let bytes = std::array::from_fn(|i| planes.get(i).map_or(&[][..], |plane| bytemuck::cast_slice(plane)));
    Ok(gpu.run(recording, &[Source::Planes(bytes)])?.bytes)
}

fn whole(op: &HuffmanEncode, bytes: &[u8], tables: &HuffmanTables) -> Result<usize, Failure> {
    match HuffmanEncode::bits(bytes).ok_or("no bits")? {
        Bits::All(bits) => Ok(encode::baseline_file(op.frame(), tables, &Options::default(), bits)?.len()),
        Bits::More(bytes) => Err(format!("{bytes} bytes").into()),
    }
}
