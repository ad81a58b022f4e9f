//! Listing the source into the queue: one process at a time, in pieces, and the next goes on where one has ended.

use futures_util::TryStreamExt as _;
use tokio::time;

use super::{Queue, patience};
use crate::{Batch, BatchError};

/// What a process finds when it offers to list.
enum Election {
    /// It lists, behind this key.
    Ours(Option<String>),
    Elsewhere,
    Over,
}

/// Ends when the source is listed, by whomever.
pub(super) async fn run(queue: &Queue, batch: &Batch) -> Result<(), BatchError> {
    loop {
        match queue.offer_to_list().await? {
            Election::Over => return Ok(()),
            Election::Elsewhere => time::sleep(queue.lease / 3).await,
            Election::Ours(after) => {
                let mut listing = batch.source.list(after.as_deref());
                let mut is_ours = true;
                while is_ours && let Some(keys) = listing.try_next().await? {
                    let Some(last) = keys.last().cloned() else { continue };
                    let wanted: Vec<String> = keys.into_iter().filter(|key| batch.wants(key)).collect();
                    is_ours = queue.enlist(&wanted, &last).await?;
                }
                if is_ours {
                    queue.end_listing().await?;
                }
            }
        }
    }
}

impl Queue {
    async fn offer_to_list(&self) -> Result<Election, BatchError> {
        let offer = || async {
            let elected = sqlx::query_scalar(
                "UPDATE tintype_batch.runs SET lister = $2, listing_until = now() + make_interval(secs => $3)
                 WHERE id = $1 AND NOT listed AND finished_at IS NULL
                   AND (lister IS NULL OR lister = $2 OR listing_until < now())
                 RETURNING listed_to",
            );
            let elected = elected.bind(self.run).bind(&self.me).bind(self.lease.as_secs_f64());
            if let Some(after) = elected.fetch_optional(&self.pool).await? {
                return Ok(Election::Ours(after));
            }
            let over =
                sqlx::query_scalar("SELECT listed OR finished_at IS NOT NULL FROM tintype_batch.runs WHERE id = $1");
            let over: Option<bool> = over.bind(self.run).fetch_optional(&self.pool).await?;
            Ok(if over == Some(false) { Election::Elsewhere } else { Election::Over })
        };
        patience::ask("offering to list the source", self.patience, offer).await
    }

    /// Adds keys, of which some may be there, and says how far the listing is. Whether we still are who lists.
    async fn enlist(&self, keys: &[String], last: &str) -> Result<bool, BatchError> {
        let enlist = || {
            let enlisted = sqlx::query_scalar(
                "WITH ours AS (
                     UPDATE tintype_batch.runs SET listed_to = $4, listing_until = now() + make_interval(secs => $5)
                     WHERE id = $1 AND lister = $2 AND finished_at IS NULL RETURNING id
                 ), added AS (
                     INSERT INTO tintype_batch.items (run, key)
                     SELECT ours.id, listed.key FROM ours, unnest($3::text[]) AS listed (key)
                     ON CONFLICT DO NOTHING
                 )
                 SELECT count(*) = 1 FROM ours",
            );
            let enlisted = enlisted.bind(self.run).bind(&self.me).bind(keys).bind(last).bind(self.lease.as_secs_f64());
            enlisted.fetch_one(&self.pool)
        };
        patience::ask("queueing what was listed", self.patience, enlist).await
    }

    async fn end_listing(&self) -> Result<(), BatchError> {
        let end = || {
            let ended = sqlx::query(
                "UPDATE tintype_batch.runs SET listed = TRUE, lister = NULL, listing_until = NULL
                 WHERE id = $1 AND lister = $2",
            );
            ended.bind(self.run).bind(&self.me).execute(&self.pool)
        };
        patience::ask("ending the listing", self.patience, end).await?;
        Ok(())
    }
}
