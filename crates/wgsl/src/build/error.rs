//! Errors of the build half: each with a file and a line, all of them at once.

use std::{fmt, io, path::Path};

/// One thing that is wrong with one shader.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.render())]
pub struct ShaderError {
    file: String,
    line: usize,
    message: String,
}

impl ShaderError {
    /// `line` counts from 1; 0 means the file as a whole.
    pub(super) fn new(file: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, message: message.into() }
    }

    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        Self::new(path.display().to_string(), 0, error.to_string())
    }

    fn render(&self) -> String {
        match self.line {
            0 => format!("{}: {}", self.file, self.message),
            line => format!("{}:{line}: {}", self.file, self.message),
        }
    }
}

/// Every error that was found; empty only on the way.
#[derive(Clone, Debug, Default)]
pub struct Errors(Vec<ShaderError>);

impl Errors {
    pub(super) fn one(error: ShaderError) -> Self {
        Self(vec![error])
    }

    pub(super) fn push(&mut self, error: ShaderError) {
        // A kernel that is wrong for one texel format is wrong for the other, in the same words.
        if !self.0.iter().any(|e| e.render() == error.render()) {
            self.0.push(error);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}")?;
        }
        write!(f, "{} shader error(s)", self.0.len())
    }
}

impl std::error::Error for Errors {}
