//! The program `tintype`: the engine and the server on a command line.
//!
//! A front and nothing else: it reads arguments, opens files and shows results. What is done to a picture is decided in
//! the library. Start with `args.rs`, which names every command; each command is a file or folder of its own.
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage. Results go to standard output, everything else to standard error.

#![deny(unsafe_code)]

mod args;
mod batch;
mod bench;
mod doctor;
mod explain;
mod faces;
mod failure;
mod files;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod heap;
mod help;
mod hosted;
mod info;
mod mask;
mod models;
mod pictures;
mod progress;
mod purge;
mod serve;
mod show;
mod sign;
mod trace;
mod transform;
mod vision;

use std::{env, process::ExitCode};

use clap::Parser as _;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return failure::report_arguments(&error),
    };
    match run(&args) {
        Ok(code) => code,
        Err(error) => failure::report(&error, args.verbose),
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let adapter = args.adapter.as_deref();
    match &args.command {
        Command::Serve(serve) => serve::run(serve, adapter, env::vars_os()),
        Command::Transform(transform) => transform::run(transform, adapter, args.verbose),
        Command::Batch(batch) => batch::run(batch, adapter, args.verbose),
        Command::Info(info) => info::run(info),
        Command::Faces(faces) => faces::run(faces, adapter),
        Command::Mask(mask) => mask::run(mask, adapter),
        Command::Sign(sign) => sign::run(sign),
        Command::Purge(purge) => purge::run(purge),
        Command::Hosted(hosted) => hosted::run(hosted, args.verbose),
        Command::Bench(bench) => bench::run(&bench.command, adapter),
        Command::Explain(explain) => explain::run(explain),
        Command::Doctor(doctor) => doctor::run(doctor, adapter),
        Command::Models(models) => models::run(&models.command),
        Command::Help(help) => help::run(help),
    }
}
