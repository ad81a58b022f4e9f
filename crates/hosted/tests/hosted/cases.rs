//! What has to hold wherever images are kept. Every case has an account of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, join, join_all};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Map;
use tintype_hosted::{
    AccountId, BodyError, Creator, Cursor, Day, Delivered, Expiry, Filter, Hosted, HostedError, IfTaken, Image,
    LOOKED_AT, MAX_KEYS, MAX_VARIANTS, Metadata, NewImage, NumberedPage, Order, Patch, Preferences, PreferencesPatch,
    Query, Scope, Swept, Timestamp, Variant, VariantPatch,
};

use tintype_testkit::scale::{image_id, image_kind, write_images};

use crate::stage::{Stage, body, custom, picture, with_metadata};

type Case = for<'a> fn(&'a Stage) -> BoxFuture<'a, ()>;

/// Paths, operators and values.
type Asked = &'static [(&'static str, &'static str, &'static str)];

/// What nobody waits for any more.
const LONG: Duration = Duration::from_secs(24 * 3600);

const CASES: &[(&str, Case)] = &[
    ("uploads", |stage| Box::pin(uploads(stage))),
    ("large uploads go in parts", |stage| Box::pin(large_uploads(stage))),
    ("senders that go away leave no parts", |stage| Box::pin(senders_that_go_away(stage))),
    ("what is refused leaves nothing", |stage| Box::pin(refusals(stage))),
    ("ids are taken once", |stage| Box::pin(taken_ids(stage))),
    ("accounts do not see each other", |stage| Box::pin(separate_accounts(stage))),
    ("patches", |stage| Box::pin(patches(stage))),
    ("deletes", |stage| Box::pin(deletes(stage))),
    ("lists", |stage| Box::pin(lists(stage))),
    ("filters", |stage| Box::pin(filters(stage))),
    ("words", |stage| Box::pin(words(stage))),
    ("many images are looked at in parts", |stage| Box::pin(parts(stage))),
    ("direct uploads", |stage| Box::pin(direct_uploads(stage))),
    ("messages about direct uploads", |stage| Box::pin(messages(stage))),
    ("images are replaced at once", |stage| Box::pin(replaced(stage))),
    ("drafts are used once, whoever comes", |stage| Box::pin(races(stage))),
    ("the sweeper", |stage| Box::pin(sweeper(stage))),
    ("accounts are full at some point", |stage| Box::pin(full_accounts(stage))),
    ("variants", |stage| Box::pin(variants(stage))),
    ("signing keys", |stage| Box::pin(keys(stage))),
    ("tokens", |stage| Box::pin(tokens(stage))),
    ("preferences", |stage| Box::pin(preferences(stage))),
    ("first accounts", |stage| Box::pin(first_accounts(stage))),
    ("processes share everything", |stage| Box::pin(processes(stage))),
    ("deliveries", |stage| Box::pin(deliveries(stage))),
];

pub(crate) async fn run(stage: &Stage) {
    for (name, case) in CASES {
        println!("{name}");
        case(stage).await;
    }
}

async fn bytes_of(stage: &Stage, image: &Image) -> Vec<u8> {
    let blob = stage.hosted.read(image.content.as_ref().unwrap()).await.unwrap();
    let pieces: Vec<Bytes> = blob.stream.try_collect().await.unwrap();
    assert_eq!(pieces.iter().map(Bytes::len).sum::<usize>() as u64, blob.n_bytes);
    pieces.concat()
}

async fn uploads(stage: &Stage) {
    let account = stage.account().await;
    let file = picture(30, 20);
    let received = stage.hosted.receive(body(&file, 7)).await.unwrap();
    let new = NewImage {
        filename: Some("cat\n.png".to_owned()),
        creator: Some("me".to_owned()),
        require_signed_urls: true,
        ..with_metadata(r#"{"a":1}"#)
    };
    let image = stage.hosted.publish(&account, received, new).await.unwrap();
    assert_eq!(stage.hosted.image(&account, &image.id).await.unwrap(), image);
    assert_eq!((image.filename.as_deref(), image.creator.as_deref()), (Some("cat.png"), Some("me")));
    assert_eq!(image.metadata_json().unwrap().to_string(), r#"{"a":1}"#);
    assert!(image.require_signed_urls);
    let content = image.content.as_ref().unwrap();
    assert_eq!((content.width, content.height, content.media_type.as_str()), (30, 20, "image/png"));
    assert_eq!(content.n_bytes, file.len() as u64);
    assert_eq!(bytes_of(stage, &image).await, file);
    assert_eq!(stage.hosted.read_whole(content).await.unwrap(), file);
    let long = "日本/".repeat(338) + "100% ü.png";
    let image = stage.upload(&account, custom(&long)).await.unwrap();
    assert_eq!((image.id.as_str(), image.require_signed_urls, image.filename), (long.as_str(), false, None));
    assert_eq!(stage.hosted.image(&account, &long).await.unwrap().id, long);
    assert_eq!(stage.hosted.count(&account).await.unwrap(), 2);
}

async fn large_uploads(stage: &Stage) {
    let account = stage.account().await;
    // Random enough to stay large: 9 MB in two parts.
    let mut file = picture(5, 5);
    let mut state = 1_u64;
    file.extend((0..9_000_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    }));
    let received = stage.hosted.receive(body(&file, 100_000)).await.unwrap();
    let image = stage.hosted.publish(&account, received, NewImage::default()).await.unwrap();
    assert_eq!(bytes_of(stage, &image).await, file);
}

async fn senders_that_go_away(stage: &Stage) {
    let before = tree(&stage.store);
    let piece = Bytes::from(vec![7; 4 << 20]);
    let body = stream::iter([Ok::<_, BodyError>(piece.clone()), Ok(piece)]).chain(stream::pending());
    let hosted = stage.hosted.clone();
    let upload = tokio::spawn(async move { hosted.receive(body).await });
    until(|| tree(&stage.store) != before).await;
    upload.abort();
    until(|| tree(&stage.store) == before).await;
    stage.wait(LONG);
    assert_eq!(stage.hosted.sweep(Duration::from_secs(3600)).await.unwrap().files, 1);
}

/// Waits for something that comes by itself.
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is not so after ten seconds");
}

/// All files of `folder`.
fn tree(folder: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        files.extend(if path.is_dir() { tree(&path) } else { BTreeSet::from([path]) });
    }
    files
}

