//! Whole requests, from an encoded file to an encoded file, stage by stage, beside libvips in the same run.
//!
//! Emulates a server that does one request at a time: everything is warm, nothing is cached. libvips is measured as its own
//! program, `vipsthumbnail`, whose start (some 40 ms) is part of its time; it may use all cores, as the software driver
//! does. Quality is not compared here: `tests/facade.rs` does.
//!
//! `TINTYPE_BENCH_PHOTO` names the photo. Ignores HTTP and concurrency.

use std::{
    env, fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tintype::{Request, Timings, Tintype};
use tintype_benches::{Spread, photo, rounds, save};

fn main() {
    let tintype = match Tintype::builder().build() {
        Ok(tintype) => tintype,
        Err(error) => return println!("skipped: {error}"),
    };
    let (name, path, bytes) = photo();
    let n = rounds(7);
    println!("{}\n{name}, {n} rounds, medians in ms\n", tintype.caps());
    println!(
        "{:<34}{:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}",
        "request", "decode", "plan", "gpu", "encode", "total", "bytes", "vips ms", "bytes"
    );
    let mut results = Vec::new();
    for (options, vips) in [
        ("width=1024,quality=80", Some(("1024x", "[Q=80]", "jpg"))),
        ("width=300,quality=80", Some(("300x", "[Q=80]", "jpg"))),
        ("width=1024,format=webp,quality=80", Some(("1024x", "[Q=80]", "webp"))),
        ("width=1024,format=png", Some(("1024x", "", "png"))),
        ("width=400,height=400,fit=cover,sharpen=1,quality=80", None),
    ] {
        results.push(compare(&tintype, &path, &bytes, options, vips, n));
    }
    save("pipeline", &tintype.caps().name, json!({ "photo": name, "requests": results }));
}

type Vips = (&'static str, &'static str, &'static str);

/// One request and libvips's counterpart, in turn.
fn compare(tintype: &Tintype, path: &Path, bytes: &[u8], options: &str, vips: Option<Vips>, n: usize) -> Value {
    let request = Request::from(options.parse::<tintype::TransformOptions>().expect("options of ours"));
    let run = || tintype.transform(bytes, &request).expect("a photo can be transformed");
    let warm = run();
    let mut timings: Vec<Timings> = Vec::new();
    let mut vips_times: Vec<(Duration, u64)> = Vec::new();
    for _ in 0..n {
        timings.push(run().timings);
        vips_times.extend(vips.and_then(|vips| thumbnail(path, vips)));
    }
    let stage = |f: fn(&Timings) -> Duration| Spread::of(&timings.iter().map(f).collect::<Vec<_>>());
    let (decode, plan, gpu) = (stage(|t| t.decode), stage(|t| t.plan), stage(|t| t.gpu));
    let (encode, total) = (stage(|t| t.encode), stage(|t| t.total));
    print!(
        "{options:<34.34}{:>8.1} {:>8.2} {:>8.1} {:>8.1} {:>8.1} {:>9}",
        decode.median,
        plan.median,
        gpu.median,
        encode.median,
        total.median,
        warm.bytes.len()
    );
    let times: Vec<Duration> = vips_times.iter().map(|(time, _)| *time).collect();
    let peer = vips_times.first().map(|(_, bytes)| {
        let spread = Spread::of(&times);
        print!(" {:>9.1} {bytes:>9}", spread.median);
        json!({ "wall": spread.json(), "bytes": bytes })
    });
    println!();
    json!({
        "options": options, "bytes": warm.bytes.len(), "decode": decode.json(), "plan": plan.json(),
        "gpu": gpu.json(), "encode": encode.json(), "total": total.json(), "vipsthumbnail": peer,
    })
}

/// Wall time of `vipsthumbnail` and the bytes it wrote; `None` where it is not installed.
fn thumbnail(path: &Path, (size, settings, extension): Vips) -> Option<(Duration, u64)> {
    let target = env::temp_dir().join(format!("tintype-bench-vips.{extension}"));
    let started = Instant::now();
    let status = Command::new("vipsthumbnail")
        .arg(path)
        .args(["-s", size, "--export-profile", "srgb", "-o"])
        .arg(format!("{}{settings}", target.display()))
        .status();
    let elapsed = started.elapsed();
    status.ok().filter(|status| status.success())?;
    Some((elapsed, fs::metadata(&target).ok()?.len()))
}
