//! The pages that are lists: all options, choices, extensions.

use maud::{Markup, html};
use tintype_options::reference::{CHOICES, EXTENSIONS, only_here};
use tintype_options::registry::{OPTIONS, OptionDef};

use super::layout::{INDEX, Tab, document, groups, link, path};

/// All options, or those that have `query` in their names or words.
pub(crate) fn index(query: &str) -> Markup {
    let matches = |option: &OptionDef| {
        let words = [option.name, option.doc, option.long].into_iter().chain(option.aliases.iter().copied());
        let query = query.trim().to_ascii_lowercase();
        words.into_iter().any(|text| text.to_ascii_lowercase().contains(&query))
    };
    let found = OPTIONS.iter().filter(|option| matches(option)).count();
    let main = html! {
        h1 { "Options" }
        p.lede {
            "Everything that can be asked of a picture, in one grammar for URLs, queries, Workers, the Images binding and the \
             command line. Written " code { "name=value" } " and separated by commas."
        }
        form.search role="search" action="/docs" {
            label.unseen for="search" { "Search options" }
            input #search type="search" name="q" value=(query) placeholder="Search: blur, crop, rotate …" autocomplete="off" spellcheck="false";
            button.button type="submit" { "Search" }
            p.search-hint #search-status role="status" {
                @if !query.trim().is_empty() { (found) " of " (OPTIONS.len()) " options · " a href="/docs" { "all" } }
            }
        }
        @for (group, options) in groups() {
            @let options: Vec<_> = options.into_iter().filter(|option| matches(option)).collect();
            @if !options.is_empty() {
                section.group data-group {
                    h2 { (group.title()) }
                    ul.options {
                        @for option in options {
                            li data-words=(words(option)) {
                                a href=(path(option)) {
                                    span.option-name { code { (option.name) } @for alias in option.aliases { " " code.alias { (alias) } } }
                                    span.option-doc { (option.doc) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if found == 0 { p { "No option has these words in its description." } }
    };
    document(INDEX, "Every option of tintype, with pictures.", Tab::Options, None, &main)
}

/// What the script searches in.
fn words(option: &OptionDef) -> String {
    format!("{} {} {} {}", option.name, option.aliases.join(" "), option.doc, option.long).to_lowercase()
}

/// Where Cloudflare's documentation is silent.
pub(crate) fn choices() -> Markup {
    let main = html! {
        h1 { "Choices" }
        p.lede { "tintype speaks the language of Cloudflare Images. Where its documentation is silent, or says two things, this is what holds here." }
        dl.qa {
            @for choice in CHOICES {
                div #(choice.id) {
                    dt { (choice.question) }
                    dd {
                        p { (choice.answer) }
                        @if !choice.options.is_empty() { p.about { "About " (links(choice.options)) } }
                    }
                }
            }
        }
    };
    document("Choices", "What tintype does where Cloudflare's documentation is silent.", Tab::Choices, None, &main)
}

/// What is not Cloudflare's.
pub(crate) fn extensions() -> Markup {
    let wider = OPTIONS.iter().map(|option| (option, only_here(option))).filter(|(_, faces)| !faces.is_empty());
    let main = html! {
        h1 { "Extensions" }
        p.lede { "What is here and not at Cloudflare. A URL without any of it means the same in both places." }
        dl.qa {
            @for extension in EXTENSIONS {
                div {
                    dt { (extension.title) }
                    dd {
                        p { (extension.text) }
                        pre tabindex="0" { code { (extension.example) } }
                        @if !extension.options.is_empty() { p.about { "About " (links(extension.options)) } }
                    }
                }
            }
        }
        h2 { "Options that are taken in more places" }
        p { "Documented there for some ways to ask, taken here for these too." }
        div.scroll tabindex="0" role="region" aria-label="Options that are taken in more places" {
            table {
                thead { tr { th scope="col" { "Option" } th scope="col" { "Also in" } } }
                tbody { @for (option, faces) in wider { tr { th scope="row" { (link(option.name)) } td { (faces.join(", ")) } } } }
            }
        }
    };
    document("Extensions", "What tintype has besides Cloudflare's options.", Tab::Extensions, None, &main)
}

fn links(names: &[&str]) -> Markup {
    html! { @for (at, name) in names.iter().enumerate() { @if at > 0 { ", " } (link(name)) } }
}
