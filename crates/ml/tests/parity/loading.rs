//! Files that are not the network's.

use std::{fs, path::PathBuf};

use safetensors::{Dtype, tensor::TensorView};
use tempfile::TempDir;
use tintype_ml::{Device, Matting, MattingKind, RetinaFace, Weights};

/// A file with zeros of these names, types and shapes.
fn file(folder: &TempDir, tensors: &[(&str, Dtype, &[usize])]) -> PathBuf {
    let zeros = [0; 4096];
    let views = tensors.iter().map(|(name, kind, shape)| {
        let bytes = shape.iter().product::<usize>() * kind.bitsize() / 8;
        (*name, TensorView::new(*kind, shape.to_vec(), &zeros[..bytes]).unwrap())
    });
    let path = folder.path().join("x.safetensors");
    fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    path
}

/// The error's text, without the folder that it names.
fn error(folder: &TempDir, result: Result<impl Sized, tintype_ml::MlError>) -> String {
    let text = result.err().expect("the file is refused").to_string();
    text.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn the_first_tensor_that_is_missing_or_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let device = Device::cpu();
    let path = file(&folder, &[("other", Dtype::F32, &[1])]);
    assert_eq!(
        error(&folder, RetinaFace::load(&path, &device)),
        "the weights in x.safetensors have no tensor \"body.stage1.0.0.weight\"; the network needs it with shape 8x3x3x3"
    );
    let path = file(&folder, &[("body.conv1.weight", Dtype::F32, &[64, 3])]);
    assert_eq!(
        error(&folder, RetinaFace::load(&path, &device)),
        "tensor \"body.conv1.weight\" in x.safetensors has shape 64x3; the network needs 64x3x7x7"
    );
    let path = file(&folder, &[("stage1.rebnconvin.conv_s1.weight", Dtype::I8, &[64, 3, 3, 3])]);
    assert_eq!(
        error(&folder, Matting::load(MattingKind::U2Net, &path, &device)),
        "tensor \"stage1.rebnconvin.conv_s1.weight\" in x.safetensors is of type i8; f32 and f16 are accepted"
    );
    assert!(error(&folder, Matting::load(MattingKind::IsNet, &path, &device)).contains("no tensor \"conv_in.weight\""));
}

#[test]
fn what_a_network_does_not_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let device = Device::cpu();
    let path = file(&folder, &[("b", Dtype::F16, &[2]), ("c", Dtype::F32, &[3]), ("a", Dtype::F32, &[2, 1])]);
    let weights = Weights::open(&path, &device).unwrap();
    weights.tensor("b", [2]).unwrap();
    assert_eq!(
        error(&folder, weights.finish(&["c"])),
        "the weights in x.safetensors have a tensor \"a\" of shape 2x1 that the network does not use"
    );
    let weights = Weights::open(&path, &device).unwrap();
    for name in ["a", "b", "c"] {
        assert!(weights.has(name));
    }
    weights.tensor("a", [2, 1]).unwrap();
    weights.finish(&["b", "c"]).unwrap();
}

#[test]
fn files_that_are_no_weights_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    assert!(
        error(&folder, Weights::open(&path, &Device::cpu())).starts_with("cannot read the weights in x.safetensors: ")
    );
    fs::write(&path, b"PK\x03\x04 not weights").unwrap();
    let text = error(&folder, Weights::open(&path, &Device::cpu()));
    assert!(text.starts_with("the weights in x.safetensors are not in the safetensors format: "), "{text}");
}

#[test]
fn half_precision_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.safetensors");
    let bytes: Vec<u8> = [0x3C00_u16, 0xC100, 0x0001].iter().flat_map(|half| half.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F16, vec![3], &bytes).unwrap();
    fs::write(&path, safetensors::serialize([("x", view)], None).unwrap()).unwrap();
    let weights = Weights::open(&path, &Device::cpu()).unwrap();
    let values = weights.tensor("x", [3]).unwrap().into_data().try_to_vec::<f32>().unwrap();
    assert_eq!(values, [1.0, -2.5, 2.0_f32.powi(-24)]);
}
