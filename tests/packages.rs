//! Packages of other languages, which tests drive tintype with: installed once by their own tools, beside build output.
//!
//! A folder of the tests says which: `package.json` and its lock for npm, `requirements.txt` for pip. Without the tool or a
//! network a test says that it was skipped, and passes, unless a variable of the environment requires it.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the packages are, or nothing where `found` says why they cannot be had; then it is told that `what` is skipped.
///
/// # Panics
///
/// When they cannot be had and the variable `required` is 1.
pub(crate) fn or_skipped<T>(what: &str, required: &str, found: Result<T, String>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(why) if env::var(required).as_deref() == Ok("1") => panic!("{what}: {why}"),
        Err(why) => {
            // Not by `eprintln`, which the test runner keeps to itself.
            let mut said = io::stderr().lock();
            writeln!(said, "{what}: SKIPPED, {why}").unwrap();
            None
        }
    }
}

/// The packages of `folder/package.json` and its lock, kept under `name`.
pub(crate) fn npm(folder: &Path, name: &str) -> Result<PathBuf, String> {
    needs(&["node", "npm"])?;
    kept(name, |draft| {
        for file in ["package.json", "package-lock.json", ".npmrc"] {
            fs::copy(folder.join(file), draft.join(file)).unwrap();
        }
        let mut npm = Command::new("npm");
        done(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(draft))
    })
}

/// A virtual environment with the packages of `requirements`, kept under `name`. Its programs are modules of `bin/python`.
pub(crate) fn pip(requirements: &Path, name: &str) -> Result<PathBuf, String> {
    needs(&["python3"])?;
    kept(name, |draft| {
        done(Command::new("python3").args(["-m", "venv"]).arg(draft))?;
        let mut pip = Command::new(draft.join("bin/python"));
        done(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements))
    })
}

fn needs(tools: &[&str]) -> Result<(), String> {
    let runs = |tool: &&&str| Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    match tools.iter().find(|tool| !runs(tool)) {
        Some(tool) => Err(format!("{tool} is missing")),
        None => Ok(()),
    }
}

/// The folder `name`, filled by `install` if it is not there.
fn kept(name: &str, install: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let cache = cache_folder().ok_or("neither XDG_CACHE_HOME nor HOME says where to keep it")?;
    let home = cache.join(name);
    if home.exists() {
        return Ok(home);
    }
    let failed = |error: io::Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(&cache).map_err(failed)?;
    // Moved in place when it is whole, so that a run that was interrupted leaves nothing half done.
    let draft = tempfile::tempdir_in(&cache).map_err(failed)?;
    eprintln!("installing {}", home.display());
    install(draft.path())?;
    // Another test run may have been faster.
    fs::rename(draft.keep(), &home).or_else(|error| if home.exists() { Ok(()) } else { Err(error) }).map_err(failed)?;
    Ok(home)
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<_> = said.lines().filter(|line| !line.starts_with("npm warn")).take(4).collect();
    Err(format!("it cannot be installed: {}", errors.join("; ")))
}

/// Where build output is kept, too.
fn cache_folder() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    Some(absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?.join("tintype"))
}