async fn refusals(stage: &Stage) {
    let account = stage.account().await;
    let before = stage.n_files();
    let large = |bytes: usize| body(&[picture(5, 5), vec![0; bytes]].concat(), 1 << 20);
    let refused = async |error: Result<_, HostedError>| match error {
        Err(error) => error,
        Ok(received) => panic!("taken: {received:?}"),
    };
    let error = refused(stage.hosted.receive(large(10_000_000)).await).await;
    assert!(matches!(error, HostedError::TooLarge { limit_bytes: 10_000_000 }), "{error}");
    for (file, expected) in [
        (b"".to_vec(), "not a picture"),
        (b"hello, this is text".to_vec(), "not a picture"),
        (picture(12_001, 1), "side in pixels is 12001; the limit is 12000"),
        (picture(30, 20)[..30].to_vec(), "png"),
        (gif(5000, 3000, 7), "area of all frames in pixels is 105000000; the limit is 100000000"),
    ] {
        let error = refused(stage.hosted.receive(body(&file, 1000)).await).await;
        assert!(matches!(error, HostedError::Picture(_)) && error.to_string().contains(expected), "{error}");
    }
    let broken = stream::iter([Ok(Bytes::from(picture(9, 9))), Err(BodyError::from("the line is dead"))]);
    let error = refused(stage.hosted.receive(broken).await).await;
    assert!(matches!(error, HostedError::Body(_)), "{error}");
    let private = NewImage { require_signed_urls: true, ..custom("a") };
    assert!(matches!(stage.upload(&account, private).await, Err(HostedError::CustomPrivate { .. })));
    let creator = NewImage { creator: Some("x".repeat(1025)), ..NewImage::default() };
    assert!(matches!(stage.upload(&account, creator).await, Err(HostedError::LongText { .. })));
    let creator = NewImage { creator: Some("x\0".to_owned()), ..NewImage::default() };
    assert!(matches!(stage.upload(&account, creator).await, Err(HostedError::Zero { what: "creator" })));
    for query in [
        Query { creator: Creator::Named("x\0".to_owned()), ..Query::default() },
        Query { words: "x\0".to_owned(), ..Query::default() },
    ] {
        assert!(matches!(stage.hosted.list(&account, &query, None).await, Err(HostedError::Zero { .. })));
    }
    assert_eq!(stage.n_files(), before, "something is left");
    // Given up in the middle, as when a client goes away.
    let slow = body(&picture(9, 9), 10).chain(stream::pending());
    tokio::time::timeout(Duration::from_millis(200), stage.hosted.receive(slow)).await.unwrap_err();
    stage.wait(LONG);
    assert_eq!(stage.hosted.sweep(Duration::from_secs(3600)).await.unwrap().files, 1);
    assert_eq!(stage.n_files(), before);
}

