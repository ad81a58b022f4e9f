//! Each layer of the real networks: the first one that is wrong is named.

use std::{collections::BTreeMap, fs};

use burn::tensor::Tensor;
use serde::Deserialize;
use tintype_ml::{Device, Matting, MattingKind, RetinaFace, nn::Watcher};
use tintype_pixels::Size;

use crate::setup;

/// What the script wrote about a layer's answer.
#[derive(Deserialize)]
pub(crate) struct Layer {
    pub(crate) name: String,
    shape: Vec<usize>,
    /// Of the values, and of what they are without sign.
    mean: f32,
    magnitude: f32,
    largest: f32,
    /// Some values and where they are.
    values: Vec<(usize, f32)>,
}

/// Rounding adds up over the layers before.
const TOLERANCE: f32 = 1e-4;

/// Compares layers as they come; keeps the first that is wrong and counts all.
pub(crate) struct Walk {
    expected: BTreeMap<String, Layer>,
    tolerance: f32,
    seen: usize,
    first_wrong: Option<String>,
}

impl Walk {
    fn of(file: &str) -> Self {
        let text = fs::read_to_string(setup::reference(file)).unwrap();
        let layers: Vec<Layer> = serde_json::from_str(&text).unwrap();
        Self::new(layers, TOLERANCE)
    }

    /// `tolerance` is the part of a layer's largest value that one of its values may differ by.
    pub(crate) fn new(layers: Vec<Layer>, tolerance: f32) -> Self {
        let expected = layers.into_iter().map(|layer| (layer.name.clone(), layer)).collect();
        Self { expected, tolerance, seen: 0, first_wrong: None }
    }

    #[track_caller]
    pub(crate) fn end(self) {
        if let Some(wrong) = self.first_wrong {
            panic!("{wrong}");
        }
        assert_eq!(self.seen, self.expected.len(), "layers");
    }
}

impl Watcher for Walk {
    fn see(&mut self, name: &str, answer: &Tensor<4>) {
        self.seen += 1;
        if self.first_wrong.is_some() {
            return;
        }
        let Some(layer) = self.expected.get(name) else {
            self.first_wrong = Some(format!("{name}: the reference has no such layer"));
            return;
        };
        self.first_wrong =
            layer.wrong_with(answer, self.tolerance).map(|what| format!("{name} (layer {}): {what}", self.seen));
    }
}

impl Layer {
    fn wrong_with(&self, answer: &Tensor<4>, tolerance: f32) -> Option<String> {
        if answer.dims()[..] != self.shape[..] {
            return Some(format!("shape {:?}, expected {:?}", answer.dims(), self.shape));
        }
        let values = answer.to_data().try_to_vec::<f32>().unwrap();
        let of = |f: fn(f64) -> f64| values.iter().map(|v| f(f64::from(*v))).sum::<f64>() / values.len() as f64;
        let largest = values.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        let near = |found: f32, expected: f32| (found - expected).abs() <= tolerance * self.largest;
        let mut figures = vec![
            ("mean".to_owned(), of(|v| v) as f32, self.mean),
            ("mean magnitude".to_owned(), of(f64::abs) as f32, self.magnitude),
            ("largest magnitude".to_owned(), largest, self.largest),
        ];
        figures.extend(self.values.iter().map(|(at, value)| (format!("value {at}"), values[*at], *value)));
        let wrong = figures.into_iter().find(|(_, found, expected)| !near(*found, *expected));
        wrong.map(|(what, found, expected)| format!("{what} is {found}, expected {expected}"))
    }
}

fn retinaface(device: &Device, size: Size) {
    let Some(path) = setup::weights("retinaface") else { return };
    let network = RetinaFace::load(&path, device).unwrap();
    let mut walk = Walk::of(&format!("retinaface-{size}.json"));
    let input = network.input(&setup::pattern(size)).unwrap();
    network.levels(input, &mut walk).unwrap();
    walk.end();
}

fn u2netp(device: &Device) {
    let Some(path) = setup::weights("u2netp") else { return };
    let matting = Matting::load(MattingKind::U2Netp, &path, device).unwrap();
    let mut walk = Walk::of("u2netp-160x160.json");
    let input = matting.input(&setup::pattern(Size::new(160, 160))).unwrap();
    let _ = matting.forward(input, &mut walk);
    walk.end();
}

#[test]
fn retinaface_on_the_cpu() {
    retinaface(&Device::cpu(), Size::new(320, 320));
    retinaface(&Device::cpu(), Size::new(96, 64));
}

#[test]
fn retinaface_on_the_gpu() {
    if let Some(gpu) = setup::gpu() {
        retinaface(&gpu.device, Size::new(320, 320));
        retinaface(&gpu.device, Size::new(96, 64));
    }
}

#[test]
fn u2netp_on_the_cpu() {
    u2netp(&Device::cpu());
}

#[test]
fn u2netp_on_the_gpu() {
    if let Some(gpu) = setup::gpu() {
        u2netp(&gpu.device);
    }
}
