//! JSON as it was written.
//!
//! What the order and the repetitions of properties mean is decided by options, not by JSON: of `width` and its alias `w`
//! the last counts, and so does the last of `width` twice, with a warning. `serde_json`'s own objects keep neither.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A value of JSON whose objects keep their order, and what stands in them more than once.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, which is as good as absent.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(String),
    /// A list.
    Array(Vec<Json>),
    /// Properties, as they stand there.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The property of this name; the last one, if there are several.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(properties) => get(properties, name),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

/// The last property of this name.
pub(crate) fn get<'a>(properties: &'a [(String, Json)], name: &str) -> Option<&'a Json> {
    properties.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::String(text.clone()),
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(map) => Self::Object(map.iter().map(|(name, value)| (name.clone(), value.into())).collect()),
        }
    }
}

/// For messages; repetitions are lost.
impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Bool(*flag),
            Json::Number(number) => Self::Number(number.clone()),
            Json::String(text) => Self::String(text.clone()),
            Json::Array(items) => items.iter().map(Self::from).collect(),
            Json::Object(properties) => {
                Self::Object(properties.iter().map(|(name, value)| (name.clone(), value.into())).collect::<Map<_, _>>())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsWritten)
    }
}

struct AsWritten;

impl<'de> Visitor<'de> for AsWritten {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        // JSON has no others than finite ones.
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut properties: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(property) = properties.next_entry()? {
            object.push(property);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repetitions_stay() {
        let json: Json = serde_json::from_str(r#"{"b":1,"a":[null,true,-2,2.5,"x"],"b":{"c":{}}}"#).expect("JSON");
        let Json::Object(properties) = &json else { panic!("{json:?}") };
        assert_eq!(properties.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "a", "b"]);
        assert_eq!(json.get("b").and_then(|last| last.get("c")), Some(&Json::Object(vec![])));
        assert_eq!(json.get("a").map(|a| Value::from(a).to_string()), Some("[null,true,-2,2.5,\"x\"]".to_owned()));
        for text in ["{", "{\"a\":}", "[1,]", "nan", &"[".repeat(10_000)] {
            assert!(serde_json::from_str::<Json>(text).is_err(), "{text:.20}");
        }
    }
}
