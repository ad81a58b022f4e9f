//! `GET …/v1` (pages) and `GET …/v2` (on from where the last one ended).

use axum::extract::RawQuery;
use axum::response::Response;
use serde::Serialize;
use tintype_hosted::{Creator, Cursor, Filter, HostedError, Order, Query};
use url::form_urlencoded;

use super::answer::{self, ApiError};
use super::images::{Shown, Writer};
use super::owner::Owner;

/// What the parameters of a list say.
#[derive(Debug, Default)]
struct Asked {
    query: Query,
    cursor: Option<Cursor>,
    page: u32,
}

/// Parameters that are not known are passed over, but for conditions on metadata.
fn asked(text: &str) -> Result<Asked, ApiError> {
    let mut asked = Asked { page: 1, ..Asked::default() };
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let number = || value.parse().map_err(|_number| ApiError::bad(format!("{name}: {value:?} is not a number")));
        match &*name {
            "per_page" => asked.query.per_page = number()?,
            "page" => asked.page = number()?,
            "sort_order" => {
                asked.query.order = match &*value {
                    "asc" => Order::Ascending,
                    "desc" => Order::Descending,
                    _ => return Err(ApiError::bad(format!("sort_order: {value:?} is not asc or desc"))),
                }
            }
            "creator" if value.is_empty() => asked.query.creator = Creator::None,
            "creator" => asked.query.creator = Creator::Named(value.into_owned()),
            "continuation_token" if value.is_empty() => {}
            "continuation_token" => asked.cursor = Some(Cursor::parse(&value)?),
            name => {
                let Some(rest) = name.strip_prefix("meta.") else { continue };
                let (path, operator) = rest
                    .strip_suffix(']')
                    .and_then(|rest| rest.rsplit_once('['))
                    .ok_or_else(|| ApiError::bad(format!("{name}: a filter is written meta.<path>[<operator>]")))?;
                asked.query.filters.push(Filter::parse(path, operator, &value).map_err(HostedError::from)?);
            }
        }
    }
    Ok(asked)
}

#[derive(Debug, Serialize)]
struct Pages {
    images: Vec<Shown>,
}

#[derive(Debug, Serialize)]
struct Continued {
    images: Vec<Shown>,
    continuation_token: Option<String>,
}

pub(super) async fn pages(owner: Owner, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let Asked { query, page, .. } = asked(query.as_deref().unwrap_or_default())?;
    if page == 0 {
        return Err(ApiError::bad("page: pages are counted from 1"));
    }
    let images = owner.hosted().list_page(owner.id(), &query, page).await?;
    let writer = Writer::new(&owner).await?;
    Ok(answer::ok(Pages { images: images.into_iter().map(|image| writer.show(image)).collect() }))
}

pub(super) async fn continued(owner: Owner, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let Asked { query, cursor, .. } = asked(query.as_deref().unwrap_or_default())?;
    let page = owner.hosted().list(owner.id(), &query, cursor.as_ref()).await?;
    let writer = Writer::new(&owner).await?;
    let images = page.images.into_iter().map(|image| writer.show(image)).collect();
    Ok(answer::ok(Continued { images, continuation_token: page.next.map(|next| next.to_token()) }))
}
