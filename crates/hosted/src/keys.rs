//! The keys that an account signs delivery URLs with; all of them are good at a time.

use std::fmt;

use crate::accounts::HOLD;
use crate::database::{on, transaction};
use crate::{AccountId, Hosted, HostedError, random};

/// The most keys of an account: each is tried on every signed URL.
pub const MAX_KEYS: usize = 10;

/// The longest name.
const MAX_NAME: usize = 20;

/// A key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// What it is called.
    pub name: String,
    /// The secret; its text is what is signed with, not what it may encode.
    pub value: String,
}

/// Never shows the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("name", &self.name).finish_non_exhaustive()
    }
}

const SELECT: &str = "SELECT name, value FROM signing_keys WHERE account = $1 ORDER BY created, name";

const INSERT: &str = "INSERT INTO signing_keys (account, name, value, created) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (account, name) DO NOTHING";

fn keys(rows: Vec<(String, String)>) -> Vec<Key> {
    rows.into_iter().map(|(name, value)| Key { name, value }).collect()
}

impl Hosted {
    /// All keys of `account`, oldest first.
    pub async fn keys(&self, account: &AccountId) -> Result<Vec<Key>, HostedError> {
        let rows = on!(self.database(), pool => {
            sqlx::query_as(SELECT).bind(account.as_str()).fetch_all(pool).await
        })?;
        Ok(keys(rows))
    }

    /// Makes a key; one that is there stays as it is. Gives all keys.
    pub async fn put_key(&self, account: &AccountId, name: &str) -> Result<Vec<Key>, HostedError> {
        let is_name = (1..=MAX_NAME).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !is_name {
            return Err(HostedError::KeyName { name: name.to_owned() });
        }
        let (value, now) = (random::secret()?, self.now().0);
        let rows = transaction!(self.database(), connection => {
            sqlx::query(HOLD).bind(account.as_str()).execute(&mut *connection).await?;
            sqlx::query(INSERT).bind(account.as_str()).bind(name).bind(&value).bind(now)
                .execute(&mut *connection).await?;
            let rows: Vec<(String, String)> =
                sqlx::query_as(SELECT).bind(account.as_str()).fetch_all(&mut *connection).await?;
            if rows.len() > MAX_KEYS {
                return Err(HostedError::ManyKeys);
            }
            rows
        });
        Ok(keys(rows))
    }

    /// Deletes a key: what it signed is good no more. The last one is replaced by a new one, named `default`. Gives all keys.
    pub async fn delete_key(&self, account: &AccountId, name: &str) -> Result<Vec<Key>, HostedError> {
        let (value, now) = (random::secret()?, self.now().0);
        let rows = transaction!(self.database(), connection => {
            sqlx::query(HOLD).bind(account.as_str()).execute(&mut *connection).await?;
            let gone = sqlx::query("DELETE FROM signing_keys WHERE account = $1 AND name = $2")
                .bind(account.as_str()).bind(name).execute(&mut *connection).await?;
            if gone.rows_affected() == 0 {
                return Err(HostedError::NoKey { name: name.to_owned() });
            }
            let left: Vec<(String, String)> =
                sqlx::query_as(SELECT).bind(account.as_str()).fetch_all(&mut *connection).await?;
            if left.is_empty() {
                sqlx::query(INSERT).bind(account.as_str()).bind("default").bind(&value).bind(now)
                    .execute(&mut *connection).await?;
                vec![("default".to_owned(), value)]
            } else {
                left
            }
        });
        Ok(keys(rows))
    }
}
