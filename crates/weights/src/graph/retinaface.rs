//! RetinaFace, by the names of `biubug6/Pytorch_Retinaface`.
//!
//! `conv_bn` is a convolution `.0` and its normalisation `.1`; `conv_dw` is depthwise `.0`, `.1`, activation, pointwise `.3`, `.4`.

use super::Part;

/// Anchors at each place.
const ANCHORS: usize = 2;

/// Channels that the necks and heads of the small network have.
const MOBILENET_CHANNELS: usize = 64;

/// RetinaFace on MobileNetV1 with a quarter of the channels.
pub(super) fn mobilenet() -> Vec<Part> {
    let mut parts = vec![conv_bn("body.stage1.0", 3, 8, 3)];
    // Channels before and after each depthwise pair.
    let stages: [(&str, usize, &[usize]); 3] = [
        ("stage1", 1, &[8, 16, 32, 32, 64, 64]),
        ("stage2", 0, &[64, 128, 128, 128, 128, 128, 128]),
        ("stage3", 0, &[128, 256, 256]),
    ];
    for (stage, first, channels) in stages {
        for (index, pair) in channels.windows(2).enumerate() {
            let block = format!("body.{stage}.{}", first + index);
            parts.push(conv(&format!("{block}.0"), [pair[0], 1, 3, 3], Some(format!("{block}.1"))));
            parts.push(conv(&format!("{block}.3"), [pair[1], pair[0], 1, 1], Some(format!("{block}.4"))));
        }
    }
    parts.extend(behind_the_body([64, 128, 256], MOBILENET_CHANNELS));
    parts
}

/// Channels that the necks and heads of the large network have.
const RESNET_CHANNELS: usize = 256;

/// RetinaFace on ResNet50, whose names are torchvision's.
pub(super) fn resnet() -> Vec<Part> {
    let mut parts = vec![conv("body.conv1", [64, 3, 7, 7], Some("body.bn1".to_owned()))];
    let mut from = 64;
    for (layer, blocks, inner) in [(1, 3, 64), (2, 4, 128), (3, 6, 256), (4, 3, 512)] {
        let to = 4 * inner;
        for block in 0..blocks {
            let name = format!("body.layer{layer}.{block}");
            let shapes = [[inner, from, 1, 1], [inner, inner, 3, 3], [to, inner, 1, 1]];
            parts.extend(
                (1..)
                    .zip(shapes)
                    .map(|(n, shape)| conv(&format!("{name}.conv{n}"), shape, Some(format!("{name}.bn{n}")))),
            );
            if block == 0 {
                parts.push(conv_bn(&format!("{name}.downsample"), from, to, 1));
            }
            from = to;
        }
    }
    parts.extend(behind_the_body([512, 1024, 2048], RESNET_CHANNELS));
    parts
}

/// The pyramid, the context modules and the heads, for a body whose three maps have these `channels`.
fn behind_the_body(channels: [usize; 3], width: usize) -> Vec<Part> {
    let mut parts: Vec<Part> =
        (1..).zip(channels).map(|(n, from)| conv_bn(&format!("fpn.output{n}"), from, width, 1)).collect();
    parts.extend(["merge1", "merge2"].map(|name| conv_bn(&format!("fpn.{name}"), width, width, 3)));
    let (half, quarter) = (width / 2, width / 4);
    for n in 1..=3 {
        // The last has a small x in its authors' code.
        for (name, from, to) in [
            ("conv3X3", width, half),
            ("conv5X5_1", width, quarter),
            ("conv5X5_2", quarter, quarter),
            ("conv7X7_2", quarter, quarter),
            ("conv7x7_3", quarter, quarter),
        ] {
            parts.push(conv_bn(&format!("ssh{n}.{name}"), from, to, 3));
        }
    }
    // Two classes, four sides of a box, five landmarks.
    for (head, values) in [("ClassHead", 2), ("BboxHead", 4), ("LandmarkHead", 10)] {
        parts.extend((0..3).map(|k| conv(&format!("{head}.{k}.conv1x1"), [ANCHORS * values, width, 1, 1], None)));
    }
    parts
}

