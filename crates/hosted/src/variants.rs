//! Variants: names for how images are delivered.
//!
//! What a variant says is the object that `cf.image` takes, so that a variant can do what a URL can. It is kept as it was given
//! and shown so.

use serde_json::{Map, Value};
use tintype_options::{OptionsError, Parsed, Strictness, workers};

use crate::accounts::{BROWSER_TTL_S, HOLD};
use crate::database::{on, transaction};
use crate::{AccountId, Hosted, HostedError};

/// The most variants of an account.
pub const MAX_VARIANTS: usize = 100;

/// The longest name, in characters.
const MAX_ID: usize = 99;

/// The variant that every account begins with.
pub(crate) const PUBLIC: &str = "public";

/// What that says.
pub(crate) const PUBLIC_OPTIONS: &str = r#"{"fit":"scale-down","metadata":"none","width":1366,"height":768}"#;

/// An option of variants that is no option of pictures.
const BROWSER_TTL: &str = "browser_ttl";

/// A name for how images are delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    id: String,
    options: Map<String, Value>,
    never_require_signed_urls: bool,
}

/// Why something is no variant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VariantError {
    /// Not a name: it could not stand in a URL, or would be taken for options.
    #[error("variant {id:?}: a name has 1 to {MAX_ID} letters, digits, hyphens, underscores and dots")]
    Id {
        /// What was given.
        id: String,
    },
    /// Not options of a picture.
    #[error("variant {id:?}: {error}")]
    Options {
        /// Which.
        id: String,
        /// What is wrong with them.
        error: OptionsError,
    },
    /// Not options of a variant.
    #[error("variant {id:?}: {option} is no option of variants")]
    Option {
        /// Which.
        id: String,
        /// The option.
        option: &'static str,
    },
    /// Not a time to live.
    #[error("variant {id:?}: browser_ttl is not a number of seconds from 3600 to 31536000")]
    BrowserTtl {
        /// Which.
        id: String,
    },
}

/// What is to be changed of a variant; what is not named stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VariantPatch {
    /// All options, as [`Variant::new`] takes them.
    pub options: Option<Map<String, Value>>,
    /// Whether URLs never have to be signed.
    pub never_require_signed_urls: Option<bool>,
}

impl Variant {
    /// A variant of `options`, in the words of `cf.image`, and `browser_ttl`.
    pub fn new(id: &str, options: Map<String, Value>, never_require_signed_urls: bool) -> Result<Self, VariantError> {
        let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let is_id = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(is_letter) && !matches!(id, "." | "..");
        if !is_id {
            return Err(VariantError::Id { id: id.to_owned() });
        }
        let ttl = options.get(BROWSER_TTL).filter(|ttl| !ttl.is_null());
        if ttl.is_some_and(|ttl| !ttl.as_i64().is_some_and(|ttl| BROWSER_TTL_S.contains(&ttl))) {
            return Err(VariantError::BrowserTtl { id: id.to_owned() });
        }
        let variant = Self { id: id.to_owned(), options, never_require_signed_urls };
        let wrong = |error| VariantError::Options { id: id.to_owned(), error };
        let parsed = variant.parsed().and_then(|parsed| parsed.held_to(Strictness::Strict)).map_err(wrong)?;
        let no_option = |option| VariantError::Option { id: id.to_owned(), option };
        match parsed.options {
            options if options.origin_auth.is_some() => Err(no_option("origin-auth")),
            options if options.onerror.is_some() => Err(no_option("onerror")),
            _ => Ok(variant),
        }
    }

    /// What it is called.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it says, as it was given.
    pub fn options(&self) -> &Map<String, Value> {
        &self.options
    }

    /// Whether it delivers private images without a signature.
    pub fn never_requires_signed_urls(&self) -> bool {
        self.never_require_signed_urls
    }

    /// How long browsers keep what it delivers, in seconds, where it says so.
    pub fn browser_ttl_s(&self) -> Option<i64> {
        self.options.get(BROWSER_TTL)?.as_i64()
    }

    /// What it asks for.
    pub fn parsed(&self) -> Result<Parsed, OptionsError> {
        let mut options = self.options.clone();
        options.remove(BROWSER_TTL);
        workers::parse(&Value::Object(options))
    }
}

type Row = (String, String, bool);

fn variant((id, options, never_require_signed_urls): Row) -> Result<Variant, HostedError> {
    match serde_json::from_str(&options) {
        Ok(Value::Object(options)) => Ok(Variant { id, options, never_require_signed_urls }),
        Ok(_) | Err(_) => Err(HostedError::Stored(format!("options of variant {id:?}"))),
    }
}

/// What is looked for: what cannot be a name might not even be text to the database.
fn name(id: &str) -> &str {
    if id.contains('\0') { "" } else { id }
}

fn options_text(variant: &Variant) -> String {
    Value::Object(variant.options.clone()).to_string()
}

