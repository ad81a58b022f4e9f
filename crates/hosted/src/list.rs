//! Lists of images: by page, or on from where the last one ended.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::QueryBuilder;

use crate::database::on;
use crate::filter::{MAX_FILTERS, Scalar, Test};
use crate::images::{Image, Row, columns};
use crate::{AccountId, Filter, FilterError, Hosted, HostedError};

/// The most images of one page.
pub const MAX_PAGE: u32 = 10_000;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Whose images.
    pub creator: Creator,
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
    uploaded: i64,
    key: String,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Images, no drafts.
    pub images: Vec<Image>,
    /// Where the list goes on, if it does.
    pub next: Option<Cursor>,
}

impl Default for Query {
    fn default() -> Self {
        Self { creator: Creator::Any, filters: Vec::new(), order: Order::Descending, per_page: 1000 }
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

/// Where a page begins.
enum Start<'a> {
    After(Option<&'a Cursor>),
    Page(u32),
}

impl Hosted {
    /// The images that `query` asks for, on from `cursor`.
    pub async fn list(&self, account: &AccountId, query: &Query, cursor: Option<&Cursor>) -> Result<Page, HostedError> {
        self.select(account, query, Start::After(cursor)).await
    }

    /// Page `number`, counted from 1, of the images that `query` asks for.
    pub async fn list_page(&self, account: &AccountId, query: &Query, number: u32) -> Result<Vec<Image>, HostedError> {
        Ok(self.select(account, query, Start::Page(number)).await?.images)
    }

    async fn select(&self, account: &AccountId, query: &Query, start: Start<'_>) -> Result<Page, HostedError> {
        let per_page = query.per_page;
        if !(1..=MAX_PAGE).contains(&per_page) {
            return Err(HostedError::PageSize { given: per_page });
        }
        if query.filters.len() > MAX_FILTERS {
            return Err(FilterError::TooMany { given: query.filters.len() }.into());
        }
        let (than, order) = match query.order {
            Order::Descending => ("<", "DESC"),
            Order::Ascending => (">", "ASC"),
        };
        let mut rows: Vec<Row> = on!(self.database(), pool => {
            let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM images WHERE blob IS NOT NULL AND account = "));
            sql.push_bind(account.as_str());
            match &query.creator {
                Creator::Any => {}
                Creator::None => { sql.push(" AND creator IS NULL"); }
                Creator::Named(name) => {
                    sql.push(" AND substr(creator, 1, 64) = ").push_bind(name.chars().take(64).collect::<String>());
                    sql.push(" AND creator = ").push_bind(name);
                }
            }
            for Filter { path, test } in &query.filters {
                sql.push(" AND EXISTS (SELECT 1 FROM metadata m WHERE m.image = images.key AND m.path = ").push_bind(path);
                match test {
                    Test::Compares(sign, number) => {
                        sql.push(" AND m.kind = 'number' AND m.number ").push(sign).push(" ").push_bind(number);
                    }
                    Test::Is(values) => {
                        sql.push(" AND (FALSE");
                        for value in values {
                            match value {
                                Scalar::String(text) => {
                                    sql.push(" OR m.kind = 'string' AND m.text = ").push_bind(text);
                                }
                                Scalar::Number(number) => {
                                    sql.push(" OR m.kind = 'number' AND m.number = ").push_bind(number);
                                }
                                Scalar::Boolean(flag) => {
                                    sql.push(" OR m.kind = 'boolean' AND m.text = ").push_bind(flag.to_string());
                                }
                            }
                        }
                        sql.push(")");
                    }
                }
                sql.push(")");
            }
            if let Start::After(Some(cursor)) = start {
                sql.push(" AND (uploaded, key) ").push(than).push(" (").push_bind(cursor.uploaded);
                sql.push(", ").push_bind(&cursor.key).push(")");
            }
            sql.push(" ORDER BY uploaded ").push(order).push(", key ").push(order);
            sql.push(" LIMIT ").push_bind(i64::from(per_page) + 1);
            if let Start::Page(number) = start {
                sql.push(" OFFSET ").push_bind(i64::from(number.saturating_sub(1)) * i64::from(per_page));
            }
            sql.build_query_as().fetch_all(pool).await
        })?;
        let goes_on = rows.len() > per_page as usize;
        rows.truncate(per_page as usize);
        let next = rows.last().filter(|_| goes_on);
        let next = next.map(|row| Cursor { uploaded: row.uploaded, key: row.key.clone() });
        Ok(Page { images: rows.into_iter().map(Row::image).collect::<Result<_, _>>()?, next })
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
