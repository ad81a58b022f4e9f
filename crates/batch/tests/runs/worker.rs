//! A process that works on a run: this test program once more, so that it can be killed.

use std::{
    env,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tintype_batch::{QueueOptions, Stop};
use tintype_testkit::{S3, engine};

use crate::{batch, pictures::OPTIONS};

/// What a process that is to work is told by.
const WORK: &str = "TINTYPE_TEST_WORK";

/// Starts a process that works until the run is over.
pub(crate) fn start(s3: &S3, queue: &str, source: &str, destination: &str, lease: Duration) -> Child {
    let work = json!({
        "queue": queue, "source": source, "destination": destination, "lease_ms": lease.as_millis() as u64,
    });
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "worker::a_process_that_works", "--nocapture"])
        .env(WORK, work.to_string())
        .envs(s3.environment())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the process; what it says of the run.
#[track_caller]
pub(crate) fn summary(child: Child) -> Value {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.split_once("SUMMARY ")).unwrap_or_else(|| panic!("{text}")).1;
    serde_json::from_str(line).unwrap()
}

/// Sends a signal by the shell's own `kill`: a minimal system has no program of that name.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status();
    assert!(status.unwrap().success());
}

/// Not a test of its own: nothing is done unless [`start`] has asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_works() {
    let Ok(work) = env::var(WORK) else { return };
    let work: Value = serde_json::from_str(&work).unwrap();
    let text = |name: &str| work[name].as_str().unwrap().to_owned();
    let Some(tintype) = engine() else { return };
    let lease = Duration::from_millis(work["lease_ms"].as_u64().unwrap());
    let queue = QueueOptions { lease, ..QueueOptions::at(text("queue")) };
    let batch = batch(&text("source"), &text("destination"), OPTIONS);
    let summary = tintype_batch::run(tintype, &batch, Some(&queue), Stop::default(), |_| {}).await.unwrap();
    let counts = summary.counts;
    let told = json!({
        "complete": summary.is_complete(), "done": counts.done, "skipped": counts.skipped, "failed": counts.failed,
        "taken_over": counts.taken_over,
    });
    println!("\nSUMMARY {told}");
}
