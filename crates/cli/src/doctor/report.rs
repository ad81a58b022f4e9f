//! What the doctor found, for people and for programs.

use std::{env, fmt::Write as _};

use serde_json::json;

use super::{Check, Findings, State};
use crate::show::{Painted, Role};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where what was found begins.
const INDENT: usize = 22;

pub(super) fn text(findings: &Findings, in_color: bool) -> String {
    fn paint(text: &str, role: Role, in_color: bool) -> Painted<'_> {
        Painted { text, role, in_color }
    }
    let title = format!("tintype {VERSION}");
    let mut text =
        format!("{} on {} {}\n\n", paint(&title, Role::Heading, in_color), env::consts::OS, env::consts::ARCH);
    for check in &findings.checks {
        let Check { name, state, detail, remedy } = check;
        let (word, role) = match state {
            State::Ok => ("ok", Role::Good),
            State::Note => ("note", Role::Odd),
            State::Missing => ("missing", Role::Bad),
        };
        // Padded before it is painted: colors have a length too.
        let word = format!("{word:<8}");
        let _ = writeln!(text, "{} {name:<12} {detail}", paint(&word, role, in_color));
        if let Some(remedy) = remedy {
            let _ = writeln!(text, "{:INDENT$}{} {remedy}", "", paint("→", role, in_color));
        }
    }
    let heading = format!("{:<8} {:<32} {}", "Format", "reads", "writes");
    let _ = writeln!(text, "\n{}", paint(&heading, Role::Heading, in_color));
    for support in &findings.formats {
        let or_none = |what: Option<&'static str>| what.unwrap_or("-");
        let line = format!("{:<8} {:<32} {}", support.format.name(), or_none(support.reads), or_none(support.writes));
        let role = if support.reads.or(support.writes).is_none() { Role::Quiet } else { Role::Plain };
        let _ = writeln!(text, "{}", paint(&line, role, in_color));
    }
    let end = if findings.is_well() {
        paint("Everything that is required is there.", Role::Good, in_color)
    } else {
        paint("Something that is required is missing.", Role::Bad, in_color)
    };
    let _ = writeln!(text, "\n{end}");
    text
}

pub(super) fn json(findings: &Findings) -> serde_json::Value {
    let checks: Vec<_> = findings
        .checks
        .iter()
        .map(|check| {
            let state = match check.state {
                State::Ok => "ok",
                State::Note => "note",
                State::Missing => "missing",
            };
            json!({ "name": check.name, "state": state, "detail": check.detail, "remedy": check.remedy })
        })
        .collect();
    let adapter = findings.caps.as_ref().map(|caps| {
        json!({
            "name": caps.name,
            "backend": caps.backend,
            "driver": caps.driver,
            "software": caps.is_software,
            "unified_memory": caps.is_unified,
            "timestamps": caps.has_timestamps,
            "texture_side": caps.texture_side,
            "binding_bytes": caps.binding_bytes,
            "workgroup": caps.workgroup,
        })
    });
    let formats: Vec<_> = findings
        .formats
        .iter()
        .map(|support| json!({ "format": support.format.name(), "reads": support.reads, "writes": support.writes }))
        .collect();
    json!({
        "version": VERSION,
        "os": env::consts::OS,
        "arch": env::consts::ARCH,
        "ok": findings.is_well(),
        "adapter": adapter,
        "checks": checks,
        "formats": formats,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_its_remedy_and_without_color_when_unwanted() {
        let checks = vec![Check::ok("driver", "fine"), Check::missing("adapter", "none", "install one")];
        let findings = Findings { checks, caps: None, formats: Vec::new() };
        let plain = text(&findings, false);
        assert!(plain.contains("missing  adapter      none\n"), "{plain}");
        assert!(plain.contains("→ install one"), "{plain}");
        assert!(!plain.contains('\u{1b}'));
        assert!(text(&findings, true).contains('\u{1b}'));
        assert_eq!(json(&findings)["ok"], false);
    }
}
