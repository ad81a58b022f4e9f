//! Every operation against its scalar twin, in both texel formats, on sizes and pictures that find mistakes.

use tintype_engine::{
    Texel, gpu,
    ops::{self, Case, Pack, Tolerance, Unpack, pack, unpack},
    plan::Picture,
    reference::RefImage,
};
use tintype_pixels::{Channels, Depth, Gamut, Layout, Orientation, Rect, Size, SourceColor};
use tintype_testkit::{compare, gpu, pictures, run_case, run_picture};

/// In single precision only the arithmetic differs: fused multiply-adds, the order of sums, `pow`.
fn f32_tolerance(case: &Case) -> Tolerance {
    if case.tolerance == Tolerance::EXACT {
        return Tolerance::EXACT;
    }
    let pow = case.tolerance.absolute > 1e-4;
    Tolerance {
        absolute: if pow { 1e-4 } else { 4e-6 },
        relative: if pow { 2e-4 } else { 4e-6 },
        reason: "single precision, sums in any order",
    }
}

#[test]
fn kernels_do_what_their_twins_do() {
    let Some(gpu) = gpu() else { return };
    let mut failures = Vec::new();
    let mut n = 0;
    for (name, cases) in ops::all_cases() {
        assert!(!cases.is_empty(), "{name} has no cases");
        for case in cases {
            for size in &case.sizes {
                for (picture, input) in pictures::standard(*size) {
                    for &texel in case.texels {
                        let (got, twin) = run_case(gpu, &case, &input, texel);
                        let half = case.texels.contains(&Texel::F16);
                        let tolerance = if half && texel == Texel::F32 { f32_tolerance(&case) } else { case.tolerance };
                        n += 1;
                        if let Err(difference) = compare(&got, &twin, tolerance) {
                            failures
                                .push(format!("{name} {:?} on {picture} {size} {texel:?}: {difference}", case.step));
                        }
                    }
                }
            }
        }
    }
    eprintln!("{n} comparisons");
    assert!(
        failures.is_empty(),
        "{} of {n} failed:\n{}",
        failures.len(),
        failures[..failures.len().min(12)].join("\n")
    );
}

#[test]
fn a_wrong_kernel_fails() {
    let Some(gpu) = gpu() else { return };
    // The same kernel with another strength is a slightly wrong one. The right one passes: that is the control.
    let input = pictures::standard(Size::new(65, 9)).remove(3).1;
    let case = |strength| Case::new(ops::Sharpen::new(strength), Tolerance::f16_stores(1));
    let (right, twin) = run_case(gpu, &case(1.0), &input, Texel::F16);
    assert_eq!(compare(&right, &twin, case(1.0).tolerance), Ok(()));
    for strength in [0.0, 0.9, 1.1] {
        let (wrong, _) = run_case(gpu, &case(strength), &input, Texel::F16);
        assert!(compare(&wrong, &twin, case(1.0).tolerance).is_err(), "{strength} passes for 1");
    }
}

fn layouts() -> Vec<Layout> {
    let channels = [Channels::Gray, Channels::GrayAlpha, Channels::Rgb, Channels::Rgba];
    channels.into_iter().flat_map(|c| [Depth::U8, Depth::U16].map(|d| Layout::new(c, d))).collect()
}

#[test]
fn unpack_reads_every_layout_orientation_and_part() {
    let Some(gpu) = gpu() else { return };
    for layout in layouts() {
        for (size, rect) in [
            (Size::new(1, 1), Rect::whole(Size::new(1, 1))),
            (Size::new(67, 9), Rect::whole(Size::new(67, 9))),
            (Size::new(67, 9), Rect::new(13, 2, Size::new(31, 5))),
            (Size::new(5, 130), Rect::new(1, 0, Size::new(3, 129))),
        ] {
            for orientation in Orientation::ALL {
                let planes = pictures::samples(size, layout);
                let op =
                    Unpack { rect, orientation, color: Some(SourceColor::srgb()), ..Unpack::plain(0, size, layout) };
                check_unpack(gpu, &op, &planes);
            }
        }
    }
}

