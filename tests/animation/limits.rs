//! What an animation may cost, and files that were made to cost more.

use std::time::Duration;

use tintype::{
    Fault, Policy, Tintype, TransformError, Warning,
    codecs::{Bound, CodecError, Limits, Plays},
};
use tintype_pixels::Size;
use tintype_testkit::engine;

use super::files::{self, Still};
use crate::facade::{rendered, request};

fn with(engine: &Tintype, change: impl Fn(&mut Policy)) -> Tintype {
    let mut policy = engine.policy().clone();
    change(&mut policy);
    engine.with_policy(policy)
}

fn refused(engine: &Tintype, source: &[u8], options: &str) -> TransformError {
    engine.transform(source, &request(options)).expect_err(options)
}

#[test]
fn the_area_of_all_frames_together() {
    let Some(engine) = engine() else { return };
    // 10 frames of 200 pixels.
    let source = files::gif_of(Still::some(10, Size::new(20, 10)), Plays::Forever);
    let at = with(engine, |policy| policy.animation_area_px = 2000);
    assert!(rendered(&at, &source, "width=10").warnings.is_empty());

    let past = with(engine, |policy| policy.animation_area_px = 1999);
    let out = rendered(&past, &source, "width=10");
    assert_eq!((&out.bytes, out.content_type, out.size), (&source, "image/gif", Size::new(20, 10)));
    assert_eq!(out.warnings, [Warning::AnimationTooLarge]);
    // One frame of it is as small as any.
    assert_eq!(rendered(&past, &source, "width=10,anim=false").size, Size::new(10, 5));
    assert_eq!(rendered(&past, &source, "width=10,format=jpeg").size, Size::new(10, 5));

    let refusing = with(engine, |policy| policy.limits.animation_area_px = 1999);
    let error = refused(&refusing, &source, "width=10");
    assert_eq!(error.fault(), Fault::TooLarge);
    let text =
        "10 frames of 20x10 have 2000 pixels together; the limit is 1999, 9 frames of that size; anim=false keeps one";
    assert_eq!(error.to_string(), text);
    assert_eq!(rendered(&refusing, &source, "width=10,anim=false").size, Size::new(10, 5));
}

#[test]
fn all_frames_of_a_result_together_have_what_one_picture_may_have() {
    let Some(engine) = engine() else { return };
    let source = files::gif_of(Still::some(10, Size::new(20, 10)), Plays::Forever);
    let small = with(engine, |policy| policy.result_area_px = 5_000);
    assert_eq!(rendered(&small, &source, "width=31,fit=contain").size, Size::new(31, 16));
    let error = refused(&small, &source, "width=40,fit=contain");
    assert_eq!(error.fault(), Fault::TooLarge);
    assert!(
        error.to_string().starts_with("10 frames of 40x20 have 8000 pixels together; the limit is 5000"),
        "{error}"
    );
    assert_eq!(rendered(&small, &source, "width=40,fit=contain,anim=false").size, Size::new(40, 20));
    // A layer is made once, whatever the number of frames.
    let layer = tintype_testkit::files::png(Size::new(60, 60), |_, _| [9, 9, 9, 255]);
    let input = small.input(source).draw(small.input(layer), tintype::Placement::bottom_right(0, 0));
    assert_eq!(input.output(tintype::Output::gif()).run().unwrap().size, Size::new(20, 10));
}

#[test]
fn a_hundred_thousand_frames() {
    let Some(engine) = engine() else { return };
    // The frame behind header and palette, again and again, then the trailer.
    let one = files::gif_of(Still::some(1, Size::new(1, 1)), Plays::Times(1));
    let control = one.windows(2).position(|bytes| bytes == [0x21, 0xf9]).unwrap();
    let (head, frame) = (&one[..control], &one[control..one.len() - 1]);
    let source = [head.to_vec(), frame.repeat(100_000), vec![0x3b]].concat();
    let Err(TransformError::Codec(error)) = engine.transform(&source, &request("width=1")) else { panic!() };
    assert_eq!(error, CodecError::TooLarge { what: Bound::Frames, value: 10_001, limit: 10_000 });

    let few = [head.to_vec(), frame.repeat(3_000), vec![0x3b]].concat();
    let out = rendered(engine, &few, "width=1");
    assert_eq!(tintype::codecs::probe(&out.bytes, &Limits::default()).unwrap().frames, 3_000);
}

