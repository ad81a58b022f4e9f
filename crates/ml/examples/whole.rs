//! A whole matte against onnxruntime's, and how long it takes on the CPU: `whole NAME WEIGHTS REFERENCE`.
//!
//! `models/reference.py whole` writes the reference: the network's input, `x`, and its matte, `y`.

use std::{error::Error, path::Path, time::Instant};

use tintype_ml::{Device, Matting, MattingKind, Weights, nn::Unwatched};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, weights, reference] = &arguments[..] else { return Err("whole NAME WEIGHTS REFERENCE".into()) };
    let kind = MattingKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or("no such network")?;
    let device = Device::cpu();
    let start = Instant::now();
    let matting = Matting::load(kind, Path::new(weights), &device)?;
    println!("loaded in {:.2} s", start.elapsed().as_secs_f64());

    let size = matting.input_size();
    let [height, width] = [size.height as usize, size.width as usize];
    let reference = Weights::open(Path::new(reference), &device)?;
    let x = reference.tensor("x", [1, 3, height, width])?;
    let expected = reference.tensor("y", [height, width])?.try_into_vec_as::<f32>()?;
    let mut seconds = Vec::new();
    let mut found = Vec::new();
    for _ in 0..3 {
        let start = Instant::now();
        found = matting.forward(x.clone(), &mut Unwatched).try_into_vec_as::<f32>()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let off = found.iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs()));
    let (sum, largest) = off.fold((0.0, 0.0), |(sum, largest): (f64, f64), d| (sum + d, largest.max(d)));
    println!("{name} {size}: median of three {:.2} s", seconds[1]);
    println!("off by {:.2e} on average, {largest:.2e} at most", sum / found.len() as f64);
    Ok(())
}
