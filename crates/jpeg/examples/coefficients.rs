//! Times the decoding of files to coefficients: `coefficients FILE REPETITIONS`. Prints the best of the repetitions, in
//! time on the processor where the system tells it, so that a busy machine does not count.

use std::{env, error::Error, fs, thread, time::Instant};

use tintype_jpeg::decode::{self, Limits};

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
    let mut best_ms = f64::INFINITY;
    for _ in 0..repetitions {
        let before = now_ms(start);
        let decoded = decode::decode(&bytes, &Limits::default())?;
        drop(std::hint::black_box(decoded));
        best_ms = best_ms.min(now_ms(start) - before);
    }
    println!("{path}: {best_ms:.1} ms, {:.0} MB/s", bytes.len() as f64 / 1e3 / best_ms);
    Ok(())
}
