//! Starting cargo and its kin: where the tree is, where build output goes, which variables must not be passed on.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    // Cargo says where the package is when it runs it; the path from the build is for a binary that is started by hand.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).ancestors().nth(2).expect("the package is at crates/xtask").to_owned()
}

/// A cargo process at the root of the workspace, with the shared build folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = tool(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Any other program, started as [`cargo`] is.
pub(crate) fn tool(program: impl Into<OsString>) -> Command {
    let mut command = Command::new(program.into());
    command.current_dir(root());
    if let Some(folder) = target_dir() {
        command.env("CARGO_TARGET_DIR", folder);
    }
    give_runtime_dir(&mut command);
    // `cargo run` describes this package to us. Passed on, build scripts that watch these variables (ring's does) would run
    // again each time cargo is started in the other way.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(describes_a_package) {
            command.env_remove(name);
        }
    }
    command
}

/// Mesa complains on stderr where nobody is logged in, as in a container; it only looks there for displays.
pub(crate) fn give_runtime_dir(command: &mut Command) {
    if env::var_os("XDG_RUNTIME_DIR").is_none() {
        command.env("XDG_RUNTIME_DIR", env::temp_dir());
    }
}

fn describes_a_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"]
        .iter()
        .any(|start| variable.starts_with(start))
}

/// Where build output goes; `None` where no home is known, and then cargo decides.
pub(crate) fn target_dir() -> Option<PathBuf> {
    let chosen = choose_target_dir(|name| env::var_os(name).filter(|value| !value.is_empty()))?;
    // A relative folder means relative to where the user is, as it did for the cargo that started us.
    Some(env::current_dir().map(|here| here.join(&chosen)).unwrap_or(chosen))
}

fn choose_target_dir(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(set) = variable("CARGO_TARGET_DIR") {
        return Some(PathBuf::from(set));
    }
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache")))?;
    Some(cache.join("tintype").join("target"))
}

/// Runs a command to its end; a status other than zero is an error that names the command.
pub(crate) fn finish(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// A command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// `cargo xtask shaders dump DIR`. A relative folder is relative to where the user is.
pub(crate) fn dump_shaders(folder: &Path) -> Result<()> {
    let folder = env::current_dir().context("the current folder is gone")?.join(folder);
    let run = ["run", "-q", "-p", "tintype-wgsl", "--features", "build", "--example", "dump", "--", "shaders"];
    finish(cargo(&run).arg(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_output_goes_to_the_first_folder_that_is_named() {
        type Variables = &'static [(&'static str, &'static str)];
        let table: [(Variables, Option<&str>); 6] = [
            (&[("CARGO_TARGET_DIR", "/t"), ("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], Some("/t")),
            (&[("CARGO_TARGET_DIR", "t")], Some("t")),
            (&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], Some("/c/tintype/target")),
            (&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")], Some("/h/.cache/tintype/target")),
            (&[("HOME", "/h")], Some("/h/.cache/tintype/target")),
            (&[], None),
        ];
        for (variables, expected) in table {
            let look = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
            assert_eq!(choose_target_dir(look), expected.map(PathBuf::from), "{variables:?}");
        }
    }

    #[test]
    fn only_what_describes_a_package_is_dropped() {
        for dropped in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME"] {
            assert!(describes_a_package(dropped), "{dropped}");
        }
        for kept in ["CARGO", "CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_NET_OFFLINE", "CARGO_INCREMENTAL", "PATH"] {
            assert!(!describes_a_package(kept), "{kept}");
        }
    }

    #[test]
    fn the_root_holds_the_workspace() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_command_is_named() {
        let error = finish(tool("false").arg("now")).expect_err("false fails");
        assert!(error.to_string().starts_with("`false now` failed"), "{error}");
        let error = finish(&mut tool("no-such-program-anywhere")).expect_err("there is no such program");
        assert!(error.to_string().contains("cannot start `no-such-program-anywhere`"), "{error}");
    }
}
