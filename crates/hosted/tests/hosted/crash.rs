//! A process that uploads, changes and deletes is killed at random, many times; what it acknowledged is there, and nothing else.
//!
//! The process is this test's own program, told by the environment to be it.

use std::collections::{HashMap, HashSet};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::thread;
use std::time::{Duration, Instant};

use tintype_hosted::{AccountId, Clock, Hosted, NewImage, Order, Patch, Query};

use crate::stage::{body, picture, settings_in};

const ROUNDS: usize = 200;

/// Tells this program to be the one that is killed, and where its images are.
const VICTIM: &str = "TINTYPE_TEST_VICTIM";

fn account() -> AccountId {
    AccountId::parse(&"c".repeat(32)).unwrap()
}

/// What is known of an image, by the digest of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    There,
    /// Being deleted when the process was killed.
    Unclear,
    Gone,
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n>{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Works until it is killed, and says what it is about to do and what it has done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let Some(folder) = env::var_os(VICTIM).map(PathBuf::from) else { return };
    let hosted = Hosted::open(&settings_in(&folder)).await.unwrap();
    let account = account();
    hosted.first_account(Some(&account), None).await.unwrap();
    say("ready");
    let workers = (0..3).map(|worker| {
        let (hosted, account) = (hosted.clone(), account.clone());
        tokio::spawn(async move {
            for number in 0_u32.. {
                let received = hosted.receive(body(&picture(5 + worker, 5), 40)).await.unwrap();
                let image = hosted.publish(&account, received, NewImage::default()).await.unwrap();
                let digest = &image.content.as_ref().unwrap().digest;
                say(&format!("there {digest}"));
                let mut id = image.id.clone();
                if number % 3 == worker % 3 {
                    let patch = Patch { require_signed_urls: Some(true), ..Patch::default() };
                    id = hosted.patch(&account, &id, patch).await.unwrap().id;
                }
                if number % 2 == 0 {
                    say(&format!("leaving {digest}"));
                    hosted.delete(&account, &id).await.unwrap();
                    say(&format!("gone {digest}"));
                }
            }
        })
    });
    futures_util::future::join_all(workers.collect::<Vec<_>>()).await;
}

/// Starts the victim, kills it after a while, and notes what it has said.
fn round(folder: &Path, lives: Duration, known: &mut HashMap<String, Known>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::victim", "--nocapture"])
        .env(VICTIM, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let begun = out.by_ref().map_while(Result::ok).any(|line| line == ">ready");
    if !begun {
        let output = child.wait_with_output().unwrap();
        panic!("the victim did not begin: {}", String::from_utf8_lossy(&output.stderr));
    }
    let killer = thread::spawn(move || {
        thread::sleep(lives);
        child.kill().unwrap();
        child.wait_with_output().unwrap()
    });
    for line in out.map_while(Result::ok) {
        let Some((what, digest)) = line.strip_prefix('>').and_then(|line| line.split_once(' ')) else { continue };
        // The last line may have been cut.
        if digest.len() != 64 {
            continue;
        }
        let state = match what {
            "there" => Known::There,
            "leaving" => Known::Unclear,
            _ => Known::Gone,
        };
        known.insert(digest.to_owned(), state);
    }
    let output = killer.join().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
}

/// Recovers, and compares what there is with what is known.
async fn check(hosted: &Hosted, known: &mut HashMap<String, Known>) -> usize {
    let swept = hosted.sweep(Duration::ZERO).await.unwrap();
    let query = Query { order: Order::Ascending, per_page: 10_000, ..Query::default() };
    let images = hosted.list(&account(), &query, None).await.unwrap().images;
    let mut files: HashSet<String> = hosted.files().await.unwrap().into_iter().collect();
    let mut found = HashSet::new();
    for image in &images {
        let content = image.content.as_ref().unwrap();
        assert!(files.remove(&content.blob), "image {} has no bytes", image.id);
        let n_bytes = hosted.read_whole(content).await.unwrap().len() as u64;
        assert_eq!(n_bytes, content.n_bytes, "image {} has other bytes", image.id);
        assert_ne!(known.get(&content.digest), Some(&Known::Gone), "image {} is back", image.id);
        found.insert(content.digest.clone());
    }
    assert!(files.is_empty(), "{files:?} belong to nobody");
    assert_eq!(hosted.count(&account()).await.unwrap(), images.len() as u64);
    let lost = known.iter().find(|(digest, state)| **state == Known::There && !found.contains(*digest));
    assert_eq!(lost, None, "it was acknowledged, and is lost");
    // From now on it is known what was unclear.
    known.retain(|_, state| *state == Known::Gone);
    known.extend(found.into_iter().map(|digest| (digest, Known::There)));
    swept.files + swept.strays
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_nothing_is_lost_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings_in(folder.path());
    settings.limits.images = 1_000_000;
    let started = Instant::now();
    let mut known = HashMap::new();
    let (mut swept, mut state) = (0, 7_u64);
    // As if an hour had gone by, for the sweeper.
    let clock = Clock::Ahead(Arc::new(AtomicI64::new(3_600_000)));
    let mut rounds = 0;
    for _ in 0..ROUNDS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        round(folder.path(), Duration::from_micros((state >> 33) % 60_000), &mut known);
        let hosted = Hosted::open_with(&settings, clock.clone()).await.unwrap();
        swept += check(&hosted, &mut known).await;
        // So that each round looks at few images.
        if known.len() > 300 {
            let query = Query { per_page: 10_000, ..Query::default() };
            for image in hosted.list(&account(), &query, None).await.unwrap().images {
                hosted.delete(&account(), &image.id).await.unwrap();
            }
            known.clear();
        }
        rounds += 1;
    }
    let took = started.elapsed();
    println!("{rounds} kills in {took:.1?}; {swept} files were swept up");
    assert!(swept > 0, "no kill ever came in between");
}
