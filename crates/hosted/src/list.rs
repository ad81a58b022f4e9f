//! Lists of images: what can be asked for, and where a list goes on. How they are read is in `select.rs`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Filter, HostedError, Image};

/// The most images of one page.
pub const MAX_PAGE: u32 = 10_000;

/// How many images are looked at for a page whose conditions no index has, or as many as the page has, if that is more. It takes
/// some milliseconds.
pub const LOOKED_AT: u32 = 3000;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Whose images.
    pub creator: Creator,
    /// What their id or their file's name has in it: everything has the empty text. Upper and lower case are one, of the letters
    /// that the database knows: SQLite knows ASCII's. At most as long as an id.
    pub words: String,
    /// What their metadata has to be.
    pub filters: Vec<Filter>,
    /// Which come first.
    pub order: Order,
    /// Images of a page, 1 to [`MAX_PAGE`].
    pub per_page: u32,
}

/// Whose images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Creator {
    /// Everybody's.
    #[default]
    Any,
    /// Those of whom nobody is named.
    None,
    /// This one's.
    Named(String),
}

/// Which images come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest.
    #[default]
    Descending,
    /// The oldest.
    Ascending,
}

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) uploaded: i64,
    pub(crate) key: String,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Images, no drafts. With filters or words these may be fewer than were asked for, or none, before the list ends: so many were
    /// looked at.
    pub images: Vec<Image>,
    /// Where the list goes on, if it does.
    pub next: Option<Cursor>,
}

/// A page by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedPage {
    /// Whose images.
    pub creator: Creator,
    /// Which come first.
    pub order: Order,
    /// Images of a page, 1 to [`MAX_PAGE`].
    pub per_page: u32,
    /// Counted from 1.
    pub number: u32,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            creator: Creator::Any,
            words: String::new(),
            filters: Vec::new(),
            order: Order::Descending,
            per_page: 1000,
        }
    }
}

impl Cursor {
    /// Reads what [`Cursor::to_token`] wrote.
    pub fn parse(token: &str) -> Result<Self, HostedError> {
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
            let (uploaded, key) = text.split_once('.')?;
            let is_key = key.len() <= 64 && key.bytes().all(|b| b.is_ascii_alphanumeric());
            is_key.then(|| Some(Self { uploaded: uploaded.parse().ok()?, key: key.to_owned() }))?
        };
        read().ok_or_else(|| HostedError::Cursor { given: token.chars().take(100).collect() })
    }

    /// The place as text that may stand in a URL.
    pub fn to_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}", self.uploaded, self.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_places() {
        let cursor = Cursor { uploaded: 1_788_264_000_250, key: "0a1b".to_owned() };
        assert_eq!(Cursor::parse(&cursor.to_token()).unwrap(), cursor);
        for bad in ["", "x", "AAAA", "MTIz", &URL_SAFE_NO_PAD.encode("1.a b"), &URL_SAFE_NO_PAD.encode("x.a")] {
            assert!(Cursor::parse(bad).is_err(), "{bad}");
        }
    }
}
