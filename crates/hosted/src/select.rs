//! Lists of images, read from the database.
//!
//! Nothing here takes longer with more images but the number of a page by [`Hosted::list_page`]: what an index has is read in its order
//! until a page is full, and where there are conditions that no index has, no more than [`LOOKED_AT`] images are looked at. Databases are
//! asked so that they cannot think of another way: `EXPLAIN` each, with many rows and with few, before changing a query.

use sqlx::QueryBuilder;

use crate::database::on;
use crate::error::within;
use crate::filter::{MAX_FILTERS, Scalar, Test};
use crate::images::{Image, MAX_CREATOR, Row, columns};
use crate::list::{Creator, Cursor, LOOKED_AT, MAX_PAGE, NumberedPage, Order, Page, Query};
use crate::{AccountId, Filter, FilterError, Hosted, HostedError, ImageId};

/// Characters of a creator that the index has.
const INDEXED_CREATOR: usize = 64;

/// A value or a range of a filter, as an index finds it.
#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    path: &'a str,
    kind: &'static str,
    value: Value<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Text(&'a str),
    Compared(&'static str, f64),
}

/// What a filter asks for, none of it twice: one of these has to hold.
fn parts(Filter { path, test }: &Filter) -> Vec<Part<'_>> {
    let part = |kind, value| Part { path, kind, value };
    match test {
        Test::Compares(sign, number) => vec![part("number", Value::Compared(sign, *number))],
        Test::Is(values) => {
            let once = values.iter().enumerate().filter(|(index, value)| !values[..*index].contains(value));
            let parts = once.map(|(_, value)| match value {
                Scalar::String(text) => part("string", Value::Text(text)),
                Scalar::Number(number) => part("number", Value::Compared("=", *number)),
                Scalar::Boolean(flag) => part("boolean", Value::Text(if *flag { "true" } else { "false" })),
            });
            parts.collect()
        }
    }
}

/// Adds what the indexes have of a part, of the row `m` of metadata.
macro_rules! indexed {
    ($sql:ident, $part:expr) => {{
        $sql.push("m.path = ").push_bind($part.path);
        match $part.value {
            Value::Text(text) => $sql.push(" AND m.text = ").push_bind(text),
            Value::Compared(sign, number) => $sql.push(" AND m.number ").push(sign).push(" ").push_bind(number),
        };
    }};
}

/// Adds what a part asks of the row `m` of metadata.
macro_rules! fits {
    ($sql:ident, $part:expr) => {{
        indexed!($sql, $part);
        $sql.push(" AND m.kind = ").push_bind($part.kind);
    }};
}

/// Adds what no index has of the conditions on `images`, but for one filter. They are asked image by image: with a limit inside,
/// PostgreSQL makes no join of all the metadata of it.
macro_rules! conditions {
    ($sql:ident, $query:expr, $but:expr) => {{
        if let Some(name) = $query.creator.beyond_the_index() {
            $sql.push(" AND creator = ").push_bind(name);
        }
        if !$query.words.is_empty() {
            let pattern = containing(&$query.words);
            $sql.push(" AND (LOWER(id) LIKE LOWER(").push_bind(pattern.clone()).push(") ESCAPE '!'");
            $sql.push(" OR LOWER(filename) LIKE LOWER(").push_bind(pattern).push(") ESCAPE '!')");
        }
        let but: Option<&Filter> = $but;
        for filter in $query.filters.iter().filter(|filter| !but.is_some_and(|but| std::ptr::eq(but, *filter))) {
            $sql.push(" AND EXISTS (SELECT 1 FROM metadata m WHERE m.image = images.key AND (");
            for (index, part) in parts(filter).iter().enumerate() {
                $sql.push(if index == 0 { "(" } else { " OR (" });
                fits!($sql, part);
                $sql.push(")");
            }
            $sql.push(") LIMIT 1 OFFSET 0)");
        }
    }};
}

