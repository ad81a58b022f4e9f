//! `GET …/v1/usage?since=2026-09-01&until=2026-09-30`: what was delivered, by day and variant. Cloudflare tells it elsewhere
//! (GraphQL) and in other words.

use axum::extract::RawQuery;
use axum::response::Response;
use serde_json::{Value, json};
use tintype_hosted::{Day, Delivered, MAX_DAYS};
use url::form_urlencoded;

use super::answer::{self, ApiError};
use super::owner::Owner;

/// The days that are told where nothing is said, today among them.
const DAYS: i64 = 30;

pub(super) async fn usage(owner: Owner, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let today = Day::of(owner.hosted().now());
    let (since, until) = asked(query.as_deref().unwrap_or_default(), today)?;
    let delivered = owner.hosted().deliveries(owner.id(), since, until).await?;
    let rows: Vec<Value> = delivered.iter().map(shown).collect();
    Ok(answer::ok(json!({ "since": since.to_string(), "until": until.to_string(), "usage": rows })))
}

/// A variant that is null stands for all options that stood instead of a variant.
fn shown(delivered: &Delivered) -> Value {
    let Delivered { day, variant, images, bytes } = delivered;
    json!({ "day": day.to_string(), "variant": variant, "images": images, "bytes": bytes })
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
