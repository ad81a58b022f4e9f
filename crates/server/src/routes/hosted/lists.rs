//! `GET …/v1` (pages) and `GET …/v2` (on from where the last one ended).

use axum::extract::RawQuery;
use axum::response::Response;
use serde::Serialize;
use tintype_hosted::{Creator, Cursor, Filter, HostedError, NumberedPage, Order, Query};
use url::form_urlencoded;
use utoipa::ToSchema;

use super::answer::{self, ApiError, Envelope};
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
        // Cloudflare's SDKs have numbers with fractions.
        let digits = value.strip_suffix(".0").unwrap_or(&value);
        let number = || digits.parse().map_err(|_number| ApiError::bad(format!("{name}: {value:?} is not a number")));
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
            "search" => asked.query.words = value.into_owned(),
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

/// One page of images.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pages {
    images: Vec<Shown>,
}

/// Images, and where the list goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Continued {
    /// With conditions or words, a page may have fewer than were asked for, or none, before the list ends.
    images: Vec<Shown>,
    /// Null at the end, and only there.
    continuation_token: Option<String>,
}

/// List images by pages
///
/// The second version does not become slower with the number of the page, and takes conditions and words; here they are refused.
#[utoipa::path(get, path = "/v1", operation_id = "list_images_by_page", tag = "images",
    params(("per_page" = Option<u32>, Query, description = "Images at a time; default 1000", minimum = 1, maximum = 10_000),
           ("creator" = Option<String>, Query, description = "Only this creator's; an empty text for those without one"),
           ("sort_order" = Option<String>, Query, description = "desc, the newest first, or asc", pattern = "^(asc|desc)$"),
           ("page" = Option<u32>, Query, description = "Which page, from 1 on", minimum = 1)),
    responses((status = 200, description = "The page", body = Envelope<Pages>)))]
pub(super) async fn pages(owner: Owner, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let Asked { query, page: number, .. } = asked(query.as_deref().unwrap_or_default())?;
    if number == 0 {
        return Err(ApiError::bad("page: pages are counted from 1"));
    }
    // Whoever asks for some must not get all: it may be for deleting them.
    if !query.filters.is_empty() || !query.words.is_empty() {
        return Err(ApiError::bad("conditions on metadata and search are for lists by GET …/images/v2"));
    }
    let Query { creator, order, per_page, .. } = query;
    let images = owner.hosted().list_page(owner.id(), &NumberedPage { creator, order, per_page, number }).await?;
    let writer = Writer::new(&owner).await?;
    Ok(answer::ok(Pages { images: images.into_iter().map(|image| writer.show(image)).collect() }))
}

/// List images
///
/// `meta.<path>[<operator>]=<value>` are conditions on metadata, at most five, all of which have to hold: eq, in (values with `|`
/// in between), gt, gte, lt and lte, with `:string`, `:number` or `:boolean` behind them where only that is meant. A page with
/// conditions or `search` may have fewer images than were asked for, or none, while the list goes on: it ends where the token is null.
#[utoipa::path(get, path = "/v2", operation_id = "list_images", tag = "images",
    params(("per_page" = Option<u32>, Query, description = "Images at a time; default 1000", minimum = 1, maximum = 10_000),
           ("creator" = Option<String>, Query, description = "Only this creator's; an empty text for those without one"),
           ("sort_order" = Option<String>, Query, description = "desc, the newest first, or asc", pattern = "^(asc|desc)$"),
           ("search" = Option<String>, Query, description = "Only with these words in the id or the file's name; not in Cloudflare's API"),
           ("continuation_token" = Option<String>, Query, description = "Where to go on: what the last answer said")),
    responses((status = 200, description = "Images, and where the list goes on", body = Envelope<Continued>)))]
pub(super) async fn continued(owner: Owner, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let Asked { query, cursor, .. } = asked(query.as_deref().unwrap_or_default())?;
    let page = owner.hosted().list(owner.id(), &query, cursor.as_ref()).await?;
    let writer = Writer::new(&owner).await?;
    let images = page.images.into_iter().map(|image| writer.show(image)).collect();
    Ok(answer::ok(Continued { images, continuation_token: page.next.map(|next| next.to_token()) }))
}
