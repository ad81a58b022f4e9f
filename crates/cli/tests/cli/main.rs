//! The program as its users run it: commands, files, streams and exit statuses.

#![expect(clippy::unwrap_used, reason = "a test may unwrap: its failure is the message")]

mod batch;
mod hosted;
#[cfg(unix)]
mod models;
mod serve;
#[cfg(unix)]
mod traces;
mod transform;
mod vision;

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use expect_test::expect;
use serde_json::Value;
use tempfile::TempDir;

/// What a call left behind.
struct Ran {
    status: Option<i32>,
    stdout: Vec<u8>,
    /// The lines that are ours: drivers write there too.
    stderr: Vec<String>,
}

impl Ran {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("text on standard output")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).expect("JSON on standard output")
    }

    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!(self.status, Some(0), "{:#?}", self.stderr);
        self
    }

    /// Failed with `status`, nothing on standard output, and one line that holds all of `expected`.
    #[track_caller]
    fn fails(self, status: i32, expected: &[&str]) {
        assert_eq!(self.status, Some(status), "{:#?}", self.stderr);
        let [line] = self.stderr.as_slice() else { panic!("not one line: {:#?}", self.stderr) };
        for part in expected {
            assert!(line.contains(part), "{part:?} is not in {line:?}");
        }
        assert!(self.stdout.is_empty());
    }
}

/// Sends a signal by the shell's own `kill`: a minimal system has no program of that name.
#[cfg(unix)]
fn signal(child: &std::process::Child, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status();
    assert!(status.unwrap().success());
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tintype"));
    command.current_dir(folder).env("XDG_RUNTIME_DIR", env::temp_dir()).env_remove("NO_COLOR");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TINTYPE_")) {
        command.env_remove(name);
    }
    command
}

fn ran(output: Output) -> Ran {
    let stderr = String::from_utf8(output.stderr).expect("text on standard error");
    let ours = stderr.lines().filter(|line| !line.starts_with("error: XDG_RUNTIME_DIR"));
    Ran { status: output.status.code(), stdout: output.stdout, stderr: ours.map(str::to_owned).collect() }
}

/// Runs `tintype` in `folder` with the words of `line`; `''` is an empty word.
fn run(folder: &Path, line: &str) -> Ran {
    let words = line.split_whitespace().map(|word| if word == "''" { "" } else { word });
    ran(program(folder).args(words).stdin(Stdio::null()).output().expect("the program starts"))
}

fn run_with_input(folder: &Path, line: &str, input: &[u8]) -> Ran {
    let mut command = program(folder);
    command.args(line.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // It may refuse before it has read everything.
    let _ = child.stdin.take().expect("piped").write_all(input);
    ran(child.wait_with_output().expect("the program ends"))
}

/// Whether there is an adapter; without one, tests that need it fail, unless `ALLOW_NO_GPU=1`.
fn has_gpu() -> bool {
    static HAS_GPU: OnceLock<bool> = OnceLock::new();
    *HAS_GPU.get_or_init(|| {
        let found = !run(&env::temp_dir(), "doctor --json").json()["adapter"].is_null();
        assert!(
            found || env::var("ALLOW_NO_GPU").is_ok_and(|v| v == "1"),
            "no adapter; ALLOW_NO_GPU=1 skips such tests"
        );
        if !found {
            eprintln!("ALLOW_NO_GPU=1: skipped, there is no adapter");
        }
        found
    })
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures")
}

/// A folder with two pictures, one more below, and what is none.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir_all(path.join("in/deep/er")).unwrap();
    for (from, to) in
        [("rocket.jpg", "in/rocket.jpg"), ("logo.png", "in/logo.png"), ("coffee.jpg", "in/deep/er/noname")]
    {
        fs::copy(samples().join(from), path.join(to)).unwrap();
    }
    fs::write(path.join("in/notes.txt"), "no picture").unwrap();
    fs::write(path.join("in/drawing.jpg"), b"\xff\x0a\xfa\x1f and more of a JPEG XL").unwrap();
    folder
}

