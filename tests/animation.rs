//! Moving pictures: every frame as other programs see it, how long each is shown, how often, and what it all costs.
//!
//! What goes in and what comes out is put together by others, so neither side is ours: by ImageMagick and the `image` crate, each
//! where it does what the format says. libwebp's `webpinfo` says besides whether a WebP is in order.

mod files;
mod kernel;
mod limits;
mod memory;

use std::{io::Cursor, process::Command, time::Duration};

use image::{
    AnimationDecoder,
    codecs::{png::PngDecoder, webp::WebPDecoder},
};
use tintype::{
    Tintype,
    codecs::{AnimationReader, Limits, Plays},
};
use tintype_pixels::Size;
use tintype_testkit::engine;

use crate::facade::{decoded, rendered, request};
use files::{CASES, Still, gif, webp};

/// One frame as a program shows it: RGBA.
type Shown = Vec<[u8; 4]>;

/// What a program says of `file`, given as its first argument.
fn said(program: &str, package: &str, format: &str, file: &[u8], arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moving");
    std::fs::write(&path, file).unwrap();
    let output = Command::new(program).arg(format!("{format}{}", path.display())).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; run: apt-get install {package}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The frames of a file as ImageMagick shows them. It blends every frame of a WebP, whatever the file says.
fn imagemagick(file: &[u8], format: &str) -> Vec<Shown> {
    let size = tintype::codecs::probe(file, &Limits::default()).unwrap().size;
    let all = said("convert", "imagemagick", format, file, &["-coalesce", "-depth", "8", "rgba:-"]);
    let frames = all.as_chunks::<4>().0.chunks_exact(size.area() as usize);
    assert!(frames.remainder().is_empty(), "{} bytes are no frames of {size}", all.len());
    frames.map(<[_]>::to_vec).collect()
}

/// The frames of a file as others show them. The `image` crate disposes of no WebP's frame, and we write none that has to be.
fn shown(file: &[u8]) -> Vec<Shown> {
    let buffers = |frames: image::Frames<'_>| -> Vec<Shown> {
        frames.map(|frame| frame.unwrap().into_buffer().as_chunks::<4>().0.to_vec()).collect()
    };
    match file[0] {
        b'G' => imagemagick(file, "gif:"),
        b'R' => {
            let order = said("webpinfo", "webp", "", file, &[]);
            assert!(String::from_utf8_lossy(&order).contains("No error detected."));
            buffers(WebPDecoder::new(Cursor::new(file)).unwrap().into_frames())
        }
        _ => buffers(PngDecoder::new(Cursor::new(file)).unwrap().apng().unwrap().into_frames()),
    }
}

/// The largest difference in a sample, as far as it is seen: colors count by their opacity.
fn difference(a: &Shown, b: &Shown) -> u8 {
    assert_eq!(a.len(), b.len());
    let seen =
        |[r, g, b, a]: [u8; 4]| [r, g, b].map(|v| (u32::from(v) * u32::from(a) / 255) as u8).into_iter().chain([a]);
    let pairs = a.iter().zip(b).flat_map(|(a, b)| seen(*a).zip(seen(*b)));
    pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
}

fn largest(ours: &[Shown], theirs: &[Shown], what: &str) -> u8 {
    assert_eq!(ours.len(), theirs.len(), "frames of {what}");
    ours.iter().zip(theirs).map(|(ours, theirs)| difference(ours, theirs)).max().unwrap()
}

/// How long each frame is shown, and how often all of them.
fn timing(file: &[u8]) -> (Vec<u64>, Plays) {
    let limits = Limits::default();
    let info = tintype::codecs::probe(file, &limits).unwrap();
    let mut reader = AnimationReader::new(file, &info, &limits).unwrap();
    let plays = reader.plays();
    let delays = std::iter::from_fn(|| reader.next_frame().unwrap()).map(|frame| frame.delay.as_millis() as u64);
    (delays.collect(), plays)
}

#[test]
fn every_way_to_dispose_of_a_gif_frame() {
    let Some(engine) = engine() else { return };
    for seed in 0..CASES {
        let source = gif(seed);
        let theirs = shown(&source);
        for (options, format) in [("format=webp,quality=100", "webp"), ("", "gif"), ("format=gif", "gif")] {
            let out = rendered(engine, &source, options);
            assert_eq!(out.content_type, format!("image/{format}"));
            let ours = shown(&out.bytes);
            assert_eq!(largest(&ours, &theirs, "a gif"), 0, "gif {seed} {options}");
            assert_eq!(timing(&out.bytes), timing(&source), "gif {seed} {options}");
        }
    }
    println!("{CASES} of {CASES} GIFs with every disposal, in 3 ways each, as ImageMagick shows them");
}

