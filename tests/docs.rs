//! The reference: its pictures through the whole engine, its pages through HTTP.
//!
//! The server has no source of its own here: pages bring their pictures along.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::{Method, StatusCode, header};
use image::RgbaImage;
use tintype::Tintype;
use tintype_options::reference::CHOICES;
use tintype_options::registry::page::Look;
use tintype_options::registry::{OPTIONS, OptionDef};
use tintype_server::Config;
use tintype_testkit::{FakeVision, engine};

use crate::facade::decoded;
use crate::http::{Answer, Server};

fn server(change: impl FnOnce(&mut Config)) -> Option<Server> {
    engine()?;
    // As if models were there and saw what the portrait shows: a face, and who it belongs to.
    let seen = FakeVision {
        faces: vec![[0.36, 0.12, 0.17, 0.24]],
        foreground: Some([0.05, 0.02, 0.66, 0.98]),
        matte_view: (64, 64),
    };
    let engine = Tintype::builder().vision(Arc::new(seen)).build().unwrap();
    Some(Server::with_engine(&engine, &[], |config| {
        config.origins.root = None;
        change(config);
    }))
}

/// Mean difference of samples, in codes, from which on a difference is seen without being searched for. A change that nobody
/// sees (brightness=1.003, quality=84) makes JPEGs differ by 1.2 to 1.7, the weakest demo (draw) by 6.7.
const SEEN: f64 = 4.0;

/// Mean difference of samples over white and over black, so that transparency counts.
fn difference(a: &RgbaImage, b: &RgbaImage) -> f64 {
    let over = |pixel: &[u8; 4], ground: f64| {
        let [r, g, b, a] = pixel.map(f64::from);
        [r, g, b].map(|v| (v * a + ground * (255.0 - a)) / 255.0)
    };
    let mean = |ground: f64| {
        let pairs = a.pixels().zip(b.pixels()).map(|(a, b)| (over(&a.0, ground), over(&b.0, ground)));
        let sum: f64 = pairs.map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 3.0).sum();
        sum / f64::from(a.width() * a.height())
    };
    mean(0.0).max(mean(255.0))
}

/// What is wrong with the pictures of an option's page, if anything.
fn problem(option: &OptionDef, before: &Answer, after: &Answer) -> Option<String> {
    let demo = &option.page.demo;
    if demo.look == Look::Answer {
        let seen = |answer: &Answer| {
            (answer.status, answer.all(header::WARNING).concat(), answer.header(header::LOCATION).to_owned())
        };
        return (seen(before) == seen(after) && demo.alike.is_none())
            .then(|| format!("both answers are {:?}", seen(before)));
    }
    if let Some(answer) = [before, after].into_iter().find(|answer| answer.status != StatusCode::OK) {
        // Without its model an option may be refused; the page shows that.
        return option.page.model.is_none().then(|| format!("no picture: {}", answer.text()));
    }
    if before.body == after.body {
        return demo.alike.is_none().then(|| "both pictures are the same file, and nothing says why".to_owned());
    }
    match demo.look {
        Look::Pixels => {
            let [before, after] = [before, after].map(|answer| decoded(&answer.body).into_rgba8());
            if before.dimensions() != after.dimensions() {
                return None;
            }
            let difference = difference(&before, &after);
            (difference < SEEN).then(|| format!("the pictures differ by {difference:.2} codes only"))
        }
        Look::File => {
            let [from, to] = [before, after].map(|answer| answer.body.len().max(1) as f64);
            let is_told = before.header(header::CONTENT_TYPE) != after.header(header::CONTENT_TYPE);
            let is_seen = (to - from).abs() >= 100.0;
            (!is_told && !is_seen).then(|| format!("the files have {from} and {to} bytes"))
        }
        Look::Answer => None,
    }
}

/// What the server answers to a demo's options, asked by its URL.
async fn live(server: &Server, option: &OptionDef, options: &str) -> Answer {
    let demo = &option.page.demo;
    let uri = format!("/cdn-cgi/image/{options}/docs/samples/{}", demo.picture);
    server.send(Method::GET, &uri, demo.client, axum::body::Body::empty()).await
}

