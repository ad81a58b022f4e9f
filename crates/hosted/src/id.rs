//! What images are called.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{HostedError, random};

/// An id that may be given to an image: a UUID of ours, or one that its owner chose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageId {
    text: String,
    custom: bool,
}

/// Why an id cannot be given to an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Nothing, or too much.
    #[error("the id has {n_chars} characters; custom ids have 1 to {}", ImageId::MAX_CHARS)]
    Length {
        /// What was given.
        n_chars: usize,
    },
    /// It would not be one path below the account's.
    #[error("the id {id:?} starts or ends with a slash, which custom ids do not")]
    Slash {
        /// What was given.
        id: String,
    },
    /// It looks like one of ours.
    #[error("the id {id:?} is a UUID, which custom ids are not")]
    Uuid {
        /// What was given.
        id: String,
    },
    /// The API would take it for something else.
    #[error("the id {id:?} is a path of the API; custom ids are none of {}", ImageId::RESERVED.join(", "))]
    Reserved {
        /// What was given.
        id: String,
    },
    /// It holds what no URL can show.
    #[error("the id {id:?} holds control characters, or a part that is \".\" or \"..\", or nothing")]
    Part {
        /// What was given.
        id: String,
    },
}

impl ImageId {
    /// The longest custom id, in characters.
    pub const MAX_CHARS: usize = 1024;

    /// What stands in paths of the API where ids do, so that an image called so could not be asked for.
    pub const RESERVED: &[&str] = &["batch_token", "config", "direct_upload", "keys", "stats", "usage", "variants"];

    /// A new UUID.
    pub fn generate() -> Result<Self, HostedError> {
        Ok(Self { text: random::uuid()?, custom: false })
    }

    /// An id that its owner chose: 1 to 1,024 characters, parts divided by slashes, neither a UUID nor
    /// [reserved](Self::RESERVED). Parts that are empty, `.` or `..` are refused, because clients and proxies resolve them.
    pub fn custom(text: &str) -> Result<Self, IdError> {
        if Self::RESERVED.contains(&text) {
            return Err(IdError::Reserved { id: text.to_owned() });
        }
        Self::chosen(text)
    }

    fn chosen(text: &str) -> Result<Self, IdError> {
        let n_chars = text.chars().count();
        let id = || text.to_owned();
        if !(1..=Self::MAX_CHARS).contains(&n_chars) {
            return Err(IdError::Length { n_chars });
        }
        if text.starts_with('/') || text.ends_with('/') {
            return Err(IdError::Slash { id: id() });
        }
        if is_uuid(text) {
            return Err(IdError::Uuid { id: id() });
        }
        if text.chars().any(char::is_control) || text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(IdError::Part { id: id() });
        }
        Ok(Self { text: id(), custom: true })
    }

    /// An id that an image had before, here or somewhere else: a UUID, or [one that its owner chose](Self::custom), before some
    /// were reserved.
    pub fn restored(text: &str) -> Result<Self, IdError> {
        if is_uuid(text) { Ok(Self { text: text.to_owned(), custom: false }) } else { Self::chosen(text) }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether its owner chose it.
    pub const fn is_custom(&self) -> bool {
        self.custom
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What an id is found by.
pub(crate) fn slot(id: &str) -> String {
    random::hexadecimal(&Sha256::digest(id.as_bytes()))
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_ours_are_uuids_and_no_others() {
        let id = ImageId::generate().unwrap();
        assert!(is_uuid(id.as_str()) && !id.is_custom());
        assert_eq!(&id.as_str()[14..15], "4");
        assert_ne!(ImageId::generate().unwrap(), id);
        assert!(matches!(ImageId::custom(id.as_str()), Err(IdError::Uuid { .. })));
        assert_eq!(ImageId::restored(id.as_str()).unwrap(), id);
        assert!(ImageId::restored("a/b").unwrap().is_custom() && ImageId::restored("/a").is_err());
        assert!(ImageId::restored("keys").unwrap().is_custom());
        assert!(matches!(ImageId::custom("083EB7B2-5392-4565-B69E-AFF66ACDDD00"), Err(IdError::Uuid { .. })));
    }

    #[test]
    fn custom_ids() {
        let long = "ü".repeat(1024);
        for good in ["a", "a/b/c.jpg", "Grüße/日本.png", "100%", "a b", "083eb7b2-5392-4565-b69e-aff66acddd0g", &long]
        {
            assert_eq!(ImageId::custom(good).unwrap().as_str(), good);
        }
        let too_long = "a".repeat(1025);
        for bad in ["", "/a", "a/", "/", "a//b", "a/../b", "..", "./a", "a\nb", "a\0", "keys", "stats", &too_long] {
            assert!(ImageId::custom(bad).is_err(), "{bad:?}");
        }
        assert!(ImageId::custom("keys/a").is_ok() && ImageId::custom("Keys").is_ok());
    }
}
