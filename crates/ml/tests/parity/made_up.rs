//! Networks with made-up weights, against PyTorch: no package has the real ones.

use std::{fs, path::PathBuf};

use safetensors::{Dtype, tensor::TensorView};
use serde::Deserialize;
use tintype_ml::nn::Watcher;
use tintype_ml::{
    Device, MattingKind, RetinaFace, Weights,
    models::birefnet::{BiRefNet, FULL, LITE, swin::SwinShape},
};
use tintype_pixels::Size;

use crate::{
    layers::{Layer, Walk},
    setup,
};

/// What `models/reference_torch.py` wrote.
#[derive(Deserialize)]
struct Reference {
    /// Name, shape, base and range.
    tensors: Vec<(String, Vec<usize>, f32, f32)>,
    layers: Vec<Layer>,
}

/// The body of the committed reference: every part of the real ones, with few channels and small windows.
const SMALL: SwinShape = SwinShape { channels: 24, blocks: [2, 2, 2, 2], heads: [2, 4, 8, 16], window: 3 };

/// `base` plus or minus `range`, from a hash; `numbers` of the script.
fn numbers(name: &str, count: usize, base: f32, range: f32) -> Vec<u8> {
    let seed = name.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    let number = |index: u32| {
        let mut x = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9));
        x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
        x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
        x ^= x >> 16;
        base + range * ((x >> 8) as f32 * 2.0_f32.powi(-23) - 1.0)
    };
    (0..count as u32).flat_map(|index| number(index).to_le_bytes()).collect()
}

fn made_up(reference: &Reference) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made-up.safetensors");
    let bytes: Vec<_> = reference
        .tensors
        .iter()
        .map(|(name, shape, base, range)| numbers(name, shape.iter().product(), *base, *range))
        .collect();
    let views = reference
        .tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, ..), bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    (folder, path)
}

/// Rounding adds up over a hundred layers, and taps that follow the picture follow its rounding too.
const TOLERANCE: f32 = 1e-3;

fn reference(file: &str) -> Reference {
    serde_json::from_str(&fs::read_to_string(setup::reference(file)).unwrap()).unwrap()
}

fn birefnet(file: &str, shape: SwinShape, size: Size, device: &Device) {
    let reference = reference(file);
    let (_folder, path) = made_up(&reference);
    let weights = Weights::open(&path, device).unwrap();
    let network = BiRefNet::load(&weights, shape).unwrap();
    weights.finish(&[]).unwrap();
    let normalise = MattingKind::BiRefNet.normalise();
    // Upstream's last look is one step here; what it leads to is `decoder.conv_out1.0`.
    let layers = reference.layers.into_iter().filter(|layer| !layer.name.starts_with("decoder.ipt_blk1."));
    let mut walk = Walk::new(layers.collect(), TOLERANCE);
    let input = normalise.tensor(&setup::pattern(size), size, device).unwrap();
    let matte = network.forward(input, &mut walk);
    Watcher::see(&mut walk, "matte", &matte);
    walk.end();
}

#[test]
fn birefnet_on_the_cpu() {
    birefnet("birefnet-small.json", SMALL, Size::new(320, 256), &Device::cpu());
}

/// The real network with the tiny body: half a minute and more, hence by hand.
#[test]
#[ignore = "needs birefnet-lite.json, which models/reference_torch.py birefnet-lite writes"]
fn birefnet_lite_on_the_cpu() {
    birefnet("birefnet-lite.json", LITE, Size::new(512, 512), &Device::cpu());
}

/// The real network with the large body.
#[test]
#[ignore = "needs birefnet-full.json, which models/reference_torch.py birefnet-full writes"]
fn birefnet_full_on_the_cpu() {
    birefnet("birefnet-full.json", FULL, Size::new(320, 256), &Device::cpu());
}

/// The small network.
#[test]
fn birefnet_on_the_gpu() {
    if let Some(gpu) = setup::gpu() {
        birefnet("birefnet-small.json", SMALL, Size::new(320, 256), &gpu.device);
    }
}

#[test]
fn retinaface_on_resnet_on_the_cpu() {
    retinaface_on_resnet(&Device::cpu());
}

#[test]
fn retinaface_on_resnet_on_the_gpu() {
    if let Some(gpu) = setup::gpu() {
        retinaface_on_resnet(&gpu.device);
    }
}

fn retinaface_on_resnet(device: &Device) {
    let reference = reference("retinaface-r50.json");
    let (_folder, path) = made_up(&reference);
    let network = RetinaFace::load(&path, device).unwrap();
    let mut walk = Walk::new(reference.layers, TOLERANCE);
    let input = network.input(&setup::pattern(Size::new(128, 96))).unwrap();
    network.levels(input, &mut walk).unwrap();
    walk.end();
}