#[test]
fn the_time_for_all_frames_together() {
    let Some(engine) = engine() else { return };
    let source = files::gif_of(Still::some(10, Size::new(20, 10)), Plays::Forever);
    let hurried = with(engine, |policy| policy.animation_time = Duration::ZERO);
    let error = refused(&hurried, &source, "width=10");
    assert_eq!(error.fault(), Fault::TooLarge);
    assert_eq!(error.to_string(), "after 0 frames the time for an animation is over, 0 s; anim=false keeps one frame");
    assert_eq!(rendered(&hurried, &source, "width=10,anim=false").size, Size::new(10, 5));
    let hurried = with(engine, |policy| policy.limits.decode_time = Duration::ZERO);
    let TransformError::Codec(error) = refused(&hurried, &source, "width=10") else { panic!() };
    assert!(matches!(error, CodecError::TooLarge { what: Bound::DecodeTime, limit: 0, .. }), "{error}");
}

/// Every length at which a file may be cut is a picture or an error, and an error where a frame is cut.
#[test]
fn cut_short() {
    let Some(engine) = engine() else { return };
    let (mut whole, mut errors) = (0, 0);
    for source in [files::gif(3), files::webp(3), files::apng(4)] {
        for len in (20..source.len()).step_by(source.len() / 60) {
            match engine.transform(&source[..len], &request("width=8,format=webp")) {
                Ok(out) => {
                    whole += 1;
                    assert!(!out.bytes.is_empty());
                }
                Err(error) => {
                    errors += 1;
                    assert_eq!(error.fault(), Fault::Source, "{len} of {}: {error}", source.len());
                }
            }
        }
    }
    assert!(errors > 100, "{errors} errors, {whole} pictures");
}

#[test]
fn a_frame_of_nothing_and_one_from_elsewhere() {
    let Some(engine) = engine() else { return };
    let source = files::gif_of(Still::some(3, Size::new(20, 10)), Plays::Forever);
    // Where the second frame's descriptor is: left, top, width, height.
    let places: Vec<usize> =
        (0..source.len() - 9).filter(|at| source[*at..].starts_with(&[0x2c, 0, 0, 0, 0, 20, 0, 10, 0])).collect();
    assert_eq!(places.len(), 3);
    let changed = |at: usize, value: u16| {
        let mut source = source.clone();
        source[places[1] + at..places[1] + at + 2].copy_from_slice(&value.to_le_bytes());
        source
    };
    let error = refused(engine, &changed(5, 0), "width=10");
    assert_eq!(error.fault(), Fault::Source, "{error}");
    for (at, value) in [(1, 19), (3, 9)] {
        let source = changed(at, value);
        let ours = super::shown(&rendered(engine, &source, "format=webp,quality=100").bytes);
        assert_eq!(super::largest(&ours, &super::shown(&source), "moved"), 0, "{at} {value}");
    }
    // ImageMagick refuses what is wholly elsewhere; browsers show nothing of it.
    for (at, value) in [(1, 20), (1, 65_535), (3, 10), (3, 65_535)] {
        let ours = super::shown(&rendered(engine, &changed(at, value), "format=webp,quality=100").bytes);
        assert_eq!(ours.len(), 3);
        assert!(ours[1].iter().all(|pixel| pixel[3] == 0), "{at} {value}");
    }
}

#[test]
fn segments_are_of_the_first_frame() {
    let Some(engine) = engine() else { return };
    let source = files::gif_of(Still::some(3, Size::new(20, 10)), Plays::Forever);
    // Nothing finds foregrounds here, so it says so instead of leaving the option out.
    assert!(refused(engine, &source, "segment=foreground").to_string().contains("segment=foreground"));
}
