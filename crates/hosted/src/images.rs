//! Images: published, found, changed and deleted.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::accounts::HOLD;
use crate::database::{on, transaction};
use crate::error::within;
use crate::id::slot;
use crate::{AccountId, Hosted, HostedError, ImageId, Metadata, Received, Timestamp, random};

/// The longest file name, in characters; what is longer is cut.
const MAX_FILENAME: usize = 255;

/// The longest creator, in characters.
pub(crate) const MAX_CREATOR: usize = 1024;

/// What a new image is called, and what is said about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewImage {
    /// An id that its owner chose; none for a UUID.
    pub id: Option<ImageId>,
    /// What the file was called.
    pub filename: Option<String>,
    /// Who made it, in the owner's words.
    pub creator: Option<String>,
    /// What its owner notes about it.
    pub metadata: Option<Metadata>,
    /// Whether only signed URLs deliver it.
    pub require_signed_urls: bool,
    /// When it was uploaded, for one that was stored before; none for now. Times to come are now, and so are those of
    /// [drafts](Hosted::announce).
    pub uploaded: Option<Timestamp>,
}

/// An image.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// What URLs call it.
    pub id: String,
    /// What the file was called.
    pub filename: Option<String>,
    /// Who made it, in the owner's words.
    pub creator: Option<String>,
    /// What its owner notes about it.
    pub metadata: Option<Metadata>,
    /// Whether only signed URLs deliver it.
    pub require_signed_urls: bool,
    /// When it was uploaded; of a draft, when it was announced.
    pub uploaded: Timestamp,
    /// Its bytes; a draft has none yet.
    pub content: Option<Content>,
    /// What the database calls it, whatever its id.
    pub(crate) key: String,
}

/// An image's bytes, as they were uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What the store calls them. They never change under this name.
    pub blob: String,
    /// What they are, for example `image/png`.
    pub media_type: String,
    /// How many there are.
    pub n_bytes: u64,
    /// Pixels of the upright picture.
    pub width: u32,
    /// Pixels of the upright picture.
    pub height: u32,
    /// SHA-256 of the bytes, in hexadecimal.
    pub digest: String,
}

impl Content {
    /// Whether it is these bytes.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.n_bytes == bytes.len() as u64 && self.digest == random::hexadecimal(&Sha256::digest(bytes))
    }
}

/// What becomes of an image that is there under a new one's id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfTaken {
    /// It stays, and the new one is refused.
    #[default]
    Refuse,
    /// It is gone in the moment in which the new one is there.
    Replace,
}

/// What is to be changed. Fields that are none stay as they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// Whether only signed URLs deliver it; a change gives the image another id.
    pub require_signed_urls: Option<bool>,
    /// All of the metadata; none inside clears it.
    pub metadata: Option<Option<Metadata>>,
    /// Who made it; none inside clears it.
    pub creator: Option<Option<String>>,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) id: String,
    filename: Option<String>,
    creator: Option<String>,
    metadata: Option<String>,
    require_signed: bool,
    pub(crate) uploaded: i64,
    blob: Option<String>,
    media_type: Option<String>,
    bytes: Option<i64>,
    width: Option<i64>,
    height: Option<i64>,
    digest: Option<String>,
}

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        "key, id, filename, creator, metadata, require_signed, uploaded, blob, media_type, bytes, width, height, digest"
    };
}
pub(crate) use columns;

impl Row {
    pub(crate) fn image(self) -> Result<Image, HostedError> {
        let content = match (self.blob, self.media_type, self.bytes, self.width, self.height, self.digest) {
            (Some(blob), Some(media_type), Some(bytes), Some(width), Some(height), Some(digest)) => {
                let number = |value: i64| u32::try_from(value).unwrap_or_default();
                let n_bytes = u64::try_from(bytes).unwrap_or_default();
                Some(Content { blob, media_type, n_bytes, width: number(width), height: number(height), digest })
            }
            _ => None,
        };
        Ok(Image {
            id: self.id,
            filename: self.filename,
            creator: self.creator,
            metadata: self.metadata.as_deref().map(Metadata::stored).transpose()?,
            require_signed_urls: self.require_signed,
            uploaded: Timestamp(self.uploaded),
            content,
            key: self.key,
        })
    }
}

