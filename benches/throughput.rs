//! Small JPEGs to smaller ones, for many clients at once: does it help that jobs which wait go to the device together?
//!
//! Emulates a server of thumbnails without HTTP and cache: every client asks again as soon as it is answered. Two engines in turn, one
//! whose jobs go alone and one whose jobs may go together; both on devices of their own. Latency is what a client waits, the gate in
//! front of a server left out. Processor time is that of the whole process for one answer, which holds when others use the machine too.
//! Ignores everything but JPEG.

use std::{
    fs,
    sync::{
        Barrier, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tintype::{Request, Tintype, codecs};
use tintype_benches::{Spread, rounds, save};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::pictures;

/// Jobs that may go together.
const TOGETHER: [usize; 3] = [1, 4, 8];

/// How long each measurement takes.
const LENGTH: Duration = Duration::from_millis(1500);

fn main() {
    let engines: Vec<(usize, Tintype)> = TOGETHER
        .into_iter()
        .filter_map(|jobs| Some((jobs, Tintype::builder().jobs_per_submission(jobs).build().ok()?)))
        .collect();
    let Some((_, first)) = engines.first() else { return println!("skipped: no adapter") };
    let n = rounds(3);
    let file = photo(Size::new(640, 480));
    println!("{}\n640x480 to 200 px, {n} rounds of {} ms\n", first.caps(), LENGTH.as_millis());
    println!(
        "{:<9}{:<10}{:>8} {:>11} {:>11} {:>13} {:>16}",
        "clients", "together", "per s", "median ms", "longest ms", "processor ms", "jobs/submission"
    );
    let mut results = Vec::new();
    for clients in [1, 2, 4, 8, 16] {
        let mut laps: Vec<Vec<Lap>> = vec![Vec::new(); engines.len()];
        for round in 0..=n {
            for ((_, engine), laps) in engines.iter().zip(&mut laps) {
                let lap = run(engine, &file, clients);
                // The first is to get warm.
                laps.extend((round > 0).then_some(lap));
            }
        }
        for ((together, _), laps) in engines.iter().zip(&laps) {
            results.push(row(clients, *together, laps));
        }
    }
    save("throughput", &first.caps().name, json!({ "picture": "640x480 to 200", "runs": results }));
}

fn row(clients: usize, together: usize, laps: &[Lap]) -> Value {
    let mut rates: Vec<f64> = laps.iter().map(|lap| lap.answers.len() as f64 / lap.elapsed.as_secs_f64()).collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[rates.len() / 2];
    let latency = Spread::of(&laps.iter().flat_map(|lap| lap.answers.iter().copied()).collect::<Vec<_>>());
    let answers: usize = laps.iter().map(|lap| lap.answers.len()).sum();
    let submissions: u64 = laps.iter().map(|lap| lap.submissions).sum();
    let jobs = answers as f64 / submissions as f64;
    let mut processor: Vec<f64> =
        laps.iter().map(|lap| lap.processor.as_secs_f64() * 1e3 / lap.answers.len() as f64).collect();
    processor.sort_by(f64::total_cmp);
    let processor = processor[processor.len() / 2];
    println!(
        "{clients:<9}{together:<10}{rate:>8.1} {:>11.1} {:>11.1} {processor:>13.1} {jobs:>16.2}",
        latency.median, latency.max
    );
    json!({
        "clients": clients, "together": together, "per_second": rate, "latency": latency.json(),
        "processor_ms": processor, "jobs_per_submission": jobs,
    })
}

/// What all clients together got.
#[derive(Clone)]
struct Lap {
    elapsed: Duration,
    processor: Duration,
    answers: Vec<Duration>,
    submissions: u64,
}

fn run(engine: &Tintype, file: &[u8], clients: usize) -> Lap {
    let request = Request::from("width=200".parse::<tintype::TransformOptions>().expect("options of ours"));
    let (start, is_over) = (Barrier::new(clients + 1), AtomicBool::new(false));
    let answers = Mutex::new(Vec::new());
    let (before, spent) = (engine.gpu().submissions(), processor());
    let elapsed = thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                start.wait();
                let mut mine = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    engine.transform(file, &request).expect("a photo can be transformed");
                    mine.push(asked.elapsed());
                }
                answers.lock().expect("nobody panics").extend(mine);
            });
        }
        start.wait();
        let started = Instant::now();
        thread::sleep(LENGTH);
        is_over.store(true, Ordering::Relaxed);
        started.elapsed()
    });
    let answers = answers.into_inner().expect("nobody panics");
    Lap {
        elapsed,
        processor: processor().saturating_sub(spent),
        answers,
        submissions: engine.gpu().submissions() - before,
    }
}

/// What this process has had of the processors, in steps of 10 ms; nothing where the system does not tell.
fn processor() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// Smooth noise as a JPEG.
fn photo(size: Size) -> Vec<u8> {
    let smooth = |x: u32, y: u32, seed: u32| {
        let (cell, fine) = (pictures::noise(x / 24 + seed, y / 24), pictures::noise(x, y + seed));
        ((cell * 0.8 + fine * 0.1) * 255.0) as u8
    };
    let bytes = (0..size.height).flat_map(|y| (0..size.width).flat_map(move |x| [0, 7, 13].map(|s| smooth(x, y, s))));
    let planes = Planes::new(size, Layout::RGB8, bytes.collect()).expect("three bytes per pixel");
    codecs::encode(&planes, &codecs::Encode::jpeg(85), &codecs::Metadata::default()).expect("a small picture")
}
