//! What every page of the reference has around its own words.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use tintype_options::registry::{Group, OPTIONS, OptionDef, find, nearest};

const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M4 3h21l3 3v23H7l-3-3z' fill='%231b1714' stroke='%23cfc6b8' stroke-width='1.5'/%3E%3Cellipse cx='16' cy='16' rx='7' ry='9' fill='%23cfc6b8'/%3E%3Cpath d='M16 7a7 9 0 0 1 0 18z' fill='%23e0924a'/%3E%3C/svg%3E";

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
                meta charset="utf-8";
                title { (title) " · tintype" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="description" content=(about);
                meta name="color-scheme" content="dark light";
                link rel="icon" href=(PreEscaped(ICON));
                link rel="stylesheet" href="/pages/shared.css";
                link rel="stylesheet" href="/docs/docs.css";
                script type="module" src="/docs/docs.js" {}
            }
            body {
                a.skip href="#main" { "Skip to the text" }
                header.masthead {
                    a.wordmark href="/" aria-label="tintype, playground" {
                        svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false" {
                            path.mark-plate d="M4 3h21l3 3v23H7l-3-3z" {}
                            ellipse.mark-silver cx="16" cy="16" rx="7" ry="9" {}
                            path.mark-accent d="M16 7a7 9 0 0 1 0 18z" {}
                        }
                        span { "tintype" }
                    }
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
