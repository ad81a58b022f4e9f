//! Named sets of options, so that pages need not spell them and servers need not allow others.
//!
//! A URL asks for one by its name instead of options (`/cdn-cgi/image/thumb/photo.jpg`) or by `preset=thumb` among
//! options, which are then put over the preset's: `preset=thumb,width=100` is `thumb` with another width. Layers are
//! added to the preset's. JSON and queries have a property `preset`.

use std::collections::BTreeMap;

use crate::pairs::{Given, Pair};
use crate::{OptionsError, Parsed, TransformOptions, Warning};

/// The name that asks for a preset among options.
const PRESET: &str = "preset";

/// Presets, all of them legal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Presets {
    named: BTreeMap<String, TransformOptions>,
    allowed: Allowed,
}

/// What may be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowed {
    /// Any options, and presets.
    #[default]
    Everything,
    /// A preset and nothing besides it.
    PresetsOnly,
}

/// Why presets were refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PresetError {
    /// Not a name.
    #[error("preset {name:?}: a name has 1 to {} letters a to z, digits and hyphens", Presets::MAX_NAME)]
    Name {
        /// What was given.
        name: String,
    },
    /// Two presets of one name.
    #[error("preset {name:?} is there twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// Options that are not legal, or would give a warning.
    #[error("preset {name:?}: {error}")]
    Options {
        /// The preset's name.
        name: String,
        /// What about them.
        error: OptionsError,
    },
}

impl Presets {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 32;

    /// Reads presets: names, and options in the URL's grammar, strictly.
    pub fn new<N: Into<String>, O: AsRef<str>>(presets: impl IntoIterator<Item = (N, O)>) -> Result<Self, PresetError> {
        let mut named = BTreeMap::new();
        for (name, options) in presets {
            let name = name.into();
            if !is_name(&name) {
                return Err(PresetError::Name { name });
            }
            let options = match options.as_ref().parse() {
                Ok(options) => options,
                Err(error) => return Err(PresetError::Options { name, error }),
            };
            if named.contains_key(&name) {
                return Err(PresetError::Twice { name });
            }
            named.insert(name, options);
        }
        Ok(Self { named, allowed: Allowed::Everything })
    }

    /// The same presets, and whether anything else may be asked for.
    pub fn allowing(self, allowed: Allowed) -> Self {
        Self { allowed, ..self }
    }

    /// The options of a name.
    pub fn get(&self, name: &str) -> Option<&TransformOptions> {
        self.named.get(name)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// Whether a list of options is a name instead: one that is known, or could be in a place where there are presets.
    pub(crate) fn is_name(&self, list: &str) -> bool {
        is_name(list) && (!self.named.is_empty() || self.allowed == Allowed::PresetsOnly)
    }

    /// What a name stands for.
    pub(crate) fn named(&self, name: &str) -> Result<Parsed, OptionsError> {
        match self.get(name) {
            Some(options) => Ok(Parsed { options: options.clone(), warnings: Vec::new() }),
            None if self.named.is_empty() => {
                Err(OptionsError::UnknownPreset { name: name.into(), known: "are no presets".into() })
            }
            None => {
                let names: Vec<_> = self.names().collect();
                Err(OptionsError::UnknownPreset { name: name.into(), known: format!("are {}", names.join(", ")) })
            }
        }
    }

    /// Takes the preset out of pairs: the options that the rest is to be put over.
    pub(crate) fn take(&self, pairs: &mut Vec<Pair<'_>>) -> Result<Parsed, OptionsError> {
        let mut names = Vec::new();
        for pair in pairs.extract_if(.., |pair| pair.name == PRESET) {
            if let Given::Text(name) = pair.value {
                names.push(name.into_owned());
            }
        }
        if let (Allowed::PresetsOnly, Some(other)) = (self.allowed, pairs.first()) {
            return Err(OptionsError::OnlyPresets { given: other.name.to_string() });
        }
        let Some(name) = names.last() else {
            return match self.allowed {
                Allowed::Everything => Ok(Parsed::default()),
                Allowed::PresetsOnly => Err(OptionsError::OnlyPresets { given: String::new() }),
            };
        };
        let mut parsed = self.named(name)?;
        if names.len() > 1 {
            parsed.warn(Warning::Repeated { option: PRESET });
        }
        Ok(parsed)
    }
}

fn is_name(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=Presets::MAX_NAME).contains(&text.len()) && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{canonical, query, url, workers};

    fn presets() -> Presets {
        let all = [
            ("thumb", "width=100,height=100,fit=cover,trim.top=5"),
            ("avatar-2", "w=64,border=red;1,brightness=2"),
            ("marked", "draw=(text=a)"),
        ];
        Presets::new(all).expect("legal presets")
    }

