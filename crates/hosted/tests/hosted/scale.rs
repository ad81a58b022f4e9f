//! How long it takes to find images among a thousand and among a hundred thousand: it must not depend on that, but for [`WORST`].
//!
//! Ignored, because it takes a minute and measures time: `cargo test --workspace --test hosted scale -- --ignored --nocapture`. What it
//! printed is in `benches/results/hosted-2026-11-22.md`.

use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use sqlx::{PgPool, QueryBuilder, SqlitePool};
use tintype_hosted::{AccountId, Creator, Cursor, Filter, Hosted, HostedError, Order, Query};

use crate::stage::{Stage, custom};

const SIZES: [u64; 2] = [1_000, 100_000];

/// Runs of each measurement.
const RUNS: usize = 41;

/// What does depend on it: conditions that many fit, but none of those that come first.
const WORST: &str = "two filters that half fit, all of them old";

/// Rows of one statement: SQLite takes 32,766 values.
const ROWS: usize = 500;

/// Writes rows of images `from..to` into either database, as uploads would have written them, but for the files.
macro_rules! fill {
    ($pool:expr, $account:expr, $range:expr) => {{
        let numbers: Vec<u64> = $range.collect();
        let mut transaction = $pool.begin().await.unwrap();
        for some in numbers.chunks(ROWS) {
            let name = |n: u64| format!("{n:032x}");
            let mut sql = QueryBuilder::new("INSERT INTO blobs (name, state, since) ");
            sql.push_values(some, |mut row, &n| {
                row.push_bind(name(n)).push_bind("owned").push_bind(0_i64);
            });
            sql.build().execute(&mut *transaction).await.unwrap();
            let mut sql = QueryBuilder::new(
                "INSERT INTO images (key, account, id, slot, custom, filename, creator, metadata, require_signed, uploaded, \
                 blob, media_type, bytes, width, height, digest) ",
            );
            sql.push_values(some, |mut row, &n| {
                let id = id(n);
                let slot: String = Sha256::digest(id.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
                row.push_bind(name(n)).push_bind($account.as_str()).push_bind(id).push_bind(slot.clone());
                row.push_bind(true).push_bind("photo.jpg").push_bind(format!("user {}", n % 10));
                row.push_bind(format!("{{\"kind\":\"{}\",\"number\":{n}}}", kind(n))).push_bind(false);
                row.push_bind(1_700_000_000_000 + n as i64 * 10).push_bind(name(n)).push_bind("image/jpeg");
                row.push_bind(100_000_i64).push_bind(1200_i64).push_bind(800_i64).push_bind(slot);
            });
            sql.build().execute(&mut *transaction).await.unwrap();
            let mut sql = QueryBuilder::new("INSERT INTO metadata (image, path, kind, text, number) ");
            sql.push_values(some.iter().flat_map(|&n| [(n, true), (n, false)]), |mut row, (n, is_text)| {
                row.push_bind(name(n)).push_bind(if is_text { "kind" } else { "number" });
                row.push_bind(if is_text { "string" } else { "number" });
                row.push_bind(is_text.then(|| kind(n))).push_bind((!is_text).then_some(n as f64));
            });
            sql.build().execute(&mut *transaction).await.unwrap();
        }
        sqlx::query("UPDATE accounts SET images = images + $2 WHERE id = $1")
            .bind($account.as_str())
            .bind(numbers.len() as i64)
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }};
}

fn id(n: u64) -> String {
    format!("albums/{}/photo {n}.jpg", n % 37)
}

/// Three are rare, however many others there are.
fn kind(n: u64) -> &'static str {
    if [7, 77, 777].contains(&n) { "rare" } else { ["cat", "dog", "cow", "emu"][(n % 4) as usize] }
}

fn filter(path: &str, operator: &str, value: impl ToString) -> Filter {
    Filter::parse(path, operator, &value.to_string()).unwrap()
}

