//! Standard output and the look of text: what scripts read, and colors for people.

use std::{
    env, fmt,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::builder::styling::{AnsiColor, Style};

/// Writes to standard output. A reader that has gone away has had enough: that is no failure.
pub(crate) fn out(bytes: &[u8]) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Writes JSON, indented, to standard output.
pub(crate) fn json(value: &serde_json::Value) -> anyhow::Result<ExitCode> {
    out(format!("{value:#}\n").as_bytes())
}

/// Whether text on standard output may be colored: on a terminal that can, unless `NO_COLOR` is set (no-color.org).
pub(crate) fn has_color() -> bool {
    io::stdout().is_terminal() && color_is_wanted()
}

/// The same for standard error.
pub(crate) fn error_has_color() -> bool {
    io::stderr().is_terminal() && color_is_wanted()
}

fn color_is_wanted() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// What a piece of text is, which decides its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Heading,
    Good,
    Odd,
    Bad,
    Quiet,
    Plain,
}

/// `text` in its color, or plain.
pub(crate) struct Painted<'a> {
    pub(crate) text: &'a str,
    pub(crate) role: Role,
    pub(crate) in_color: bool,
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.in_color {
            return f.write_str(self.text);
        }
        let style = match self.role {
            Role::Heading => Style::new().bold(),
            Role::Good => AnsiColor::Green.on_default(),
            Role::Odd => AnsiColor::Yellow.on_default(),
            Role::Bad => AnsiColor::Red.on_default().bold(),
            Role::Quiet => Style::new().dimmed(),
            Role::Plain => Style::new(),
        };
        write!(f, "{style}{}{style:#}", self.text)
    }
}

/// Bytes as people read them, in powers of ten.
pub(crate) fn bytes(n: u64) -> String {
    match n as f64 {
        bytes if bytes >= 1e9 => format!("{:.2} GB", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.1} MB", bytes / 1e6),
        bytes if bytes >= 1e3 => format!("{:.1} kB", bytes / 1e3),
        _ => format!("{n} bytes"),
    }
}

/// `1 picture`, `2 pictures`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
