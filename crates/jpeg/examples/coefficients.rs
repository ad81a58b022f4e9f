//! Times the decoding of a file to coefficients: `coefficients FILE REPETITIONS`. Prints medians, with memory of its own for each
//! picture and with memory from a pool, in time on the processor where the system tells it, so that a busy machine counts less.
//!
//! `benches/peers/jpeg_coefficients.py` runs it beside libjpeg.

use std::{env, error::Error, fs, thread, time::Instant};

use tintype_jpeg::{
    decode::{self, Limits, Pool},
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

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let repetitions: u32 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let bytes = fs::read(&path)?;
    let start = Instant::now();
    let pool = Pool::new(1 << 30);
    let [mut own, mut pooled, mut pack] = [const { Vec::new() }; 3];
    let mut packed_bytes = 0;
    for _ in 0..repetitions {
        let laps = [now_ms(start), {
            drop(decode::decode(&bytes, &Limits::default())?);
            now_ms(start)
        }];
        own.push(laps[1] - laps[0]);
    }
    for round in 0..=repetitions {
        let before = now_ms(start);
        let decoded = decode::decode_in(&bytes, &Limits::default(), &pool)?;
        let between = now_ms(start);
        let coefficients = pool.lend(decoded.coefficients);
        let packed = sparse(&coefficients);
        let after = now_ms(start);
        packed_bytes = packed.bytes();
        // The first fills the pool.
        if round > 0 {
            pooled.push(between - before);
            pack.push(after - between);
        }
    }
    let [own, pooled, pack] = [own, pooled, pack].map(median);
    println!("own {own:.1} ms, pooled {pooled:.1} ms; pack {pack:.1} ms, {packed_bytes} bytes");
    Ok(())
}
