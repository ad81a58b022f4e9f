//! Whether something takes longer where there are many images: rows of as many as wanted, medians, and the rule by which they are judged.

use std::ops::Range;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use sqlx::{PgPool, QueryBuilder, SqlitePool};

/// Few images, and many.
pub const SIZES: [u64; 2] = [1_000, 100_000];

/// Runs of each measurement.
pub const RUNS: usize = 41;

/// Rows of one statement: SQLite takes 32,766 values.
const ROWS: usize = 500;

/// What was measured, and how long it took.
pub type Measured = Vec<(&'static str, Duration)>;

/// Writes rows into either database.
macro_rules! fill {
    ($pool:expr, $account:expr, $numbers:expr) => {{
        let numbers: Vec<u64> = $numbers.collect();
        let mut transaction = $pool.begin().await.expect("a transaction");
        for some in numbers.chunks(ROWS) {
            let name = |n: u64| format!("f{n:031x}");
            let mut blobs = QueryBuilder::new("INSERT INTO blobs (name, state, since) ");
            blobs.push_values(some, |mut row, &n| {
                row.push_bind(name(n)).push_bind("owned").push_bind(0_i64);
            });
            let mut images = QueryBuilder::new(
                "INSERT INTO images (key, account, id, slot, custom, filename, creator, metadata, require_signed, uploaded, \
                 blob, media_type, bytes, width, height, digest) ",
            );
            images.push_values(some, |mut row, &n| {
                let id = image_id(n);
                let slot: String = Sha256::digest(id.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
                row.push_bind(name(n)).push_bind($account).push_bind(id).push_bind(slot.clone());
                row.push_bind(true).push_bind("photo.jpg").push_bind(image_creator(n));
                row.push_bind(format!("{{\"kind\":\"{}\",\"number\":{n}}}", image_kind(n))).push_bind(false);
                row.push_bind(1_700_000_000_000 + n as i64 * 10).push_bind(name(n)).push_bind("image/jpeg");
                row.push_bind(100_000_i64).push_bind(1200_i64).push_bind(800_i64).push_bind(slot);
            });
            let mut metadata = QueryBuilder::new("INSERT INTO metadata (image, path, kind, text, number) ");
            metadata.push_values(some.iter().flat_map(|&n| [(n, true), (n, false)]), |mut row, (n, is_text)| {
                row.push_bind(name(n)).push_bind(if is_text { "kind" } else { "number" });
                row.push_bind(if is_text { "string" } else { "number" });
                row.push_bind(is_text.then(|| image_kind(n))).push_bind((!is_text).then_some(n as f64));
            });
            for rows in [&mut blobs, &mut images, &mut metadata] {
                rows.build().execute(&mut *transaction).await.expect("rows");
            }
        }
        sqlx::query("UPDATE accounts SET images = images + $2 WHERE id = $1")
            .bind($account)
            .bind(numbers.len() as i64)
            .execute(&mut *transaction)
            .await
            .expect("the account");
        transaction.commit().await.expect("a commit");
    }};
}

/// Writes the images of these numbers into the database at `url` (SQLite's is a path), as uploads would have written them, but for the
/// files: a larger number is newer by 10 ms.
///
/// # Panics
///
/// Where the database does not have the tables, the account, or has these images already.
pub async fn write_images(url: &str, account: &str, numbers: Range<u64>) {
    if url.starts_with("postgres") {
        let pool = PgPool::connect(url).await.expect("PostgreSQL");
        fill!(pool, account, numbers);
        // As autovacuum would within a minute.
        sqlx::query("VACUUM ANALYZE").execute(&pool).await.expect("statistics");
    } else {
        let pool = SqlitePool::connect(url).await.expect("SQLite");
        fill!(pool, account, numbers);
    }
}

/// The id of an image that [`write_images`] wrote.
pub fn image_id(n: u64) -> String {
    format!("albums/{}/photo {n}.jpg", n % 37)
}

/// Its `kind`, beside its `number`, in its metadata. Three are rare, however many others there are.
pub fn image_kind(n: u64) -> &'static str {
    if [7, 77, 777].contains(&n) { "rare" } else { ["cat", "dog", "cow", "emu"][(n % 4) as usize] }
}

/// Its creator: one of ten, and nobody of the ten oldest.
pub fn image_creator(n: u64) -> Option<String> {
    (n >= 10).then(|| format!("user {}", n % 10))
}

/// How long `work` takes, of [`RUNS`] times; it is told which it is.
pub async fn median(mut work: impl AsyncFnMut(usize)) -> Duration {
    let mut times = Vec::new();
    for run in 0..RUNS {
        let started = Instant::now();
        work(run).await;
        times.push(started.elapsed());
    }
    times.sort();
    times[RUNS / 2]
}

/// Prints a table of what was measured among few images and among many.
///
/// # Panics
///
/// Where something takes longer among many: more than four times as long and 10 ms, which leaves room for a machine that has other
/// things to do, and is far from a hundred times.
pub fn assert_flat(what: &str, measured: &[Measured; 2]) {
    println!("\n| {what}, ms | {} images | {} images |\n|---|---|---|", SIZES[0], SIZES[1]);
    let mut grown = Vec::new();
    for ((name, few), (same, many)) in measured[0].iter().zip(&measured[1]) {
        assert_eq!(name, same);
        println!("| {name} | {:.2} | {:.2} |", few.as_secs_f64() * 1e3, many.as_secs_f64() * 1e3);
        if *many > *few * 4 + Duration::from_millis(10) {
            grown.push(*name);
        }
    }
    assert!(grown.is_empty(), "{what}: {grown:?} take longer with more images");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "[\"b\"] take longer")]
    fn what_grows_is_found() {
        let of = |a, b| vec![("a", Duration::from_millis(a)), ("b", Duration::from_millis(b))];
        assert_flat("two", &[of(1, 2), of(14, 19)]);
    }
}
