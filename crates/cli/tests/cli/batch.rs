//! `tintype batch`: folders, buckets, and two processes on one queue.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tintype_testkit::{Postgres, S3};

use super::{folder, has_gpu, info, program, run, signal, tree};

#[test]
fn a_folder_is_done_and_then_there_is_nothing_to_do() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let ran = run(folder.path(), "batch in out width=64,format=webp").ok();
    assert!(ran.stdout.is_empty());
    let [line] = ran.stderr.as_slice() else { panic!("{:?}", ran.stderr) };
    assert!(line.starts_with("3 pictures done, 2 skipped, 0 failed: "), "{line}");
    assert_eq!(tree(&folder.path().join("out")), ["deep/er/noname.webp", "logo.webp", "rocket.webp"]);
    assert_eq!(info(folder.path(), "out/rocket.webp").1, 64);

    let again = run(folder.path(), "batch in out width=64,format=webp --json").ok().json();
    assert_eq!((&again["done"], &again["skipped"], &again["not_done"]), (&0.into(), &5.into(), &0.into()));
    let only = run(folder.path(), "batch in out width=32,format=webp --json --overwrite --include *.jpg").ok().json();
    assert_eq!((&only["done"], &only["listed"]), (&1.into(), &2.into()));
    assert_eq!(info(folder.path(), "out/rocket.webp").1, 32);
}

#[test]
fn failures_and_wrong_usage_have_their_status() {
    let folder = folder();
    for (line, expected) in [
        ("batch in out", "required"),
        ("batch none out width=64", "\"none\""),
        ("batch in ftp://host/x width=64", "s3://BUCKET/PREFIX"),
        ("batch in out width=wide", "width"),
        ("batch in out width=64 --include [", "\"[\""),
        ("batch in out width=64 --lease 0", "--lease"),
    ] {
        run(folder.path(), line).fails(2, &[expected]);
    }
    if !has_gpu() {
        return;
    }
    run(folder.path(), "batch in in/deep/.. width=64").fails(2, &["could take the place"]);
    run(folder.path(), "batch in out width=64 --queue mysql://u:secret@h/d").fails(2, &["postgres://"]);

    fs::write(folder.path().join("in/broken.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    let ran = run(folder.path(), "batch in out width=64 --keep-going --json");
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.len() == 1 && ran.stderr[0].starts_with("tintype: broken.png: "), "{:?}", ran.stderr);
    let told = ran.json();
    assert_eq!((&told["done"], &told["failed"]), (&3.into(), &1.into()));
    assert_eq!(told["failures"][0]["input"], "broken.png");
}

/// Writes pictures that are told from each other by their color.
fn write_pictures(folder: &Path, count: u32) {
    fs::create_dir_all(folder).unwrap();
    for n in 0..count {
        let color = image::Rgb([(n % 256) as u8, (n / 256) as u8, 99]);
        let size = (60 + n % 31, 45 + n % 17);
        image::RgbImage::from_pixel(size.0, size.1, color).save(folder.join(format!("p{n:04}.png"))).unwrap();
    }
}

#[track_caller]
fn check_pictures(folder: &Path, count: u32) {
    let expected: BTreeSet<String> = (0..count).map(|n| format!("p{n:04}.png")).collect();
    let found: BTreeSet<String> = tree(folder).into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(found, expected);
    for n in 0..count {
        let picture = image::open(folder.join(format!("p{n:04}.png"))).unwrap().to_rgb8();
        let high = (f64::from(45 + n % 17) * 20.0 / f64::from(60 + n % 31)).round() as u32;
        assert_eq!(picture.dimensions(), (20, high), "{n}");
        let [r, g, b] = picture.get_pixel(10, high / 2).0.map(u32::from);
        assert!(r.abs_diff(n % 256) <= 1 && g.abs_diff(n / 256) <= 1 && b.abs_diff(99) <= 1, "{n}: {r} {g} {b}");
    }
}

struct Bucket {
    s3: S3,
    postgres: Postgres,
    results: std::path::PathBuf,
}

impl Bucket {
    fn with(count: u32) -> Self {
        let (s3, postgres) = (S3::start(), Postgres::start());
        let bucket = s3.bucket("shop");
        write_pictures(&bucket.join("originals"), count);
        Self { s3, postgres, results: bucket.join("small") }
    }

    fn start(&self) -> Child {
        let line = "batch s3://shop/originals s3://shop/small width=20,format=png-force --lease 2 --json";
        let mut command = program(&std::env::temp_dir());
        command.args(line.split(' ')).envs(self.s3.environment()).env("TINTYPE_BATCH_QUEUE", self.postgres.url());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
    }

    fn wait_for(&self, count: usize) {
        while tree(&self.results).len() < count {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[track_caller]
fn summary(child: Child) -> (Option<i32>, Value) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).expect("JSON on standard output"))
}

#[test]
#[cfg(unix)]
fn two_processes_share_a_bucket_and_one_is_interrupted() {
    if !has_gpu() {
        return;
    }
    let bucket = Bucket::with(60);
    let (one, other) = (bucket.start(), bucket.start());
    bucket.wait_for(10);
    signal(&one, "INT");
    let (status, told) = summary(one);
    // Unless it had done its part already, it ends with what is left to others.
    assert_eq!(status, Some(i32::from(told["not_done"] != 0)), "{told}");
    let (status, told) = summary(other);
    assert_eq!((status, &told["done"], &told["taken_over"]), (Some(0), &60.into(), &0.into()), "{told}");
    check_pictures(&bucket.results, 60);
}

#[test]
#[cfg(unix)]
fn a_thousand_pictures_by_two_processes_of_which_one_is_killed() {
    if !has_gpu() {
        return;
    }
    let bucket = Bucket::with(1000);
    let started = Instant::now();
    let (mut one, other) = (bucket.start(), bucket.start());
    bucket.wait_for(400);
    one.kill().unwrap();
    one.wait().unwrap();
    let at_kill = tree(&bucket.results).len();
    let (status, told) = summary(other);
    let seconds = started.elapsed().as_secs_f64();
    println!("killed at {at_kill} of 1000; {seconds:.1} s, {:.0} pictures/s; {told}", 1000.0 / seconds);
    assert!(at_kill < 900, "the test was too late");
    assert_eq!((status, &told["done"], &told["failed"]), (Some(0), &1000.into(), &0.into()), "{told}");
    check_pictures(&bucket.results, 1000);
}
