//! From a file's bytes to a picture, with the networks on the engine's device: what comes back to the host, and what is allocated.

use std::{fs, path::Path, sync::Arc};

use tintype_engine::Texel;
use tintype_ml::{MattingKind, Models, ModelsOptions, On};
use tintype_pixels::Planes;
use tintype_testkit::{Tintype, TransformOptions, engine_seeing};
use tintype_weights::Store;

use crate::setup;

/// An engine and its models, `None` only where the tests are told that an adapter or weights are missing.
fn engine(on: On, weights: &str) -> Option<(Tintype, Arc<Models>)> {
    let path = setup::weights(weights)?;
    let store = Store::at(path.ancestors().nth(2).expect("a model has a folder in the store"));
    let options = ModelsOptions { on, matting: Some(MattingKind::U2Netp), ..ModelsOptions::new(store) };
    let models = Arc::new(Models::new(options));
    Some((engine_seeing(models.clone())?, models))
}

fn transformed(engine: &Tintype, options: &str) -> Planes {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/astronaut-256.png");
    let options: TransformOptions = options.parse().unwrap();
    engine.input(fs::read(file).unwrap()).transform(options).to_samples().unwrap()
}

/// By how many codes two pictures differ at most, colors weighted by their opacity: a straight color that is nearly
/// transparent is the quotient of two small numbers, and nobody sees it.
fn difference(a: &Planes, b: &Planes) -> f32 {
    assert_eq!((a.size(), a.layout()), (b.size(), b.layout()));
    let weighted = |planes: &Planes| -> Vec<f32> {
        let n = planes.layout().channels as usize;
        let pixels = planes.bytes().chunks_exact(n);
        if !planes.layout().has_alpha() {
            return planes.bytes().iter().map(|code| f32::from(*code)).collect();
        }
        let weigh = |pixel: &[u8]| {
            let alpha = f32::from(pixel[n - 1]);
            pixel[..n - 1].iter().map(|code| f32::from(*code) * alpha / 255.0).chain([alpha]).collect::<Vec<_>>()
        };
        pixels.flat_map(weigh).collect()
    };
    weighted(a).iter().zip(weighted(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Asks twice on the device, once on the processor. The second time nothing is compiled or allocated, `read` bytes of networks' answers
/// come back, and of pixels the result's.
fn check(weights: &str, options: &str, read: u64, codes: f32) {
    let (Some((here, _)), Some((there, models))) = (engine(On::Cpu, weights), engine(On::Gpu, weights)) else { return };
    // Those for 16 bits are compiled behind the first requests.
    there.gpu().prepare(Texel::F32).unwrap();
    let first = transformed(&there, options);
    let counters = there.gpu().counters();
    let (pixels_before, answers_before) = (there.gpu().read_bytes(), models.read_bytes().unwrap());
    let second = transformed(&there, options);
    assert_eq!(there.gpu().counters(), counters, "{options}");
    assert_eq!(there.gpu().read_bytes() - pixels_before, second.bytes().len() as u64, "{options}");
    assert_eq!(models.read_bytes().unwrap() - answers_before, read, "{options}");
    assert!(first == second, "{options}: twice the same");
    let expected = transformed(&here, options);
    let off = difference(&second, &expected);
    assert!(off <= codes, "{options}: {off} codes from what the processor's networks give");
}

/// The crop is of whole pixels, and boxes are right to a tenth of one.
#[test]
fn of_faces_only_boxes_come_back() {
    check("retinaface", "w=48,h=48,fit=cover,gravity=face,zoom=1", 4096, 1.0);
}

/// Mattes stay in half precision on the device and are floats on the host, and both opacity and colors are rounded: 1.38 codes were
/// measured, where a rounding that falls the other way is worth one of opacity and half a one of color.
#[test]
fn of_a_foreground_nothing_comes_back_but_the_picture() {
    check("u2netp", "w=64,segment=foreground", 0, 1.51);
}
