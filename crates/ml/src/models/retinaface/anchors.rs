//! What the heads' numbers mean: boxes around anchors, scored, the best of those that overlap.
//!
//! Everything is in pixels of the network's input. Upstream divides anchors by the input's size and multiplies the boxes by it; the two
//! cancel.

use burn::tensor::Tensor;
use tintype_pixels::Face;

use super::neck::{ANCHORS, HeadMaps};
use crate::{Device, MlError, host, nn};

/// Input pixels from one point of a map to the next, finest map first.
pub const STRIDES: [usize; 3] = [8, 16, 32];

/// Sides of the square anchors of each map.
pub(crate) const SIDES: [[f32; ANCHORS]; 3] = [[16.0, 32.0], [64.0, 128.0], [256.0, 512.0]];

/// What training scaled its targets by: shifts of centres and points in anchor sides, logarithms of sides.
pub(crate) const SHIFT: f32 = 0.1;
pub(crate) const GROWTH: f32 = 0.2;

/// Which proposals become faces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Lowest score that is kept; 0 to 1.
    pub score: f32,
    /// Of two boxes that overlap by more than this part of their union, the surer one stays.
    pub overlap: f32,
    /// How many proposals, the surest, are compared with each other.
    pub proposals: usize,
    /// How many faces at most.
    pub faces: usize,
}

impl Default for Rules {
    /// Upstream's numbers, and a score for use rather than for evaluation.
    fn default() -> Self {
        Self { score: 0.6, overlap: 0.4, proposals: 5000, faces: 750 }
    }
}

/// What the heads said about one map, in host memory.
#[derive(Clone, Debug)]
pub struct Level {
    stride: usize,
    width: usize,
    class: Vec<f32>,
    boxes: Vec<f32>,
    landmarks: Vec<f32>,
}

impl Level {
    /// Of one picture. Waits for the device. `stride` is one of [`STRIDES`].
    pub fn read(maps: HeadMaps, stride: usize, device: &Device) -> Result<Self, MlError> {
        let [_, width] = nn::size_of(&maps.class);
        let values = |map: Tensor<4>| host::to_values(map, device);
        Ok(Self {
            stride,
            width,
            class: values(maps.class)?,
            boxes: values(maps.boxes)?,
            landmarks: values(maps.landmarks)?,
        })
    }

    /// The proposals of this map that reach `score`, in the order of the anchors.
    fn proposals(&self, sides: [f32; ANCHORS], score: f32, found: &mut Vec<Face>) {
        let points = self.class.len() / (2 * ANCHORS);
        for point in 0..points {
            for (anchor, side) in sides.into_iter().enumerate() {
                let class = |n: usize| self.class[(anchor * 2 + n) * points + point];
                let sure = sigmoid(class(1) - class(0));
                if sure >= score {
                    found.push(self.face(point, points, anchor, side, sure));
                }
            }
        }
    }

    /// The box and the points that the heads propose for the `anchor` of `side` pixels at `point`.
    fn face(&self, point: usize, points: usize, anchor: usize, side: f32, score: f32) -> Face {
        let centre = |at: usize| (at as f32 + 0.5) * self.stride as f32;
        let middle = [centre(point % self.width), centre(point / self.width)];
        let number = |map: &[f32], per_anchor: usize, n: usize| map[(anchor * per_anchor + n) * points + point];
        let shifted =
            |map: &[f32], per_anchor: usize, n: usize| middle[n % 2] + number(map, per_anchor, n) * SHIFT * side;
        let grown = |n: usize| side * (number(&self.boxes, 4, n) * GROWTH).exp();
        let (width, height) = (grown(2), grown(3));
        let landmark = |k: usize| [shifted(&self.landmarks, 10, 2 * k), shifted(&self.landmarks, 10, 2 * k + 1)];
        Face {
            x: shifted(&self.boxes, 4, 0) - width / 2.0,
            y: shifted(&self.boxes, 4, 1) - height / 2.0,
            width,
            height,
            score,
            landmarks: [landmark(0), landmark(1), landmark(2), landmark(3), landmark(4)],
        }
    }
}

/// The faces that `levels` propose, the surest first.
pub fn faces(levels: &[Level; 3], rules: &Rules) -> Vec<Face> {
    chosen(proposals(levels, rules.score), rules)
}

/// All that reach `score`, in the order of the anchors.
pub fn proposals(levels: &[Level; 3], score: f32) -> Vec<Face> {
    let mut found = Vec::new();
    for (level, sides) in levels.iter().zip(SIDES) {
        level.proposals(sides, score, &mut found);
    }
    found
}