impl Hosted {
    /// All variants of `account`, oldest first.
    pub async fn variants(&self, account: &AccountId) -> Result<Vec<Variant>, HostedError> {
        let select = "SELECT id, options, never_require_signed FROM variants WHERE account = $1 ORDER BY created, id";
        let rows: Vec<Row> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(account.as_str()).fetch_all(pool).await
        })?;
        rows.into_iter().map(variant).collect()
    }

    /// The variant `id`.
    pub async fn variant(&self, account: &AccountId, id: &str) -> Result<Variant, HostedError> {
        let select = "SELECT id, options, never_require_signed FROM variants WHERE account = $1 AND id = $2";
        let found: Option<Row> = on!(self.database(), pool => {
            sqlx::query_as(select).bind(account.as_str()).bind(name(id)).fetch_optional(pool).await
        })?;
        found.map(variant).unwrap_or_else(|| Err(HostedError::NoVariant { id: id.to_owned() }))
    }

    /// Adds a variant.
    pub async fn create_variant(&self, account: &AccountId, variant: &Variant) -> Result<(), HostedError> {
        let insert =
            "INSERT INTO variants (account, id, options, never_require_signed, created) VALUES ($1, $2, $3, $4, $5)";
        let now = self.now().0;
        transaction!(self.database(), connection => {
            sqlx::query(HOLD).bind(account.as_str()).execute(&mut *connection).await?;
            let inserted = sqlx::query(insert)
                .bind(account.as_str()).bind(&variant.id).bind(options_text(variant))
                .bind(variant.never_require_signed_urls).bind(now)
                .execute(&mut *connection).await;
            inserted.map_err(|error| match error.as_database_error() {
                Some(refused) if refused.is_unique_violation() => HostedError::VariantExists { id: variant.id.clone() },
                _ => error.into(),
            })?;
            let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM variants WHERE account = $1")
                .bind(account.as_str()).fetch_one(&mut *connection).await?;
            if usize::try_from(count).unwrap_or(usize::MAX) > MAX_VARIANTS {
                return Err(HostedError::ManyVariants);
            }
        });
        Ok(())
    }

    /// Changes the variant `id`. Of two changes at once neither undoes what the other alone names.
    pub async fn change_variant(
        &self,
        account: &AccountId,
        id: &str,
        patch: VariantPatch,
    ) -> Result<Variant, HostedError> {
        let options = patch.options.map(|options| Variant::new(id, options, false)).transpose()?;
        let update = "UPDATE variants SET options = COALESCE($3, options), \
            never_require_signed = COALESCE($4, never_require_signed) \
            WHERE account = $1 AND id = $2 RETURNING id, options, never_require_signed";
        let changed: Option<Row> = on!(self.database(), pool => {
            sqlx::query_as(update)
                .bind(account.as_str()).bind(name(id)).bind(options.as_ref().map(options_text))
                .bind(patch.never_require_signed_urls)
                .fetch_optional(pool).await
        })?;
        changed.map(variant).unwrap_or_else(|| Err(HostedError::NoVariant { id: id.to_owned() }))
    }

    /// Deletes the variant `id`.
    pub async fn delete_variant(&self, account: &AccountId, id: &str) -> Result<(), HostedError> {
        let delete = "DELETE FROM variants WHERE account = $1 AND id = $2";
        let gone = on!(self.database(), pool => {
            sqlx::query(delete).bind(account.as_str()).bind(name(id)).execute(pool).await
                .map(|done| done.rows_affected())
        })?;
        if gone == 0 { Err(HostedError::NoVariant { id: id.to_owned() }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(id: &str, options: &str) -> Result<Variant, VariantError> {
        Variant::new(id, serde_json::from_str(options).unwrap(), false)
    }

    #[test]
    fn variants_say_what_pictures_can_be_asked_for() {
        for options in [
            "{}",
            PUBLIC_OPTIONS,
            r#"{"metadata":"none","blur":20}"#,
            r#"{"width":100,"browser_ttl":3600}"#,
            r#"{"width":"100","browser_ttl":null}"#,
            r#"{"width":200,"height":200,"gravity":"face","format":"auto"}"#,
        ] {
            new("hero", options).unwrap().parsed().unwrap();
        }
        let ttl = new("a", r#"{"browser_ttl":7200,"width":5}"#).unwrap();
        assert_eq!(
            (ttl.browser_ttl_s(), tintype_options::canonical::to_string(&ttl.parsed().unwrap().options)),
            (Some(7200), "width=5".to_owned())
        );
        assert!(matches!(new("a", r#"{"width":"x"}"#), Err(VariantError::Options { .. })));
        assert!(matches!(new("a", r#"{"widht":5}"#), Err(VariantError::Options { .. })));
        assert!(matches!(new("a", r#"{"browser_ttl":60}"#), Err(VariantError::BrowserTtl { .. })));
        assert!(matches!(new("a", r#"{"onerror":"redirect"}"#), Err(VariantError::Option { .. })));
        assert!(matches!(new("a", r#"{"origin-auth":"share-publicly"}"#), Err(VariantError::Option { .. })));
    }

    #[test]
    fn names_of_variants_are_no_options() {
        for good in ["public", "w-200", "a.b_c", &"x".repeat(99)] {
            assert_eq!(new(good, "{}").unwrap().id(), good);
        }
        for bad in ["", "w=200", "a/b", "a,b", "ü", "..", &"x".repeat(100)] {
            assert!(matches!(new(bad, "{}"), Err(VariantError::Id { .. })), "{bad}");
        }
    }
}