/// A GIF of so many frames, each as large as the whole.
fn gif(width: u16, height: u16, n_frames: usize) -> Vec<u8> {
    let ([w0, w1], [h0, h1]) = (width.to_le_bytes(), height.to_le_bytes());
    let mut file = [b"GIF89a".as_slice(), &[w0, w1, h0, h1, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]].concat();
    for _ in 0..n_frames {
        // One pixel, and the end: what is not drawn stays.
        file.extend([0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
    }
    file.push(0x3b);
    file
}

async fn taken_ids(stage: &Stage) {
    let account = stage.account().await;
    let first = stage.upload(&account, custom("a/b")).await.unwrap();
    let before = stage.n_files();
    assert!(matches!(stage.upload(&account, custom("a/b")).await, Err(HostedError::ImageExists { .. })));
    assert_eq!((stage.n_files(), stage.hosted.count(&account).await.unwrap()), (before, 1));
    assert_eq!(stage.hosted.image(&account, "a/b").await.unwrap(), first);
    let many = join_all((0..8).map(|_| stage.upload(&account, custom("same")))).await;
    assert_eq!(many.iter().filter(|result| result.is_ok()).count(), 1, "{many:?}");
    assert_eq!((stage.n_files(), stage.hosted.count(&account).await.unwrap()), (before + 1, 2));
    // Who deletes one and who uploads one again do not wait for each other in a circle.
    let change = async |number: usize| {
        for _ in 0..8 {
            let changed = match number % 2 {
                0 => stage.hosted.delete(&account, "same").await.map(drop),
                _ => stage.upload(&account, custom("same")).await.map(drop),
            };
            let is_told = matches!(changed, Err(HostedError::NoImage { .. } | HostedError::ImageExists { .. }));
            assert!(changed.is_ok() || is_told, "{changed:?}");
        }
    };
    join_all((0..8).map(change)).await;
    let is_there = stage.hosted.image(&account, "same").await.is_ok();
    assert_eq!(stage.hosted.count(&account).await.unwrap(), 1 + u64::from(is_there));
}

async fn separate_accounts(stage: &Stage) {
    let (one, other) = (stage.account().await, stage.account().await);
    let image = stage.upload(&one, custom("mine")).await.unwrap();
    assert!(matches!(stage.hosted.image(&other, "mine").await, Err(HostedError::NoImage { .. })));
    assert!(matches!(stage.hosted.delete(&other, "mine").await, Err(HostedError::NoImage { .. })));
    assert!(matches!(stage.hosted.patch(&other, "mine", Patch::default()).await, Err(HostedError::NoImage { .. })));
    assert_eq!(stage.hosted.list(&other, &Query::default(), None).await.unwrap().images, []);
    stage.upload(&other, custom("mine")).await.unwrap();
    assert_eq!(stage.hosted.image(&one, "mine").await.unwrap(), image);
}

async fn patches(stage: &Stage) {
    let account = stage.account().await;
    let image = stage.upload(&account, with_metadata(r#"{"a":1,"b":2}"#)).await.unwrap();
    let patch = |patch| stage.hosted.patch(&account, &image.id, patch);
    let metadata = Some(Some(Metadata::parse(r#"{"c":3}"#).unwrap()));
    let creator = Some(Some("me".to_owned()));
    let changed = patch(Patch { metadata, creator, ..Patch::default() }).await.unwrap();
    assert_eq!((&changed.id, changed.creator.as_deref()), (&image.id, Some("me")));
    assert_eq!(changed.metadata_json().unwrap().to_string(), r#"{"c":3}"#, "replaced as a whole");
    assert_eq!(patch(Patch::default()).await.unwrap(), changed);
    let same = patch(Patch { require_signed_urls: Some(false), ..Patch::default() }).await.unwrap();
    assert_eq!(same, changed, "no change");
    let cleared = patch(Patch { metadata: Some(None), creator: Some(None), ..Patch::default() }).await.unwrap();
    assert_eq!((&cleared.metadata, &cleared.creator), (&None, &None));
    let private = patch(Patch { require_signed_urls: Some(true), ..Patch::default() }).await.unwrap();
    assert!(private.require_signed_urls && private.id != image.id);
    assert_eq!(private.content, image.content);
    assert!(matches!(stage.hosted.image(&account, &image.id).await, Err(HostedError::NoImage { .. })));
    assert_eq!(stage.hosted.count(&account).await.unwrap(), 1);

    stage.upload(&account, custom("public")).await.unwrap();
    let private = Patch { require_signed_urls: Some(true), creator: Some(Some("x".to_owned())), ..Patch::default() };
    let error = stage.hosted.patch(&account, "public", private).await.unwrap_err();
    assert!(matches!(error, HostedError::CustomPrivate { .. }), "{error}");
    assert_eq!(stage.hosted.image(&account, "public").await.unwrap().creator, None, "all or nothing");
}

async fn deletes(stage: &Stage) {
    let account = stage.account().await;
    let before = stage.n_files();
    let image = stage.upload(&account, custom("gone")).await.unwrap();
    assert_eq!(stage.n_files(), before + 1);
    assert_eq!(stage.hosted.delete(&account, "gone").await.unwrap(), image.content);
    assert_eq!(stage.n_files(), before);
    assert!(matches!(stage.hosted.delete(&account, "gone").await, Err(HostedError::NoImage { .. })));
    assert_eq!(stage.hosted.count(&account).await.unwrap(), 0);
    // The id is free at once.
    stage.upload(&account, custom("gone")).await.unwrap();
}

async fn ids(stage: &Stage, account: &AccountId, query: &Query) -> Vec<String> {
    pages(stage, account, query).await.concat()
}

async fn pages(stage: &Stage, account: &AccountId, query: &Query) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = stage.hosted.list(account, query, cursor.as_ref()).await.unwrap();
        assert!(page.images.len() <= query.per_page as usize);
        pages.push(page.images.into_iter().map(|image| image.id).collect());
        match page.next {
            Some(next) => cursor = Some(Cursor::parse(&next.to_token()).unwrap()),
            None => return pages,
        }
    }
}

async fn lists(stage: &Stage) {
    let account = stage.account().await;
    for number in 0..7 {
        let creator = ["", "me", "you"][number % 3];
        let new = NewImage { creator: Some(creator.to_owned()), ..custom(&format!("{number}")) };
        stage.upload(&account, new).await.unwrap();
        // Some in one millisecond, most not.
        stage.wait(Duration::from_millis((number % 3 * 50) as u64));
    }
    stage.hosted.announce(&account, custom("draft"), Expiry::Default).await.unwrap();
    let of = |per_page, order, creator| Query { per_page, order, creator, ..Query::default() };
    let all = ids(stage, &account, &of(1000, Order::Descending, Creator::Any)).await;
    assert_eq!(all.len(), 7);
    assert_eq!(all.first().map(String::as_str), Some("6"));
    let up: Vec<_> = all.iter().rev().cloned().collect();
    for per_page in [1, 2, 3, 7] {
        assert_eq!(ids(stage, &account, &of(per_page, Order::Descending, Creator::Any)).await, all);
        assert_eq!(ids(stage, &account, &of(per_page, Order::Ascending, Creator::Any)).await, up);
    }
    for (creator, expected) in [
        (Creator::None, &["6", "3", "0"][..]),
        (Creator::Named("me".to_owned()), &["4", "1"]),
        (Creator::Named("nobody".to_owned()), &[]),
    ] {
        assert_eq!(ids(stage, &account, &of(2, Order::Descending, creator)).await, expected);
    }
    let query = of(3, Order::Descending, Creator::Any);
    let numbered = async |creator, order, per_page, number| {
        let page = NumberedPage { creator, order, per_page, number };
        let images = stage.hosted.list_page(&account, &page).await?;
        Ok(images.into_iter().map(|image| image.id).collect::<Vec<_>>())
    };
    for (number, expected) in [(1, &all[..3]), (3, &all[6..]), (4, &[])] {
        assert_eq!(numbered(Creator::Any, Order::Descending, 3, number).await.unwrap(), expected);
    }
    assert_eq!(numbered(Creator::Any, Order::Ascending, 4, 2).await.unwrap(), &up[4..]);
    assert_eq!(numbered(Creator::None, Order::Descending, 2, 2).await.unwrap(), ["0"]);
    for per_page in [0, 10_001] {
        let query = of(per_page, Order::Descending, Creator::Any);
        assert!(matches!(stage.hosted.list(&account, &query, None).await, Err(HostedError::PageSize { .. })));
        let page = numbered(Creator::Any, Order::Descending, per_page, 1).await;
        assert!(matches!(page, Err(HostedError::PageSize { .. })));
    }
    // The index has only the beginning of long creators.
    let other = stage.account().await;
    let long = |end: &str| "x".repeat(64) + end;
    for end in ["", "a", "b"] {
        stage.upload(&other, NewImage { creator: Some(long(end)), ..custom(&format!("by-{end}")) }).await.unwrap();
    }
    for (end, expected) in [("", &["by-"][..]), ("a", &["by-a"]), ("c", &[])] {
        let creator = Creator::Named(long(end));
        assert_eq!(ids(stage, &other, &of(2, Order::Ascending, creator.clone())).await, expected);
        let page = NumberedPage { creator, order: Order::Ascending, per_page: 2, number: 1 };
        assert_eq!(stage.hosted.list_page(&other, &page).await.unwrap().len(), expected.len());
    }
    // A list goes on where it was, whatever comes in between.
    let page = stage.hosted.list(&account, &query, None).await.unwrap();
    stage.upload(&account, custom("new")).await.unwrap();
    stage.hosted.delete(&account, &all[2]).await.unwrap();
    let page = stage.hosted.list(&account, &query, page.next.as_ref()).await.unwrap();
    assert_eq!(page.images.into_iter().map(|image| image.id).collect::<Vec<_>>(), &all[3..6]);
}

async fn filters(stage: &Stage) {
    let account = stage.account().await;
    for (id, metadata) in [
        ("a", r#"{"kind":"cat","age":3,"at":{"home":true},"size":"10"}"#),
        ("b", r#"{"kind":"dog","age":7.5,"at":{"home":false},"size":10}"#),
        ("c", r#"{"kind":"cat","age":12,"true":"true"}"#),
        ("d", "{}"),
    ] {
        let new = NewImage { metadata: Some(Metadata::parse(metadata).unwrap()), ..custom(id) };
        stage.upload(&account, new).await.unwrap();
        stage.wait(Duration::from_millis(10));
    }
    let table: &[(Asked, &[&str])] = &[
        (&[("kind", "eq", "cat")], &["a", "c"]),
        (&[("kind", "in", "dog|bird")], &["b"]),
        (&[("kind", "in:string", "dog|cat")], &["a", "b", "c"]),
        (&[("age", "gt", "3")], &["b", "c"]),
        (&[("age", "gte:number", "3")], &["a", "b", "c"]),
        (&[("age", "lt", "7.5")], &["a"]),
        (&[("age", "lte", "7.5"), ("age", "gt", "3")], &["b"]),
        (&[("age", "gt", "7"), ("age", "lt", "5")], &[]),
        (&[("size", "eq", "10")], &["a", "b"]),
        (&[("size", "eq:string", "10")], &["a"]),
        (&[("size", "eq:number", "10")], &["b"]),
        (&[("size", "in:number", "9|10.0")], &["b"]),
        (&[("size", "gt", "9")], &["b"]),
        (&[("at.home", "eq:boolean", "true")], &["a"]),
        (&[("at.home", "eq", "false")], &["b"]),
        (&[("true", "eq:boolean", "true")], &[]),
        (&[("kind", "eq", "cat"), ("age", "gt", "5")], &["c"]),
        (&[("none", "eq", "cat")], &[]),
        (&[("kind", "eq", "' OR 1=1 --")], &[]),
    ];
    for (filters, expected) in table {
        let filters = filters.iter().map(|(path, operator, value)| Filter::parse(path, operator, value).unwrap());
        let query = Query { filters: filters.collect(), order: Order::Ascending, ..Query::default() };
        assert_eq!(&ids(stage, &account, &query).await, expected, "{query:?}");
    }
    let metadata = Some(Some(Metadata::parse(r#"{"kind":"bird"}"#).unwrap()));
    stage.hosted.patch(&account, "a", Patch { metadata, ..Patch::default() }).await.unwrap();
    let query = |value| Query { filters: vec![Filter::parse("kind", "eq", value).unwrap()], ..Query::default() };
    assert_eq!(ids(stage, &account, &query("bird")).await, ["a"]);
    assert_eq!(ids(stage, &account, &query("cat")).await, ["c"]);
    let many = Query { filters: vec![Filter::parse("kind", "eq", "x").unwrap(); 6], ..Query::default() };
    assert!(matches!(stage.hosted.list(&account, &many, None).await, Err(HostedError::Filter(_))));
}

async fn words(stage: &Stage) {
    let account = stage.account().await;
    for (id, filename) in [("shop/Cat_1", Some("IMG 100%.PNG")), ("dog", None), ("a!b", Some("cats.webp"))] {
        let new = NewImage { filename: filename.map(str::to_owned), ..custom(id) };
        stage.upload(&account, new).await.unwrap();
        stage.wait(Duration::from_millis(5));
    }
    let found = async |words: &str| {
        let query = Query { words: words.to_owned(), per_page: 1, ..Query::default() };
        ids(stage, &account, &query).await
    };
    for (words, expected) in [
        ("", &["a!b", "dog", "shop/Cat_1"][..]),
        ("CAT", &["a!b", "shop/Cat_1"]),
        ("cat_", &["shop/Cat_1"]),
        ("100%", &["shop/Cat_1"]),
        ("%", &["shop/Cat_1"]),
        ("!", &["a!b"]),
        ("o%g", &[]),
        ("'; --", &[]),
    ] {
        assert_eq!(found(words).await, expected, "{words:?}");
    }
    let long = Query { words: "x".repeat(1025), ..Query::default() };
    assert!(matches!(stage.hosted.list(&account, &long, None).await, Err(HostedError::LongText { .. })));
}

/// Pages of a list with conditions end after so many images, full or not; tokens lead to every image once.
async fn parts(stage: &Stage) {
    const PART: u64 = LOOKED_AT as u64;
    const N: u64 = 3 * PART;
    let account = stage.account().await;
    let write = async |numbers| write_images(&stage.settings.database, account.as_str(), numbers).await;
    write(0..N).await;
    let half = N / 2;
    let is_pet = |n: u64| ["cat", "dog"].contains(&image_kind(n));
    let filter = |path, operator, value: &str| Filter::parse(path, operator, value).unwrap();
    let number = |operator, n: u64| filter("number", operator, &n.to_string());
    let pets = || filter("kind", "in", "cat|dog");
    let with = |filters, words: &str| Query { filters, words: words.to_owned(), per_page: 500, ..Query::default() };
    let creator = Creator::Named("user 7".to_owned());
    // Which are to be found, and whether, newest first, a page has none on the way there.
    type Found<'a> = &'a (dyn Fn(u64) -> bool + Sync);
    let old = with(vec![pets(), number("lt", half)], "");
    let of_user_7 = |query| Query { creator: creator.clone(), ..query };
    let table: [(Query, Found, bool); 12] = [
        (old.clone(), &|n| is_pet(n) && n < half, true),
        (with(vec![pets(), number("gte", half)], ""), &|n| is_pet(n) && n >= half, false),
        (with(vec![number("lt", half)], "PHOTO 1"), &|n| n < half && begins(n, "1"), true),
        (with(vec![], "photo 44"), &|n| begins(n, "44"), true),
        (with(vec![], "nowhere"), &|_| false, true),
        (with(vec![], "albums"), &|_| true, false),
        (of_user_7(with(vec![], "photo 8")), &|n| n % 10 == 7 && begins(n, "8"), false),
        (Query { per_page: 10_000, ..with(vec![], "photo 44") }, &|n| begins(n, "44"), false),
        // A filter that few fit finds them at once.
        (with(vec![pets(), number("lt", PART)], ""), &|n| is_pet(n) && n < PART, false),
        (with(vec![number("lt", PART)], "photo 2"), &|n| n < PART && begins(n, "2"), false),
        (of_user_7(with(vec![number("lt", 30)], "")), &|n| [17, 27].contains(&n), false),
        (with(vec![filter("number", "in", "5|1|5.0|9000000")], ""), &|n| [1, 5].contains(&n), false),
    ];
    for (query, found, has_empty) in table {
        for order in [Order::Ascending, Order::Descending] {
            let mut expected: Vec<_> = (0..N).filter(|n| found(*n)).map(image_id).collect();
            if order == Order::Descending {
                expected.reverse();
            }
            let query = Query { order, ..query.clone() };
            let pages = pages(stage, &account, &query).await;
            assert!(pages.concat() == expected, "{query:?}: {} of {}", pages.concat().len(), expected.len());
            let before_the_end = &pages[..pages.len() - 1];
            if order == Order::Descending {
                assert_eq!(before_the_end.iter().any(Vec::is_empty), has_empty, "{query:?}");
            }
        }
    }
    // Those with which the looking ends, and begins again.
    for n in [PART - 1, PART, N - PART - 1, N - PART] {
        for order in [Order::Ascending, Order::Descending] {
            let query = Query { order, ..with(vec![], &format!("photo {n}.jpg")) };
            assert_eq!(ids(stage, &account, &query).await, [image_id(n)]);
        }
    }
    // Where the looking ends with the images there is no token.
    assert_eq!(pages(stage, &account, &with(vec![], "nowhere")).await.len() as u64, N / PART);
    // Tokens tell places, whatever was there and whatever comes and goes.
    let page = stage.hosted.list(&account, &old, None).await.unwrap();
    assert!(page.images.is_empty());
    let last =
        stage.hosted.list(&account, &Query { per_page: LOOKED_AT, ..Query::default() }, None).await.unwrap().next;
    assert_eq!(page.next, last);
    for gone in [N - PART, half - 4] {
        stage.hosted.delete(&account, &image_id(gone)).await.unwrap();
    }
    write(N..N + 1).await;
    let (mut cursor, mut rest) = (page.next, Vec::new());
    while cursor.is_some() {
        let page = stage.hosted.list(&account, &old, cursor.as_ref()).await.unwrap();
        rest.extend(page.images.into_iter().map(|image| image.id));
        cursor = page.next;
    }
    let expected: Vec<_> = (0..half).rev().filter(|n| is_pet(*n) && *n != half - 4).map(image_id).collect();
    assert!(rest == expected, "{} of {}", rest.len(), expected.len());
}

/// Whether the image's number begins so.
fn begins(n: u64, digits: &str) -> bool {
    n.to_string().starts_with(digits)
}

async fn direct_uploads(stage: &Stage) {
    let account = stage.account().await;
    let announce = |new, expiry| stage.hosted.announce(&account, new, expiry);
    let draft = announce(with_metadata(r#"{"k":"v"}"#), Expiry::Default).await.unwrap();
    assert_eq!(draft.content, None);
    assert_eq!(stage.hosted.draft(&account, &draft.id).await.unwrap(), draft);
    assert_eq!(stage.hosted.image(&account, &draft.id).await.unwrap(), draft);
    assert!(matches!(
        stage.hosted.patch(&account, &draft.id, Patch::default()).await,
        Err(HostedError::NoImage { .. })
    ));
    let received = stage.hosted.receive(body(&picture(5, 5), 50)).await.unwrap();
    let image = stage.hosted.publish_draft(&account, &draft.id, received, Some("a.png")).await.unwrap();
    assert_eq!((image.id.as_str(), image.filename.as_deref()), (draft.id.as_str(), Some("a.png")));
    assert!(image.content.is_some() && image.uploaded >= draft.uploaded);
    let query = Query { filters: vec![Filter::parse("k", "eq", "v").unwrap()], ..Query::default() };
    assert_eq!(ids(stage, &account, &query).await, [draft.id.as_str()]);
    assert!(matches!(stage.hosted.draft(&account, &draft.id).await, Err(HostedError::NoImage { .. })), "once");

    let soon = |minutes: u64| Expiry::At(stage.hosted.now().after(Duration::from_secs(minutes * 60)));
    for (minutes, good) in [(1, false), (2, true), (360, true), (361, false)] {
        let announced = announce(NewImage::default(), soon(minutes)).await;
        assert_eq!(announced.is_ok(), good, "{minutes} minutes");
    }
    assert!(matches!(announce(custom("x"), Expiry::At(stage.hosted.now())).await, Err(HostedError::Expiry)));
    announce(custom("x"), soon(2)).await.unwrap();
    assert!(matches!(announce(custom("x"), soon(2)).await, Err(HostedError::ImageExists { .. })));
    assert!(matches!(stage.upload(&account, custom("x")).await, Err(HostedError::ImageExists { .. })));
    let before = stage.n_files();
    let received = stage.hosted.receive(body(&picture(5, 5), 50)).await.unwrap();
    stage.wait(Duration::from_secs(121));
    assert!(matches!(stage.hosted.draft(&account, "x").await, Err(HostedError::NoImage { .. })), "too late");
    let late = stage.hosted.publish_draft(&account, "x", received, None).await;
    assert!(matches!(late, Err(HostedError::NoImage { .. })));
    assert_eq!(stage.n_files(), before);
    // Nobody came: the id is free again.
    stage.upload(&account, custom("x")).await.unwrap();
    announce(custom("y"), soon(2)).await.unwrap();
    stage.wait(LONG);
    assert!(stage.hosted.sweep(Duration::from_secs(3600)).await.unwrap().drafts >= 1);
    assert!(matches!(stage.hosted.image(&account, "y").await, Err(HostedError::NoImage { .. })));
    stage.hosted.delete(&account, "x").await.unwrap();
}

async fn races(stage: &Stage) {
    let account = stage.account().await;
    let draft = stage.hosted.announce(&account, NewImage::default(), Expiry::Default).await.unwrap();
    let before = stage.n_files();
    let uploads = join_all((0..6).map(|_| async {
        let received = stage.hosted.receive(body(&picture(5, 5), 50)).await.unwrap();
        stage.hosted.publish_draft(&account, &draft.id, received, None).await
    }));
    let published: Vec<_> = uploads.await.into_iter().filter_map(Result::ok).collect();
    assert_eq!(published.len(), 1);
    assert_eq!(stage.hosted.image(&account, &draft.id).await.unwrap(), published[0]);
    assert_eq!((stage.n_files(), stage.hosted.count(&account).await.unwrap()), (before + 1, 1));
    let deleted = join_all((0..6).map(|_| stage.hosted.delete(&account, &draft.id))).await;
    assert_eq!(deleted.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!((stage.n_files(), stage.hosted.count(&account).await.unwrap()), (before, 0));
}

async fn sweeper(stage: &Stage) {
    let account = stage.account().await;
    let hour = Duration::from_secs(3600);
    stage.wait(LONG);
    stage.hosted.sweep(hour).await.unwrap();
    let image = stage.upload(&account, NewImage::default()).await.unwrap();
    let (before, file) = (stage.n_files(), image.content.as_ref().unwrap().blob.clone());
    // An upload that is still in time is left alone, and one that is not cannot be published any more.
    let received = stage.hosted.receive(body(&picture(5, 5), 50)).await.unwrap();
    assert_eq!(stage.hosted.sweep(hour).await.unwrap(), Swept::default());
    stage.wait(LONG);
    let swept = stage.hosted.sweep(hour).await.unwrap();
    assert_eq!(swept, Swept { drafts: 0, files: 1, strays: 0 });
    let late = stage.hosted.publish(&account, received, NewImage::default()).await;
    assert!(matches!(late, Err(HostedError::Abandoned)), "{late:?}");
    assert_eq!((stage.n_files(), stage.hosted.count(&account).await.unwrap()), (before, 1));
    // What nobody knows goes, and what somebody knows stays.
    let folder = stage.files.join(&file[..2]);
    let stray = stage.files.join("00");
    fs::create_dir_all(&stray).unwrap();
    fs::copy(folder.join(&file), stray.join("0".repeat(32))).unwrap();
    let strays = if stage.settings.blobs.starts_with("s3:") {
        1
    } else {
        fs::write(folder.join(format!("{file}#1")), b"half").unwrap();
        2
    };
    // What is called otherwise is somebody else's, who has the same folder or bucket.
    let others = ["notes.txt", "0123456789abcdef", "draft#1"].map(|name| stray.join(name));
    others.iter().for_each(|path| fs::write(path, b"theirs").unwrap());
    let elsewhere = stray.join("f".repeat(32));
    fs::write(&elsewhere, b"theirs").unwrap();
    stage.wait(LONG);
    assert_eq!(stage.hosted.sweep(hour).await.unwrap(), Swept { drafts: 0, files: 0, strays });
    for path in others.iter().chain([&elsewhere]) {
        fs::remove_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    assert_eq!(stage.n_files(), before);
    assert!(bytes_of(stage, &image).await.starts_with(b"\x89PNG"));
    assert_eq!(stage.hosted.sweep(hour).await.unwrap(), Swept::default());
    assert_eq!(stage.hosted.files().await.unwrap().len(), before);
}

async fn full_accounts(stage: &Stage) {
    let account = stage.account().await;
    let mut settings = stage.settings.clone();
    settings.limits.images = 2;
    let hosted = Hosted::open(&settings).await.unwrap();
    let upload = async || {
        let received = hosted.receive(body(&picture(5, 5), 50)).await.unwrap();
        hosted.publish(&account, received, NewImage::default()).await
    };
    let first = upload().await.unwrap();
    upload().await.unwrap();
    let before = stage.n_files();
    assert!(matches!(upload().await, Err(HostedError::ManyImages { limit: 2 })));
    assert_eq!((stage.n_files(), hosted.count(&account).await.unwrap()), (before, 2));
    hosted.delete(&account, &first.id).await.unwrap();
    upload().await.unwrap();
}

async fn variants(stage: &Stage) {
    let account = stage.account().await;
    let new = |id: &str, width: u32| {
        Variant::new(id, Map::from_iter([("width".to_owned(), width.into())]), width % 2 == 1).unwrap()
    };
    let all = stage.hosted.variants(&account).await.unwrap();
    assert_eq!(all.iter().map(Variant::id).collect::<Vec<_>>(), ["public"]);
    assert!(!all[0].never_requires_signed_urls());
    let hero = new("hero", 101);
    stage.hosted.create_variant(&account, &hero).await.unwrap();
    assert_eq!(stage.hosted.variant(&account, "hero").await.unwrap(), hero);
    let again = stage.hosted.create_variant(&account, &new("hero", 2)).await;
    assert!(matches!(again, Err(HostedError::VariantExists { .. })));
    // Each says one thing; neither undoes the other's.
    let wide = VariantPatch { options: Some(new("hero", 200).options().clone()), ..VariantPatch::default() };
    let signed = VariantPatch { never_require_signed_urls: Some(false), ..VariantPatch::default() };
    let (wide, signed) = join(
        stage.hosted.change_variant(&account, "hero", wide),
        stage.hosted.change_variant(&account, "hero", signed),
    )
    .await;
    wide.unwrap();
    signed.unwrap();
    assert_eq!(stage.hosted.variant(&account, "hero").await.unwrap(), new("hero", 200));
    for nobody in ["nobody", "he\0ro"] {
        let missing = stage.hosted.change_variant(&account, nobody, VariantPatch::default()).await;
        assert!(matches!(missing, Err(HostedError::NoVariant { .. })));
    }
    let bad =
        VariantPatch { options: Some(Map::from_iter([("width".to_owned(), "x".into())])), ..VariantPatch::default() };
    assert!(matches!(stage.hosted.change_variant(&account, "hero", bad).await, Err(HostedError::Variant(_))));
    stage.hosted.delete_variant(&account, "hero").await.unwrap();
    assert!(matches!(stage.hosted.delete_variant(&account, "hero").await, Err(HostedError::NoVariant { .. })));
    assert!(matches!(stage.hosted.variant(&account, "he\0ro").await, Err(HostedError::NoVariant { .. })));
    for number in 1..MAX_VARIANTS {
        stage.hosted.create_variant(&account, &new(&format!("v{number}"), 10)).await.unwrap();
    }
    let many = stage.hosted.create_variant(&account, &new("one-more", 10)).await;
    assert!(matches!(many, Err(HostedError::ManyVariants)));
    assert_eq!(stage.hosted.variants(&account).await.unwrap().len(), MAX_VARIANTS);
}

async fn keys(stage: &Stage) {
    let account = stage.account().await;
    let names = |keys: &[tintype_hosted::Key]| keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>();
    let first = stage.hosted.keys(&account).await.unwrap();
    assert_eq!(names(&first), ["default"]);
    stage.wait(Duration::from_millis(5));
    let two = stage.hosted.put_key(&account, "web").await.unwrap();
    assert_eq!((names(&two), &two[0]), (vec!["default".to_owned(), "web".to_owned()], &first[0]));
    assert_ne!(two[0].value, two[1].value);
    assert_eq!(stage.hosted.put_key(&account, "web").await.unwrap(), two, "it stays as it is");
    for name in ["", "a b", &"x".repeat(21), "ü"] {
        assert!(matches!(stage.hosted.put_key(&account, name).await, Err(HostedError::KeyName { .. })), "{name}");
    }
    assert_eq!(stage.hosted.delete_key(&account, "default").await.unwrap(), two[1..]);
    assert!(matches!(stage.hosted.delete_key(&account, "default").await, Err(HostedError::NoKey { .. })));
    let left = stage.hosted.delete_key(&account, "web").await.unwrap();
    assert_eq!(names(&left), ["default"], "there is always one");
    assert_ne!(left[0].value, first[0].value);
    assert_eq!(stage.hosted.keys(&account).await.unwrap(), left);
    for number in 1..MAX_KEYS {
        stage.hosted.put_key(&account, &format!("k{number}")).await.unwrap();
    }
    assert!(matches!(stage.hosted.put_key(&account, "more").await, Err(HostedError::ManyKeys)));
    assert_eq!(stage.hosted.keys(&account).await.unwrap().len(), MAX_KEYS);
    // Of many that come at once, no more get in, and the last to go is replaced.
    stage.hosted.delete_key(&account, "k1").await.unwrap();
    let coming: Vec<_> = (0..8).map(|number| format!("m{number}")).collect();
    let put = join_all(coming.iter().map(|name| stage.hosted.put_key(&account, name))).await;
    assert_eq!(put.iter().filter(|result| result.is_ok()).count(), 1, "{put:?}");
    let going = names(&stage.hosted.keys(&account).await.unwrap());
    assert_eq!(going.len(), MAX_KEYS);
    join_all(going.iter().map(|name| stage.hosted.delete_key(&account, name))).await;
    assert_eq!(names(&stage.hosted.keys(&account).await.unwrap()), ["default"]);
}

async fn tokens(stage: &Stage) {
    let account = stage.account().await;
    let (token, secret) = stage.hosted.create_token(&account, "laptop").await.unwrap();
    let grant = stage.hosted.authenticate(&secret).await.unwrap().unwrap();
    assert_eq!((&grant.account, grant.scope, &grant.token), (&account, Scope::Api, &token.id));
    for wrong in ["", "tt_", &secret[..secret.len() - 1], &secret.to_uppercase(), &token.id] {
        assert_eq!(stage.hosted.authenticate(wrong).await.unwrap(), None, "{wrong}");
    }
    let names: Vec<_> = stage.hosted.tokens(&account).await.unwrap().into_iter().map(|token| token.name).collect();
    assert_eq!(names, ["first", "laptop"]);
    let (batch, expires) = stage.hosted.create_batch_token(&account).await.unwrap();
    assert_eq!(stage.hosted.authenticate(&batch).await.unwrap().unwrap().scope, Scope::Batch);
    assert_eq!(stage.hosted.tokens(&account).await.unwrap().len(), 2, "batch tokens end by themselves");
    assert!(expires > stage.hosted.now());
    stage.wait(LONG + Duration::from_secs(1));
    assert_eq!(stage.hosted.authenticate(&batch).await.unwrap(), None);
    let other = stage.account().await;
    assert!(matches!(stage.hosted.revoke_token(&other, &token.id).await, Err(HostedError::NoToken { .. })));
    stage.hosted.revoke_token(&account, &token.id).await.unwrap();
    assert_eq!(stage.hosted.authenticate(&secret).await.unwrap(), None);
    assert!(matches!(stage.hosted.revoke_token(&account, &token.id).await, Err(HostedError::NoToken { .. })));
    let nobody = AccountId::parse(&"f".repeat(32)).unwrap();
    assert!(matches!(stage.hosted.create_token(&nobody, "x").await, Err(HostedError::NoAccount { .. })));
}

async fn preferences(stage: &Stage) {
    let id = stage.account().await;
    let account = stage.hosted.account(&id).await.unwrap();
    let expected =
        Preferences { flexible_variants: false, browser_ttl_s: 172_800, preserve_content_credentials: false };
    assert_eq!((account.preferences, account.hash.len()), (expected, 22));
    assert_eq!(stage.hosted.account_of_hash(&account.hash).await.unwrap(), account);
    assert!(matches!(stage.hosted.account_of_hash(id.as_str()).await, Err(HostedError::NoAccount { .. })));
    let changed = Preferences { flexible_variants: true, browser_ttl_s: 3600, preserve_content_credentials: true };
    let flexible = PreferencesPatch { flexible_variants: Some(true), ..PreferencesPatch::default() };
    let rest = PreferencesPatch {
        browser_ttl_s: Some(3600),
        preserve_content_credentials: Some(true),
        ..PreferencesPatch::default()
    };
    let both = join(stage.hosted.change_preferences(&id, flexible), stage.hosted.change_preferences(&id, rest)).await;
    both.0.unwrap();
    both.1.unwrap();
    assert_eq!(stage.hosted.account(&id).await.unwrap().preferences, changed);
    for browser_ttl_s in [3599, 31_536_001, -1] {
        let patch = PreferencesPatch { browser_ttl_s: Some(browser_ttl_s), ..PreferencesPatch::default() };
        let error = stage.hosted.change_preferences(&id, patch).await;
        assert!(matches!(error, Err(HostedError::BrowserTtl { .. })), "{browser_ttl_s}");
    }
}

async fn first_accounts(stage: &Stage) {
    // Others were first here.
    let found = stage.hosted.first_account(None, None).await.unwrap();
    assert_eq!((stage.hosted.account(&found.id).await.unwrap().id, found.token), (found.id, None));
    let id = AccountId::parse(&"AB".repeat(16)).unwrap();
    assert_eq!(id.as_str(), "ab".repeat(16));
    let first = stage.hosted.first_account(Some(&id), None).await.unwrap();
    let secret = first.token.expect("it was made now");
    assert_eq!(stage.hosted.authenticate(&secret).await.unwrap().unwrap().account, id);
    assert_eq!(stage.hosted.first_account(Some(&id), None).await.unwrap().token, None, "told once");
    // A token of the configuration is good until the configuration has another.
    for (token, other) in [("one", "two"), ("two", "one"), ("two", "one")] {
        assert_eq!(stage.hosted.first_account(Some(&id), Some(token)).await.unwrap().token, None);
        assert!(stage.hosted.authenticate(token).await.unwrap().is_some());
        assert!(stage.hosted.authenticate(other).await.unwrap().is_none());
    }
    assert!(stage.hosted.authenticate(&secret).await.unwrap().is_some());
    for bad in ["", "xyz", &"0".repeat(31), &"g".repeat(32)] {
        assert!(AccountId::parse(bad).is_err());
    }
}

async fn processes(stage: &Stage) {
    let account = stage.account().await;
    let other = Hosted::open(&stage.settings).await.unwrap();
    let uploads = (0..20).map(|number| {
        let (hosted, account) = (if number % 2 == 0 { &stage.hosted } else { &other }, &account);
        async move {
            let received = hosted.receive(body(&picture(5, 5), 50)).await.unwrap();
            hosted.publish(account, received, NewImage::default()).await.unwrap()
        }
    });
    let images = join_all(uploads).await;
    for image in &images {
        assert_eq!(other.image(&account, &image.id).await.unwrap(), *image);
    }
    assert_eq!(other.count(&account).await.unwrap(), 20);
}

async fn messages(stage: &Stage) {
    let (hosted, account) = (&stage.hosted, stage.account().await);
    let minute = Duration::from_secs(60);
    let take = async || hosted.due_messages(minute, 10).await.unwrap();
    // What other cases have left.
    for message in take().await {
        hosted.forget_message(&message).await.unwrap();
    }
    let draft = hosted.announce(&account, with_metadata(r#"{"a":1}"#), Expiry::Default).await.unwrap();
    hosted.tell_failure(&account, &draft, 5455, "no picture").await.unwrap();
    hosted.tell_failure(&account, &draft, 5413, "too large").await.unwrap();
    let [failed] = take().await.try_into().unwrap();
    assert!(failed.body.contains("image.upload_failed") && failed.body.contains("5413"), "{}", failed.body);
    let received = hosted.receive(body(&picture(20, 10), 100)).await.unwrap();
    hosted.publish_draft(&account, &draft.id, received, None).await.unwrap();
    // Who takes messages out has them for a while; then, if nothing was said, they are anybody's.
    let [uploaded] = take().await.try_into().unwrap();
    assert!(uploaded.body.contains("image.uploaded") && uploaded.body.contains(&draft.id), "{}", uploaded.body);
    assert_eq!((uploaded.attempt, take().await), (1, Vec::new()));
    let other = Hosted::open(&stage.settings).await.unwrap();
    assert_eq!(other.due_messages(minute, 10).await.unwrap(), []);
    stage.wait(minute * 2);
    let again = take().await;
    assert_eq!(again.iter().map(|message| message.attempt).collect::<Vec<_>>(), [2, 2]);
    let uploaded = again.into_iter().find(|message| message.id == uploaded.id).unwrap();
    hosted.forget_message(&failed).await.unwrap();
    hosted.postpone_message(&uploaded, minute * 5).await.unwrap();
    stage.wait(minute * 4);
    assert_eq!(take().await, []);
    stage.wait(minute * 2);
    // Of several who come together one has it.
    let all = join_all((0..4).map(|_| take())).await.concat();
    assert_eq!(all.iter().map(|message| (&message.id, message.attempt)).collect::<Vec<_>>(), [(&uploaded.id, 3)]);
    hosted.forget_message(&uploaded).await.unwrap();
    stage.wait(minute * 2);
    assert_eq!(take().await, []);
    // A message that says something else by now is not forgotten.
    let draft = hosted.announce(&account, NewImage::default(), Expiry::Default).await.unwrap();
    hosted.tell_failure(&account, &draft, 5455, "first").await.unwrap();
    let [first] = take().await.try_into().unwrap();
    hosted.tell_failure(&account, &draft, 5455, "second").await.unwrap();
    hosted.forget_message(&first).await.unwrap();
    stage.wait(minute * 2);
    let [second] = take().await.try_into().unwrap();
    assert!(second.body.contains("second"));
    hosted.forget_message(&second).await.unwrap();
}

async fn replaced(stage: &Stage) {
    let (hosted, account) = (&stage.hosted, stage.account().await);
    let upload = async |id: &str, if_taken| {
        let received = hosted.receive_whole(picture(20, 10)).await.unwrap();
        hosted.publish_as(&account, received, custom(id), if_taken).await
    };
    let n_files = stage.n_files();
    let first = upload("a/b", IfTaken::Replace).await.unwrap();
    assert!(matches!(upload("a/b", IfTaken::Refuse).await, Err(HostedError::ImageExists { .. })));
    let second = upload("a/b", IfTaken::Replace).await.unwrap();
    assert_eq!(hosted.image(&account, "a/b").await.unwrap(), second);
    assert_ne!(first.content.as_ref().unwrap().blob, second.content.as_ref().unwrap().blob);
    let bytes = bytes_of(stage, &second).await;
    assert!(second.content.as_ref().unwrap().holds(&bytes) && !first.content.unwrap().holds(&bytes));
    assert_eq!((hosted.count(&account).await.unwrap(), stage.n_files()), (1, n_files + 1));
    // A draft makes room, too, and ids of ours come back.
    let draft = hosted.announce(&account, custom("draft"), Expiry::Default).await.unwrap();
    upload(&draft.id, IfTaken::Replace).await.unwrap();
    let uuid = tintype_hosted::ImageId::restored("083eb7b2-5392-4565-b69e-aff66acddd00").unwrap();
    let new = NewImage { id: Some(uuid), require_signed_urls: true, ..NewImage::default() };
    let image = stage.upload(&account, new).await.unwrap();
    assert_eq!((image.id.as_str(), image.require_signed_urls), ("083eb7b2-5392-4565-b69e-aff66acddd00", true));
    assert_eq!(hosted.count(&account).await.unwrap(), 3);
    // So do times that are over, and no others.
    let now = hosted.now();
    for (uploaded, expected) in
        [(Timestamp(1000), Timestamp(1000)..=Timestamp(1000)), (Timestamp(i64::MAX), now..=now.after(LONG))]
    {
        let image = stage.upload(&account, NewImage { uploaded: Some(uploaded), ..NewImage::default() }).await.unwrap();
        assert!(expected.contains(&image.uploaded), "{image:?}");
        assert_eq!(hosted.image(&account, &image.id).await.unwrap(), image);
    }
}

/// Sums of images and bytes by variant, of the days there may be: not all processes of a test have the same clock.
async fn delivered(hosted: &Hosted, account: &AccountId, last: Day) -> BTreeMap<Option<String>, (u64, u64)> {
    let mut sums = BTreeMap::new();
    for Delivered { variant, images, bytes, .. } in hosted.deliveries(account, last.before(300), last).await.unwrap() {
        let sum: &mut (u64, u64) = sums.entry(variant).or_default();
        *sum = (sum.0 + images, sum.1 + bytes);
    }
    sums
}

async fn deliveries(stage: &Stage) {
    let (account, other) = (stage.account().await, stage.account().await);
    let today = Day::of(stage.hosted.now());
    for n_bytes in [100, 200] {
        stage.hosted.count_delivery(&account, Some("public"), n_bytes);
    }
    stage.hosted.count_delivery(&account, None, 7);
    // Nobody waits for the database; of another process it is known what it has written.
    let process = Hosted::open(&stage.settings).await.unwrap();
    assert_eq!(delivered(&process, &account, today).await, BTreeMap::new());
    stage.hosted.write_deliveries().await.unwrap();
    process.count_delivery(&account, Some("public"), 1);
    process.count_delivery(&other, Some("public"), 5000);
    let expected = BTreeMap::from([(None, (1, 7)), (Some("public".to_owned()), (3, 301))]);
    assert_eq!(delivered(&process, &account, today).await, expected);
    assert_eq!(delivered(&stage.hosted, &account, today).await, expected);
    // More than one statement takes; and by day.
    for number in 0..1500 {
        stage.hosted.count_delivery(&account, Some(&format!("v{number}")), 1);
    }
    let rows = stage.hosted.deliveries(&account, today, today).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.variant.as_ref().is_some_and(|name| name.starts_with('v'))).count(), 1500);
    assert!(rows.iter().all(|row| row.day == today));
    // Who asks, and goes away before the database has answered, takes nothing along.
    stage.hosted.count_delivery(&other, Some("public"), 5000);
    let mut asking = Box::pin(stage.hosted.deliveries(&other, today, today));
    // On a busy machine it may have been answered by then.
    if let Poll::Ready(answered) = asking.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        answered.unwrap();
    }
    drop(asking);
    let expected = BTreeMap::from([(Some("public".to_owned()), (2, 10_000))]);
    assert_eq!(delivered(&stage.hosted, &other, today).await, expected);
    assert_eq!(stage.hosted.deliveries(&account, today.before(700), today.before(350)).await.unwrap(), []);
}
