//! `tintype models`: the weights of neural networks, from the crate that fetches, checks and converts them.

use std::{
    fmt::Write as _,
    path::Path,
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Context as _;
use serde_json::json;
use tintype_weights::{Installed, Model, NotInstalled, Store, Unknown, Verified, Watch, WeightsError};

use crate::{
    args::ModelsCommand,
    failure::{self, usage},
    progress,
    show::{self, Painted, Role},
};

pub(crate) fn run(command: &ModelsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ModelsCommand::List { json } => list(&Store::of_user()?, *json),
        ModelsCommand::Pull { names, from, force, quiet } => {
            pull(&Store::of_user()?, &found(names)?, from.as_deref(), *force, *quiet)
        }
        ModelsCommand::Add { name, file, allow_unverified } => {
            let unknown = if *allow_unverified { Unknown::Allow } else { Unknown::Refuse };
            let (store, model) = (Store::of_user()?, Model::find(name)?);
            let installed = watched(|watch| store.add(model, file, unknown, watch))?;
            show::out(added(model, &installed).as_bytes())
        }
        ModelsCommand::Verify { names, json } => verify(&Store::of_user()?, names, *json),
        ModelsCommand::Remove { name } => {
            Store::of_user()?.remove(Model::find(name)?)?;
            show::out(format!("{name:<16} removed\n").as_bytes())
        }
        ModelsCommand::Licences { names } => {
            let models = if names.is_empty() { Model::all().iter().collect() } else { found(names)? };
            show::out(licences(&models, show::has_color()).as_bytes())
        }
    }
}

/// The models of these names, all of them, before anything is done with the first.
fn found(names: &[String]) -> Result<Vec<&'static Model>, NotInstalled> {
    names.iter().map(|name| Model::find(name)).collect()
}

/// Runs `work` so that whoever looks on sees its steps, and Ctrl-C lets it tidy up behind itself.
fn watched<T>(work: impl FnOnce(&Watch<'_>) -> Result<T, WeightsError>) -> anyhow::Result<T> {
    let cancelled = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&cancelled)).context("cannot listen to signals")?;
    }
    let spinner = progress::steps();
    let done = work(&Watch { step: &|what| spinner.set_message(what.to_owned()), cancelled: &cancelled });
    spinner.finish_and_clear();
    Ok(done?)
}

// ---- Getting ------------------------------------------------------------------------------------------------------------