impl NewImage {
    /// What may stand in the database, with an id.
    pub(crate) fn checked(mut self) -> Result<(Self, ImageId), HostedError> {
        if let Some(creator) = &self.creator {
            within("creator", creator, MAX_CREATOR)?;
        }
        self.creator = self.creator.filter(|creator| !creator.is_empty());
        self.filename = self.filename.map(|name| clean(&name)).filter(|name| !name.is_empty());
        let id = match self.id.take() {
            Some(id) if id.is_custom() && self.require_signed_urls => {
                return Err(HostedError::CustomPrivate { id: id.to_string() });
            }
            Some(id) => id,
            None => ImageId::generate()?,
        };
        Ok((self, id))
    }

    pub(crate) fn metadata_text(&self) -> Option<String> {
        self.metadata.as_ref().map(Metadata::to_text)
    }
}

/// `name` as it may be shown: without control characters, and not too long.
pub(crate) fn clean(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_FILENAME).collect()
}

const INSERT: &str = "INSERT INTO images (key, account, id, slot, custom, filename, creator, metadata, require_signed, \
    uploaded, blob, media_type, bytes, width, height, digest) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

/// The bytes belong to an image from now on, unless the sweeper was quicker.
pub(crate) const OWN: &str = "UPDATE blobs SET state = 'owned', since = $2 WHERE name = $1 AND state = 'pending'";

pub(crate) const COUNT: &str = "UPDATE accounts SET images = images + 1 WHERE id = $1 AND images < $2";

const UNCOUNT: &str = "UPDATE accounts SET images = images - 1 WHERE id = $1";

/// The bytes belong to nobody from now on.
const LEAVE: &str = "UPDATE blobs SET state = 'leaving', since = $2 WHERE name = $1";

const TAKE_AWAY: &str = "DELETE FROM images WHERE account = $1 AND slot = $2 RETURNING blob";

pub(crate) const NOTE: &str = "INSERT INTO metadata (image, path, kind, text, number) VALUES ($1, $2, $3, $4, $5)";

/// Takes away a draft whose time is over, so that its id can be used.
pub(crate) const MAKE_ROOM: &str =
    "DELETE FROM images WHERE account = $1 AND slot = $2 AND blob IS NULL AND expires < $3";

impl Hosted {
    /// Makes `received` an image. What is refused is discarded.
    pub async fn publish(&self, account: &AccountId, received: Received, new: NewImage) -> Result<Image, HostedError> {
        self.publish_as(account, received, new, IfTaken::Refuse).await
    }

    /// [`Hosted::publish`], with a choice where the id is taken.
    pub async fn publish_as(
        &self,
        account: &AccountId,
        received: Received,
        new: NewImage,
        if_taken: IfTaken,
    ) -> Result<Image, HostedError> {
        let published = self.try_publish(account, &received.content, new, if_taken).await;
        if published.is_err() {
            self.discard(received).await;
        }
        published
    }

