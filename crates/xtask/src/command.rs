//! What can be asked, and how it is spelled. Nothing is done here.

use std::{net::SocketAddr, path::PathBuf};

/// The text of `cargo xtask help`.
pub(crate) const HELP: &str = "\
cargo xtask serve [-- ARGS]      set up, build, serve the sample pictures on 127.0.0.1:8080; ARGS go to `tintype serve`
cargo xtask test [FILTER]        set up, then every test that needs no GPU hardware; FILTER is a part of a test's name
cargo xtask check                fmt, tidy, clippy, docs, feature sets, tests: what a commit must pass, cheapest first
cargo xtask new-op NAME          write the files of an image operation and register it
cargo xtask bless                run the tests and accept what they produce as expected; shows what changed
cargo xtask shaders dump DIR     write the linked text of every shader to DIR
cargo xtask help                 this text

Build output goes to $CARGO_TARGET_DIR, or else to ${XDG_CACHE_HOME:-~/.cache}/tintype/target, and so outlives a clone.
";

/// One thing to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Serve {
        arguments: Vec<String>,
    },
    /// Not for people: what `serve` starts beside the server, to print the URLs once it answers.
    Announce {
        address: SocketAddr,
        with_samples: bool,
        /// The server's process id, which is that of the `serve` that became it.
        server: u32,
    },
    Test {
        filter: Option<String>,
    },
    Check,
    NewOp {
        name: String,
    },
    Bless,
    DumpShaders {
        folder: PathBuf,
    },
}

/// The first argument of [`Command::Announce`].
pub(crate) const ANNOUNCE: &str = "--announce";

impl Command {
    /// Whether cargo will be asked to build the workspace.
    pub(crate) fn builds(&self) -> bool {
        match self {
            Self::Serve { .. } | Self::Test { .. } | Self::Check | Self::Bless | Self::DumpShaders { .. } => true,
            Self::Help | Self::Announce { .. } | Self::NewOp { .. } => false,
        }
    }

    /// Reads the arguments after the program's name. An error is one line for the user and means wrong usage.
    pub(crate) fn parse(arguments: &[String]) -> Result<Command, String> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["help" | "--help" | "-h"] => Ok(Command::Help),
            [_, "--help" | "-h"] => Ok(Command::Help),
            ["serve"] => Ok(Command::Serve { arguments: Vec::new() }),
            ["serve", "--", ..] => Ok(Command::Serve { arguments: arguments[2..].to_vec() }),
            ["serve", other, ..] => {
                Err(format!("serve: {other:?} must come after --, as in `cargo xtask serve -- {other}`"))
            }
            ["test"] => Ok(Command::Test { filter: None }),
            ["test", filter] if !filter.starts_with('-') => Ok(Command::Test { filter: Some((*filter).to_owned()) }),
            ["test", ..] => {
                Err(format!("test: {:?} is not accepted; at most one part of a test's name is", words[1..].join(" ")))
            }
            ["check"] => Ok(Command::Check),
            ["new-op", name] => Ok(Command::NewOp { name: (*name).to_owned() }),
            ["new-op", ..] => Err("new-op: exactly one name is needed, as in `cargo xtask new-op vignette`".to_owned()),
            ["bless"] => Ok(Command::Bless),
            ["shaders", "dump", folder] => Ok(Command::DumpShaders { folder: PathBuf::from(folder) }),
            ["shaders", ..] => Err("shaders: accepted is `cargo xtask shaders dump DIR`".to_owned()),
            [ANNOUNCE, address, samples @ ("samples" | "bare"), server] => Ok(Command::Announce {
                address: address.parse().map_err(|error| format!("{ANNOUNCE}: {address:?}: {error}"))?,
                with_samples: *samples == "samples",
                server: server.parse().map_err(|error| format!("{ANNOUNCE}: {server:?}: {error}"))?,
            }),
            [] => Err("a command is needed: serve, test, check, new-op, bless, shaders dump or help".to_owned()),
            ["check" | "bless", extra, ..] => {
                Err(format!("{}: {extra:?} is not accepted; it takes no arguments", words[0]))
            }
            [other, ..] => {
                Err(format!("{other:?} is not a command; serve, test, check, new-op, bless, shaders dump and help are"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Command::parse(&words)
    }

    #[test]
    fn commands_are_read() {
        let strings = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(parse("help"), Ok(Command::Help));
        assert_eq!(parse("serve --help"), Ok(Command::Help));
        assert_eq!(parse("serve"), Ok(Command::Serve { arguments: vec![] }));
        assert_eq!(parse("serve --"), Ok(Command::Serve { arguments: vec![] }));
        assert_eq!(parse("serve -- --root a -h"), Ok(Command::Serve { arguments: strings(&["--root", "a", "-h"]) }));
        let announce = Command::Announce { address: ([127, 0, 0, 1], 80).into(), with_samples: true, server: 7 };
        assert_eq!(parse("--announce 127.0.0.1:80 samples 7"), Ok(announce));
        assert_eq!(parse("test"), Ok(Command::Test { filter: None }));
        assert_eq!(parse("test ops::blur"), Ok(Command::Test { filter: Some("ops::blur".into()) }));
        assert_eq!(parse("check"), Ok(Command::Check));
        assert_eq!(parse("new-op vignette"), Ok(Command::NewOp { name: "vignette".into() }));
        assert_eq!(parse("bless"), Ok(Command::Bless));
        assert_eq!(parse("shaders dump out"), Ok(Command::DumpShaders { folder: "out".into() }));
    }

    #[test]
    fn wrong_usage_says_what_is_accepted() {
        for (line, part) in [
            ("", "serve, test, check"),
            ("srve", "\"srve\" is not a command"),
            ("serve --root x", "must come after --"),
            ("test a b", "at most one part"),
            ("test --nocapture", "at most one part"),
            ("new-op", "exactly one name"),
            ("new-op a b", "exactly one name"),
            ("check now", "takes no arguments"),
            ("shaders", "shaders dump DIR"),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(part), "{line:?} gave {error:?}");
        }
    }

    #[test]
    fn help_names_every_command() {
        for name in ["serve", "test", "check", "new-op", "bless", "shaders dump", "help"] {
            assert!(HELP.contains(&format!("cargo xtask {name}")), "{name}");
        }
    }
}
