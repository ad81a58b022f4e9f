//! One process without a queue.

use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
};

use tempfile::TempDir;
use tintype_batch::{Batch, Event, Existing, Failures, Include, Place, Stop, Summary};
use tintype_testkit::engine;

use crate::{
    batch,
    pictures::{self, OPTIONS},
};

struct Folders {
    source: TempDir,
    destination: TempDir,
}

impl Folders {
    fn with(count: usize) -> Self {
        let folders = Self { source: tempfile::tempdir().unwrap(), destination: tempfile::tempdir().unwrap() };
        pictures::write(folders.source.path(), count);
        folders
    }

    fn batch(&self, options: &str) -> Batch {
        batch(self.source.path().to_str().unwrap(), self.destination.path().to_str().unwrap(), options)
    }
}

async fn run(batch: &Batch) -> Option<Summary> {
    Some(tintype_batch::run(engine()?, batch, None, Stop::default(), |_| {}).await.unwrap())
}

/// Done, skipped, failed.
fn counts(summary: &Summary) -> [u64; 3] {
    [summary.counts.done, summary.counts.skipped, summary.counts.failed]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_done_once_and_what_is_no_picture_is_left_out() {
    let folders = Folders::with(12);
    fs::write(folders.source.path().join("notes.txt"), "no picture").unwrap();
    let batch = folders.batch(OPTIONS);
    let Some(summary) = run(&batch).await else { return };
    assert_eq!(counts(&summary), [12, 1, 0]);
    assert!(summary.is_complete() && summary.counts.bytes_in > summary.counts.bytes_out);
    pictures::check(folders.destination.path(), 12);

    assert_eq!(counts(&run(&batch).await.unwrap()), [0, 13, 0]);
    let again = Batch { existing: Existing::Replace, ..batch };
    assert_eq!(counts(&run(&again).await.unwrap()), [12, 1, 0]);
    pictures::check(folders.destination.path(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_counted_or_end_the_run() {
    let folders = Folders::with(6);
    fs::write(folders.source.path().join("broken.png"), b"\x89PNG\r\n\x1a\n and nothing behind").unwrap();
    let batch = folders.batch(OPTIONS);
    let Some(summary) = run(&batch).await else { return };
    assert_eq!(counts(&summary), [6, 0, 1]);
    assert!(!summary.is_complete());
    assert_eq!(summary.failures[0].input, "broken.png");
    pictures::check(folders.destination.path(), 6);

    let only = Include::any_of(&["broken.*"]).unwrap();
    let stopping = Batch { failures: Failures::Stop, include: only, ..batch.clone() };
    assert_eq!(counts(&run(&stopping).await.unwrap()), [0, 0, 1]);
    let many = Folders::with(300);
    fs::write(many.source.path().join("broken.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    fs::remove_dir_all(many.source.path().join("set-0")).unwrap();
    let stopping = Batch { failures: Failures::Stop, ..many.batch(OPTIONS) };
    let summary = run(&stopping).await.unwrap();
    // A folder is listed in no order: it may come last.
    assert_eq!(summary.counts.failed, 1);
    assert!(!summary.is_complete());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_goes_on() {
    let folders = Folders::with(40);
    let batch = folders.batch(OPTIONS);
    let Some(tintype) = engine() else { return };
    let stop = Stop::default();
    let (switch, n_done) = (stop.clone(), AtomicU64::new(0));
    let watching = move |event: Event<'_>| {
        if matches!(event, Event::Done { .. }) && n_done.fetch_add(1, Ordering::Relaxed) == 4 {
            switch.stop();
        }
    };
    let first = tintype_batch::run(tintype, &batch, None, stop, watching).await.unwrap();
    assert!(!first.is_complete() && (5..10).contains(&first.counts.done), "{first:?}");
    let second = run(&batch).await.unwrap();
    assert_eq!(counts(&second), [40 - first.counts.done, first.counts.done, 0]);
    pictures::check(folders.destination.path(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pictures_never_share_a_result() {
    let folders = Folders::with(0);
    pictures::write(folders.source.path(), 4);
    let set = folders.source.path().join("set-0");
    fs::copy(set.join("p0000.png"), set.join("p0000.jpg")).unwrap();
    let Some(summary) = run(&folders.batch("width=20,format=webp")).await else { return };
    assert_eq!(counts(&summary), [4, 0, 1]);
    assert!(summary.failures[0].error.contains("set-0/p0000.webp is the result of another"), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn results_below_the_source_are_no_pictures_of_it() {
    let folders = Folders::with(5);
    let source = folders.source.path().to_str().unwrap();
    let below = batch(source, &format!("{source}/small"), "width=10,format=png-force");
    let Some(summary) = run(&below).await else { return };
    assert_eq!(counts(&summary), [5, 0, 0]);
    assert_eq!(counts(&run(&below).await.unwrap()), [0, 5, 0]);

    for (from, to) in [(source.to_owned(), source.to_owned()), (format!("{source}/small"), source.to_owned())] {
        let over = Batch { source: Place::source(&from).unwrap(), ..batch(source, &to, "width=10") };
        let error = tintype_batch::run(engine().unwrap(), &over, None, Stop::default(), |_| {}).await.unwrap_err();
        assert!(error.to_string().contains("could take the place"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_any_kind_are_kept() {
    let folders = Folders::with(1);
    let odd = ["übung 100%.png", "a#1b.png", "a+b&c=d?.png", "plus%20.png", "no extension", "{x}[y].png", "~`'\"^.PNG"];
    for name in odd {
        fs::copy(folders.source.path().join("set-0/p0000.png"), folders.source.path().join(name)).unwrap();
    }
    let Some(summary) = run(&folders.batch(OPTIONS)).await else { return };
    assert_eq!(counts(&summary), [8, 0, 0], "{:?}", summary.failures);
    let found = pictures::files(folders.destination.path());
    for name in odd {
        let expected = if name == "no extension" { "no extension.png" } else { name };
        assert!(found.contains(std::path::Path::new(expected)), "{expected:?} is not in {found:?}");
    }
}