/// Each question, and how many images it finds at most.
async fn measure(hosted: &Hosted, account: &AccountId, size: u64) -> Vec<(&'static str, Duration)> {
    let page = Query { per_page: 100, ..Query::default() };
    let with = |filters: Vec<Filter>| Query { filters, ..page.clone() };
    let middle = hosted.list(account, &Query { per_page: (size / 2).min(10_000) as u32, ..page.clone() }, None).await;
    let middle: Cursor = middle.unwrap().next.unwrap();
    let creator = Query { creator: Creator::Named("user 7".to_owned()), ..page.clone() };
    let up = Query { order: Order::Ascending, ..page.clone() };
    let lists: Vec<(&'static str, Query, Option<&Cursor>, usize)> = vec![
        ("list, newest 100", page.clone(), None, 100),
        ("list, oldest 100", up, None, 100),
        ("list, 100 from the middle on", page.clone(), Some(&middle), 100),
        ("creator, one of ten", creator, None, 100),
        ("filter that a quarter fit", with(vec![filter("kind", "eq", "cat")]), None, 100),
        ("filter that three fit", with(vec![filter("kind", "eq:string", "rare")]), None, 3),
        ("filter that one fits", with(vec![filter("number", "eq:number", 17)]), None, 1),
        ("filter that the ten oldest fit", with(vec![filter("number", "lt", 10)]), None, 10),
        ("filter that the ten newest fit", with(vec![filter("number", "gte", size - 10)]), None, 10),
        ("filter that half fit, the newer", with(vec![filter("number", "gte", size / 2)]), None, 100),
        ("filter that nobody fits", with(vec![filter("kind", "eq", "gnu")]), None, 0),
        (
            // Begins among the newer half, of which none fits.
            WORST,
            with(vec![filter("kind", "in", "cat|dog"), filter("number", "lt", size / 2)]),
            Some(&middle),
            1,
        ),
        (
            "two filters that exclude each other",
            with(vec![filter("kind", "eq", "rare"), filter("number", "eq", 3)]),
            None,
            0,
        ),
    ];
    let mut measured = Vec::new();
    for (name, query, cursor, least) in &lists {
        let found = hosted.list(account, query, *cursor).await.unwrap().images.len();
        assert!(found >= *least, "{name}: {found}");
        let time = median(async |_| drop(hosted.list(account, query, *cursor).await.unwrap())).await;
        measured.push((*name, time));
    }
    let known = |run: usize| id((run as u64 * 7919) % size);
    measured
        .push(("image by its id", median(async |run| drop(hosted.image(account, &known(run)).await.unwrap())).await));
    let missing = async |_| assert!(matches!(hosted.image(account, "none").await, Err(HostedError::NoImage { .. })));
    measured.push(("image that is not there", median(missing).await));
    measured.push(("count", median(async |_| assert!(hosted.count(account).await.unwrap() >= size)).await));
    let pictured = async |_| {
        let received = hosted.receive_whole(crate::stage::picture(20, 10)).await.unwrap();
        let image = hosted.publish(account, received, custom("new/one")).await.unwrap();
        hosted.delete(account, &image.id).await.unwrap();
    };
    measured.push(("upload and delete", median(pictured).await));
    measured
}

async fn median(work: impl AsyncFn(usize)) -> Duration {
    let mut times = Vec::new();
    for run in 0..RUNS {
        let started = Instant::now();
        work(run).await;
        times.push(started.elapsed());
    }
    times.sort();
    times[RUNS / 2]
}

async fn compare(what: &str, stage: &Stage) {
    let account = stage.account().await;
    let mut hosted = stage.hosted.clone();
    let mut columns = Vec::new();
    let mut from = 0;
    for size in SIZES {
        let url = &stage.settings.database;
        if url.starts_with("postgres") {
            let pool = PgPool::connect(url).await.unwrap();
            fill!(pool, account, from..size);
            // As autovacuum would within a minute.
            sqlx::query("ANALYZE").execute(&pool).await.unwrap();
        } else {
            let pool = SqlitePool::connect(url).await.unwrap();
            fill!(pool, account, from..size);
        }
        from = size;
        // Plans that were made for fewer rows are not kept.
        let mut settings = stage.settings.clone();
        settings.limits.images = 1_000_000;
        hosted = Hosted::open(&settings).await.unwrap();
        columns.push(measure(&hosted, &account, size).await);
    }
    drop(hosted);
    println!("\n| {what}: ms, median of {RUNS} | {} images | {} images |\n|---|---|---|", SIZES[0], SIZES[1]);
    let mut grown = Vec::new();
    for ((name, few), (_, many)) in columns[0].iter().zip(&columns[1]) {
        println!("| {name} | {:.2} | {:.2} |", few.as_secs_f64() * 1e3, many.as_secs_f64() * 1e3);
        if *name != WORST && *many > *few * 4 + Duration::from_millis(10) {
            grown.push(*name);
        }
    }
    assert!(grown.is_empty(), "{what}: {grown:?} take longer with more images");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes a minute, and measures time"]
async fn scale_on_sqlite() {
    compare("SQLite", &Stage::local().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes a minute, and measures time"]
async fn scale_on_postgres() {
    compare("PostgreSQL", &Stage::services().await).await;
}
