//! Accepting what the tests produce. The difference is for a person to read before it is committed.

use anyhow::Result;

use crate::{cargo, driver, suite};

/// Runs the tests in the mode in which they write what they expected, then shows which files changed.
pub(crate) fn bless() -> Result<()> {
    driver::ensure(driver::Need::Test)?;
    // UPDATE_EXPECT is read by expect-test for inline text, TINTYPE_BLESS by the golden pictures.
    let outcome = suite::run(None, &[("UPDATE_EXPECT", "1"), ("TINTYPE_BLESS", "1")]);
    println!("\nchanged files; read `git diff` and say in the commit why the new output is right:");
    cargo::finish(cargo::tool("git").args(["--no-pager", "diff", "--stat"]))?;
    suite::conclude(&outcome?)
}