fn conv(name: &str, shape: [usize; 4], norm: Option<String>) -> Part {
    Part::Conv { name: name.to_owned(), shape, norm }
}

fn conv_bn(block: &str, from: usize, to: usize, side: usize) -> Part {
    conv(&format!("{block}.0"), [to, from, side, side], Some(format!("{block}.1")))
}

/// The module of a node in `yakhyo/retinaface-pytorch`'s exports, by biubug6's name: `/fx/stage1/stage1.0/stage1.0.0/Conv` is
/// `body.stage1.0.0`. A depthwise pair is two blocks of `.0` there, and one sequence here. The exporter evaluates one module twice
/// and calls the second time `conv5X5_1.0_1`.
pub(super) fn module(node: &str) -> Option<String> {
    let mut parts = node.strip_suffix("/Conv")?.strip_prefix('/')?.split('/');
    let root = parts.next()?;
    // Inside of a sequence each part repeats the one before: stage1, stage1.0, stage1.0.0.
    let mut path: Vec<&str> = Vec::new();
    for part in parts {
        let repeats = |before: &str| part.strip_prefix(before).is_some_and(|rest| rest.starts_with('.'));
        path.pop_if(|before| repeats(before));
        path.push(part);
    }
    if let Some(part) = path.last_mut()
        && part.contains('.')
    {
        *part = part.strip_suffix("_1").unwrap_or(part);
    }
    let path = path.join(".");
    let head = |name: &str| Some(format!("{name}.{}.conv1x1", path.strip_prefix(root)?.strip_prefix('.')?));
    match root {
        "fx" => Some(format!("body.{}", pair(&path).unwrap_or(path))),
        "fpn" | "ssh1" | "ssh2" | "ssh3" => Some(format!("{root}.{path}")),
        "class_head" => head("ClassHead"),
        "bbox_head" => head("BboxHead"),
        "landmark_head" => head("LandmarkHead"),
        _ => None,
    }
}

/// `stage1.4.0.0` is the depthwise half, `stage1.4.0` here; `stage1.4.1.0` the pointwise half, `stage1.4.3` here.
fn pair(path: &str) -> Option<String> {
    let mut parts = path.split('.');
    let block = (parts.next()?, parts.next()?);
    let half = match (parts.next()?, parts.next()?, parts.next()) {
        ("0", "0", None) => 0,
        ("1", "0", None) => 3,
        _ => return None,
    };
    Some(format!("{}.{}.{half}", block.0, block.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_known_by_their_modules() {
        for (node, expected) in [
            ("/fx/stage1/stage1.0/stage1.0.0/Conv", Some("body.stage1.0.0")),
            ("/fx/stage1/stage1.4/stage1.4.0/stage1.4.0.0/Conv", Some("body.stage1.4.0")),
            ("/fx/stage3/stage3.1/stage3.1.1/stage3.1.1.0/Conv", Some("body.stage3.1.3")),
            ("/fpn/output1/output1.0/Conv", Some("fpn.output1.0")),
            ("/ssh1/conv5X5_1/conv5X5_1.0/Conv", Some("ssh1.conv5X5_1.0")),
            ("/ssh1/conv5X5_1/conv5X5_1.0_1/Conv", Some("ssh1.conv5X5_1.0")),
            ("/ssh3/conv7x7_3/conv7x7_3.0/Conv", Some("ssh3.conv7x7_3.0")),
            ("/class_head/class_head.2/Conv", Some("ClassHead.2.conv1x1")),
            ("/landmark_head/landmark_head.0/Conv", Some("LandmarkHead.0.conv1x1")),
            ("/fx/conv1/Conv", Some("body.conv1")),
            ("/fx/layer1/layer1.0/downsample/downsample.0/Conv", Some("body.layer1.0.downsample.0")),
            ("/fpn/Resize", None),
            ("/other/conv/Conv", None),
            ("Conv", None),
            ("", None),
        ] {
            assert_eq!(module(node).as_deref(), expected, "{node}");
        }
    }
}
