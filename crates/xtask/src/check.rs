//! What a commit must pass, cheapest first; stops at the first failure. `.ci/run` runs nothing else.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{
    cargo::{self, cargo, finish, tool},
    driver, search, suite,
};

/// A check of the tree that is not the test suite.
struct Step {
    name: &'static str,
    /// The program without which the step is skipped, and how to get it. Such a program is not ours to install.
    needs: Option<(&'static str, &'static str)>,
    run: fn() -> Result<()>,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", needs: None, run: || finish(&mut cargo(&["fmt", "--all", "--", "--check"])) },
    Step { name: "tidy", needs: None, run: tidy },
    Step {
        name: "typos",
        needs: Some(("typos", "cargo install --locked typos-cli")),
        run: || finish(&mut tool("typos")),
    },
    Step {
        name: "deny",
        needs: Some(("cargo-deny", "cargo install --locked cargo-deny")),
        // Not the advisories: their database changes without a commit, and needs the network.
        run: || finish(&mut cargo(&["deny", "check", "licenses", "bans", "sources"])),
    },
    Step {
        name: "clippy",
        needs: None,
        run: || finish(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
    },
    Step {
        name: "docs",
        needs: None,
        // `--lib`: the library and the program are both called tintype, and only one can have the page.
        run: || finish(cargo(&["doc", "--workspace", "--no-deps", "--lib"]).env("RUSTDOCFLAGS", "-D warnings")),
    },
    Step {
        name: "features",
        needs: None,
        run: || {
            for package in ["tintype-codecs", "tintype"] {
                finish(&mut cargo(&["check", "-p", package, "--no-default-features"]))?;
            }
            Ok(())
        },
    },
];

/// `cargo xtask check`.
pub(crate) fn check() -> Result<()> {
    driver::ensure(driver::Need::Test)?;
    let mut report = Vec::new();
    for step in STEPS {
        if let Some((program, remedy)) = step.needs
            && search::program(program).is_none()
        {
            let line = format!("{:<9} SKIPPED: {program} is not installed ({remedy})", step.name);
            println!("== {line}");
            report.push(line);
            continue;
        }
        println!("== {}", step.name);
        let start = Instant::now();
        (step.run)().with_context(|| format!("check stopped at {}", step.name))?;
        report.push(took(step.name, start.elapsed()));
        println!("== {}", took(step.name, start.elapsed()));
    }
    println!("== test");
    let start = Instant::now();
    let outcome = suite::run(None, &[]).context("check stopped at test")?;
    report.push(took("test", start.elapsed()));
    println!("\n{}", report.join("\n"));
    suite::conclude(&outcome).context("check stopped at test")
}

fn took(name: &str, time: Duration) -> String {
    format!("{name:<9} {:7.1} s", time.as_secs_f64())
}

/// The tidy tests alone. They use nothing but the standard library, so rustc makes them in a second, before anything is built.
fn tidy() -> Result<()> {
    let folder = cargo::target_dir().unwrap_or_else(|| cargo::root().join("target")).join("tidy");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let program = folder.join(format!("tidy{}", std::env::consts::EXE_SUFFIX));
    let rustc = ["--edition", "2024", "--test", "--crate-name", "tidy", "tests/tidy.rs", "-o"];
    finish(tool("rustc").args(rustc).arg(&program).env("CARGO_MANIFEST_DIR", cargo::root().join("tests")))?;
    finish(tool(&program).arg("--quiet"))
}
