//! What owners write to their images: a small JSON object that nobody else sees.

use serde_json::{Map, Value};

use crate::HostedError;

/// The most bytes of metadata, as JSON.
pub const MAX_METADATA_BYTES: usize = 1024;

/// How deep a value may lie to be found by a filter.
pub(crate) const MAX_LEVELS: usize = 5;

/// An image's metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata(Map<String, Value>);

/// A value that filters can find.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Leaf {
    /// Names from the outermost on, with dots in between.
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) text: Option<String>,
    pub(crate) number: Option<f64>,
}

impl Metadata {
    /// Reads JSON text.
    pub fn parse(text: &str) -> Result<Self, HostedError> {
        let value = serde_json::from_str(text);
        Self::new(value.map_err(|error| HostedError::Metadata { reason: error.to_string() })?)
    }

    /// A JSON object of at most [`MAX_METADATA_BYTES`].
    pub fn new(value: Value) -> Result<Self, HostedError> {
        let Value::Object(object) = value else {
            return Err(HostedError::Metadata { reason: format!("it is {}", kind(&value)) });
        };
        let n_bytes = serde_json::to_string(&object).map_or(usize::MAX, |text| text.len());
        if n_bytes > MAX_METADATA_BYTES {
            return Err(HostedError::Metadata { reason: format!("it has {n_bytes} bytes") });
        }
        Ok(Self(object))
    }

    /// The object.
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(crate) fn to_text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    pub(crate) fn stored(text: &str) -> Result<Self, HostedError> {
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) | Err(_) => Err(HostedError::Stored("metadata".to_owned())),
        }
    }

    /// Texts, numbers and booleans, down to [`MAX_LEVELS`]; each path once.
    pub(crate) fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        collect(&mut leaves, &self.0, "", 1);
        leaves.sort_by(|one, other| one.path.cmp(&other.path));
        leaves.dedup_by(|one, other| one.path == other.path);
        leaves
    }
}

fn collect(leaves: &mut Vec<Leaf>, object: &Map<String, Value>, prefix: &str, level: usize) {
    for (name, value) in object {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let (text, number) = match value {
            Value::String(text) => (Some(text.clone()), None),
            Value::Bool(flag) => (Some(flag.to_string()), None),
            Value::Number(number) => (None, number.as_f64()),
            Value::Object(inner) if level < MAX_LEVELS => {
                collect(leaves, inner, &path, level + 1);
                continue;
            }
            Value::Object(_) | Value::Array(_) | Value::Null => continue,
        };
        // PostgreSQL's texts have no zeros.
        if !path.contains('\0') && !text.as_ref().is_some_and(|text| text.contains('\0')) {
            leaves.push(Leaf { path, kind: kind(value), text, number });
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_a_small_object() {
        let fits = format!("{{\"a\":\"{}\"}}", "x".repeat(1024 - 8));
        assert_eq!(Metadata::parse(&fits).unwrap().to_text(), fits);
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1024 - 7));
        for bad in ["", "[]", "1", "\"a\"", "null", "{", &large] {
            assert!(Metadata::parse(bad).is_err(), "{bad:.20}");
        }
        // White space is not counted.
        assert!(Metadata::parse(&format!("{}{{}}", " ".repeat(2000))).is_ok());
    }

    #[test]
    fn leaves_have_paths() {
        let text = r#"{"a":"x","b":{"c":1.5,"d":{"e":true}},"n":null,"l":[1],"b.c":2,
            "1":{"2":{"3":{"4":{"5":"in","6":{"7":"out"}}}}}}"#;
        let leaves = Metadata::parse(text).unwrap().leaves();
        let shown: Vec<_> = leaves.iter().map(|leaf| (leaf.path.as_str(), leaf.kind)).collect();
        let expected = [("1.2.3.4.5", "string"), ("a", "string"), ("b.c", "number"), ("b.d.e", "boolean")];
        assert_eq!(shown, expected);
    }
}
