//! `[origins.hosts]` and `[origins.stores]`: what is told about single origins. What is read is legal already.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use object_store::aws::AmazonS3ConfigKey;
use object_store::azure::AzureConfigKey;
use object_store::gcp::GoogleConfigKey;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::units::{ByteSize, Interval, Scheme, Secret, StoreUrl};
use crate::origin::AllowRule;

/// `[origins.hosts."host[:port][/prefix]"]`: how sources are asked for there. Of several that match, the one with the longest
/// prefix counts, and a host before a star. It allows nothing: that is what `origins.allow` and `origins.base` are for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostList {
    hosts: BTreeMap<String, HostConfig>,
    /// The same, the most special first.
    pub(crate) rules: Vec<(AllowRule, HostConfig)>,
}

/// How sources are asked for at hosts that match. Of several tables that do, the one with the longest prefix counts, and a host before a
/// star. None of them allows a host: that is what `allow` and `base` are for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostConfig {
    /// User name of basic authentication. Default none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Password of basic authentication, never shown. Default none.
    pub password: Secret,
    /// Bearer token, never shown. Default none.
    pub bearer: Secret,
    /// Whether a client's own credentials are passed on to it, as `origin-auth` of `cf.image` does for one request. Default `none`.
    pub origin_auth: OriginAuthConfig,
    /// How long it may take to accept a connection. Default `origins.connect_timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<Interval>,
    /// How long reading one source may take. Default `origins.timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Interval>,
    /// Bytes of an encoded source, `limits.source_bytes` at most. Default that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_bytes: Option<ByteSize>,
    /// Headers of requests to it, never shown. Like all that is secret here they go over https only, and over http where the
    /// rule names its port. Default none.
    pub headers: BTreeMap<String, Secret>,
}

/// What becomes of credentials in clients' requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginAuthConfig {
    /// They stay here.
    #[default]
    None,
    /// Cookies, `Authorization` and the like go to the source's own server, and the result is kept for all who send the same.
    SharePublicly,
}

/// What requests to origins say by themselves, and what would change the meaning of an answer.
const OURS: [HeaderName; 13] = [
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VIA,
];

impl HostConfig {
    /// The headers that requests have besides those that all have; or what is wrong with them, without their values.
    pub(crate) fn request_headers(&self) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let wrong = |what: &str| format!("headers: {name:?} {what}");
            let key = HeaderName::try_from(name).map_err(|_name| wrong("is not the name of a header"))?;
            if OURS.contains(&key) {
                return Err(wrong("is a header that the server sets itself"));
            }
            headers.insert(key, secret(value.reveal()).ok_or_else(|| wrong("has a value that no header may have"))?);
        }
        let authorization = match (self.user.is_empty() && self.password.is_empty(), self.bearer.is_empty()) {
            (true, true) => return Ok(headers),
            (false, true) => {
                let pair = format!("{}:{}", self.user, self.password.reveal());
                format!("Basic {}", base64(pair.as_bytes()))
            }
            (true, false) => format!("Bearer {}", self.bearer.reveal()),
            (false, false) => return Err("give user and password, or bearer, not both".to_owned()),
        };
        if self.user.contains(':') {
            return Err(format!("user: {:?} has a colon, which basic authentication cannot say", self.user));
        }
        if headers.contains_key(header::AUTHORIZATION) {
            return Err("headers: \"authorization\" is there, and user or bearer too".to_owned());
        }
        let authorization = secret(&authorization).ok_or("bearer: has a value that no header may have")?;
        headers.insert(header::AUTHORIZATION, authorization);
        Ok(headers)
    }
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]);
            text.push(if place <= three.len() { digit } else { '=' });
        }
    }
    text
}

impl<'de> Deserialize<'de> for HostList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hosts = BTreeMap::<String, HostConfig>::deserialize(deserializer)?;
        let mut rules = Vec::with_capacity(hosts.len());
        for (text, host) in &hosts {
            let rule: AllowRule = text.parse().map_err(D::Error::custom)?;
            host.request_headers().map_err(|what| D::Error::custom(format!("{rule}: {what}")))?;
            rules.push((rule, host.clone()));
        }
        rules.sort_by_key(|(rule, _)| std::cmp::Reverse(rule.specialty()));
        Ok(Self { hosts, rules })
    }
}

impl Serialize for HostList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.hosts.serialize(serializer)
    }
}

/// `[origins.stores.NAME]`: object stores, each a source of `@NAME/key`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoreList {
    /// By their names.
    pub(crate) stores: BTreeMap<String, StoreConfig>,
}

