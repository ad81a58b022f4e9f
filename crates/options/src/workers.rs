//! The JSON spelling: the object `cf.image` that a Worker's `fetch` takes.
//!
//! Properties have the names of the URL's options. Some have parts that are objects: `trim` (`{top, right, bottom, left,
//! width, height, border}`, where `border` is `true` or `{color, tolerance, keep}`), `border` (`{color, width}` or
//! `{color, top, right, bottom, left}`), `gravity` (`{x, y, mode}`), a text's `font` (`{url}`); `draw` is an array of
//! layers. The text that the URL takes in these places is taken here too, and so are options that Cloudflare has only in
//! URLs, so that one set of options has both spellings. Numbers may be text. `null` is as good as absent.
//!
//! Unlike in URLs a value that is not the number it should be is an error: a program wrote it.
//!
//! ```
//! use tintype_options::{url, workers};
//!
//! let image = serde_json::json!({ "width": 400, "trim": { "top": 12, "border": true }, "gravity": { "x": 0.5, "y": 1 } });
//! assert_eq!(workers::parse(&image), url::parse("width=400,trim=border,trim.top=12,gravity=0.5x1"));
//! # Ok::<(), tintype_options::OptionsError>(())
//! ```

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use crate::json::{self, Json};
use crate::pairs::{BadNumbers, Budget, Given, Pair};
use crate::preset::Presets;
use crate::registry::draw::{DRAW, LAYER_OPTIONS};
use crate::registry::{self, OPTIONS};
use crate::value::number;
use crate::{Gravity, Layer, OptionsError, Parsed, PointMode, TransformOptions};

/// Reads the object that `cf.image` is; an empty one asks for nothing.
///
/// Unknown properties give a warning, any value that is not accepted is an error.
pub fn parse(image: &Value) -> Result<Parsed, OptionsError> {
    parse_with(image, &Presets::default())
}

/// [`parse`], where the property `preset` names options that the others are put over.
pub fn parse_with(image: &Value, presets: &Presets) -> Result<Parsed, OptionsError> {
    parse_json(&image.into(), presets)
}

/// [`parse_with`], of JSON as it was written: of properties that stand there twice, or by their alias too, the last counts,
/// with a warning.
pub fn parse_json(image: &Json, presets: &Presets) -> Result<Parsed, OptionsError> {
    let mut pairs = pairs(object(image)?, &mut Budget::new())?;
    let base = presets.take(&mut pairs)?;
    registry::apply(base, pairs, BadNumbers::Refused)
}

/// The object that [`parse`] reads back to these options, with numbers as numbers.
///
/// What holds for [`crate::canonical::to_string`] holds here: only what a parser gave is promised to come back.
pub fn to_json(options: &TransformOptions) -> Value {
    let mut object = Map::new();
    write(&mut object, options);
    Value::Object(object)
}

fn object(value: &Json) -> Result<&Properties, OptionsError> {
    match value {
        Json::Object(properties) => Ok(properties),
        _ => Err(OptionsError::NotAnObject { given: shown(value) }),
    }
}

/// What an object has.
type Properties = [(String, Json)];

fn given(properties: &Properties) -> impl Iterator<Item = (&str, &Json)> {
    properties.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), value))
}

/// The pairs of one level of options.
pub(crate) fn pairs<'a>(object: &'a Properties, budget: &mut Budget) -> Result<Vec<Pair<'a>>, OptionsError> {
    let mut pairs = Vec::with_capacity(object.len());
    for (name, value) in given(object) {
        match (name, value) {
            ("draw", Json::Array(layers)) => {
                let read = |layer| budget.layer(|budget| self::pairs(self::object(layer)?, budget));
                let layers = layers.iter().map(read).collect::<Result<_, _>>()?;
                pairs.push(Pair { name: Cow::Borrowed(DRAW.name), value: Given::Layers(layers) });
            }
            ("draw", Json::String(text)) => {
                let layers = crate::url::layers(text, budget)?;
                pairs.push(Pair { name: Cow::Borrowed(DRAW.name), value: Given::Layers(layers) });
            }
            ("trim", Json::Object(parts)) => trim(&mut pairs, parts)?,
            ("border", Json::Object(parts)) => flatten(&mut pairs, "border", parts)?,
            ("gravity" | "g", Json::Object(parts)) => pairs.push(Pair::text("gravity", gravity(parts, value)?)),
            ("font", Json::Object(parts)) => {
                // A font without a URL is as good as none: what is missing is said where fonts are needed.
                if let Some(url) = json::get(parts, "url") {
                    pairs.push(Pair::text("font", text("font", url)?));
                }
            }
            (name, value) => pairs.push(Pair::text(name, text(name, value)?)),
        }
    }
    Ok(pairs)
}

fn trim<'a>(pairs: &mut Vec<Pair<'a>>, parts: &'a Properties) -> Result<(), OptionsError> {
    for (name, value) in given(parts) {
        match (name, value) {
            ("border", Json::Bool(false)) => {}
            ("border", Json::Bool(true)) => pairs.push(Pair::text("trim", "border")),
            ("border", Json::Object(parts)) if given(parts).next().is_none() => {
                pairs.push(Pair::text("trim", "border"));
            }
            ("border", Json::Object(parts)) => flatten(pairs, "trim.border", parts)?,
            ("border", value) => {
                return Err(refused("trim", value, "true, false or an object of color, tolerance and keep"));
            }
            (name, value) => {
                let name = format!("trim.{name}");
                let text = text(&name, value)?;
                pairs.push(Pair::text(name, text));
            }
        }
    }
    Ok(())
}