/// What `LIKE` matches that has `words` in it.
fn containing(words: &str) -> String {
    let mut pattern = String::from("%");
    for letter in words.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Adds whose images are meant, as far as an index has it.
macro_rules! owned {
    ($sql:ident, $account:expr, $creator:expr) => {{
        $sql.push("blob IS NOT NULL AND account = ").push_bind($account.as_str());
        match $creator {
            Creator::Any => {}
            Creator::None => {
                $sql.push(" AND creator IS NULL");
            }
            Creator::Named(name) => {
                let beginning: String = name.chars().take(INDEXED_CREATOR).collect();
                $sql.push(" AND substr(creator, 1, 64) = ").push_bind(beginning);
            }
        }
    }};
}

/// Adds from where on: after a cursor, or, with another sign, up to it.
macro_rules! compared {
    ($sql:ident, $sign:expr, $cursor:expr) => {{
        $sql.push(" AND (uploaded, key) ").push($sign).push(" (").push_bind($cursor.uploaded);
        $sql.push(", ").push_bind($cursor.key.clone()).push(")");
    }};
}

/// Adds the order, and how many rows.
macro_rules! ordered {
    ($sql:ident, $order:expr, $limit:expr) => {{
        $sql.push(" ORDER BY uploaded ").push($order.direction()).push(", key ").push($order.direction());
        $sql.push(" LIMIT ").push_bind(i64::from($limit));
    }};
}

impl Order {
    fn direction(self) -> &'static str {
        match self {
            Self::Descending => "DESC",
            Self::Ascending => "ASC",
        }
    }

    /// What comes later in this order is so compared with what comes before.
    fn later(self) -> &'static str {
        match self {
            Self::Descending => "<",
            Self::Ascending => ">",
        }
    }

    fn not_later(self) -> &'static str {
        match self {
            Self::Descending => ">=",
            Self::Ascending => "<=",
        }
    }
}

impl Creator {
    /// A name of which the index has only the beginning.
    fn beyond_the_index(&self) -> Option<&str> {
        match self {
            Self::Named(name) if name.chars().nth(INDEXED_CREATOR - 1).is_some() => Some(name),
            _ => None,
        }
    }
}

impl Query {
    /// Whether images have to be looked at that are not in the list.
    fn has_conditions(&self) -> bool {
        !self.words.is_empty() || !self.filters.is_empty() || self.creator.beyond_the_index().is_some()
    }
}

fn checked(per_page: u32, creator: &Creator) -> Result<(), HostedError> {
    if !(1..=MAX_PAGE).contains(&per_page) {
        return Err(HostedError::PageSize { given: per_page });
    }
    if let Creator::Named(name) = creator { within("creator", name, MAX_CREATOR) } else { Ok(()) }
}

impl Hosted {
    /// Page `page.number` of an account's images. It takes longer the further back it is; [`Hosted::list`] does not.
    pub async fn list_page(&self, account: &AccountId, page: &NumberedPage) -> Result<Vec<Image>, HostedError> {
        checked(page.per_page, &page.creator)?;
        let rows: Vec<Row> = on!(self.database(), pool => {
            let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM images WHERE "));
            owned!(sql, account, &page.creator);
            if let Some(name) = page.creator.beyond_the_index() {
                sql.push(" AND creator = ").push_bind(name);
            }
            ordered!(sql, page.order, page.per_page);
            let before = i64::from(page.number.saturating_sub(1)) * i64::from(page.per_page);
            sql.push(" OFFSET ").push_bind(before);
            sql.build_query_as().fetch_all(pool).await
        })?;
        rows.into_iter().map(Row::image).collect()
    }

