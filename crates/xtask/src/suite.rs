//! Running the test suite: everything streamed through, and one closing line summed over all test binaries.

use std::{
    io::{self, BufRead, BufReader, IsTerminal, Write},
    process::Stdio,
};

use anyhow::{Context, Result, bail};

use crate::{cargo, driver, models};

/// What a run of the suite came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Outcome {
    /// The sum of this and another binary's outcome.
    fn plus(self, other: Outcome) -> Outcome {
        Outcome {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// `cargo xtask test [FILTER]`.
pub(crate) fn test(filter: Option<&str>) -> Result<()> {
    driver::ensure(driver::Need::Test)?;
    conclude(&run(filter, &[])?)
}

/// Prints the closing line; an error unless every test passed.
pub(crate) fn conclude(outcome: &Outcome) -> Result<()> {
    println!("{} passed, {} failed, {} skipped", outcome.passed, outcome.failed, outcome.skipped);
    if outcome.failed > 0 {
        bail!("the tests failed");
    }
    Ok(())
}

/// Runs the tests whose names contain `filter`, in every package, doc tests too, past the first failure; fetches the models
/// that tests need first. No closing line yet.
pub(crate) fn run(filter: Option<&str>, variables: &[(&str, &str)]) -> Result<Outcome> {
    models::pull_for_tests();
    let mut command = cargo::cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.args(filter).envs(variables.iter().copied()).stdout(Stdio::piped());
    if io::stdout().is_terminal() {
        // The tests see a pipe; the person behind it sees a terminal.
        command.args(["--", "--color", "always"]);
    }
    let mut child = command.spawn().context("cannot start cargo")?;
    let output = child.stdout.take().expect("stdout is piped: set above");
    let results = stream(BufReader::new(output), &mut io::stdout().lock());
    // Waited for even where streaming failed, so that nothing is left running.
    let status = child.wait().context("cannot wait for cargo")?;
    judge(results.context("cannot pass the tests' output on")?, status.success(), filter)
}

/// Copies line by line, and collects the result lines on the way.
fn stream(mut from: impl BufRead, to: &mut impl Write) -> io::Result<Vec<Outcome>> {
    let mut results = Vec::new();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        results.extend(result_line(&String::from_utf8_lossy(&line)));
        line.clear();
    }
    Ok(results)
}

/// Reads libtest's `test result: ok. 3 passed; 0 failed; 1 ignored; …`, coloured or not.
fn result_line(line: &str) -> Option<Outcome> {
    let (_, counts) = line.split_once("test result: ")?;
    let count = |what: &str| {
        counts.split([';', '.']).find_map(|part| part.trim().strip_suffix(what)?.trim_end().parse::<usize>().ok())
    };
    Some(Outcome { passed: count("passed")?, failed: count("failed")?, skipped: count("ignored")? })
}

/// Sums up. A run without any test is an error: a check that checks nothing must not pass.
fn judge(results: Vec<Outcome>, cargo_succeeded: bool, filter: Option<&str>) -> Result<Outcome> {
    let mut sum = results.iter().copied().fold(Outcome::default(), Outcome::plus);
    if !cargo_succeeded && results.is_empty() {
        bail!("cargo stopped before any test binary gave its result");
    }
    if !cargo_succeeded && sum.failed == 0 {
        // Killed, or a crash: the binary had no chance to count itself.
        eprintln!("a test binary ended without its result line; it counts as one failure");
        sum.failed = 1;
    }
    if sum.passed + sum.failed == 0 {
        match filter {
            Some(filter) => bail!("no test's name contains {filter:?}"),
            None => bail!("there was no test to run"),
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str =
        "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.52s\n";
    const COLORED: &str =
        "test result: \u{1b}[31mFAILED\u{1b}[m. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";

    fn outcome(passed: usize, failed: usize, skipped: usize) -> Outcome {
        Outcome { passed, failed, skipped }
    }

    #[test]
    fn result_lines_are_read() {
        assert_eq!(result_line(PLAIN), Some(outcome(12, 0, 1)));
        assert_eq!(result_line(COLORED), Some(outcome(4, 2, 0)));
        assert_eq!(result_line("test result::is_an_error ... ok\n"), None);
        assert_eq!(result_line("running 3 tests\n"), None);
    }

    #[test]
    fn output_passes_unchanged_and_is_counted() {
        let text = format!("running 12 tests\n{PLAIN}no newline at the end, \u{1F4F7} {COLORED}end");
        let mut copy = Vec::new();
        let results = stream(text.as_bytes(), &mut copy).unwrap();
        assert_eq!(copy, text.as_bytes());
        assert_eq!(results, [outcome(12, 0, 1), outcome(4, 2, 0)]);
    }

    #[test]
    fn the_sum_can_fail() {
        let two = vec![outcome(12, 0, 1), outcome(4, 0, 0)];
        assert_eq!(judge(two.clone(), true, None).unwrap(), outcome(16, 0, 1));
        assert_eq!(judge(two, false, None).unwrap(), outcome(16, 1, 1), "a crash is a failure");
        assert!(conclude(&outcome(16, 1, 1)).is_err());
        assert!(conclude(&outcome(16, 0, 1)).is_ok());
    }

    #[test]
    fn nothing_run_is_a_failure() {
        assert!(judge(vec![], false, None).unwrap_err().to_string().contains("before any test binary"));
        assert!(judge(vec![], true, None).is_err());
        let filtered = judge(vec![outcome(0, 0, 2)], true, Some("gauss")).unwrap_err();
        assert!(filtered.to_string().contains("no test's name contains \"gauss\""), "{filtered}");
    }
}
