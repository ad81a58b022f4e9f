//! Clearing up what crashes, failures and people who never came back have left.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use sqlx::QueryBuilder;

use crate::blobs::strangers;
use crate::database::on;
use crate::{Hosted, HostedError};

/// Names looked up at a time.
const BATCH: usize = 500;

/// Files that cannot be removed until it is the store that is to blame.
const MOST_STUCK: usize = 16;

/// What was cleared up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Drafts whose time was over.
    pub drafts: usize,
    /// Files that never got an owner, or have lost theirs.
    pub files: usize,
    /// Files that the database does not know, and parts of files.
    pub strays: usize,
}

impl Hosted {
    /// Removes what belongs to nobody and has not been touched for `age`, which is longer than any upload takes. May run while
    /// anything else does, here and in other processes, and may be stopped at any point.
    pub async fn sweep(&self, age: Duration) -> Result<Swept, HostedError> {
        let (now, before) = (self.now(), self.now().before(age));
        let drafts = "DELETE FROM images WHERE blob IS NULL AND expires < $1";
        let drafts = on!(self.database(), pool => {
            sqlx::query("DELETE FROM tokens WHERE expires < $1").bind(now.0).execute(pool).await?;
            sqlx::query(drafts).bind(before.0).execute(pool).await.map(|done| done.rows_affected())
        })?;
        // Whoever is still writing one of these finds that it is his no more.
        let mark = "UPDATE blobs SET state = 'leaving' WHERE state = 'pending' AND since < $1";
        let leaving = "SELECT name FROM blobs WHERE state = 'leaving' AND since < $1";
        let names: Vec<String> = on!(self.database(), pool => {
            sqlx::query(mark).bind(before.0).execute(pool).await?;
            sqlx::query_scalar(leaving).bind(before.0).fetch_all(pool).await
        })?;
        let (mut files, mut stuck) = (0, 0);
        for name in names {
            match self.try_remove_blob(&name).await {
                Ok(()) => files += 1,
                Err(error) => pass_over(&mut stuck, &name, error)?,
            }
        }
        let mut strays = self.blobs().remove_unfinished(before).await?;
        let mut listed = self.blobs().names(before).chunks(BATCH);
        while let Some(names) = listed.next().await {
            let names: Vec<String> = names.into_iter().collect::<Result<_, _>>()?;
            for name in strangers(names.clone(), &self.known(&names).await?) {
                match self.blobs().remove(&name).await {
                    Ok(()) => strays += 1,
                    Err(error) => pass_over(&mut stuck, &name, error)?,
                }
            }
        }
        Ok(Swept { drafts: usize::try_from(drafts).unwrap_or(usize::MAX), files, strays })
    }

    /// Names of all files in the store, whoever's.
    pub async fn files(&self) -> Result<Vec<String>, HostedError> {
        self.blobs().names(crate::Timestamp(i64::MAX)).try_collect().await
    }

    /// Those of `names` that have a row.
    async fn known(&self, names: &[String]) -> Result<Vec<String>, HostedError> {
        Ok(on!(self.database(), pool => {
            let mut sql = QueryBuilder::new("SELECT name FROM blobs WHERE name IN (");
            let mut list = sql.separated(", ");
            for name in names {
                list.push_bind(name);
            }
            sql.push(")");
            sql.build_query_scalar().fetch_all(pool).await
        })?)
    }
}

/// A file that cannot be removed is left for the next time, so that the others are not.
fn pass_over(stuck: &mut usize, name: &str, error: HostedError) -> Result<(), HostedError> {
    *stuck += 1;
    if *stuck > MOST_STUCK {
        return Err(error);
    }
    tracing::warn!(%error, name, "a file that nobody owns cannot be removed");
    Ok(())
}
