//! Links, validates and reflects the kernels that fill and read tensors; a wrong one is a build error with file and line.

use std::{env, path::Path, process::ExitCode};

use tintype_wgsl::build::{Shaders, emit_all};

fn main() -> ExitCode {
    let folder = Path::new("../../shaders");
    println!("cargo:rerun-if-changed={}", folder.display());
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    match Shaders::load(folder).and_then(|shaders| emit_all(&shaders.kernels_in("ml"), Path::new(&out))) {
        Ok(_) => ExitCode::SUCCESS,
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::FAILURE
        }
    }
}