    async fn try_publish(
        &self,
        account: &AccountId,
        content: &Content,
        new: NewImage,
        if_taken: IfTaken,
    ) -> Result<Image, HostedError> {
        let (new, id) = new.checked()?;
        let now = self.now();
        let uploaded = new.uploaded.map_or(now, |uploaded| uploaded.min(now));
        let (key, slot, metadata) = (random::hex()?, slot(id.as_str()), new.metadata_text());
        let leaves = new.metadata.as_ref().map(Metadata::leaves).unwrap_or_default();
        let limit = self.limits().images;
        let replaced = transaction!(self.database(), connection => {
            let replaced: Option<Option<String>> = match if_taken {
                IfTaken::Refuse => None,
                IfTaken::Replace => {
                    sqlx::query(HOLD).bind(account.as_str()).execute(&mut *connection).await?;
                    sqlx::query_scalar(TAKE_AWAY).bind(account.as_str()).bind(&slot)
                        .fetch_optional(&mut *connection).await?
                }
            };
            if let Some(Some(blob)) = &replaced {
                sqlx::query(LEAVE).bind(blob).bind(now.0).execute(&mut *connection).await?;
                sqlx::query(UNCOUNT).bind(account.as_str()).execute(&mut *connection).await?;
            }
            let counted = sqlx::query(COUNT).bind(account.as_str()).bind(sql(limit)).execute(&mut *connection).await?;
            if counted.rows_affected() == 0 {
                return Err(HostedError::ManyImages { limit });
            }
            sqlx::query(MAKE_ROOM).bind(account.as_str()).bind(&slot).bind(now.0).execute(&mut *connection).await?;
            let owned = sqlx::query(OWN).bind(&content.blob).bind(now.0).execute(&mut *connection).await?;
            if owned.rows_affected() == 0 {
                return Err(HostedError::Abandoned);
            }
            let inserted = sqlx::query(INSERT)
                .bind(&key).bind(account.as_str()).bind(id.as_str()).bind(&slot).bind(id.is_custom())
                .bind(&new.filename).bind(&new.creator).bind(&metadata).bind(new.require_signed_urls)
                .bind(uploaded.0).bind(&content.blob).bind(&content.media_type).bind(sql(content.n_bytes))
                .bind(i64::from(content.width)).bind(i64::from(content.height)).bind(&content.digest)
                .execute(&mut *connection).await;
            inserted.map_err(|error| HostedError::taken(error, &id))?;
            for leaf in &leaves {
                sqlx::query(NOTE).bind(&key).bind(&leaf.path).bind(leaf.kind).bind(&leaf.text).bind(leaf.number)
                    .execute(&mut *connection).await?;
            }
            replaced.flatten()
        });
        if let Some(blob) = replaced {
            self.remove_blob(&blob).await;
        }
        Ok(Image {
            id: id.to_string(),
            filename: new.filename,
            creator: new.creator,
            metadata: new.metadata,
            require_signed_urls: new.require_signed_urls,
            uploaded,
            content: Some(content.clone()),
            key,
        })
    }

