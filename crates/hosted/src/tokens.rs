//! Who may manage images: bearer tokens, of which only hashes are kept.
//!
//! A token of ours has 256 bits, so a plain hash of it tells nothing, and finding it by its hash takes as long for a wrong one as
//! for a good one.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::database::on;
use crate::{AccountId, Hosted, HostedError, Timestamp, random};

/// How long a token of the batch API is good.
const BATCH_LIFE: Duration = Duration::from_secs(24 * 3600);

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything about the account's images.
    Api,
    /// The batch API.
    Batch,
}

impl Scope {
    /// What the database calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Batch => "batch",
        }
    }
}

/// What a token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose images.
    pub account: AccountId,
    /// What with them.
    pub scope: Scope,
    /// Which token it was.
    pub token: String,
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is revoked by.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
}

pub(crate) const INSERT: &str = "INSERT INTO tokens (id, account, name, digest, scope, created, expires) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// A new token.
pub(crate) fn draw() -> Result<String, HostedError> {
    Ok(format!("tt_{}", random::secret()?))
}

/// What is kept of a token.
pub(crate) fn digest(token: &str) -> String {
    random::hexadecimal(&Sha256::digest(token.as_bytes()))
}

impl Hosted {
    /// What `token` allows; none where it is not known, or its time is over.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Grant>, HostedError> {
        let select = "SELECT id, account, scope FROM tokens WHERE digest = $1 AND (expires IS NULL OR expires > $2)";
        let found: Option<(String, String, String)> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(digest(token)).bind(self.now().0).fetch_optional(pool).await
        })?;
        let Some((token, account, scope)) = found else { return Ok(None) };
        let scope = if scope == Scope::Api.as_str() { Scope::Api } else { Scope::Batch };
        Ok(Some(Grant { account: AccountId::parse(&account)?, scope, token }))
    }

    /// A new token for everything of `account`; it is nowhere else. Names need not differ.
    pub async fn create_token(&self, account: &AccountId, name: &str) -> Result<(Token, String), HostedError> {
        let secret = draw()?;
        let token = Token { id: random::hex()?, name: name.to_owned(), created: self.now() };
        self.account(account).await?;
        self.insert(account, &token, &secret, Scope::Api, None).await?;
        Ok((token, secret))
    }

    /// A new token for the batch API, and until when it is good.
    pub async fn create_batch_token(&self, account: &AccountId) -> Result<(String, Timestamp), HostedError> {
        let (secret, now) = (draw()?, self.now());
        let token = Token { id: random::hex()?, name: "batch".to_owned(), created: now };
        let expires = now.after(BATCH_LIFE);
        self.insert(account, &token, &secret, Scope::Batch, Some(expires)).await?;
        Ok((secret, expires))
    }

    async fn insert(
        &self,
        account: &AccountId,
        token: &Token,
        secret: &str,
        scope: Scope,
        expires: Option<Timestamp>,
    ) -> Result<(), HostedError> {
        on!(self.database(), pool => {
            sqlx::query(INSERT)
                .bind(&token.id).bind(account.as_str()).bind(&token.name).bind(digest(secret)).bind(scope.as_str())
                .bind(token.created.0).bind(expires.map(|expires| expires.0))
                .execute(pool).await.map(drop)
        })?;
        Ok(())
    }

    /// The tokens of `account`, without those of the batch API, oldest first.
    pub async fn tokens(&self, account: &AccountId) -> Result<Vec<Token>, HostedError> {
        let select =
            "SELECT id, name, created FROM tokens WHERE account = $1 AND scope = 'api' ORDER BY created, name, id";
        let rows: Vec<(String, String, i64)> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(account.as_str()).fetch_all(pool).await
        })?;
        Ok(rows.into_iter().map(|(id, name, created)| Token { id, name, created: Timestamp(created) }).collect())
    }

    /// Ends the token `id`, at once.
    pub async fn revoke_token(&self, account: &AccountId, id: &str) -> Result<(), HostedError> {
        let delete = "DELETE FROM tokens WHERE account = $1 AND id = $2";
        let gone = on!(self.database(), pool => {
            sqlx::query(delete).bind(account.as_str()).bind(id).execute(pool).await.map(|done| done.rows_affected())
        })?;
        if gone == 0 { Err(HostedError::NoToken { id: id.to_owned() }) } else { Ok(()) }
    }
}
