//! `[hosted]`: stored images, which are there when there is a place for their database and one for their bytes; and what several
//! servers have in common.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tintype_hosted::{AccountId, Limits, Settings};
use url::Url;

use super::{BaseUrl, ByteSize, Interval, LimitsConfig, Secret};

/// `[hosted]`: stored images.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostedConfig {
    /// Folder of the database and of the bytes, where these are not somewhere else. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// `postgres://user:password@host/name`, or the path of an SQLite file. Through PostgreSQL servers also tell each other what was
    /// purged; without `blobs` or `data` it is there for that alone. Default `images.db` in `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabasePlace>,
    /// Where the bytes are: a folder, or `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, with credentials from
    /// the environment (`AWS_ACCESS_KEY_ID`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME` and so on). Default `blobs` in
    /// `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blobs: Option<String>,
    /// The account's id, 32 hexadecimal digits. Default: the first that there was; at the first start one is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// A bearer token of the account, beside those that `tintype hosted token` made. Default none; at the first start one is drawn
    /// and printed.
    pub token: Secret,
    /// What images are delivered below, in what the API answers: `https://images.example.com`. Default: the host that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_url: Option<BaseUrl>,
    /// What direct uploads are sent below. Default: `/upload` on the host that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_url: Option<BaseUrl>,
    /// Where messages about direct uploads are posted to, as JSON: made, or refused. Each is sent again, later and later, until it is
    /// answered with 2xx, for a day. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<BaseUrl>,
    /// What such messages are signed with: `Webhook-Signature: time=SECONDS,sig1=HEX` has HMAC-SHA-256 of the seconds, a dot and the
    /// body. Needed with `webhook_url`.
    pub webhook_secret: Secret,
    /// Bytes of an uploaded image. Default 10 MB.
    pub upload_bytes: ByteSize,
    /// Longest side of an uploaded image, in pixels, of formats other than WebP and AVIF. Default 12,000.
    pub upload_side: u32,
    /// Width times height times frames of an uploaded animation. Default 100,000,000.
    pub upload_animation_pixels: u64,
    /// Images of an account. Default 10,000,000.
    pub images: u64,
    /// How often what nobody owns is looked for. Default 10 minutes.
    pub sweep: Interval,
    /// How long an upload that was begun, or bytes that nobody owns, are left alone; longer than any upload takes. Default 1 hour.
    pub sweep_age: Interval,
}

impl Default for HostedConfig {
    fn default() -> Self {
        let Limits { bytes, side_px, animation_area_px, images, .. } = Limits::default();
        Self {
            data: None,
            database: None,
            blobs: None,
            account: None,
            token: Secret::default(),
            delivery_url: None,
            upload_url: None,
            webhook_url: None,
            webhook_secret: Secret::default(),
            upload_bytes: ByteSize(bytes),
            upload_side: side_px,
            upload_animation_pixels: animation_area_px,
            images,
            sweep: Interval(Duration::from_secs(600)),
            sweep_age: Interval(Duration::from_secs(3600)),
        }
    }
}

impl HostedConfig {
    /// Whether there are stored images.
    pub fn is_on(&self) -> bool {
        self.data.is_some() || (self.database.is_some() && self.blobs.is_some())
    }

    /// The database that purges are written down in, where there is one that servers can share.
    pub(crate) fn purges(&self) -> Option<&str> {
        self.database.as_ref().map(DatabasePlace::reveal).filter(|url| url.starts_with("postgres"))
    }

