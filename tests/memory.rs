//! Requests leave nothing behind: the process does not grow with their number.
//!
//! Drivers may keep things too, and a kernel can be written so that one does (`engine/gpu/pipelines.rs` has the story). What a process
//! holds is only told of all of it, so the work is done by a process of its own.

use std::process::Command;

use tintype::{Output, Placement, Tintype};
use tintype_pixels::Size;
use tintype_testkit::{engine, files};

/// Says to the test that it is the process.
const PROCESS: &str = "TINTYPE_TEST_MEMORY";

/// Requests before anything is measured: allocators and drivers settle.
const WARM: usize = 15;

/// Requests that are measured.
const MEASURED: usize = 50;

/// What they may add together. The least that was ever seen to leak was 155 KB for each.
const MOST_KIB: u64 = 2_000;

/// One of every operation.
const OPTIONS: [&str; 20] = [
    "width=40",
    "width=40,height=40,fit=cover,gravity=auto",
    "width=40,height=40,fit=crop,gravity=entropy",
    "width=40,height=40,fit=pad,background=red",
    "width=40,height=30,fit=squeeze",
    "rotate=90",
    "flip=hv",
    "trim=border",
    "trim=5;5;5;5",
    "blur=5",
    "sharpen=3",
    "brightness=1.3",
    "contrast=0.8",
    "gamma=1.5",
    "saturation=0",
    "border=red;3",
    "width=50,background=blue,format=png",
    "format=webp,quality=60",
    "color=keep,metadata=keep",
    "format=json",
];

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What the requests that are measured add.
fn growth_kib(request: impl Fn()) -> u64 {
    (0..WARM).for_each(|_| request());
    let before = resident_kib();
    (0..MEASURED).for_each(|_| request());
    resident_kib().saturating_sub(before)
}

fn png(size: Size) -> Vec<u8> {
    files::png(size, |x, y| [x as u8, y as u8, (x * y) as u8, 255 - (x as u8 / 2)])
}

/// Run by the test below, in a process of its own.
#[test]
fn of_a_process() {
    let (Some(engine), Ok(_)) = (engine(), std::env::var(PROCESS)) else { return };
    // Kernels for 16 bits are compiled behind the first requests.
    engine.gpu().prepare(tintype::engine::Texel::F32).unwrap();
    let picture = png(Size::new(100, 80));
    for options in OPTIONS {
        let request = crate::facade::request(options);
        report(options, growth_kib(|| drop(engine.transform(&picture, &request).unwrap())));
    }
    report("draw", growth_kib(|| drawn(engine, &picture)));
}

fn drawn(engine: &Tintype, picture: &[u8]) {
    let layer = engine.input(png(Size::new(30, 20))).transform("width=12".parse().unwrap());
    let input = engine.input(picture.to_vec()).transform("width=60".parse().unwrap());
    drop(input.draw(layer, Placement::bottom_right(3, 2)).output(Output::jpeg()).run().unwrap());
}

fn report(options: &str, kib: u64) {
    println!("grows {kib} KiB by {options}");
}

#[test]
fn requests_leave_nothing_behind() {
    if engine().is_none() || !cfg!(target_os = "linux") {
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory::of_a_process", "--nocapture"])
        .env(PROCESS, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let grown: Vec<(u64, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("grows ")?.split_once(" KiB by "))
        .map(|(kib, options)| (kib.parse().unwrap(), options))
        .collect();
    assert_eq!(grown.len(), OPTIONS.len() + 1, "{text}{}", String::from_utf8_lossy(&output.stderr));
    let leaks: Vec<_> = grown.iter().filter(|(kib, _)| *kib > MOST_KIB).collect();
    assert!(leaks.is_empty(), "{MEASURED} requests each: {leaks:?}");
    println!("at most {} KiB by {MEASURED} requests of a kind", grown.iter().map(|(kib, _)| kib).max().unwrap());
}