    fn read(list: &str) -> String {
        let parsed = url::parse_with(list, &presets()).unwrap_or_else(|error| panic!("{list}: {error}"));
        assert_eq!(parsed.warnings, [], "{list}");
        canonical::to_string(&parsed.options)
    }

    #[test]
    fn explicit_options_are_put_over() {
        let table = [
            ("thumb", "width=100,height=100,fit=cover,trim.top=5"),
            ("preset=thumb", "width=100,height=100,fit=cover,trim.top=5"),
            ("preset=thumb,width=50", "width=50,height=100,fit=cover,trim.top=5"),
            ("w=50,preset=thumb", "width=50,height=100,fit=cover,trim.top=5"),
            ("preset=thumb,trim.left=1", "width=100,height=100,fit=cover,trim.top=5,trim.left=1"),
            (
                "preset=thumb,trim=1;2;3;4",
                "width=100,height=100,fit=cover,trim.top=1,trim.right=2,trim.bottom=3,trim.left=4",
            ),
            ("preset=avatar-2,brightness=0", "width=64,border.color=%23ff0000,border.width=1"),
            ("preset=marked,draw=(text=b)", "draw=(text=a)(text=b)"),
            ("w=1", "width=1"),
        ];
        for (list, expected) in table {
            assert_eq!(read(list), expected, "{list}");
        }
    }

    #[test]
    fn in_other_spellings() {
        let image = serde_json::json!({ "preset": "thumb", "width": 50 });
        let parsed = workers::parse_with(&image, &presets()).expect("legal options");
        assert_eq!(canonical::to_string(&parsed.options), read("preset=thumb,width=50"));
        let query = [("preset".into(), "thumb".into()), ("url".into(), "a.jpg".into()), ("w".into(), "50".into())];
        let (parsed, _) = query::parse_with(query, &presets()).expect("legal options");
        assert_eq!(canonical::to_string(&parsed.options), read("preset=thumb,width=50"));
    }

    #[test]
    fn names_that_are_not_there() {
        let message = |list: &str, presets: &Presets| url::parse_with(list, presets).expect_err(list).to_string();
        let known = "no preset is named \"big\"; there are avatar-2, marked, thumb";
        assert_eq!(message("big", &presets()), known);
        assert_eq!(message("preset=big,w=1", &presets()), known);
        assert_eq!(message("preset=big", &Presets::default()), "no preset is named \"big\"; there are no presets");
        assert!(matches!(url::parse("big"), Err(OptionsError::NotAnOption { .. })), "where there are no presets");
        let parsed = url::parse_with("preset=thumb,preset=marked", &presets()).expect("only a warning");
        assert_eq!(parsed.warnings, [Warning::Repeated { option: "preset" }]);
    }

    #[test]
    fn nothing_but_presets() {
        let only = presets().allowing(Allowed::PresetsOnly);
        for list in ["thumb", "preset=thumb"] {
            assert_eq!(
                url::parse_with(list, &only).map(|parsed| canonical::to_string(&parsed.options)),
                Ok(read(list))
            );
        }
        for list in ["w=1", "preset=thumb,w=1", "thumb,w=1", "preset=thumb,unknown=1", "preset=thumb,draw=(text=a)"] {
            assert!(url::parse_with(list, &only).is_err(), "{list}");
        }
        let error = url::parse_with("preset=thumb,w=1", &only).expect_err("more than a preset");
        assert_eq!(error.to_string(), "\"w\" is not allowed here, only the name of a preset is");
        for image in [serde_json::json!({}), serde_json::json!({ "width": 1 })] {
            assert!(matches!(workers::parse_with(&image, &only), Err(OptionsError::OnlyPresets { .. })), "{image}");
        }
    }

    #[test]
    fn what_no_preset_can_be() {
        let message = |name: &str, options: &str| Presets::new([(name, options)]).expect_err(name).to_string();
        for name in ["", "Thumb", "a b", "a_b", "é", &"a".repeat(33)] {
            assert!(message(name, "w=1").contains("a name has 1 to 32 letters"), "{name}");
        }
        assert!(Presets::new([("a".repeat(32), "w=1")]).is_ok());
        assert_eq!(message("a", "fit=x").split(':').nth(1), Some(" fit"));
        assert_eq!(message("a", "w=1,sepia=2"), "preset \"a\": unknown option 'sepia'");
        assert_eq!(message("a", "preset=b"), "preset \"a\": no preset is named \"b\"; there are no presets");
        let twice = Presets::new([("a", "w=1"), ("a", "w=2")]);
        assert_eq!(twice, Err(PresetError::Twice { name: "a".into() }));
    }
}
