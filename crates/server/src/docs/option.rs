//! One option's page.

use std::sync::Arc;

use http::{StatusCode, header};
use maud::{Markup, html};
use tintype_options::reference::{CHOICES, Verdict, outcomes, spellings};
use tintype_options::registry::page::{Demo, Look};
use tintype_options::registry::{OPTIONS, OptionDef};

use super::gallery::{Shot, Side};
use super::layout::{Tab, document, link, path};
use super::samples::Sample;

/// Headers of an answer that are worth showing.
const SHOWN: &[&str] = &["content-type", "location", "cf-resized", "warning", "vary"];

/// Whether the example's URL can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Live {
    /// It is answered.
    Open,
    /// Only presets or signed URLs are.
    Restricted,
}

/// The page of `option`; without pictures where they could not be made just now.
pub(crate) fn option(option: &OptionDef, shots: Option<[Arc<Shot>; 2]>, live: Live) -> Markup {
    let page = &option.page;
    let choices: Vec<_> = CHOICES.iter().filter(|choice| choice.options.contains(&option.name)).collect();
    let main = html! {
        p.crumbs { a href="/docs" { "Options" } " › " (option.group.title()) }
        h1 { (option.name) @for alias in option.aliases { " " small.alias { (alias) } } }
        p.lede { (option.doc) "." }
        (figure(option, shots.as_ref()))
        (example(&page.demo, live))
        @if let Some(model) = &page.model {
            aside.notice {
                p { strong { code { (model.when) } " needs " (model.what) "." } " Without one: " (model.without) }
            }
        }
        section {
            h2 { "What it does" }
            p { (option.long) }
            dl.facts {
                div { dt { "Takes" } dd { (page.values) } }
                @if !option.default.is_empty() { div { dt { "Without it" } dd { code { (option.default) } } } }
                @if !option.aliases.is_empty() { div { dt { "Also named" } dd { @for alias in option.aliases { code { (alias) } " " } } } }
            }
        }
        section {
            h2 { "How it is written" }
            div.scroll tabindex="0" role="region" aria-label="How it is written" {
                table {
                    thead { tr { th scope="col" { "Where" } th scope="col" { "Spelling" } th scope="col" { "Cloudflare" } } }
                    tbody {
                        @for spelling in spellings(option) {
                            tr {
                                th scope="row" { (spelling.face) }
                                td { @if let Some(text) = &spelling.text { code { (text) } } @else { span.none { "has no effect there" } } }
                                td { @if spelling.cloudflare { "has it" } @else { span.none { "–" } } }
                            }
                        }
                    }
                }
            }
        }
        section {
            h2 { "What becomes of bad values" }
            div.scroll tabindex="0" role="region" aria-label="What becomes of bad values" {
                table.bad {
                    thead { tr { th scope="col" { "Value" } th scope="col" { "In a URL or query" } th scope="col" { "In JSON" } } }
                    tbody {
                        @for outcome in outcomes(option) {
                            tr {
                                th scope="row" { code { (outcome.value) } }
                                td { (verdict(&outcome.url)) }
                                td { (verdict(&outcome.json)) }
                            }
                        }
                    }
                }
            }
            p.remark { "The command line is strict: what gives a warning elsewhere is an error there." }
        }
        @if !page.with.is_empty() {
            section {
                h2 { "In company" }
                dl.facts { @for (other, text) in page.with { div { dt { (link(other)) } dd { (text) } } } }
            }
        }
        @if !choices.is_empty() {
            section {
                h2 { "Where Cloudflare is silent" }
                dl.facts { @for choice in choices { div { dt { a href={ "/docs/choices#" (choice.id) } { (choice.question) } } dd { (choice.answer) } } } }
            }
        }
        (neighbors(option))
    };
    document(option.name, option.doc, Tab::Options, Some(option), &main)
}

fn verdict(verdict: &Verdict) -> Markup {
    html! {
        @match verdict {
            Verdict::Taken => "taken",
            Verdict::Warned(text) => { span.tag-warned { "warning" } " " (text) },
            Verdict::Refused(text) => { span.tag-refused { "error" } " " (text) },
        }
    }
}

