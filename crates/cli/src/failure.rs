//! How the program fails: one line on standard error, and a status.

use std::process::ExitCode;

use tintype::{Fault, TransformError, options::OptionsError};
use tintype_batch::BatchError;
use tintype_server::ConfigError;
use tintype_weights::{NotInstalled, WeightsError};

/// Something is wrong with what was asked for, rather than with a file or the machine: exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// [`Usage`] with a message, as an error.
macro_rules! usage {
    ($($message:tt)*) => { anyhow::Error::from($crate::failure::Usage(format!($($message)*))) };
}
pub(crate) use usage;

/// Exit status of wrong usage.
const WRONG_USAGE: u8 = 2;

/// Says what went wrong and gives the status for it.
pub(crate) fn report(error: &anyhow::Error, verbose: bool) -> ExitCode {
    eprintln!("tintype: {}", line(error));
    if verbose {
        for cause in error.chain().skip(1) {
            eprintln!("  caused by: {}", one_line(&cause.to_string()));
        }
    }
    if is_usage(error) { ExitCode::from(WRONG_USAGE) } else { ExitCode::FAILURE }
}

/// What clap has to say: help and versions as they are, errors as one line.
pub(crate) fn report_arguments(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    match error.kind() {
        // A reader that is gone needs no help.
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(WRONG_USAGE)
        }
        _ => {
            let text = error.to_string();
            let message = text.split("\nUsage:").next().unwrap_or(&text);
            let message = message.split("\nFor more information").next().unwrap_or(message);
            let message = one_line(message.trim_start_matches("error: "));
            eprintln!("tintype: {message}; `tintype help` shows the commands, `tintype help COMMAND` their arguments");
            ExitCode::from(WRONG_USAGE)
        }
    }
}

/// An error with all its causes in one line, none of them twice.
pub(crate) fn line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(|cause| one_line(&cause.to_string())) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
    }
    line
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Usage>()
            || cause.is::<OptionsError>()
            || matches!(cause.downcast_ref(), Some(TransformError::Options(_)))
            || cause.downcast_ref::<BatchError>().is_some_and(|error| error.fault() == Fault::Request)
            || matches!(cause.downcast_ref(), Some(NotInstalled::Unknown { .. }))
            || matches!(
                cause.downcast_ref(),
                Some(WeightsError::NoPackage { .. } | WeightsError::NotInstalled(NotInstalled::Unknown { .. }))
            )
            || cause.downcast_ref::<ConfigError>().is_some_and(|e| !matches!(e, ConfigError::Unreadable { .. }))
    })
}

/// `text` without line breaks and without the indentation behind them.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context as _;

    use super::*;

    #[test]
    fn causes_follow_in_one_line_and_none_twice() {
        let cause = io::Error::other("disk\n   full");
        let error = Err::<(), _>(cause).context("cannot write a.jpg: disk full").context("batch").unwrap_err();
        assert_eq!(line(&error), "batch: cannot write a.jpg: disk full");
    }

    #[test]
    fn wrong_usage_is_known_below_any_context() {
        assert!(is_usage(&usage!("{} is wrong", 1).context("options")));
        let options = "width".parse::<tintype::TransformOptions>().unwrap_err();
        assert!(is_usage(&anyhow::Error::from(options)));
        let name = NotInstalled::Unknown { name: "x".to_owned(), known: Vec::new() };
        assert!(is_usage(&name.clone().into()) && is_usage(&WeightsError::from(name).into()));
        assert!(!is_usage(&NotInstalled::NoFolder.into()));
        assert!(!is_usage(&anyhow::anyhow!("no space left")));
    }
}
