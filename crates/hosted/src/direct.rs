//! Direct uploads: a draft that somebody without a token may give its bytes, once and in time.

use std::time::Duration;

use crate::database::{on, transaction};
use crate::id::slot;
use crate::images::{COUNT, MAKE_ROOM, NOTE, OWN, Row, clean, columns, sql};
use crate::{AccountId, Hosted, HostedError, Image, Metadata, NewImage, Received, Timestamp, random, webhooks};

/// The shortest time that a draft may wait.
pub const MIN_EXPIRY: Duration = Duration::from_secs(2 * 60);

/// The longest.
pub const MAX_EXPIRY: Duration = Duration::from_secs(6 * 3600);

/// How long it waits where nothing is said.
const DEFAULT_EXPIRY: Duration = Duration::from_secs(30 * 60);

/// How much nearer or further than the bounds a moment may be: clocks differ, and so does what a request takes.
const SLACK: Duration = Duration::from_secs(30);

/// Until when a draft waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// 30 minutes.
    #[default]
    Default,
    /// This moment, between 2 minutes and 6 hours from now.
    At(Timestamp),
}

impl Hosted {
    /// Makes a draft, which waits for its bytes and is in no list.
    pub async fn announce(&self, account: &AccountId, new: NewImage, expiry: Expiry) -> Result<Image, HostedError> {
        let now = self.now();
        let expires = match expiry {
            Expiry::Default => now.after(DEFAULT_EXPIRY),
            Expiry::At(time) => {
                let bounds = now.after(MIN_EXPIRY).before(SLACK)..=now.after(MAX_EXPIRY).after(SLACK);
                if bounds.contains(&time) { time } else { return Err(HostedError::Expiry) }
            }
        };
        let (new, id) = new.checked()?;
        let (key, slot, metadata) = (random::hex()?, slot(id.as_str()), new.metadata_text());
        let insert = "INSERT INTO images (key, account, id, slot, custom, filename, creator, metadata, require_signed, \
            uploaded, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        transaction!(self.database(), connection => {
            sqlx::query(MAKE_ROOM).bind(account.as_str()).bind(&slot).bind(now.0).execute(&mut *connection).await?;
            let inserted = sqlx::query(insert)
                .bind(&key).bind(account.as_str()).bind(id.as_str()).bind(&slot).bind(id.is_custom())
                .bind(&new.filename).bind(&new.creator).bind(&metadata).bind(new.require_signed_urls)
                .bind(now.0).bind(expires.0).execute(&mut *connection).await;
            inserted.map_err(|error| HostedError::taken(error, &id))?;
        });
        self.image(account, id.as_str()).await
    }

    /// The draft `id`, if it still waits: to be asked before bytes are taken in.
    pub async fn draft(&self, account: &AccountId, id: &str) -> Result<Image, HostedError> {
        let select = concat!(
            "SELECT ",
            columns!(),
            " FROM images WHERE account = $1 AND slot = $2 AND blob IS NULL AND expires > $3"
        );
        let found: Option<Row> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(account.as_str()).bind(slot(id)).bind(self.now().0).fetch_optional(pool).await
        })?;
        found.ok_or_else(|| HostedError::no_image(id))?.image()
    }

    /// Makes the draft `id` the image of `received`. Of several at once, one succeeds. What is refused is discarded.
    pub async fn publish_draft(
        &self,
        account: &AccountId,
        id: &str,
        received: Received,
        filename: Option<&str>,
    ) -> Result<Image, HostedError> {
        let published = self.try_publish_draft(account, id, &received, filename).await;
        if published.is_err() {
            self.discard(received).await;
        }
        published
    }

    async fn try_publish_draft(
        &self,
        account: &AccountId,
        id: &str,
        received: &Received,
        filename: Option<&str>,
    ) -> Result<Image, HostedError> {
        let content = &received.content;
        let filename = filename.map(clean).filter(|name| !name.is_empty());
        let (now, limit, message) = (self.now(), self.limits().images, random::hex()?);
        const UPDATE: &str = concat!(
            "UPDATE images SET blob = $4, media_type = $5, bytes = $6, width = $7, height = $8, digest = $9, ",
            "uploaded = $3, expires = NULL, filename = COALESCE(filename, $10) ",
            "WHERE account = $1 AND slot = $2 AND blob IS NULL AND expires > $3 RETURNING ",
            columns!()
        );
        let image = transaction!(self.database(), connection => {
            let counted = sqlx::query(COUNT).bind(account.as_str()).bind(sql(limit)).execute(&mut *connection).await?;
            if counted.rows_affected() == 0 {
                return Err(HostedError::ManyImages { limit });
            }
            let owned = sqlx::query(OWN).bind(&content.blob).bind(now.0).execute(&mut *connection).await?;
            if owned.rows_affected() == 0 {
                return Err(HostedError::Abandoned);
            }
            let row: Option<Row> = sqlx::query_as(UPDATE)
                .bind(account.as_str()).bind(slot(id)).bind(now.0).bind(&content.blob).bind(&content.media_type)
                .bind(sql(content.n_bytes)).bind(i64::from(content.width)).bind(i64::from(content.height))
                .bind(&content.digest).bind(&filename)
                .fetch_optional(&mut *connection).await?;
            let image = row.ok_or_else(|| HostedError::no_image(id))?.image()?;
            for leaf in image.metadata.as_ref().map(Metadata::leaves).unwrap_or_default() {
                sqlx::query(NOTE).bind(&image.key).bind(&leaf.path).bind(leaf.kind).bind(&leaf.text).bind(leaf.number)
                    .execute(&mut *connection).await?;
            }
            if self.inner.webhooks {
                let body = webhooks::uploaded(&message, now, account, &image);
                sqlx::query(webhooks::INSERT).bind(&message).bind(&body).bind(now.0).execute(&mut *connection).await?;
            }
            image
        });
        Ok(image)
    }
}
