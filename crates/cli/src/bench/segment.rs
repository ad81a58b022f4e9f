//! `tintype bench segment`: masks against the truth.

use std::{fmt::Write as _, path::Path, process::ExitCode, time::Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use tintype::{Layout, Planes, Tintype, options::SegmentModel};

use super::{chosen, figures::Figures, scenes};
use crate::{
    failure::usage,
    mask, pictures, progress,
    show::{self, Painted, Role},
    transform,
};

/// A picture, and the truth about it.
struct Subject {
    name: String,
    picture: Planes,
    truth: Vec<u8>,
}

/// What a model made of one picture.
struct Found {
    picture: String,
    figures: Figures,
    seconds: f64,
}

pub(super) fn run(
    models: &[String],
    own: Option<(&Path, &Path)>,
    json: bool,
    adapter: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let models = chosen(models, SegmentModel::NAMES)?;
    let tintype = progress::waiting("building the pipelines", || transform::build(adapter))?;
    let subjects = match own {
        Some((image, truth)) => vec![read(&tintype, image, truth)?],
        None => scenes::all().into_iter().map(Subject::from).collect(),
    };
    let mut results = Vec::new();
    for model in models {
        let mut all = Vec::new();
        for subject in &subjects {
            let what = format!("{model}: {}", subject.name);
            all.push(progress::waiting(&what, || found(&tintype, model, subject))?);
        }
        results.push((model, all));
    }
    if json {
        let models: Vec<_> = results.iter().map(|(model, all)| told(model, all)).collect();
        return show::json(&json!({ "models": models }));
    }
    show::out(table(&results, show::has_color()).as_bytes())
}

impl From<scenes::Scene> for Subject {
    fn from(scene: scenes::Scene) -> Self {
        Self { name: scene.name, picture: scene.picture, truth: scene.truth }
    }
}

/// A picture of the user's, and the first channel of its mask.
fn read(tintype: &Tintype, image: &Path, truth: &Path) -> anyhow::Result<Subject> {
    let samples = |path: &Path| {
        let bytes = pictures::read(path, transform::policy().limits.bytes)?;
        tintype.input(bytes).to_samples().with_context(|| path.display().to_string())
    };
    let (picture, mask) = (samples(image)?, samples(truth)?);
    let layout = mask.layout();
    if picture.size() != mask.size() {
        return Err(usage!("{} is {}, {} is {}", image.display(), picture.size(), truth.display(), mask.size()));
    }
    let sample = (layout.pixel_bytes() / layout.channels as u32) as usize;
    // Wide samples begin with the less significant byte.
    let truth = mask.bytes().chunks_exact(layout.pixel_bytes() as usize).map(|pixel| pixel[sample - 1]).collect();
    Ok(Subject { name: image.display().to_string(), picture, truth })
}

fn found(tintype: &Tintype, model: &str, subject: &Subject) -> anyhow::Result<Found> {
    let cut = tintype.samples(subject.picture.clone()).transform(mask::options(Some(model))?);
    let start = Instant::now();
    let cut = cut.to_samples().with_context(|| subject.name.clone())?;
    let seconds = start.elapsed().as_secs_f64();
    let mask = mask::alpha(&cut);
    debug_assert_eq!(mask.layout(), Layout::GRAY8);
    Ok(Found { picture: subject.name.clone(), figures: Figures::of(mask.bytes(), &subject.truth), seconds })
}

fn mean(all: &[Found]) -> (Figures, f64) {
    let figures: Vec<_> = all.iter().map(|found| found.figures).collect();
    (Figures::mean(&figures), all.iter().map(|found| found.seconds).sum::<f64>() / all.len() as f64)
}

fn told(model: &str, all: &[Found]) -> Value {
    let row = |figures: &Figures, seconds: f64| {
        json!({
            "iou": figures.iou, "dice": figures.dice, "accuracy": figures.accuracy, "error": figures.error,
            "seconds": seconds,
        })
    };
    let (figures, seconds) = mean(all);
    let pictures = all.iter().map(|found| {
        let mut row = row(&found.figures, found.seconds);
        row["picture"] = json!(found.picture);
        row
    });
    json!({ "model": model, "mean": row(&figures, seconds), "pictures": pictures.collect::<Vec<_>>() })
}

fn table(results: &[(&str, Vec<Found>)], in_color: bool) -> String {
    let mut text = String::new();
    for (model, all) in results {
        let head = format!("{model:<24}{:>8}{:>8}{:>10}{:>8}{:>9}", "IoU", "Dice", "accuracy", "error", "time");
        let _ = writeln!(text, "{}", Painted { text: &head, role: Role::Heading, in_color });
        let mut row = |name: &str, figures: &Figures, seconds: f64| {
            let Figures { iou, dice, accuracy, error } = figures;
            let _ = writeln!(text, "  {name:<22}{iou:>8.4}{dice:>8.4}{accuracy:>10.4}{error:>8.4}{seconds:>7.2} s");
        };
        for found in all {
            row(&found.picture, &found.figures, found.seconds);
        }
        let (figures, seconds) = mean(all);
        row("mean", &figures, seconds);
    }
    text
}