#[tokio::test]
async fn every_option_has_pictures_that_show_it() {
    let Some(server) = server(|_config| {}) else { return };
    let mut problems = Vec::new();
    for option in OPTIONS {
        let demo = &option.page.demo;
        let before = live(&server, option, demo.before).await;
        let after = live(&server, option, demo.after).await;
        if let Some(problem) = problem(option, &before, &after) {
            problems.push(format!("{}: {problem}", option.name));
        }
        // The page shows the same answers.
        for (side, live) in [("before", &before), ("after", &after)] {
            let uri = format!("/docs/pictures/{}/{side}", option.name);
            let shown = server.get(&uri).await;
            if live.status == StatusCode::OK {
                assert_eq!((shown.status, &shown.body), (StatusCode::OK, &live.body), "{uri}");
                assert_eq!(shown.header(header::CONTENT_TYPE), live.header(header::CONTENT_TYPE), "{uri}");
                assert_eq!(shown.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable", "{uri}");
            } else {
                assert_eq!(shown.status, StatusCode::NOT_FOUND, "{uri}");
            }
        }
        let page = server.get(&format!("/docs/{}", option.name)).await.text();
        if demo.look == Look::Answer {
            assert!(page.matches("<pre class=\"answer\"").count() == 2, "{}: {page}", option.name);
        } else if after.status == StatusCode::OK {
            assert_eq!(page.matches("<img ").count(), 2, "{}", option.name);
        }
    }
    assert!(problems.is_empty(), "{} pages have no good pictures:\n{}", problems.len(), problems.join("\n"));
}

#[tokio::test]
async fn a_demo_that_shows_nothing_is_found() {
    let Some(server) = server(|_config| {}) else { return };
    let blur = OPTIONS.iter().find(|option| option.name == "blur").unwrap();
    let plain = live(&server, blur, "width=480").await;
    let hardly = live(&server, blur, "width=480,brightness=1.003").await;
    let good = live(&server, blur, "width=480,blur=8").await;
    let missing = server.image("width=480/docs/samples/missing.jpg").await;
    assert!(problem(blur, &plain, &plain).unwrap().contains("the same file"));
    assert!(problem(blur, &plain, &hardly).unwrap().contains("codes only"));
    assert!(problem(blur, &plain, &missing).unwrap().contains("no picture"));
    assert_eq!(problem(blur, &plain, &good), None);
}

/// Targets of `href` and `src` in a page.
fn targets(page: &str) -> Vec<String> {
    let after =
        |attribute: &'static str| page.match_indices(attribute).map(move |(at, _)| &page[at + attribute.len()..]);
    let values = after(" href=\"").chain(after(" src=\"")).map(|rest| rest.split('"').next().unwrap_or_default());
    values.map(|value| value.replace("&amp;", "&")).collect()
}

#[tokio::test]
async fn no_link_is_dead() {
    let Some(server) = server(|_config| {}) else { return };
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut open = vec!["/docs".to_owned(), "/".to_owned()];
    let mut fragments = Vec::new();
    while let Some(uri) = open.pop() {
        if !found.insert(uri.clone()) {
            continue;
        }
        let answer = server.get(&uri).await;
        // The demo of `onerror` has no source on purpose; its link leads to the redirect. Nothing generates detail here.
        let is_meant = uri.contains("onerror=redirect") || uri.contains("upscale=generate");
        let is_fine = answer.status == StatusCode::OK || is_meant;
        assert!(is_fine, "{uri}: {}\n{}", answer.status, answer.text());
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{uri}");
        if !answer.header(header::CONTENT_TYPE).starts_with("text/html") {
            continue;
        }
        let page = answer.text();
        for target in targets(&page).into_iter().filter(|target| !target.starts_with("data:")) {
            let (path, fragment) = target.split_once('#').unwrap_or((&target, ""));
            let path = if path.is_empty() { &uri } else { path };
            assert!(path.starts_with('/'), "{uri} leads outside: {target}");
            // What follows `/#` is the playground's state.
            if !fragment.is_empty() && path != "/" {
                fragments.push((path.to_owned(), fragment.to_owned()));
            }
            open.push(path.to_owned());
        }
    }
    for (path, id) in &fragments {
        assert!(server.get(path).await.text().contains(&format!(" id=\"{id}\"")), "{path} has no {id}");
    }
    assert!(fragments.iter().any(|(path, _)| path == "/docs/choices"), "{fragments:?}");
    for option in OPTIONS {
        assert!(found.contains(&format!("/docs/{}", option.name)), "nothing leads to {}", option.name);
    }
    assert!(found.contains("/docs/extensions") && found.contains("/playground/playground.js"));
}

#[tokio::test]
async fn pages_are_strict_and_kept() {
    let Some(server) = server(|_config| {}) else { return };
    for uri in [
        "/",
        "/dashboard",
        "/pages/shared.css",
        "/docs",
        "/docs/blur",
        "/docs/choices",
        "/docs/extensions",
        "/docs/docs.css",
        "/docs/docs.js",
    ] {
        let answer = server.get(uri).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{uri}: {policy}");
        let text = answer.text();
        if answer.header(header::CONTENT_TYPE).starts_with("text/html") {
            for inline in [" style=", "<style", " onclick=", " onload=", "<script>"] {
                assert!(!text.contains(inline), "{uri} has {inline}, which its policy forbids");
            }
        }
        let tag = answer.header(header::ETAG);
        let again = server.send(Method::GET, uri, &[("if-none-match", tag)], axum::body::Body::empty()).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{uri}");
    }
    let head = server.send(Method::HEAD, "/docs/blur", &[], axum::body::Body::empty()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn pages_by_other_names() {
    let Some(server) = server(|_config| {}) else { return };
    let alias = server.get("/docs/scq").await;
    let leads = (alias.status, alias.header(header::LOCATION));
    assert_eq!(leads, (StatusCode::PERMANENT_REDIRECT, "/docs/slow-connection-quality"));
    assert_eq!(server.get("/docs/").await.header(header::LOCATION), "/docs");
    let wrong = server.get("/docs/widht").await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert!(wrong.text().contains("Did you mean <a href=\"/docs/width\">"), "{}", wrong.text());
    let strange = server.get("/docs/%3Cscript%3E").await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    assert!(strange.text().contains("&lt;script&gt;") && !strange.text().contains("<script>"), "{}", strange.text());
    for uri in ["/docs/pictures/blur/between", "/docs/pictures/nothing/after", "/docs/samples/../coffee.jpg"] {
        assert_eq!(server.get(uri).await.status, StatusCode::NOT_FOUND, "{uri}");
    }
}

#[tokio::test]
async fn options_are_searched_without_a_script() {
    let Some(server) = server(|_config| {}) else { return };
    let text = server.get("/docs?q=mirror").await.text();
    assert!(text.contains(">flip</code>") && !text.contains(">blur</code>"), "{text}");
    let none = server.get("/docs?q=%22%3E%3Cscript%3E").await.text();
    assert!(none.contains("No option") && !none.contains("<script>"), "{none}");
    let choices = server.get("/docs/choices").await.text();
    assert_eq!(choices.matches("<dt>").count(), CHOICES.len());
}

/// Where only presets or signed URLs are answered, pages still have their pictures, and lead nowhere that is refused.
#[tokio::test]
async fn a_restricted_server_has_a_reference_too() {
    let Some(server) = server(|config| config.server.presets_only = true) else { return };
    let text = server.get("/docs/blur").await.text();
    assert!(text.contains("presets or signed URLs only") && !text.contains("href=\"/cdn-cgi/"), "{text}");
    assert_eq!(server.get("/docs/pictures/blur/after").await.status, StatusCode::OK);
    let refused = server.image("width=480/docs/samples/coffee.jpg").await;
    assert_eq!(refused.status.as_u16() / 100, 4, "{}", refused.text());
}
