//! Installs models: `cargo run -p tintype-weights --example pull -- retinaface u2netp`. Says nothing where they are there already.
//!
//! `tintype models pull` does the same; this one needs no engine to be built, and is what `cargo xtask test` runs.

use std::{env, process::ExitCode};

use tintype_weights::{Model, Store, Watch, WeightsError};

fn main() -> ExitCode {
    for name in env::args().skip(1) {
        if let Err(error) = pull(&name) {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn pull(name: &str) -> Result<(), WeightsError> {
    let store = Store::of_user()?;
    let model = Model::find(name)?;
    if store.installed(model).is_err() {
        let installed = store.pull(model, &Watch { step: &|what| println!("{what}"), ..Watch::silent() })?;
        println!("{}", installed.path.display());
    }
    Ok(())
}
