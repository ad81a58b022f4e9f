//! `tintype doctor`: whether everything that is needed is there, and what to do about what is not.
//!
//! Starts the engine as every command does and makes one small picture with it; changes nothing. `drivers.rs` looks for
//! Vulkan's drivers, `self_test.rs` makes the picture, `report.rs` shows what was found.

mod drivers;
mod report;
mod self_test;

use std::{env, process::ExitCode, time::Instant};

use tintype::{Caps, Tintype, codecs::FormatSupport, formats};
use tintype_weights::{Model, Store};

use crate::{args::DoctorArgs, failure, progress, show, transform};

/// What one look found.
#[derive(Debug)]
struct Check {
    name: &'static str,
    state: State,
    /// What is there, or what is wrong.
    detail: String,
    /// What to do; nothing where nothing is wrong.
    remedy: Option<String>,
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    /// Works, and is worth knowing.
    Note,
    /// Required, and not there or not working.
    Missing,
}

/// Everything that was found.
#[derive(Debug)]
struct Findings {
    checks: Vec<Check>,
    caps: Option<Caps>,
    formats: Vec<FormatSupport>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, state: State::Ok, detail: detail.into(), remedy: None }
    }

    fn note(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, state: State::Note, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    fn missing(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, state: State::Missing, detail: detail.into(), remedy: Some(remedy.into()) }
    }
}

impl Findings {
    fn is_well(&self) -> bool {
        self.checks.iter().all(|check| check.state != State::Missing)
    }
}

pub(crate) fn run(args: &DoctorArgs, adapter: Option<&str>) -> anyhow::Result<ExitCode> {
    let findings = progress::waiting("building the pipelines", || examine(adapter));
    if args.json {
        show::json(&report::json(&findings))?;
    } else {
        show::out(report::text(&findings, show::has_color()).as_bytes())?;
    }
    Ok(if findings.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn examine(adapter: Option<&str>) -> Findings {
    let mut checks: Vec<Check> = drivers::check().into_iter().collect();
    let started = Instant::now();
    let caps = match transform::build(adapter) {
        Ok(tintype) => {
            let took = started.elapsed();
            device(&tintype, &mut checks);
            let n = tintype.gpu().counters().pipelines;
            checks.push(Check::ok("pipelines", format!("{n} built in {:.2} s", took.as_secs_f64())));
            checks.push(self_test::check(&tintype));
            Some(tintype.caps().clone())
        }
        Err(error) => {
            checks.push(Check::missing("adapter", failure::line(&error), no_adapter(adapter)));
            None
        }
    };
    let formats: Vec<_> = formats().into();
    checks.push(codecs(&formats));
    checks.push(models(caps.as_ref()));
    Findings { checks, caps, formats }
}

/// What the device is and what of it matters.
fn device(tintype: &Tintype, checks: &mut Vec<Check>) {
    let caps = tintype.caps();
    checks.push(if caps.is_software {
        Check::note(
            "adapter",
            format!("{} by {}; software: the processor computes", caps.name, caps.backend),
            "nothing, if this machine has no GPU; if it has one, install its Vulkan driver",
        )
    } else {
        Check::ok("adapter", format!("{} by {}", caps.name, caps.backend))
    });
    checks.push(Check::ok("driver", caps.driver.clone()));
    let (side, result_px) = (caps.texture_side, tintype.policy().result_side_px);
    let limits = format!("pictures up to {side} px a side, buffers up to {}", show::bytes(caps.binding_bytes));
    checks.push(if side < result_px {
        Check::note("limits", limits, format!("results have at most {side} px a side on this adapter, not {result_px}"))
    } else {
        Check::ok("limits", limits)
    });
    let memory = if caps.is_unified { "shared with the processor" } else { "its own, copied to and from" };
    checks.push(Check::ok("memory", format!("{memory}; up to {} used", show::bytes(caps.default_memory_bytes()))));
    let timestamps = if caps.has_timestamps { "the device times passes" } else { "the host times passes" };
    checks.push(Check::ok("timestamps", timestamps));
}

fn codecs(formats: &[FormatSupport]) -> Check {
    let names = |has: fn(&FormatSupport) -> bool| {
        let names: Vec<_> =
            formats.iter().filter(|support| has(support)).map(|support| support.format.name()).collect();
        names.join(", ")
    };
    let detail = format!("reads {}; writes {}", names(|s| s.reads.is_some()), names(|s| s.writes.is_some()));
    let without: Vec<_> =
        [("avif-decode", cfg!(feature = "avif-decode")), ("avif-encode", cfg!(feature = "avif-encode"))]
            .into_iter()
            .chain([("webp-lossy", cfg!(feature = "webp-lossy"))])
            .filter(|(_, is_built)| !is_built)
            .map(|(feature, _)| feature)
            .collect();
    if without.is_empty() {
        Check::ok("formats", detail)
    } else {
        let features = without.join(" and ");
        Check::note("formats", detail, format!("this build leaves out {features}; build with the default features"))
    }
}

/// Which models are there, for faces and foregrounds, and where they run by default.
fn models(caps: Option<&Caps>) -> Check {
    const NAME: &str = "models";
    if !cfg!(feature = "ml") {
        return Check::note(NAME, "none: this build leaves out ml", "build with the default features");
    }
    let store = match Store::of_user() {
        Ok(store) => store,
        Err(error) => return Check::note(NAME, error.to_string(), "set TINTYPE_MODELS to a folder"),
    };
    let names: Vec<_> =
        Model::all().iter().filter(|model| store.installed(model).is_ok()).map(|model| model.name.as_str()).collect();
    if names.is_empty() {
        let remedy = "for gravity=face and segment=foreground: tintype models pull retinaface u2netp";
        return Check::note(NAME, "none installed", remedy);
    }
    let place = if caps.is_some_and(|caps| !caps.is_software) { "the GPU" } else { "the processor" };
    Check::ok(NAME, format!("{} in {}; on {place}", names.join(", "), store.folder().display()))
}

/// What to do where there is no adapter, or not the wanted one.
fn no_adapter(wanted: Option<&str>) -> String {
    match wanted {
        Some(name) => format!("name one of those found instead of {name:?}, or leave --adapter out"),
        None if env::consts::OS == "linux" => drivers::INSTALL.to_owned(),
        None => "update the graphics driver".to_owned(),
    }
}