fn figure(option: &OptionDef, shots: Option<&[Arc<Shot>; 2]>) -> Markup {
    let demo = &option.page.demo;
    let Some([before, after]) = shots else {
        return html! { p.notice { "The pictures cannot be made just now. The server may still be starting; try again in a moment." } };
    };
    let alike = demo.alike.filter(|_| before.is_like(after));
    let slides = demo.look != Look::Answer && before.size == after.size && before.size.is_some() && alike.is_none();
    html! {
        figure.compare data-slides[slides] {
            div.pair {
                (shot(option, before, Side::Before, "Before", demo))
                (shot(option, after, Side::After, "After", demo))
            }
            figcaption {
                @if let Some(why) = alike { p { (why) } }
                @if demo.look == Look::File && alike.is_none() { p { (change(before.bytes.len(), after.bytes.len())) } }
                @for (name, value) in demo.client { p { "Asked with " code { (name) ": " (value) } } }
            }
        }
    }
}

fn shot(option: &OptionDef, shot: &Shot, side: Side, title: &str, demo: &Demo) -> Markup {
    let options = match side {
        Side::Before => demo.before,
        Side::After => demo.after,
    };
    let is_picture = shot.status == StatusCode::OK && demo.look != Look::Answer;
    html! {
        div.shot data-side=(side.name()) {
            @if let (true, Some(size)) = (is_picture, shot.size) {
                @let source = format!("/docs/pictures/{}/{}?v={}", option.name, side.name(), shot.version);
                div.plate { img src=(source) width=(size.width) height=(size.height) alt={ (title) ": " (options) }; }
            } @else {
                pre.answer tabindex="0" aria-label={ (title) ": the answer" } { (answer(shot)) }
            }
            p.caption {
                strong { (title) } " " code { (options) }
                @if let (true, Some(size)) = (is_picture, shot.size) {
                    " " span.figures { (size.width) "×" (size.height) " · " (format_name(shot)) " · " (bytes(shot.bytes.len())) }
                }
            }
        }
    }
}

fn answer(shot: &Shot) -> String {
    let mut text = format!("{}\n", shot.status);
    for name in SHOWN {
        for value in shot.headers.get_all(*name) {
            // Times would be others at the next look.
            let value = value.to_str().unwrap_or_default();
            let value = if *name == "cf-resized" { value.split(" n=").next().unwrap_or_default() } else { value };
            text += &format!("{name}: {value}\n");
        }
    }
    if shot.header(header::CONTENT_TYPE).starts_with("text/") {
        text += &format!("\n{}", String::from_utf8_lossy(&shot.bytes));
    }
    text
}

fn format_name(shot: &Shot) -> String {
    match shot.header(header::CONTENT_TYPE) {
        "image/webp" => "WebP".to_owned(),
        other => other.trim_start_matches("image/").to_ascii_uppercase(),
    }
}

/// In kilobytes as people say them.
fn bytes(count: usize) -> String {
    match count {
        0..1000 => format!("{count} bytes"),
        _ => format!("{:.1} kB", count as f64 / 1e3),
    }
}

fn change(before: usize, after: usize) -> String {
    let percent = (after as f64 / before.max(1) as f64 - 1.0) * 100.0;
    let sign = if percent < 0.0 { '−' } else { '+' };
    format!("{} → {} ({sign}{:.0} %)", bytes(before), bytes(after), percent.abs())
}

/// The URL of the picture after.
fn example(demo: &Demo, live: Live) -> Markup {
    let source = format!("{}{}", Sample::FOLDER, demo.picture);
    let url = format!("/cdn-cgi/image/{}/{source}", demo.after);
    // In the playground's own address a slash ends the options.
    let playground = (!demo.after.contains('/')).then(|| format!("/#{}/{source}", demo.after));
    html! {
        div.live {
            code #address tabindex="0" { (url) }
            div.live-tools {
                button.button.small type="button" data-copies="address" hidden { "Copy" }
                @if live == Live::Open {
                    a.button.small href=(url) { "Open" }
                    @if let Some(playground) = playground { a.button.small href=(playground) { "Try it" } }
                }
            }
            @if live == Live::Restricted { p.remark { "This server answers presets or signed URLs only." } }
        }
    }
}

fn neighbors(option: &OptionDef) -> Markup {
    let at = OPTIONS.iter().position(|other| other.name == option.name).unwrap_or_default();
    let (before, after) = (at.checked_sub(1).and_then(|at| OPTIONS.get(at)), OPTIONS.get(at + 1));
    html! {
        nav.neighbors aria-label="Neighboring options" {
            @if let Some(other) = before { a rel="prev" href=(path(other)) { "← " (other.name) } }
            @if let Some(other) = after { a rel="next" href=(path(other)) { (other.name) " →" } }
        }
    }
}
