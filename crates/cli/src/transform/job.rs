//! One picture: read, transform, write.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::Context as _;
use tintype::{Accepts, Rendered, Request, Tintype, TransformOptions};
use tintype_batch::names;

use super::work::{self, Job, Target, Work};
use crate::{files, pictures, show};

/// What holds for every picture of a call.
#[derive(Debug)]
pub(super) struct Rules {
    tintype: Tintype,
    options: TransformOptions,
    /// The files that are read, none of which a result may replace.
    kept: HashSet<PathBuf>,
    /// The files that were written, and from what.
    written: Mutex<HashMap<PathBuf, PathBuf>>,
}

/// A picture that was made.
#[derive(Debug)]
pub(super) struct Made {
    /// `None` for standard output.
    pub(super) output: Option<PathBuf>,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    /// Without its bytes: they are written, and a batch must not keep them all.
    pub(super) rendered: Rendered,
}

impl Rules {
    pub(super) fn new(tintype: Tintype, options: TransformOptions, work: &Work, force: bool) -> Self {
        let inputs = work.jobs.iter().filter_map(|job| fs::canonicalize(&job.input).ok());
        let kept = if force { HashSet::new() } else { inputs.collect() };
        Self { tintype, options, kept, written: Mutex::default() }
    }

    /// Reads, transforms and writes one picture.
    pub(super) fn run(&self, job: &Job) -> anyhow::Result<Made> {
        let limits = &self.tintype.policy().limits;
        let bytes = pictures::read(&job.input, limits.bytes)?;
        let name = || job.input.display().to_string();
        let mut options = self.options.clone();
        if options.format.is_none() {
            let format = match &job.target {
                Target::Stdout => None,
                Target::File { format, .. } => *format,
                Target::Named(_) => Some(self.tintype.probe(&bytes).with_context(name)?.format),
            };
            options.format = format.and_then(names::option_for);
        }
        let request = Request { options, accepts: Accepts::ALL };
        let mut rendered = self.tintype.transform(&bytes, &request).with_context(name)?;
        let output = self.write(job, &rendered)?;
        let bytes_out = std::mem::take(&mut rendered.bytes).len() as u64;
        Ok(Made { output, bytes_in: bytes.len() as u64, bytes_out, rendered })
    }

    fn write(&self, job: &Job, rendered: &Rendered) -> anyhow::Result<Option<PathBuf>> {
        let path = match &job.target {
            Target::Stdout => {
                show::out(&rendered.bytes)?;
                return Ok(None);
            }
            Target::File { path, format } => {
                if let Some(format) = format.filter(|format| format.media_type() != rendered.content_type) {
                    anyhow::bail!(
                        "{}: the result is {}, which cannot be kept in a file named as {format}; name it otherwise",
                        path.display(),
                        rendered.content_type
                    );
                }
                path.clone()
            }
            Target::Named(path) => {
                let path = names::named_for(path.clone(), rendered.content_type);
                self.claim(job, &path)?;
                let folder = path.parent().unwrap_or(Path::new(""));
                fs::create_dir_all(folder).with_context(|| format!("{} cannot be created", folder.display()))?;
                path
            }
        };
        files::write(&path, &rendered.bytes).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Some(path))
    }

    /// Makes sure that `path` replaces neither an input nor another result.
    fn claim(&self, job: &Job, path: &Path) -> anyhow::Result<()> {
        if fs::canonicalize(path).is_ok_and(|existing| self.kept.contains(&existing)) {
            return Err(work::taken(path));
        }
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = written.get(path) {
            let (input, path, other) = (job.input.display(), path.display(), other.display());
            anyhow::bail!("{input}: its result would replace {path}, the result of {other}; rename one of them");
        }
        written.insert(path.to_owned(), job.input.clone());
        Ok(())
    }
}
