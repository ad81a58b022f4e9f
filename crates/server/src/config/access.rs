//! `[presets]` and `[signing]`: what may be asked for by whom. What is read is legal already.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tintype_options::preset::Presets;
use tintype_options::sign::{Key, Keys};

use crate::origin::SignedOrigin;

/// `[presets]`: names for options, written as in a URL (`thumb = "width=100,height=100,fit=cover"`). Default none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PresetList {
    texts: BTreeMap<String, String>,
    /// What they say.
    pub(crate) presets: Presets,
}

impl<'de> Deserialize<'de> for PresetList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
        let presets =
            Presets::new(texts.iter().map(|(name, options)| (name.as_str(), options))).map_err(D::Error::custom)?;
        Ok(Self { texts, presets })
    }
}

impl Serialize for PresetList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.texts.serialize(serializer)
    }
}

/// `[signing]`: who may ask by URL.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SigningConfig {
    /// Whether URLs have to be signed. What cannot be (Workers, the playground's uploads) is then refused. Default false:
    /// a signature is checked where there is one.
    pub required: bool,
    /// Origins whose sources, layers' too, only signed URLs may name: `host[:port]`, `*.host` for subdomains, `/` for relative
    /// sources. A host without a port means all its ports. What cannot be signed is then refused for them. Default none.
    pub origins: Vec<SignedOrigin>,
    /// Secrets of at least 16 bytes, by the names that URLs call them by. All are good; the first in the order of names
    /// signs. Default none.
    pub keys: KeyList,
}

/// `[signing.keys]`: name and secret, never shown.
#[derive(Clone, Default)]
pub struct KeyList {
    secrets: BTreeMap<String, String>,
    /// What they are.
    pub(crate) keys: Keys,
}

impl KeyList {
    /// What they are, to sign with.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }
}

impl fmt::Debug for KeyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.secrets.keys()).finish()
    }
}

impl PartialEq for KeyList {
    fn eq(&self, other: &Self) -> bool {
        self.secrets == other.secrets
    }
}

impl<'de> Deserialize<'de> for KeyList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let secrets = BTreeMap::<String, String>::deserialize(deserializer)?;
        let keys: Result<Vec<_>, _> = secrets.iter().map(|(name, secret)| Key::new(name, secret.as_bytes())).collect();
        let keys = keys.and_then(Keys::new).map_err(D::Error::custom)?;
        Ok(Self { secrets, keys })
    }
}

/// Names, and `***`.
impl Serialize for KeyList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.secrets.keys().map(|name| (name, "***")))
    }
}
