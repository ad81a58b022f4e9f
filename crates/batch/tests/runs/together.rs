//! Several processes and one queue, on buckets.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};

use object_store::{ObjectStoreExt as _, aws::AmazonS3Builder};
use sqlx::{Connection as _, PgConnection};
use tintype_batch::{Batch, BatchError, Event, Failures, QueueOptions, Stop, Summary};
use tintype_testkit::{Postgres, S3, engine};
use tokio::time::sleep;

use crate::{
    batch,
    pictures::{self, OPTIONS},
    worker,
};

const LEASE: Duration = Duration::from_millis(1500);

/// A queue, and a bucket with pictures below `originals`; results go below `small`.
struct Servers {
    postgres: Postgres,
    s3: S3,
    bucket: PathBuf,
}

const SOURCE: &str = "s3://photos/originals";
const DESTINATION: &str = "s3://photos/small";

impl Servers {
    fn with(count: usize) -> Self {
        let (postgres, s3) = (Postgres::start(), S3::start());
        let bucket = s3.bucket("photos");
        pictures::write(&bucket.join("originals"), count);
        Self { postgres, s3, bucket }
    }

    fn results(&self) -> PathBuf {
        self.bucket.join("small")
    }

    fn start(&self) -> Child {
        worker::start(&self.s3, &self.postgres.url(), SOURCE, DESTINATION, LEASE)
    }

    /// The same work in this process, on the bucket's folders.
    fn batch(&self) -> Batch {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        batch(&text(&self.bucket.join("originals")), &text(&self.results()), OPTIONS)
    }

    fn queue(&self, lease: Duration) -> QueueOptions {
        QueueOptions { lease, ..QueueOptions::at(self.postgres.url()) }
    }

    async fn run(&self, batch: &Batch, lease: Duration) -> Option<Result<Summary, BatchError>> {
        Some(tintype_batch::run(engine()?, batch, Some(&self.queue(lease)), Stop::default(), |_| {}).await)
    }

    async fn number(&self, query: &'static str) -> i64 {
        let mut connection = PgConnection::connect(&self.postgres.url()).await.unwrap();
        // Before the first process has made them, there are no tables.
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap_or_default()
    }

    async fn n_done(&self) -> i64 {
        self.number("SELECT count(*) FROM tintype_batch.items WHERE state = 'done'").await
    }

