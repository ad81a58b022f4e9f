//! Which keys of the source are taken.

use std::fmt;

use glob::{MatchOptions, Pattern};

use crate::BatchError;

/// `*` stays within a part of a key, `**` does not. Capitals count.
const HOW: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// Patterns of keys; without any, every key is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Include(Vec<Pattern>);

impl Include {
    /// Keys that fit one of `patterns`. A pattern without `/` is for the last part of a key, at any depth.
    ///
    /// # Errors
    /// [`BatchError::NoPattern`].
    pub fn any_of<T: AsRef<str>>(patterns: &[T]) -> Result<Self, BatchError> {
        let parsed = patterns.iter().map(|text| {
            let text = text.as_ref();
            Pattern::new(text).map_err(|error| BatchError::NoPattern { pattern: text.to_owned(), why: error.msg })
        });
        let mut patterns = parsed.collect::<Result<Vec<_>, _>>()?;
        patterns.sort();
        Ok(Self(patterns))
    }

    /// Whether `key` is taken.
    pub fn takes(&self, key: &str) -> bool {
        let name = key.rsplit('/').next().unwrap_or(key);
        self.0.is_empty()
            || self
                .0
                .iter()
                .any(|pattern| pattern.matches_with(if pattern.as_str().contains('/') { key } else { name }, HOW))
    }
}

/// One pattern a line.
impl fmt::Display for Include {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|pattern| writeln!(f, "{pattern}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_names_or_whole_keys() {
        for (pattern, key, expected) in [
            ("*.jpg", "a.jpg", true),
            ("*.jpg", "deep/er/a.jpg", true),
            ("*.jpg", "a.jpeg", false),
            ("2026/*.jpg", "2026/a.jpg", true),
            ("2026/*.jpg", "2026/11/a.jpg", false),
            ("2026/**/*.jpg", "2026/11/21/a.jpg", true),
            ("2026/**", "2026/11/a.png", true),
            ("*.[jp]*", "a.png", true),
            ("*.JPG", "a.jpg", false),
        ] {
            assert_eq!(Include::any_of(&[pattern]).unwrap().takes(key), expected, "{pattern} {key}");
        }
        assert!(Include::default().takes("anything"));
        assert!(Include::any_of(&["*.png", "*.jpg"]).unwrap().takes("a.jpg"));
        let error = Include::any_of(&["a[b"]).unwrap_err().to_string();
        assert!(error.contains("\"a[b\""), "{error}");
    }
}
