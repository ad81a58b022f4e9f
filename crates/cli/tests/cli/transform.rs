//! `tintype transform`: one file, streams, and folders.

use std::{fs, process::Stdio};

use super::{folder, has_gpu, info, program, run, run_with_input, samples, tree};

#[test]
fn the_extension_gives_the_format_unless_the_options_do() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    for (output, options, expected) in [
        ("out.jpg", "width=64", "jpeg"),
        ("out.JPEG", "width=64", "jpeg"),
        ("out.png", "width=64", "png"),
        ("out.webp", "width=64", "webp"),
        ("out.jpg", "width=64,format=webp", "webp"),
        ("out.bin", "width=64,format=png-force", "png"),
    ] {
        let ran = run(folder.path(), &format!("transform in/rocket.jpg {output} {options}")).ok();
        assert!(ran.stdout.is_empty() && ran.stderr.is_empty(), "{:?}", ran.stderr);
        let (format, width, _) = info(folder.path(), output);
        assert_eq!((format.as_str(), width), (expected, 64), "{output} {options}");
    }
    run(folder.path(), "transform in/rocket.jpg out.avif width=64").ok();
    assert_eq!(&fs::read(folder.path().join("out.avif")).unwrap()[4..12], b"ftypavif");
    run(folder.path(), "transform in/rocket.jpg same.png ''").ok();
    let (_, width, height) = info(folder.path(), "in/rocket.jpg");
    assert_eq!(info(folder.path(), "same.png"), ("png".to_owned(), width, height));
    let tree = tree(folder.path());
    assert!(tree.iter().all(|name| !name.contains(".part")), "{tree:?}");
}

#[test]
fn what_the_extension_promises_is_kept_or_refused() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    // `compression=fast` gives JPEG whatever was asked for.
    let line = "transform in/rocket.jpg out.webp width=64,compression=fast";
    run(folder.path(), line).fails(1, &["out.webp", "image/jpeg"]);
    assert!(!folder.path().join("out.webp").exists());
    run(folder.path(), "transform in/rocket.jpg none/out.webp width=64").fails(1, &["none/out.webp", "no folder none"]);
}

#[test]
fn standard_input_and_output() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let bytes = fs::read(samples().join("rocket.jpg")).unwrap();
    let ran = run_with_input(folder.path(), "transform - - width=64,format=webp", &bytes).ok();
    assert_eq!(&ran.stdout[8..12], b"WEBP");
    let ran = run_with_input(folder.path(), "transform - - width=64", &bytes).ok();
    assert_eq!(&ran.stdout[..3], b"\xff\xd8\xff");
    run_with_input(folder.path(), "transform - out.png width=64", &bytes).ok();
    assert_eq!(info(folder.path(), "out.png").1, 64);
    let ran = run_with_input(folder.path(), "transform - - width=64,format=json", &bytes).ok();
    assert_eq!(ran.json()["width"], 64);
    run_with_input(folder.path(), "transform - - width=64", b"no picture").fails(1, &["not a picture"]);
}

#[test]
fn a_folder_keeps_its_paths_and_formats() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let ran = run(folder.path(), "transform in out width=64 --jobs 2").ok();
    let out = folder.path().join("out");
    assert_eq!(tree(&out), ["deep/er/noname.jpg", "logo.png", "rocket.jpg"]);
    assert_eq!(info(&out, "logo.png").0, "png");
    let [skipped, summary] = ran.stderr.as_slice() else { panic!("{:#?}", ran.stderr) };
    assert!(skipped.contains("drawing.jpg") && skipped.contains("jpeg xl"), "{skipped}");
    assert!(summary.starts_with("3 pictures done, 0 failed, 1 skipped: "), "{summary}");

    run(folder.path(), "transform in/rocket.jpg in/logo.png both/ width=64,format=webp").ok();
    assert_eq!(tree(&folder.path().join("both")), ["logo.webp", "rocket.webp"]);
    // Results below the folder that is searched are no sources.
    for _ in 0..2 {
        run(folder.path(), "transform in in/small width=32").ok();
        assert_eq!(tree(&folder.path().join("in/small")), ["deep/er/noname.jpg", "logo.png", "rocket.jpg"]);
    }
}