    async fn wait_for_done(&self, n: i64) {
        while self.n_done().await < n {
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Kills `child` at a moment when it holds items; how many.
    async fn kill_at_work(&self, mut child: Child) -> i64 {
        let mut connection = PgConnection::connect(&self.postgres.url()).await.unwrap();
        let query = "SELECT count(*) FROM tintype_batch.items WHERE state = 'working' AND owner LIKE $1 || '-%'";
        let id = child.id().to_string();
        let mut is_stopped = false;
        loop {
            let held: i64 = sqlx::query_scalar(query).bind(&id).fetch_one(&mut connection).await.unwrap();
            if is_stopped && held > 0 {
                child.kill().unwrap();
                child.wait().unwrap();
                return held;
            }
            // It may hold something now and not a moment later: only while it stands still one can be sure.
            is_stopped = held > 0;
            worker::signal(&child, if is_stopped { "STOP" } else { "CONT" });
            // What it was about to commit is committed by then.
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_and_a_restarted_database_lose_and_double_nothing() {
    if engine().is_none() {
        return;
    }
    const COUNT: usize = 300;
    let servers = Servers::with(COUNT);
    // One after the other: a process takes seconds to start where many are at work, and the other would do it all.
    let killed = servers.start();
    servers.wait_for_done(15).await;
    let other = servers.start();
    let held = servers.kill_at_work(killed).await;
    let done = servers.n_done().await;
    servers.wait_for_done(done + 15).await;
    servers.postgres.pause();
    sleep(Duration::from_millis(500)).await;
    servers.postgres.resume();
    let summary = worker::summary(other);
    println!("{COUNT} pictures: {held} held by the process killed, {done} done when the database went; {summary}");
    assert_eq!(summary["done"], COUNT);
    assert_eq!(summary["complete"], true);
    assert!(done < COUNT as i64, "the test was too late");
    assert!(summary["taken_over"].as_i64().unwrap() >= held);
    pictures::check(&servers.results(), COUNT);

    // The processes have installed theirs; this one has not opened a bucket yet.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = AmazonS3Builder::new().with_bucket_name("photos").with_endpoint(servers.s3.endpoint());
    let store = store.with_allow_http(true).with_region("us-east-1");
    let store = store.with_access_key_id(S3::ACCESS_KEY).with_secret_access_key(S3::SECRET_KEY).build().unwrap();
    let one = store.get(&"small/set-0/p0000.png".into()).await.unwrap();
    assert_eq!(one.attributes.get(&object_store::Attribute::ContentType).map(AsRef::as_ref), Some("image/png"));
}

/// Two minutes on two cores; prints how long one process and two take.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_pictures_by_one_process_by_two_and_with_one_killed() {
    if engine().is_none() {
        return;
    }
    for n_processes in [1, 2] {
        let servers = Servers::with(1000);
        let started = Instant::now();
        let children: Vec<Child> = (0..n_processes).map(|_| servers.start()).collect();
        for child in children {
            assert_eq!(worker::summary(child)["done"], 1000);
        }
        let seconds = started.elapsed().as_secs_f64();
        println!("{n_processes} processes: {seconds:.1} s, {:.0} pictures/s", 1000.0 / seconds);
        pictures::check(&servers.results(), 1000);
    }
    let servers = Servers::with(1000);
    let (killed, other) = (servers.start(), servers.start());
    servers.wait_for_done(400).await;
    let held = servers.kill_at_work(killed).await;
    let summary = worker::summary(other);
    println!("one of two killed with {held} held: {summary}");
    assert_eq!((&summary["done"], &summary["complete"]), (&1000.into(), &true.into()));
    assert!(summary["taken_over"].as_i64().unwrap() >= held);
    pictures::check(&servers.results(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_interrupted_is_given_back_and_the_run_is_joined() {
    let Some(tintype) = engine() else { return };
    let servers = Servers::with(40);
    let batch = servers.batch();
    // Nobody could wait for the end of such a lease.
    let queue = servers.queue(Duration::from_secs(3600));
    let stop = Stop::default();
    let switch = stop.clone();
    let watching = move |event: Event<'_>| {
        if matches!(event, Event::Done { .. }) {
            switch.stop();
        }
    };
    let first = tintype_batch::run(tintype, &batch, Some(&queue), stop, watching).await.unwrap();
    assert!(!first.is_complete());
    assert_eq!(servers.number("SELECT count(*) FROM tintype_batch.items WHERE owner IS NOT NULL").await, 0);
    assert_eq!(servers.number("SELECT count(*) FROM tintype_batch.runs WHERE lister IS NOT NULL").await, 0);

    let second = servers.run(&batch, Duration::from_secs(3600)).await.unwrap().unwrap();
    assert_eq!(second.run, first.run);
    assert!(second.is_complete());
    assert_eq!((second.counts.done, second.counts.skipped, second.counts.taken_over), (40, 0, 0));
    pictures::check(&servers.results(), 40);

    let third = servers.run(&batch, LEASE).await.unwrap().unwrap();
    assert_ne!(third.run, first.run);
    assert_eq!((third.counts.done, third.counts.skipped), (0, 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_goes_on_where_its_process_has_ended() {
    if engine().is_none() {
        return;
    }
    let servers = Servers::with(30);
    assert_eq!(worker::summary(servers.start())["done"], 30);
    let mut connection = PgConnection::connect(&servers.postgres.url()).await.unwrap();
    // As a process leaves it that is killed half-way; and what is before is not looked at again.
    sqlx::raw_sql(
        "UPDATE tintype_batch.runs SET finished_at = NULL, listed = FALSE, listed_to = 'set-3/p0010.jpg',
                                       lister = '1-gone', listing_until = now() + INTERVAL '1 second';
         DELETE FROM tintype_batch.items WHERE key > 'set-3/p0010.jpg' OR key = 'set-1/p0001.jpg'",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    fs::remove_dir_all(servers.results()).unwrap();
    let summary = worker::summary(servers.start());
    assert_eq!((&summary["done"], &summary["complete"]), (&29.into(), &true.into()));
    let first = pictures::files(&servers.results()).into_iter().next().unwrap();
    assert_eq!(first, Path::new("set-3/p0017.jpg"));
    assert_eq!(servers.number("SELECT count(*) FROM tintype_batch.runs").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_ends_processes_is_given_up() {
    let Some(tintype) = engine() else { return };
    let servers = Servers::with(6);
    let batch = servers.batch();
    let stop = Stop::default();
    stop.stop();
    tintype_batch::run(tintype, &batch, Some(&servers.queue(LEASE)), stop, |_| {}).await.unwrap();
    let mut connection = PgConnection::connect(&servers.postgres.url()).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO tintype_batch.items (run, key) SELECT id, 'set-3/p0003.png' FROM tintype_batch.runs ON CONFLICT DO NOTHING;
         UPDATE tintype_batch.items SET state = 'working', owner = '1-gone', lease_until = now(), attempts = 3
         WHERE key = 'set-3/p0003.png'",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let summary = servers.run(&batch, LEASE).await.unwrap().unwrap();
    assert_eq!((summary.counts.done, summary.counts.failed), (5, 1));
    assert!(summary.failures[0].error.contains("3 processes"), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_pictures_are_not_taken_over_from_who_lives() {
    let Some(_) = engine() else { return };
    let servers = Servers::with(0);
    let folder = servers.bucket.join("originals");
    fs::create_dir_all(&folder).unwrap();
    for name in ["a.png", "b.png"] {
        let noise = |x: u32, y: u32| image::Rgb([(x * y) as u8, (x ^ y) as u8, (x + 7 * y) as u8]);
        image::RgbImage::from_fn(1500, 1000, noise).save(folder.join(name)).unwrap();
    }
    let slow = Batch { options: "format=avif".parse().unwrap(), jobs: NonZeroUsize::MIN, ..servers.batch() };
    let started = Instant::now();
    let (one, other) = tokio::join!(servers.run(&slow, LEASE), servers.run(&slow, LEASE));
    let (one, other) = (one.unwrap().unwrap(), other.unwrap().unwrap());
    println!("two slow pictures: {:.1?} under a lease of {LEASE:.1?}", started.elapsed());
    assert_eq!(one.counts, other.counts);
    assert_eq!((one.counts.done, one.counts.taken_over), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_ends_the_run_on_all_nodes_and_the_next_one_begins_anew() {
    let Some(_) = engine() else { return };
    let servers = Servers::with(400);
    let broken = servers.bucket.join("originals/a-broken.png");
    fs::write(&broken, b"\x89PNG\r\n\x1a\n").unwrap();
    let stopping = Batch { failures: Failures::Stop, ..servers.batch() };
    let (one, other) = tokio::join!(servers.run(&stopping, LEASE), servers.run(&stopping, LEASE));
    let (one, other) = (one.unwrap().unwrap(), other.unwrap().unwrap());
    assert_eq!(one.run, other.run);
    assert!(!one.is_complete() && !other.is_complete());
    // Its name is the first.
    assert!(other.counts.failed == 1 && other.counts.done < 100, "{other:?}");

    fs::remove_file(broken).unwrap();
    let next = servers.run(&stopping, LEASE).await.unwrap().unwrap();
    assert_ne!(next.run, one.run);
    assert!(next.is_complete());
    pictures::check(&servers.results(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_not_there_is_said() {
    let Some(_) = engine() else { return };
    let servers = Servers::with(1);
    let batch = servers.batch();
    servers.postgres.pause();
    let patience = Duration::from_millis(300);
    let queue = QueueOptions { patience, ..servers.queue(LEASE) };
    let error = tintype_batch::run(engine().unwrap(), &batch, Some(&queue), Stop::default(), |_| {}).await.unwrap_err();
    assert!(matches!(error, BatchError::QueueAway { doing: "connecting", .. }), "{error:?}");
    let queue = QueueOptions::at("mysql://user:secret@host/database");
    let error = tintype_batch::run(engine().unwrap(), &batch, Some(&queue), Stop::default(), |_| {}).await.unwrap_err();
    assert!(matches!(error, BatchError::NoQueue(_)) && !format!("{error} {queue:?}").contains("secret"), "{error:?}");
}
