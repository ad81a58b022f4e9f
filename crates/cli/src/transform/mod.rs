//! `tintype transform`: pictures in, pictures out.
//!
//! `work.rs` turns the words of the command line into jobs, `destination.rs` knows what names of results ask for, `job.rs`
//! does one picture, `batch.rs` does all of them and counts.

mod batch;
mod destination;
mod job;
mod work;

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use tintype::{
    Policy, Tintype, TransformOptions,
    options::{
        OptionsError, OutputFormat, Warning, Width,
        registry::{Group, OPTIONS},
    },
};

use tintype_server::config::MlConfig;

use crate::{args::TransformArgs, failure::usage, files, pictures::STDIO, progress, vision};

use job::Rules;
use work::Work;

pub(crate) fn run(args: &TransformArgs, adapter: Option<&str>, verbose: bool) -> anyhow::Result<ExitCode> {
    let [inputs @ .., output, options] = args.words.as_slice() else {
        return Err(usage!("transform needs at least one INPUT, an OUTPUT and OPTIONS"));
    };
    if inputs.is_empty() {
        return Err(usage!("transform needs at least one INPUT, an OUTPUT and OPTIONS; two are given"));
    }
    let text = options.to_str().ok_or_else(|| usage!("options {options:?} are not UTF-8 text"))?;
    let options = self::options(text)?;
    let inputs: Vec<PathBuf> = inputs.iter().map(PathBuf::from).collect();
    check_stdout(Path::new(output), &options, args)?;

    let work = Work::plan(&inputs, Path::new(output), options.format, args.force)?;
    warn_of_idle_options(&options);
    files::finish_writes_before_signals().context("cannot listen to signals")?;
    let tintype = progress::waiting("building the pipelines", || build(adapter))?;
    let rules = Rules::new(tintype, options, &work, args.force);
    batch::run(&rules, &work, args, verbose)
}

/// The rules of a command line: as a server's, except that an AVIF may be as large as any other result, because nobody
/// else waits for it.
pub(crate) fn policy() -> Policy {
    Policy { avif_side_px: u32::MAX, ..Policy::default() }
}

/// Options as a command line takes them: strictly, or none at all.
pub(crate) fn options(text: &str) -> anyhow::Result<TransformOptions> {
    let options: TransformOptions = match text.parse() {
        _ if text.is_empty() => TransformOptions::default(),
        Ok(options) => options,
        // Nothing is ignored here: without the picture, what a server would say of it is no warning.
        Err(OptionsError::Warned(Warning::Ignored { option, value, accepted })) => {
            return Err(usage!("{option}: {value:?} is not {accepted}"));
        }
        Err(error) => return Err(error.into()),
    };
    if options.width == Some(Width::Auto) {
        return Err(usage!("width: \"auto\" is for a server, which knows its client; give a width in pixels"));
    }
    Ok(options)
}

/// An engine by the rules of a command line. Models are loaded when one is needed.
pub(crate) fn build(adapter: Option<&str>) -> anyhow::Result<Tintype> {
    build_with(adapter, &MlConfig::default())
}

/// The same, with models of one's choice.
pub(crate) fn build_with(adapter: Option<&str>, models: &MlConfig) -> anyhow::Result<Tintype> {
    let mut builder = Tintype::builder().policy(policy());
    if let Some(vision) = vision::of(models)? {
        builder = builder.vision(vision);
    }
    if let Some(adapter) = adapter {
        builder = builder.adapter(adapter);
    }
    Ok(builder.build()?)
}

fn check_stdout(output: &Path, options: &TransformOptions, args: &TransformArgs) -> anyhow::Result<()> {
    if output != Path::new(STDIO) {
        return Ok(());
    }
    if args.json {
        return Err(usage!("--json: standard output is taken by the picture; name an output file"));
    }
    if io::stdout().is_terminal() && options.format != Some(OutputFormat::Json) {
        return Err(usage!("a terminal shows no picture; name an output file, or send standard output somewhere"));
    }
    Ok(())
}

/// Says which options only mean something to a server.
pub(crate) fn warn_of_idle_options(options: &TransformOptions) {
    for option in OPTIONS.iter().filter(|option| option.group == Group::Delivery && option.text(options).is_some()) {
        eprintln!("tintype: warning: {} has no effect here, only in a server", option.name);
    }
}
