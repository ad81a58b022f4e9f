//! The twin of `color_matrix.point.wgsl`.

use tintype_pixels::Planes;

use super::ColorMatrix;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::RefImage,
};

impl Exercised for ColorMatrix {
    fn cases() -> Vec<Case> {
        let matrices = [
            ColorMatrix::brightness(1.3),
            ColorMatrix::contrast(0.6),
            ColorMatrix::contrast(2.0),
            ColorMatrix::saturation(0.0),
            ColorMatrix::saturation(1.8),
        ];
        matrices.map(|matrix| Case::new(matrix, Tolerance::f16_stores(1))).into()
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        input.map(|c| {
            let mapped = self.rows.map(|row| row.iter().zip(c).map(|(factor, v)| factor * v).sum::<f32>());
            let cut = mapped.map(|v| v.max(0.0).min(c[3]));
            [cut[0], cut[1], cut[2], c[3]]
        })
    }
}
