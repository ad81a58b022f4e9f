//! Any options for a picture of any size: an error, or a plan whose printed size is the one that is recorded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype::{
    Filter, Space,
    engine::plan::{Device, Plan, Request, Source, Stage},
};
use tintype_options::url;
use tintype_pixels::{Gamut, Layout, Orientation, Size, SourceColor};

fuzz_target!(|input: (u16, u16, u8, &str)| {
    let (width, height, orientation, text) = input;
    let Ok(parsed) = url::parse(text) else { return };
    let source = Source {
        size: Size::new(u32::from(width), u32::from(height)),
        layout: Layout::RGBA8,
        orientation: Orientation::from_exif(u32::from(orientation)),
        alpha: true,
        color: Some(SourceColor::srgb()),
        on_device: false,
        jpeg: None,
    };
    let stages = [Stage::Transform(Box::new(parsed.options))];
    let request = Request {
        stages: &stages,
        target: Some(Layout::RGB8),
        space: Space::Linear,
        gamut: Gamut::SRGB,
        filter: Filter::Lanczos3,
        device: Device::default(),
        max_result: (12_000, 100_000_000),
    };
    let Ok(plan) = Plan::new(&[source], &request) else { return };
    assert!(!plan.size().is_empty());
    // Recording computes weights for every output; bounded, but not worth the fuzzer's time for large pictures.
    if plan.size().area() < 1_000_000 {
        let recording = plan.record();
        let allocation = recording.allocate(16_384);
        assert!(allocation.peak_bytes > 0 && !recording.passes().is_empty());
    }
});