    /// The filter to begin with: one that no more than `most` fit, and fewer than any other.
    async fn driver<'a>(&self, query: &'a Query, most: u32) -> Result<Option<&'a Filter>, HostedError> {
        let mut most = i64::from(most);
        let mut best = None;
        for filter in &query.filters {
            let n: i64 = on!(self.database(), pool => {
                let mut sql = QueryBuilder::new("SELECT 0");
                for part in parts(filter) {
                    // Of indexes alone, and what one finds at once.
                    sql.push(" + (SELECT COUNT(*) FROM (SELECT 1 FROM metadata m WHERE ");
                    indexed!(sql, part);
                    sql.push(" LIMIT ").push_bind(most + 1).push(") counted)");
                }
                sql.build_query_scalar().fetch_one(pool).await
            })?;
            if n <= most {
                (best, most) = (Some(filter), n);
            }
        }
        Ok(best)
    }

    /// The last of the `most` images that are looked at from `cursor` on, if there are more.
    async fn last_looked_at(
        &self,
        account: &AccountId,
        query: &Query,
        cursor: Option<&Cursor>,
        most: u32,
    ) -> Result<Option<Cursor>, HostedError> {
        let last_and_next: Vec<(i64, String)> = on!(self.database(), pool => {
            let mut sql = QueryBuilder::new("SELECT uploaded, key FROM images WHERE ");
            owned!(sql, account, &query.creator);
            if let Some(cursor) = cursor {
                compared!(sql, query.order.later(), cursor);
            }
            ordered!(sql, query.order, 2);
            sql.push(" OFFSET ").push_bind(i64::from(most) - 1);
            sql.build_query_as().fetch_all(pool).await
        })?;
        let last = (last_and_next.len() == 2).then(|| last_and_next.into_iter().next()).flatten();
        Ok(last.map(|(uploaded, key)| Cursor { uploaded, key }))
    }

    /// Looks at all images that fit `driver`, one by one.
    async fn by_filter(
        &self,
        account: &AccountId,
        query: &Query,
        cursor: Option<&Cursor>,
        driver: &Filter,
    ) -> Result<Vec<Row>, HostedError> {
        Ok(on!(self.database(), pool => {
            let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM images WHERE key IN (SELECT key FROM ("));
            sql.push("SELECT few.image AS key, (SELECT uploaded FROM images WHERE images.key = few.image AND ");
            owned!(sql, account, &query.creator);
            conditions!(sql, query, Some(driver));
            sql.push(") AS uploaded FROM (");
            for (index, part) in parts(driver).iter().enumerate() {
                sql.push(if index == 0 { "" } else { " UNION ALL " });
                sql.push("SELECT m.image FROM metadata m WHERE ");
                fits!(sql, part);
            }
            // They are few. With a limit, databases do not begin elsewhere.
            sql.push(") few LIMIT 1000000) found WHERE uploaded IS NOT NULL");
            if let Some(cursor) = cursor {
                compared!(sql, query.order.later(), cursor);
            }
            ordered!(sql, query.order, query.per_page + 1);
            sql.push(")");
            ordered!(sql, query.order, query.per_page + 1);
            sql.build_query_as().fetch_all(pool).await
        })?)
    }

    /// Looks at images by their time, up to `last`.
    async fn by_time(
        &self,
        account: &AccountId,
        query: &Query,
        cursor: Option<&Cursor>,
        last: Option<&Cursor>,
    ) -> Result<Vec<Row>, HostedError> {
        Ok(on!(self.database(), pool => {
            let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM images WHERE "));
            owned!(sql, account, &query.creator);
            conditions!(sql, query, None);
            if let Some(cursor) = cursor {
                compared!(sql, query.order.later(), cursor);
            }
            if let Some(last) = last {
                compared!(sql, query.order.not_later(), last);
            }
            ordered!(sql, query.order, query.per_page + 1);
            sql.build_query_as().fetch_all(pool).await
        })?)
    }

    /// The images that `query` asks for, on from `cursor`.
    ///
    /// A page with filters or words may be empty though the list goes on: [`Page::next`] alone tells.
    pub async fn list(&self, account: &AccountId, query: &Query, cursor: Option<&Cursor>) -> Result<Page, HostedError> {
        checked(query.per_page, &query.creator)?;
        if query.filters.len() > MAX_FILTERS {
            return Err(FilterError::TooMany { given: query.filters.len() }.into());
        }
        within("search", &query.words, ImageId::MAX_CHARS)?;
        let most = LOOKED_AT.max(query.per_page);
        let (mut rows, last) = if let Some(driver) = self.driver(query, most).await? {
            (self.by_filter(account, query, cursor, driver).await?, None)
        } else if query.has_conditions() {
            let last = self.last_looked_at(account, query, cursor, most).await?;
            (self.by_time(account, query, cursor, last.as_ref()).await?, last)
        } else {
            (self.by_time(account, query, cursor, None).await?, None)
        };
        let next = if rows.len() > query.per_page as usize {
            rows.truncate(query.per_page as usize);
            rows.last().map(|row| Cursor { uploaded: row.uploaded, key: row.key.clone() })
        } else {
            last
        };
        Ok(Page { images: rows.into_iter().map(Row::image).collect::<Result<_, _>>()?, next })
    }
}