fn pull(
    store: &Store,
    models: &[&'static Model],
    from: Option<&Path>,
    force: bool,
    quiet: bool,
) -> anyhow::Result<ExitCode> {
    if let (Some(from), [_, _, ..]) = (from, models) {
        return Err(usage!("--from {} is one file, and {} models are named; name one", from.display(), models.len()));
    }
    for model in models {
        let line = match (store.installed(model), from) {
            (Ok(installed), None) if !force => {
                format!("{:<16} is there already: {}\n", model.name, installed.path.display())
            }
            (_, Some(file)) => added(model, &watched(|watch| store.add(model, file, Unknown::Refuse, watch))?),
            (_, None) => added(model, &watched(|watch| store.pull(model, watch))?),
        };
        if !quiet {
            show::out(line.as_bytes())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn added(model: &Model, installed: &Installed) -> String {
    let Model { name, .. } = model;
    let (size, licence, path) = (show::bytes(installed.bytes), model.weights_licence(), installed.path.display());
    let unverified = if installed.is_verified { "" } else { "; not a file that is known" };
    format!("{name:<16} installed, {size}, {licence}: {path}{unverified}\n")
}

// ---- Showing ------------------------------------------------------------------------------------------------------------

/// How a model stands, for a list.
fn state(found: &Result<Installed, NotInstalled>) -> (&'static str, Role) {
    match found {
        Ok(installed) if installed.is_verified => ("installed", Role::Good),
        Ok(_) => ("unverified", Role::Odd),
        Err(NotInstalled::Outdated { .. }) => ("outdated", Role::Odd),
        Err(NotInstalled::Unreadable { .. }) => ("unreadable", Role::Bad),
        Err(_) => ("-", Role::Quiet),
    }
}

fn list(store: &Store, as_json: bool) -> anyhow::Result<ExitCode> {
    let models: Vec<_> = Model::all().iter().map(|model| (model, store.installed(model))).collect();
    if as_json {
        let models: Vec<_> = models.iter().map(|(model, found)| described(model, found)).collect();
        return show::json(&json!({ "folder": store.folder(), "models": models }));
    }
    let in_color = show::has_color();
    let paint = |text: String, role| Painted { text: &text, role, in_color }.to_string();
    let heading = format!("{:<16} {:<11} {:>9}  {:<18} purpose", "model", "state", "size", "licence");
    let mut text = paint(heading, Role::Heading) + "\n";
    for (model, found) in &models {
        let (word, role) = state(found);
        let bytes = found.as_ref().ok().map(|installed| installed.bytes).or_else(|| to_fetch(model));
        let size = bytes.map_or_else(|| "-".to_owned(), show::bytes);
        let (name, licence, purpose) = (&model.name, model.weights_licence(), &model.purpose);
        let word = paint(format!("{word:<11}"), role);
        let _ = writeln!(text, "{name:<16} {word} {size:>9}  {licence:<18} {purpose}");
        if found.is_err() {
            let _ = writeln!(text, "{:<16} {} {}", "", paint("→".to_owned(), role), model.command());
        }
    }
    let _ = writeln!(text, "\nin {}; sizes of what is not installed are of what is fetched", store.folder().display());
    show::out(text.as_bytes())
}

/// Bytes that must be fetched, or that the user's file has, where that is known.
fn to_fetch(model: &Model) -> Option<u64> {
    model.packages.first().map(|package| package.bytes).or_else(|| model.files.iter().find_map(|file| file.bytes))
}

fn described(model: &Model, found: &Result<Installed, NotInstalled>) -> serde_json::Value {
    let installed = found.as_ref().ok();
    json!({
        "name": model.name,
        "purpose": model.purpose,
        "installed": installed.is_some(),
        "state": if installed.is_none() && state(found).0 == "-" { "missing" } else { state(found).0 },
        "path": installed.map(|installed| &installed.path),
        "bytes": installed.map(|installed| installed.bytes),
        "source_sha256": installed.map(|installed| &installed.source_sha256),
        "recipe": model.recipe,
        "download_bytes": to_fetch(model),
        "licence": model.weights_licence(),
        "command": model.command(),
    })
}

fn verify(store: &Store, names: &[String], as_json: bool) -> anyhow::Result<ExitCode> {
    let models = if names.is_empty() {
        let is_there = |model: &&'static Model| !matches!(store.installed(model), Err(NotInstalled::Missing { .. }));
        Model::all().iter().filter(is_there).collect()
    } else {
        found(names)?
    };
    let looked: Vec<_> = models
        .iter()
        .map(|model| {
            (model, progress::waiting("reading", || store.verify(model)).map_err(|error| failure::line(&error.into())))
        })
        .collect();
    let is_well = looked.iter().all(|(_, result)| result.is_ok());
    let word = |result: &Result<Verified, String>| match result {
        Ok(Verified::Known(_)) => ("ok", Role::Good),
        Ok(_) => ("unverified", Role::Odd),
        Err(_) => ("failed", Role::Bad),
    };
    if as_json {
        let models: Vec<_> = looked
            .iter()
            .map(|(model, result)| json!({ "name": model.name, "state": word(result).0, "error": result.as_ref().err() }))
            .collect();
        show::json(&json!({ "folder": store.folder(), "ok": is_well, "models": models }))?;
    } else {
        let mut text = String::new();
        for (model, result) in &looked {
            let (word, role) = word(result);
            let word = Painted { text: word, role, in_color: show::has_color() };
            let detail = match result {
                Ok(Verified::Known(installed)) => installed.path.display().to_string(),
                Ok(Verified::Unknown(installed)) => {
                    format!(
                        "{}, made from a file that is not known, sha256 {}",
                        installed.path.display(),
                        installed.source_sha256
                    )
                }
                Ok(_) => String::new(),
                Err(error) => error.clone(),
            };
            let _ = writeln!(text, "{:<16} {word}: {detail}", model.name);
        }
        if looked.is_empty() {
            let _ = writeln!(text, "no model is installed in {}", store.folder().display());
        }
        show::out(text.as_bytes())?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn licences(models: &[&Model], in_color: bool) -> String {
    let mut text = String::new();
    for model in models {
        let _ = writeln!(text, "{}", Painted { text: &model.name, role: Role::Heading, in_color });
        for licence in &model.licences {
            let _ = writeln!(text, "  {:<8} {:<18} {}", licence.of.to_string(), licence.name, licence.note);
        }
        if let Some(notice) = model.notice {
            // The first line is a heading with the model's name.
            for line in notice.lines().skip(1) {
                let _ = writeln!(text, "{}", format!("  {line}").trim_end());
            }
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_shown_with_what_they_cover_and_the_notice() {
        let text = licences(&[Model::find("isnet").unwrap()], false);
        assert!(text.starts_with("isnet\n  package  AGPL-3.0"), "{text}");
        assert!(text.contains("\n  weights  Apache-2.0 or MIT"), "{text}");
        assert!(text.contains("\n  The weights are those of Xuebin Qin"), "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()));
    }
}
