//! How long it takes to find images among a thousand and among a hundred thousand: it must not depend on that.
//!
//! Ignored, because it takes a minute and measures time: `cargo test --workspace --test hosted scale -- --ignored --nocapture
//! --test-threads 1`. What it
//! printed is in `benches/results/hosted-2026-11-22.md`; the same over HTTP is in `tests/scale.rs`.

use tintype_hosted::{AccountId, Creator, Cursor, Filter, Hosted, HostedError, LOOKED_AT, NumberedPage, Order, Query};
use tintype_testkit::scale::{Measured, SIZES, assert_flat, image_id, median, write_images};

use crate::stage::{Stage, custom};

fn filter(path: &str, operator: &str, value: impl ToString) -> Filter {
    Filter::parse(path, operator, &value.to_string()).unwrap()
}

/// Each question, and how many images it finds.
async fn measure(hosted: &Hosted, account: &AccountId, size: u64) -> Measured {
    let page = Query { per_page: 100, ..Query::default() };
    let with = |filters: Vec<Filter>| Query { filters, ..page.clone() };
    let words = |words: &str| Query { words: words.to_owned(), ..page.clone() };
    let up = |query: Query| Query { order: Order::Ascending, ..query };
    let middle = hosted.list(account, &Query { per_page: (size / 2).min(10_000) as u32, ..page.clone() }, None).await;
    let middle: Cursor = middle.unwrap().next.unwrap();
    let creator = |creator| Query { creator, ..page.clone() };
    // Half fit each, and none of those that come first.
    let old = vec![filter("kind", "in", "cat|dog"), filter("number", "lt", size / 2)];
    let new = vec![filter("kind", "in", "cat|dog"), filter("number", "gte", size / 2)];
    let lists: Vec<(&'static str, Query, Option<&Cursor>, usize)> = vec![
        ("list, newest 100", page.clone(), None, 100),
        ("list, oldest 100", up(page.clone()), None, 100),
        ("list, 100 from the middle on", page.clone(), Some(&middle), 100),
        ("creator, one of ten", creator(Creator::Named("user 7".to_owned())), None, 98),
        ("no creator, the ten oldest", creator(Creator::None), None, 10),
        ("filter that a quarter fit", with(vec![filter("kind", "eq", "cat")]), None, 100),
        ("filter that three fit", with(vec![filter("kind", "eq:string", "rare")]), None, 3),
        ("filter that one fits", with(vec![filter("number", "eq:number", 17)]), None, 1),
        ("filter that the ten oldest fit", with(vec![filter("number", "lt", 10)]), None, 10),
        ("filter that the ten newest fit", with(vec![filter("number", "gte", size - 10)]), None, 10),
        ("filter that half fit, the newer", with(vec![filter("number", "gte", size / 2)]), None, 100),
        ("filter that 3000 fit, the oldest", with(vec![filter("number", "lt", LOOKED_AT)]), None, 100),
        ("filter that nobody fits", with(vec![filter("kind", "eq", "gnu")]), None, 0),
        ("two filters that half fit, all of them old", with(old.clone()), None, 0),
        ("two filters that half fit, all of them new, oldest first", up(with(new)), None, 0),
        ("the same from the middle on", with(old), Some(&middle), 0),
        (
            "two filters that exclude each other",
            with(vec![filter("kind", "eq", "rare"), filter("number", "eq", 3)]),
            None,
            0,
        ),
        ("words that no image has", words("nowhere"), None, 0),
        ("words that many have", words("Photo"), None, 100),
        ("words that the three oldest have", words("photo 2.jpg"), None, 0),
        (
            "words that no image has, and a filter that a quarter fit",
            Query { words: "nowhere".to_owned(), ..with(vec![filter("kind", "eq", "cat")]) },
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
    let numbered = NumberedPage { creator: Creator::Any, order: Order::Descending, per_page: 100, number: 9 };
    let ninth = median(async |_| assert_eq!(hosted.list_page(account, &numbered).await.unwrap().len(), 100)).await;
    measured.push(("page 9 by its number", ninth));
    let known = |run: usize| image_id((run as u64 * 7919) % size);
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

async fn compare(what: &str, stage: &Stage) {
    let account = stage.account().await;
    let mut columns = [Vec::new(), Vec::new()];
    let mut from = 0;
    for (size, column) in SIZES.into_iter().zip(&mut columns) {
        write_images(&stage.settings.database, account.as_str(), from..size).await;
        from = size;
        // Plans that were made for fewer rows are not kept.
        let mut settings = stage.settings.clone();
        settings.limits.images = 1_000_000;
        *column = measure(&Hosted::open(&settings).await.unwrap(), &account, size).await;
    }
    assert_flat(what, &columns);
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