fn flatten<'a>(pairs: &mut Vec<Pair<'a>>, prefix: &str, parts: &'a Properties) -> Result<(), OptionsError> {
    for (name, value) in given(parts) {
        let name = format!("{prefix}.{name}");
        let text = text(&name, value)?;
        pairs.push(Pair::text(name, text));
    }
    Ok(())
}

/// A point, as the URL writes it. A coordinate that is not given is in the middle.
fn gravity(parts: &Properties, whole: &Json) -> Result<String, OptionsError> {
    let coordinate = |name| match json::get(parts, name) {
        None | Some(Json::Null) => Some("0.5".into()),
        Some(value) => text(name, value).ok().filter(|text| number::finite(text).is_some()),
    };
    let mode = match json::get(parts, "mode").map(Json::as_str) {
        None | Some(Some("remainder")) => Some(PointMode::Remainder),
        Some(Some("box-center")) => Some(PointMode::BoxCenter),
        Some(_) => None,
    };
    let point = coordinate("x").zip(coordinate("y")).zip(mode);
    let ((x, y), mode) =
        point.ok_or_else(|| refused("gravity", whole, "a word or a point such as {\"x\": 0.5, \"y\": 0.33}"))?;
    Ok(match mode {
        PointMode::Remainder => format!("{x}x{y}"),
        PointMode::BoxCenter => format!("{x}x{y};box-center"),
    })
}

/// The text that the URL would have for this value.
fn text<'a>(name: &str, value: &'a Json) -> Result<Cow<'a, str>, OptionsError> {
    Ok(match value {
        Json::String(text) => Cow::Borrowed(text),
        Json::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Json::Number(number) => Cow::Owned(decimal(number)),
        // Nothing that is known has such a value; what is unknown is passed over, whatever it is.
        Json::Null | Json::Array(_) | Json::Object(_) => match full_name(name) {
            Some(name) => return Err(refused(name, value, "a number, a text or true or false")),
            None => Cow::Borrowed(""),
        },
    })
}

/// A number in digits, without exponents and without `.0`.
fn decimal(number: &Number) -> String {
    number.as_f64().filter(|_| number.is_f64()).map_or_else(|| number.to_string(), |number| number.to_string())
}

fn full_name(name: &str) -> Option<&'static str> {
    let own = || LAYER_OPTIONS.iter().find(|option| option.name == name).map(|option| option.name);
    registry::find(name).map(|option| option.name).or_else(own)
}

fn refused(option: &'static str, value: &Json, accepted: &str) -> OptionsError {
    let value = value.as_str().map_or_else(|| shown(value), str::to_owned);
    OptionsError::Value { option, value, accepted: accepted.into() }
}

/// The beginning of a value.
fn shown(value: &Json) -> String {
    const LONGEST: usize = 100;
    Value::from(value).to_string().chars().take(LONGEST).collect()
}

fn write(object: &mut Map<String, Value>, options: &TransformOptions) {
    for option in OPTIONS {
        let Some(text) = option.text(options) else { continue };
        match (option.name, options.gravity) {
            ("draw", _) => {
                object.insert(option.name.into(), options.draw.iter().map(layer).collect());
            }
            ("gravity", Some(Gravity::Point { x, y, mode })) => {
                let mut point = Map::from_iter([("x".into(), x.into()), ("y".into(), y.into())]);
                if mode == PointMode::BoxCenter {
                    point.insert("mode".into(), "box-center".into());
                }
                object.insert(option.name.into(), Value::Object(point));
            }
            ("trim", _) => put(object, &["trim", "border"], Value::Bool(true)),
            _ => {
                let path: Vec<_> = option.name.split('.').collect();
                put(object, &path, scalar(text));
            }
        }
    }
}

fn layer(layer: &Layer) -> Value {
    let mut object = Map::new();
    for option in LAYER_OPTIONS {
        let Some(text) = (option.get)(layer) else { continue };
        match option.name {
            "font" => put(&mut object, &["font", "url"], Value::String(text)),
            // What a caller wrote stays text, whatever it looks like.
            "url" | "text" => put(&mut object, &[option.name], Value::String(text)),
            _ => put(&mut object, &[option.name], scalar(text)),
        }
    }
    write(&mut object, &layer.options);
    Value::Object(object)
}

/// A number or `true` or `false`, where it is one.
fn scalar(text: String) -> Value {
    let whole = || text.parse::<i64>().ok().map(Value::from);
    let decimal = || number::finite(&text).map(Value::from);
    let flag = || text.parse::<bool>().ok().map(Value::from);
    whole().or_else(decimal).or_else(flag).unwrap_or(Value::String(text))
}

/// Sets a value, and makes the objects that it stands in.
fn put(object: &mut Map<String, Value>, path: &[&str], value: Value) {
    let [name, inner @ ..] = path else { return };
    if inner.is_empty() {
        object.insert((*name).into(), value);
        return;
    }
    let part = object.entry(*name).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(part) = part {
        put(part, inner, value);
    }
}