#[test]
fn unpack_asks_tables_for_colors() {
    let Some(gpu) = gpu() else { return };
    // Few nodes of values like nothing on earth: a step too far or the wrong tetrahedron shows.
    let table = |inputs: u32, side: u32| {
        let n = side.pow(inputs) * 3;
        let entries = (0..n).map(|i| pictures::noise(i, inputs) * 1.4 - 0.2).collect();
        tintype_pixels::ColorTable::new(inputs, side, entries).map(std::sync::Arc::new)
    };
    let ink = [Layout::CMYK8, Layout::new(Channels::Cmyk, Depth::U16)];
    let p3 = [[1.2249, -0.2249, 0.0], [-0.0420, 1.0420, 0.0], [-0.0197, -0.0786, 1.0983]];
    for layout in layouts().into_iter().chain(ink) {
        for (side, gamut) in [(2, Gamut::SRGB), (5, Gamut::SRGB), (17, Gamut::new(p3).unwrap())] {
            let inputs = if layout.channels == Channels::Cmyk { 4 } else { 3 };
            let color = Some(SourceColor { table: table(inputs, side), ..SourceColor::srgb() });
            let size = Size::new(67, 9);
            let mut planes = pictures::samples(size, layout);
            // The ends, and equal numbers, where tetrahedra meet.
            let mut bytes = planes.into_bytes();
            bytes[..64].copy_from_slice(&[[0; 32], [255; 32]].concat());
            bytes[64..128].fill(100);
            planes = tintype_pixels::Planes::new(size, layout, bytes).unwrap();
            for orientation in [Orientation::Upright, Orientation::Rotate90, Orientation::Transverse] {
                for encode in [false, true] {
                    let rect = Rect::new(13, 0, Size::new(31, 8));
                    let color = color.clone();
                    let op = Unpack { rect, orientation, color, gamut, encode, ..Unpack::plain(0, size, layout) };
                    let picture = Picture { unpack: op.clone(), steps: Vec::new() };
                    for texel in Texel::ALL {
                        let got = run_picture(gpu, &picture, std::slice::from_ref(&planes), texel);
                        let twin = unpack::reference::unpack(&op, &planes);
                        let tolerance = Tolerance::f16_stores(1).with_pow();
                        if let Err(difference) = compare(&got, &twin, tolerance) {
                            panic!("{op:?} {texel:?}: {difference}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn unpack_in_bands_is_unpack_in_one_piece() {
    let Some(gpu) = gpu() else { return };
    let size = Size::new(61, 97);
    let stretch =
        ops::resize::Stretch { line: 61, start: 0.5, len: 59.0, to: 22, filter: ops::resize::Filter::Lanczos3 };
    for layout in layouts() {
        for orientation in Orientation::ALL {
            let planes = pictures::samples(size, layout);
            // Chunks of 10 rows, bands of 3: neither divides the height, and bands end where chunks do.
            let row_bytes = 61 * u64::from(layout.pixel_bytes());
            let bands = unpack::Bands { binding_bytes: row_bytes * 10, band_bytes: 61 * 8 * 3 };
            for first in [None, Some(ops::Resize { axis: ops::resize::Axis::X, stretch, saturate: true })] {
                let op = Unpack {
                    orientation,
                    color: Some(SourceColor::srgb()),
                    bands,
                    first,
                    ..Unpack::plain(0, size, layout)
                };
                check_unpack(gpu, &op, &planes);
            }
        }
    }
}

fn check_unpack(gpu: &tintype_engine::Gpu, op: &Unpack, planes: &tintype_pixels::Planes) {
    let picture = Picture { unpack: op.clone(), steps: Vec::new() };
    for texel in Texel::ALL {
        let got = run_picture(gpu, &picture, std::slice::from_ref(planes), texel);
        let twin = unpack::reference::unpack(op, planes);
        let tolerance = match texel {
            Texel::F16 if op.first.is_some() => Tolerance {
                absolute: 1.5e-3,
                reason: "a store of values up to 1 before weights whose sizes add up to less than 1.5",
                ..Tolerance::f16_stores(1)
            },
            Texel::F16 => Tolerance::f16_stores(1),
            Texel::F32 => Tolerance { absolute: 4e-6, relative: 4e-6, reason: "single precision" },
        };
        if let Err(difference) = compare(&got, &twin, tolerance) {
            panic!("{op:?} {texel:?}: {difference}");
        }
    }
}

#[test]
fn pack_writes_every_layout() {
    let Some(gpu) = gpu() else { return };
    for layout in layouts() {
        for size in [Size::new(1, 1), Size::new(7, 5), Size::new(67, 3), Size::new(2, 131)] {
            for dither in [false, true] {
                for (name, image) in pictures::standard(size) {
                    let op = Pack { layout, encode: true, dither, binding_bytes: 1 << 20 };
                    let (got, twin) = run_pack(gpu, &op, &image);
                    assert_codes(&got, &twin, layout.depth, &format!("{op:?} {name} {size}"));
                }
            }
        }
    }
}

#[test]
fn pack_in_chunks_is_pack_in_one_piece() {
    let Some(gpu) = gpu() else { return };
    let image = pictures::standard(Size::new(37, 41)).remove(4).1;
    for layout in layouts() {
        let whole = Pack { layout, encode: true, dither: false, binding_bytes: 1 << 20 };
        let chunks = Pack { binding_bytes: 37 * 5 * u64::from(layout.pixel_bytes()), ..whole.clone() };
        assert_eq!(run_pack(gpu, &whole, &image).0, run_pack(gpu, &chunks, &image).0, "{layout}");
    }
}

fn run_pack(gpu: &tintype_engine::Gpu, op: &Pack, image: &RefImage) -> (Vec<u8>, Vec<u8>) {
    let planes = image.to_straight_f32();
    let unpack = Unpack::plain(0, image.size(), Layout::RGBA32F);
    let mut recording = tintype_engine::Recording::new(Texel::F32);
    let unpacked = unpack.record(&mut recording);
    op.record(&mut recording, unpacked);
    let got = gpu.run(recording, &[planes.bytes().into()]).unwrap().bytes;
    let stored = RefImage::from_straight_f32(image.size(), planes.bytes());
    (got, pack::reference::pack(op, &stored))
}

/// 8-bit codes may differ by one where `pow` lands on the other side of a rounding; 16-bit ones by what `pow` may be off.
fn assert_codes(got: &[u8], twin: &[u8], depth: Depth, what: &str) {
    assert_eq!(got.len(), twin.len(), "{what}");
    let (off, allowed) = if depth == Depth::U8 {
        let off = got.iter().zip(twin).map(|(a, b)| i32::from(a.abs_diff(*b))).collect::<Vec<_>>();
        (off, 1)
    } else {
        let codes = |bytes: &[u8]| bytes.chunks_exact(2).map(|b| u16::from_ne_bytes([b[0], b[1]])).collect::<Vec<_>>();
        (codes(got).iter().zip(codes(twin)).map(|(a, b)| i32::from(a.abs_diff(b))).collect(), 24)
    };
    let differing = off.iter().filter(|d| **d > 0).count();
    assert!(off.iter().all(|d| *d <= allowed), "{what}: off by up to {:?}", off.iter().max());
    if depth == Depth::U8 {
        assert!(differing * 50 <= off.len().max(50), "{what}: {differing} of {} codes differ", off.len());
    }
}

#[test]
fn eight_bit_samples_survive_the_working_image() {
    let Some(gpu) = gpu() else { return };
    // Every code of every channel, through half-precision linear light and back.
    let size = Size::new(256, 3);
    let bytes: Vec<u8> = (0..3u32)
        .flat_map(|y| (0..=255u8).flat_map(move |x| [0, 1, 2].map(|c| if c == y { x } else { 255 - x })))
        .collect();
    let planes = tintype_pixels::Planes::new(size, Layout::RGB8, bytes.clone()).unwrap();
    let unpack = Unpack { color: Some(SourceColor::srgb()), ..Unpack::plain(0, size, Layout::RGB8) };
    let mut recording = tintype_engine::Recording::new(Texel::F16);
    let image = unpack.record(&mut recording);
    Pack { layout: Layout::RGB8, encode: true, dither: false, binding_bytes: 1 << 20 }.record(&mut recording, image);
    assert_eq!(gpu.run(recording, &[planes.bytes().into()]).unwrap().bytes, bytes);
}

#[test]
fn a_warm_run_compiles_and_allocates_nothing() {
    if gpu().is_none() {
        return;
    }
    // A device of its own: the other tests run at the same time on the shared one.

    let gpu = tintype_engine::Gpu::new(&gpu::GpuOptions::default()).unwrap();
    let planes = pictures::samples(Size::new(300, 200), Layout::RGB8);
    let run = || {
        let unpack = Unpack { color: Some(SourceColor::srgb()), ..Unpack::plain(0, planes.size(), Layout::RGB8) };
        let picture = Picture { unpack, steps: vec![ops::Blur::new(4.0).into(), ops::Sharpen::new(1.0).into()] };
        let mut recording = tintype_engine::Recording::new(Texel::F16);
        let image = picture.record(&mut recording);
        Pack { layout: Layout::RGB8, encode: true, dither: true, binding_bytes: 1 << 20 }.record(&mut recording, image);
        gpu.run(recording, &[planes.bytes().into()]).unwrap().bytes
    };
    let first = run();
    let warm = gpu.counters();
    for _ in 0..20 {
        assert_eq!(run(), first);
    }
    assert_eq!(gpu.counters(), warm);
    assert!(warm.pipelines > 0 && warm.textures > 0 && warm.buffers > 0, "{warm:?}");
}

#[test]
fn lent_textures_come_back_unless_they_are_kept() {
    let Some(gpu) = gpu() else { return };
    // A size that no other test asks for.
    let lend = || gpu.lend(Size::new(3001, 77), Texel::F32);
    let first = (*lend()).clone();
    assert!(first.width() >= 3001 && first.height() >= 77);
    assert!(*lend() == first);
    let kept = lend().keep();
    assert!(kept == first && *lend() != first);
}

#[test]
fn a_texture_on_the_device_is_an_input_as_samples_are() {
    let Some(gpu) = gpu() else { return };
    let size = Size::new(37, 41);
    let planes = pictures::standard(size).remove(4).1.to_straight_f32();
    let plain = Unpack::plain(0, size, Layout::RGBA32F);
    let mut recording = tintype_engine::Recording::new(Texel::F16);
    let unpacked = plain.record(&mut recording);
    recording.keep(unpacked);
    let texture = gpu.run(recording, &[planes.bytes().into()]).unwrap().texture.unwrap();

    let crop = ops::Crop::new(size, Rect::new(3, 5, Size::new(20, 30))).unwrap();
    let packed = |is_given: bool, sources: &[gpu::Source<'_>]| {
        let unpack = Unpack { is_given, ..plain.clone() };
        let matte = ops::Matte { matte: Box::new(Picture { unpack: unpack.clone(), steps: Vec::new() }) };
        let mut recording = tintype_engine::Recording::new(Texel::F16);
        let image = Picture { unpack, steps: vec![matte.into(), crop.clone().into()] }.record(&mut recording);
        Pack { layout: Layout::RGBA8, encode: true, dither: false, binding_bytes: 1 << 20 }
            .record(&mut recording, image);
        gpu.run(recording, sources).map(|output| output.bytes)
    };
    let expected = packed(false, &[planes.bytes().into()]).unwrap();
    assert!(expected.iter().any(|byte| *byte > 0), "the picture is not empty");
    assert_eq!(packed(true, &[gpu::Source::Texture(&texture)]).unwrap(), expected);
    // Kept again it is a copy: the caller's own stays the caller's.
    let mut recording = tintype_engine::Recording::new(Texel::F16);
    let given = recording.given(0, size);
    recording.keep(given);
    assert!(*gpu.run(recording, &[gpu::Source::Texture(&texture)]).unwrap().texture.unwrap() != *texture);

    let missing = packed(true, &[planes.bytes().into()]).unwrap_err().to_string();
    assert_eq!(missing, "input 0 is no texture of at least 37x41 that kernels may read");
}