/// The same files after gifsicle has been over them: what it leaves out of frames, and how it disposes of them, is its own.
#[test]
fn what_gifsicle_writes() {
    let Some(engine) = engine() else { return };
    let ways: [&[&str]; 10] = [
        &["-O1"],
        &["-O2"],
        &["-O3"],
        &["-O3", "--careful"],
        &["--unoptimize"],
        &["--interlace", "-O2"],
        &["--colors", "16", "-O3"],
        &["--crop", "3,2+20x15"],
        &["--rotate-90", "-O3"],
        &["--disposal", "previous"],
    ];
    let (mut passed, mut all) = (0, 0);
    for (seed, way) in (0..CASES).flat_map(|seed| ways.map(|way| (seed, way))) {
        let source = said("gifsicle", "gifsicle", "", &gif(seed), way);
        let out = rendered(engine, &source, "format=webp,quality=100");
        all += 1;
        let is_same = largest(&shown(&out.bytes), &shown(&source), "gifsicle's") == 0;
        let is_timed = timing(&out.bytes) == timing(&source);
        passed += u32::from(is_same && is_timed);
        if !is_same || !is_timed {
            println!("gif {seed} after {way:?}: same pictures {is_same}, same times {is_timed}");
        }
    }
    println!("{passed} of {all} GIFs of gifsicle's as ImageMagick shows them");
    assert_eq!(passed, all);
}

#[test]
fn every_way_to_blend_and_dispose_of_a_webp_frame() {
    let Some(engine) = engine() else { return };
    for seed in 0..CASES {
        let source = webp(seed);
        let out = rendered(engine, &source, "quality=100");
        assert_eq!(out.content_type, "image/webp");
        let (ours, theirs) = (shown(&out.bytes), imagemagick(&source, "webp:"));
        // Rounded frame by frame here and there, and premultiplied in half precision.
        let largest = largest(&ours, &theirs, "a webp");
        assert!(largest <= 4, "webp {seed}: {largest}");
        assert_eq!(timing(&out.bytes), timing(&source), "webp {seed}");
    }
    println!("{CASES} of {CASES} WebPs with every blending and disposal as ImageMagick shows them");
}

#[test]
fn every_way_to_blend_and_dispose_of_an_apng_frame() {
    let Some(engine) = engine() else { return };
    for seed in 0..CASES {
        let source = files::apng(seed);
        let out = rendered(engine, &source, "format=webp,quality=100");
        let largest = largest(&shown(&out.bytes), &shown(&source), "an apng");
        assert!(largest <= 4, "apng {seed}: {largest}");
        assert_eq!(timing(&out.bytes), timing(&source), "apng {seed}");
    }
}

/// What one still picture becomes is what each frame of the same pictures becomes.
#[test]
fn every_operation_on_every_frame() {
    let Some(engine) = engine() else { return };
    let stills = Still::some(9, Size::new(90, 60));
    let source = files::gif_of(&stills, Plays::Times(3));
    for options in [
        "width=40",
        "width=40,rotate=90",
        "width=50,blur=4",
        "width=120,height=120,fit=pad,background=teal",
        "width=40,height=40,fit=cover,gravity=0.2x0.8,sharpen=2",
        "trim=5;10;7;11,brightness=1.3,contrast=0.8,saturation=1.4,gamma=1.2",
        "border=red;4,flip=hv",
    ] {
        let Ok(_) = options.parse::<tintype::TransformOptions>() else { panic!("{options}") };
        let out = rendered(engine, &source, &format!("{options},format=webp,quality=100"));
        let ours = shown(&out.bytes);
        assert_eq!(ours.len(), stills.len(), "{options}");
        for (index, (ours, still)) in ours.iter().zip(&stills).enumerate() {
            let still = decoded(&rendered(engine, &still.png(), &format!("{options},format=webp,quality=100")).bytes);
            let still = still.into_rgba8();
            assert_eq!(out.size, Size::new(still.width(), still.height()), "{options}");
            let still = still.as_chunks::<4>().0.to_vec();
            assert_eq!(difference(ours, &still), 0, "{options}, frame {index}");
        }
        assert_eq!(timing(&out.bytes), timing(&source), "{options}");
    }
}

