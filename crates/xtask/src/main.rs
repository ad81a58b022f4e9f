//! Set-up, checks and generators: `cargo xtask help`.
//!
//! Only the standard library and anyhow, so that it builds in seconds on a machine that has built nothing yet. It knows cargo,
//! the system's package manager and the tree; what tintype itself does is in the other crates.
//! Start at [`command::Command`], the list of what it can do.

mod bless;
mod cargo;
mod check;
mod claim;
mod command;
mod driver;
mod models;
mod new_op;
mod search;
mod serve;
mod suite;

use std::{env, process::ExitCode};

use command::Command;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let command = match Command::parse(&arguments) {
        Ok(command) => command,
        Err(wrong) => {
            eprintln!("cargo xtask: {wrong}");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    if command.builds() {
        claim::claim()?;
    }
    match command {
        Command::Help => {
            print!("{}", command::HELP);
            Ok(())
        }
        Command::Serve { arguments } => serve::serve(&arguments),
        Command::Announce { address, with_samples, server } => {
            serve::announce(address, with_samples, server);
            Ok(())
        }
        Command::Test { filter } => suite::test(filter.as_deref()),
        Command::Check => check::check(),
        Command::NewOp { name } => new_op::new_op(&cargo::root(), &name),
        Command::Bless => bless::bless(),
        Command::DumpShaders { folder } => cargo::dump_shaders(&folder),
    }
}
