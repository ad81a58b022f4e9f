//! What all pages look the same by: the beginning of their heads, and the mark that is the way back.

use maud::{Markup, PreEscaped, html};

/// The mark, small: with colors of its own, because icons know no style.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M4 3h21l3 3v23H7l-3-3z' fill='%231b1714' stroke='%23cfc6b8' stroke-width='1.5'/%3E%3Cellipse cx='16' cy='16' rx='7' ry='9' fill='%23cfc6b8'/%3E%3Cpath d='M16 7a7 9 0 0 1 0 18z' fill='%23e0924a'/%3E%3C/svg%3E";

/// What begins the head of the page `title`, which is about `about`; `css` is the path of its own style.
pub(crate) fn head(title: &str, about: &str, css: &str) -> Markup {
    html! {
        meta charset="utf-8";
        title { (title) }
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="description" content=(about);
        meta name="color-scheme" content="dark light";
        link rel="icon" href=(PreEscaped(ICON));
        link rel="stylesheet" href="/pages/shared.css";
        link rel="stylesheet" href=(css);
    }
}

/// The mark and the name, which lead to `path`; `label` says what is there.
pub(crate) fn wordmark(path: &str, label: &str) -> Markup {
    html! {
        a.wordmark href=(path) aria-label=(label) {
            svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false" {
                path.mark-plate d="M4 3h21l3 3v23H7l-3-3z" {}
                ellipse.mark-silver cx="16" cy="16" rx="7" ry="9" {}
                path.mark-accent d="M16 7a7 9 0 0 1 0 18z" {}
            }
            span { "tintype" }
        }
    }
}
