//! Where faces are, without transforming anything.

use tintype_engine::{Plan, plan::Unknown};
use tintype_options::TransformOptions;
use tintype_pixels::{Face, Size};

use crate::{
    Tintype, TransformError,
    run::{Pixels, Work},
    settle::Settle,
};

/// The faces of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Faces {
    /// Width and height of the upright picture, in whose pixels the boxes are.
    pub size: Size,
    /// The surest first.
    pub faces: Vec<Face>,
}

impl Faces {
    /// Left, top, width and height of the smallest box around all; `None` without faces. What `gravity=face` goes by.
    pub fn outer_box(&self) -> Option<[f32; 4]> {
        let edges = self.faces.iter().map(|face| [face.x, face.y, face.x + face.width, face.y + face.height]);
        let outer = edges.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])?;
        Some([outer[0], outer[1], outer[2] - outer[0], outer[3] - outer[1]])
    }
}

impl Tintype {
    /// The faces of an encoded picture, looked for in a copy of at most 1,024 pixels per side. Blocks.
    ///
    /// # Errors
    /// When the picture cannot be read, or nothing here finds faces.
    pub fn faces(&self, bytes: &[u8]) -> Result<Faces, TransformError> {
        Work { pixels: &[Pixels::Borrowed(bytes)], stages: &[] }.faces(self)
    }
}

impl Settle<'_> {
    /// The faces of source `index`, upright, in its pixels.
    pub(crate) fn faces(&self, index: usize) -> Result<Faces, TransformError> {
        let request = self.request(&[]);
        let whole = TransformOptions::default();
        let size = tintype_engine::plan::size_after(&self.sources, index, &[], &request)?;
        let plan = Plan::analysis(Unknown::Faces, &self.sources, index, &[], &whole, &request)?;
        let view = plan.size();
        let [across, down] = [(size.width, view.width), (size.height, view.height)].map(|(a, b)| a as f32 / b as f32);
        let viewed = self.viewed(&plan)?;
        let mut faces = self.vision("looking for faces")?.faces(viewed.as_view())?;
        for face in &mut faces {
            *face = Face {
                x: face.x * across,
                y: face.y * down,
                width: face.width * across,
                height: face.height * down,
                score: face.score,
                landmarks: face.landmarks.map(|[x, y]| [x * across, y * down]),
            };
        }
        Ok(Faces { size, faces })
    }
}
