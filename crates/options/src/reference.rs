//! What a reference says about options: worked out from the registry, so that it cannot say anything else than what holds.
//!
//! [`spellings`] writes an option's example in every way to ask for it, [`outcomes`] asks the parsers what becomes of bad
//! values. [`CHOICES`] and [`EXTENSIONS`] are prose about the whole. Who shows it (pages, a command line) lays it out.

mod choices;
mod extensions;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::registry::OptionDef;
use crate::registry::draw::PLACEMENT;
use crate::registry::page::Call;
use crate::{OptionsError, Parsed, url, workers};

pub use choices::{CHOICES, Choice};
pub use extensions::{EXTENSIONS, Extension};

/// One way to write an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// Who reads it.
    pub face: &'static str,
    /// How it is written; `None` where it has no effect.
    pub text: Option<String>,
    /// Whether Cloudflare's documentation or types have the option there.
    pub cloudflare: bool,
}

/// `option`'s example in every way to ask for it.
pub fn spellings(option: &OptionDef) -> Vec<Spelling> {
    let OptionDef { name, example, page, .. } = option;
    let json = json(option);
    let image = || format!("fetch(url, {{ cf: {{ image: {} }} }})", script(&json));
    let (has, here) = (page.cloudflare, page.here);
    let row =
        |face, is_here: bool, text: String, cloudflare| Spelling { face, text: is_here.then_some(text), cloudflare };
    vec![
        row("URL", here.url, format!("/cdn-cgi/image/{name}={example}/photo.jpg"), has.url),
        row("Query", here.url, format!("/image?url=photo.jpg&{name}={example}"), false),
        row("cf.image", here.worker, image(), has.worker),
        row("Images binding", here.binding, binding(page.call, &json), has.binding),
        row("Command", here.command, format!("tintype transform photo.jpg out.jpg '{name}={example}'"), false),
    ]
}

/// The example as an object of `cf.image`.
fn json(option: &OptionDef) -> Map<String, Value> {
    let parsed = url::parse(&format!("{}={}", option.name, option.example)).unwrap_or_default();
    match workers::to_json(&parsed.options) {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn binding(call: Call, json: &Map<String, Value>) -> String {
    match call {
        Call::Transform => format!("env.IMAGES.input(photo).transform({})", script(json)),
        Call::Output => {
            let mut output = json.clone();
            // The binding knows media types; every format that it has is named like its type.
            if let Some(Value::String(format)) = output.get_mut("format") {
                format.insert_str(0, "image/");
            }
            format!("env.IMAGES.input(photo).output({})", script(&output))
        }
        Call::Draw => {
            let layer = json.get("draw").and_then(|layers| layers.get(0)?.as_object()).cloned().unwrap_or_default();
            let is_placement = |name: &String| PLACEMENT.contains(&name.as_str());
            let (placement, rest): (Map<_, _>, Map<_, _>) =
                layer.into_iter().filter(|(name, _)| name != "url").partition(|(name, _)| is_placement(name));
            let (rest, placement) = (script(&rest), script(&placement));
            format!("env.IMAGES.input(photo).draw(env.IMAGES.input(logo).transform({rest}), {placement})")
        }
    }
}

/// An object as a script's author would write it.
fn script(object: &Map<String, Value>) -> String {
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric());
    let key = |name: &str| if is_name(name) { name.to_owned() } else { Value::from(name).to_string() };
    let items: Vec<_> = object.iter().map(|(name, value)| format!("{}: {}", key(name), script_value(value))).collect();
    if items.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", items.join(", ")) }
}

fn script_value(value: &Value) -> String {
    match value {
        Value::Object(object) => script(object),
        Value::Array(items) => format!("[{}]", items.iter().map(script_value).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}

/// What became of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken as it is.
    Taken,
    /// The picture is made, with this warning.
    Warned(String),
    /// There is an error instead of a picture.
    Refused(String),
}

/// A bad value, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The value.
    pub value: &'static str,
    /// In a URL or a query.
    pub url: Verdict,
    /// In JSON: `cf.image` and the binding. The command line, which is strict, refuses what either does not take as it is.
    pub json: Verdict,
}

/// What becomes of the bad values that `option` names.
pub fn outcomes(option: &OptionDef) -> Vec<Outcome> {
    let each = option.page.bad.iter().map(|value| Outcome {
        value,
        url: verdict(url::parse(&format!("{}={value}", option.name))),
        json: verdict(workers::parse(&Value::from_iter([(option.name, *value)]))),
    });
    each.collect()
}

fn verdict(read: Result<Parsed, OptionsError>) -> Verdict {
    match read.as_ref().map(|parsed| parsed.warnings.first()) {
        Ok(None) => Verdict::Taken,
        Ok(Some(warning)) => Verdict::Warned(warning.to_string()),
        Err(error) => Verdict::Refused(error.to_string()),
    }
}

/// Where `option` can be asked for here and not at Cloudflare: short names of the faces.
pub fn only_here(option: &OptionDef) -> Vec<&'static str> {
    let (here, there) = (option.page.here, option.page.cloudflare);
    let faces = [
        ("URL", here.url && !there.url),
        ("cf.image", here.worker && !there.worker),
        ("Images binding", here.binding && !there.binding),
    ];
    faces.into_iter().filter(|(_, only_here)| *only_here).map(|(name, _)| name).collect()
}
