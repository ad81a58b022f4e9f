//! Finding a program in `PATH`, without starting it.

use std::{env, path::PathBuf};

/// The first file of that name in `PATH`. Whether it may be executed is left to the attempt.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path).map(|folder| folder.join(&file)).find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_found_and_nonsense_is_not() {
        assert!(program("cargo").is_some());
        assert_eq!(program("no-such-program-anywhere"), None);
    }
}
