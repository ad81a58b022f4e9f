//! Stored images on every database and store: one table of cases, run on SQLite with a folder and on PostgreSQL with S3.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod cases;
mod crash;
mod scale;
mod stage;
mod sweep;

use stage::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_and_a_folder() {
    cases::run(&Stage::local().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_and_s3() {
    cases::run(&Stage::services().await).await;
}
