//! Accounts: whose images they are, and how they are delivered.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::database::{on, transaction};
use crate::{Hosted, HostedError, Scope, random, tokens};

/// How long browsers keep what is delivered, in seconds, where nothing is said: two days.
const DEFAULT_BROWSER_TTL_S: i64 = 172_800;

/// The bounds of that.
pub(crate) const BROWSER_TTL_S: std::ops::RangeInclusive<i64> = 3_600..=31_536_000;

/// Taken first by what counts rows of an account `$1` and changes them: of several at once, each sees what the others have done.
pub(crate) const HOLD: &str = "UPDATE accounts SET id = id WHERE id = $1";

/// An account's id: 32 hexadecimal digits, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, HostedError> {
        let is_id = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id { Ok(Self(text.to_ascii_lowercase())) } else { Err(HostedError::AccountId { id: text.to_owned() }) }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What delivery URLs call the account: 22 characters that follow from the id, so that URLs outlive a database.
    pub fn hash(&self) -> String {
        let digest = Sha256::digest(format!("tintype delivery {}", self.0));
        URL_SAFE_NO_PAD.encode(&digest[..16])
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What the API calls it.
    pub id: AccountId,
    /// What delivery URLs call it.
    pub hash: String,
    /// How its images are delivered.
    pub preferences: Preferences,
}

/// How an account's images are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// Whether options may stand where variants do.
    pub flexible_variants: bool,
    /// How long browsers keep what is delivered, in seconds: 3,600 to 31,536,000.
    pub browser_ttl_s: i64,
    /// Whether content credentials are kept. Noted only.
    pub preserve_content_credentials: bool,
}

/// What is to be changed of [`Preferences`]; what is not named stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreferencesPatch {
    /// See [`Preferences::flexible_variants`].
    pub flexible_variants: Option<bool>,
    /// See [`Preferences::browser_ttl_s`].
    pub browser_ttl_s: Option<i64>,
    /// See [`Preferences::preserve_content_credentials`].
    pub preserve_content_credentials: Option<bool>,
}

/// What [`Hosted::first_account`] found or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstAccount {
    /// The account.
    pub id: AccountId,
    /// Its first token, if it was made now: it is nowhere else.
    pub token: Option<String>,
}

type Row = (String, String, bool, i64, bool);

fn account((id, hash, flexible_variants, browser_ttl_s, preserve_content_credentials): Row) -> Account {
    let preferences = Preferences { flexible_variants, browser_ttl_s, preserve_content_credentials };
    Account { id: AccountId(id), hash, preferences }
}

const FIRST: &str = "first_account";

/// What the token of the configuration is called.
const CONFIGURED: &str = "configuration";

impl Hosted {
    /// The account that this service is for. `id` is made where there is none of it, and `token` is its token from now on,
    /// instead of another that was given before. Without `id` it is the first that there was; where there is none, it is made.
    pub async fn first_account(
        &self,
        id: Option<&AccountId>,
        token: Option<&str>,
    ) -> Result<FirstAccount, HostedError> {
        let now = self.now().0;
        let drawn = AccountId(random::hex()?);
        let (secret, key) = (tokens::draw()?, random::secret()?);
        let (token_id, configured_id) = (random::hex()?, random::hex()?);
        let offered = id.unwrap_or(&drawn);
        let first = transaction!(self.database(), connection => {
            // Of several processes that start at once, one makes it; the others wait here.
            sqlx::query("INSERT INTO marks (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
                .bind(FIRST).bind(offered.as_str()).execute(&mut *connection).await?;
            let marked: String = sqlx::query_scalar("SELECT value FROM marks WHERE name = $1")
                .bind(FIRST).fetch_one(&mut *connection).await?;
            let id = id.cloned().unwrap_or(AccountId(marked));
            let made = sqlx::query(
                "INSERT INTO accounts (id, hash, created, images, flexible_variants, browser_ttl, preserve_content_credentials) \
                 VALUES ($1, $2, $3, 0, FALSE, $4, FALSE) ON CONFLICT (id) DO NOTHING")
                .bind(id.as_str()).bind(id.hash()).bind(now).bind(DEFAULT_BROWSER_TTL_S)
                .execute(&mut *connection).await?;
            let is_new = made.rows_affected() == 1;
            if is_new {
                sqlx::query("INSERT INTO signing_keys (account, name, value, created) VALUES ($1, 'default', $2, $3)")
                    .bind(id.as_str()).bind(&key).bind(now).execute(&mut *connection).await?;
                sqlx::query("INSERT INTO variants (account, id, options, never_require_signed, created) VALUES ($1, $2, $3, FALSE, $4)")
                    .bind(id.as_str()).bind(crate::variants::PUBLIC).bind(crate::variants::PUBLIC_OPTIONS).bind(now)
                    .execute(&mut *connection).await?;
            }
            if let Some(token) = token {
                sqlx::query("DELETE FROM tokens WHERE account = $1 AND (name = $2 OR digest = $3)")
                    .bind(id.as_str()).bind(CONFIGURED).bind(tokens::digest(token)).execute(&mut *connection).await?;
                sqlx::query(tokens::INSERT)
                    .bind(&configured_id).bind(id.as_str()).bind(CONFIGURED).bind(tokens::digest(token))
                    .bind(Scope::Api.as_str()).bind(now).bind(None::<i64>).execute(&mut *connection).await?;
            }
            let issued = is_new && token.is_none();
            if issued {
                sqlx::query(tokens::INSERT)
                    .bind(&token_id).bind(id.as_str()).bind("first").bind(tokens::digest(&secret))
                    .bind(Scope::Api.as_str()).bind(now).bind(None::<i64>).execute(&mut *connection).await?;
            }
            FirstAccount { id, token: issued.then_some(secret) }
        });
        Ok(first)
    }

    /// The account `id`.
    pub async fn account(&self, id: &AccountId) -> Result<Account, HostedError> {
        let select = "SELECT id, hash, flexible_variants, browser_ttl, preserve_content_credentials \
            FROM accounts WHERE id = $1";
        let found: Option<Row> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(id.as_str()).fetch_optional(pool).await
        })?;
        found.map(account).ok_or_else(|| HostedError::NoAccount { id: id.to_string() })
    }

    /// The account that delivery URLs call `hash`.
    pub async fn account_of_hash(&self, hash: &str) -> Result<Account, HostedError> {
        let select = "SELECT id, hash, flexible_variants, browser_ttl, preserve_content_credentials \
            FROM accounts WHERE hash = $1";
        let found: Option<Row> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(hash).fetch_optional(pool).await
        })?;
        found.map(account).ok_or_else(|| HostedError::NoAccount { id: hash.chars().take(64).collect() })
    }

    /// Changes how the images of `id` are delivered. Of two changes at once neither undoes what the other alone names.
    pub async fn change_preferences(&self, id: &AccountId, patch: PreferencesPatch) -> Result<Account, HostedError> {
        if let Some(given) = patch.browser_ttl_s.filter(|ttl_s| !BROWSER_TTL_S.contains(ttl_s)) {
            return Err(HostedError::BrowserTtl { given });
        }
        let update = "UPDATE accounts SET flexible_variants = COALESCE($2, flexible_variants), \
            browser_ttl = COALESCE($3, browser_ttl), \
            preserve_content_credentials = COALESCE($4, preserve_content_credentials) WHERE id = $1";
        on!(self.database(), pool => {
            sqlx::query(update)
                .bind(id.as_str()).bind(patch.flexible_variants).bind(patch.browser_ttl_s)
                .bind(patch.preserve_content_credentials)
                .execute(pool).await.map(drop)
        })?;
        self.account(id).await
    }
}
