//! `GET …/v1/usage?since=2026-09-01&until=2026-09-30`: what was delivered, by day and variant. Cloudflare tells it elsewhere
//! (GraphQL) and in other words.

use axum::extract::RawQuery;
use axum::response::Response;
use serde::Serialize;
use tintype_hosted::{Day, Delivered, MAX_DAYS};
use url::form_urlencoded;
use utoipa::ToSchema;

use super::answer::{self, ApiError, Envelope};
use super::owner::Owner;

/// The days that are told where nothing is said, today among them.
const DAYS: i64 = 30;

/// What was delivered in some days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Usage {
    /// The first day.
    since: String,
    /// The last day.
    until: String,
    usage: Vec<Row>,
}

/// What was delivered of a variant on a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageOfDay)]
struct Row {
    /// In UTC.
    day: String,
    /// Null for all options that stood in the place of a variant.
    variant: Option<String>,
    images: u64,
    bytes: u64,
}

/// Tell what was delivered
///
/// By day and variant. Cloudflare's API does not have this.
#[utoipa::path(get, path = "/v1/usage", operation_id = "usage", tag = "images",
    params(("since" = Option<String>, Query, description = "The first day, such as 2026-09-01; default the thirtieth with the last"),
           ("until" = Option<String>, Query, description = "The last day, 365 later at most; default today")),
    responses((status = 200, description = "Sums", body = Envelope<Usage>)))]
pub(super) async fn usage(owner: Owner, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let today = Day::of(owner.hosted().now());
    let (since, until) = asked(query.as_deref().unwrap_or_default(), today)?;
    let delivered = owner.hosted().deliveries(owner.id(), since, until).await?;
    let usage = delivered.into_iter().map(shown).collect();
    Ok(answer::ok(Usage { since: since.to_string(), until: until.to_string(), usage }))
}

fn shown(delivered: Delivered) -> Row {
    let Delivered { day, variant, images, bytes } = delivered;
    Row { day: day.to_string(), variant, images, bytes }
}

fn asked(query: &str, today: Day) -> Result<(Day, Day), ApiError> {
    let (mut since, mut until) = (None, today);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let day = || {
            Day::parse(&value)
                .ok_or_else(|| ApiError::bad(format!("{name}: {value:?} is not a day such as 2026-09-01")))
        };
        match &*name {
            "since" => since = Some(day()?),
            "until" => until = day()?,
            _ => {}
        }
    }
    let since = since.unwrap_or(until.before(DAYS - 1));
    match since.days_to(until) {
        1..=MAX_DAYS => Ok((since, until)),
        0 => Err(ApiError::bad(format!("since: {since} is after until, {until}"))),
        days => Err(ApiError::bad(format!("since: there are {days} days until {until}; at most {MAX_DAYS} are told"))),
    }
}
