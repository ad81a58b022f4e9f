//! The twin of `sharpen.wgsl`.

use tintype_pixels::Planes;

use super::Sharpen;
use crate::{
    ops::{Case, Exercised, Tolerance},
    reference::{RefImage, saturate},
};

impl Exercised for Sharpen {
    fn cases() -> Vec<Case> {
        [0.0, 1.0, 10.0].map(|strength| Case::new(Sharpen::new(strength), Tolerance::f16_stores(1))).into()
    }

    fn reference(&self, input: &RefImage, _: &[Planes]) -> RefImage {
        let [center, near, far] = Self::weights();
        let along = |load: &dyn Fn(i64) -> [f32; 4]| -> [f32; 4] {
            let (c, n1, n2, f1, f2) = (load(0), load(-1), load(1), load(-2), load(2));
            std::array::from_fn(|i| center * c[i] + near * (n1[i] + n2[i]) + far * (f1[i] + f2[i]))
        };
        RefImage::from_fn(input.size(), |x, y| {
            let (x, y) = (i64::from(x), i64::from(y));
            let blurred = along(&|dy| along(&|dx| input.clamped(x + dx, y + dy)));
            let c = input.clamped(x, y);
            saturate(std::array::from_fn(|i| c[i] + self.amount * (c[i] - blurred[i])))
        })
    }
}