/// A bucket of an object store. Its objects are the sources `@NAME/key`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`. Keys are below the prefix.
    pub url: StoreUrl,
    /// Settings over those of the environment (`AWS_…`, `GOOGLE_…`, `AZURE_…`), in the same words without what stands in front:
    /// `endpoint`, `region`, `access_key_id`, `secret_access_key`, `service_account`, `account_name`, … Never shown. A base
    /// of `origins.base` in the same bucket has them too. Default none.
    #[serde(default)]
    pub options: BTreeMap<String, Secret>,
}

impl StoreConfig {
    fn check(&self) -> Result<(), String> {
        let is_known = |name: &str| match self.url.scheme() {
            Scheme::S3 => name.parse::<AmazonS3ConfigKey>().is_ok(),
            Scheme::Gs => name.parse::<GoogleConfigKey>().is_ok(),
            Scheme::Az => name.parse::<AzureConfigKey>().is_ok(),
        };
        match self.options.keys().find(|name| !is_known(name)) {
            Some(name) => Err(format!("unknown option `{name}` of {}", self.url)),
            None => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for StoreList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stores = BTreeMap::<String, StoreConfig>::deserialize(deserializer)?;
        for (name, store) in &stores {
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            if !is_name {
                return Err(D::Error::custom(format!("{name:?} is not a name of letters, digits, - and _")));
            }
            store.check().map_err(|what| D::Error::custom(format!("{name}: {what}")))?;
        }
        Ok(Self { stores })
    }
}

impl Serialize for StoreList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.stores.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides};

    fn load(toml: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tintype.toml");
        std::fs::write(&path, toml).unwrap();
        Config::load(Some(&path), [].into_iter(), &Overrides::new()).map_err(|error| error.to_string())
    }

    const GOOD: &str = r#"
        [origins.hosts."images.example.com/private"]
        headers = { X-Api-Key = "hunter2" }
        user = "me"
        password = "hunter2"
        timeout = "3s"
        source_bytes = "1MB"
        [origins.hosts."images.example.com"]
        bearer = "hunter2"
        origin_auth = "share-publicly"
        [origins.stores.photos]
        url = "s3://photos/public"
        options = { region = "eu-central-1", secret_access_key = "hunter2" }
    "#;

    #[test]
    fn what_is_told_about_origins_is_read_and_its_secrets_are_never_shown() {
        let config = load(GOOD).unwrap();
        let printed = config.to_toml();
        assert!(!format!("{config:?}{printed}").contains("hunter2"), "{printed}");
        for shown in ["X-Api-Key = \"***\"", "user = \"me\"", "timeout = \"3s\"", "s3://photos/public", "region"] {
            assert!(printed.contains(shown), "{shown}: {printed}");
        }
        let [(first, private), (_, whole)] = config.origins.hosts.rules.as_slice() else { panic!("two hosts") };
        assert_eq!(first.to_string(), "images.example.com/private");
        // `printf me:hunter2 | base64`
        let headers = private.request_headers().unwrap();
        assert_eq!(headers[header::AUTHORIZATION], "Basic bWU6aHVudGVyMg==");
        assert_eq!(headers["x-api-key"], "hunter2");
        assert!(headers.values().all(HeaderValue::is_sensitive));
        assert_eq!(whole.request_headers().unwrap()[header::AUTHORIZATION], "Bearer hunter2");
        assert_eq!(whole.origin_auth, OriginAuthConfig::SharePublicly);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_showing_secrets() {
        let host = |lines: &str| format!("[origins.hosts.\"a.com\"]\n{lines}\n");
        let store = |lines: &str| format!("[origins.stores.photos]\n{lines}\n");
        let table = [
            (host("timout = \"3s\""), "timout"),
            (host("bearer = \"hunter2\"\nuser = \"me\""), "not both"),
            (host("headers = { Host = \"hunter2\" }"), "sets itself"),
            (host("headers = { \"a b\" = \"hunter2\" }"), "not the name of a header"),
            (host("headers = { A = \"hunter2\\n\" }"), "no header may have"),
            (host("headers = { Authorization = \"hunter2\" }\nbearer = \"hunter2\""), "user or bearer too"),
            (host("headers = \"hunter2\""), "headers = ***"),
            (host("user = \"a:b\""), "colon"),
            (host("origin_auth = \"always\""), "always"),
            ("[origins.hosts.\"https://a.com\"]\n".to_owned(), "https://a.com"),
            (store("url = \"http://a.com/x\""), "s3://"),
            (store("url = \"s3://\""), "s3://"),
            (store("url = \"s3://b\"\noptions = { secret = \"hunter2\" }"), "unknown option `secret`"),
            (store("url = \"s3://b\"\nregion = \"hunter2\""), "region"),
            ("[origins.stores.\"a/b\"]\nurl = \"s3://b\"\n".to_owned(), "a/b"),
        ];
        for (toml, expected) in table {
            let error = load(&toml).unwrap_err();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{toml}: {error}");
        }
    }

    #[test]
    fn base64_pads() {
        for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
