//! Links, validates and reflects every kernel; a wrong shader is a build error with file and line.

use std::{env, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let folder = Path::new("../../shaders");
    println!("cargo:rerun-if-changed={}", folder.display());
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    if let Err(errors) = tintype_wgsl::build::emit(folder, Path::new(&out)) {
        eprintln!("{errors}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
