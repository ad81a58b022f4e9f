//! Every option on every face: what is legal, the ends of its range, what is illegal, its other names, and what comes of
//! repeating it.
//!
//! The tables below `conformance/` are data: options in the URL's spelling, in JSON's where that cannot be worked out, and
//! what the documentation says becomes of them. [`ask`] sends a row through the whole server: in a path, in a query, as a
//! Worker's `cf.image`, as a form of the Images binding. A test here fails where an option of the registry has no rows.
//!
//! Rules that the tables follow: a value that is not the number it should be is passed over in URLs with a warning, and an
//! error in JSON, which a program wrote; a number out of range and a word that there is not are errors everywhere; of
//! repeated options the last counts, with a warning; a strict reading makes errors of warnings.

mod ask;
mod color;
mod delivery;
mod drawing;
mod geometry;
mod output;
mod size;
mod table;

use std::collections::BTreeSet;

use tintype_options::registry::{OPTIONS, OptionDef};

use ask::{Bench, strictly};
use table::{Expected, FACES, Face, Kind, Row, Subject};

/// All tables.
const TABLES: [&[Subject]; 6] =
    [size::SUBJECTS, geometry::SUBJECTS, drawing::SUBJECTS, color::SUBJECTS, output::SUBJECTS, delivery::SUBJECTS];

/// Sends the rows of one table; all that goes wrong is said at once.
async fn check(subjects: &[Subject]) {
    let Some(bench) = Bench::new(false).await else { return };
    let mut problems = Vec::new();
    for subject in subjects {
        for row in subject.rows {
            for face in FACES {
                let Some(expected) = row.on(face) else { continue };
                if let Err(problem) = bench.check(row, face, expected).await {
                    problems.push(format!("{} {:?} {} on {face:?}: {problem}", subject.option, row.kind, row.url));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} rows do not hold:\n{}", problems.len(), problems.join("\n"));
}

#[tokio::test]
async fn options_about_size() {
    check(size::SUBJECTS).await;
}

#[tokio::test]
async fn options_about_geometry() {
    check(geometry::SUBJECTS).await;
}

#[tokio::test]
async fn options_about_drawing() {
    check(drawing::SUBJECTS).await;
}

#[tokio::test]
async fn options_about_color() {
    check(color::SUBJECTS).await;
}

#[tokio::test]
async fn options_about_the_file() {
    check(output::SUBJECTS).await;
}

#[tokio::test]
async fn options_about_delivery() {
    check(delivery::SUBJECTS).await;
}

/// A strict reading takes what is legal, and refuses what is illegal, repeated or unknown, in every spelling.
#[test]
fn a_strict_reading_takes_no_oddities() {
    let mut problems = Vec::new();
    for subject in TABLES.into_iter().flatten() {
        for row in subject.rows {
            for face in FACES {
                let Some(expected) = row.on(face) else { continue };
                // Refusals that need the picture are not the parser's.
                let is_refused = expected.is_about_options();
                let read = strictly(row, face);
                if read.is_err() != is_refused {
                    problems.push(format!("{} {:?} {} on {face:?}: {read:?}", subject.option, row.kind, row.url));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} rows are read otherwise:\n{}", problems.len(), problems.join("\n"));
}

/// The same of a server that is strict: an error instead of a picture with a warning, on every face.
#[tokio::test]
async fn a_strict_server_gives_no_picture_for_oddities() {
    let Some(bench) = Bench::new(true).await else { return };
    let mut problems = Vec::new();
    for subject in TABLES.into_iter().flatten() {
        for row in subject.rows {
            for face in FACES {
                let Some(expected) = row.on(face) else { continue };
                let answer = bench.answer(row, face).await;
                let is_right = match (expected.is_about_options(), expected) {
                    (true, _) => [400, 415].contains(&answer.status.as_u16()),
                    (false, Expected::Picture(_)) => answer.status == 200,
                    (false, _) => true,
                };
                if !is_right {
                    let (status, text) = (answer.status, answer.text().chars().take(99).collect::<String>());
                    problems
                        .push(format!("{} {:?} {} on {face:?}: {status} {text}", subject.option, row.kind, row.url));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} rows are answered otherwise:\n{}", problems.len(), problems.join("\n"));
}

/// What is missing in a table about an option.
fn gaps(option: &OptionDef, subjects: &[&Subject]) -> Vec<String> {
    let [subject] = subjects else { return vec![format!("{} is in {} tables", option.name, subjects.len())] };
    let mut gaps = Vec::new();
    let rows = |kind| subject.rows.iter().filter(move |row: &&Row| row.kind == kind);
    for kind in [Kind::Legal, Kind::Boundary, Kind::Illegal, Kind::Repeated] {
        let reason = subject.without.iter().find(|(without, _)| *without == kind);
        match (rows(kind).count(), reason) {
            (0, None) => gaps.push(format!("{} has no {kind:?} row", option.name)),
            (1.., Some((_, reason))) => gaps.push(format!("{} has {kind:?} rows although: {reason}", option.name)),
            _ => {}
        }
    }
    // Other names come from the registry: each has a row, and where there are none there is nothing to ask for.
    for alias in option.aliases {
        let is_used = |row: &Row| row.url.split(',').any(|item| item.split('=').next() == Some(alias));
        if !rows(Kind::Alias).any(is_used) {
            gaps.push(format!("{} has no row with its alias {alias}", option.name));
        }
        if !rows(Kind::Repeated).any(is_used) {
            gaps.push(format!("{} has no row with {alias} beside the full name", option.name));
        }
    }
    if option.aliases.is_empty() && rows(Kind::Alias).count() > 0 {
        gaps.push(format!("{} has no alias, and rows about one", option.name));
    }
    // Faces: a legal row on each that has the option, and a row about what happens on one that has not.
    let here = option.page.here;
    for (face, has) in [(Face::Url, here.url), (Face::Worker, here.worker), (Face::Binding, here.binding)] {
        let is_legal =
            |row: &Row| matches!(row.on(face), Some(Expected::Picture(..) | Expected::Redirect(_) | Expected::Raw(_)));
        if rows(Kind::Legal).any(is_legal) != has {
            gaps.push(format!("{}: the registry says {has} for {face:?}, its legal rows do not", option.name));
        }
        if !subject.rows.iter().any(|row| row.on(face).is_some()) {
            gaps.push(format!("{} has no row on {face:?}", option.name));
        }
    }
    gaps
}

#[test]
fn every_option_has_rows_of_every_kind() {
    let of = |name| TABLES.into_iter().flatten().filter(|subject| subject.option == name).collect::<Vec<_>>();
    let gaps: Vec<_> = OPTIONS.iter().flat_map(|option| gaps(option, &of(option.name))).collect();
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
    let known: BTreeSet<_> = OPTIONS.iter().map(|option| option.name).collect();
    let unknown = TABLES.into_iter().flatten().map(|subject| subject.option).find(|name| !known.contains(name));
    assert_eq!(unknown, Some(delivery::UNKNOWN), "only the rows about unknown options are about none");
    // And it does see a gap.
    assert!(!super::conformance::gaps(OPTIONS[0], &[]).is_empty());
    let bare = Subject { option: "width", rows: &[], without: &[] };
    assert_eq!(super::conformance::gaps(OPTIONS[0], &[&bare]).len(), 4 + 2 + 3 + 3);
}