#[test]
fn a_summary_as_json() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    fs::write(folder.path().join("in/broken.jpg"), b"\xff\xd8\xff\xe0broken").unwrap();
    let ran = run(folder.path(), "transform in out width=64 --keep-going --json");
    assert_eq!(ran.status, Some(1));
    let summary = ran.json();
    assert_eq!((&summary["done"], &summary["failed"], &summary["not_started"]), (&3.into(), &1.into(), &0.into()));
    let pictures = summary["pictures"].as_array().unwrap();
    assert_eq!(pictures.len(), 4);
    let bytes_out: u64 = pictures.iter().filter_map(|picture| picture["bytes_out"].as_u64()).sum();
    assert_eq!(summary["bytes_out"].as_u64(), Some(bytes_out));
    let on_disk: u64 = ["deep/er/noname.jpg", "logo.png", "rocket.jpg"]
        .iter()
        .map(|name| fs::metadata(folder.path().join("out").join(name)).unwrap().len())
        .sum();
    assert_eq!(bytes_out, on_disk);
    let broken = pictures.iter().find(|picture| picture["input"].as_str().unwrap().ends_with("broken.jpg")).unwrap();
    assert!(broken["error"].is_string() && broken["output"].is_null());

    let one = run(folder.path(), "transform in/rocket.jpg one.webp width=64 --json").ok().json();
    assert_eq!((&one["done"], &one["pictures"][0]["width"]), (&1.into(), &64.into()));
}

#[test]
fn the_first_failure_ends_a_batch_unless_told_otherwise() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    fs::write(folder.path().join("in/a-broken.jpg"), b"\xff\xd8\xff\xe0broken").unwrap();
    let ran = run(folder.path(), "transform in out width=64 --jobs 1");
    assert_eq!(ran.status, Some(1));
    assert!(tree(&folder.path().join("out")).len() < 3);
    let summary = ran.stderr.last().unwrap();
    assert!(summary.contains("1 failed") && summary.contains("not started"), "{summary}");

    let ran = run(folder.path(), "transform in out width=64 --jobs 1 --keep-going");
    assert_eq!(ran.status, Some(1));
    assert_eq!(tree(&folder.path().join("out")).len(), 3);
    let errors: Vec<_> = ran.stderr.iter().filter(|line| line.contains("a-broken.jpg")).collect();
    assert!(errors.len() == 1 && errors[0].starts_with("tintype: in/a-broken.jpg: "), "{:#?}", ran.stderr);
}

#[test]
fn no_input_and_no_other_result_is_replaced_by_accident() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let before = fs::read(folder.path().join("in/rocket.jpg")).unwrap();
    let ran = run(folder.path(), "transform in in width=64 --keep-going");
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.iter().any(|line| line.contains("in/rocket.jpg is an input") && line.contains("--force")));
    assert_eq!(fs::read(folder.path().join("in/rocket.jpg")).unwrap(), before);

    run(folder.path(), "transform in/rocket.jpg in/rocket.jpg width=64 --force").ok();
    assert_eq!(info(folder.path(), "in/rocket.jpg").1, 64);

    fs::copy(folder.path().join("in/logo.png"), folder.path().join("in/rocket.png")).unwrap();
    let ran = run(folder.path(), "transform in/rocket.jpg in/rocket.png out/ width=64,format=webp --keep-going");
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr.iter().any(|line| line.contains("would replace") && line.contains("rocket.webp")),
        "{:#?}",
        ran.stderr
    );
    assert_eq!(tree(&folder.path().join("out")), ["rocket.webp"]);
}

#[test]
fn warnings_go_to_standard_error_and_the_picture_is_made() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let ran = run(folder.path(), "transform in/rocket.jpg out.jpg width=64,onerror=redirect").ok();
    assert!(ran.stderr.len() == 1 && ran.stderr[0].contains("warning: onerror has no effect"), "{:#?}", ran.stderr);
    let ran = run(folder.path(), "transform in/rocket.jpg out.jpg width=64,fit=cover").ok();
    assert!(ran.stderr.len() == 1 && ran.stderr[0].contains("needs both width and height"), "{:#?}", ran.stderr);
    assert!(folder.path().join("out.jpg").exists());
}

#[test]
fn verbose_shows_what_was_done() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let ran = run(folder.path(), "transform in/rocket.jpg out.jpg width=64 -v").ok();
    for part in ["decode ", "resize ", "encode ", "total "] {
        assert!(ran.stderr.iter().any(|line| line.contains(part)), "{part} in {:#?}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_batch_leaves_whole_files_only() {
    use std::{os::unix::process::ExitStatusExt as _, thread, time::Duration};
    if !has_gpu() {
        return;
    }
    let folder = folder();
    for n in 0..200 {
        fs::copy(samples().join("rocket.jpg"), folder.path().join(format!("in/{n:03}.jpg"))).unwrap();
    }
    let mut child =
        program(folder.path()).args(["transform", "in", "out", "width=600"]).stderr(Stdio::null()).spawn().unwrap();
    let out = folder.path().join("out");
    while tree(&out).len() < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        thread::sleep(Duration::from_millis(2));
    }
    super::signal(&child, "INT");
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(2), "{status}");
    let results = tree(&out);
    assert!(results.len() < 200, "it was not interrupted");
    for name in results {
        assert!(!name.contains(".part"), "{name}");
        let bytes = fs::read(out.join(&name)).unwrap();
        assert!(bytes.ends_with(b"\xff\xd9") || bytes.ends_with(b"IEND\xae\x42\x60\x82"), "{name} is cut short");
    }
}
