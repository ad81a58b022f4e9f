//! What the benchmarks share: medians, a results file, a photo.
//!
//! Every benchmark prints a table for people and writes the same numbers as JSON to `benches/results/`, with the
//! adapter and the commit. Timings of shared machines are noisy: compare medians, and only within one run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::pictures;

/// Minimum, median and maximum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Milliseconds.
    pub min: f64,
    /// Milliseconds.
    pub median: f64,
    /// Milliseconds.
    pub max: f64,
}

impl Spread {
    /// Of at least one duration.
    ///
    /// # Panics
    /// When there is none.
    pub fn of(times: &[Duration]) -> Self {
        let mut ms: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        ms.sort_by(f64::total_cmp);
        assert!(!ms.is_empty(), "nothing was measured");
        Self { min: ms[0], median: ms[ms.len() / 2], max: ms[ms.len() - 1] }
    }

    /// As JSON.
    pub fn json(self) -> Value {
        let round = |ms: f64| (ms * 1000.0).round() / 1000.0;
        json!({ "min_ms": round(self.min), "median_ms": round(self.median), "max_ms": round(self.max) })
    }
}

/// How often each thing is measured: the argument after `--rounds`, else `default`.
pub fn rounds(default: usize) -> usize {
    let mut arguments = env::args().skip_while(|argument| argument != "--rounds").skip(1);
    arguments.next().and_then(|n| n.parse().ok()).unwrap_or(default).max(1)
}

/// Writes `results` to `benches/results/DATE-NAME-ADAPTER.json`, unless `--no-save` was given, and says where.
///
/// # Panics
/// When the file cannot be written.
pub fn save(name: &str, adapter: &str, results: Value) {
    if env::args().any(|argument| argument == "--no-save") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let word = |text: &str| -> String {
        let kept = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
        kept.collect::<String>().split('-').filter(|part| !part.is_empty()).take(4).collect::<Vec<_>>().join("-")
    };
    let path = folder.join(format!("{}-{name}-{}.json", date(), word(adapter)));
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let document = json!({
        "date": date(), "commit": commit(), "adapter": adapter, "cores": cores, "results": results,
    });
    fs::create_dir_all(&folder).expect("the results folder can be made");
    let text = serde_json::to_string_pretty(&document).expect("numbers and texts are JSON");
    fs::write(&path, text + "\n").expect("the results can be written");
    println!("\nwritten to benches/results/{}", path.file_name().unwrap_or_default().to_string_lossy());
}

/// The photo to measure with: the file named by `TINTYPE_BENCH_PHOTO`, else 12 MP of smooth noise as a JPEG.
///
/// # Panics
/// When the file cannot be read.
pub fn photo() -> (String, PathBuf, Vec<u8>) {
    if let Some(path) = env::var_os("TINTYPE_BENCH_PHOTO").map(PathBuf::from) {
        let bytes = fs::read(&path).expect("TINTYPE_BENCH_PHOTO names a file that can be read");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return (name, path, bytes);
    }
    let size = Size::new(4032, 3024);
    let smooth = |x: u32, y: u32, seed: u32| {
        let (cell, fine) = (pictures::noise(x / 24 + seed, y / 24), pictures::noise(x, y + seed));
        ((cell * 0.8 + fine * 0.1 + f64::from(x) as f32 / 60_000.0) * 255.0) as u8
    };
    let bytes = (0..size.height).flat_map(|y| (0..size.width).flat_map(move |x| [0, 7, 13].map(|s| smooth(x, y, s))));
    let planes = Planes::new(size, Layout::RGB8, bytes.collect()).expect("three bytes per pixel");
    let jpeg =
        tintype::codecs::encode(&planes, &tintype::codecs::Encode::jpeg(90), &tintype::codecs::Metadata::default())
            .expect("a picture can be encoded");
    let path = env::temp_dir().join("tintype-bench-12mp.jpg");
    fs::write(&path, &jpeg).expect("the temporary folder can be written");
    ("12 MP of smooth noise".to_owned(), path, jpeg)
}

fn commit() -> String {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}

/// Today as `YYYY-MM-DD`, UTC. Days to a date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn date() -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400) as i64;
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}
