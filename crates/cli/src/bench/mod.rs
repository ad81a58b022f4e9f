//! `tintype bench`: how well and how fast models do, on this machine.
//!
//! `segment.rs` compares masks with the truth, on pictures that `scenes.rs` draws; `figures.rs` says how far two masks differ;
//! `networks.rs` times networks by stage.

mod figures;
mod networks;
mod scenes;
mod segment;

use std::process::ExitCode;

use tintype_weights::{Model, Store};

use crate::{args::BenchCommand, failure::usage};

pub(crate) fn run(command: &BenchCommand, adapter: Option<&str>) -> anyhow::Result<ExitCode> {
    match command {
        BenchCommand::Segment { model, image, truth, json } => {
            segment::run(model, image.as_deref().zip(truth.as_deref()), *json, adapter)
        }
        BenchCommand::Models { model, device, rounds, json } => {
            networks::run(model, *device, adapter, rounds.get(), *json)
        }
    }
}

/// The `asked` of `known` models, or those that are installed. What is asked for has to be there.
fn chosen<'a>(asked: &'a [String], known: &[&'a str]) -> anyhow::Result<Vec<&'a str>> {
    let store = Store::of_user()?;
    let is_there = |name: &str| anyhow::Ok(store.installed(Model::find(name)?)?);
    if asked.is_empty() {
        let installed: Vec<_> = known.iter().copied().filter(|name| is_there(name).is_ok()).collect();
        anyhow::ensure!(!installed.is_empty(), "no model is installed: tintype models pull u2netp");
        return Ok(installed);
    }
    for name in asked {
        if !known.contains(&name.as_str()) {
            return Err(usage!("{name:?} is none of {}", known.join(", ")));
        }
        is_there(name)?;
    }
    Ok(asked.iter().map(String::as_str).collect())
}
