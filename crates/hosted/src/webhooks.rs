//! Messages about direct uploads, for a webhook: a queue in the database. Who sends them, and how, is not known here.
//!
//! A message about an upload that was made is written in the transaction that makes it, so whatever is acknowledged is told. Each
//! is leased to whoever takes it out, so that several processes do not send it together, and is there until it is said to have been
//! taken: it is sent at least once.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::database::on;
use crate::{AccountId, Hosted, HostedError, Image, Timestamp, random};

/// A message that is to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same each time that it is sent.
    pub id: String,
    /// JSON.
    pub body: String,
    /// Which attempt this is, from 1 on.
    pub attempt: u32,
    /// When it was written.
    pub created: Timestamp,
}

pub(crate) const INSERT: &str = "INSERT INTO webhooks (id, body, created, attempts, due) VALUES ($1, $2, $3, 0, $3)";

/// What proves that `body` was sent at `unix_s` by who knows `secret`: `time=SECONDS,sig1=HEX`, as Cloudflare Stream signs its webhooks.
/// `sig1` is HMAC-SHA-256 of the seconds, a dot and the body, keyed with the secret's text.
pub fn signature(secret: &str, unix_s: i64, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("hmac takes keys of any length");
    let sum = mac.chain_update(format!("{unix_s}.{body}")).finalize().into_bytes();
    format!("time={unix_s},sig1={}", random::hexadecimal(&sum))
}

/// The body of a message about an upload that was made.
pub(crate) fn uploaded(id: &str, now: Timestamp, account: &AccountId, image: &Image) -> String {
    let mut said = json!({
        "id": image.id,
        "filename": image.filename,
        "creator": image.creator,
        "meta": image.metadata_json(),
        "requireSignedURLs": image.require_signed_urls,
        "uploaded": image.uploaded.to_rfc3339(),
    });
    if let (Some(content), Value::Object(said)) = (&image.content, &mut said) {
        said.insert("width".to_owned(), content.width.into());
        said.insert("height".to_owned(), content.height.into());
        said.insert("bytes".to_owned(), content.n_bytes.into());
        said.insert("type".to_owned(), content.media_type.clone().into());
    }
    message(id, "image.uploaded", now, account, json!({ "image": said }))
}

fn message(id: &str, event: &str, now: Timestamp, account: &AccountId, more: Value) -> String {
    let mut said = json!({ "id": id, "event": event, "time": now.to_rfc3339(), "account": account.as_str() });
    if let (Value::Object(said), Value::Object(more)) = (&mut said, more) {
        said.extend(more);
    }
    said.to_string()
}

impl Hosted {
    /// Writes a message about a direct upload to `image` that was refused, where messages are wanted. Of several that wait, the last
    /// is sent: whoever has an upload's URL may fail as often as they like.
    pub async fn tell_failure(
        &self,
        account: &AccountId,
        image: &Image,
        code: u16,
        reason: &str,
    ) -> Result<(), HostedError> {
        if !self.inner.webhooks {
            return Ok(());
        }
        let (id, now) = (format!("{}-failed", image.key), self.now());
        let error = json!({ "code": code, "message": reason });
        let more = json!({ "image": { "id": image.id, "creator": image.creator }, "error": error });
        let body = message(&id, "image.upload_failed", now, account, more);
        let insert = "INSERT INTO webhooks (id, body, created, attempts, due) VALUES ($1, $2, $3, 0, $3) \
            ON CONFLICT (id) DO UPDATE SET body = excluded.body";
        on!(self.database(), pool => {
            sqlx::query(insert).bind(&id).bind(&body).bind(now.0).execute(pool).await.map(drop)
        })?;
        Ok(())
    }

    /// Takes out messages that are due, `most` of them, the oldest first; for `lease` nobody else gets them.
    pub async fn due_messages(&self, lease: Duration, most: u32) -> Result<Vec<Message>, HostedError> {
        let now = self.now();
        let look = "SELECT id FROM webhooks WHERE due <= $1 ORDER BY due, id LIMIT $2";
        // The condition once more: another process may have been faster.
        let take = "UPDATE webhooks SET attempts = attempts + 1, due = $2 WHERE id = $3 AND due <= $1 \
            RETURNING id, body, attempts, created";
        let mut messages: Vec<(String, String, i64, i64)> = Vec::new();
        on!(self.database(), pool => {
            let ids: Vec<String> =
                sqlx::query_scalar(look).bind(now.0).bind(i64::from(most)).fetch_all(pool).await?;
            for id in ids {
                let taken: Option<(String, String, i64, i64)> = sqlx::query_as(take)
                    .bind(now.0).bind(now.after(lease).0).bind(&id).fetch_optional(pool).await?;
                messages.extend(taken);
            }
        });
        let messages = messages.into_iter().map(|(id, body, attempts, created)| {
            let attempt = u32::try_from(attempts).unwrap_or(u32::MAX);
            Message { id, body, attempt, created: Timestamp(created) }
        });
        Ok(messages.collect())
    }

    /// Forgets a message: it was taken, or nobody will ever take it. One that says something else by now stays.
    pub async fn forget_message(&self, message: &Message) -> Result<(), HostedError> {
        let delete = "DELETE FROM webhooks WHERE id = $1 AND body = $2";
        on!(self.database(), pool => {
            sqlx::query(delete).bind(&message.id).bind(&message.body).execute(pool).await.map(drop)
        })?;
        Ok(())
    }

    /// Lets a message be sent again, so long from now.
    pub async fn postpone_message(&self, message: &Message, wait: Duration) -> Result<(), HostedError> {
        let update = "UPDATE webhooks SET due = $2 WHERE id = $1";
        let due = self.now().after(wait).0;
        on!(self.database(), pool => {
            sqlx::query(update).bind(&message.id).bind(due).execute(pool).await.map(drop)
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `openssl dgst -sha256 -hmac secret`.
    #[test]
    fn signatures_are_those_of_other_programs() {
        let expected = "time=1230811200,sig1=72783535b5d4787564e18c28da79a5c01e94b2215f29c1e339be46128f6ff10d";
        assert_eq!(signature("secret", 1_230_811_200, r#"{"a":1}"#), expected);
    }
}
