//! Memory does not grow with the number of frames, and the device's not at all.
//!
//! What a process has ever held is only told of all of it, so the work is done by processes of their own.

use std::process::Command;

use tintype::codecs::Plays;
use tintype_pixels::Size;
use tintype_testkit::engine;

use super::{files, timing};
use crate::facade::request;

const FRAMES: &str = "TINTYPE_TEST_FRAMES";

/// Resampling, turning and an operation over an area.
const OPTIONS: &str = "width=160,rotate=90,blur=3";

/// Peak of the process so far, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

fn drawn(engine: &tintype::Tintype, source: &[u8]) -> Vec<u8> {
    engine.transform(source, &request(OPTIONS)).unwrap().bytes
}

/// Run by the test below, in a process of its own.
#[test]
fn of_a_process() {
    let (Some(engine), Ok(frames)) = (engine(), std::env::var(FRAMES)) else { return };
    let stills = (0..frames.parse().unwrap()).map(|index| files::Still::number(index, Size::new(320, 240)));
    let gif = files::gif_of(stills, Plays::Times(4));
    let webp = engine.transform(&gif, &request("format=webp,quality=100")).unwrap().bytes;
    let warm = [&gif, &webp].map(|source| drawn(engine, source).len());
    let (counters, before) = (engine.gpu().counters(), peak_kib());
    for source in [&gif, &webp] {
        let out = drawn(engine, source);
        assert_eq!(timing(&out), timing(source));
    }
    assert_eq!(engine.gpu().counters(), counters, "a warm animation creates no texture and no buffer");
    println!("peak {} {} {warm:?}", peak_kib(), peak_kib() - before);
}

/// Two hundred frames with an overlay, each as long as it was.
#[test]
fn two_hundred_frames_with_an_overlay() {
    let Some(engine) = engine() else { return };
    let stills = (0..200).map(|index| files::Still::number(index, Size::new(160, 120)));
    let gif = files::gif_of(stills, Plays::Times(4));
    for output in [tintype::Output::gif(), tintype::Output::webp()] {
        let badge = tintype_testkit::files::png(Size::new(40, 20), |_, _| [255, 0, 255, 255]);
        let input = engine.input(gif.clone()).transform(OPTIONS.parse().unwrap());
        let out = input.draw(engine.input(badge), tintype::Placement::bottom_right(3, 2)).output(output);
        let out = out.run().unwrap().bytes;
        assert_eq!(timing(&out), timing(&gif));
        assert_eq!(super::shown(&out).len(), 200);
    }
}

#[test]
fn two_hundred_frames_need_no_more_than_twenty() {
    let Some(_) = engine() else { return };
    if std::env::var(FRAMES).is_ok() || !cfg!(target_os = "linux") {
        return;
    }
    let peak = |frames: &str| {
        let program = std::env::current_exe().unwrap();
        let arguments = ["--exact", "animation::memory::of_a_process", "--nocapture"];
        let output = Command::new(program).args(arguments).env(FRAMES, frames).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let line = text.lines().find_map(|line| line.split_once("peak ")).expect("it tells its peak").1.to_owned();
        println!("{frames} frames of 320x240: peak, growth, bytes: {line}");
        line.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let (few, many) = (peak("20"), peak("200"));
    // The frames alone would be 61 MB on either side; files grow by some megabytes.
    assert!(many < few + 24 * 1024, "{few} KiB for 20 frames, {many} KiB for 200");
}
