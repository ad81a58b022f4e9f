//! Lists of images: by page, or on from where the last one ended.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::QueryBuilder;

use crate::database::on;
use crate::error::within;
use crate::filter::{MAX_FILTERS, Scalar, Test};
use crate::images::{Image, Row, columns};
use crate::{AccountId, Filter, FilterError, Hosted, HostedError, ImageId};

/// The most images of one page.
pub const MAX_PAGE: u32 = 10_000;

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

/// Adds what a filter asks of the row `m` of metadata.
macro_rules! condition {
    ($sql:ident, $filter:expr) => {{
        let Filter { path, test } = $filter;
        match test {
            Test::Compares(sign, number) => {
                $sql.push("m.path = ").push_bind(path.as_str());
                $sql.push(" AND m.kind = 'number' AND m.number ").push(*sign).push(" ").push_bind(*number);
            }
            Test::Is(values) => {
                // With the path in each: SQLite would look through all rows that have it otherwise.
                let mut or = "((m.path = ";
                for value in values {
                    $sql.push(or).push_bind(path.as_str());
                    or = ") OR (m.path = ";
                    match value {
                        Scalar::String(text) => {
                            $sql.push(" AND m.kind = 'string' AND m.text = ").push_bind(text.as_str())
                        }
                        Scalar::Number(number) => {
                            $sql.push(" AND m.kind = 'number' AND m.number = ").push_bind(*number)
                        }
                        Scalar::Boolean(flag) => {
                            $sql.push(" AND m.kind = 'boolean' AND m.text = ").push_bind(flag.to_string())
                        }
                    };
                }
                $sql.push("))");
            }
        }
    }};
}

/// What `LIKE` matches that has `words` in it. A NUL, which no name has, would be none to the database.
fn containing(words: &str) -> String {
    let mut pattern = String::from("%");
    for letter in words.chars().filter(|letter| *letter != '\0') {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
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

    /// The filter to begin with, if that reads fewer rows than all images by their time do until a page is full. Where `n` of
    /// `images` fit, the first reads `n`, the other about `per_page * images / n`: the lesser is never more than the root of both.
    async fn driver<'a>(&self, account: &AccountId, query: &'a Query) -> Result<Option<&'a Filter>, HostedError> {
        if query.filters.is_empty() {
            return Ok(None);
        }
        let images = self.count(account).await? as f64;
        let mut most = (images * f64::from(query.per_page)).sqrt() as i64;
        let mut best = None;
        for filter in &query.filters {
            let n: i64 = on!(self.database(), pool => {
                let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM (SELECT 1 FROM metadata m WHERE ");
                condition!(sql, filter);
                sql.push(" LIMIT ").push_bind(most + 1).push(") counted");
                sql.build_query_scalar().fetch_one(pool).await
            })?;
            if n <= most {
                (best, most) = (Some(filter), n);
            }
        }
        Ok(best)
    }

    async fn select(&self, account: &AccountId, query: &Query, start: Start<'_>) -> Result<Page, HostedError> {
        let per_page = query.per_page;
        if !(1..=MAX_PAGE).contains(&per_page) {
            return Err(HostedError::PageSize { given: per_page });
        }
        if query.filters.len() > MAX_FILTERS {
            return Err(FilterError::TooMany { given: query.filters.len() }.into());
        }
        within("search", &query.words, ImageId::MAX_CHARS)?;
        let (than, order) = match query.order {
            Order::Descending => ("<", "DESC"),
            Order::Ascending => (">", "ASC"),
        };
        let driver = self.driver(account, query).await?;
        let mut rows: Vec<Row> = on!(self.database(), pool => {
            let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM "));
            if let Some(filter) = driver {
                sql.push("metadata m CROSS JOIN images WHERE images.key = m.image AND ");
                condition!(sql, filter);
                sql.push(" AND ");
            } else {
                sql.push("images WHERE ");
            }
            sql.push("blob IS NOT NULL AND account = ").push_bind(account.as_str());
            match &query.creator {
                Creator::Any => {}
                Creator::None => { sql.push(" AND creator IS NULL"); }
                Creator::Named(name) => {
                    sql.push(" AND substr(creator, 1, 64) = ").push_bind(name.chars().take(64).collect::<String>());
                    sql.push(" AND creator = ").push_bind(name);
                }
            }
            if !query.words.is_empty() {
                let pattern = containing(&query.words);
                sql.push(" AND (LOWER(id) LIKE LOWER(").push_bind(pattern.clone()).push(") ESCAPE '!'");
                sql.push(" OR LOWER(filename) LIKE LOWER(").push_bind(pattern).push(") ESCAPE '!')");
            }
            for filter in query.filters.iter().filter(|filter| !driver.is_some_and(|driver| std::ptr::eq(driver, *filter))) {
                sql.push(" AND EXISTS (SELECT 1 FROM metadata m WHERE m.image = images.key AND ");
                condition!(sql, filter);
                sql.push(")");
            }
            if let Start::After(Some(cursor)) = start {
                sql.push(" AND (uploaded, key) ").push(than).push(" (").push_bind(cursor.uploaded);
                sql.push(", ").push_bind(&cursor.key).push(")");
            }
            // With a sign in front, no index is taken for the order's sake.
            sql.push(if driver.is_some() { " ORDER BY +uploaded " } else { " ORDER BY uploaded " });
            sql.push(order).push(", key ").push(order);
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
