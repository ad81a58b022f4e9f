//! `gravity=auto` on photographs: whether what a person would keep is kept.
//!
//! The boxes were drawn by hand around what each picture is of. A crop cannot hold more of a box than its size allows, so a
//! score is the share of the box that is kept, by the largest share any place of the crop could keep. Saliency knows no
//! faces: of the astronaut it keeps the suit before the head, which is what `gravity=face` is for.

use tintype_pixels::{Rect, Size};
use tintype_testkit::engine;

use super::rendered;
use crate::http::PICTURES;

/// A picture, what is left of it (so that its subject is not in the middle), and its subject: left, top, right, bottom as
/// fractions of the whole picture.
struct Photo {
    file: &'static str,
    trim: &'static str,
    subject: [f64; 4],
}

const PHOTOS: [Photo; 11] = [
    Photo { file: "astronaut.jpg", trim: "", subject: ASTRONAUT },
    Photo { file: "astronaut.jpg", trim: "trim.width=0.75", subject: ASTRONAUT },
    Photo { file: "astronaut.jpg", trim: "trim.height=0.7", subject: ASTRONAUT },
    Photo { file: "coffee.jpg", trim: "", subject: CUP },
    Photo { file: "coffee.jpg", trim: "trim.left=0.25", subject: CUP },
    Photo { file: "coffee.jpg", trim: "trim.width=0.75", subject: CUP },
    Photo { file: "chelsea.png", trim: "", subject: CAT },
    Photo { file: "chelsea.png", trim: "trim.left=0.2", subject: CAT },
    Photo { file: "rocket.jpg", trim: "", subject: ROCKET },
    Photo { file: "rocket.jpg", trim: "trim.left=0.4", subject: ROCKET },
    Photo { file: "rocket.jpg", trim: "trim.width=0.6", subject: ROCKET },
];

/// All of her.
const ASTRONAUT: [f64; 4] = [0.05, 0.02, 0.71, 1.0];
/// The cup, without its saucer.
const CUP: [f64; 4] = [0.29, 0.04, 0.70, 0.60];
/// Eyes and nose.
const CAT: [f64; 4] = [0.30, 0.27, 0.80, 0.90];
/// The rocket, without its tower.
const ROCKET: [f64; 4] = [0.47, 0.30, 0.54, 0.95];

/// Ratios that are cropped to, as a box larger than any picture; nothing is scaled.
const SHAPES: [(&str, &str); 3] = [("tall", "w=4000,h=8000"), ("square", "w=8000,h=8000"), ("wide", "w=8000,h=3000")];

#[test]
fn the_subject_stays_in_the_crop() {
    let Some(engine) = engine() else { return };
    let (mut scores, mut table) = (Vec::new(), String::new());
    for Photo { file, trim, subject } in &PHOTOS {
        let source = std::fs::read(format!("{PICTURES}/{file}")).unwrap();
        let size = engine.probe(&source).unwrap().upright_size();
        let kept = |gravity: &str, shape: &str| {
            let options = format!("{trim},{shape},fit=aspect-crop,gravity={gravity},format=png-force");
            placed(&rendered(engine, &source, options.trim_start_matches(',')).plan)
        };
        let all = placed(&rendered(engine, &source, format!("{trim},format=png-force").trim_start_matches(',')).plan);
        for (name, shape) in SHAPES {
            let (auto, center) = (kept("auto", shape), kept("center", shape));
            let score = |crop| share(crop, size, subject) / best(crop, all, size, subject);
            let (auto, center) = (score(auto), score(center));
            table += &format!("{file:<14} {trim:<16} {name:<7} auto {auto:.2}  center {center:.2}\n");
            scores.push((auto, center));
        }
    }
    let n = scores.len() as f64;
    let (auto, center) = scores.iter().fold((0.0, 0.0), |sum, score| (sum.0 + score.0 / n, sum.1 + score.1 / n));
    println!("{table}{:<39} auto {auto:.2}  center {center:.2}", "mean");
    assert!(auto >= 0.9, "of the subjects {auto:.2} is kept:\n{table}");
    assert!(auto > center, "the middle is as good: {center:.2}\n{table}");
    let lost: Vec<_> = scores.iter().filter(|(auto, _)| *auto < 0.4).collect();
    assert!(lost.is_empty(), "{} crops miss the subject:\n{table}", lost.len());
}

/// Which part of the source a plan without scaling reads.
fn placed(plan: &str) -> Rect {
    let line = plan.lines().find(|line| line.starts_with("unpack")).expect("every plan unpacks");
    let rect = line.split_whitespace().nth(1).expect("what is read");
    let numbers: Vec<u32> = rect.split(['x', '+']).map(|number| number.parse().expect("a number")).collect();
    Rect::new(numbers[2], numbers[3], Size::new(numbers[0], numbers[1]))
}

/// Which share of the subject the crop holds.
fn share(crop: Rect, size: Size, subject: &[f64; 4]) -> f64 {
    let along = |start: u32, length: u32, side: u32, from: f64, to: f64| {
        let (from, to) = (from * f64::from(side), to * f64::from(side));
        (f64::from(start + length).min(to) - f64::from(start).max(from)).max(0.0) / (to - from)
    };
    along(crop.x, crop.size.width, size.width, subject[0], subject[2])
        * along(crop.y, crop.size.height, size.height, subject[1], subject[3])
}

/// The largest share that a crop of this size holds anywhere in `all`.
fn best(crop: Rect, all: Rect, size: Size, subject: &[f64; 4]) -> f64 {
    let places = (0..=all.size.width - crop.size.width).flat_map(|x| {
        (0..=all.size.height - crop.size.height).map(move |y| Rect::new(all.x + x, all.y + y, crop.size))
    });
    places.map(|crop| share(crop, size, subject)).fold(0.0, f64::max)
}
