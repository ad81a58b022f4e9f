//! What every page of the reference has around its own words.

use maud::{DOCTYPE, Markup, html};
use tintype_options::registry::{Group, OPTIONS, OptionDef, find, nearest};

use crate::frame::{head, wordmark};

/// The pages that are not about one option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Options,
    Choices,
    Extensions,
}

/// The title of the list of all options, which needs no such list beside it.
pub(super) const INDEX: &str = "Options";

/// A whole document. `here` is the option that it is about.
pub(super) fn document(title: &str, about: &str, tab: Tab, here: Option<&OptionDef>, main: &Markup) -> Markup {
    let tabs = [
        ("/docs", "Options", Tab::Options),
        ("/docs/choices", "Choices", Tab::Choices),
        ("/docs/extensions", "Extensions", Tab::Extensions),
    ];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head(&format!("{title} · tintype"), about, "/docs/docs.css"))
                script type="module" src="/docs/docs.js" {}
            }
            body {
                a.skip href="#main" { "Skip to the text" }
                header.masthead {
                    (wordmark("/", "tintype, playground"))
                    nav.tabs aria-label="Reference" {
                        @for (path, name, this) in tabs {
                            a href=(path) aria-current=[(this == tab).then_some(if here.is_none() { "page" } else { "true" })] { (name) }
                        }
                        a href="/" { "Playground" }
                        a href="/dashboard" title="Stored images" { "Images" }
                    }
                }
                @if title == INDEX {
                    div.columns.whole { main #main { (main) } }
                } @else {
                    div.columns {
                        nav.contents aria-label="All options" { (contents(here)) }
                        main #main { (main) }
                    }
                }
            }
        }
    }
}

/// All options by group.
fn contents(here: Option<&OptionDef>) -> Markup {
    html! {
        @for (group, options) in groups() {
            h2 { (group.title()) }
            ul {
                @for option in options {
                    li { a href=(path(option)) aria-current=[here.filter(|here| here.name == option.name).map(|_| "page")] { (option.name) } }
                }
            }
        }
    }
}

/// Each group with its options.
pub(super) fn groups() -> impl Iterator<Item = (Group, Vec<&'static OptionDef>)> {
    Group::ALL.iter().map(|group| (*group, OPTIONS.iter().copied().filter(|option| option.group == *group).collect()))
}

/// Where an option's page is. Names need no escape.
pub(super) fn path(option: &OptionDef) -> String {
    format!("/docs/{}", option.name)
}

/// A link to the page of the option of this name.
pub(super) fn link(name: &str) -> Markup {
    html! { @if let Some(option) = find(name) { a href=(path(option)) { code { (option.name) } } } @else { code { (name) } } }
}

/// The page for an option that there is not.
pub(crate) fn missing(name: &str) -> Markup {
    let main = html! {
        h1 { "No such option" }
        p.lede {
            "There is no option " code { (name) } "."
            @if let Some(option) = nearest(name) { " Did you mean " (link(option.name)) "?" }
        }
        p { a.button href="/docs" { "All options" } }
    };
    document("No such option", "There is no such option.", Tab::Options, None, &main)
}
