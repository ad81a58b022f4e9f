//! What there is to do: every picture, and where its result goes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use tintype::{ImageFormat, options::OutputFormat};
use tintype_batch::Kind;

use super::destination;
use crate::{
    failure::usage,
    files,
    pictures::{self, STDIO},
};

/// Every picture and where its result goes.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) jobs: Vec<Job>,
    pub(super) skipped: Vec<Skipped>,
    /// Whether results go to a folder, so that there is something to count.
    pub(super) is_batch: bool,
}

/// One picture.
#[derive(Debug)]
pub(super) struct Job {
    /// A file, or `-`.
    pub(super) input: PathBuf,
    pub(super) target: Target,
}

/// Where a result goes.
#[derive(Debug)]
pub(super) enum Target {
    /// Standard output.
    Stdout,
    /// This file, which must hold `format` unless the options say another.
    File { path: PathBuf, format: Option<ImageFormat> },
    /// A file in a folder, named as the input, with the extension of what it turns out to be.
    Named(PathBuf),
}

/// A picture in a folder that is not read.
#[derive(Debug)]
pub(super) struct Skipped {
    pub(super) input: PathBuf,
    pub(super) why: String,
}

impl Work {
    /// From the words of the command line. Folders are searched; no file is opened further than its beginning.
    pub(super) fn plan(
        inputs: &[PathBuf],
        output: &Path,
        format: Option<OutputFormat>,
        force: bool,
    ) -> anyhow::Result<Self> {
        let stdio = Path::new(STDIO);
        if let ([input], false) = (inputs, is_folder(output))
            && !input.is_dir()
        {
            let job = Job { input: input.clone(), target: single(input, output, format, force)? };
            return Ok(Self { jobs: vec![job], skipped: Vec::new(), is_batch: false });
        }
        if inputs.iter().any(|input| input == stdio) {
            return Err(usage!(
                "standard input is one picture without a name: it needs an OUTPUT file, and no other INPUT"
            ));
        }
        if output == stdio {
            return Err(usage!("standard output takes one picture; several need an OUTPUT folder"));
        }
        if output.exists() && !output.is_dir() {
            return Err(usage!("{}: several pictures need a folder, and this is a file", output.display()));
        }
        Self::into_folder(inputs, output)
    }

    fn into_folder(inputs: &[PathBuf], output: &Path) -> anyhow::Result<Self> {
        let mut work = Self { jobs: Vec::new(), skipped: Vec::new(), is_batch: true };
        for input in inputs {
            if input.is_dir() {
                work.search(input, output)?;
            } else {
                let name = input.file_name().ok_or_else(|| usage!("{} names no file", input.display()))?;
                work.jobs.push(Job { input: input.clone(), target: Target::Named(output.join(name)) });
            }
        }
        if work.jobs.is_empty() {
            let folders: Vec<_> = inputs.iter().map(|input| input.display().to_string()).collect();
            anyhow::bail!("{}: no picture found that can be read", folders.join(", "));
        }
        Ok(work)
    }

    /// Every picture below `folder`, by content. Results of this or an earlier call, in `output` below it, are none.
    fn search(&mut self, folder: &Path, output: &Path) -> anyhow::Result<()> {
        let own =
            fs::canonicalize(output).ok().filter(|own| fs::canonicalize(folder).is_ok_and(|folder| folder != *own));
        let mut folders = vec![folder.to_owned()];
        while let Some(current) = folders.pop() {
            let entries = entries(&current).with_context(|| format!("{} cannot be read", current.display()))?;
            for (path, is_dir) in entries {
                if is_dir {
                    if own.is_none() || fs::canonicalize(&path).ok() != own {
                        folders.push(path);
                    }
                    continue;
                }
                match pictures::kind(&path) {
                    Ok(Kind::Other) => {}
                    Ok(Kind::Unread(why)) => self.skipped.push(Skipped { input: path, why }),
                    // What cannot be opened is a failure of that file, reported when its turn comes.
                    Ok(Kind::Picture) | Err(_) => {
                        let relative = path.strip_prefix(folder).expect("every entry is below the folder");
                        let target = Target::Named(output.join(relative));
                        self.jobs.push(Job { input: path, target });
                    }
                }
            }
        }
        Ok(())
    }
}

/// Files and folders in `folder`, in the order of their names. Links to files are followed, links to folders are not: they
/// may lead in circles. Anything else (a socket, a dead link) is left out.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            found.push((path, true));
        } else if path.is_file() {
            found.push((path, false));
        }
    }
    found.sort();
    Ok(found)
}

/// Where the result of one file goes.
fn single(input: &Path, output: &Path, format: Option<OutputFormat>, force: bool) -> anyhow::Result<Target> {
    // Before the engine is built, which may take seconds.
    if input != Path::new(STDIO) {
        fs::metadata(input).with_context(|| format!("{} cannot be read", input.display()))?;
    }
    if output == Path::new(STDIO) {
        return Ok(Target::Stdout);
    }
    let by_extension = if format.is_none() { Some(destination::format_for(output)?) } else { None };
    if !force && files::are_same(input, output) {
        return Err(taken(output));
    }
    Ok(Target::File { path: output.to_owned(), format: by_extension })
}

/// The error for a result that would take the place of an input.
pub(super) fn taken(output: &Path) -> anyhow::Error {
    usage!("{} is an input; --force lets the result take its place", output.display())
}

/// Whether `output` is a folder, or is written as one.
fn is_folder(output: &Path) -> bool {
    let written =
        output.as_os_str().as_encoded_bytes().last().is_some_and(|&last| std::path::is_separator(last.into()));
    written || output.is_dir()
}
