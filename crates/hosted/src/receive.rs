//! Taking in bytes: into the store while they come, looked at before anything is said about them.
//!
//! [`Hosted::receive`] is the first half of every upload. What it gives has no owner yet; [`Hosted::publish`] or
//! [`Hosted::publish_draft`] makes it an image, [`Hosted::discard`] gives it up, and [`Hosted::sweep`] does where nobody did.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, pin_mut, stream};
use sha2::{Digest, Sha256};
use tintype::codecs::{self, Bound, CodecError};
use tintype_pixels::ImageFormat;

use crate::blobs::Writing;
use crate::database::on;
use crate::images::Content;
use crate::{BodyError, Hosted, HostedError, Limits, random};

/// A picture that is in the store, and has no owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub(crate) content: Content,
}

impl Received {
    /// What it is.
    pub fn content(&self) -> &Content {
        &self.content
    }
}

impl Hosted {
    /// Writes `body` to the store, and refuses what is no picture or too large. Of what is refused nothing is left.
    pub async fn receive(
        &self,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Send,
    ) -> Result<Received, HostedError> {
        let name = random::hex()?;
        let insert = "INSERT INTO blobs (name, state, since) VALUES ($1, 'pending', $2)";
        on!(self.database(), pool => sqlx::query(insert).bind(&name).bind(self.now().0).execute(pool).await.map(drop))?;
        match self.write(name.clone(), body).await {
            Ok(content) => Ok(Received { content }),
            Err(error) => {
                self.give_up(&name).await;
                Err(error)
            }
        }
    }

    /// [`Hosted::receive`], of bytes that are there already.
    pub async fn receive_whole(&self, bytes: Vec<u8>) -> Result<Received, HostedError> {
        self.receive(stream::iter([Ok::<_, BodyError>(Bytes::from(bytes))])).await
    }

    /// Gives up what was received.
    pub async fn discard(&self, received: Received) {
        self.give_up(&received.content.blob).await;
    }

    /// What cannot be done now is left to the sweeper.
    async fn give_up(&self, name: &str) {
        let mark = "UPDATE blobs SET state = 'leaving' WHERE name = $1 AND state = 'pending'";
        let marked = on!(self.database(), pool => {
            sqlx::query(mark).bind(name).execute(pool).await.map(|done| done.rows_affected())
        });
        match marked {
            Ok(1) => self.remove_blob(name).await,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "an upload that was given up is left to the sweeper"),
        }
    }

    /// Removes a file that is leaving, and its row.
    pub(crate) async fn remove_blob(&self, name: &str) {
        if let Err(error) = self.try_remove_blob(name).await {
            tracing::warn!(%error, "a file of the store is left to the sweeper");
        }
    }

    pub(crate) async fn try_remove_blob(&self, name: &str) -> Result<(), HostedError> {
        self.blobs().remove(name).await?;
        let forget = "DELETE FROM blobs WHERE name = $1 AND state = 'leaving'";
        on!(self.database(), pool => sqlx::query(forget).bind(name).execute(pool).await.map(drop))?;
        Ok(())
    }

    async fn write(
        &self,
        name: String,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Send,
    ) -> Result<Content, HostedError> {
        let mut writing = self.blobs().write(&name);
        match self.take_in(&mut writing, name, body).await {
            Ok(content) => {
                writing.finish().await?;
                Ok(content)
            }
            Err(error) => {
                writing.abort().await;
                Err(error)
            }
        }
    }

    /// The bytes go to the store and are kept until they have been looked at, because only whole pictures can be.
    async fn take_in(
        &self,
        writing: &mut Writing,
        name: String,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Send,
    ) -> Result<Content, HostedError> {
        let limits = self.limits();
        let mut digest = Sha256::new();
        let mut whole = BytesMut::new();
        pin_mut!(body);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(HostedError::Body)?;
            if (whole.len() + chunk.len()) as u64 > limits.bytes {
                return Err(HostedError::TooLarge { limit_bytes: limits.bytes });
            }
            digest.update(&chunk);
            whole.extend_from_slice(&chunk);
            writing.put(chunk).await?;
        }
        let (whole, limits, digest) = (whole.freeze(), *limits, random::hexadecimal(&digest.finalize()));
        let looked = tokio::task::spawn_blocking(move || look(name, digest, &whole, &limits)).await;
        looked.map_err(|_panic| HostedError::Worker)?
    }
}

fn look(blob: String, digest: String, bytes: &[u8], limits: &Limits) -> Result<Content, HostedError> {
    let of_codecs = codecs::Limits {
        bytes: limits.bytes,
        area_px: limits.area_px,
        extra_inputs: limits.extra_inputs,
        ..codecs::Limits::default()
    };
    let n_bytes = bytes.len() as u64;
    let info = codecs::probe(bytes, &of_codecs)?;
    let size = info.upright_size();
    // Drawings have no pixels to count.
    if info.format != ImageFormat::Svg {
        let side = size.width.max(size.height);
        if side > limits.side_px && !matches!(info.format, ImageFormat::Webp | ImageFormat::Avif) {
            let (value, limit) = (side.into(), limits.side_px.into());
            return Err(CodecError::TooLarge { what: Bound::SidePx, value, limit }.into());
        }
        let animated = size.area().saturating_mul(info.frames.into());
        if info.frames > 1 && animated > limits.animation_area_px {
            let limit = limits.animation_area_px;
            return Err(CodecError::TooLarge { what: Bound::AnimationAreaPx, value: animated, limit }.into());
        }
    }
    let media_type = info.format.media_type().to_owned();
    Ok(Content { blob, media_type, n_bytes, width: size.width, height: size.height, digest })
}