/// Every file below `folder`, sorted.
fn tree(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

/// Format, width and height of a file, as `tintype info` tells them.
fn info(folder: &Path, name: &str) -> (String, u64, u64) {
    let info = run(folder, &format!("info {name}")).ok().json();
    (info["format"].as_str().unwrap().to_owned(), info["width"].as_u64().unwrap(), info["height"].as_u64().unwrap())
}

#[test]
fn wrong_usage_is_one_line_and_status_2() {
    let folder = folder();
    for (line, expected) in [
        ("bogus", &["bogus", "tintype help"][..]),
        ("transform in/rocket.jpg out.jpg", &["INPUT", "OUTPUT", "OPTIONS"]),
        ("transform in/rocket.jpg out.jpg width", &["\"width\"", "name=value"]),
        ("transform in/rocket.jpg out.jpg width=80O", &["width", "\"80O\"", "whole number"]),
        ("transform in/rocket.jpg out.jpg widht=80", &["unknown option", "widht"]),
        ("transform in/rocket.jpg out.jpg width=auto", &["width", "auto", "pixels"]),
        ("transform in/rocket.jpg out.jpg width=8 --jobs 0", &["--jobs", "0"]),
        ("transform in/rocket.jpg out.tiff width=80", &[".tiff", ".jpg", ".webp", "format="]),
        ("transform in/rocket.jpg out width=80", &["extension", ".jpg", "format="]),
        ("transform in/rocket.jpg in/rocket.jpg width=80", &["in/rocket.jpg", "--force"]),
        ("transform in/rocket.jpg - width=80 --json", &["--json"]),
        ("transform in/rocket.jpg in/logo.png - width=80", &["standard output", "folder"]),
        ("transform - in/logo.png out width=80", &["standard input"]),
        ("transform - in/ width=80", &["standard input"]),
        ("transform in in/rocket.jpg width=80", &["in/rocket.jpg", "folder"]),
        ("explain width=80 --size 80", &["--size", "\"80\"", "4000x3000"]),
        ("explain width=80 --size 8x8 --format jxl", &["--format", "jxl", "jpeg", "png"]),
        ("explain width=80 --size 8x8 --alpha", &["--alpha", "jpeg"]),
        ("explain width=80", &["--size"]),
        ("help bogus", &["bogus", "transform"]),
        ("help options bogus", &["bogus", "help options"]),
        ("help widht", &["widht", "did you mean the option width?"]),
        ("serve --listen nowhere", &["--listen", "\"nowhere\"", "127.0.0.1:8080"]),
        ("serve --allow-origin https://a.com", &["--allow-origin", "https://a.com"]),
    ] {
        run(folder.path(), line).fails(2, expected);
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn failures_are_one_line_and_status_1() {
    let folder = folder();
    for (line, expected) in [
        ("info none.jpg", &["none.jpg", "cannot be read"][..]),
        ("info in", &["in", "folder"]),
        ("info in/notes.txt", &["in/notes.txt", "not a picture", "jpeg"]),
        ("transform none.jpg out.jpg width=80", &["none.jpg", "cannot be read"]),
        ("serve --config none.toml", &["none.toml"]),
    ] {
        run(folder.path(), line).fails(1, expected);
    }
    fs::create_dir(folder.path().join("empty")).unwrap();
    run(folder.path(), "transform empty out width=80").fails(1, &["empty", "no picture"]);
}

#[test]
fn verbose_adds_the_causes() {
    let folder = folder();
    let ran = run(folder.path(), "-v info none.jpg");
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.len() == 2 && ran.stderr[1].contains("caused by: "), "{:#?}", ran.stderr);
}

#[test]
fn help_tells_of_every_command_and_option() {
    let folder = folder();
    let help = run(folder.path(), "help").ok();
    for command in ["serve", "transform", "info", "explain", "doctor"] {
        assert!(help.text().contains(command));
        assert!(run(folder.path(), &format!("help {command}")).ok().text().contains("Usage: tintype "), "{command}");
        assert!(run(folder.path(), &format!("{command} --help")).ok().text().contains("Usage: tintype "), "{command}");
    }
    for line in ["help options", "transform --help", "help transform"] {
        let ran = run(folder.path(), line).ok();
        for option in ["width, w", "trim.border.tolerance", "scale-down", "scq"] {
            assert!(ran.text().contains(option), "{option} in {line}");
        }
    }
    for line in ["help options g", "help gravity"] {
        assert!(run(folder.path(), line).ok().text().contains("/cdn-cgi/image/gravity=face/photo.jpg"), "{line}");
    }
    assert!(run(folder.path(), "help choices").ok().text().contains("dpr"));
    assert!(run(folder.path(), "help extensions").ok().text().contains("png-force"));
    assert!(run(folder.path(), "--version").ok().text().starts_with("tintype "));
    let nothing = run(folder.path(), "");
    assert_eq!(nothing.status, Some(2));
    assert!(nothing.stdout.is_empty());
}

#[test]
fn info_describes_a_header() {
    let ran = run(&samples(), "info logo.png").ok();
    let info = ran.json();
    assert_eq!(info["format"], "png");
    assert_eq!(info["frames"], 1);
    assert_eq!(info["orientation"], 1);
    assert!(info["color"].is_string() && info["alpha"].is_boolean() && info["exif"].is_null());
    assert_eq!(info["file_size"].as_u64(), Some(fs::metadata(samples().join("logo.png")).unwrap().len()));
    let bytes = fs::read(samples().join("logo.png")).unwrap();
    assert_eq!(run_with_input(&samples(), "info -", &bytes).ok().json(), info);
}

#[test]
fn info_reads_exif_and_turns_the_size_upright() {
    // One directory: orientation 6, the maker's name behind it. In a JPEG it follows the start marker.
    let mut tiff =
        b"MM\0\x2a\0\0\0\x08\0\x02\x01\x0f\0\x02\0\0\0\x05\0\0\0\x26\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
            .to_vec();
    tiff.extend(b"ACME\0");
    let mut segment = b"\xff\xe1".to_vec();
    segment.extend((tiff.len() as u16 + 8).to_be_bytes());
    segment.extend(b"Exif\0\0");
    segment.extend(tiff);
    let jpeg = fs::read(samples().join("rocket.jpg")).unwrap();
    let bytes = [&jpeg[..2], &segment, &jpeg[2..]].concat();
    let plain = run(&samples(), "info rocket.jpg").ok().json();
    let turned = run_with_input(&samples(), "info -", &bytes).ok().json();
    assert_eq!((&turned["width"], &turned["height"]), (&plain["height"], &plain["width"]));
    assert_eq!(turned["orientation"], 6);
    assert_eq!(turned["exif"]["Make"], "ACME");
    assert_eq!(turned["exif"]["Orientation"], 6);
}

#[test]
fn explain_needs_no_picture() {
    let folder = folder();
    let line = "explain width=400,height=300,fit=cover,format=webp --size 1600x900 --format png --alpha";
    let ran = run(folder.path(), line).ok();
    // What it costs changes with every improvement of the planner: only that it is told.
    let (cost, steps): (Vec<_>, Vec<_>) = ran.text().lines().partition(|line| line.starts_with("gpu "));
    assert!(cost.len() == 1 && cost[0].contains("peak "), "{cost:?}");
    expect![[r#"
        decode   png 1600x900                      rgba8
        unpack   1214x900+193+0 → 400x900          linear f16 sRGB, lanczos3 x
        resize   400x900 → 400x300                 lanczos3 y
        pack     400x300                           rgba8, srgb curve
        encode   webp q85
    "#]]
    .assert_eq(&(steps.join("\n") + "\n"));
}

#[test]
fn doctor_finds_what_is_required() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let ran = run(folder.path(), "doctor").ok();
    for part in ["tintype ", "adapter", "pipelines", "self test", "is right", "jpeg", "avif"] {
        assert!(ran.text().contains(part), "{part} in {}", ran.text());
    }
    assert!(!ran.text().contains('\u{1b}'), "no colors where there is no terminal");
    let found = run(folder.path(), "doctor --json").ok().json();
    assert_eq!(found["ok"], true);
    assert!(found["adapter"]["texture_side"].as_u64().unwrap() >= 4096);
}

#[test]
fn doctor_says_what_is_missing_and_what_to_do() {
    let folder = folder();
    let ran = run(folder.path(), "doctor --json --adapter no-such-adapter");
    assert_eq!(ran.status, Some(1));
    let found = ran.json();
    assert_eq!(found["ok"], false);
    let missing: Vec<_> =
        found["checks"].as_array().unwrap().iter().filter(|check| check["state"] == "missing").collect();
    assert!(missing.iter().any(|check| check["name"] == "adapter"), "{missing:?}");
    assert!(missing.iter().all(|check| check["remedy"].is_string()), "{missing:?}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_is_gone_is_no_panic() {
    let folder = folder();
    let mut child = program(folder.path())
        .args(["help", "options"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!((ran.status, ran.stderr.len()), (Some(0), 0), "{:?}", ran.stderr);
}