    /// The image `id`; drafts are found too.
    pub async fn image(&self, account: &AccountId, id: &str) -> Result<Image, HostedError> {
        let select = concat!("SELECT ", columns!(), " FROM images WHERE account = $1 AND slot = $2");
        let found: Option<Row> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(account.as_str()).bind(slot(id)).fetch_optional(pool).await
        })?;
        found.ok_or_else(|| HostedError::no_image(id))?.image()
    }

    /// Changes the image `id`, which is no draft. Where it changes whether URLs have to be signed, it has another id afterwards.
    pub async fn patch(&self, account: &AccountId, id: &str, patch: Patch) -> Result<Image, HostedError> {
        if let Some(Some(creator)) = &patch.creator {
            within("creator", creator, MAX_CREATOR)?;
        }
        let creator = patch.creator.map(|creator| creator.filter(|creator| !creator.is_empty()));
        let text = patch.metadata.as_ref().map(|metadata| metadata.as_ref().map(Metadata::to_text));
        let leaves =
            patch.metadata.as_ref().map(|metadata| metadata.as_ref().map(Metadata::leaves).unwrap_or_default());
        let other = ImageId::generate()?;
        // Nothing is read first, so that nothing changes in between.
        const UPDATE: &str = concat!(
            "UPDATE images SET ",
            "id = CASE WHEN require_signed <> COALESCE($3, require_signed) THEN $4 ELSE id END, ",
            "slot = CASE WHEN require_signed <> COALESCE($3, require_signed) THEN $5 ELSE slot END, ",
            "custom = custom AND require_signed = COALESCE($3, require_signed), ",
            "require_signed = COALESCE($3, require_signed), ",
            "metadata = CASE WHEN $6 THEN $7 ELSE metadata END, ",
            "creator = CASE WHEN $8 THEN $9 ELSE creator END ",
            "WHERE account = $1 AND slot = $2 AND blob IS NOT NULL ",
            "AND NOT (custom AND COALESCE($3, FALSE)) RETURNING ",
            columns!()
        );
        let changed: Option<Row> = transaction!(self.database(), connection => {
            let changed: Option<Row> = sqlx::query_as(UPDATE)
                .bind(account.as_str()).bind(slot(id)).bind(patch.require_signed_urls)
                .bind(other.as_str()).bind(slot(other.as_str()))
                .bind(text.is_some()).bind(text.clone().flatten())
                .bind(creator.is_some()).bind(creator.clone().flatten())
                .fetch_optional(&mut *connection).await?;
            if let (Some(row), Some(leaves)) = (&changed, &leaves) {
                sqlx::query("DELETE FROM metadata WHERE image = $1").bind(&row.key).execute(&mut *connection).await?;
                for leaf in leaves {
                    sqlx::query(NOTE).bind(&row.key).bind(&leaf.path).bind(leaf.kind).bind(&leaf.text)
                        .bind(leaf.number).execute(&mut *connection).await?;
                }
            }
            changed
        });
        match changed {
            Some(row) => row.image(),
            None => match self.image(account, id).await? {
                image if image.content.is_some() => Err(HostedError::CustomPrivate { id: image.id }),
                draft => Err(HostedError::no_image(&draft.id)),
            },
        }
    }

    /// Deletes the image or draft `id`, whose content is given back. It is gone at once; its bytes go too, now or, where the
    /// store fails, when the sweeper comes.
    pub async fn delete(&self, account: &AccountId, id: &str) -> Result<Option<Content>, HostedError> {
        let delete = concat!("DELETE FROM images WHERE account = $1 AND slot = $2 RETURNING ", columns!());
        let now = self.now();
        let row: Row = transaction!(self.database(), connection => {
            // Before the image: whoever uploads another of this id takes the account first, and would wait for this one.
            sqlx::query(HOLD).bind(account.as_str()).execute(&mut *connection).await?;
            let gone: Option<Row> = sqlx::query_as(delete)
                .bind(account.as_str()).bind(slot(id)).fetch_optional(&mut *connection).await?;
            let row = gone.ok_or_else(|| HostedError::no_image(id))?;
            if let Some(blob) = &row.blob {
                sqlx::query(LEAVE).bind(blob).bind(now.0).execute(&mut *connection).await?;
                sqlx::query(UNCOUNT).bind(account.as_str()).execute(&mut *connection).await?;
            }
            row
        });
        let content = row.image()?.content;
        if let Some(content) = &content {
            self.remove_blob(&content.blob).await;
        }
        Ok(content)
    }

    /// The bytes of an image, in pieces.
    pub async fn read(&self, content: &Content) -> Result<crate::Blob, HostedError> {
        self.blobs().read(&content.blob).await
    }

    /// The bytes of an image.
    pub async fn read_whole(&self, content: &Content) -> Result<bytes::Bytes, HostedError> {
        self.blobs().read_whole(&content.blob).await
    }

    /// How many images an account has; drafts are none.
    pub async fn count(&self, account: &AccountId) -> Result<u64, HostedError> {
        let select = "SELECT images FROM accounts WHERE id = $1";
        let count: Option<i64> = on!(self.database(), pool => {
            sqlx::query_scalar(select).bind(account.as_str()).fetch_optional(pool).await
        })?;
        let count = count.ok_or_else(|| HostedError::NoAccount { id: account.to_string() })?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

/// A number as databases have them.
pub(crate) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Image {
    /// The image as it may be shown to others than its owner.
    #[must_use]
    pub fn without_metadata(self) -> Self {
        Self { metadata: None, ..self }
    }

    /// The metadata as JSON.
    pub fn metadata_json(&self) -> Option<Value> {
        self.metadata.as_ref().map(|metadata| Value::Object(metadata.as_object().clone()))
    }
}