/// The faces among proposals that reach the rules' score, the surest first.
pub(super) fn chosen(mut found: Vec<Face>, rules: &Rules) -> Vec<Face> {
    // Broken weights can propose boxes without end.
    found.retain(|face| [face.x, face.y, face.width, face.height].iter().all(|v| v.is_finite()));
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(rules.proposals);
    apart(found, rules.overlap, rules.faces)
}

/// Of `faces`, the surest first, those that overlap none before them by more than `overlap`, at most `most`.
fn apart(faces: Vec<Face>, overlap: f32, most: usize) -> Vec<Face> {
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.len() == most {
            break;
        }
        if kept.iter().all(|surer| shared(surer, &face) <= overlap) {
            kept.push(face);
        }
    }
    kept
}

/// The part of two boxes' union that both cover. Upstream counts pixels from edge to edge, both edges included: hence the ones.
fn shared(a: &Face, b: &Face) -> f32 {
    let area = |face: &Face| (face.width + 1.0) * (face.height + 1.0);
    let along = |from_a: f32, to_a: f32, from_b: f32, to_b: f32| (to_a.min(to_b) - from_a.max(from_b) + 1.0).max(0.0);
    let both = along(a.x, a.x + a.width, b.x, b.x + b.width) * along(a.y, a.y + a.height, b.y, b.y + b.height);
    both / (area(a) + area(b) - both)
}

/// What a softmax over two logits gives the second, of their difference.
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, y: f32, side: f32, score: f32) -> Face {
        Face { x, y, width: side, height: side, score, landmarks: [[0.0; 2]; 5] }
    }

    #[test]
    fn of_overlapping_boxes_the_surer_stays() {
        // Two of 100 that are 30 apart share (71 * 101) / (2 * 101² - 71 * 101) = 0.54; 60 apart, 0.25.
        let found =
            apart(vec![face(0.0, 0.0, 100.0, 0.9), face(30.0, 0.0, 100.0, 0.8), face(60.0, 0.0, 100.0, 0.7)], 0.4, 9);
        assert_eq!(found.iter().map(|face| face.x).collect::<Vec<_>>(), [0.0, 60.0]);
        assert_eq!(apart(found, 0.2, 9).len(), 1);
    }

    #[test]
    fn edges_count_as_pixels() {
        // Boxes from 0 to 9 and from 9 to 18 share one column of ten pixels out of 190.
        let touching = shared(&face(0.0, 0.0, 9.0, 1.0), &face(9.0, 0.0, 9.0, 1.0));
        assert!((touching - 10.0 / 190.0).abs() < 1e-6, "{touching}");
        assert_eq!(shared(&face(0.0, 0.0, 9.0, 1.0), &face(10.0, 0.0, 9.0, 1.0)), 0.0);
    }

    #[test]
    fn a_box_is_its_anchor_moved_and_grown() {
        // Two by one points at stride 8; the second anchor of the second point is a face.
        let mut class = vec![0.0; 2 * ANCHORS * 2];
        class[3 * 2 + 1] = 9.0;
        let mut boxes = vec![0.0; 4 * ANCHORS * 2];
        let mut set = |n: usize, value: f32| boxes[(4 + n) * 2 + 1] = value;
        set(0, 1.0);
        set(1, -1.0);
        set(2, 2.0_f32.ln() / GROWTH);
        let mut landmarks = vec![0.0; 10 * ANCHORS * 2];
        landmarks[(10 + 9) * 2 + 1] = 5.0;
        let level = Level { stride: 8, width: 2, class, boxes, landmarks };
        let mut found = Vec::new();
        level.proposals([16.0, 32.0], 0.6, &mut found);
        let [face] = found[..] else { panic!("{found:?}") };
        // Around (12, 4): moved by a tenth of 32, twice as wide.
        assert_eq!(
            [face.x, face.y, face.width, face.height].map(|v| (v * 100.0).round() / 100.0),
            [-16.8, -15.2, 64.0, 32.0]
        );
        assert_eq!(face.landmarks[0], [12.0, 4.0]);
        assert_eq!(face.landmarks[4], [12.0, 20.0]);
        assert!((face.score - 0.999_877).abs() < 1e-6, "{}", face.score);
    }

    #[test]
    fn boxes_without_end_are_no_faces() {
        let level = Level {
            stride: 8,
            width: 1,
            class: vec![0.0, 9.0, 0.0, 0.0],
            boxes: vec![1e9; 8],
            landmarks: vec![0.0; 20],
        };
        let none = Level { stride: 16, width: 1, class: vec![], boxes: vec![], landmarks: vec![] };
        assert_eq!(faces(&[level, none.clone(), none], &Rules::default()), []);
    }
}