#[test]
fn overlays_are_drawn_on_every_frame() {
    let Some(engine) = engine() else { return };
    let stills = Still::some(5, Size::new(90, 60));
    let badge = tintype_testkit::files::png(Size::new(20, 10), |_, _| [255, 0, 255, 255]);
    let draw = |source: Vec<u8>| {
        let badge = engine.input(badge.clone()).transform("width=10".parse().unwrap());
        let out = engine
            .input(source)
            .transform("width=60".parse().unwrap())
            .draw(badge, tintype::Placement::bottom_right(3, 2))
            .output(tintype::Output::webp().quality(100));
        out.run().unwrap().bytes
    };
    let ours = shown(&draw(files::gif_of(&stills, Plays::Forever)));
    assert_eq!(ours.len(), stills.len());
    for (ours, still) in ours.iter().zip(&stills) {
        let still = decoded(&draw(still.png())).into_rgba8().as_chunks::<4>().0.to_vec();
        assert_eq!(difference(ours, &still), 0);
        assert!(ours.contains(&[255, 0, 255, 255]));
    }
}

#[test]
fn the_format_follows_the_source_and_the_client() {
    let Some(engine) = engine() else { return };
    let stills = Still::some(3, Size::new(20, 10));
    let (gif, apng) = (files::gif_of(&stills, Plays::Forever), files::apng(1));
    let webp = rendered(engine, &gif, "format=webp").bytes;
    let none = tintype::Accepts::default();
    let all = tintype::Accepts::ALL;
    for (source, options, accepts, expected, frames) in [
        (&gif, "", all, "image/gif", 3),
        (&gif, "format=auto", all, "image/webp", 3),
        (&gif, "format=auto", none, "image/gif", 3),
        (&gif, "format=auto,anim=false", none, "image/png", 1),
        (&gif, "format=webp", none, "image/webp", 3),
        (&gif, "format=avif", all, "image/avif", 1),
        (&gif, "format=jpeg", all, "image/jpeg", 1),
        (&gif, "format=png", all, "image/png", 1),
        (&gif, "format=gif,anim=false", all, "image/gif", 1),
        (&webp, "", none, "image/webp", 3),
        (&webp, "format=gif", none, "image/gif", 3),
        (&webp, "anim=true", none, "image/webp", 3),
        (&apng, "format=auto", none, "image/gif", files::FRAMES),
        (&apng, "format=auto", all, "image/webp", files::FRAMES),
    ] {
        let request = tintype::Request { accepts, ..request(options) };
        let out = engine.transform(source, &request).unwrap();
        assert_eq!(out.content_type, expected, "{options} {accepts:?}");
        if expected != "image/avif" {
            let info = tintype::codecs::probe(&out.bytes, &Limits::default()).unwrap();
            assert_eq!(info.frames as usize, frames, "{options} {accepts:?}");
        }
    }
    let described = rendered(engine, &gif, "format=json").bytes;
    let described: serde_json::Value = serde_json::from_slice(&described).unwrap();
    assert_eq!(described["original"]["frames"].as_u64().or(described["frames"].as_u64()), Some(3), "{described}");
}

#[test]
fn durations_and_plays_are_kept() {
    let Some(engine) = engine() else { return };
    let mut stills = Still::some(6, Size::new(16, 16));
    for (still, delay) in stills.iter_mut().zip([0, 10, 20, 70, 1000, 655_350]) {
        still.delay = Duration::from_millis(delay);
    }
    for plays in [Plays::Times(1), Plays::Times(2), Plays::Times(500), Plays::Forever] {
        let source = files::gif_of(&stills, plays);
        assert_eq!(timing(&source).1, plays);
        for options in ["", "format=webp", "width=8,format=gif"] {
            assert_eq!(timing(&rendered(engine, &source, options).bytes), timing(&source), "{options} {plays:?}");
        }
    }
    // Frames that are equal stay frames.
    let same = vec![Still::some(1, Size::new(16, 16))[0].clone(); 4];
    for options in ["", "format=webp"] {
        let out = rendered(engine, &files::gif_of(&same, Plays::Forever), options);
        assert_eq!(timing(&out.bytes).0, [100; 4], "{options}");
    }
}

#[test]
fn a_plan_tells_of_frames() {
    let Some(engine) = engine() else { return };
    let source = files::gif_of(Still::some(3, Size::new(20, 10)), Plays::Forever);
    let text = rendered(engine, &source, "width=10").plan;
    assert!(text.contains("gif 20x10, 3 frames") && text.ends_with("gif, 3 frames\n"), "{text}");
    let planned = explained(engine, &source, "width=10");
    assert_eq!(planned, text);
}

fn explained(engine: &Tintype, source: &[u8], options: &str) -> String {
    use tintype::Render;
    let input = engine.input(source.to_vec()).transform(options.parse().unwrap());
    let render: Render = input.output(tintype::Output::auto());
    render.explain().unwrap()
}
