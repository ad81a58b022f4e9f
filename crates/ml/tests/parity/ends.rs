//! What the networks answer: boxes and mattes.

use std::{collections::BTreeMap, fs};

use serde::Deserialize;
use tintype_ml::{Device, Matting, MattingKind, MlError, RetinaFace, nn::Unwatched};
use tintype_pixels::{Face, Layout, Planes, Size};

use crate::setup;

/// A face as the script found it: edges left, top, right and bottom.
#[derive(Deserialize, Debug)]
struct Found {
    score: f32,
    #[serde(rename = "box")]
    edges: [f32; 4],
    landmarks: [[f32; 2]; 5],
}

/// Several faces of different sizes; `group` of the script.
fn group(photograph: &Planes) -> Planes {
    setup::picture(Size::new(416, 400), |x, y| match (x, y) {
        (0..256, 0..256) => setup::pixel(photograph, x, y),
        (270..398, 20..148) => setup::pixel(photograph, 2 * (x - 270), 2 * (y - 20)),
        (30..158, 262..390) => setup::pixel(photograph, 2 * (127 - (x - 30)), 2 * (y - 262)),
        _ => [90; 3],
    })
}

#[test]
fn faces_are_where_the_reference_finds_them() {
    let Some(path) = setup::weights("retinaface") else { return };
    let network = RetinaFace::load(&path, &Device::cpu()).unwrap();
    let expected = fs::read_to_string(setup::reference("faces.json")).unwrap();
    let expected: BTreeMap<String, Vec<Found>> = serde_json::from_str(&expected).unwrap();
    let photograph = setup::photograph();
    let pictures =
        [("group", group(&photograph)), ("pattern", setup::pattern(Size::new(128, 96))), ("photograph", photograph)];
    assert!(expected.keys().map(String::as_str).eq(pictures.iter().map(|(name, _)| *name)));
    for (name, picture) in pictures {
        let found = network.detect(&picture).unwrap();
        assert_eq!(found.len(), expected[name].len(), "faces in {name}: {found:#?}");
        for (face, expected) in found.iter().zip(&expected[name]) {
            same_face(name, face, expected);
        }
    }
}

/// Within a tenth of a pixel and a thousandth of the score.
fn same_face(name: &str, face: &Face, expected: &Found) {
    let edges = [face.x, face.y, face.x + face.width, face.y + face.height];
    let places = edges.iter().chain(face.landmarks.as_flattened());
    let expected_places = expected.edges.iter().chain(expected.landmarks.as_flattened());
    let off = places.zip(expected_places).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off <= 0.1, "{name}: {off} pixels off: {face:?}, expected {expected:?}");
    assert!((face.score - expected.score).abs() <= 1e-3, "{name}: {face:?}, expected {expected:?}");
}

#[test]
fn mattes_are_the_reference_s() {
    let Some(path) = setup::weights("u2netp") else { return };
    let matting = Matting::load(MattingKind::U2Netp, &path, &Device::cpu()).unwrap();
    let photograph = setup::photograph();
    let part = setup::picture(Size::new(160, 160), |x, y| setup::pixel(&photograph, x + 48, y));
    let matte = matting.forward(matting.input(&part).unwrap(), &mut Unwatched);
    let matte = matte.into_data().try_to_vec::<f32>().unwrap();
    let expected = setup::png(&setup::reference("u2netp-160.png"));
    let off = matte.iter().zip(expected.bytes()).map(|(a, b)| (a * 255.0 - f32::from(*b)).abs()).fold(0.0, f32::max);
    // Half a step is the reference's own rounding.
    assert!(off <= 0.51, "{off} of 255");
}

#[test]
fn a_matte_is_a_plane_of_the_picture_s_size() {
    let Some(path) = setup::weights("u2netp") else { return };
    let matting = Matting::load(MattingKind::U2Netp, &path, &Device::cpu()).unwrap();
    let matte = matting.matte(&setup::pattern(matting.input_size())).unwrap();
    assert_eq!((matte.size(), matte.layout().pixel_bytes()), (Size::new(320, 320), 4));
    let values = matte.bytes().chunks_exact(4).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]));
    assert!(values.clone().all(|v| (0.0..=1.0).contains(&v)) && values.count() == 320 * 320);
}

#[test]
fn pictures_of_the_wrong_kind_are_refused() {
    let Some(path) = setup::weights("retinaface") else { return };
    let network = RetinaFace::load(&path, &Device::cpu()).unwrap();
    let gray = Planes::new(Size::new(2, 2), Layout::GRAY8, vec![0; 4]).unwrap();
    let error = network.detect(&gray).unwrap_err();
    assert_eq!(error.to_string(), "the network reads rgb8 pictures, not gray8");
    for (width, height) in [(0, 5), (1025, 1), (1, 4000)] {
        let picture = setup::picture(Size::new(width, height), |_, _| [0; 3]);
        assert!(matches!(network.detect(&picture), Err(MlError::Sides { most: 1024, .. })), "{width}x{height}");
    }
    assert_eq!(network.detect(&setup::picture(Size::new(1, 1), |_, _| [0; 3])).unwrap(), []);

    let Some(path) = setup::weights("u2netp") else { return };
    let matting = Matting::load(MattingKind::U2Netp, &path, &Device::cpu()).unwrap();
    let error = matting.matte(&setup::pattern(Size::new(320, 319))).unwrap_err();
    assert_eq!(error.to_string(), "the network reads pictures of 320x320 pixels, not 320x319");
}