    /// What they are opened with; none where there are none. `environment` has the credentials of object stores.
    pub fn settings(
        &self,
        limits: &LimitsConfig,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Option<Settings> {
        let below = |name: &str| self.data.as_ref().map(|data| data.join(name).to_string_lossy().into_owned());
        let database = self.database.as_ref().map(|place| place.0.clone()).or_else(|| below("images.db"))?;
        let blobs = self.blobs.clone().or_else(|| below("blobs"))?;
        let limits = Limits {
            bytes: self.upload_bytes.0,
            side_px: self.upload_side,
            area_px: limits.source_pixels,
            animation_area_px: self.upload_animation_pixels,
            images: self.images,
            extra_inputs: limits.extra_inputs,
        };
        let webhooks = self.webhook_url.is_some();
        Some(Settings { database, blobs, blob_options: environment.collect(), limits, webhooks })
    }

    /// What is wrong about it, and where.
    pub(super) fn wrong(&self) -> Option<(&'static str, String)> {
        if self.database.is_some() && self.purges().is_none() && !self.is_on() {
            return Some((
                "hosted.database",
                "there is one, but neither hosted.data nor hosted.blobs: images need both".to_owned(),
            ));
        }
        let urls = [
            ("hosted.delivery_url", &self.delivery_url),
            ("hosted.upload_url", &self.upload_url),
            ("hosted.webhook_url", &self.webhook_url),
        ];
        let is_web = |url: &BaseUrl| matches!(url.0.scheme(), "http" | "https");
        for (key, url) in urls {
            if url.as_ref().is_some_and(|url| !is_web(url)) {
                return Some((key, "not an http or https URL".to_owned()));
            }
        }
        if self.webhook_url.is_some() && self.webhook_secret.is_empty() {
            return Some((
                "hosted.webhook_secret",
                "there is none, and messages to hosted.webhook_url are signed".to_owned(),
            ));
        }
        if self.blobs.is_some() && !self.is_on() {
            return Some(("hosted.blobs", "there are some, but neither hosted.data nor hosted.database".to_owned()));
        }
        None
    }
}

/// Where the database is; a password in it is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabasePlace(String);

impl DatabasePlace {
    /// As it was written.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for DatabasePlace {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.contains("://") {
            return f.write_str(&self.0);
        }
        // What is no URL may hold a password anywhere.
        let Ok(mut url) = Url::parse(&self.0) else { return f.write_str("***") };
        if url.password().is_some() && url.set_password(Some("***")).is_err() {
            return f.write_str("***");
        }
        if url.query().is_some() {
            url.set_query(Some("***"));
        }
        url.fmt(f)
    }
}

impl fmt::Debug for DatabasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabasePlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An account's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account(
    /// The id.
    pub AccountId,
);

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AccountId::parse(&String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_where_the_configuration_says() {
        let of = |text: &str| -> HostedConfig { toml::from_str(text).unwrap() };
        let places = |config: &HostedConfig| {
            let settings = config.settings(&LimitsConfig::default(), std::iter::empty())?;
            Some((settings.database, settings.blobs))
        };
        let both = |database: &str, blobs: &str| Some((database.to_owned(), blobs.to_owned()));
        assert_eq!(places(&of("")), None);
        assert_eq!(places(&of("data = '/d'")), both("/d/images.db", "/d/blobs"));
        assert_eq!(places(&of("data = '/d'\nblobs = 's3://b/x'")), both("/d/images.db", "s3://b/x"));
        assert_eq!(places(&of("database = 'postgres://h/n'\nblobs = 'x'")), both("postgres://h/n", "x"));
        assert!(of("database = '/d/images.db'").wrong().is_some() && of("blobs = 'x'").wrong().is_some());
        let purges = of("database = 'postgres://h/n'");
        assert!(purges.wrong().is_none() && !purges.is_on() && purges.purges().is_some());
        assert!(toml::from_str::<HostedConfig>("account = 'xyz'").is_err());
    }

    #[test]
    fn passwords_are_not_shown() {
        for (text, shown) in [
            ("postgres://me:hunter2@h/n?sslpassword=hunter2", "postgres://me:***@h/n?***"),
            ("postgres://hunter2@@:/", "***"),
            ("/d/images.db", "/d/images.db"),
        ] {
            let place = DatabasePlace::from(text);
            assert_eq!((place.to_string(), format!("{place:?}")), (shown.to_owned(), shown.to_owned()));
        }
    }
}
