//! Writes the linked text of every kernel: `dump SHADERS_FOLDER OUT_FOLDER`.

use std::{env, fs, path::Path, process::ExitCode};

use tintype_wgsl::{Texel, build::Shaders};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [folder, out] = arguments.as_slice() else {
        eprintln!("usage: dump SHADERS_FOLDER OUT_FOLDER");
        return ExitCode::from(2);
    };
    match dump(Path::new(folder), Path::new(out)) {
        Ok(count) => {
            println!("{count} kernels written to {out}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn dump(folder: &Path, out: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let compiled = Shaders::load(folder)?.compile()?;
    fs::create_dir_all(out)?;
    for kernel in &compiled {
        for (texel, linked) in Texel::ALL.iter().zip(&kernel.linked) {
            fs::write(out.join(format!("{}.{}.wgsl", kernel.name, texel.name())), &linked.text)?;
        }
    }
    Ok(compiled.len())
}
