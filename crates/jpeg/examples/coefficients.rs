//! Times the decoding of files to coefficients: `coefficients FILE REPETITIONS`. Prints the best of the repetitions, in
//! time on the processor where the system tells it, so that a busy machine does not count.

use std::{env, error::Error, fs, thread, time::Instant};

use tintype_jpeg::{
    decode::{self, Limits},
    sparse,
};

/// Milliseconds that this process has computed, or that have passed since `start`.
fn now_ms(start: Instant) -> f64 {
    // Linux brings its books up to date when a thread gives way.
    thread::yield_now();
    let computed = fs::read_to_string("/proc/self/schedstat").ok();
    let computed_ns = computed.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    computed_ns.map_or_else(|| start.elapsed().as_secs_f64() * 1e3, |ns| ns / 1e6)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let repetitions: u32 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let bytes = fs::read(&path)?;
    let start = Instant::now();
    let (mut decode_ms, mut pack_ms, mut packed_bytes) = (f64::INFINITY, f64::INFINITY, 0);
    for _ in 0..repetitions {
        let before = now_ms(start);
        let decoded = decode::decode(&bytes, &Limits::default())?;
        let between = now_ms(start);
        let packed = sparse(&decoded.coefficients);
        let after = now_ms(start);
        packed_bytes = packed.bytes();
        decode_ms = decode_ms.min(between - before);
        pack_ms = pack_ms.min(after - between);
    }
    let speed = bytes.len() as f64 / 1e3 / decode_ms;
    println!("{path}: decode {decode_ms:.1} ms, {speed:.0} MB/s; pack {pack_ms:.1} ms, {packed_bytes} bytes");
    Ok(())
}
