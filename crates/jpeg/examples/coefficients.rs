//! Times the decoding of files to coefficients: `coefficients FILE REPETITIONS`. Prints the best of the repetitions.

use std::{env, error::Error, fs, time::Instant};

use tintype_jpeg::decode::{self, Limits};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let repetitions: u32 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let bytes = fs::read(&path)?;
    let mut best_ms = f64::INFINITY;
    for _ in 0..repetitions {
        let start = Instant::now();
        let decoded = decode::decode(&bytes, &Limits::default())?;
        drop(std::hint::black_box(decoded));
        best_ms = best_ms.min(start.elapsed().as_secs_f64() * 1e3);
    }
    let mb_s = bytes.len() as f64 / 1e3 / best_ms;
    println!("{path}: {best_ms:.1} ms, {mb_s:.0} MB/s");
    Ok(())
}
