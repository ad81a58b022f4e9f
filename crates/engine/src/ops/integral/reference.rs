//! The twin of `integral.wgsl`.

use tintype_pixels::Planes;

use super::Integral;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::RefImage,
};

impl Exercised for Integral {
    fn cases() -> Vec<Case> {
        let tolerance = Tolerance {
            absolute: 1e-5,
            relative: 1e-5,
            reason: "single precision, some thousand terms",
        };
        vec![Case::new(Integral, tolerance).in_single_precision()]
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        let width = input.size().width as usize;
        let mut above = vec![[0.0f64; 4]; width];
        let mut row = [0.0f64; 4];
        RefImage::from_fn(input.size(), |x, y| {
            if x == 0 {
                row = [0.0; 4];
            }
            for (sum, v) in row.iter_mut().zip(input.at(x, y)) {
                *sum += f64::from(v);
            }
            let here = &mut above[x as usize];
            for (sum, v) in here.iter_mut().zip(row) {
                *sum += v;
            }
            here.map(|v| v as f32)
        })
    }
}
