//! The kernel against its twin.

use tintype::engine::{
    Recording, Texel,
    gpu::Source,
    ops::{
        Canvas,
        canvas::{Blend, Under, reference},
    },
};
use tintype_pixels::{Layout, Rect, Size};
use tintype_testkit::{gpu, pictures};

#[test]
fn a_frame_on_its_canvas_is_what_the_twin_makes() {
    let Some(gpu) = gpu() else { return };
    let samples = |size| pictures::samples(size, Layout::RGBA8).into_bytes();
    let size = Size::new(67, 41);
    let whole = Rect::whole(size);
    let none = Rect::new(0, 0, Size::new(0, 0));
    let mut before = Vec::new();
    for (index, (rect, clear)) in [
        (whole, none),
        (Rect::new(3, 5, Size::new(20, 30)), none),
        (Rect::new(60, 40, Size::new(7, 1)), Rect::new(3, 5, Size::new(20, 30))),
        (none, whole),
        (Rect::new(66, 0, Size::new(1, 41)), Rect::new(50, 20, Size::new(17, 21))),
        (whole, Rect::new(0, 0, Size::new(1, 1))),
        (whole, none),
    ]
    .into_iter()
    .enumerate()
    {
        let mut shown = Vec::new();
        for blend in [Blend::Source, Blend::Over] {
            let under = if index == 0 { Under::Nothing } else { Under::Canvas { clear } };
            let canvas = Canvas { size, rect, blend, under };
            let frame = samples(rect.size);
            let drawn = reference::drawn(&canvas, &frame, &before);
            let mut recording = Recording::new(Texel::F16);
            let under = match under {
                Under::Nothing => recording.scratch(Canvas::bytes(size)),
                Under::Canvas { .. } => recording.upload(1, 0..Canvas::bytes(size)),
            };
            if before.is_empty() {
                recording.zero(under);
            }
            let samples = recording.upload(0, 0..Canvas::bytes(rect.size));
            let made = recording.readback(Canvas::bytes(size), Canvas::bytes(size));
            canvas.record_to(&mut recording, under, samples, made);
            let got = gpu.run(recording, &[Source::Samples(&frame), Source::Samples(&before)]).unwrap().bytes;
            assert!(got == drawn, "frame {index}, {blend:?}");
            shown = drawn;
        }
        before = shown;
    }
}
